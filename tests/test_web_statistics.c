// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens and clicks with robots taken out, and how sure the shares are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_mail_links.h"
#include "web_statistics.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SECOND 1000000000ull
#define BEGIN (1777888800 * SECOND)

static const __u64 secret[2] = { 0x1234, 0x5678 };
static struct gp_tokens *tokens;

static int set_up(void **state)
{
	(void)state;
	return gp_tokens_open(&tokens, 512, secret);
}

static int tear_down(void **state)
{
	(void)state;
	gp_tokens_close(tokens);
	return 0;
}

/* 40.94.101.n, 66.102.0.n, 192.0.2.n, 2001:db8::n */
static struct gp_addr fleet(unsigned n)
{
	return (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 40, 94, 101, (__u8)n } };
}

static struct gp_addr proxy(unsigned n)
{
	return (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 66, 102, 0, (__u8)n } };
}

static struct gp_addr reader(unsigned n)
{
	return (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 192, 0, 2, (__u8)n } };
}

static struct gp_addr reader6(unsigned n)
{
	return (struct gp_addr){ .bytes = { 0x20, 1, 0xd, 0xb8, [15] = (__u8)n } };
}

static void fetch(__u64 link, struct gp_addr addr, unsigned after_s, enum gp_agent agent, bool image)
{
	gp_tokens_fetched(tokens, link, &(struct gp_token_fetch){
		.addr = addr, .time_ns = BEGIN + after_s * SECOND, .user_agent = agent, .image = image,
	});
}

/*
 * The world: 100 mails, each with a page and a picture of its own; the fleet follows every page with two addresses and 40 readers
 * click; a provider's proxy fetches 30 pictures twice, 30 more readers fetch theirs, 10 of them with the fleet before.
 */
static void mailing(void)
{
	for (unsigned i = 1; i <= 100; i++) {
		gp_tokens_delivered(tokens, i, false, BEGIN);
		gp_tokens_delivered(tokens, 1000 + i, false, BEGIN);
		fetch(i, fleet(i), 5, GP_AGENT_CHROME, false);
		fetch(i, fleet(i % 100 + 1), 6, GP_AGENT_CHROME, false);
		if (i <= 40)
			fetch(i, i % 2 ? reader(i) : reader6(i), 240, GP_AGENT_FIREFOX, false);
		if (i <= 30) {
			fetch(1000 + i, proxy(i), 100, GP_AGENT_UNKNOWN, true);
			fetch(1000 + i, proxy(i), 200, GP_AGENT_GOOGLE_IMAGE_PROXY, true);
		}
		if (i > 30 && i <= 40)
			fetch(1000 + i, fleet(i), 4, GP_AGENT_CHROME, true);
		if (i > 30 && i <= 60)
			fetch(1000 + i, reader(i), 300, i % 2 ? GP_AGENT_THUNDERBIRD : GP_AGENT_OUTLOOK, true);
	}
	gp_tokens_delivered(tokens, 5000, true, BEGIN);
	gp_tokens_delivered(tokens, 5000, true, BEGIN);
}

static const struct gp_web_range ranges[] = {
	{ { .bytes = { [10] = 0xff, 0xff, 40, 94, 101, 0 } }, 96 + 26, GP_RANGE_LINK_SCANNER },
	{ { .bytes = { [10] = 0xff, 0xff, 40, 94, 101, 64 } }, 96 + 27, GP_RANGE_LINK_SCANNER },
	{ { .bytes = { [10] = 0xff, 0xff, 40, 94, 101, 96 } }, 96 + 29, GP_RANGE_LINK_SCANNER },
	{ { .bytes = { [10] = 0xff, 0xff, 66, 102, 0, 0 } }, 96 + 20, GP_RANGE_IMAGE_PROXY },
	{ { .bytes = { [10] = 0xff, 0xff, 192, 0, 1, 0 } }, 96 + 24, GP_RANGE_ROBOT },
	{ { .bytes = { [10] = 0xff, 0xff, 192, 0, 3, 0 } }, 96 + 24, GP_RANGE_CRAWLER },
};

static void test_corrected(void **state)
{
	struct gp_web_statistics s;

	(void)state;
	mailing();
	gp_web_statistics(&s, tokens, ranges, COUNT(ranges));
	assert_int_equal(s.links, 201);
	assert_int_equal(s.https, 1);
	assert_int_equal(s.one_time, 200);
	assert_int_equal(s.fetched, 160);
	assert_int_equal(s.fetches, 200 + 40 + 60 + 10 + 30);
	assert_int_equal(s.by_robots, 210);
	assert_int_equal(s.by_proxies, 60);
	assert_int_equal(s.unread, 0);
	assert_int_equal(s.clicks.fetched, 100);
	assert_int_equal(s.clicks.remaining, 40);
	assert_true(s.clicks.inflation == 6.0);
	assert_int_equal(s.opens.fetched, 60);
	assert_int_equal(s.opens.remaining, 60);
	assert_true(s.opens.inflation == 100.0 / 60);
	assert_int_equal(s.agents[GP_AGENT_UNKNOWN], 30); /* the proxy's first fetch */
	assert_int_equal(s.agents[GP_AGENT_THUNDERBIRD], 15);
	assert_int_equal(s.agents[GP_AGENT_OUTLOOK], 15);
}

/* Without knowledge of ranges only who declares itself is left out: then every page was clicked. */
static void test_raw(void **state)
{
	struct gp_web_statistics s;

	(void)state;
	mailing();
	fetch(1070, reader(70), 1, GP_AGENT_ROBOT, true);
	gp_web_statistics(&s, tokens, NULL, 0);
	assert_int_equal(s.clicks.remaining, 100);
	assert_int_equal(s.by_robots, 1);
	assert_int_equal(s.by_proxies, 30);
	assert_int_equal(s.opens.fetched, 61);
	assert_int_equal(s.opens.remaining, 60);
	assert_int_equal(s.agents[GP_AGENT_CHROME], 10);
}

static double member(struct json_object *object, const char *of, const char *key)
{
	struct json_object *inner = object, *value;

	assert_true(!of || json_object_object_get_ex(object, of, &inner));
	assert_true(json_object_object_get_ex(inner, key, &value));
	return json_object_get_double(value);
}

static void test_json(void **state)
{
	struct json_object *object, *clients, *first, *name;
	struct gp_web_statistics s;

	(void)state;
	mailing();
	gp_web_statistics(&s, tokens, ranges, COUNT(ranges));
	object = gp_report_mail_links_json(&s);
	assert_non_null(object);
	assert_true(member(object, NULL, "links") == 201);
	assert_true(member(object, "opens", "count") == 60);
	assert_true(member(object, "clicks", "inflation") == 6);
	assert_true(member(object, "clicks", "low") > 0.30 && member(object, "clicks", "high") < 0.50);
	assert_true(json_object_object_get_ex(object, "clients", &clients));
	assert_int_equal(json_object_array_length(clients), 3);
	first = json_object_array_get_idx(clients, 0);
	assert_true(json_object_object_get_ex(first, "client", &name));
	assert_string_equal(json_object_get_string(name), "other");
	assert_true(member(first, NULL, "share") == 0.5);
	json_object_put(object);
}

/* Of nothing nothing is said, and nothing divides by it. */
static void test_empty(void **state)
{
	struct gp_web_statistics s;

	(void)state;
	gp_web_statistics(&s, tokens, ranges, COUNT(ranges));
	assert_int_equal(s.links, 0);
	assert_true(s.opens.inflation == 0 && s.opens.share.low == 0 && s.opens.share.high == 1);
	gp_tokens_delivered(tokens, 1, false, BEGIN);
	for (unsigned i = 0; i < 20; i++)
		fetch(1, fleet(i), i, GP_AGENT_CHROME, false);
	gp_web_statistics(&s, tokens, ranges, COUNT(ranges));
	assert_int_equal(s.clicks.remaining, 0);
	assert_true(s.clicks.inflation == 0);
	assert_int_equal(s.unread, 4);
}

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3; and both ends of sure things. */
static void test_interval(void **state)
{
	static const struct {
		double hits, trials, low, high;
	} rows[] = {
		{ 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 }, { 0, 20, 0, 0.1611 }, { 1, 29, 0.0061, 0.1718 },
		{ 10, 10, 0.7225, 1 }, { 0, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gp_interval interval = gp_interval_wilson(rows[i].hits, rows[i].trials);

		assert_true(interval.low > rows[i].low - 6e-5 && interval.low < rows[i].low + 6e-5);
		assert_true(interval.high > rows[i].high - 6e-5 && interval.high < rows[i].high + 6e-5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_corrected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
		cmocka_unit_test(test_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
