/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whole mail dialogues tell about their senders, in one piece and in small ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "dialogue_json.h"
#include "mail_facts.h"
#include "utf8_check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STEPS 32

/*
 * 'c' or 's' and what that side said; "c-5": a gap of five bytes. The client is 192.0.2.55, or 2001:db8::55.
 * Told, where it is not the usual: greetings, HELO's form ("=": the client's own address), case of verbs and of
 * keywords, syntax, pipelining, habits, ending, MAIL's parameters | flags | recipients accepted/4xx/5xx, mails,
 * outcome/by size | refusals | mails read.
 */
struct row {
	const char *name;
	const char *said[STEPS];
	const char *wanted;
	enum gp_stream_end end;
	bool ipv6, submission;
};

#define MX "s220 mx.example ESMTP\r\n"
#define OK "s250 2.1.0 Ok\r\n"
#define GO "s354 go ahead\r\n"
#define BYE "s221 2.0.0 Bye\r\n"
#define OFFER "s250-mx.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250-CHUNKING\r\n250 8BITMIME\r\n"
#define LITTLE "s250-mx.example\r\n250 HELP\r\n"
#define LETTER "From: A <a@x.example>\r\n\r\nsee http://l.example/1\r\n.\r\n"

static const struct row rows[] = {
	/* Mail servers and clients as they speak. */
	{ "postfix",
	  { MX, "cEHLO a.example\r\n", OFFER,
	    "cMAIL FROM:<u@x.example> SIZE=400 BODY=8BITMIME\r\nRCPT TO:<v@y.example> ORCPT=rfc822;v@y.example\r\nDATA\r\n",
	    "s250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n", "c" LETTER "QUIT\r\n", "s250 2.0.0 Ok: queued\r\n221 2.0.0 Bye\r\n" },
	  "E fqdn UU .. P . quit sbSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "exim",
	  { MX, "cEHLO a.example\r\n", OFFER, "cMAIL FROM:<u@x.example> SIZE=1500\r\nRCPT TO:<v@y.example>\r\nDATA\r\n",
	    "s250 OK\r\n250 Accepted\r\n354 go\r\n", "c" LETTER, "s250 OK id=1\r\n", "cQUIT\r\n", BYE },
	  "E fqdn UU .. P . quit sSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "sendmail",
	  { MX, "cEHLO a.example\r\n", OFFER, "cMAIL From:<u@x.example> SIZE=400\r\n", OK, "cRCPT To:<v@y.example>\r\nDATA\r\n",
	    "s250 2.1.5 Ok\r\n354 go\r\n", "c" LETTER, "s250 2.0.0 Ok\r\n", "cQUIT\r\n", BYE },
	  "E fqdn UM .. P . quit sSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "Exchange",
	  { MX, "cEHLO a.example\r\n", OFFER, "cMAIL FROM:<u@x.example> SIZE=4000\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK,
	    "cBDAT 25\r\nFrom: A <a@x.example>\r\n\r\n", OK, "cBDAT 24 LAST\r\nsee http://l.example/1\r\n", OK, "cQUIT\r\n", BYE },
	  "E fqdn UU .. . . quit sSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "Thunderbird",
	  { MX, "cEHLO [192.0.2.55]\r\n", OFFER, "cMAIL FROM:<u@x.example> BODY=8BITMIME SIZE=400\r\n", OK,
	    "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO, "c" LETTER, OK, "cQUIT\r\n", BYE },
	  "E literal= UU .. . . quit sbSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN, .submission = true },
	{ "swaks",
	  { MX, "cEHLO a.example\r\n", OFFER, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO,
	    "c" LETTER, OK, "cQUIT\r\n", BYE },
	  "E fqdn UU .. . . quit SB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "smtplib",
	  { MX, "cehlo [127.0.1.1]\r\n", OFFER, "cmail FROM:<u@x.example> size=400\r\n", OK, "crcpt TO:<v@y.example>\r\n", OK,
	    "cdata\r\n", GO, "c" LETTER, OK, "cquit\r\n", BYE },
	  "E literal LU .. . . quit sSB | unused | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },
	{ "an old server",
	  { MX, "cEHLO a.example\r\n", "s502 what?\r\n", "cHELO a.example\r\n", OK, "cQUIT\r\n", BYE },
	  "HE fqdn U. .. . . quit . | | 0/0/0 0 failed/failed | helo 502 |", .end = GP_STREAM_FIN },
	{ "two mails",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO, "c..x\r\n" LETTER, OK,
	    "cRSET\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO, "c" LETTER, OK, "cNOOP\r\n", OK, "cQUIT\r\n", BYE },
	  "H fqdn UU .. . rn quit . | null | 2/0/0 2 accepted/rejected | | l.example ; x.example l.example", .end = GP_STREAM_FIN },
	{ "dots of transparency, in segments of their own",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO,
	    "cContent-Transfer-Encoding: quoted-printable\r\n\r\nhttp://l=\r\n", "c.", "c.example/=\r\n", "c.", "c\r", "c\n", OK, "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | | 1/0/0 1 accepted/rejected | | l.example", .end = GP_STREAM_FIN },
	{ "LMTP, one mail for two",
	  { MX, "cLHLO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cRCPT TO:<w@y.example>\r\n", OK,
	    "cDATA\r\n", GO, "c" LETTER, "s250 a\r\n250 b\r\n", "cQUIT\r\n", BYE },
	  "L fqdn UU .. . . quit . | | 2/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_FIN },

	/* Bots. */
	{ "an early talker, which names its address",
	  { "cHELO 192.0.2.55\r\n", MX, OK, "cMAIL FROM:<u@x.example>\r\n", "s550 5.7.1 no\r\n" },
	  "H address= UU .. . . abandon . | early | 0/0/0 0 rejected/failed | mail 550/5.7.1 |", .end = GP_STREAM_RST },
	{ "camels",
	  { MX, "cHelo pc\r\n", OK, "cMail From: <u@x.example>\r\n", OK, "cRcpt To: <u@X.EXAMPLE>\r\n", "s550 5.1.1 unknown\r\n" },
	  "H word MM s. . . abandon . | self | 0/0/1 0 rejected/failed | rcpt 550/5.1.1 |", .end = GP_STREAM_FIN },
	{ "no brackets, blanks, bare LF",
	  { MX, "cEHLO localhost\n", LITTLE, "cMAIL FROM:u@x.example \n", OK, "cRCPT TO:v@y.example\n", OK, "cDATA\n", GO, "cx\n.\n", OK, "cQUIT\n" },
	  "E localhost UU btl. . . quit . | | 1/0/0 1 accepted/rejected | | -", .end = GP_STREAM_FIN },
	{ "pipelining that nobody offered",
	  { MX, "cEHLO a.example\r\nMAIL FROM:<u@x.example>\r\nRCPT TO:<v@y.example>\r\nDATA\r\n", "s250-mx\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 go\r\n",
	    "c" LETTER, OK },
	  "E fqdn UU .. P! . rst . | | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_RST },
	{ "a null sender for many",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", "s450 4.2.0 later\r\n", "cRCPT TO:<w@z.example>\r\n",
	    "s450 4.2.0 later\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | null nullmany callout putoff | 0/2/0 0 rejected/rejected | rcpt 450/4.2.0 x2 |", .end = GP_STREAM_FIN },
	{ "a callout",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", "s550 5.1.1 unknown\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | null callout | 0/0/1 0 rejected/failed | rcpt 550/5.1.1 |", .end = GP_STREAM_FIN },
	{ "gone without QUIT, which the server remarks",
	  { MX, "cHELO [192.0.2.55]\r\n", OK, "cMAIL FROM: <u@x.example>\r\n", OK, "cRCPT TO: <v@y.example>\r\n", OK, "cDATA\r\n", GO,
	    "c" LETTER, OK, "s421 mx.example lost input connection\r\n" },
	  "H literal= UU s. . . rst . | | 1/0/0 1 accepted/rejected | | x.example l.example", .end = GP_STREAM_RST },
	{ "no mail at all",
	  { "c{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": [\"miner/4.10\", \"0123456789abcdef\"]}\n", "s{\"id\": 1}\n" },
	  ". none .. l. . o fin . | noid | 0/0/0 0 failed/unknown | |", .end = GP_STREAM_FIN },
	{ "probing",
	  { MX, "cvrfy root\r\n", "s252 maybe\r\n", "cXYZZY\r\n", "s500 what\r\n", "cQUIT\r\n", BYE },
	  ". none V. .. . vo quit . | noid | 0/0/0 0 failed/failed | |", .end = GP_STREAM_FIN },
	{ "guessing a password on port 25",
	  { MX, "cEHLO x\r\n", LITTLE, "cAUTH LOGIN\r\n", "s334 VXNlcm5hbWU6\r\n", "cdXNlcg==\r\n", "s334 UGFzc3dvcmQ6\r\n", "cc2VjcmV0\r\n", "s535 5.7.8 no\r\n" },
	  "E word U. .. . . abandon . | auth auth25 auth-1 | 0/0/0 0 failed/failed | |", .end = GP_STREAM_FIN },

	/* What servers say. */
	{ "refused for where it is",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", "s550 5.7.25 no name\r\n",
	    "cRCPT TO:<w@y.example>\r\n", "s554 5.7.1 <w@y.example>: Relay access denied\r\n", "cRCPT TO:<x@y.example>\r\n",
	    "s550 5.1.1 Unknown\r\n", "cRCPT TO:<z@y.example>\r\n", "s550 dynamic, and listed by spamcop.net\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | policy-2 | 0/0/4 0 rejected/rejected | rcpt 550/5.7.25, rcpt 554/5.7.1, rcpt 550/5.1.1, rcpt 550 |",
	  .end = GP_STREAM_FIN },
	{ "refused by its address",
	  { "s554 5.7.1 Service unavailable; Client host [192.0.2.55] blocked using zen.spamhaus.org\r\n" },
	  ". none .. .. . . server . | combined | 0/0/0 0 rejected/failed | connect 554/5.7.1 |", .end = GP_STREAM_RST },
	{ "put off at the door",
	  { "s421 4.7.0 too many connections\r\n" },
	  ". none .. .. . . server . | putoff | 0/0/0 0 rejected/failed | connect 421/4.7.0 |", .end = GP_STREAM_FIN },
	{ "listed, on the second line of a reply",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n",
	    "s550-5.7.1 Rejected. Your address\r\n550-5.7.1 192.0.2.55 is listed, see\r\n550 5.7.1 https://www.spamcop.net/bl.shtml\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | listed | 0/0/1 0 rejected/rejected | rcpt 550/5.7.1 |", .end = GP_STREAM_FIN },
	{ "what the client says between two lines of a reply is not the server's",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", "s550-5.7.1 192.0.2.55 is refused, and that\r\n", "cNOOP bl.spamcop.net\r\n",
	    "s550 5.7.1 is all that there is to say about it\r\n", OK, "cQUIT\r\n", BYE },
	  "H fqdn UU .. P! n quit . | | 0/0/0 0 rejected/rejected | mail 550/5.7.1 |", .end = GP_STREAM_FIN },
	{ "listed, but another one",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", "s550 198.51.100.7 is listed by bl.spamcop.net\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | | 0/0/0 0 rejected/failed | mail 550 |", .end = GP_STREAM_FIN },
	{ "a 421 is about the server",
	  { "s421 192.0.2.55 zen.spamhaus.org lookup failed\r\n" },
	  ". none .. .. . . server . | putoff | 0/0/0 0 rejected/failed | connect 421 |", .end = GP_STREAM_FIN },
	{ "IPv6, spelled out",
	  { "s554 5.7.1 [IPv6:2001:0DB8:0:0::0055] is on xbl.spamhaus.org\r\n" },
	  ". none .. .. . . server . | listed | 0/0/0 0 rejected/failed | connect 554/5.7.1 |", .end = GP_STREAM_FIN, .ipv6 = true },
	{ "its IPv6 literal",
	  { MX, "cEHLO [IPv6:2001:db8::55]\r\n", LITTLE, "cQUIT\r\n", BYE },
	  "E literal= U. .. . . quit . | | 0/0/0 0 failed/failed | |", .end = GP_STREAM_FIN, .ipv6 = true },
	{ "one recipient of three",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cRCPT TO:<w@y.example>\r\n",
	    "s550 no\r\n", "cRCPT TO:<x@y.example>\r\n", "s450 later\r\n", "cDATA\r\n", GO, "c" LETTER, "s550 5.7.1 spam\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | | 1/1/1 0 rejected/rejected | rcpt 550, rcpt 450, body 550/5.7.1 | x.example l.example", .end = GP_STREAM_FIN },
	{ "DATA refused, its mail already on the way",
	  { MX, "cEHLO a.example\r\n", OFFER, "cMAIL FROM:<u@x.example>\r\nRCPT TO:<v@y.example>\r\nDATA\r\n", "s250 a\r\n550 b\r\n",
	    "cQUIT\r\n", "s554 5.5.1 no recipients\r\n" },
	  "E fqdn UU .. P . abandon SB | unused | 0/0/1 0 rejected/rejected | rcpt 550, data 554/5.5.1 |", .end = GP_STREAM_FIN },
	{ "DATA refused, and what follows was no mail",
	  { MX, "cHELO a.example\r\n", OK, "cDATA\r\nFrom: a@x.example\r\n", "s503 5.5.1 no\r\n", "cQUIT\r\n", BYE },
	  "H fqdn U. .. . . quit . | | 0/0/0 0 rejected/failed | data 503/5.5.1 |", .end = GP_STREAM_FIN },
	{ "STARTTLS refused",
	  { MX, "cEHLO a.example\r\n", OFFER, "cSTARTTLS\r\n", "s454 4.7.0 not now\r\n", "cQUIT\r\n", BYE },
	  "E fqdn U. .. . . quit SB | refused | 0/0/0 0 failed/failed | |", .end = GP_STREAM_FIN },

	/* Gaps: less is said, nothing else. */
	{ "a gap in a mail",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO,
	    "cFrom: a@x.example\r\n\r\nhttp://l.ex", "c-500", "cx\r\nhttp://m.example/\r\n.\r\n", OK, "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | | 1/0/0 1 accepted/unknown | | x.example -", .end = GP_STREAM_FIN },
	{ "a mail that is not seen",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO, "c-5000", OK,
	    "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | | 1/0/0 1 accepted/unknown | |", .end = GP_STREAM_FIN },
	{ "a gap among commands",
	  { MX, "cHELO a.example\r\n", OK, "c-60", "s250 a\r\n550 b\r\n", "cQUIT\r\n", BYE },
	  "H fqdn U. .. . . quit . | noid | 0/0/0 0 unknown/unknown | |", .end = GP_STREAM_FIN },
	{ "a gap between chunks: the next one is not the beginning",
	  { MX, "cEHLO a.example\r\n", OFFER, "cBDAT 25\r\nFrom: A <a@x.example>\r\n\r\n", OK, "c-40", OK,
	    "cBDAT 45 LAST\r\nFrom: <b@y.example>\r\n\r\nsee http://m.example/1\r\n", OK, "cQUIT\r\n", BYE },
	  "E fqdn U. .. . . quit SB | noid | 0/0/0 1 accepted/unknown | | x.example - ; -", .end = GP_STREAM_FIN },
	{ "a gap among commands, and no QUIT behind it",
	  { MX, "cHELO a.example\r\n", OK, "c-60" },
	  "H fqdn U. .. . . open . | noid | 0/0/0 0 unknown/unknown | |", .end = GP_STREAM_FIN },
	{ "replies that are not seen do not make a pipeline",
	  { MX, "cEHLO a.example\r\n", "s-60", "cMAIL FROM:<u@x.example>\r\n", "s-14", "cRCPT TO:<v@y.example>\r\n", "s-14", "cQUIT\r\n", BYE },
	  "E fqdn UU .. . . quit . | noid | 0/0/0 0 rejected/rejected | |", .end = GP_STREAM_FIN },
	{ "a reply that was captured before its command",
	  { MX, "cHELO a.example\r\n", OK, "s250 2.1.0 Ok\r\n", "cMAIL FROM:<u@x.example>\r\n", "cRCPT TO:<v@y.example>\r\n", OK, "cDATA\r\n", GO,
	    "c" LETTER, "s550 5.7.1 spam\r\n", "cQUIT\r\n", BYE },
	  "H fqdn UU .. . . quit . | noid | 0/0/0 0 rejected/rejected | | -", .end = GP_STREAM_FIN },
	{ "refused so far",
	  { MX, "cHELO a.example\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cRCPT TO:<v@y.example>\r\n", "s450 4.1.1 later\r\n" },
	  "H fqdn UU .. . . open . | | 0/1/0 0 unknown/unknown | rcpt 450/4.1.1 |", .end = GP_STREAM_TIMEOUT },

	/* Hostile. */
	{ "escapes, quotes, no UTF-8 in names",
	  { MX, "cHELO \x1b[2J\"\xff.a\r\n", OK, "cMAIL FROM:<u@\x1b]0;x\x07\"\xc3.b>\r\n", OK, "cRCPT TO:<\"<@>\"@y.example>\r\n", OK, "cQUIT\r\n", BYE },
	  "H other UU .. . . quit . | | 1/0/0 0 failed/rejected | |", .end = GP_STREAM_FIN },
	{ "a mail smuggled behind a dot between bare LFs",
	  { MX, "cHELO a.example\r\n", OK, "cDATA\r\n", GO, "cFrom: a@x.example\r\n\r\nx\n.\nMAIL FROM:<z@z.example>\r\nhttp://z.example\r\n.\r\n", OK, "cQUIT\r\n", BYE },
	  "H fqdn U. .. . . quit . | | 0/0/0 1 accepted/rejected | | x.example -", .end = GP_STREAM_FIN },
};

struct told {
	struct gp_stream stream;
	struct gp_dialogue_budget budget;
	struct gp_dialogue *d;
};

static void open_dialogue(struct told *t, bool ipv6, bool submission)
{
	static const struct gp_addr v4 = { .bytes = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 55 } };
	static const struct gp_addr v6 = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x55 } };

	*t = (struct told){
		.stream = {
			.client = ipv6 ? v6 : v4,
			.service = submission ? GP_SERVICE_SUBMISSION : GP_SERVICE_SMTP,
			.sides = { { .syn = true }, { .syn = true } },
		},
		.budget = { .max = 1 << 22 },
	};
	t->d = gp_dialogue_open(&t->stream, &t->budget);
	assert_non_null(t->d);
}

/* A copy in memory of its own, so that ASan sees every byte beyond; text NULL: a gap. */
static void tell(struct told *t, enum gp_speaker speaker, const void *text, size_t len)
{
	struct gp_stream_side *side = &t->stream.sides[speaker];
	__u8 *copy = text ? malloc(len) : NULL;

	if (copy)
		memcpy(copy, text, len);
	*(text ? &side->bytes : &side->gap_bytes) += len;
	side->gaps += !text;
	gp_dialogue_bytes(t->d, speaker, 1, copy, (__u32)len);
	free(copy);
}

static void close_dialogue(struct told *t)
{
	gp_dialogue_close(t->d);
	assert_int_equal(t->budget.used, 0);
}

static void tell_row(struct told *t, const struct row *row, size_t step)
{
	for (size_t i = 0; i < STEPS && row->said[i]; i++) {
		enum gp_speaker speaker = row->said[i][0] == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER;
		const char *text = row->said[i] + 1;
		size_t len = strlen(text);

		if (*text == '-')
			tell(t, speaker, NULL, (size_t)atoi(text + 1));
		for (size_t at = 0; *text != '-' && at < len; at += step)
			tell(t, speaker, text + at, len - at < step ? len - at : step);
	}
}

static char *letters(char *out, unsigned bits, const char *names)
{
	for (; *names; names++, bits >>= 1) {
		if (bits & 1)
			*out++ = *names;
	}
	return out;
}

static char *dialect(char *out, const struct gp_mail_facts *f)
{
	static const char *const forms[] = { "none", "empty", "fqdn", "word", "localhost", "address", "literal", "other" };
	static const char *const endings[] = { "open", "quit", "fin", "rst", "abandon", "quit_rst", "server", "hidden" };
	static const char *const pipelining[] = { ".", "P", "P!" };

	out = letters(out, f->greeting, "HEL");
	out += sprintf(out, "%s %s%s %c%c ", f->greeting ? "" : ".", forms[f->helo_form], f->helo_is_source ? "=" : "",
		       ".ULMV"[f->verb_case], ".ULMV"[f->keyword_case]);
	out = letters(out, f->syntax, "sbtl");
	out += sprintf(out, "%s %s ", f->syntax ? "." : "..", pipelining[f->pipelining]);
	out = letters(out, f->habits, "rnvo");
	out += sprintf(out, "%s %s ", f->habits ? "" : ".", endings[f->ending]);
	out = letters(out, f->parameters, "sboSB");
	return out + sprintf(out, "%s |", f->parameters ? "" : ".");
}

static char *flags(char *out, const struct gp_mail_facts *f)
{
	static const char *const starttls[] = { "", "", " unused", " refused", " used" };
	static const char *const dnsbl[] = { "", " policy", " combined", " listed" };

	out += sprintf(out, "%s%s%s%s%s%s%s%s", f->early_talker ? " early" : "", f->sender_is_recipient ? " self" : "",
		       f->null_sender ? " null" : "", f->null_sender_many ? " nullmany" : "", f->callout ? " callout" : "", starttls[f->starttls],
		       f->auth_tried ? " auth" : "", f->auth_on_smtp ? " auth25" : "");
	if (f->auth_refused)
		out += sprintf(out, " auth-%u", f->auth_refused);
	if (f->refused_policy)
		out += sprintf(out, " policy-%u", f->refused_policy);
	out += sprintf(out, "%s%s%s |", dnsbl[f->dnsbl], f->put_off ? " putoff" : "",
		       f->verbs_count && !f->dialect_id ? " noid" : "");
	return out;
}

static char *verdicts(char *out, const struct gp_mail_facts *f)
{
	static const char *const outcomes[] = { "unknown", "failed", "rejected", "accepted" };
	static const char *const stages[] = { "connect", "helo", "mail", "rcpt", "data", "body" };

	out += sprintf(out, " %u/%u/%u %u %s/%s |", f->recipients_accepted, f->recipients_4xx, f->recipients_5xx,
		       f->accepted_messages, outcomes[f->outcome], outcomes[f->by_size]);
	for (__u8 i = 0; i < f->refusals_count; i++) {
		const struct gp_mail_refusal *r = &f->refusals[i];

		out += sprintf(out, "%s %s %u", i ? "," : "", stages[r->stage], r->code);
		if (r->enhanced[0])
			out += sprintf(out, "/%u.%u.%u", r->enhanced[0], r->enhanced[1], r->enhanced[2]);
		if (r->count > 1)
			out += sprintf(out, " x%u", r->count);
	}
	return out + sprintf(out, " |");
}

static void describe(char *out, const struct gp_dialogue *d, const struct gp_mail_facts *f)
{
	out = verdicts(flags(dialect(out, f), f), f);
	for (__u8 i = 0; i < d->smtp->messages_count; i++) {
		const struct gp_message *m = d->smtp->messages[i];

		out += sprintf(out, "%s", i ? " ;" : "");
		if (m->from_domain.len)
			out += sprintf(out, " %.*s", m->from_domain.len, m->from_domain.data);
		for (__u8 n = 0; n < m->n_links; n++)
			out += sprintf(out, " %.*s", m->links[n].host_len, m->links[n].host);
		out += sprintf(out, "%s", m->complete ? "" : " -");
	}
}

/* Whatever was said, what is printed is one line of JSON, valid UTF-8 without a control character. Return: "mail". */
static json_object *mail_of(const struct gp_dialogue *d, enum gp_stream_end end)
{
	json_object *object, *mail = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(gp_dialogue_write(out, d, end, 0), 0);
	fclose(out);
	assert_int_equal(text[len - 1], '\n');
	assert_true(utf8_is_safe(text, len - 1));
	object = json_tokener_parse(text);
	free(text);
	assert_true(json_object_object_get_ex(object, "mail", &mail));
	json_object_get(mail);
	json_object_put(object);
	return mail;
}

static void test_rows(void **state)
{
	static const size_t steps[] = { 1, 2, 5, 1 << 20 };
	char got[2048];
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t step = 0; step < COUNT(steps); step++) {
			struct gp_mail_facts facts;
			struct told t;

			open_dialogue(&t, rows[i].ipv6, rows[i].submission);
			tell_row(&t, &rows[i], steps[step]);
			gp_mail_facts(&facts, t.d, rows[i].end, NULL);
			describe(got, t.d, &facts);
			json_object_put(mail_of(t.d, rows[i].end));
			close_dialogue(&t);
			if (strcmp(got, rows[i].wanted) == 0)
				continue;
			print_error("%s, by %zu bytes:\n  got    %s\n  wanted %s\n", rows[i].name, steps[step], got, rows[i].wanted);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static __u32 id_of(const struct row *row)
{
	struct gp_mail_facts facts;
	struct told t;

	open_dialogue(&t, row->ipv6, row->submission);
	tell_row(&t, row, 1 << 20);
	gp_mail_facts(&facts, t.d, row->end, NULL);
	close_dialogue(&t);
	return facts.dialect_id;
}

/* How somebody speaks, not to whom or about whom; and the value itself, which other installations have learnt. */
static void test_dialect_id(void **state)
{
	static const struct row short_one = {
		"", { MX, "cEHLO a.example\r\n", LITTLE, "cMAIL FROM:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN
	};
	static const struct row same = {
		"", { MX, "cEHLO other.name.example\r\n", LITTLE, "cMAIL FROM:<longer.name@z.example>\r\n", OK, "cMAIL FROM:<>\r\n", OK, "cQUIT\r\n", BYE },
		"", .end = GP_STREAM_FIN, .ipv6 = true
	};
	static const struct row others[] = {
		{ "", { MX, "cHELO a.example\r\n", LITTLE, "cMAIL FROM:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO pc\r\n", LITTLE, "cMAIL FROM:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cehlo a.example\r\n", LITTLE, "cmail FROM:<u@x.example>\r\n", OK, "cquit\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO a.example\r\n", LITTLE, "cMAIL from:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO a.example\r\n", LITTLE, "cMAIL FROM: <u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO a.example\r\nMAIL FROM:<u@x.example>\r\n", LITTLE, OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO a.example\r\n", LITTLE, "cNOOP\r\n", OK, "cMAIL FROM:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cEHLO a.example\r\n", LITTLE, "cMAIL FROM:<u@x.example>\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_RST },
		{ "", { MX, "cEHLO a.example\r\n", LITTLE, "cMAIL FROM:<u@x.example> SIZE=1\r\n", OK, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
		{ "", { MX, "cMAIL FROM:<u@x.example>\r\n", OK, "cEHLO a.example\r\n", LITTLE, "cQUIT\r\n", BYE }, "", .end = GP_STREAM_FIN },
	};
	/* FNV-1a of 1, EHLO 2, fqdn 2, upper 1, upper 1, 0, 0, 0, quit 1, 0, and EHLO 2, MAIL 4, QUIT 9. */
	static const __u8 bytes[] = { 1, 2, 2, 1, 1, 0, 0, 0, 1, 0, 2, 4, 9 };
	__u32 hash = 2166136261u;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	assert_int_equal(id_of(&short_one), hash);
	assert_int_equal(id_of(&short_one), 0x1bd49644);
	assert_int_equal(id_of(&same), hash);
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_true(id_of(&others[i]) && id_of(&others[i]) != hash);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(id_of(&others[i]), id_of(&others[j]));
	}
}

static void test_dnsbl(void **state)
{
	static const struct {
		const char *text;
		__u8 means;
		bool ipv6;
	} texts[] = {
		{ "192.0.2.55 is listed at pbl.spamhaus.org", .means = GP_DNSBL_POLICY },
		{ "http://www.spamhaus.org/pbl/query/PBL1 [192.0.2.55] zen.spamhaus.org", .means = GP_DNSBL_POLICY },
		{ "[192.0.2.55] blocked by ZEN.Spamhaus.ORG: dynamic address", .means = GP_DNSBL_POLICY },
		{ "[192.0.2.55] blocked by zen.spamhaus.org.", .means = GP_DNSBL_COMBINED },
		{ "https://www.spamhaus.org/sbl/query/SBL1 (192.0.2.55)", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55 in cbl.abuseat.org; see https://www.abuseat.org/lookup.cgi?ip=192.0.2.55", .means = GP_DNSBL_LISTED },
		{ "Mail from 192.0.2.55 blocked: dynamic IP", .means = GP_DNSBL_POLICY },
		{ "http://bl.spamcop.net/?ip=192.0.2.55", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55: b.barracudacentral.org", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55, dnsbl-3.uceprotect.net", .means = GP_DNSBL_POLICY },
		{ "192.0.2.55, dnsbl-1.uceprotect.net", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55 psbl.surriel.com", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55 all.spamrats.com", .means = GP_DNSBL_COMBINED },
		{ "192.0.2.55 dul.dnsbl.sorbs.net", .means = GP_DNSBL_POLICY },
		{ "192.0.2.55 zen.spamhaus.org and bl.spamcop.net", .means = GP_DNSBL_LISTED },
		{ "192.0.2.55 evil-spamcop.net spamcop.net.example spamcop.network", .means = GP_DNSBL_NONE },
		{ "192.0.2.5 bl.spamcop.net", .means = GP_DNSBL_NONE },
		{ "192.0.2.555 bl.spamcop.net", .means = GP_DNSBL_NONE },
		{ "1192.0.2.55 bl.spamcop.net", .means = GP_DNSBL_NONE },
		{ "192.0.2.55.spamcop.net", .means = GP_DNSBL_NONE },
		{ "host-192.0.2.55.example bl.spamcop.net", .means = GP_DNSBL_NONE },
		{ "192.0.2.55 user unknown", .means = GP_DNSBL_NONE },
		{ "bl.spamcop.net", .means = GP_DNSBL_NONE },
		{ "192.0.2.55", .means = GP_DNSBL_NONE },
		{ "", .means = GP_DNSBL_NONE },
		{ "2001:db8::55 bl.spamcop.net", .means = GP_DNSBL_LISTED, .ipv6 = true },
		{ "IPv6:2001:db8:0:0:0:0:0:55 bl.spamcop.net", .means = GP_DNSBL_LISTED, .ipv6 = true },
		{ "ip=2001:DB8::0055: bl.spamcop.net", .means = GP_DNSBL_LISTED, .ipv6 = true },
		{ "[2001:db8::0.0.0.85]. bl.spamcop.net", .means = GP_DNSBL_LISTED, .ipv6 = true },
		{ "2001:db8::5 bl.spamcop.net", .means = GP_DNSBL_NONE, .ipv6 = true },
		{ "IPv6: bl.spamcop.net :: : 6:", .means = GP_DNSBL_NONE, .ipv6 = true },
	};
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t len = strlen(texts[i].text);
		char *copy = malloc(len + !len);

		memcpy(copy, texts[i].text, len);
		open_dialogue(&t, texts[i].ipv6, false);
		if (gp_mail_dnsbl(copy, len, &t.stream.client) != texts[i].means)
			fail_msg("%s: %u", texts[i].text, gp_mail_dnsbl(copy, len, &t.stream.client));
		close_dialogue(&t);
		free(copy);
	}
}

/* A record of TLS: a whole ClientHello, or whatever bytes. */
static void tell_record(struct told *t, __u8 type, bool hello, __u16 len)
{
	__u8 record[5 + 2000] = { type, 3, 3, (__u8)(len >> 8), (__u8)len, 0xa5, 1, 2, 3 };
	const __u8 head[] = { 1, 0, (__u8)((len - 4) >> 8), (__u8)(len - 4) };

	if (hello)
		memcpy(record + 5, head, sizeof(head));
	tell(t, GP_FROM_CLIENT, record, 5u + len);
}

#define HELLO(len) 22, true, (len)
#define BYTES(type, len) type, false, (len)

static void say_starttls(struct told *t)
{
	open_dialogue(t, false, false);
	tell(t, GP_FROM_SERVER, MX + 1, strlen(MX + 1));
	tell(t, GP_FROM_CLIENT, "EHLO a\r\n", 8);
	tell(t, GP_FROM_SERVER, OFFER + 1, strlen(OFFER + 1));
	tell(t, GP_FROM_CLIENT, "STARTTLS\r\n", 10);
	tell(t, GP_FROM_SERVER, "220 go\r\n", 8);
}

/* Handshakes, and how many bytes of the client are behind them. */
static void test_by_size_tls(void **state)
{
	static const struct {
		const char *name;
		struct {
			__u8 type;
			bool hello;
			__u16 len;
		} records[8];
		__u32 behind; /* application data, its header included; 0: none */
		enum gp_mail_outcome wanted;
	} handshakes[] = {
		{ "TLS 1.3, refused", { { HELLO(512) }, { BYTES(20, 1) }, { BYTES(23, 53) } }, 210, GP_OUTCOME_REJECTED },
		{ "TLS 1.3, a mail of 400 bytes", { { HELLO(512) }, { BYTES(20, 1) }, { BYTES(23, 69) } }, 665, GP_OUTCOME_ACCEPTED },
		{ "TLS 1.3, a large hello", { { HELLO(1700) }, { BYTES(23, 53) } }, 210, GP_OUTCOME_REJECTED },
		{ "TLS 1.3, a second hello", { { HELLO(512) }, { BYTES(20, 1) }, { HELLO(540) }, { BYTES(23, 53) } }, 210, GP_OUTCOME_REJECTED },
		{ "TLS 1.3, a certificate", { { HELLO(512) }, { BYTES(23, 1500) }, { BYTES(23, 281) }, { BYTES(23, 69) } }, 210, GP_OUTCOME_REJECTED },
		{ "TLS 1.3, no telling which is Finished",
		  { { HELLO(512) }, { BYTES(23, 1500) }, { BYTES(23, 281) }, { BYTES(23, 70) }, { BYTES(23, 90) }, { BYTES(23, 53) } }, 210, GP_OUTCOME_UNKNOWN },
		{ "TLS 1.2, refused", { { HELLO(300) }, { BYTES(22, 70) }, { BYTES(20, 1) }, { BYTES(22, 40) } }, 210, GP_OUTCOME_REJECTED },
		{ "TLS 1.2, a certificate, and a mail", { { HELLO(300) }, { BYTES(22, 1900) }, { BYTES(20, 1) }, { BYTES(22, 40) } }, 1265, GP_OUTCOME_ACCEPTED },
		{ "left behind the handshake", { { HELLO(512) }, { BYTES(23, 53) } }, 24, GP_OUTCOME_FAILED },
		{ "an alert", { { HELLO(512) }, { BYTES(21, 2) } }, 0, GP_OUTCOME_FAILED },
		{ "no hello", { { BYTES(0, 0) } }, 0, GP_OUTCOME_FAILED },
		{ "nonsense", { { HELLO(512) }, { BYTES(99, 53) } }, 210, GP_OUTCOME_UNKNOWN },
	};
	struct gp_mail_facts facts;
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT(handshakes); i++) {
		say_starttls(&t);
		for (int n = 0; n < 8 && handshakes[i].records[n].type; n++)
			tell_record(&t, handshakes[i].records[n].type, handshakes[i].records[n].hello, handshakes[i].records[n].len);
		if (handshakes[i].behind)
			tell_record(&t, BYTES(23, (__u16)(handshakes[i].behind - 5)));
		gp_mail_facts(&facts, t.d, GP_STREAM_FIN, NULL);
		if (facts.by_size != handshakes[i].wanted || facts.outcome != handshakes[i].wanted)
			fail_msg("%s: %u, %u", handshakes[i].name, facts.by_size, facts.outcome);
		assert_int_equal(facts.ending, GP_ENDING_HIDDEN);
		assert_int_equal(facts.starttls, GP_STARTTLS_USED);
		gp_mail_facts(&facts, t.d, GP_STREAM_TIMEOUT, NULL); /* more may have followed */
		assert_int_equal(facts.by_size, GP_OUTCOME_UNKNOWN);
		close_dialogue(&t);
	}
}

/* Sizes as they were measured, with what the data plane counted of the flow, where the server's side was not seen. */
static void test_by_size_record(void **state)
{
	static const struct {
		const char *name;
		__u32 bytes, recipients;
		__u16 flags;
		__u8 end;
		enum gp_mail_outcome wanted;
	} sizes[] = {
		{ "554 in the banner", 0, 0, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_FAILED },
		{ "HELO and QUIT", 40, 0, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_FAILED },
		{ "one recipient refused", 110, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "five recipients refused", 226, 5, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "ten recipients refused", 371, 10, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "a mail of 400 bytes", 521, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_ACCEPTED },
		{ "a mail of 1000 bytes", 1121, 1, GP_FLOW_SYN, GP_FLOW_END_RESET, GP_OUTCOME_ACCEPTED },
		{ "at the lower bound", 59, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_FAILED },
		{ "above it", 60, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "at the upper bound", 299, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "above it", 300, 1, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_ACCEPTED },
		{ "above it, two recipients", 300, 2, GP_FLOW_SYN, GP_FLOW_END_CLOSED, GP_OUTCOME_REJECTED },
		{ "no beginning", 521, 1, 0, GP_FLOW_END_CLOSED, GP_OUTCOME_UNKNOWN },
		{ "no end", 110, 1, GP_FLOW_SYN, GP_FLOW_END_EVICTED, GP_OUTCOME_UNKNOWN },
	};
	struct gp_mail_facts facts;
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct gp_flow_record record = { .client_bytes = sizes[i].bytes, .flags = sizes[i].flags, .end = sizes[i].end };

		open_dialogue(&t, false, false);
		t.stream.sides[GP_FROM_SERVER].syn = false;
		tell(&t, GP_FROM_CLIENT, "HELO a\r\n", 8);
		for (__u32 n = 0; n < sizes[i].recipients; n++)
			tell(&t, GP_FROM_CLIENT, "RCPT TO:<b@example.net>\r\n", 25);
		gp_mail_facts(&facts, t.d, GP_STREAM_TIMEOUT, &record);
		if (facts.by_size != sizes[i].wanted || facts.outcome != sizes[i].wanted)
			fail_msg("%s: %u, %u", sizes[i].name, facts.by_size, facts.outcome);
		close_dialogue(&t);
	}
}

/* What does not fit is counted. */
static void test_bounds(void **state)
{
	struct gp_mail_facts facts;
	struct told t;
	char line[400];

	(void)state;
	open_dialogue(&t, false, false);
	tell(&t, GP_FROM_SERVER, "220 mx\r\n", 8);
	for (int i = 0; i < 40; i++) {
		tell(&t, GP_FROM_CLIENT, line, (size_t)sprintf(line, "RCPT TO:<v@%d.example>\r\n", i));
		tell(&t, GP_FROM_SERVER, line, (size_t)sprintf(line, "550 5.1.%d no\r\n", i));
	}
	tell(&t, GP_FROM_CLIENT, line, (size_t)sprintf(line, "MAIL FROM:<v@%0300d>\r\n", 1));
	for (int i = 0; i < 20; i++) {
		tell(&t, GP_FROM_SERVER, "250 ok\r\n", 8);
		tell(&t, GP_FROM_CLIENT, "DATA\r\n", 6);
		tell(&t, GP_FROM_SERVER, "354 go\r\n", 8);
		tell(&t, GP_FROM_CLIENT, "From: a@x.example\r\n.\r\n", 22);
	}
	gp_mail_facts(&facts, t.d, GP_STREAM_FIN, NULL);
	assert_int_equal(facts.recipients_5xx, 40);
	assert_int_equal(facts.refusals_count, GP_MAIL_REFUSALS);
	assert_int_equal(facts.refusals_more, 40 - GP_MAIL_REFUSALS);
	assert_int_equal(facts.recipients_count, GP_MAIL_DOMAINS);
	assert_int_equal(facts.recipients_more, 40 - GP_MAIL_DOMAINS);
	assert_int_equal(facts.senders_count, 0);
	assert_int_equal(facts.senders_more, 1);
	assert_int_equal(facts.accepted_messages, 19);
	assert_int_equal(t.d->smtp->messages_count, GP_SMTP_MESSAGES);
	assert_int_equal(t.d->smtp->messages_more, 20 - GP_SMTP_MESSAGES);
	assert_true(facts.verbs_count <= GP_MAIL_VERBS);
	close_dialogue(&t);
}

static const char *member(json_object *object, const char *key, const char *next)
{
	assert_true(json_object_object_get_ex(object, key, &object));
	if (json_object_is_type(object, json_type_array))
		object = json_object_array_get_idx(object, 0);
	if (next)
		assert_true(json_object_object_get_ex(object, next, &object));
	return json_object_get_string(object);
}

/* Names that try to be something else, and names of 64 KiB. */
static void test_hostile_json(void **state)
{
	static const char hostile[] = "HELO \x1b]0;x\x07\"<b>'\xff\xc3\x28\r\n"
				      "MAIL FROM:<\"\r\x1b[2J@\xe2\x80\xae.example>\r\nDATA\r\n";
	static const char mail[] = "From: <\x1b[31m\0'@\xe2\x80\xae.example>\r\n\r\nhttp://\xff\r\nhttp://a.example/\x1b\r\n.\r\n";
	const size_t long_name = 65536;
	json_object *object;
	struct told t;
	char *name = malloc(long_name);

	(void)state;
	memset(name, 'n', long_name);
	open_dialogue(&t, false, false);
	tell(&t, GP_FROM_SERVER, "220 mx\r\n", 8);
	tell(&t, GP_FROM_CLIENT, hostile, sizeof(hostile) - 1);
	tell(&t, GP_FROM_SERVER, "250 ok\r\n250 ok\r\n354 go\r\n", 24);
	tell(&t, GP_FROM_CLIENT, mail, sizeof(mail) - 1);
	object = mail_of(t.d, GP_STREAM_FIN);
	assert_string_equal(member(object, "dialect", "helo"), "\\x1b]0;x\\x07\"<b>'\\xff\\xc3(");
	assert_string_equal(member(object, "sender_domains", NULL), "\\u202e.example");
	assert_string_equal(member(object, "messages", "from"), "\\x1b[31m\\x00'@\\u202e.example");
	json_object_put(object);

	tell(&t, GP_FROM_SERVER, "250 ok\r\n", 8);
	tell(&t, GP_FROM_CLIENT, "EHLO ", 5);
	tell(&t, GP_FROM_CLIENT, name, long_name);
	tell(&t, GP_FROM_CLIENT, "\r\nMAIL FROM:<a@", 15);
	tell(&t, GP_FROM_CLIENT, name, long_name);
	tell(&t, GP_FROM_CLIENT, ">\r\nDATA\r\n", 9);
	tell(&t, GP_FROM_SERVER, "250 ok\r\n250 ok\r\n354 go\r\n", 24);
	tell(&t, GP_FROM_CLIENT, "From: a@", 8);
	tell(&t, GP_FROM_CLIENT, name, long_name);
	tell(&t, GP_FROM_CLIENT, "\r\n\r\n.\r\n", 7);
	object = mail_of(t.d, GP_STREAM_FIN);
	assert_int_equal(strlen(member(object, "dialect", "helo")), GP_MAIL_NAME);
	json_object_put(object);
	assert_int_equal(t.d->smtp->messages_count, 2);
	assert_int_equal(t.d->smtp->messages[1]->from.len, 0);
	close_dialogue(&t);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_dialect_id),
		cmocka_unit_test(test_dnsbl),
		cmocka_unit_test(test_by_size_tls),
		cmocka_unit_test(test_by_size_record),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hostile_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
