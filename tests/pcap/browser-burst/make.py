#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def page(capture, begin, at):
    """30 servers at once, six connections to every third; some are given up as soon as they are answered."""
    for i in range(30):
        server = f"198.18.{begin + i}.80"
        for n in range(6 if i % 3 == 0 else 1):
            talk = craft.Talk(capture, "10.20.0.90", server, 20000 + 10 * (begin + i) + n, 443, at + 0.002 * i)
            talk.syn()
            if i == 29:
                continue
            talk.syn_ack()
            if n == 5:
                talk.send(1, craft.RST)
                continue
            talk.send(1, craft.ACK).client(craft.client_hello("www.example")).server(craft.tls_record(60, 22))
            talk.reset() if n == 4 else talk.close()


def files():
    capture = craft.Capture()
    for n in range(2):
        page(capture, 30 * n, 40 * n)
    # The capture ends while 20 further contacts are in flight.
    for i in range(20):
        craft.Talk(capture, "10.20.0.90", f"198.19.{i}.80", 40000 + i, 443, 80 + 0.001 * i).syn()
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
