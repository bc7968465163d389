/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the XDP program does with a frame: count it, pass it on. */
#ifndef GATEPOST_ENTRY_H
#define GATEPOST_ENTRY_H

#include <gatepost/account.h>

static __always_inline int gp_xdp(struct xdp_md *ctx)
{
	__u32 frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx), count_bytes = frame_bytes;
	struct gp_memory memory = {};

	if (gp_knob_replay)
		count_bytes = (__u32)(frame_bytes - gp_replay_excess_bytes);
	gp_account_frame(&memory, ctx, frame_bytes, count_bytes, gp_knob_side);
	return XDP_PASS;
}

#endif
