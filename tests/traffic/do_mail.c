// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts that send mail, for better or worse, and those that fetch it. */
#include "do.h"

#define PROVIDERS 40u
#define RETRY_FIRST_S 300.0
#define RETRY_SPREAD_S 1500.0

static bool keep_retries(struct traffic *t, struct actor *a)
{
	a->retries = calloc(ACTOR_RETRIES, sizeof(*a->retries));
	if (!a->retries)
		t->error = -ENOMEM;
	else
		t->totals.memory_bytes += ACTOR_RETRIES * sizeof(*a->retries);
	return a->retries;
}

static void retry_later(struct actor *a, __u64 now_ns, __u32 mx)
{
	if (a->retries_count < ACTOR_RETRIES)
		a->retries[a->retries_count++] = (struct retry){
			now_ns + seconds_ns(RETRY_FIRST_S + RETRY_SPREAD_S * chance_unit(&a->chance)), mx };
}

/* The retry that is due first; ACTOR_RETRIES without one. */
static unsigned int first_retry(const struct actor *a)
{
	unsigned int first = ACTOR_RETRIES;

	for (unsigned int i = 0; i < a->retries_count; i++)
		if (first == ACTOR_RETRIES || a->retries[i].when_ns < a->retries[first].when_ns)
			first = i;
	return first;
}

static __u64 next_wake(const struct actor *a)
{
	unsigned int first = first_retry(a);

	if (first == ACTOR_RETRIES || (a->next_ns != NEVER && a->next_ns <= a->retries[first].when_ns))
		return a->next_ns;
	return a->retries[first].when_ns;
}

/* How a session ends is drawn when it begins. */
static void draw_outcome(struct traffic *t, struct actor *a, struct smtp_talk *s, bool again)
{
	double put_off = again ? 0 : actor_value(t, a, V_PUT_OFF, 0), refused = actor_value(t, a, V_REFUSED, 0);
	__u64 server = chance_mix(t->seed + 61, s->mx);
	bool listed = (double)(server & 0xffff) / 65536 < actor_value(t, a, V_LISTED, 0);

	if (listed) {
		s->stage = server >> 16 & 1 ? AT_CONNECT : AT_RCPT;
		s->reason = server >> 17 & 3 ? REFUSE_LISTED : REFUSE_POLICY;
		s->refused = ~0u;
	} else if (chance(&a->chance, put_off)) {
		s->stage = server >> 20 & 7 ? AT_RCPT : AT_CONNECT;
		s->reason = REFUSE_LATER;
		s->refused = ~0u;
	} else {
		for (unsigned int i = 0; i < s->rcpts; i++)
			s->refused |= (__u32)chance(&a->chance, refused * .8) << i;
		if (s->refused) {
			s->stage = AT_RCPT;
			s->reason = REFUSE_UNKNOWN;
		} else if (chance(&a->chance, refused * .25)) {
			s->stage = chance(&a->chance, .7) ? AT_BODY : AT_MAIL;
			s->reason = s->stage == AT_BODY ? REFUSE_CONTENT : REFUSE_SENDER;
		}
	}
}

/* Half of what a bot sends goes to the ten largest providers; a mail server has its favourites. */
static __u32 draw_mx(struct traffic *t, struct actor *a, bool bot)
{
	__u32 known = (__u32)actor_value(t, a, V_MX, 200);

	if (bot && chance(&a->chance, .3))
		return chance_popular(&a->chance, 10);
	return (__u32)(chance_mix(t->hosts[a->host].name, bot ? chance_below(&a->chance, known) : chance_popular(&a->chance, known)) % UNIVERSE_MX);
}

static __u8 bad_helo(__u64 draw)
{
	static const __u8 forms[] = { HELO_BARE_WORD, HELO_ADDRESS, HELO_LOCALHOST, HELO_STRANGE, HELO_BARE_WORD };

	return forms[draw % sizeof(forms)];
}

static void set_bot_manner(struct traffic *t, struct actor *a, struct smtp_talk *s)
{
	__u32 name = chance_below(&a->chance, (__u32)fmax(1, actor_value(t, a, V_HELO_NAMES, 1)));

	s->helo = t->hosts[a->host].name * 256 + name;
	s->kind = OUTSIDE_MTA;
	s->dialect = (__u8)actor_value(t, a, V_DIALECT, DIALECT_PLAIN);
	if (actor_value(t, a, V_BAD_HELO, 0) > .5)
		s->helo_form = bad_helo(chance_mix(t->hosts[a->host].name, 3));
	s->body = (__u8)actor_value(t, a, V_CONTENT, BODY_SPAM);
	s->hello = TLS_SMALL;
	if (!chance(&a->chance, actor_value(t, a, V_QUIT, 0)))
		s->flags |= SMTP_NO_QUIT | (chance(&a->chance, .4) ? SMTP_RST : 0);
	if (s->dialect == DIALECT_MTA)
		s->hello = TLS_OPENSSL;
}

/* One session of a bot. */
static void spam(struct traffic *t, struct actor *a, __u64 now_ns, __u32 mx, bool again)
{
	bool dead = !again && chance(&a->chance, actor_value(t, a, V_DEAD, .05));
	struct flow *f = flow_out(t, a, dead ? OUTSIDE_DEAD : OUTSIDE_MX, mx, 25, dead ? failure(a) : FLOW_TALKS);
	struct smtp_talk *s;

	if (!f)
		return;
	f->talk = &talk_smtp;
	f->malice = MALICE_MAIL;
	s = &f->say.smtp;
	*s = (struct smtp_talk){ .mx = mx, .server_kind = OUTSIDE_MX, .errand = HOST_NONE };
	s->mails = (__u16)fmax(1, actor_value(t, a, V_SESSION_MAILS, 1));
	s->rcpts = (__u8)fmax(1, actor_value(t, a, V_RCPTS, 1));
	s->body_bytes = (__u32)actor_value(t, a, V_BODY, 0);
	set_bot_manner(t, a, s);
	if (chance(&a->chance, actor_value(t, a, V_TLS, 0)))
		s->flags |= SMTP_TLS;
	if (chance_mix(t->seed + 71, mx) % 12 == 0)
		s->flags |= SMTP_NO_OFFER;
	draw_outcome(t, a, s, again);
	if (s->reason == REFUSE_LATER && chance(&a->chance, actor_value(t, a, V_RETRY, 0)))
		retry_later(a, now_ns, mx);
	flow_start(t, f, now_ns);
}

__u64 spam_begin(struct traffic *t, struct actor *a)
{
	if (!keep_retries(t, a))
		return NEVER;
	a->next_ns = after(a, begin_later(t, a), actor_value(t, a, V_MAILS_PER_H, 60) / 3600);
	return next_wake(a);
}

__u64 spam_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	unsigned int retry = first_retry(a);

	if (retry < ACTOR_RETRIES && a->retries[retry].when_ns <= now_ns) {
		__u32 mx = a->retries[retry].mx;

		a->retries[retry] = a->retries[--a->retries_count];
		spam(t, a, now_ns, mx, true);
	} else {
		spam(t, a, now_ns, draw_mx(t, a, true), false);
		a->next_ns = after(a, now_ns, actor_value(t, a, V_MAILS_PER_H, 60) / 3600);
	}
	return next_wake(a);
}

/* What a clean mail server of an office with a bot does is not in the bot's values. */
static double mta_value(struct traffic *t, struct actor *a, enum value value, double otherwise)
{
	return is_bad(t, a->host) ? otherwise : actor_value(t, a, value, otherwise);
}

static void set_mta_manner(struct traffic *t, struct actor *a, struct smtp_talk *s)
{
	const struct host *h = &t->hosts[a->host];

	s->helo = h->name;
	s->kind = OUTSIDE_MTA;
	s->dialect = (__u8)mta_value(t, a, V_DIALECT, DIALECT_MTA);
	if (mta_value(t, a, V_BAD_HELO, 0) > .5)
		s->helo_form = bad_helo(h->name);
	s->body = (__u8)mta_value(t, a, V_CONTENT, BODY_TEXT);
	s->body_bytes = (__u32)mta_value(t, a, V_BODY, 0);
	s->hello = h->name & 1 ? TLS_OPENSSL : TLS_GNUTLS;
	if (!chance(&a->chance, mta_value(t, a, V_QUIT, 1)))
		s->flags |= SMTP_NO_QUIT;
}

/* One session of a mail server. */
static void deliver(struct traffic *t, struct actor *a, __u64 now_ns, __u32 mx, bool again)
{
	bool dead = !again && chance(&a->chance, mta_value(t, a, V_DEAD, .01));
	struct flow *f = flow_out(t, a, dead ? OUTSIDE_DEAD : OUTSIDE_MX, mx, 25, dead ? failure(a) : FLOW_TALKS);
	struct smtp_talk *s;

	if (!f)
		return;
	f->talk = &talk_smtp;
	if (f->stack[CLIENT] != STACK_LINUX && t->hosts[a->host].stacks_count > 1) /* one machine of the office */
		flow_tool(f, STACK_LINUX);
	s = &f->say.smtp;
	*s = (struct smtp_talk){ .mx = mx, .server_kind = OUTSIDE_MX, .errand = HOST_NONE };
	s->mails = (__u16)fmax(1, mta_value(t, a, V_SESSION_MAILS, 1));
	s->rcpts = (__u8)fmax(1, chance_between(&a->chance, 1, mta_value(t, a, V_RCPTS, 1.5)));
	set_mta_manner(t, a, s);
	if (chance(&a->chance, mta_value(t, a, V_TLS, .95)))
		s->flags |= SMTP_TLS;
	if (!is_bad(t, a->host))
		draw_outcome(t, a, s, again);
	if (s->reason == REFUSE_LATER && chance(&a->chance, mta_value(t, a, V_RETRY, 1)))
		retry_later(a, now_ns, mx);
	flow_start(t, f, now_ns);
}

static __u64 next_delivery(struct traffic *t, struct actor *a, __u64 now_ns)
{
	double recipients = mta_value(t, a, V_RECIPIENTS, 0);

	if (recipients > 0)
		return (double)a->count[0] < recipients ? after(a, now_ns, mta_value(t, a, V_RATE_PER_S, 1)) : NEVER;
	return after(a, now_ns, mta_value(t, a, V_MAILS_PER_H, 10) / 3600 / fmax(1, mta_value(t, a, V_SESSION_MAILS, 1)) * diurnal(now_ns));
}

__u64 mta_begin(struct traffic *t, struct actor *a)
{
	if (!keep_retries(t, a))
		return NEVER;
	a->next_ns = next_delivery(t, a, begin_later(t, a));
	return next_wake(a);
}

__u64 mta_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	unsigned int retry = first_retry(a);

	if (retry < ACTOR_RETRIES && a->retries[retry].when_ns <= now_ns) {
		__u32 mx = a->retries[retry].mx;

		a->retries[retry] = a->retries[--a->retries_count];
		deliver(t, a, now_ns, mx, true);
	} else {
		a->count[0]++;
		deliver(t, a, now_ns, is_bad(t, a->host) ? (__u32)chance_mix(a->host, chance_popular(&a->chance, 40)) % UNIVERSE_MX
							  : draw_mx(t, a, false), false);
		a->next_ns = next_delivery(t, a, now_ns);
	}
	return next_wake(a);
}

static double inbound_per_s(struct traffic *t, struct actor *a)
{
	return actor_value(t, a, V_INBOUND_PER_H, 5) / 3600;
}

__u64 receive_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, inbound_per_s(t, a));
}

__u64 receive_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 mta = chance_popular(&a->chance, 3000);
	struct gp_addr from;
	struct flow *f;

	universe_address(&from, t->seed, OUTSIDE_MTA, 1u << 24 | mta, t->hosts[a->host].label.ipv6);
	f = flow_in(t, &a->chance, HOST_NONE, &from, mta & 1 ? STACK_LINUX : STACK_FREEBSD, a->host, 25, FLOW_TALKS);
	if (f) {
		f->talk = &talk_smtp;
		f->say.smtp = (struct smtp_talk){ .mx = t->hosts[a->host].name, .server_kind = OUTSIDE_MTA, .kind = OUTSIDE_MTA,
						  .helo = 1u << 24 | mta, .mails = 1, .rcpts = 1, .hello = TLS_OPENSSL, .errand = HOST_NONE,
						  .flags = chance(&a->chance, .8) ? SMTP_TLS : 0 };
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, inbound_per_s(t, a) * diurnal(now_ns));
}

__u64 submit_begin(struct traffic *t, struct actor *a)
{
	return after(a, begin_later(t, a), actor_value(t, a, V_MAILS_PER_H, 1) / 3600);
}

__u64 submit_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	bool bad = is_bad(t, a->host);
	__u32 which = chance_below(&a->chance, (__u32)fmax(1, actor_value(t, a, V_TARGETS, 1)));
	__u32 provider = (__u32)chance_mix(t->hosts[a->host].name, which) % PROVIDERS;
	__u16 port = bad || provider % 3 ? 587 : 465;
	struct flow *f = flow_out(t, a, OUTSIDE_PROVIDER, provider, port, FLOW_TALKS);
	struct smtp_talk *s;

	if (f) {
		f->talk = &talk_smtp;
		f->malice = bad ? MALICE_MAIL : MALICE_NONE;
		s = &f->say.smtp;
		*s = (struct smtp_talk){ .mx = provider, .server_kind = OUTSIDE_PROVIDER, .errand = HOST_NONE, .mails = 1, .rcpts = 1,
					 .flags = SMTP_LOGIN, .hello = TLS_SCHANNEL, .kind = OUTSIDE_MTA, .helo = t->hosts[a->host].name,
					 .helo_form = HELO_LITERAL, .dialect = DIALECT_PLAIN };
		if (bad)
			set_bot_manner(t, a, s);
		if (port == 465)
			s->flags |= SMTP_IMPLICIT;
		else if (chance(&a->chance, actor_value(t, a, V_TLS, 1)))
			s->flags |= SMTP_TLS;
		if (chance(&a->chance, actor_value(t, a, V_REFUSED, 0))) {
			s->stage = bad && chance(&a->chance, .4) ? AT_MAIL : AT_RCPT;
			s->reason = bad && s->stage == AT_MAIL ? REFUSE_QUOTA : REFUSE_UNKNOWN;
			s->refused = ~0u;
		}
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_MAILS_PER_H, 1) / 3600 * (bad ? 1 : diurnal(now_ns)));
}

__u64 poll_begin(struct traffic *t, struct actor *a)
{
	return t->start_ns + seconds_ns(chance_unit(&a->chance) * actor_value(t, a, V_INTERVAL_S, 300));
}

__u64 poll_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u16 port = (__u16)actor_value(t, a, V_PORT, 993);
	__u32 turn = (__u32)(a->count[0]++ % (__u64)fmax(1, actor_value(t, a, V_TARGETS, 1)));
	__u32 provider = (__u32)chance_mix(t->hosts[a->host].name, turn) % PROVIDERS;
	struct flow *f = flow_out(t, a, OUTSIDE_PROVIDER, provider, port, FLOW_TALKS);

	if (f) {
		f->talk = &talk_lines;
		f->say.lines = (struct lines_talk){ .at = port == 110 ? lines_pop3 : port == 143 ? lines_imap : lines_imaps, .rounds = 1,
						    .kind = OUTSIDE_PROVIDER, .number = provider, .hello = TLS_SCHANNEL };
		f->say.lines.fails = chance(&a->chance, actor_value(t, a, V_REFUSED, 0) * .1);
		flow_start(t, f, now_ns);
	}
	return now_ns + seconds_ns(actor_value(t, a, V_INTERVAL_S, 300) * chance_between(&a->chance, .98, 1.02));
}
