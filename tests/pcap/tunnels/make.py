#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
import encapsulations


def files():
    return {"input.pcap": encapsulations.capture().pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
