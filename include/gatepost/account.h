/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet counts for. Each packet has one owner for its packets and bytes, or a named remainder; both ends may
 * get observations besides. Nothing here returns an error: a packet always passes.
 */
#ifndef GATEPOST_ACCOUNT_H
#define GATEPOST_ACCOUNT_H

#include <gatepost/parse.h>
#include <gatepost/stream.h>

GP_INLINE void gp_count_add(struct gp_count *count, __u32 bytes)
{
	GP_ADD(count->packets, 1);
	GP_ADD(count->bytes, bytes);
}

/* Charges the owner. */
GP_INLINE void gp_account_owner(struct gp_host *host, __u32 service, __u32 bytes, __u32 sent, __u64 now_ns)
{
	gp_count_add(&host->services[service].traffic, bytes);
	gp_count_add(sent ? &host->sent : &host->received, bytes);
	host->last_seen_ns = now_ns;
}

/*
 * May this packet speak about its source? An inside address that arrives from outside is forged or takes an odd way
 * round, and so is a source from inside that is not inside: such packets are owned and counted, and prove nothing.
 */
GP_INLINE int gp_account_trusts_source(struct gp_totals *totals, enum gp_side side, int src_is_inside)
{
	if (side == GP_SIDE_OUTSIDE && src_is_inside) {
		GP_ADD(totals->spoofed_inside, 1);
		return 0;
	}
	if (side == GP_SIDE_INSIDE && !src_is_inside) {
		GP_ADD(totals->foreign_source, 1);
		return 0;
	}
	return 1;
}

/*
 * May this packet's owner claim a slot? Whoever sends may. Whoever is only sent to may while half of the inside slots
 * are free: a sweep of dark addresses cannot take the room of hosts that live.
 */
GP_INLINE __u32 gp_account_may_claim(const struct gp_totals *totals, const struct gp_settings *settings,
				     __u32 owner_is_src)
{
	return owner_is_src || totals->claimed[1] < settings->host_slots / 2;
}

/**
 * gp_account_frame() - count one frame.
 * @ctx: what gp_mem_load() reads the payload from.
 * @data, @end: the frame's directly readable part.
 * @frame_bytes: length of the frame.
 * @count_bytes: bytes to count for it; differs from frame_bytes when a link layer was made up.
 * @side: which way the interface faces.
 * @now_ns: the data plane's clock.
 */
GP_INLINE void gp_account_frame(struct gp_memory *m, gp_ctx *ctx, const __u8 *data, const __u8 *end, __u32 frame_bytes,
				__u32 count_bytes, enum gp_side side, __u64 now_ns)
{
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_scratch *scratch = gp_mem_scratch(m);
	struct gp_packet *p;
	struct gp_host *owner;
	__u32 service, owner_is_src;
	int status, slot;

	if (!totals || !settings || !scratch)
		return;
	gp_count_add(&totals->received, count_bytes);
	p = &scratch->packet;
	status = gp_parse_frame(data, end, frame_bytes, settings->tunnels, p);
	if (status != GP_PARSE_OK) {
		if (status > 0 && status < GP_PARSE_STATUSES)
			gp_count_add(&totals->unparsed[status], count_bytes);
		return;
	}
	gp_end_of(m, &p->src, &scratch->src);
	gp_end_of(m, &p->dst, &scratch->dst);
	owner_is_src = scratch->src.role != GP_ROLE_OUTSIDE || scratch->dst.role == GP_ROLE_OUTSIDE;
	scratch->src.owner = owner_is_src;
	scratch->dst.owner = !owner_is_src;
	service = gp_packet_service(m, p);
	/* Before the packet is read: what it says about its owner needs a place even if it is the owner's first one. */
	slot = gp_host_slot(m, owner_is_src ? &scratch->src : &scratch->dst,
			    gp_account_may_claim(totals, settings, owner_is_src), now_ns);
	if (gp_account_trusts_source(totals, side, scratch->src.role != GP_ROLE_OUTSIDE) && p->ip_proto == GP_IP_TCP)
		service = gp_stream_packet(m, ctx, scratch, frame_bytes, service, now_ns);
	service = gp_service_bounded(service);
	owner = slot < 0 ? 0 : gp_mem_host(m, (__u32)slot);
	if (owner)
		gp_account_owner(owner, service, count_bytes, owner_is_src, now_ns);
	else
		gp_count_add(&totals->overflow[service].traffic, count_bytes);
}

#endif
