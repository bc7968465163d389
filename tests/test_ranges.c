/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config_keys.h"
#include "config_ranges.h"
#include "random.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *text, *canonical, *why;
	int bits, subscriber_bits;
} prefixes[] = {
	{"10.0.0.0/8", "10.0.0.0/8", NULL, 104, 128},
	{"0.0.0.0/0", "0.0.0.0/0", NULL, 96, 128},
	{"255.255.255.255", "255.255.255.255/32", NULL, 128, 128},
	{"192.0.2.1/32", "192.0.2.1/32", NULL, 128, 128},
	{"::/0", "::/0", NULL, 0, 56},
	{"2001:DB8::/32", "2001:db8::/32", NULL, 32, 56},
	{"2001:db8::/56", "2001:db8::/56", NULL, 56, 56},
	{"2001:db8::/57", "2001:db8::/57", NULL, 57, 57},
	{"2001:db8::1", "2001:db8::1/128", NULL, 128, 128},
	{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", NULL, 128,
	 128},
	{"::ffff:10.0.0.0/104", NULL, "IPv4 in IPv6 notation", 0, 0},
	{"::ffff:0:0/96", NULL, "IPv4 in IPv6 notation", 0, 0},
	{"::fffe:0:0/95", "::fffe:0:0/95", NULL, 95, 95},
	{"::10.0.0.0/104", "::10.0.0.0/104", NULL, 104, 104},
	{"10.0.0.1/8", NULL, "host bits", 0, 0},
	{"128.0.0.0/0", NULL, "host bits", 0, 0},
	{"2001:db8::1/127", NULL, "host bits", 0, 0},
	{"10.0.0.0/33", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/08", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/+8", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/8/8", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/4294967304", NULL, "the length is not 0 to 32", 0, 0},
	{"10.0.0.0/255.0.0.0", NULL, "the length is not 0 to 32", 0, 0},
	{"::/129", NULL, "the length is not 0 to 128", 0, 0},
	{"::/-1", NULL, "the length is not 0 to 128", 0, 0},
	{"", NULL, "not an IPv4 or IPv6 prefix", 0, 0},
	{"/8", NULL, "not an", 0, 0},
	{"10.0.0/8", NULL, "not an", 0, 0},
	{"010.0.0.0/8", NULL, "not an", 0, 0},
	{" 10.0.0.0/8", NULL, "not an", 0, 0},
	{"10.0.0.0 /8", NULL, "not an", 0, 0},
	{"fe80::1%eth0", NULL, "not an", 0, 0},
	{"1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9", NULL, "not an", 0, 0},
};

static void test_prefixes(void **state)
{
	char text[GP_PREFIX_TEXT];
	struct gp_prefix prefix;
	const char *why;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < ROWS(prefixes); i++) {
		err = gp_prefix_parse(&prefix, prefixes[i].text, &why);
		if (!err != !!prefixes[i].canonical)
			fail_msg("\"%s\": returned %d", prefixes[i].text, err);
		if (err) {
			assert_int_equal(err, -EINVAL);
			if (strncmp(why, prefixes[i].why, strlen(prefixes[i].why)))
				fail_msg("\"%s\": %s", prefixes[i].text, why);
			continue;
		}
		gp_prefix_format(text, sizeof(text), &prefix);
		assert_string_equal(text, prefixes[i].canonical);
		assert_int_equal(prefix.bits, prefixes[i].bits);
		assert_int_equal(prefix.subscriber_bits, prefixes[i].subscriber_bits);
		assert_int_equal(prefix.role, GP_ROLE_SUBSCRIBER);
	}
}

/* -- Ranges against a naive longest-prefix match -------------------------------------------------------------- */

static __u64 random_state; /* the seed is fixed, so a failure repeats */

static uint64_t random64(void)
{
	return random_splitmix(&random_state);
}

static gp_u128 random128(void)
{
	gp_u128 high = random64();

	return high << 64 | random64();
}

struct meaning {
	int role, subscriber_bits;
};

static int rank(int role)
{
	return role == GP_ROLE_SUBSCRIBER ? 1 : 2;
}

static struct meaning naive(const struct gp_prefix_list *list, gp_u128 address, bool v4)
{
	const struct gp_prefix *best = NULL, *prefix;
	size_t i;

	for (i = 0; i < list->count; i++) {
		prefix = &list->entries[i].prefix;
		if (gp_prefix_is_v4(prefix) != v4 ||
		    (address & gp_prefix_mask(prefix->bits)) != gp_addr_number(&prefix->addr))
			continue;
		if (!best || prefix->bits > best->bits ||
		    (prefix->bits == best->bits && rank(prefix->role) >= rank(best->role)))
			best = prefix;
	}
	return best ? (struct meaning){best->role, best->subscriber_bits} : (struct meaning){GP_ROLE_OUTSIDE, 0};
}

static struct meaning by_ranges(const struct gp_range *ranges, size_t count, gp_u128 address)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (gp_addr_number(&ranges[middle].last) < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count || gp_addr_number(&ranges[low].first) > address)
		return (struct meaning){GP_ROLE_OUTSIDE, 0};
	return (struct meaning){ranges[low].role, ranges[low].subscriber_bits};
}

static void check_address(const struct gp_prefix_list *list, const struct gp_range *ranges, size_t count,
			  gp_u128 address)
{
	bool v4 = address >> 32 == 0xffff;
	struct meaning expected = naive(list, address, v4), got = by_ranges(ranges, count, address);
	char text[INET6_ADDRSTRLEN];
	struct gp_addr addr;

	if (expected.role == got.role && expected.subscriber_bits == got.subscriber_bits)
		return;
	gp_addr_from_number(&addr, address);
	inet_ntop(AF_INET6, addr.bytes, text, sizeof(text));
	fail_msg("%s: role %d, subscriber %d; expected role %d, subscriber %d", text, got.role, got.subscriber_bits,
		 expected.role, expected.subscriber_bits);
}

static void check_shape(const struct gp_range *ranges, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		assert_true(gp_addr_number(&ranges[i].first) <= gp_addr_number(&ranges[i].last));
		assert_true(!i || gp_addr_number(&ranges[i - 1].last) < gp_addr_number(&ranges[i].first));
	}
}

/* Few distinct bits, so that prefixes nest, touch and coincide. */
static struct gp_prefix random_prefix(bool v4)
{
	unsigned int bits = (unsigned int)(random64() % (v4 ? 33 : 129)) + (v4 ? 96 : 0);
	gp_u128 address = random128() & random128() & random128();
	struct gp_prefix prefix = {.bits = (__u8)bits, .role = (__u8)(GP_ROLE_SUBSCRIBER + random64() % 3)};

	if (random64() % 4 == 0)
		address = ~address;
	if (v4)
		address = (gp_u128)0xffff << 32 | (__u32)address;
	gp_addr_from_number(&prefix.addr, address & gp_prefix_mask(bits));
	prefix.subscriber_bits = (__u8)(bits + random64() % 2 * (128 - bits));
	return prefix;
}

static bool in_mapped_space(const struct gp_prefix *prefix)
{
	return prefix->bits >= 96 && gp_addr_number(&prefix->addr) >> 32 == 0xffff;
}

static bool addable(const struct gp_prefix_list *list, const struct gp_prefix *prefix, bool v4)
{
	const struct gp_prefix *other;
	size_t i;

	if (!v4 && in_mapped_space(prefix))
		return false;
	/* What gp_prefix_conflicts() refuses has no right answer. */
	for (i = 0; i < list->count; i++) {
		other = &list->entries[i].prefix;
		if (other->bits == prefix->bits && !memcmp(&other->addr, &prefix->addr, sizeof(other->addr)) &&
		    rank(other->role) == rank(prefix->role))
			return false;
	}
	return true;
}

static void check_round(size_t wanted)
{
	struct gp_prefix_list list = {0};
	struct gp_prefix prefix;
	struct gp_range *ranges;
	gp_u128 first, last;
	size_t count, i;
	bool v4;

	for (i = 0; i < wanted; i++) {
		v4 = random64() % 2;
		prefix = random_prefix(v4);
		if (addable(&list, &prefix, v4))
			assert_int_equal(gp_prefix_list_add(&list, &prefix, 1), 0);
	}
	gp_prefix_list_sort(&list);
	assert_int_equal(gp_ranges_cut(&ranges, &count, &list), 0);
	check_shape(ranges, count);
	for (i = 0; i < list.count; i++) {
		first = gp_addr_number(&list.entries[i].prefix.addr);
		last = first | ~gp_prefix_mask(list.entries[i].prefix.bits);
		check_address(&list, ranges, count, first);
		check_address(&list, ranges, count, first - 1);
		check_address(&list, ranges, count, last);
		check_address(&list, ranges, count, last + 1);
		check_address(&list, ranges, count, first | (random128() & (last ^ first)));
	}
	for (i = 0; i < 50; i++) {
		check_address(&list, ranges, count, random128());
		check_address(&list, ranges, count, (gp_u128)0xffff << 32 | (__u32)random64());
	}
	check_address(&list, ranges, count, 0);
	check_address(&list, ranges, count, ~(gp_u128)0);
	check_address(&list, ranges, count, (gp_u128)0xffff << 32);
	check_address(&list, ranges, count, (gp_u128)0xffff << 32 | 0xffffffff);
	check_address(&list, ranges, count, ((gp_u128)0xffff << 32) - 1);
	check_address(&list, ranges, count, (gp_u128)0x10000 << 32);
	gp_prefix_list_free(&list);
	free(ranges);
}

static void test_ranges_random(void **state)
{
	size_t round;

	(void)state;
	random_state = 20261122;
	for (round = 0; round < 1500; round++)
		check_round(1 + random64() % (round % 10 ? 12 : 150));
}

/* A configuration from text that must be good. */
static struct gp_config *good(const char *yaml, size_t len, char *const *inside, size_t inside_count)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;

	if (gp_config_parse(&config, &errors, yaml, len, inside, inside_count))
		fail_msg("%s", errors.count ? errors.list[0].text : "no memory");
	gp_config_errors_free(&errors);
	return config;
}

#define ALL6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* Prefixes that stand for themselves; the expected ranges say first, last, subscriber length of 128, role. */
struct expected {
	const char *first, *last;
	int subscriber_bits, role;
};

static const struct {
	const char *name, *yaml;
	struct expected ranges[6];
} cuts[] = {
	{"all of IPv4", "inside: [0.0.0.0/0]", {{"::ffff:0.0.0.0", "::ffff:255.255.255.255", 128, GP_ROLE_SUBSCRIBER}}},
	{"IPv4 is no neighbour of IPv6",
	 "inside: [{prefix: '::/0', subscriber: 128}, 0.0.0.0/0]",
	 {{"::", "::fffe:ffff:ffff", 128, GP_ROLE_SUBSCRIBER}, {"::ffff:0.0.0.0", "::ffff:255.255.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"::1:0:0:0", ALL6, 128, GP_ROLE_SUBSCRIBER}}},
	{"all of IPv6 leaves IPv4 out",
	 "inside: ['::/0']",
	 {{"::", "::fffe:ffff:ffff", 56, GP_ROLE_SUBSCRIBER}, {"::1:0:0:0", ALL6, 56, GP_ROLE_SUBSCRIBER}}},
	{"everything",
	 "inside: ['::/0', 0.0.0.0/0]",
	 {{"::", "::fffe:ffff:ffff", 56, GP_ROLE_SUBSCRIBER},
	  {"::ffff:0.0.0.0", "::ffff:255.255.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"::1:0:0:0", ALL6, 56, GP_ROLE_SUBSCRIBER}}},
	{"the ends of everything",
	 "inside: ['::', '" ALL6 "']",
	 {{"::", "::", 128, GP_ROLE_SUBSCRIBER}, {ALL6, ALL6, 128, GP_ROLE_SUBSCRIBER}}},
	{"the ends of IPv4",
	 "inside: [0.0.0.0, 255.255.255.255]",
	 {{"::ffff:0.0.0.0", "::ffff:0.0.0.0", 128, GP_ROLE_SUBSCRIBER},
	  {"::ffff:255.255.255.255", "::ffff:255.255.255.255", 128, GP_ROLE_SUBSCRIBER}}},
	{"neighbours merge",
	 "inside: [10.0.0.0/9, 10.128.0.0/9]",
	 {{"::ffff:10.0.0.0", "::ffff:10.255.255.255", 128, GP_ROLE_SUBSCRIBER}}},
	{"unequal neighbours do not",
	 "inside: [10.0.0.0/9, {prefix: 10.128.0.0/9, subscriber: 30}]",
	 {{"::ffff:10.0.0.0", "::ffff:10.127.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"::ffff:10.128.0.0", "::ffff:10.255.255.255", 126, GP_ROLE_SUBSCRIBER}}},
	{"a relay within",
	 "inside: [10.0.0.0/8]\nrelays: [10.0.0.25]",
	 {{"::ffff:10.0.0.0", "::ffff:10.0.0.24", 128, GP_ROLE_SUBSCRIBER},
	  {"::ffff:10.0.0.25", "::ffff:10.0.0.25", 128, GP_ROLE_RELAY},
	  {"::ffff:10.0.0.26", "::ffff:10.255.255.255", 128, GP_ROLE_SUBSCRIBER}}},
	{"a role wins over what is inside without a word",
	 "infrastructure: [10.0.0.0/8]",
	 {{"::ffff:10.0.0.0", "::ffff:10.255.255.255", 128, GP_ROLE_INFRASTRUCTURE},
	  {"::ffff:100.64.0.0", "::ffff:100.127.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"::ffff:172.16.0.0", "::ffff:172.31.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"::ffff:192.168.0.0", "::ffff:192.168.255.255", 128, GP_ROLE_SUBSCRIBER},
	  {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 56, GP_ROLE_SUBSCRIBER}}},
	{"the longer one wins over a role",
	 "infrastructure: ['2001:db8::/32']\ninside: ['2001:db8::/48']",
	 {{"2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", 56, GP_ROLE_SUBSCRIBER},
	  {"2001:db8:1::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 56, GP_ROLE_INFRASTRUCTURE}}},
};

static void check_cut(const char *name, const struct gp_range *range, const struct expected *expected)
{
	struct in6_addr low, high;

	assert_int_equal(inet_pton(AF_INET6, expected->first, &low), 1);
	assert_int_equal(inet_pton(AF_INET6, expected->last, &high), 1);
	if (memcmp(&low, &range->first, sizeof(low)) || memcmp(&high, &range->last, sizeof(high)) ||
	    range->subscriber_bits != expected->subscriber_bits || range->role != expected->role)
		fail_msg("%s: not %s to %s, subscriber %d, role %d", name, expected->first, expected->last,
			 expected->subscriber_bits, expected->role);
}

static void test_ranges_cut(void **state)
{
	const struct expected *expected;
	struct gp_config *config;
	size_t i;
	__u32 n;

	(void)state;
	for (i = 0; i < ROWS(cuts); i++) {
		config = good(cuts[i].yaml, strlen(cuts[i].yaml), NULL, 0);
		for (expected = cuts[i].ranges, n = 0; expected->first; expected++, n++) {
			if (n < config->range_count)
				check_cut(cuts[i].name, &config->ranges[n], expected);
		}
		if (config->range_count != n)
			fail_msg("%s: %u ranges", cuts[i].name, config->range_count);
		gp_config_close(config);
	}
}

static char *many_prefixes(size_t count, size_t *len)
{
	char *text;
	FILE *file = open_memstream(&text, len);
	size_t i;

	/* Every other /24: nothing merges. */
	fprintf(file, "inside:\n");
	for (i = 0; i < count; i++)
		fprintf(file, "  - {prefix: %zu.%zu.%zu.0/24, subscriber: 32}\n", 1 + i / 32768, i / 128 % 256,
			i % 128 * 2);
	fclose(file);
	return text;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_ranges_many(void **state)
{
	struct gp_prefix_list list = {0};
	struct gp_config *config;
	struct gp_prefix prefix;
	struct gp_range *ranges;
	size_t len, count, i;
	double start;
	char *text;

	(void)state;
	start = seconds_now();
	text = many_prefixes(50000, &len);
	config = good(text, len, NULL, 0);
	assert_int_equal(config->range_count, 50000);
	gp_config_close(config);
	free(text);
	for (i = 0; i < 50000; i++) {
		prefix = random_prefix(i % 2);
		if (!(!(i % 2) && in_mapped_space(&prefix)))
			assert_int_equal(gp_prefix_list_add(&list, &prefix, 1), 0);
	}
	gp_prefix_list_sort(&list);
	assert_int_equal(gp_ranges_cut(&ranges, &count, &list), 0);
	check_shape(ranges, count);
	gp_prefix_list_free(&list);
	free(ranges);
	/* Under the sanitizers it takes about a second; a quadratic way would take minutes. */
	assert_true(seconds_now() - start < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_ranges_cut),
		cmocka_unit_test(test_ranges_random),
		cmocka_unit_test(test_ranges_many),
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
