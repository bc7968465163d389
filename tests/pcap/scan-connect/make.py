#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft


def files():
    capture = craft.Capture()
    for i in range(750):
        talk = craft.Talk(capture, "10.20.0.66", f"198.18.{i // 250}.{1 + i % 250}", 1024 + i, 22, 2 * i)
        if i % 10 == 4:
            talk.open().server("SSH-2.0-OpenSSH_9.2").reset()
        elif i % 10 == 7:
            talk.refused()
        else:
            talk.syn()
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
