/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who floods an address with SYNs. docs/detection.md, "DDoS source": thousands of SYNs within a slice, next to none answered,
 * to what the host had asked before. A scan asks new addresses or new ports; a busy proxy is answered; so is a load
 * test.
 */
#include <math.h>
#include <stdio.h>

#include "judge_private.h"

#define NEW_MIN 16.0	/* first contacts within a slice that any host may make besides */
#define PAIRS_PER_NEW 10 /* pairs of address and port may be so many times as many */

/* Per slice of flood; so the third makes a suspect and the fourth what confirms. */
static const struct {
	const char *rule;
	double gain, cap; /* nats */
} families[GP_FLOOD_FAMILIES] = {
	[GP_FLOOD_RATE] = {"flood.rate", 2, 8},
	[GP_FLOOD_SILENCE] = {"flood.silence", 1, 3},
	[GP_FLOOD_TARGET] = {"flood.target", 1, 2},
};

struct gp_flood_count gp_flood_count_of(const struct gp_host *host)
{
	struct gp_flood_count count = {.syn = __atomic_load_n(&host->syn, __ATOMIC_RELAXED)};

	for (int i = 0; i < GP_SERVICES; i++)
		count.answered += host->services[i].answered;
	for (unsigned int ring = 0; ring < GP_SLICES; ring++) {
		for (int class = 0; class < GP_SCAN_ENDPOINT; class++)
			count.contacts += host->scan.attempts[class][ring];
		count.endpoints += host->scan.attempts[GP_SCAN_ENDPOINT][ring];
	}
	return count;
}

struct gp_flood_count gp_flood_more(const struct gp_flood_count *now, const struct gp_flood_count *seen)
{
	return (struct gp_flood_count){
		.syn = now->syn - seen->syn,
		.answered = now->answered - seen->answered,
		.contacts = now->contacts - seen->contacts,
		.endpoints = now->endpoints - seen->endpoints,
	};
}

bool gp_flood_is(const struct gp_flood_count *more, double seconds, const struct gp_flood_limits *limits)
{
	double syn = more->syn;

	return syn >= limits->syn_per_s * seconds && more->answered < limits->answered_share * syn &&
	       more->contacts <= fmax(NEW_MIN, limits->new_share * syn) &&
	       more->endpoints <= PAIRS_PER_NEW * fmax(NEW_MIN, limits->new_share * syn);
}

void gp_flood_slice(struct gp_flood_state *state, const struct gp_flood_count *more, double seconds,
		    const struct gp_flood_limits *limits)
{
	state->row++;
	state->fresh++;
	state->syns += more->syn;
	if (state->row >= limits->slices)
		state->sustained = true;
	if (more->syn / seconds <= state->worst_per_s)
		return;
	state->worst = *more;
	state->worst_per_s = more->syn / seconds;
}

void gp_flood_weigh(struct gp_flood_state *s, const struct gp_case *c, __u64 now_ns)
{
	struct gp_standing_limits limits = gp_standing_limits(c->limits);
	double fade = gp_fade(c->limits, s->weighed_ns, now_ns);
	struct gp_opinion opinion;
	bool grown;

	for (int i = 0; i < GP_FLOOD_FAMILIES; i++)
		s->weight[i] = fmin(families[i].cap, s->weight[i] * fade + families[i].gain * s->fresh);
	opinion = (struct gp_opinion){
		.score = gp_weights_total(s->weight, GP_FLOOD_FAMILIES),
		/* Who receives more answers than it asked for is reflected at: its own SYNs may be forged. */
		.may_suspect = s->sustained && c->verified && c->host->backscatter <= c->host->syn,
		.may_confirm = c->trusted,
		.contacts = s->syns,
	};
	grown = opinion.score > gp_weights_total(s->shown, GP_FLOOD_FAMILIES);
	if (gp_standing_step(&s->standing, &limits, &opinion, now_ns) || grown)
		for (int i = 0; i < GP_FLOOD_FAMILIES; i++)
			s->shown[i] = s->weight[i];
	s->fresh = 0;
	s->sustained = s->row >= c->limits->flood.slices;
	s->weighed_ns = now_ns;
}

static void tell(struct gp_finding *out, const struct gp_flood_state *s, const double *weight, const struct gp_case *c)
{
	struct gp_evidence *e;

	out->kind = GP_KIND_DDOS_SOURCE;
	out->verdict = gp_standing_verdict(&s->standing);
	out->source_verified = c->verified;
	out->standing = s->standing;
	out->sample = c->host->samples[GP_SAMPLE_CONTACT];
	e = gp_evidence_add(out, families[GP_FLOOD_RATE].rule, weight[GP_FLOOD_RATE],
			    "It sent up to %.0f connection attempts per second", s->worst_per_s);
	gp_evidence_observe(e, "syn_per_s", round(s->worst_per_s));
	gp_evidence_observe(e, "syn", s->worst.syn);
	e = gp_evidence_add(out, families[GP_FLOOD_SILENCE].rule, weight[GP_FLOOD_SILENCE],
			    "Of %u attempts within four seconds %u were answered", s->worst.syn, s->worst.answered);
	gp_evidence_observe(e, "syn", s->worst.syn);
	gp_evidence_observe(e, "answered", s->worst.answered);
	e = gp_evidence_add(out, families[GP_FLOOD_TARGET].rule, weight[GP_FLOOD_TARGET],
			    "They went to what it had asked before: %u address%s among them %s new", s->worst.contacts,
			    s->worst.contacts == 1 ? "" : "es", s->worst.contacts == 1 ? "was" : "were");
	gp_evidence_observe(e, "new_addresses", s->worst.contacts);
	gp_evidence_observe(e, "new_endpoints", s->worst.endpoints);
	snprintf(out->sentence, sizeof(out->sentence),
		 "A device on this line sent up to %.0f connection attempts per second to the same place; %s.", s->worst_per_s,
		 out->verdict == GP_VERDICT_CONFIRMED ? "it takes part in an attack" : "it may be made to take part in an attack");
	gp_finding_close(out, c->limits);
}

void gp_flood_opinion(struct gp_finding *out, const struct gp_flood_state *s, const struct gp_case *c)
{
	tell(out, s, s->weight, c);
}

bool gp_flood_finding(struct gp_finding *out, const struct gp_flood_state *s, const struct gp_case *c)
{
	if (gp_standing_verdict(&s->standing) == GP_VERDICT_NONE || c->host->role == GP_ROLE_INFRASTRUCTURE ||
	    c->one_direction)
		return false;
	tell(out, s, s->shown, c);
	return true;
}
