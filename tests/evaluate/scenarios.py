# SPDX-License-Identifier: GPL-2.0-or-later
"""Inputs whose truth is known, what build/evaluate says of them, and both joined: hosts and ranges."""
import dataclasses
import ipaddress
import json
import pathlib
import subprocess

KINDS = ("spam_bot", "scanner", "brute_forcer", "http_bot", "ddos_source")
DAY_S = 86400.0

# Labels of ../shared/pcaps/labels.json, as what gatepost names. The others are neither found nor missed.
CAPTURE_TRUTH = {
    "spam-bot": "spam_bot",
    # A peer-to-peer bot's trace is that it tries hundreds of addresses in vain.
    "horizontal-scanner": "scanner", "vertical-scanner": "scanner", "worm": "scanner", "p2p-bot": "scanner",
    "brute-forcer": "brute_forcer",
    "http-vuln-scanner": "http_bot", "webshell-operator": "http_bot",
    "clean-client": "clean", "clean-mta": "clean", "clean-server": "clean", "infected-c2": "clean",
    "infostealer-smtp-exfil": "clean", "spoofed-source": "clean", "pool-prober": "clean", "arp-sweep": "clean",
}


@dataclasses.dataclass
class Host:
    scenario: str
    address: str
    truth: str
    profile: str
    days: float             # for how long it was watched; 0: a capture, where a host is a unit of its own
    guilty_s: float = 0.0   # its first malicious act; of captures its first packet
    acts: int = 0           # malicious ones, in all
    origin: str = ""        # the capture
    findings: dict = dataclasses.field(default_factory=dict)  # kind -> finding
    alarms: dict = dataclasses.field(default_factory=dict)    # baseline -> alarm


@dataclasses.dataclass
class Range:
    scenario: str
    first: object
    last: object
    truth: str
    profile: str
    requests: int
    findings: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Scenario:
    name: str
    source: str  # "capture" or "generated"
    hosts: list
    ranges: list
    stray_ranges: list  # range findings on no range that has a truth
    result: dict
    stray_hosts: int = 0  # inside hosts without a truth that were named


def run(program, arguments):
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, timeout=7200)
    if done.returncode:
        raise SystemExit(f"evaluate: {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace').strip()}")
    return json.loads(done.stdout)


def join(hosts, result):
    by_address = {host.address: host for host in hosts}
    strays = set()
    for finding in result["findings"]:
        host = by_address.get(finding["address"])
        if host:
            host.findings[finding["kind"]] = finding
        elif finding["inside"] and finding["verdict"] != "none":
            strays.add(finding["address"])
    for alarm in result["alarms"]:
        host = by_address.get(alarm["address"])
        if host:
            host.alarms[alarm["baseline"]] = alarm
    return len(strays)


def capture(program, folder, entry, options=()):
    """One labelled capture."""
    result = run(program, [*options, folder / entry["file"]])
    name = f"captures/{entry['category']}"
    hosts = []
    for label in entry["hosts"]:
        truth = CAPTURE_TRUTH.get(label["label"])
        if truth:
            hosts.append(Host(name, label["ip"], truth, label["label"], 0.0,
                              origin=pathlib.Path(entry["file"]).name))
    strays = join(hosts, result)
    for host in hosts:
        host.guilty_s = min((f["first_s"] or 0.0 for f in host.findings.values()), default=0.0)
    return Scenario(name, "capture", hosts, [], [], result, strays)


def addresses_of(finding):
    """The networks that a range finding names."""
    bits = finding["bits"]
    address = ipaddress.ip_address(finding["prefix"])
    return ipaddress.ip_network((address, bits - 96 if address.version == 4 else bits), strict=False)


def covering_of(finding):
    networks = []
    for text, bits in finding["covering"]:
        address = ipaddress.ip_address(text)
        networks.append(ipaddress.ip_network((address, bits - 96 if address.version == 4 else bits), strict=False))
    return networks


def touches(truth, finding):
    networks = covering_of(finding) or [addresses_of(finding)]
    return any(n.version == truth.first.version and n[0] <= truth.last and truth.first <= n[-1] for n in networks)


def population(program, path, name=None, options=()):
    """A generated population."""
    result = run(program, [*options, "--population", path])
    name = name or pathlib.Path(path).stem
    days = result["duration_s"] / DAY_S
    hosts, ranges, stray_ranges = [], [], []
    for label in result["truth"]:
        if label["range"]:
            ranges.append(Range(name, ipaddress.ip_address(label["address"]), ipaddress.ip_address(label["last"]),
                                label["truth"], label["profile"], label["malicious"] or label["requests"]))
        elif label["inside"]:
            watched = max(0.0, result["duration_s"] - (label["born_s"] or 0.0)) / DAY_S or days
            hosts.append(Host(name, label["address"], label["truth"], label["profile"], watched,
                              label["first_malicious_s"] or 0.0, label["malicious"]))
    strays = join(hosts, result)
    for finding in result["ranges"]:
        met = [r for r in ranges if touches(r, finding)]
        for truth in met:
            truth.findings.append(finding)
        if not met:
            stray_ranges.append(finding)
    return Scenario(name, "generated", hosts, ranges, stray_ranges, result, strays)
