#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

BOT = "10.20.0.7"


def files():
    capture = craft.Capture()
    for i in range(360):
        # 7 and 60 have no divisor in common: every network has its turn, in an order that is not the addresses'.
        talk = craft.Talk(capture, BOT, f"198.18.{7 * i % 60}.25", 20000 + i, 25, 5 * i)
        if i % 10 < 3:
            craft.mail(talk, greeting=554, quits=False)
        elif i % 10 == 3:
            capture.add(5 * i, craft.ether(talk.packet(1, craft.SYN), True))
            capture.add(5 * i + 1, craft.ether(talk.packet(1, craft.SYN), True))
        else:
            craft.mail(talk, code=550 if i % 10 < 9 else 250, quits=False, pipelining=True, hello="HELO localhost")
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
