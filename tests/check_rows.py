#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the packet rows against tshark, a parser that we did not write.

    tests/check_rows.py [path of the test_parse program]

Compares what rows with status OK expect of addresses, ports, tags, sessions, labels, TCP fields, payload offsets
and lengths. Later fragments must carry no transport header for tshark either. Exit code 0: agreed, or skipped
(the reason is printed); 1: a row and tshark differ.
"""
import ipaddress
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

OK, FRAGMENT_LATER = 0, 17
TRANSPORTS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
OPTIONS = ["-oip.defragment:FALSE", "-oipv6.defragment:FALSE", "-otcp.desegment_tcp_streams:FALSE",
           "-otcp.analyze_sequence_numbers:FALSE", "-oip.tso_support:TRUE"]
# Rows in which tshark 4.0 is known to stop before the row does, and why.
EXEMPT = {
    "length: 0 after offload, TCP over IPv6": "tso_support is for IPv4 only",
    "length: 0 after offload, UDP over IPv6": "tso_support is for IPv4 only",
    "length: 0 after offload, 70000 bytes over IPv6": "tso_support is for IPv4 only",
    "length: 0 after offload, no payload, IPv6": "tso_support is for IPv4 only",
    "extension: mobility (RFC 6275, 6.1)": "takes mobility for the last header",
    "extension: host identity (RFC 7401, 5.1)": "takes HIP for the last header",
}


def rows_of(path):
    with open(path, encoding="ascii") as lines:
        for line in lines:
            name, *pairs = line.rstrip("\n").split("\t")
            yield name, dict(pair.split("=", 1) for pair in pairs)


def packets_of(path):
    for _, element in ElementTree.iterparse(path):
        if element.tag == "packet":
            yield [proto for proto in element if proto.tag == "proto"]
            element.clear()


def values(proto, field):
    return [found.get("show") for found in proto.iter("field") if found.get("name") == field]


def number(proto, field):
    found = values(proto, field)
    return int(found[0], 0) if found else None


def mapped(text):
    address = ipaddress.ip_address(text)
    return str(address) if address.version == 6 else str(ipaddress.ip_address(f"::ffff:{address}"))


def link_seen(protos):
    """Tags, session and labels, by the names that rows use."""
    # An S-tag right below another one stands in the same element, as svid and cvid.
    tags = [number(p, f) for p in protos for f in ("vlan.id", "ieee8021ad.svid", "ieee8021ad.cvid", "ieee8021ad.id")
            if values(p, f)]
    labels = [number(p, "mpls.label") for p in protos if p.get("name") == "mpls"]
    sessions = [number(p, "pppoe.session_id") for p in protos if p.get("name") == "pppoes"]
    none = 0xffff
    return {
        "vlan_tags": len(tags),
        "s_vlan": tags[0] if len(tags) > 1 else none,
        "c_vlan": tags[1] if len(tags) > 1 else tags[0] if tags else none,
        "mpls_labels": len(labels),
        "mpls_label": labels[0] if labels else 0,
        "pppoe_session": sessions[0] if sessions else 0,
    }


def network_seen(ip):
    """Addresses and hop limit of one IP header."""
    version = 4 if ip.get("name") == "ip" else 6
    prefix = "ip" if version == 4 else "ipv6"
    return {
        "ip_version": version,
        "src": mapped(values(ip, prefix + ".src")[0]),
        "dst": mapped(values(ip, prefix + ".dst")[0]),
        "ttl": number(ip, "ip.ttl" if version == 4 else "ipv6.hlim"),
    }


def transport_seen(transport):
    """Ports, flags, payload of one transport header."""
    kind = transport.get("name")
    start, size = int(transport.get("pos")), int(transport.get("size"))
    if kind == "tcp":
        names = {"sport": "tcp.srcport", "dport": "tcp.dstport", "seq": "tcp.seq_raw", "ack": "tcp.ack_raw",
                 "window": "tcp.window_size_value", "payload_len": "tcp.len"}
        seen = {key: number(transport, field) for key, field in names.items()}
        seen["tcp_flags"] = number(transport, "tcp.flags") & 0xff
        seen["payload_offset"] = start + number(transport, "tcp.hdr_len")
        return seen
    if kind == "udp":
        seen = {"sport": number(transport, "udp.srcport"), "dport": number(transport, "udp.dstport")}
        seen["payload_offset"] = start + 8
        length = number(transport, "udp.length")
        if length:
            seen["payload_len"] = length - 8
        return seen
    return {"icmp_type": number(transport, kind + ".type")} if size else {}


def seen_by_tshark(row, protos):
    """What tshark reads at the level that the row speaks of, or a complaint as text."""
    headers = [i for i, p in enumerate(protos) if p.get("name") in ("ip", "ipv6")]
    level = 1 if int(row.get("tunnel", "0")) else 0
    if len(headers) <= level:
        return f"tshark sees {len(headers)} IP headers"
    seen = {**link_seen(protos[:headers[0]]), **network_seen(protos[headers[level]])}
    behind = protos[headers[level] + 1:]
    wanted = TRANSPORTS.get(int(row.get("ip_proto", "0")))
    if wanted and int(row["status"]) == OK:
        if not behind or wanted not in [p.get("name") for p in behind[:4]]:
            return f"tshark sees no {wanted}"
        seen.update(transport_seen(next(p for p in behind if p.get("name") == wanted)))
    elif int(row["status"]) == FRAGMENT_LATER and any(p.get("name") in ("tcp", "udp") for p in behind):
        return "tshark reads ports from a later fragment"
    return seen


def complaints(row, protos):
    seen = seen_by_tshark(row, protos)
    if isinstance(seen, str):
        return [seen]
    # The UDP length of a first fragment is that of the whole datagram; the row counts what this one carries.
    if int(row.get("fragment", "0")) == 1:
        seen.pop("payload_len", None)
    return [f"{key}: the row expects {row[key]}, tshark reads {value}" for key, value in seen.items()
            if key in row and value is not None and str(value) != row[key]]


def normal(row):
    return {key: mapped(value) if key in ("src", "dst") else value for key, value in row.items()}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/tests/test_parse"
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed")
        return 0
    if not os.access(program, os.X_OK):
        print(f"{program}: not built", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        capture, pdml = os.path.join(folder, "rows.pcap"), os.path.join(folder, "rows.pdml")
        subprocess.run([program], env={**os.environ, "GP_DUMP_ROWS": capture}, check=True)
        with open(pdml, "wb") as out:
            subprocess.run(["tshark", "-n", "-r", capture, "-T", "pdml", *OPTIONS], stdout=out,
                           stderr=subprocess.DEVNULL, check=True)
        compared, wrong = 0, 0
        for (name, row), protos in zip(rows_of(capture + ".rows"), packets_of(pdml), strict=True):
            if int(row["status"]) not in (OK, FRAGMENT_LATER):
                continue
            if name in EXEMPT:
                print(f'not compared: row "{name}": tshark: {EXEMPT[name]}')
                continue
            compared += 1
            for complaint in complaints(normal(row), protos):
                print(f'row "{name}": {complaint}', file=sys.stderr)
                wrong += 1
    print(f"{compared} rows held against tshark, {wrong} differences")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
