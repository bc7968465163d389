/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small memory with inside hosts, a world over it with outside ones, and a judge. Counters are set by hand or by the
 * data plane's own code; those of outside hosts directly in the world, as if each epoch had just been drained.
 */
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
#include "world.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define WORLD_HOSTS 64u /* inside */
#define WORLD_WORDS 16384u
#define SECOND 1000000000ull
#define START (1700000000ull * SECOND) /* a multiple of the slice, not of the window */
#define INSIDE 0u		       /* id of the first inside host */
#define OUTSIDE WORLD_HOSTS	       /* of the first outside one */

struct world {
	struct gp_memory memory;
	struct gp_settings settings;
	struct gp_cpu cpu;
	struct gp_claims claims;
	struct gp_filters filters;
	struct gp_limits limits;
	struct gp_world *known;
	struct gp_judge *judge;
	__u64 now_ns;
};

/* Outside hosts move when there are more of them: ask again after each claim. */
static inline struct gp_host *world_host(struct world *w, __u32 id)
{
	if (id < OUTSIDE)
		return &w->memory.hosts[id];
	assert_true(id - OUTSIDE < w->known->outside_count);
	return &w->known->outside[id - OUTSIDE];
}

static inline struct gp_addr world_v4(__u32 addr)
{
	return (struct gp_addr){.words = {0, 0, gp_be32_to_host(0xffff), gp_be32_to_host(addr)}};
}

/* 198.18.0.0 and on: an address for each outside id, those below it first. */
static inline void world_claim(struct world *w, __u32 id, enum gp_role role)
{
	struct gp_host host = {.tag = id + 1, .role = (__u8)role, .bits = 128, .ready = 1};

	if (id < OUTSIDE) {
		w->memory.hosts[id] = host;
		if (w->claims.hosts <= id)
			w->claims.hosts = id + 1;
		return;
	}
	while (w->known->outside_count <= id - OUTSIDE) {
		host.addr = world_v4(0xc6120000 + w->known->outside_count);
		assert_int_equal(gp_world_add_host(w->known, &host), 0);
	}
}

/* Ports as configured by default, as far as the tests use them. */
static inline void world_ports(struct world *w)
{
	static const __u16 watched[] = {25, 465, 587, 80, 443, 8080, 8443};

	for (__u32 port = 0; port < 65536; port++) {
		struct gp_port entry = {.scan_class = port < 1024 ? GP_SCAN_SERVICE : GP_SCAN_HIGH};

		for (unsigned int i = 0; i < ROWS(watched); i++) {
			if (port == watched[i])
				entry.scan_class = GP_SCAN_WATCHED;
		}
		w->memory.ports[port] = gp_port_byte(entry);
	}
}

static inline void world_tick(struct world *w, __u64 now_ns)
{
	w->now_ns = now_ns;
	assert_int_equal(gp_judge_tick(w->judge, now_ns), 0);
}

static inline void world_open_at(struct world *w, bool trust_inside, __u64 now_ns)
{
	memset(w, 0, sizeof(*w));
	w->settings = (struct gp_settings){.abi_version = GP_ABI_VERSION, .inside_hosts = WORLD_HOSTS,
					   .flow_slots = 1, .filter_words = WORLD_WORDS, .secret = {1, 2}};
	w->limits = gp_limits_default;
	w->memory.settings = &w->settings;
	w->memory.claims = &w->claims;
	w->memory.cpus = &w->cpu;
	w->memory.cpu_count = 1;
	w->memory.filters = &w->filters;
	w->memory.hosts = calloc(WORLD_HOSTS, sizeof(*w->memory.hosts));
	w->memory.ports = calloc(GP_PORTS, sizeof(*w->memory.ports));
	w->memory.filter_bits = calloc(GP_FILTERS * (size_t)WORLD_WORDS, sizeof(*w->memory.filter_bits));
	assert_non_null(w->memory.hosts);
	assert_non_null(w->memory.ports);
	assert_non_null(w->memory.filter_bits);
	assert_int_equal(gp_world_open(&w->known, &w->memory), 0);
	world_ports(w);
	assert_int_equal(gp_judge_open(&w->judge, w->known, &w->limits, trust_inside), 0);
	world_tick(w, now_ns);
}

static inline void world_open(struct world *w, bool trust_inside)
{
	world_open_at(w, trust_inside, START);
}

static inline void world_close(struct world *w)
{
	gp_judge_close(w->judge);
	gp_world_close(w->known);
	free(w->memory.hosts);
	free(w->memory.ports);
	free(w->memory.filter_bits);
}

/* Every finding must add up, whatever it says. */
static inline const struct gp_finding *world_finding(struct world *w, __u32 id, enum gp_kind kind)
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
		if (i && all[i - 1].id == all[i].id)
			assert_true(all[i - 1].kind < all[i].kind);
		else if (i)
			assert_true(all[i - 1].id < all[i].id);
		if (all[i].id == id && all[i].kind == kind)
			found = &all[i];
	}
	return found;
}

static inline enum gp_verdict world_verdict(struct world *w, __u32 id, enum gp_kind kind)
{
	const struct gp_finding *finding = world_finding(w, id, kind);

	return finding ? finding->verdict : GP_VERDICT_NONE;
}

/* What is thought of a host, verdict or not; until the next call. */
static inline const struct gp_finding *world_opinion(struct world *w, __u32 id, enum gp_kind kind)
{
	static struct gp_finding opinions[GP_KINDS];

	assert_true(gp_judge_opinions(w->judge, id, opinions));
	return &opinions[kind];
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
static inline void world_contacts(struct world *w, __u32 id, enum gp_scan_class class, __u32 attempts, __u32 answers)
{
	__u64 slice = w->now_ns / GP_SLICE_NS;
	unsigned int ring = slice % GP_SLICES;

	assert_true(w->filters.ready[ring] == slice + 1);
	world_host(w, id)->scan.attempts[class][ring] += attempts;
	world_host(w, id)->scan.answers[class][ring] += answers;
	world_host(w, id)->last_seen_ns = w->now_ns;
	w->filters.used[ring] += attempts;
}

/* Long enough for everything under way to be closed, a slice at a time. */
static inline void world_settle(struct world *w)
{
	for (unsigned int i = 0; i < GP_LIVE_SLICES + 1; i++)
		world_tick(w, w->now_ns + GP_SLICE_NS);
}

#endif
