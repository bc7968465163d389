/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding an address's range and a host's slot. Hosts lie in a hashed table, two buckets of GP_TABLE_WAYS slots per
 * key; a slot is claimed by one compare-and-swap of its fingerprint and never given back, so that the first free slot
 * in probing order means that the key is not there, and two CPUs that insert the same key meet in the same slot.
 */
#ifndef GATEPOST_TABLE_H
#define GATEPOST_TABLE_H

#include <gatepost/memory.h>
#include <gatepost/sketch.h>

#define GP_NO_SLOT (-1)

/* -1, 0, 1: a before, equal to, after b in numeric order of the address. */
GP_INLINE int gp_addr_compare(const struct gp_addr *a, const struct gp_addr *b)
{
	for (int i = 0; i < 4; i++) {
		__u32 x = gp_be32_to_host(a->words[i]), y = gp_be32_to_host(b->words[i]);

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

/**
 * gp_range_find() - which range an address lies in, by halving the sorted ranges.
 *
 * Return: the range's index, or GP_NO_SLOT when the address is outside.
 */
GP_GLOBAL int gp_range_find(struct gp_memory *m, const struct gp_addr *addr)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 low = 0, high;

	if (!settings || !addr)
		return GP_NO_SLOT;
	high = settings->ranges;
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

/* Fills an end from an address: a subscriber's prefix when it is inside, the address itself otherwise. */
GP_INLINE void gp_end_of(struct gp_memory *m, const struct gp_addr *addr, struct gp_end *end)
{
	int index = gp_range_find(m, addr);
	const struct gp_range *range = index < 0 ? 0 : gp_mem_range(m, (__u32)index);

	end->addr = *addr;
	end->bits = 128;
	end->role = GP_ROLE_OUTSIDE;
	if (range) {
		end->bits = range->subscriber_bits;
		end->role = range->role;
		gp_addr_mask(&end->addr, end->bits);
	}
}

/* The i-th slot to look at, of 2 x GP_TABLE_WAYS. A tag's lowest bit is always 1 and chooses nothing. */
GP_INLINE __u32 gp_probe(__u64 tag, __u32 i, __u32 slots)
{
	__u32 bucket = i < GP_TABLE_WAYS ? (__u32)(tag >> 1) : (__u32)(tag >> 32);

	return ((bucket * GP_TABLE_WAYS) & (slots - 1)) + (i & (GP_TABLE_WAYS - 1));
}

/* A slot is ours: say who lives here, then list it for the agent. */
GP_INLINE void gp_host_move_in(struct gp_memory *m, struct gp_host *host, const struct gp_end *end, __u32 slot,
			       __u32 first, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);
	__u32 side = end->role != GP_ROLE_OUTSIDE;
	__u32 *claim;

	host->addr = end->addr;
	host->bits = end->bits;
	host->role = end->role;
	host->first_seen_ns = now_ns;
	host->last_seen_ns = now_ns;
	host->ready = 1;
	if (!totals)
		return;
	claim = gp_mem_claim(m, first + gp_claim_number(&totals->claimed[side]));
	if (claim)
		*claim = slot;
}

/**
 * gp_host_slot() - where a host is counted.
 * @create: 1 to claim a slot for a host that has none yet.
 *
 * Return: its slot, or GP_NO_SLOT: not known, or no room.
 */
GP_GLOBAL int gp_host_slot(struct gp_memory *m, const struct gp_end *end, __u32 create, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 slots, first;
	__u64 tag;

	if (!settings || !end)
		return GP_NO_SLOT;
	slots = settings->host_slots;
	first = end->role != GP_ROLE_OUTSIDE ? slots : 0;
	tag = gp_mix(gp_hash_addr(settings->secret[0], &end->addr), end->bits) | 1;
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u32 slot = first + gp_probe(tag, i, slots);
		struct gp_host *host = gp_mem_host(m, slot);
		__u64 before;

		if (!host)
			return GP_NO_SLOT;
		before = host->tag;
		if (before == tag)
			return (int)slot;
		if (before)
			continue;
		if (!create)
			return GP_NO_SLOT;
		before = gp_cas(&host->tag, 0, tag);
		if (before == 0) {
			gp_host_move_in(m, host, end, slot, first, now_ns);
			return (int)slot;
		}
		if (before == tag)
			return (int)slot;
	}
	return GP_NO_SLOT;
}

#endif
