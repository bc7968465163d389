/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others are told of a packet: struct gp_tag as one number, its first member lowest. It is never 0, so that it also
 * says that the packet has been counted.
 */
#ifndef GATEPOST_TAG_H
#define GATEPOST_TAG_H

#include <gatepost/flow.h>

#define GP_TAG_NONE ((__u64)GP_TAG_VERSION) /* counted; of no watched service, or tags are off */

GP_INLINE __u32 gp_tag_service(__u64 tag)
{
	return (__u32)(tag >> 8) & 0xff;
}

GP_INLINE __u32 gp_tag_direction(__u64 tag)
{
	return (__u32)(tag >> 16) & 0xff;
}

GP_INLINE __u32 gp_tag_stage(__u64 tag)
{
	return (__u32)(tag >> 24) & 0xff;
}

GP_INLINE __u32 gp_tag_verdict(__u64 tag)
{
	return (__u32)(tag >> 32) & 0xff;
}

/* A bit of a table that the caches hold: only packets of flagged hosts wait for their hot line (hot.h). */
GP_INLINE int gp_tag_is_flagged(struct gp_memory *m, __u32 slot)
{
	const __u64 *word = gp_mem_flagged(m, slot / 64);

	return word && *word >> (slot % 64) & 1;
}

/* The class of a verdict on an inside slot; 0 where there is none, or it no longer holds. */
GP_INLINE __u32 gp_tag_class(struct gp_memory *m, const struct gp_cpu *cpu, int slot)
{
	const struct gp_hot *hot;
	__u64 word;

	if (slot < 0 || !gp_tag_is_flagged(m, (__u32)slot))
		return 0;
	hot = gp_mem_hot(m, cpu->hot_base + (__u32)slot);
	word = hot ? hot->verdict : 0;
	if (!word || gp_mem_now(m) / GP_SECOND_NS >= word >> GP_VERDICT_SHIFT)
		return 0;
	return (__u32)word & ((1u << GP_VERDICT_SHIFT) - 1);
}

/**
 * gp_tag_of() - the tag of a packet.
 * @slot: its owner's, where that is inside.
 * @sent: 1: by the owner.
 * @stage: enum gp_tag_stage.
 *
 * Return: GP_TAG_NONE when its service is not watched, or tags are off.
 */
GP_INLINE __u64 gp_tag_of(struct gp_memory *m, const struct gp_cpu *cpu, int slot, __u32 service, __u32 sent, __u32 stage)
{
	__u32 low = GP_TAG_VERSION | service << 8 | (sent ? GP_FROM_OWNER : GP_TO_OWNER) << 16 | stage << 24;

	if (!gp_mem_tags(m) || service == GP_SERVICE_OTHER)
		return GP_TAG_NONE;
	return low | (__u64)gp_tag_class(m, cpu, slot) << 32;
}

/**
 * gp_tag_stage_of() - where a TCP packet that went through the flow table stands.
 * @flow: as the packet left it; 0 when it has none.
 *
 * Return: enum gp_tag_stage.
 */
GP_INLINE __u32 gp_tag_stage_of(const struct gp_flow *flow, const struct gp_packet *p, __u32 from_client)
{
	if (p->tcp_flags & (GP_TCP_FIN | GP_TCP_RST))
		return GP_TAG_CLOSING;
	if (p->tcp_flags & GP_TCP_SYN)
		return GP_TAG_HANDSHAKE;
	if (!flow)
		return GP_TAG_BULK;
	if (gp_flow_is_over(flow))
		return GP_TAG_CLOSING;
	if (!p->payload_len)
		return GP_TAG_HANDSHAKE;
	if (flow->service == GP_SERVICE_MAILBOX) /* only some of its packets go through the flow table */
		return GP_TAG_BULK;
	if (flow->phase == GP_PHASE_TLS || flow->service == GP_SERVICE_TLS)
		return GP_TAG_TLS;
	if (flow->service == GP_SERVICE_HTTP)
		return from_client ? GP_TAG_REQUEST : GP_TAG_RESPONSE;
	if (gp_flow_is_mail(flow))
		return flow->phase == GP_PHASE_BODY ? GP_TAG_BODY : GP_TAG_COMMAND;
	return GP_TAG_BULK;
}

#endif
