#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the dialogues that gatepost reads in captures against what tshark reads in them.

    tests/dialogues.py [CAPTURE]...     default: tests/pcap/*/input.pcap, and ../shared/pcaps where that is there

Compared per pair of endpoints, in order: commands (their first four letters, as tshark has them) and reply codes of mail,
methods and targets of web requests, the names that TLS clients ask for (first hello of a stream). A capture without any
text of mail and the web and without a hello, of which gatepost says nothing either, is not given to tshark. Where they
differ tshark is asked again, with its option to put segments in order; either answer will do. Each difference that is left
is printed with tshark's numbers of the streams. Those that EXPLAINED lists are counted by their reason; all others fail,
and so does an explanation of a difference that is not there.
"""
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
GATEPOST = TOP / "build" / "gatepost"
CONFIG = TOP / "tests" / "dialogues.yaml"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
SERVICES = {service: {int(port) for port in ports.split(",")}
            for service, ports in re.findall(r"^  (\w+): \[([\d, ]+)\]$", CONFIG.read_text(), re.M)}
PORTS = set().union(*SERVICES.values())
FIELDS = ["tcp.stream", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport",
          "smtp.req.command", "smtp.response.code", "http.request.method", "http.request.uri",
          "tls.handshake.type", "tls.handshake.extensions_server_name"]
KINDS = ("commands", "replies", "requests", "names")
# tshark knows fewer ports.
DECODE = [word for service, dissector in (("smtp", "smtp"), ("submission", "smtp"), ("http", "http"), ("tls", "tls"))
          for port in sorted(SERVICES[service] - {25, 80, 443, 465}) for word in ("-d", f"tcp.port=={port},{dissector}")]
# By default it puts no segments in order; asked to, it waits for ever for those that were not captured.
OPINIONS = ([], ["-o", "tcp.reassemble_out_of_order:TRUE"])
SOMETHING = re.compile(rb"HTTP/1\.|\x16\x03[\x00-\x04]..\x01\x00|HELO|EHLO|LHLO|MAIL FROM|RCPT TO|STARTTLS|BDAT"
                       rb"|(?:220|250|221|354|421|554)[ -]", re.S | re.I)

EXPLAINED = {}


def run(arguments):
    return subprocess.run(arguments, capture_output=True, timeout=300)


def endpoints(a, a_port, b, b_port):
    return tuple(sorted([(a, int(a_port)), (b, int(b_port))]))


def plain(text):
    """Bytes that are no ASCII, and escapes of them, as one question mark each: the two programs write them differently."""
    return re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|\\|[0-7]{3}|.)|[^ -~]", "?", text)


def split(values):
    return values.split("\x1f") if values else []


def by_tshark(path, known, opinion):
    """endpoints -> kind -> list, endpoints -> streams."""
    arguments = ["tshark", "-n", "-r", path, *DECODE, *opinion, "-Y", "smtp or http or tls.handshake.type == 1", "-T", "fields",
                 "-E", "separator=/t", "-E", "aggregator=\x1f"]
    done = run(arguments + [word for field in FIELDS for word in ("-e", field)])
    said, streams = collections.defaultdict(lambda: collections.defaultdict(list)), collections.defaultdict(set)
    greeted = set()
    for line in done.stdout.decode(errors="replace").splitlines():
        stream, *addresses, sport, dport, commands, codes, methods, targets, types, names = line.split("\t")
        if not sport or "\x1f" in sport or not PORTS & {int(sport), int(dport)}:
            continue
        # In a tunnel there are addresses of several packets: those that gatepost knows, else the innermost.
        src4, src6, dst4, dst6 = map(split, addresses)
        keys = [endpoints(a, sport, b, dport) for a, b in [*zip(src4, dst4), *zip(src6, dst6)]]
        if not keys:
            continue
        key = next((k for k in keys if k in known), keys[-1])
        streams[key].add(int(stream))
        said[key]["commands"] += [plain(c[:4].upper()) for c in split(commands)]
        said[key]["replies"] += [int(c) for c in split(codes)]
        said[key]["requests"] += [(plain(m), plain(t)) for m, t in zip(split(methods), split(targets))]
        if "1" in split(types) and stream not in greeted:
            greeted.add(stream)
            said[key]["names"] += [plain(name) for name in split(names)[:1]]
    return said, streams


def by_gatepost(path):
    done = run([GATEPOST, "replay", "--dialogues", "-c", CONFIG, path])
    if done.returncode not in (0, 1):
        raise ValueError(f"{path}: exit code {done.returncode}: {done.stderr.decode(errors='replace')[:300]}")
    said = collections.defaultdict(lambda: collections.defaultdict(list))
    for flow in sorted(map(json.loads, done.stdout.splitlines()), key=lambda f: f["begin"]):
        key = endpoints(flow["client"], flow["client_port"], flow["server"], flow["server_port"])
        for line in flow["lines"]:
            if "command" in line:
                said[key]["commands"].append(plain(line["command"][:4].upper()))
            elif "reply" in line:
                said[key]["replies"].append(line["reply"])
            elif "request" in line:
                said[key]["requests"].append((plain(line["request"]), plain(line["target"])))
        said[key]["names"] += [plain(flow["tls"]["sni"])] if "sni" in flow.get("tls", {}) else []
    return said


def shown(items):
    return ", ".join(str(item)[:60] for item in items)


def compare(path):
    """The capture's path, pairs of endpoints and lines of tshark's, and (kind, pair, text) of each difference."""
    ours = by_gatepost(path)
    if not any(any(kinds.values()) for kinds in ours.values()) and not SOMETHING.search(path.read_bytes()):
        return path, 0, 0, []
    theirs, streams = by_tshark(path, ours, OPINIONS[0])
    differences, lines, second = [], 0, None
    for key in sorted(set(ours) | set(theirs)):
        for kind in KINDS:
            left, right = ours[key][kind], theirs[key][kind]
            lines += len(right)
            if left == right:
                continue
            second = second or by_tshark(path, ours, OPINIONS[1])[0]
            if left == second[key][kind]:
                continue
            at = next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
            pair = " ".join(f"{address} {port}" for address, port in key)
            differences.append((kind, pair, f"streams {sorted(streams[key])}, from {at} of {len(left)}/{len(right)} on: "
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


def judge(path, differences):
    """Prints the differences. Return: [reasons], [what fails]."""
    name = f"{path.parent.name}/{path.name}"
    wanted = {(kind, pair): reason for (capture, kind, *pairs), reason in EXPLAINED.items() if capture == name for pair in pairs}
    reasons, failures = [], []
    for kind, pair, text in differences:
        reason = wanted.pop((kind, pair), None)
        print(f"{'explained' if reason else 'not ok'} - {name}: {kind}: {pair}: {text}")
        (reasons if reason else failures).append(reason or text)
    for kind, pair in wanted:
        print(f"not ok - {name}: {kind}: {pair}: explained, but there is no difference")
        failures.append(pair)
    return reasons, failures


def main(arguments):
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    passed, failed, explained, pairs, lines = 0, 0, collections.Counter(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, compared, count, differences in pool.map(compare, captures(arguments)):
            pairs, lines = pairs + compared, lines + count
            reasons, failures = judge(path, differences)
            explained.update(reasons)
            failed += bool(failures)
            passed += not failures
    for reason, count in explained.items():
        print(f"explained {count} times: {reason}")
    print(f"{pairs} pairs of endpoints, {lines} lines of tshark's")
    print(f"{passed} passed, {failed} failed, {int(not arguments and not (TOP.parent / 'shared').is_dir())} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
