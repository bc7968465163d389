#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(90):
        talk = craft.Talk(capture, "10.20.0.25", f"198.18.{7 * i % 40}.25", 30000 + i, 25, 15 * i)
        if i % 10 == 0:
            talk.syn()
        else:
            craft.mail(talk, code=550 if i % 10 < 8 else 250, quits=False, pipelining=True)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
