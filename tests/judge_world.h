/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small memory with hosts in it, and a judge over it. Counters are set by hand or by the data plane's own code. */
#ifndef GATEPOST_TESTS_JUDGE_WORLD_H
#define GATEPOST_TESTS_JUDGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/scan.h>

#include "judge.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define WORLD_SLOTS 64u /* per side */
#define WORLD_WORDS 16384u
#define SECOND 1000000000ull
#define START (1700000000ull * SECOND) /* a multiple of the slice, not of the window */
#define INSIDE WORLD_SLOTS	       /* the first inside host; 0 is the first outside one */

struct world {
	struct gp_memory memory;
	struct gp_settings settings;
	struct gp_totals totals;
	struct gp_filters filters;
	struct gp_limits limits;
	struct gp_judge *judge;
	__u64 now_ns;
};

static inline void world_claim(struct world *w, __u32 slot, enum gp_role role)
{
	unsigned int side = slot >= WORLD_SLOTS;
	struct gp_host *host = &w->memory.hosts[slot];

	host->tag = slot + 1;
	host->role = (__u8)role;
	host->bits = 128;
	host->ready = 1;
	w->memory.claims[side * WORLD_SLOTS + w->totals.claimed[side]++] = slot;
}

static inline struct gp_host *world_host(struct world *w, __u32 slot)
{
	return &w->memory.hosts[slot];
}

/* Ports as configured by default, as far as the tests use them. */
static inline void world_ports(struct world *w)
{
	static const __u16 watched[] = {25, 465, 587, 80, 443, 8080, 8443};

	for (unsigned int i = 0; i < 1024; i++)
		w->memory.ports[i].scan_class = GP_SCAN_SERVICE;
	for (unsigned int i = 0; i < ROWS(watched); i++)
		w->memory.ports[watched[i]].scan_class = GP_SCAN_WATCHED;
}

static inline void world_tick(struct world *w, __u64 now_ns)
{
	w->now_ns = now_ns;
	assert_int_equal(gp_judge_tick(w->judge, now_ns), 0);
}

static inline void world_open_at(struct world *w, bool trust_inside, __u64 now_ns)
{
	memset(w, 0, sizeof(*w));
	w->settings = (struct gp_settings){.abi_version = GP_ABI_VERSION, .host_slots = WORLD_SLOTS,
					   .flow_slots = 1, .filter_words = WORLD_WORDS, .secret = {1, 2}};
	w->limits = gp_limits_default;
	w->memory.settings = &w->settings;
	w->memory.totals = &w->totals;
	w->memory.filters = &w->filters;
	w->memory.hosts = calloc(2 * WORLD_SLOTS, sizeof(*w->memory.hosts));
	w->memory.claims = calloc(2 * WORLD_SLOTS, sizeof(*w->memory.claims));
	w->memory.ports = calloc(65536, sizeof(*w->memory.ports));
	w->memory.filter_bits = calloc(GP_FILTERS * (size_t)WORLD_WORDS, sizeof(*w->memory.filter_bits));
	assert_non_null(w->memory.hosts);
	assert_non_null(w->memory.claims);
	assert_non_null(w->memory.ports);
	assert_non_null(w->memory.filter_bits);
	world_ports(w);
	assert_int_equal(gp_judge_open(&w->judge, &w->memory, &w->limits, trust_inside), 0);
	world_tick(w, now_ns);
}

static inline void world_open(struct world *w, bool trust_inside)
{
	world_open_at(w, trust_inside, START);
}

static inline void world_close(struct world *w)
{
	gp_judge_close(w->judge);
	free(w->memory.hosts);
	free(w->memory.claims);
	free(w->memory.ports);
	free(w->memory.filter_bits);
}

/* Every finding must add up, whatever it says. */
static inline const struct gp_finding *world_finding(struct world *w, __u32 slot, enum gp_kind kind)
{
	const struct gp_finding *found = NULL, *all;
	int count = gp_judge_findings(w->judge, &all);

	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		double sum = 0, odds = log(w->limits.prior / (1 - w->limits.prior)) + all[i].score;

		for (int k = 0; k < all[i].evidence_count; k++) {
			assert_true(fabs(all[i].evidence[k].weight) >= 0.05);
			assert_true(strlen(all[i].evidence[k].text) > 10);
			assert_true(strlen(all[i].evidence[k].text) < sizeof(all[i].evidence[k].text) - 1);
			assert_true(all[i].evidence[k].observed_count > 0);
			sum += all[i].evidence[k].weight;
		}
		assert_true(fabs(sum - all[i].score) < 1e-9);
		assert_true(fabs(1 / (1 + exp(-odds)) - all[i].confidence) < 1e-12);
		assert_true(all[i].verdict != GP_VERDICT_NONE);
		if (i && all[i - 1].slot == all[i].slot)
			assert_true(all[i - 1].kind < all[i].kind);
		else if (i)
			assert_true(all[i - 1].slot < all[i].slot);
		if (all[i].slot == slot && all[i].kind == kind)
			found = &all[i];
	}
	return found;
}

static inline enum gp_verdict world_verdict(struct world *w, __u32 slot, enum gp_kind kind)
{
	const struct gp_finding *finding = world_finding(w, slot, kind);

	return finding ? finding->verdict : GP_VERDICT_NONE;
}

static inline const struct gp_evidence *world_evidence(const struct gp_finding *finding, const char *rule)
{
	for (int i = 0; finding && i < finding->evidence_count; i++) {
		if (!strcmp(finding->evidence[i].rule, rule))
			return &finding->evidence[i];
	}
	return NULL;
}

static inline double world_observed(const struct gp_evidence *evidence, const char *name)
{
	for (int i = 0; evidence && i < evidence->observed_count; i++) {
		if (!strcmp(evidence->observed[i].name, name))
			return evidence->observed[i].value;
	}
	return NAN;
}

/* So many distinct values in a sketch; growing the number later adds to the same ones. */
static inline void world_distinct(struct gp_hll *hll, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		gp_hll_add(hll, gp_mix(gp_mix(7, i), i));
}

/* First contacts in the current slice, as the data plane would count them. */
static inline void world_contacts(struct world *w, __u32 slot, enum gp_scan_class class, __u32 attempts, __u32 answers)
{
	__u64 slice = w->now_ns / GP_SLICE_NS;
	unsigned int ring = slice % GP_SLICES;

	assert_true(w->filters.ready[ring] == slice + 1);
	world_host(w, slot)->scan.attempts[class][ring] += attempts;
	world_host(w, slot)->scan.answers[class][ring] += answers;
	world_host(w, slot)->last_seen_ns = w->now_ns;
	w->filters.used[ring] += attempts;
}

/* Long enough for everything under way to be closed, a slice at a time. */
static inline void world_settle(struct world *w)
{
	for (unsigned int i = 0; i < GP_LIVE_SLICES + 1; i++)
		world_tick(w, w->now_ns + GP_SLICE_NS);
}

#endif
