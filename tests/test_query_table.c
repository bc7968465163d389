/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of whatever was answered: what is not as described is left out, and nothing reaches a terminal that it obeys. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_tables(void **state)
{
	static const struct {
		enum gp_query_name name;
		const char *text;
		int err;
		const char *holds;
	} rows[] = {
		{ GP_QUERY_HOSTS, "", -EBADMSG, "" },
		{ GP_QUERY_HOSTS, "[]", -EBADMSG, "" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.ranges/1\",\"hosts\":[]}", -EBADMSG, "" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\"}", -EBADMSG, "" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\",\"hosts\":{}}", -EBADMSG, "" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\",\"hosts\":[]}", 0, "no hosts with a verdict\n" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\",\"hosts\":[1,null,[],{}],\"matching\":9}", 0,
		  "5 more; --limit 9 shows them\n" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\",\"hosts\":[{\"address\":\"\\u001b[31m\\n\\u202e\"}]}", 0,
		  "\\x1b[31m\\x0a\\xe2\\x80\\xae" },
		{ GP_QUERY_HOSTS, "{\"schema\":\"gatepost.hosts/1\",\"hosts\":[{\"address\":\"10.0.0.7\",\"confidence\":0.98765}]}", 0,
		  "98.77" },
		{ GP_QUERY_STATUS, "{\"schema\":\"gatepost.status/1\"}", 0, "sensor" },
		{ GP_QUERY_STATUS, "{\"schema\":\"gatepost.status/1\",\"epochs\":[],\"coverage\":7,\"interfaces\":[{}]}", 0, "NOT ATTACHED" },
		{ GP_QUERY_STATUS, "{\"schema\":\"gatepost.status/1\",\"coverage\":{\"packets\":1e999}}", 0, "0 packets" },
		{ GP_QUERY_EXPLAIN, "{\"schema\":\"gatepost.opinions/1\",\"opinions\":[{}],\"known\":true,\"hosts\":7}", 0, "nats" },
		{ GP_QUERY_RELOAD, "{\"schema\":\"gatepost.reload/1\",\"said\":[\"\\u001b\"]}", 0, "\\x1b\n" },
		{ GP_QUERY_RELOAD, "{\"schema\":\"gatepost.reload/1\",\"said\":[]}", 0, "nothing has changed\n" },
		{ GP_QUERY_REPORT, "{\"schema\":\"gatepost.report/1\"}", -EBADMSG, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *out = NULL;
		size_t len;
		FILE *stream = open_memstream(&out, &len);
		int err = gp_query_table(stream, rows[i].name, rows[i].text, strlen(rows[i].text));

		fclose(stream);
		if (err != rows[i].err || !strstr(out, rows[i].holds) || strchr(out, '\x1b'))
			fail_msg("%s: %d \"%s\"", rows[i].text, err, out);
		free(out);
	}
}

static void test_lines(void **state)
{
	static const char text[] = "plain\n\n\x1b]0;title\x07\tend\rno line's end \xff";
	char *out = NULL;
	size_t len;
	FILE *stream = open_memstream(&out, &len);

	(void)state;
	assert_int_equal(gp_query_lines(stream, text, strlen(text)), 0);
	fclose(stream);
	assert_string_equal(out, "plain\n\n\\x1b]0;title\\x07\\x09end\\x0dno line's end \\xff\n");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tables), cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
