#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a small database of the MaxMind DB format, 2.0 (https://maxmind.github.io/MaxMind-DB/): mmdb.py FILE [TYPE]."""
import ipaddress
import sys

NETWORKS = {
    "192.0.2.0/24": (64496, "Example Net"),
    "198.51.100.0/25": (64497, "Half \x1b[31mof\u202e it"),
    "198.51.100.128/25": (4200000000, ""),
    "2001:db8::/32": (64498, "Six"),
}


def control(kind, size):
    """The bytes that begin a field: kinds beyond 7 have a second one."""
    assert size < 285
    first, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | first]) + more if kind <= 7 else bytes([first, kind - 7]) + more


def text(value):
    value = value.encode()
    return control(2, len(value)) + value


def number(value, kind=6):
    data = value.to_bytes(8, "big").lstrip(b"\0")
    return control(kind, len(data)) + data


def mapping(pairs):
    return control(7, len(pairs)) + b"".join(text(key) + value for key, value in pairs.items())


def build(kind):
    nodes, data, leaves = [[None, None]], b"", []
    for name, (asn, organisation) in NETWORKS.items():
        net = ipaddress.ip_network(name)
        v4 = net.version == 4
        bits = format(int(net.network_address), "0128b")[: net.prefixlen + (96 if v4 else 0)]
        entry = {"autonomous_system_number": number(asn)}
        if organisation:
            entry["autonomous_system_organization"] = text(organisation)
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        leaves.append((at, int(bits[-1]), len(data)))
        data += mapping(entry)
    for at, bit, offset in leaves:
        nodes[at][bit] = len(nodes) + 16 + offset
    tree = b"".join((len(nodes) if side is None else side).to_bytes(3, "big") for node in nodes for side in node)
    meta = mapping({
        "binary_format_major_version": number(2, 5), "binary_format_minor_version": number(0, 5),
        "build_epoch": number(1, 9), "database_type": text(kind), "description": mapping({"en": text("test")}),
        "ip_version": number(6, 5), "languages": control(11, 1) + text("en"), "node_count": number(len(nodes)),
        "record_size": number(24, 5),
    })
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + meta


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as out:
        out.write(build(sys.argv[2] if len(sys.argv) > 2 else "Test-ASN"))
