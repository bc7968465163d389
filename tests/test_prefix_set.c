// SPDX-License-Identifier: GPL-2.0-or-later
/* Which prefix holds an address: rows, and a comparison with looking at each prefix in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "prefix.h"
#include "prefix_set.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct gp_cidr cidr(const char *text)
{
	struct gp_prefix prefix;
	const char *why;

	if (gp_prefix_parse(&prefix, text, &why))
		fail_msg("%s: %s", text, why);
	return (struct gp_cidr){prefix.addr, prefix.bits};
}

static const char *const prefixes[] = {
	"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3", "0.0.0.0/1", "255.255.255.255", "2001:db8::/32",
	"2001:db8:1::/48", "2001:db8:1::1", "::/0", "10.1.2.0/24", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

static const struct {
	const char *addr;
	int place; /* -1: none */
} rows[] = {
	{ "10.1.2.3", 3 }, { "10.1.2.4", 2 }, { "10.1.2.0", 2 }, { "10.1.2.255", 2 }, { "10.1.3.0", 1 },
	{ "10.1.1.255", 1 }, { "10.2.0.0", 0 }, { "10.255.255.255", 0 }, { "11.0.0.0", 4 }, { "0.0.0.0", 4 },
	{ "127.255.255.255", 4 }, { "128.0.0.0", -1 }, { "255.255.255.254", -1 }, { "255.255.255.255", 5 },
	{ "2001:db8::1", 6 }, { "2001:db8:1::", 7 }, { "2001:db8:1::1", 8 }, { "2001:db8:1::2", 7 },
	{ "2001:db8:2::", 6 }, { "2001:db9::", 9 }, { "::", 9 }, { "::1", 9 }, { "::fffe:1.2.3.4", 9 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 9 }, { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 11 },
};

static struct gp_prefix_set *open_prefixes(void)
{
	struct gp_cidr list[COUNT(prefixes)];
	struct gp_prefix_set *set;

	for (size_t i = 0; i < COUNT(prefixes); i++)
		list[i] = cidr(prefixes[i]);
	assert_int_equal(gp_prefix_set_open(&set, list, COUNT(prefixes)), 0);
	return set;
}

static void test_rows(void **state)
{
	struct gp_prefix_set *set = open_prefixes();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_addr addr = cidr(rows[i].addr).addr;
		__u32 place = gp_prefix_set_find(set, &addr);

		if (place != (__u32)rows[i].place)
			fail_msg("%s: %d instead of %d", rows[i].addr, (int)place, rows[i].place);
	}
	/* What lies around each: its equal, then shorter ones. */
	assert_int_equal(gp_prefix_set_around(set, 3), 2);
	assert_int_equal(gp_prefix_set_around(set, 2), 10);
	assert_int_equal(gp_prefix_set_around(set, 10), 1);
	assert_int_equal(gp_prefix_set_around(set, 1), 0);
	assert_int_equal(gp_prefix_set_around(set, 0), 4);
	assert_int_equal(gp_prefix_set_around(set, 4), GP_PREFIX_NONE);
	assert_int_equal(gp_prefix_set_around(set, 8), 7);
	assert_int_equal(gp_prefix_set_around(set, 6), 9);
	gp_prefix_set_close(set);
}

static const struct {
	const char *prefix;
	int place;
} prefix_rows[] = {
	{ "10.1.2.3", 3 }, { "10.1.2.0/25", 2 }, { "10.1.2.0/24", 2 }, { "10.1.2.0/23", 1 }, { "10.0.0.0/8", 0 },
	{ "10.0.0.0/7", 4 }, { "0.0.0.0/0", -1 }, { "2001:db8:1::/48", 7 }, { "2001:db8::/47", 6 }, { "::/0", 9 },
	{ "::/80", 9 },
};

static void test_prefix_rows(void **state)
{
	struct gp_prefix_set *set = open_prefixes();

	(void)state;
	for (size_t i = 0; i < COUNT(prefix_rows); i++) {
		struct gp_cidr p = cidr(prefix_rows[i].prefix);

		if (gp_prefix_set_find_prefix(set, &p.addr, p.bits) != (__u32)prefix_rows[i].place)
			fail_msg("%s: not %d", prefix_rows[i].prefix, prefix_rows[i].place);
	}
	gp_prefix_set_close(set);
}

static void test_empty(void **state)
{
	struct gp_addr addr = cidr("192.0.2.1").addr;
	struct gp_prefix_set *set;

	(void)state;
	assert_int_equal(gp_prefix_set_find(NULL, &addr), GP_PREFIX_NONE);
	assert_int_equal(gp_prefix_set_open(&set, NULL, 0), 0);
	assert_int_equal(gp_prefix_set_find(set, &addr), GP_PREFIX_NONE);
	assert_int_equal(gp_prefix_set_find_prefix(set, &addr, 128), GP_PREFIX_NONE);
	gp_prefix_set_close(set);
	/* One that is a whole family. */
	for (int v4 = 0; v4 < 2; v4++) {
		struct gp_cidr all = cidr(v4 ? "0.0.0.0/0" : "::/0"), six = cidr("2001:db8::1");

		assert_int_equal(gp_prefix_set_open(&set, &all, 1), 0);
		assert_int_equal(gp_prefix_set_find(set, &addr), v4 ? 0 : GP_PREFIX_NONE);
		assert_int_equal(gp_prefix_set_find(set, &six.addr), v4 ? GP_PREFIX_NONE : 0);
		gp_prefix_set_close(set);
	}
}

/* Addresses that often share their first bits, so that prefixes nest. */
static struct gp_addr random_addr(__u64 *chance, bool v4)
{
	__u64 r = random_splitmix(chance);
	struct gp_addr addr = {0};

	if (v4) {
		addr.bytes[10] = addr.bytes[11] = 0xff;
		addr.bytes[12] = (__u8)(r & 3 ? 10 : r >> 8);
		addr.bytes[13] = (__u8)(r >> 16 & 1);
		addr.bytes[14] = (__u8)(r >> 24);
		addr.bytes[15] = (__u8)(r >> 32);
		return addr;
	}
	addr.bytes[0] = (__u8)(r & 1 ? 0x20 : r >> 8);
	addr.bytes[1] = (__u8)(r >> 16 & 1);
	addr.bytes[5] = (__u8)(r >> 24 & 3);
	addr.bytes[9] = (__u8)(r >> 32 & 3);
	addr.bytes[15] = (__u8)(r >> 40 & 15);
	return addr;
}

static struct gp_cidr random_cidr(__u64 *chance)
{
	bool v4 = random_splitmix(chance) & 1;
	struct gp_cidr c = {.addr = random_addr(chance, v4)};
	unsigned int lengths = v4 ? 33 : 129;

	c.bits = (__u8)((v4 ? 96 : 0) + random_splitmix(chance) % lengths);
	gp_addr_from_number(&c.addr, gp_addr_number(&c.addr) & gp_prefix_mask(c.bits));
	return c;
}

static bool is_v4(const struct gp_addr *addr)
{
	return gp_addr_number(addr) >> 32 == 0xffff;
}

static __u32 brute_force(const struct gp_cidr *list, size_t count, const struct gp_addr *addr)
{
	__u32 best = GP_PREFIX_NONE;

	for (size_t i = 0; i < count; i++) {
		bool v4 = list[i].bits >= 96 && is_v4(&list[i].addr);

		if (v4 != is_v4(addr) || (gp_addr_number(addr) & gp_prefix_mask(list[i].bits)) != gp_addr_number(&list[i].addr))
			continue;
		if (best == GP_PREFIX_NONE || list[i].bits > list[best].bits)
			best = (__u32)i;
	}
	return best;
}

static void test_random(void **state)
{
	static struct gp_cidr list[300];
	__u64 chance = 1, found = 0;

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t count = random_splitmix(&chance) % COUNT(list);
		struct gp_prefix_set *set;

		for (size_t i = 0; i < count; i++)
			list[i] = random_cidr(&chance);
		assert_int_equal(gp_prefix_set_open(&set, list, count), 0);
		for (int i = 0; i < 500; i++) {
			struct gp_addr addr = i % 3 || !count ? random_addr(&chance, i & 1) : list[(size_t)i % count].addr;
			__u32 place = gp_prefix_set_find(set, &addr);

			assert_int_equal(place, brute_force(list, count, &addr));
			found += place != GP_PREFIX_NONE;
		}
		gp_prefix_set_close(set);
	}
	assert_true(found > 1000);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Figures for whoever looks; under the sanitizers they are several times the real ones. */
static void test_size(void **state)
{
	enum { PREFIXES = 50000, LOOKUPS = 1000000 };
	struct gp_cidr *list = calloc(PREFIXES, sizeof(*list));
	struct gp_prefix_set *set;
	__u64 chance = 7;
	double begin, made, end;
	__u32 sum = 0;

	(void)state;
	assert_non_null(list);
	for (int i = 0; i < PREFIXES; i++)
		list[i] = random_cidr(&chance);
	begin = seconds();
	assert_int_equal(gp_prefix_set_open(&set, list, PREFIXES), 0);
	made = seconds();
	for (int i = 0; i < LOOKUPS; i++)
		sum += gp_prefix_set_find(set, &list[(unsigned)i * 2654435761u % PREFIXES].addr) != GP_PREFIX_NONE;
	end = seconds();
	assert_int_equal(sum, LOOKUPS);
	print_message("%d prefixes in %.1f ms, %.0f ns per address\n", PREFIXES, 1e3 * (made - begin),
		      1e9 * (end - made) / LOOKUPS);
	assert_true(made - begin < 2 && (end - made) / LOOKUPS < 5e-6);
	gp_prefix_set_close(set);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_prefix_rows), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_random), cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
