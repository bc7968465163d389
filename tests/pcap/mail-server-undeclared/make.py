#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(40):
        talk = craft.Talk(capture, "10.20.0.9", f"198.18.{i % 6}.25", 30000 + i, 25, 60 * i)
        craft.mail(talk, code=550 if i % 20 == 7 else 250)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
