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
import fnmatch
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
          "tls.handshake.type", "tls.handshake.extensions_server_name", "frame.protocols"]
KINDS = ("commands", "replies", "requests", "names")
# tshark knows fewer ports.
DECODE = [word for service, dissector in (("smtp", "smtp"), ("submission", "smtp"), ("http", "http"), ("tls", "tls"))
          for port in sorted(SERVICES[service] - {25, 80, 443, 465}) for word in ("-d", f"tcp.port=={port},{dissector}")]
# By default it puts no segments in order; asked to, it waits for ever for those that were not captured.
IN_ORDER = ["-o", "tcp.reassemble_out_of_order:TRUE"]
# What a port of HTTP carries is HTTP for it, unless it is told otherwise.
AS_TLS = [word for port in sorted(SERVICES["http"]) for word in ("-d", f"tcp.port=={port},tls")]
METHODS = set("GET HEAD POST PUT DELETE OPTIONS TRACE CONNECT PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT"
              " NOTIFY SUBSCRIBE UNSUBSCRIBE M-SEARCH LINK UNLINK BIND UNBIND PURGE".split())
TUNNELS = {"erspan", "geneve", "vntag", "wlan"}
SOMETHING = re.compile(rb"HTTP/1\.|\x16\x03[\x00-\x04]..\x01\x00|HELO|EHLO|LHLO|MAIL FROM|RCPT TO|STARTTLS|BDAT"
                       rb"|(?:220|250|221|354|421|554)[ -]", re.S | re.I)

# (capture's folder and name, kind, pair of endpoints as it is printed, with * and ?) -> why tshark has something else.
LATER = "the client's last line comes in one segment with the end of a mail; tshark takes the whole segment for the mail"
REFUSED = "DATA was refused, so that what follows is commands; tshark reads it as a mail"
OLD = "HTTP/0.9: a request without a version, which gatepost does not read"
MINER = "a miner, not mail, on port 25: tshark takes lines that begin with no verb for the text of a mail"
BDAT = "tshark takes BDAT and all that follows for a mail, also what follows it and where the server refuses it"
TWICE = "packets that come twice in the file: the second time their flow is over for gatepost; for tshark they are sent again"
ENDLESS = "a head or a body that never ends, and tshark waits for it; gatepost tells the head"
MADE_UP = "every packet has SYN and a number of its own; no two belong to one connection"
INTERFACES = "interfaces with different link types, at which gatepost stops and says so"
EXPLAINED = {
    ("tcp-disorder/input.pcap", "commands", "10.20.0.54 40003 198.18.0.25 25"): REFUSED,
    ("shapes/OISF__10.7.29.101_49898-178.63.41.150_25.pcap", "commands", "10.7.29.101 49898 178.63.41.150 25"): REFUSED,
    ("labelled/clean-mail__chrissanders__mail_receiver_server_3.pcapng", "commands", "172.16.16.221 56694 172.16.16.231 25"): LATER,
    ("labelled/clean-mail__chrissanders__mail_sender_server_2.pcapng", "commands", "172.16.16.221 56694 172.16.16.231 25"): LATER,
    ("shapes/OISF__smtpsuricataflowbitsFN.pcap", "commands", "188.125.69.79 25 88.191.140.111 51906"): LATER,
    ("labelled/clean-mail__farazsth98__30.pcap", "replies", "192.168.0.4 23463 212.227.15.167 25"):
        "one reply of several lines in two segments, which tshark counts twice",
    ("shapes/OISF__smtp-bdat-bad-tail-reply-queue__input.pcap", "commands", "192.0.2.1 41414 192.0.2.2 25"): BDAT,
    ("shapes/zeek__smtp-bdat-cmd-chunk-size-overflow.pcap", "commands", "127.0.0.1 25 127.0.0.1 41610"): BDAT,
    ("shapes/zeek__smtp-bdat-cmd-chunk-size-overflow2.pcap", "commands", "127.0.0.1 25 127.0.0.1 33762"): BDAT,
    ("shapes/zeek__smtp-bdat-gap.pcap", "commands", "10.0.0.1 12345 10.0.0.2 25"): BDAT,
    ("shapes/zeek__smtp-mail-transactions-invalid.pcap", "commands", "127.0.0.1 25 127.0.0.1 44478"): REFUSED,
    ("shapes/zeek__mixed-vlan-mpls.pcap", "requests", "10.0.0.15 80 10.20.80.1 50343"): OLD,
    ("shapes/ntop__fuzz-2006-09-29-28586.pcap", "requests", "172.20.3.13 80 172.20.3.5 260[456]"):
        "bytes were changed at random, in lengths and in heads, and tshark takes what is left for no HTTP",
    ("shapes/precurse__tests__http.pcap", "requests", "127.0.0.1 8080 127.0.0.1 3335?"): TWICE,
    ("shapes/precurse__tests__http.pcap", "requests", "127.0.0.1 8080 127.0.0.1 3336?"): ENDLESS,
    ("shapes/snort3__bad_content_length.pcap", "requests", "10.1.2.3 10000 10.9.8.7 80"): ENDLESS,
    ("shapes/the-tcpdump-group__tls-trunc.pcap", "names", "172.16.10.62 42820 93.184.216.34 443"):
        "a hello that the snapshot length cut; gatepost reads whole ones only",
    ("shapes/zeek__gtp1_gn_normal_incl_fragmentation.pcap", "requests", "10.131.47.185 1923 79.101.110.141 80"):
        "in a tunnel whose packets are fragments, which gatepost does not put together",
    ("shapes/zakaria-thami__merged_output.pcap", "names", "192.168.1.172 5412[89] 31.13.71.51 443"): MADE_UP,
    ("shapes/zakaria-thami__merged_output.pcap", "names", "192.168.1.45 50166 34.149.100.209 443"): MADE_UP,
    ("shapes/zakaria-thami__merged_output.pcap", "names", "192.168.1.7 41094 54.230.163.16 443"): MADE_UP,
    ("shapes/zakaria-thami__merged_output.pcap", "requests", "192.168.1.48 5262[04] 34.107.221.82 80"): MADE_UP,
    ("labelled/noise__nesfit__cgminer.g0.pcapng", "commands", "* 25 192.168.1.100 *"): MINER,
    ("labelled/noise__nesfit__cgminer.s0.pcapng", "commands", "* 25 192.168.1.100 *"): MINER,
    ("shapes/idaholab__constructed.pcap", "requests", "10.20.41.41 80 10.20.41.59 31337"): OLD,
    ("shapes/mmguero-dev__constructed.pcap", "requests", "10.20.41.41 80 10.20.41.59 31337"): OLD,
    ("shapes/debian__many_interfaces_4caa.pcapng", "names", "192.168.1.139 5098? 74.125.228.227 443"): INTERFACES,
    ("shapes/seladb__many_interfaces-1.pcapng", "names", "192.168.1.139 5098? 74.125.228.227 443"): INTERFACES,
    ("shapes/OISF__transform-base64-7296__input.pcap", "requests", "127.0.0.1 57226 127.0.0.1 8080"): TWICE,
}


def run(arguments):
    return subprocess.run(arguments, capture_output=True, timeout=300)


def endpoints(a, a_port, b, b_port):
    return tuple(sorted([(a, int(a_port)), (b, int(b_port))]))


def plain(text):
    """Up to the first byte that is no visible ASCII, and to the first backslash: the two programs write these differently."""
    return re.split(r"[^!-\[\]-~]", text)[0]


def split(values):
    return values.split("\x1f") if values else []


def by_tshark(path, known, opinion):
    """endpoints -> kind -> list, endpoints -> numbers of streams, endpoints -> which of TUNNELS they are in."""
    arguments = ["tshark", "-n", "-r", path, *DECODE, *opinion, "-Y", "smtp or http or tls.handshake.type == 1", "-T", "fields",
                 "-E", "separator=/t", "-E", "aggregator=\x1f"]
    done = run(arguments + [word for field in FIELDS for word in ("-e", field)])
    said, streams = collections.defaultdict(lambda: collections.defaultdict(list)), collections.defaultdict(set)
    tunnels = collections.defaultdict(set)
    greeted = set()
    for line in done.stdout.decode(errors="replace").splitlines():
        stream, *addresses, sport, dport, commands, codes, methods, targets, types, names, protocols = line.split("\t")
        if not sport or "\x1f" in sport or not PORTS & {int(sport), int(dport)}:
            continue
        # In a tunnel there are addresses of several packets: those that gatepost knows, else the innermost.
        src4, src6, dst4, dst6 = map(split, addresses)
        keys = [endpoints(a, sport, b, dport) for a, b in [*zip(src4, dst4), *zip(src6, dst6)]]
        if not keys:
            continue
        key = next((k for k in keys if k in known), keys[-1])
        streams[key].add(int(stream))
        tunnels[key] |= TUNNELS & set(protocols.split(":"))
        said[key]["commands"] += [plain(c[:4].upper()) for c in split(commands)]
        said[key]["replies"] += [int(c) for c in split(codes)]
        said[key]["requests"] += [(plain(m), plain(t)) for m, t in zip(split(methods), split(targets))]
        if "1" in split(types) and stream not in greeted:
            greeted.add(stream)
            said[key]["names"] += [plain(name) for name in split(names)[:1]]
    return said, streams, tunnels


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


class Again:
    """tshark, asked again with other options, once each."""

    def __init__(self, path, known):
        self.path, self.known, self.answers = path, known, {}

    def ask(self, options):
        key = tuple(options)
        if key not in self.answers:
            self.answers[key] = by_tshark(self.path, self.known, options)[0]
        return self.answers[key]


def why(kind, key, left, right, tunnels, again):
    """An explanation that can be checked by rule, or None."""
    if tunnels:
        return f"in {' and '.join(sorted(tunnels))}, which gatepost does not read"
    if kind == "requests" and [(m, t) for m, t in left if m in METHODS] == right:
        return "a method that tshark does not know"
    if kind == "names" and left == again.ask(AS_TLS)[key][kind]:
        return "TLS on a port of HTTP, which tshark reads when it is told so"
    return None


def shown(items):
    return ", ".join(str(item)[:60] for item in items)


def compare(path):
    """The capture's path, pairs of endpoints and lines of tshark's, and (kind, pair, reason or None, text) of each difference."""
    ours = by_gatepost(path)
    if not any(any(kinds.values()) for kinds in ours.values()) and not SOMETHING.search(path.read_bytes()):
        return path, 0, 0, []
    theirs, streams, tunnels = by_tshark(path, ours, [])
    differences, lines = [], 0
    again = Again(path, ours)
    for key in sorted(set(ours) | set(theirs)):
        for kind in KINDS:
            left, right = ours[key][kind], theirs[key][kind]
            lines += len(right)
            if left == right:
                continue
            if left == again.ask(IN_ORDER)[key][kind]:
                continue
            reason = why(kind, key, left, right, () if left else tunnels[key], again)
            at = next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
            pair = " ".join(f"{address} {port}" for address, port in key)
            differences.append((kind, pair, reason, f"streams {sorted(streams[key])}, from {at} of {len(left)}/{len(right)} on: "
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


def other_order(pair):
    a, a_port, b, b_port = pair.split()
    return f"{b} {b_port} {a} {a_port}"


def judge(path, differences):
    """Prints the differences. Return: [reasons], [what fails]."""
    name = f"{path.parent.name}/{path.name}"
    rules, used = [rule for rule in EXPLAINED if rule[0] == name], set()
    reasons, failures = [], []
    for kind, pair, reason, text in differences:
        for rule in [r for r in rules if not reason and r[1] == kind and any(
                fnmatch.fnmatchcase(order, r[2]) for order in (pair, other_order(pair)))]:
            reason = EXPLAINED[rule]
            used.add(rule)
        print(f"{'explained' if reason else 'not ok'} - {name}: {kind}: {pair}: {text}")
        (reasons if reason else failures).append(reason or text)
    for _, kind, pair in set(rules) - used:
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
