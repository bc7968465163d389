# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts of known truth and what detectors said of them, turned into rows of figures."""
import dataclasses

import figures
from scenarios import KINDS, addresses_of, covering_of

PREVALENCES = (0.01, 0.001, 0.0001)
ALL = "all_positive"
OURS = ("gatepost suspected", "gatepost confirmed")


def named(host, kind, detector):
    """What a detector said of a host: None, or (seconds since the first packet, malicious acts by then, contacts)."""
    if detector == ALL:
        return (0.0, None, None)
    if detector in OURS:
        finding = host.findings.get(kind)
        time_s = finding and finding["suspected_s" if detector == OURS[0] else "confirmed_s"]
        if time_s is None:
            return None
        return (time_s, finding["malicious"] if detector == OURS[0] else None, finding["contacts"])
    alarm = host.alarms.get(detector)
    return (alarm["time_s"] or 0.0, alarm["malicious"], None) if alarm else None


@dataclasses.dataclass
class Row:
    kind: str
    detector: str
    positives: int = 0
    clean: int = 0
    clean_days: float = 0.0
    tp: int = 0
    fp: int = 0
    fp_dated: int = 0   # of them, among hosts whose days are known
    seconds: list = dataclasses.field(default_factory=list)
    acts: list = dataclasses.field(default_factory=list)

    @property
    def fn(self):
        return self.positives - self.tp

    @property
    def precision(self):
        return figures.ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self):
        return figures.ratio(self.tp, self.positives)

    @property
    def f1(self):
        # Nobody named: precision has no value, and F1 is what it tends to.
        return figures.ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def rate(self):
        """False positives per host-day."""
        return figures.ratio(self.fp_dated, self.clean_days)

    def as_dict(self):
        low, high = figures.wilson(self.fp_dated, self.clean_days)
        rate, recall = self.rate, self.recall
        row = {
            "kind": self.kind, "detector": self.detector, "positives": self.positives, "clean_hosts": self.clean,
            "clean_host_days": self.clean_days, "tp": self.tp, "fp": self.fp, "fn": self.fn,
            "precision": self.precision, "recall": recall, "f1": self.f1,
            "precision_interval": figures.wilson(self.tp, self.tp + self.fp),
            "recall_interval": figures.wilson(self.tp, self.positives),
            "fp_per_host_day": rate, "fp_per_host_day_interval": (low, high),
            "fp_per_100k_hosts_per_day": None if rate is None else rate * 1e5,
            "fp_rule_of_three": figures.rule_of_three(self.clean_days) if not self.fp_dated else None,
            "seconds_median": figures.quantile(self.seconds, 0.5), "seconds_p95": figures.quantile(self.seconds, 0.95),
            "acts_median": figures.quantile(self.acts, 0.5), "acts_p95": figures.quantile(self.acts, 0.95),
        }
        for p in PREVALENCES:
            row[f"ppv_{p:g}"] = figures.ppv(recall, min(rate, 1.0) if rate is not None else None, p)
            row[f"ppv_{p:g}_least"] = figures.ppv(figures.wilson(self.tp, self.positives)[0], high, p)
        return row


def row_of(hosts, kind, detector):
    """
    Positives are the hosts of this kind, negatives the clean ones. Hosts guilty of something else are neither: a
    spam bot that also scans is no false positive.
    """
    row = Row(kind, detector)
    for host in hosts:
        said = named(host, kind, detector)
        if host.truth == kind:
            row.positives += 1
            if said:
                row.tp += 1
                row.seconds.append(max(0.0, said[0] - host.guilty_s))
                if said[1] is not None and host.days:
                    row.acts.append(said[1])
        elif host.truth == "clean":
            row.clean += 1
            row.clean_days += host.days
            if said:
                row.fp += 1
                row.fp_dated += host.days > 0
    return row


def rows_of(hosts, baselines):
    """A row for each kind that occurs and each detector that claims to find it."""
    rows = []
    for kind in KINDS:
        if not any(h.truth == kind for h in hosts) and not any(kind in h.findings for h in hosts):
            continue
        for detector in OURS:
            rows.append(row_of(hosts, kind, detector))
        for name, baseline in baselines.items():
            if kind in baseline["kinds"]:
                rows.append(row_of(hosts, kind, name))
    return rows


def ranking(hosts, kind):
    """Scores and truths of all positives and clean hosts; who has no score comes last."""
    chosen = [h for h in hosts if h.truth in (kind, "clean")]
    return ([h.findings[kind]["peak"] if kind in h.findings else float("-inf") for h in chosen],
            [h.truth == kind for h in chosen])


def confidences(hosts, kind):
    """Of each verdict on a host that is guilty or clean: how sure it was, and whether it was right."""
    chosen = [h for h in hosts if h.truth in (kind, "clean") and kind in h.findings
              and h.findings[kind]["verdict"] != "none"]
    return [h.findings[kind]["confidence"] for h in chosen], [h.truth == kind for h in chosen]


def profiles_of(hosts):
    """Per profile of a host: how many, how many were named at all, confirmed, and how soon."""
    rows = {}
    for host in hosts:
        kind = host.truth
        row = rows.setdefault((kind, host.profile), {"truth": kind, "profile": host.profile, "hosts": 0, "suspected": 0,
                                                     "confirmed": 0, "seconds": [], "acts": []})
        row["hosts"] += 1
        kinds = KINDS if kind == "clean" else (kind,)
        said = [named(host, k, OURS[0]) for k in kinds]
        said = [s for s in said if s]
        row["suspected"] += bool(said)
        row["confirmed"] += any(named(host, k, OURS[1]) for k in kinds)
        if said and kind != "clean":
            row["seconds"].append(max(0.0, said[0][0] - host.guilty_s))
            row["acts"].append(said[0][1])
    for row in rows.values():
        row["share_interval"] = figures.wilson(row["suspected"], row["hosts"])
        for what in ("seconds", "acts"):
            row[f"{what}_median"] = figures.quantile(row[what], 0.5)
            row[f"{what}_p95"] = figures.quantile(row[what], 0.95)
            del row[what]
    return [rows[key] for key in sorted(rows)]


def covered(finding):
    networks = covering_of(finding) or [addresses_of(finding)]
    return sum(n.num_addresses for n in networks)


def ranges_of(ranges, strays):
    """Per truth of a range: found as what it is, as something else, and how much wider than it is."""
    rows = {}
    for r in ranges:
        row = rows.setdefault(r.truth, {"truth": r.truth, "ranges": 0, "enough": 0, "found": 0, "otherwise": 0,
                                        "excess": []})
        row["ranges"] += 1
        enough = r.requests >= 50
        row["enough"] += enough
        right = [f for f in r.findings if f["kind"] == r.truth]
        row["found"] += bool(right and enough)
        row["otherwise"] += bool(r.findings and not right)
        fleet = int(r.last) - int(r.first) + 1
        if right and right[0]["covering"]:
            row["excess"].append(sum(covered(f) for f in right) / fleet)
    for row in rows.values():
        row["recall_interval"] = figures.wilson(row["found"], row["enough"])
        row["excess_median"] = figures.quantile(row["excess"], 0.5)
        row["excess_worst"] = max(row["excess"], default=None)
        del row["excess"]
    return {"kinds": [rows[k] for k in sorted(rows)], "strays": [f"{f['kind']} {f['prefix']}" for f in strays]}
