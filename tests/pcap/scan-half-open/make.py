#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

OPEN = (22, 25, 80, 443, 3306)


def files():
    """nmap -sS: raw SYNs in a mixed order; the scanner's own stack resets what answers."""
    capture = craft.Capture()
    ports = sorted({*range(1, 296), *OPEN}, key=lambda port: craft.number("order", port))
    for i, port in enumerate(ports):
        talk = craft.Talk(capture, "10.20.0.67", "198.51.100.10", 55000, port, 0.01 * i, rtt=0.03)
        if port in OPEN:
            talk.syn().syn_ack().send(1, craft.RST)
        else:
            talk.refused()
    # Half a minute later somebody else looks at a page, so that what was unanswered is known to be.
    craft.Talk(capture, "10.20.0.68", "198.51.100.11", 40000, 80, 30).open().client("GET / HTTP/1.0\r\n").close(0)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
