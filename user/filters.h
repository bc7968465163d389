/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Bloom filters of the scan counters: the agent clears each one in time, the data plane fills it. */
#ifndef GATEPOST_FILTERS_H
#define GATEPOST_FILTERS_H

#include <gatepost/memory.h>

/**
 * gp_filters_prepare() - clear what the data plane needs now and next.
 * @now_ns: the data plane's clock.
 *
 * Afterwards the filters of this and the next time slice, and those of this and the next dedupe generation, are
 * ready. The two slices before this one and the generation before this one keep their bits: answers and repeats are
 * still looked up in them. A filter that is ready for its number is left alone, so calling this often is cheap; after
 * a jump in time the filters of long past are cleared when their number is due and not readable until then. Nobody
 * may close slices (read used[]) after this call that died before it.
 */
void gp_filters_prepare(struct gp_memory *memory, __u64 now_ns);

#endif
