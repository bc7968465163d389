#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""traffic.py INTERFACE RATE: frames of known counts until SIGTERM; then one line of JSON that says how many.

Inside is 10.0.0.0/24. Eleven hosts outside, each in a /24 of its own, open a connection to somebody inside and prove
themselves; eight others do not. Then everybody sends datagrams: from and to inside, and, what a mirror port sees as well,
from outside to outside. {"packets", "bytes", "prefixes": {PREFIX: [packets, bytes]}}; a packet is its owner's: of the
inside end if there is one, else of the source.
"""

import json
import random
import signal
import socket
import struct
import sys
import time

INSIDE = 0x0A000000
PROVED = [0xC6120001 + (i << 8) for i in range(11)]
OTHERS = [0xCB000001 + (i << 8) for i in range(8)]
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10


def frame(protocol, source, target, payload):
    header = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, target)
    return b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + b"\x08\0" + header + payload


def tcp(source, target, sport, dport, flags, seq, ack):
    return frame(6, source, target, struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 1024, 0, 0))


def udp(source, target, length):
    return frame(17, source, target, struct.pack("!HHHH", 5000, 5001, 8 + length, 0) + bytes(length))


def owner(source, target):
    for address in (source, target):
        if address >> 8 == INSIDE >> 8:
            return INSIDE
    return source & 0xFFFFFF00


class Sender:
    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.packets = self.bytes = 0
        self.prefixes = {}

    def send(self, data):
        self.socket.send(data)  # waits when the queue is full
        source, target = struct.unpack("!II", data[26:34])
        count = self.prefixes.setdefault(owner(source, target), [0, 0])
        count[0] += 1
        count[1] += len(data)
        self.packets += 1
        self.bytes += len(data)

    def prove(self, host):
        self.send(tcp(host, INSIDE + 9, 40000, 80, SYN, 1000, 0))
        self.send(tcp(INSIDE + 9, host, 80, 40000, SYN_ACK, 5000, 1001))
        self.send(tcp(host, INSIDE + 9, 40000, 80, ACK, 1001, 5001))

    def result(self):
        prefixes = {}
        for prefix, count in self.prefixes.items():
            prefixes[socket.inet_ntoa(struct.pack("!I", prefix)) + "/24"] = count
        return {"packets": self.packets, "bytes": self.bytes, "prefixes": prefixes}


def frames():
    rng = random.Random(1)
    made = []
    for i in range(2048):
        outside = rng.choice(PROVED + OTHERS)
        inside = INSIDE + rng.randrange(1, 200)
        length = rng.randrange(18, 1400)
        kind = i % 4
        if kind == 0:
            made.append(udp(inside, outside, length))
        elif kind == 1:
            made.append(udp(outside, inside, length))
        else:
            made.append(udp(outside, rng.choice(OTHERS), length))
    return made


def main(interface, rate):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    sender = Sender(interface)
    made = frames()
    for host in PROVED:
        sender.prove(host)
    begin = time.monotonic()
    number = 0
    while not ended:
        sender.send(made[number % len(made)])
        number += 1
        if number % 50 == 0:
            ahead = number / float(rate) - (time.monotonic() - begin)
            if ahead > 0:
                time.sleep(ahead)
    print(json.dumps(sender.result()))


if __name__ == "__main__":
    main(*sys.argv[1:])
