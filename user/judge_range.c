/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scanner ranges: prefixes outside, judged as one. docs/detection.md, step 12; the numbers are shared. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/table.h>

#include "hll.h"
#include "judge_private.h"

#define HOUR_WINDOWS 6		     /* a prefix is weighed by what it did in so many windows */
#define MIN_ENDPOINTS 64.0	     /* new (address, port) pairs in the hour */
#define MAX_ANSWERED 0.2	     /* share of the hour's SYNs */
#define MAX_EVER_ANSWERED 0.5	     /* share of all SYNs since the prefix was first seen */
#define MIN_SPAN_NS (2 * GP_SLICE_NS) /* from the first packet to the last: three epochs */
#define MIN_SYN_PER_SOURCE 4.0
#define MIN_SOURCES 2.5		     /* by a sketch: three; one host's doings, or two hosts', are no range's */
#define SOURCES_SHORT 0.48	     /* an estimate of the sources may be so far short: 4 x 13 % */
#define V4_SOURCES 256.0	     /* addresses of a /24 */
#define CHANCE_SHARE 0.5	     /* with fewer of the sources that chance would have chosen: sparse */
#define FLOOD_PREFIXES 32	     /* so many dense prefixes at once are one flood of forged sources */
#define ABOVE_FLOOD 3.0		     /* times the SYNs of the middle one: not of the flood */

#define STEP_NATS 1.3862943611198906 /* ln 4: what one failure tells, as in judge_scan.c */
#define SHARES_HOSTS 8u	     /* with records; below that nothing is said of how they share their targets out */
#define SHARES_TARGETS 200.0 /* addresses that they tried together */
#define SHARES_MAX 1.3	     /* sum over the hosts / all: 1 where no two of them try the same, 13 % off */
#define SHARES_NATS 1.0
#define SCORE_CAP 16.0		     /* nats */
#define FORGEABLE_NATS (-4.605170185988091) /* ln(1/100): that SYNs prove no source */

/* What is remembered of one cell of the world; same number. */
struct range {
	struct gp_addr addr; /* whose it is: a cell may be given to another prefix */
	__u64 since_ns; /* beginning of its hour */
	__u64 syn_before, answered_before; /* by then */
	double endpoints_before;
	__u64 syn, answered; /* of its cell and the records of its hosts, at this look */
	__u64 last_seen_ns;
	__u32 candidate; /* its number among those of this look, + 1 */
	__u32 kept; /* its number among the alarms that are kept, + 1 */
};

/* A prefix with enough failures in its hour to be looked at closely; kept when they make it an alarm. */
struct alarm {
	__u32 range;
	struct gp_addr addr;
	__u8 bits;
	bool sparse; /* fewer sources than chance would have chosen from a /24 */
	__u64 first_seen_ns, last_seen_ns;
	__u64 syn, answered; /* in the hour */
	double endpoints; /* of all time */
	double new_endpoints, sources;
	struct gp_hll sources_seen, addresses_seen;
	__u32 records; /* hosts of it with a record, whose targets are known one by one */
	double targets, targets_sum; /* of these: addresses tried by all together, and added up */
};

struct alarms {
	struct alarm *list;
	__u32 count, capacity;
};

struct gp_ranges {
	const struct gp_world *world;
	const struct gp_limits *limits;
	__u64 hour_end_ns; /* 0: none has begun */
	struct range *ranges;
	__u32 count, capacity;
	__u32 *places; /* hash table of the ranges by prefix, made anew for each look: number + 1 */
	__u32 places_size; /* a power of two, twice the capacity */
	__u32 *range_of; /* by outside host: its range's number + 1; 0: none */
	struct alarms candidates, kept;
	struct gp_range_finding *findings;
};

int gp_ranges_open(struct gp_ranges **out, const struct gp_world *world, const struct gp_limits *limits)
{
	struct gp_ranges *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->world = world;
	r->limits = limits;
	*out = r;
	return 0;
}

void gp_ranges_close(struct gp_ranges *r)
{
	if (!r)
		return;
	free(r->ranges);
	free(r->places);
	free(r->range_of);
	free(r->candidates.list);
	free(r->kept.list);
	free(r->findings);
	free(r);
}

static bool is_v4(const struct gp_addr *addr)
{
	return !addr->halves[0] && addr->words[2] == gp_be32_to_host(0xffff);
}

/* --- which range an address belongs to ---------------------------------------------------------------------------- */

/* The place of a prefix: its own, or the free one where it belongs. */
static __u32 *place_of(const struct gp_ranges *r, const struct gp_addr *prefix)
{
	__u32 i = (__u32)gp_hash_addr(r->world->memory->settings->secret[1], prefix);

	for (;; i++) {
		__u32 *place = &r->places[i & (r->places_size - 1)];

		if (!*place || !gp_addr_compare(&r->world->cells[*place - 1].addr, prefix))
			return place;
	}
}

static int make_room(struct gp_ranges *r)
{
	__u32 capacity = r->capacity ? r->capacity : 1024;
	struct range *ranges;

	while (capacity < r->world->cell_count)
		capacity *= 2;
	if (capacity == r->capacity)
		return 0;
	ranges = reallocarray(r->ranges, capacity, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	r->ranges = ranges;
	free(r->places);
	r->places_size = 2 * capacity;
	r->places = calloc(r->places_size, sizeof(*r->places));
	r->capacity = r->places ? capacity : 0;
	return r->places ? 0 : -ENOMEM;
}

/* A prefix that is new to the world: its hour is that of its first packet. */
static int take_cells(struct gp_ranges *r)
{
	const struct gp_world *world = r->world;
	int err = make_room(r);

	if (err)
		return err;
	memset(r->places, 0, r->places_size * sizeof(*r->places));
	for (__u32 i = 0; i < world->cell_count; i++) {
		const struct gp_cell *cell = &world->cells[i];

		if (i >= r->count || gp_addr_compare(&r->ranges[i].addr, &cell->addr))
			r->ranges[i] = (struct range){.addr = cell->addr, .since_ns = cell->first_seen_ns};
		*place_of(r, &cell->addr) = i + 1;
	}
	r->count = world->cell_count;
	return 0;
}

static int find_ranges_of_hosts(struct gp_ranges *r)
{
	const struct gp_world *world = r->world;
	__u32 *range_of = reallocarray(r->range_of, world->outside_count + 1ul, sizeof(*range_of));

	if (!range_of)
		return -ENOMEM;
	r->range_of = range_of;
	for (__u32 i = 0; i < world->outside_count; i++) {
		struct gp_addr prefix = world->outside[i].addr;

		gp_addr_mask(&prefix, is_v4(&prefix) ? 96 + 24 : 48);
		range_of[i] = *place_of(r, &prefix);
	}
	return 0;
}

/* --- what happened in the hour ------------------------------------------------------------------------------------ */

/*
 * A SYN is an attempt of its cell or of a record; a cell's `syn` has those too that earned their source a record. So
 * the sum of attempts counts none twice, and either number is no more than there were.
 */
static void add_up(struct gp_ranges *r)
{
	for (__u32 i = 0; i < r->count; i++) {
		const struct gp_cell *cell = &r->world->cells[i];
		struct range *range = &r->ranges[i];

		range->syn = 0;
		for (int service = 0; service < GP_SERVICES; service++)
			range->syn += cell->services[service].attempts;
		range->answered = cell->answered;
		range->last_seen_ns = cell->last_seen_ns;
		range->candidate = 0;
	}
	for (__u32 i = 0; i < r->world->outside_count; i++) {
		const struct gp_host *host = &r->world->outside[i];
		struct range *range;

		if (!r->range_of[i])
			continue;
		range = &r->ranges[r->range_of[i] - 1];
		for (int service = 0; service < GP_SERVICES; service++) {
			range->syn += host->services[service].attempts;
			range->answered += host->services[service].answered;
		}
		if (range->last_seen_ns < host->last_seen_ns)
			range->last_seen_ns = host->last_seen_ns;
	}
	for (__u32 i = 0; i < r->count; i++) {
		if (r->ranges[i].syn < r->world->cells[i].syn)
			r->ranges[i].syn = r->world->cells[i].syn;
	}
}

/* Cheap conditions first: sketches are read of those only that pass. */
static bool fails_enough(const struct gp_ranges *r, __u32 number)
{
	const struct range *range = &r->ranges[number];
	__u64 syn = range->syn - range->syn_before, answered = range->answered - range->answered_before;
	__u64 first_ns = r->world->cells[number].first_seen_ns;

	if (first_ns < range->since_ns)
		first_ns = range->since_ns;
	return (double)syn >= MIN_ENDPOINTS && (double)answered <= MAX_ANSWERED * (double)syn &&
	       (double)range->answered <= MAX_EVER_ANSWERED * (double)range->syn &&
	       range->last_seen_ns >= first_ns + MIN_SPAN_NS;
}

static struct alarm *add_alarm(struct alarms *alarms)
{
	if (alarms->count == alarms->capacity) {
		__u32 capacity = alarms->capacity ? 2 * alarms->capacity : 16;
		struct alarm *list = reallocarray(alarms->list, capacity, sizeof(*list));

		if (!list)
			return NULL;
		alarms->list = list;
		alarms->capacity = capacity;
	}
	return &alarms->list[alarms->count++];
}

static int take_candidates(struct gp_ranges *r)
{
	r->candidates.count = 0;
	for (__u32 i = 0; i < r->count; i++) {
		struct range *range = &r->ranges[i];
		struct alarm *candidate;

		if (!fails_enough(r, i))
			continue;
		candidate = add_alarm(&r->candidates);
		if (!candidate)
			return -ENOMEM;
		*candidate = (struct alarm){.range = i, .addr = range->addr, .bits = r->world->cells[i].bits,
					    .first_seen_ns = r->world->cells[i].first_seen_ns,
					    .last_seen_ns = range->last_seen_ns,
					    .syn = range->syn - range->syn_before,
					    .answered = range->answered - range->answered_before,
					    .sources_seen = r->world->cells[i].sources};
		range->candidate = r->candidates.count;
	}
	return 0;
}

static void merge(struct gp_hll *into, const struct gp_hll *from)
{
	for (unsigned int i = 0; i < GP_HLL_REGISTERS; i++) {
		if (into->registers[i] < from->registers[i])
			into->registers[i] = from->registers[i];
	}
}

/* So many SYNs from sources drawn at random would have come from more of the /24's addresses. */
static bool is_sparse(const struct alarm *a)
{
	double by_chance = V4_SOURCES * -expm1(-(double)a->syn / V4_SOURCES);

	return !is_v4(&a->addr) || a->sources / SOURCES_SHORT <= CHANCE_SHARE * by_chance;
}

/*
 * The sketches of the candidates, those of their hosts' records merged in. A record has no sketch of endpoints: the
 * addresses that it contacted are as many at most.
 */
static void read_sketches(struct gp_ranges *r)
{
	__u64 secret = r->world->memory->settings->secret[0];

	for (__u32 i = 0; i < r->world->outside_count && r->candidates.count; i++) {
		__u32 number = r->range_of[i] ? r->ranges[r->range_of[i] - 1].candidate : 0;
		const struct gp_host *host = &r->world->outside[i];

		if (!number)
			continue;
		gp_hll_add(&r->candidates.list[number - 1].sources_seen, gp_hash_addr(secret, &host->addr));
		merge(&r->candidates.list[number - 1].addresses_seen, &host->contacts);
		r->candidates.list[number - 1].records++;
		r->candidates.list[number - 1].targets_sum += gp_hll_estimate(&host->contacts);
	}
	for (__u32 i = 0; i < r->candidates.count; i++) {
		struct alarm *a = &r->candidates.list[i];
		const struct gp_hll *endpoints = &r->world->cells[a->range].endpoints;

		a->sources = fmax(1, gp_hll_estimate(&a->sources_seen));
		a->targets = gp_hll_estimate(&a->addresses_seen);
		a->endpoints = fmax(gp_hll_estimate(endpoints), a->targets);
		a->new_endpoints = fmin((double)a->syn, a->endpoints - r->ranges[a->range].endpoints_before);
		a->sparse = is_sparse(a);
	}
}

/* --- alarms ------------------------------------------------------------------------------------------------------- */

static int compare_counts(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

/*
 * Whoever forges all addresses of a /24 makes it dense, and hardly ever one /24 only. So where many are dense, those
 * that are not far above the middle one are the flood. @syn: out; 0 without a flood.
 */
static int flood_level(const struct gp_ranges *r, double *syn)
{
	__u64 *counts = calloc(r->candidates.count + 1ul, sizeof(*counts));
	__u32 dense = 0;

	if (!counts)
		return -ENOMEM;
	for (__u32 i = 0; i < r->candidates.count; i++) {
		if (!r->candidates.list[i].sparse)
			counts[dense++] = r->candidates.list[i].syn;
	}
	qsort(counts, dense, sizeof(*counts), compare_counts);
	*syn = dense >= FLOOD_PREFIXES ? ABOVE_FLOOD * (double)counts[dense / 2] : 0;
	free(counts);
	return 0;
}

static bool is_alarm(const struct alarm *a, double flood)
{
	double sources = a->sources / SOURCES_SHORT, syn = (double)a->syn;

	if (is_v4(&a->addr))
		sources = fmin(sources, V4_SOURCES);
	return a->new_endpoints >= MIN_ENDPOINTS && a->sources >= MIN_SOURCES && syn >= MIN_SYN_PER_SOURCE * sources && (a->sparse || syn >= flood);
}

/* @alarms: out, how many of the candidates are alarms; these come first. */
static int look(struct gp_ranges *r, __u32 *alarms)
{
	double flood = 0;
	int err = take_cells(r);

	if (!err)
		err = find_ranges_of_hosts(r);
	if (err)
		return err;
	add_up(r);
	err = take_candidates(r);
	if (err)
		return err;
	read_sketches(r);
	err = flood_level(r, &flood);
	*alarms = 0;
	for (__u32 i = 0; i < r->candidates.count && !err; i++) {
		struct alarm candidate = r->candidates.list[i];

		if (!is_alarm(&candidate, flood))
			continue;
		r->candidates.list[i] = r->candidates.list[*alarms];
		r->candidates.list[(*alarms)++] = candidate;
	}
	return err;
}

static int keep(struct gp_ranges *r, const struct alarm *alarm)
{
	struct range *range = &r->ranges[alarm->range];

	if (!range->kept) {
		if (!add_alarm(&r->kept))
			return -ENOMEM;
		range->kept = r->kept.count;
	} else if (r->kept.list[range->kept - 1].new_endpoints >= alarm->new_endpoints) {
		return 0;
	}
	r->kept.list[range->kept - 1] = *alarm;
	return 0;
}

/* An hour begins: what the prefixes have done so far is remembered. Only what has moved is estimated. */
static void begin_hour(struct gp_ranges *r, __u64 now_ns)
{
	for (__u32 i = 0; i < r->count; i++) {
		struct range *range = &r->ranges[i];

		if (!range->candidate && range->syn != range->syn_before)
			range->endpoints_before = gp_hll_estimate(&r->world->cells[i].endpoints);
		range->since_ns = now_ns;
		range->syn_before = range->syn;
		range->answered_before = range->answered;
	}
	for (__u32 i = 0; i < r->candidates.count; i++)
		r->ranges[r->candidates.list[i].range].endpoints_before = r->candidates.list[i].endpoints;
	r->hour_end_ns = now_ns + HOUR_WINDOWS * gp_seconds_ns(r->limits->window_s);
}

int gp_ranges_weigh(struct gp_ranges *r, __u64 now_ns)
{
	__u64 window_ns = gp_seconds_ns(r->limits->window_s);
	__u32 alarms = 0;
	int err = look(r, &alarms);

	for (__u32 i = 0; i < alarms && !err; i++)
		err = keep(r, &r->candidates.list[i]);
	if (err)
		return err;
	if (!r->hour_end_ns)
		r->hour_end_ns = now_ns + (HOUR_WINDOWS - 1) * window_ns;
	if (now_ns >= r->hour_end_ns)
		begin_hour(r, now_ns);
	return 0;
}

/* --- findings ----------------------------------------------------------------------------------------------------- */

/* One scanner with many addresses tries each target once; many scanners that know nothing of each other meet. */
static void say_shares(struct gp_finding *out, const struct alarm *a)
{
	struct gp_evidence *e;

	if (a->records < SHARES_HOSTS || a->targets < SHARES_TARGETS || a->targets_sum > SHARES_MAX * a->targets)
		return;
	e = gp_evidence_add(out, "range.partition", SHARES_NATS,
			    "%u of its addresses share about %.0f targets out among themselves: hardly one is tried twice",
			    a->records, a->targets);
	gp_evidence_observe(e, "addresses", a->records);
	gp_evidence_observe(e, "targets", round(a->targets));
	gp_evidence_observe(e, "overlap", a->targets_sum / a->targets);
}

static void add_reasons(struct gp_finding *out, const struct alarm *a)
{
	double syn = (double)a->syn, answered = (double)a->answered, endpoints = round(a->new_endpoints);
	double failing = endpoints * (1 - answered / syn);
	double sources = round(fmax(a->records, a->sources)); /* a sketch is 13 % off, records are counted */
	double score = STEP_NATS * (2 * failing - endpoints);
	double scale = score > SCORE_CAP ? SCORE_CAP / score : 1;
	struct gp_evidence *e;

	e = gp_evidence_add(out, "range.sweep", scale * STEP_NATS * failing,
			    "About %.0f of its addresses tried about %.0f address and port pairs; of %.0f SYNs %.0f had no "
			    "answer", sources, endpoints, syn, syn - answered);
	gp_evidence_observe(e, "distinct_sources", sources);
	gp_evidence_observe(e, "distinct_endpoints", endpoints);
	gp_evidence_observe(e, "syn", syn);
	gp_evidence_observe(e, "syn_per_source", round(syn / a->sources));
	e = gp_evidence_add(out, "range.answered", scale * STEP_NATS * (failing - endpoints),
			    "Of %.0f SYNs %.0f were answered", syn, answered);
	gp_evidence_observe(e, "answered", answered);
	gp_evidence_observe(e, "syn", syn);
	say_shares(out, a);
	e = gp_evidence_add(out, "range.forgeable", FORGEABLE_NATS,
			    "SYNs that nobody answers prove no source: %.0f of them may be forged", syn - answered);
	gp_evidence_observe(e, "unanswered", syn - answered);
}

static void make_finding(struct gp_range_finding *out, const struct alarm *a, const struct gp_limits *limits)
{
	struct gp_finding reasons = {0};

	add_reasons(&reasons, a);
	gp_finding_close(&reasons, limits);
	*out = (struct gp_range_finding){
		.addr = a->addr,
		.bits = a->bits,
		.kind = GP_RANGE_SCANNER,
		.verdict = GP_VERDICT_SUSPECTED,
		.score = reasons.score,
		.confidence = reasons.confidence,
		.first_seen_ns = a->first_seen_ns,
		.last_seen_ns = a->last_seen_ns,
		.hosts = fmax(a->records, a->sources),
		.endpoints = a->new_endpoints,
		.syn = a->syn,
		.answered = a->answered,
		.evidence_count = reasons.evidence_count,
	};
	memcpy(out->evidence, reasons.evidence, sizeof(out->evidence));
}

/* Of one prefix the worst hour first. */
static int compare_findings(const void *a, const void *b)
{
	const struct gp_range_finding *x = a, *y = b;
	int order = gp_addr_compare(&x->addr, &y->addr);

	return order ? order : (x->endpoints < y->endpoints) - (x->endpoints > y->endpoints);
}

int gp_ranges_findings(struct gp_ranges *r, const struct gp_range_finding **out)
{
	__u32 alarms = 0, made = 0, count = 0;
	int err = look(r, &alarms);

	if (err)
		return err;
	free(r->findings);
	r->findings = calloc(alarms + r->kept.count + 1ul, sizeof(*r->findings));
	if (!r->findings)
		return -ENOMEM;
	for (__u32 i = 0; i < alarms; i++)
		make_finding(&r->findings[made++], &r->candidates.list[i], r->limits);
	for (__u32 i = 0; i < r->kept.count; i++)
		make_finding(&r->findings[made++], &r->kept.list[i], r->limits);
	qsort(r->findings, made, sizeof(*r->findings), compare_findings);
	for (__u32 i = 0; i < made; i++) {
		if (!count || gp_addr_compare(&r->findings[count - 1].addr, &r->findings[i].addr))
			r->findings[count++] = r->findings[i];
	}
	*out = r->findings;
	return (int)count;
}
