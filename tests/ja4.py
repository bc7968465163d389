#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""JA4 of other people's captures, against what their authors expect and what tshark reads.

    tests/ja4.py [FOLDER]        default: ../shared/pcaps/ja4, seen from the project

tshark puts the TCP streams together; each ClientHello in them goes through build/tests/print_hello. Its JA4 must be that
of FoxIO's programs (CAPTURE.expected.python.json and CAPTURE.expected.rust.snap beside the capture) and of tshark where
it knows JA4 (4.2 and newer); version, cipher suites and extensions must be those of tshark's JA3. Hellos in QUIC are counted.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PRINT_HELLO = TOP / "build" / "tests" / "print_hello"
# What they expect, what we say, and who is right.
EXPLAINED = {
    ("tls-non-ascii-alpn.pcapng", "t13d151699_8daaf6152771_e5627efa2ab1", "t13d1516bd_8daaf6152771_e5627efa2ab1"):
        "'99' for ALPN that is not ASCII is what the specification once said; now it is hexadecimal digits",
}

Hello = collections.namedtuple("Hello", "ja4 ja3 verdict")


def tshark(capture, *options):
    done = subprocess.run(["tshark", "-n", "-r", capture, *options], capture_output=True, text=True, timeout=300,
                          errors="replace")
    # A capture that ends in a packet is exit code 2, and what was read before it is there.
    return done.stdout


def tshark_knows_ja4():
    fields = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, timeout=300).stdout
    return "\ttls.handshake.ja4\t" in fields


def read_hellos(streams):
    """What print_hello says of the beginnings of streams, each given as hexadecimal digits."""
    done = subprocess.run([PRINT_HELLO], input="".join(f"{s}\n" for s in streams), capture_output=True, text=True,
                          timeout=300, check=True)
    hellos = []
    for line in done.stdout.splitlines():
        words = line.split(" ", 3)
        hellos.append(Hello(words[0], *words[1:3]) if len(words) > 2 else Hello(line, "", ""))
    return hellos


def beginnings(follow):
    """Of one stream's bytes as "follow" prints them: (is it the second side, everything from a hello's record on)."""
    sides = {False: [], True: []}
    lines = []
    for line in follow.splitlines():
        data = line.strip()
        if re.fullmatch("([0-9a-f]{2})+", data):
            second = line.startswith("\t")
            lines.append((second, len(sides[second])))
            sides[second].append(data)
    for second, number in lines:
        # A second hello, after HelloRetryRequest, stands behind change_cipher_spec (RFC 8446, D.4).
        begin = re.match("(140303000101)?(?=1603......01)", sides[second][number])
        if begin:
            yield second, "".join(sides[second][number:])[begin.end():][:40000]


def ours(capture, streams):
    """{(address, port): [Hello]} of each side that sent one."""
    keys, bytes_of = [], []
    follow = [word for stream in streams for word in ("-z", f"follow,tcp,raw,{stream}")]
    for text in tshark(capture, "-q", *follow).split("\nFollow: ")[1:] if streams else []:
        nodes = re.findall(r"^Node [01]: (.*):(\d+)$", text, re.M)
        for second, data in beginnings(text):
            keys.append((nodes[second][0].strip("[]"), nodes[second][1]))
            bytes_of.append(data)
    found = collections.defaultdict(list)
    for key, hello in zip(keys, read_hellos(bytes_of)):
        found[key].append(hello)
    return found


def tsharks(capture, ja4_field):
    """tshark's opinion: ({(address, port): [JA3 without its groups]}, {(address, port): [JA4]}, streams, QUIC hellos)."""
    fields = ["tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "tls.handshake.ja3_full"] + ja4_field
    ja3, ja4, streams, quic = collections.defaultdict(list), collections.defaultdict(list), {}, 0
    text = tshark(capture, "-Y", "tls.handshake.type == 1", "-T", "fields", "-E", "occurrence=l",
                  *[word for field in fields for word in ("-e", field)])
    for line in text.splitlines():
        stream, ip, ipv6, port, full, *rest = line.split("\t")
        if not stream:
            quic += 1
            continue
        streams[stream] = True
        ja3[ip or ipv6, port].append(",".join(full.split(",")[:3]))
        if rest and rest[0]:
            ja4[ip or ipv6, port].append(rest[0])
    return ja3, ja4, list(streams), quic


def python_expects(capture):
    path = pathlib.Path(f"{capture}.expected.python.json")
    expected = {}
    for entry in json.loads(path.read_text() or "[]") if path.exists() else []:
        values = [entry[key] for key in sorted(entry) if re.fullmatch(r"JA4(\.\d+)?", key)]
        values = [value for value in values if value.startswith("t")]
        if values:
            expected[entry["src"], str(entry["srcport"])] = values
    return expected


def rust_expects(capture):
    path = pathlib.Path(f"{capture}.expected.rust.snap")
    expected = {}
    for block in re.split(r"^- ", path.read_text(), flags=re.M)[1:] if path.exists() else []:
        entry = dict(re.findall(r"^ {0,2}(\w+): (\S+)$", block, re.M))
        if entry.get("ja4", "").startswith("t"):
            expected[entry["src"], entry["src_port"]] = [entry["ja4"]]
    return expected


def compare(name, who, expected, found, complaints):
    """Each value that they expect of a side must be among ours, in as many hellos as they list. Return: how many fit."""
    fits = 0
    for key, values in sorted(expected.items()):
        mine = [hello.ja4 for hello in found.get(key, [])]
        for number, value in enumerate(values):
            mine_here = mine[number] if number < len(mine) else "no hello"
            reason = EXPLAINED.get((name, value, mine_here))
            if reason:
                print(f"{name}: {who} expects {value}, we say {mine_here}: {reason}")
            if reason or value == mine_here:
                fits += 1
            else:
                complaints.append(f"{name}: {key[0]} port {key[1]}: {who} expects {value}, we say {mine_here}")
    return fits


def compare_lists(name, expected, found, complaints):
    fits = 0
    for key in sorted(expected.keys() | found.keys()):
        mine = [hello.ja3 for hello in found.get(key, [])]
        if mine == expected.get(key, []) and all(hello.verdict == "fine" for hello in found[key]):
            fits += len(mine)
        else:
            complaints.append(f"{name}: {key[0]} port {key[1]}: tshark reads {expected.get(key)}, we {found.get(key)}")
    return fits


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP.parent / "shared" / "pcaps" / "ja4")
    captures = sorted(path for path in folder.glob("*") if path.suffix in (".pcap", ".pcapng", ".cap"))
    if not captures:
        print(f"skipped: no captures in {folder}\n0 passed, 0 failed, 1 skipped")
        return 0
    ja4_field = ["tls.handshake.ja4"] if tshark_knows_ja4() else []
    if not ja4_field:
        print("this tshark does not know JA4: compared with its JA3's lists only")
    counts, complaints = collections.Counter(), []
    for capture in captures:
        ja3, ja4, streams, quic = tsharks(capture, ja4_field)
        found = ours(capture, streams)
        counts["hellos"] += sum(map(len, found.values()))
        counts["QUIC hellos left out"] += quic
        counts["like tshark's JA3"] += compare_lists(capture.name, ja3, found, complaints)
        for who, expected in (("tshark", ja4), ("python", python_expects(capture)), ("rust", rust_expects(capture))):
            counts[f"like {who}'s JA4"] += compare(capture.name, who, expected, found, complaints)
    print(f"{len(captures)} captures: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    for complaint in complaints:
        print(f"not ok - {complaint}")
    passed = sum(n for what, n in counts.items() if what.startswith("like"))
    print(f"{passed} passed, {len(complaints)} failed, 0 skipped")
    return 1 if complaints or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
