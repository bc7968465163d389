/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of proved clients that are one machine, docs/detection.md, step 13: what its parts share. judge_fleet.c finds
 * the ranges, fleet_faces.c compares how their addresses speak, fleet_reasons.c weighs what they do.
 */
#ifndef GATEPOST_JUDGE_FLEET_H
#define GATEPOST_JUDGE_FLEET_H

#include "judge_private.h"
#include "uniformity.h"

/* What connections are for; a range is judged for each. */
enum gp_trade {
	GP_TRADE_WEB,
	GP_TRADE_MAILBOX,
	GP_TRADE_MAIL,
	GP_TRADES,
};

/* An outside address that has proved connections in the period. */
struct gp_fleet_host {
	struct gp_addr addr;
	__u32 number; /* in world->outside */
	__u32 flows[GP_TRADES];
	__u32 shared; /* one-time links that it fetched, and another address of its /24 or /48 too */
	const struct gp_facts *facts;	 /* NULL: not known */
	const struct gp_web_client *web; /* likewise */
};

/* Neighbours by address. A unit is a /24 or a /48. */
struct gp_fleet_group {
	const struct gp_fleet_host *hosts;
	__u32 count;
	__u32 units; /* that it spans, idle ones included */
};

/* Return: bits of an address's unit: 120 or 48. */
unsigned int gp_fleet_unit_bits(const struct gp_addr *addr);

/* Hosts at the beginning of @hosts that are of one prefix of so many bits. */
__u32 gp_fleet_neighbours(const struct gp_fleet_host *hosts, __u32 count, unsigned int bits);

/* --- fleet_faces.c: how addresses speak --------------------------------------------------------------------------- */

enum gp_face {
	GP_FACE_SIGNATURE, /* TCP: options, window, TTL class */
	GP_FACE_JA4,
	GP_FACE_USER_AGENT,
	GP_FACE_DIALECT, /* of mail */
	GP_FACES,
};

/* What share of the box shows each face: a vote per inside host, and one per outside unit, whatever is in it. */
struct gp_background;

/* Return: 0, or -ENOMEM. */
int gp_background_open(struct gp_background **out);
void gp_background_close(struct gp_background *background);

/* Everybody with a trade, once per look. @hosts: ascending. */
void gp_background_count(struct gp_background *background, enum gp_trade trade, const struct gp_fleet_host *hosts,
			 __u32 count, const struct gp_world *world, const struct gp_host_facts *facts);

struct gp_coherent {
	enum gp_face face; /* the least coherent one of those that are known */
	double llr;	   /* nats; 0 when none is known */
	double voters;	   /* addresses whose face is known */
	double share;	   /* of the most frequent one among them */
	double background; /* of the same among all others */
};

/**
 * gp_fleet_coherence() - does a group show one face?
 * @agents: count User-Agents too; else only where nothing else is known.
 */
void gp_fleet_coherence(struct gp_coherent *out, const struct gp_background *background, enum gp_trade trade,
			const struct gp_fleet_group *group, bool agents);

/* Do two groups show mostly the same? False where nothing is known. */
bool gp_fleet_alike(const struct gp_fleet_group *a, const struct gp_fleet_group *b, enum gp_trade trade);

/* --- fleet_reasons.c: what they do --------------------------------------------------------------------------------- */

/* Everything that is read to judge a group. */
struct gp_fleet_case {
	const struct gp_world *world;
	const struct gp_limits *limits;
	const struct gp_background *background;
	struct gp_fleet_group group;
	enum gp_trade trade;
};

/**
 * gp_fleet_judge() - kind, verdict, score and evidence of a group.
 * @out: of it, what says where the range is, is left to the caller.
 * @counts: room for a number per host.
 *
 * Return: false without a verdict.
 */
bool gp_fleet_judge(struct gp_range_finding *out, const struct gp_fleet_case *c, __u32 *counts);

/* --- judge_fleet.c ------------------------------------------------------------------------------------------------- */

struct gp_fleets;

/* Return: 0, or -ENOMEM. @world, @limits: borrowed until close. */
int gp_fleets_open(struct gp_fleets **out, const struct gp_world *world, const struct gp_limits *limits);
void gp_fleets_close(struct gp_fleets *fleets);
void gp_fleets_hear(struct gp_fleets *fleets, const struct gp_heard *heard);

/* Ranges are not merged across origins. @asn_of: NULL: origins are not known. */
void gp_fleets_origins(struct gp_fleets *fleets, gp_asn_of asn_of, const void *context);

/* The end of a window: verdicts are kept. Return: 0, or -ENOMEM. */
int gp_fleets_weigh(struct gp_fleets *fleets, __u64 now_ns);

/* Verdicts so far, in no order. Return: how many. */
int gp_fleets_findings(struct gp_fleets *fleets, const struct gp_range_finding **out);

#endif
