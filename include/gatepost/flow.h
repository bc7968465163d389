/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow table: TCP handshakes, and the dialogues of watched services. It holds what proves a source (the sequence
 * numbers of the handshake), which bytes are new, and where a mail dialogue stands. Two buckets of GP_TABLE_WAYS
 * slots per flow; ended and timed-out flows make room, then the oldest unproved one, and that is counted. A slot is
 * claimed with the tag's lowest bit cleared: until it is published no other CPU takes it for a flow.
 */
#ifndef GATEPOST_FLOW_H
#define GATEPOST_FLOW_H

#include <gatepost/memory.h>
#include <gatepost/table.h>

#define GP_FLOW_SECOND_NS 1000000000ull
#define GP_FLOW_ENDED_NS (5 * GP_FLOW_SECOND_NS)    /* for retransmissions of the last segments */
#define GP_FLOW_EMBRYO_NS (30 * GP_FLOW_SECOND_NS)  /* a handshake that goes nowhere */
#define GP_FLOW_IDLE_NS (900 * GP_FLOW_SECOND_NS)   /* beyond the longest SMTP timeout, 10 min (RFC 5321, 4.5.3.2) */
#define GP_FLOW_GAP_BYTES 0x400000		     /* further ahead than any window: not this connection's data */

GP_INLINE int gp_flow_src_is_low(const struct gp_packet *p)
{
	int order = gp_addr_compare(&p->src, &p->dst);

	return order < 0 || (order == 0 && p->sport < p->dport);
}

/* The same for both directions. Never 0, also with its lowest bit cleared. */
GP_INLINE __u64 gp_flow_tag(const struct gp_settings *settings, const struct gp_packet *p, int src_is_low)
{
	const struct gp_addr *low = src_is_low ? &p->src : &p->dst, *high = src_is_low ? &p->dst : &p->src;
	__u32 ports = src_is_low ? (__u32)p->sport << 16 | p->dport : (__u32)p->dport << 16 | p->sport;
	__u64 hash = gp_mix(gp_hash_addr(settings->secret[1], low), high->halves[0]);

	return gp_mix(gp_mix(hash, high->halves[1]), ports) | 3; /* bit 0: published; bit 1: a free slot has neither */
}

GP_INLINE int gp_flow_is_over(const struct gp_flow *flow)
{
	__u16 fins = GP_FLOW_CLIENT_FIN | GP_FLOW_SERVER_FIN;

	return (flow->flags & GP_FLOW_RESET) || (flow->flags & fins) == fins;
}

GP_INLINE int gp_flow_has_expired(const struct gp_flow *flow, __u64 now_ns)
{
	__u64 age = now_ns > flow->last_ns ? now_ns - flow->last_ns : 0;

	if (gp_flow_is_over(flow))
		return age > GP_FLOW_ENDED_NS;
	if (!(flow->flags & (GP_FLOW_PROVED | GP_FLOW_CLIENT_DATA | GP_FLOW_SERVER_DATA)))
		return age > GP_FLOW_EMBRYO_NS;
	return age > GP_FLOW_IDLE_NS;
}

/*
 * What speaks for giving this slot away: 0 never, then the older the better; expired ones first. Only proof protects:
 * segments with data can be forged as easily as SYNs. One that is being made is not given away.
 */
GP_INLINE __u64 gp_flow_victim_rank(const struct gp_flow *flow, __u64 now_ns)
{
	__u64 age = now_ns > flow->last_ns ? now_ns - flow->last_ns : 0;

	if (!(flow->tag & 1))
		return 0;
	if (gp_flow_has_expired(flow, now_ns))
		return (1ull << 63) + age;
	return flow->flags & GP_FLOW_PROVED ? 0 : age + 1;
}

/* Puts a flow back to its beginning. The tag stays, at every moment: for another CPU a slot without one is free. */
GP_INLINE void gp_flow_reset(struct gp_flow *flow, __u64 now_ns)
{
	__builtin_memset(&flow->first_ns, 0, sizeof(*flow) - sizeof(flow->tag));
	flow->first_ns = now_ns;
	flow->last_ns = now_ns;
}

/* From now on other CPUs find it. */
GP_INLINE void gp_flow_publish(struct gp_flow *flow)
{
	flow->tag |= 1;
}

GP_INLINE int gp_flow_is_mail(const struct gp_flow *flow)
{
	return flow->service == GP_SERVICE_SMTP || flow->service == GP_SERVICE_SUBMISSION;
}

/**
 * gp_flow_tell() - a mail flow has ended: its record goes to the agent.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_flow_tell(struct gp_memory *m, __u32 slot, __u32 end)
{
	struct gp_scratch *scratch = gp_mem_scratch(m);
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_flow *flow = gp_mem_flow(m, slot);
	struct gp_flow_record *record;

	if (!flow || !scratch || !totals || !gp_flow_is_mail(flow))
		return 0;
	record = &scratch->record;
	record->client = flow->client;
	record->server = flow->server;
	record->first_ns = flow->first_ns;
	record->last_ns = flow->last_ns;
	record->client_bytes = flow->client_bytes;
	record->server_bytes = flow->server_bytes;
	record->client_port = flow->client_port;
	record->server_port = flow->server_port;
	record->flags = flow->flags;
	record->service = flow->service;
	record->end = (__u8)end;
	if (gp_mem_tell(m, record))
		GP_ADD(totals->flow_records_lost, 1);
	else
		GP_ADD(totals->flow_records, 1);
	return 0;
}

/* Says goodbye to the flow whose slot is taken. */
GP_INLINE void gp_flow_give_way(struct gp_memory *m, struct gp_flow *flow, __u32 slot, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);

	if (!totals || gp_flow_is_over(flow))
		return;
	if (gp_flow_has_expired(flow, now_ns)) {
		gp_flow_tell(m, slot, GP_FLOW_END_EXPIRED);
		return;
	}
	GP_ADD(totals->flows_evicted, 1);
	if (gp_flow_is_mail(flow))
		GP_ADD(totals->mail_flows_evicted, 1);
	gp_flow_tell(m, slot, GP_FLOW_END_EVICTED);
}

/*
 * Claims a slot that was free, expired or the least worth keeping. It is not published yet. Since it was looked at,
 * another CPU may have begun a flow of its own there: then this one finds no slot, and is counted.
 */
GP_INLINE int gp_flow_take(struct gp_memory *m, __u32 slot, __u64 tag, __u64 now_ns)
{
	struct gp_flow *flow = gp_mem_flow(m, slot);
	struct gp_totals *totals = gp_mem_totals(m);
	__u64 before, found;

	if (!flow || !totals)
		return GP_NO_SLOT;
	before = flow->tag;
	found = before;
	if (!before || before & 1)
		found = gp_cas(&flow->tag, before, tag & ~1ull);
	if (found != before || (before && !(before & 1))) {
		if ((found | 1) != tag)
			GP_ADD(totals->flows_full, 1);
		return GP_NO_SLOT;
	}
	if (before)
		gp_flow_give_way(m, flow, slot, now_ns);
	gp_flow_reset(flow, now_ns);
	return (int)slot;
}

/**
 * gp_flow_slot() - find the flow of a packet.
 * @create: 1 to make room for it when it is not there; what is made is to be published by the caller.
 *
 * Return: its slot, or GP_NO_SLOT: not there, being made by another CPU, or no room (counted in totals->flows_full).
 */
GP_GLOBAL int gp_flow_slot(struct gp_memory *m, const struct gp_packet *p, __u32 create, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_totals *totals = gp_mem_totals(m);
	int victim = GP_NO_SLOT, free_slot[2] = { GP_NO_SLOT, GP_NO_SLOT };
	__u32 free_ways[2] = { 0, 0 };
	__u64 tag, best = 0;

	if (!settings || !totals || !p)
		return GP_NO_SLOT;
	tag = gp_flow_tag(settings, p, gp_flow_src_is_low(p));
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u32 slot = gp_probe(tag, i, settings->flow_slots);
		struct gp_flow *flow = gp_mem_flow(m, slot);
		__u64 rank;

		if (!flow)
			return GP_NO_SLOT;
		if (flow->tag == tag)
			return (int)slot;
		if (flow->tag == (tag & ~1ull))
			return GP_NO_SLOT;
		if (!flow->tag) {
			free_ways[i / GP_TABLE_WAYS]++;
			free_slot[i / GP_TABLE_WAYS] = (int)slot;
			continue;
		}
		rank = gp_flow_victim_rank(flow, now_ns);
		if (rank > best) {
			best = rank;
			victim = (int)slot;
		}
	}
	if (!create)
		return GP_NO_SLOT;
	/*
	 * The second bucket only when the first one is nearly full and it is not: else 0.3 % of the flows find no place in a
	 * table that is half full (Azar et al., STOC 1994). A flow in the first one is found sooner.
	 */
	if (free_ways[0] || free_ways[1])
		victim = free_ways[0] > 1 || free_ways[0] >= free_ways[1] ? free_slot[0] : free_slot[1];
	if (victim < 0) {
		GP_ADD(totals->flows_full, 1);
		return GP_NO_SLOT;
	}
	return gp_flow_take(m, (__u32)victim, tag, now_ns);
}

/* Does the packet come from the flow's client? */
GP_INLINE int gp_flow_from_client(const struct gp_flow *flow, const struct gp_packet *p)
{
	return gp_flow_src_is_low(p) == !!(flow->flags & GP_FLOW_CLIENT_IS_LOW);
}

/**
 * gp_flow_new_bytes() - which payload bytes of a segment have not been seen in this direction?
 * @known: flag bit that says that *next is valid.
 * @skip: out; how many bytes at the payload's start are old.
 * @gap: out; how many bytes before this segment are missing, so that a line under way is lost.
 *
 * A SYN's payload and keep-alive probes count for nothing (RFC 9293, 3.8.4). Return: how many bytes are new.
 */
GP_INLINE __u32 gp_flow_new_bytes(struct gp_flow *flow, const struct gp_packet *p, __u16 known, __u32 *next,
				  __u32 *skip, __u32 *gap)
{
	__s32 ahead = (__s32)(p->seq - *next);

	*skip = 0;
	*gap = 0;
	if (!(flow->flags & known)) {
		flow->flags |= known;
		ahead = 0;
	}
	if (ahead < 0) {
		*skip = *next - p->seq;
		if (*skip >= p->payload_len)
			return 0;
	} else if (ahead > GP_FLOW_GAP_BYTES) {
		return 0;
	}
	*gap = ahead > 0 ? (__u32)ahead : 0;
	*next = p->seq + p->payload_len;
	return p->payload_len - *skip;
}

#endif
