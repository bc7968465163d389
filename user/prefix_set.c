/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefix_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "prefix.h"

#define INDEX_BITS 16u
#define V4_BITS 96u
#define V4_PREFIX ((gp_u128)0xffff << 32)

/* Where a piece of the address space begins; it ends where the next one does. */
struct piece {
	gp_u128 first;
	__u32 place; /* of the longest prefix that holds all of it, or GP_PREFIX_NONE */
};

/* IPv4 or IPv6. */
struct family {
	struct piece *pieces;
	size_t count;
	__u32 *index;	    /* by the first bits: where pieces with them may begin; NULL: nothing is in it */
	unsigned int shift; /* of an address's number, to get them */
};

struct gp_prefix_set {
	struct family v4, v6;
	__u32 *around; /* by place */
	__u8 *bits;    /* by place */
};

/* One prefix on its way into the pieces. */
struct span {
	gp_u128 first, last;
	__u32 place;
	__u8 bits;
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

/* By the first address, an enclosing prefix before what it encloses; of equal ones the last place first, so that the
 * first one lies innermost. */
static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->bits != b->bits)
		return a->bits < b->bits ? -1 : 1;
	return a->place > b->place ? -1 : 1;
}

static void add_piece(struct family *family, gp_u128 first, __u32 place)
{
	struct piece *last = family->count ? &family->pieces[family->count - 1] : NULL;

	if (last && last->first == first)
		last->place = place;
	else if (!last || last->place != place)
		family->pieces[family->count++] = (struct piece){first, place};
}

/* Leaves the prefixes that end before @first; each gives what is behind it back to the one around it. */
static size_t leave(struct family *family, const struct span *const *open, size_t depth, gp_u128 first)
{
	while (depth && open[depth - 1]->last < first) {
		gp_u128 end = open[--depth]->last;

		/* Behind the last address of all there is nothing. */
		if (end != ~(gp_u128)0)
			add_piece(family, end + 1, depth ? open[depth - 1]->place : GP_PREFIX_NONE);
	}
	return depth;
}

/* @spans: sorted, of one family. Nested prefixes are as many as there are lengths, and their equals. */
static int cut(struct family *family, const struct span *spans, size_t count, __u32 *around)
{
	const struct span **open = calloc(count + 1, sizeof(*open));
	size_t depth = 0;

	family->pieces = calloc(2 * count + 2, sizeof(*family->pieces));
	if (!open || !family->pieces) {
		free(open);
		return -ENOMEM;
	}
	add_piece(family, 0, GP_PREFIX_NONE);
	for (size_t i = 0; i < count; i++) {
		depth = leave(family, open, depth, spans[i].first);
		around[spans[i].place] = depth ? open[depth - 1]->place : GP_PREFIX_NONE;
		add_piece(family, spans[i].first, spans[i].place);
		open[depth++] = &spans[i];
	}
	leave(family, open, depth, ~(gp_u128)0);
	free(open);
	return 0;
}

/* index[k]: the first piece that begins at or behind the k-th part of the family. */
static int make_index(struct family *family, gp_u128 base, unsigned int shift)
{
	size_t at = 0;

	family->shift = shift;
	if (family->count < 2)
		return 0;
	family->index = malloc(((1u << INDEX_BITS) + 1) * sizeof(*family->index));
	if (!family->index)
		return -ENOMEM;
	for (__u32 k = 0; k < 1u << INDEX_BITS; k++) {
		while (at < family->count && family->pieces[at].first < base + ((gp_u128)k << shift))
			at++;
		family->index[k] = (__u32)at;
	}
	family->index[1u << INDEX_BITS] = (__u32)family->count;
	return 0;
}

static int fill(struct gp_prefix_set *set, struct span *spans, const struct gp_cidr *prefixes, size_t count)
{
	size_t v4 = 0, v6 = 0;
	int err;

	for (size_t i = 0; i < count; i++) {
		gp_u128 first = gp_addr_number(&prefixes[i].addr);
		struct span span = {first, first | ~gp_prefix_mask(prefixes[i].bits), (__u32)i, prefixes[i].bits};

		set->bits[i] = span.bits;
		if (span.bits >= V4_BITS && is_v4(first))
			spans[v4++] = span;
		else
			spans[count - ++v6] = span;
	}
	qsort(spans, v4, sizeof(*spans), compare_spans);
	qsort(spans + v4, v6, sizeof(*spans), compare_spans);
	err = cut(&set->v4, spans, v4, set->around);
	if (!err)
		err = cut(&set->v6, spans + v4, v6, set->around);
	if (!err)
		err = make_index(&set->v4, V4_PREFIX, 32 - INDEX_BITS);
	return err ? err : make_index(&set->v6, 0, 128 - INDEX_BITS);
}

int gp_prefix_set_open(struct gp_prefix_set **out, const struct gp_cidr *prefixes, size_t count)
{
	struct gp_prefix_set *set = calloc(1, sizeof(*set));
	struct span *spans = calloc(count + 1, sizeof(*spans));
	int err = -ENOMEM;

	if (set) {
		set->around = calloc(count + 1, sizeof(*set->around));
		set->bits = calloc(count + 1, sizeof(*set->bits));
	}
	if (set && spans && set->around && set->bits)
		err = fill(set, spans, prefixes, count);
	free(spans);
	if (err)
		gp_prefix_set_close(set);
	else
		*out = set;
	return err;
}

/* The last piece that begins at or before the number; the first piece of a family begins at 0. */
static __u32 find(const struct family *family, gp_u128 number)
{
	const struct piece *pieces = family->pieces;
	__u32 k, low, high;

	if (!family->index)
		return GP_PREFIX_NONE;
	k = index_of(family, number);
	low = family->index[k];
	high = family->index[k + 1];
	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (pieces[middle].first <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return pieces[low ? low - 1 : 0].place;
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
	free(set->v4.pieces);
	free(set->v4.index);
	free(set->v6.pieces);
	free(set->v6.index);
	free(set->around);
	free(set->bits);
	free(set);
}
