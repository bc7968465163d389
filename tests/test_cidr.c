/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coverings: rows, every set of eight addresses against every covering there is, random sets, and the time it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cidr.h"
#include "random.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define V4_BITS 96u

static struct gp_addr v4(__u32 addr)
{
	struct gp_addr out = {.words = {0, 0, htonl(0xffff), htonl(addr)}};

	return out;
}

/* "first-last" of 40.94.101.0/24, blanks between. */
static size_t parse_active(struct gp_addr *out, const char *text)
{
	size_t count = 0;
	int first, last, used;

	while (sscanf(text, " %d-%d%n", &first, &last, &used) == 2) {
		for (int i = first; i <= last; i++)
			out[count++] = v4(0x285e6500 + (__u32)i);
		text += used;
	}
	return count;
}

static char *print_cover(char *out, const struct gp_cidr *list, size_t count)
{
	char *at = out;

	*out = '\0';
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%s.%u/%u", i ? " " : "", list[i].addr.bytes[15], list[i].bits - V4_BITS);
	return out;
}

static const struct row {
	const char *active;
	double price;
	unsigned int widest; /* of 32 */
	const char *cover;
	double addresses;
} rows[] = {
	/* docs/detection.md, 13: the range from 1 to 100. */
	{"1-100", 0, 20, ".1/32 .2/31 .4/30 .8/29 .16/28 .32/27 .64/27 .96/30 .100/32", 100},
	{"1-100", 0.5, 20, ".0/26 .64/27 .96/30 .100/32", 101},
	{"1-100", 1, 20, ".0/26 .64/27 .96/30 .100/32", 101},
	{"1-100", 2, 20, ".0/26 .64/27 .96/30 .100/32", 101},
	{"1-100", 4, 20, ".0/26 .64/27 .96/29", 104},
	{"1-100", 8, 20, ".0/26 .64/27 .96/29", 104},
	{"1-100", 11.9, 20, ".0/26 .64/27 .96/29", 104},
	{"1-100", 12, 20, ".0/25", 128},
	{"1-100", 1e9, 20, ".0/25", 128},
	{"0-255", 8, 20, ".0/24", 256},
	{"0-255", 0, 20, ".0/24", 256},
	{"0-255", 8, 26, ".0/26 .64/26 .128/26 .192/26", 256},
	{"0-0", 8, 20, ".0/32", 1},
	{"255-255", 0, 20, ".255/32", 1},
	{"0-1", 0, 20, ".0/31", 2},
	{"1-2", 0, 20, ".1/32 .2/32", 2},
	{"1-2", 1e9, 31, ".1/32 .2/32", 2}, /* nothing wider than /31 holds both */
	{"0-0 255-255", 8, 20, ".0/32 .255/32", 2},
	{"0-0 255-255", 254, 20, ".0/24", 256},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct gp_addr active[256];
		struct gp_cidr list[64];
		char text[2048];
		size_t count = parse_active(active, rows[i].active);
		size_t made = gp_cidr_cover(list, ROWS(list), active, count, 128, rows[i].price, V4_BITS + rows[i].widest);

		assert_in_range(made, 1, ROWS(list));
		if (strcmp(print_cover(text, list, made), rows[i].cover))
			fail_msg("%s at %g: %s instead of %s", rows[i].active, rows[i].price, text, rows[i].cover);
		assert_true(gp_cidr_size(list, made, 128) == rows[i].addresses);
	}
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gp_addr));
}

/* @n draws from 40.94.101.1-100, as a fleet would make them. Return: distinct ones, ascending. */
static size_t draw_fleet(struct gp_addr *out, unsigned int n, __u64 *seed)
{
	bool seen[100] = {false};
	size_t count = 0;

	for (unsigned int i = 0; i < n; i++)
		seen[random_splitmix(seed) % 100] = true;
	for (__u32 i = 0; i < 100; i++) {
		if (seen[i])
			out[count++] = v4(0x285e6501 + i);
	}
	return count;
}

/* A part of the fleet seen is enough for nearly the covering of all of it. */
static void test_part_of_a_fleet(void **state)
{
	static const struct {
		unsigned int requests;
		double distinct, least, most; /* on average */
	} parts[] = {{50, 39, 96, 104}, {100, 63, 101, 104}, {200, 87, 103, 104}, {300, 95, 103, 104}};
	__u64 seed = 35;

	(void)state;
	for (size_t row = 0; row < ROWS(parts); row++) {
		double sizes = 0, distinct = 0;

		for (unsigned int run = 0; run < 500; run++) {
			struct gp_addr active[100];
			struct gp_cidr list[64];
			size_t count = draw_fleet(active, parts[row].requests, &seed);
			size_t made = gp_cidr_cover(list, ROWS(list), active, count, 128, 8, V4_BITS + 20);

			assert_in_range(made, 1, ROWS(list));
			sizes += gp_cidr_size(list, made, 128) / 500;
			distinct += (double)count / 500;
		}
		printf("%u requests: %.1f addresses seen, %.1f covered\n", parts[row].requests, distinct, sizes);
		assert_true(fabs(distinct - parts[row].distinct) < 1.5);
		assert_true(sizes >= parts[row].least && sizes <= parts[row].most);
	}
}

/* --- all coverings there are -------------------------------------------------------------------------------------- */

/* The cheapest covering of the set bits of @set within @size addresses from @from: each node taken, or split, or left. */
static double cheapest(unsigned int set, unsigned int from, unsigned int size, double price, unsigned int widest)
{
	unsigned int mask = ((size == 32 ? 0 : 1u << size) - 1) << from, active = set & mask;
	double take = size <= widest ? price + size - __builtin_popcount(active) : INFINITY, split;

	if (!active)
		return 0;
	if (size == 1)
		return take;
	split = cheapest(set, from, size / 2, price, widest) + cheapest(set, from + size / 2, size / 2, price, widest);
	return take < split ? take : split;
}

static void check_cover(unsigned int set, double price, unsigned int widest_bits, bool v6)
{
	struct gp_addr active[32];
	struct gp_cidr list[32];
	unsigned int bits = v6 ? 64 : 128, covered = 0;
	size_t count = 0, made;
	double cost = 0;

	for (unsigned int i = 0; i < 32; i++) {
		if (set >> i & 1 && v6)
			active[count++] = (struct gp_addr){.words = {htonl(0x20010db8), htonl(i), 0, 0}};
		else if (set >> i & 1)
			active[count++] = v4(0xc0000200 + i);
	}
	made = gp_cidr_cover(list, ROWS(list), active, count, bits, price, bits - widest_bits);
	for (size_t i = 0; i < made; i++) {
		unsigned int size = 1u << (bits - list[i].bits), from = list[i].addr.bytes[v6 ? 7 : 15];
		unsigned int mask = ((size == 32 ? 0 : 1u << size) - 1) << from;

		assert_true(list[i].bits >= bits - widest_bits && list[i].bits <= bits);
		assert_int_equal(from % size, 0);
		assert_int_equal(covered & mask, 0);
		assert_true(covered < 1u << from); /* ascending */
		covered |= mask;
		cost += price + size - __builtin_popcount(set & mask);
	}
	assert_int_equal(set & ~covered, 0);
	if (cost != cheapest(set, 0, 32, price, 1u << widest_bits))
		fail_msg("%08x at %g: %g", set, price, cost);
}

static void test_no_covering_is_cheaper(void **state)
{
	static const double prices[] = {0, 0.5, 1, 2, 3, 8, 100};
	__u64 seed = 7;

	(void)state;
	for (size_t price = 0; price < ROWS(prices); price++) {
		for (unsigned int set = 0; set < 256; set++) {
			for (unsigned int widest = 0; widest <= 3; widest++)
				check_cover(set << 8, prices[price], widest, set & 1);
		}
		for (int run = 0; run < 3000; run++) {
			unsigned int dense = (unsigned int)random_splitmix(&seed), thin = (unsigned int)random_splitmix(&seed);

			check_cover(run & 1 ? dense : dense & thin, prices[price], run % 6, run & 2);
		}
	}
}

/* --- bounds ------------------------------------------------------------------------------------------------------- */

#define MANY 100000u

static void test_many(void **state)
{
	struct gp_addr *addrs = calloc(MANY, sizeof(*addrs));
	struct gp_cidr list[32];
	struct timespec from, to;
	__u64 seed = 11;
	size_t made, exact, count = 0;
	double ms;

	(void)state;
	assert_non_null(addrs);
	for (unsigned int i = 0; i < MANY; i++)
		addrs[i] = v4(0x0b000000 + (__u32)(random_splitmix(&seed) % (8 * MANY)));
	qsort(addrs, MANY, sizeof(*addrs), compare_addrs);
	for (unsigned int i = 0; i < MANY; i++) {
		if (!count || memcmp(&addrs[count - 1], &addrs[i], sizeof(*addrs)))
			addrs[count++] = addrs[i];
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	made = gp_cidr_cover(list, ROWS(list), addrs, count, 128, 8, V4_BITS + 20);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	exact = gp_cidr_cover(list, 0, addrs, count, 128, 0, V4_BITS + 20);
	printf("%zu addresses in %.1f ms (sanitised): %zu prefixes, %zu exact ones\n", count, ms, made, exact);
	assert_true(made > ROWS(list)); /* more than there is room for: counted all the same */
	assert_true(made < exact && exact < count);
	for (size_t i = 1; i < ROWS(list); i++)
		assert_true(memcmp(&list[i - 1].addr, &list[i].addr, sizeof(list[i].addr)) < 0);
	assert_true(ms < 1000);
	free(addrs);
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(gp_cidr_cover(NULL, 0, NULL, 0, 128, 8, 0), 0);
}

/* A trie as deep as an address is long. */
static void test_ends_of_ipv6(void **state)
{
	struct gp_addr addrs[129] = {{.bytes = {0}}};
	struct gp_cidr list[129];

	(void)state;
	for (unsigned int i = 0; i < 128; i++)
		addrs[128 - i].bytes[i / 8] = (__u8)(0x80 >> i % 8);
	assert_int_equal(gp_cidr_cover(list, ROWS(list), addrs, ROWS(addrs), 128, 0, 40), 128); /* the lowest two pair */
	assert_int_equal(gp_cidr_cover(list, ROWS(list), addrs, ROWS(addrs), 128, 1e60, 40), 41);
	assert_int_equal(list[0].bits, 40);
	assert_int_equal(gp_cidr_cover(list, ROWS(list), addrs, ROWS(addrs), 128, 1e60, 0), 1);
	assert_int_equal(list[0].bits, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_part_of_a_fleet),
		cmocka_unit_test(test_no_covering_is_cheaper),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_ends_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
