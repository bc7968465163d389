# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a test script prints. To be sourced.

TAP_PASSED=0
TAP_FAILED=0
TAP_SKIPPED=0

# tap NAME COMMAND...: ok when it succeeds; its output explains a failure. The command runs in this shell, so that it
# may wait for background processes.
tap() {
	local name=$1 output
	output=$(mktemp "${LAB_DIR:-${TMPDIR:-/tmp}}/tap.XXXXXX")
	shift
	if "$@" >"$output" 2>&1; then
		TAP_PASSED=$((TAP_PASSED + 1))
		printf 'ok - %s\n' "$name"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		printf 'not ok - %s\n' "$name"
		sed 's/^/#   /' "$output"
	fi
	rm -f "$output"
}

tap_skip() {
	TAP_SKIPPED=$((TAP_SKIPPED + 1))
	printf 'skip - %s\n' "$1"
}

# The closing line; its status is the script's.
tap_end() {
	printf '%d passed, %d failed, %d skipped\n' "$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
	[ "$TAP_FAILED" -eq 0 ]
}

# tap_equal GOT WANTED
tap_equal() {
	[ "$1" = "$2" ] || {
		printf 'got %s, wanted %s\n' "$1" "$2"
		return 1
	}
}

# tap_above GOT LIMIT
tap_above() {
	[ "$1" -gt "$2" ] || {
		printf 'got %s, wanted more than %s\n' "$1" "$2"
		return 1
	}
}
