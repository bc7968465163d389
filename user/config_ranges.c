/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_ranges.h"

#define DEPTH_MAX 130 /* lengths 0 to 128, each once, and the hole for IPv4 */

/* A prefix that encloses the address the sweep has come to. */
struct level {
	gp_u128 last;
	const struct gp_prefix_entry *entry;
};

struct sweep {
	struct gp_range *ranges;
	size_t count;
	gp_u128 next; /* the first address that no range decides yet */
	bool finished; /* the last address of all has been decided */
	struct level stack[DEPTH_MAX];
	size_t depth;
};

int gp_prefix_list_add(struct gp_prefix_list *list, const struct gp_prefix *prefix, int line)
{
	size_t capacity = list->capacity ? 2 * list->capacity : 64;
	struct gp_prefix_entry *entries;

	if (list->count == list->capacity) {
		entries = reallocarray(list->entries, capacity, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		list->entries = entries;
		list->capacity = capacity;
	}
	list->entries[list->count] = (struct gp_prefix_entry){
		.prefix = *prefix,
		.line = line,
		.order = (__u32)list->count,
	};
	list->count++;
	return 0;
}

void gp_prefix_list_free(struct gp_prefix_list *list)
{
	free(list->entries);
	*list = (struct gp_prefix_list){0};
}

/* Of equal prefixes the last one counts, so the roles that win sort behind. */
static int role_rank(const struct gp_prefix *prefix)
{
	switch (prefix->role) {
	case GP_ROLE_OUTSIDE:
		return 0;
	case GP_ROLE_SUBSCRIBER:
		return 1;
	default:
		return 2;
	}
}

static int entry_compare(const void *left, const void *right)
{
	const struct gp_prefix_entry *a = left, *b = right;
	int order = memcmp(a->prefix.addr.bytes, b->prefix.addr.bytes, sizeof(a->prefix.addr.bytes));

	if (!order)
		order = a->prefix.bits - b->prefix.bits;
	if (!order)
		order = role_rank(&a->prefix) - role_rank(&b->prefix);
	if (!order)
		order = a->order < b->order ? -1 : a->order > b->order;
	return order;
}

void gp_prefix_list_sort(struct gp_prefix_list *list)
{
	if (list->count)
		qsort(list->entries, list->count, sizeof(*list->entries), entry_compare);
}

static gp_u128 prefix_last(const struct gp_prefix *prefix)
{
	return gp_addr_number(&prefix->addr) | ~gp_prefix_mask(prefix->bits);
}

static bool prefix_equal(const struct gp_prefix *a, const struct gp_prefix *b)
{
	return a->bits == b->bits && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static bool is_inside(const struct gp_prefix *prefix)
{
	return prefix->role == GP_ROLE_SUBSCRIBER;
}

/* Between equal prefixes. */
static const char *contradiction(const struct gp_prefix *a, const struct gp_prefix *b)
{
	if (a->role != b->role)
		return "is in two of inside, relays, infrastructure and business";
	return a->subscriber_bits != b->subscriber_bits ? "is given with two subscriber lengths" : "is given twice";
}

/* Between a prefix of inside and the one that encloses it; NULL: none. */
static const char *nested_contradiction(const struct gp_prefix *outer, const struct gp_prefix *inner)
{
	if (gp_prefix_is_v4(outer) != gp_prefix_is_v4(inner))
		return NULL;
	if (inner->bits > outer->subscriber_bits)
		return "cuts one subscriber in two";
	return inner->subscriber_bits != outer->subscriber_bits ? "has another subscriber length than what is around it" : NULL;
}

static void conflict_report(const struct gp_prefix_entry *a, const struct gp_prefix_entry *b, const char *why,
			    void (*report)(void *context, const struct gp_prefix_conflict *conflict), void *context)
{
	bool later = a->order > b->order;

	report(context, &(struct gp_prefix_conflict){
				.entry = later ? a : b,
				.other = later ? b : a,
				.why = why,
				.lengths = is_inside(&a->prefix) && is_inside(&b->prefix) &&
					   (a->prefix.bits != b->prefix.bits ||
					    a->prefix.subscriber_bits != b->prefix.subscriber_bits),
			});
}

void gp_prefix_conflicts(const struct gp_prefix_list *list,
			 void (*report)(void *context, const struct gp_prefix_conflict *conflict), void *context)
{
	const struct gp_prefix_entry *inside[DEPTH_MAX]; /* inside prefixes around the current one */
	const struct gp_prefix_entry *entry, *before = NULL, *outer;
	const char *why;
	size_t depth = 0, i;

	for (i = 0; i < list->count; before = entry, i++) {
		entry = &list->entries[i];
		if (before && prefix_equal(&before->prefix, &entry->prefix)) {
			conflict_report(before, entry, contradiction(&before->prefix, &entry->prefix), report, context);
			continue;
		}
		while (depth && prefix_last(&inside[depth - 1]->prefix) < gp_addr_number(&entry->prefix.addr))
			depth--;
		if (!is_inside(&entry->prefix))
			continue;
		outer = depth ? inside[depth - 1] : NULL;
		why = outer ? nested_contradiction(&outer->prefix, &entry->prefix) : NULL;
		if (why)
			conflict_report(outer, entry, why, report, context);
		inside[depth++] = entry;
	}
}

/* ::ffff:0:0, or what follows 255.255.255.255: neighbours in number only. */
static bool is_edge_of_v4(gp_u128 first)
{
	return first == (gp_u128)0xffff << 32 || first == (gp_u128)1 << 48;
}

static void emit(struct sweep *sweep, gp_u128 last, const struct gp_prefix *meaning)
{
	struct gp_range *before = sweep->count ? &sweep->ranges[sweep->count - 1] : NULL;
	gp_u128 first = sweep->next;

	if (sweep->finished || first > last)
		return;
	sweep->next = last + 1;
	sweep->finished = !sweep->next;
	if (meaning->role == GP_ROLE_OUTSIDE)
		return;
	if (before && gp_addr_number(&before->last) + 1 == first && before->role == meaning->role &&
	    before->subscriber_bits == meaning->subscriber_bits && !is_edge_of_v4(first)) {
		gp_addr_from_number(&before->last, last);
		return;
	}
	before = &sweep->ranges[sweep->count++];
	*before = (struct gp_range){.subscriber_bits = meaning->subscriber_bits, .role = meaning->role};
	gp_addr_from_number(&before->first, first);
	gp_addr_from_number(&before->last, last);
}

/* Decides what lies between the prefixes that end before @first, and up to it. */
static void advance(struct sweep *sweep, gp_u128 first)
{
	struct level *top;

	while (sweep->depth) {
		top = &sweep->stack[sweep->depth - 1];
		if (top->last >= first)
			break;
		emit(sweep, top->last, &top->entry->prefix);
		sweep->depth--;
	}
	if (sweep->depth && first)
		emit(sweep, first - 1, &sweep->stack[sweep->depth - 1].entry->prefix);
	sweep->next = first;
}

static void enter(struct sweep *sweep, const struct gp_prefix_entry *entry)
{
	advance(sweep, gp_addr_number(&entry->prefix.addr));
	sweep->stack[sweep->depth++] = (struct level){.last = prefix_last(&entry->prefix), .entry = entry};
}

int gp_ranges_cut(struct gp_range **out, size_t *count, const struct gp_prefix_list *list)
{
	/* IPv6 prefixes that reach over ::ffff:0:0/96 speak of IPv6 only; this one lies just around all of IPv4. */
	const struct gp_prefix_entry hole = {.prefix = {.addr.bytes = {[10] = 0xff, [11] = 0xff}, .bits = 96}};
	const struct gp_prefix_entry *entry;
	struct sweep sweep = {0};
	bool hole_entered = false;
	size_t i;

	*out = NULL;
	*count = 0;
	if (!list->count)
		return 0;
	/* Each prefix begins one range and resumes one after it at most; so does the hole. */
	sweep.ranges = calloc(2 * list->count + 3, sizeof(*sweep.ranges));
	if (!sweep.ranges)
		return -ENOMEM;
	for (i = 0; i < list->count; i++) {
		entry = &list->entries[i];
		if (!hole_entered && entry_compare(&hole, entry) < 0) {
			enter(&sweep, &hole);
			hole_entered = true;
		}
		if (i + 1 == list->count || !prefix_equal(&entry->prefix, &list->entries[i + 1].prefix))
			enter(&sweep, entry);
	}
	if (!hole_entered)
		enter(&sweep, &hole);
	while (sweep.depth--)
		emit(&sweep, sweep.stack[sweep.depth].last, &sweep.stack[sweep.depth].entry->prefix);
	*out = sweep.ranges;
	*count = sweep.count;
	return 0;
}

static const struct gp_range *range_of(const struct gp_range *ranges, size_t count, gp_u128 address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address > gp_addr_number(&ranges[middle].last))
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && gp_addr_number(&ranges[low].first) <= address ? &ranges[low] : NULL;
}

/* Is an address of a range's subscriber somebody else's? */
static bool is_taken(const struct gp_range *ranges, size_t count, gp_u128 address, __u8 bits)
{
	const struct gp_range *range = range_of(ranges, count, address);

	return !range || range->subscriber_bits != bits;
}

bool gp_ranges_find_homeless(const struct gp_range *ranges, size_t count, size_t *at, struct gp_prefix *subscriber)
{
	while (*at < 2 * count) {
		size_t i = (*at)++;
		const struct gp_range *range = &ranges[i / 2];
		gp_u128 mask = gp_prefix_mask(range->subscriber_bits);
		gp_u128 first = gp_addr_number(i % 2 ? &range->last : &range->first) & mask;

		*subscriber = (struct gp_prefix){.bits = range->subscriber_bits, .subscriber_bits = range->subscriber_bits};
		gp_addr_from_number(&subscriber->addr, first);
		if (range->subscriber_bits < 128 && is_taken(ranges, count, first, range->subscriber_bits) &&
		    is_taken(ranges, count, first | ~mask, range->subscriber_bits))
			return true;
	}
	return false;
}
