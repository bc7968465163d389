/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet counts for. Each packet has one owner for its packets and bytes, or a named remainder; both ends may
 * get observations besides. Nothing here returns an error: a packet always passes.
 */
#ifndef GATEPOST_ACCOUNT_H
#define GATEPOST_ACCOUNT_H

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
	number = gp_outside_record(m, &src->addr, 0, now_ns);
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
	return p->ip_version == 4 ? gp_inside_slot4(m, addr, sends) : gp_inside_slot6(m, addr, sends);
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

/**
 * gp_account_packet() - count one packet whose headers have been read, at its owner.
 * @bytes: to count for it.
 *
 * Return: the service that it was counted under.
 */
GP_INLINE __u32 gp_account_packet(struct gp_memory *m, gp_ctx *ctx, struct gp_cpu *cpu, __u32 frame_bytes, __u32 bytes,
				  enum gp_side side)
{
	struct gp_scratch *s = &cpu->scratch;
	struct gp_packet *p = &s->packet;
	__u32 to, service, owner_is_src = 1, trusted;
	int slot;

	slot = gp_account_slot(m, p, &p->src, 1);
	trusted = (__u32)gp_account_trusts_source(&cpu->totals, side, slot != GP_NO_SLOT);
	if (slot == GP_NO_SLOT) {
		slot = gp_account_slot(m, p, &p->dst, 0);
		owner_is_src = slot == GP_NO_SLOT;
	}
	to = gp_packet_service_to(m, p);
	service = to != GP_SERVICE_OTHER ? to : gp_packet_service_from(m, p);
	if (trusted && p->ip_proto == GP_IP_TCP && !gp_stream_is_bulk(m, p, service, to)) {
		gp_account_ends(m, s, slot, owner_is_src);
		service = (__u32)gp_stream_packet(m, ctx, s, frame_bytes, service);
	}
	service = gp_service_bounded(service);
	if (slot >= 0) {
		struct gp_end *owner = owner_is_src ? &s->src : &s->dst;

		owner->slot = slot;
		owner->addr = owner_is_src ? p->src : p->dst;
		gp_hot_count(m, cpu, owner, service, bytes, owner_is_src);
	} else if (slot == GP_NO_ROOM) {
		gp_count_own(&cpu->totals.overflow[service].traffic, bytes);
	} else {
		s->src.addr = p->src;
		gp_account_outside(m, &s->src, p->ip_version == 4, service, bytes);
	}
	return service;
}

/**
 * gp_account_frame() - count one frame.
 * @ctx: what gp_mem_load() reads the payload from.
 * @data, @end: the frame's directly readable part.
 * @frame_bytes: length of the frame.
 * @count_bytes: bytes to count for it; differs from frame_bytes when a link layer was made up.
 * @side: which way the interface faces.
 */
GP_INLINE void gp_account_frame(struct gp_memory *m, gp_ctx *ctx, const __u8 *data, const __u8 *end, __u32 frame_bytes,
				__u32 count_bytes, enum gp_side side)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	int status;

	if (!settings || !cpu)
		return;
	if (!cpu->slice)
		gp_slice_take(m);
	gp_count_own(&cpu->totals.received, count_bytes);
	status = gp_parse_frame(data, end, frame_bytes, settings->tunnels, &cpu->scratch.packet);
	if (status == GP_PARSE_OK)
		gp_account_packet(m, ctx, cpu, frame_bytes, count_bytes, side);
	else if (status > 0 && status < GP_PARSE_STATUSES)
		gp_count_own(&cpu->totals.unparsed[status], count_bytes);
}

#endif
