/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefix_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "prefix.h"

#define INDEX_BITS 16u
#define V4_BITS 96u
#define V4_PREFIX ((gp_u128)0xffff << 32)

/*
 * IPv4 or IPv6, in pieces: each begins where it says, and ends where the next one does. First addresses and places lie apart
 * because the last step of a search alone wants both.
 */
struct family {
	gp_u128 *firsts;
	__u32 *places; /* of the longest prefix that holds all of the piece, or GP_PREFIX_NONE */
	size_t count;
	__u32 *index;	    /* by the first bits: where pieces with them may begin; NULL: nothing is in it */
	unsigned int shift; /* of an address's number, to get them */
};

struct gp_prefix_set {
	struct family v4, v6;
	__u32 *around; /* by place */
	__u8 *bits;    /* by place */
};

static bool is_v4(gp_u128 number)
{
	return number >> 32 == V4_PREFIX >> 32;
}

static const struct family *family_of(const struct gp_prefix_set *set, gp_u128 number)
{
	return is_v4(number) ? &set->v4 : &set->v6;
}

static __u32 index_of(const struct family *family, gp_u128 number)
{
	return (__u32)(number >> family->shift) & ((1u << INDEX_BITS) - 1);
}

/* One byte of a prefix's key: its length is the lowest, then come those of its address. */
static __u8 key_byte(const struct gp_cidr *prefix, unsigned int byte)
{
	return byte ? prefix->addr.bytes[16 - byte] : prefix->bits;
}

/* Sorts places by one byte, and leaves the order of equal ones. Return: where they are now: in @from when all are equal. */
static __u32 *sort_by(unsigned int byte, const struct gp_cidr *prefixes, __u32 *from, __u32 *to, size_t count)
{
	size_t starts[257] = {0};

	for (size_t i = 0; i < count; i++)
		starts[key_byte(&prefixes[from[i]], byte) + 1]++;
	if (starts[key_byte(&prefixes[from[0]], byte) + 1] == count)
		return from;
	for (unsigned int i = 1; i < 257; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < count; i++)
		to[starts[key_byte(&prefixes[from[i]], byte)]++] = from[i];
	return to;
}

/*
 * By the first address, an enclosing prefix before what it encloses; equal ones stay as they are. Byte by byte, from the
 * lowest: four or five passes for IPv4.
 */
static void sort_places(__u32 *places, __u32 *room, const struct gp_cidr *prefixes, size_t count)
{
	__u32 *now = places;

	for (unsigned int byte = 0; count > 1 && byte < 17; byte++)
		now = sort_by(byte, prefixes, now, now == places ? room : places, count);
	if (now != places)
		memcpy(places, now, count * sizeof(*places));
}

static void add_piece(struct family *family, gp_u128 first, __u32 place)
{
	size_t last = family->count - 1; /* there always is one */

	if (family->firsts[last] == first) {
		family->places[last] = place;
	} else if (family->places[last] != place) {
		family->firsts[family->count] = first;
		family->places[family->count++] = place;
	}
}

static gp_u128 last_of(const struct gp_cidr *prefix)
{
	return gp_addr_number(&prefix->addr) | ~gp_prefix_mask(prefix->bits);
}

/* Leaves the prefixes that end before @first; each gives what is behind it back to the one around it. */
static __u32 leave(struct gp_prefix_set *set, struct family *family, const struct gp_cidr *prefixes, __u32 open,
		   gp_u128 first)
{
	while (open != GP_PREFIX_NONE) {
		gp_u128 last = last_of(&prefixes[open]);

		if (last >= first)
			break;
		open = set->around[open];
		/* Behind the last address of all there is nothing. */
		if (last != ~(gp_u128)0)
			add_piece(family, last + 1, open);
	}
	return open;
}

/* @places: sorted, of one family. */
static int cut(struct gp_prefix_set *set, struct family *family, const __u32 *places, size_t count,
	       const struct gp_cidr *prefixes)
{
	__u32 open = GP_PREFIX_NONE; /* the innermost prefix that has begun and not ended */

	family->firsts = malloc((2 * count + 2) * sizeof(*family->firsts));
	family->places = malloc((2 * count + 2) * sizeof(*family->places));
	if (!family->firsts || !family->places)
		return -ENOMEM;
	family->firsts[0] = 0;
	family->places[0] = GP_PREFIX_NONE;
	family->count = 1;
	for (size_t i = 0; i < count; i++) {
		gp_u128 first = gp_addr_number(&prefixes[places[i]].addr);

		open = leave(set, family, prefixes, open, first);
		set->around[places[i]] = open;
		open = places[i];
		add_piece(family, first, open);
	}
	leave(set, family, prefixes, open, ~(gp_u128)0);
	return 0;
}

/* index[k]: the first piece that begins at or behind the k-th part of the family. */
static int make_index(struct family *family, gp_u128 base, unsigned int shift)
{
	size_t at = 0;

	family->shift = shift;
	if (family->count == 1 && family->places[0] == GP_PREFIX_NONE)
		return 0;
	family->index = malloc(((1u << INDEX_BITS) + 1) * sizeof(*family->index));
	if (!family->index)
		return -ENOMEM;
	for (__u32 k = 0; k < 1u << INDEX_BITS; k++) {
		while (at < family->count && family->firsts[at] < base + ((gp_u128)k << shift))
			at++;
		family->index[k] = (__u32)at;
	}
	family->index[1u << INDEX_BITS] = (__u32)family->count;
	return 0;
}

/* @places, @room: of count each. */
static int fill(struct gp_prefix_set *set, __u32 *places, __u32 *room, const struct gp_cidr *prefixes, size_t count)
{
	size_t v4 = 0, v6 = 0;
	int err;

	/* Of equal prefixes the last one comes first, so that the first one lies innermost. */
	for (size_t i = count; i--;) {
		set->bits[i] = prefixes[i].bits;
		if (prefixes[i].bits >= V4_BITS && is_v4(gp_addr_number(&prefixes[i].addr)))
			places[v4++] = (__u32)i;
		else
			room[v6++] = (__u32)i;
	}
	memcpy(places + v4, room, v6 * sizeof(*places));
	sort_places(places, room, prefixes, v4);
	sort_places(places + v4, room, prefixes, v6);
	err = cut(set, &set->v4, places, v4, prefixes);
	if (!err)
		err = cut(set, &set->v6, places + v4, v6, prefixes);
	if (!err)
		err = make_index(&set->v4, V4_PREFIX, 32 - INDEX_BITS);
	return err ? err : make_index(&set->v6, 0, 128 - INDEX_BITS);
}

int gp_prefix_set_open(struct gp_prefix_set **out, const struct gp_cidr *prefixes, size_t count)
{
	struct gp_prefix_set *set = calloc(1, sizeof(*set));
	__u32 *places = malloc((2 * count + 1) * sizeof(*places));
	int err = -ENOMEM;

	if (set) {
		set->around = malloc((count + 1) * sizeof(*set->around));
		set->bits = malloc(count + 1);
	}
	if (set && places && set->around && set->bits)
		err = fill(set, places, places + count, prefixes, count);
	free(places);
	if (err)
		gp_prefix_set_close(set);
	else
		*out = set;
	return err;
}

/* The last piece that begins at or before the number; the first piece of a family begins at 0. */
static __u32 find(const struct family *family, gp_u128 number)
{
	__u32 k, low, high;

	if (!family->index)
		return GP_PREFIX_NONE;
	k = index_of(family, number);
	low = family->index[k];
	high = family->index[k + 1];
	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (family->firsts[middle] <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return family->places[low ? low - 1 : 0];
}

__u32 gp_prefix_set_find(const struct gp_prefix_set *set, const struct gp_addr *addr)
{
	gp_u128 number;

	if (!set)
		return GP_PREFIX_NONE;
	number = gp_addr_number(addr);
	return find(family_of(set, number), number);
}

__u32 gp_prefix_set_find_prefix(const struct gp_prefix_set *set, const struct gp_addr *addr, unsigned int bits)
{
	__u32 place;

	/* An IPv6 prefix that only begins like IPv4 is none of that family. */
	if (set && bits < V4_BITS && is_v4(gp_addr_number(addr)))
		return GP_PREFIX_NONE;
	place = gp_prefix_set_find(set, addr);
	while (place != GP_PREFIX_NONE && set->bits[place] > bits)
		place = set->around[place];
	return place;
}

__u32 gp_prefix_set_around(const struct gp_prefix_set *set, __u32 place)
{
	return set->around[place];
}

void gp_prefix_set_close(struct gp_prefix_set *set)
{
	if (!set)
		return;
	free(set->v4.firsts);
	free(set->v4.places);
	free(set->v4.index);
	free(set->v6.firsts);
	free(set->v6.places);
	free(set->v6.index);
	free(set->around);
	free(set->bits);
	free(set);
}
