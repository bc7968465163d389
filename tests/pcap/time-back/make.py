#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    """30 pages; in the file, every tenth record is stamped 1.5 s early, and the last 60 an hour."""
    capture = craft.Capture()
    for i in range(30):
        talk = craft.Talk(capture, "10.20.0.71", f"198.18.{i}.80", 40000 + i, 80, 3 * i)
        talk.open().client("GET / HTTP/1.1\r\nHost: a\r\n").server("HTTP/1.1 200 OK\r\n").close()
    records = []
    for n, (at, frame) in enumerate(capture.in_order()):
        records.append((at - (3600 if n >= 180 else 1.5 if n % 10 == 9 else 0), frame))
    return {"input.pcap": capture.pcap(records=records)}


if __name__ == "__main__":
    craft.save(__file__, files())
