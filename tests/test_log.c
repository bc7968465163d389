/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "stderr_capture.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *text, *line;
} messages[] = {
	{"plain", "gatepost: plain\n"},
	{"two\nlines\r", "gatepost: two\\x0alines\\x0d\n"},
	{"\033]0;owned\a\x7f", "gatepost: \\x1b]0;owned\\x07\\x7f\n"},
	{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x99", "gatepost: caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x99\n"},
	{"C1 \xc2\x9b" "2J", "gatepost: C1 \\xc2\\x9b2J\n"},
	{"raw C1 \x9b" "2J", "gatepost: raw C1 \\x9b2J\n"},
	{"bidi \xe2\x80\xae", "gatepost: bidi \\xe2\\x80\\xae\n"},
	{"overlong \xc0\x9b \xe0\x80\x9b", "gatepost: overlong \\xc0\\x9b \\xe0\\x80\\x9b\n"},
	{"surrogate \xed\xa0\x80", "gatepost: surrogate \\xed\\xa0\\x80\n"},
	{"cut \xe2\x82", "gatepost: cut \\xe2\\x82\n"},
	{"beyond \xf4\x90\x80\x80\xff", "gatepost: beyond \\xf4\\x90\\x80\\x80\\xff\n"},
};

static void test_log(void **state)
{
	char out[32768], *text;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(messages); i++) {
		stderr_capture_begin();
		if (i % 2)
			gp_error("%s", messages[i].text);
		else
			gp_notice("%s", messages[i].text);
		stderr_capture_end(out, sizeof(out));
		assert_string_equal(out, messages[i].line);
	}
	text = calloc(1, 10001);
	assert_non_null(text);
	memset(text, '\033', 10000);
	stderr_capture_begin();
	gp_error("%s", text);
	stderr_capture_end(out, sizeof(out));
	free(text);
	assert_true(strlen(out) > 20000 && !strchr(out, '\033'));
	assert_string_equal(out + strlen(out) - 4, "...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
