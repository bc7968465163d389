/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who floods an address with SYNs: what is asked of the evidence, and what is remembered of a host. docs/detection.md, "DDoS source". */
#ifndef GATEPOST_JUDGE_FLOOD_H
#define GATEPOST_JUDGE_FLOOD_H

#include <stdbool.h>

#include <linux/types.h>

#include "standing.h"

struct gp_flood_limits {
	double syn_per_s;
	double answered_share; /* SYN-ACKs per SYN, at most */
	double new_share;      /* of the SYNs: first contacts, at most; ten times that: pairs of address and port */
	double slices;	       /* in a row, of GP_SLICE_NS */
};

enum gp_flood_family {
	GP_FLOOD_RATE,
	GP_FLOOD_SILENCE, /* nobody answers */
	GP_FLOOD_TARGET,  /* and it is always the same one that is asked */
	GP_FLOOD_FAMILIES,
};

/* Of one host, at a look. Counters that wrap round; as a difference: within a slice. */
struct gp_flood_count {
	__u32 syn, answered;
	__u32 contacts, endpoints; /* addresses, and pairs of address and port, that were new to it */
};

struct gp_flood_state {
	__u32 row;	/* slices of flood in a row, up to now */
	__u32 fresh;	/* slices of flood since the last window */
	bool sustained; /* a row was long enough, since the last window */
	double weight[GP_FLOOD_FAMILIES];
	__u64 weighed_ns;
	struct gp_standing standing;
	double shown[GP_FLOOD_FAMILIES]; /* when they spoke loudest, in this episode */
	struct gp_flood_count worst;	 /* the worst slice so far, */
	double worst_per_s;		 /* and its SYNs per second */
	__u64 syns;			 /* of floods, in all */
};

struct gp_host;
struct gp_case;
struct gp_finding;

/* What to compare at the next look. */
struct gp_flood_count gp_flood_count_of(const struct gp_host *host);

/* Counters now less those of the look before. */
struct gp_flood_count gp_flood_more(const struct gp_flood_count *now, const struct gp_flood_count *seen);

/* gp_flood_is() - is what a host added within @seconds a flood? */
bool gp_flood_is(const struct gp_flood_count *more, double seconds, const struct gp_flood_limits *limits);

/* gp_flood_slice() - take note of a slice of flood. A slice without one: state->row = 0. */
void gp_flood_slice(struct gp_flood_state *state, const struct gp_flood_count *more, double seconds,
		    const struct gp_flood_limits *limits);

/* gp_flood_weigh() - the end of a window; one without a flood only fades. */
void gp_flood_weigh(struct gp_flood_state *state, const struct gp_case *c, __u64 now_ns);

/* What speaks for and against, verdict or not. */
void gp_flood_opinion(struct gp_finding *out, const struct gp_flood_state *state, const struct gp_case *c);

/* gp_flood_finding() - the verdict, with its reasons. Return: false without one. */
bool gp_flood_finding(struct gp_finding *out, const struct gp_flood_state *state, const struct gp_case *c);

#endif
