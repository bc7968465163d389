#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The signature of every SYN and SYN-ACK of other people's captures, against tshark's fields and scapy's p0f module.

    tests/tcp_signature.py [FOLDER]        default: ../shared/pcaps/labelled, seen from the project
    tests/tcp_signature.py --list [FOLDER] prints how often each signature occurs, too

From what tshark says of a frame (TTL, header lengths, flags, option kinds and values) the signature is put together here
once more; it must be the text that build/tests/print_tcp_signature prints, but for the window's notation, which must
stand for the same number. scapy's TCP_Signature, where it is installed, must read the printed text back and see the same
in the same headers, for the first three of each signature per capture; where it is known to err, the reason is counted.
"""
import collections
import concurrent.futures
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PRINT = TOP / "build" / "tests" / "print_tcp_signature"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
FIELDS = """frame.number frame.protocols ip.version ip.ttl ip.hdr_len ip.flags ip.id ip.dsfield.ecn ip.frag_offset
    ipv6.hlim ipv6.flow ipv6.tclass.ecn tcp.hdr_len tcp.window_size_value tcp.option_kind tcp.options
    tcp.options.mss_val tcp.options.wscale.shift tcp.options.timestamp.tsval tcp.options.timestamp.tsecr tcp.flags
    tcp.seq_raw tcp.ack_raw tcp.urgent_pointer tcp.len ipv6.plen ip.len _ws.malformed""".split()
KINDS = {"1": "nop", "2": "mss", "3": "ws", "4": "sok", "5": "sack", "8": "ts"}
LENGTHS = {2: {4}, 3: {3}, 4: {2}, 5: set(range(10, 35)), 8: {10}}
SAMPLES = 3


def ours(capture):
    done = subprocess.run([PRINT, capture], capture_output=True, text=True, timeout=300)
    found = {}
    for line in done.stdout.splitlines():
        number, kind, distance, tool, text, headers = line.split(" ")
        found[int(number)] = (kind, int(distance), tool, text, headers)
    return found, done.returncode


def tsharks(capture):
    done = subprocess.run(["tshark", "-n", "-r", capture, "-o", "ip.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
                           "-Y", "tcp.flags.syn == 1 && tcp.flags.fin == 0 && tcp.flags.reset == 0", "-T", "fields",
                           "-E", "occurrence=a", "-E", "aggregator=;"] + [w for f in FIELDS for w in ("-e", f)],
                          capture_output=True, text=True, timeout=300, errors="replace")
    return [dict(zip(FIELDS, line.split("\t"))) for line in done.stdout.splitlines()]


def number(text):
    return int(text, 0) if text else 0


def last(text):
    return text.split(";")[-1]


def options_end(options):
    """Walks the raw options: (offset of the first malformed one or None, bytes behind the end of options or None)."""
    at = 0
    while at < len(options):
        if options[at] == 0:
            return None, options[at + 1:]
        if options[at] == 1:
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2 or length not in LENGTHS.get(options[at], {length}) or at + length > len(options):
            return at, None
        at += length
    return None, None


def quirks_of(f, options, bad, padding):
    flags, v4, answer = number(f["tcp.flags"]), f["ip.version"] == "4", number(f["tcp.flags"]) & 0x10
    ip_flags, ip_id = number(f["ip.flags"]), number(f["ip.id"])
    # tshark's ip.flags is the first byte's upper bits: 4 reserved, 2 DF, 1 MF, or the same eight bits wide.
    ip_flags = ip_flags >> 5 if ip_flags > 7 else ip_flags
    times = f["tcp.options.timestamp.tsval"], f["tcp.options.timestamp.tsecr"]
    return [name for name, here in (
        ("df", v4 and ip_flags & 2), ("id+", v4 and ip_flags & 2 and ip_id), ("id-", v4 and not ip_flags & 2 and not ip_id),
        ("ecn", number(f["ip.dsfield.ecn"] if v4 else f["ipv6.tclass.ecn"]) or flags & 0x1c0),
        ("0+", v4 and ip_flags & 4), ("flow", not v4 and number(f["ipv6.flow"])),
        ("seq-", not number(f["tcp.seq_raw"])), ("ack+", not answer and number(f["tcp.ack_raw"])),
        ("ack-", answer and not number(f["tcp.ack_raw"])),
        ("uptr+", not flags & 0x20 and number(f["tcp.urgent_pointer"])), ("urgf+", flags & 0x20), ("pushf+", flags & 8),
        ("ts1-", "0" in times[0].split(";")), ("ts2+", not answer and times[1] and set(times[1].split(";")) != {"0"}),
        ("opt+", padding is not None and any(padding)), ("exws", number(last(f["tcp.options.wscale.shift"])) > 14),
        ("bad", bad)) if here]


def expected(f):
    """(text with {} for the window, MSS, window) by tshark's fields."""
    v4 = f["ip.version"] == "4"
    options = bytes.fromhex(f["tcp.options"].split(";")[0])
    malformed, padding = options_end(options)
    layout = []
    for kind in f["tcp.option_kind"].split(";") if f["tcp.option_kind"] else []:
        if kind == "0":
            layout.append(f"eol+{len(padding)}" if padding is not None else "eol")
            break
        layout.append(KINDS.get(kind, f"?{kind}"))
    ttl = number(f["ip.ttl"] if v4 else f["ipv6.hlim"])
    ip_options = number(f["ip.hdr_len"]) - 20 if v4 else number(f["ipv6.plen"]) - number(f["tcp.hdr_len"]) - number(f["tcp.len"])
    initial = next(value for value in (32, 64, 128, 255) if ttl <= value)
    mss, scale = number(last(f["tcp.options.mss_val"])), number(last(f["tcp.options.wscale.shift"]))
    quirks = quirks_of(f, options, malformed is not None, padding)
    text = (f"{4 if v4 else 6}:{initial}:{ip_options}:{mss}:{{}},{scale}:{','.join(layout)}:{','.join(quirks)}:"
            f"{'+' if number(f['tcp.len']) else '0'}")
    return text, mss, number(f["tcp.window_size_value"]), initial - ttl


def window_stands_for(text, mss, window, v4):
    headers = 40 if v4 else 60
    units = {"mss": (mss, mss - 12, 1500 - headers, 1488 - headers), "mtu": (mss + headers, 1500)}
    unit, times, factor = text.partition("*")
    if not times:
        return number(text) == window
    return any(int(factor) * bytes_ == window for bytes_ in units[unit])


def innermost(f):
    """The fields of the IP header below which TCP lies: of a tunnel, the last ones."""
    layers = f["frame.protocols"].split(":")
    below = layers[:layers.index("tcp")] if "tcp" in layers else layers
    f = {name: last(value) if name.startswith("ip") else value for name, value in f.items()}
    f["ip.version"] = next((layer for layer in reversed(below) if layer in ("ip", "ipv6")), "")
    f["ip.version"] = {"ip": "4", "ipv6": "6"}.get(f["ip.version"], "")
    f["tunnels"] = below.count("ip") + below.count("ipv6") - 1
    return f


def why_not_compared(f):
    """Frames that tshark sees a SYN in and that have no signature on purpose."""
    layers = f["frame.protocols"].split(":")
    if "icmp" in layers or "icmpv6" in layers:
        return "quoted by ICMP"
    if f["tunnels"] > 1:
        return "in a tunnel in a tunnel"
    if number(f["ip.frag_offset"]) or number(f["ip.flags"]) & (0x20 if number(f["ip.flags"]) > 7 else 1):
        return "fragments"
    if "<MISSING>" in f["tcp.options"]:
        return "a TCP header that is longer than its packet"
    return None


def read(capture):
    found, code = ours(capture)
    return capture, found, None if code else {int(f["frame.number"]): innermost(f) for f in tsharks(capture)}


def compare(capture, found, rows, counts, complaints):
    if rows is None:
        counts["captures that libpcap does not read to their end"] += 1
        return
    for frame in sorted(rows.keys() | found.keys()):
        where = f"{capture.name} frame {frame}"
        if frame not in rows:
            complaints.append(f"{where}: {found[frame][3]}, but tshark sees no SYN")
            continue
        reason = why_not_compared(rows[frame])
        if reason:
            counts[f"not compared: {reason}"] += 1
            if frame in found and "longer" in reason:
                complaints.append(f"{where}: {found[frame][3]} of {reason}")
            continue
        if frame not in found:
            complaints.append(f"{where}: no signature, tshark says {expected(rows[frame])}")
            continue
        kind, distance, _, text, _ = found[frame]
        theirs, mss, window, hops = expected(rows[frame])
        fields = text.split(":")
        size = fields[4].split(",")[0]
        if theirs.format(size) != text or hops != distance or \
                not window_stands_for(size, mss, window, fields[0] == "4") or \
                (kind == "syn-ack") != bool(number(rows[frame]["tcp.flags"]) & 0x10):
            complaints.append(f"{where}: {text}, distance {distance}; tshark {theirs.format(window)}, distance {hops}")
        else:
            counts["like tshark"] += 1
            if rows[frame]["tunnels"]:
                counts["of them in a tunnel"] += 1


def scapy_says(module, text, headers):
    """What scapy's opinion of these headers differs in from the text; or the reason why it has none."""
    raw = bytes.fromhex(headers)
    packet = module.IP(raw) if raw[0] >> 4 == 4 else module.IPv6(raw)
    if module.TCP not in packet:
        return None, "no TCP for scapy"
    if packet[module.TCP].dataofs == 5:
        return None, "without options scapy reads the header as options"
    told, _ = module.TCP_Signature.from_raw_sig(text)
    if "bad" in told.quirks or "?" in told.olayout:
        return None, "options that scapy does not name or goes on from"
    seen = module.TCP_Signature.from_packet(packet)
    scale, size = told.wscale, text.split(":")[4].split(",")[0]
    quirks = set(seen.quirks)
    wrong = [name for name, mine, theirs in (
        ("version", told.ip_ver, seen.ip_ver), ("olen", told.ip_opt_len, seen.ip_opt_len if raw[0] >> 4 == 4 else told.ip_opt_len),
        ("mss", told.mss, seen.mss), ("scale", scale, seen.wscale), ("olayout", told.olayout, seen.olayout),
        ("quirks", set(told.quirks), quirks)) if mine != theirs]
    if not window_stands_for(size, seen.mss, seen.win, raw[0] >> 4 == 4):
        wrong.append("window")
    return wrong, None


def ask_scapy(module, capture, found, counts, complaints):
    asked = collections.Counter()
    for frame, (_, _, _, text, headers) in found.items():
        asked[text] += 1
        if asked[text] > SAMPLES:
            continue
        wrong, reason = scapy_says(module, text, headers)
        if reason:
            counts[f"scapy not asked: {reason}"] += 1
        elif wrong:
            complaints.append(f"{capture.name} frame {frame}: {text}: scapy differs in {', '.join(wrong)}")
        else:
            counts["like scapy"] += 1


def load_scapy():
    try:
        import logging
        logging.getLogger("scapy").setLevel(logging.ERROR)
        import scapy.modules.p0f as module
        return module
    except ImportError as error:
        print(f"scapy is not asked: {error}")
        return None


def print_list(signatures):
    for (kind, tool, text), count in signatures.most_common():
        print(f"{count:7d}  {kind:7}  {tool:7}  {text}")


def main():
    arguments = [word for word in sys.argv[1:] if word != "--list"]
    folder = pathlib.Path(arguments[0] if arguments else TOP.parent / "shared" / "pcaps" / "labelled")
    captures = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    if not captures:
        print(f"skipped: no captures in {folder}\n0 passed, 0 failed, 1 skipped")
        return 0
    module = load_scapy()
    counts, complaints, signatures = collections.Counter(), [], collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for capture, found, rows in pool.map(read, captures):
            compare(capture, found, rows, counts, complaints)
            signatures.update((kind, tool, text) for kind, _, tool, text, _ in found.values())
            if module:
                ask_scapy(module, capture, found, counts, complaints)
    if "--list" in sys.argv:
        print_list(signatures)
    tools = collections.Counter()
    for (_, tool, _), count in signatures.items():
        tools[tool] += count
    print(f"{len(captures)} captures, {len(signatures)} signatures: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    print("marks: " + ", ".join(f"{n} {what}" for what, n in tools.most_common()))
    for complaint in complaints[:40]:
        print(f"not ok - {complaint}")
    passed = sum(n for what, n in counts.items() if what.startswith("like"))
    print(f"{passed} passed, {len(complaints)} failed, 0 skipped")
    return 1 if complaints or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
