// SPDX-License-Identifier: GPL-2.0-or-later
/* Who speaks with listed prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/account.h>

#include "config.h"
#include "witness_play.h"

#define LISTED "198.51.100.0/24, first words\n203.0.113.0/24\n"

static const struct gp_list_spec specs[] = {
	{ .name = "watched", .kind = GP_LIST_WATCH },
	{ .name = "bad", .kind = GP_LIST_KNOWN_BAD },
	{ .name = "good", .kind = GP_LIST_KNOWN_GOOD },
};
static const __u64 secret[2] = { 1, 2 };

static struct gp_lists *lists;
static struct gp_watch *watch;

static void no_error(void *context, const struct gp_lists_error *error)
{
	(void)context;
	fail_msg("%d: %s", error->line, error->text);
}

static void read_lists(const char *watched, const char *bad, const char *good)
{
	const char *texts[] = { watched, bad, good };
	const size_t lens[] = { strlen(watched), strlen(bad), strlen(good) };

	assert_int_equal(gp_lists_read(lists, texts, lens, no_error, NULL), 0);
}

static int open_watch(void **state)
{
	(void)state;
	assert_int_equal(gp_lists_open(&lists, specs, 3), 0);
	read_lists(LISTED, "203.0.113.0/25\n192.0.2.0/24\n", "");
	assert_int_equal(gp_watch_open(&watch, lists, secret), 0);
	return 0;
}

static int close_watch(void **state)
{
	(void)state;
	gp_watch_close(watch);
	gp_lists_close(lists);
	return 0;
}

static struct gp_addr address(__u32 host)
{
	return (struct gp_addr){.words = {0, 0, gp_be32_to_host(0xffff), gp_be32_to_host(host)}};
}

static void flow(__u32 host, __u32 peer, __u8 service, bool ended, __u64 first_ns, __u64 last_ns)
{
	gp_watch_flow(watch, &(struct gp_watch_flow){ .host = address(host), .peer = address(peer), .service = service,
						      .ended = ended, .first_ns = first_ns, .last_ns = last_ns });
}

#define CLIENT_HOST 0x0a000007u
#define LISTED_PEER 0xc6336401u /* 198.51.100.1 */
#define BAD_PEER 0xcb007101u	 /* 203.0.113.1: watched, and known to be bad */

static void test_pairs(void **state)
{
	const struct gp_addr host = address(CLIENT_HOST), peer = address(LISTED_PEER), other = address(CLIENT_HOST + 1);
	const struct gp_watched *pair;
	struct gp_watch_sum sum;

	(void)state;
	flow(CLIENT_HOST, 0x08080808, GP_SERVICE_TLS, true, 1, 2);
	assert_int_equal(gp_watch_count(watch), 0);
	flow(CLIENT_HOST, LISTED_PEER, GP_SERVICE_SMTP, false, 20, 20);
	flow(CLIENT_HOST, LISTED_PEER + 1, GP_SERVICE_SMTP, true, 10, 30);
	flow(CLIENT_HOST, LISTED_PEER, GP_SERVICE_TLS, true, 25, 26);
	assert_int_equal(gp_watch_count(watch), 1);
	pair = gp_watch_at(watch, 0);
	assert_string_equal(pair->label, "first words");
	assert_int_equal(pair->first_ns, 10);
	assert_int_equal(pair->last_ns, 30);
	assert_int_equal(pair->flows[GP_SERVICE_SMTP], 1);
	assert_int_equal(pair->flows[GP_SERVICE_TLS], 1);
	assert_memory_equal(&pair->peer, &peer, sizeof(peer));
	assert_int_equal(pair->prefix.bits, 96 + 24);
	/* Only known-bad lists speak against a host. */
	sum = gp_watch_known_bad(watch, &host);
	assert_int_equal(sum.prefixes, 0);
	flow(CLIENT_HOST, BAD_PEER, GP_SERVICE_HTTP, true, 40, 41);
	flow(CLIENT_HOST, BAD_PEER, GP_SERVICE_HTTP, true, 50, 51);
	flow(CLIENT_HOST, 0xc0000201, GP_SERVICE_HTTP, false, 60, 60);
	sum = gp_watch_known_bad(watch, &host);
	assert_int_equal(sum.prefixes, 2);
	assert_int_equal(sum.flows, 2);
	assert_int_equal(sum.first_ns, 40);
	assert_int_equal(sum.last_ns, 60);
	assert_int_equal(gp_watch_sum(watch, GP_LIST_WATCH, &host).prefixes, 2);
	assert_int_equal(gp_watch_known_bad(watch, &other).prefixes, 0);
	assert_int_equal(gp_watch_known_bad(NULL, &host).prefixes, 0);
	/* The operator's latest words; what happened remains. */
	read_lists("198.51.100.0/24, other words\n", "", "");
	flow(CLIENT_HOST, LISTED_PEER, GP_SERVICE_TLS, true, 70, 71);
	assert_string_equal(gp_watch_at(watch, 0)->label, "other words");
	assert_int_equal(gp_watch_known_bad(watch, &host).prefixes, 2);
}

static void test_domains(void **state)
{
	static const char *const domains[] = { "a.example", "b.example", "a.example", "\x1b[2Jc", "d", "e" };
	const struct gp_addr host = address(CLIENT_HOST), peer = address(LISTED_PEER), stranger = address(0x08080808);
	const struct gp_watched *pair;

	(void)state;
	gp_watch_domain(watch, &host, &peer, "early", 5);
	flow(CLIENT_HOST, LISTED_PEER, GP_SERVICE_SMTP, true, 1, 2);
	gp_watch_domain(watch, &host, &stranger, "stranger", 8);
	for (size_t i = 0; i < 6; i++)
		gp_watch_domain(watch, &host, &peer, domains[i], strlen(domains[i]));
	pair = gp_watch_at(watch, 0);
	assert_int_equal(pair->domain_count, 4);
	assert_string_equal(pair->domains[0], "a.example");
	assert_string_equal(pair->domains[1], "b.example");
	assert_string_equal(pair->domains[2], "\\x1b[2Jc");
	assert_string_equal(pair->domains[3], "d");
	assert_true(pair->domains_more);
}

/* One host with very many prefixes displaces its own; very many hosts displace those that are quiet. */
static void test_bounds(void **state)
{
	const struct gp_addr busy = address(CLIENT_HOST), quiet = address(CLIENT_HOST + 1);
	char *many = malloc(2048 * 24);
	size_t len = 0;

	(void)state;
	assert_non_null(many);
	for (unsigned i = 0; i < 2048; i++)
		len += (size_t)sprintf(many + len, "100.64.%u.%u\n", i / 256, i % 256);
	read_lists("", many, "");
	free(many);
	flow(CLIENT_HOST + 1, 0x64400000, GP_SERVICE_TLS, true, 1, 1);
	for (__u32 i = 0; i < 2048; i++)
		flow(CLIENT_HOST, 0x64400000 + i, GP_SERVICE_TLS, true, 10 + i, 10 + i);
	assert_int_equal(gp_watch_known_bad(watch, &busy).prefixes, GP_WATCH_PER_HOST);
	assert_int_equal(gp_watch_known_bad(watch, &busy).last_ns, 10 + 2047);
	assert_int_equal(gp_watch_known_bad(watch, &quiet).prefixes, 1);
	assert_int_equal(gp_watch_displaced(watch), 2048 - GP_WATCH_PER_HOST);
	for (__u32 i = 0; i < GP_WATCH_PAIRS - GP_WATCH_PER_HOST; i++)
		flow(CLIENT_HOST + 2 + i, 0x64400000, GP_SERVICE_TLS, true, 3000 + i, 3000 + i);
	assert_int_equal(gp_watch_count(watch), GP_WATCH_PAIRS);
	assert_int_equal(gp_watch_known_bad(watch, &quiet).prefixes, 0);
	assert_int_equal(gp_watch_known_bad(watch, &busy).prefixes, GP_WATCH_PER_HOST);
	for (__u32 i = 0; i < 100000; i++)
		flow(CLIENT_HOST + i % 40000, 0x64400000 + i % 2048, GP_SERVICE_TLS, true, 50000 + i, 50000 + i);
	assert_int_equal(gp_watch_count(watch), GP_WATCH_PAIRS);
}

/* --- by real flows ------------------------------------------------------------------------------------------------ */

/* Everybody outside is listed, IPv4 and IPv6. */
static void play(const struct step *script)
{
	read_lists("0.0.0.0/0, all\n::/0\n", "0.0.0.0/0\n", "");
	witness_play(script, false, (struct gp_witness_options){ .lists = lists });
}

static int open_both(void **state)
{
	return open_watch(state) || open_engine(state);
}

static int close_both(void **state)
{
	return close_engine(state) || close_watch(state);
}

static void test_mail(void **state)
{
	static const struct step script[] = {
		TALK(0, ALICE, MX, 40000, 25), OPEN, SRV("220 mx.example ESMTP\r\n"), CLI("EHLO alice.example\r\n"),
		SRV("250 mx.example\r\n"), CLI("MAIL FROM:<alice@sender.example>\r\n"), SRV("250 ok\r\n"),
		CLI("RCPT TO:<bob@mailbox.example>\r\n"), SRV("250 ok\r\n"), CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE,
		{ .op = STEP_END },
	};
	const struct gp_addr alice = end_addr(ALICE, false), mx = end_addr(MX, false);
	const struct gp_watch *w;
	const struct gp_watched *pair;

	(void)state;
	play(script);
	w = gp_witness_watch(witness);
	assert_int_equal(gp_watch_count(w), 2);
	pair = gp_watch_at(w, 0);
	assert_memory_equal(&pair->host, &alice, sizeof(alice));
	assert_memory_equal(&pair->peer, &mx, sizeof(mx));
	assert_int_equal(pair->flows[GP_SERVICE_SMTP], 1);
	assert_int_equal(pair->domain_count, 1);
	assert_string_equal(pair->domains[0], "mailbox.example");
	assert_int_equal(gp_watch_known_bad(w, &alice).flows, 1);
	gp_witness_close(witness);
}

/* SYNs, and words of a client that never shook hands: anybody can have sent them in Alice's name. */
static void test_forged(void **state)
{
	static const struct step script[] = {
		TALK(0, ALICE, MX, 40000, 25), CLI("EHLO forged.example\r\n"), TALK(1, ALICE, MX, 40001, 25), SYN,
		TALK(2, ALICE, MX, 40002, 25), SYN, SYN_ACK, SEGMENT(CLIENT, GP_TCP_ACK, 0, 77, ""),
		SEGMENT(CLIENT, GP_TCP_ACK, 0, 77, "EHLO forged.example\r\n"), { .op = STEP_END },
	};

	(void)state;
	play(script);
	assert_int_equal(gp_watch_count(gp_witness_watch(witness)), 0);
	gp_witness_close(witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pairs, open_watch, close_watch),
		cmocka_unit_test_setup_teardown(test_domains, open_watch, close_watch),
		cmocka_unit_test_setup_teardown(test_bounds, open_watch, close_watch),
		cmocka_unit_test_setup_teardown(test_mail, open_both, close_both),
		cmocka_unit_test_setup_teardown(test_forged, open_both, close_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
