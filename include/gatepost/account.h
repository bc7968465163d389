/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet counts for. Each packet has one owner for its packets and bytes, or a named remainder; both ends may
 * get observations besides. Nothing here returns an error: a packet always passes.
 */
#ifndef GATEPOST_ACCOUNT_H
#define GATEPOST_ACCOUNT_H

#include <gatepost/glance.h>
#include <gatepost/hot.h>
#include <gatepost/parse.h>
#include <gatepost/stream.h>

/* A counter that is this CPU's own. */
GP_INLINE void gp_count_own(struct gp_count *count, __u32 bytes)
{
	count->packets++;
	count->bytes += bytes;
}

GP_INLINE void gp_count_add(struct gp_count *count, __u32 bytes)
{
	GP_ADD(count->packets, 1);
	GP_ADD(count->bytes, bytes);
}

/*
 * May this packet speak about its source? An inside address that arrives from outside is forged or takes an odd way
 * round, and so is a source from inside that is not inside: such packets are owned and counted, and prove nothing.
 */
GP_INLINE int gp_account_trusts_source(struct gp_totals *totals, enum gp_side side, int src_is_inside)
{
	if (side == GP_SIDE_OUTSIDE && src_is_inside) {
		totals->spoofed_inside++;
		return 0;
	}
	if (side == GP_SIDE_INSIDE && !src_is_inside) {
		totals->foreign_source++;
		return 0;
	}
	return 1;
}

/**
 * gp_account_outside() - charge an owner that is outside: its record, or the cell of its prefix.
 * @src: of the packet.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_account_outside(struct gp_memory *m, const struct gp_end *src, __u32 is4, __u32 service, __u32 bytes)
{
	struct gp_totals *totals = gp_mem_totals(m);
	__u64 now_ns = gp_mem_now(m);
	struct gp_host *host;
	struct gp_cell *cell;
	int number;

	if (!totals || !src || service >= GP_SERVICES)
		return 0;
	number = gp_outside_record(m, &src->addr, GP_EARNED_NOTHING, now_ns);
	host = number < 0 ? 0 : gp_mem_host(m, (__u32)number);
	if (host) {
		gp_count_add(&host->services[service].traffic, bytes);
		gp_count_add(&host->sent, bytes);
		host->last_seen_ns = now_ns;
		return 0;
	}
	number = gp_cell_of(m, &src->addr, is4, now_ns);
	cell = number < 0 ? 0 : gp_mem_cell(m, (__u32)number);
	if (!cell) {
		gp_count_own(&totals->overflow[service].traffic, bytes);
		return 0;
	}
	gp_count_add(&cell->services[service].traffic, bytes);
	GP_ADD(cell->touched, 1);
	cell->last_seen_ns = now_ns;
	return 0;
}

/* The inside slot of an address of the packet; @sends: 1 when it is the source. */
GP_INLINE int gp_account_slot(struct gp_memory *m, const struct gp_packet *p, const struct gp_addr *addr, __u32 sends)
{
	return p->ip_version == 4 ? gp_inside_slot4(m, addr->words[3], sends) : gp_inside_slot6(m, addr, sends);
}

/*
 * Both ends of a packet that is read further. The owner's slot is known; the other end's is looked up here, and never
 * gets a chunk for it.
 */
GP_INLINE void gp_account_ends(struct gp_memory *m, struct gp_scratch *s, int owner_slot, __u32 owner_is_src)
{
	s->src.addr = s->packet.src;
	s->dst.addr = s->packet.dst;
	s->src.owner = owner_is_src;
	s->dst.owner = !owner_is_src;
	if (owner_is_src) {
		s->src.slot = owner_slot;
		s->dst.slot = gp_account_slot(m, &s->packet, &s->dst.addr, 0);
	} else {
		s->src.slot = GP_NO_SLOT;
		s->dst.slot = owner_slot;
	}
}

/*
 * Counts one packet whose headers have been read, at its owner, and hands what is more than bulk to the flows. Return: its
 * tag.
 */
GP_INLINE __u64 gp_account_packet(struct gp_memory *m, gp_ctx *ctx, struct gp_cpu *cpu, __u32 frame_bytes, __u32 bytes,
				 enum gp_side side)
{
	struct gp_scratch *s = &cpu->scratch;
	struct gp_packet *p = &s->packet;
	__u32 to, service, owner_is_src = 1, trusted, stage = GP_TAG_BULK;
	int slot;

	slot = gp_account_slot(m, p, &p->src, side != GP_SIDE_OUTSIDE); /* a forged source gets no chunk */
	trusted = (__u32)gp_account_trusts_source(&cpu->totals, side, slot != GP_NO_SLOT);
	if (slot == GP_NO_SLOT) {
		slot = gp_account_slot(m, p, &p->dst, 0);
		owner_is_src = slot == GP_NO_SLOT;
	}
	to = gp_packet_service_to(m, p);
	service = to != GP_SERVICE_OTHER ? to : gp_packet_service_from(m, p);
	if (trusted && p->ip_proto == GP_IP_TCP && !gp_stream_is_bulk(m, p, service, to)) {
		gp_account_ends(m, s, slot, owner_is_src);
		/* What the packet says about its owner needs a place even if it is the owner's first one. */
		gp_hot_first(m, owner_is_src ? &s->src : &s->dst, owner_is_src, 0);
		service = (__u32)gp_stream_packet(m, ctx, s, frame_bytes, service);
		stage = service >> GP_STREAM_STAGE;
		service &= (1u << GP_STREAM_STAGE) - 1;
	}
	service = gp_service_bounded(service);
	if (slot >= 0) {
		gp_hot_count(m, cpu, (__u32)slot, service, bytes,
			     owner_is_src ? GP_DUE_SENT | (trusted ? 0 : GP_DUE_FORGED) : 0);
	} else if (slot == GP_NO_ROOM) {
		gp_count_own(&cpu->totals.overflow[service].traffic, bytes);
	} else {
		s->src.addr = p->src;
		gp_account_outside(m, &s->src, p->ip_version == 4, service, bytes);
	}
	return gp_tag_of(m, cpu, slot, service, owner_is_src, stage);
}

/* gp_parse_frame() for the data plane; verified by itself, since all that follows would multiply its paths. */
GP_GLOBAL int gp_account_parse(gp_ctx *ctx, __u32 frame_bytes, __u32 tunnels, struct gp_packet *p)
{
	if (!p)
		return -1;
	return gp_parse_frame(gp_ctx_data(ctx), gp_ctx_end(ctx), frame_bytes, tunnels, p);
}

/**
 * gp_account_whole() - read all of a frame's headers, and count it.
 * @frame_bytes: length of the frame.
 * @bytes: to count for it.
 *
 * Return: its tag, never 0.
 */
GP_GLOBAL __u64 gp_account_whole(struct gp_memory *m, gp_ctx *ctx, __u32 frame_bytes, __u32 bytes, __u32 side)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	__u32 status;

	if (!settings || !cpu)
		return GP_TAG_NONE;
	if (!cpu->slice)
		gp_slice_take(m);
	gp_count_own(&cpu->totals.received, bytes);
	status = (__u32)gp_account_parse(ctx, frame_bytes, settings->tunnels, &cpu->scratch.packet);
	GP_OPAQUE(status);
	if (status == GP_PARSE_OK)
		return gp_account_packet(m, ctx, cpu, frame_bytes, bytes, side);
	if (status < GP_PARSE_STATUSES)
		gp_count_own(&cpu->totals.unparsed[status], bytes);
	return GP_TAG_NONE;
}

/* As gp_proof_addrs(): of IPv4 addresses only the last words differ. */
GP_INLINE __u64 gp_account_glance_addrs(const struct gp_glance *g)
{
	struct gp_addr both = { .words = { 0 } };

	if (!g->is4)
		return gp_load_raw64(g->ip + 8) ^ gp_load_raw64(g->ip + 16) ^ gp_load_raw64(g->ip + 24) ^
		       gp_load_raw64(g->ip + 32);
	both.words[3] = gp_load_raw32(g->ip + 12) ^ gp_load_raw32(g->ip + 16);
	return both.halves[1];
}

/*
 * The inside slot of one end at a glance. @sends: 1 when it may get a chunk. @addr: room for an IPv6 address; each store
 * that can be saved leaves room for one that waits for its line (hot.h).
 */
GP_INLINE int gp_account_glance_slot(struct gp_memory *m, const struct gp_glance *g, __u32 is_src, __u32 sends,
				     struct gp_addr *addr)
{
	const __u8 *wire = g->ip + (is_src ? 8 : 24);
	int slot;

	if (g->is4)
		return gp_inside_slot4(m, gp_load_raw32(g->ip + (is_src ? 12 : 16)), sends);
	slot = gp_inside_slot6_dense(m, gp_be64_to_host(gp_load_raw64(wire)));
	if (slot != GP_ASK)
		return slot;
	gp_addr_set6(addr, wire);
	return gp_inside_slot6_slow(m, addr, sends);
}

/*
 * The service of a TCP segment that says nothing beyond its length; -1 when it may say more. Each field is read where it is
 * asked for: nine registers do not hold them all.
 */
GP_INLINE int gp_account_glance_tcp(struct gp_memory *m, const struct gp_glance *g, const __u8 *end)
{
	struct gp_settings *settings = gp_mem_settings(m);
	const __u8 *tcp = g->transport;
	__u32 service, to, payload_len, head, asks;

	if (!gp_glance_tcp(g, end, &payload_len) || gp_segment_is_control(tcp[13]))
		return -1;
	to = gp_port_of(m, gp_load_be16(tcp + 2)).tcp_service;
	service = to != GP_SERVICE_OTHER ? to : gp_port_of(m, gp_load_be16(tcp)).tcp_service;
	asks = !payload_len;
	if (payload_len) {
		if (!gp_glance_head(g, end, payload_len, &head) || !gp_payload_is_bulk(head, service, to))
			return -1;
		asks = gp_mem_sampling(m) && gp_payload_may_go_on(head, to, tcp[13]);
	}
	if (asks && settings &&
	    gp_proof_is_expected(m, settings, gp_account_glance_addrs(g), gp_load_be16(tcp) ^ gp_load_be16(tcp + 2),
				 gp_load_be32(tcp + 8)))
		return -1;
	return (int)service;
}

/* The service of a UDP datagram; -1 to decline. */
GP_INLINE int gp_account_glance_udp(struct gp_memory *m, const struct gp_glance *g, const __u8 *end)
{
	__u32 to;

	if (!gp_glance_udp(g, end))
		return -1;
	to = gp_port_of(m, gp_load_be16(g->transport + 2)).udp_service;
	return (int)(to != GP_SERVICE_OTHER ? to : gp_port_of(m, gp_load_be16(g->transport)).udp_service);
}

/**
 * gp_account_bulk() - count a frame at a glance.
 * @bytes: to count for it.
 *
 * Return: its tag; 0 when there is more to it than its length, or nobody inside to own it: then nothing has been counted.
 */
GP_INLINE __u64 gp_account_bulk(struct gp_memory *m, gp_ctx *ctx, __u32 bytes, __u32 side)
{
	const __u8 *end = gp_ctx_end(ctx);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	int slot, service;
	__u32 sent = 1;
	struct gp_glance g;

	if (!cpu || !cpu->slice || !gp_glance(gp_ctx_data(ctx), end, &g))
		return 0;
	slot = gp_account_glance_slot(m, &g, 1, side != GP_SIDE_OUTSIDE, &cpu->scratch.src.addr);
	if (slot == GP_NO_SLOT && side != GP_SIDE_INSIDE) {
		slot = gp_account_glance_slot(m, &g, 0, 0, &cpu->scratch.dst.addr);
		sent = 0;
	} else if (side == GP_SIDE_OUTSIDE) {
		return 0;
	}
	if (slot < 0)
		return 0;
	service = g.is_tcp ? gp_account_glance_tcp(m, &g, end) : gp_account_glance_udp(m, &g, end);
	if (service < 0)
		return 0;
	gp_count_own(&cpu->totals.received, bytes);
	gp_hot_count(m, cpu, (__u32)slot, (__u32)service, bytes, sent ? GP_DUE_SENT : 0);
	return gp_tag_of(m, cpu, slot, (__u32)service, sent, GP_TAG_BULK);
}

/**
 * gp_account_frame() - count one frame that lies in one piece.
 * @ctx: the frame; what gp_mem_load() reads the payload from.
 * @frame_bytes: length of the frame.
 * @count_bytes: bytes to count for it; differs from frame_bytes when a link layer was made up.
 * @side: which way the interface faces.
 */
GP_INLINE void gp_account_frame(struct gp_memory *m, gp_ctx *ctx, __u32 frame_bytes, __u32 count_bytes,
				enum gp_side side)
{
	if (gp_mem_sampling(m) == GP_SAMPLING_ALL || !gp_account_bulk(m, ctx, count_bytes, side))
		gp_account_whole(m, ctx, frame_bytes, count_bytes, side);
}

#endif
