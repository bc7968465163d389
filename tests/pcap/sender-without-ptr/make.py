#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(30):
        talk = craft.Talk(capture, f"203.0.113.{10 + i % 3}", "10.20.0.25", 30000 + i, 25, 40 * i)
        craft.mail(talk, code=550 if i % 10 == 9 else 250, recipients=2, hello="EHLO mx7.bulk.example")
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
