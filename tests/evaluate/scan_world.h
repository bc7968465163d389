/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside hosts, the data plane's filters and counters of first contacts, and a judge over them, without packets: a
 * contact costs 0.2 us, so that thousands of hosts can be followed for days.
 */
#ifndef GATEPOST_TESTS_EVALUATE_SCAN_WORLD_H
#define GATEPOST_TESTS_EVALUATE_SCAN_WORLD_H

#include <stdbool.h>

#include <gatepost/memory.h>

#include "judge.h"

struct scan_world {
	struct gp_memory memory;
	struct gp_settings settings;
	struct gp_cpu cpu;
	struct gp_claims claims;
	struct gp_filters filters;
	struct gp_limits limits;
	struct gp_world *known;
	struct gp_judge *judge;
	__u32 hosts;
	__u64 now_ns;
};

/* Subscribers 0 to @hosts - 1, of default limits, whose addresses cannot be forged. Ends the program without memory. */
void scan_world_open(struct scan_world *w, __u32 hosts, __u64 start_ns);

/* Time passes, up to the slice that @now_ns is in. */
void scan_world_at(struct scan_world *w, __u64 now_ns);

/* A host contacts an address that it never did before; the answer comes at once, or never. */
void scan_world_contact(struct scan_world *w, __u32 host, __u32 peer, __u16 port, bool answered);

void scan_world_close(struct scan_world *w);

#endif
