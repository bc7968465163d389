#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(90):
        talk = craft.Talk(capture, "10.20.0.8", f"198.18.{7 * i % 60}.25", 20000 + i, 25, 20 * i)
        talk.open().server("220 mx.example.org ESMTP").client("EHLO localhost")
        talk.server("250-mx.example.org\r\n250 STARTTLS").client("STARTTLS").server("220 go ahead")
        talk.client(craft.client_hello("mx.example.org")).server(craft.tls_record(64, 22))
        talk.client(craft.tls_record(48)).server(craft.tls_record(40))
        talk.send(1, craft.FIN | craft.ACK).send(0, craft.FIN | craft.ACK)
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
