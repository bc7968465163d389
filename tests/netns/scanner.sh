#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A scanner: full TCP handshakes (nmap -sT) with what answers, and a sweep of dark space where nothing does.
# usage: scanner.sh SECONDS
set -euo pipefail

end=$((SECONDS + $1))
round=0
while [ "$SECONDS" -lt "$end" ]; do
	left=$((end - SECONDS))
	low=$((round * 32 % 256))
	# About 100 attempts in dark space for each 24 at addresses that exist: few hosts of the Internet answer a scanner.
	timeout "$left" nmap -sT -Pn -n -T4 --max-rate 40 --max-retries 0 --max-rtt-timeout 400ms -p 23,80,443 \
		"198.18.$((round * 8 % 64))-$((round * 8 % 64 + 7)).25" \
		"198.19.$((round % 4)).$low-$((low + 31))" -oG - >/dev/null || true
	round=$((round + 1))
done
printf 'rounds=%d\n' "$round"
