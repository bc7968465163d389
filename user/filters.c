/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "filters.h"

/*
 * The data plane may run meanwhile: it must not find a half-cleared filter ready, so the mark goes first and comes
 * back last. A filter without bits is not touched: at 512 KiB each, clearing is what a tick costs.
 */
static void clear_for(struct gp_memory *memory, __u32 filter, __u64 number)
{
	struct gp_filters *filters = memory->filters;
	__u64 words = memory->settings->filter_words;

	if (__atomic_load_n(&filters->ready[filter], __ATOMIC_RELAXED) == number + 1)
		return;
	__atomic_store_n(&filters->ready[filter], 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&filters->used[filter], __ATOMIC_SEQ_CST)) {
		memset(&memory->filter_bits[filter * words], 0, words * sizeof(*memory->filter_bits));
		__atomic_store_n(&filters->used[filter], 0, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&filters->ready[filter], number + 1, __ATOMIC_RELEASE);
}

void gp_filters_prepare(struct gp_memory *memory, __u64 now_ns)
{
	__u64 slice = now_ns / GP_SLICE_NS, generation = now_ns / GP_DEDUPE_NS;

	for (__u64 ahead = 0; ahead < 2; ahead++) {
		__u32 ring = (__u32)((generation + ahead) % GP_DEDUPE_RING);

		clear_for(memory, (__u32)((slice + ahead) % GP_SLICES), slice + ahead);
		clear_for(memory, GP_SLICES + ring, generation + ahead);
		clear_for(memory, GP_SLICES + GP_DEDUPE_RING + ring, generation + ahead);
	}
}
