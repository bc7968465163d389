/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions as lines of JSON and as URLs: what is understood, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query.h"
#include "query_time.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW 1777888800000000000ull /* 2026-05-04T10:00:00Z */
#define SECOND 1000000000ull
#define GIVEN(x) (1u << GP_PARAMETER_##x)

static void test_times(void **state)
{
	static const struct {
		const char *text;
		long long seconds; /* since the Unix epoch, or -1: refused */
		unsigned ns;
	} rows[] = {
		{ "now", NOW / SECOND, 0 },
		{ "-0s", NOW / SECOND, 0 },
		{ "-90s", NOW / SECOND - 90, 0 },
		{ "-15m", NOW / SECOND - 900, 0 },
		{ "-1h", NOW / SECOND - 3600, 0 },
		{ "-7d", NOW / SECOND - 604800, 0 },
		{ "-2w", NOW / SECOND - 1209600, 0 },
		{ "2026-05-04T10:00:00Z", NOW / SECOND, 0 },
		{ "2026-05-04t10:00:00z", NOW / SECOND, 0 },
		{ "2026-05-04 10:00:00Z", NOW / SECOND, 0 },
		{ "2026-05-04T12:00:00+02:00", NOW / SECOND, 0 },
		{ "2026-05-04T04:30:00-05:30", NOW / SECOND, 0 },
		{ "2026-05-04T10:00:00.25Z", NOW / SECOND, 250000000 },
		{ "2026-05-04T10:00:00.123456789999Z", NOW / SECOND, 123456789 },
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1969-12-31T23:30:00-01:00", 1800, 0 },
		{ "2000-02-29T00:00:00Z", 951782400, 0 },
		{ "2016-12-31T23:59:60Z", 1483228800, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0 },
		{ "1969-12-31T23:59:59Z", -1, 0 },
		{ "9999-12-31T23:59:59-00:01", -1, 0 },
		{ "2026-02-29T00:00:00Z", -1, 0 },
		{ "1900-02-29T00:00:00Z", -1, 0 },
		{ "2026-13-01T00:00:00Z", -1, 0 },
		{ "2026-00-01T00:00:00Z", -1, 0 },
		{ "2026-04-31T00:00:00Z", -1, 0 },
		{ "2026-05-04T24:00:00Z", -1, 0 },
		{ "2026-05-04T10:60:00Z", -1, 0 },
		{ "2026-05-04T10:00:61Z", -1, 0 },
		{ "2026-05-04T10:00:00", -1, 0 },
		{ "2026-05-04", -1, 0 },
		{ "2026-05-04T10:00:00.Z", -1, 0 },
		{ "2026-05-04T10:00:00Z ", -1, 0 },
		{ "2026-05-04T10:00:00+24:00", -1, 0 },
		{ " 2026-05-04T10:00:00Z", -1, 0 },
		{ "-1", -1, 0 },
		{ "-h", -1, 0 },
		{ "-1y", -1, 0 },
		{ "-1h ", -1, 0 },
		{ "--1h", -1, 0 },
		{ "-1h30m", -1, 0 },
		{ "-9999999999s", -1, 0 },
		{ "-999999w", -1, 0 },
		{ "1h", -1, 0 },
		{ "", -1, 0 },
		{ "yesterday", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		__u64 at = 7;
		int err = gp_time_read(&at, rows[i].text, NOW);

		if (rows[i].seconds < 0 ? !err : err || at != (__u64)rows[i].seconds * SECOND + rows[i].ns)
			fail_msg("\"%s\": %d, %llu", rows[i].text, err, (unsigned long long)at);
	}
}

static void test_json(void **state)
{
	static const struct {
		const char *line;
		int status; /* 200: understood */
		enum gp_query_name name;
		unsigned given;
		const char *says; /* the error holds it */
	} rows[] = {
		{ "{\"query\":\"status\"}", 200, GP_QUERY_STATUS, 0, NULL },
		{ " {\"query\" : \"status\" } \r\n", 200, GP_QUERY_STATUS, 0, NULL },
		{ "{\"query\":\"hosts\",\"since\":\"-1h\",\"limit\":10}", 200, GP_QUERY_HOSTS,
		  GIVEN(SINCE) | GIVEN(LIMIT), NULL },
		{ "{\"limit\":\"10\",\"query\":\"hosts\"}", 200, GP_QUERY_HOSTS, GIVEN(LIMIT), NULL },
		{ "{\"query\":\"explain\",\"address\":\"2001:db8::7\"}", 200, GP_QUERY_EXPLAIN, GIVEN(ADDRESS), NULL },
		{ "{\"query\":\"report\",\"format\":\"text\",\"kind\":\"snowshoe\"}", 200, GP_QUERY_REPORT,
		  GIVEN(FORMAT) | GIVEN(KIND), NULL },
		{ "{\"query\":\"reload\"}", 200, GP_QUERY_RELOAD, 0, NULL },
		{ "{\"query\":\"metrics\"}", 200, GP_QUERY_METRICS, 0, NULL },
		{ "{\"query\":\"frobnicate\"}", 404, 0, 0, "no query frobnicate" },
		{ "{\"query\":\"\"}", 404, 0, 0, "no query" },
		{ "{}", 400, 0, 0, "no \"query\"" },
		{ "", 400, 0, 0, "not one object" },
		{ "status", 400, 0, 0, "not one object" },
		{ "[\"status\"]", 400, 0, 0, "not an object" },
		{ "null", 400, 0, 0, "the request is not" },
		{ "\"status\"", 400, 0, 0, "not an object" },
		{ "{\"query\":\"status\"", 400, 0, 0, "ends too early" },
		{ "{\"query\":\"status\"} {}", 400, 0, 0, "not one object" },
		{ "{\"query\":\"status\"}x", 400, 0, 0, "not one object" },
		{ "{\"query\":7}", 400, 0, 0, "no \"query\"" },
		{ "{\"query\":\"status\",\"query\":\"reload\"}", 400, 0, 0, "twice" },
		{ "{\"query\":\"hosts\",\"limit\":1,\"limit\":2}", 400, 0, 0, "twice" },
		{ "{\"query\":\"hosts\",\"limit\":[1]}", 400, 0, 0, "limit: give a string or a whole number" },
		{ "{\"query\":\"hosts\",\"limit\":{\"a\":1}}", 400, 0, 0, "is no string or number" },
		{ "{\"query\":\"hosts\",\"limit\":1.5}", 400, 0, 0, "limit: give a string" },
		{ "{\"query\":\"hosts\",\"limit\":true}", 400, 0, 0, "limit: give a string" },
		{ "{\"query\":\"hosts\",\"limit\":null}", 400, 0, 0, "limit: give a string" },
		{ "{\"query\":\"hosts\",\"limit\":-1}", 400, 0, 0, "limit -1" },
		{ "{\"query\":\"hosts\",\"limit\":0}", 400, 0, 0, "limit 0" },
		{ "{\"query\":\"hosts\",\"limit\":20001}", 400, 0, 0, "1 to 20000" },
		{ "{\"query\":\"hosts\",\"limit\":18446744073709551617}", 400, 0, 0, "limit" },
		{ "{\"query\":\"hosts\",\"since\":\"yesterday\"}", 400, 0, 0, "since yesterday" },
		{ "{\"query\":\"hosts\",\"since\":\"-1h\",\"until\":\"-2h\"}", 400, 0, 0, "since lies behind until" },
		{ "{\"query\":\"hosts\",\"since\":\"a\\u0000b\"}", 400, 0, 0, "since: give a string" },
		{ "{\"query\":\"hosts\",\"kind\":\"snowshoe\"}", 400, 0, 0, "kind snowshoe: hosts are" },
		{ "{\"query\":\"ranges\",\"kind\":\"scanner\"}", 400, 0, 0, "kind scanner: ranges are" },
		{ "{\"query\":\"report\",\"kind\":\"unknown\"}", 400, 0, 0, "no kind of host or range" },
		{ "{\"query\":\"hosts\",\"verdict\":\"none\"}", 400, 0, 0, "suspected or confirmed" },
		{ "{\"query\":\"hosts\",\"format\":\"text\"}", 400, 0, 0, "hosts has no parameter format; it has since, until" },
		{ "{\"query\":\"status\",\"limit\":1}", 400, 0, 0, "status has no parameter limit; it has none" },
		{ "{\"query\":\"report\",\"format\":\"xml\"}", 400, 0, 0, "json, ndjson or text" },
		{ "{\"query\":\"explain\"}", 400, 0, 0, "explain needs the parameter address" },
		{ "{\"query\":\"explain\",\"address\":\"192.0.2.0/24\"}", 400, 0, 0, "give one address" },
		{ "{\"query\":\"explain\",\"address\":\"\"}", 400, 0, 0, "give one address" },
		{ "{\"query\":\"hosts\",\"since\":\"\x1b[31m\"}", 400, 0, 0, "" },
		{ "{\"query\":\"\\u001b[31m\"}", 404, 0, 0, "\\x1b[31m" },
		{ "{\"query\":\"\xff\xfe\"}", 400, 0, 0, "not one object" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_query_error error = { .status = 200 };
		struct gp_query q;
		int err = gp_query_from_json(&q, rows[i].line, strlen(rows[i].line), NOW, &error);

		if ((rows[i].status == 200) != !err || error.status != rows[i].status)
			fail_msg("%s: %d %s", rows[i].line, error.status, error.text);
		if (!err && (q.name != rows[i].name || q.given != rows[i].given))
			fail_msg("%s: query %d, given %x", rows[i].line, q.name, q.given);
		if (err && !strstr(error.text, rows[i].says))
			fail_msg("%s: says \"%s\"", rows[i].line, error.text);
	}
}

static void test_json_bounds(void **state)
{
	struct gp_query_error error;
	struct gp_query q;
	char *line = malloc(GP_QUERY_LINE_MAX + 2);
	static const char status[] = "{\"query\":\"status\"}", nul[] = "{\"query\":\"status\"\0}";

	(void)state;
	assert_non_null(line);
	memset(line, ' ', GP_QUERY_LINE_MAX + 2);
	memcpy(line, status, strlen(status));
	assert_int_equal(gp_query_from_json(&q, line, GP_QUERY_LINE_MAX, NOW, &error), 0);
	assert_true(gp_query_from_json(&q, line, GP_QUERY_LINE_MAX + 1, NOW, &error) < 0);
	assert_int_equal(error.status, 413);
	/* Deep nesting ends the parser, not the stack. */
	memset(line, '[', GP_QUERY_LINE_MAX);
	assert_true(gp_query_from_json(&q, line, GP_QUERY_LINE_MAX, NOW, &error) < 0);
	assert_int_equal(error.status, 400);
	assert_true(gp_query_from_json(&q, nul, sizeof(nul) - 1, NOW, &error) < 0);
	assert_non_null(strstr(error.text, "NUL"));
	/* A value that is too long is named by its key. */
	memset(line, '1', 400);
	memcpy(line, "{\"query\":\"hosts\",\"since\":\"", 26);
	memcpy(line + 300, "\"}", 3);
	assert_true(gp_query_from_json(&q, line, 302, NOW, &error) < 0);
	assert_non_null(strstr(error.text, "since: its value is longer"));
	free(line);
}

static void test_values(void **state)
{
	static const char line[] = "{\"query\":\"report\",\"since\":\"-2h\",\"until\":\"-1h\",\"kind\":\"scanner\","
				   "\"verdict\":\"confirmed\",\"limit\":20000,\"format\":\"ndjson\"}";
	struct gp_query_error error;
	struct gp_query q;

	(void)state;
	assert_int_equal(gp_query_from_json(&q, line, strlen(line), NOW, &error), 0);
	assert_int_equal(q.since_ns, NOW - 7200 * SECOND);
	assert_int_equal(q.until_ns, NOW - 3600 * SECOND);
	assert_int_equal(q.kinds, 1u << GP_KIND_SCANNER);
	assert_int_equal(q.range_kinds, 0);
	assert_int_equal(q.verdict, GP_VERDICT_CONFIRMED);
	assert_int_equal(q.limit, 20000);
	assert_int_equal(q.format, GP_QUERY_NDJSON);
	assert_int_equal(gp_query_from_json(&q, "{\"query\":\"hosts\"}", 17, NOW, &error), 0);
	assert_int_equal(q.since_ns, 0);
	assert_int_equal(q.until_ns, ~0ull);
	assert_int_equal(q.kinds, (1u << GP_KINDS) - 1);
	assert_int_equal(q.limit, GP_QUERY_LIMIT);
	assert_int_equal(q.verdict, GP_VERDICT_NONE);
}

static void test_urls(void **state)
{
	static const struct {
		const char *path, *key, *value;
		int status;
		enum gp_query_name name;
	} rows[] = {
		{ "/metrics", NULL, NULL, 200, GP_QUERY_METRICS },
		{ "/healthz", NULL, NULL, 200, GP_QUERY_HEALTH },
		{ "/api/v1/status", NULL, NULL, 200, GP_QUERY_STATUS },
		{ "/api/v1/hosts", "limit", "5", 200, GP_QUERY_HOSTS },
		{ "/api/v1/ranges", "kind", "snowshoe", 200, GP_QUERY_RANGES },
		{ "/api/v1/networks", NULL, NULL, 200, GP_QUERY_NETWORKS },
		{ "/api/v1/report", "format", "text", 200, GP_QUERY_REPORT },
		{ "/api/v1/explain/192.0.2.7", NULL, NULL, 200, GP_QUERY_EXPLAIN },
		{ "/api/v1/explain/2001:db8::7", NULL, NULL, 200, GP_QUERY_EXPLAIN },
		{ "/api/v1/explain", "address", "192.0.2.7", 200, GP_QUERY_EXPLAIN },
		{ "/api/v1/explain/192.0.2.7", "address", "192.0.2.8", 400, 0 },
		{ "/api/v1/explain", NULL, NULL, 400, 0 },
		{ "/api/v1/explain/", NULL, NULL, 400, 0 },
		{ "/api/v1/explain/192.0.2.7/x", NULL, NULL, 400, 0 },
		{ "/api/v1/explain/../../etc/passwd", NULL, NULL, 400, 0 },
		{ "/api/v1/reload", NULL, NULL, 404, 0 },
		{ "/api/v1/metrics", NULL, NULL, 404, 0 },
		{ "/api/v1/health", NULL, NULL, 404, 0 },
		{ "/api/v1/hosts/", NULL, NULL, 404, 0 },
		{ "/api/v1/", NULL, NULL, 404, 0 },
		{ "/api/v2/hosts", NULL, NULL, 404, 0 },
		{ "/metrics/", NULL, NULL, 404, 0 },
		{ "/", NULL, NULL, 404, 0 },
		{ "", NULL, NULL, 404, 0 },
		{ "/metrics", "limit", "1", 400, 0 },
		{ "/api/v1/hosts", "limit", NULL, 400, 0 },
		{ "/api/v1/hosts", "", "1", 400, 0 },
		{ "/api/v1/hosts", "LIMIT", "1", 400, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_query_argument argument = { rows[i].key, rows[i].value };
		struct gp_query_error error = { .status = 200 };
		struct gp_query q;
		int err = gp_query_from_url(&q, rows[i].path, &argument, rows[i].key ? 1 : 0, NOW, &error);

		if ((rows[i].status == 200) != !err || error.status != rows[i].status || (!err && q.name != rows[i].name))
			fail_msg("%s?%s=%s: %d %s", rows[i].path, rows[i].key, rows[i].value, error.status, error.text);
	}
}

/* Each name leads back to its query, and knows the parameters that it says it does. */
static void test_names(void **state)
{
	struct gp_query_error error;
	struct gp_query q;

	(void)state;
	for (unsigned i = 0; i < GP_QUERY_NAMES; i++) {
		assert_int_equal(gp_query_begin(&q, gp_query_name(i), &error), 0);
		assert_int_equal(q.name, i);
		for (unsigned k = 0; k < GP_PARAMETERS; k++) {
			gp_query_begin(&q, gp_query_name(i), &error);
			gp_query_set(&q, gp_query_parameter_name(k), "x", NOW, &error);
			assert_int_equal(gp_query_knows(i, k), !strstr(error.text, "has no parameter"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times), cmocka_unit_test(test_json),  cmocka_unit_test(test_json_bounds),
		cmocka_unit_test(test_values), cmocka_unit_test(test_urls),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
