#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""frames.py INTERFACE COUNT BYTES: broadcast frames of the EtherType for local experiments (IEEE 802, 9.2.3: 88b5).

Each is handed to the interface before the next one; one that finds no room is sent again.
"""

import socket
import sys
import time


def main(interface, count, length):
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    frame = (b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x88\xb5").ljust(int(length), b"\0")
    for number in range(int(count)):
        while True:
            try:
                sender.send(frame)
                break
            except BlockingIOError:
                time.sleep(0.001)
            except OSError as error:
                if error.errno != 105:  # ENOBUFS
                    raise
                time.sleep(0.001)
        if number % 64 == 63:
            time.sleep(0.001)  # the receiver's ring has 256 places


if __name__ == "__main__":
    main(*sys.argv[1:])
