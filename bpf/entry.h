/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the XDP program does with a frame: count it, pass it on. */
#ifndef GATEPOST_ENTRY_H
#define GATEPOST_ENTRY_H

#include <gatepost/account.h>

/*
 * The first buffer of a frame that has several holds at least this much; only header split leaves less of it, and then
 * the IP length reaches beyond it, so that gp_account_bulk() declines. Shorter frames need not be asked about.
 */
#define GP_FIRST_BUFFER_BYTES 192u

static __always_inline int gp_xdp(struct xdp_md *ctx)
{
	__u32 frame_bytes = (__u32)(gp_ctx_end(ctx) - gp_ctx_data(ctx)), excess_bytes = 0;
	struct gp_memory memory = {};

	if (gp_knob_replay)
		excess_bytes = (__u32)gp_replay_excess_bytes;
	if (frame_bytes >= GP_FIRST_BUFFER_BYTES)
		frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	if (gp_account_bulk(&memory, ctx, frame_bytes - excess_bytes, gp_knob_side))
		return XDP_PASS;
	frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	gp_account_whole(&memory, ctx, frame_bytes, frame_bytes - excess_bytes, gp_knob_side);
	return XDP_PASS;
}

#endif
