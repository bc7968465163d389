/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From prefixes as written to the sorted, disjoint ranges that the data plane searches. Internal to config. */
#ifndef GATEPOST_CONFIG_RANGES_H
#define GATEPOST_CONFIG_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "prefix.h"

/* A prefix and where it stands, for messages. */
struct gp_prefix_entry {
	struct gp_prefix prefix;
	int line; /* of the file; 0: an --inside argument */
	__u32 order; /* of reading; keeps messages and results repeatable */
};

struct gp_prefix_list {
	struct gp_prefix_entry *entries;
	size_t count, capacity;
};

/**
 * gp_prefix_list_add() - append one prefix.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_prefix_list_add(struct gp_prefix_list *list, const struct gp_prefix *prefix, int line);
void gp_prefix_list_free(struct gp_prefix_list *list);

/* Sorts by first address; an enclosing prefix precedes what it encloses, and of equal prefixes the winner is last. */
void gp_prefix_list_sort(struct gp_prefix_list *list);

/* Two prefixes that contradict each other; the later one in reading order is to be complained about. */
struct gp_prefix_conflict {
	const struct gp_prefix_entry *entry, *other;
	const char *why; /* static; what is wrong between them */
	bool lengths;	 /* it is about the lengths of subscribers */
};

/**
 * gp_prefix_conflicts() - find prefixes that contradict each other.
 * @list: sorted.
 * @report: called for each conflict.
 *
 * Contradictions are: equal prefixes, whatever they say, since one of them says nothing; and a prefix of inside in
 * another one that gives its subscribers another length, or that it cuts one subscriber of in two.
 */
void gp_prefix_conflicts(const struct gp_prefix_list *list,
			 void (*report)(void *context, const struct gp_prefix_conflict *conflict), void *context);

/**
 * gp_ranges_cut() - cut ranges from all prefixes: each address gets the meaning of the longest prefix that holds it;
 * at equal length relays and infrastructure win over inside. An IPv6 prefix never covers IPv4 addresses, ::/0 neither.
 * @list: sorted.
 * @out: sorted, disjoint, neighbours of equal meaning merged (no subscriber's boundary depends on a range's end, since
 *       the subscriber is found by masking the address). The caller frees it. NULL when there are none.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_ranges_cut(struct gp_range **out, size_t *count, const struct gp_prefix_list *list);

/**
 * gp_ranges_find_homeless() - a subscriber with several addresses is known by the first or the last of them
 * (include/gatepost/inside.h, hot.h): one of the two has to be his own.
 * @ranges: of gp_ranges_cut().
 * @at: 0 at first; where the next call goes on. The same one may be found several times in a row.
 *
 * Return: true when somebody has neither; *subscriber says who.
 */
bool gp_ranges_find_homeless(const struct gp_range *ranges, size_t count, size_t *at, struct gp_prefix *subscriber);

#endif
