#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Listens on many TCP ports of all addresses for --seconds; takes every connection, says nothing, and closes it."""

import argparse
import selectors
import socket
import sys
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("ports", nargs="+", type=int)
    args = parser.parse_args()

    selector = selectors.DefaultSelector()
    for port in args.ports:
        server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        server.setblocking(False)
        selector.register(server, selectors.EVENT_READ)
    end = time.monotonic() + args.seconds
    while time.monotonic() < end:
        for key, _ in selector.select(timeout=0.5):
            try:
                key.fileobj.accept()[0].close()
            except OSError:
                pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
