/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it takes to call a range one machine (docs/detection.md, 13); keys in the section fleet: of the configuration. */
#ifndef GATEPOST_FLEET_LIMITS_H
#define GATEPOST_FLEET_LIMITS_H

#include <linux/types.h>

struct gp_addr;

struct gp_fleet_limits {
	double price;		/* idle addresses that one prefix less is worth in a covering, at most */
	double widest4, widest6; /* no range is wider, in bits of the address family */
	double min_requests;	/* proved connections below which nothing is said */
	double min_addresses;	/* in use */
	double uniform_max;	/* index of dispersion */
	double uniform_cap;	/* nats */
	double coherence_cap;
	double score;		/* nats */
	double snowshoe_sources; /* addresses that send mail */
	double snowshoe_uniform_max;
	double period_s;	/* connections are counted anew after that */
};

/* The origin AS of an address; 0: not known. */
typedef __u32 (*gp_asn_of)(const void *context, const struct gp_addr *addr);

#endif
