/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who looks for holes in web servers. docs/detection.md, "HTTP bot": many different paths that are not there, paths that only
 * such programs ask for, many servers with a few requests each. Response classes are exact; paths, probes and servers are
 * what was heard (user/web_facts.h), and without that there is no verdict: a program that polls one dead address fails as
 * often.
 */
#include <math.h>
#include <stdio.h>

#include "hll.h"
#include "judge_private.h"

#define FAMILY_COUNTS 1.0
#define CONFIRM_WINDOWS 2u
#define CONCERNS 5u	     /* 4xx responses in all, before a host is looked at */
#define NOT_FOUND_SHARE 0.5  /* of the paths asked for, at least */
#define HEARD_MIN 12.0	     /* paths not found, before they stand for those that were not heard */
#define HEARD_DIFFERENT 0.75 /* of what was not found: a path of its own; a sketch is 11 % off */
#define MANNERS_REQUESTS 30u /* before what they lack says anything */
#define MANNERS_BARE 0.95
#define MANNERS_DRESSED 0.5

static const struct {
	const char *rule;
	double floor, cap; /* nats */
	bool is_level;
} families[GP_HTTP_BOT_FAMILIES] = {
	[GP_HTTP_BOT_FAILED] = {"http.failed", -4, 6, false},
	[GP_HTTP_BOT_PATHS] = {"http.paths", 0, 4, true},
	[GP_HTTP_BOT_PROBES] = {"http.probes", 0, 6, false},
	[GP_HTTP_BOT_SERVERS] = {"http.servers", 0, 3, true},
	[GP_HTTP_BOT_MANNERS] = {"http.manners", -1, 0.7, true},
	[GP_HTTP_BOT_DECLARED] = {"http.declared", -4, 0, true},
	[GP_HTTP_BOT_BEACON] = {"http.beacon", 0, 2, true},
};

static struct gp_http_bot_news news_of(const struct gp_case *c)
{
	const struct gp_http_count *http = &c->host->http;
	struct gp_http_bot_news now = {
		.failed = http->responses[4],
		.succeeded = http->responses[2] + http->responses[3],
		.without_cookie = http->without_cookie,
		.without_referrer = http->without_referrer,
	};

	for (int i = 0; i < GP_HTTP_METHODS; i++)
		now.requests += http->requests[i];
	if (!c->web)
		return now;
	now.heads = c->web->requests;
	now.not_found = c->web->not_found;
	now.probes = c->web->probes;
	now.declared = c->web->declared_robot;
	now.robots_txt = c->web->robots_txt;
	now.generation = c->web->generation;
	now.servers = gp_hll_estimate(&c->web->servers);
	now.paths = gp_hll_estimate(&c->web->paths);
	now.beacon = c->web->beacon.score;
	now.prevalence = c->web->beacon_prevalence;
	return now;
}

bool gp_http_bot_concerns(const struct gp_host *host)
{
	return host->http.responses[4] >= CONCERNS;
}

static double more(__u32 now, __u32 before)
{
	return (double)(__s32)(now - before);
}

/* Distinct paths that were not there, at least: all that were asked for, less those that were answered otherwise. */
static double paths_missed(const struct gp_http_bot_news *now)
{
	double found = (double)now->heads - now->not_found;

	return fmin(now->not_found, now->paths - fmin(found, now->paths));
}

/*
 * Only some requests are heard (evidence.flows). Where nearly each of them asks for another path, the others do as well: of
 * 20 heard, who asks for 15 dead addresses over and over shows 11. That is the first step, and no further one.
 */
static double paths_weight(const struct gp_http_bot_news *now, const struct gp_http_bot_limits *l)
{
	double missed = paths_missed(now), weight;

	if (now->not_found < NOT_FOUND_SHARE * now->heads)
		return 0;
	weight = 2 * (missed >= l->min_paths) + (missed >= 3 * l->min_paths) + (missed >= 10 * l->min_paths);
	if (missed >= HEARD_MIN && missed >= HEARD_DIFFERENT * now->not_found && now->failed >= l->min_paths)
		weight = fmax(weight, 2);
	return weight;
}

static double servers_weight(const struct gp_http_bot_news *now, const struct gp_http_bot_limits *l)
{
	if (now->not_found < NOT_FOUND_SHARE * now->heads || now->heads > l->per_server * now->servers)
		return 0;
	return 2 * (now->servers >= l->min_servers) + (now->servers >= 5 * l->min_servers);
}

/* Browsers send cookies and say where they come from; what does neither need not be a bot. */
static double manners_weight(const struct gp_http_bot_news *now)
{
	double bare = fmin(now->without_cookie, now->without_referrer);

	if (now->requests < MANNERS_REQUESTS)
		return 0;
	if (bare >= MANNERS_BARE * now->requests)
		return families[GP_HTTP_BOT_MANNERS].cap;
	return bare < MANNERS_DRESSED * now->requests ? families[GP_HTTP_BOT_MANNERS].floor : 0;
}

static double declared_weight(const struct gp_http_bot_news *now, const struct gp_http_bot_limits *l)
{
	return -(now->heads && 2 * now->declared >= now->heads ? l->declared : 0) - (now->robots_txt ? 1 : 0);
}

/* Clocks, updates and monitors are as regular: it decides nothing (may_suspect, is_strong). */
static double beacon_weight(const struct gp_http_bot_news *now, const struct gp_http_bot_limits *l)
{
	return now->beacon >= l->beacon_score && now->prevalence <= l->beacon_prevalence ? l->beacon : 0;
}

static double level_of(enum gp_http_bot_family family, const struct gp_http_bot_news *now,
		       const struct gp_http_bot_limits *l)
{
	switch (family) {
	case GP_HTTP_BOT_PATHS:
		return paths_weight(now, l);
	case GP_HTTP_BOT_SERVERS:
		return servers_weight(now, l);
	case GP_HTTP_BOT_MANNERS:
		return manners_weight(now);
	case GP_HTTP_BOT_BEACON:
		return beacon_weight(now, l);
	default:
		return declared_weight(now, l);
	}
}

static void weigh_families(struct gp_http_bot_state *s, const struct gp_case *c, const struct gp_http_bot_news *now,
			   double fade)
{
	const struct gp_http_bot_limits *l = &c->limits->http_bot;
	bool is_same = now->generation == s->seen.generation;
	double failed = more(now->failed, s->seen.failed), succeeded = more(now->succeeded, s->seen.succeeded);
	double gain[GP_HTTP_BOT_FAMILIES] = {
		[GP_HTTP_BOT_FAILED] = l->failed * fmax(0, failed - l->allowed) - l->succeeded * succeeded,
		[GP_HTTP_BOT_PROBES] = l->probe * more(now->probes, is_same ? s->seen.probes : 0),
	};

	s->failed = s->failed * fade + failed;
	s->outcomes = s->outcomes * fade + failed + succeeded;
	for (int i = 0; i < GP_HTTP_BOT_FAMILIES; i++) {
		double weight = families[i].is_level ? level_of((enum gp_http_bot_family)i, now, l) :
						       s->weight[i] * fade + gain[i];

		if (i == GP_HTTP_BOT_FAILED && s->failed < l->failed_share * s->outcomes)
			weight = fmin(weight, 0);
		s->weight[i] = fmax(families[i].floor, fmin(families[i].cap, weight));
	}
}

static bool counts(const struct gp_http_bot_state *s, enum gp_http_bot_family family)
{
	return s->weight[family] >= FAMILY_COUNTS;
}

/*
 * Paths that are not there are also the pieces of a stream or a map that is gone: but of one server, none a probe, and a
 * piece every few seconds.
 */
static bool asks_around(const struct gp_http_bot_state *s, double failed, const struct gp_http_bot_limits *l)
{
	return counts(s, GP_HTTP_BOT_PATHS) &&
	       (s->weight[GP_HTTP_BOT_PROBES] > 0 || counts(s, GP_HTTP_BOT_SERVERS) || failed >= l->fast);
}

/* A level stays as long as nothing is forgotten; with nothing new it fades like the rest. */
static void fade_only(struct gp_http_bot_state *s, double fade)
{
	for (int i = 0; i < GP_HTTP_BOT_FAMILIES; i++)
		s->weight[i] *= fade;
	s->failed *= fade;
	s->outcomes *= fade;
}

void gp_http_bot_weigh(struct gp_http_bot_state *s, const struct gp_case *c, __u64 now_ns)
{
	struct gp_standing_limits limits = gp_standing_limits(c->limits);
	struct gp_http_bot_news now = news_of(c);
	bool is_new = now.failed != s->seen.failed || now.succeeded != s->seen.succeeded ||
		      now.probes != s->seen.probes || now.requests != s->seen.requests;
	double fade = gp_fade(c->limits, s->weighed_ns, now_ns);
	double failed;
	struct gp_opinion opinion;
	bool is_strong, grown, changed;

	if (is_new)
		weigh_families(s, c, &now, fade);
	else
		fade_only(s, fade);
	failed = more(now.failed, s->seen.failed);
	s->seen = now;
	s->weighed_ns = now_ns;
	opinion = (struct gp_opinion){
		.score = gp_weights_total(s->weight, GP_HTTP_BOT_FAMILIES),
		/* What was asked for must speak: failures alone are what a poll of a dead address has. */
		.may_suspect = c->verified && (counts(s, GP_HTTP_BOT_PROBES) || asks_around(s, failed, &c->limits->http_bot)),
		.contacts = now.requests,
	};
	is_strong = opinion.score >= c->limits->confirm_score && opinion.may_suspect && counts(s, GP_HTTP_BOT_FAILED) &&
		    counts(s, GP_HTTP_BOT_PATHS);
	if (is_new)
		s->windows = is_strong ? s->windows + 1 : 0;
	opinion.may_confirm = s->windows >= CONFIRM_WINDOWS;
	grown = opinion.score > gp_weights_total(s->shown, GP_HTTP_BOT_FAMILIES);
	changed = gp_standing_step(&s->standing, &limits, &opinion, now_ns);
	if (changed && gp_standing_calm(&s->standing))
		s->windows = 0; /* another episode is confirmed by windows of its own */
	if (!changed && !grown)
		return;
	s->shown_news = now;
	for (int i = 0; i < GP_HTTP_BOT_FAMILIES; i++)
		s->shown[i] = s->weight[i];
}

static void add_reasons(struct gp_finding *out, const double *weight, const struct gp_http_bot_news *n)
{
	/* A sketch is 11 % off, and no more servers were asked than requests were heard. */
	double servers = fmin(n->servers, n->heads);
	struct gp_evidence *e;

	e = gp_evidence_add(out, families[GP_HTTP_BOT_FAILED].rule, weight[GP_HTTP_BOT_FAILED],
			    "Web servers answered %u of its requests with an error of the client and %u without", n->failed,
			    n->succeeded);
	gp_evidence_observe(e, "responses_4xx", n->failed);
	gp_evidence_observe(e, "responses_2xx_3xx", n->succeeded);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_PATHS].rule, weight[GP_HTTP_BOT_PATHS],
			    "It asked for about %.0f different paths, of which about %.0f were not there",
			    fmin(n->paths, n->heads), paths_missed(n));
	gp_evidence_observe(e, "distinct_paths", round(fmin(n->paths, n->heads)));
	gp_evidence_observe(e, "not_found", n->not_found);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_PROBES].rule, weight[GP_HTTP_BOT_PROBES],
			    "%u of its requests %s such as only programs that look for holes make", n->probes,
			    n->probes == 1 ? "is" : "are");
	gp_evidence_observe(e, "probes", n->probes);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_SERVERS].rule, weight[GP_HTTP_BOT_SERVERS],
			    "It asked about %.0f web server%s, with %.1f requests each", servers, gp_plural(servers),
			    n->heads / fmax(1, servers));
	gp_evidence_observe(e, "servers", round(servers));
	gp_evidence_observe(e, "requests", n->heads);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_MANNERS].rule, weight[GP_HTTP_BOT_MANNERS],
			    "Of %u requests %u bore no cookie and %u did not say where they came from", n->requests,
			    n->without_cookie, n->without_referrer);
	gp_evidence_observe(e, "requests", n->requests);
	gp_evidence_observe(e, "without_cookie", n->without_cookie);
	gp_evidence_observe(e, "without_referrer", n->without_referrer);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_DECLARED].rule, weight[GP_HTTP_BOT_DECLARED],
			    "It said in %u of %u requests that it is a robot, and asked for robots.txt %u time%s", n->declared,
			    n->heads, n->robots_txt, gp_plural(n->robots_txt));
	gp_evidence_observe(e, "declared", n->declared);
	gp_evidence_observe(e, "robots_txt", n->robots_txt);
	e = gp_evidence_add(out, families[GP_HTTP_BOT_BEACON].rule, weight[GP_HTTP_BOT_BEACON],
			    "It calls one server as regularly as a clock, which %.1f %% of the others ask", 100 * n->prevalence);
	gp_evidence_observe(e, "beacon_score", round(1000 * n->beacon) / 1000);
	gp_evidence_observe(e, "prevalence", n->prevalence);
}

/* What is only suspected is not stated; of a host outside its network's operator is told, not a subscriber. */
static void write_sentence(struct gp_finding *out, const struct gp_http_bot_news *n, bool inside)
{
	double pages = paths_missed(n);
	char probes[96] = "";

	if (n->probes)
		snprintf(probes, sizeof(probes), ", and made %u request%s as only programs that look for security holes do",
			 n->probes, gp_plural(n->probes));
	snprintf(out->sentence, sizeof(out->sentence), "%s asked %s for %.0f page%s that do%s not exist%s; %s.",
		 inside ? "A device on this line" : "This address", inside ? "web servers" : "web servers of this network", pages,
		 gp_plural(pages), *gp_plural(pages) ? "" : "es", probes,
		 out->verdict == GP_VERDICT_CONFIRMED ? "a program there looks for holes to break in by" :
							"this may be a program that looks for holes to break in by");
}

static void tell(struct gp_finding *out, const struct gp_http_bot_state *s, const double *weight,
		 const struct gp_http_bot_news *n, const struct gp_case *c)
{
	out->kind = GP_KIND_HTTP_BOT;
	out->verdict = gp_standing_verdict(&s->standing);
	out->source_verified = c->verified;
	out->standing = s->standing;
	out->sample = c->web ? c->web->sample : c->host->samples[GP_SAMPLE_CONTACT];
	add_reasons(out, weight, n);
	write_sentence(out, n, c->inside);
	gp_finding_close(out, c->limits);
}

void gp_http_bot_opinion(struct gp_finding *out, const struct gp_http_bot_state *s, const struct gp_case *c)
{
	tell(out, s, s->weight, &s->seen, c);
}

bool gp_http_bot_finding(struct gp_finding *out, const struct gp_http_bot_state *s, const struct gp_case *c)
{
	if (gp_standing_verdict(&s->standing) == GP_VERDICT_NONE || c->host->role == GP_ROLE_INFRASTRUCTURE)
		return false;
	tell(out, s, s->shown, &s->shown_news, c);
	return true;
}
