/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the XDP programs do with a frame: count it, tag it, pass it on. */
#ifndef GATEPOST_ENTRY_H
#define GATEPOST_ENTRY_H

#include <gatepost/account.h>

/* A half of a tag (include/gatepost/tag.h) as it lies in struct gp_tag: its lowest byte first. */
static __always_inline __u32 gp_tag_half(__u32 half)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return half;
#else
	return __builtin_bswap32(half);
#endif
}

/* The driver leaves no room for metadata, or others have filled it. */
static __always_inline void gp_tag_failed(struct gp_memory *m)
{
	struct gp_totals *totals = gp_mem_totals(m);

	if (totals)
		totals->tags_failed++;
}

/* Metadata is aligned to 4 bytes. */
static __always_inline void gp_tag_write(struct gp_memory *m, struct xdp_md *ctx, __u64 tag)
{
	__u32 *words;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct gp_tag))) {
		gp_tag_failed(m);
		return;
	}
	words = (__u32 *)(long)ctx->data_meta;
	if ((void *)(words + 2) > (void *)(long)ctx->data)
		return;
	words[0] = gp_tag_half((__u32)tag);
	words[1] = gp_tag_half((__u32)(tag >> 32));
}

/* Counts the frame. Return: its tag (include/gatepost/tag.h). */
static __always_inline __u64 gp_xdp_count(struct xdp_md *ctx)
{
	__u32 frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx), count_bytes = frame_bytes;
	__u64 tag;

	if (gp_knob_replay) {
		GP_OPAQUE(count_bytes); /* or clang reads the excess also when there is none */
		count_bytes -= (__u32)gp_replay_excess_bytes;
	}
	tag = gp_knob_sampling == GP_SAMPLING_ALL ? 0 : gp_account_bulk(GP_MEMORY, ctx, count_bytes, gp_knob_side);
	return tag ? tag : gp_account_whole(GP_MEMORY, ctx, frame_bytes, count_bytes, gp_knob_side);
}

static __always_inline int gp_xdp(struct xdp_md *ctx)
{
	gp_xdp_count(ctx);
	return XDP_PASS;
}

/*
 * The same with tags. A program of its own: since Linux 6.12 nothing that so much as contains a call that moves packet data
 * may stand behind libxdp's dispatcher, whose stubs do not ("Extension program changes packet data").
 */
static __always_inline int gp_xdp_tagged(struct xdp_md *ctx)
{
	__u64 tag = gp_xdp_count(ctx);

	if (gp_knob_tags && gp_tag_service(tag) != GP_SERVICE_OTHER)
		gp_tag_write(GP_MEMORY, ctx, tag);
	return XDP_PASS;
}

#endif
