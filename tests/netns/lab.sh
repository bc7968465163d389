# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The live laboratory: subscribers, an ISP's gateway and a small Internet, as network namespaces on one machine.
# To be sourced. lab_open builds it, lab_close (also on failure and ^C) removes every trace of it.
#
#   gp-bot-$$  ---+                                                                     198.18.0.25 .. 198.18.63.25
#   gp-scanner-$$ +-- br0 in gp-sub-$$ --- in0 | gp-gw-$$ | out0 --- wan in gp-net-$$ -- 2001:db8:0::25 .. :f::25
#   gp-clean-$$ --+   (access network)         (gateway)             (Internet)          198.19/16: nobody, silence
#
# Counting. Packets that XDP sees on a veth are the receiving interface's rx_packets, to the packet, as long as the
# packets come in while a program is attached natively (tests/netns/test_live.sh compares). The kernel's rx_bytes
# leave out the Ethernet header then (drivers/net/veth.c, veth_xdp_rcv: after eth_type_trans), so a frame is
# rx_bytes + 14. Without a native program rx_bytes are the peer's tx_bytes, header included: take both readings
# with the program attached, in moments when nothing moves (lab_quiet).

LAB_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(cd "$LAB_HERE/../.." && pwd)
LAB_GATEPOST=${GATEPOST:-$LAB_TOP/build/gatepost}
LAB_DIR=
LAB_ATTACHED=no
LAB_NAMESPACES=()
declare -A LAB_PIDS=()

LAB_SUB=gp-sub-$$
LAB_GW=gp-gw-$$
LAB_NET=gp-net-$$
LAB_BOT=gp-bot-$$
LAB_SCANNER=gp-scanner-$$
LAB_CLEAN=gp-clean-$$

LAB_BOT4=10.77.0.10
LAB_BOT6=fd77:0:0:1000::10
LAB_SCANNER4=10.77.0.20
LAB_SCANNER6=fd77:0:0:2000::10
LAB_CLEAN4=10.77.0.30
LAB_CLEAN6=fd77:0:0:3000::10
LAB_INSIDE4=10.77.0.0/16
LAB_INSIDE6=fd77::/48
LAB_SERVERS4=64 # 198.18.N.25
LAB_SERVERS6=16 # 2001:db8:N::25

# shellcheck source=tests/netns/services.sh
. "$LAB_HERE/services.sh"

# Prints why the laboratory cannot be built here; succeeds silently when it can.
lab_missing() {
	local tool
	[ "$(id -u)" -eq 0 ] || {
		printf 'needs root\n'
		return 1
	}
	for tool in ip nsenter ethtool python3 postfix saslpasswd2 nginx openssl nmap curl swaks; do
		command -v "$tool" >/dev/null || {
			printf '%s is not installed (scripts/deps)\n' "$tool"
			return 1
		}
	done
	ip netns add "gp-try-$$" 2>/dev/null || {
		printf 'network namespaces are not allowed here\n'
		return 1
	}
	ip netns del "gp-try-$$"
}

# nsenter and not `ip netns exec`: that one mounts a /sys of its own, in which /sys/fs/bpf is missing.
lab_in() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# lab_start LABEL NAMESPACE COMMAND...: in the background; its output in $LAB_DIR/LABEL.{out,err}. The shell lets what
# runs in the background ignore SIGINT; here it is to mean what it means to others.
lab_start() {
	local label=$1 ns=$2
	shift 2
	nsenter --net="/run/netns/$ns" -- env --default-signal=INT "$@" >"$LAB_DIR/$label.out" 2>"$LAB_DIR/$label.err" </dev/null &
	LAB_PIDS[$label]=$!
}

lab_running() {
	[ -n "${LAB_PIDS[$1]-}" ] && kill -0 "${LAB_PIDS[$1]}" 2>/dev/null
}

# lab_wait LABEL: its exit status.
lab_wait() {
	local pid=${LAB_PIDS[$1]-} status=0
	[ -n "$pid" ] || return 0
	wait "$pid" || status=$?
	unset "LAB_PIDS[$1]"
	return "$status"
}

# lab_stop LABEL [SIGNAL]: its exit status; killed when it does not go within 10 s. The shell's word on that is not shown.
lab_stop() {
	local pid=${LAB_PIDS[$1]-} i
	[ -n "$pid" ] || return 0
	kill -s "${2:-TERM}" "$pid" || true
	for ((i = 0; i < 100; i++)); do
		kill -0 "$pid" || break
		sleep 0.1
	done
	kill -s KILL "$pid" || true
	lab_wait "$1"
} 2>/dev/null

# lab_until SECONDS COMMAND...: repeats it until it succeeds.
lab_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			printf '# waited in vain for: %s\n' "$*"
			return 1
		}
		sleep 0.2
	done
}

lab_namespace() {
	local ns=$1 key
	ip netns add "$ns"
	LAB_NAMESPACES+=("$ns")
	for key in net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.default.router_solicitations=0 \
		net.ipv4.icmp_ratelimit=0; do
		lab_in "$ns" sysctl -q -w "$key"
	done
	ip -n "$ns" link set lo up
}

lab_forwarding() {
	lab_in "$1" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
}

# Neighbours, once reached, are believed for an hour: a probe 5 s after the last packet would break the quiet.
lab_plug() {
	lab_in "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null 2>&1 || true
	lab_in "$1" sysctl -q -w "net.ipv4.neigh.$2.base_reachable_time_ms=3600000" \
		"net.ipv6.neigh.$2.base_reachable_time_ms=3600000" \
		"net.ipv4.neigh.$2.delay_first_probe_time=1" "net.ipv6.neigh.$2.delay_first_probe_time=1"
	ip -n "$1" link set "$2" up
}

# lab_wire NS1 DEV1 NS2 DEV2: a cable. Offloads are off, so that frames are as long as on a wire and carry checksums;
# two queues each, as native XDP wants at least as many receive queues as the peer has transmit queues.
lab_wire() {
	ip link add "$2" netns "$1" numtxqueues 2 numrxqueues 2 type veth \
		peer name "$4" netns "$3" numtxqueues 2 numrxqueues 2
	lab_plug "$1" "$2"
	lab_plug "$3" "$4"
}

lab_bridge() {
	ip -n "$1" link add "$2" type bridge mcast_snooping 0 stp_state 0 forward_delay 0
	ip -n "$1" link set "$2" up
}

# lab_host NS BRIDGE_NS BRIDGE PORT ADDRESS4 ROUTER4 ADDRESS6 ROUTER6: a machine on a bridge; addresses with length.
lab_host() {
	lab_namespace "$1"
	lab_wire "$2" "$4" "$1" eth0
	ip -n "$2" link set "$4" master "$3"
	ip -n "$1" addr add "$5" dev eth0
	ip -n "$1" route add default via "$6"
	ip -n "$1" -6 addr add "$7" dev eth0 nodad
	ip -n "$1" -6 route add default via "$8"
}

lab_topology() {
	local ns n
	for ns in "$LAB_SUB" "$LAB_GW" "$LAB_NET"; do
		lab_namespace "$ns"
	done
	lab_forwarding "$LAB_GW"
	lab_forwarding "$LAB_NET"

	lab_bridge "$LAB_SUB" br0
	lab_wire "$LAB_SUB" uplink "$LAB_GW" in0
	ip -n "$LAB_SUB" link set uplink master br0
	ip -n "$LAB_GW" addr add 10.77.0.1/16 dev in0
	ip -n "$LAB_GW" -6 addr add fd77::1/48 dev in0 nodad

	lab_wire "$LAB_GW" out0 "$LAB_NET" wan
	ip -n "$LAB_GW" addr add 192.0.2.1/30 dev out0
	ip -n "$LAB_GW" -6 addr add 2001:db8:ffff::1/64 dev out0 nodad
	ip -n "$LAB_GW" route add default via 192.0.2.2
	ip -n "$LAB_GW" -6 route add default via 2001:db8:ffff::2
	ip -n "$LAB_NET" addr add 192.0.2.2/30 dev wan
	ip -n "$LAB_NET" -6 addr add 2001:db8:ffff::2/64 dev wan nodad
	ip -n "$LAB_NET" route add "$LAB_INSIDE4" via 192.0.2.1
	ip -n "$LAB_NET" -6 route add "$LAB_INSIDE6" via 2001:db8:ffff::1

	# Dark space: most of it silent, one /24 whose router says so.
	ip -n "$LAB_NET" route add blackhole 198.18.0.0/15
	ip -n "$LAB_NET" route add unreachable 198.19.0.0/24
	for ((n = 0; n < LAB_SERVERS4; n++)); do
		printf 'addr add 198.18.%d.25/32 dev lo\n' "$n"
	done | ip -n "$LAB_NET" -batch -
	for ((n = 0; n < LAB_SERVERS6; n++)); do
		printf 'addr add 2001:db8:%x::25/128 dev lo nodad\n' "$n"
	done | ip -n "$LAB_NET" -6 -batch -
}

lab_subscribers() {
	lab_host "$LAB_BOT" "$LAB_SUB" br0 bot "$LAB_BOT4/16" 10.77.0.1 "$LAB_BOT6/48" fd77::1
	lab_host "$LAB_SCANNER" "$LAB_SUB" br0 scanner "$LAB_SCANNER4/16" 10.77.0.1 "$LAB_SCANNER6/48" fd77::1
	lab_host "$LAB_CLEAN" "$LAB_SUB" br0 clean "$LAB_CLEAN4/16" 10.77.0.1 "$LAB_CLEAN6/48" fd77::1
}

# lab_open: builds it, and from here on lab_close runs whatever happens.
lab_open() {
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/gatepost-lab.XXXXXX")
	chmod 755 "$LAB_DIR"
	trap lab_close EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	lab_topology
	lab_subscribers
}

# Ends what still runs in the laboratory's own namespaces, and nothing else.
lab_end_processes() {
	local signal ns pids i
	for signal in TERM KILL; do
		for ((i = 0; i < 20; i++)); do
			pids=
			for ns in "${LAB_NAMESPACES[@]}"; do
				pids+=" $(ip netns pids "$ns" 2>/dev/null | tr '\n' ' ')"
			done
			[ -n "${pids// /}" ] || return 0
			# shellcheck disable=SC2086 # a list of process ids
			[ "$i" -gt 0 ] || kill -s "$signal" $pids 2>/dev/null || true
			sleep 0.1
		done
	done
}

lab_close() {
	local ns
	trap '' INT TERM HUP
	trap - EXIT
	lab_end_processes
	wait 2>/dev/null || true
	# One that had to be killed leaves its maps.
	[ "$LAB_ATTACHED" = no ] || lab_in "$LAB_GW" "$LAB_GATEPOST" detach >/dev/null 2>&1 || true
	for ns in "${LAB_NAMESPACES[@]}"; do
		ip netns del "$ns" 2>/dev/null || true
	done
	LAB_NAMESPACES=()
	[ -z "$LAB_DIR" ] || rm -rf "$LAB_DIR"
	LAB_DIR=
}

# lab_rx DEVICE: "packets bytes drops" received by a device of the gateway.
lab_rx() {
	# shellcheck disable=SC2016 # awk's, not the shell's
	lab_in "$LAB_GW" awk -v dev="$1:" '$1 == dev { print $3, $2, $5 }' /proc/net/dev
}

# lab_quiet SECONDS: waits so long at most until neither side of the gateway has received anything for two seconds.
lab_quiet() {
	local end=$((SECONDS + $1)) before after
	before="$(lab_rx in0) $(lab_rx out0)"
	while [ "$SECONDS" -lt "$end" ]; do
		sleep 2.1
		after="$(lab_rx in0) $(lab_rx out0)"
		[ "$before" != "$after" ] || return 0
		before=$after
	done
	return 1
}

# lab_actor bot|scanner|clean SECONDS: in the background, and over by then.
lab_actor() {
	local limit=$(($2 + 5))
	case $1 in
	bot) lab_start bot "$LAB_BOT" timeout "$limit" python3 "$LAB_HERE/bot.py" --seconds "$2" ;;
	scanner) lab_start scanner "$LAB_SCANNER" timeout "$limit" bash "$LAB_HERE/scanner.sh" "$2" ;;
	clean) lab_start clean "$LAB_CLEAN" timeout "$limit" bash "$LAB_HERE/clean.sh" "$2" "$LAB_DIR" ;;
	esac
}

# The Ethernet devices of the gateway that an XDP program is attached to.
lab_attached() {
	ip -n "$LAB_GW" -o link show | awk -F': ' '/ xdp| prog\/xdp|xdpgeneric|xdpoffload/ { sub(/@.*/, "", $2); print $2 }'
}

lab_both_attached() {
	[ "$(lab_attached | wc -l)" -eq 2 ]
}

# The BPF file system, where maps are pinned; stays mounted, as systemd would have it. Namespaces share it, so there is
# one laboratory at a time: the lock goes with the last process that holds it.
lab_bpffs() {
	if [ "$(stat -f -c %T /sys/fs/bpf)" != bpf_fs ]; then
		mount -t bpf bpf /sys/fs/bpf
		printf '# mounted the BPF file system at /sys/fs/bpf; it stays\n'
	fi
	exec {LAB_LOCK}</sys/fs/bpf
	flock -w 300 "$LAB_LOCK" || {
		printf 'another laboratory has been running for 5 minutes\n' >&2
		return 1
	}
}

# lab_gatepost_start FORMAT [ARGUMENT...]: on both sides of the gateway; fails when it is not attached within 10 s.
lab_gatepost_start() {
	local format=$1 i
	shift
	LAB_ATTACHED=yes
	lab_start gatepost "$LAB_GW" "$LAB_GATEPOST" run -i in0:inside -i out0:outside \
		-c "$LAB_HERE/lab.conf" --format "$format" "$@"
	for ((i = 0; i < 50; i++)); do
		lab_both_attached && return 0
		lab_running gatepost || break
		sleep 0.2
	done
	cat "$LAB_DIR/gatepost.err" >&2
	return 1
}
