#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run --deep on a mirror port: a veth with two receive queues in native mode, its frames copied to AF_XDP sockets. What is
# read live must be what a replay reads, and no counter may depend on any of it. Needs root and build/gatepost (or
# GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

pcap=$here/../pcap
secret=67617465706f7374207265706c617921 # replay's: hashes of paths are equal

missing() {
	local tool
	[ "$(id -u)" -eq 0 ] || {
		printf 'needs root\n'
		return 1
	}
	for tool in ip nsenter ethtool python3 tcpreplay setpriv; do
		command -v "$tool" >/dev/null || {
			printf '%s is not installed (scripts/deps)\n' "$tool"
			return 1
		}
	done
	[ -x "$LAB_GATEPOST" ] || {
		printf 'no %s: run make\n' "$LAB_GATEPOST"
		return 1
	}
	ip netns add "gp-try-$$" 2>/dev/null || {
		printf 'network namespaces are not allowed here\n'
		return 1
	}
	ip netns del "gp-try-$$"
}

# The mirror port, silent unless something is sent.
open_tap() {
	local ns
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/gatepost-deep.XXXXXX")
	trap lab_close EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	for ns in "$LAB_GW" "$LAB_NET"; do
		lab_namespace "$ns"
		lab_in "$ns" sysctl -q -w net.ipv6.conf.default.disable_ipv6=1
	done
	lab_wire "$LAB_GW" tap0 "$LAB_NET" mirror
	lab_wire "$LAB_GW" tap1 "$LAB_NET" mirror1
	ip -n "$LAB_GW" link set tap0 mtu 9000
	ip -n "$LAB_NET" link set mirror mtu 9000
	printf 'hash_secret: %s\ndeep: {stream_kib: 4096}\n' "$secret" >"$LAB_DIR/all.conf"
	printf 'hash_secret: %s\ndeep: {stream_kib: 64}\n' "$secret" >"$LAB_DIR/some.conf"
}

# start [ARGUMENT...]: the agent on the mirror port; fails when it does not run within 10 s. With RUN set, through it.
start() {
	LAB_ATTACHED=yes
	# shellcheck disable=SC2086 # words
	lab_start agent "$LAB_GW" ${RUN-} "$LAB_GATEPOST" run -i tap0:tap --deep "$@"
	lab_until 10 grep -q '^gatepost: running' "$LAB_DIR/agent.err" || {
		cat "$LAB_DIR/agent.err" >&2
		return 1
	}
}

# sending COMMAND...: sets sent to the number of frames, by the mirror's own counter.
sending() {
	local before
	before=$(transmitted)
	lab_in "$LAB_NET" "$@" >"$LAB_DIR/sender" 2>&1 || cat "$LAB_DIR/sender"
	sent=$(($(transmitted) - before))
}

# send CAPTURE [INTERFACE]: the directions of its flows on different queues, or on different interfaces.
send() {
	sending python3 "$here/deep.py" send mirror "$1" 3000 "${@:2}"
}

# flood CAPTURE RATE LOOPS
flood() {
	sending tcpreplay -q -p "$2" --loop "$3" -i mirror "$1"
}

transmitted() {
	lab_in "$LAB_NET" awk '/mirror/ {n += $11} END {print n}' /proc/net/dev
}

# All that was received is read; the agent writes once per second.
stop() {
	sleep 0.2
	status=0
	lab_stop agent INT || status=$?
}

value() {
	python3 "$here/report.py" "$LAB_DIR/agent.out" value "coverage.$1"
}

deep() {
	value "evidence.deep.$1"
}

compare() {
	python3 "$here/deep.py" compare "$@"
}

# same CAPTURE: read live, and read from the file. Where the machine is busy one CPU may take its frames so late that the
# kernel itself has them in another order than the sender: up to two more tries.
same() {
	same_once "$1" || same_once "$1" || same_once "$1"
}

same_once() {
	"$LAB_GATEPOST" replay --dialogues -c "$LAB_DIR/all.conf" "$1" >"$LAB_DIR/wanted" 2>/dev/null
	start --dialogues -c "$LAB_DIR/all.conf"
	send "$1"
	stop
	tap_equal "$status" 0
	compare "$LAB_DIR/agent.out" "$LAB_DIR/wanted" || {
		cat "$LAB_DIR/agent.err"
		return 1
	}
}

same_dialogues() {
	local name
	for name in spam-bot-ipv4 spam-bot-ipv6 spam-bot-tls newsletter-greylisted mail-server-declared browser-burst \
		submission-and-browsing encapsulations; do
		tap "$name: the dialogues are those of a replay" same "$pcap/$name/input.pcap"
	done
	python3 "$here/deep.py" mails "$LAB_DIR/mails.pcap" 500
	tap '500 mails: the dialogues are those of a replay' same "$LAB_DIR/mails.pcap"
}

# An optical tap: one interface per direction. The order of -i makes no difference.
same_of_two_once() {
	"$LAB_GATEPOST" replay --dialogues "$LAB_DIR/mails.pcap" >"$LAB_DIR/wanted" 2>/dev/null
	start -i tap1 --dialogues
	send "$LAB_DIR/mails.pcap" mirror1
	stop
	tap_equal "$status $(grep -c 'from 2 AF_XDP sockets' "$LAB_DIR/agent.err")" '0 2' &&
		compare "$LAB_DIR/agent.out" "$LAB_DIR/wanted"
}

same_of_two() {
	same_of_two_once || same_of_two_once || same_of_two_once
}

run_two() {
	tap 'two taps, one direction each: the dialogues are those of a replay' same_of_two
}

# books: the counters of the last report are what was sent.
books() {
	tap_equal "$(value packets) $(value accounted) $(value unaccounted) $(value nic_missed)" "$sent $sent 0 0" &&
		tap_equal "$status" 0
}

nothing_waits() {
	tap_equal "$(deep redirected)" "$(($(deep frames) + $(deep lost)))"
}

queues_differ() {
	lab_in "$LAB_GW" ethtool -S tap0 | awk '/rx_queue_[01]_xdp_redirect/ && $2 > 0 {n++} END {exit n != 2}'
}

# Whatever is redirected: packets, bytes and flows are those of a replay, host by host.
run_counts() {
	local name
	for name in spam-bot-ipv4 browser-burst; do
		"$LAB_GATEPOST" replay --all -c "$LAB_DIR/all.conf" "$pcap/$name/input.pcap" >"$LAB_DIR/wanted" 2>/dev/null
		start --all -c "$LAB_DIR/all.conf"
		send "$pcap/$name/input.pcap"
		stop
		tap "$name: the counters are those of a replay" \
			python3 "$here/deep.py" sums "$LAB_DIR/agent.out" "$LAB_DIR/wanted"
	done
}

# A response that is longer than what is read of it.
run_long() {
	python3 "$here/deep.py" download "$LAB_DIR/download.pcap" 300
	start -c "$LAB_DIR/some.conf"
	send "$LAB_DIR/download.pcap"
	stop
	tap 'a long download: the books balance' books
	tap 'a long download: all that was redirected was read' nothing_waits
	# 47 segments of 1400 bytes begin within 64 KiB, 46 acknowledgements end there; the request and its acknowledgement;
	# the handshake, and two FINs.
	tap 'a long download: no more than 64 KiB of it came up' tap_equal "$(deep frames)" $((47 + 46 + 2 + 3 + 2))
	tap 'both queues were redirected' queues_differ
	start --dialogues -c "$LAB_DIR/some.conf"
	send "$LAB_DIR/download.pcap"
	stop
	tap 'a long download: its response is told' grep -q '"response":200,"answers":0' "$LAB_DIR/agent.out"
	# 300 KiB and a head of 43 bytes, less the 47 segments.
	tap 'a long download: the rest is a gap' \
		grep -q '"from_server":{"bytes":65800,"gaps":1,"gap_bytes":241443,.*"fin":true' "$LAB_DIR/agent.out"
}

run_large() {
	python3 "$here/deep.py" large "$LAB_DIR/large.pcap" 6000
	start
	send "$LAB_DIR/large.pcap"
	stop
	tap 'a frame larger than a chunk is counted' books
	tap 'a frame larger than a chunk passes' tap_equal "$(deep too_large) $(deep redirected)" "1 $((sent - 1))"
}

# The agent stands still while far more comes than its sockets hold.
run_stopped() {
	start
	kill -s STOP "${LAB_PIDS[agent]}"
	flood "$pcap/spam-bot-ipv4/input.pcap" 20000 20
	kill -s CONT "${LAB_PIDS[agent]}"
	stop
	tap "the agent stopped: the books balance ($sent packets)" books
	tap 'the agent stopped: frames were lost, and are told' tap_above "$(deep lost)" 10000
	tap 'the agent stopped: each of them is rx_dropped' tap_equal "$(deep rx_dropped)" "$(deep lost)"
	tap 'the agent stopped: each found no free memory' tap_equal "$(deep rx_fill_ring_empty)" "$(deep lost)"
	tap 'the agent stopped: the others were read' nothing_waits
	if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
		tap 'the agent stopped: the report is as its schema says' \
			/usr/bin/python3 "$here/../check_report.py" "$LAB_DIR/agent.out"
	fi
}

# fallback NAME WORDS: no sockets, and one line that says why; everything is counted.
fallback() {
	send "$pcap/spam-bot-ipv4/input.pcap"
	stop
	tap "$1: counting goes on" books
	tap "$1: one line says why" tap_equal "$(grep -c -- "--deep: no.* AF_XDP socket.*$2" "$LAB_DIR/agent.err")" 1
	tap "$1: nothing was redirected" tap_equal "$(deep mode) $(deep redirected)" 'none 0'
}

run_without() {
	RUN='setpriv --inh-caps=-net_raw --bounding-set=-net_raw' start
	fallback 'without CAP_NET_RAW' 'CAP_NET_RAW'
	lab_start holder "$LAB_GW" python3 "$here/deep.py" hold tap0 1
	lab_until 20 grep -q held "$LAB_DIR/holder.out"
	start
	fallback 'a queue that another program holds' 'on queue 1 of tap0.*another program has a socket'
	lab_stop holder KILL || true
}

run_generic() {
	start --xdp-mode skb -c "$LAB_DIR/all.conf" --dialogues
	"$LAB_GATEPOST" replay --dialogues "$LAB_DIR/mails.pcap" >"$LAB_DIR/wanted" 2>/dev/null
	send "$LAB_DIR/mails.pcap"
	stop
	tap 'generic mode: the dialogues are those of a replay' compare "$LAB_DIR/agent.out" "$LAB_DIR/wanted"
}

# refused WORDS ARGUMENT...: exit code 2, one line with these words, nothing attached.
refused() {
	local words=$1 code=0
	shift
	lab_in "$LAB_GW" "$LAB_GATEPOST" run "$@" >"$LAB_DIR/refused.out" 2>"$LAB_DIR/refused.err" || code=$?
	tap_equal "$code $(wc -l <"$LAB_DIR/refused.err") $(lab_attached)" '2 1 ' && grep -q -e "$words" "$LAB_DIR/refused.err"
}

run_refused() {
	local taken='--deep takes packets from the kernel: only on a tap'
	printf 'tags: {}\n' >"$LAB_DIR/tags.conf"
	tap '--deep on inside is refused' refused "$taken" -i tap0:inside --deep
	tap '--deep on a tap and on outside is refused' refused "$taken" -i lo:tap -i tap0:outside --deep
	tap '--deep with tags is refused' refused 'tags' -i tap0 --deep -c "$LAB_DIR/tags.conf"
	tap '--dialogues with --format is refused' refused 'without --interval and --format' -i tap0 --deep --dialogues --format text
}

# A killed agent's program redirects nothing any more: its sockets are gone.
run_killed() {
	start
	lab_stop agent KILL || true
	send "$pcap/spam-bot-ipv4/input.pcap"
	killed=$sent
	tap 'after a kill: a run without --deep does not take over' refused_takeover
	start
	send "$pcap/spam-bot-ipv4/input.pcap"
	stop
	sent=$((sent + killed))
	tap 'after a kill: the next run counts on' books
	tap 'after a kill: and reads what comes from then on' tap_equal "$(deep redirected) $(deep frames)" "$killed $killed"
}

refused_takeover() {
	! lab_in "$LAB_GW" "$LAB_GATEPOST" run -i tap0 2>"$LAB_DIR/refused.err" && grep -q 'ran with --deep' "$LAB_DIR/refused.err"
}

if ! reason=$(missing); then
	tap_skip "$reason"
	tap_end
	exit
fi
lab_bpffs
open_tap
same_dialogues
run_two
run_counts
run_long
run_large
run_stopped
run_without
run_generic
run_refused
run_killed
tap_end
