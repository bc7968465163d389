#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the dialogues that gatepost reads in captures against what tshark reads in them.

    tests/dialogues.py [CAPTURE]...     default: tests/pcap/*/input.pcap, and ../shared/pcaps where that is there

Compared per pair of endpoints, in order: commands (their first four letters, as tshark has them) and reply codes of mail,
methods and targets of web requests. Each difference is printed with its capture and tshark's numbers of the streams; those
that EXPLAINED lists are counted by their reason, and all others fail.
"""
import collections
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
GATEPOST = TOP / "build" / "gatepost"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
PORTS = {25, 465, 587, 2525, 80, 8000, 8080, 443, 8443}  # what the default configuration gives to mail, HTTP and TLS
FIELDS = ["tcp.stream", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport",
          "smtp.req.command", "smtp.response.code", "http.request.method", "http.request.uri"]
KINDS = ("commands", "replies", "requests")

CONFIG = TOP / "tests" / "dialogues.yaml"

# (capture's folder and name, kind) -> why tshark has something else.
EXPLAINED = {
    ("shapes/OISF__tcp-session-decode-malformed-ipv4__input.pcap", "requests"):
        "a made-up method in clear text on port 443, which tshark reads as TLS",
    ("shapes/OISF__decode-erspan-typeIII-01__input.pcap", "requests"): "gatepost does not read ERSPAN",
    ("shapes/zeek__smtp-mail-transactions-invalid.pcap", "commands"):
        "DATA was refused, so that what follows is commands; tshark reads it as a mail",
    ("tcp-disorder/input.pcap", "commands"):
        "tshark reads no segments out of order by default; a line that the snapshot length cut is a gap",
    ("scan-guessed-acks/input.pcap", "replies"):
        "the client acknowledges a guess; tshark takes the server's bytes below it for bytes sent again",
    ("tcp-disorder/input.pcap", "replies"): "a line that the snapshot length cut is a gap",
}


def run(arguments):
    return subprocess.run(arguments, capture_output=True, timeout=300)


def endpoints(a, a_port, b, b_port):
    return tuple(sorted([(a, int(a_port)), (b, int(b_port))]))


def by_tshark(path, known):
    """endpoints -> kind -> list, endpoints -> streams; None when the capture cannot be read to its end."""
    arguments = ["tshark", "-n", "-r", path, "-Y", "smtp or http", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=\x1f"]
    done = run(arguments + [word for field in FIELDS for word in ("-e", field)])
    said, streams = collections.defaultdict(lambda: collections.defaultdict(list)), collections.defaultdict(set)
    for line in done.stdout.decode(errors="replace").splitlines():
        stream, src4, src6, dst4, dst6, sport, dport, commands, codes, methods, targets = line.split("\t")
        if not sport or "\x1f" in sport:
            continue
        if not PORTS & {int(sport), int(dport)}:
            continue
        # In a tunnel there are addresses of several packets: those that gatepost knows, else the innermost.
        pairs = [*zip(src4.split("\x1f"), dst4.split("\x1f")), *zip(src6.split("\x1f"), dst6.split("\x1f"))]
        keys = [endpoints(a, sport, b, dport) for a, b in pairs if a]
        key = next((k for k in keys if k in known), keys[-1])
        streams[key].add(int(stream))
        said[key]["commands"] += [c[:4].upper() for c in commands.split("\x1f") if c]
        said[key]["replies"] += [int(c) for c in codes.split("\x1f") if c]
        said[key]["requests"] += list(zip(methods.split("\x1f"), targets.split("\x1f"))) if methods else []
    return said, streams


def by_gatepost(path):
    done = run([GATEPOST, "replay", "--dialogues", "-c", CONFIG, path])
    said = collections.defaultdict(lambda: collections.defaultdict(list))
    flows = [json.loads(line) for line in done.stdout.splitlines()]
    for flow in sorted(flows, key=lambda f: f["begin"]):
        key = endpoints(flow["client"], flow["client_port"], flow["server"], flow["server_port"])
        for line in flow["lines"]:
            if "command" in line:
                said[key]["commands"].append(line["command"][:4].upper())
            elif "reply" in line:
                said[key]["replies"].append(line["reply"])
            elif "request" in line:
                said[key]["requests"].append((line["request"], line["target"]))
    if done.returncode not in (0, 1):
        raise ValueError(f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[:300]}")
    return said, done.returncode, len(flows)


def shown(items):
    return ", ".join(str(item)[:60] for item in items)


def compare(path):
    """The capture's path, pairs of endpoints compared, lines compared, and (kind, text) of each difference."""
    ours, code, _ = by_gatepost(path)
    theirs, streams = by_tshark(path, ours)
    differences, lines = [], 0
    for key in sorted(set(ours) | set(theirs)):
        for kind in KINDS:
            left, right = ours[key][kind], theirs[key][kind]
            lines += len(right)
            if left == right:
                continue
            at = next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
            differences.append((kind, f"streams {sorted(streams[key])} {key}: from {at} of {len(left)}/{len(right)} on "
                                      f"gatepost has [{shown(left[at:at + 4])}], tshark [{shown(right[at:at + 4])}]"))
    return path, len(theirs), lines, differences


def captures(arguments):
    if arguments:
        return [pathlib.Path(a).resolve() for a in arguments]
    found = sorted((TOP / "tests" / "pcap").glob("*/input.pcap"))
    shared = TOP.parent / "shared" / "pcaps"
    if shared.is_dir():
        return found + sorted(p for p in shared.rglob("*") if p.suffix in SUFFIXES)
    print(f"skipped: {shared} is not there")
    return found


def main(arguments):
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    passed, failed, explained, pairs, lines = 0, 0, collections.Counter(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, compared, count, differences in pool.map(compare, captures(arguments)):
            pairs, lines = pairs + compared, lines + count
            unexplained = []
            for kind, text in differences:
                reason = EXPLAINED.get((f"{path.parent.name}/{path.name}", kind))
                explained[reason] += bool(reason)
                print(f"{'explained' if reason else 'not ok'} - {path.parent.name}/{path.name}: {kind}: {text}")
                unexplained += [] if reason else [text]
            failed += bool(unexplained)
            passed += not unexplained
    for reason, count in explained.items():
        if reason:
            print(f"explained {count} times: {reason}")
    print(f"{pairs} pairs of endpoints, {lines} lines of tshark's")
    print(f"{passed} passed, {failed} failed, {int(not arguments and not (TOP.parent / 'shared').is_dir())} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
