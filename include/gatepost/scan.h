/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First contacts and their answers by time slice, without a flow table: "sliced conservation" (docs/detection.md).
 * An attempt is counted in the slice of its SYN; a SYN-ACK is credited to the slice in whose Bloom filter its pair
 * stands. The agent derives the failures of a slice once it can get no more answers.
 */
#ifndef GATEPOST_SCAN_H
#define GATEPOST_SCAN_H

#include <gatepost/classify.h>
#include <gatepost/memory.h>
#include <gatepost/sketch.h>

#define GP_BLOOM_PROBES 4

/* The two generations of 15 minutes that may hold a pair, and the live slices. */
GP_INLINE __u32 gp_filter_slice(__u64 slice)
{
	return (__u32)(slice % GP_SLICES);
}

GP_INLINE __u32 gp_filter_dedupe(__u64 generation)
{
	return GP_SLICES + (__u32)(generation % GP_DEDUPE_RING);
}

GP_INLINE __u32 gp_filter_answered(__u64 generation)
{
	return GP_SLICES + GP_DEDUPE_RING + (__u32)(generation % GP_DEDUPE_RING);
}

/* Has the agent cleared this filter for this slice or generation? */
GP_INLINE int gp_filter_is_ready(struct gp_memory *m, __u32 filter, __u64 number)
{
	struct gp_filters *filters = gp_mem_filters(m);

	GP_OPAQUE(filter);
	return filters && filter < GP_FILTERS && filters->ready[filter] == number + 1;
}

/**
 * gp_filter_test() - may a member stand in a Bloom filter? With @set it does so afterwards.
 *
 * Return: 1 when all its bits were set before, else 0.
 */
GP_GLOBAL int gp_filter_test(struct gp_memory *m, __u32 filter, __u64 hash, __u32 set)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_filters *filters = gp_mem_filters(m);
	__u32 step = (__u32)(hash >> 32) | 1, at = (__u32)hash;
	int found = 1;

	if (!settings || !filters || filter >= GP_FILTERS)
		return 0;
	for (int i = 0; i < GP_BLOOM_PROBES; i++, at += step) {
		__u32 word = filter * settings->filter_words + ((at >> 6) & (settings->filter_words - 1));
		__u64 bit = 1ull << (at & 63), *bits = gp_mem_filter_word(m, word);

		if (!bits)
			return 0;
		if (*bits & bit)
			continue;
		found = 0;
		if (!set)
			break;
		gp_fetch_or(bits, bit);
	}
	/* Again: it was spilled meanwhile, and Linux 6.1 forgets the bounds of a spilled 32-bit word. */
	GP_OPAQUE(filter);
	if (set && !found && filter < GP_FILTERS)
		GP_ADD(filters->used[filter], 1);
	return found;
}

/* Did the pair stand in this or the last generation? If not, it does now. */
GP_INLINE int gp_seen_lately(struct gp_memory *m, __u32 now_filter, __u32 before_filter, __u64 generation, __u64 hash)
{
	if (generation && gp_filter_is_ready(m, before_filter, generation - 1) &&
	    gp_filter_test(m, before_filter, hash, 0))
		return 1;
	return gp_filter_test(m, now_filter, hash, 1);
}

GP_INLINE __u64 gp_contact_hash(const struct gp_settings *settings, const struct gp_packet *p, __u32 reverse)
{
	const struct gp_addr *src = reverse ? &p->dst : &p->src, *dst = reverse ? &p->src : &p->dst;

	return gp_mix(gp_mix(gp_hash_addr(settings->secret[1], src), dst->halves[0]), dst->halves[1]);
}

/* The class of a port; below GP_SCAN_ENDPOINT. */
GP_INLINE __u32 gp_scan_class_of(struct gp_memory *m, __u16 port)
{
	__u32 class = gp_port_of(m, port).scan_class;

	GP_OPAQUE(class);
	return class < GP_SCAN_ENDPOINT ? class : GP_SCAN_HIGH;
}

/**
 * gp_scan_attempt() - a new SYN.
 * @host: that sent it.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_scan_attempt(struct gp_memory *m, const struct gp_packet *p, struct gp_host *host, __u64 now_ns)
{
	__u64 slice = now_ns / GP_SLICE_NS, generation = now_ns / GP_DEDUPE_NS, pair, contact;
	__u32 in_slice = gp_filter_slice(slice), now = gp_filter_dedupe(generation);
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_totals *totals = gp_mem_totals(m);
	__u32 ring = slice & (GP_SLICES - 1), class;

	if (!settings || !totals || !host || !p)
		return 0;
	if (!gp_filter_is_ready(m, in_slice, slice) || !gp_filter_is_ready(m, now, generation) ||
	    !gp_filter_is_ready(m, gp_filter_answered(generation), generation)) {
		GP_ADD(totals->scan_stale, 1);
		return 0;
	}
	class = gp_scan_class_of(m, p->dport);
	pair = gp_contact_hash(settings, p, 0);
	contact = gp_mix(pair, 0x10000 + p->dport);
	if (!gp_seen_lately(m, now, gp_filter_dedupe(generation - 1), generation, pair)) {
		gp_filter_test(m, in_slice, gp_mix(pair, class + 1), 1);
		GP_ADD(host->scan.attempts[class][ring], 1);
		gp_hll_add(&host->contacts, gp_hash_addr(settings->secret[0], &p->dst));
	}
	if (!gp_seen_lately(m, now, gp_filter_dedupe(generation - 1), generation, contact)) {
		gp_filter_test(m, in_slice, contact, 1);
		GP_ADD(host->scan.attempts[GP_SCAN_ENDPOINT][ring], 1);
		gp_hll_add(&host->ports, gp_mix(settings->secret[0], p->dport));
	}
	return 0;
}

/*
 * Credits one answered contact to the slice that holds it. That it has been answered is noted in the generation of
 * the attempt: the next first contact of the pair is two generations away, and must find it gone.
 */
GP_INLINE void gp_scan_credit(struct gp_memory *m, struct gp_host *host, __u32 class, __u64 contact, __u64 now_ns)
{
	__u64 now_slice = now_ns / GP_SLICE_NS;

	for (__u32 back = 0; back < GP_LIVE_SLICES; back++) {
		__u64 slice = now_slice - back, generation = slice / (GP_DEDUPE_NS / GP_SLICE_NS);

		if (back > now_slice || !gp_filter_is_ready(m, gp_filter_slice(slice), slice) ||
		    !gp_filter_test(m, gp_filter_slice(slice), contact, 0))
			continue;
		if (!gp_seen_lately(m, gp_filter_answered(generation), gp_filter_answered(generation - 1), generation,
				    contact))
			GP_ADD(host->scan.answers[class & (GP_SCAN_CLASSES - 1)][slice & (GP_SLICES - 1)], 1);
		return;
	}
}

/**
 * gp_scan_answer() - a SYN-ACK came.
 * @host: that it came for.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_scan_answer(struct gp_memory *m, const struct gp_packet *p, struct gp_host *host, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 class;
	__u64 pair;

	if (!settings || !host || !p)
		return 0;
	class = gp_scan_class_of(m, p->sport);
	pair = gp_contact_hash(settings, p, 1);
	gp_scan_credit(m, host, class, gp_mix(pair, class + 1), now_ns);
	gp_scan_credit(m, host, GP_SCAN_ENDPOINT, gp_mix(pair, 0x10000 + p->sport), now_ns);
	return 0;
}

#endif
