/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of one direction that wait for earlier bytes: sorted, without overlaps. */
#ifndef GATEPOST_STREAM_QUEUE_H
#define GATEPOST_STREAM_QUEUE_H

#include <stddef.h>

#include <gatepost/types.h>

/* A piece of a segment. */
struct gp_piece {
	struct gp_piece *next;
	__u64 time_ns;
	__u32 seq, len; /* on the wire */
	__u32 captured; /* bytes in data, at most len */
	__u8 data[];
};

struct gp_stream_queue {
	struct gp_piece *first;
	size_t bytes; /* of all pieces, with what they cost beside their data */
};

/* A segment that is to be put in. */
struct gp_piece_view {
	__u64 time_ns;
	__u32 seq, len, captured;
	const __u8 *data;
};

/* The distance from one sequence number to another, negative when that is the earlier one (RFC 9293, 3.4). */
GP_INLINE __s32 gp_seq_distance(__u32 from, __u32 to)
{
	return (__s32)(to - from);
}

/* Cuts off what lies before a sequence number. Return: how many bytes that is, at most view->len. */
__u32 gp_piece_trim(struct gp_piece_view *view, __u32 seq);

/* Cuts off what does not lie before a sequence number. */
void gp_piece_limit(struct gp_piece_view *view, __u32 seq);

/**
 * gp_stream_queue_put() - copies of those parts of a segment that nobody sent before.
 * @repeated: out; bytes that wait here already, and are dropped.
 *
 * Return: 0, or -ENOMEM with a part of them put in.
 */
int gp_stream_queue_put(struct gp_stream_queue *queue, struct gp_piece_view view, __u32 *repeated);

/* Drops what does not lie before a sequence number. */
void gp_stream_queue_limit(struct gp_stream_queue *queue, __u32 seq);

/* Takes the first piece out, to be freed by the caller; NULL when there is none. */
struct gp_piece *gp_stream_queue_take(struct gp_stream_queue *queue);

void gp_stream_queue_clear(struct gp_stream_queue *queue);

#endif
