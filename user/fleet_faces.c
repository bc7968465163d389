// SPDX-License-Identifier: GPL-2.0-or-later
/* How the addresses of a range speak, next to everybody else. docs/detection.md, 13.3; the numbers are shared. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#include "judge_fleet.h"

#define TABLE_SIZE 32768u /* different faces of the box, a power of two; more are counted in the total only */
#define TABLE_FULL (TABLE_SIZE / 4 * 3)
#define PROFILE_FACES 48u /* different faces of one unit; more are counted in the total only */
#define PRIOR_VOTES 10.0  /* that everybody starts with */
#define PRIOR_SHARE 0.2	  /* of these, for any face: a common one */
#define MIN_VOTERS 5.0	  /* addresses */
#define MIN_KNOWN 0.25	  /* of the addresses in use */
#define MOSTLY 0.9	  /* of the votes: what a group shows. A region's people share their favourites, but not so */
#define LIKENESS 8.0	  /* neighbours are no independent draws: however many votes, they count as so many at most */
#define RARE 0.05	  /* of the votes: rarer faces are taken together */

struct vote {
	__u64 hash;
	double weight; /* 0: no entry */
};

struct table {
	struct vote votes[TABLE_SIZE];
	__u32 used;
	double total;
};

struct gp_background {
	struct table faces[GP_FACES];
};

/* The faces of one group: a vote per address, shared out among what it showed. */
struct profile {
	struct vote votes[PROFILE_FACES];
	__u32 used;
	double voters;
};

int gp_background_open(struct gp_background **out)
{
	*out = malloc(sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void gp_background_close(struct gp_background *background)
{
	free(background);
}

static const struct gp_fact_slots *slots_of(const struct gp_facts *facts, enum gp_face face)
{
	switch (face) {
	case GP_FACE_SIGNATURE:
		return &facts->signature;
	case GP_FACE_JA4:
		return &facts->ja4;
	case GP_FACE_USER_AGENT:
		return &facts->user_agent;
	default:
		return &facts->dialect;
	}
}

static void profile_add(struct profile *p, __u64 hash, double weight)
{
	__u32 i = 0;

	while (i < p->used && p->votes[i].hash != hash)
		i++;
	if (i == PROFILE_FACES)
		return;
	if (i == p->used)
		p->votes[p->used++] = (struct vote){.hash = hash};
	p->votes[i].weight += weight;
}

static __u64 most_frequent(const struct gp_fact_slots *slots)
{
	__u32 most = 0;

	for (__u32 i = 1; i < slots->used; i++) {
		if (slots->of[i].count > slots->of[most].count)
			most = i;
	}
	return slots->of[most].hash;
}

static void profile_host(struct profile *p, const struct gp_facts *facts, enum gp_face face)
{
	const struct gp_fact_slots *slots = facts ? slots_of(facts, face) : NULL;
	double total = 0;

	for (__u32 i = 0; slots && i < slots->used; i++)
		total += (double)slots->of[i].count;
	if (total <= 0)
		return;
	p->voters++;
	/* How a mail ends is part of its dialect, and depends on the server: its most frequent one is the sender's. */
	if (face == GP_FACE_DIALECT) {
		profile_add(p, most_frequent(slots), 1);
		return;
	}
	for (__u32 i = 0; i < slots->used; i++)
		profile_add(p, slots->of[i].hash, (double)slots->of[i].count / total);
}

static void profile_group(struct profile *p, const struct gp_fleet_group *group, enum gp_trade trade, enum gp_face face)
{
	p->used = 0;
	p->voters = 0;
	for (__u32 i = 0; i < group->count; i++) {
		if (group->hosts[i].flows[trade])
			profile_host(p, group->hosts[i].facts, face);
	}
}

/* A face's place: its own, or the free one where it belongs. */
static struct vote *vote_of(struct table *t, __u64 hash)
{
	for (__u64 i = gp_mix(1, hash);; i++) {
		struct vote *vote = &t->votes[i & (TABLE_SIZE - 1)];

		if (vote->weight <= 0 || vote->hash == hash)
			return vote;
	}
}

static double share_of(const struct table *t, __u64 hash)
{
	for (__u64 i = gp_mix(1, hash);; i++) {
		const struct vote *vote = &t->votes[i & (TABLE_SIZE - 1)];

		if (vote->weight <= 0 || vote->hash == hash)
			return vote->weight;
	}
}

/* A profile's addresses have one vote together. */
static void count_profile(struct table *t, const struct profile *p)
{
	if (p->voters <= 0)
		return;
	t->total++;
	for (__u32 i = 0; i < p->used; i++) {
		struct vote *vote = vote_of(t, p->votes[i].hash);

		if (vote->weight <= 0 && t->used == TABLE_FULL)
			continue;
		t->used += vote->weight <= 0;
		vote->hash = p->votes[i].hash;
		vote->weight += p->votes[i].weight / p->voters;
	}
}

static bool has_trade(const struct gp_host *host, enum gp_trade trade)
{
	switch (trade) {
	case GP_TRADE_WEB:
		return host->services[GP_SERVICE_HTTP].confirmed || host->services[GP_SERVICE_TLS].confirmed;
	case GP_TRADE_MAILBOX:
		return host->services[GP_SERVICE_MAILBOX].confirmed;
	default:
		return host->services[GP_SERVICE_SMTP].confirmed;
	}
}

static void count_inside(struct gp_background *b, enum gp_trade trade, const struct gp_world *world,
			 const struct gp_host_facts *facts)
{
	for (__u32 id = 0; id < gp_world_inside_count(world); id++) {
		const struct gp_host *host = gp_world_host(world, id);
		const struct gp_facts *known = host && has_trade(host, trade) ? gp_host_facts_get(facts, &host->addr) : NULL;

		for (int face = 0; known && face < GP_FACES; face++) {
			struct profile p = {.used = 0};

			profile_host(&p, known, (enum gp_face)face);
			count_profile(&b->faces[face], &p);
		}
	}
}

void gp_background_count(struct gp_background *b, enum gp_trade trade, const struct gp_fleet_host *hosts, __u32 count,
			 const struct gp_world *world, const struct gp_host_facts *facts)
{
	memset(b, 0, sizeof(*b));
	if (!facts)
		return;
	count_inside(b, trade, world, facts);
	for (__u32 from = 0, n; from < count; from += n) {
		struct gp_fleet_group unit = {.hosts = hosts + from};

		n = gp_fleet_neighbours(hosts + from, count - from, gp_fleet_unit_bits(&hosts[from].addr));
		unit.count = n;
		for (int face = 0; face < GP_FACES; face++) {
			struct profile p;

			profile_group(&p, &unit, trade, (enum gp_face)face);
			count_profile(&b->faces[face], &p);
		}
	}
}

/* The votes of a group's units in the background: they are no witnesses of what is usual elsewhere. */
static double own_votes(struct profile *own, const struct gp_fleet_group *group, enum gp_trade trade, enum gp_face face)
{
	double units = 0;

	for (__u32 from = 0, n; from < group->count; from += n) {
		struct gp_fleet_group unit = {.hosts = group->hosts + from};
		struct profile p;

		n = gp_fleet_neighbours(unit.hosts, group->count - from, gp_fleet_unit_bits(&unit.hosts->addr));
		unit.count = n;
		profile_group(&p, &unit, trade, face);
		units += p.voters > 0;
		for (__u32 i = 0; i < p.used; i++)
			profile_add(own, p.votes[i].hash, p.votes[i].weight / p.voters);
	}
	return units;
}

static double weight_in(const struct profile *p, __u64 hash)
{
	for (__u32 i = 0; i < p->used; i++) {
		if (p->votes[i].hash == hash)
			return p->votes[i].weight;
	}
	return 0;
}

/* Is this face part of what is judged? The dialect is that of mail, the program that of the web. */
static bool belongs(enum gp_face face, enum gp_trade trade, bool agents)
{
	switch (face) {
	case GP_FACE_USER_AGENT:
		return trade == GP_TRADE_WEB && agents;
	case GP_FACE_DIALECT:
		return trade == GP_TRADE_MAIL;
	default:
		return true;
	}
}

/* The share of everybody else's votes that a face has. */
static double background_of(const struct table *t, const struct profile *own, double own_units, __u64 hash)
{
	double votes = fmax(0, share_of(t, hash) - weight_in(own, hash));

	return (votes + PRIOR_VOTES * PRIOR_SHARE) / (fmax(0, t->total - own_units) + PRIOR_VOTES);
}

/*
 * The faces of a profile that are frequent, each with its background; then one for all the others.
 *
 * Return: how many of the shares are frequent faces. @total: out, of all.
 */
static size_t take_shares(struct gp_share *shares, size_t *total, const struct profile *all, const struct table *t,
			  const struct profile *own, double own_units)
{
	double scale = LIKENESS / (LIKENESS + all->voters), rest = all->voters, background = 1;
	size_t count = 0;

	for (__u32 i = 0; i < all->used; i++) {
		if (all->votes[i].weight < fmax(2, RARE * all->voters))
			continue;
		shares[count].count = scale * all->votes[i].weight;
		shares[count].background = background_of(t, own, own_units, all->votes[i].hash);
		background -= shares[count].background;
		rest -= all->votes[i].weight;
		count++;
	}
	*total = count;
	if (rest > 1e-6)
		shares[(*total)++] = (struct gp_share){.count = scale * rest, .background = fmax(background, RARE)};
	return count;
}

/* The most frequent face: how many show it, here and elsewhere. */
static void take_most(struct gp_coherent *out, const struct gp_share *shares, size_t count, double total)
{
	for (size_t i = 0; i < count; i++) {
		if (shares[i].count / total <= out->share)
			continue;
		out->share = shares[i].count / total;
		out->background = shares[i].background;
	}
}

/* One face of a group. Return: false when of too few addresses it is known. */
static bool coherence_of(struct gp_coherent *out, const struct gp_background *b, enum gp_trade trade,
			 const struct gp_fleet_group *group, enum gp_face face)
{
	struct gp_share shares[PROFILE_FACES + 1];
	struct profile all, own = {.used = 0};
	double in_use = 0, units;
	size_t count, total;

	for (__u32 i = 0; i < group->count; i++)
		in_use += group->hosts[i].flows[trade] > 0;
	profile_group(&all, group, trade, face);
	if (all.voters < MIN_VOTERS || all.voters < MIN_KNOWN * in_use)
		return false;
	units = own_votes(&own, group, trade, face);
	*out = (struct gp_coherent){.face = face, .voters = all.voters};
	count = take_shares(shares, &total, &all, &b->faces[face], &own, units);
	out->llr = gp_coherence(shares, total);
	take_most(out, shares, count, all.voters * LIKENESS / (LIKENESS + all.voters));
	if (out->share < MOSTLY)
		out->llr = fmin(out->llr, 0);
	return true;
}

static bool least_coherent(struct gp_coherent *out, const struct gp_background *b, enum gp_trade trade,
			   const struct gp_fleet_group *group, bool agents)
{
	bool known = false;

	*out = (struct gp_coherent){0};
	for (int face = 0; face < GP_FACES; face++) {
		struct gp_coherent one;

		if (!belongs((enum gp_face)face, trade, agents) ||
		    !coherence_of(&one, b, trade, group, (enum gp_face)face))
			continue;
		if (!known || one.llr < out->llr)
			*out = one;
		known = true;
	}
	return known;
}

void gp_fleet_coherence(struct gp_coherent *out, const struct gp_background *b, enum gp_trade trade,
			const struct gp_fleet_group *group, bool agents)
{
	if (!least_coherent(out, b, trade, group, agents) && !agents)
		least_coherent(out, b, trade, group, true);
}

bool gp_fleet_alike(const struct gp_fleet_group *a, const struct gp_fleet_group *b, enum gp_trade trade)
{
	bool known = false;

	for (int face = 0; face < GP_FACES; face++) {
		struct profile of_a, of_b;
		bool shared = false;

		if (!belongs((enum gp_face)face, trade, false))
			continue;
		profile_group(&of_a, a, trade, (enum gp_face)face);
		profile_group(&of_b, b, trade, (enum gp_face)face);
		if (of_a.voters <= 0 || of_b.voters <= 0)
			continue;
		known = true;
		for (__u32 i = 0; i < of_a.used; i++)
			shared |= of_a.votes[i].weight >= MOSTLY * of_a.voters &&
				  weight_in(&of_b, of_a.votes[i].hash) >= MOSTLY * of_b.voters;
		if (!shared)
			return false;
	}
	return known;
}
