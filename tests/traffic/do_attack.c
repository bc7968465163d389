// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts that scan, guess, look for holes and flood; and the victims of those who forge addresses. */
#include "do.h"

static __u64 end_of(struct traffic *t, struct actor *a)
{
	return a->began_ns + seconds_ns(3600 * actor_value(t, a, V_ACTIVE_H, 24));
}

static enum stack tool_of(__u32 number)
{
	static const __u8 tools[] = { STACKS, STACK_RAW, STACK_ZMAP, STACK_MASSCAN, STACK_MIRAI };

	return number < sizeof(tools) ? tools[number] : STACKS;
}

__u64 scan_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

/* What the next probe asks: the sweep's number gives address and port. */
static __u16 scan_port(struct traffic *t, struct actor *a, __u32 number)
{
	static const __u16 watched[] = { 80, 443, 8080, 25, 8443, 465, 587 };
	__u16 port = (__u16)actor_value(t, a, V_PORT, 0);
	__u32 ports = (__u32)actor_value(t, a, V_PORTS, 0);

	if (ports)
		return (__u16)(1 + (number * 7919ull + a->host) % 20011);
	if (port == 23 && number % 10 == 0 && actor_value(t, a, V_TOOL, 0) > 3)
		return 2323;
	return port ? port : watched[(a->host + number / 4000) % 7];
}

/* A server that answers is asked something, or not. */
static void greet(struct traffic *t, struct actor *a, struct flow *f)
{
	switch (f->port[SERVER]) {
	case 80:
	case 8080:
	case 443:
	case 8443:
		f->talk = &talk_web;
		f->say.web = (struct web_talk){ .site = (__u32)chance_mix(f->seed, 7) % UNIVERSE_SITES, .kind = OUTSIDE_SITE, .requests = 1,
						.agent = AGENT_GO, .hello = TLS_GO, .what = PATH_PAGE, .not_found = 120,
						.flags = f->port[SERVER] % 1000 == 443 ? WEB_TLS : 0 };
		break;
	case 25:
	case 587:
	case 465: /* connects, reads the greeting, goes */
	case 22:
		f->talk = &talk_lines;
		f->say.lines = (struct lines_talk){ .at = lines_greeting, .rounds = 1, .kind = OUTSIDE_MX, .number = a->host };
		break;
	default:
		f->talk = &talk_lines;
		f->say.lines = (struct lines_talk){ .at = f->port[SERVER] == 23 ? lines_telnet : lines_peer, .rounds = 1, .fails = true };
		break;
	}
	(void)t;
}

static void probe_one(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 number = (__u32)a->count[0]++, targets = (__u32)actor_value(t, a, V_TARGETS, 0);
	bool fails = chance(&a->chance, actor_value(t, a, V_FAIL, .9)), half = chance(&a->chance, actor_value(t, a, V_HALF_OPEN, 0));
	enum stack tool = tool_of((__u32)actor_value(t, a, V_TOOL, 0));
	__u16 port = scan_port(t, a, number);
	enum flow_outcome outcome = fails ? failure(a) : half ? FLOW_HALF_OPEN : FLOW_TALKS;
	struct flow *f;

	if (fails && tool != STACKS && outcome == FLOW_SILENT)
		outcome = FLOW_ONE_SYN;
	if (targets)
		f = flow_out(t, a, OUTSIDE_SERVICE, 50000 + a->host * 8 + number % targets, port, outcome);
	else
		f = flow_out(t, a, fails ? OUTSIDE_DEAD : OUTSIDE_PEER, (__u32)chance_mix(a->host, number), port, outcome);
	if (!f)
		return;
	if (tool != STACKS)
		flow_tool(f, tool);
	f->malice = MALICE_CONTACT;
	greet(t, a, f);
	flow_start(t, f, now_ns);
}

/* A server known to answer, so that failures are fewer. */
static void bank_success(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u16 port = scan_port(t, a, (__u32)a->count[0]);
	struct flow *f = flow_out(t, a, OUTSIDE_SITE, chance_below(&a->chance, UNIVERSE_SITES), port == 80 ? 80 : 443, FLOW_TALKS);

	if (!f)
		return;
	greet(t, a, f);
	flow_start(t, f, now_ns);
}

__u64 scan_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u64 all = (__u64)actor_value(t, a, V_PORTS, 0) * (__u64)actor_value(t, a, V_TARGETS, 0);

	if (now_ns > end_of(t, a) || (all && a->count[0] >= all))
		return NEVER;
	if (chance(&a->chance, actor_value(t, a, V_INTERLEAVE, 0)))
		bank_success(t, a, now_ns);
	else
		probe_one(t, a, now_ns);
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 1));
}

static double flows_per_s(struct traffic *t, struct actor *a)
{
	return actor_value(t, a, V_TRIES_PER_MIN, 30) / 60 / fmax(1, actor_value(t, a, V_TRIES_PER_FLOW, 1));
}

__u64 force_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

static void say_tries(struct traffic *t, struct actor *a, struct flow *f, __u16 port, __u32 target)
{
	__u16 rounds = (__u16)fmax(1, actor_value(t, a, V_TRIES_PER_FLOW, 1));

	if (port == 80) {
		f->talk = &talk_web;
		f->say.web = (struct web_talk){ .site = target % UNIVERSE_SITES, .kind = OUTSIDE_SITE, .requests = rounds, .what = PATH_LOGIN,
						.agent = AGENT_PYTHON, .hello = TLS_PYTHON, .status = target & 1 ? 401 : 302,
						.path = (__u32)f->seed, .gap_us = 50000 };
		return;
	}
	f->talk = &talk_lines;
	f->say.lines = (struct lines_talk){ .at = port == 110 ? lines_pop3 : port == 143 ? lines_imap : port == 993 ? lines_imaps : lines_submission,
					    .rounds = rounds, .kind = OUTSIDE_PROVIDER, .number = target, .fails = true, .hello = TLS_PYTHON };
}

__u64 force_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u16 port = (__u16)actor_value(t, a, V_SERVICE, 110);
	__u32 targets = (__u32)fmax(1, actor_value(t, a, V_TARGETS, 1));
	__u32 target = (__u32)chance_mix(t->hosts[a->host].name, a->count[0]++ % targets) % 5000;
	struct flow *f;

	if (now_ns > end_of(t, a))
		return NEVER;
	f = flow_out(t, a, port == 80 ? OUTSIDE_SITE : OUTSIDE_PROVIDER, target, port, FLOW_TALKS);
	if (f) {
		say_tries(t, a, f, port, target);
		f->malice = MALICE_TRY;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, flows_per_s(t, a));
}

__u64 probe_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

__u64 probe_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	__u32 targets = (__u32)fmax(1, actor_value(t, a, V_TARGETS, 1));
	__u32 target = (__u32)chance_mix(t->hosts[a->host].name, a->count[0]++ % targets) % UNIVERSE_SITES;
	__u16 requests = (__u16)fmax(1, actor_value(t, a, V_TRIES_PER_FLOW, 8));
	struct flow *f;

	if (now_ns > end_of(t, a))
		return NEVER;
	f = flow_out(t, a, OUTSIDE_SITE, target, 80, FLOW_TALKS);
	if (f) {
		f->talk = &talk_web;
		f->malice = MALICE_REQUEST;
		f->say.web = (struct web_talk){ .site = target, .kind = OUTSIDE_SITE, .requests = requests, .what = PATH_PROBE,
						.agent = a->host & 1 ? AGENT_OLD : AGENT_PYTHON, .path = (__u32)(a->count[0] * requests),
						.not_found = (__u8)(255 * actor_value(t, a, V_NOT_FOUND, .8)), .gap_us = 80000 };
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, flows_per_s(t, a));
}

static bool minutes_over(struct traffic *t, struct actor *a, __u64 now_ns)
{
	return now_ns > a->began_ns + seconds_ns(60 * actor_value(t, a, V_MINUTES, 1));
}

__u64 flood_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

/* One SYN in 25 is answered, which its system knows nothing of. */
__u64 flood_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	struct flow *f;

	if (minutes_over(t, a, now_ns))
		return NEVER;
	f = flow_out(t, a, OUTSIDE_SITE, 400 + t->hosts[a->host].name % 100, (__u16)actor_value(t, a, V_PORT, 80),
		     chance_below(&a->chance, 25) ? FLOW_ONE_SYN : FLOW_HALF_OPEN);
	if (f) {
		flow_tool(f, STACK_RAW);
		f->port[CLIENT] = (__u16)(1024 + a->count[0]++ % 64000);
		f->malice = MALICE_CONTACT;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 1500));
}

__u64 backscatter_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

__u64 backscatter_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	struct flow *f;

	if (minutes_over(t, a, now_ns))
		return NEVER;
	f = flow_out(t, a, OUTSIDE_PEER, (__u32)random_splitmix(&a->chance), chance(&a->chance, .6) ? 80 : 443,
		     chance(&a->chance, .7) ? FLOW_BACKSCATTER : FLOW_BACKSCATTER_RST);
	if (f)
		flow_start(t, f, now_ns);
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 10));
}

__u64 spoofed_begin(struct traffic *t, struct actor *a)
{
	a->began_ns = begin_later(t, a);
	return a->began_ns;
}

/* From outside, under an inside address, to addresses inside: nothing of it is the host's own. */
__u64 spoofed_wake(struct traffic *t, struct actor *a, __u64 now_ns)
{
	struct gp_addr to;
	struct flow *f;

	if (minutes_over(t, a, now_ns))
		return NEVER;
	universe_v4(&to, 10u << 24 | 9u << 16 | chance_below(&a->chance, 65536));
	if (t->hosts[a->host].label.ipv6)
		universe_address(&to, t->seed, OUTSIDE_DEAD, (__u32)random_splitmix(&a->chance), true);
	f = flow_to(t, a, &to, 80, FLOW_ONE_SYN);
	if (f) {
		flow_tool(f, STACK_RAW);
		f->ttl[CLIENT] = (__u8)(f->ttl[CLIENT] - 11);
		f->host = HOST_NONE;
		f->outward = false;
		flow_start(t, f, now_ns);
	}
	return after(a, now_ns, actor_value(t, a, V_RATE_PER_S, 10));
}
