#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A gateway that masquerades: its outside never shows a subscriber's address. With gatepost inside only, as it should be
# then, subscribers who browse 60 servers and send mail have no verdict. On both sides, or with the inside given as a mirror
# port though it shows one direction, no answer ever reaches them: they are suspected then, and must not be confirmed.
# Needs root, nftables and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

report() {
	python3 "$here/report.py" "$LAB_DIR/gatepost.out" "$@"
}

masquerade() {
	lab_in "$LAB_GW" nft -f - <<-RULES
		table inet gatepost_nat {
			chain out {
				type nat hook postrouting priority srcnat
				oifname "out0" masquerade
			}
		}
	RULES
}

# start INTERFACE:SIDE...
start() {
	local arguments=() interface
	for interface in "$@"; do
		arguments+=(-i "$interface")
	done
	LAB_ATTACHED=yes
	rm -f "$LAB_DIR/gatepost.err"
	lab_start gatepost "$LAB_GW" "$LAB_GATEPOST" run "${arguments[@]}" -c "$LAB_HERE/lab.conf" --format json
	lab_until 10 grep -qs '^gatepost: running' "$LAB_DIR/gatepost.err"
}

# Pages from servers all over: first contacts, each of them answered.
browse() {
	local n failed=0
	for ((n = 1; n <= 60; n++)); do
		lab_in "$1" curl -sS -o /dev/null --max-time 4 "http://198.18.$n.25/" || failed=$((failed + 1))
	done
	tap_equal "$failed" 0
}

traffic() {
	lab_actor clean 24
	browse "$LAB_CLEAN"
	browse "$LAB_BOT" # who is no bot here
	lab_wait clean || {
		cat "$LAB_DIR/clean.out" "$LAB_DIR/clean.err"
		return 1
	}
}

no_verdict() {
	tap_equal "$(report verdicts)" ''
}

none_confirmed() {
	! report verdicts | grep ' confirmed '
}

# run_with NAME INTERFACE:SIDE...
run_with() {
	local name=$1
	shift
	start "$@"
	tap "$name: the traffic flowed" traffic
	sleep 12 # what was attempted last can get no more answers, and the window ends
	status=0
	lab_stop gatepost INT || status=$?
	tap "$name: exit code 0" tap_equal "$status" 0
	tap "$name: $(report line)" tap_above "$(report value coverage.packets)" 1000
	tap "$name: nothing is unaccounted" tap_equal "$(report value coverage.unaccounted)" 0
	tap "$name: nobody is confirmed" none_confirmed
	report verdicts | sed 's/^/# /'
}

for need in lab_missing 'command -v nft'; do
	if ! reason=$($need); then
		tap_skip "${reason:-nft is not installed (scripts/deps)}"
		tap_end
		exit
	fi
done
if [ ! -x "$LAB_GATEPOST" ]; then
	tap_skip "no $LAB_GATEPOST: run make"
	tap_end
	exit
fi

lab_bpffs
lab_open
lab_services
masquerade
run_with 'inside only' in0:inside
tap 'inside only: nobody has a verdict' no_verdict
run_with 'inside as a mirror port' in0
run_with 'both sides' in0:inside out0:outside
tap_end
