#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gatepost check: what it says of interfaces and hosts in known states, its exit codes, that run agrees with it, and
# that it changes nothing. Needs root and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

ns=gp-check-$$
dir=
agent=
status=0

close_all() {
	[ -z "$agent" ] || kill -s KILL "$agent" 2>/dev/null || true
	[ -z "$agent" ] || wait "$agent" 2>/dev/null || true
	lab_in "$ns" "$LAB_GATEPOST" detach >/dev/null 2>&1 || true
	ip netns del "$ns" 2>/dev/null || true
	[ -z "$dir" ] || rm -rf "$dir"
}

# watched COMMAND...: in the namespace; standard output in $dir/out, its rows, if it is JSON, in $dir/rows, one a line:
# "INTERFACE|-", name, state, "found -> remedy". Exit code in $status.
watched() {
	status=0
	lab_in "$ns" timeout 60 "$@" >"$dir/out" 2>"$dir/err" || status=$?
	: >"$dir/rows"
	[ "$(head -c 1 "$dir/out")" != '{' ] || python3 -IS -c 'import json, sys
for r in json.load(sys.stdin)["rows"]:
    print(r["interface"] or "-", r["check"], r["state"], "%s -> %s" % (r["found"], r["remedy"]), sep="\t")' \
		<"$dir/out" >"$dir/rows"
}

check() {
	watched "$LAB_GATEPOST" check "$@"
}

# hiding COMMANDS ARGUMENT...: the same where shell commands have changed what is mounted.
hiding() {
	local commands=$1
	shift
	watched unshare --mount -- sh -c "$commands"' && exec "$0" check "$@"' "$LAB_GATEPOST" "$@"
}

as_nobody() {
	watched setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gatepost" check "$@"
}

# says INTERFACE|- NAME STATE PATTERN: the last check, with --format json, has such a row.
says() {
	local interface name state text
	while IFS=$'\t' read -r interface name state text; do
		[ "$interface $name" = "$1 $2" ] || continue
		printf '%s %s\n' "$state" "$text"
		[ "$state" != "$3" ] || ! grep -qE -- "$4" <<<"$text" || return 0
	done <"$dir/rows"
	printf 'wanted %s with %s\n' "$3" "$4"
	return 1
}

# silent INTERFACE NAME: it has no such row.
silent() {
	[ -s "$dir/rows" ] && ! grep -P "^$1\t$2\t" "$dir/rows"
}

exit_code() {
	tap_equal "$status" "$1" || {
		cat "$dir/out" "$dir/err"
		return 1
	}
}

quiet() {
	tap_equal "$(cat "$dir/err")" ''
}

# complains PATTERN: one line on standard error, nothing on standard output.
complains() {
	tap_equal "$(wc -l <"$dir/err")" 1 && tap_equal "$(cat "$dir/out")" '' && grep -E -- "$1" "$dir/err"
}

# Whatever check could change by accident, into a file of that name.
snapshot() {
	{
		ip -n "$ns" -d link
		lab_in "$ns" nft list ruleset
		lab_in "$ns" ethtool -k c0
		lab_in "$ns" ethtool -l c0
		lab_in "$ns" sysctl -a 2>/dev/null | grep -E 'rp_filter|forwarding|^kernel\.(.*bpf|modprobe)' || true
		find /sys/fs/bpf -printf '%p %i\n'
		cut -d ' ' -f 1 /proc/modules 2>/dev/null || true
	} >"$dir/$1"
}

unchanged() {
	snapshot after
	diff "$dir/before" "$dir/after"
}

# c0 is an interface of two queues, c1 its peer.
make_links() {
	ip link add c0 netns "$ns" numtxqueues 2 numrxqueues 2 type veth \
		peer name c1 netns "$ns" numtxqueues 2 numrxqueues 2
	ip -n "$ns" link set c0 up
	ip -n "$ns" link set c1 up
	lab_until 5 has_carrier
}

has_carrier() {
	ip -n "$ns" link show c0 | grep -q 'state UP'
}

rp_filter() {
	lab_in "$ns" sysctl -q -w "net.ipv4.conf.all.rp_filter=$1" "net.ipv4.conf.c0.rp_filter=$2"
}

start() {
	nsenter --net="/run/netns/$ns" -- "$LAB_GATEPOST" run "$@" >"$dir/agent.out" 2>"$dir/agent.err" &
	agent=$!
	lab_until 10 grep -q '^gatepost: running' "$dir/agent.err"
}

stop() {
	kill -s "${1:-TERM}" "$agent"
	wait "$agent" || true
	agent=
} 2>/dev/null

foreign_program() {
	printf '%s\n' '__attribute__((section("xdp"), used)) int somebody_elses(void *ctx) { return 2; }' |
	clang -O2 -g -target bpf -x c -c -o "$dir/other.o" -
}

narrow() {
	! grep -nE '^.{101}' "$dir/out"
}

coloured() {
	lab_in "$ns" env TERM=xterm python3 -IS -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
		"$LAB_GATEPOST" check -i c0 >"$dir/pty" </dev/null
	grep -q $'\e\\[32mok' "$dir/pty"
}

if [ "$(id -u)" -ne 0 ] || ! ip netns add "$ns" 2>/dev/null; then
	tap_skip 'needs root and network namespaces'
	tap_end
	exit
fi
trap close_all EXIT
dir=$(mktemp -d)
if [ ! -x "$LAB_GATEPOST" ]; then
	tap_skip "no $LAB_GATEPOST: run make"
	tap_end
	exit
fi
for tool in nft ethtool clang setpriv unshare python3; do
	command -v "$tool" >/dev/null || {
		tap_skip "$tool is not installed (scripts/deps)"
		tap_end
		exit
	}
done
chmod 755 "$dir"
install -m 755 "$LAB_GATEPOST" "$dir/gatepost"
lab_bpffs
make_links

# A host in order.
rp_filter 0 1
lab_in "$ns" ethtool -K c0 rxvlan off rx-vlan-stag-hw-parse off >/dev/null
lab_in "$ns" ethtool -L c0 rx 2
snapshot before
check --format json -i c0:inside -i c1:outside
tap 'a host in order is exit code 0' exit_code 0
tap 'nothing on standard error' quiet
tap 'root has the privileges' says - privileges ok root
tap 'programs for jumbo frames can be loaded' says - bpf_frags ok 'several buffers'
tap 'the maps are there' says - bpf_maps ok 'ARRAY.*RINGBUF'
tap 'the helpers are there' says - bpf_helpers ok xdp_load_bytes
tap 'programs are compiled, although the sysctl is missing here' says - bpf_jit ok compiled
tap 'no gatepost runs' says - pinned_maps ok none
tap 'no NAT' says - nat ok 'no rule'
tap 'the driver and what it can' says c0 xdp ok 'veth: native, frames of several buffers'
tap 'no program' says c0 program ok 'no XDP program'
tap 'two queues' says c0 queues ok '2 receive queues'
tap 'MTU' says c0 mtu ok '1500: a frame fits'
tap 'tags stay' says c0 vlan_tags ok 'left in'
tap 'nothing merges' says c0 merging ok 'one by one'
tap 'rp_filter of the inside' says c0 source_validation ok 'rp_filter 1.*access lines'
tap 'rp_filter of the outside does not matter' silent c1 source_validation
check
tap 'a survey is exit code 0' exit_code 0
tap 'a survey names both interfaces' tap_equal "$(grep -c '^INTERFACE c[01]$' "$dir/out")" 2
tap 'text is 100 columns wide at most' narrow
tap 'text ends with the result' grep -E '^gatepost can run here' "$dir/out"
tap 'no colour in a file' tap_equal "$(grep -c $'\e' "$dir/out" || true)" 0
tap 'colour on a terminal' coloured
check --format ndjson
tap 'ndjson is one line' tap_equal "$(wc -l <"$dir/out")" 1
tap 'nothing has changed' unchanged

# One thing after the other.
for values in '0 0 warn' '1 0 ok' '0 2 warn' '1 2 warn' '2 1 warn'; do
	read -r all own state <<<"$values"
	rp_filter "$all" "$own"
	check --format json -i c0:inside
	tap "rp_filter, all $all and c0 $own: $state" says c0 source_validation "$state" "rp_filter $((all > own ? all : own))"
done
lab_in "$ns" nft -f - <<-'NFT'
	table inet sources {
	chain pre {
	type filter hook prerouting priority -300
	fib saddr . iif oif missing drop
	}
	}
NFT
check --format json -i c0:inside
tap 'an nft fib rule validates sources' says c0 source_validation ok 'nft fib rule'
tap 'and translates nothing' says - nat ok 'no rule'
lab_in "$ns" nft delete table inet sources

lab_in "$ns" nft -f - <<-'NFT'
	table ip nat {
	chain leaving {
	type nat hook postrouting priority 100
	oifname "c1" masquerade
	ip saddr 10.0.0.0/8 snat to 192.0.2.1
	}
	}
NFT
snapshot before
check --format json -i c0:inside -i c1:outside
tap 'NAT between both sides is a warning' says - nat warn '2 rules .ip nat leaving: masquerade.*attach the inside only'
tap 'and no failure' exit_code 0
check --format json -i c0:inside
tap 'NAT behind the inside is in order' says - nat ok '2 rules'
check --format json -i c0
tap 'NAT and a tap' says - nat warn 'tap on the subscribers'
check --format json
tap 'NAT in a survey' says - nat warn 'masquerade'
hiding 'mount --bind /dev/null /usr/sbin/nft' --format json
tap 'without nft the rules are unknown' says - nat warn 'unknown: nft is not installed.*apt install nftables'
tap 'rules are still as they were' unchanged
lab_in "$ns" nft delete table ip nat
if command -v iptables-nft >/dev/null && command -v iptables-legacy >/dev/null; then
	lab_in "$ns" iptables-nft -t nat -A POSTROUTING -o c1 -j MASQUERADE
	check --format json
	tap 'NAT written by iptables-nft' says - nat warn '1 rule .ip nat POSTROUTING: MASQUERADE'
	lab_in "$ns" nft delete table ip nat
	if lab_in "$ns" iptables-legacy -t nat -A PREROUTING -i c1 -p tcp --dport 80 -j DNAT --to 10.0.0.1 2>/dev/null; then
		check --format json
		tap 'NAT written by iptables-legacy' says - nat warn '1 rule .ip nat PREROUTING: DNAT'
		lab_in "$ns" iptables-legacy -t nat -F
	else
		tap_skip 'the kernel has no legacy iptables'
	fi
else
	tap_skip 'iptables is not installed (scripts/deps)'
fi

lab_in "$ns" ethtool -K c0 rxvlan on >/dev/null
check --format json -i c0
tap 'tags taken out' says c0 vlan_tags warn 'taken out.*ethtool -K c0 rxvlan off$'
lab_in "$ns" ethtool -K c0 rxvlan off >/dev/null
lab_in "$ns" ethtool -L c0 rx 1
check --format json -i c0
if [ "$(nproc)" -gt 1 ]; then
	tap 'one queue of two' says c0 queues warn '1 receive queue of 2.*ethtool -L c0 rx 2'
else
	tap_skip 'queues need two CPUs'
fi
lab_in "$ns" ethtool -L c0 rx 2
ip -n "$ns" link set c0 mtu 9000
ip -n "$ns" link set c1 mtu 9000
check --format json -i c0
tap 'jumbo frames' says c0 mtu ok '9000: frames of several buffers, which veth can'
start -i c0:inside
tap 'and run attaches so' grep -E 'c0: attached in native mode' "$dir/agent.err"
snapshot before
check --format json -i c0
tap 'a gatepost that runs is no failure' exit_code 0
tap 'but said' says - pinned_maps warn 'a gatepost runs'
tap 'and so is its program' says c0 program ok 'gatepost, attached in native mode by the gatepost that runs'
tap 'the running one is left alone' unchanged
tap 'and runs' kill -0 "$agent"
stop KILL
check --format json -i c0
tap 'what a killed one left is a failure' exit_code 1
tap 'its maps' says - pinned_maps fail 'without cleaning up -> gatepost detach'
tap 'its program' says c0 program fail 'by a gatepost that has ended -> gatepost detach -i c0'
lab_in "$ns" "$LAB_GATEPOST" detach 2>/dev/null
check --format json -i c0
tap 'and the remedy is one' exit_code 0

# Somebody else's program.
ip -n "$ns" link set c0 mtu 1500
ip -n "$ns" link set c1 mtu 1500
foreign_program
ip -n "$ns" link set dev c0 xdp object "$dir/other.o" section xdp
snapshot before
check --format json -i c0
tap 'an XDP program in the way' says c0 program fail \
	'somebody_elses .id [0-9]+. is attached alone, in native mode -> .*ip link set dev c0 xdp off'
tap 'is exit code 1' exit_code 1
tap 'and stays' unchanged
tap 'run agrees' eval '! lab_in "$ns" timeout 20 "$LAB_GATEPOST" run -i c0'
check --format json
tap 'in a survey it is a warning' says c0 program warn somebody_elses
tap 'a survey with it is exit code 0' exit_code 0
as_nobody --format json -i c0
tap 'nobody sees that there is a program' says c0 program warn 'XDP program [0-9]+ is attached'
ip -n "$ns" link set dev c0 xdp off
ip -n "$ns" link set dev c0 xdpgeneric object "$dir/other.o" section xdp
check --format json -i c0
tap 'a generic one' says c0 program fail 'in generic mode -> .*ip link set dev c0 xdpgeneric off'
ip -n "$ns" link set dev c0 xdpgeneric off

# Interfaces of other kinds.
ip -n "$ns" link set c0 down
check --format json -i c0
tap 'down' says c0 link warn 'down -> ip link set dev c0 up'
ip -n "$ns" link set c0 up
ip -n "$ns" link set c1 down
check --format json -i c0
tap 'no carrier' says c0 link warn 'no carrier'
ip -n "$ns" link set c1 up
ip -n "$ns" link add br9 type bridge
ip -n "$ns" link set br9 up
ip -n "$ns" link set c0 master br9
check --format json -i br9
tap 'a bridge' says br9 link fail 'bridge.* -> attach to its members: c0'
tap 'is exit code 1' exit_code 1
check --format json -i c0
tap 'its port' says c0 link ok 'port of bridge br9'
check --format json
tap 'a survey leaves bridges out' silent br9 link
ip -n "$ns" link del br9
if ip -n "$ns" link add link c0 name vlan9 type vlan id 9 2>/dev/null; then
	check --format json -i vlan9
	tap 'a VLAN device' says vlan9 link fail 'vlan device on c0.*attach to c0'
	ip -n "$ns" link del vlan9
else
	tap_skip 'the kernel has no VLAN devices'
fi
if ip -n "$ns" link add link c0 name mac9 type macvlan 2>/dev/null; then
	check --format json -i mac9
	tap 'a macvlan device' says mac9 link fail 'macvlan device on c0.*attach to c0'
	ip -n "$ns" link del mac9
else
	tap_skip 'the kernel has no macvlan'
fi
if ip -n "$ns" tuntap add tun9 mode tun 2>/dev/null; then
	check --format json -i tun9
	tap 'no Ethernet' says tun9 link fail 'no Ethernet'
	ip -n "$ns" link del tun9
else
	tap_skip 'the kernel has no tun'
fi
check --format json -i lo
tap 'no native XDP' says lo xdp warn 'no native XDP.*--xdp-mode skb'
if ip -n "$ns" link add $'c\e[31m' type veth peer name c9 2>/dev/null; then
	ip -n "$ns" link set $'c\e[31m' up
	check
	tap 'names are cleaned' grep -F 'INTERFACE c\x1b[31m' "$dir/out"
	tap 'no escape sequence leaves' tap_equal "$(grep -c $'\e' "$dir/out" || true)" 0
	check -i $'c\e[31m'
	tap 'nor with -i' tap_equal "$(cat "$dir/out" "$dir/err" | grep -c $'\e' || true)" 0
	ip -n "$ns" link del c9
else
	tap_skip 'ip does not take such a name'
fi

# Privileges, and hosts where things are missing.
as_nobody --format json -i c0:inside
tap 'nobody cannot run it' says - privileges fail 'without CAP_BPF CAP_NET_ADMIN CAP_PERFMON -> use sudo'
tap 'is exit code 1' exit_code 1
tap 'and what nobody may ask is unknown' says - bpf warn unknown
tap 'rules as well' says - nat warn 'unknown'
tap 'nobody causes no words on standard error' quiet
watched setpriv --bounding-set=-bpf,-sys_admin,-net_admin "$LAB_GATEPOST" check --format json
tap 'root without capabilities' says - privileges fail 'root, without CAP_BPF CAP_NET_ADMIN -> give the container'
tap 'is exit code 1' exit_code 1
if unshare --user --map-root-user true 2>/dev/null; then
	watched unshare --user --map-root-user "$LAB_GATEPOST" check --format json
	tap 'root of a user namespace' says - privileges fail 'user namespace'
else
	tap_skip 'user namespaces are not allowed here'
fi
hiding 'mount -t tmpfs none /sys/fs/bpf' --format json
tap 'no BPF file system' says - bpf_file_system fail 'mount -t bpf'
tap 'is exit code 1' exit_code 1
hiding 'mount -t tmpfs none /sys' --format json
tap 'no BTF' says - btf warn 'no /sys/kernel/btf/vmlinux'
hiding 'mount -t tmpfs none /proc' --format json -i c0:inside
tap 'no /proc' says - privileges warn 'root; capabilities unknown'
tap 'no rp_filter' says c0 source_validation warn unknown
tap 'that is no failure' exit_code 0
hiding 'mount -t tmpfs none /proc && mount -t tmpfs none /sys' -i c0:inside
tap 'neither: a failure, but no crash' exit_code 1
tap 'neither: a table' grep '^gatepost cannot run here' "$dir/out"

# Usage.
check -i nonesuch
tap 'no such interface: exit code 2' exit_code 2
tap 'no such interface: what run says' complains '^gatepost: -i nonesuch: no interface nonesuch'
check -i c0:sideways
tap 'no such side: exit code 2' exit_code 2
tap 'no such side' complains 'inside, outside or tap'
check -i c0 -i c0:inside
tap 'twice: exit code 2' exit_code 2
tap 'twice' complains 'named twice'
check c0
tap 'an argument: exit code 2' exit_code 2
tap 'an argument' complains 'named with -i'
check --xdp-mode skb
tap 'another command'"'"'s option: exit code 2' exit_code 2
check --help
tap '--help' grep '^usage: gatepost check' "$dir/out"
tap_end
