#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import ACK, PSH

MX = "198.18.0.25"


def reused(capture):
    """Three connections, one after the other, from the same port."""
    for i in range(3):
        talk = craft.Talk(capture, "10.20.0.51", "198.18.0.80", 40000, 80, 2 * i)
        talk.open().client(f"GET /{i} HTTP/1.1\r\nHost: a\r\n").server("HTTP/1.1 200 OK\r\n").close()


def doubled(capture):
    """Each segment of a mail twice."""
    once = craft.Capture()
    craft.mail(craft.Talk(once, "10.20.0.52", MX, 40001, 25, 10), code=550)
    for at, frame in once.records:
        capture.add(at, frame)
        capture.add(at + 0.0001, frame)


def overlapping(capture):
    """Retransmissions that bring old and new bytes together, and keep-alive probes (RFC 9293, 3.8.4)."""
    talk = craft.Talk(capture, "10.20.0.53", MX, 40002, 25, 20).open().server("220 mx")
    talk.client("HELO a").server("250 mx")
    begin = talk.seq[1]
    talk.client(b"MAIL FRO")
    talk.send(1, PSH | ACK, b"MAIL FROM:<a@b.example>\r\n", seq=begin)
    talk.seq[1] = begin + 25
    talk.server("250 ok")
    for _ in range(3):
        capture.add(talk.at + 1, craft.ether(talk.packet(1, ACK, b"\0", seq=talk.seq[1] - 1), True))
        talk.wait(2).send(0, ACK)
    talk.client("RCPT TO:<c@d.example>").server("550 no").client("QUIT").server("221 bye").close(0)


def swapped(capture):
    """Commands that overtook each other: MAIL, RCPT and DATA in three segments, captured as RCPT, MAIL, DATA."""
    talk = craft.Talk(capture, "10.20.0.54", MX, 40003, 25, 40).open()
    talk.server("220 mx").client("HELO a").server("250 mx")
    mail, rcpt = craft.line("MAIL FROM:<a@b.example>"), craft.line("RCPT TO:<c@d.example>")
    begin = talk.seq[1]
    talk.send(1, PSH | ACK, rcpt, seq=begin + len(mail))
    talk.send(1, PSH | ACK, mail, seq=begin)
    talk.client("DATA").server("250 ok\r\n550 no\r\n503 no recipient").client("QUIT").server("221 bye").close(0)


def late_question(capture):
    """A capture that put the answer before the question: the SYN-ACK first, then the SYN."""
    talk = craft.Talk(capture, "10.20.0.55", "198.18.0.80", 40004, 80, 50)
    answer, question = talk.at + 0.001, talk.at + 0.002
    capture.add(question, craft.ether(talk.packet(1, craft.SYN), True))
    talk.seq[1] += 1
    capture.add(answer, craft.ether(talk.packet(0, craft.SYN | ACK), False))
    talk.seq[0] += 1
    talk.wait(0.1).send(1, ACK).client("GET / HTTP/1.1\r\nHost: a\r\n").server("HTTP/1.1 200 OK\r\n").close()


def long_lines(capture):
    """Time stamps in every segment, and lines of which the snapshot length leaves the beginning only."""
    talk = craft.Talk(capture, "10.20.0.56", MX, 40005, 25, 60).open()
    stamps = {"options": [("NOP", None), ("NOP", None), ("Timestamp", (1000, 2000))]}
    talk.send(0, PSH | ACK, craft.line("220 mx"), **stamps)
    for command, reply in (("EHLO a", "250 mx"), ("MAIL FROM:<a@b.example>", "250 ok"),
                           (f"RCPT TO:<{'long' * 12}@d.example>", f"550 {'no ' * 30}"), ("QUIT", "221 bye")):
        talk.send(1, PSH | ACK, craft.line(command), **stamps).send(0, PSH | ACK, craft.line(reply), **stamps)
    talk.close(0)


def files():
    capture = craft.Capture()
    for part in (reused, doubled, overlapping, swapped, late_question, long_lines):
        part(capture)
    return {"input.pcap": capture.pcap(snaplen=96)}


if __name__ == "__main__":
    craft.save(__file__, files())
