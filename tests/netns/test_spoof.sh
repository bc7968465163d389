#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nobody gets a verdict for packets that somebody else sent in his name. An attacker outside sends SYNs and guessed ACKs
# with the addresses of (1) a host outside whose stack answers every SYN-ACK with RST, (2) nobody, who stays silent,
# (3) a subscriber inside; and, as a control in the same run, scans under his own address, for which he must be named.
# Needs root and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

INNOCENT=gp-inno-$$
ATTACKER=gp-evil-$$
SERVER=gp-srv-$$
INNOCENT4=203.0.113.7
INNOCENT6=2001:db8:fffe::7
NOBODY4=203.0.113.99
ATTACKER4=198.51.100.66
ATTACKER6=2001:db8:fffd::66
PORTS=21,22,23,25,80,110,443,587,3389,8080
ANSWERING=30
DARK=100

report() {
	python3 "$here/report.py" "$LAB_DIR/gatepost.out" "$@"
}

# The Internet gets an exchange with two more networks; the access network one machine with many addresses.
add_hosts() {
	local n
	lab_bridge "$LAB_NET" ix
	ip -n "$LAB_NET" addr add 203.0.113.1/24 dev ix
	ip -n "$LAB_NET" addr add 198.51.100.1/24 dev ix
	ip -n "$LAB_NET" -6 addr add 2001:db8:fffe::1/64 dev ix nodad
	ip -n "$LAB_NET" -6 addr add 2001:db8:fffd::1/64 dev ix nodad
	lab_host "$INNOCENT" "$LAB_NET" ix innocent "$INNOCENT4/24" 203.0.113.1 "$INNOCENT6/64" 2001:db8:fffe::1
	lab_host "$ATTACKER" "$LAB_NET" ix attacker "$ATTACKER4/24" 198.51.100.1 "$ATTACKER6/64" 2001:db8:fffd::1
	lab_host "$SERVER" "$LAB_SUB" br0 server 10.77.1.1/16 10.77.0.1 fd77:0:0:4000::1/48 fd77::1
	for ((n = 2; n <= ANSWERING; n++)); do
		printf 'addr add 10.77.1.%d/16 dev eth0\n' "$n"
		printf 'addr add fd77:0:0:4000::%x/48 dev eth0 nodad\n' "$n"
	done | ip -n "$SERVER" -batch -
	# shellcheck disable=SC2086 # a list of ports
	lab_start listen "$SERVER" python3 "$here/listen.py" --seconds 120 ${PORTS//,/ }
	lab_until 10 lab_listens "$SERVER" 8080
}

# spoof LABEL MODE SOURCE TARGET...: in the background
spoof() {
	local label=$1 mode=$2 source=$3
	shift 3
	lab_start "$label" "$ATTACKER" timeout 60 python3 "$here/spoof.py" --mode "$mode" --source "$source" \
		--ports "$PORTS" --rate 100 "$@"
}

attacks() {
	local label actor
	for label in syn guess; do
		spoof "$label-innocent4" "$label" "$INNOCENT4" "10.77.1.1+$ANSWERING" "10.77.9.1+$DARK"
		spoof "$label-innocent6" "$label" "$INNOCENT6" "fd77:0:0:4000::1+$ANSWERING" "fd77:0:0:9000::1+$DARK"
		spoof "$label-nobody4" "$label" "$NOBODY4" "10.77.1.1+$ANSWERING" "10.77.9.1+$DARK"
		spoof "$label-inside4" "$label" "$LAB_CLEAN4" "10.77.1.1+$ANSWERING" "10.77.9.1+$DARK" "198.18.0.25+1" \
			"198.18.7.25+1"
		spoof "$label-inside6" "$label" "$LAB_CLEAN6" "fd77:0:0:4000::1+$ANSWERING" \
			"fd77:0:0:9000::1+$DARK" "2001:db8:3::25"
		for actor in innocent4 innocent6 nobody4 inside4 inside6; do
			lab_wait "$label-$actor" || {
				cat "$LAB_DIR/$label-$actor.err"
				return 1
			}
		done
	done
}

# The attacker under his own name: real handshakes, mostly with nobody.
control() {
	lab_in "$ATTACKER" timeout 30 nmap -sT -Pn -n -T4 --max-rate 60 --max-retries 0 --max-rtt-timeout 400ms \
		-p 23,80 10.77.1.1-10 10.77.9.1-150 -oG - >/dev/null
}

# A rejected segment makes a stack say RST; nstat's absolute count of them.
resets_sent() {
	lab_in "$1" nstat -asz TcpOutRsts | awk '$1 == "TcpOutRsts" { print $2 }'
}

no_verdict() {
	! report verdicts | grep -F -e "$1"
}

# Where nobody answers a SYN-ACK with RST, nothing tells a forged scan from a real one: no more than that may be said.
unverified_at_most() {
	! report verdicts | grep -F -e "$1 " | grep -v ' suspected unverified$'
}

# The control: with a detector that sees nothing, all of the above would pass.
attacker_is_named() {
	report verdicts | grep "^$ATTACKER4 scanner "
}

verdicts_only_for_attacker() {
	! report verdicts | grep -v -e "^$ATTACKER4 " -e "^$NOBODY4 "
}

if ! reason=$(lab_missing); then
	tap_skip "$reason"
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
add_hosts
lab_gatepost_start ndjson --interval 5
tap 'the attacks were sent' attacks
tap 'the control was sent' control
sleep 24 # two windows of 10 s, and what an attempt may wait for its answer
status=0
lab_stop gatepost INT || status=$?
tap 'gatepost ended with exit code 0' tap_equal "$status" 0
tap 'the innocent host answered with RST' tap_above "$(resets_sent "$INNOCENT")" 300
tap 'the subscriber answered with RST' tap_above "$(resets_sent "$LAB_CLEAN")" 10
tap 'gatepost saw all of it' tap_above "$(report value coverage.packets)" 5000
tap 'nothing is unaccounted' tap_equal "$(report value coverage.unaccounted)" 0
tap 'no verdict on the innocent host (IPv4)' no_verdict "$INNOCENT4 "
tap 'no verdict on the innocent host (IPv6)' no_verdict "${INNOCENT6%::*}:"
tap 'an address where nobody is gets an unverified suspicion at most' unverified_at_most "$NOBODY4"
tap 'no verdict on the subscriber (IPv4)' no_verdict "$LAB_CLEAN4 "
tap 'no verdict on the subscriber (IPv6)' no_verdict "${LAB_CLEAN6%::*}:"
tap 'no verdict on anybody but the attacker' verdicts_only_for_attacker
report verdicts | sed 's/^/# /'
tap 'control: the attacker is a scanner under his own name' attacker_is_named
tap_end
