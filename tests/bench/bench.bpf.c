// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gatepost's own program behind a draw of the host, and what it is compared with: the draw alone (the floor), the draw
 * and one cache line (the best that any table can do), and both ends of a live pair.
 */
#include "draw.h"

#include <entry.h>

const volatile char bench_compiler[64] = "clang " __clang_version__;

/* Set before the object is loaded. */
const volatile __u32 bench_drop = 0; /* 1: what gatepost passes is dropped, so that nothing but it is measured */
const volatile __u32 bench_to = 0;   /* ifindex that the live sender sends to */

struct bench_line {
	__u64 count;
	__u8 rest[BENCH_LINE_BYTES - sizeof(__u64)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* as many as hosts */
	__type(key, __u32);
	__type(value, struct bench_line);
} bench_lines SEC(".maps");

SEC("xdp.frags")
int bench_floor(struct xdp_md *ctx)
{
	bench_draw(ctx);
	return XDP_PASS;
}

SEC("xdp.frags")
int bench_one_line(struct xdp_md *ctx)
{
	__u32 host = bench_draw(ctx);
	struct bench_line *line = bpf_map_lookup_elem(&bench_lines, &host);

	if (line)
		line->count++;
	return XDP_PASS;
}

/*
 * A processor begins the next run before the line of this one has come, as far as its window reaches, and a short
 * program gets several lines at once for it. Here the next line's address waits for this line.
 */
SEC("xdp.frags")
int bench_one_line_alone(struct xdp_md *ctx)
{
	__u32 host = bench_draw(ctx) ^ bench_knobs.wait;
	struct bench_line *line = bpf_map_lookup_elem(&bench_lines, &host);

	if (line)
		bench_knobs.wait = (__u32)++line->count & bench_knobs.wait_mask;
	return XDP_PASS;
}

/* A test run keeps the buffer: what gatepost left in front of the frame would eat its headroom run by run. */
static __always_inline int bench_undo_metadata(struct xdp_md *ctx)
{
	long bytes = (long)ctx->data - (long)ctx->data_meta;

	return bytes ? bpf_xdp_adjust_meta(ctx, (int)bytes) : 0;
}

static __always_inline int bench_verdict(int action)
{
	return bench_drop && action == XDP_PASS ? XDP_DROP : action;
}

SEC("xdp.frags")
int bench_gatepost(struct xdp_md *ctx)
{
	bench_draw(ctx);
	return bench_verdict(gp_xdp(ctx));
}

SEC("xdp.frags")
int bench_undo(struct xdp_md *ctx)
{
	bench_draw(ctx);
	return bpf_xdp_adjust_meta(ctx, 0) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp.frags")
int bench_gatepost_tags(struct xdp_md *ctx)
{
	int action;

	bench_draw(ctx);
	action = gp_xdp_tagged(ctx);
	if (bench_undo_metadata(ctx))
		return XDP_ABORTED;
	return bench_verdict(action);
}

/* A frame that is to reach the stack needs its header's checksum right (RFC 1071). */
static __always_inline void bench_checksum(struct xdp_md *ctx, __u32 host)
{
	const struct bench_knobs *k = &bench_knobs;
	__u32 address = k->inside_base + (host << (k->inside_shift & 31));
	__u32 sum = k->check_rest + (address >> 16) + (address & 0xffff);
	__u32 *word = bench_word(ctx, k->check_offset);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (word)
		*(__be16 *)word = bpf_htons((__u16)~sum);
}

/* A live pair: one end draws and sends, the other one only receives. */
SEC("xdp.frags")
int bench_send(struct xdp_md *ctx)
{
	__u32 host = bench_draw(ctx);

	if (bench_knobs.check_offset)
		bench_checksum(ctx, host);
	return (int)bpf_redirect(bench_to, 0);
}

SEC("xdp.frags")
int bench_receive(struct xdp_md *ctx)
{
	return bench_verdict(gp_xdp(ctx));
}

SEC("xdp.frags")
int bench_receive_nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return bench_drop ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
