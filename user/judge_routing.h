/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside prefixes of which only one direction passes by here: who judges failures there would call everybody a
 * scanner. Pure. docs/detection.md, step 1.
 */
#ifndef GATEPOST_JUDGE_ROUTING_H
#define GATEPOST_JUDGE_ROUTING_H

#include <stdbool.h>

#include "world.h"

struct gp_routing;

enum gp_seen {
	GP_SEEN_BOTH,
	GP_SEEN_SENT,	  /* what its hosts send; no answers */
	GP_SEEN_RECEIVED, /* answers to what was never seen */
};

/* A prefix that is seen in one direction. */
struct gp_asymmetry {
	struct gp_addr addr; /* masked to bits */
	__u8 bits;	     /* of 128: a /24 has 120, a /48 has 48 */
	enum gp_seen seen;
	__u64 since_ns; /* the data plane's clock */
	__u64 hosts, syn, answered; /* in the last hour: attempts, and those that were answered */
};

/* Return: 0, or -ENOMEM. @world: borrowed until close. @hour_ns: six windows. */
int gp_routing_open(struct gp_routing **out, const struct gp_world *world, __u64 hour_ns);
/* Another length, from the next hour on. */
void gp_routing_change(struct gp_routing *routing, __u64 hour_ns);
void gp_routing_close(struct gp_routing *routing);

/* The end of a window: what the last hour showed decides. Return: 0, or -ENOMEM. */
int gp_routing_weigh(struct gp_routing *routing, __u64 now_ns);

/* How the prefix of an inside host is seen. */
enum gp_seen gp_routing_seen(const struct gp_routing *routing, const struct gp_addr *host);

/* All prefixes seen in one direction, ascending. @out: borrowed until the next call. Return: how many, or -ENOMEM. */
int gp_routing_list(struct gp_routing *routing, const struct gp_asymmetry **out);

#endif
