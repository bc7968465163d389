/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How networks are ranked: docs/detection.md, "Networks". */
#ifndef GATEPOST_NETWORK_LIMITS_H
#define GATEPOST_NETWORK_LIMITS_H

#include <stdbool.h>

#include <linux/types.h>

struct gp_network_limits {
	__u32 prefix4, prefix6; /* lengths of what is a network */
	__u32 top;		/* so many are listed */
	__u32 min_hosts;	/* active ones, below which a network ranks behind all others */
	bool all_kinds;		/* hosts confirmed of anything count, not spam bots alone */
};

#endif
