# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures as text, and what each of them can prove."""


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def small(value):
    if value is None:
        return "-"
    return "0" if value == 0 else f"{value:.1e}"


def span(interval, digits=2):
    return f"{interval[0]:.{digits}f}-{interval[1]:.{digits}f}"


def seconds(value):
    if value is None:
        return "-"
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(title, heads, rows, notes=()):
    """Columns as wide as they need to be; the first is flush left."""
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [f"\n{title}"]
    for row in [heads, *rows]:
        cells = [str(row[0]).ljust(widths[0])] + [str(c).rjust(w) for c, w in zip(row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
    lines += [f"  # {note}" for note in notes]
    return "\n".join(lines)


def accuracy(title, rows, notes=()):
    heads = ("class, detector", "bad", "clean", "TP", "FP", "FN", "P", "R", "R 95 %", "F1", "PR-AUC", "ECE")
    cells = [(f"{r['kind']}: {r['detector']}", r["positives"], r["clean_hosts"], r["tp"], r["fp"], r["fn"],
              number(r["precision"]), number(r["recall"]), span(r["recall_interval"]), number(r["f1"]),
              number(r.get("pr_auc")), number(r.get("ece"))) for r in rows]
    return table(title, heads, cells, notes)


def false_positives(title, rows):
    heads = ("class, detector", "clean host-days", "FP", "FP/host-day", "95 %", "FP/100k/day", "PPV 1 %", ".1 %", ".01 %",
             "at least, 1 %", ".1 %", ".01 %")
    cells = []
    for r in rows:
        low, high = r["fp_per_host_day_interval"]
        cells.append((f"{r['kind']}: {r['detector']}", f"{r['clean_host_days']:.1f}", r["fp"], small(r["fp_per_host_day"]),
                      f"{small(low)}-{small(high)}", number(r["fp_per_100k_hosts_per_day"], 1),
                      *(number(r[f"ppv_{p}"], 2) for p in ("0.01", "0.001", "0.0001")),
                      *(number(r[f"ppv_{p}_least"], 2) for p in ("0.01", "0.001", "0.0001"))))
    days = max((r["clean_host_days"] for r in rows), default=0)
    notes = ["PPV: share of the accused that are guilty, at a prevalence; \"at least\" takes the worse ends of both 95 % "
             "intervals"]
    if days:
        notes.append(f"{days:.0f} clean host-days without a false positive prove a rate below {3 / days:.1e} per host-day "
                     "(rule of three), no more; 1e-5 takes 300,000 of them")
    return table(title, heads, cells, notes)


def delay(title, rows):
    heads = ("class, detector", "found", "s median", "s p95", "acts median", "acts p95")
    cells = [(f"{r['kind']}: {r['detector']}", r["tp"], seconds(r["seconds_median"]), seconds(r["seconds_p95"]),
              r["acts_median"] if r["acts_median"] is not None else "-",
              r["acts_p95"] if r["acts_p95"] is not None else "-") for r in rows if r["detector"] != "all_positive"]
    return table(title, heads, cells, [
        "from the first malicious act (captures: the first packet); acts: mails of spam bots, first contacts of scanners, "
        "tries, requests, SYNs",
        "first contacts are judged by slices of 4 s, mail at the end of each window (above) and of the input"])


def scenarios(rows):
    heads = ("scenario, class", "bad", "clean", "TP", "FP", "P", "R", "F1", "confirmed R")
    cells = [(f"{r['scenario']}: {r['kind']}", r["positives"], r["clean_hosts"], r["tp"], r["fp"], number(r["precision"]),
              number(r["recall"]), number(r["f1"]), number(r["confirmed_recall"])) for r in rows]
    return table("Per scenario (gatepost suspected)", heads, cells,
                 ["macro-mean: over scenarios that have guilty hosts of the class"])


def profiles(rows, adversarial):
    heads = ("profile", "hosts", "suspected", "95 %", "confirmed", "s median", "s p95", "acts median", "acts p95")
    cells = []
    for r in rows:
        mark = "*" if r["profile"] in adversarial else " "
        cells.append((f"{mark}{r['truth']}: {r['profile']}", r["hosts"], r["suspected"], span(r["share_interval"]),
                      r["confirmed"], seconds(r["seconds_median"]), seconds(r["seconds_p95"]),
                      r["acts_median"] if r["acts_median"] is not None else "-",
                      r["acts_p95"] if r["acts_p95"] is not None else "-"))
    return table("Per profile (generated)", heads, cells,
                 ["* adversarial: made to pass (detection.md, 7.3.4)",
                  "recall >= .95 takes 59 of 59; 10 of 10 prove .72"])


def ranges(rows, strays):
    heads = ("range of", "ranges", ">= 50 requests", "found", "95 %", "as another", "covering/fleet median", "worst")
    cells = [(r["truth"], r["ranges"], r["enough"], r["found"], span(r["recall_interval"]), r["otherwise"],
              number(r["excess_median"]), number(r["excess_worst"])) for r in rows]
    notes = ["packet-level: generated packets went through the whole of gatepost"]
    notes += [f"stray: {s}" for s in strays]
    return table("Ranges outside", heads, cells, notes)


def experiments(rows):
    heads = ("experiment", "level", "value", "target", "met", "95 %", "")
    cells = []
    for r in rows:
        target = " ".join(s for s in (f">= {r['low']:g}" if "low" in r else "", f"<= {r['high']:g}" if "high" in r else "")
                          if s)
        met = "-" if not target else "yes" if r["met"] else "NO"
        cells.append((r["name"], r["level"], f"{r['value']:.4g} {r['unit']}", target or "-", met,
                      span(r["interval"], 4) if r["interval"] else "-", r["note"]))
    return table("Experiments", heads, cells,
                 ["counter-level: the data plane's counting code without packets, and the judge; failures are independent "
                  "draws, which a broken uplink's are not"])


def ablation(rows):
    heads = ("without family", "recall", "change", "confirmed", "change", "FP/host-day", "change")
    cells = [(r["family"], number(r["recall"]), number(r["recall_change"]), number(r["confirmed"]),
              number(r["confirmed_change"]), small(r["rate"]), small(r["rate_change"])) for r in rows]
    return table("Each family of a spam bot switched off once (floor and cap 0)", heads, cells)
