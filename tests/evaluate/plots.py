# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures by gnuplot: how sure and how right, and how soon."""
import pathlib
import shutil
import subprocess

import figures


def draw(script, path):
    done = subprocess.run(["gnuplot"], input=f'set terminal svg size 640,480 font "sans,11"\nset output "{path}"\n{script}',
                          text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"evaluate: gnuplot: {done.stderr.strip()}")
    return path


def block(name, rows):
    return f"${name} << EOD\n" + "\n".join(" ".join(f"{v:.6g}" for v in row) for row in rows) + "\nEOD\n"


def reliability(path, by_kind):
    """by_kind: kind -> (confidences, truths)."""
    script, parts = "", ['x with lines lc "grey" dt 2 title "perfect"']
    for i, (kind, (confidences, truths)) in enumerate(sorted(by_kind.items())):
        rows = [(mean, share, *figures.wilson(share * count, count))
                for _, _, count, mean, share in figures.calibration(confidences, truths)]
        if rows:
            script += block(f"k{i}", rows)
            parts.append(f'$k{i} using 1:2:3:4 with yerrorbars pt 7 title "{kind} (n = {len(confidences)})" noenhanced')
    return draw(script + 'set xrange [0:1]\nset yrange [0:1.02]\nset key bottom right\n'
                'set xlabel "confidence of the verdict"\nset ylabel "share that is guilty, 95 % (Wilson)"\n'
                "plot " + ", ".join(parts) + "\n", path)


def delays(path, series):
    """series: name -> (seconds of those found, how many were to be found)."""
    script, parts = "", []
    for i, (name, (seconds, total)) in enumerate(sorted(series.items())):
        rows = [(max(s, 1.0), (n + 1) / total) for n, s in enumerate(sorted(seconds))]
        if rows:
            script += block(f"s{i}", rows)
            parts.append(f'$s{i} using 1:2 with steps lw 2 title "{name}" noenhanced')
    if not parts:
        return None
    return draw(script + 'set logscale x\nset yrange [0:1.02]\nset key outside bottom center horizontal\n'
                'set xlabel "seconds since the first malicious act"\nset ylabel "share of guilty hosts named"\n'
                "plot " + ", ".join(parts) + "\n", path)


def all_plots(folder, by_kind, series):
    """Paths of what was drawn; nothing without gnuplot."""
    if not shutil.which("gnuplot"):
        return []
    folder = pathlib.Path(folder)
    drawn = [reliability(folder / "evaluate-reliability.svg", by_kind), delays(folder / "evaluate-delay.svg", series)]
    return [str(p) for p in drawn if p]
