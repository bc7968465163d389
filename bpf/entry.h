/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the XDP program does with a frame: count it, tag it, pass it on. */
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

static __always_inline int gp_xdp(struct xdp_md *ctx)
{
	__u32 frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx), excess_bytes = 0;
	struct gp_memory memory = {};
	__u64 tag;

	if (gp_knob_replay)
		excess_bytes = (__u32)gp_replay_excess_bytes;
	tag = gp_account_bulk(&memory, ctx, frame_bytes - excess_bytes, gp_knob_side);
	if (!tag)
		tag = gp_account_whole(&memory, ctx, frame_bytes, frame_bytes - excess_bytes, gp_knob_side);
	if (gp_knob_tags && gp_tag_service(tag) != GP_SERVICE_OTHER)
		gp_tag_write(&memory, ctx, tag);
	return XDP_PASS;
}

#endif
