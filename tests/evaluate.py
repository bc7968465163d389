#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The evaluation itself: its arithmetic in rows with known answers, that it runs what replay runs, and --quick's bounds."""
import importlib
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / "build"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tests" / "evaluate"))
figures = importlib.import_module("figures")
score = importlib.import_module("score")
scenarios = importlib.import_module("scenarios")

PASSED, FAILED, SKIPPED = [], [], []
PCAPS = TOP.parent / "shared" / "pcaps" / "labelled"


def near(name, got, expected, within=1e-3):
    def flat(value):
        return list(value) if isinstance(value, (tuple, list)) else [value]
    good = len(flat(got)) == len(flat(expected)) and all(
        g == e or (isinstance(g, (int, float)) and isinstance(e, (int, float)) and abs(g - e) <= within)
        for g, e in zip(flat(got), flat(expected)))
    (PASSED if good else FAILED).append(name)
    if not good:
        print(f"not ok - {name}: {got}, expected {expected}")


def arithmetic():
    # 7.3.3: 10 of 10 prove .72, 59 of 59 prove .94; Agresti and Coull's 1998 example of a Wilson interval, 0 of 10.
    near("wilson 10 of 10", figures.wilson(10, 10), (0.722, 1.0))
    near("wilson 59 of 59", figures.wilson(59, 59)[0], 0.939)
    near("wilson 0 of 10", figures.wilson(0, 10), (0.0, 0.278))
    near("wilson 15 of 50", figures.wilson(15, 50), (0.191, 0.438))
    near("wilson of nothing", figures.wilson(0, 0), (0.0, 1.0))
    near("rule of three", figures.rule_of_three(300000), 1e-5, 1e-12)
    # 6.4's table: recall .95.
    near("PPV of SPOT at 1 %", figures.ppv(0.947, 0.0195, 0.01), 0.329)
    near("PPV at 1e-4, FPR 1e-5", figures.ppv(0.95, 1.1e-5, 1e-4), 0.896)
    near("PPV without false positives", figures.ppv(0.5, 0.0, 0.01), 1.0)
    near("PPV of nobody", figures.ppv(0.0, 0.0, 0.01), None)
    near("F1 of SPOT", figures.f1(0.955, 0.947), 0.951)
    # Area: (1/2)(1/1) + (1/2)(2/3); perfect; the worst; ties are one threshold.
    near("PR-AUC", figures.average_precision([4, 3, 2, 1], [1, 0, 1, 0]), 0.5 + 0.5 * 2 / 3)
    near("PR-AUC perfect", figures.average_precision([4, 3, 2, 1], [1, 1, 0, 0]), 1.0)
    near("PR-AUC worst", figures.average_precision([4, 3, 2, 1], [0, 0, 0, 1]), 0.25)
    near("PR-AUC tied", figures.average_precision([1, 1, 1, 1], [0, 1, 0, 0]), 0.25)
    near("PR-AUC without score", figures.average_precision([float("-inf")] * 2, [1, 0]), 0.5)
    near("PR-AUC without positives", figures.average_precision([1], [0]), None)
    # Two bins: .95 against 1/2, .15 against 0.
    near("ECE", figures.ece([0.95, 0.95, 0.15, 0.15], [1, 0, 0, 0]), 0.5 * 0.45 + 0.5 * 0.15)
    near("ECE of certainty", figures.ece([1.0, 1.0], [1, 1]), 0.0)
    near("ECE of nothing", figures.ece([], []), None)
    near("median", figures.quantile([3, 1, 2], 0.5), 2)
    near("p95 of 20", figures.quantile(range(1, 21), 0.95), 19)


def host(truth, kinds, days=1.0, when=700.0):
    finding = {"suspected_s": when, "confirmed_s": None, "malicious": 7, "contacts": 9, "peak": 10.0, "confidence": 0.9,
               "verdict": "suspected"}
    return scenarios.Host("s", "10.0.0.1", truth, "p", days, 100.0, 50, findings={k: finding for k in kinds})


def rows():
    hosts = [host("spam_bot", ["spam_bot"]), host("spam_bot", ["scanner"]), host("clean", ["spam_bot"]), host("clean", []),
             host("scanner", ["spam_bot"]), host("clean", [], 8.0)]
    row = score.row_of(hosts, "spam_bot", score.OURS[0])
    near("found, missed, wrong", (row.tp, row.fn, row.fp, row.clean), (1, 1, 1, 3))
    near("P, R, F1", (row.precision, row.recall, row.f1), (0.5, 0.5, 0.5))
    near("per host-day", row.rate, 0.1)
    near("since the first act", row.seconds, [600.0])
    near("acts", row.acts, [7])
    near("nobody confirmed", score.row_of(hosts, "spam_bot", score.OURS[1]).f1, 0.0)
    near("all positive", (score.row_of(hosts, "spam_bot", score.ALL).fp, score.row_of(hosts, "spam_bot", score.ALL).tp), (3, 2))


def verdicts(text, field):
    return sorted((f["address"], f["kind"], f["verdict"]) for f in json.loads(text)[field]
                  if f["verdict"] != "none" and f.get("kept", True))


def same_as_replay():
    """Both judge by the same sequence: the same captures give the same verdicts."""
    captures = [p for pattern in ("spam__*", "hscan__zeek*", "vscan__chris*") for p in sorted(PCAPS.glob(pattern))]
    captures += sorted((TOP / "tests" / "pcap").glob("*/input.pcap"))
    for path in captures:
        # Two programs, two folders of the build: neither knows of the other's answer.
        replayed = subprocess.run([BUILD / "gatepost", "replay", "--format", "ndjson", path], capture_output=True)
        judged = subprocess.run([BUILD / "evaluate", "--no-baselines", path], capture_output=True)
        if replayed.returncode or judged.returncode:
            continue
        name = path.parent.name if path.name == "input.pcap" else path.name
        near(f"{name}: as replay", verdicts(judged.stdout, "findings"), verdicts(replayed.stdout, "hosts"))


def repeatable():
    """The same population gives the same figures; another seed gives others."""
    def told(*options):
        path = TOP / "tests" / "evaluate" / "populations" / "quick.yaml"
        result = scenarios.run(BUILD / "evaluate", ["--population", path, "--duration", 1800, "--scale", 0.3, *options])
        del result["cpu_s"]
        return result
    first = told()
    near("two runs are equal", first == told(), True)
    near("another seed is another population", first["packets"] == told("--seed", 12)["packets"], False)


def quick():
    """The whole of it, small, within its bounds."""
    done = subprocess.run([TOP / "scripts" / "evaluate", "--quick", "--check", "--json", BUILD / "evaluate-quick.json"],
                          capture_output=True, text=True)
    broken = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    if done.returncode:
        FAILED.append("quick")
        print("\n".join(broken) or f"not ok - quick: {done.stderr.strip()}")
    else:
        PASSED.append("quick")


def main():
    arithmetic()
    rows()
    same_as_replay()
    repeatable()
    quick()
    print(f"{len(PASSED)} passed, {len(FAILED)} failed, {len(SKIPPED)} skipped")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
