/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>

#include "sanitise.h"

#define NOBODY ~0u

struct place {
	struct gp_watched pair;
	__u32 chain;	    /* in its host's bucket */
	__u32 older, newer; /* by the latest flow */
};

struct gp_watch {
	const struct gp_lists *lists;
	__u64 secret;
	struct place *places;
	__u32 *buckets; /* GP_WATCH_PAIRS, a power of two; by host */
	__u32 count;	/* the first places are in use, all of them */
	__u32 oldest, newest;
	__u64 displaced;
};
_Static_assert((GP_WATCH_PAIRS & (GP_WATCH_PAIRS - 1)) == 0, "buckets are found by a mask");

int gp_watch_open(struct gp_watch **out, const struct gp_lists *lists, const __u64 secret[2])
{
	struct gp_watch *w = calloc(1, sizeof(*w));

	if (w) {
		w->places = calloc(GP_WATCH_PAIRS, sizeof(*w->places));
		w->buckets = malloc(GP_WATCH_PAIRS * sizeof(*w->buckets));
	}
	if (!w || !w->places || !w->buckets) {
		gp_watch_close(w);
		return -ENOMEM;
	}
	memset(w->buckets, 0xff, GP_WATCH_PAIRS * sizeof(*w->buckets)); /* NOBODY */
	w->lists = lists;
	w->secret = secret[0];
	w->oldest = w->newest = NOBODY;
	*out = w;
	return 0;
}

void gp_watch_close(struct gp_watch *w)
{
	if (!w)
		return;
	free(w->places);
	free(w->buckets);
	free(w);
}

static __u32 *bucket_of(const struct gp_watch *w, const struct gp_addr *host)
{
	return &w->buckets[gp_hash_addr(w->secret, host) & (GP_WATCH_PAIRS - 1)];
}

static void list_remove(struct gp_watch *w, __u32 at)
{
	const struct place *p = &w->places[at];

	*(p->older != NOBODY ? &w->places[p->older].newer : &w->oldest) = p->newer;
	*(p->newer != NOBODY ? &w->places[p->newer].older : &w->newest) = p->older;
}

static void list_append(struct gp_watch *w, __u32 at)
{
	w->places[at].older = w->newest;
	w->places[at].newer = NOBODY;
	*(w->newest != NOBODY ? &w->places[w->newest].newer : &w->oldest) = at;
	w->newest = at;
}

static void leave_bucket(struct gp_watch *w, __u32 at)
{
	__u32 *link = bucket_of(w, &w->places[at].pair.host);

	while (*link != at)
		link = &w->places[*link].chain;
	*link = w->places[at].chain;
}

static bool is_host(const struct place *p, const struct gp_addr *host)
{
	return !memcmp(&p->pair.host, host, sizeof(*host));
}

static bool is_entry(const struct gp_watched *pair, const struct gp_list_entry *entry)
{
	return pair->list == entry->list && pair->prefix.bits == entry->prefix.bits &&
	       !memcmp(&pair->prefix.addr, &entry->prefix.addr, sizeof(pair->prefix.addr));
}

/* The pair; NOBODY without. @pairs: out, how many the host has; @quiet: out, its own that was quiet for longest. */
static __u32 find(const struct gp_watch *w, const struct gp_addr *host, const struct gp_list_entry *entry, __u32 *pairs,
		  __u32 *quiet)
{
	*pairs = 0;
	*quiet = NOBODY;
	for (__u32 at = *bucket_of(w, host); at != NOBODY; at = w->places[at].chain) {
		const struct place *p = &w->places[at];

		if (!is_host(p, host))
			continue;
		if (is_entry(&p->pair, entry))
			return at;
		(*pairs)++;
		if (*quiet == NOBODY || p->pair.last_ns < w->places[*quiet].pair.last_ns)
			*quiet = at;
	}
	return NOBODY;
}

/* A place that is in no bucket and in no list. */
static __u32 take_place(struct gp_watch *w, __u32 pairs, __u32 quiet)
{
	__u32 at;

	if (pairs < GP_WATCH_PER_HOST && w->count < GP_WATCH_PAIRS)
		return w->count++;
	at = pairs >= GP_WATCH_PER_HOST ? quiet : w->oldest;
	leave_bucket(w, at);
	list_remove(w, at);
	w->displaced++;
	return at;
}

static struct gp_watched *pair_of(struct gp_watch *w, const struct gp_watch_flow *flow, const struct gp_list_entry *entry)
{
	__u32 pairs, quiet, at = find(w, &flow->host, entry, &pairs, &quiet);
	struct gp_watched *pair;

	if (at != NOBODY) {
		list_remove(w, at);
		list_append(w, at);
		return &w->places[at].pair;
	}
	at = take_place(w, pairs, quiet);
	pair = &w->places[at].pair;
	*pair = (struct gp_watched){.host = flow->host, .host_bits = flow->host_bits, .prefix = entry->prefix, .list = entry->list,
				    .kind = gp_list_spec(w->lists, entry->list)->kind,
				    .first_ns = flow->first_ns, .last_ns = flow->last_ns};
	w->places[at].chain = *bucket_of(w, &flow->host);
	*bucket_of(w, &flow->host) = at;
	list_append(w, at);
	return pair;
}

void gp_watch_flow(struct gp_watch *w, const struct gp_watch_flow *flow)
{
	for (int kind = GP_LIST_WATCH; kind <= GP_LIST_KNOWN_BAD; kind++) {
		const struct gp_list_entry *entry = gp_lists_find(w->lists, (enum gp_list_kind)kind, &flow->peer);
		struct gp_watched *pair;

		if (!entry)
			continue;
		pair = pair_of(w, flow, entry);
		if (flow->first_ns < pair->first_ns)
			pair->first_ns = flow->first_ns;
		if (flow->last_ns > pair->last_ns)
			pair->last_ns = flow->last_ns;
		pair->peer = flow->peer;
		pair->flows[flow->service < GP_SERVICES ? flow->service : GP_SERVICE_OTHER] += flow->ended;
		/* The latest words of the operator. */
		snprintf(pair->label, sizeof(pair->label), "%s", gp_list_label(w->lists, entry));
	}
}

static void add_domain(struct gp_watched *pair, const char *text)
{
	for (__u8 i = 0; i < pair->domain_count; i++)
		if (!strcmp(pair->domains[i], text))
			return;
	if (pair->domain_count == GP_WATCH_DOMAINS)
		pair->domains_more = true;
	else
		snprintf(pair->domains[pair->domain_count++], GP_WATCH_DOMAIN, "%s", text);
}

void gp_watch_domain(struct gp_watch *w, const struct gp_addr *host, const struct gp_addr *peer, const char *domain,
		     size_t len)
{
	char text[GP_WATCH_DOMAIN];

	gp_sanitise(text, sizeof(text), domain, len);
	for (int kind = GP_LIST_WATCH; kind <= GP_LIST_KNOWN_BAD; kind++) {
		const struct gp_list_entry *entry = gp_lists_find(w->lists, (enum gp_list_kind)kind, peer);
		__u32 pairs, quiet, at = entry ? find(w, host, entry, &pairs, &quiet) : NOBODY;

		if (at != NOBODY)
			add_domain(&w->places[at].pair, text);
	}
}

struct gp_watch_sum gp_watch_sum(const struct gp_watch *w, enum gp_list_kind kind, const struct gp_addr *host)
{
	struct gp_watch_sum sum = {0};

	if (!w)
		return sum;
	for (__u32 at = *bucket_of(w, host); at != NOBODY; at = w->places[at].chain) {
		const struct gp_watched *pair = &w->places[at].pair;

		if (pair->kind != kind || !is_host(&w->places[at], host))
			continue;
		for (int service = 0; service < GP_SERVICES; service++)
			sum.flows += pair->flows[service];
		if (!sum.prefixes || pair->first_ns < sum.first_ns)
			sum.first_ns = pair->first_ns;
		if (pair->last_ns > sum.last_ns)
			sum.last_ns = pair->last_ns;
		sum.prefixes++;
	}
	return sum;
}

struct gp_watch_sum gp_watch_known_bad(const struct gp_watch *w, const struct gp_addr *host)
{
	return gp_watch_sum(w, GP_LIST_KNOWN_BAD, host);
}

__u32 gp_watch_count(const struct gp_watch *w)
{
	return w ? w->count : 0;
}

const struct gp_watched *gp_watch_at(const struct gp_watch *w, __u32 i)
{
	return &w->places[i].pair;
}

__u64 gp_watch_displaced(const struct gp_watch *w)
{
	return w ? w->displaced : 0;
}
