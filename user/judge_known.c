/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator's lists say of a host under judgement. docs/detection.md, "Lists". */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_private.h"
#include "watch.h"

void gp_known_hear(struct gp_case *c, const struct gp_heard *heard)
{
	struct gp_watch_sum bad = gp_watch_known_bad(heard->watch, &c->host->addr);

	c->known_good = gp_lists_find_prefix(heard->lists, GP_LIST_KNOWN_GOOD, &c->host->addr, c->host->bits) != NULL;
	c->known_bad_prefixes = bad.prefixes;
	c->known_bad_flows = bad.flows;
}

double gp_known_bad_weight(const struct gp_case *c)
{
	const struct gp_list_limits *limits = &c->limits->lists;

	return c->inside ? fmin(limits->known_bad_step * c->known_bad_prefixes, limits->known_bad_cap) : 0;
}

void gp_known_bad_evidence(struct gp_finding *out, const struct gp_case *c)
{
	struct gp_evidence *e = gp_evidence_add(out, "lists.known_bad", gp_known_bad_weight(c),
						"Speaks with %u prefixes that the operator's lists know to be bad, on %u "
						"sampled flows that have ended", c->known_bad_prefixes, c->known_bad_flows);

	gp_evidence_observe(e, "prefixes", c->known_bad_prefixes);
	gp_evidence_observe(e, "flows", c->known_bad_flows);
}

static struct gp_suppressed *find(struct gp_suppressions *s, const struct gp_list_entry *entry, int kind)
{
	for (int i = 0; i < s->count; i++) {
		struct gp_suppressed *known = &s->list[i];

		if (known->kind == kind && known->list == entry->list && known->prefix.bits == entry->prefix.bits &&
		    !memcmp(&known->prefix.addr, &entry->prefix.addr, sizeof(entry->prefix.addr)))
			return known;
	}
	return NULL;
}

static int note(struct gp_suppressions *s, const struct gp_lists *lists, const struct gp_list_entry *entry, bool range,
		int kind)
{
	struct gp_suppressed *known = find(s, entry, kind);

	if (!known) {
		struct gp_suppressed *list = reallocarray(s->list, (size_t)s->count + 1, sizeof(*list));

		if (!list)
			return -ENOMEM;
		s->list = list;
		known = &list[s->count++];
		*known = (struct gp_suppressed){.prefix = entry->prefix, .list = entry->list, .range = range, .kind = kind};
		snprintf(known->label, sizeof(known->label), "%s", gp_list_label(lists, entry));
	}
	known->count++;
	return 0;
}

int gp_known_good_host(struct gp_suppressions *s, const struct gp_heard *heard, const struct gp_case *c,
		       const struct gp_finding *finding)
{
	const struct gp_list_entry *entry =
		gp_lists_find_prefix(heard->lists, GP_LIST_KNOWN_GOOD, &c->host->addr, c->host->bits);
	int err;

	if (!entry)
		return 0;
	err = note(s, heard->lists, entry, false, (int)finding->kind);
	return err ? err : 1;
}

/* Return: how many are left, or -ENOMEM. */
static int drop_known_good(struct gp_suppressions *s, const struct gp_lists *lists, struct gp_range_finding *list, int count)
{
	int left = 0;

	for (int i = 0; i < count; i++) {
		const struct gp_list_entry *entry =
			gp_lists_find_prefix(lists, GP_LIST_KNOWN_GOOD, &list[i].addr, list[i].bits);

		if (!entry)
			list[left++] = list[i];
		else if (note(s, lists, entry, true, (int)list[i].kind))
			return -ENOMEM;
	}
	return left;
}

int gp_known_good_ranges(struct gp_suppressions *s, const struct gp_heard *heard, const struct gp_range_finding **ranges,
			 int count)
{
	if (count <= 0 || !gp_lists_has(heard->lists, GP_LIST_KNOWN_GOOD))
		return count;
	free(s->ranges);
	s->ranges = malloc((size_t)count * sizeof(*s->ranges));
	if (!s->ranges)
		return -ENOMEM;
	memcpy(s->ranges, *ranges, (size_t)count * sizeof(*s->ranges));
	*ranges = s->ranges;
	return drop_known_good(s, heard->lists, s->ranges, count);
}

void gp_suppressions_clear(struct gp_suppressions *s)
{
	free(s->list);
	free(s->ranges);
	*s = (struct gp_suppressions){0};
}
