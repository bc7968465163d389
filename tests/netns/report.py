#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads gatepost reports for the laboratory's scripts: the last complete one of a JSON or NDJSON file.

report.py FILE verdicts          one line per verdict: address kind verdict verified
report.py FILE value KEY.KEY...  one value, numbers as they stand
report.py FILE hosts ADDRESS...  these hosts, as indented JSON, without their counters
report.py FILE line              one line for people: packets, flows by service
"""

import json
import sys


def last_report(path):
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    try:
        return json.loads(text)
    except ValueError:
        pass
    for line in reversed(text.splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return None


def verdicts(report):
    return [host for host in report.get("hosts", []) if host.get("verdict")]


def line(report):
    services = report["services"]
    flows = ", ".join(f"{services[name]['flows']} {name}" for name in ("smtp", "submission", "http", "tls"))
    return f"{report['coverage']['packets']:6,d} packets; flows: {flows}"


def main(path, what, *arguments):
    report = last_report(path)
    if not isinstance(report, dict):
        return 1
    if what == "verdicts":
        for host in verdicts(report):
            verified = "verified" if host["source_verified"] else "unverified"
            print(host["address"], host["kind"], host["verdict"], verified)
    elif what == "value":
        for key in arguments[0].split("."):
            report = report[key]
        print(report)
    elif what == "hosts":
        chosen = [
            {key: value for key, value in host.items() if key != "counters"}
            for host in verdicts(report)
            if host["address"] in arguments
        ]
        print(json.dumps(chosen, indent=2, ensure_ascii=True))
    elif what == "line":
        print(line(report))
    else:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else 2)
