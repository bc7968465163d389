#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def subscriber(i):
    return f"2001:db8:{i >> 8:x}:{i & 255:x}00::1"


def files():
    capture = craft.Capture()
    for i in range(500):
        talk = craft.Talk(capture, "2001:db8:f000::77", subscriber(i), 1024 + i, 443 if i % 2 else 8443, 3 * i)
        if i % 10 == 4:
            talk.open().client(craft.client_hello("scanner.example")).reset()
        elif i % 10 == 7:
            talk.refused()
        else:
            talk.syn()
    # A visitor of the same servers, whose page is one of those that are there.
    for i in range(30):
        talk = craft.Talk(capture, "2001:db8:f000::78", subscriber(10 * i + 4), 5000 + i, 443, 45 * i)
        talk.open().client(craft.client_hello("www.example")).server(craft.tls_record(60, 22)).close()
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
