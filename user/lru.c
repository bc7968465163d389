// SPDX-License-Identifier: GPL-2.0-or-later
#include "lru.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>

#define NOBODY ~0u

/* An entry's place; the numbers of others stand for them. */
struct place {
	struct gp_addr key;
	__u32 chain;	    /* in its bucket */
	__u32 older, newer; /* by when they were taken last */
	__u32 dense;	    /* where in that list it stands */
};

struct gp_lru {
	struct place *places;
	__u8 *entries;	 /* of the places, in the same order */
	__u32 *dense;	 /* places: `count` in use, then the free ones up to `touched` */
	__u32 *buckets;
	size_t bytes;
	__u32 mask;	 /* of the number of a bucket */
	__u32 max, touched, count; /* touched: places that were ever used */
	__u32 oldest, newest;
	__u64 secret, displaced;
};

static __u32 *bucket_of(const struct gp_lru *l, const struct gp_addr *key)
{
	return &l->buckets[gp_hash_addr(l->secret, key) & l->mask];
}

int gp_lru_open(struct gp_lru **out, __u32 max, size_t bytes, __u64 secret)
{
	struct gp_lru *l = calloc(1, sizeof(*l));
	__u32 buckets = 1;

	while (buckets < max && buckets < 1u << 31)
		buckets *= 2;
	if (l) {
		l->places = calloc(max, sizeof(*l->places));
		l->entries = calloc(max, bytes);
		l->dense = calloc(max, sizeof(*l->dense));
		l->buckets = malloc(buckets * sizeof(*l->buckets));
	}
	if (!l || !l->places || !l->entries || !l->dense || !l->buckets) {
		gp_lru_close(l);
		return -ENOMEM;
	}
	memset(l->buckets, 0xff, buckets * sizeof(*l->buckets)); /* NOBODY */
	l->bytes = bytes;
	l->mask = buckets - 1;
	l->max = max;
	l->oldest = l->newest = NOBODY;
	l->secret = secret;
	*out = l;
	return 0;
}

static void *entry_at(const struct gp_lru *l, __u32 at)
{
	return at == NOBODY ? NULL : l->entries + at * l->bytes;
}

static __u32 place_of(const struct gp_lru *l, const void *entry)
{
	return (__u32)((size_t)((const __u8 *)entry - l->entries) / l->bytes);
}

static __u32 find(const struct gp_lru *l, const struct gp_addr *key)
{
	__u32 at = *bucket_of(l, key);

	while (at != NOBODY && memcmp(&l->places[at].key, key, sizeof(*key)) != 0)
		at = l->places[at].chain;
	return at;
}

static void list_remove(struct gp_lru *l, __u32 at)
{
	const struct place *p = &l->places[at];

	*(p->older != NOBODY ? &l->places[p->older].newer : &l->oldest) = p->newer;
	*(p->newer != NOBODY ? &l->places[p->newer].older : &l->newest) = p->older;
}

static void list_append(struct gp_lru *l, __u32 at)
{
	l->places[at].older = l->newest;
	l->places[at].newer = NOBODY;
	*(l->newest != NOBODY ? &l->places[l->newest].newer : &l->oldest) = at;
	l->newest = at;
}

static void put_dense(struct gp_lru *l, __u32 i, __u32 at)
{
	l->dense[i] = at;
	l->places[at].dense = i;
}

static void forget(struct gp_lru *l, __u32 at)
{
	__u32 *link = bucket_of(l, &l->places[at].key), hole = l->places[at].dense;

	while (*link != at)
		link = &l->places[*link].chain;
	*link = l->places[at].chain;
	list_remove(l, at);
	l->count--;
	put_dense(l, hole, l->dense[l->count]);
	put_dense(l, l->count, at);
}

/* A place for a key that has none; there always is one. */
static __u32 take_place(struct gp_lru *l)
{
	if (l->count == l->max) {
		forget(l, l->oldest);
		l->displaced++;
	}
	if (l->count == l->touched) {
		put_dense(l, l->touched, l->touched);
		l->touched++;
	}
	return l->dense[l->count++];
}

void *gp_lru_get(const struct gp_lru *l, const struct gp_addr *key)
{
	return entry_at(l, find(l, key));
}

void *gp_lru_take(struct gp_lru *l, const struct gp_addr *key, bool *made)
{
	__u32 at = find(l, key), *bucket = bucket_of(l, key);

	*made = at == NOBODY;
	if (*made) {
		at = take_place(l);
		memset(entry_at(l, at), 0, l->bytes);
		l->places[at].key = *key;
		l->places[at].chain = *bucket;
		*bucket = at;
	} else {
		list_remove(l, at);
	}
	list_append(l, at);
	return entry_at(l, at);
}

void gp_lru_drop(struct gp_lru *l, void *entry)
{
	forget(l, place_of(l, entry));
}

void *gp_lru_oldest(const struct gp_lru *l)
{
	return entry_at(l, l->oldest);
}

void *gp_lru_newer(const struct gp_lru *l, const void *entry)
{
	return entry_at(l, l->places[place_of(l, entry)].newer);
}

__u32 gp_lru_count(const struct gp_lru *l)
{
	return l->count;
}

void *gp_lru_at(const struct gp_lru *l, __u32 i)
{
	return entry_at(l, l->dense[i]);
}

__u64 gp_lru_displaced(const struct gp_lru *l)
{
	return l->displaced;
}

void gp_lru_close(struct gp_lru *l)
{
	if (!l)
		return;
	free(l->places);
	free(l->entries);
	free(l->dense);
	free(l->buckets);
	free(l);
}
