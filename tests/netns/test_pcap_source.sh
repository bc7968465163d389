#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run --source pcap: an interface read through libpcap gives the report that XDP gives, to the packet and the byte, and the
# verdicts of a replay. Needs root and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"
# shellcheck source=tests/netns/exact.sh
. "$here/exact.sh"

more=(--source pcap)

refused() {
	local words=$1 code=0
	shift
	lab_in "$ns" "$LAB_GATEPOST" run --source pcap "$@" >"$dir/refused.out" 2>"$dir/refused.err" || code=$?
	[ "$code" -ne 0 ] && [ "$(wc -l <"$dir/refused.err")" -eq 1 ] && grep -q -e "$words" "$dir/refused.err"
}

# Counters alone: what the interface had received before and after is no figure here, for nothing is attached to it.
run_counts() {
	make_link 1500
	printf 'inside: [10.0.0.0/24]\n' >"$dir/conf"
	start_whole
	tap 'nothing is attached' tap_equal "$(ip -n "$ns" -j link show g0 | grep -c '"xdp"' || true)" 0
	nsenter --net="/run/netns/$ns" -- python3 "$here/traffic.py" g1 4000 >"$dir/sent" 2>"$dir/sender.err" &
	sender=$!
	sleep 6
	printf 'inside: [10.0.0.0/24, 10.9.0.0/24]\n' >"$dir/conf"
	kill -s HUP "$agent"
	tap 'it reads its configuration again' lab_until 10 grep -q 'reload: the new configuration is in use' "$dir/agent.err"
	sleep 2
	kill -s TERM "$sender"
	wait "$sender" || cat "$dir/sender.err"
	sender=
	sleep 0.5
	stop
	tap 'it ends with exit code 0' tap_equal "$status" 0
	tap "packets: as sent ($(report coverage.packets))" tap_equal "$(report coverage.packets)" \
		"$(python3 "$here/report.py" "$dir/sent" value packets)"
	tap 'bytes: as sent' tap_equal "$(report coverage.bytes)" "$(python3 "$here/report.py" "$dir/sent" value bytes)"
	tap 'nothing is unaccounted' tap_equal "$(report coverage.unaccounted) $(report coverage.unaccounted_bytes)" '0 0'
	tap 'nothing was dropped' tap_equal "$(report coverage.pcap_dropped)" 0
	tap 'each prefix has what was sent in its name' same_prefixes
	ip -n "$ns" link del g0
}

# Packets of a capture, sent again: who is suspected is suspected here.
run_verdicts() {
	make_link 1500
	more=(--source pcap)
	printf '{}\n' >"$dir/conf"
	start_whole
	lab_in "$ns" tcpreplay --quiet --mbps 20 -i g1 "$here/../pcap/spam-bot-ipv4/input.pcap" >/dev/null
	sleep 1
	stop
	"$LAB_GATEPOST" replay "$here/../pcap/spam-bot-ipv4/input.pcap" >"$dir/replayed" 2>/dev/null
	tap 'the hosts of a capture are all there' tap_equal "$(report coverage.packets)" \
		"$(python3 "$here/report.py" "$dir/replayed" value coverage.packets)"
	tap 'the bot is suspected' grep -q '"verdict": *"suspected"' "$dir/agent.out"
	ip -n "$ns" link set g0 down
	tap 'an interface that is down is refused' refused 'g0' -i g0
	tap 'one side alone is refused' refused 'sees both directions' -i g0:inside
	tap 'with --deep it is refused' refused 'matters of XDP' -i g0 --deep
	ip -n "$ns" link del g0
}

# An interface that goes away ends the agent with a report and an error.
run_gone() {
	make_link 1500
	start_whole
	ip -n "$ns" link del g0
	tap 'an interface that goes away ends it' lab_until 10 grep -q 'g0: ' <(tail -n +3 "$dir/agent.err")
	status=0
	wait "$agent" || status=$?
	agent=
	tap 'with exit code 1' tap_equal "$status" 1
	tap 'and with a report' test -s "$dir/agent.out"
}

exact_open
run_counts
run_verdicts
run_gone
tap_end
