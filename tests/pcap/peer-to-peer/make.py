#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import inet


def files():
    capture = craft.Capture()
    for i in range(320):
        draw = craft.number("peer", i)
        peer, port = f"198.{18 + (draw >> 8 & 1)}.{draw >> 9 & 255}.{1 + (draw >> 17) % 254}", 1024 + draw % 60000
        talk = craft.Talk(capture, "10.20.0.80", peer, 20000 + i, port, 3 * i, rtt=0.15)
        if craft.number("there", i) % 100 < 45:
            talk.open().client(b"\x13BitTorrent protocol" + bytes(8)).server(b"\x13BitTorrent protocol" + bytes(8))
            talk.close(i % 2)
        elif craft.number("refuses", i) % 4 == 0:
            talk.refused()
        else:
            talk.syn().wait(1).send(1, craft.SYN, seq=talk.seq[1] - 1)
        udp = craft.ip("10.20.0.80", peer) / inet.UDP(sport=6881, dport=port) / craft.Raw(b"d1:ad2:id20:")
        capture.add(3 * i + 0.5, craft.ether(udp, True))
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
