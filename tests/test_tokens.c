// SPDX-License-Identifier: GPL-2.0-or-later
/* Links of delivered mails and who follows them: rows of what is told in which order, with the joins that come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tokens.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SECOND 1000000000ull
#define BEGIN (1777888800 * SECOND)
#define DAY 86400l

static const __u64 secret[2] = { 0x1234, 0x5678 };
static struct gp_tokens *tokens;
static char heard[256];

/* "7@5" for address 7 after 5 s, "!" behind it when a neighbour had come before. */
static void joined(void *context, const struct gp_token_fetch *fetch, __u64 delay_ns, bool shared)
{
	size_t len = strlen(heard);

	(void)context;
	snprintf(heard + len, sizeof(heard) - len, "%u@%llu%s ", fetch->addr.bytes[15], delay_ns / SECOND, shared ? "!" : "");
}

static int set_up(void **state)
{
	int err = gp_tokens_open(&tokens, 4, secret);

	(void)state;
	heard[0] = '\0';
	if (!err)
		gp_tokens_tell(tokens, joined, NULL);
	return err;
}

static int tear_down(void **state)
{
	(void)state;
	gp_tokens_close(tokens);
	return 0;
}

/* Addresses below 100 are of one /24, from 100 on of one /48, from 200 on each of its own. */
static struct gp_addr who(unsigned n)
{
	struct gp_addr addr = { .bytes = { [10] = 0xff, 0xff, 40, 94, 101, (__u8)n } };

	if (n >= 200)
		addr.bytes[13] = (__u8)n;
	else if (n >= 100)
		addr = (struct gp_addr){ .bytes = { 0x20, 1, 0xd, 0xb8, [6] = (__u8)n, [15] = (__u8)n } };
	return addr;
}

enum what { END, DELIVERED, FETCHED, EXPIRED };

#define MAIL_WITH(link, after) { DELIVERED, after, 0, link }
#define FETCH_OF(link, after, who) { FETCHED, after, who, link }
#define MAIL(after) MAIL_WITH(1, after)
#define FETCH(after, who) FETCH_OF(1, after, who)
#define EXPIRE(after) { EXPIRED, after, 0, 0 }

static const struct row {
	const char *name;
	struct {
		enum what what;
		long after_s;
		unsigned who;
		__u64 link;
	} steps[8];
	const char *joined;
	__u32 count, mails, fetches; /* of link 1 */
} rows[] = {
	{ "a reader", { MAIL(0), FETCH(240, 1) }, "1@240 ", 1, 1, 1 },
	{ "a fetch that is told first", { FETCH(5, 1), MAIL(0) }, "1@5 ", 1, 1, 1 },
	{ "a scanner that looks before the mail may pass", { MAIL(30), FETCH(0, 1) }, "1@0 ", 1, 1, 1 },
	{ "a visit long before the mail", { MAIL(3600), FETCH(0, 1) }, "", 1, 1, 0 },
	{ "the same, told first", { FETCH(0, 1), MAIL(3600) }, "", 1, 1, 0 },
	{ "neighbours", { MAIL(0), FETCH(1, 1), FETCH(2, 2), FETCH(3, 1) }, "1@1 2@2! 1@3! ", 1, 1, 3 },
	{ "again is not a neighbour", { MAIL(0), FETCH(1, 1), FETCH(2, 1) }, "1@1 1@2 ", 1, 1, 2 },
	{ "of other networks", { MAIL(0), FETCH(1, 1), FETCH(2, 200), FETCH(3, 201) }, "1@1 200@2 201@3 ", 1, 1, 3 },
	{ "IPv6: of one /48", { MAIL(0), FETCH(1, 100), FETCH(2, 101) }, "100@1 101@2! ", 1, 1, 2 },
	{ "two mails", { MAIL(0), MAIL(100), FETCH(101, 1) }, "1@101 ", 1, 2, 1 },
	{ "two mails, told in the other order", { MAIL(100), MAIL(0), FETCH(101, 1) }, "1@101 ", 1, 2, 1 },
	{ "another link", { MAIL(0), FETCH_OF(2, 1, 1) }, "", 1, 1, 0 },
	{ "forgotten", { MAIL(0), EXPIRE(7 * DAY + 1), FETCH(7 * DAY + 2, 1) }, "", 0, 0, 0 },
	{ "not yet forgotten", { MAIL(0), EXPIRE(7 * DAY), FETCH(7 * DAY, 1) }, "1@604800 ", 1, 1, 1 },
	{ "a fetch whose delivery does not come", { FETCH(0, 1), EXPIRE(1801), MAIL(10) }, "", 1, 1, 0 },
	{ "the oldest makes room", { MAIL(0), MAIL_WITH(2, 1), MAIL_WITH(3, 2), MAIL_WITH(4, 3), MAIL_WITH(5, 4), FETCH(9, 1) },
	  "", 4, 0, 0 },
	{ "who is delivered again does not", { MAIL(0), MAIL_WITH(2, 1), MAIL_WITH(3, 2), MAIL_WITH(4, 3), MAIL(4), MAIL_WITH(5, 5) },
	  "", 4, 2, 0 },
};

static void check_row(const struct row *row)
{
	const struct gp_token *token = NULL;

	for (size_t i = 0; i < COUNT(row->steps); i++) {
		__u64 time_ns = BEGIN + (__u64)row->steps[i].after_s * SECOND, link = row->steps[i].link;
		const struct gp_token_fetch fetch = { .addr = who(row->steps[i].who), .time_ns = time_ns };

		if (row->steps[i].what == DELIVERED)
			gp_tokens_delivered(tokens, link, false, time_ns);
		else if (row->steps[i].what == FETCHED)
			gp_tokens_fetched(tokens, link, &fetch);
		else if (row->steps[i].what == EXPIRED)
			gp_tokens_expire(tokens, time_ns, 7 * DAY * SECOND);
	}
	for (__u32 i = 0; i < gp_tokens_count(tokens); i++)
		if (gp_tokens_at(tokens, i)->url_hash == 1)
			token = gp_tokens_at(tokens, i);
	if (strcmp(heard, row->joined) || gp_tokens_count(tokens) != row->count || !token != !row->mails ||
	    (token && (token->mails != row->mails || token->fetches != row->fetches)))
		fail_msg("%s: \"%s\", %u links, %u mails, %u fetches", row->name, heard, gp_tokens_count(tokens),
			 token ? token->mails : 0, token ? token->fetches : 0);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		set_up(state);
		check_row(&rows[i]);
		tear_down(state);
	}
}

/* Of many fetches the first are kept, and all are counted and told. */
static void test_kept(void **state)
{
	struct gp_token_fetch fetch = { .addr = who(1) };
	const struct gp_token *token = NULL;

	(void)state;
	gp_tokens_delivered(tokens, 1, true, BEGIN);
	for (unsigned i = 0; i < 20; i++) {
		fetch.time_ns = BEGIN + i * SECOND;
		token = gp_tokens_fetched(tokens, 1, &fetch);
	}
	assert_non_null(token);
	assert_true(token->https);
	assert_int_equal(token->fetches, 20);
	assert_int_equal(token->kept, GP_TOKEN_FETCHES);
	assert_int_equal(token->fetch[15].time_ns, BEGIN + 15 * SECOND);
}

/* All that a visit by TLS can be joined with. */
static void test_names(void **state)
{
	__u64 delay_ns;

	(void)state;
	gp_tokens_named(tokens, "shop.example", 12, BEGIN + 100 * SECOND);
	assert_true(gp_tokens_visited(tokens, "SHOP.example", 12, BEGIN + 105 * SECOND, &delay_ns));
	assert_int_equal(delay_ns, 5 * SECOND);
	assert_true(gp_tokens_visited(tokens, "shop.example", 12, BEGIN + 90 * SECOND, &delay_ns));
	assert_int_equal(delay_ns, 0);
	assert_false(gp_tokens_visited(tokens, "shop.example", 12, BEGIN + 701 * SECOND, &delay_ns));
	assert_false(gp_tokens_visited(tokens, "shop.example", 12, BEGIN, &delay_ns));
	assert_false(gp_tokens_visited(tokens, "shop.example", 11, BEGIN + 105 * SECOND, &delay_ns));
	gp_tokens_expire(tokens, BEGIN + 701 * SECOND, ~0ull);
	assert_false(gp_tokens_visited(tokens, "shop.example", 12, BEGIN + 105 * SECOND, &delay_ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
