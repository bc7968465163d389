/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP segment as a frame: Ethernet, IPv4 or IPv6, right checksums. */
#ifndef GATEPOST_TRAFFIC_FRAME_H
#define GATEPOST_TRAFFIC_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

struct frame_segment {
	const struct gp_addr *src, *dst;
	const __u8 *payload;
	__u32 seq, ack;
	__u16 sport, dport, window, id;
	__u16 len; /* of payload */
	__u8 flags, ttl, options_len;
	bool outward; /* from the inside interface */
	bool dont_fragment;
	__u8 options[40];
};

#define FRAME_ROOM 2048u

/* Return: bytes written to @out, of FRAME_ROOM. */
size_t frame_write(__u8 *out, const struct frame_segment *segment);

/* ::ffff:a.b.c.d? */
static inline bool frame_is_v4(const struct gp_addr *a)
{
	return !a->halves[0] && a->words[2] == (__be32)__builtin_bswap32(0xffff);
}

#endif
