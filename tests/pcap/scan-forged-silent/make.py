#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(600):
        talk = craft.Talk(capture, "198.51.100.8", f"203.0.{112 + i // 250}.{1 + i % 250}", 1024 + i, 22, 2 * i)
        talk.syn()
        if i % 10 == 4:
            talk.syn_ack().wait(1).send(0, craft.SYN | craft.ACK, seq=talk.seq[0] - 1)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
