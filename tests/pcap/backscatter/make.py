#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import inet


def files():
    """SYNs in the name of two addresses went elsewhere; here are the answers to them."""
    capture = craft.Capture()
    for victim, servers, answers_back in (("10.20.0.5", 198, True), ("198.51.100.5", 10, False)):
        for i in range(300):
            server = f"198.18.{i // 200}.{1 + i % 200}" if servers == 198 else f"10.30.{i // 200}.{1 + i % 200}"
            talk = craft.Talk(capture, victim, server, 1024 + i, (80, 443, 25)[i % 3], 4 * i)
            talk.send(0, craft.SYN | craft.ACK, ack=craft.number("never sent", i))
            if answers_back:
                talk.send(1, craft.RST, ack=0, seq=craft.number("never sent", i))
            elif i % 5 == 0:
                talk.send(0, craft.RST | craft.ACK)
        # The inside victim's own life goes on badly: under the flood one contact in three fails.
        for i in range(60 if answers_back else 0):
            talk = craft.Talk(capture, victim, f"198.19.0.{1 + i}", 40000 + i, 443, 20 * i + 1)
            if i % 3:
                talk.open().client(craft.client_hello("www.example")).server(craft.tls_record(60, 22)).close()
            else:
                talk.syn()
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
