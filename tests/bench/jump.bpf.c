// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A draw in front of somebody else's program: a tail call leads there. Not SEC("xdp.frags"): a table of programs takes
 * only one kind, and the neighbours' are of the older one.
 */
#include "draw.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} bench_next SEC(".maps");

SEC("xdp")
int bench_jump(struct xdp_md *ctx)
{
	bench_draw(ctx);
	bpf_tail_call(ctx, &bench_next, 0);
	return XDP_ABORTED;
}

/* Where the floor lands. */
SEC("xdp")
int bench_landing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
