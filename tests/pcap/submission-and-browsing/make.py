#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import inet

HOME = "10.20.0.40"


def udp(capture, at, server, sport, dport, question, answer):
    for outbound, data in ((True, question), (False, answer)):
        src, dst, ports = (HOME, server, (sport, dport)) if outbound else (server, HOME, (dport, sport))
        packet = craft.ip(src, dst) / inet.UDP(sport=ports[0], dport=ports[1]) / craft.Raw(data)
        capture.add(at if outbound else at + 0.02, craft.ether(packet, outbound))


def hand_in(capture, i, at):
    """A mail through the provider's submission service (RFC 6409), every second one in the clear."""
    talk = craft.Talk(capture, HOME, "192.0.2.58", 40000 + i, 587, at)
    talk.open().server("220 smtp.example.net ESMTP").client("EHLO laptop")
    talk.server("250-smtp.example.net\r\n250-STARTTLS\r\n250 AUTH PLAIN")
    if i % 2:
        talk.client("STARTTLS").server("220 go ahead").client(craft.client_hello("smtp.example.net"))
        talk.server(craft.tls_record(90, 22)).client(craft.tls_record(200)).server(craft.tls_record(40)).close()
        return
    talk.client("AUTH PLAIN AGEAYg==").server("235 welcome").client("MAIL FROM:<a@example.net>").server("250 ok")
    talk.client("RCPT TO:<b@example.org>").server("550 5.7.1 no" if i % 4 else "250 ok")
    talk.client("QUIT").server("221 bye").close(0)


def files():
    capture = craft.Capture()
    for i in range(12):
        hand_in(capture, i, 60 * i)
        site = f"198.18.{i}.80"
        udp(capture, 60 * i + 10, "192.0.2.53", 50000 + i, 53, b"?" * 30, b"!" * 60)
        craft.Talk(capture, HOME, site, 41000 + i, 80, 60 * i + 10.1).open().client(
            f"GET /page HTTP/1.1\r\nHost: www{i}.example\r\n").server(
            f"HTTP/1.1 301 Moved\r\nLocation: https://www{i}.example/\r\n").close(0)
        for n in range(4):
            talk = craft.Talk(capture, HOME, site, 42000 + 4 * i + n, 443, 60 * i + 10.3 + 0.01 * n)
            talk.open().client(craft.client_hello(f"www{i}.example")).server(craft.tls_record(300, 22))
            talk.client(craft.tls_record(60)).server(craft.tls_record(400)).close(n % 2)
        udp(capture, 60 * i + 12, site, 51000 + i, 443, b"\xc3" + bytes(99), b"\xc3" + bytes(99))
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
