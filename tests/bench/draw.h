/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of each program of the benchmark that is not measured: it makes the frame another host's. */
#ifndef GATEPOST_BENCH_DRAW_H
#define GATEPOST_BENCH_DRAW_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "knobs.h"

#define BENCH_SCATTER 2654435761u /* odd: a permutation of any power of two */
#define BENCH_OFFSET_MASK 0x1ffu  /* bounds what is added to a packet pointer */

struct bench_knobs bench_knobs;

/* Bytes that each host has sent so far, for the streams of each program apart. */
__u32 bench_sent[BENCH_PROGRAMS * BENCH_SEQ_HOSTS];

/* The 32-bit word at an offset of the frame, or NULL. */
static __always_inline __u32 *bench_word(struct xdp_md *ctx, __u32 offset)
{
	__u8 *at = (__u8 *)(long)ctx->data + (offset & BENCH_OFFSET_MASK);

	if (!offset || at + sizeof(__u32) > (__u8 *)(long)ctx->data_end)
		return 0;
	return (__u32 *)at;
}

/*
 * Both words of the upper half of an IPv6 address at once: who loads eight bytes, four of which have just been stored,
 * waits until that store has left the processor, which no packet from a network card makes it do.
 */
static __always_inline void bench_put_half(struct xdp_md *ctx, __u32 offset, __u32 head, __u32 value)
{
	__u8 *at = (__u8 *)(long)ctx->data + (offset & BENCH_OFFSET_MASK);

	if (at + sizeof(__u64) <= (__u8 *)(long)ctx->data_end)
		*(__be64 *)at = bpf_cpu_to_be64((__u64)head << 32 | value);
}

static __always_inline void bench_put(struct xdp_md *ctx, __u32 offset, __u32 value)
{
	__u32 *word = bench_word(ctx, offset);

	if (word)
		*word = bpf_htonl(value);
}

/* New payload, not a retransmission: the host's stream goes on, or the frame's. */
static __always_inline void bench_advance(struct xdp_md *ctx, const struct bench_knobs *k, __u32 host)
{
	__u32 i = k->seq_first + host, *word;

	if (!k->seq_own) {
		word = bench_word(ctx, k->seq_offset);
		if (word)
			*word = bpf_htonl(bpf_ntohl(*word) + k->seq_step);
		return;
	}
	if (i >= BENCH_PROGRAMS * BENCH_SEQ_HOSTS)
		return;
	bench_put(ctx, k->seq_offset, k->seq_base + bench_sent[i]);
	bench_sent[i] += k->seq_step;
}

/**
 * bench_draw() - make the frame another host's.
 *
 * Checksums are left wrong: nobody here reads them. Return: the host's number.
 */
static __always_inline __u32 bench_draw(struct xdp_md *ctx)
{
	struct bench_knobs *k = &bench_knobs;
	__u32 turn = k->walk ? k->turn++ : bpf_get_prandom_u32();
	__u32 host = turn * BENCH_SCATTER & k->host_mask;

	if (k->inside_head)
		bench_put_half(ctx, k->inside_offset - 4, k->inside_head, k->inside_base + (host << (k->inside_shift & 31)));
	else
		bench_put(ctx, k->inside_offset, k->inside_base + (host << (k->inside_shift & 31)));
	if (k->peer_offset)
		bench_put(ctx, k->peer_offset, k->peer_base + turn);
	if (k->seq_step)
		bench_advance(ctx, k, host);
	return host;
}

#endif
