// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks by the share of their confirmed hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "networks.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The formula, in Python. */
static const struct {
	double hits, trials, lower;
} wilson_rows[] = {
	{ 0, 0, 0 },	     { 0, 10, 0 },	{ 1, 1, 0.2065493 },  { 2, 2, 0.3423802 },   { 1, 2, 0.0945312 },
	{ 3, 40, 0.0258362 }, { 10, 10, 0.7224672 }, { 5, 100, 0.0215437 }, { 50, 1000, 0.0381306 },
	{ 1, 100000, 0.0000017652 },
};

static void test_wilson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wilson_rows); i++) {
		double got = gp_wilson_lower(wilson_rows[i].hits, wilson_rows[i].trials);

		if (fabs(got - wilson_rows[i].lower) > 1e-6)
			fail_msg("%g of %g: %.7f instead of %.7f", wilson_rows[i].hits, wilson_rows[i].trials, got,
				 wilson_rows[i].lower);
	}
}

/* A network: so many active hosts, the first ones of them confirmed. */
struct row {
	const char *first; /* address */
	__u32 asn;
	bool outside;
	unsigned active, bots, scanners; /* scanners follow the bots */
};

static struct gp_network_host host_of(const struct row *row, unsigned i)
{
	struct gp_prefix prefix;
	const char *why;

	assert_int_equal(gp_prefix_parse(&prefix, row->first, &why), 0);
	prefix.addr.bytes[15] = (__u8)i;
	prefix.addr.bytes[11] = (__u8)(prefix.addr.bytes[11] + (prefix.addr.bytes[0] ? i >> 8 : 0));
	return (struct gp_network_host){ .addr = prefix.addr, .bits = 128, .inside = !row->outside, .asn = row->asn };
}

static const struct gp_network *ranked;
static struct gp_networks *networks;

static int rank(const struct gp_network_limits *limits, const struct row *rows, size_t count)
{
	assert_int_equal(gp_networks_open(&networks, limits), 0);
	for (size_t r = 0; r < count; r++) {
		for (unsigned i = 0; i < rows[r].bots + rows[r].scanners; i++) {
			struct gp_network_host host = host_of(&rows[r], i);

			assert_int_equal(gp_networks_confirmed(networks, &host,
							       1u << (i < rows[r].bots ? GP_KIND_SPAM_BOT : GP_KIND_SCANNER)), 0);
		}
	}
	for (size_t r = 0; r < count; r++) {
		for (unsigned i = 0; i < rows[r].active; i++) {
			struct gp_network_host host = host_of(&rows[r], i);

			gp_networks_active(networks, &host, 2);
		}
	}
	return gp_networks_rank(networks, &ranked);
}

/* "1 10.0.0.0/24 3/40" for each. */
static void check(int count, const char *expected)
{
	char got[2048] = "", addr[GP_TEXT_ADDR];

	for (int i = 0; i < count; i++) {
		char who[GP_TEXT_ADDR + 8];

		snprintf(who, sizeof(who), "AS%u", ranked[i].asn);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u %s %llu/%llu%s%s\n", ranked[i].rank,
			 ranked[i].by == GP_NETWORK_BY_AS ? who :
			 gp_text_prefix(addr, &ranked[i].prefix.addr, ranked[i].prefix.bits),
			 (unsigned long long)ranked[i].confirmed, (unsigned long long)ranked[i].active,
			 ranked[i].few_hosts ? " few" : "", ranked[i].inside ? "" : " outside");
	}
	assert_string_equal(got, expected);
	gp_networks_close(networks);
}

static void test_order(void **state)
{
	static const struct row rows[] = {
		{ "10.0.1.0", 64500, .active = 1, .bots = 1 },	  /* tiny: 1 of 1, a bound of 21 % */
		{ "10.0.2.0", 64500, .active = 40, .bots = 3 },
		{ "10.0.3.0", 64501, .active = 200, .bots = 20 },
		{ "10.0.4.0", 64501, .active = 100, .bots = 0 }, /* clean: not listed, but its AS counts it */
		{ "10.0.5.0", 0, .active = 30, .scanners = 30 },  /* no spam bot */
		{ "2001:db8:1::", 64502, .active = 20, .bots = 2 },
		{ "198.51.100.0", 64503, .outside = true, .active = 12, .bots = 1 },
	};
	const struct gp_network_limits limits = { .prefix4 = 24, .prefix6 = 48, .top = 10, .min_hosts = 10 };

	(void)state;
	check(rank(&limits, rows, COUNT(rows)),
	      "1 10.0.3.0/24 20/200\n2 2001:db8:1::/48 2/20\n3 10.0.2.0/24 3/40\n4 10.0.5.0/24 0/30\n"
	      "5 10.0.1.0/24 1/1 few\n1 198.51.100.0/24 1/12 outside\n"
	      "1 AS64501 20/300\n2 AS64500 4/41\n3 AS64502 2/20\n1 AS64503 1/12 outside\n");
	/* All kinds. */
	check(rank(&(struct gp_network_limits){ .prefix4 = 24, .prefix6 = 48, .top = 10, .min_hosts = 10, .all_kinds = true },
		   rows, COUNT(rows) - 1),
	      "1 10.0.5.0/24 30/30\n2 10.0.3.0/24 20/200\n3 2001:db8:1::/48 2/20\n4 10.0.2.0/24 3/40\n5 10.0.1.0/24 1/1 few\n"
	      "1 AS64501 20/300\n2 AS64500 4/41\n3 AS64502 2/20\n");
	/* Other lengths of prefixes. */
	check(rank(&(struct gp_network_limits){ .prefix4 = 22, .prefix6 = 32, .top = 1, .min_hosts = 1 }, rows, 3),
	      "1 10.0.0.0/22 24/241\n1 AS64501 20/200\n2 AS64500 4/41\n");
}

/* A large network with a small share is not hidden by ten small ones: it stands behind them with its rank. */
static void test_large(void **state)
{
	static struct row rows[16];
	static char names[16][16];
	const struct gp_network_limits limits = { .prefix4 = 24, .prefix6 = 48, .top = 3, .min_hosts = 10 };

	(void)state;
	for (unsigned i = 0; i < 14; i++) {
		snprintf(names[i], sizeof(names[i]), "10.0.%u.0", i);
		rows[i] = (struct row){ .first = names[i], .active = 10 + i, .bots = 5 };
	}
	rows[14] = (struct row){ .first = "10.1.0.0", .active = 256, .bots = 25 };
	rows[15] = (struct row){ .first = "10.2.0.0", .active = 256, .bots = 20 };
	check(rank(&limits, rows, 16),
	      "1 10.0.0.0/24 5/10\n2 10.0.1.0/24 5/11\n3 10.0.2.0/24 5/12\n4 10.0.3.0/24 5/13\n15 10.1.0.0/24 25/256\n"
	      "16 10.2.0.0/24 20/256\n");
}

static void test_beside(void **state)
{
	static const struct row rows[] = { { "10.0.1.0", 0, .active = 12, .bots = 2, .scanners = 3 } };
	const struct gp_network_limits limits = { .prefix4 = 24, .prefix6 = 48, .top = 3, .min_hosts = 10 };

	(void)state;
	assert_int_equal(rank(&limits, rows, 1), 1);
	assert_int_equal(ranked[0].kinds[GP_KIND_SPAM_BOT], 2);
	assert_int_equal(ranked[0].kinds[GP_KIND_SCANNER], 3);
	assert_int_equal(ranked[0].refused, 24);
	assert_true(ranked[0].lower_bound == gp_wilson_lower(2, 12));
	gp_networks_close(networks);
	assert_int_equal(rank(&limits, rows, 0), 0);
	assert_false(gp_networks_any(networks));
	gp_networks_close(networks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson), cmocka_unit_test(test_order), cmocka_unit_test(test_large),
		cmocka_unit_test(test_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
