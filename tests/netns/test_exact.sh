#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets and bytes to the last one, on a live interface: through 200 agents that are killed, one after the other, and in
# frames that do not fit a page. Needs root and build/gatepost (or GATEPOST=FILE). KILLS=N for another number.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"
# shellcheck source=tests/netns/exact.sh
. "$here/exact.sh"

kills=${KILLS:-200}

# A random time from 0 to 350 ms, most of it in a start that takes over, finishes what was under way, and turns an epoch.
kill_once() {
	start
	sleep "0.$(printf '%03d' $((RANDOM % 350)))"
	stop KILL
	! is_running || ran=$((ran + 1))
	! grep -qs '^gatepost: took over' "$dir/agent.err" || took_over=$((took_over + 1))
	! grep -s 'gatepost: .*\(damaged\|set aside\|missing\|cannot\|detach\)' "$dir/agent.err" || odd=$((odd + 1))
}

run_killed() {
	local before after i begin=$SECONDS
	ran=0 took_over=0 odd=0
	make_link 1500
	start_whole
	before=$(received)
	nsenter --net="/run/netns/$ns" -- python3 "$here/traffic.py" g1 15000 >"$dir/sent" 2>"$dir/sender.err" &
	sender=$!
	sleep 0.5
	stop KILL
	for ((i = 0; i < kills && SECONDS - begin < 130; i++)); do
		kill_once
	done
	start_whole
	kill -s TERM "$sender"
	wait "$sender" || cat "$dir/sender.err"
	sender=
	sleep 0.3
	after=$(received)
	stop
	printf '# %d agents killed, %d of them while they ran, %d after they had taken over, in %d s\n' "$i" "$ran" "$took_over" \
		$((SECONDS - begin))
	tap 'all agents were started that were to be' tap_equal "$i" "$kills"
	tap 'no agent found anything odd' tap_equal "$odd" 0
	tap 'a third of them ran when they were killed' tap_above "$ran" $((kills / 3 - 1))
	tap 'some did not run yet' tap_above $((i - ran)) 0
	tap 'the last one ends with exit code 0' tap_equal "$status" 0
	check_counts "$before" "$after"
	tap 'the journal is gone' test ! -e "$dir/journal"
	ip -n "$ns" link del g0
}

# Jumbo frames come in several buffers.
run_jumbo() {
	local before after
	make_link 9000
	start_whole
	tap 'MTU 9000: attached in native mode' grep '^gatepost: g0: attached in native mode' "$dir/agent.err"
	tap 'with multi-buffer frames' tap_equal "$(grep -c 'without multi-buffer' "$dir/agent.err" || true)" 0
	before=$(received)
	lab_in "$ns" python3 "$here/frames.py" g1 1000 9014
	lab_in "$ns" python3 "$here/frames.py" g1 1000 4500
	lab_in "$ns" python3 "$here/frames.py" g1 1000 60
	sleep 0.3
	after=$(received)
	stop
	read -r -a before <<<"$before"
	read -r -a after <<<"$after"
	tap 'MTU 9000: packets' same_counts $((after[0] - before[0])) 3000 "$(report coverage.packets)"
	tap 'MTU 9000: bytes' same_counts $((after[1] - before[1])) $((1000 * (9014 + 4500 + 60))) "$(report coverage.bytes)"
	tap 'MTU 9000: nothing is unaccounted' tap_equal "$(report coverage.unaccounted_bytes)" 0
	ip -n "$ns" link del g0
}

exact_open
printf 'journal: %s\ninside: [10.0.0.0/24]\n' "$dir/journal" >"$dir/conf"
run_killed
run_jumbo
tap_end
