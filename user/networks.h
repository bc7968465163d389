/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks by the share of their active hosts that are confirmed, so that a table can say where cleaning up is most
 * urgent. By prefix, and by AS where that is known. Pure. docs/detection.md, "Networks".
 */
#ifndef GATEPOST_NETWORKS_H
#define GATEPOST_NETWORKS_H

#include <stdbool.h>

#include "judge.h"

#define GP_NETWORKS_LARGE 3u /* so many beyond the top are listed because they have the most confirmed hosts */

enum gp_network_by {
	GP_NETWORK_BY_PREFIX,
	GP_NETWORK_BY_AS,
	GP_NETWORK_BYS,
};

struct gp_network {
	enum gp_network_by by;
	bool inside;
	struct gp_cidr prefix; /* by prefix */
	__u32 asn;	       /* by AS; by prefix: of the first confirmed host, or 0 */
	struct gp_addr example; /* a confirmed host */
	__u32 rank;	       /* from 1, among those of its kind and side */
	__u64 confirmed;       /* distinct hosts, of what ranks: spam bots, or all */
	__u64 kinds[GP_KINDS]; /* distinct hosts with each */
	__u64 active;	       /* hosts */
	__u64 refused;	       /* recipients, of these hosts, for good */
	double lower_bound;    /* of confirmed / active */
	bool few_hosts;	       /* below min_hosts: ranks behind all others */
};

/* A host, on its way into the sums. */
struct gp_network_host {
	struct gp_addr addr; /* a subscriber's prefix under its first address */
	__u8 bits;	     /* of 128 */
	bool inside;
	__u32 asn; /* 0: not known */
};

struct gp_networks;

/* Return: 0, or -ENOMEM. @limits: borrowed until close. */
int gp_networks_open(struct gp_networks **out, const struct gp_network_limits *limits);

/* A confirmed host, once; @kinds: bit by enum gp_kind. Before the first gp_networks_active(). Return: 0, or -ENOMEM. */
int gp_networks_confirmed(struct gp_networks *networks, const struct gp_network_host *host, __u32 kinds);

/* Has any host been confirmed? Without, nothing has to be counted. */
bool gp_networks_any(const struct gp_networks *networks);

/* An active host, confirmed ones among them, each once. @refused: recipients. */
void gp_networks_active(struct gp_networks *networks, const struct gp_network_host *host, __u64 refused);

/**
 * gp_networks_rank() - the table.
 * @out: borrowed until close; by prefix, then by AS, of each first inside, then outside, by rank.
 *
 * Of each, the first limits->top, and of the others up to GP_NETWORKS_LARGE with the most confirmed hosts, with the rank
 * that they have. Return: how many.
 */
int gp_networks_rank(struct gp_networks *networks, const struct gp_network **out);

void gp_networks_close(struct gp_networks *networks);

/**
 * gp_wilson_lower() - the lower end of the 95 % interval for a share of which @hits of @trials were seen.
 *
 * (p + z^2/2n - z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.96 (Wilson 1927). Return: 0 for no trials.
 */
double gp_wilson_lower(double hits, double trials);

#endif
