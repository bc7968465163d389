/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all tables share: comparing and masking addresses, the ranges of the configuration, and probing. */
#ifndef GATEPOST_TABLE_H
#define GATEPOST_TABLE_H

#include <gatepost/memory.h>
#include <gatepost/sketch.h>

/* -1, 0, 1: a before, equal to, after b in numeric order of the address. */
GP_INLINE int gp_addr_compare(const struct gp_addr *a, const struct gp_addr *b)
{
	for (int i = 0; i < 2; i++) {
		__u64 x = gp_be64_to_host(a->halves[i]), y = gp_be64_to_host(b->halves[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* Clears the host bits. */
GP_INLINE void gp_addr_mask(struct gp_addr *addr, __u32 bits)
{
	for (__u32 i = 0; i < 4; i++) {
		__u32 keep = bits <= 32 * i ? 0 : bits - 32 * i;
		__u32 mask = keep >= 32 ? 0xffffffffu : keep ? ~(0xffffffffu >> keep) : 0;

		addr->words[i] &= gp_be32_to_host(mask);
	}
}

/* Sets the host bits. */
GP_INLINE void gp_addr_fill(struct gp_addr *addr, __u32 bits)
{
	for (__u32 i = 0; i < 4; i++) {
		__u32 keep = bits <= 32 * i ? 0 : bits - 32 * i;
		__u32 mask = keep >= 32 ? 0 : 0xffffffffu >> keep;

		addr->words[i] |= gp_be32_to_host(mask);
	}
}

/**
 * gp_range_find() - which range an address lies in, by halving the sorted ranges that are in use.
 *
 * Return: the range's index, for gp_mem_range(), or GP_NO_SLOT when the address is outside.
 */
GP_GLOBAL int gp_range_find(struct gp_memory *m, const struct gp_addr *addr)
{
	struct gp_control *control = gp_mem_control(m);
	__u32 low, high;
	__u64 in_use;

	if (!control || !addr)
		return GP_NO_SLOT;
	in_use = *(volatile __u64 *)&control->ranges;
	low = (__u32)in_use;
	high = low + (__u32)(in_use >> 32);
	for (int step = 0; step < 17; step++) { /* 2^16 ranges at most: GP_PREFIXES_MAX */
		__u32 middle = low + (high - low) / 2;
		const struct gp_range *range;

		if (low >= high)
			break;
		range = gp_mem_range(m, middle);
		if (!range)
			break;
		if (gp_addr_compare(addr, &range->first) < 0)
			high = middle;
		else if (gp_addr_compare(addr, &range->last) > 0)
			low = middle + 1;
		else
			return (int)middle;
	}
	return GP_NO_SLOT;
}

/*
 * The i-th slot to look at, of 2 x GP_TABLE_WAYS. A tag's two lowest bits may be the same in all tags and choose nothing.
 * @slots is read before the loop: otherwise clang 14 reads it again at the loop's end and falls through into its head,
 * and Linux 6.1 takes nothing but a jump for a loop ("back-edge from insn").
 */
GP_INLINE __u32 gp_probe(__u64 tag, __u32 i, __u32 slots)
{
	__u32 bucket = i < GP_TABLE_WAYS ? (__u32)(tag >> 2) : (__u32)(tag >> 32);

	return ((bucket * GP_TABLE_WAYS) & (slots - 1)) + (i & (GP_TABLE_WAYS - 1));
}

#endif
