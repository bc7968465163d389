// SPDX-License-Identifier: GPL-2.0-or-later
/* The XDP program: count the frame, pass it on. One object is loaded per interface; all share the pinned maps. */
#include <gatepost/account.h>

/* Set before the object is loaded. */
const volatile __u32 gp_knob_side = GP_SIDE_TAP;
const volatile __u32 gp_knob_replay = 0; /* 1: time and excess come with each packet */

/* Replay only: written before each test run. */
__u64 gp_replay_now_ns = 0;
__s64 gp_replay_excess_bytes = 0; /* bytes of the frame that stand for another link layer and are not counted */

SEC("xdp.frags")
int gatepost(struct xdp_md *ctx)
{
	const __u8 *data = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	__u32 frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx), count_bytes = frame_bytes;
	struct gp_memory memory = {};
	__u64 now_ns;

	if (gp_knob_replay) {
		now_ns = gp_replay_now_ns;
		count_bytes = (__u32)(frame_bytes - gp_replay_excess_bytes);
	} else {
		now_ns = bpf_ktime_get_coarse_ns();
	}
	gp_account_frame(&memory, ctx, data, end, frame_bytes, count_bytes, gp_knob_side, now_ns);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
