#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A spam bot: straight to one mail exchanger after the other, a stale address list, and never a QUIT.

Bounded by --seconds and --connections, and aims at the laboratory's own servers only.
"""

import argparse
import random
import socket
import sys
import time

WORDS = ("sales", "info", "peter", "maria", "webmaster", "john.doe", "lotto", "hr", "support", "kim")


def targets(rng, servers4, servers6):
    """Endless (family, address); one of eight by IPv6."""
    while True:
        fours = [(socket.AF_INET, f"198.18.{n}.25") for n in range(servers4)]
        sixes = [(socket.AF_INET6, f"2001:db8:{n:x}::25") for n in range(servers6)]
        rng.shuffle(fours)
        rng.shuffle(sixes)
        for number, target in enumerate(fours):
            if number % 8 == 7 and sixes:
                yield sixes.pop()
            yield target


def reply(stream):
    """One reply, perhaps of several lines; its code, 0 when the server has gone."""
    while True:
        line = stream.readline(1024)
        if len(line) < 4 or not line[:3].isdigit():
            return 0
        if line[3:4] != b"-":
            return int(line[:3])


def command(sock, stream, text):
    sock.sendall(text.encode("ascii") + b"\r\n")
    return reply(stream)


def body(rng):
    text = "".join(rng.choice("Cheap watches, act now. ") for _ in range(rng.randint(200, 600)))
    lines = [text[i : i + 60] for i in range(0, len(text), 60)]
    return "\r\n".join(["Subject: You have won", "", *lines, "."])


def deliver(rng, sock, tally):
    """One dialogue, as far as the server lets it come."""
    stream = sock.makefile("rb")
    if reply(stream) != 220:
        return
    name = f"pc{rng.randint(1, 999)}"
    if command(sock, stream, f"{rng.choice(('HELO', 'EHLO', 'EHLO'))} {name}") != 250:
        return
    if command(sock, stream, f"MAIL FROM:<{rng.choice(WORDS)}@{name}.example>") != 250:
        return
    accepted = 0
    recipients = [f"{rng.choice(WORDS)}{rng.randint(1, 99)}@shop{rng.randint(1, 9)}.example" for _ in range(3)]
    if rng.random() < 0.3:
        recipients.append(f"u{rng.randint(0, 4)}@shop.example")
    for recipient in recipients:
        taken = command(sock, stream, f"RCPT TO:<{recipient}>") == 250
        tally["accepted" if taken else "refused"] += 1
        accepted += taken
    if accepted and command(sock, stream, "DATA") == 354:
        tally["mails"] += command(sock, stream, body(rng)) == 250


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=400)
    parser.add_argument("--rate", type=float, default=4, help="connections per second")
    parser.add_argument("--servers4", type=int, default=64)
    parser.add_argument("--servers6", type=int, default=16)
    args = parser.parse_args()

    rng = random.Random(25)
    tally = dict.fromkeys(("connections", "failed", "refused", "accepted", "mails"), 0)
    start = time.monotonic()
    for number, (family, address) in enumerate(targets(rng, args.servers4, args.servers6)):
        wait = start + number / args.rate - time.monotonic()
        if number >= args.connections or time.monotonic() + max(wait, 0) >= start + args.seconds:
            break
        time.sleep(max(wait, 0))
        tally["connections"] += 1
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.settimeout(3)
                sock.connect((address, 25))
                deliver(rng, sock, tally)
        except OSError:
            tally["failed"] += 1
    print(" ".join(f"{key}={value}" for key, value in tally.items()))
    return 0 if tally["refused"] else 1


if __name__ == "__main__":
    sys.exit(main())
