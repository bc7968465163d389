/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who really opened the mails and followed their links, as far as that was seen: without the fetches of link scanners,
 * robots and crawlers, and those of image proxies once per link. Depends on its arguments alone.
 */
#ifndef GATEPOST_WEB_STATISTICS_H
#define GATEPOST_WEB_STATISTICS_H

#include <stddef.h>

#include <gatepost/abi.h>

#include "agent.h"
#include "interval.h"
#include "judge.h"
#include "tokens.h"

/* A prefix whose addresses are one machine, and what that does. */
struct gp_web_range {
	struct gp_addr addr;
	__u8 bits; /* of 128 */
	enum gp_range_kind kind;
};

/* Opens (links to pictures) or clicks (to pages). */
struct gp_web_counted {
	__u64 fetches;	/* by anyone, of these links */
	__u32 fetched;	/* links with a fetch by anyone */
	__u32 remaining; /* of these with a fetch that remains: the opens, the clicks */
	struct gp_interval share; /* of `remaining` in `fetched` */
	double inflation; /* fetches / remaining; 0 without any */
};

struct gp_web_statistics {
	__u32 links;	/* of delivered mails */
	__u32 https;	/* of these: what became of them cannot be seen */
	__u32 one_time; /* of the others: in one mail only */
	__u32 fetched;
	__u64 fetches;
	__u64 by_robots;  /* of these: left out */
	__u64 by_proxies; /* of these: counted once per link */
	__u64 unread;	  /* of these: beyond the first GP_TOKEN_FETCHES of a link; they neither remain nor are left out */
	struct gp_web_counted opens, clicks;
	__u32 agents[GP_AGENTS]; /* opens by who fetched first of those that remain */
};

/**
 * gp_web_statistics() - over all links that are remembered.
 * @ranges: sorted by address and disjoint.
 *
 * Fetches whose User-Agent declares a robot are left out wherever they come from.
 */
void gp_web_statistics(struct gp_web_statistics *out, const struct gp_tokens *tokens, const struct gp_web_range *ranges,
		       size_t count);

/* Ascending, as gp_web_statistics() wants its ranges; for qsort(). */
int gp_web_range_compare(const void *a, const void *b);

#endif
