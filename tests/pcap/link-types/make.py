#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import struct

import craft
from craft import l2

IPV4, IPV6 = 0x0800, 0x86DD


def link_header(name, ethertype, outbound):
    """What stands before the IP header, by link type (https://www.tcpdump.org/linktypes.html)."""
    is6 = ethertype == IPV6
    if name == "ethernet":
        return bytes(l2.Ether(src=craft.GATEWAY_MAC, dst=craft.ROUTER_MAC, type=ethertype))
    if name == "sll":
        return bytes(l2.CookedLinux(pkttype=4 if outbound else 0, lladdrtype=1, lladdrlen=6,
                                    src=b"\2\0\0\0\0\1", proto=ethertype))
    if name == "sll2":
        return struct.pack(">HHIHBB8s", ethertype, 0, 2, 1, 4 if outbound else 0, 6, b"\2\0\0\0\0\1")
    if name == "null":
        return struct.pack("<I", 30 if is6 else 2)
    if name == "loop":
        return struct.pack(">I", 24 if is6 else 2)
    if name == "ppp":
        return struct.pack(">BBH", 0xFF, 3, 0x57 if is6 else 0x21)
    return b""


LINKS = {"ethernet": 1, "raw": 101, "sll": 113, "sll2": 276, "null": 0, "loop": 108, "ppp": 9}


def capture_of(name):
    def link(packet, outbound):
        ethertype = IPV6 if packet.version == 6 else IPV4
        return link_header(name, ethertype, outbound) + bytes(packet)

    capture = craft.Capture()
    for client, server, at in (("10.20.0.61", "198.18.0.25", 0), ("fd00:0:0:100::61", "2001:db8::25", 1)):
        craft.mail(craft.Talk(capture, client, server, 40000, 25, at, link=link), code=550)
        talk = craft.Talk(capture, client, server, 40001, 443, at + 0.5, link=link)
        talk.open().client(craft.client_hello("www.example")).server(craft.tls_record(60, 22)).close()
    return capture.pcap(LINKS[name])


def files():
    return {f"{name}.pcap": capture_of(name) for name in LINKS}


if __name__ == "__main__":
    craft.save(__file__, files())
