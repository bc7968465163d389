/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large the data plane's memory is, and what stands in it before the first packet; natively and over maps alike. */
#ifndef GATEPOST_MEMORY_SETUP_H
#define GATEPOST_MEMORY_SETUP_H

#include <stdbool.h>

#include <gatepost/memory.h>

#include "config.h"

/**
 * gp_memory_plan() - the sizes of all tables.
 * @cpus: that may run the data plane; 1 in replay.
 *
 * Inside slots: twice as many as the configured prefixes have subscribers, when that is 8 M at most; otherwise, as for
 * the whole of private address space, GP_SLOTS_ON_DEMAND, handed out by /24 to whoever comes.
 */
void gp_memory_plan(struct gp_settings *out, const struct gp_config *config, unsigned cpus);

#define GP_SLOTS_ON_DEMAND 262144u
#define GP_SUBSCRIBERS_DENSE (1u << 22) /* up to so many have their slots from the start */
#define GP_SLICES_DEFAULT 16u		/* more CPUs than that share the last slice of hot lines */

/**
 * gp_memory_setup() - settings, ranges, ports and directories.
 * @memory: its arrays have the sizes that @plan names, and are zero.
 * @plan: from gp_memory_plan() of the same configuration.
 *
 * Return: true when every inside subscriber has its slot, false when slots are handed out as packets come.
 */
bool gp_memory_setup(struct gp_memory *memory, const struct gp_config *config, const struct gp_settings *plan);

/* How many chunks of slots a range takes. */
__u64 gp_range_chunks(const struct gp_range *range);

/**
 * gp_memory_flush() - add the counts that wait for their cache line (include/gatepost/hot.h).
 * @now_ns: of whatever they begin.
 *
 * Only while no program runs over this memory: after detaching, or between the frames of a replay.
 */
void gp_memory_flush(struct gp_memory *memory, __u64 now_ns);

#endif
