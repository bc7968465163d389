#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    """A capture that ends in the middle of a record, as a full disk leaves it."""
    capture = craft.Capture()
    for i in range(10):
        craft.mail(craft.Talk(capture, "10.20.0.72", "198.18.0.25", 40000 + i, 25, i))
    return {"input.pcap": capture.pcap()[:-30]}


if __name__ == "__main__":
    craft.save(__file__, files())
