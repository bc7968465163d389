#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What test_deep.sh needs besides captures.

deep.py download FILE KIB        a capture: one HTTP response of so many KiB, acknowledged as it comes
deep.py mails FILE COUNT         a capture: mail dialogues, all at once, in which nobody speaks too early
deep.py large FILE BYTES         a capture: one request in a frame that long
deep.py send INTERFACE FILE RATE [INTERFACE]
                                 the frames of a capture (pcap, Ethernet), so many per second, servers' frames on another
                                 transmit queue than clients', as a network card that hashes addresses and ports
                                 will have it; or on another interface, as an optical tap has it
deep.py compare GOT WANTED       two files of dialogues: exit code 0 when they differ in times only
deep.py sums GOT WANTED          two reports: exit code 0 when packets, bytes and flows are equal, in all and by service
deep.py hold INTERFACE QUEUE     an AF_XDP socket on a receive queue, until it is killed; says "held"
"""
import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import struct
import sys
import time

FIN, SYN, PSH, ACK = 1, 2, 8, 16
CLIENT, SERVER = "10.1.2.3", "192.0.2.80"
SEGMENT = 1400

AF_XDP, SOL_XDP = 44, 283
XDP_RX_RING, XDP_UMEM_REG, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING = 2, 4, 5, 6
XDP_COPY = 2
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20


class Talk:
    """One TCP connection: frames in the order in which they pass."""

    def __init__(self, frames, sport, dport):
        self.frames = frames
        self.ports = {True: (sport, dport), False: (dport, sport)}
        self.seq = {True: 1000000 + sport, False: 2000000 + sport}
        self.add(True, SYN)
        self.add(False, SYN | ACK)
        self.add(True, ACK)

    def add(self, from_client, flags, payload=b""):
        src, dst = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
        ack = self.seq[not from_client] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", *self.ports[from_client], self.seq[from_client], ack, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, socket.inet_aton(src),
                         socket.inet_aton(dst))
        self.frames.append(bytes.fromhex("020000000002 020000000001 0800") + ip + tcp + payload)
        self.seq[from_client] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def say(self, from_client, data):
        for at in range(0, len(data), SEGMENT):
            self.add(from_client, ACK | PSH, data[at:at + SEGMENT])
            self.add(not from_client, ACK)

    def close(self):
        self.add(True, FIN | ACK)
        self.add(False, FIN | ACK)
        self.add(True, ACK)


def save(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1767607200 + number // 1000, number % 1000 * 1000, len(frame), len(frame)))
            out.write(frame)


def download(path, kib):
    frames = []
    talk = Talk(frames, 40000, 80)
    size = int(kib) * 1024
    talk.say(True, b"GET /image HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
    talk.say(False, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
    talk.close()
    save(path, frames)


def mails(path, count):
    """Line by line through all of them, so that question and answer of each lie close together."""
    script = [(False, b"220 mx.example.com\r\n"), (True, b"EHLO mail.example.net\r\n"),
              (False, b"250-mx.example.com\r\n250 PIPELINING\r\n"), (True, b"MAIL FROM:<a@example.net>\r\n"),
              (False, b"250 ok\r\n"), (True, b"RCPT TO:<b@example.com>\r\n"), (False, b"550 no such user\r\n"),
              (True, b"QUIT\r\n"), (False, b"221 bye\r\n")]
    frames = []
    for number in range(int(count)):
        talk = Talk(frames, 20000 + number, 25)
        for from_client, text in script:
            talk.add(from_client, ACK | PSH, text)
        talk.close()
    save(path, frames)


def large(path, length):
    frames = []
    talk = Talk(frames, 41000, 80)
    head = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nCookie: "
    talk.add(True, ACK | PSH, head + b"c" * (int(length) - 54 - len(head) - 4) + b"\r\n\r\n")
    talk.say(False, b"HTTP/1.1 204 No Content\r\n\r\n")
    talk.close()
    save(path, frames)


def frames_of(path):
    """Of a capture in the byte order of this machine."""
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        captured = struct.unpack_from("=I", data, at + 8)[0]
        yield data[at + 16:at + 16 + captured]
        at += 16 + captured


def is_servers(frame):
    """Of IPv4 and IPv6 without options or tags: by a TCP source port below 1024."""
    kind = frame[12:14]
    at = 34 if kind == b"\x08\x00" else 54 if kind == b"\x86\xdd" else None
    return at is not None and int.from_bytes(frame[at:at + 2], "big") < 1024


def sender(interface):
    """Without a queueing discipline the CPU decides on the transmit queue (Linux, packet_pick_tx_queue())."""
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    out.bind((interface, 0))
    return out


def send(interface, path, rate, servers_interface=None):
    clients = sender(interface)
    servers = sender(servers_interface) if servers_interface else clients
    cpus = sorted(os.sched_getaffinity(0))
    begin, cpu = time.monotonic(), None
    for number, frame in enumerate(frames_of(path)):
        from_server = is_servers(frame)
        wanted = cpus[-1] if from_server else cpus[0]
        if cpu != wanted:
            cpu = wanted
            os.sched_setaffinity(0, {cpu})
        ahead = begin + number / float(rate) - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        (servers if from_server else clients).send(frame)
    return 0


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(member) for key, member in value.items() if key not in ("begin", "end", "time")}
    if isinstance(value, list):
        return [timeless(entry) for entry in value]
    return value


def dialogues(path):
    with open(path, encoding="utf-8") as lines:
        return sorted(json.dumps(timeless(json.loads(line)), sort_keys=True) for line in lines)


def compare(got_path, wanted_path):
    got, wanted = dialogues(got_path), dialogues(wanted_path)
    print(f"{len(got)} dialogues, wanted {len(wanted)}")
    differing = [pair for pair in zip(got, wanted) if pair[0] != pair[1]]
    for pair in differing[:2]:
        print(f"got    {pair[0]}\nwanted {pair[1]}")
    return 1 if not wanted or len(got) != len(wanted) or differing else 0


def sums_of(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    coverage = {key: report["coverage"][key] for key in ("packets", "bytes", "accounted", "unparsed", "overflow")}
    hosts = {host["address"]: (host["role"], host["counters"]["services"], host["counters"]["syn"])
             for host in report["hosts"]}
    return {"coverage": coverage, "services": report["services"], "hosts": hosts}


def sums(got_path, wanted_path):
    got, wanted = sums_of(got_path), sums_of(wanted_path)
    for key, value in wanted.items():
        if got[key] != value:
            print(f"{key}: got {got[key]}\nwanted {value}")
    return 1 if got != wanted or not wanted["hosts"] else 0


def hold(interface, queue):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = socket.socket(AF_XDP, socket.SOCK_RAW, 0)
    memory = mmap.mmap(-1, 64 * 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    fd.setsockopt(SOL_XDP, XDP_UMEM_REG, struct.pack("QQIIII", address, 64 * 4096, 4096, 0, 0, 0))
    for ring in (XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING):
        fd.setsockopt(SOL_XDP, ring, struct.pack("I", 64))
    place = struct.pack("HHIII", AF_XDP, XDP_COPY, socket.if_nametoindex(interface), int(queue), 0)
    # Sockets that were closed leave their queue a little later (a grace period of RCU).
    end = time.monotonic() + 10
    while libc.bind(fd.fileno(), place, len(place)):
        if ctypes.get_errno() != errno.EBUSY or time.monotonic() > end:
            print(os.strerror(ctypes.get_errno()), file=sys.stderr)
            return 1
        time.sleep(0.1)
    print("held", flush=True)
    signal.pause()
    return 0


if __name__ == "__main__":
    commands = {"download": download, "mails": mails, "large": large, "send": send, "sums": sums,
                "compare": compare, "hold": hold}
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
