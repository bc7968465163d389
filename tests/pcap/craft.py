# SPDX-License-Identifier: GPL-2.0-or-later
"""What the make.py of all cases share: captures, TCP conversations, mail dialogues.

Packets are built by scapy, so that their bytes are another author's idea of the protocols than the parser's. Nothing
is random: time stamps count from START, sequence numbers are checksums of the addresses and ports.
"""
import pathlib
import struct
import zlib

import scapy.layers.inet as inet
import scapy.layers.inet6 as inet6
import scapy.layers.l2 as l2
from scapy.packet import Raw

START = 1767607200  # 2026-01-05 10:00:00 UTC; where a time slice, a window and a generation begin
GATEWAY_MAC, ROUTER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
LINK_ETHERNET = 1


def number(*words):
    """A 32-bit number that depends on the words only."""
    return zlib.crc32("|".join(map(str, words)).encode())


def ip(src, dst, ttl=64, ident=0):
    if ":" in src:
        return inet6.IPv6(src=src, dst=dst, hlim=ttl)
    return inet.IP(src=src, dst=dst, ttl=ttl, id=ident & 0xFFFF, flags="DF")


def ether(packet, outbound):
    """The frame between the gateway and the router."""
    src, dst = (GATEWAY_MAC, ROUTER_MAC) if outbound else (ROUTER_MAC, GATEWAY_MAC)
    return bytes(l2.Ether(src=src, dst=dst) / packet)


class Capture:
    """Frames with their time stamps in seconds after START."""

    def __init__(self):
        self.records = []

    def add(self, at, frame):
        self.records.append((at, frame))

    def in_order(self):
        return sorted(self.records, key=lambda record: record[0])

    def pcap(self, link=LINK_ETHERNET, snaplen=262144, records=None):
        """A capture file with microseconds; in order of time, unless records are given."""
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)]
        for at, frame in self.in_order() if records is None else records:
            us = round((START + at) * 1000000)
            kept = frame[:snaplen]
            out.append(struct.pack("<IIII", us // 1000000, us % 1000000, len(kept), len(frame)) + kept)
        return b"".join(out)

    def pcapng(self, link=LINK_ETHERNET, snaplen=262144):
        """The same as pcapng: one section in big-endian order, one interface with nanoseconds."""
        def block(kind, body):
            size = 12 + len(body) + -len(body) % 4
            return struct.pack(">II", kind, size) + body + bytes(-len(body) % 4) + struct.pack(">I", size)

        nanoseconds = struct.pack(">HHB3x", 9, 1, 9) + struct.pack(">HH", 0, 0)
        out = [block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1)),
               block(1, struct.pack(">HHI", link, 0, snaplen) + nanoseconds)]
        for at, frame in self.in_order():
            ns = round((START + at) * 1000000) * 1000
            kept = frame[:snaplen]
            out.append(block(6, struct.pack(">IIIII", 0, ns >> 32, ns & 0xFFFFFFFF, len(kept), len(frame)) + kept))
        return b"".join(out)


class Talk:
    """One TCP conversation; each call adds a segment, half a round trip later when the other end has its turn."""

    def __init__(self, capture, client, server, sport, dport, at, rtt=0.04, link=ether, ttl=64):
        self.capture, self.link, self.at, self.rtt = capture, link, at, rtt
        self.ends = ((server, dport, 55), (client, sport, ttl))
        words = (client, server, sport, dport, at)
        self.seq = [number("server", *words), number("client", *words)]
        self.turn = 1
        self.segments = 0

    def packet(self, by_client, flags, data=b"", seq=None, ack=None, options=()):
        """A segment as scapy sees it; sequence numbers stay as they are."""
        (src, sport, ttl), (dst, dport, _) = self.ends[by_client], self.ends[not by_client]
        self.segments += 1
        acked = self.seq[not by_client] if flags & ACK else 0
        tcp = inet.TCP(sport=sport, dport=dport, seq=self.seq[by_client] if seq is None else seq & 0xFFFFFFFF,
                       ack=acked if ack is None else ack & 0xFFFFFFFF, flags=flags, window=64240,
                       options=list(options))
        packet = ip(src, dst, ttl, number(src, dst, sport, self.segments)) / tcp
        return packet / Raw(data) if data else packet

    def send(self, by_client, flags, data=b"", **fields):
        self.at += self.rtt / 2 if by_client != self.turn else 0.0003
        self.turn = by_client
        packet = self.packet(by_client, flags, data, **fields)
        self.capture.add(self.at, self.link(packet, by_client))
        moved = len(data) + bool(flags & SYN) + bool(flags & FIN)
        self.seq[by_client] = (self.seq[by_client] + moved) & 0xFFFFFFFF
        return self

    def wait(self, seconds):
        self.at += seconds
        return self

    def syn(self):
        return self.send(1, SYN, options=[("MSS", 1460)])

    def syn_ack(self):
        return self.send(0, SYN | ACK, options=[("MSS", 1460)])

    def open(self):
        return self.syn().syn_ack().send(1, ACK)

    def refused(self):
        """The server's stack: nobody listens."""
        return self.syn().send(0, RST | ACK)

    def client(self, data):
        return self.send(1, PSH | ACK, line(data))

    def server(self, data):
        return self.send(0, PSH | ACK, line(data))

    def close(self, by_client=1):
        return self.send(by_client, FIN | ACK).send(1 - by_client, FIN | ACK).send(by_client, ACK)

    def reset(self, by_client=1):
        return self.send(by_client, RST | ACK)


def line(data):
    """Text is a line, or several; bytes are bytes."""
    return data if isinstance(data, bytes) else (data + "\r\n").encode()


def mail(talk, code=250, quits=True, pipelining=False, recipients=1, greeting=220, hello="EHLO mail.example.net"):
    """One mail: greeting, envelope with the given reply to each RCPT, the message when one was accepted, the end."""
    talk.open().server(f"{greeting} mx.example.org ESMTP")
    if greeting != 220:
        return talk.client("QUIT").close() if quits else talk.reset()
    talk.client(hello).server("250 PIPELINING" if pipelining else "250 mx.example.org")
    replies = ["250 2.1.0 ok"] + [f"{code} reply to the recipient"] * recipients
    commands = ["MAIL FROM:<a@example.net>"] + [f"RCPT TO:<b{n}@example.org>" for n in range(recipients)]
    if pipelining:
        talk.client("\r\n".join(commands)).server("\r\n".join(replies))
    else:
        for command, reply in zip(commands, replies):
            talk.client(command).server(reply)
    if code == 250:
        talk.client("DATA").server("354 go ahead")
        talk.client("Subject: hello\r\n\r\nRCPT TO:<no@command.example>\r\n.").server("250 2.0.0 queued")
    if quits:
        return talk.client("QUIT").server("221 bye").close(0)
    return talk.send(1, FIN | ACK).send(0, FIN | ACK)


def fetch(talk, host, target, agent, kind="text/html"):
    """A GET, and two bytes for an answer."""
    talk.open().client(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n")
    return talk.server(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\nok").close()


def client_hello(name):
    """A TLS 1.2 ClientHello with this server name (RFC 5246, 7.4.1.2; RFC 6066, 3)."""
    host = name.encode()
    entry = struct.pack(">BH", 0, len(host)) + host
    sni = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = struct.pack(">H", 0x0303) + bytes(range(32)) + b"\0" + struct.pack(">HHH", 4, 0xC02F, 0xC030) + b"\1\0"
    body += struct.pack(">H", len(sni)) + sni
    handshake = b"\1" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BHH", 22, 0x0301, len(handshake)) + handshake


def tls_record(size, kind=23):
    """An opaque TLS record."""
    return struct.pack(">BHH", kind, 0x0303, size) + bytes(number(size, i) & 0xFF for i in range(size))


def save(make, files):
    """Write a case's captures beside its make.py."""
    for name, data in files.items():
        (pathlib.Path(make).resolve().parent / name).write_bytes(data)
