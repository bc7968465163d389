/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How names, addresses, times, numbers, hostile strings and sketches are put into words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hll.h"
#include "names.h"
#include "random.h"
#include "report_world.h"
#include "text.h"

static void test_clean(void **state)
{
	static const struct {
		const char *dirty, *clean;
	} rows[] = {
		{ "", "" },
		{ "a file.pcap", "a file.pcap" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9f", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9f" },
		{ "\x1b[31mred\x07", "\\x1b[31mred\\x07" },
		{ "a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f" },
		{ "\xc2\x9b" "2J", "\\xc2\\x9b2J" },
		{ "\xe2\x80\xae" "fdp", "\\xe2\\x80\\xaefdp" },
		{ "\xe2\x81\xa6" "x", "\\xe2\\x81\\xa6x" },
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
		{ "\xef\xbf\xbf", "\\xef\\xbf\\xbf" },
		{ "\xf3\xa0\x80\x81", "\\xf3\\xa0\\x80\\x81" },
		/* malformed: overlong, surrogate, beyond the last, cut short, lone continuation, no UTF-8 at all */
		{ "\xc0\xaf", "\\xc0\\xaf" },
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "x\xe2\x82", "x\\xe2\\x82" },
		{ "\xf0\x9f\x90", "\\xf0\\x9f\\x90" },
		{ "\xe2\x28\xa1", "\\xe2(\\xa1" },
		{ "\x80", "\\x80" },
		{ "\xff\xfe", "\\xff\\xfe" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *clean = gp_text_clean(rows[i].dirty), *twice;

		assert_string_equal(clean, rows[i].clean);
		twice = gp_text_clean(clean);
		assert_string_equal(twice, clean);
		free(clean);
		free(twice);
	}
}

static void test_addresses(void **state)
{
	static const struct {
		const char *addr;
		unsigned bits;
		const char *host, *prefix;
	} rows[] = {
		{ "10.0.0.7", 128, "10.0.0.7", "10.0.0.7/32" },
		{ "10.0.0.0", 126, "10.0.0.0/30", "10.0.0.0/30" },
		{ "0.0.0.0", 96, "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:db8::1", 128, "2001:db8::1", "2001:db8::1/128" },
		{ "2001:db8:0:100::", 56, "2001:db8:0:100::/56", "2001:db8:0:100::/56" },
		{ "::", 0, "::/0", "::/0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 127, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	};
	char text[GP_TEXT_ADDR];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_addr a = world_addr(rows[i].addr);

		assert_string_equal(gp_text_address(text, &a, rows[i].bits), rows[i].host);
		assert_string_equal(gp_text_prefix(text, &a, rows[i].bits), rows[i].prefix);
	}
}

static void test_times_and_numbers(void **state)
{
	static const struct {
		__u64 ns;
		__s64 offset_ns;
		const char *text;
	} times[] = {
		{ START, 0, "2026-05-04T10:00:00.000000Z" },
		{ START + 1999, 0, "2026-05-04T10:00:00.000001Z" },
		{ 5 * SECOND, (__s64)START, "2026-05-04T10:00:05.000000Z" },
		{ START, -(__s64)START, "1970-01-01T00:00:00.000000Z" },
		{ 1, -2000, "1970-01-01T00:00:00.000000Z" },
	};
	static const struct {
		__u64 number;
		const char *text;
	} numbers[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 123456, "123,456" },
		{ 1234567, "1,234,567" },
		{ ~0ull, "18,446,744,073,709,551,615" },
	};
	char text[GP_TEXT_TIME], number[GP_TEXT_NUMBER];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++)
		assert_string_equal(gp_text_time(text, times[i].ns, times[i].offset_ns), times[i].text);
	/* The far end only has to be well formed. */
	assert_int_equal(strlen(gp_text_time(text, ~0ull, INT64_MAX)), GP_TEXT_TIME - 1);
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_string_equal(gp_text_number(number, numbers[i].number), numbers[i].text);
}

static void test_estimates(void **state)
{
	static const struct {
		unsigned filled, rank;
		double estimate;
	} rows[] = {
		{ 0, 0, 0.0 },
		{ 1, 1, 1.0079 },  /* 64 ln(64/63) */
		{ 1, 57, 1.0079 }, /* one value, however rare its hash */
		{ 63, 1, 266.17 }, /* 64 ln 64: linear counting while one register is empty */
		{ 63, 5, 978.21 }, /* above 2.5 registers' worth the empty one no longer counts */
		{ 64, 1, 90.752 }, /* 0.709 x 64 x 2 */
		{ 64, 10, 46465.0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_hll hll = { 0 };

		memset(hll.registers, (int)rows[i].rank, rows[i].filled);
		assert_true(fabs(gp_hll_estimate(&hll) - rows[i].estimate) <= 1e-3 * rows[i].estimate);
	}
}

/* 20 000 values by a hash of good quality: the estimate must lie within 4 standard errors. */
static void test_estimates_of_values(void **state)
{
	struct gp_hll hll = { 0 };
	__u64 n = 0, random = 0;

	(void)state;
	while (n < 20000) {
		__u64 x = random_splitmix(&random);
		unsigned rank = (unsigned)__builtin_ctzll(x >> 6 | 1ull << 58) + 1;

		n++;
		if (hll.registers[x & 63] < rank)
			hll.registers[x & 63] = (__u8)rank;
		if (n == 30 || n == 200 || n == 20000)
			assert_true(fabs(gp_hll_estimate(&hll) / (double)n - 1) < 4 * 0.13);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < GP_PARSE_STATUSES; i++) {
		assert_string_not_equal(gp_parse_name(i), "unknown");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(gp_parse_name(i), gp_parse_name(k));
	}
	for (int i = 0; i < GP_SERVICES; i++)
		assert_string_not_equal(gp_service_name(i), "unknown");
	for (int i = 0; i < GP_SMTP_COMMANDS; i++)
		assert_string_not_equal(gp_smtp_command_name(i), "unknown");
	for (int i = 0; i < GP_SMTP_STAGES; i++)
		assert_string_not_equal(gp_smtp_stage_name(i), "unknown");
	assert_string_equal(gp_parse_name(GP_PARSE_STATUSES), "unknown");
	assert_string_equal(gp_parse_name(-1), "unknown");
	assert_string_equal(gp_kind_name(GP_KINDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),	  cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_estimates), cmocka_unit_test(test_estimates_of_values),
		cmocka_unit_test(test_names),	  cmocka_unit_test(test_times_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
