#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gatepost on both sides of the laboratory's gateway: who is named, who is not, and whether every packet is accounted
# for. Needs root and build/gatepost (or GATEPOST=FILE).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"

report() {
	python3 "$here/report.py" "$LAB_DIR/gatepost.out" "$@"
}

# names ADDRESS KIND
names() {
	report verdicts | grep "^$1 $2 " >/dev/null || {
		printf 'verdicts are:\n'
		report verdicts
		return 1
	}
}

names_both() {
	names "$LAB_BOT4" spam_bot && names "$LAB_SCANNER4" scanner
}

names_only() {
	! report verdicts | grep -v -e "^$LAB_BOT4 " -e "^$LAB_SCANNER4 " -e "^${LAB_BOT6%::*}::/56 " -e "^${LAB_SCANNER6%::*}::/56 "
}

nothing_attached() {
	tap_equal "$(lab_attached | tr '\n' ' ')" ''
}

nothing_pinned() {
	[ ! -e /sys/fs/bpf/gatepost ] || {
		find /sys/fs/bpf/gatepost
		return 1
	}
}

# between BEFORE AFTER: packets and bytes (with Ethernet headers) that a side received.
between() {
	local before after
	read -r -a before <<<"$1"
	read -r -a after <<<"$2"
	local packets=$((after[0] - before[0]))
	printf '%d %d\n' "$packets" "$((after[1] - before[1] + 14 * packets))"
}

counters_agree() {
	local in out
	read -r -a in <<<"$(between "$in_before" "$in_after")"
	read -r -a out <<<"$(between "$out_before" "$out_after")"
	tap_equal "$(lab_rx in0) $(lab_rx out0)" "$in_after $out_after" || printf 'traffic went on after the last reading\n'
	printf 'inside %s packets %s bytes, outside %s packets %s bytes\n' "${in[@]}" "${out[@]}"
	tap_equal "$(report value coverage.packets)" "$((in[0] + out[0]))" &&
		tap_equal "$(report value coverage.bytes)" "$((in[1] + out[1]))"
}

actors() {
	local actor seconds=$1
	for actor in bot scanner clean; do
		lab_actor "$actor" "$seconds"
	done
}

# The laboratory proves nothing when its traffic did not flow.
actors_done() {
	local actor
	for actor in bot scanner clean; do
		lab_wait "$actor" || {
			printf '%s:\n' "$actor"
			cat "$LAB_DIR/$actor.out" "$LAB_DIR/$actor.err"
			return 1
		}
	done
}

# A start is quiet when nothing came in between a reading before it and one after it. The latter counts: see lab.sh.
start_quietly() {
	local before try
	for try in 1 2 3 4 5; do
		lab_quiet 30
		before="$(lab_rx in0) $(lab_rx out0)"
		lab_gatepost_start ndjson --interval 2
		in_before=$(lab_rx in0)
		out_before=$(lab_rx out0)
		[ "$before" != "$in_before $out_before" ] || return 0
		printf '# start %d was not quiet\n' "$try"
		lab_stop gatepost INT
	done
	return 1
}

# One run from a quiet moment to a quiet moment.
run_watched() {
	start_quietly
	started=$SECONDS
	actors 40
	flagged_after=
	if lab_until 60 names_both >/dev/null 2>&1; then
		flagged_after=$((SECONDS - started))
	fi
	tap 'the traffic flowed' actors_done
	lab_quiet 30
	in_after=$(lab_rx in0)
	out_after=$(lab_rx out0)
	status=0
	lab_stop gatepost INT || status=$?
}

# A killed agent may leave its programs; detach takes them away, and traffic never stops.
run_killed() {
	lab_gatepost_start json
	lab_stop gatepost KILL || true
	tap 'traffic flows on after the agent was killed' passes_traffic
	tap 'detach of one interface succeeds' lab_in "$LAB_GW" "$LAB_GATEPOST" detach -i in0
	tap 'detach of one interface leaves the other alone' tap_equal "$(lab_attached)" out0
	tap 'detach of the rest succeeds' lab_in "$LAB_GW" "$LAB_GATEPOST" detach
	tap 'detach leaves no program' nothing_attached
	tap 'detach leaves no pin' nothing_pinned
	tap 'detach where nothing is attached succeeds as well' lab_in "$LAB_GW" "$LAB_GATEPOST" detach
}

sampled() {
	[ "$(report value "coverage.evidence.$1.samples")" -gt 0 ]
}

has_dialogues() {
	[ "$(report value coverage.evidence.dialogues)" -gt 0 ]
}

passes_traffic() {
	lab_in "$LAB_CLEAN" curl -sS -o /dev/null --max-time 5 http://198.18.3.25/
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
run_watched
tap "both are named within 60 s (${flagged_after:-never} s)" names_both
tap 'the bot is a spam bot' names "$LAB_BOT4" spam_bot
tap 'the scanner is a scanner' names "$LAB_SCANNER4" scanner
tap 'nobody else has a verdict' names_only
tap "packets and bytes equal the interfaces' ($(report value coverage.packets))" counters_agree
tap 'nothing is unaccounted' tap_equal "$(report value coverage.unaccounted)" 0
tap "mail dialogues were sampled ($(report value coverage.evidence.mail.samples))" sampled mail
tap "and SYNs ($(report value coverage.evidence.syn.samples))" sampled syn
tap "and put together ($(report value coverage.evidence.dialogues))" has_dialogues
tap 'nothing was missed by the interfaces' tap_equal "$(report value coverage.nic_missed)" 0
tap 'SIGINT ends it with exit code 0' tap_equal "$status" 0
tap 'a normal exit leaves no program' nothing_attached
tap 'a normal exit leaves no pin' nothing_pinned
run_killed
tap_end
