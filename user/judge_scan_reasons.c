/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a scanner: the walk's reasons, and the sentence for its owner. docs/detection.md, 8 and 11. */
#include <math.h>
#include <stdio.h>

#include "hll.h"
#include "judge_private.h"

#define STEP_NATS 1.3862943611198906 /* ln 4 = ln(.8 / .2): what one failure tells (Jung et al. 2004) */
#define OPEN_NATS (STEP_NATS / 2)    /* an attempt that is still open */
#define SCORE_CAP 16.0		     /* nats */
#define TOOL_MARKS 3u		     /* so many are no chance */
#define TOOL_NATS 2.0

double gp_alarm_score(const struct gp_alarm *alarm)
{
	return fmin(SCORE_CAP, STEP_NATS * (double)gp_walk_height(&alarm->at) + OPEN_NATS * (double)alarm->in_flight);
}

/* What a walk is called in reports, and what it means in words. */
static const struct {
	const char *rule;
	const char *what;
} walk_names[GP_WALKS] = {
	[GP_WALK_HIGH] = {"scan.high", "new addresses on ports where nobody in particular listens"},
	[GP_WALK_SERVICE] = {"scan.service", "new addresses on ports of well-known services"},
	[GP_WALK_WATCHED] = {"scan.watched", "new addresses on mail and web ports"},
	[GP_WALK_ENDPOINT] = {"scan.endpoint", "new address and port pairs"},
	[GP_WALK_LISTENING] = {"scan.listening", "new addresses on service, mail and web ports"},
};

static void add_reasons(struct gp_finding *out, const struct gp_alarm *alarm, const struct gp_host *host)
{
	double failed = (double)alarm->at.failed, answered = (double)alarm->at.answered;
	double half = (double)alarm->at.half_open, open = (double)alarm->in_flight;
	double score = STEP_NATS * (failed - answered + 2 * half) + OPEN_NATS * open;
	double scale = score > SCORE_CAP ? SCORE_CAP / score : 1;
	/* A sketch is 13 % off, and never more were asked than attempts were made. */
	double addresses = fmin(alarm->addresses, failed + answered + open);
	double ports = fmin(alarm->ports, failed + answered + open);
	const char *what = walk_names[alarm->walk].what;
	struct gp_evidence *e;

	if (alarm->at.failed) {
		e = gp_evidence_add(out, walk_names[alarm->walk].rule, scale * STEP_NATS * failed,
				    "It tried to reach %s %.0f time%s, %.0f without an answer (new to it: addresses "
				    "about %.0f, ports %.0f)", what, failed + answered, gp_plural(failed + answered), failed,
				    addresses, ports);
		gp_evidence_observe(e, "failed", failed);
		gp_evidence_observe(e, "first_contacts", failed + answered);
		gp_evidence_observe(e, "distinct_addresses", round(addresses));
		gp_evidence_observe(e, "distinct_ports", round(ports));
	}
	if (alarm->open) {
		e = gp_evidence_add(out, "scan.open", scale * OPEN_NATS * open,
				    "It has just tried to reach %s %.0f time%s, and none has answered yet", what, open,
				    gp_plural(open));
		gp_evidence_observe(e, "open", open);
		gp_evidence_observe(e, "distinct_addresses", round(addresses));
		gp_evidence_observe(e, "distinct_ports", round(ports));
	}
	if (half > 0) {
		e = gp_evidence_add(out, "scan.half_open", scale * STEP_NATS * 2 * half,
				    "It broke off %.0f connection%s as soon as answered", half, gp_plural(half));
		gp_evidence_observe(e, "half_open", half);
		gp_evidence_observe(e, "resets_sent", host->rst);
	}
	if (answered > 0) {
		e = gp_evidence_add(out, "scan.answered", scale * STEP_NATS * -answered,
				    "Of %.0f first contact%s %.0f %s answered", failed + answered, gp_plural(failed + answered),
				    answered, answered == 1 ? "was" : "were");
		gp_evidence_observe(e, "answered", answered);
		gp_evidence_observe(e, "first_contacts", failed + answered);
	}
}

/* 6. Marks that tools leave in the packets that they build; a chance hit is no mark. */
static void add_tool(struct gp_finding *out, const struct gp_facts *facts)
{
	__u64 heard = 0, most = 0;
	unsigned int best = GP_TOOL_NONE;
	struct gp_evidence *e;

	for (unsigned int tool = 0; facts && tool < GP_TOOLS; tool++) {
		heard += facts->tools[tool];
		if (tool != GP_TOOL_NONE && facts->tools[tool] > most) {
			most = facts->tools[tool];
			best = tool;
		}
	}
	if (most < TOOL_MARKS || 2 * most < heard)
		return;
	e = gp_evidence_add(out, "scan.tool", TOOL_NATS, "Of %llu connection attempts that were looked at, %llu bear the mark of %s",
			    (unsigned long long)heard, (unsigned long long)most, gp_tool_name(best));
	gp_evidence_observe(e, "marked", (double)most);
	gp_evidence_observe(e, "heard", (double)heard);
}

/*
 * Numbers and fixed words only; no jargon. What is only suspected is not stated, and of a host outside its network's operator is
 * told, not a subscriber.
 */
static void write_sentence(struct gp_finding *out, const struct gp_alarm *alarm, const struct gp_case *c)
{
	double tried = (double)(alarm->at.failed + alarm->at.answered + alarm->in_flight);
	double failed = (double)(alarm->at.failed + alarm->in_flight);
	double ports = fmin(alarm->ports, tried), addresses = fmin(alarm->addresses, tried);
	const char *who = c->inside ? "A device on this line" : "This address";
	bool sure = out->verdict == GP_VERDICT_CONFIRMED;

	if (alarm->walk == GP_WALK_ENDPOINT)
		snprintf(out->sentence, sizeof(out->sentence),
			 "%s has tried about %.0f door%s of a few computers %s, and %.0f of %.0f attempt%s had no answer; %s.", who,
			 ports, gp_plural(ports), c->inside ? "on the Internet" : "in this network", failed, tried, gp_plural(tried),
			 sure ? "a program there looks for a way in" : "this may be a program that looks for a way in");
	else
		snprintf(out->sentence, sizeof(out->sentence),
			 "%s has called on about %.0f computer%s %s that it did not know, and %.0f of %.0f attempt%s had no answer; %s.",
			 who, addresses, gp_plural(addresses), c->inside ? "on the Internet" : "in this network", failed, tried,
			 gp_plural(tried),
			 sure ? "a program there looks for victims" : "this may be a program that looks for victims");
}

static bool is_of_walk(enum gp_walk_kind walk, int class)
{
	return walk == GP_WALK_ENDPOINT || (int)walk == class || (walk == GP_WALK_LISTENING && class != GP_SCAN_HIGH);
}

/*
 * The data plane keeps the host's first attempt, which may have been any. It is an example where nothing was ever answered, and
 * all was of the walk's ports; else none is known.
 */
static struct gp_sample sample_of(const struct gp_alarm *alarm, const struct gp_host *host)
{
	__u32 others = 0;

	for (int service = 0; service < GP_SERVICES; service++)
		others += host->services[service].answered;
	for (unsigned int ring = 0; ring < GP_SLICES; ring++) {
		for (int class = 0; class < GP_SCAN_ENDPOINT; class++)
			others += is_of_walk(alarm->walk, class) ? 0 : host->scan.attempts[class][ring];
	}
	if (others)
		return (struct gp_sample){0};
	return host->samples[GP_SAMPLE_CONTACT];
}

static void tell(struct gp_finding *out, const struct gp_scan_state *scan, const struct gp_alarm *alarm,
		 const struct gp_case *c)
{
	out->kind = GP_KIND_SCANNER;
	out->verdict = gp_standing_verdict(&scan->standing);
	out->source_verified = c->verified;
	out->sample = sample_of(alarm, c->host);
	out->standing = scan->standing;
	add_reasons(out, alarm, c->host);
	add_tool(out, c->facts);
	gp_known_bad_evidence(out, c);
	write_sentence(out, alarm, c);
	gp_finding_close(out, c->limits);
}

bool gp_scan_finding(struct gp_finding *out, const struct gp_scan_state *scan, const struct gp_case *c)
{
	enum gp_verdict verdict = gp_standing_verdict(&scan->standing);

	if (verdict == GP_VERDICT_NONE || (gp_scan_highest(c) == GP_VERDICT_NONE && verdict != GP_VERDICT_CONFIRMED))
		return false;
	tell(out, scan, &scan->alarm, c);
	return true;
}

void gp_scan_opinion(struct gp_finding *out, const struct gp_scan_state *scan, const struct gp_case *c)
{
	struct gp_alarm best = {.walk = GP_WALK_HIGH};

	for (int kind = 0; kind < GP_WALKS; kind++) {
		if (gp_walk_height(&scan->walks[kind]) > gp_walk_height(&best.at))
			best = (struct gp_alarm){.walk = (enum gp_walk_kind)kind, .at = scan->walks[kind]};
	}
	if (scan->alarm.open)
		best = scan->alarm;
	best.addresses = fmin(best.at.addresses, fmax(0, (double)(best.at.failed + best.at.answered)));
	best.ports = fmax(0, gp_hll_estimate(&c->host->ports) - best.at.ports);
	tell(out, scan, &best, c);
}
