#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One agent at a time: nobody takes a running agent's programs and maps away, and what happens to an interface under it
# is said. What a killed agent left is taken over by the next one when it fits, and refused with a reason when it does
# not. Needs root and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

ns=gp-agent-$$
other=gp-elsewhere-$$
dir=
agent=

close_all() {
	[ -z "$agent" ] || kill -s KILL "$agent" 2>/dev/null || true
	[ -z "$agent" ] || wait "$agent" 2>/dev/null || true
	lab_in "$ns" "$LAB_GATEPOST" detach >/dev/null 2>&1 || true
	ip netns del "$ns" 2>/dev/null || true
	ip netns del "$other" 2>/dev/null || true
	[ -z "$dir" ] || rm -rf "$dir"
}

gatepost() {
	lab_in "$ns" "$LAB_GATEPOST" "$@" >"$dir/out" 2>"$dir/err"
}

is_running() {
	grep -qs '^gatepost: running' "$dir/agent.err"
}

# start [ARGUMENT...]: on g0, unless arguments say otherwise.
start() {
	[ "$#" -gt 0 ] || set -- -i g0
	rm -f "$dir/agent.err" # the last agent ran, too
	nsenter --net="/run/netns/$ns" -- "$LAB_GATEPOST" run -c "$dir/conf" "$@" >"$dir/agent.out" 2>"$dir/agent.err" &
	agent=$!
	lab_until 10 is_running || { cat "$dir/agent.err"; return 1; }
}

# configure [LINE]...
configure() {
	printf 'journal: %s\n' "$dir/journal" >"$dir/conf"
	printf '%s\n' "$@" >>"$dir/conf"
}

# send COUNT BYTES: frames of an EtherType that nobody uses, from g1 to g0.
send() {
	lab_in "$ns" python3 "$here/frames.py" g1 "$1" "$2"
}

is_missed() {
	grep -qs "^gatepost: g0: $1" "$dir/agent.err"
}

# report_matches KEY PATTERN
report_matches() {
	report "$1" | grep -E -- "$2"
}

report() {
	python3 "$here/report.py" "$dir/agent.out" value "$1"
}

program_id() {
	ip -n "$ns" -o link show dev g0 | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

stop() {
	kill -s "${1:-TERM}" "$agent"
	status=0
	wait "$agent" || status=$?
	agent=
} 2>/dev/null

attached() {
	ip -n "$ns" -o link show dev g0 | grep -c 'xdp' || true
}

# refused PATTERN COMMAND...: it fails, with a line that matches.
refused() {
	local pattern=$1
	shift
	! "$@" || return 1
	grep -E -- "$pattern" "$dir/err" || {
		cat "$dir/err"
		return 1
	}
}

agent_said() {
	grep -E -- "$1" "$dir/agent.err" || {
		cat "$dir/agent.err"
		return 1
	}
}

make_link() {
	ip link add g0 netns "$ns" type veth peer name g1 netns "$ns"
	ip -n "$ns" link set g0 addrgenmode none up
	ip -n "$ns" link set g1 addrgenmode none up
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
configure
ip netns add "$other"
lab_bpffs
make_link

start
tap 'a second agent is refused: one runs' refused 'another gatepost runs' gatepost run -c "$dir/conf" -i g1
tap 'detach leaves a running agent alone' refused 'a gatepost runs' gatepost detach
tap 'detach of one interface does, too' refused 'a gatepost runs' gatepost detach -i g0
tap 'the program is still attached' tap_equal "$(attached)" 1
tap 'the pins are still there' test -e /sys/fs/bpf/gatepost
stop
tap 'it ends with exit code 0' tap_equal "$status" 0
tap 'and takes its program off' tap_equal "$(attached)" 0

tap 'nor its journal' test ! -e "$dir/journal"

# Killed and run again: nothing is missed, and one report tells all of it.
start
tap 'frames are sent' send 100 100
first_id=$(program_id)
stop KILL
tap 'a killed agent leaves its journal' test -s "$dir/journal"
tap 'its program goes on' tap_equal "$(program_id)" "$first_id"
tap 'frames are sent while nobody runs' send 1000 200
start
tap 'the next agent takes over' agent_said '^gatepost: took over the maps and programs'
tap 'the program is the same one' tap_equal "$(program_id)" "$first_id"
tap 'frames are sent afterwards' send 10 300
stop
tap 'it ends with exit code 0' tap_equal "$status" 0
tap 'all frames are in its report' tap_equal "$(report coverage.packets)" 1110
tap 'and all bytes' tap_equal "$(report coverage.bytes)" 213000
tap 'nothing is unaccounted' tap_equal "$(report coverage.unaccounted)" 0
tap 'a clean end takes the program off' tap_equal "$(attached)" 0
tap 'a clean end removes the journal' test ! -e "$dir/journal"
tap 'and the pins' test ! -e /sys/fs/bpf/gatepost

# What does not fit is refused, says why, and leaves all as it was.
start
stop KILL
first_id=$(program_id)
tap 'other interfaces are refused' refused 'was attached to g0:tap: .*gatepost detach' gatepost run -c "$dir/conf" -i g1
tap 'another side is refused' refused 'was attached to g0:tap: ' gatepost run -c "$dir/conf" -i g0:inside
tap 'more interfaces are refused' refused 'was attached to g0:tap: ' gatepost run -c "$dir/conf" -i g0 -i g1
tap 'another mode is refused' refused 'in native mode: run with --xdp-mode native' gatepost run -c "$dir/conf" -i g0 --xdp-mode skb
configure 'tables: {hosts: 1024}'
tap 'other sizes are refused' refused 'tables.hosts: 65536 there, 1024 here' gatepost run -c "$dir/conf" -i g0
configure 'hash_secret: 00112233445566778899aabbccddeeff'
tap 'another hash secret is refused' refused 'another hash_secret' gatepost run -c "$dir/conf" -i g0
tap 'another journal is refused' refused 'journal is .*/journal, not' gatepost run -i g0
configure 'thresholds: {window: 10s}'
tap 'after all of them the program is attached' tap_equal "$(program_id)" "$first_id"
start
tap 'other thresholds are no matter' agent_said '^gatepost: took over'
stop KILL
configure
tap 'detach cleans up after a killed agent' gatepost detach
tap 'no program is left' tap_equal "$(attached)" 0
tap 'no pin is left' test ! -e /sys/fs/bpf/gatepost
tap 'no journal is left' test ! -e "$dir/journal"

# Killed in the middle of a start, or of an end.
start
stop KILL
rm /sys/fs/bpf/gatepost/gp_note
tap 'half a start is refused' refused 'killed while it started or ended; clean up with: gatepost detach' gatepost run -c "$dir/conf" -i g0
tap 'detach cleans it up' gatepost detach
tap 'no program is left of it' tap_equal "$(attached)" 0
tap 'no pin is left of it' test ! -e /sys/fs/bpf/gatepost
start
stop KILL
rm /sys/fs/bpf/gatepost/gp_flows
tap 'a missing map is refused' refused 'gp_flows: is missing' gatepost run -c "$dir/conf" -i g0
gatepost detach
start
stop KILL
ip -n "$ns" link set dev g0 xdp off
tap 'a program that is gone is refused' refused 'g0: .* not attached any more' gatepost run -c "$dir/conf" -i g0
tap 'detach cleans that up, too' gatepost detach
mkdir /sys/fs/bpf/gatepost
tap 'an empty directory is refused' refused 'killed while it started' gatepost run -c "$dir/conf" -i g0
tap 'detach removes it' gatepost detach

# The operator's lists are read again while the agent runs; a broken one changes nothing.
replace_list() {
	printf '%s\n' "$@" >"$dir/list.new"
	mv "$dir/list.new" "$dir/list"
}
configure "lists: [{name: own, kind: watch, file: $dir/list}]"
replace_list 192.0.2.0/24
start
replace_list 192.0.2.0/24 198.51.100.0/24
tap 'a list that changes is read again' lab_until 10 agent_said '^gatepost: lists: read again'
replace_list nonsense
tap 'a broken one is complained of' lab_until 10 agent_said '/list:1: "nonsense": not an IPv4 or IPv6 prefix'
stop
tap 'and what was read before stays' report_matches lists "'entries': 2,"
configure

start
ip -n "$ns" link set dev g0 xdp off
tap 'a program that somebody took off is missed while the agent runs' lab_until 15 is_missed 'somebody took the program off'
stop
tap 'once' tap_equal "$(grep -c 'somebody took' "$dir/agent.err")" 1
tap 'the report says that it is incomplete' report_matches window.incomplete_reason 'g0: somebody took the program off'
tap 'and the agent ends with exit code 1' tap_equal "$status" 1
# Flaps and another MTU are no matter; one that goes and comes back is attached to again, by its name.
start
ip -n "$ns" link set dev g0 down
ip -n "$ns" link set dev g0 up mtu 1400
sleep 0.3
send 100 100
stop
tap 'behind a flap and another MTU all is counted' tap_equal "$(report coverage.packets)" 100
tap 'and it ends with exit code 0' tap_equal "$status" 0
start
send 50 100
ip -n "$ns" link del dev g0
tap 'an interface that goes is missed' lab_until 15 agent_said '^gatepost: g0: has gone'
make_link
tap 'and attached to again when it is back' lab_until 15 agent_said '^gatepost: g0: was away for a while'
send 70 100
stop KILL
start
tap 'a killed agent is followed there as well' agent_said '^gatepost: took over'
send 30 100
stop
tap 'what came before and behind is counted' tap_equal "$(report coverage.packets)" 150
tap 'and it ends with exit code 0' tap_equal "$status" 0

start
ip -n "$ns" link set dev g0 netns "$other"
stop
tap 'so is an interface that went away' agent_said '^gatepost: g0: has gone'
tap 'the report says so' report_matches window.incomplete_reason 'g0: has gone'
tap 'detach finds it where it went' nsenter --net="/run/netns/$other" -- "$LAB_GATEPOST" detach
tap 'no program is left there' tap_equal "$(ip -n "$other" -o link show | grep -c ' xdp' || true)" 0
tap_end
