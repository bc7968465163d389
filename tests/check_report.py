#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validate reports against docs/report.schema.json and check that their sums agree.

usage: check_report.py FILE...      FILE holds one report, or several one after the other (NDJSON); "-" is stdin
Exit: 0 every report is sound, 1 one is not (each finding on a line of its own), 2 usage.
"""
import ipaddress
import json
import math
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "docs" / "report.schema.json"
SERVICES = ("smtp", "submission", "http", "tls", "quic", "mailbox", "other")
FIELDS = ("packets", "bytes", "flows", "attempts", "answered", "confirmed")
REMAINDERS = ("rest", "beyond", "overflow")  # behind the prefixes, in this order


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("duplicate key in " + ", ".join(sorted(keys)))
    return dict(pairs)


def no_constants(name):
    raise ValueError(name + " is no JSON")


def documents(text):
    decoder = json.JSONDecoder(object_pairs_hook=no_duplicates, parse_constant=no_constants)
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        document, at = decoder.raw_decode(text, at)
        yield document


def equal(name, left, right):
    if left != right:
        yield f"{name}: {left} != {right}"


def books(report):
    """Every packet and byte is with a host or prefix, in the overflow, or unparsed, by service as by prefix."""
    c = report["coverage"]
    for name, rows in (("services", report["services"].values()), ("prefixes", report["prefixes"])):
        packets, total = (sum(row[field] for row in rows) for field in ("packets", "bytes"))
        yield from equal(f"accounted = {name} + unparsed", c["accounted"],
                         packets + c["in_flight"] + sum(c["unparsed"].values()))
        yield from equal(f"accounted_bytes, {name}", c["accounted_bytes"],
                         total + c["in_flight_bytes"] + c["unparsed_bytes"])
    yield from equal("unaccounted = packets - accounted", c["unaccounted"], c["packets"] - c["accounted"])
    yield from equal("unaccounted_bytes", c["unaccounted_bytes"], c["bytes"] - c["accounted_bytes"])
    slack = c.get("live_slack", 0)
    if abs(c["unaccounted"]) > slack:
        yield f"{c['unaccounted']} packets unaccounted, {slack} allowed"
    if not slack and c["unaccounted_bytes"]:
        yield f"{c['unaccounted_bytes']} bytes unaccounted"
    if not slack and c["mail_flows_evicted"] > c["flows_evicted"]:
        yield "more mail flows evicted than flows"


def ladders(report, where, services):
    """An answer needs an attempt, a proof needs an answer; the counters are not read at once while traffic flows."""
    if "live_slack" in report["coverage"]:
        return
    for name in SERVICES:
        s = services[name]
        if not s["flows"] >= s["attempts"] >= s["answered"] >= s["confirmed"]:
            yield f"{where}: {name}: flows >= attempts >= answered >= confirmed does not hold: {s}"


def canonical(text):
    """Is an address or prefix written the one way that can be compared as text?"""
    try:
        bare = str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except ValueError as error:
        yield str(error)
    else:
        yield from equal("address as written", text, bare)


def prefixes(report):
    rows, c = report["prefixes"], report["coverage"]
    for name in SERVICES:
        for field in FIELDS:
            total = sum(row[name][field] for row in rows)
            yield from equal(f"prefixes, {name}.{field}", total, report["services"][name][field])
    for row in rows:
        for field in ("packets", "bytes"):
            total = sum(row[name][field] for name in SERVICES)
            yield from equal(f"prefix {row['prefix']}, {field}", row[field], total)
        if row["prefix"] not in REMAINDERS:
            yield from canonical(row["prefix"])
        elif row["prefix"] != "rest":
            yield from equal(f"prefix {row['prefix']}, hosts", row["hosts"], 0)
    names = [row["prefix"] for row in rows]
    named = [row for row in rows if row["prefix"] not in REMAINDERS]
    if [row["prefix"] for row in named] + [n for n in REMAINDERS if n in names] != names:
        yield "prefixes: rest, beyond and overflow come once and last, in this order"
    if [row["packets"] for row in named] != sorted((row["packets"] for row in named), reverse=True):
        yield "prefixes are not sorted by packets"
    if len({(row["prefix"], row["side"]) for row in named}) != len(named):
        yield "a prefix has two lines"
    for row in rows:
        if row["prefix"] == "rest" and named and row["packets"] > row["prefixes"] * named[-1]["packets"]:
            yield "rest holds more than its prefixes can"
    overflow = [row for row in rows if row["prefix"] == "overflow"]
    yield from equal("overflow", c["overflow"], sum(row["packets"] for row in overflow))
    yield from equal("overflow_bytes", c["overflow_bytes"], sum(row["bytes"] for row in overflow))


def order(host):
    """Hosts stand in the order of their 128-bit addresses, IPv4 as ::ffff:a.b.c.d."""
    network = ipaddress.ip_network(host["address"])
    base = 0xFFFF << 32 if network.version == 4 else 0
    bits = network.prefixlen + (96 if network.version == 4 else 0)
    return base + int(network.network_address), bits


def seen(report, where, item):
    """First and last seen lie in the window, in this order."""
    if item["first_seen"] > item["last_seen"]:
        yield f"{where}: first_seen > last_seen"
    if "live_slack" in report["coverage"]:
        return
    start, end = report["window"]["start"], report["window"]["end"]
    if start is None or item["first_seen"] < start or item["last_seen"] > end:
        yield f"{where}: seen outside the window"


def counts(value):
    if isinstance(value, dict):
        return sum(counts(part) for part in value.values())
    return value


def no_record(where, counters):
    """A host that was never seen doing anything has packets and bytes, and nothing else."""
    traffic = counts(counters["sent"]) + counts(counters["received"])
    traffic += sum(s["packets"] + s["bytes"] for s in counters["services"].values())
    yield from equal(f"{where}: never seen, but it counts more than traffic", counts(counters), traffic)


def hosts(report):
    listed = report["hosts"]
    wrong = [problem for h in listed for problem in canonical(h["address"])]
    wrong += [problem for h in listed if h["destination"] for problem in canonical(h["destination"]["address"])]
    if wrong:
        yield from wrong
        return
    if [order(h) for h in listed] != sorted(order(h) for h in listed):
        yield "hosts are not sorted by address"
    keys = [(h["address"], h.get("kind")) for h in listed]
    if len(keys) != len(set(keys)):
        yield "a host has two entries of one kind"
    for h in listed:
        where, counters = "host " + h["address"], h["counters"]
        if h["first_seen"] is None:
            yield from no_record(where, counters)
        else:
            yield from seen(report, where, h)
        if "live_slack" in report["coverage"]:
            continue
        for field in ("packets", "bytes"):
            total = sum(counters["services"][name][field] for name in SERVICES)
            yield from equal(f"{where}: sent + received {field}",
                             counters["sent"][field] + counters["received"][field], total)
        # What an outside address tried before it had proved itself stands at its prefix.
        if h["role"] != "outside":
            yield from ladders(report, where, counters["services"])


def ranges(report):
    listed = report["ranges"]
    wrong = [problem for r in listed for prefix in [r["prefix"], *r["covering"]] for problem in canonical(prefix)]
    if wrong:
        yield from wrong
        return
    keys = [(*order({"address": r["prefix"]}), r["kind"]) for r in listed]
    if [key[:-1] for key in keys] != sorted(key[:-1] for key in keys):
        yield "ranges are not sorted by prefix"
    if len(keys) != len(set(keys)):
        yield "a range has two entries of one kind"
    for r in listed:
        yield from seen(report, "range " + r["prefix"], r)
        if r["fleet_estimate"] < r["hosts"]:
            yield f"range {r['prefix']}: fleet_estimate < hosts"


def wilson(hits, trials):
    """The lower end of the 95 % interval (docs/detection.md, "Networks")."""
    if not hits:
        return 0
    share, z2n = hits / trials, 1.959964 ** 2 / trials
    return (share + z2n / 2 - math.sqrt(z2n * (share * (1 - share) + z2n / 4))) / (1 + z2n)


def networks(report):
    before = {}
    for n in report["networks"]:
        where = f"network {n.get('prefix', n.get('asn'))}"
        kinds = n["confirmed_kinds"].values()
        if not 0 < n["active"] >= max(n["confirmed"], *kinds, 0):
            yield f"{where} has more confirmed hosts than active ones"
        elif float(f"{wilson(n['confirmed'], n['active']):.4g}") != n["rate_lower_bound"]:
            yield f"{where}: the bound is not that of {n['confirmed']} of {n['active']}"
        if n["confirmed"] != n["confirmed_kinds"].get("spam_bot", 0) and not max(kinds) <= n["confirmed"] <= sum(kinds):
            yield f"{where}: confirmed is not what its kinds are"
        last = before.get((n["by"], n["side"]), (0, False, 1))
        now = (n["rank"], n["few_hosts"], n["rate_lower_bound"])
        if now[0] <= last[0] or now[1] < last[1] or (now[1] == last[1] and now[2] > last[2]):
            yield f"{where} is out of order"
        before[n["by"], n["side"]] = now


def findings(report, validator):
    problems = [f"{'/'.join(map(str, e.absolute_path)) or 'report'}: {e.message[:300]}"
                for e in validator.iter_errors(report)]
    if problems:
        return problems
    return [*books(report), *ladders(report, "services", report["services"]), *prefixes(report), *hosts(report),
            *ranges(report), *networks(report)]


def once(pairs):
    """An object of the schema. A second key of a name would hide what stands under the first."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"{SCHEMA.name} has two keys of one name: {sorted(n for n in set(names) if names.count(n) > 1)}")
    return dict(pairs)


def references(node):
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/$defs/")
        for item in node.values():
            yield from references(item)


def load_schema():
    schema = json.loads(SCHEMA.read_text(), object_pairs_hook=once)
    jsonschema.Draft202012Validator.check_schema(schema)
    odd = set(references(schema)) ^ set(schema["$defs"])
    if odd:
        raise ValueError(f"{SCHEMA.name}: defined and never used, or used and not defined: {sorted(odd)}")
    return schema


def main(paths):
    if not paths or any(p.startswith("-") and p != "-" for p in paths):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    validator = jsonschema.Draft202012Validator(load_schema())
    bad = 0
    for path in paths:
        try:
            data = sys.stdin.buffer.read() if path == "-" else pathlib.Path(path).read_bytes()
            reports = list(documents(data.decode("utf-8")))
        except (OSError, ValueError) as error:
            reports, bad = [], bad + 1
            print(f"{path}: {error}")
        else:
            if not reports:
                bad += 1
                print(f"{path}: no report in it")
        for number, report in enumerate(reports, 1):
            for problem in findings(report, validator):
                bad += 1
                print(f"{path}: report {number}: {problem}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
