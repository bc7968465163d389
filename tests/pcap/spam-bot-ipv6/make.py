#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import l2
from scapy.layers.ppp import PPP, PPPoE


def access_line(packet, outbound):
    """Between access node and gateway: one S-tag per node, one C-tag per line, PPPoE within."""
    src, dst = ("02:00:00:00:0a:00", craft.GATEWAY_MAC) if outbound else (craft.GATEWAY_MAC, "02:00:00:00:0a:00")
    frame = l2.Ether(src=src, dst=dst) / l2.Dot1AD(vlan=100) / l2.Dot1Q(vlan=7) / PPPoE(sessionid=0x1234)
    return bytes(frame / PPP(proto=0x57) / packet)


def files():
    capture = craft.Capture()
    for i in range(120):
        # Privacy addresses in four /64 of the subscriber's /56.
        bot = f"2001:db8:0:a{i % 4:02x}::{1 + i // 15:x}"
        server = f"2001:db8:{0x1000 + 7 * i % 60:x}::25"
        talk = craft.Talk(capture, bot, server, 20000 + i, 25, 15 * i, link=access_line)
        if i % 10 < 3:
            craft.mail(talk, greeting=554, quits=False)
        else:
            craft.mail(talk, code=550 if i % 10 < 9 else 250, quits=False, pipelining=True, hello="HELO localhost")
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
