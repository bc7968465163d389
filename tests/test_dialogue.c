/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of mail and the web make of what was said, whole and one byte at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialogue.h"
#include "hello_maker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *name;
	__u8 service;
	const char *said[16]; /* 'c' or 's' and what that side said; "c-5": a gap of five bytes; ".": nobody saw a SYN */
	const char *wanted;   /* verbs, codes, methods and targets; "<" where a code answers nothing that was seen */
};

/* 66 of them, of which 64 can wait: the last one that does stands for all that follow. */
#define TEN(x) x x x x x x x x x x
#define NOOPS TEN("NOOP\r\n" "NOOP\r\n" "NOOP\r\n" "NOOP\r\n" "NOOP\r\n" "NOOP\r\n") "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n"
#define NOOPS_SEEN TEN("NOOP " "NOOP " "NOOP " "NOOP " "NOOP " "NOOP ") "NOOP NOOP NOOP NOOP NOOP NOOP "
#define OKS TEN("250\r\n" "250\r\n" "250\r\n" "250\r\n" "250\r\n" "250\r\n") "250\r\n250\r\n250\r\n250\r\n250\r\n"
#define OKS_SEEN TEN("250 250 250 250 250 250 ") "250 250 250 "

static const struct row rows[] = {
	{ "plain", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cHELO a.b\r\n", "s250 ok\r\n", "cMAIL FROM:<a@b>\r\n", "s250 2.1.0 ok\r\n", "cQUIT\r\n", "s221 bye\r\n" },
	  "220 HELO 250 MAIL 250/2.1.0 QUIT 221 " },
	{ "pipelined", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cEHLO a\r\n", "s250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n",
	    "cMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "s250 ok\r\n550 5.1.1 no\r\n554 none\r\n", "cQUIT\r\n" },
	  "220 EHLO 250 MAIL RCPT DATA 250 550/5.1.1 554 QUIT " },
	{ "bare LF", GP_SERVICE_SMTP, { "s220 mx\n", "chelo a\nquit\n", "s250 ok\n221 bye\n" }, "220 helo quit 250 221 " },
	{ "a body with dots and commands in it", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "cMAIL FROM:<x@y>\r\n..\r\n.MAIL FROM:<z@y>\r\n.\r\nQUIT\r\n", "s250 ok\r\n221 bye\r\n" },
	  "220 DATA 354 QUIT 250 221 " },
	{ "a body that ends with bare LFs", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "cMAIL FROM:<x@y>\n.\n", "s250 ok\r\n", "cQUIT\r\n", "s221 bye\r\n" },
	  "220 DATA 354 250 QUIT 221 " },
	{ "BDAT", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cBDAT 6\r\nQUIT\r\nBDAT 3 LAST\r\nab\n", "s250 ok\r\n250 ok\r\n", "cQUIT\r\n", "s221 bye\r\n" },
	  "220 BDAT BDAT 250 250 QUIT 221 " },
	{ "BDAT that is refused", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cBDAT 6 now\r\nRSET\r\nQUIT\r\n", "s501 no\r\n250 ok\r\n221 bye\r\n", "cBDAT 99999999999999999999\r\nRSET\r\n", "s501 no\r\n" },
	  "220 BDAT RSET QUIT 501 250 221 BDAT RSET 501 " },
	{ "secrets", GP_SERVICE_SUBMISSION,
	  { "s220 mx\r\n", "cAUTH LOGIN SECRET\r\n", "s334 VXNlcm5hbWU6\r\n", "cSECRET\r\n", "s334 UGFzc3dvcmQ6\r\n", "cSECRET\r\n",
	    "s235 welcome\r\n", "cMAIL FROM:<a@b>\r\nSECRET\r\n" },
	  "220 AUTH 334 334 235 MAIL  " },
	{ "secrets that the server quotes", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cAUTH LOGIN\r\nSECRET\r\nSECRET\r\n", "s503 5.3.3 no\r\n500-5.5.1 what is\r\n500 5.5.1 \"SECRET\"?\r\n500 SECRET\r\n",
	    "cAUTH PLAIN SECRET\r\n", "s454-4.7.0 not\r\n454 4.7.0 SECRET\r\n", "cMAIL FROM:<a@b>\r\n", "s500 SECRET\r\n" },
	  "220 AUTH 503/5.3.3 <500/5.5.1 <500 AUTH 454/4.7.0 MAIL 500 " },
	{ "quoted, and AUTH was not seen", GP_SERVICE_SUBMISSION,
	  { ".", "cSECRET\r\n", "s535 SECRET\r\n", "cSECRET\r\n", "s500 SECRET\r\n" }, "<535  500 " },
	{ "a secret glued to AUTH", GP_SERVICE_SUBMISSION, { "s220 mx\r\n", "cAUTHSECRET SECRET\r\nSECRET\r\n" }, "220 AUTH " },
	{ "STARTTLS", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cSTARTTLS\r\n", "s220 go\r\n", "c\x16\x03\x01 QUIT\r\nQUIT\r\n", "s250 x\r\n" }, "220 STARTTLS 220 " },
	{ "STARTTLS refused", GP_SERVICE_SMTP, { "s220 mx\r\n", "cSTARTTLS\r\n", "s454 no\r\n", "cQUIT\r\n" }, "220 STARTTLS 454 QUIT " },
	{ "LMTP", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cLHLO a\r\n", "s250 ok\r\n", "cMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
	    "s250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "cx\r\n.\r\nQUIT\r\n", "s250 a\r\n550 b\r\n221 bye\r\n" },
	  "220 LHLO 250 MAIL RCPT RCPT DATA 250 250 250 354 QUIT 250 550 221 " },
	{ "early talker", GP_SERVICE_SMTP, { "cEHLO a\r\n", "s220 mx\r\n250 ok\r\n" }, "EHLO! 220 250 " },
	{ "refused", GP_SERVICE_SMTP, { "s554 5.7.1 go away\r\n" }, "554/5.7.1 " },
	{ "a gap between commands", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cHELO a\r\n", "s250 ok\r\n", "c-9", "cxyz\r\nQUIT\r\n", "s250 ok\r\n221 bye\r\n" },
	  "220 HELO 250 - QUIT <250 <221 " },
	{ "a gap over the end of a body", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "ctext\r\n", "c-20", "s250 ok\r\n", "cQUIT\r\n", "s221 bye\r\n" },
	  "220 DATA 354 - 250 QUIT 221 " },
	{ "after a gap, who waits for a reply goes on", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "c-9", "cMAIL FROM:<a@b>\r\n", "s250 ok\r\n250 ok\r\n", "cRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n", "s250 ok\r\n550 no\r\n" },
	  "220 - MAIL <250 <250 RCPT RCPT 250 550 " },
	{ "what was said before a gap is answered first", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cMAIL FROM:<a@b>\r\nRCPT", "c-9", "s250 ok\r\n550 no\r\n" }, "220 MAIL - 250 <550 " },
	{ "a gap in the replies", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "s-8", "s550 no\r\n", "cRCPT TO:<e@f>\r\n", "s250 ok\r\n" },
	  "220 MAIL RCPT - <550 RCPT 250 " },
	{ "a reply lost, and its command answered by the next", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "cHELO a\r\n", "cMAIL FROM:<a@b>\r\n", "s-8", "s250 ok\r\n" }, "220 HELO MAIL - <250 " },
	{ "a command that is cut off", GP_SERVICE_SMTP, { "s220 mx\r\n", "cRCPT TO:<c@", "c-9", "s550 no\r\n" }, "220 RCPT - 550 " },
	{ "a reply that is cut off", GP_SERVICE_SMTP, { "s220 mx\r\n", "cQUIT\r\n", "s221 2.0.0 by", "s-3" }, "220 QUIT 221/2.0.0 - " },
	{ "a code with a colon", GP_SERVICE_SMTP, { "s220 mx\r\n", "cDATA\r\n", "s552: no\r\n", "cQUIT\r\n" }, "220 DATA 552 QUIT " },
	{ "more commands than are counted", GP_SERVICE_SMTP,
	  { "s220 mx\r\n", "c" NOOPS, "s" OKS, "cQUIT\r\n", "s221 bye\r\n" }, "220 " NOOPS_SEEN OKS_SEEN "<250 <250 QUIT 221 " },
	{ "AUTH is cut off", GP_SERVICE_SUBMISSION, { "s220 mx\r\n", "cAUTH PLAIN SECRET", "c-5", "cSECRET\r\n" }, "220 AUTH - " },
	{ "AUTH and its challenge are lost", GP_SERVICE_SUBMISSION,
	  { "s220 mx\r\n", "c-12", "s250 late\r\n", "s-9", "cSECRET\r\n", "s235 ok\r\n" }, "220 - <250 -  <235 " },
	{ "joined at AUTH", GP_SERVICE_SUBMISSION, { ".", "cAUTH PLAIN SECRET\r\n", "s235 ok\r\n", "cSECRET\r\n" }, "AUTH <235  " },
	{ "joined at a challenge", GP_SERVICE_SUBMISSION,
	  { ".", "s334 x\r\n", "cSECRET\r\n", "s334 x\r\n", "cSECRET\r\n", "s235 ok\r\n", "cSECRET\r\n" }, "<334 <334 <235  " },
	{ "joined at a secret", GP_SERVICE_SUBMISSION, { ".", "cSECRET\r\n", "s235 ok\r\n", "cSECRET\r\n" }, "<235  " },
	{ "joined in the middle of a secret", GP_SERVICE_SUBMISSION,
	  { ".", "cSECRET\r\nSECRET SECRET\r\n", "s334 x\r\n", "cSECRET\r\n", "s535 no\r\n", "cSECRET\r\nQUIT\r\n" },
	  "<334 <535  QUIT " },
	{ "requests", GP_SERVICE_HTTP,
	  { "cGET /a HTTP/1.1\r\nHost: x\r\nCookie: SECRET\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /HEAD /c HTTP/1.1\r\n\r\n",
	    "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
	    "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" },
	  "GET /a POST /b HEAD /c 200 100 201 200 " },
	{ "a gap in a body", GP_SERVICE_HTTP,
	  { "cPOST /b HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", "c-6", "cxGET /c HTTP/1.1\r\n\r\n" }, "POST /b - GET /c " },
	{ "the server's second byte is like one of TLS", GP_SERVICE_TLS, { "s\x01\x16", "cGET /a HTTP/1.1\r\n\r\n" }, "GET /a " },
	{ "a tunnel", GP_SERVICE_HTTP,
	  { "cCONNECT a:443 HTTP/1.1\r\n\r\n", "sHTTP/1.1 200 OK\r\n\r\n", "cGET /x HTTP/1.1\r\n\r\n" }, "CONNECT a:443 200 " },
	{ "a request that is cut off", GP_SERVICE_HTTP, { "cGET /a?b", "c-9" }, "GET /a?b - " },
	{ "a request's head that is cut off", GP_SERVICE_HTTP, { "cGET /a HTTP/1.1\r\nHos", "c-9" }, "GET /a - " },
	{ "no request that is cut off", GP_SERVICE_HTTP, { "cGET", "c-9", "s\x01\x02", "s-9" }, "- - " },
	{ "a response that is cut off", GP_SERVICE_HTTP, { "sHTTP/1.1 200 O", "s-9" }, "200 - " },
	{ "lengths that differ", GP_SERVICE_HTTP,
	  { "cPOST /b HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nGET /x HTTP/1.1\r\n\r\n" }, "POST /b " },
};

static size_t word(char *out, const struct gp_dialogue *d, const struct gp_said *said, enum gp_said_words which)
{
	return (size_t)sprintf(out, "%.*s", said->words[which].len, d->text ? d->text + said->words[which].at : "");
}

static void describe(char *out, const struct gp_dialogue *d)
{
	*out = '\0';
	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];

		if (said->kind == GP_SAID_GAP) {
			out += sprintf(out, "-");
		} else if (said->kind == GP_SAID_REPLY || said->kind == GP_SAID_RESPONSE) {
			bool lost = said->kind == GP_SAID_REPLY && said->answers == GP_ANSWERS_NONE;

			out += sprintf(out, "%s%u", lost ? "<" : "", said->code);
		} else {
			out += word(out, d, said, GP_WORDS_VERB);
		}
		if (said->enhanced[0])
			out += sprintf(out, "/%u.%u.%u", said->enhanced[0], said->enhanced[1], said->enhanced[2]);
		if (said->kind == GP_SAID_REQUEST) {
			*out++ = ' ';
			out += word(out, d, said, GP_WORDS_ARGUMENT);
		}
		out += sprintf(out, "%s ", said->flags & GP_SAID_EARLY ? "!" : "");
	}
}

/* A copy in memory of its own, so that ASan sees every byte beyond. */
static void tell(struct gp_dialogue *d, enum gp_speaker speaker, const char *text, size_t len)
{
	__u8 *copy = malloc(len);

	memcpy(copy, text, len);
	gp_dialogue_bytes(d, speaker, 1, copy, (__u32)len);
	free(copy);
}

static void play(const struct row *row, size_t step)
{
	bool joined = *row->said[0] == '.';
	struct gp_stream stream = { .service = row->service, .sides = { { .syn = !joined }, { .syn = !joined } } };
	struct gp_dialogue_budget budget = { .max = 1 << 20 };
	struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
	char got[4096];

	for (size_t i = joined; i < COUNT(row->said) && row->said[i]; i++) {
		enum gp_speaker speaker = row->said[i][0] == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER;
		const char *text = row->said[i] + 1;
		size_t len = strlen(text);

		if (*text == '-') {
			stream.sides[speaker].gaps++;
			gp_dialogue_bytes(d, speaker, 1, NULL, (__u32)atoi(text + 1));
		}
		for (size_t at = 0; *text != '-' && at < len; at += step)
			tell(d, speaker, text + at, len - at < step ? len - at : step);
	}
	describe(got, d);
	if (strcmp(got, row->wanted) != 0)
		fail_msg("%s, by %zu bytes: %s", row->name, step, got);
	assert_null(d->text ? memmem(d->text, d->text_len, "SECRET", 6) : NULL);
	gp_dialogue_close(d);
	assert_int_equal(budget.used, 0);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t step = 1; step < 8; step++)
			play(&rows[i], step);
		play(&rows[i], 10000);
	}
}

/* However much is said, what is kept is bounded. */
static void test_bounds(void **state)
{
	struct gp_stream stream = { .service = GP_SERVICE_SMTP, .sides = { { .syn = true }, { .syn = true } } };
	struct gp_dialogue_budget budget = { .max = 100000 };
	struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
	char noise[4096];

	(void)state;
	memset(noise, 'x', sizeof(noise));
	for (int i = 0; i < 20; i++)
		tell(d, GP_FROM_CLIENT, noise, sizeof(noise));
	for (int i = 0; i < 10000; i++)
		tell(d, GP_FROM_CLIENT, "\r\nNOOP xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 35);
	assert_true(budget.used <= budget.max);
	assert_true(d->dropped > 0);
	gp_dialogue_close(d);
	assert_int_equal(budget.used, 0);
}

/* A flood of flows that say much, then of flows that say little: together they hold no more than was allowed. */
static void test_flood(void **state)
{
	enum { FLOWS = 4000 };
	static struct gp_dialogue *flows[FLOWS];
	struct gp_stream stream = { .service = GP_SERVICE_SMTP, .sides = { { .syn = true }, { .syn = true } } };
	struct gp_dialogue_budget budget = { .max = 4 << 20 };
	__u64 large = 0;

	(void)state;
	for (int i = 0; i < FLOWS; i++) {
		flows[i] = gp_dialogue_open(&stream, &budget);
		for (int k = 0; i < 20 && k < 5000; k++)
			tell(flows[i], GP_FROM_CLIENT, "VRFY xxxxxxxxxxxxxxxxxxxxxxxx\r\n", 31);
		large = i == 19 ? budget.used : large;
		if (flows[i])
			tell(flows[i], GP_FROM_CLIENT, "QUIT\r\n", 6);
		assert_true(budget.used <= budget.max);
	}
	assert_in_range(large, 1 << 20, (2 << 20) + 20 * GP_DIALOGUE_SMALL);
	assert_in_range(budget.refused, 1, FLOWS - 500); /* those that say little were not kept out */
	for (int i = 0; i < FLOWS; i++) {
		if (flows[i])
			gp_dialogue_close(flows[i]);
	}
	assert_int_equal(budget.used, 0);
}

/* A hello in pieces of so many bytes, behind what was said before it in clear; "c-1" stands for a byte that is missing. */
static void play_tls(const char *name, __u8 service, const char *const *said, const char *wanted, size_t step)
{
	static const __u16 ciphers[] = { 0x1301, 0xc02f }, extensions[] = { 0, 16, 43 }, versions[] = { 0x0a0a, 0x0304, 0x0303 };
	static const struct offer offer = {
		.record_version = 0x0301, .version = 0x0303, .ciphers = ciphers, .n_ciphers = 2, .extensions = extensions,
		.n_extensions = 3, .versions = versions, .n_versions = 3, .name = "mx.example", .protocols = { "h2", "http/1.1" },
	};
	struct gp_stream stream = { .service = service, .sides = { { .syn = true }, { .syn = true } } };
	struct gp_dialogue_budget budget = { .max = 1 << 20 };
	struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
	struct maker maker = { 0 };
	char got[128] = "";

	for (; *said; said++) {
		enum gp_speaker speaker = **said == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER;

		if ((*said)[1] == '-')
			gp_dialogue_bytes(d, speaker, 1, NULL, 1);
		else
			tell(d, speaker, *said + 1, strlen(*said) - 1);
	}
	maker_hello(&maker, &offer);
	for (size_t at = 0; at < maker.len; at += step)
		tell(d, GP_FROM_CLIENT, (char *)maker.bytes + at, maker.len - at < step ? maker.len - at : step);
	if (d->tls && d->tls->has_hello) {
		const struct gp_tls_dialogue *t = d->tls;

		snprintf(got, sizeof(got), "%x %.*s %.*s %s", t->version, t->sni.len, d->text + t->sni.at, t->protocols.len,
			 d->text + t->protocols.at, t->ja4);
	}
	if (strcmp(got, wanted) != 0)
		fail_msg("%s, by %zu bytes: %s", name, step, got);
	gp_dialogue_close(d);
	assert_int_equal(budget.used, 0);
}

static void test_tls(void **state)
{
	static const char hello[] = "304 mx.example \x02h2\x08http/1.1 t13d0203h2_c1929292aa6b_b9a491fefe05";
	static const struct {
		const char *name;
		__u8 service;
		const char *said[6];
		bool found;
	} hellos[] = {
		{ "at once", GP_SERVICE_TLS, { NULL }, true },
		{ "on a port of the web", GP_SERVICE_HTTP, { NULL }, true },
		{ "on a port of mail", GP_SERVICE_SUBMISSION, { NULL }, true },
		{ "the server's record first", GP_SERVICE_TLS, { "s\x16\x03\x03" }, true },
		{ "after STARTTLS", GP_SERVICE_SMTP, { "s220 mx\r\n", "cSTARTTLS\r\n", "s220 go\r\n" }, true },
		{ "after STARTTLS, with half a command before", GP_SERVICE_SMTP,
		  { "s220 mx\r\n", "cSTARTTLS\r\nRSET", "s220 go\r\n" }, true },
		{ "after STARTTLS whose answer is missing", GP_SERVICE_SMTP, { "s220 mx\r\n", "cSTARTTLS\r\n", "s-1" }, true },
		{ "after STARTTLS, its beginning missing", GP_SERVICE_SMTP, { "s220 mx\r\n", "cSTARTTLS\r\n", "s220 go\r\n", "c-1" }, false },
		{ "in a body", GP_SERVICE_SMTP, { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n" }, false },
		{ "after CONNECT", GP_SERVICE_HTTP, { "cCONNECT a:443 HTTP/1.1\r\n\r\n", "sHTTP/1.1 200 OK\r\n\r\n" }, true },
		{ "after CONNECT that was refused", GP_SERVICE_HTTP,
		  { "cCONNECT a:443 HTTP/1.1\r\n\r\n", "sHTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n" }, false },
		{ "its beginning missing", GP_SERVICE_TLS, { "c-1" }, false },
		{ "behind clear text", GP_SERVICE_TLS, { "cGET" }, false },
		{ "behind a byte like its own", GP_SERVICE_HTTP, { "c\x16" }, false },
		{ "the server's byte like its own, and clear text", GP_SERVICE_HTTP, { "s\x16", "cx" }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hellos); i++) {
		char wanted[128] = "";
		if (hellos[i].found)
			snprintf(wanted, sizeof(wanted), "%s", hello);
		for (size_t step = 1; step < 8; step++)
			play_tls(hellos[i].name, hellos[i].service, hellos[i].said, wanted, step);
		play_tls(hellos[i].name, hellos[i].service, hellos[i].said, wanted, 10000);
	}
}

/* What is told of heads beside their words: the scheme of Authorization, the Content-Type, where a Location leads. */
static void test_fields(void **state)
{
	static const struct {
		const char *request, *response;
		__u8 authorization, media;
		bool to_login;
		const char *leads; /* to this path; NULL: to none */
	} heads[] = {
		{ "", "", GP_AUTHORIZATION_NONE, GP_MEDIA_UNKNOWN, false, NULL },
		{ "Authorization: Basic SECRET", "Content-Type: text/html; charset=x", GP_AUTHORIZATION_BASIC, GP_MEDIA_HTML, false, NULL },
		{ "AUTHORIZATION:basic SECRET", "content-type:TEXT/HTML", GP_AUTHORIZATION_BASIC, GP_MEDIA_HTML, false, NULL },
		{ "Authorization: Digest SECRET", "Content-Type: image/gif", GP_AUTHORIZATION_DIGEST, GP_MEDIA_IMAGE, false, NULL },
		{ "Authorization: Bearer SECRET", "Content-Type: text/css", GP_AUTHORIZATION_OTHER, GP_MEDIA_ASSET, false, NULL },
		{ "Authorization: BasicSECRET", "Content-Type: application/json", GP_AUTHORIZATION_OTHER, GP_MEDIA_OTHER, false, NULL },
		{ "Proxy-Authorization: Basic SECRET", "X-Content-Type: image/gif", GP_AUTHORIZATION_NONE, GP_MEDIA_UNKNOWN, false, NULL },
		{ "Content-Type: image/gif", "Authorization: Basic SECRET", GP_AUTHORIZATION_NONE, GP_MEDIA_UNKNOWN, false, NULL },
		{ "", "Location: /home?SECRET", 0, 0, false, "/home" },
		{ "", "Location: https://a.example:8443/login?SECRET", 0, 0, true, "/login" },
		{ "", "Location: //a.example/account/sign-in", 0, 0, true, "/account/sign-in" },
		{ "", "Location: login.php", 0, 0, true, "/dir/login.php" },
		{ "", "Location: ?SECRET", 0, 0, false, NULL },
		{ "", "Location: //a.example", 0, 0, false, NULL },
		{ "", "Location: https://a.example", 0, 0, false, NULL },
		{ "", "Location: mailto:a", 0, 0, false, "/dir/mailto:a" },
		{ "Location: /login", "", 0, 0, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct gp_stream stream = { .service = GP_SERVICE_HTTP, .sides = { { .syn = true }, { .syn = true } } };
		struct gp_dialogue_budget budget = { .max = 1 << 20 };
		struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
		char text[512];

		tell(d, GP_FROM_CLIENT, text, (size_t)snprintf(text, sizeof(text), "GET /dir/x?a=/b HTTP/1.1\r\n%s%s\r\n",
								 heads[i].request, *heads[i].request ? "\r\n" : ""));
		tell(d, GP_FROM_SERVER, text, (size_t)snprintf(text, sizeof(text), "HTTP/1.1 302 x\r\nContent-Length: 0\r\n%s%s\r\n",
								 heads[i].response, *heads[i].response ? "\r\n" : ""));
		tell(d, GP_FROM_CLIENT, text, (size_t)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", heads[i].leads ?: "*"));
		assert_int_equal(d->said_count, 3);
		assert_int_equal(d->said[0].authorization, heads[i].authorization);
		assert_int_equal(d->said[1].media, heads[i].media);
		assert_int_equal(!!(d->said[1].flags & GP_SAID_TO_LOGIN), heads[i].to_login);
		if (d->said[1].path_hash != d->said[2].path_hash)
			fail_msg("%s", heads[i].response);
		assert_null(memmem(d->text, d->text_len, "SECRET", 6));
		gp_dialogue_close(d);
	}
}

/* Which mails of a dialogue the server took: "+" and "-" in their order. */
static void test_taken(void **state)
{
#define BODY "Subject: x\r\n\r\nx\r\n.\r\n"
	static const struct {
		const char *name, *said[10], *taken;
	} mails[] = {
		{ "one", { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "c" BODY, "s250 ok\r\n" }, "+" },
		{ "refused", { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "c" BODY, "s554 no\r\n" }, "-" },
		{ "no answer", { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "c" BODY }, "-" },
		{ "refused, then taken",
		  { "s220 mx\r\n", "cDATA\r\n", "s354 go\r\n", "c" BODY, "s450 no\r\n", "cRSET\r\nDATA\r\n", "s250 ok\r\n354 go\r\n", "c" BODY,
		    "s250 ok\r\n" }, "-+" },
		{ "DATA is refused", { "s220 mx\r\n", "cDATA\r\n", "s503 no\r\n", "cDATA\r\n", "s354 go\r\n", "c" BODY, "s250 ok\r\n" }, "+" },
		{ "LMTP: one recipient's", { "s220 mx\r\n", "cLHLO a\r\n", "s250 ok\r\n", "cRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
					     "s250 ok\r\n250 ok\r\n354 go\r\n", "c" BODY, "s550 no\r\n250 ok\r\n" }, "+" },
		{ "BDAT", { "s220 mx\r\n", "cBDAT 3\r\nabcBDAT 3 LAST\r\nabc", "s250 ok\r\n250 ok\r\n" }, "+" },
		{ "BDAT: the first part is not the mail", { "s220 mx\r\n", "cBDAT 3\r\nabcBDAT 3 LAST\r\nabc", "s250 ok\r\n554 no\r\n" }, "-" },
		{ "BDAT: two at a time", { "s220 mx\r\n", "cBDAT 3 LAST\r\nabcBDAT 3 LAST\r\nabc", "s554 no\r\n250 ok\r\n" }, "-+" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(mails); i++) {
		struct gp_stream stream = { .service = GP_SERVICE_SMTP, .sides = { { .syn = true }, { .syn = true } } };
		struct gp_dialogue_budget budget = { .max = 1 << 20 };
		struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
		char got[GP_SMTP_MESSAGES + 1] = "";

		for (size_t k = 0; k < COUNT(mails[i].said) && mails[i].said[k]; k++)
			tell(d, *mails[i].said[k] == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER, mails[i].said[k] + 1, strlen(mails[i].said[k]) - 1);
		for (__u32 k = 0; k < d->smtp->messages_count; k++)
			got[k] = d->smtp->taken_ns[k] ? '+' : '-';
		if (strcmp(got, mails[i].taken) != 0)
			fail_msg("%s: %s", mails[i].name, got);
		gp_dialogue_close(d);
		assert_int_equal(budget.used, 0);
	}
}

/* A request is named as a link to it in a mail is. */
static void test_url_hash(void **state)
{
	static const struct {
		const char *request, *host, *path; /* host NULL: it has no name */
		__u16 port;
	} requests[] = {
		{ "GET /a?b=c HTTP/1.1\r\nHost: www.example\r\n\r\n", "www.example", "/a?b=c", 0 },
		{ "GET /a HTTP/1.1\r\nHost: WWW.Example.:80\r\n\r\n", "www.example", "/a", 0 },
		{ "GET /a HTTP/1.1\r\nHost: www.example:8080\r\n\r\n", "www.example", "/a", 8080 },
		{ "GET /a HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "[2001:db8::1]", "/a", 0 },
		{ "GET /a HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n", "[2001:db8::1]", "/a", 81 },
		{ "GET /a HTTP/1.0\r\n\r\n", NULL, NULL, 0 },
		{ "GET /a HTTP/1.1\r\nHost: :80\r\n\r\n", NULL, NULL, 0 },
		{ "CONNECT www.example:80 HTTP/1.1\r\nHost: www.example\r\n\r\n", NULL, NULL, 0 },
	};
	struct gp_stream stream = { .service = GP_SERVICE_HTTP, .sides = { { .syn = true }, { .syn = true } } };

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct gp_dialogue_budget budget = { .max = 1 << 20, .salt = { 7 } };
		struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);
		__u64 wanted = 0;

		tell(d, GP_FROM_CLIENT, requests[i].request, strlen(requests[i].request));
		assert_int_equal(d->said_count, 1);
		if (requests[i].host)
			wanted = gp_url_hash(budget.salt, false, requests[i].host, strlen(requests[i].host), requests[i].port,
					     requests[i].path, strlen(requests[i].path));
		assert_int_equal(gp_dialogue_url_hash(d, &d->said[0]), wanted);
		gp_dialogue_close(d);
	}
}

/* The path alone is hashed, and the salt with it. */
static void test_path_hash(void **state)
{
	static const struct {
		const char *request;
		__u8 salt;
		bool equal; /* to the first one's */
	} requests[] = {
		{ "GET /a/b HTTP/1.1\r\n\r\n", 1, true },
		{ "POST /a/b?c=/d HTTP/1.0\r\n\r\n", 1, true },
		{ "GET http://host:80/a/b?c HTTP/1.1\r\n\r\n", 1, true },
		{ "GET /a/b HTTP/1.1\r\n\r\n", 2, false },
		{ "GET /a HTTP/1.1\r\n\r\n", 1, false },
		{ "GET /http://host/a/b HTTP/1.1\r\n\r\n", 1, false },
		{ "GET /?http://host/a/b HTTP/1.1\r\n\r\n", 1, false },
		{ "GET http://host HTTP/1.1\r\n\r\n", 1, false },
		{ "GET http://host?/a/b HTTP/1.1\r\n\r\n", 1, false },
		{ "GET x?://host/a/b HTTP/1.1\r\n\r\n", 1, false },
		{ "CONNECT host:80 HTTP/1.1\r\n\r\n", 1, false },
		{ "OPTIONS * HTTP/1.1\r\n\r\n", 1, false },
	};
	struct gp_stream stream = { .service = GP_SERVICE_HTTP, .sides = { { .syn = true }, { .syn = true } } };
	__u64 first = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct gp_dialogue_budget budget = { .max = 1 << 20, .salt = { requests[i].salt } };
		struct gp_dialogue *d = gp_dialogue_open(&stream, &budget);

		tell(d, GP_FROM_CLIENT, requests[i].request, strlen(requests[i].request));
		assert_int_equal(d->said_count, 1);
		first = i ? first : d->said[0].path_hash;
		if ((d->said[0].path_hash == first) != requests[i].equal)
			fail_msg("%s: %llx", requests[i].request, (unsigned long long)d->said[0].path_hash);
		gp_dialogue_close(d);
	}
	assert_int_equal(first, 0x707919298c233f7a); /* openssl dgst -sha256 -mac HMAC */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_path_hash),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_url_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
