// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "private.h"
#include "tls.h"

#define SAY(from_, ms, text_) { LINE_SAY, from_, ms, text_, NULL, 0 }
#define VERDICT(ms, yes, no_) { LINE_SAY, SERVER, ms, yes, no_, 0 }
#define NOISE_OF(from_, ms, n) { LINE_NOISE, from_, ms, NULL, NULL, n }
#define RECORD_OF(from_, ms, n) { LINE_RECORD, from_, ms, NULL, NULL, n }
#define TLS_BEGINS { LINE_HELLO, CLIENT, 1, NULL, NULL, 0 }, { LINE_FLIGHT, SERVER, 3, NULL, NULL, 2400 }, \
	{ LINE_FINISHED, CLIENT, 2, NULL, NULL, 0 }
#define ROUND { LINE_ROUND, CLIENT, 0, NULL, NULL, 0 }
#define FIN_OF(from_) { LINE_FIN, from_, 1, NULL, NULL, 0 }
#define OVER { LINE_OVER, 0, 0, NULL, NULL, 0 }

const struct line lines_pop3[] = {
	SAY(SERVER, 8, "+OK %d POP3 server ready\r\n"),
	ROUND,
	SAY(CLIENT, 2, "USER %n\r\n"),
	SAY(SERVER, 1, "+OK\r\n"),
	SAY(CLIENT, 2, "PASS %w\r\n"),
	VERDICT(30, "+OK Logged in.\r\n", "-ERR [AUTH] Authentication failed.\r\n"),
	SAY(CLIENT, 5, "QUIT\r\n"),
	SAY(SERVER, 1, "+OK Bye\r\n"),
	FIN_OF(SERVER),
	OVER,
};

const struct line lines_imap[] = {
	SAY(SERVER, 8, "* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE STARTTLS AUTH=PLAIN] %d ready.\r\n"),
	ROUND,
	SAY(CLIENT, 2, "a%r LOGIN %n@%d \"%w\"\r\n"),
	VERDICT(40, "a%r OK Logged in\r\n", "a%r NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"),
	SAY(CLIENT, 5, "z LOGOUT\r\n"),
	SAY(SERVER, 1, "* BYE Logging out\r\nz OK Logout completed.\r\n"),
	FIN_OF(SERVER),
	OVER,
};

/* Somebody who reads a greeting and goes. */
const struct line lines_greeting[] = {
	SAY(SERVER, 15, "220 %d ready\r\n"),
	FIN_OF(CLIENT),
	OVER,
};

/* Passwords tried at a submission port, in the clear. */
const struct line lines_submission[] = {
	SAY(SERVER, 10, "220 %d ESMTP\r\n"),
	SAY(CLIENT, 2, "EHLO [127.0.0.1]\r\n"),
	SAY(SERVER, 2, "250-%d\r\n250-AUTH LOGIN PLAIN\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n"),
	ROUND,
	SAY(CLIENT, 2, "AUTH LOGIN\r\n"),
	SAY(SERVER, 1, "334 VXNlcm5hbWU6\r\n"),
	SAY(CLIENT, 2, "aW5mb0BleGFtcGxl\r\n"),
	SAY(SERVER, 1, "334 UGFzc3dvcmQ6\r\n"),
	SAY(CLIENT, 2, "cGFzc3dvcmQ%r\r\n"),
	VERDICT(400, "235 2.7.0 Authentication successful\r\n", "535 5.7.8 Error: authentication failed\r\n"),
	SAY(CLIENT, 5, "QUIT\r\n"),
	SAY(SERVER, 1, "221 2.0.0 Bye\r\n"),
	FIN_OF(SERVER),
	OVER,
};

/* A mailbox below TLS: log-in, list, a new mail at times. */
const struct line lines_imaps[] = {
	TLS_BEGINS,
	RECORD_OF(SERVER, 2, 80),
	RECORD_OF(CLIENT, 2, 40),
	ROUND,
	{ LINE_RECORD, SERVER, 30, NULL, "", 70 },
	RECORD_OF(CLIENT, 4, 60),
	RECORD_OF(SERVER, 6, 420),
	RECORD_OF(CLIENT, 30, 12),
	RECORD_OF(SERVER, 1, 40),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_peer[] = {
	NOISE_OF(CLIENT, 2, 68),
	NOISE_OF(SERVER, 4, 68),
	NOISE_OF(CLIENT, 3, 120),
	ROUND,
	NOISE_OF(CLIENT, 200, 17),
	NOISE_OF(SERVER, 60, 2600),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_game[] = {
	NOISE_OF(CLIENT, 2, 40),
	NOISE_OF(SERVER, 5, 90),
	ROUND,
	NOISE_OF(CLIENT, 0, 52),
	NOISE_OF(SERVER, 15, 140),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_beacon[] = {
	TLS_BEGINS,
	RECORD_OF(CLIENT, 1, 210),
	RECORD_OF(SERVER, 20, 160),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_push[] = {
	TLS_BEGINS,
	ROUND,
	RECORD_OF(CLIENT, 5, 310),
	RECORD_OF(SERVER, 20, 240),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_miner[] = {
	SAY(CLIENT, 2, "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"%n\",\"pass\":\"x\",\"agent\":\"miner/6.2\"}}\n"),
	SAY(SERVER, 5, "{\"id\":1,\"result\":{\"status\":\"OK\"}}\n"),
	ROUND,
	NOISE_OF(CLIENT, 20000, 190),
	NOISE_OF(SERVER, 10, 80),
	FIN_OF(CLIENT),
	OVER,
};

const struct line lines_telnet[] = {
	SAY(SERVER, 40, "\xff\xfd\x18\xff\xfb\x01\xff\xfb\x03"), /* DO terminal type, WILL echo, WILL suppress go-ahead */
	SAY(CLIENT, 10, "\xff\xfc\x18\xff\xfd\x01\xff\xfd\x03"),
	SAY(SERVER, 30, "login: "),
	ROUND,
	SAY(CLIENT, 150, "%n\r\n"),
	SAY(SERVER, 20, "Password: "),
	SAY(CLIENT, 150, "%w\r\n"),
	VERDICT(800, "# ", "Login incorrect\r\nlogin: "),
	FIN_OF(CLIENT),
	OVER,
};

static void set_turn(struct flow *f)
{
	struct lines_talk *s = &f->say.lines;

	for (;; s->at++) {
		switch (s->at->kind) {
		case LINE_ROUND:
			continue;
		case LINE_OVER:
			f->next = (struct turn){ .kind = TURN_VANISH };
			return;
		case LINE_FIN:
			f->next = (struct turn){ TURN_FIN, s->at->from, s->at->think_ms * 1000 };
			return;
		default:
			f->next = (struct turn){ TURN_SAY, s->at->from, s->at->think_ms * 1000 };
			return;
		}
	}
}

static void lines_begin(struct traffic *t, struct flow *f)
{
	(void)t;
	f->say.lines.first = f->say.lines.at;
	set_turn(f);
}

static size_t put_text(const struct traffic *t, const struct flow *f, const char *text, char *out)
{
	const struct lines_talk *s = &f->say.lines;
	__u64 draw = chance_mix(f->seed, s->round);
	char *at = out;

	for (; *text; text++) {
		if (*text != '%') {
			*at++ = *text;
			continue;
		}
		switch (*++text) {
		case 'n':
			at += sprintf(at, "user%llu", draw % 9973);
			break;
		case 'w':
			at += sprintf(at, "pw%llx", draw >> 40);
			break;
		case 'd':
			at += universe_domain(at, t->seed, s->kind, s->number);
			break;
		default:
			at += sprintf(at, "%u", s->round);
			break;
		}
	}
	return (size_t)(at - out);
}

static size_t put_hello(const struct traffic *t, const struct flow *f, __u8 *out)
{
	char name[UNIVERSE_NAME + 8];
	size_t len = (size_t)sprintf(name, "mail.");

	len += universe_domain(name + len, t->seed, f->say.lines.kind, f->say.lines.number);
	return tls_hello(out, f->say.lines.hello, f->seed, name, len);
}

static size_t lines_render(const struct traffic *t, const struct flow *f, __u8 *out)
{
	const struct lines_talk *s = &f->say.lines;
	const struct line *l = s->at;

	switch (l->kind) {
	case LINE_SAY:
		return put_text(t, f, s->fails && l->no ? l->no : l->text, (char *)out);
	case LINE_NOISE:
		memcpy(out, t->noise + chance_mix(f->seed, f->turn) % 32768, l->bytes);
		return l->bytes;
	case LINE_HELLO:
		return put_hello(t, f, out);
	case LINE_FLIGHT:
		return tls_flight(out, t->noise, f->seed, l->bytes);
	case LINE_FINISHED:
		return tls_finished(out, t->noise, f->seed);
	default:
		return tls_records(out, t->noise, f->seed + f->turn, l->bytes);
	}
}

/* Behind the round's last line: to its first one, as often as wanted. */
static bool round_over(const struct lines_talk *s, const struct line *round)
{
	const struct line *l = s->at + 1;

	if (!round || s->round + 1 >= s->rounds)
		return false;
	if (round[1].kind == LINE_RECORD || round[1].kind == LINE_NOISE)
		return l->kind == LINE_FIN;
	return s->at->no != NULL;
}

static void lines_passed(struct traffic *t, struct flow *f)
{
	struct lines_talk *s = &f->say.lines;
	const struct line *round = s->first;

	if (s->at->no) {
		flow_acts(t, f)->logins_refused += s->fails;
		if (f->malice == MALICE_TRY)
			host_malice(t, f, MALICE_TRY);
	}
	if (s->at == s->first && s->at->kind == LINE_SAY && (f->port[SERVER] == 25 || f->port[SERVER] == 587 || f->port[SERVER] == 465))
		flow_acts(t, f)->smtp_sessions++;
	if (s->at->kind == LINE_HELLO)
		flow_acts(t, f)->tls_hellos++;
	while (round->kind != LINE_ROUND && round->kind != LINE_OVER)
		round++;
	if (round_over(s, round->kind == LINE_ROUND ? round : NULL)) {
		s->round++;
		s->at = round + 1;
		set_turn(f);
		if (s->think_ms)
			f->next.think_us = s->think_ms * 1000;
		return;
	}
	s->at++;
	set_turn(f);
}

const struct talk talk_lines = { "lines", lines_begin, lines_render, lines_passed };
