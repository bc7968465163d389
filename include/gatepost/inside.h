/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside addresses and their slots. An IPv4 address finds its slot by its top 24 bits in one load; an IPv6 subscriber's
 * prefix by a hash of all but its last 8 bits. The agent hands the chunks out beforehand when all that is configured
 * has room; otherwise, a chunk is handed out with the first packet of one of its addresses. Slots are never taken back.
 */
#ifndef GATEPOST_INSIDE_H
#define GATEPOST_INSIDE_H

#include <gatepost/memory.h>
#include <gatepost/sketch.h>
#include <gatepost/table.h>

/* May anything be inside that begins with these 16 bits? A few kilobytes keep most outside addresses off the rest. */
GP_INLINE int gp_dir16_has(struct gp_memory *m, __u32 top)
{
	__u64 *word = gp_mem_dir16(m, top / 64);

	return word && *word >> (top & 63) & 1;
}

/* The same for the top 32 bits of an IPv6 address; by the golden ratio, as in proof.h. */
GP_INLINE __u32 gp_dir32_place(__u32 top)
{
	return (top * 0x9e3779b1u) >> 16;
}

/* Takes the next chunk and says whose it is. Return: its number, or GP_NO_ROOM. */
GP_INLINE int gp_chunk_take(struct gp_memory *m, const struct gp_addr *first, __u32 bits)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);
	struct gp_chunk *chunk;
	__u32 number;

	if (!settings || !claims || claims->chunks >= settings->chunks)
		return GP_NO_ROOM;
	number = gp_claim_number(&claims->chunks);
	chunk = number < settings->chunks ? gp_mem_chunk(m, number) : 0;
	if (!chunk)
		return GP_NO_ROOM;
	chunk->first = *first;
	chunk->bits = (__u8)bits;
	return (int)number;
}

/*
 * May a chunk be handed out for this end? Whoever sends gets one. Whoever is only sent to does while half of them are
 * free: a sweep of dark addresses cannot take the room of hosts that live.
 */
GP_INLINE int gp_chunk_is_due(struct gp_memory *m, __u32 sends)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);

	return settings && claims && (sends || claims->chunks < settings->chunks / 2);
}

/* Gives the chunk to a waiting directory entry; whoever comes second leaves his chunk unused. */
GP_INLINE void gp_chunk_ready(struct gp_memory *m, __u32 number)
{
	struct gp_chunk *chunk = gp_mem_chunk(m, number);

	if (chunk)
		chunk->ready = 1;
}

/* Does an address within a subscriber's prefix belong to the subscriber? There may be a relay's among them. */
GP_INLINE int gp_subscriber_has(struct gp_memory *m, const struct gp_addr *addr, __u32 bits)
{
	int index = bits < 128 ? gp_range_find(m, addr) : GP_NO_SLOT;
	const struct gp_range *range = index < 0 ? 0 : gp_mem_range(m, (__u32)index);

	return bits == 128 || (range && range->subscriber_bits == bits);
}

/**
 * gp_inside_slot4_slow() - as gp_inside_slot4(), for a /24 that has no chunk yet, is inside in part, or whose subscribers
 * have more than one address each: theirs is the first one's slot, or the last one's where the first is a relay's.
 *
 * Return: slot, GP_NO_SLOT or GP_NO_ROOM.
 */
GP_GLOBAL int gp_inside_slot4_slow(struct gp_memory *m, const struct gp_addr *addr, __u32 sends)
{
	struct gp_addr subscriber;
	const struct gp_range *range;
	__u32 *entry, before, bits, low;
	int index, number;

	if (!addr)
		return GP_NO_SLOT;
	index = gp_range_find(m, addr);
	range = index < 0 ? 0 : gp_mem_range(m, (__u32)index);
	if (!range)
		return GP_NO_SLOT;
	bits = range->subscriber_bits;
	subscriber = *addr;
	gp_addr_mask(&subscriber, bits);
	if (!gp_subscriber_has(m, &subscriber, bits))
		gp_addr_fill(&subscriber, bits);
	low = gp_be32_to_host(subscriber.words[3]);
	entry = gp_mem_dir24(m, low >> 8);
	if (!entry)
		return GP_NO_SLOT;
	before = *entry;
	if ((before & GP_DIR_CHUNK) == GP_DIR_UNMADE) {
		if (!gp_chunk_is_due(m, sends))
			return GP_NO_ROOM;
		gp_addr_mask(&subscriber, 96 + 24);
		number = gp_chunk_take(m, &subscriber, 128);
		if (number < 0)
			return GP_NO_ROOM;
		if (gp_cas32(entry, before, (before & GP_DIR_PARTIAL) | ((__u32)number + 1)) == before)
			gp_chunk_ready(m, (__u32)number);
		before = *entry;
	}
	if (!(before & GP_DIR_CHUNK)) /* never: the configuration refuses a subscriber without first and last address */
		return GP_NO_ROOM;
	return (int)(((before & GP_DIR_CHUNK) - 1) * GP_CHUNK_SLOTS + (low & 255));
}

/* An IPv4 address among IPv6 ones (RFC 4291, 2.5.5.2). */
GP_INLINE int gp_addr_is4(const struct gp_addr *addr)
{
	return !addr->halves[0] && addr->words[2] == gp_be32_to_host(0xffff);
}

/* ::ffff:a.b.c.d */
GP_INLINE struct gp_addr gp_addr_of4(__be32 addr)
{
	struct gp_addr out;

	out.halves[0] = 0;
	out.words[2] = gp_be32_to_host(0xffff);
	out.words[3] = addr;
	return out;
}

/**
 * gp_inside_slot4() - the slot of an IPv4 address.
 * @sends: 1 when it is the packet's source.
 *
 * Return: slot, GP_NO_SLOT (outside) or GP_NO_ROOM.
 */
GP_INLINE int gp_inside_slot4(struct gp_memory *m, __be32 addr, __u32 sends)
{
	__u32 low = gp_be32_to_host(addr), *entry;
	struct gp_addr whole;

	if (!gp_dir16_has(m, low >> 16))
		return GP_NO_SLOT;
	entry = gp_mem_dir24(m, low >> 8);
	if (!entry || !*entry)
		return GP_NO_SLOT;
	if (*entry < GP_DIR_UNMADE)
		return (int)((*entry - 1) * GP_CHUNK_SLOTS + (low & 255));
	whole = gp_addr_of4(addr);
	return gp_inside_slot4_slow(m, &whole, sends);
}

/* The 8 bits that end a subscriber's prefix: its place in the chunk. @bits: 8 to 128. */
GP_INLINE __u32 gp_inside_index6(const struct gp_addr *addr, __u32 bits)
{
	__u64 high = gp_be64_to_host(addr->halves[0]), low = gp_be64_to_host(addr->halves[1]);

	if (bits <= 64)
		return (high >> ((64 - bits) & 63)) & 255;
	return ((low >> ((128 - bits) & 63)) | (bits < 72 ? high << ((bits - 64) & 63) : 0)) & 255;
}

/* Hands a chunk out for an IPv6 prefix: the directory's word says both. Return: chunk or GP_NO_ROOM. */
GP_INLINE int gp_dir6_make(struct gp_memory *m, __u64 *word, __u64 tag, const struct gp_addr *first, __u32 bits)
{
	int number = gp_chunk_take(m, first, bits);
	__u64 before;

	if (number < 0)
		return GP_NO_ROOM;
	before = gp_cas(word, 0, tag | ((__u32)number + 1));
	if (before)
		return (before & ~GP_DIR6_CHUNK) == tag ? (int)(before & GP_DIR6_CHUNK) - 1 : GP_NO_ROOM;
	gp_chunk_ready(m, (__u32)number);
	return number;
}

/**
 * gp_inside_chunk6() - the chunk of 256 subscribers' prefixes.
 * @first: the address, masked to 8 bits less than a subscriber's prefix.
 * @bits: of a subscriber's prefix.
 *
 * Return: its number, GP_NO_ROOM; GP_NO_SLOT never.
 */
GP_GLOBAL int gp_inside_chunk6(struct gp_memory *m, const struct gp_addr *first, __u32 bits, __u32 sends)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u64 hash, tag;

	if (!settings || !first)
		return GP_NO_ROOM;
	hash = gp_mix(gp_hash_addr(settings->secret[0], first), bits);
	tag = (hash & ~GP_DIR6_CHUNK) | 1ull << 63; /* never 0 */
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u64 *word = gp_mem_dir6(m, gp_probe(hash, i, settings->dir6_words));

		if (!word)
			return GP_NO_ROOM;
		if ((*word & ~GP_DIR6_CHUNK) == tag)
			return (int)(*word & GP_DIR6_CHUNK) - 1;
		if (!*word)
			return gp_chunk_is_due(m, sends) ? gp_dir6_make(m, word, tag, first, bits) : GP_NO_ROOM;
	}
	return GP_NO_ROOM;
}

/**
 * gp_inside_slot6_slow() - as gp_inside_slot6(), by the ranges.
 *
 * Return: slot, GP_NO_SLOT or GP_NO_ROOM.
 */
GP_GLOBAL int gp_inside_slot6_slow(struct gp_memory *m, const struct gp_addr *addr, __u32 sends)
{
	struct gp_addr first;
	const struct gp_range *range;
	__u32 bits;
	int index, chunk;

	if (!addr)
		return GP_NO_SLOT;
	index = gp_range_find(m, addr);
	range = index < 0 ? 0 : gp_mem_range(m, (__u32)index);
	if (!range)
		return GP_NO_SLOT;
	bits = range->subscriber_bits;
	if (bits < 8 || bits > 128)
		return GP_NO_ROOM;
	first = *addr;
	gp_addr_mask(&first, bits - 8);
	chunk = gp_inside_chunk6(m, &first, bits, sends);
	return chunk < 0 ? chunk : chunk * (int)GP_CHUNK_SLOTS + (int)gp_inside_index6(addr, bits);
}

/**
 * gp_inside_slot6_dense() - the slot of an IPv6 address in a range whose chunks follow each other.
 * @high: upper half of the address, host order.
 *
 * Return: slot, GP_NO_SLOT (outside) or GP_ASK.
 */
GP_INLINE int gp_inside_slot6_dense(struct gp_memory *m, __u64 high)
{
	__u32 row = gp_mem_dir32(m, gp_dir32_place((__u32)(high >> 32)));
	const struct gp_dense *dense = gp_mem_dense(m, row);

	if (row == GP_DIR32_OUTSIDE)
		return GP_NO_SLOT;
	if (dense && high >= dense->first && high <= dense->last)
		return (int)((__u32)(high >> (dense->shift & 63)) + dense->slot);
	return GP_ASK;
}

/**
 * gp_inside_slot6() - the slot of an IPv6 address: its subscriber's.
 *
 * Return: slot, GP_NO_SLOT (outside) or GP_NO_ROOM.
 */
GP_INLINE int gp_inside_slot6(struct gp_memory *m, const struct gp_addr *addr, __u32 sends)
{
	int slot = gp_inside_slot6_dense(m, gp_be64_to_host(addr->halves[0]));

	return slot == GP_ASK ? gp_inside_slot6_slow(m, addr, sends) : slot;
}

/**
 * gp_inside_record() - the record of an inside slot.
 * @make: 1 to hand one out when there is none.
 *
 * Return: its number, or -1: none, or no more of them.
 */
GP_GLOBAL int gp_inside_record(struct gp_memory *m, const struct gp_addr *addr, __u32 slot, __u32 make, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);
	__u64 *host_of = gp_mem_host_of(m, slot), before;
	const struct gp_range *range;
	struct gp_host *host;
	__u32 number;
	int index;

	if (!settings || !claims || !host_of || !addr)
		return -1;
	before = *host_of;
	if (before)
		return (int)before - 1;
	if (!make || claims->hosts >= settings->inside_hosts)
		return -1;
	index = gp_range_find(m, addr);
	range = index < 0 ? 0 : gp_mem_range(m, (__u32)index);
	if (!range)
		return -1;
	number = gp_claim_number(&claims->hosts);
	host = number < settings->inside_hosts ? gp_mem_host(m, number) : 0;
	if (!host)
		return -1;
	host->tag = slot + 1ull;
	host->addr = *addr;
	gp_addr_mask(&host->addr, range->subscriber_bits);
	host->bits = range->subscriber_bits;
	host->role = range->role;
	host->first_seen_ns = now_ns;
	host->last_seen_ns = now_ns;
	before = gp_cas(host_of, 0, number + 1ull);
	if (before) /* another CPU was faster; this record stays unused */
		return (int)before - 1;
	host->ready = 1;
	return (int)number;
}

#endif
