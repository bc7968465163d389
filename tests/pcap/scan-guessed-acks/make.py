#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

INNOCENT, FRAMED = "198.51.100.9", "203.0.115.99"


def files():
    """Forged handshakes: the forger does not see the SYN-ACK, so it acknowledges what it guesses."""
    capture = craft.Capture()
    for i in range(300):
        talk = craft.Talk(capture, INNOCENT, f"203.0.{112 + i // 150}.{1 + i % 150}", 1024 + i, 22, 4 * i, ttl=243)
        talk.syn()
        if i % 10 == 4:
            talk.syn_ack()
            talk.send(1, craft.ACK, ack=craft.number("guess", i))
            talk.send(0, craft.RST, seq=craft.number("guess", i))
            talk.send(1, craft.RST, ack=0)
    # In the name of a silent subscriber, to mail servers, dialogue and all; near misses of the right number.
    for i in range(150):
        talk = craft.Talk(capture, FRAMED, f"198.18.{i % 60}.25", 1024 + i, 25, 8 * i + 1)
        talk.syn().syn_ack()
        near = talk.seq[0] + (-1, 1, 0x100, 0x10000)[i % 4]
        talk.send(1, craft.ACK, ack=near)
        talk.send(1, craft.PSH | craft.ACK, craft.line("HELO localhost\r\nMAIL FROM:<a@b.example>"), ack=near)
        talk.send(0, craft.PSH | craft.ACK, craft.line("554 5.7.1 go away"))
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
