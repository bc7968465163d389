// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges outside, and what they want of servers inside. */
#include "do.h"

enum errand_what { ERRAND_DELIVERED, ERRAND_ROBOT, ERRAND_HUMAN, ERRAND_PIXEL };

static __u32 next_address(struct traffic *t, struct actor *a)
{
	__u32 n = t->hosts[a->host].addresses;
	double u;
	__u32 i = 0;

	if (actor_value(t, a, V_ROUND_ROBIN, 0) > .5)
		return (__u32)(a->count[1]++ % n);
	if (!a->weights)
		return chance_below(&a->chance, n);
	u = chance_unit(&a->chance);
	while (i + 1 < n && (double)a->weights[i] < u)
		i++;
	return i;
}

/* A flow of the range's address number i to an inside server. */
static struct flow *visit(struct traffic *t, struct actor *a, __u32 i, enum stack stack, __u32 server, __u16 port)
{
	struct gp_addr from;
	struct flow *f;

	range_address(t, a->host, i, &from);
	f = flow_in(t, &a->chance, a->host, &from, stack, server, port, FLOW_TALKS);
	if (f && t->hosts[a->host].label.truth[1] != 'l') /* all but "clean" */
		f->malice = MALICE_REQUEST;
	return f;
}

static enum stack stack_of(const struct traffic *t, const struct actor *a)
{
	return t->hosts[a->host].stacks[0];
}

static void ask(struct flow *f, __u32 site, enum web_path what, enum agent agent, __u64 token, __u8 flags, __u16 requests)
{
	f->talk = &talk_web;
	f->say.web = (struct web_talk){ .site = SITE_INSIDE + site, .kind = OUTSIDE_SITE, .what = (__u8)what, .agent = (__u8)agent,
					.hello = agent_rows[agent].hello, .token = token, .requests = requests,
					.flags = (__u8)(flags | WEB_INSIDE), .path = (__u32)f->seed };
}

/* A human's device somewhere outside follows a link, or opens a picture. */
static void human_fetches(struct traffic *t, struct actor *a, __u64 now_ns, __u64 token, enum web_path what)
{
	__u32 server = TOKEN_SITE(token) - SITE_INSIDE;
	__u64 human = token; /* the same one for all of a mail */
	struct gp_addr from;
	struct flow *f;

	universe_address(&from, t->seed, OUTSIDE_HUMAN, (__u32)random_splitmix(&human), false);
	f = flow_in(t, &a->chance, HOST_NONE, &from, human_stack(&human), t->web[server], 80, FLOW_TALKS);
	if (!f)
		return;
	ask(f, server, what, agent_of(f), token, what == PATH_TOKEN ? WEB_ASSETS | WEB_COOKIE : 0, what == PATH_TOKEN ? 4 : 1);
	flow_start(t, f, now_ns);
}

/* Mails with links of their own, from a shop's mail server outside to users of a mail server inside. */
static void send_mail(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 site = chance(&a->chance, .6) ? 0 : chance_below(&a->chance, t->web_count), mail = chance_below(&a->chance, t->mail_count);
	struct gp_addr from;
	struct flow *f;

	universe_address(&from, t->seed, OUTSIDE_MTA, 2u << 24 | (a->host % 50), false);
	f = flow_in(t, &a->chance, HOST_NONE, &from, STACK_LINUX, t->mail[mail], 25, FLOW_TALKS);
	if (!f)
		return;
	f->talk = &talk_smtp;
	f->say.smtp = (struct smtp_talk){ .mx = t->hosts[t->mail[mail]].name, .server_kind = OUTSIDE_MTA, .kind = OUTSIDE_MTA,
					  .helo = 2u << 24 | (a->host % 50), .mails = (__u16)(1 + chance_below(&a->chance, 3)), .rcpts = 1,
					  .body = BODY_ONE_TIME, .flags = SMTP_NO_OFFER, .errand = actor_index(t, a),
					  .token = TOKEN(SITE_INSIDE + site, random_splitmix(&a->chance)) };
	flow_start(t, f, now_ns);
}

static double campaign_per_s(struct traffic *t, struct actor *a)
{
	return actor_value(t, a, V_MAILS_PER_H, 60) / 2 / 3600; /* two a session */
}

__u64 campaign_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, campaign_per_s(t, a));
}

__u64 campaign_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	send_mail(t, a, now_ns);
	return after(a, now_ns, campaign_per_s(t, a));
}

/* Of a mail that was delivered: who will look at it, and when. */
static void plan(struct traffic *t, struct actor *a, __u64 now_ns, __u64 token)
{
	bool proxy = t->hosts[a->host].label.truth[0] == 'i';
	double delay = actor_value(t, a, V_DELAY_S, 10) * chance_between(&a->chance, .5, 1.5);
	bool opened = chance(&a->chance, actor_value(t, a, V_CLICKED, .3));
	double minutes = 1 + chance_exponential(&a->chance, 40);

	t->totals.tokens.mails++;
	t->totals.tokens.link_tokens++;
	t->totals.tokens.pixel_tokens++;
	if (!proxy) {
		errand_add(t, actor_index(t, a), now_ns + seconds_ns(delay), token, ERRAND_ROBOT);
		if (chance(&a->chance, .15)) /* looks twice */
			errand_add(t, actor_index(t, a), now_ns + seconds_ns(delay + 2), token, ERRAND_ROBOT);
	}
	if (!opened)
		return;
	errand_add(t, actor_index(t, a), now_ns + seconds_ns(60 * minutes), token, ERRAND_PIXEL);
	if (!proxy || chance(&a->chance, .3))
		errand_add(t, actor_index(t, a), now_ns + seconds_ns(60 * minutes + 20), token, ERRAND_HUMAN);
}

/* The range's own request for a token. */
static void range_fetches(struct traffic *t, struct actor *a, __u64 now_ns, __u64 token, enum web_path what, enum agent agent)
{
	__u32 server = TOKEN_SITE(token) - SITE_INSIDE;
	struct flow *f = visit(t, a, next_address(t, a), stack_of(t, a), t->web[server], 80);

	if (!f)
		return;
	ask(f, server, what, agent, token, 0, 1);
	f->say.web.robot = what == PATH_TOKEN;
	flow_start(t, f, now_ns);
}

void campaign_errand(struct traffic *t, struct actor *a, __u64 now_ns, const struct errand *e)
{
	bool proxy = t->hosts[a->host].label.truth[0] == 'i';

	switch (e->what) {
	case ERRAND_DELIVERED:
		plan(t, a, now_ns, e->token);
		break;
	case ERRAND_ROBOT:
		range_fetches(t, a, now_ns, e->token, PATH_TOKEN, AGENT_HEADLESS);
		break;
	case ERRAND_PIXEL:
		if (proxy)
			range_fetches(t, a, now_ns, e->token, PATH_PIXEL, AGENT_IMAGE_PROXY);
		else
			human_fetches(t, a, now_ns, e->token, PATH_PIXEL);
		break;
	default:
		human_fetches(t, a, now_ns, e->token, PATH_TOKEN);
		break;
	}
}

/* Shares of a Dirichlet distribution with a = 0.3, summed up: few addresses have most of the humans. */
__u64 range_browse_begin(struct traffic *t, struct actor *a)
{
	__u32 n = t->hosts[a->host].addresses;
	double total = 0;

	a->weights = calloc(n, sizeof(*a->weights));
	if (!a->weights) {
		t->error = -ENOMEM;
		return NEVER;
	}
	for (__u32 i = 0; i < n; i++) {
		total += chance_gamma(&a->chance, .3);
		a->weights[i] = (float)total;
	}
	for (__u32 i = 0; i < n; i++)
		a->weights[i] /= (float)total;
	return after(a, t->start_ns, actor_value(t, a, V_CONTACTS_PER_DAY, 3000) / 86400);
}

__u64 range_browse_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	bool clear = chance(&a->chance, actor_value(t, a, V_CLEAR, .5));
	__u32 server = chance_popular(&a->chance, t->web_count);
	struct flow *f = visit(t, a, next_address(t, a), human_stack(&a->chance), t->web[server], clear ? 80 : 443);

	if (f) {
		ask(f, server, PATH_PAGE, agent_of(f), 0, clear ? WEB_ASSETS | WEB_COOKIE : WEB_TLS, (__u16)(2 + chance_below(&a->chance, 6)));
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_CONTACTS_PER_DAY, 3000) / 86400 * diurnal(now_ns));
}

/* Each address once: the newsletter's link, at any time. */
__u64 range_readers_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

__u64 range_readers_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 n = t->hosts[a->host].addresses;
	struct flow *f;

	if (a->count[0] >= n)
		return NEVER;
	f = visit(t, a, (__u32)(a->count[0]++ * 37 % n), human_stack(&a->chance), t->web[1], 80);
	if (f) {
		ask(f, 1, PATH_PAGE, agent_of(f), 0, WEB_ASSETS, 5);
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, n / (3600 * actor_value(t, a, V_ACTIVE_H, 1)));
}

__u64 range_mailbox_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, actor_value(t, a, V_RATE_PER_S, .1));
}

__u64 range_mailbox_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u16 port = (__u16)actor_value(t, a, V_SERVICE, 143);
	__u32 server = chance_below(&a->chance, t->mail_count);
	struct flow *f = visit(t, a, next_address(t, a), stack_of(t, a), t->mail[server], port);

	if (f) {
		f->malice = MALICE_TRY;
		f->talk = &talk_lines;
		f->say.lines = (struct lines_talk){ .at = port == 143 ? lines_imap : port == 110 ? lines_pop3 : lines_imaps, .rounds = 1,
						    .kind = OUTSIDE_MTA, .number = t->hosts[t->mail[server]].name, .hello = TLS_GO };
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, .1));
}

static __u64 crawl_as(struct traffic *t, struct actor *a, __u64 now_ns, enum agent agent, bool robots)
{
	__u32 server = chance_below(&a->chance, t->web_count);
	struct flow *f = visit(t, a, next_address(t, a), stack_of(t, a), t->web[server], 80);

	if (f) {
		ask(f, server, PATH_PAGE, agent, 0, robots && a->count[0]++ % 8 == 0 ? WEB_ROBOTS : 0, (__u16)(1 + chance_below(&a->chance, 2)));
		f->say.web.not_found = 10;
		f->say.web.gap_us = 700000;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, .1));
}

__u64 range_crawl_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, actor_value(t, a, V_RATE_PER_S, .1));
}

__u64 range_crawl_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	return crawl_as(t, a, now_ns, AGENT_GOOGLEBOT, true);
}

__u64 range_robot_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, actor_value(t, a, V_RATE_PER_S, .1));
}

__u64 range_robot_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	return crawl_as(t, a, now_ns, AGENT_CHROME, false);
}

__u64 range_scan_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, actor_value(t, a, V_RATE_PER_S, 1));
}

/* An address inside; those that nobody has are most of them. */
static void scan_target(struct traffic *t, struct actor *a, struct gp_addr *to)
{
	__u64 draw = random_splitmix(&a->chance);

	universe_v4(to, (10u << 24 | 64u << 16) + (__u32)(draw & 0x3fffff));
	if (t->hosts[a->host].label.ipv6)
		*to = (struct gp_addr){ .bytes = { 0x20, 0x01, 0x0d, 0xb8, (__u8)(0x40 | (draw & 15)), (__u8)(draw >> 8), (__u8)(draw >> 16),
						   [15] = (__u8)(1 + (draw >> 24 & 3)) } };
}

__u64 range_scan_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	static const __u16 ports[] = { 23, 22, 445, 80, 443, 8080, 3389 };
	__u16 port = (__u16)actor_value(t, a, V_PORT, 0);
	bool fails = chance(&a->chance, actor_value(t, a, V_FAIL, .9));
	struct flow *f = visit(t, a, (__u32)(a->count[0] % t->hosts[a->host].addresses), STACK_RAW, a->host,
			       port ? port : ports[a->count[0] / 500 % 7]);

	a->count[0]++;
	if (f) {
		scan_target(t, a, &f->addr[SERVER]);
		f->outcome = fails ? FLOW_ONE_SYN : FLOW_HALF_OPEN;
		f->malice = MALICE_CONTACT;
		flow_tool(f, STACK_RAW);
		f->ttl[CLIENT] = 52;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 1));
}

static double mails_per_s(struct traffic *t, struct actor *a)
{
	return actor_value(t, a, V_MAILS_PER_H, 60) / 3600;
}

/* A session into an inside mail server, from the range's address number i. */
static struct flow *mail_in(struct traffic *t, struct actor *a, __u32 i, enum stack stack)
{
	__u32 mail = chance_below(&a->chance, t->mail_count);
	struct flow *f = visit(t, a, i, stack, t->mail[mail], 25);

	if (!f)
		return NULL;
	f->talk = &talk_smtp;
	f->say.smtp = (struct smtp_talk){ .mx = t->hosts[t->mail[mail]].name, .server_kind = OUTSIDE_MTA, .kind = OUTSIDE_MTA,
					  .helo = 3u << 24 | a->host << 8 | i, .mails = 1, .rcpts = 1, .errand = HOST_NONE, .hello = TLS_OPENSSL,
					  .body = BODY_TEXT };
	if (chance(&a->chance, actor_value(t, a, V_REFUSED, 0))) {
		f->say.smtp.stage = chance(&a->chance, .5) ? AT_RCPT : AT_BODY;
		f->say.smtp.reason = f->say.smtp.stage == AT_RCPT ? REFUSE_UNKNOWN : REFUSE_CONTENT;
		f->say.smtp.refused = ~0u;
	}
	return f;
}

__u64 range_snowshoe_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, mails_per_s(t, a));
}

__u64 range_snowshoe_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	struct flow *f = mail_in(t, a, next_address(t, a), stack_of(t, a));

	if (f) {
		f->malice = MALICE_MAIL;
		f->say.smtp.body = BODY_SPAM;
		f->say.smtp.dialect = DIALECT_PLAIN;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, mails_per_s(t, a));
}

/* Each address is another one's mail server: its own manner, its own share of the mail. */
__u64 range_mta_begin(struct traffic *t, struct actor *a)
{
	return range_browse_begin(t, a) == NEVER ? NEVER : after(a, t->start_ns, mails_per_s(t, a));
}

__u64 range_mta_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	static const __u8 stacks[] = { STACK_LINUX, STACK_FREEBSD, STACK_WINDOWS, STACK_LINUX_OLD };
	static const __u8 dialects[] = { DIALECT_MTA, DIALECT_PLAIN, DIALECT_LOWER };
	__u32 i = next_address(t, a);
	__u64 own = chance_mix(a->host, i);
	struct flow *f = mail_in(t, a, i, stacks[own % sizeof(stacks)]);

	if (f) {
		f->say.smtp.dialect = dialects[(own >> 8) % sizeof(dialects)];
		if (own >> 16 & 1)
			f->say.smtp.flags |= SMTP_RSET;
		if (own >> 17 & 1)
			f->say.smtp.mails = 2;
		if (chance(&a->chance, actor_value(t, a, V_TLS, .5)))
			f->say.smtp.flags |= SMTP_TLS;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, mails_per_s(t, a) * diurnal(now_ns));
}
