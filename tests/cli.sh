#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the command line does with right and wrong input: exit codes, one clear line per error, results on stdout only.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

gatepost=${GATEPOST:-build/gatepost}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0 skipped=0

ok() {
	passed=$((passed + 1))
}

not_ok() {
	failed=$((failed + 1))
	printf 'not ok - %s\n' "$1"
	sed 's/^/    stderr: /' "$dir/err"
	head -c 300 "$dir/out" | sed 's/^/    stdout: /'
}

# says CODE PATTERN ARGUMENT...: exit code CODE, nothing on stdout, exactly one line on stderr, and it matches.
says() {
	local code=$1 pattern=$2 got
	shift 2
	"$gatepost" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	if [ "$got" -eq "$code" ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
		grep -qE -- "$pattern" "$dir/err"; then
		ok
	else
		not_ok "gatepost $* (exit code $got, expected $code and a line with: $pattern)"
	fi
}

# prints PATTERN ARGUMENT...: exit code 0, and stdout matches.
prints() {
	local pattern=$1 got
	shift
	"$gatepost" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	if [ "$got" -eq 0 ] && grep -qE -- "$pattern" "$dir/out"; then
		ok
	else
		not_ok "gatepost $* (exit code $got, expected 0 and: $pattern)"
	fi
}

expect() {
	local name=$1
	shift
	if "$@"; then ok; else not_ok "$name"; fi
}

# bytes HEX...: raw bytes on stdout.
bytes() {
	printf '%b' "$(printf '%s' "$*" | tr -d ' ' | sed 's/../\\x&/g')"
}

# A pcap header, Ethernet, and one SYN from 10.0.0.7 to 192.0.2.25 port 25 at second $1.
header() {
	bytes d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
}
record() {
	bytes "$(printf '%08x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')" 00000000 36000000 36000000
	bytes 020000000001 020000000002 0800 4500002800014000400600000a000007c0000219 \
		c0010019 00000001 00000000 5002ffff00000000
}
{ header; record 1000; } >"$dir/one.pcap"
{ header; record 1001; } >"$dir/two.pcap"
{ header; record 1000; record 1002 | head -c 40; } >"$dir/cut.pcap"
: >"$dir/empty.pcap"
printf 'no capture at all, just text\n' >"$dir/text.pcap"

# Usage.
says 2 'no command frobnicate' frobnicate
says 2 'no capture named' replay
says 2 'unknown option --frobnicate' replay --frobnicate x
says 2 'unknown option -z' replay -zc x
says 2 '--all takes no value' replay --all=3 x
says 2 '--engine x: choose native or kernel' replay --engine x "$dir/one.pcap"
says 2 '--format x: choose json, ndjson or text' replay --format x "$dir/one.pcap"
says 2 'needs a value' replay --inside
says 2 'standard input .* twice' replay - -
says 2 '--inside 10.0.0.1/8: ' replay --inside 10.0.0.1/8 "$dir/one.pcap"
says 2 '--interval does not apply here' replay --interval 5 "$dir/one.pcap"
says 2 'no interface named' run
says 2 '--interval 0: ' run -i lo --interval 0
says 1 'no interface gpnone0' run -i gpnone0:inside
says 2 'side is inside, outside or tap' run -i lo:sideways
prints '^usage: gatepost COMMAND' --help
prints '^gatepost [0-9]+\.[0-9]+' --version
prints '^usage: gatepost replay' replay --help
prints '^usage: gatepost run' run --help
prints '^usage: gatepost detach' detach --help
prints '^usage: gatepost check' check --help

# Files that are no captures.
says 1 'gone.pcap: .*No such file' replay "$dir/gone.pcap"
says 1 "$dir: " replay "$dir"
says 1 'empty.pcap: ' replay "$dir/empty.pcap"
says 1 'text.pcap: .*unknown file format' replay "$dir/text.pcap"

# Configuration: all errors at once, each with its line.
printf 'sensor: gw1\nfrobnicate: 1\ninside: [10.0.0.0/33]\n' >"$dir/bad.conf"
"$gatepost" replay -c "$dir/bad.conf" "$dir/one.pcap" >"$dir/out" 2>"$dir/err"
expect 'a bad configuration is exit code 2' [ $? -eq 2 ]
expect 'line 2 is named' grep -q 'bad.conf:2: "frobnicate": unknown key' "$dir/err"
expect 'line 3 is named' grep -q 'bad.conf:3: inside' "$dir/err"
printf 'lists:\n- {name: l, kind: watch, file: %s}\n' "$dir/list.csv" >"$dir/lists.conf"
says 2 "lists: cannot read $dir/list.csv of l: No such file" replay -c "$dir/lists.conf" "$dir/one.pcap"
printf '192.0.2.0/24\nfoo\nbar,,soon\n' >"$dir/list.csv"
"$gatepost" replay -c "$dir/lists.conf" "$dir/one.pcap" >"$dir/out" 2>"$dir/err"
expect 'a bad list is exit code 2' [ $? -eq 2 ]
expect 'each of its errors is named' [ "$(grep -cE 'list.csv:(2|3): ' "$dir/err")" -eq 3 ]
printf '192.0.2.0/24, all well\n' >"$dir/list.csv"
prints '"lists": ' replay -c "$dir/lists.conf" "$dir/one.pcap"
bot=tests/pcap/spam-bot-ipv4/input.pcap
printf '198.18.0.0/15, all its servers\n' >"$dir/list.csv"
prints '"host": "10.20.0.7", .*"label": "all its servers", .*"flows": \{ "smtp": 324 \}, "mail_domains": \[ "example.org" \]' \
	replay -c "$dir/lists.conf" "$bot"
prints '^  10.20.0.7 speaks with 198.18.0.0/15$' replay -c "$dir/lists.conf" --format text "$bot"
long=$(printf 'n%.0s' {1..63})
printf 'as_table: %s\nlists: [{name: %s, kind: watch, entries: ["::/0, %s", "0.0.0.0/0, %s"]}]\n' "$dir/as.csv" "$long" \
	"$long" "$long" >"$dir/long.conf"
printf '0.0.0.0/0,4294967295,"%s"\n::/0,4294967295,"%s"\n' "$long" 'Größe, größer, am größten' >"$dir/as.csv"
for capture in "$bot" tests/pcap/spam-bot-ipv6/input.pcap; do
	prints '^  AS4294967295 ' replay -c "$dir/long.conf" --inside 10.0.0.0/8 --inside 2001:db8::/48 --format text "$capture"
	expect "the text about $capture fits 100 columns" [ -z "$(LC_ALL=C.UTF-8 grep -E '^.{101}' "$dir/out")" ]
	expect 'and watches somebody' grep -qE '^  (10.20.0.7|2001:db8:0:a00::/56) speaks with ' "$dir/out"
done
printf 'lists: [{name: own, kind: known-good, entries: ["10.20.0.0/24, tests"]}]\n' >"$dir/good.conf"
prints '"list": "own", "prefix": "10.20.0.0/24", "label": "tests", "reason": "known-good", "kind": "spam_bot", "count": 1' \
	replay -c "$dir/good.conf" "$bot"
expect 'a host on a known-good list has no verdict' grep -q '^  "hosts": \[\],$' "$dir/out"

# The effective configuration: nothing is attached, and what is printed is a configuration again.
for conf in docs/gatepost.conf.example "$dir/long.conf" "$dir/good.conf"; do
	prints '^sensor: "g' run -n -c "$conf"
	cp "$dir/out" "$dir/effective.conf"
	"$gatepost" run --dry-run -c "$dir/effective.conf" >"$dir/out" 2>"$dir/err"
	expect "$conf is printed, and printed again the same" cmp -s "$dir/effective.conf" "$dir/out"
done
printf 'hash_secret: 00112233445566778899aabbccddeeff\ninterfaces: [{name: old}]\n' >"$dir/secret.conf"
prints '^# hash_secret: \(set; --show-secret shows it\)$' run -n -c "$dir/secret.conf"
expect 'a secret is not shown unasked' [ -z "$(grep 8899aabb "$dir/out")" ]
prints '^hash_secret: 00112233445566778899aabbccddeeff$' run -n --show-secret -c "$dir/secret.conf"
prints '^  - name: "new"$' run -n -c "$dir/secret.conf" -i new:inside --inside 192.0.2.0/24
expect '-i takes the place of interfaces' [ -z "$(grep '"old"' "$dir/out")" ]
expect 'and --inside is inside' grep -q '^  - 192.0.2.0/24$' "$dir/out"
says 2 '-i new:left: the side is inside, outside or tap' run -n -i new:left
says 2 'run: --show-secret is for -n' run --show-secret -i lo
says 2 '--dry-run does not apply here' replay -n "$dir/one.pcap"
printf 'sensor: a\nbogus: 1\n' >"$dir/bogus.conf"
says 2 'bogus.conf:2: "bogus": unknown key' run -n -c "$dir/bogus.conf"

# Classes: thresholds of its own take a spam bot's verdict away, and the report names the class.
prints '"class": "homes"' replay -c <(printf 'classes: [{name: homes, prefixes: [10.20.0.0/24]}]\n') "$bot"
expect 'a class without thresholds of its own changes no verdict' grep -q '"verdict": "confirmed"' "$dir/out"
prints '"hosts": \[\]' replay -c <(printf 'classes: [{name: homes, prefixes: [10.20.0.0/24], spam_min_flows: 1e6}]\n') "$bot"
printf 'as_table: %s\n' "$dir/list.csv" >"$dir/as.conf"
"$gatepost" replay -c "$dir/as.conf" "$dir/one.pcap" >"$dir/out" 2>"$dir/err"
expect 'a bad AS table is exit code 2' [ $? -eq 2 ]
expect 'and what to give instead is said' grep -q 'list.csv is not used; .* GeoLite2-ASN' "$dir/err"
says 2 'gone.conf: ' replay -c "$dir/gone.conf" "$dir/one.pcap"

# Results.
prints '"schema": "gatepost.report/1"' replay "$dir/one.pcap"
prints '"packets": 1,' replay "$dir/one.pcap"
prints '"unaccounted": 0,' replay "$dir/one.pcap"
prints '"packets": 2,' replay "$dir/two.pcap" "$dir/one.pcap"
prints '"time_reversed": 0' replay "$dir/two.pcap" "$dir/one.pcap"
prints 'every packet accounted for' replay --format text "$dir/one.pcap"
prints '"address": ?"10.0.0.7"' replay --all "$dir/one.pcap"
bot=tests/pcap/spam-bot-ipv4/input.pcap
prints '"command":"HELO","argument":"localhost"' replay --dialogues "$bot"
prints '"value": "localhost"' replay "$bot"
says 2 'give it without --format' replay --dialogues --format text "$bot"
scan=tests/pcap/scan-connect/input.pcap
prints '2026-01-05T10:00:36  scanner      suspected   16.0' replay --explain 10.20.0.66 "$scan"
prints 'scanner: suspected, 16.0 nats, confidence 99.99 %' replay --explain 10.20.0.66 "$scan"
prints '"kind":"scanner","state":"suspected","score":16.0000' replay --explain 10.20.0.66 --format ndjson "$scan"
prints 'ports of well-known services 744 times, 670 without an answer' replay --explain 10.20.0.66 "$scan"
printf 'infrastructure: [10.20.0.66]\n' >"$dir/infrastructure.conf"
prints '^  left out of the report, because it is infrastructure' replay -c "$dir/infrastructure.conf" --explain 10.20.0.66 "$scan"
printf 'lists: [{name: own, kind: known-good, entries: ["10.20.0.0/24"]}]\n' >"$dir/known.conf"
prints '"left_out":"the operator' replay -c "$dir/known.conf" --format json --explain 10.20.0.66 "$scan"
prints '192.0.2.1: no packet that says anything of it was seen' replay --explain 192.0.2.1 "$scan"
says 2 'give one address' replay --explain 10.20.0.0/24 "$scan"
says 2 'give one address' replay --explain localhost "$scan"
prints '^::: no packet that says anything of it was seen' replay --explain :: "$scan"
says 2 'give one of them' replay --explain 10.20.0.66 --dialogues "$scan"
says 2 '^gatepost: replay: --all is for the report' replay --explain 10.20.0.66 --all "$scan"
"$gatepost" replay --explain 10.20.0.66 "$scan" >/dev/full 2>"$dir/err"
expect 'an explanation that cannot be written: exit code 1' [ $? -eq 1 ]
expect 'and is named' grep -q 'explanation: cannot write' "$dir/err"
"$gatepost" replay --dialogues "$bot" >/dev/full 2>"$dir/err"
expect 'dialogues that cannot be written: exit code 1' [ $? -eq 1 ]
expect 'and why' grep -q 'No space left' "$dir/err"

# The packets behind a verdict.
mkdir -m 700 "$dir/kept" "$dir/open"
chmod 777 "$dir/open"
prints '"kind": "spam_bot"' replay --capture-evidence "$dir/kept" "$bot"
expect 'one file for the flagged host' [ "$(ls "$dir/kept")" = 10.20.0.7.pcapng ]
expect 'which can be read' sh -c "'$gatepost' replay '$dir/kept/10.20.0.7.pcapng' 2>/dev/null | grep -q '\"unaccounted\": 0,'"
expect 'for its owner only' [ "$(stat -c %a "$dir/kept/10.20.0.7.pcapng")" = 600 ]
if command -v tshark >/dev/null; then
	expect 'by tshark, too' sh -c "tshark -r '$dir/kept/10.20.0.7.pcapng' -Y smtp 2>/dev/null | grep -q HELO"
else
	skipped=$((skipped + 1))
	printf 'skip - tshark is not installed\n'
fi
"$gatepost" replay --capture-evidence "$dir/gone" "$bot" >"$dir/out" 2>"$dir/err"
expect 'a directory that is not there: exit code 1' [ $? -eq 1 ]
expect 'and which' grep -q "$dir/gone" "$dir/err"
"$gatepost" replay --capture-evidence "$dir/open" "$bot" >"$dir/out" 2>"$dir/err"
expect 'a directory that others may write to: exit code 1' [ $? -eq 1 ]
expect 'and why not' grep -q "$dir/open" "$dir/err"
expect 'NDJSON is one line' [ "$("$gatepost" replay --format ndjson "$dir/one.pcap" 2>/dev/null | wc -l)" -eq 1 ]
expect 'the engine is named on stderr only' [ "$("$gatepost" replay "$dir/one.pcap" 2>/dev/null | grep -c engine)" -eq 0 ]
expect 'standard input' sh -c "'$gatepost' replay - <'$dir/one.pcap' 2>/dev/null | grep -q '\"packets\": 1,'"
gzip -k "$dir/one.pcap"
expect 'a compressed capture by a pipe' \
	sh -c "zcat '$dir/one.pcap.gz' | '$gatepost' replay - 2>/dev/null | grep -q '\"packets\": 1,'"

# A damaged file: its reason, exit code 1, and what was read before it.
"$gatepost" replay "$dir/cut.pcap" >"$dir/out" 2>"$dir/err"
expect 'a damaged capture is exit code 1' [ $? -eq 1 ]
expect 'the packet is named' grep -q 'cut.pcap: packet 2: truncated' "$dir/err"
expect 'what came before is reported' grep -q '"packets": 1,' "$dir/out"
expect 'and marked incomplete' grep -q '"incomplete": true' "$dir/out"

# Streams that fail.
for words in --help --version 'replay --help'; do
	# shellcheck disable=SC2086 # words
	"$gatepost" $words >/dev/full 2>"$dir/err"
	expect "$words to a full disk is exit code 1" [ $? -eq 1 ]
done
"$gatepost" replay "$dir/one.pcap" >/dev/full 2>"$dir/err"
expect 'a full disk is exit code 1' [ $? -eq 1 ]
expect 'and is named' grep -q 'report: cannot write: No space left' "$dir/err"
printf 'x' >"$dir/$(printf 'evil\033[31m\n.pcap')"
"$gatepost" replay "$dir/$(printf 'evil\033[31m\n.pcap')" >"$dir/out" 2>"$dir/err"
expect 'no escape sequence of a file name reaches the terminal' sh -c "! grep -q \"\$(printf '\\033')\" '$dir/err'"

# Without root.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	install -m 755 "$gatepost" "$dir/gatepost"
	chmod 755 "$dir"
	as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$as_nobody "$dir/gatepost" replay "$dir/one.pcap" >"$dir/out" 2>"$dir/err"
	expect 'replay needs no root' [ $? -eq 0 ]
	$as_nobody "$dir/gatepost" replay --engine kernel "$dir/one.pcap" >"$dir/out" 2>"$dir/err"
	expect 'the kernel engine without root is exit code 1' [ $? -eq 1 ]
	expect 'and says what to do' grep -qE 'root' "$dir/err"
	$as_nobody "$dir/gatepost" run -i lo:tap >"$dir/out" 2>"$dir/err"
	expect 'run without root is exit code 1' [ $? -eq 1 ]
	expect 'and says so in one line' sh -c "[ \$(wc -l <'$dir/err') -eq 1 ] && grep -q 'needs root' '$dir/err'"
	$as_nobody "$dir/gatepost" detach >"$dir/out" 2>"$dir/err"
	expect 'detach without root is exit code 1' [ $? -eq 1 ]
else
	printf 'skip - what happens without root: not started as root, or no setpriv\n'
	skipped=$((skipped + 1))
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
