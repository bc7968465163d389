#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One agent at a time: nobody takes a running agent's programs and maps away, and what happens to an interface under it
# is said. Needs root and build/gatepost (or GATEPOST=FILE).
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
	grep -q '^gatepost: running' "$dir/agent.err"
}

start() {
	nsenter --net="/run/netns/$ns" -- "$LAB_GATEPOST" run -i g0 >"$dir/agent.out" 2>"$dir/agent.err" &
	agent=$!
	lab_until 10 is_running
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
	ip -n "$ns" link set g0 up
	ip -n "$ns" link set g1 up
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
ip netns add "$other"
lab_bpffs
make_link

start
tap 'a second agent is refused: one runs' refused 'another gatepost runs' gatepost run -i g1
tap 'detach leaves a running agent alone' refused 'a gatepost runs' gatepost detach
tap 'detach of one interface does, too' refused 'a gatepost runs' gatepost detach -i g0
tap 'the program is still attached' tap_equal "$(attached)" 1
tap 'the pins are still there' test -e /sys/fs/bpf/gatepost
stop
tap 'it ends with exit code 0' tap_equal "$status" 0
tap 'and takes its program off' tap_equal "$(attached)" 0

start
stop KILL
tap 'a second agent is refused: one was killed' refused 'ended without cleaning up; run: gatepost detach' gatepost run -i g1
tap 'detach cleans up after it' gatepost detach
tap 'no program is left' tap_equal "$(attached)" 0
tap 'no pin is left' test ! -e /sys/fs/bpf/gatepost

start
ip -n "$ns" link set dev g0 xdp off
stop
tap 'a program that somebody took off is missed' agent_said '^gatepost: g0: somebody took the program off'
start
ip -n "$ns" link set dev g0 netns "$other"
stop
tap 'so is an interface that went away' agent_said '^gatepost: g0: has gone'
tap 'detach finds it where it went' nsenter --net="/run/netns/$other" -- "$LAB_GATEPOST" detach
tap 'no program is left there' tap_equal "$(ip -n "$other" -o link show | grep -c ' xdp' || true)" 0
tap_end
