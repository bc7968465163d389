#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another configuration a thousand times while packets come: to the last packet and byte each one is counted, in the name of
# who owns it; a broken one changes nothing and says why. Needs root and build/gatepost (or GATEPOST=FILE). RELOADS=N for
# another number.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/netns/tap.sh
. "$here/tap.sh"
# shellcheck source=tests/netns/lab.sh
. "$here/lab.sh"
# shellcheck source=tests/netns/exact.sh
. "$here/exact.sh"

reloads=${RELOADS:-1000}

# 10.0.0.0/24 is inside in each of them: as a whole, in pieces, with other neighbours, under other roles.
variants=(
	'inside: [10.0.0.0/24]'
	'inside: [10.0.0.0/24, 10.0.1.0/24, "2001:db8::/40"]'
	'inside: [10.0.0.0/25, 10.0.0.128/25, 172.16.0.0/16]\nrelays: [10.0.0.77]'
	'inside: [10.0.0.0/23]\ninfrastructure: [10.0.0.0/28]\nports: {smtp: [25, 2526]}'
	'inside: [10.0.0.0/24, {prefix: "2001:db8:8000::/40", subscriber: 56}]\nthresholds: {suspect_score: 8}'
)
broken=(
	'inside: [10.0.0.0/33]'
	'inside: [{prefix: 10.0.0.0/24, subscriber: 30}]'
	'nothing: so'
)

said() {
	grep -c "$1" "$dir/agent.err" || true
}

has_said() {
	[ "$(said "$1")" -ge "$2" ]
}

write_conf() {
	printf "journal: %s\ntables: {addresses: 262144}\n$1\n" "$dir/journal" >"$dir/conf"
}

# reload_once N: every tenth configuration is a broken one.
reload_once() {
	if [ $(($1 % 10)) -eq 9 ]; then
		write_conf "${broken[$1 / 10 % ${#broken[@]}]}"
		refused=$((refused + 1))
		kill -s HUP "$agent"
		lab_until 10 has_said 'reload: .* stays in use' "$refused"
	else
		write_conf "${variants[$1 % ${#variants[@]}]}"
		done=$((done + 1))
		kill -s HUP "$agent"
		lab_until 10 has_said 'reload: .* is in use' "$done"
	fi
}

run_reloads() {
	local before after i begin
	done=0 refused=0
	make_link 1500
	write_conf "${variants[0]}"
	start_whole
	before=$(received)
	nsenter --net="/run/netns/$ns" -- python3 "$here/traffic.py" g1 15000 >"$dir/sent" 2>"$dir/sender.err" &
	sender=$!
	begin=$SECONDS
	for ((i = 0; i < reloads && SECONDS - begin < 240; i++)); do
		reload_once "$i" || break
	done
	kill -s TERM "$sender"
	wait "$sender" || cat "$dir/sender.err"
	sender=
	sleep 0.3
	after=$(received)
	stop
	printf '# %d reloads, %d of them refused, in %d s\n' "$i" "$refused" $((SECONDS - begin))
	tap 'all reloads were made that were to be' tap_equal "$i" "$reloads"
	tap 'each refusal names a reason' tap_above "$(said 'conf:[0-9]*: \|cannot change')" $((refused - 1))
	tap 'it ends with exit code 0' tap_equal "$status" 0
	check_counts "$before" "$after"
	ip -n "$ns" link del g0
}

# Killed behind a reload: the next agent goes on with the configuration as it is then.
run_killed() {
	make_link 1500
	write_conf "${variants[0]}"
	start_whole
	write_conf "${variants[1]}"
	kill -s HUP "$agent"
	lab_until 10 has_said 'reload: .* is in use' 1
	stop KILL
	start_whole
	tap 'a killed agent is followed with the configuration that it had read last' grep '^gatepost: took over' "$dir/agent.err"
	stop KILL
	write_conf "${variants[2]}"
	start_whole
	tap 'and with another one' grep '^gatepost: took over' "$dir/agent.err"
	stop
	tap 'it ends with exit code 0' tap_equal "$status" 0
	ip -n "$ns" link del g0
}

exact_open
run_reloads
run_killed
tap_end
