// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "mail_text.h"
#include "private.h"
#include "tls.h"

#define TICKETS_BYTES 480u

/* Even: the client's; odd: the server's answer to it. */
enum phase {
	PHASE_NONE,
	PHASE_BANNER,
	PHASE_EHLO,
	PHASE_EHLO_REPLY,
	PHASE_STARTTLS,
	PHASE_STARTTLS_REPLY,
	PHASE_HELLO,
	PHASE_FLIGHT,
	PHASE_FINISHED, /* followed by PHASE_EHLO of the same side */
	PHASE_BANNER_IN_TLS,
	PHASE_AUTH,
	PHASE_AUTH_REPLY,
	PHASE_MAIL,
	PHASE_MAIL_REPLY,
	PHASE_RCPT,
	PHASE_RCPT_REPLY,
	PHASE_DATA,
	PHASE_DATA_REPLY,
	PHASE_BODY,
	PHASE_BODY_REPLY,
	PHASE_RSET,
	PHASE_RSET_REPLY,
	PHASE_QUIT,
	PHASE_QUIT_REPLY,
};

static __u32 think_us(const struct flow *f, enum phase phase)
{
	__u32 draw = (__u32)(chance_mix(f->seed, f->turn * 37ull + phase) & 0xffff);

	switch (phase) {
	case PHASE_BANNER:
		return 3000 + draw * 2;
	case PHASE_BODY_REPLY:
		return 40000 + draw * 6;
	case PHASE_RCPT_REPLY:
		return 2000 + draw / 2;
	case PHASE_AUTH_REPLY:
		return 30000 + draw;
	default:
		return 300 + draw / 16;
	}
}

static void enter(struct flow *f, enum phase phase)
{
	f->say.smtp.phase = phase;
	f->next = (struct turn){ TURN_SAY, phase & 1 ? SERVER : CLIENT, think_us(f, phase) };
}

static void end(struct flow *f, enum flow_end from)
{
	bool rst = f->say.smtp.flags & SMTP_RST && from == CLIENT;

	f->next = (struct turn){ rst ? TURN_RST : TURN_FIN, (__u8)from, 200 };
}

/* No more mail to say. */
static void leave(struct flow *f)
{
	if (f->say.smtp.flags & SMTP_NO_QUIT)
		end(f, CLIENT);
	else
		enter(f, PHASE_QUIT);
}

static bool refused_at(const struct smtp_talk *s, enum smtp_stage stage)
{
	return s->stage == stage && !s->mail;
}

static bool rcpt_refused(const struct smtp_talk *s)
{
	return s->stage == AT_RCPT && s->rcpt < 32 && s->refused >> s->rcpt & 1;
}

static void smtp_begin(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	(void)t;
	if (s->flags & SMTP_IMPLICIT)
		enter(f, PHASE_HELLO);
	else if (s->flags & SMTP_EARLY)
		enter(f, PHASE_EHLO);
	else
		enter(f, PHASE_BANNER);
}

/* Command words by dialect: verb, and what stands between FROM or TO and the address. */
struct manner {
	const char *hello, *mail, *rcpt, *data, *quit, *rset, *line_end;
};

static const struct manner manners[] = {
	[DIALECT_MTA] = { "EHLO $", "MAIL FROM:<$> SIZE=#", "RCPT TO:<$>", "DATA", "QUIT", "RSET", "\r\n" },
	[DIALECT_PLAIN] = { "EHLO $", "MAIL FROM:<$>", "RCPT TO:<$>", "DATA", "QUIT", "RSET", "\r\n" },
	[DIALECT_CAMEL] = { "Ehlo $", "Mail From: <$>", "Rcpt To: <$>", "Data", "Quit", "Rset", "\r\n" },
	[DIALECT_LOWER] = { "ehlo $", "mail FROM:<$> size=#", "rcpt TO:<$>", "data", "quit", "rset", "\r\n" },
	[DIALECT_SLOPPY] = { "HELO $", "MAIL FROM: $", "RCPT TO: <$>", "DATA", "QUIT", "RSET", "\r\n" },
	[DIALECT_BARE_LF] = { "EHLO $", "MAIL FROM:<$>", "RCPT TO:<$>", "DATA", "QUIT", "RSET", "\n" },
};

static size_t put_command(const struct traffic *t, const struct flow *f, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	const struct manner *m = &manners[s->dialect];
	char what[128] = "";
	size_t len;

	switch (s->phase) {
	case PHASE_EHLO:
		what[mail_helo(t, f, what)] = 0;
		len = mail_fill(out, m->hello, what, 0);
		break;
	case PHASE_MAIL:
		what[mail_sender(t, f, what)] = 0;
		len = mail_fill(out, m->mail, what, 900 + (__u32)(f->seed & 2047));
		break;
	case PHASE_RCPT:
		what[mail_recipient(t, f, s->rcpt, what)] = 0;
		len = mail_fill(out, m->rcpt, what, 0);
		break;
	case PHASE_STARTTLS:
		len = (size_t)sprintf(out, "STARTTLS");
		break;
	case PHASE_AUTH:
		len = (size_t)sprintf(out, "AUTH PLAIN AHVzZXIA%012llx", chance_mix(f->seed, 11) & 0xffffffffffffull);
		break;
	default:
		len = (size_t)sprintf(out, "%s", s->phase == PHASE_DATA ? m->data : s->phase == PHASE_RSET ? m->rset : m->quit);
		break;
	}
	return len + (size_t)sprintf(out + len, "%s", m->line_end);
}

static size_t put_reply(const struct traffic *t, const struct flow *f, char *out)
{
	const struct smtp_talk *s = &f->say.smtp;

	switch (s->phase) {
	case PHASE_BANNER:
	case PHASE_BANNER_IN_TLS:
		return s->stage == AT_CONNECT ? mail_refusal(t, f, out) : mail_banner(t, f, out);
	case PHASE_EHLO_REPLY:
		if (s->dialect == DIALECT_SLOPPY)
			return (size_t)sprintf(out, "250 Hello\r\n");
		return mail_offer(t, f, out);
	case PHASE_STARTTLS_REPLY:
		return (size_t)sprintf(out, "220 2.0.0 Ready to start TLS\r\n");
	case PHASE_AUTH_REPLY:
		return s->stage == AT_LOGIN ? mail_refusal(t, f, out) : (size_t)sprintf(out, "235 2.7.0 Authentication successful\r\n");
	case PHASE_MAIL_REPLY:
		return refused_at(s, AT_MAIL) ? mail_refusal(t, f, out) : (size_t)sprintf(out, "250 2.1.0 Ok\r\n");
	case PHASE_RCPT_REPLY:
		return rcpt_refused(s) ? mail_refusal(t, f, out) : (size_t)sprintf(out, "250 2.1.5 Ok\r\n");
	case PHASE_DATA_REPLY:
		return (size_t)sprintf(out, "354 End data with <CR><LF>.<CR><LF>\r\n");
	case PHASE_BODY_REPLY:
		if (refused_at(s, AT_BODY))
			return mail_refusal(t, f, out);
		return (size_t)sprintf(out, "250 2.0.0 Ok: queued as %010llX\r\n", chance_mix(f->seed, 60 + s->mail) & 0xffffffffffull);
	case PHASE_QUIT_REPLY:
		return (size_t)sprintf(out, "221 2.0.0 Bye\r\n");
	default:
		return (size_t)sprintf(out, "250 2.0.0 Ok\r\n");
	}
}

static size_t put_hello(const struct traffic *t, const struct flow *f, __u8 *out)
{
	char name[UNIVERSE_NAME + 8] = "mx.";
	size_t len = 3 + universe_domain(name + 3, t->seed, f->say.smtp.server_kind, f->say.smtp.mx);

	return tls_hello(out, f->say.smtp.hello, f->seed, name, len);
}

/* Below TLS a first reply carries the server's session tickets ahead of it. */
static size_t hide(const struct traffic *t, const struct flow *f, __u8 *out, size_t plain)
{
	const struct smtp_talk *s = &f->say.smtp;
	__u64 seed = f->seed + f->turn;
	size_t len = 0;

	if (s->phase == PHASE_EHLO_REPLY || s->phase == PHASE_BANNER_IN_TLS)
		len = tls_records(out, t->noise, seed, TICKETS_BYTES / 2) + tls_records(out + TICKETS_BYTES / 2 + TLS_OVERHEAD, t->noise, seed + 1,
											TICKETS_BYTES / 2);
	return len + tls_records(out + len, t->noise, seed + 2, plain);
}

static size_t smtp_render(const struct traffic *t, const struct flow *f, __u8 *out)
{
	const struct smtp_talk *s = &f->say.smtp;
	size_t len;

	switch (s->phase) {
	case PHASE_HELLO:
		return put_hello(t, f, out);
	case PHASE_FLIGHT:
		return tls_flight(out, t->noise, f->seed, 900 + chance_mix(t->seed, s->mx) % 1400);
	case PHASE_FINISHED:
		return tls_finished(out, t->noise, f->seed);
	case PHASE_BODY:
		len = mail_message(t, f, (char *)out);
		break;
	default:
		len = s->phase & 1 ? put_reply(t, f, (char *)out) : put_command(t, f, (char *)out);
		break;
	}
	return s->in_tls ? hide(t, f, out, len) : len;
}

static void count_refusal(struct traffic *t, struct flow *f)
{
	struct traffic_acts *acts = flow_acts(t, f);

	if (f->say.smtp.in_tls)
		return;
	if (f->say.smtp.reason == REFUSE_LATER)
		acts->smtp_clear_4xx++;
	else
		acts->smtp_clear_5xx++;
}

static void next_mail(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	if (s->in_tls && !s->taken)
		flow_acts(t, f)->smtp_tls_refused++;
	if (++s->mail >= s->mails) {
		leave(f);
		return;
	}
	s->rcpt = 0;
	s->taken = 0;
	if (s->token)
		s->token = TOKEN_NEXT(s->token);
	enter(f, s->flags & SMTP_RSET ? PHASE_RSET : PHASE_MAIL);
}

static void delivered(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;
	struct traffic_acts *acts = flow_acts(t, f);

	if (s->in_tls)
		acts->smtp_tls_accepted++;
	else
		acts->smtp_clear_accepted++;
	if (s->errand != HOST_NONE && s->token)
		errand_add(t, s->errand, t->now_ns, s->token, 0);
}

static void banner_passed(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	flow_acts(t, f)->smtp_sessions++;
	if (s->stage != AT_CONNECT) {
		enter(f, PHASE_EHLO);
		return;
	}
	if (f->malice == MALICE_MAIL)
		host_malice(t, f, MALICE_MAIL);
	end(f, SERVER);
}

static void ehlo_answered(struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	if (s->flags & SMTP_TLS && !s->in_tls && !(s->flags & SMTP_NO_OFFER))
		enter(f, PHASE_STARTTLS);
	else
		enter(f, s->flags & SMTP_LOGIN ? PHASE_AUTH : PHASE_MAIL);
}

static void mail_passed(struct traffic *t, struct flow *f)
{
	if (!f->say.smtp.in_tls)
		flow_acts(t, f)->smtp_clear_mails++;
	if (f->malice == MALICE_MAIL)
		host_malice(t, f, MALICE_MAIL);
	enter(f, PHASE_MAIL_REPLY);
}

static void rcpt_answered(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	if (rcpt_refused(s))
		count_refusal(t, f);
	else
		s->taken++;
	if (++s->rcpt < s->rcpts)
		enter(f, PHASE_RCPT);
	else if (s->taken)
		enter(f, PHASE_DATA);
	else
		next_mail(t, f);
}

static void login_answered(struct traffic *t, struct flow *f)
{
	if (f->say.smtp.stage != AT_LOGIN) {
		enter(f, PHASE_MAIL);
		return;
	}
	flow_acts(t, f)->logins_refused += !f->say.smtp.in_tls;
	leave(f);
}

static void mail_answered(struct traffic *t, struct flow *f)
{
	if (!refused_at(&f->say.smtp, AT_MAIL)) {
		enter(f, PHASE_RCPT);
		return;
	}
	count_refusal(t, f);
	next_mail(t, f);
}

static void body_answered(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	if (refused_at(s, AT_BODY)) {
		count_refusal(t, f);
		s->taken = 0;
	} else {
		delivered(t, f);
	}
	next_mail(t, f);
}

/* What the server said has passed. */
static void reply_passed(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	switch (s->phase) {
	case PHASE_BANNER:
	case PHASE_BANNER_IN_TLS:
		banner_passed(t, f);
		return;
	case PHASE_EHLO_REPLY:
		ehlo_answered(f);
		return;
	case PHASE_STARTTLS_REPLY:
		enter(f, PHASE_HELLO);
		return;
	case PHASE_FLIGHT:
		enter(f, PHASE_FINISHED);
		return;
	case PHASE_AUTH_REPLY:
		login_answered(t, f);
		return;
	case PHASE_MAIL_REPLY:
		mail_answered(t, f);
		return;
	case PHASE_RCPT_REPLY:
		rcpt_answered(t, f);
		return;
	case PHASE_BODY_REPLY:
		body_answered(t, f);
		return;
	case PHASE_RSET_REPLY:
		enter(f, PHASE_MAIL);
		return;
	case PHASE_QUIT_REPLY:
		end(f, f->seed & 1 ? SERVER : CLIENT);
		return;
	default:
		enter(f, s->phase + 1);
		return;
	}
}

static void smtp_passed(struct traffic *t, struct flow *f)
{
	struct smtp_talk *s = &f->say.smtp;

	if (s->phase & 1) {
		reply_passed(t, f);
		return;
	}
	switch (s->phase) {
	case PHASE_HELLO:
		flow_acts(t, f)->smtp_starttls++;
		enter(f, PHASE_FLIGHT);
		return;
	case PHASE_FINISHED:
		s->in_tls = true;
		enter(f, s->flags & SMTP_IMPLICIT ? PHASE_BANNER_IN_TLS : PHASE_EHLO);
		return;
	case PHASE_MAIL:
		mail_passed(t, f);
		return;
	case PHASE_RCPT:
		flow_acts(t, f)->smtp_clear_rcpts += !s->in_tls;
		break;
	default:
		break;
	}
	enter(f, s->phase + 1);
}

const struct talk talk_smtp = { "smtp", smtp_begin, smtp_render, smtp_passed };
