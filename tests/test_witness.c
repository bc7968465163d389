// SPDX-License-Identifier: GPL-2.0-or-later
/* What is learnt of hosts from what they say: only what they said themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/account.h>

#include "tokens.h"
#include "web_facts.h"
#include "witness_play.h"

static void play(const struct step *script, bool trust_inside)
{
	witness_play(script, false, (struct gp_witness_options){ .trust_inside = trust_inside });
}

static const struct gp_facts *facts_of(enum end end)
{
	const struct gp_addr addr = end_addr(end, false);

	return gp_witness_facts(witness, &addr);
}

#define SAYS(name) SRV("220 mx.example ESMTP\r\n"), CLI("EHLO " name "\r\n"), SRV("250 mx.example\r\n")
#define REFUSED SRV("550 5.7.1 [10.0.0.7] blocked, see https://www.spamhaus.org/sbl/query\r\n")

static void test_own_words(void **state)
{
	static const struct step script[] = { TALK(0, ALICE, MX, 40000, 25), OPEN, SAYS("alice.example"), CLI("QUIT\r\n"),
					      SRV("221 bye\r\n"), CLOSE, { .op = STEP_END } };
	const struct gp_facts *facts;

	(void)state;
	play(script, false);
	facts = facts_of(ALICE);
	assert_non_null(facts);
	assert_string_equal(facts->helo_text[0], "alice.example");
	assert_int_equal(facts->signature.used, 1);
	assert_int_equal(gp_witness_count(witness).told, 1);
	assert_null(facts_of(MX));
	gp_witness_close(witness);
}

/* Without a handshake, with a guessed one, and by a server that nobody spoke to. */
static void test_forged_words(void **state)
{
	static const struct step script[] = {
		TALK(0, ALICE, MX, 40000, 25), SAYS("forged.example"), REFUSED, TALK(1, ALICE, MX, 40001, 25), SYN,
		CLI("EHLO forged.example\r\n"), REFUSED, TALK(2, ALICE, MX, 40002, 25), SYN, SYN_ACK,
		SEGMENT(CLIENT, GP_TCP_ACK, 0, 77, ""), SEGMENT(CLIENT, GP_TCP_ACK, 0, 77, "EHLO forged.example\r\n"), REFUSED,
		TALK(3, ALICE, MX, 40003, 25), REFUSED, { .op = STEP_END },
	};
	const struct gp_facts *facts;

	(void)state;
	play(script, false);
	facts = facts_of(ALICE);
	if (facts) {
		assert_int_equal(facts->helo.used, 0);
		assert_int_equal(facts->mail.listed, 0);
		assert_int_equal(facts->put_off, 0);
	}
	gp_witness_close(witness);
	/* Where inside addresses cannot be forged, they are believed. */
	play(script, true);
	facts = facts_of(ALICE);
	assert_non_null(facts);
	assert_string_equal(facts->helo_text[0], "forged.example");
	gp_witness_close(witness);
}

/* SYNs of strangers displace strangers. */
static const struct step flood[] = {
	TALK(0, ALICE, MX, 40000, 25), OPEN, SAYS("alice.example"), CLOSE, TALK(1, CROWD, MX, 40000, 25),
	REPEAT(20000, BY_CLIENT, SYN), { .op = STEP_END },
};

static void test_flood(void **state)
{
	(void)state;
	play(flood, false);
	assert_non_null(facts_of(ALICE));
	assert_string_equal(facts_of(ALICE)->helo_text[0], "alice.example");
	assert_non_null(facts_of((enum end)(CROWD + 19999)));
	assert_null(facts_of((enum end)(CROWD + 1)));
	gp_witness_close(witness);
}

/*
 * Two mails on one flow that stays open for long: the first is taken, the second is refused. A scanner's address follows the
 * link after 5 s, which is told before the delivery is; a neighbour of it the same one; a reader after 4 min, whose pictures
 * a provider fetches.
 */
#define LINKS(name) "Content-Type: text/html\r\n\r\n<a href=\"http://shop.example/" name "?t=7\">x</a>\r\n" \
		    "<img src=\"http://SHOP.example:80/" name ".gif\">\r\n.\r\n"
#define FETCH(target, agent) CLI("GET " target " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: " agent "\r\n\r\n")
#define SERVED SRV("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")

static const struct step links[] = {
	TALK(0, MX, RELAY, 40000, 25), OPEN, SAYS("mx.example"), CLI("MAIL FROM:<a@b.example>\r\n"), SRV("250 ok\r\n"),
	CLI("RCPT TO:<c@d.example>\r\n"), SRV("250 ok\r\n"), CLI("DATA\r\n"), SRV("354 go\r\n"), CLI(LINKS("one")),
	SRV("250 2.0.0 taken\r\n"), CLI("DATA\r\n"), SRV("354 go\r\n"), CLI(LINKS("refused")), SRV("550 5.7.1 no\r\n"),
	WAIT_S(5), TALK(1, TERRACE + 3, BOB, 41000, 80), OPEN, FETCH("/one?t=7", "Mozilla/5.0 Chrome/126.0 Safari/537.36"), SERVED,
	FETCH("/refused?t=7", "x"), SERVED, CLOSE,
	WAIT_S(20), TALK(2, TERRACE + 4, BOB, 41001, 80), OPEN, FETCH("/one?t=7", "Mozilla/5.0 Chrome/126.0 Safari/537.36"), SERVED,
	CLOSE,
	WAIT_S(215), TALK(3, EVE, BOB, 41002, 80), OPEN, FETCH("/one?t=7", "Mozilla/5.0 Gecko/20100101 Thunderbird/128.1"), SERVED,
	CLOSE,
	TALK(4, CROWD + 1, BOB, 41003, 80), OPEN, FETCH("/one.gif", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"),
	SRV("HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: 0\r\n\r\n"), CLOSE,
	GO_ON(0), CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE, { .op = STEP_END },
};

static const struct gp_web_client *web_of(enum end end)
{
	const struct gp_addr addr = end_addr(end, false);
	const struct gp_web_client *client = gp_web_facts_get(gp_witness_heard(witness).web, &addr);

	assert_non_null(client);
	return client;
}

static void test_links(void **state)
{
	const struct gp_tokens *tokens;

	(void)state;
	engine->memory.settings->sampling = GP_SAMPLING_ALL;
	play(links, false);
	tokens = gp_witness_heard(witness).tokens;
	assert_int_equal(gp_tokens_count(tokens), 2);
	for (__u32 i = 0; i < 2; i++) {
		const struct gp_token *token = gp_tokens_at(tokens, i);
		bool pixel = token->fetch[0].image;

		assert_int_equal(token->mails, 1);
		assert_int_equal(token->fetches, pixel ? 1 : 3);
		assert_int_equal(token->kept, token->fetches);
		assert_int_equal(token->fetch[0].user_agent, pixel ? GP_AGENT_GOOGLE_IMAGE_PROXY : GP_AGENT_CHROME);
		assert_false(token->https);
	}
	assert_int_equal(web_of(TERRACE + 3)->joined[GP_DELAY_10S], 1);
	assert_int_equal(web_of(TERRACE + 3)->shared_links, 0);
	assert_int_equal(web_of(TERRACE + 3)->bare_pages, 2);
	assert_int_equal(web_of(TERRACE + 4)->joined[GP_DELAY_60S], 1);
	assert_int_equal(web_of(TERRACE + 4)->shared_links, 1);
	assert_int_equal(web_of(EVE)->joined[GP_DELAY_10MIN], 1);
	assert_int_equal(web_of(EVE)->agents[GP_AGENT_CLASS_MAIL_PROGRAM], 1);
	assert_int_equal(web_of(CROWD + 1)->joined[GP_DELAY_10MIN], 1);
	assert_int_equal(web_of(CROWD + 1)->image_proxy, 1);
	assert_int_equal(web_of(CROWD + 1)->images, 1);
	gp_witness_close(witness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_words, open_engine, close_engine),
		cmocka_unit_test_setup_teardown(test_forged_words, open_engine, close_engine),
		cmocka_unit_test_setup_teardown(test_flood, open_engine, close_engine),
		cmocka_unit_test_setup_teardown(test_links, open_engine, close_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
