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

ns=gp-exact-$$
kills=${KILLS:-200}
dir=
agent=
sender=

end_of() {
	[ -z "$1" ] || kill -s KILL "$1" 2>/dev/null || true
	[ -z "$1" ] || wait "$1" 2>/dev/null || true
}

close_all() {
	end_of "$sender"
	end_of "$agent"
	lab_in "$ns" "$LAB_GATEPOST" detach >/dev/null 2>&1 || true
	ip netns del "$ns" 2>/dev/null || true
	[ -z "$dir" ] || rm -rf "$dir"
}

# A queue in front of the ring: the sender waits instead of losing (Linux 6.16, drivers/net/veth.c).
make_link() {
	ip link add g0 netns "$ns" mtu "$1" type veth peer name g1 netns "$ns" mtu "$1"
	ip -n "$ns" link set g0 addrgenmode none up
	ip -n "$ns" link set g1 addrgenmode none up
	lab_in "$ns" ethtool -K g1 tx off tso off gso off >/dev/null 2>&1 || true
	lab_in "$ns" tc qdisc add dev g1 root pfifo limit 1000
}

# "packets bytes" that g0 received, Ethernet headers included: see lab.sh. Read while a native program is attached.
received() {
	ip -n "$ns" -j -s link show g0 | python3 -c 'import json, sys
rx = json.load(sys.stdin)[0]["stats64"]["rx"]
print(rx["packets"], rx["bytes"] + 14 * rx["packets"])'
}

start() {
	rm -f "$dir/agent.err"
	nsenter --net="/run/netns/$ns" -- "$LAB_GATEPOST" run -c "$dir/conf" -i g0 --all >"$dir/agent.out" 2>"$dir/agent.err" &
	agent=$!
}

is_running() {
	grep -qs '^gatepost: running' "$dir/agent.err"
}

start_whole() {
	start
	lab_until 10 is_running || {
		cat "$dir/agent.err" >&2
		return 1
	}
}

stop() {
	kill -s "${1:-TERM}" "$agent"
	status=0
	wait "$agent" || status=$?
	agent=
} 2>/dev/null

report() {
	python3 "$here/report.py" "$dir/agent.out" value "$1"
}

# A random time from 0 to 350 ms, most of it in a start that takes over, finishes what was under way, and turns an epoch.
kill_once() {
	start
	sleep "0.$(printf '%03d' $((RANDOM % 350)))"
	stop KILL
	! is_running || ran=$((ran + 1))
	! grep -qs '^gatepost: took over' "$dir/agent.err" || took_over=$((took_over + 1))
	! grep -s 'gatepost: .*\(damaged\|set aside\|missing\|cannot\|detach\)' "$dir/agent.err" || odd=$((odd + 1))
}

same_counts() {
	printf 'received %s, sent %s, report %s\n' "$1" "$2" "$3"
	[ "$1" = "$2" ] && [ "$1" = "$3" ]
}

# Each prefix outside as sent, and inside as the rest.
same_prefixes() {
	python3 - "$dir/agent.out" "$dir/sent" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
sent = json.load(open(sys.argv[2], encoding="utf-8"))
got = {row["prefix"]: [row["packets"], row["bytes"]] for row in report["prefixes"] if "prefix" in row}
wrong = 0
for prefix, count in sorted(sent["prefixes"].items()):
    if got.get(prefix) != count:
        print(f"{prefix}: sent {count}, report {got.get(prefix)}")
        wrong += 1
print(f"{len(sent['prefixes'])} prefixes, {wrong} wrong")
sys.exit(wrong > 0)
PYTHON
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
	read -r -a before <<<"$before"
	read -r -a after <<<"$after"
	tap "packets: interface, sender, report ($(report coverage.packets))" same_counts $((after[0] - before[0])) \
		"$(python3 "$here/report.py" "$dir/sent" value packets)" "$(report coverage.packets)"
	tap "bytes: interface, sender, report ($(report coverage.bytes))" same_counts $((after[1] - before[1])) \
		"$(python3 "$here/report.py" "$dir/sent" value bytes)" "$(report coverage.bytes)"
	tap 'nothing is unaccounted' tap_equal "$(report coverage.unaccounted) $(report coverage.unaccounted_bytes)" '0 0'
	tap 'nothing was missed' tap_equal "$(report coverage.nic_missed)" 0
	tap 'each prefix has what was sent in its name' same_prefixes
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

if [ "$(id -u)" -ne 0 ] || ! ip netns add "$ns" 2>/dev/null; then
	tap_skip 'needs root and network namespaces'
	tap_end
	exit
fi
trap close_all EXIT
if [ ! -x "$LAB_GATEPOST" ]; then
	tap_skip "no $LAB_GATEPOST: run make"
	tap_end
	exit
fi
dir=$(mktemp -d)
printf 'journal: %s\ninside: [10.0.0.0/24]\n' "$dir/journal" >"$dir/conf"
lab_bpffs
run_killed
run_jumbo
tap_end
