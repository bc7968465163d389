#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of one kernel: every program loads, the rows agree, a live interface's books balance, libxdp's dispatcher
# carries a second program. Runs where nothing else is: in a guest, or in namespaces of its own (test_kernels.sh).
#
#   guest.sh DIRECTORY guest|host SCRATCH [load]    DIRECTORY holds gatepost, load, objects/, tests/ and pcap/
#
# With "load", programs are loaded and nothing else.
#
# Prints "ok - ", "not ok - " and "skip - " lines, and "cost - COMPILER OBJECT:PROGRAM INSTRUCTIONS".
# busybox's shell takes its own ip first, which cannot do half of this: tools are named by their full paths.
set -u

dir=$1
where=$2
out=$3
only=${4-}
agent=
mkdir -p "$out"

# try NAME SECONDS COMMAND...: the time only ends what hangs; an emulated CPU on a busy machine is slow.
try() {
	local name=$1 limit=$2 begin
	shift 2
	begin=$(cut -d. -f1 /proc/uptime)
	if timeout -s KILL "$limit" "$@" >"$out/try" 2>&1; then
		echo "ok - $name ($(($(cut -d. -f1 /proc/uptime) - begin)) s)"
		return 0
	fi
	echo "not ok - $name"
	tail -n 60 "$out/try" | sed 's/^/#   /'
	return 1
}

# check NAME WHAT_IS WHAT_IS_WANTED
check() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
		return 0
	fi
	echo "not ok - $1: got $2, wanted $3"
	sed 's/^/#   /' "$out/agent.err" | tail -n 10
	return 1
}

objects() {
	local object compiler
	for object in "$dir"/objects/*/*.bpf.o; do
		compiler=${object%/*}
		compiler=${compiler##*/}
		try "${object##*/} of $compiler loads" 240 "$dir/load" "$object"
		sed -n "s/^\([^ ]*:[^ ]* [0-9]*\)\$/cost - $compiler \1/p" "$out/try"
	done
}

rows() {
	try 'packet rows: both engines read equal headers' 400 "$dir/tests/root_rows"
	try 'counting rows: both engines keep equal memories' 400 "$dir/tests/root_account"
}

# A cable between this namespace (g0) and another (g1), silent unless something is sent:
# no IPv6 address of its own, no ARP.
cable() {
	mkdir -p /run/netns
	/sbin/ip netns add far &&
		/sbin/ip link add g0 address 02:00:00:00:00:01 mtu 9000 type veth \
			peer name g1 address 02:00:00:00:00:02 mtu 9000 netns far &&
		/sbin/ip link set g0 addrgenmode none &&
		/sbin/ip -n far link set g1 addrgenmode none &&
		/sbin/ip addr add 192.0.2.1/24 dev g0 &&
		/sbin/ip -n far addr add 192.0.2.2/24 dev g1 &&
		/sbin/ip link set g0 up &&
		/sbin/ip -n far link set g1 up &&
		/sbin/ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev g0 &&
		/sbin/ip -n far neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev g1
}

# What g0 has received: "packets bytes". See tests/netns/lab.sh for the 14 bytes that a native program's bytes lack.
received() {
	awk '$1 == "g0:" {print $3, $2 + 14 * $3}' /proc/net/dev
}

packets() {
	received | cut -d' ' -f1
}

# What g0 says it dropped: what its ring had no room for, and, as no kernel tells a veth's apart, what the stack had no
# protocol for.
dropped() {
	awk '$1 == "g0:" {print $5}' /proc/net/dev
}

# since BEFORE AFTER, both "packets bytes"
since() {
	echo "$1 $2" | awk '{print $3 - $1, $4 - $2}'
}

# send CAPTURE: from the far end, slowly enough for an emulated CPU; prints how many frames went out.
send() {
	/sbin/ip netns exec far /usr/bin/tcpreplay -q -p 400 -i g1 "$dir/pcap/$1" >"$out/tcpreplay" 2>&1 ||
		sed 's/^/# /' "$out/tcpreplay" >&2
	sed -n 's/.*Successful packets: *\([0-9]*\).*/\1/p' "$out/tcpreplay"
}

# start [OPTION]...: the agent on g0, which faces inside.
start() {
	start_on g0:inside "$@"
}

# start_on INTERFACE [OPTION]...: waits until the agent says that it runs.
start_on() {
	local i=0 interface=$1
	shift
	: >"$out/agent.err" # now: the one before said that it runs, too
	"$dir/gatepost" run -i "$interface" "$@" >"$out/agent.out" 2>"$out/agent.err" </dev/null &
	agent=$!
	while [ "$i" -lt 900 ]; do
		grep -q '^gatepost: running' "$out/agent.err" && return 0
		kill -0 "$agent" 2>/dev/null || break
		usleep 100000
		i=$((i + 1))
	done
	stop KILL
	return 1
}

# stop [SIGNAL]: sets code to the agent's exit code.
stop() {
	code=none
	[ -n "$agent" ] || return
	kill -s "${1:-TERM}" "$agent" 2>/dev/null
	wait "$agent" 2>/dev/null
	code=$?
	agent=
}

# reported KEY: a number of the report's coverage.
reported() {
	sed -n '/"coverage"/,/}/s/^ *"'"$1"'": \([0-9-]*\).*/\1/p' "$out/agent.out" | head -n 1
}

# The agent alone, then, where the kernel can, with xdp-filter behind it; the books are closed at the end of both.
live() {
	local before after dropped sent capture beside=no
	start || {
		check 'the agent attaches' no yes
		return
	}
	check 'the agent attaches in native mode' "$(grep -c 'g0: attached in native mode' "$out/agent.err")" 1
	before=$(received)
	dropped=$(dropped)
	sent=0
	for capture in "$dir"/pcap/*; do
		sent=$((sent + $(send "${capture##*/}")))
	done
	check 'every frame that was sent arrived' "$(since "$before" "$(received)" | cut -d' ' -f1)" "$sent"
	/sbin/ip netns exec far /bin/busybox ping -c 3 -s 8000 192.0.2.1 >"$out/ping" 2>&1
	check 'frames of several buffers pass' "$(sed -n 's/.* \([0-9]*\) packets received.*/\1/p' "$out/ping")" 3
	if dispatcher; then
		# xdp-filter's program takes no frames of several buffers.
		mtu 1500
		filter_on 'xdp-filter attaches behind the agent' && beside=yes
		both_count 'xdp-filter behind the agent'
	fi
	usleep 300000
	after=$(received)
	dropped=$(($(dropped) - dropped))
	stop
	check 'the agent ends with exit code 0' "$code" 0
	check "its packets and bytes equal the interface's ($sent frames, a ping and what came after)" \
		"$(reported packets) $(reported bytes)" "$(since "$before" "$after")"
	check 'all of them are accounted for' "$(reported accounted) $(reported unaccounted)" "$(reported packets) 0"
	check 'nic_missed is what the interface says it dropped' "$(reported nic_missed)" "$dropped"
	if [ "$beside" = yes ]; then
		other_lives 'the agent stopped'
		filter_off
		nothing_left ! -path /sys/fs/bpf/xdp
	else
		nothing_left
	fi
}

mtu() {
	/sbin/ip link set g0 mtu "$1" && /sbin/ip -n far link set g1 mtu "$1"
}

# What is pinned; the kernel itself keeps two files there.
pins() {
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' "$@" | sort | tr '\n' ' '
}

nothing_left() {
	check 'no program is left' "$(/sbin/ip -o link show dev g0 | grep -c xdp)" 0
	check 'no pin is left' "$(pins "$@")" ''
}

# What xdp-filter, the second program, has let pass.
filter_passed() {
	/usr/sbin/xdp-filter status 2>/dev/null | sed -n 's/^ *XDP_PASS *\([0-9]*\) pkts.*/\1/p'
}

filter_on() {
	try "$1" 60 /usr/sbin/xdp-filter load g0
}

filter_off() {
	try 'xdp-filter goes when it is told to' 60 /usr/sbin/xdp-filter unload g0
}

# both_count NAME: what is sent now is seen by xdp-filter and received by the interface. Sets sent_last.
both_count() {
	local before passed
	before=$(packets)
	passed=$(filter_passed)
	sent_last=$(send small.pcap)
	usleep 300000
	check "$1: xdp-filter counts all" "$(($(filter_passed) - passed))" "$sent_last"
	check "$1: the interface received all" "$(($(packets) - before))" "$sent_last"
}

other_lives() {
	local passed sent
	passed=$(filter_passed)
	sent=$(send small.pcap)
	usleep 300000
	check "$1: xdp-filter counts on" "$(($(filter_passed) - passed))" "$sent"
}

# Is it libxdp's dispatcher that holds the agent? It needs BPF_PROG_TYPE_EXT, which some kernels refuse: on the host that
# is a skip, and in a guest a failure.
dispatcher() {
	grep -q 'g0: attached in native mode, beside other programs' "$out/agent.err" && return 0
	if [ "$where" = host ]; then
		echo "skip - libxdp's dispatcher: $(sed -n 's/^gatepost: \(g0: attached.*\)/\1/p' "$out/agent.err")"
	else
		check "libxdp's dispatcher holds the agent" no yes
	fi
	return 1
}

# counted_live PACKETS: the agent's report of each second comes to this within 10 s.
counted_live() {
	local i=0
	while [ "$i" -lt 20 ]; do
		live_packets=$(tail -n 1 "$out/agent.out" | sed -n 's/.*"coverage": *{ *"packets": *\([0-9]*\).*/\1/p')
		[ "$live_packets" != "$1" ] || return 0
		usleep 500000
		i=$((i + 1))
	done
}

# xdp-filter is there first; the agent comes behind it, is killed, and taken off by gatepost detach.
killed() {
	filter_on 'xdp-filter attaches first' || return
	if start --interval 1 --format ndjson; then
		dispatcher && echo 'ok - the agent attaches behind xdp-filter'
		both_count 'the agent behind xdp-filter'
		counted_live "$sent_last"
		check 'the agent counted all, too' "$live_packets" "$sent_last"
		check 'all of it is known to the stack: none was missed' \
			"$(tail -n 1 "$out/agent.out" | sed -n 's/.*"nic_missed": *\([0-9]*\).*/\1/p')" 0
		stop KILL
		other_lives 'the agent killed'
		try 'gatepost detach takes it off' 60 "$dir/gatepost" detach
		other_lives 'the agent detached'
	else
		check 'the agent attaches behind xdp-filter' no yes
	fi
	filter_off
	nothing_left ! -path /sys/fs/bpf/xdp # an empty directory of libxdp's, left by xdp-filter
}

# With tags: behind the dispatcher or alone, as the kernel will have it; see bpf/entry.h.
tagging() {
	local before after
	printf 'tags: {}\n' >"$out/tags.conf"
	before=$(received)
	if start --config "$out/tags.conf"; then
		check 'with tags: the agent attaches in native mode' "$(grep -c 'g0: attached in native' "$out/agent.err")" 1
		send small.pcap >"$out/sent"
		usleep 300000
		after=$(received)
		stop
		check 'with tags: the agent ends with exit code 0' "$code" 0
		check 'with tags: packets and bytes equal the interface' "$(reported packets) $(reported bytes)" \
			"$(since "$before" "$after")"
		sed -n 's/^gatepost: \(g0: attached.*\)/# \1/p' "$out/agent.err"
	else
		check 'with tags: the agent attaches' no yes
	fi
	nothing_left ! -path /sys/fs/bpf/xdp
}

# As a mirror port: whatever watched flows there are come up through AF_XDP sockets, and are counted like all others.
deep() {
	local sent
	if start_on g0:tap --deep; then
		check 'deep: the sockets are there' "$(grep -c 'g0: --deep reads watched flows' "$out/agent.err")" 1
		sent=$(send spam-bot-ipv6.pcap)
		usleep 300000
		stop
		check 'deep: the agent ends with exit code 0' "$code" 0
		check 'deep: every frame is counted' "$(reported packets) $(reported unaccounted)" "$sent 0"
		check 'deep: what was redirected was read' "$(deep_reported frames) $(deep_reported lost)" \
			"$(deep_reported redirected) 0"
		check 'deep: something was redirected' "$([ "$(deep_reported redirected)" -gt 100 ] && echo yes)" yes
		sed -n 's/^gatepost: \(g0: .*\)/# \1/p' "$out/agent.err"
	else
		check 'deep: the agent attaches' no yes
	fi
	nothing_left ! -path /sys/fs/bpf/xdp
}

# deep_reported KEY: a number of the report's coverage.evidence.deep.
deep_reported() {
	sed -n '/"deep"/,/}/s/^ *"'"$1"'": \([0-9-]*\).*/\1/p' "$out/agent.out" | head -n 1
}

echo "# $(uname -r)"
objects
if [ "$only" != load ]; then
	rows
	if cable; then
		live
		! dispatcher >/dev/null || killed
		tagging
		deep
	else
		check 'a pair of veth devices' no yes
	fi
fi
echo '# end of the tests'
