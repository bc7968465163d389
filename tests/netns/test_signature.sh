#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signatures of SYNs that programs send today: curl through this kernel's TCP, over IPv4 and IPv6, and nmap -sS, which
# builds its own. Captured on loopback in a network namespace, read by build/tests/print_tcp_signature, and compared with
# tshark and scapy (tests/tcp_signature.py). Needs root.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
print=$here/../../build/tests/print_tcp_signature

for tool in ip unshare tcpdump curl nmap tshark python3; do
	if ! command -v "$tool" >/dev/null; then
		printf 'skip - %s is not installed\n0 passed, 0 failed, 1 skipped\n' "$tool"
		exit 0
	fi
done
[ -n "${IN_NAMESPACE-}" ] || IN_NAMESPACE=1 exec unshare --net "$0" "$@"

directory=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
passed=0 failed=0

# expect NAME PATTERN KIND: at least one frame of this kind has such a signature, and those of its port have no other.
expect() {
	local name=$1 pattern=$2 found
	found=$(awk -v kind="$3" '$2 == kind {print $4, $5}' "$4" | sort | uniq -c)
	if [ -n "$found" ] && ! grep -Evq "^ *[0-9]+ $pattern\$" <<<"$found"; then
		passed=$((passed + 1))
		printf 'ok - %s:%s\n' "$name" "$found"
	else
		failed=$((failed + 1))
		printf 'not ok - %s: not %s but\n%s\n' "$name" "$pattern" "$found"
	fi
}

# capture FILE COMMAND...: what is on loopback meanwhile.
capture() {
	local file=$1 tries=0
	shift
	tcpdump -i lo --immediate-mode -U -w "$file" tcp 2>"$directory/tcpdump.err" &
	pids=("${pids[0]}" $!)
	until grep -q 'listening on' "$directory/tcpdump.err"; do
		sleep 0.1
		[ $((tries += 1)) -lt 100 ]
	done
	"$@" >/dev/null 2>&1
	sleep 0.5
	kill "${pids[1]}"
	wait "${pids[1]}" || true
	"$print" "$file" >"$file.txt"
}

ip link set lo mtu 1500 up
python3 -m http.server --bind :: --directory "$directory" 8025 >/dev/null 2>&1 &
pids=($!)
for ((i = 0; i < 100; i++)); do
	curl -s -o /dev/null 'http://127.0.0.1:8025/' && break
	sleep 0.1
done

capture "$directory/curl4.pcap" curl -s http://127.0.0.1:8025/
expect 'curl' 'none 4:64:0:1460:mss\*44,[0-9]+:mss,sok,ts,nop,ws:df,id\+:0' syn "$directory/curl4.pcap.txt"
expect 'its server' 'none 4:64:0:1460:mss\*45,[0-9]+:mss,sok,ts,nop,ws:df:0' syn-ack "$directory/curl4.pcap.txt"
capture "$directory/curl6.pcap" curl -s -g 'http://[::1]:8025/'
expect 'curl over IPv6' 'none 6:64:0:1440:mss\*45,[0-9]+:mss,sok,ts,nop,ws:flow:0' syn "$directory/curl6.pcap.txt"
capture "$directory/nmap.pcap" nmap -n -Pn -sS -p 1-200,8025 127.0.0.1
expect 'nmap -sS' '[a-z]+ 4:64:0:1460:1024,0:mss::0' syn "$directory/nmap.pcap.txt"

if "$here/../tcp_signature.py" "$directory" >"$directory/compared" 2>&1; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
fi
grep -v ' passed, ' "$directory/compared"
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
