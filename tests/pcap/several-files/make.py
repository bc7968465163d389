#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    """What two taps saw, one per direction, and a third file that begins when the first two have ended."""
    taps = {True: craft.Capture(), False: craft.Capture()}
    later = craft.Capture()

    class Both:
        """Sorts a conversation's packets by direction."""

        def __init__(self):
            self.outbound = True

        def link(self, packet, outbound):
            self.outbound = outbound
            return craft.ether(packet, outbound)

        def add(self, at, frame):
            (taps[self.outbound] if at < 1000 else later).add(at, frame)

    for i in range(140):
        both = Both()
        talk = craft.Talk(both, "10.20.0.7", f"198.18.{7 * i % 40}.25", 20000 + i, 25, 10 * i, link=both.link)
        craft.mail(talk, code=550 if i % 10 else 250, quits=False, pipelining=True, hello="HELO localhost")
    return {"1-answers.pcapng": taps[False].pcapng(), "2-questions.pcap": taps[True].pcap(),
            "3-later.pcapng": later.pcapng()}


if __name__ == "__main__":
    craft.save(__file__, files())
