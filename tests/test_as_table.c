// SPDX-License-Identifier: GPL-2.0-or-later
/* Which autonomous system an address belongs to, by each kind of table, and by damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "as_table.h"
#include "config.h"
#include "file_text.h"
#include "stderr_capture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SHARED "../shared/data/GeoLite2-ASN-Test.mmdb"

static char directory[] = "/tmp/gatepost-as-XXXXXX";
static char path[64];

static int open_directory(void **state)
{
	(void)state;
	return !mkdtemp(directory);
}

static int close_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void put_file(const char *name, const void *data, size_t len)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

struct find_row {
	const char *addr;
	__u32 asn; /* 0: nobody */
	const char *organisation;
};

static void check(const struct gp_as_table *table, const struct find_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct gp_prefix prefix;
		struct gp_as as = { 0 };
		const char *why;

		assert_int_equal(gp_prefix_parse(&prefix, rows[i].addr, &why), 0);
		if (gp_as_find(table, &prefix.addr, &as) != !!rows[i].asn || as.asn != rows[i].asn ||
		    strcmp(as.organisation, rows[i].asn ? rows[i].organisation : ""))
			fail_msg("%s: AS%u \"%s\"", rows[i].addr, as.asn, as.organisation);
	}
}

static const char csv[] = "network,autonomous_system_number,autonomous_system_organization\r\n"
			  "192.0.2.0/24,64496,\"Example, Net\"\r\n"
			  "192.0.2.128/25,AS64497,Half \x1b[31mof\xff it\r\n"
			  "# by hand\n"
			  "198.51.100.0/24;4294967295\n"
			  "203.0.113.0/24,0,nobody\n"
			  "2001:db8::/32,as64498,Six\n";

static const struct find_row csv_rows[] = {
	{ "192.0.2.1", 64496, "Example, Net" }, { "192.0.2.200", 64497, "Half \\x1b[31mof\\xff it" },
	{ "198.51.100.1", 4294967295u, "" },	{ "203.0.113.1", 0, NULL },
	{ "10.0.0.1", 0, NULL },		{ "2001:db8::1", 64498, "Six" },
	{ "2001:db9::1", 0, NULL },
};

static void test_csv(void **state)
{
	struct gp_as_table *table;

	(void)state;
	put_file("as.csv", csv, sizeof(csv) - 1);
	assert_int_equal(gp_as_open(&table, path), 0);
	check(table, csv_rows, COUNT(csv_rows));
	gp_as_close(table);
	assert_false(gp_as_find(NULL, &(struct gp_addr){ 0 }, &(struct gp_as){ 0 }));
}

static const struct find_row mmdb_rows[] = {
	{ "192.0.2.1", 64496, "Example Net" }, { "192.0.2.255", 64496, "Example Net" },
	{ "198.51.100.1", 64497, "Half \\x1b[31mof\\u202e it" }, { "198.51.100.200", 4200000000u, "" },
	{ "192.0.3.0", 0, NULL }, { "2001:db8::1", 64498, "Six" }, { "2001:db9::1", 0, NULL }, { "::1", 0, NULL },
};

static void make_mmdb(const char *name, const char *type)
{
	char command[192];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	snprintf(command, sizeof(command), "/usr/bin/python3 tests/mmdb.py %s %s", path, type);
	assert_int_equal(system(command), 0);
}

static void test_mmdb(void **state)
{
	struct gp_as_table *table;
	char other[64];

	(void)state;
	make_mmdb("as.mmdb", "Test-ASN");
	assert_int_equal(gp_as_open(&table, path), 0);
	check(table, mmdb_rows, COUNT(mmdb_rows));
	gp_as_close(table);
	/* By what it holds, too. */
	snprintf(other, sizeof(other), "%s/table", directory);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(gp_as_open(&table, other), 0);
	check(table, mmdb_rows, COUNT(mmdb_rows));
	gp_as_close(table);
}

/* The database that its format's authors test with. */
static void test_shared(void **state)
{
	static const struct find_row rows[] = {
		{ "1.128.0.1", 1221, "Telstra Pty Ltd" }, { "12.81.92.1", 7018, "AT&T Services" }, { "10.0.0.1", 0, NULL },
	};
	struct gp_as_table *table;

	(void)state;
	if (access(SHARED, R_OK)) {
		print_message("skip - " SHARED " is not there\n");
		skip();
	}
	assert_int_equal(gp_as_open(&table, SHARED), 0);
	check(table, rows, COUNT(rows));
	gp_as_close(table);
}

static const struct {
	const char *name, *text, *says;
} broken_rows[] = {
	{ "none.csv", NULL, "as_table: cannot read /tmp/" },
	{ "empty.csv", "", "empty.csv: no prefix in it" },
	{ "words.csv", "once upon a time\nthere was\n", "words.csv:1: \"\" is no number of an AS" },
	{ "asn.csv", "192.0.2.0/24,1\n192.0.2.0/24,4294967296,x\n", "asn.csv:2: \"4294967296\" is no number of an AS" },
	{ "minus.csv", "192.0.2.0/24,1\n192.0.2.0/24,-1,x\n", "minus.csv:2: \"-1\" is no number of an AS" },
	{ "prefix.csv", "a,b,c\n192.0.2.1/24,64496,x\n", "prefix.csv:2: \"192.0.2.1/24\": host bits are set" },
	{ "fields.csv", "192.0.2.0/24,64496,x,y\n", "fields.csv:1: 4 fields" },
	{ "text.mmdb", "192.0.2.0/24,64496,x\n", "text.mmdb as a MaxMind DB: " },
};

static void test_broken(void **state)
{
	struct gp_as_table *table;
	char said[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(broken_rows); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, broken_rows[i].name);
		if (broken_rows[i].text)
			put_file(broken_rows[i].name, broken_rows[i].text, strlen(broken_rows[i].text));
		stderr_capture_begin();
		assert_true(gp_as_open(&table, path) < 0);
		stderr_capture_end(said, sizeof(said));
		if (!strstr(said, broken_rows[i].says) || (broken_rows[i].text && !strstr(said, "GeoLite2-ASN")))
			fail_msg("%s: %s", broken_rows[i].name, said);
	}
	make_mmdb("city.mmdb", "Test-City");
	stderr_capture_begin();
	assert_int_equal(gp_as_open(&table, path), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "is a database of another kind, \"Test-City\""));
}

static void look_everywhere(const struct gp_as_table *table)
{
	struct gp_as as;

	for (unsigned i = 0; i < 256; i++) {
		struct gp_addr v4 = { .bytes = { [10] = 0xff, 0xff, 192, 0, 2, (__u8)i } }, v6 = { .bytes = { 0x20, 1, 0xd, 0xb8 } };

		v6.bytes[i % 16] = (__u8)i;
		gp_as_find(table, &v4, &as);
		gp_as_find(table, &v6, &as);
	}
}

/* Cut at every length and with each byte changed: an error, or answers, and no access beyond the file. */
static void test_damaged(void **state)
{
	struct gp_as_table *table;
	char *data, said[4096];
	size_t len, opened = 0;

	(void)state;
	make_mmdb("whole.mmdb", "Test-ASN");
	assert_int_equal(gp_file_read(&data, &len, path, 1 << 20), 0);
	stderr_capture_begin();
	for (size_t i = 0; i < 2 * len; i += 3) {
		char before = data[i % len];

		data[i % len] ^= i < len ? 0 : 0x55;
		put_file("damaged.mmdb", data, i < len ? i : len);
		if (!gp_as_open(&table, path)) {
			look_everywhere(table);
			gp_as_close(table);
			opened++;
		}
		data[i % len] = before;
	}
	stderr_capture_end(said, sizeof(said));
	print_message("%zu damaged databases could be opened\n", opened);
	assert_true(opened < 2 * len / 3);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv), cmocka_unit_test(test_mmdb), cmocka_unit_test(test_shared),
		cmocka_unit_test(test_broken), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, open_directory, close_directory);
}
