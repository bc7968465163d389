#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(80):
        talk = craft.Talk(capture, "10.20.0.30", f"198.18.{7 * i % 60}.25", 30000 + i, 25, 16 * i)
        craft.mail(talk, code=550 if i % 20 == 0 else 250, pipelining=True)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
