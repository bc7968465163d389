/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of the benchmark do to a frame before they look at it, and the harness's hand on it. The knobs are
 * plain globals, not constants: one load of a large program serves every row. They cost all programs alike the same
 * few loads from a hot line, the floor included.
 */
#ifndef GATEPOST_BENCH_KNOBS_H
#define GATEPOST_BENCH_KNOBS_H

#include <linux/types.h>

#define BENCH_LINE_BYTES 64
#define BENCH_SEQ_HOSTS 131072 /* hosts that keep a sequence number of their own */

/* Who advances the sequence numbers: each of these needs streams of its own, or it would tear holes into the others'.
 */
enum bench_program {
	BENCH_FLOOR,
	BENCH_LINE,
	BENCH_LINE_ALONE,
	BENCH_GATEPOST,
	BENCH_QUIET,  /* of bulk data: gatepost without samples of evidence */
	BENCH_TAGGED, /* likewise: with tags */
	BENCH_UNDO,   /* likewise: the floor, and the call that takes a tag back, which is the harness's and not gatepost's */
	BENCH_TEXTBOOK,
	BENCH_PROGRAMS,
};

/* All offsets are from the frame's begin; 0 means "leave it alone". Numbers are in host byte order. */
struct bench_knobs {
	__u32 host_mask; /* inside hosts - 1 */
	__u32 walk;      /* 1: one host after the other, scattered; 0: random */
	__u32 turn;      /* of the walk */

	__u32 inside_offset; /* a 32-bit word: the IPv4 address, or the second word of the IPv6 one */
	__u32 inside_head;   /* IPv6: the word before it, which is stored with it; else 0 */
	__u32 inside_base;
	__u32 inside_shift; /* subscriber n is base + (n << shift) */

	__u32 peer_offset; /* likewise the last word of the outside address: base + turn, a new flow per turn */
	__u32 peer_base;

	__u32 seq_offset;
	__u32 seq_base;
	__u32 seq_step;  /* payload bytes */
	__u32 seq_own;   /* 1: each host continues its own stream; 0: one number for all of them, in the frame */
	__u32 seq_first; /* in the array of sequence numbers: where this program's begin */

	__u32 wait; /* what the line before this one held, by wait_mask; wait_mask is 0, which nobody can know */
	__u32 wait_mask;

	__u32 check_offset; /* live, when the stack is to take the frame: the IPv4 header's checksum */
	__u32 check_rest;   /* sum of the header without checksum and inside address */
};

#endif
