#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What gatepost knows of a packet reaches others: nftables in the gateway counts by mark. A bot's packets bear its
# verdict once it is flagged, its neighbour's do not, and the verdict expires when the agent is killed. Needs root and
# build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

# The mark's value lies in bits 8 to 14: service, direction << 3, verdict << 4.
SHIFT=8
EXPIRY_S=10

configure() {
	{
		cat "$here/lab.conf"
		printf 'journal: %s/journal\n' "$LAB_DIR"
	} >"$LAB_DIR/no-tags.conf"
	{
		cat "$LAB_DIR/no-tags.conf"
		printf 'tags: {mark_mask: 0x7f00, mark_shift: %d, expiry: %ds}\n' "$SHIFT" "$EXPIRY_S"
	} >"$LAB_DIR/tags.conf"
}

start() {
	rm -f "$LAB_DIR/gatepost.err" # the last agent ran, too
	lab_gatepost_start json -c "$LAB_DIR/tags.conf"
	lab_until 10 grep -qs '^gatepost: running' "$LAB_DIR/gatepost.err"
}

# mark VALUE [MASK [OPERATOR]]: an expression of nft.
mark() {
	printf 'meta mark & 0x%x %s 0x%x' $((${2:-0x7f} << SHIFT)) "${3:-==}" $(($1 << SHIFT))
}

# Counts before anything else sees the packets: the hook before routing, at the earliest priority.
rules() {
	local bot="ip saddr $LAB_BOT4 tcp dport 25" clean="ip saddr $LAB_CLEAN4 tcp dport 25"
	local name
	printf 'table inet gatepost_test {\n'
	for name in bot bot_wrong bot_flagged bot6_service answer_service answer_flagged clean clean_wrong tls web other \
		other_marked foreign; do
		printf 'counter %s {}\n' "$name"
	done
	cat <<-RULES
		chain early {
			type filter hook prerouting priority -300
			$bot counter name bot
			$bot $(mark 4 0xf !=) counter name bot_wrong
			$bot $(mark 0x24) counter name bot_flagged
			$bot $(mark 0x14) counter name bot_flagged
			ip6 saddr $LAB_BOT6 tcp dport 25 $(mark 4 0xf) counter name bot6_service
			ip daddr $LAB_BOT4 tcp sport 25 $(mark 0xc 0xf) counter name answer_service
			ip daddr $LAB_BOT4 tcp sport 25 $(mark 0x2c) counter name answer_flagged
			ip daddr $LAB_BOT4 tcp sport 25 $(mark 0x1c) counter name answer_flagged
			$clean counter name clean
			$clean $(mark 4 0x7f !=) counter name clean_wrong
			ip saddr $LAB_CLEAN4 tcp dport 443 $(mark 2) counter name tls
			ip saddr $LAB_CLEAN4 tcp dport 80 $(mark 1) counter name web
			ip saddr $LAB_CLEAN4 udp dport 53 counter name other
			ip saddr $LAB_CLEAN4 udp dport 53 meta mark != 0 counter name other_marked
			meta mark & 0xffff80ff != 0 counter name foreign
		}
	RULES
	printf '}\n'
}

counted() {
	lab_in "$LAB_GW" nft list counter inet gatepost_test "$1" | awk '$1 == "packets" { print $2 }'
}

counts() {
	lab_in "$LAB_GW" nft list counters table inet gatepost_test |
		awk '$1 == "counter" { name = $2 } $1 == "packets" { printf "# %s %s\n", name, $2 }'
}

above() {
	tap_above "$(counted "$1")" "$2"
}

none() {
	tap_equal "$(counted "$1")" 0
}

# right NAME: there were such packets, and all of them had the right mark.
right() {
	above "$1" 0 && none "$1_wrong"
}

reset() {
	lab_in "$LAB_GW" nft reset counters table inet gatepost_test >/dev/null
}

# The neighbour: a mail client that looks in on port 25 and leaves, web pages, and a datagram.
neighbour() {
	local n
	for n in 3 4 5; do
		lab_in "$LAB_CLEAN" swaks --silent 3 --timeout 5 --server "198.18.$n.25" --port 25 --helo home.example \
			--quit-after HELO
		lab_in "$LAB_CLEAN" curl -sS -o /dev/null --max-time 5 "http://198.18.$n.25/"
		lab_in "$LAB_CLEAN" curl -sS -o /dev/null --max-time 5 --cacert "$LAB_DIR/cert.pem" \
			--connect-to ::198.18.4.25: https://shop.example/index.html
		lab_in "$LAB_CLEAN" bash -c "printf x >/dev/udp/198.18.$n.25/53"
	done
}

# What hangs on both interfaces' ingress and egress hooks by the name of our program.
filters() {
	local dev
	for dev in in0 out0; do
		lab_in "$LAB_GW" tc filter show dev "$dev" ingress
		lab_in "$LAB_GW" tc filter show dev "$dev" egress
	done | grep -c gatepost_tag || true
}

qdiscs() {
	lab_in "$LAB_GW" tc qdisc show | grep -c clsact || true
}

no_trace() {
	tap_equal "$(filters) filters, $(qdiscs) qdiscs" '0 filters, 0 qdiscs'
}

report() {
	python3 "$here/report.py" "$LAB_DIR/gatepost.out" "$@"
}

# Verdicts end EXPIRY_S after the agent wrote them last; the clock has whole seconds.
expires() {
	sleep $((EXPIRY_S + 2))
	reset
	lab_until 20 above bot 20 >/dev/null || return 1
	none bot_flagged && none answer_flagged && right bot && above answer_service 0
}

run_flagged() {
	local started=$SECONDS flagged=never
	start
	tap 'a tc program hangs on each side' tap_equal "$(filters)" 2
	lab_actor bot 110
	neighbour
	if lab_until 60 above bot_flagged 20 >/dev/null; then
		flagged="$((SECONDS - started)) s"
	fi
	neighbour
	counts
	tap "the bot's mail bears its verdict ($flagged)" above bot_flagged 20
	tap 'mail by IPv6 is marked as well' above bot6_service 0
	tap 'so do the answers to it' above answer_flagged 0
	tap "its neighbour's mail does not, but is marked as mail" right clean
	tap "so is all of the bot's" right bot
	tap 'TLS is marked' above tls 0
	tap 'web traffic is marked' above web 0
	tap 'other packets are not' none other_marked
	tap 'there were such packets' above other 0
	tap 'no other bit of the mark is set' none foreign
}

# The programs that a killed agent left tag packets: who wants none has to begin anew.
refuses_without_tags() {
	! lab_in "$LAB_GW" timeout 10 "$LAB_GATEPOST" run -i in0:inside -i out0:outside -c "$LAB_DIR/no-tags.conf" \
		>"$LAB_DIR/no-tags.out" 2>&1 && grep 'another configuration (tags: 1 there, 0 here)' "$LAB_DIR/no-tags.out"
}

run_killed() {
	lab_stop gatepost KILL || true
	tap 'a run without tags does not take over' refuses_without_tags
	tap 'after the agent was killed, traffic and tags go on, and verdicts expire' expires
	start
	tap 'the next agent puts its program in the place of the old one' tap_equal "$(filters)" 2
	reset
	tap 'tags go on' lab_until 10 above bot 20
	tap 'to the packet' none bot_wrong
	lab_stop gatepost INT
	tap 'a normal end leaves no filter and no qdisc' no_trace
	tap 'all tags found room' tap_equal "$(report value coverage.tags_failed)" 0
	lab_stop bot || true
}

# somebody DEVICE HOOK: another filter, which matches nothing.
somebody() {
	lab_in "$LAB_GW" tc filter add dev "$1" "$2" prio 1 protocol all u32 match u32 0xffffffff 0xffffffff at 0 flowid 1:1
}

others_filter() {
	tap_above "$(lab_in "$LAB_GW" tc filter show dev in0 "$1" | grep -c 'u32.*flowid')" 0
}

# Somebody else's qdisc with a filter on it, on one of the sides.
run_guest() {
	lab_in "$LAB_GW" tc qdisc add dev in0 clsact
	somebody in0 ingress
	reset
	start
	tap 'the first priority may be taken' tap_equal "$(filters)" 2
	neighbour
	tap 'tags become marks behind other filters' right clean
	lab_stop gatepost KILL || true
	tap 'detach succeeds' lab_in "$LAB_GW" "$LAB_GATEPOST" detach
	tap 'detach takes our filters off' tap_equal "$(filters)" 0
	tap "detach leaves somebody else's qdisc alone, and removes ours" tap_equal "$(qdiscs)" 1
	tap "and somebody else's filter" others_filter ingress
	lab_in "$LAB_GW" tc qdisc del dev in0 clsact
	start
	somebody in0 egress
	lab_stop gatepost INT
	tap 'our qdisc stays when others have come to use it' tap_equal "$(filters) filters, $(qdiscs) qdiscs" \
		'0 filters, 1 qdiscs'
	tap 'and so does what they hung on it' others_filter egress
}

if ! reason=$(lab_missing); then
	tap_skip "$reason"
	tap_end
	exit
fi
if ! command -v nft >/dev/null || ! command -v tc >/dev/null; then
	tap_skip 'nft or tc is not installed (scripts/deps)'
	tap_end
	exit
fi
if [ ! -x "$LAB_GATEPOST" ]; then
	tap_skip "no $LAB_GATEPOST: run make"
	tap_end
	exit
fi

lab_bpffs
lab_open
lab_services
configure
rules >"$LAB_DIR/rules.nft"
lab_in "$LAB_GW" nft -f "$LAB_DIR/rules.nft"
run_flagged
run_killed
run_guest
tap_end
