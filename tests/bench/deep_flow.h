/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One web flow, packet by packet: what bench_deep writes and its sender sends. */
#ifndef GATEPOST_BENCH_DEEP_FLOW_H
#define GATEPOST_BENCH_DEEP_FLOW_H

#include <linux/types.h>

#define DEEP_STEPS 10
#define DEEP_PLACES 16 /* a power of two, so that the verifier sees the bound */
#define DEEP_LATE_NS 2000000 /* what is caught up with */
#define DEEP_FRAME_BYTES 1514
#define DEEP_HEAD_BYTES 96

struct deep_step {
	__u32 bytes; /* of the frame */
	__u32 flags; /* of TCP */
	__u32 from_server;
	__u32 seq, ack;
	__u32 has_head;
	__u8 head[DEEP_HEAD_BYTES]; /* of the payload; the rest is what the frame held */
};

#endif
