// SPDX-License-Identifier: GPL-2.0-or-later
/* Senders of mail: what proved dialogues from outside make of them, what the DNS adds, and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "dns_file.h"
#include "literal.h"
#include "report_senders.h"
#include "utf8_check.h"
#include "witness_play.h"

static struct gp_dns_file *zone;

/* 192.0.2.0/24 is MX and his neighbour; of 203.0.113.66 (Eve) nothing is known. */
static const char zone_text[] =
	"bank.example TXT 300 v=spf1 ip4:198.51.100.0/24 -all\n"
	"_dmarc.bank.example TXT 300 v=DMARC1; p=reject\n"
	"_dmarc.post.example TXT 300 !no-name\n"
	"post.example TXT 300 v=spf1 a:mx.post.example -all\n"
	"mx.post.example A 300 192.0.2.25\n"
	"25.2.0.192.in-addr.arpa PTR 300 mx.post.example\n"
	"26.2.0.192.in-addr.arpa PTR 300 mx.post.example\n"
	"66.113.0.203.in-addr.arpa PTR 300 !no-name\n"
	"7.100.51.100.in-addr.arpa PTR 300 nobody.example\n"
	"nobody.example A 300 !no-name\n"
	"helo.example TXT 300 v=spf1 ip4:192.0.2.25 -all\n"
	"soft.example TXT 300 v=spf1 ~all\n"
	"_dmarc.soft.example TXT 300 v=DMARC1; p=quarantine\n"
	"users.example TXT 300 v=spf1 exists:%{l}.users.example -all\n"
	"_dmarc.users.example TXT 300 v=DMARC1; p=reject\n"
	"_dmarc.helo.example TXT 300 !no-name\n";

static int open_all(void **state)
{
	unsigned line;

	(void)state;
	if (account_config_open(&config))
		return -1;
	config->sampling = GP_SAMPLING_ALL;
	config->spf.every = 1;
	return gp_engine_native_open(&engine, config) || gp_dns_file_parse(&zone, zone_text, sizeof(zone_text) - 1, &line);
}

static int close_all(void **state)
{
	if (witness)
		gp_witness_close(witness);
	witness = NULL;
	gp_dns_file_close(zone);
	return close_engine(state);
}

static void play(const struct step *script, bool ipv6, bool resolver)
{
	witness_play(script, ipv6, (struct gp_witness_options){ .resolver = { resolver ? gp_dns_file_get : NULL, zone } });
}

static const struct gp_sender *only_sender(void)
{
	const struct gp_sender **list, *sender;

	assert_int_equal(gp_senders_list(gp_witness_senders(witness), &list), 1);
	sender = list[0];
	free(list);
	return sender;
}

#define GREET(name) SRV("220 in.example ESMTP\r\n"), CLI("EHLO " name "\r\n"), SRV("250-in.example\r\n250 STARTTLS\r\n")
#define FROM(address) CLI("MAIL FROM:<" address ">\r\n"), SRV("250 ok\r\n")
#define TO CLI("RCPT TO:<a@in.example>\r\n"), SRV("250 ok\r\n")
#define TO_NOBODY CLI("RCPT TO:<b@in.example>\r\n"), SRV("550 5.1.1 no such user\r\n")
#define MAIL(from) \
	CLI("DATA\r\n"), SRV("354 go\r\n"), \
		CLI("From: <x@" from ">\r\nMessage-ID: <1@id.example>\r\n\r\nhello\r\n.\r\n"), SRV("250 taken\r\n")
#define LEAVE CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE
#define BULK(times, client, greeting, envelope, from) \
	TALK(0, client, ALICE, 20000, 25), \
		REPEAT(times, BY_CLIENT_PORT, OPEN, GREET(greeting), FROM("m@" envelope), TO, TO_NOBODY, MAIL(from), LEAVE)

static void check_sentence(const struct gp_sender *sender, const char *wanted)
{
	char sentence[GP_SENDER_SENTENCE];

	assert_string_equal(gp_sender_sentence(sentence, sender), wanted);
}

static const struct step stranger[] = { BULK(100, EVE, "mx7.cheap.example", "bank.example", "bank.example"),
	{ .op = STEP_END } };

/* Somebody else's domain, no PTR, SPF fails, and the domain's owner wants it rejected: told, not judged. */
static void test_stranger(void **state)
{
	const struct gp_sender *s;

	(void)state;
	play(stranger, false, true);
	s = only_sender();
	assert_int_equal(s->mails, 100);
	assert_int_equal(s->recipients_refused, 100);
	assert_true(gp_sender_is_foreign(s));
	assert_int_equal(s->ptr, GP_PTR_ABSENT);
	/* One address and domain is looked up once an hour. */
	assert_int_equal(s->spf[GP_SPF_FAIL], 1);
	assert_int_equal(gp_sender_check_count(gp_witness_checks(witness)).checked, 1);
	check_sentence(s, "203.0.113.0/24 delivers 100 bulk mails for \"bank.example\"; names itself \"mx7.cheap.example\", of "
			  "another domain; 50 % of 200 recipients refused; never in TLS; no PTR; SPF fail (1), where DMARC asks "
			  "to reject");
}

static const struct step mail_server[] = { BULK(20, MX, "mx.post.example", "post.example", "post.example"),
	{ .op = STEP_END } };

/* Two addresses of one prefix; its own domain, and a name that leads back. */
static void test_mail_server(void **state)
{
	const struct gp_sender *s;
	const struct gp_facts *facts;
	const struct gp_addr mx = end_addr(MX, false);

	(void)state;
	play(mail_server, false, true);
	s = only_sender();
	check_sentence(s, "192.0.2.0/24 delivers 20 mails for \"post.example\"; names itself \"mx.post.example\"; 50 % of 40 "
			  "recipients refused; never in TLS; PTR \"mx.post.example\"; SPF pass (1)");
	facts = gp_witness_facts(witness, &mx);
	assert_non_null(facts);
	assert_int_equal(facts->spf_pass, 1);
	assert_int_equal(facts->spf_fail, 0);
}

static const struct step without_dns[] = { BULK(20, EVE, "mx7.cheap.example", "bank.example", "bank.example"),
	{ .op = STEP_END } };

/* Without a resolver nothing is said of it; of IPv6 a /48. */
static void test_without_dns(void **state)
{
	(void)state;
	play(without_dns, true, false);
	check_sentence(only_sender(), "3fff:66::/48 delivers 20 mails for \"bank.example\"; names itself \"mx7.cheap.example\", "
				      "of another domain; 50 % of 40 recipients refused; never in TLS");
}

static const struct step nobody[] = {
	BULK(19, EVE, "mx.example", "bank.example", "bank.example"),
	TALK(1, ALICE, MX, 20000, 25),
	REPEAT(30, BY_CLIENT_PORT, OPEN, GREET("alice.example"), FROM("m@bank.example"), TO, MAIL("bank.example"), LEAVE),
	TALK(2, WEB, ALICE, 20000, 25),
	REPEAT(30, BY_CLIENT_PORT, SYN, GREET("forged.example"), FROM("m@bank.example"), TO, MAIL("bank.example"), LEAVE),
	{ .op = STEP_END },
};

/* Below min_mails, from inside, between strangers, forged: nobody. */
static void test_nobody(void **state)
{
	const struct gp_sender **list;
	const struct gp_facts *alice;
	const struct gp_addr addr = end_addr(ALICE, false);

	(void)state;
	play(nobody, false, true);
	assert_int_equal(gp_senders_list(gp_witness_senders(witness), &list), 0);
	free(list);
	assert_int_equal(gp_senders_count(gp_witness_senders(witness)), 1);
	/* A private address sends under another one: nobody knows whether SPF would pass. */
	alice = gp_witness_facts(witness, &addr);
	assert_non_null(alice);
	assert_int_equal(alice->spf_fail, 0);
}

static const struct step hostile[] = {
	BULK(20, EVE, "a\"; SPF pass \x1b[2J\xe2\x80\xae.example", "x\"y.example", "z.example"), { .op = STEP_END } };

/* Quotation marks, escapes, and names as long as they can be stay within the sentence, the JSON and the lines. */
static void test_hostile(void **state)
{
	char sentence[GP_SENDER_SENTENCE], *text = NULL;
	json_object *senders;
	struct gp_sink sink = { 0 };
	size_t len = 0, column = 0;
	int err;

	(void)state;
	play(hostile, false, true);
	assert_null(strstr(gp_sender_sentence(sentence, only_sender()), "\"; SPF"));
	assert_non_null(strstr(sentence, "names itself \"a'; SPF pass \\x1b[2J\\u202e.example\""));
	senders = gp_report_senders(witness, &err);
	assert_non_null(senders);
	assert_int_equal(json_object_array_length(senders), 1);
	json_object_put(senders);
	sink.stream = open_memstream(&text, &len);
	gp_report_senders_text(&sink, witness);
	fclose(sink.stream);
	assert_int_equal(sink.err, 0);
	for (size_t i = 0; i < len; i++) {
		assert_true((unsigned char)text[i] >= 0x20 || text[i] == '\n');
		column = text[i] == '\n' ? 0 : column + 1;
		assert_true(column <= 100);
	}
	free(text);
}

static const struct step bounds[] = {
	TALK(0, MX, ALICE, 20000, 25), OPEN, GREET("a.example"), LEAVE,	TALK(1, CROWD, ALICE, 20000, 25),
	REPEAT(9, BY_CLIENT, OPEN, GREET("b.example"), FROM("m@b.example"), TO, LEAVE), { .op = STEP_END },
};

/* The memory is bounded, and who was quiet for longest makes room. */
static void test_bounds(void **state)
{
	(void)state;
	config->senders.prefixes = 4;
	play(bounds, false, false);
	assert_int_equal(gp_senders_count(gp_witness_senders(witness)), 4);
	assert_int_equal(gp_senders_displaced(gp_witness_senders(witness)), 6);
}

struct heard {
	struct gp_sender_opinion opinion;
	int opinions, ptrs;
	enum gp_sender_ptr ptr;
	char name[GP_DNS_NAME];
};

static void take_opinion(void *context, const struct gp_sender_opinion *opinion)
{
	struct heard *heard = context;

	heard->opinion = *opinion;
	heard->opinions++;
}

static void take_ptr(void *context, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name)
{
	struct heard *heard = context;

	(void)client;
	heard->ptr = ptr;
	heard->ptrs++;
	snprintf(heard->name, sizeof(heard->name), "%s", name);
}

static struct gp_sender_check *open_check(struct heard *heard, __u32 every,
					  const struct gp_dns_answer *(*get)(void *, const struct gp_dns_question *, __u64))
{
	const struct gp_sender_check_options options = {
		.resolver = { get, zone }, .every = every, .opinion = take_opinion, .ptr = take_ptr, .context = heard };
	struct gp_sender_check *check;

	assert_int_equal(gp_sender_check_open(&check, &options), 0);
	return check;
}

static struct gp_addr address(const char *text)
{
	struct gp_addr addr;

	assert_true(gp_literal_read(&addr, text, strlen(text)));
	return addr;
}

static void test_checks(void **state)
{
	static const struct {
		const char *client, *domain, *helo, *from;
		int opinions;
		enum gp_spf_result spf;
		enum gp_dmarc_policy policy;
	} rows[] = {
		{ "203.0.113.66", "bank.example", "", "", 1, GP_SPF_FAIL, GP_DMARC_REJECT },
		{ "198.51.100.9", "bank.example", "", "", 1, GP_SPF_PASS, GP_DMARC_ABSENT },
		{ "198.51.100.9", "bank.example", "", "news.bank.example", 1, GP_SPF_PASS, GP_DMARC_ABSENT },
		{ "192.0.2.25", "post.example", "", "bank.example", 1, GP_SPF_PASS, GP_DMARC_REJECT },
		{ "192.0.2.9", "soft.example", "", "", 1, GP_SPF_SOFTFAIL, GP_DMARC_QUARANTINE },
		/* A bounce: the name in HELO counts. */
		{ "192.0.2.25", "", "helo.example", "", 1, GP_SPF_PASS, GP_DMARC_ABSENT },
		{ "192.0.2.26", "", "helo.example", "", 1, GP_SPF_FAIL, GP_DMARC_ABSENT },
		/* The record asks for what stands before the "@", and that is not kept. */
		{ "192.0.2.26", "users.example", "", "", 1, GP_SPF_NEUTRAL, GP_DMARC_REJECT },
		{ "192.0.2.26", "unheard.example", "", "", 1, GP_SPF_TEMPERROR, GP_DMARC_UNKNOWN },
		{ "192.0.2.26", "", "", "", 0, 0, 0 },
		/* Behind NAT, or not from anywhere. */
		{ "10.1.2.3", "bank.example", "", "", 0, 0, 0 },
		{ "100.64.2.3", "bank.example", "", "", 0, 0, 0 },
		{ "172.31.2.3", "bank.example", "", "", 0, 0, 0 },
		{ "192.168.2.3", "bank.example", "", "", 0, 0, 0 },
		{ "127.0.0.1", "bank.example", "", "", 0, 0, 0 },
		{ "fd00::1", "bank.example", "", "", 0, 0, 0 },
		{ "fe80::1", "bank.example", "", "", 0, 0, 0 },
		{ "::1", "bank.example", "", "", 0, 0, 0 },
		{ "2001:db8::1", "bank.example", "", "", 1, GP_SPF_FAIL, GP_DMARC_REJECT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard heard = { .opinions = 0 };
		struct gp_sender_check *check = open_check(&heard, 1, gp_dns_file_get);
		const struct gp_sender_case c = { .client = address(rows[i].client), .domain = rows[i].domain,
						  .helo = rows[i].helo, .from = rows[i].from, .time_ns = 1 };

		gp_sender_check_offer(check, &c, 0);
		if (heard.opinions != rows[i].opinions || heard.opinion.spf != rows[i].spf ||
		    heard.opinion.policy != rows[i].policy)
			fail_msg("%s, %s: %d opinions, %s, %s", rows[i].client, rows[i].domain, heard.opinions,
				 gp_spf_result_name(heard.opinion.spf), gp_dmarc_policy_name(heard.opinion.policy));
		gp_sender_check_close(check);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *client, *name;
		enum gp_sender_ptr ptr;
	} rows[] = {
		{ "192.0.2.25", "mx.post.example", GP_PTR_CONFIRMED }, { "192.0.2.26", "mx.post.example", GP_PTR_UNCONFIRMED },
		{ "203.0.113.66", "", GP_PTR_ABSENT },		       { "203.0.113.67", "", GP_PTR_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard heard = { .opinions = 0 };
		struct gp_sender_check *check = open_check(&heard, 1, gp_dns_file_get);
		const struct gp_addr client = address(rows[i].client);

		gp_sender_check_ptr(check, &client, 0);
		assert_int_equal(heard.ptrs, 1);
		assert_int_equal(heard.ptr, rows[i].ptr);
		assert_string_equal(heard.name, rows[i].name);
		gp_sender_check_close(check);
	}
}

/* A resolver that never has an answer. */
static const struct gp_dns_answer *never(void *context, const struct gp_dns_question *question, __u64 now_ns)
{
	(void)context;
	(void)question;
	(void)now_ns;
	return NULL;
}

/* Every so many-th, all of who is under suspicion, once an hour, so many at a time, and not for ever. */
static void test_sampling_of_checks(void **state)
{
	struct heard heard = { .opinions = 0 };
	struct gp_sender_check *check = open_check(&heard, 4, gp_dns_file_get);
	struct gp_sender_case c = { .client = address("198.51.100.1"), .domain = "bank.example", .helo = "", .from = "",
				    .time_ns = 1 };

	(void)state;
	for (int i = 0; i < 16; i++, c.client.bytes[15]++)
		gp_sender_check_offer(check, &c, 0);
	assert_int_equal(heard.opinions, 4);
	c.suspect = true;
	for (int i = 0; i < 16; i++, c.client.bytes[15]++)
		gp_sender_check_offer(check, &c, 0);
	assert_int_equal(heard.opinions, 20);
	c.client.bytes[15]--;
	gp_sender_check_offer(check, &c, 0);
	assert_int_equal(heard.opinions, 20);
	c.time_ns += (GP_SENDER_CHECK_AGAIN_S + 1) * 1000000000ull;
	gp_sender_check_offer(check, &c, 0);
	assert_int_equal(heard.opinions, 21);
	gp_sender_check_close(check);

	heard.opinions = 0;
	check = open_check(&heard, 1, never);
	for (int i = 0; i < GP_SENDER_CHECKS + 8; i++, c.client.bytes[15]++)
		gp_sender_check_offer(check, &c, 0);
	assert_int_equal(gp_sender_check_count(check).crowded, 8);
	gp_sender_check_step(check, GP_SENDER_CHECK_LIMIT_S * 1000000000ull);
	assert_int_equal(heard.opinions, 0);
	gp_sender_check_step(check, (GP_SENDER_CHECK_LIMIT_S + 1) * 1000000000ull);
	assert_int_equal(heard.opinions, GP_SENDER_CHECKS);
	assert_int_equal(heard.opinion.spf, GP_SPF_TEMPERROR);
	gp_sender_check_close(check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stranger, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_mail_server, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_without_dns, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_nobody, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_hostile, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_bounds, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_checks, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_names, open_all, close_all),
		cmocka_unit_test_setup_teardown(test_sampling_of_checks, open_all, close_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
