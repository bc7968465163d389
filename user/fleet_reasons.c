// SPDX-License-Identifier: GPL-2.0-or-later
/* What a range does, and what that makes it. docs/detection.md, 13.2 and 13.4; the numbers are shared. */
#include <math.h>
#include <string.h>

#include "hll.h"
#include "judge_fleet.h"

#define DEVIATIONS 2.7	     /* of D that one machine may show: 1 in 300 shows more; D = 1.43 with 100 addresses */
#define TURNS_DEVIATIONS (-4.0) /* of D below one machine that draws: it takes its addresses in turns */
#define TURNS_ROUNDS 2.0     /* of all addresses in use, at least */
#define TURNS_NATS 3.0
#define PAGE_NATS 0.15	     /* per page without its pictures and scripts, and against per page with them */
#define PAGES_CAP 3.0
#define DELAY_FLOOR (-2.0)
#define DELAY_CAP 5.0
#define MINUTES_CAP 1.0	     /* of all that follow within 1 to 10 min: readers do */
#define NAMES_CAP 2.0	     /* a name in TLS is less than a link */
#define SHARED_LINKS 2u	     /* one-time links that several addresses of the range fetched */
#define SHARED_NATS 3.0
#define SPREAD_SHARE 0.5     /* distinct names per request */
#define SPREAD_REQUESTS 50u
#define SPREAD_NATS 2.0
#define REFUSED_NATS 2.46 /* ln(.35 / .03): a bot's list of addresses and a clean one; summed over a range, it need not be damped */
#define ACCEPTED_NATS (-0.4)
#define REFUSED_FLOOR (-4.0)
#define REFUSED_CAP 8.0
#define SNOWSHOE_REFUSED 3.0 /* nats, summed over the range */
#define FAMILY_NATS 1.0	     /* from here on a family counts as a reason */
#define MIN_CLEAR 20u	     /* requests in the clear before they tell what a range is for */
#define MIN_JOINED 5u
#define JOINED_SHARE 0.1     /* of what its clients requested */
#define IMAGE_SHARE 0.9
#define DECLARED_SHARE 0.9
#define DECLARED_NATS 3.0

static const double delay_nats[GP_DELAYS] = {3, 2, 0.5, 0, -0.5}; /* per link of a delivered mail that is followed */
static const double name_nats[GP_DELAYS] = {0.3, 0.2, 0, 0, 0};   /* per visit to the host of one, by TLS */

/* What its web clients did, added up. */
struct sums {
	__u64 requests, hellos, pages, images, assets, robots_txt, bare_pages, declared_robot, image_proxy;
	__u64 joined[GP_DELAYS], named[GP_DELAYS];
	__u64 shared;
	struct gp_hll names;
};

static void merge(struct gp_hll *into, const struct gp_hll *from)
{
	for (unsigned int i = 0; i < GP_HLL_REGISTERS; i++) {
		if (into->registers[i] < from->registers[i])
			into->registers[i] = from->registers[i];
	}
}

static void add_up(struct sums *s, const struct gp_fleet_group *group)
{
	memset(s, 0, sizeof(*s));
	for (__u32 i = 0; i < group->count; i++) {
		const struct gp_web_client *web = group->hosts[i].web;

		s->shared += group->hosts[i].shared;
		if (!web)
			continue;
		s->requests += web->requests;
		s->hellos += web->hellos;
		s->pages += web->pages;
		s->images += web->images;
		s->assets += web->assets;
		s->robots_txt += web->robots_txt;
		s->bare_pages += web->bare_pages;
		s->declared_robot += web->declared_robot;
		s->image_proxy += web->image_proxy;
		for (int delay = 0; delay < GP_DELAYS; delay++) {
			s->joined[delay] += web->joined[delay];
			s->named[delay] += web->named[delay];
		}
		merge(&s->names, &web->names);
	}
}

static double clamp(double value, double floor, double cap)
{
	return fmin(fmax(value, floor), cap);
}

/* --- families ----------------------------------------------------------------------------------------------------- */

static void say_uniform(struct gp_finding *out, const struct gp_uniformity *u, const struct gp_fleet_limits *limits)
{
	struct gp_evidence *e;

	e = gp_evidence_add(out, "range.uniform", clamp(u->llr, -2 * limits->uniform_cap, limits->uniform_cap),
			    "%.0f connections from %.0f addresses, shared out as one machine with about %.0f of them would: "
			    "index of dispersion %.2f", u->n, u->distinct, u->k, u->dispersion);
	gp_evidence_observe(e, "connections", u->n);
	gp_evidence_observe(e, "addresses", u->distinct);
	gp_evidence_observe(e, "fleet", round(u->k));
	gp_evidence_observe(e, "dispersion", u->dispersion);
}

/* Who comes once each does so, too; so several rounds are wanted. */
static void say_turns(struct gp_finding *out, const struct gp_uniformity *u)
{
	struct gp_evidence *e;

	if (u->n < TURNS_ROUNDS * u->distinct || gp_dispersion_score(u) > TURNS_DEVIATIONS)
		return;
	e = gp_evidence_add(out, "range.turns", TURNS_NATS,
			    "Its addresses come in turns, %.1f times each: chance would not share out %.0f connections so "
			    "evenly", u->n / u->distinct, u->n);
	gp_evidence_observe(e, "dispersion", u->dispersion);
	gp_evidence_observe(e, "connections", u->n);
}

static void say_coherent(struct gp_finding *out, const struct gp_coherent *c, const struct gp_fleet_limits *limits)
{
	static const char *const faces[GP_FACES] = {
		[GP_FACE_SIGNATURE] = "TCP signature",
		[GP_FACE_JA4] = "TLS fingerprint",
		[GP_FACE_USER_AGENT] = "program name",
		[GP_FACE_DIALECT] = "mail dialect",
	};
	struct gp_evidence *e;

	e = gp_evidence_add(out, "range.coherent", clamp(c->llr, -limits->coherence_cap, limits->coherence_cap),
			    "%.0f %% of %.0f addresses show the same %s, which %.1f %% of all others do", 100 * c->share,
			    c->voters, faces[c->face], 100 * c->background);
	gp_evidence_observe(e, "addresses", c->voters);
	gp_evidence_observe(e, "share", c->share);
	gp_evidence_observe(e, "background", c->background);
}

static void say_pages(struct gp_finding *out, const struct sums *s)
{
	double bare = (double)s->bare_pages;
	double whole = fmin(fmax(0, (double)s->pages - bare), (double)(s->assets + s->images));
	struct gp_evidence *e;

	e = gp_evidence_add(out, "range.pages", clamp(PAGE_NATS * (bare - whole), -PAGES_CAP, PAGES_CAP),
			    "Of %.0f pages %.0f were fetched without pictures and scripts", (double)s->pages, bare);
	gp_evidence_observe(e, "pages", (double)s->pages);
	gp_evidence_observe(e, "bare_pages", bare);
}

static void say_delays(struct gp_finding *out, const struct sums *s)
{
	double weight = 0, soon = (double)(s->joined[GP_DELAY_10S] + s->joined[GP_DELAY_60S]), all = 0;
	struct gp_evidence *e;

	for (int delay = 0; delay < GP_DELAYS; delay++) {
		double nats = delay_nats[delay] * (double)s->joined[delay];

		weight += delay == GP_DELAY_10MIN ? fmin(nats, MINUTES_CAP) : nats;
		all += (double)s->joined[delay];
	}
	e = gp_evidence_add(out, "range.delay", clamp(weight, DELAY_FLOOR, DELAY_CAP),
			    "%.0f links of delivered mails followed, %.0f of them within 60 s, %.0f within 10 s", all, soon,
			    (double)s->joined[GP_DELAY_10S]);
	gp_evidence_observe(e, "links", all);
	gp_evidence_observe(e, "within_60s", soon);
	gp_evidence_observe(e, "within_10s", (double)s->joined[GP_DELAY_10S]);
}

static void say_names(struct gp_finding *out, const struct sums *s)
{
	double weight = 0, soon = (double)(s->named[GP_DELAY_10S] + s->named[GP_DELAY_60S]);
	struct gp_evidence *e;

	for (int delay = 0; delay < GP_DELAYS; delay++)
		weight += name_nats[delay] * (double)s->named[delay];
	e = gp_evidence_add(out, "range.names", fmin(weight, NAMES_CAP),
			    "%.0f of %.0f connections by TLS went to hosts that a mail delivered within the last 60 s has links "
			    "to", soon, (double)s->hellos);
	gp_evidence_observe(e, "within_60s", soon);
	gp_evidence_observe(e, "connections", (double)s->hellos);
}

static void say_shared(struct gp_finding *out, const struct sums *s)
{
	struct gp_evidence *e;

	if (s->shared < SHARED_LINKS)
		return;
	e = gp_evidence_add(out, "range.shared_links", SHARED_NATS,
			    "%.0f links that one mail carried were fetched by several of its addresses", (double)s->shared);
	gp_evidence_observe(e, "links", (double)s->shared);
}

static void say_spread(struct gp_finding *out, const struct sums *s)
{
	double names = round(gp_hll_estimate(&s->names)), requests = (double)(s->requests + s->hellos);
	struct gp_evidence *e;

	if (requests < SPREAD_REQUESTS || names <= SPREAD_SHARE * requests)
		return;
	e = gp_evidence_add(out, "range.spread", SPREAD_NATS, "%.0f requests to about %.0f different sites", requests, names);
	gp_evidence_observe(e, "requests", requests);
	gp_evidence_observe(e, "names", names);
}

/* Nobody gains by calling itself a machine. */
static void say_declared(struct gp_finding *out, const struct sums *s)
{
	double declared = (double)(s->declared_robot > s->image_proxy ? s->declared_robot : s->image_proxy);
	struct gp_evidence *e;

	if (s->requests < MIN_CLEAR || declared < DECLARED_SHARE * (double)s->requests)
		return;
	e = gp_evidence_add(out, "range.declared", DECLARED_NATS,
			    "%.0f of %.0f requests call themselves those of %s", declared, (double)s->requests,
			    s->declared_robot > s->image_proxy ? "a robot" : "an image proxy");
	gp_evidence_observe(e, "declared", declared);
	gp_evidence_observe(e, "requests", (double)s->requests);
}

/* --- mail --------------------------------------------------------------------------------------------------------- */

struct refusals {
	double refused, accepted;
};

static struct refusals refusals_of(const struct gp_host *host)
{
	static const enum gp_smtp_stage stages[] = {GP_STAGE_CONNECT, GP_STAGE_MAIL, GP_STAGE_RCPT, GP_STAGE_DATA,
						    GP_STAGE_BODY};
	const struct gp_smtp_count *smtp = &host->smtp[0];
	struct refusals r = {.accepted = smtp->replies[GP_STAGE_RCPT][GP_REPLY_2XX]};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		r.refused += smtp->replies[stages[i]][GP_REPLY_5XX];
	return r;
}

static double refused_nats(struct refusals r)
{
	return clamp(REFUSED_NATS * r.refused + ACCEPTED_NATS * r.accepted, REFUSED_FLOOR, REFUSED_CAP);
}

/* One that stands out by itself is no part of a range that hides in its numbers. */
static bool stands_out(const struct gp_host *host, const struct gp_limits *limits)
{
	static const double steps[] = {1, 3, 10, 20}; /* of spam_min_mx, as for inside hosts */
	double mx = gp_hll_estimate(&host->mx), fanout = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		fanout += mx >= steps[i] * limits->spam_min_mx;
	return refused_nats(refusals_of(host)) + fanout >= limits->suspect_score;
}

/* Return: does what mail servers say make a range that sends mail one of snowshoe spam? */
static bool say_refused(struct gp_finding *out, const struct gp_fleet_case *c)
{
	struct refusals sum = {0};
	struct gp_evidence *e;
	bool alone = false;

	for (__u32 i = 0; i < c->group.count; i++) {
		const struct gp_host *host = &c->world->outside[c->group.hosts[i].number];
		struct refusals one = refusals_of(host);

		sum.refused += one.refused;
		sum.accepted += one.accepted;
		alone |= stands_out(host, c->limits);
	}
	e = gp_evidence_add(out, "range.refused", refused_nats(sum),
			    "Of %.0f outcomes mail servers here refused %.0f for good", sum.refused + sum.accepted, sum.refused);
	gp_evidence_observe(e, "refused", sum.refused);
	gp_evidence_observe(e, "accepted", sum.accepted);
	return !alone && refused_nats(sum) >= SNOWSHOE_REFUSED &&
	       sum.refused >= c->limits->spam_refused_share * (sum.refused + sum.accepted);
}

/* --- verdict ------------------------------------------------------------------------------------------------------ */

static enum gp_range_kind web_kind(const struct sums *s)
{
	__u64 joined = s->joined[GP_DELAY_10S] + s->joined[GP_DELAY_60S] + s->joined[GP_DELAY_10MIN] +
		       s->joined[GP_DELAY_1H];
	__u64 named = s->named[GP_DELAY_10S] + s->named[GP_DELAY_60S];
	double clear = (double)s->requests;

	if (s->requests >= MIN_CLEAR &&
	    ((double)s->images >= IMAGE_SHARE * clear || (double)s->image_proxy >= clear / 2))
		return GP_RANGE_IMAGE_PROXY;
	if (joined >= MIN_JOINED && (double)joined >= JOINED_SHARE * (clear + (double)s->hellos))
		return GP_RANGE_LINK_SCANNER;
	if (named >= MIN_JOINED && 2 * named >= s->hellos)
		return GP_RANGE_LINK_SCANNER;
	if (s->robots_txt || (s->requests >= MIN_CLEAR && (double)s->declared_robot >= clear / 2))
		return GP_RANGE_CRAWLER;
	return GP_RANGE_ROBOT;
}

/* Readers do not follow links as soon as the mail is there. Who does may call itself by many names. */
static bool is_prompt(const struct sums *s)
{
	__u64 soon = s->joined[GP_DELAY_10S] + s->joined[GP_DELAY_60S], all = 0;

	for (int delay = 0; delay < GP_DELAYS; delay++)
		all += s->joined[delay];
	return soon >= MIN_JOINED && 2 * soon >= all;
}

/* The addresses there are, by those seen; and whether one machine may have shared its connections out so. */
static bool is_uniform(struct gp_uniformity *u, const struct gp_fleet_case *c, __u32 *counts)
{
	const struct gp_fleet_limits *limits = &c->limits->fleet;
	bool mail = c->trade == GP_TRADE_MAIL;
	unsigned int bits = gp_fleet_unit_bits(&c->group.hosts->addr);
	double least = mail ? limits->snowshoe_sources : limits->min_addresses;
	double most = mail ? limits->snowshoe_uniform_max : limits->uniform_max;
	double addresses = c->group.units * ldexp(1, 128 - (int)bits);

	for (__u32 i = 0; i < c->group.count; i++)
		counts[i] = c->group.hosts[i].flows[c->trade];
	gp_uniformity(u, counts, c->group.count, 0);
	if (u->n < limits->min_requests || u->distinct < least)
		return false;
	gp_uniformity(u, counts, c->group.count, gp_fleet_estimate(u->distinct, u->n, addresses));
	return u->dispersion <= most || gp_dispersion_score(u) <= DEVIATIONS;
}

static double weight_of(const struct gp_finding *f, const char *rule)
{
	for (int i = 0; i < f->evidence_count; i++) {
		if (!strcmp(f->evidence[i].rule, rule))
			return f->evidence[i].weight;
	}
	return 0;
}

static int families(const struct gp_finding *f)
{
	int count = 0;

	for (int i = 0; i < f->evidence_count; i++)
		count += f->evidence[i].weight >= FAMILY_NATS;
	return count;
}

static bool decide(struct gp_range_finding *out, struct gp_finding *reasons, const struct gp_limits *limits)
{
	if (weight_of(reasons, "range.coherent") < FAMILY_NATS || families(reasons) < 2)
		return false;
	gp_finding_close(reasons, limits);
	if (reasons->score < limits->fleet.score)
		return false;
	out->verdict = reasons->score >= limits->confirm_score && families(reasons) >= 3 ? GP_VERDICT_CONFIRMED :
											    GP_VERDICT_SUSPECTED;
	out->score = reasons->score;
	out->confidence = reasons->confidence;
	out->evidence_count = reasons->evidence_count;
	memcpy(out->evidence, reasons->evidence, sizeof(out->evidence));
	return true;
}

bool gp_fleet_judge(struct gp_range_finding *out, const struct gp_fleet_case *c, __u32 *counts)
{
	const struct gp_fleet_limits *limits = &c->limits->fleet;
	struct gp_finding reasons = {0};
	struct gp_uniformity u;
	struct gp_coherent coherent;
	struct sums sums;
	bool robotic = false;

	if (!is_uniform(&u, c, counts))
		return false;
	*out = (struct gp_range_finding){.source_verified = true, .fleet = u.k, .hosts = u.distinct,
					 .requests = (__u64)u.n};
	say_uniform(&reasons, &u, limits);
	say_turns(&reasons, &u);
	if (c->trade == GP_TRADE_WEB) {
		add_up(&sums, &c->group);
		say_pages(&reasons, &sums);
		say_delays(&reasons, &sums);
		say_names(&reasons, &sums);
		say_shared(&reasons, &sums);
		say_spread(&reasons, &sums);
		say_declared(&reasons, &sums);
		out->kind = web_kind(&sums);
		robotic = is_prompt(&sums);
	} else if (c->trade == GP_TRADE_MAILBOX) {
		out->kind = GP_RANGE_MAIL_PROXY;
	} else {
		out->kind = GP_RANGE_SNOWSHOE;
		if (!say_refused(&reasons, c))
			return false;
	}
	gp_fleet_coherence(&coherent, c->background, c->trade, &c->group, !robotic);
	say_coherent(&reasons, &coherent, limits);
	return decide(out, &reasons, c->limits);
}
