/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, step 13: ranges that are one machine, and ranges of people, which are none. */
#include "fleet_box.h"

#include <gatepost/table.h>

#include <time.h>

#include "cidr.h"
#include "tokens.h"

static void check_finding(const struct box *box, const struct gp_range_finding *found)
{
	double sum = 0, odds = log(box->w.limits.prior / (1 - box->w.limits.prior)) + found->score;

	for (int i = 0; i < found->evidence_count; i++) {
		const struct gp_evidence *e = &found->evidence[i];

		assert_true(fabs(e->weight) >= 0.05);
		assert_in_range(strlen(e->text), 11, sizeof(e->text) - 2);
		assert_true(e->observed_count > 0);
		sum += e->weight;
	}
	assert_true(fabs(sum - found->score) < 1e-9);
	assert_true(fabs(1 / (1 + exp(-odds)) - found->confidence) < 1e-12);
	assert_true(found->source_verified);
	assert_in_range(found->kind, GP_RANGE_LINK_SCANNER, GP_RANGE_SNOWSHOE);
	assert_in_range(found->verdict, GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED);
	assert_in_range(found->covering_count, 1, GP_COVERING_MAX);
	assert_true(found->exact_count >= 1);
	assert_true(found->fleet >= found->hosts && found->hosts >= 5);
	assert_int_equal(found->first_seen_ns, START);
	assert_int_equal(found->last_seen_ns, START + 400 * SECOND);
}

/* All verdicts at the end of the window; none of them on a host. */
static int finish(struct box *box, const struct gp_range_finding **found)
{
	const struct gp_finding *hosts;
	int count;

	gp_web_facts_settle(box->web);
	assert_int_equal(gp_judge_finish(box->w.judge, START + 500 * SECOND), 0);
	assert_int_equal(gp_judge_findings(box->w.judge, &hosts), 0);
	count = gp_judge_ranges(box->w.judge, found);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		check_finding(box, &(*found)[i]);
	return count;
}

static void say(const struct gp_range_finding *f)
{
	printf("    kind %d at %08x/%u: %.1f nats, %.0f of %.0f addresses, %llu connections, %d prefixes, %d exact\n", f->kind,
	       gp_be32_to_host(f->addr.words[3]), f->bits, f->score, f->hosts, f->fleet, (unsigned long long)f->requests,
	       f->covering_count, f->exact_count);
	for (int i = 0; i < f->evidence_count; i++)
		printf("        %+5.1f %s: %s\n", f->evidence[i].weight, f->evidence[i].rule, f->evidence[i].text);
}

/* --- scenarios ---------------------------------------------------------------------------------------------------- */

#define V4(a, b, c, d) {.words = {0, 0, 0xffff0000u, (__u32)(d) << 24 | (c) << 16 | (b) << 8 | (a)}}
#define V6(a, b, c, d) {.bytes = {0x20, 0x01, 0x0d, 0xb8, (a) >> 8, (a) & 0xff, (b) >> 8, (b) & 0xff, 0, 0, 0, 0, \
				  (c) >> 8, (c) & 0xff, (d) >> 8, (d) & 0xff}}
#define NONE 0

static const struct row {
	const char *name;
	struct range ranges[3];
	int kind; /* NONE: no verdict */
	unsigned int bits; /* of 128; of the one verdict that there is */
	int covering;
	double addresses; /* in the covering, of 128 or 64 bits */
} rows[] = {
	{"one-time links from 40.94.101.1-100, by chance",
	 {{V4(40, 94, 101, 1), 100, .n = 600, .stack = NEW_STACK, .doing = DO_LINKS}}, GP_RANGE_LINK_SCANNER, 120, 3, 104},
	{"the same, in turns",
	 {{V4(40, 94, 101, 1), 100, .n = 300, .shares = TURNS, .stack = NEW_STACK, .doing = DO_LINKS}},
	 GP_RANGE_LINK_SCANNER, 120, 3, 104},
	{"with the stack that most people have",
	 {{V4(40, 94, 101, 1), 100, .n = 600, .stack = 0, .doing = DO_LINKS}}, GP_RANGE_LINK_SCANNER, 120, 3, 104},
	{"all in TLS: one machine, and nothing tells what for",
	 {{V4(40, 94, 101, 1), 100, .n = 600, .stack = NEW_STACK, .doing = DO_TLS}}, GP_RANGE_ROBOT, 120, 3, 104},
	{"image proxy", {{V4(66, 249, 93, 32), 32, .n = 300, .stack = NEW_STACK, .doing = DO_PIXELS}},
	 GP_RANGE_IMAGE_PROXY, 120, 1, 32},
	{"mail proxy", {{V4(108, 174, 3, 0), 64, .n = 500, .stack = NEW_STACK, .doing = DO_MAILBOX}},
	 GP_RANGE_MAIL_PROXY, 120, 1, 64},
	{"crawler", {{V4(66, 249, 66, 0), 48, .n = 400, .stack = NEW_STACK, .doing = DO_CRAWL}},
	 GP_RANGE_CRAWLER, 120, 2, 48},
	{"two /24s in a row",
	 {{V4(40, 94, 102, 0), 256, .n = 1500, .stack = NEW_STACK, .doing = DO_LINKS},
	  {V4(40, 94, 103, 0), 256, .n = 1500, .stack = NEW_STACK, .doing = DO_LINKS}}, GP_RANGE_LINK_SCANNER, 119, 1, 512},
	{"three /24s, too little in each",
	 {{V4(40, 94, 101, 0), 4, .n = 40, .stack = NEW_STACK, .doing = DO_LINKS},
	  {V4(40, 94, 102, 0), 4, .n = 40, .stack = NEW_STACK, .doing = DO_LINKS},
	  {V4(40, 94, 103, 0), 4, .n = 40, .stack = NEW_STACK, .doing = DO_LINKS}}, GP_RANGE_LINK_SCANNER, 118, 3, 12},
	{"IPv6, an address for each connection of one network",
	 {{V6(7, 1, 2, 0), .n = 80, .step = 977, .shares = ONCE, .stack = NEW_STACK, .doing = DO_LINKS}},
	 GP_RANGE_LINK_SCANNER, 64, 1, 1},
	{"IPv6, a network for each address",
	 {{V6(7, 0, 0, 1), 64, .networks = true, .n = 300, .stack = NEW_STACK, .doing = DO_LINKS}},
	 GP_RANGE_LINK_SCANNER, 48, 1, 64},
	{"snowshoe", {{V4(192, 0, 2, 16), 64, .n = 400, .stack = NEW_STACK, .doing = DO_MAIL, .refused = 0.4}},
	 GP_RANGE_SNOWSHOE, 120, 3, 64},

	{"49 connections", {{V4(40, 94, 101, 1), 100, .n = 49, .stack = NEW_STACK, .doing = DO_LINKS}}, NONE, 0, 0, 0},
	{"four addresses", {{V4(40, 94, 101, 1), 4, .n = 200, .stack = NEW_STACK, .doing = DO_LINKS}}, NONE, 0, 0, 0},
	{"one address is busier", {{V4(40, 94, 101, 1), 40, .n = 200, .stack = NEW_STACK, .doing = DO_TLS},
				   {V4(40, 94, 101, 200), 1, .n = 100, .stack = NEW_STACK, .doing = DO_TLS}}, NONE, 0, 0, 0},
	{"100 readers of a newsletter, each once",
	 {{V4(100, 64, 1, 1), .n = 100, .shares = ONCE, .stack = HUMAN, .doing = DO_READERS}}, NONE, 0, 0, 0},
	{"readers behind CGNAT", {{V4(100, 64, 1, 1), 64, .n = 400, .stack = CROWD, .doing = DO_READERS}}, NONE, 0, 0, 0},
	{"CGNAT, evenly used", {{V4(100, 64, 1, 1), 128, .n = 800, .stack = CROWD, .doing = DO_TLS}}, NONE, 0, 0, 0},
	{"CGNAT, polling mailboxes", {{V4(100, 64, 1, 1), 64, .n = 600, .stack = CROWD, .doing = DO_MAILBOX}}, NONE, 0, 0, 0},
	{"subscribers of another provider",
	 {{V4(100, 64, 1, 1), 200, .n = 400, .shares = 0.3, .stack = HUMAN, .doing = DO_TLS}}, NONE, 0, 0, 0},
	{"an office of equal machines",
	 {{V4(198, 51, 100, 8), 24, .n = 200, .shares = 1, .stack = 0, .doing = DO_PAGES}}, NONE, 0, 0, 0},
	{"a mail service with a clean list",
	 {{V4(192, 0, 2, 16), 64, .n = 800, .stack = NEW_STACK, .doing = DO_MAIL, .refused = 0.1}}, NONE, 0, 0, 0},
	{"seven sources of refused mail",
	 {{V4(192, 0, 2, 16), 7, .n = 100, .stack = NEW_STACK, .doing = DO_MAIL, .refused = 0.5}}, NONE, 0, 0, 0},
	{"bots of a neighbour, each its own dialect",
	 {{V4(192, 0, 2, 16), 40, .n = 200, .stack = HUMAN, .doing = DO_MAIL, .refused = 0.5}}, NONE, 0, 0, 0},
};

static void check_row(const struct row *row, __u32 people)
{
	const struct gp_range_finding *found;
	struct box box;
	int count;

	box_open(&box, 13 + people, 16384);
	box_add_people(&box, 0, people);
	for (size_t i = 0; i < ROWS(row->ranges) && row->ranges[i].n; i++)
		box_add(&box, &row->ranges[i]);
	count = finish(&box, &found);
	if (count != (row->kind != NONE) ||
	    (count && (found->kind != (enum gp_range_kind)row->kind || found->bits != row->bits ||
		       found->covering_count != row->covering ||
		       gp_cidr_size(found->covering, (size_t)found->covering_count,
				    found->addr.halves[0] ? 64 : 128) != row->addresses))) {
		for (int i = 0; i < count; i++)
			say(&found[i]);
		fail_msg("%s, among %u ranges of people: %d verdicts", row->name, people, count);
	}
	box_close(&box);
}

static void test_scenarios(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(&rows[i], 0);
		check_row(&rows[i], 40);
	}
}

/* --- many of them ------------------------------------------------------------------------------------------------- */

/* Wilson's 95 % upper bound of a share (1927). */
static double wilson_upper(double hits, double n)
{
	double z = 1.959964, p = hits / n;

	return (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n);
}

#define FLEETS_PER_BOX 40u
#define FLEET_BOXES 10u

static const enum doing doings[] = {DO_LINKS, DO_PIXELS, DO_CRAWL, DO_TLS};

struct recall {
	double fleets[ROWS(doings) + 1], hits[ROWS(doings) + 1]; /* by what they do; the last: in TLS with a usual stack */
	double covered, used, worst; /* addresses of coverings; those that were used; the greatest ratio */
	double people;		     /* verdicts on them */
};

/* A fleet in a /22 of its own. */
static struct range draw_fleet(struct box *box, __u32 i)
{
	__u32 k = 20 + (__u32)(random_splitmix(&box->seed) % 181);

	return (struct range){
		.first = world_v4(0x28000000 + (i << 10) + (__u32)(random_splitmix(&box->seed) % (257 - k))),
		.k = k, .n = 50 + (__u32)(random_splitmix(&box->seed) % (5 * k)),
		.shares = i & 4 ? TURNS : EVEN,
		.stack = i % 8 < 5 ? NEW_STACK + (int)(i % 17) : (int)(i % 3),
		.doing = doings[i % ROWS(doings)]};
}

static void note_covering(struct recall *r, const struct range *fleet, const struct gp_range_finding *f)
{
	double size = gp_cidr_size(f->covering, (size_t)f->covering_count, 128);

	if (fleet->n < 4 * fleet->k)
		return; /* else most of its addresses are seen */
	r->covered += size;
	r->used += fleet->k;
	r->worst = fmax(r->worst, size / fleet->k);
}

static void look_for(struct recall *r, const struct range *fleet, __u32 i, const struct gp_range_finding *found, int count)
{
	/* What TLS hides, with the stack of most people: little is left to go by. */
	bool common = fleet->doing == DO_TLS && fleet->stack < NEW_STACK, hit = false;
	size_t which = common ? ROWS(doings) : i % ROWS(doings);
	struct gp_addr prefix = fleet->first;

	gp_addr_mask(&prefix, 120);
	r->fleets[which]++;
	for (int f = 0; f < count; f++) {
		if (memcmp(&found[f].addr, &prefix, sizeof(prefix)))
			continue;
		hit = true;
		r->hits[which]++;
		note_covering(r, fleet, &found[f]);
	}
	if (!hit && !common)
		printf("missed: doing %d, %u connections of %u addresses, stack %d, shares %g\n", fleet->doing, fleet->n,
		       fleet->k, fleet->stack, fleet->shares);
}

static void fill_and_look(struct recall *r, __u64 seed)
{
	const struct gp_range_finding *found;
	struct range fleets[FLEETS_PER_BOX];
	struct box box;
	int count;

	box_open(&box, seed, 16384);
	box_add_people(&box, 0, 60);
	for (__u32 i = 0; i < FLEETS_PER_BOX; i++) {
		fleets[i] = draw_fleet(&box, i);
		box_add(&box, &fleets[i]);
	}
	count = finish(&box, &found);
	for (__u32 i = 0; i < FLEETS_PER_BOX; i++)
		look_for(r, &fleets[i], i, found, count);
	for (int f = 0; f < count; f++) {
		if (gp_be32_to_host(found[f].addr.words[3]) < 0x3c000000)
			continue;
		say(&found[f]);
		r->people++;
	}
	box_close(&box);
}

static void test_recall(void **state)
{
	struct recall r = {0};
	double all = 0, hits = 0;

	(void)state;
	for (__u32 b = 0; b < FLEET_BOXES; b++)
		fill_and_look(&r, 100 + b);
	for (size_t i = 0; i < ROWS(doings); i++) {
		printf("doing %d: %.0f of %.0f fleets found\n", doings[i], r.hits[i], r.fleets[i]);
		hits += r.hits[i];
		all += r.fleets[i];
	}
	printf("in TLS with a usual stack: %.0f of %.0f\n", r.hits[ROWS(doings)], r.fleets[ROWS(doings)]);
	printf("coverings: %.3f of the addresses, worst %.2f\n", r.covered / r.used, r.worst);
	assert_true(all >= 300 && hits >= 0.99 * all);
	assert_true(r.covered <= 1.1 * r.used);
	assert_true(r.people == 0);
}

#define PEOPLE_PER_BOX 500u
#define PEOPLE_BOXES 10u /* FLEET_BOXES in the environment: another number */

static void test_people(void **state)
{
	const char *more = getenv("FLEET_BOXES");
	__u32 boxes = more ? (__u32)atoi(more) : PEOPLE_BOXES;
	double ranges = 0, false_positives = 0;

	(void)state;
	assert_in_range(boxes, 1, 1000);
	for (__u32 b = 0; b < boxes; b++) {
		const struct gp_range_finding *found;
		struct box box;
		__u32 count = b % 4 ? PEOPLE_PER_BOX : 20; /* a small box knows less of what is usual */
		int verdicts;

		box_open(&box, 1000 + b, 40000);
		box_add_people(&box, 0, count);
		verdicts = finish(&box, &found);
		for (int i = 0; i < verdicts; i++)
			say(&found[i]);
		ranges += count;
		false_positives += verdicts;
		box_close(&box);
	}
	printf("%.0f of %.0f ranges of people called machines; at most %.4f %% (95 %%)\n", false_positives, ranges,
	       100 * wilson_upper(false_positives, ranges));
	assert_true(false_positives <= 0.0002 * ranges);
}

/* --- what is remembered, and what it costs ------------------------------------------------------------------------ */

static __u32 origin_by_third_byte(const void *context, const struct gp_addr *addr)
{
	(void)context;
	return 64500 + (addr->bytes[14] >= 103);
}

/* Neighbours of two providers are two ranges, and no filter is told to take both. */
static void test_origins(void **state)
{
	static const struct range two[] = {
		{V4(40, 94, 102, 0), 256, .n = 1500, .stack = NEW_STACK, .doing = DO_LINKS},
		{V4(40, 94, 103, 0), 256, .n = 1500, .stack = NEW_STACK, .doing = DO_LINKS},
	};
	const struct gp_range_finding *found;
	struct box box;

	(void)state;
	box_open(&box, 1, 1024);
	gp_judge_origins(box.w.judge, origin_by_third_byte, NULL);
	box_add(&box, &two[0]);
	box_add(&box, &two[1]);
	assert_int_equal(finish(&box, &found), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(found[i].bits, 120);
		assert_int_equal(found[i].addr.bytes[14], 102 + i);
		assert_int_equal(found[i].covering_count, 1);
		assert_int_equal(found[i].covering[0].bits, 120);
	}
	box_close(&box);
}

/* A covering may reach beyond the units that are in use; not when another provider's lie there. */
static void test_covering_keeps_to_its_origin(void **state)
{
	const struct gp_range_finding *found;
	struct box box;
	struct range part = {.first = V4(40, 94, 100, 0), .k = 200, .n = 1200, .stack = NEW_STACK, .doing = DO_LINKS};

	(void)state;
	for (int known = 0; known < 2; known++) {
		box_open(&box, 2, 1024);
		box.w.limits.fleet.price = 30;
		gp_judge_close(box.w.judge);
		assert_int_equal(gp_judge_open(&box.w.judge, box.w.known, &box.w.limits, false), 0);
		gp_judge_hear(box.w.judge, &(struct gp_heard){.hosts = box.hosts, .web = box.web});
		world_tick(&box.w, START);
		if (known)
			gp_judge_origins(box.w.judge, origin_by_third_byte, NULL);
		for (int i = 0; i < 3; i++) {
			part.first = world_v4(0x285e6400 + (__u32)i * 256 + (i < 2 ? 0 : 56));
			part.k = i < 2 ? 256 : 200;
			box_add(&box, &part);
		}
		assert_int_equal(finish(&box, &found), 1);
		assert_int_equal(found->bits, 118);
		for (int i = 0; known && i < found->covering_count; i++)
			assert_true(found->covering[i].bits >= 120 || found->covering[i].addr.bytes[14] < 102);
		box_close(&box);
	}
}

static void add_flows(struct box *box, __u32 host, __u32 flows)
{
	box->w.known->outside[host].services[GP_SERVICE_HTTP].confirmed += flows;
}

/* Verdicts stay when the range falls silent, and when what it does next is no longer even; the period forgets counts. */
static void test_kept(void **state)
{
	static const struct range range = {V4(40, 94, 101, 0), 64, .n = 256, .shares = TURNS, .stack = NEW_STACK,
					   .doing = DO_LINKS};
	const struct gp_range_finding *found;
	struct box box;

	(void)state;
	box_open(&box, 3, 1024);
	box_add(&box, &range);
	world_tick(&box.w, START + 601 * SECOND);
	assert_int_equal(gp_judge_ranges(box.w.judge, &found), 1);
	assert_int_equal(found->requests, 256);
	add_flows(&box, 0, 1000);
	world_tick(&box.w, START + 1201 * SECOND);
	assert_int_equal(gp_judge_ranges(box.w.judge, &found), 1);
	assert_int_equal(found->requests, 256);
	world_tick(&box.w, START + 90000 * SECOND);
	world_tick(&box.w, START + 91000 * SECOND); /* another day */
	for (__u32 i = 0; i < 64; i++)
		add_flows(&box, i, 5);
	world_tick(&box.w, START + 92000 * SECOND);
	assert_int_equal(gp_judge_ranges(box.w.judge, &found), 1);
	assert_int_equal(found->requests, 320);
	check_finding(&box, found);
	box_close(&box);
}

/* A range that is found to go on is one verdict, not two. */
static void test_grows(void **state)
{
	struct range range = {V4(40, 94, 102, 0), 256, .n = 2000, .stack = NEW_STACK, .doing = DO_LINKS};
	const struct gp_range_finding *found;
	struct box box;

	(void)state;
	box_open(&box, 4, 1024);
	box_add(&box, &range);
	world_tick(&box.w, START + 601 * SECOND);
	assert_int_equal(gp_judge_ranges(box.w.judge, &found), 1);
	assert_int_equal(found->bits, 120);
	range.first = world_v4(0x285e6700);
	box_add(&box, &range);
	world_tick(&box.w, START + 1201 * SECOND);
	assert_int_equal(gp_judge_ranges(box.w.judge, &found), 1);
	assert_int_equal(found->bits, 119);
	assert_int_equal(found->requests, 4000);
	check_finding(&box, found);
	box_close(&box);
}

static const struct gp_evidence *evidence_of(const struct gp_range_finding *f, const char *rule)
{
	for (int i = 0; i < f->evidence_count; i++) {
		if (!strcmp(f->evidence[i].rule, rule))
			return &f->evidence[i];
	}
	return NULL;
}

/* A link of one mail's own, fetched by several of a range's addresses; a link of many mails says nothing. */
static void test_shared_links(void **state)
{
	static const struct range range = {V4(40, 94, 101, 0), 64, .n = 256, .stack = NEW_STACK, .doing = DO_LINKS};
	static const __u64 secret[2] = {5, 6};

	(void)state;
	for (__u32 mails = 1; mails <= 2; mails++) {
		const struct gp_range_finding *found;
		struct gp_tokens *tokens;
		struct gp_heard heard;
		struct box box;

		box_open(&box, 5, 1024);
		assert_int_equal(gp_tokens_open(&tokens, 64, secret), 0);
		heard = (struct gp_heard){.hosts = box.hosts, .web = box.web, .tokens = tokens};
		gp_judge_hear(box.w.judge, &heard);
		box_add(&box, &range);
		for (__u64 link = 0; link < 4; link++) {
			for (__u32 i = 0; i < mails; i++)
				gp_tokens_delivered(tokens, link, false, START);
			for (__u32 i = 0; i < 2; i++)
				gp_tokens_fetched(tokens, link, &(struct gp_token_fetch){
					.addr = box_addr(&range, 2 * (__u32)link + i), .time_ns = START + SECOND});
		}
		assert_int_equal(finish(&box, &found), 1);
		assert_int_equal(evidence_of(found, "range.shared_links") != NULL, mails == 1);
		if (mails == 1)
			assert_true(world_observed(evidence_of(found, "range.shared_links"), "links") == 4);
		gp_tokens_close(tokens);
		box_close(&box);
	}
}

/* Who proved nothing is nobody: SYNs, and counters without a handshake. */
static void test_unproved(void **state)
{
	static const struct range range = {V4(40, 94, 101, 0), 100, .n = 600, .stack = NEW_STACK, .doing = DO_LINKS};
	const struct gp_range_finding *found;
	struct box box;

	(void)state;
	box_open(&box, 6, 1024);
	box_add(&box, &range);
	for (__u32 i = 0; i < box.w.known->outside_count; i++) {
		box.w.known->outside[i].services[GP_SERVICE_HTTP].confirmed = 0;
		box.w.known->outside[i].http.requests[GP_HTTP_GET] = 10;
	}
	assert_int_equal(finish(&box, &found), 0);
	box_close(&box);
}

static void test_time(void **state)
{
	const struct gp_range_finding *found;
	struct timespec from, to;
	struct box box;
	double ms;

	(void)state;
	box_open(&box, 7, 40000);
	for (__u32 i = 0; box.w.known->outside_count < 32768; i++) {
		struct range people = {.first = world_v4(0x3c000000 + (i << 8)), .k = 200, .n = 300, .shares = 1,
				       .stack = i % 8 ? HUMAN : NEW_STACK, .doing = DO_TLS};

		box_add(&box, &people);
	}
	assert_int_equal(gp_judge_finish(box.w.judge, START + 400 * SECOND), 0); /* memory is there, and warm */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_int_equal(gp_judge_finish(box.w.judge, START + 500 * SECOND), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	printf("%u outside hosts: %.1f ms, %d verdicts\n", box.w.known->outside_count, ms,
	       gp_judge_ranges(box.w.judge, &found));
	assert_true(ms < 2000); /* sanitised, on a busy machine */
	box_close(&box);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenarios),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_covering_keeps_to_its_origin),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_shared_links),
		cmocka_unit_test(test_unproved),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
