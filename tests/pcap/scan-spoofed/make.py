#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

INNOCENT = "198.51.100.9"


def files():
    """Somebody sends SYNs in the name of an innocent host outside, to learn nothing but to have it accused."""
    capture = craft.Capture()
    for i in range(600):
        talk = craft.Talk(capture, INNOCENT, f"203.0.112.{1 + i % 250}" if i < 250 else f"203.0.113.{1 + i % 250}",
                          1024 + i, (22, 443, 25)[i // 250], 2 * i, ttl=243)
        talk.syn()
        if i % 10 == 4:
            # The answer reaches the innocent host, whose stack knows of no such connection (RFC 9293, 3.10.7.1).
            talk.syn_ack().send(1, craft.RST, ack=0)
        elif i % 10 == 7:
            talk.send(0, craft.RST | craft.ACK)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
