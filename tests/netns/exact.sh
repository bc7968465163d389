# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One namespace with a veth pair, an agent on g0 and a sender of known counts on g1 (traffic.py). To be sourced behind tap.sh
# and lab.sh. Uses $here, sets $status of the agent.

# shellcheck disable=SC2034,SC2154
ns=gp-exact-$$
dir=
agent=
sender=
more=() # arguments of the agent

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
	nsenter --net="/run/netns/$ns" -- "$LAB_GATEPOST" run -c "$dir/conf" -i g0 --all "${more[@]}" >"$dir/agent.out" 2>"$dir/agent.err" &
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

# Makes the namespace, or ends the script with the reason why not.
exact_open() {
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
	lab_bpffs
}

# Reads the sums of an ended run. $1, $2: received() before and after.
check_counts() {
	local before after
	read -r -a before <<<"$1"
	read -r -a after <<<"$2"
	tap "packets: interface, sender, report ($(report coverage.packets))" same_counts $((after[0] - before[0])) \
		"$(python3 "$here/report.py" "$dir/sent" value packets)" "$(report coverage.packets)"
	tap "bytes: interface, sender, report ($(report coverage.bytes))" same_counts $((after[1] - before[1])) \
		"$(python3 "$here/report.py" "$dir/sent" value bytes)" "$(report coverage.bytes)"
	tap 'nothing is unaccounted' tap_equal "$(report coverage.unaccounted) $(report coverage.unaccounted_bytes)" '0 0'
	tap 'nothing was missed' tap_equal "$(report coverage.nic_missed)" 0
	tap 'each prefix has what was sent in its name' same_prefixes
}
