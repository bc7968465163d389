// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts that fetch, play and report. */
#include "do.h"

__u64 begin_later(struct traffic *t, struct actor *a)
{
	return t->start_ns + seconds_ns(chance_unit(&a->chance) * 3600 * actor_value(t, a, V_BEGIN_H, 0));
}

bool is_bad(const struct traffic *t, __u32 host)
{
	return host != HOST_NONE && t->hosts[host].label.truth[0] != 'c'; /* "clean", "crawler" */
}

enum agent agent_of(const struct flow *f)
{
	switch (f->stack[CLIENT]) {
	case STACK_WINDOWS:
	case STACK_WINDOWS_OLD:
		return f->port[CLIENT] % 4 ? AGENT_CHROME : AGENT_EDGE;
	case STACK_MACOS:
		return AGENT_SAFARI;
	case STACK_IOS:
		return AGENT_IPHONE;
	case STACK_ANDROID:
		return AGENT_ANDROID;
	case STACK_LINUX:
		return AGENT_FIREFOX;
	default:
		return AGENT_DEVICE;
	}
}

enum stack human_stack(__u64 *state)
{
	static const __u8 stacks[] = { STACK_WINDOWS, STACK_WINDOWS, STACK_IOS, STACK_IOS, STACK_ANDROID, STACK_ANDROID, STACK_MACOS, STACK_LINUX };

	return stacks[chance_below(state, sizeof(stacks))];
}

#define BROWSE_CONTACTS(burst) ((1 + (burst)) / 2)

static __u64 next_visit(struct traffic *t, struct actor *a, __u64 now_ns)
{
	double per_s = actor_value(t, a, V_CONTACTS_PER_DAY, 300) / 86400 / BROWSE_CONTACTS(actor_value(t, a, V_BURST, 20));

	return after(a, now_ns, per_s * diurnal(now_ns));
}

__u64 browse_begin(struct traffic *t, struct actor *a)
{
	return next_visit(t, a, t->start_ns);
}

/* One of the flows that a page takes. */
static void fetch(struct traffic *t, struct actor *a, __u64 when_ns)
{
	bool clear = chance(&a->chance, actor_value(t, a, V_CLEAR, .1)), fails = chance(&a->chance, actor_value(t, a, V_FAIL, .05));
	__u32 site = chance_popular(&a->chance, UNIVERSE_SITES);
	struct flow *f;

	if (fails)
		f = flow_out(t, a, OUTSIDE_DEAD, (__u32)random_splitmix(&a->chance), clear ? 80 : 443, failure(a));
	else
		f = flow_out(t, a, OUTSIDE_SITE, site, clear ? 80 : 443, FLOW_TALKS);
	if (!f)
		return;
	f->talk = &talk_web;
	f->say.web = (struct web_talk){ .site = site, .kind = OUTSIDE_SITE, .requests = (__u16)(1 + chance_below(&a->chance, 4)),
					.path = (__u32)f->seed, .what = PATH_PAGE, .not_found = 4,
					.flags = (__u8)(clear ? WEB_ASSETS | WEB_COOKIE : WEB_TLS) };
	f->say.web.agent = (__u8)agent_of(f);
	f->say.web.hello = agent_rows[f->say.web.agent].hello;
	flow_start(t, f, when_ns);
}

__u64 browse_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 n = 1 + chance_below(&a->chance, (__u32)actor_value(t, a, V_BURST, 20));

	for (__u32 i = 0; i < n; i++)
		fetch(t, a, now_ns + (i ? seconds_ns(.15 + chance_exponential(&a->chance, .5)) : 0));
	return next_visit(t, a, now_ns);
}

__u64 crawl_begin(struct traffic *t, struct actor *a)
{
	return after(a, begin_later(t, a), actor_value(t, a, V_RATE_PER_S, 1));
}

__u64 crawl_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	bool clear = chance(&a->chance, actor_value(t, a, V_CLEAR, .3)), fails = chance(&a->chance, actor_value(t, a, V_FAIL, .08));
	__u32 site = chance_below(&a->chance, UNIVERSE_SITES);
	struct flow *f = flow_out(t, a, fails ? OUTSIDE_DEAD : OUTSIDE_SITE, site, clear ? 80 : 443, fails ? failure(a) : FLOW_TALKS);

	if (f) {
		f->talk = &talk_web;
		f->say.web = (struct web_talk){ .site = site, .kind = OUTSIDE_SITE, .requests = (__u16)(2 + chance_below(&a->chance, 6)),
						.path = (__u32)f->seed, .what = PATH_PAGE, .not_found = 12, .agent = AGENT_CRAWLER,
						.hello = TLS_PYTHON, .gap_us = 900000, .flags = (__u8)(WEB_ROBOTS | (clear ? 0 : WEB_TLS)) };
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 1));
}

static void say_lines(struct flow *f, const struct line *lines, enum outside kind, __u32 number, __u16 rounds)
{
	f->talk = &talk_lines;
	f->say.lines = (struct lines_talk){ .at = lines, .kind = (__u8)kind, .number = number, .rounds = rounds, .hello = TLS_SMALL };
}

#define PLAYS_PER_S (1.0 / 5400)

__u64 play_begin(struct traffic *t, struct actor *a)
{
	return after(a, t->start_ns, PLAYS_PER_S);
}

__u64 play_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 server = (__u32)chance_mix(t->hosts[a->host].name, chance_below(&a->chance, 3)) % 400;
	struct flow *f = flow_out(t, a, OUTSIDE_SERVICE, server, 3074, FLOW_TALKS);

	if (f) {
		say_lines(f, lines_game, OUTSIDE_SERVICE, server, (__u16)(60 + chance_below(&a->chance, 600)));
		f->say.lines.think_ms = 1000 + chance_below(&a->chance, 2000);
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, PLAYS_PER_S * diurnal(now_ns));
}

__u64 periodic_begin(struct traffic *t, struct actor *a)
{
	return begin_later(t, a) + seconds_ns(chance_unit(&a->chance) * actor_value(t, a, V_INTERVAL_S, 60));
}

__u64 periodic_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	double interval = actor_value(t, a, V_INTERVAL_S, 60), jitter = actor_value(t, a, V_JITTER, 0);
	__u32 targets = (__u32)actor_value(t, a, V_TARGETS, 1), ports = (__u32)actor_value(t, a, V_PORTS, 1);
	__u32 turn = targets ? (__u32)(a->count[0]++ % targets) : 0, server = (__u32)chance_mix(t->hosts[a->host].name, turn);
	bool alive = turn < actor_value(t, a, V_ALIVE, 1) * targets;
	__u16 port = (__u16)actor_value(t, a, V_PORT, 443);
	struct flow *f;

	if (ports > 1)
		port = (__u16)(port + 1111 * (turn % ports));
	f = flow_out(t, a, alive ? OUTSIDE_SERVICE : OUTSIDE_DEAD, server, port, alive ? FLOW_TALKS : server & 3 ? FLOW_SILENT : FLOW_REFUSED);
	if (f) {
		say_lines(f, port == 443 ? targets > 3 ? lines_push : lines_beacon : lines_miner, OUTSIDE_SERVICE, server % 9000, port == 443 ? 1 : 30);
		f->malice = is_bad(t, a->host) ? MALICE_CONTACT : MALICE_NONE;
		flow_start(t, f, now_ns);
	}
	return now_ns + seconds_ns(interval * (1 + jitter * (2 * chance_unit(&a->chance) - 1)));
}

__u64 peer_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

/* Somebody of the swarm comes by itself. */
static void peer_comes(struct traffic *t, struct actor *a, __u64 now_ns)
{
	struct gp_addr from;
	struct flow *f;

	universe_address(&from, t->seed, OUTSIDE_PEER, (__u32)random_splitmix(&a->chance), t->hosts[a->host].label.ipv6);
	f = flow_in(t, &a->chance, HOST_NONE, &from, human_stack(&a->chance), a->host, (__u16)(20000 + t->hosts[a->host].name % 30000), FLOW_TALKS);
	if (!f)
		return;
	say_lines(f, lines_peer, OUTSIDE_PEER, 0, (__u16)(1 + chance_below(&a->chance, 6)));
	flow_start(t, f, now_ns);
}

__u64 peer_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	double out = actor_value(t, a, V_RATE_PER_S, .1), in = actor_value(t, a, V_INBOUND_PER_H, 30) / 3600;
	bool fails = chance(&a->chance, actor_value(t, a, V_FAIL, .4));
	__u64 end_ns = a->began_ns + seconds_ns(3600 * actor_value(t, a, V_ACTIVE_H, 24));
	__u32 peer = (__u32)random_splitmix(&a->chance);
	struct flow *f;

	if (now_ns > end_ns)
		return NEVER;
	if (chance(&a->chance, in / (in + out))) {
		peer_comes(t, a, now_ns);
		return after(a, now_ns, in + out);
	}
	f = flow_out(t, a, OUTSIDE_PEER, peer, (__u16)(10000 + chance_mix(peer, 3) % 50000), fails ? failure(a) : FLOW_TALKS);
	if (f) {
		say_lines(f, lines_peer, OUTSIDE_PEER, 0, (__u16)(1 + chance_below(&a->chance, 12)));
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, in + out);
}

__u64 outage_begin(struct traffic *t, struct actor *a)
{
	if (!t->outage_to_ns) {
		t->outage_from_ns = begin_later(t, a);
		t->outage_to_ns = t->outage_from_ns + seconds_ns(60 * actor_value(t, a, V_MINUTES, 3));
	}
	return NEVER;
}

__u64 outage_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	(void)t, (void)a, (void)now_ns;
	return NEVER;
}
