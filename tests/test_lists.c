// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of the operator: lines, times of expiry, errors, and files that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "csv_line.h"
#include "lists_load.h"
#include "stderr_capture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY 86400ull
#define SECOND_NS 1000000000ull

static const struct {
	const char *text;
	_Bool loose;
	const char *fields; /* of all lines, joined by "|" and "/"; an error as "!" */
} csv_rows[] = {
	{ "", true, "" },
	{ "\n\r\n  \n# all\n   # of it\n", true, "" },
	{ "a,b,c", true, "a|b|c" },
	{ "a,b,c\r\n d ; e ; f \n", true, "a|b|c/d|e|f" },
	{ "a\tb c\td", true, "a|b c|d" },
	{ "a b c", true, "a|b c" },
	{ "a b c", false, "a b c" },
	{ "a # b", true, "a" },
	{ "a,b#c # d", true, "a|b#c" },
	{ "a,#b", true, "a" },
	{ "\"a\",\"b, \"\"c\"\" # d\",e", true, "a|b, \"c\" # d|e" },
	{ "\"a\" b", true, "a|b" },
	{ "\"a\" b", false, "!" },
	{ "\"a\nb", true, "!/b" },
	{ "\"a\"b", true, "!" },
	{ "a,,c,,", true, "a||c" },
	{ "\xef\xbb\xbf" "a,b\n", true, "a|b" },
	{ "a,b,c,d,e,f,g,h,i", true, "!" },
	{ "a,b,c,d,e,f,g,h", true, "a|b|c|d|e|f|g|h" },
	{ ",b", true, "|b" },
};

static void test_csv(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(csv_rows); i++) {
		struct gp_csv_lines lines = gp_csv_lines(csv_rows[i].text, strlen(csv_rows[i].text));
		struct gp_csv_line line;
		char got[256] = "";
		const char *why;

		while (gp_csv_next(&lines, &line, csv_rows[i].loose, &why)) {
			strcat(got, got[0] ? "/" : "");
			for (unsigned f = 0; f < line.count && !why; f++) {
				strcat(got, f ? "|" : "");
				strcat(got, line.fields[f]);
			}
			strcat(got, why ? "!" : "");
		}
		if (strcmp(got, csv_rows[i].fields))
			fail_msg("row %zu: \"%s\" instead of \"%s\"", i, got, csv_rows[i].fields);
	}
}

static const struct {
	const char *text;
	__u64 expires_s; /* 0: no time */
} expiry_rows[] = {
	{ "1970-01-01", DAY }, { "1970-01-02", 2 * DAY }, { "1970-01-01T00:00:01Z", 1 }, { "1970-01-01T00:00Z", 1 },
	{ "2000-02-29", 951868800 }, { "2026-12-31", 1798761600 }, { "2026-12-31T12:00:00Z", 1798718400 },
	{ "2026-12-31T12:00Z", 1798718400 }, { "2026-12-31T23:59:59Z", 1798761599 }, { "9999-12-31", 253402300800 },
	{ "2026-02-29", 0 }, { "2100-02-29", 0 }, { "2026-13-01", 0 }, { "2026-00-01", 0 }, { "2026-01-00", 0 },
	{ "2026-1-1", 0 }, { "26-01-01", 0 }, { "1969-12-31", 0 }, { "2026-12-31T24:00Z", 0 }, { "2026-12-31T12:60Z", 0 },
	{ "2026-12-31T12:00:60Z", 0 }, { "2026-12-31T12:00", 0 }, { "2026-12-31T12:00:00+01:00", 0 }, { "2026-12-31Z", 0 },
	{ "2026-12-31 ", 0 }, { "tomorrow", 0 }, { "", 0 }, { "20261231", 0 }, { "2026-12-31T", 0 },
};

static void test_expiry(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expiry_rows); i++) {
		__u64 expires_s = 0;

		if (gp_list_expiry(&expires_s, expiry_rows[i].text) != !!expiry_rows[i].expires_s ||
		    expires_s != expiry_rows[i].expires_s)
			fail_msg("%s: %llu", expiry_rows[i].text, (unsigned long long)expires_s);
	}
}

static struct gp_addr address(const char *text)
{
	struct gp_prefix prefix;
	const char *why;

	assert_int_equal(gp_prefix_parse(&prefix, text, &why), 0);
	return prefix.addr;
}

static void collect(void *context, const struct gp_lists_error *error)
{
	char *all = context;

	snprintf(all + strlen(all), 2048 - strlen(all), "%u:%d: %s\n", error->list, error->line, error->text);
}

static struct gp_lists *lists;
static char errors[2048];

static int read_text(const char *text)
{
	size_t len = strlen(text);

	errors[0] = '\0';
	return gp_lists_read(lists, &text, &len, collect, errors);
}

static const struct gp_list_spec good_spec = { .name = "good", .kind = GP_LIST_KNOWN_GOOD };

static const char nested[] = "prefix,label,expires\n"
			     "10.0.0.0/8, ours\n"
			     "10.1.0.0/16, branch \xff\x1b[31m, 2026-06-01\n"
			     "10.1.2.0/24,\"a, b\",2026-05-01T12:00:00Z\n"
			     "10.1.2.0/24 same again\n"
			     "2001:db8::/32\n";

static const struct {
	const char *when, *addr, *label; /* NULL: on no list */
} find_rows[] = {
	{ "2026-05-01T11:59:59Z", "10.1.2.3", "a, b" },
	{ "2026-05-01T12:00:00Z", "10.1.2.3", "same again" },
	{ "2026-06-01T23:59:59Z", "10.1.3.3", "branch \\xff\\x1b[31m" },
	{ "2026-06-02T00:00:00Z", "10.1.3.3", "ours" },
	{ "2026-06-02T00:00:00Z", "10.1.2.3", "same again" },
	{ "2026-05-01T00:00:00Z", "11.0.0.1", NULL },
	{ "2026-05-01T00:00:00Z", "2001:db8::1", "" },
	{ "2026-05-01T00:00:00Z", "2001:db9::1", NULL },
};

static void test_find(void **state)
{
	const struct gp_addr in = address("10.1.2.3"), both = address("10.1.2.0");

	(void)state;
	assert_int_equal(gp_lists_open(&lists, &good_spec, 1), 0);
	assert_false(gp_lists_has(lists, GP_LIST_KNOWN_GOOD));
	assert_null(gp_lists_find(lists, GP_LIST_KNOWN_GOOD, &in));
	assert_int_equal(read_text(nested), 0);
	assert_string_equal(errors, "");
	for (size_t i = 0; i < COUNT(find_rows); i++) {
		struct gp_addr addr = address(find_rows[i].addr);
		const struct gp_list_entry *entry;
		__u64 now_s;

		assert_true(gp_list_expiry(&now_s, find_rows[i].when));
		gp_lists_tick(lists, now_s * SECOND_NS);
		entry = gp_lists_find(lists, GP_LIST_KNOWN_GOOD, &addr);
		if (!entry != !find_rows[i].label || (entry && strcmp(gp_list_label(lists, entry), find_rows[i].label)))
			fail_msg("row %zu: %s", i, entry ? gp_list_label(lists, entry) : "on no list");
		assert_null(gp_lists_find(lists, GP_LIST_WATCH, &addr));
	}
	/* A prefix is on a list when all of it is. */
	assert_non_null(gp_lists_find_prefix(lists, GP_LIST_KNOWN_GOOD, &both, 96 + 24));
	assert_string_equal(gp_list_label(lists, gp_lists_find_prefix(lists, GP_LIST_KNOWN_GOOD, &both, 96 + 23)),
			    "branch \\xff\\x1b[31m");
	assert_null(gp_lists_find_prefix(lists, GP_LIST_KNOWN_GOOD, &both, 96 + 7));
	gp_lists_tick(lists, 1800000000 * SECOND_NS);
	assert_int_equal(gp_list_count(lists, 0).entries, 5);
	assert_int_equal(gp_list_count(lists, 0).expired, 2);
	gp_lists_close(lists);
}

#define NOT_A_PREFIX "not an IPv4 or IPv6 prefix; a prefix, such as 192.0.2.0/24 or 2001:db8::/32\n"

/* All errors at once, and what was read before stays. */
static void test_errors(void **state)
{
	const struct gp_addr in = address("10.0.0.1"), out = address("192.0.2.1");

	(void)state;
	assert_int_equal(gp_lists_open(&lists, &good_spec, 1), 0);
	assert_int_equal(read_text("10.0.0.0/8\n"), 0);
	assert_int_equal(read_text("192.0.2.0/24\nfoo\n\n10.0.0.1/8,x\n192.0.2.0/33\n192.0.2.9,x,soon\n"
				   "192.0.2.9,x,2026-12-31,more\n\"192.0.2.9\n\x1b]0;\n"), -EINVAL);
	assert_string_equal(errors, "0:2: \"foo\": " NOT_A_PREFIX
			    "0:4: \"10.0.0.1/8\": host bits are set after the prefix length; a prefix, such as 192.0.2.0/24 or "
			    "2001:db8::/32\n"
			    "0:5: \"192.0.2.0/33\": the length is not 0 to 32; a prefix, such as 192.0.2.0/24 or 2001:db8::/32\n"
			    "0:6: \"soon\" is no time of expiry; a date or a time in UTC, such as 2026-12-31 or "
			    "2026-12-31T12:00:00Z\n"
			    "0:7: 4 fields; a line has a prefix, a label and a time of expiry\n"
			    "0:8: a quote is not closed\n"
			    "0:9: \"\\x1b]0\": " NOT_A_PREFIX);
	assert_non_null(gp_lists_find(lists, GP_LIST_KNOWN_GOOD, &in));
	assert_null(gp_lists_find(lists, GP_LIST_KNOWN_GOOD, &out));
	assert_int_equal(gp_list_count(lists, 0).entries, 1);
	gp_lists_close(lists);
}

static char directory[] = "/tmp/gatepost-lists-XXXXXX";

static char *path_of(const char *name)
{
	static char path[2][64];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", directory, name);
	return path[turn];
}

/* As an operator should: another file by the same name. */
static void put_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of("new"), "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(path_of("new"), path_of(name)), 0);
}

static bool is_listed(const struct gp_lists_loader *loader, enum gp_list_kind kind, const char *text)
{
	struct gp_addr addr = address(text);

	return gp_lists_find(gp_lists_loaded(loader), kind, &addr);
}

static void test_reload(void **state)
{
	char a[64], b[64];
	struct gp_list_spec specs[] = {
		{ .name = "a", .kind = GP_LIST_WATCH, .file = a },
		{ .name = "b", .kind = GP_LIST_KNOWN_BAD, .file = b },
		{ .name = "c", .kind = GP_LIST_KNOWN_BAD, .entries = (char *)"203.0.113.0/24, own words\n" },
	};
	struct gp_lists_loader *loader;
	char said[4096];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(a, sizeof(a), "%s", path_of("a"));
	snprintf(b, sizeof(b), "%s", path_of("b"));
	put_file("a", "192.0.2.0/24\n");
	stderr_capture_begin();
	assert_int_equal(gp_lists_load(&loader, specs, COUNT(specs)), -ENOENT);
	put_file("b", "198.51.100.0/24\n");
	assert_int_equal(gp_lists_load(&loader, specs, COUNT(specs)), 0);
	assert_int_equal(gp_lists_refresh(loader), 0);
	assert_true(is_listed(loader, GP_LIST_WATCH, "192.0.2.1") && is_listed(loader, GP_LIST_KNOWN_BAD, "198.51.100.1"));
	assert_true(is_listed(loader, GP_LIST_KNOWN_BAD, "203.0.113.1"));
	put_file("a", "192.0.2.128/25\n");
	assert_int_equal(gp_lists_refresh(loader), 1);
	assert_int_equal(gp_lists_refresh(loader), 0);
	assert_true(!is_listed(loader, GP_LIST_WATCH, "192.0.2.1") && is_listed(loader, GP_LIST_WATCH, "192.0.2.129"));
	/* One broken file, and neither is taken; that is said once. */
	put_file("a", "192.0.2.0/24\n");
	put_file("b", "198.51.100.0/24\nfoo\n");
	assert_int_equal(gp_lists_refresh(loader), -EINVAL);
	assert_int_equal(gp_lists_refresh(loader), 0);
	assert_true(!is_listed(loader, GP_LIST_WATCH, "192.0.2.1") && is_listed(loader, GP_LIST_KNOWN_BAD, "198.51.100.1"));
	assert_int_equal(unlink(b), 0);
	assert_int_equal(gp_lists_refresh(loader), -ENOENT);
	assert_int_equal(gp_lists_refresh(loader), 0);
	assert_true(is_listed(loader, GP_LIST_KNOWN_BAD, "198.51.100.1"));
	put_file("b", "");
	assert_int_equal(gp_lists_refresh(loader), 1);
	assert_true(!is_listed(loader, GP_LIST_KNOWN_BAD, "198.51.100.1") && is_listed(loader, GP_LIST_WATCH, "192.0.2.1"));
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "/b:2: \"foo\": not an IPv4 or IPv6 prefix"));
	assert_non_null(strstr(said, "what was read before stays in use"));
	assert_non_null(strstr(said, "/b of b: No such file or directory"));
	gp_lists_unload(loader);
	unlink(path_of("a"));
	unlink(path_of("b"));
	assert_int_equal(rmdir(directory), 0);
}

static void test_load_no_file(void **state)
{
	static const struct gp_list_spec endless = { .name = "a", .kind = GP_LIST_WATCH, .file = (char *)"/dev/zero" };
	struct gp_lists_loader *loader;
	char said[4096];

	(void)state;
	stderr_capture_begin();
	assert_int_equal(gp_lists_load(&loader, &endless, 1), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(gp_lists_load(&loader, NULL, 0), 0);
	assert_null(gp_lists_loaded(loader));
	assert_int_equal(gp_lists_refresh(loader), 0);
	gp_lists_unload(loader);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A figure for whoever looks; under the sanitizers it is several times the real one. */
static void test_large(void **state)
{
	enum { ENTRIES = 50000, LINE = 64 };
	char *text = malloc((size_t)ENTRIES * LINE);
	size_t len = 0;
	double begin;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < ENTRIES; i++)
		len += (size_t)snprintf(text + len, LINE, "%u.%u.%u.0/24,entry number %u,2027-01-01\n", 1 + i * 7919 % 200,
					i / 256, i % 256, i);
	assert_int_equal(gp_lists_open(&lists, &good_spec, 1), 0);
	begin = seconds();
	assert_int_equal(gp_lists_read(lists, (const char *const *)&text, &len, collect, errors), 0);
	print_message("%d entries in %.1f ms\n", ENTRIES, 1e3 * (seconds() - begin));
	assert_true(seconds() - begin < 2);
	assert_int_equal(gp_list_count(lists, 0).entries, ENTRIES);
	gp_lists_close(lists);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv), cmocka_unit_test(test_expiry), cmocka_unit_test(test_find),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_reload), cmocka_unit_test(test_load_no_file),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
