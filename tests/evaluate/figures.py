# SPDX-License-Identifier: GPL-2.0-or-later
"""The arithmetic of an evaluation. Pure; tests/evaluate.py has rows with known answers."""
import math

Z95 = 1.959963984540054  # of the normal distribution, both tails 2.5 %


def wilson(successes, trials, z=Z95):
    """The Wilson score interval of a share (Wilson, JASA 22, 1927). Without trials nothing is known: (0, 1)."""
    if trials <= 0:
        return 0.0, 1.0
    share = min(successes / trials, 1.0)
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def rule_of_three(trials):
    """The greatest share that no success in so many trials leaves at 95 % (Hanley, Lippman-Hand, JAMA 249, 1983)."""
    return min(1.0, 3.0 / trials) if trials > 0 else 1.0


def ratio(part, whole):
    """part / whole, None where there is no whole."""
    return part / whole if whole else None


def f1(precision, recall):
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def ppv(recall, false_positive_rate, prevalence):
    """Share of the accused that are guilty at a prevalence."""
    if recall is None or false_positive_rate is None:
        return None
    guilty, innocent = recall * prevalence, false_positive_rate * (1 - prevalence)
    return guilty / (guilty + innocent) if guilty + innocent else None


def average_precision(scores, truths):
    """
    Area under the precision-recall curve as a sum over thresholds, (R_n - R_n-1) P_n; equal scores are one threshold.
    None without a positive.
    """
    positives = sum(truths)
    if not positives:
        return None
    area, hits, seen, recall = 0.0, 0, 0, 0.0
    order = sorted(zip(scores, truths), key=lambda pair: -pair[0])
    i = 0
    while i < len(order):
        j = i
        while j < len(order) and order[j][0] == order[i][0]:
            hits += order[j][1]
            j += 1
        seen = j
        area += (hits / positives - recall) * (hits / seen)
        recall = hits / positives
        i = j
    return area


def calibration(confidences, truths, bins=10):
    """[(least, greatest, count, mean confidence, share that is true)] of the bins that hold anything."""
    held = [[] for _ in range(bins)]
    for confidence, truth in zip(confidences, truths):
        held[min(int(confidence * bins), bins - 1)].append((confidence, truth))
    rows = []
    for i, bin_ in enumerate(held):
        if bin_:
            rows.append((i / bins, (i + 1) / bins, len(bin_), sum(c for c, _ in bin_) / len(bin_),
                         sum(t for _, t in bin_) / len(bin_)))
    return rows


def ece(confidences, truths, bins=10):
    """Expected calibration error: mean distance of confidence and truth, over bins of equal width. None without any."""
    total = len(confidences)
    if not total:
        return None
    return sum(count * abs(mean - share) for _, _, count, mean, share in calibration(confidences, truths, bins)) / total


def quantile(values, share):
    """Of the sorted values the one at which `share` of them are reached; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def mean(values):
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
