#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay the project's own captures, and hold the reports against those that were looked at and kept.

    tests/golden.py [--update] [CASE]...        default: every case in tests/pcap

A case is a folder with make.py, which writes the captures; assert.json, what must come out whatever else changes; and
expect.json, the whole report. It may have options (one a line) and config.yaml. Its captures are one timeline, unless
assert.json says "each": then there is one report per capture. Five checks per case:

    make      make.py writes the captures byte for byte (skipped without scapy)
    report    the native engine's report is expect.json, and its coverage is what stands in the captures
    sound     tests/check_report.py accepts it
    kernel    the kernel engine's report is the same, byte for byte (skipped unless root)
    assert    assert.json holds

--update writes expect.json anew; the other checks are made all the same.

assert.json: "named" is the list of all hosts with a verdict, each with the members that matter and optionally "rules",
which must be among its reasons. "report" and "hosts" (by address) give values by path; numbers are places in a list.
"exit" is the exit code, 0 by default. "equal": the reports of all captures differ in nothing but bytes.
"""
import concurrent.futures
import importlib.util
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
CASES = TOP / "tests" / "pcap"
GATEPOST = TOP / "build" / "gatepost"
CHECKER = TOP / "tests" / "check_report.py"


class Skip(Exception):
    pass


def captures(case):
    return sorted(p.name for p in case.iterdir() if p.suffix in (".pcap", ".pcapng"))


def replay(case, engine, asserted):
    """The case's reports, one after the other, and the problems met on the way."""
    options = []
    if (case / "options").exists():
        options += (case / "options").read_text().split()
    if (case / "config.yaml").exists():
        options += ["-c", "config.yaml"]
    groups = [[name] for name in captures(case)] if asserted.get("each") else [captures(case)]
    texts, problems = [], []
    for names in groups:
        done = subprocess.run([GATEPOST, "replay", "--engine", engine, *options, *names], cwd=case,
                              capture_output=True, timeout=120)
        if done.returncode != asserted.get("exit", 0):
            problems.append(f"{engine} engine: exit code {done.returncode}: {done.stderr.decode(errors='replace')}")
        texts.append(done.stdout.decode())
    return texts, problems


def pcap_records(data):
    """(captured, original) length of each whole record."""
    at = 24
    while at + 16 <= len(data):
        captured, original = struct.unpack_from("<II", data, at + 8)
        at += 16 + captured
        if at <= len(data):
            yield captured, original


def pcapng_records(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(">II", data, at)
        if kind == 6:
            yield struct.unpack_from(">II", data, at + 20)
        at += size


def counted(case, names):
    """What stands in the captures: packets, bytes, original bytes."""
    records = []
    for name in names:
        data = (case / name).read_bytes()
        records += pcap_records(data) if name.endswith(".pcap") else pcapng_records(data)
    return len(records), sum(r[0] for r in records), sum(r[1] for r in records)


def check_make(case):
    try:
        import scapy  # noqa: F401
    except ImportError:
        raise Skip("scapy is not installed") from None
    spec = importlib.util.spec_from_file_location("make_" + case.name.replace("-", "_"), case / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.files()
    if sorted(made) != captures(case):
        yield f"make.py writes {sorted(made)}, the case has {captures(case)}"
        return
    for name, data in made.items():
        kept = (case / name).read_bytes()
        if data != kept:
            at = next((i for i, (a, b) in enumerate(zip(data, kept)) if a != b), min(len(data), len(kept)))
            yield f"{name}: make.py writes something else from byte {at} on"


def differences(left, right, path=""):
    """Where two JSON documents differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(set(left) | set(right)):
            yield from differences(left.get(key), right.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for i, (a, b) in enumerate(zip(left, right)):
            yield from differences(a, b, f"{path}[{i}]")
    elif left != right:
        yield f"{path}: {json.dumps(left)[:120]}, expected {json.dumps(right)[:120]}"


def reports_in(text):
    at, found, decoder = 0, [], json.JSONDecoder()
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


def check_report(case, texts, asserted, update):
    expected = case / "expect.json"
    if update:
        expected.write_text("".join(texts))
    kept = reports_in(expected.read_text())
    reports = [json.loads(text) for text in texts]
    if len(kept) != len(reports):
        yield f"{len(reports)} reports, expect.json has {len(kept)}"
    for got, want in zip(reports, kept):
        yield from list(differences(got, want))[:10]
    if "".join(texts) != expected.read_text() and reports == kept:
        yield "the report is written in another way than expect.json"
    groups = [[name] for name in captures(case)] if asserted.get("each") else [captures(case)]
    for names, report in zip(groups, reports):
        told = tuple(report["coverage"][key] for key in ("packets", "bytes", "wire_bytes"))
        if told != counted(case, names):
            yield f"{names}: packets, bytes and wire_bytes are {counted(case, names)}, the report says {told}"


def value_at(document, path):
    for key in path.split("."):
        if isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
            continue
        if not isinstance(document, dict) or key not in document:
            return f"nothing at {key}"
        document = document[key]
    return document


def values(where, document, wanted):
    for path, want in wanted.items():
        got = value_at(document, path)
        if got != want:
            yield f"{where}: {path} is {got}, must be {want}"


def named_wrongly(report, named):
    """Every verdict is on the list, and every one of the list was given."""
    verdicts = {(h["address"], h["kind"]): h for h in report["hosts"] if h["verdict"] != "none"}
    for want in named:
        got = verdicts.pop((want["address"], want["kind"]), None)
        if not got:
            yield f"{want['address']} must be named a {want['kind']}"
            continue
        rules = {item["rule"] for item in got["evidence"]}
        yield from (f"{want['address']}: no reason {rule}" for rule in want.get("rules", []) if rule not in rules)
        yield from values(want["address"], got, {k: v for k, v in want.items() if k != "rules"})
    for (address, kind), host in verdicts.items():
        yield f"{address} must not be named: {host['verdict']} {kind}, {host['score']} nats"


def check_assert(texts, asserted):
    reports = [json.loads(text) for text in texts]
    for report in reports:
        yield from named_wrongly(report, asserted["named"])
        yield from values("report", report, asserted.get("report", {}))
        for address, wanted in asserted.get("hosts", {}).items():
            host = next((h for h in report["hosts"] if h["address"] == address), {})
            yield from values(f"host {address}", host, wanted)
    if asserted.get("equal"):
        bare = [json.loads(re.sub(r'"(wire_|accounted_)?bytes": \d+', r'"\1bytes": 0', text)) for text in texts]
        for report in bare:
            del report["source"]
        for other in bare[1:]:
            yield from differences(other, bare[0])


def check_kernel(case, texts, asserted):
    if os.geteuid():
        raise Skip("the kernel engine needs root")
    kernel, problems = replay(case, "kernel", asserted)
    yield from problems
    for ours, theirs in zip(texts, kernel):
        if ours != theirs:
            yield from list(differences(json.loads(theirs or "{}"), json.loads(ours)))[:10]


def check(case, update):
    """All checks but "sound". Return: name of the case, its report, and (check, problems or the reason to skip)."""
    asserted = json.loads((case / "assert.json").read_text())
    try:
        texts, problems = replay(case, "native", asserted)
        json.loads(texts[0])
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return case.name, "", [("report", [str(error)])]
    results = []
    for name, run in (("make", lambda: check_make(case)),
                      ("report", lambda: [*problems, *check_report(case, texts, asserted, update)]),
                      ("kernel", lambda: check_kernel(case, texts, asserted)),
                      ("assert", lambda: check_assert(texts, asserted))):
        try:
            results.append((name, list(run())))
        except Skip as reason:
            results.append((name, str(reason)))
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            results.append((name, [f"{type(error).__name__}: {error}"]))
    return case.name, "".join(texts), results


def sound(texts):
    """case -> what check_report.py finds, by one run over all reports."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, text in texts.items():
            paths[name] = pathlib.Path(folder) / f"{name}.json"
            paths[name].write_text(text)
        done = subprocess.run([CHECKER, *paths.values()], capture_output=True, text=True)
        found = {name: [] for name in texts}
        for problem in done.stdout.splitlines():
            name = next((n for n, path in paths.items() if problem.startswith(f"{path}:")), None)
            if name is None:
                raise SystemExit(problem)
            found[name].append(problem.replace(f"{folder}/", ""))
    if done.returncode and not any(found.values()):
        raise SystemExit(f"check_report.py: {done.stderr.strip()}")
    return found


def main(arguments):
    update = "--update" in arguments
    wanted = [a for a in arguments if a != "--update"]
    if any(a.startswith("-") for a in wanted):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    cases = [CASES / name for name in wanted] if wanted else sorted(p.parent for p in CASES.glob("*/make.py"))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        outcomes = list(pool.map(check, cases, [update] * len(cases)))
    try:
        import jsonschema  # noqa: F401
        findings = sound({name: text for name, text, _ in outcomes if text})
    except ImportError:
        findings = {name: "python3-jsonschema is not installed" for name, _, _ in outcomes}
    passed, failed, skips = 0, 0, []
    for name, _, results in outcomes:
        for part, problems in [*results, ("sound", findings.get(name, ["no report"]))]:
            if isinstance(problems, str):
                skips.append((part, problems))
            elif problems:
                failed += 1
                print(f"not ok - {name}: {part}")
                print("\n".join(f"    {problem}" for problem in problems))
            else:
                passed += 1
    for part, reason in sorted(set(skips)):
        print(f"skipped: {part}: {reason}")
    print(f"{passed} passed, {failed} failed, {len(skips)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
