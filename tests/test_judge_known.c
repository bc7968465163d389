// SPDX-License-Identifier: GPL-2.0-or-later
/* What the operator's lists do to verdicts: docs/detection.md, "Lists". */
#include <errno.h>

#include "judge_world.h"

#include "judge_private.h"
#include "watch.h"

static const struct gp_list_spec specs[] = {
	{ .name = "good", .kind = GP_LIST_KNOWN_GOOD },
	{ .name = "bad", .kind = GP_LIST_KNOWN_BAD },
};
static const __u64 secret[2] = { 1, 2 };
static struct gp_lists *lists;
static struct gp_watch *watch;

static void no_error(void *context, const struct gp_lists_error *error)
{
	(void)context;
	fail_msg("%d: %s", error->line, error->text);
}

static void read_lists(const char *good, const char *bad)
{
	const char *texts[] = { good, bad };
	const size_t lens[] = { strlen(good), strlen(bad) };

	assert_int_equal(gp_lists_read(lists, texts, lens, no_error, NULL), 0);
}

static int open_lists(void **state)
{
	(void)state;
	assert_int_equal(gp_lists_open(&lists, specs, 2), 0);
	assert_int_equal(gp_watch_open(&watch, lists, secret), 0);
	return 0;
}

static int close_lists(void **state)
{
	(void)state;
	gp_watch_close(watch);
	gp_lists_close(lists);
	return 0;
}

/* A host at 10.0.0.7. */
static struct gp_case host_case(struct gp_host *host, bool inside)
{
	*host = (struct gp_host){ .addr = world_v4(0x0a000007), .bits = 128 };
	return (struct gp_case){ .host = host, .limits = &gp_limits_default, .inside = inside };
}

static const struct {
	const char *name, *good;
	__u64 now_s;
	bool known_good;
} good_rows[] = {
	{ "no list", "", 0, false },
	{ "on it", "10.0.0.0/24, ours", 0, true },
	{ "beside it", "10.0.1.0/24", 0, false },
	{ "still valid", "10.0.0.7,x,2026-01-01", 1767311999, true },
	{ "expired", "10.0.0.7,x,2026-01-01", 1767312000, false },
};

static void test_known_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good_rows); i++) {
		struct gp_heard heard = { .lists = lists };
		struct gp_host host;
		struct gp_case c = host_case(&host, true);

		read_lists(good_rows[i].good, "");
		gp_lists_tick(lists, good_rows[i].now_s * SECOND);
		gp_known_hear(&c, &heard);
		if (c.known_good != good_rows[i].known_good)
			fail_msg("%s: %d", good_rows[i].name, c.known_good);
	}
}

/* So many listed prefixes, and what they weigh. */
static const struct {
	unsigned prefixes;
	bool inside;
	double weight;
} bad_rows[] = { { 0, true, 0 }, { 1, true, 1 }, { 2, true, 2 }, { 3, true, 2 }, { 40, true, 2 }, { 3, false, 0 } };

static void test_known_bad(void **state)
{
	(void)state;
	read_lists("", "0.0.0.0/8\n1.0.0.0/8\n2.0.0.0/8\n");
	for (size_t i = 0; i < ROWS(bad_rows); i++) {
		struct gp_finding finding = { 0 };
		struct gp_host host;
		struct gp_case c = host_case(&host, bad_rows[i].inside);

		c.known_bad_prefixes = bad_rows[i].prefixes;
		c.known_bad_flows = 7;
		assert_true(gp_known_bad_weight(&c) == bad_rows[i].weight);
		gp_known_bad_evidence(&finding, &c);
		assert_int_equal(finding.evidence_count, bad_rows[i].weight > 0);
		if (!finding.evidence_count)
			continue;
		assert_string_equal(finding.evidence[0].rule, "lists.known_bad");
		assert_true(finding.evidence[0].weight == bad_rows[i].weight);
		assert_true(finding.evidence[0].observed[0].value == bad_rows[i].prefixes);
		/* Alone it is never enough. */
		gp_finding_close(&finding, &gp_limits_default);
		assert_true(finding.score < gp_limits_default.suspect_score);
	}
}

static void test_hears_watch(void **state)
{
	struct gp_heard heard = { .lists = lists, .watch = watch };
	struct gp_host host;
	struct gp_case c = host_case(&host, true);

	(void)state;
	read_lists("", "198.51.100.0/24\n203.0.113.0/24\n");
	gp_known_hear(&c, &heard);
	assert_int_equal(c.known_bad_prefixes, 0);
	for (int i = 0; i < 3; i++)
		gp_watch_flow(watch, &(struct gp_watch_flow){ .host = host.addr, .peer = world_v4(i ? 0xc6336401 : 0xcb007101),
							      .service = GP_SERVICE_TLS, .ended = true });
	gp_known_hear(&c, &heard);
	assert_int_equal(c.known_bad_prefixes, 2);
	assert_int_equal(c.known_bad_flows, 3);
}

/* Ranges that lie within a list are left out, and counted by what they were. */
static void test_ranges(void **state)
{
	struct gp_range_finding found[] = {
		{ .addr = world_v4(0xc0000200), .bits = 120, .kind = GP_RANGE_SCANNER },
		{ .addr = world_v4(0xc6336400), .bits = 120, .kind = GP_RANGE_SCANNER },
		{ .addr = world_v4(0xc6336500), .bits = 120, .kind = GP_RANGE_CRAWLER },
		{ .addr = world_v4(0xc6336600), .bits = 120, .kind = GP_RANGE_SCANNER },
		{ .addr = world_v4(0xcb007100), .bits = 120, .kind = GP_RANGE_SCANNER },
	};
	const struct gp_range_finding *ranges = found;
	struct gp_suppressions s = { 0 };
	struct gp_heard heard = { 0 };

	(void)state;
	assert_int_equal(gp_known_good_ranges(&s, &heard, &ranges, 5), 5);
	assert_ptr_equal(ranges, found);
	heard.lists = lists;
	/* Half of a range is not all of it. */
	read_lists("198.51.100.0/22, partner\n203.0.113.0/25\n", "");
	assert_int_equal(gp_known_good_ranges(&s, &heard, &ranges, 5), 2);
	assert_memory_equal(&ranges[0], &found[0], sizeof(found[0]));
	assert_memory_equal(&ranges[1], &found[4], sizeof(found[4]));
	assert_int_equal(s.count, 2);
	assert_int_equal(s.list[0].count, 2);
	assert_int_equal(s.list[0].kind, GP_RANGE_SCANNER);
	assert_string_equal(s.list[0].label, "partner");
	assert_int_equal(s.list[1].count, 1);
	assert_int_equal(s.list[1].kind, GP_RANGE_CRAWLER);
	assert_int_equal(gp_known_good_ranges(&s, &heard, &ranges, -ENOMEM), -ENOMEM);
	gp_suppressions_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_known_good, open_lists, close_lists),
		cmocka_unit_test_setup_teardown(test_known_bad, open_lists, close_lists),
		cmocka_unit_test_setup_teardown(test_hears_watch, open_lists, close_lists),
		cmocka_unit_test_setup_teardown(test_ranges, open_lists, close_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
