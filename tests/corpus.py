#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay other people's captures natively, and hold what comes out against capinfos and tshark.

    tests/corpus.py [FOLDER]        default: ../shared/pcaps, seen from the project

Each capture that libpcap reads to its end gives exit code 0, packets and wire_bytes equal to capinfos, bytes equal to
the sum of tshark's frame.cap_len, and nothing unaccounted for. Each other one gives exit code 1, a line that names the
file and libpcap's reason, and an incomplete report of what was delivered before; they are listed by reason.
"""
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
GATEPOST = TOP / "build" / "gatepost"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
CONFIG = "tables: {hosts: 32768, flows: 65536}\n"


def replay(path, config):
    done = subprocess.run([GATEPOST, "replay", "-c", config, "--format", "ndjson", path],
                          capture_output=True, timeout=300)
    report = json.loads(done.stdout) if done.stdout else None
    errors = [line for line in done.stderr.decode(errors="replace").splitlines() if "native engine" not in line]
    return path, done.returncode, report, errors


def capinfos(paths):
    """path -> (packets, wire bytes) as capinfos counts them."""
    table = {}
    for begin in range(0, len(paths), 200):
        out = subprocess.run(["capinfos", "-T", "-M", "-r", "-m", "-Q", "-c", "-d", *paths[begin:begin + 200]],
                             capture_output=True, text=True, errors="replace").stdout
        for line in out.splitlines():
            fields = re.findall(r'"([^"]*)"|([^,]+)', line)
            fields = [a or b for a, b in fields]
            if len(fields) >= 3 and fields[1].isdigit():
                table[fields[0]] = (int(fields[1]), int(fields[2]))
    return table


def captured_bytes(paths, packets):
    """path -> sum of frame.cap_len, by one tshark over all captures behind each other."""
    sums = {}
    with tempfile.TemporaryDirectory() as folder:
        merged = pathlib.Path(folder) / "all.pcapng"
        for begin in range(0, len(paths), 150):
            batch = [p for p in paths[begin:begin + 150]]
            done = subprocess.run(["mergecap", "-a", "-I", "none", "-w", merged, *batch], capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"mergecap: {done.stderr.strip()}")
            lengths = subprocess.run(["tshark", "-n", "-r", merged, "-o", "tcp.desegment_tcp_streams:FALSE",
                                      "-T", "fields", "-e", "frame.cap_len"],
                                     capture_output=True, text=True).stdout.split()
            at = 0
            for path in batch:
                sums[path] = sum(int(n) for n in lengths[at:at + packets[path]])
                at += packets[path]
            if at != len(lengths):
                raise SystemExit(f"tshark: {len(lengths)} frames, expected {at}")
    return sums


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP.parent / "shared" / "pcaps")
    files = sorted(str(p) for p in folder.rglob("*") if p.suffix in SUFFIXES)
    if not files:
        print(f"skipped: no captures at {folder}\n0 passed, 0 failed, 1 skipped")
        return 0
    missing = [tool for tool in ("capinfos", "mergecap", "tshark") if not shutil.which(tool)]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        config.write(CONFIG)
        config.flush()
        results = list(pool.map(lambda path: replay(path, config.name), files))
    whole = [path for path, code, report, _ in results if code == 0]
    told = capinfos(whole)
    lengths = captured_bytes([p for p in whole if p in told and told[p][0]], {p: told[p][0] for p in whole if p in told})
    passed, failures, reasons = 0, [], collections.Counter()
    for path, code, report, errors in results:
        name = pathlib.Path(path).relative_to(folder)
        coverage = report["coverage"] if report else None
        wrong = []
        if coverage and (coverage["unaccounted"] or coverage["unaccounted_bytes"]):
            wrong.append(f"unaccounted {coverage['unaccounted']} packets, {coverage['unaccounted_bytes']} bytes")
        if code == 0:
            if (coverage["packets"], coverage["wire_bytes"]) != told.get(path):
                wrong.append(f"packets and wire_bytes {coverage['packets']}, {coverage['wire_bytes']}; "
                             f"capinfos says {told.get(path)}")
            if coverage["packets"] and coverage["bytes"] != lengths.get(path):
                wrong.append(f"bytes {coverage['bytes']}, tshark's frame.cap_len sum is {lengths.get(path)}")
            if report["window"].get("incomplete"):
                wrong.append("called incomplete")
        elif code == 1:
            if len(errors) != 1 or str(name.name) not in errors[0]:
                wrong.append(f"said {errors}")
            if report and not report["window"].get("incomplete"):
                wrong.append("the report is not marked incomplete")
            reason = errors[0].split(": ", 2)[-1] if errors else "?"
            reasons[re.sub(r"\d+", "N", reason)] += 1
        else:
            wrong.append(f"exit code {code}: {errors}")
        if wrong:
            failures.append(f"{name}: {'; '.join(wrong)}")
        else:
            passed += 1
    print(f"{len(whole)} of {len(files)} captures read to their end; the others, by reason:")
    for reason, count in reasons.most_common():
        print(f"  {count:3d}  {reason}")
    for failure in failures:
        print(f"not ok - {failure}")
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
