#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

NETWORKS = 40


def files():
    capture = craft.Capture()
    for i in range(NETWORKS):
        # Each server takes no mail from a stranger at once (RFC 6647); the second attempt comes ten minutes later.
        for attempt, code in enumerate((450, 250)):
            talk = craft.Talk(capture, "10.20.0.31", f"198.18.{i}.25", 30000 + 100 * attempt + i, 25,
                              15 * i + 605 * attempt)
            craft.mail(talk, code=code, pipelining=True)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
