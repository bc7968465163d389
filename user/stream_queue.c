// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream_queue.h"

__u32 gp_piece_trim(struct gp_piece_view *view, __u32 seq)
{
	__s32 distance = gp_seq_distance(view->seq, seq);
	__u32 cut, captured;

	if (distance <= 0)
		return 0;
	cut = (__u32)distance < view->len ? (__u32)distance : view->len;
	captured = cut < view->captured ? cut : view->captured;
	view->seq += cut;
	view->len -= cut;
	view->captured -= captured;
	view->data = view->captured ? view->data + captured : NULL;
	return cut;
}

void gp_piece_limit(struct gp_piece_view *view, __u32 seq)
{
	__s32 left = gp_seq_distance(view->seq, seq);

	if (left < 0)
		left = 0;
	if ((__u32)left < view->len)
		view->len = (__u32)left;
	if (view->captured > view->len)
		view->captured = view->len;
}

/* Puts the first len bytes of a view in front of *where. */
static int insert(struct gp_stream_queue *queue, struct gp_piece **where, const struct gp_piece_view *view, __u32 len)
{
	__u32 captured = view->captured < len ? view->captured : len;
	struct gp_piece *piece = malloc(sizeof(*piece) + captured);

	if (!piece)
		return -ENOMEM;
	piece->next = *where;
	piece->time_ns = view->time_ns;
	piece->seq = view->seq;
	piece->len = len;
	piece->captured = captured;
	if (captured)
		memcpy(piece->data, view->data, captured);
	*where = piece;
	queue->bytes += sizeof(*piece) + captured;
	return 0;
}

int gp_stream_queue_put(struct gp_stream_queue *queue, struct gp_piece_view view, __u32 *repeated)
{
	struct gp_piece **where = &queue->first;

	*repeated = 0;
	while (view.len && *where) {
		__s32 before = gp_seq_distance(view.seq, (*where)->seq);
		__u32 len;

		if (before > 0) {
			len = (__u32)before < view.len ? (__u32)before : view.len;
			if (insert(queue, where, &view, len))
				return -ENOMEM;
			gp_piece_trim(&view, view.seq + len);
			where = &(*where)->next;
		}
		*repeated += gp_piece_trim(&view, (*where)->seq + (*where)->len);
		where = &(*where)->next;
	}
	return view.len ? insert(queue, where, &view, view.len) : 0;
}

void gp_stream_queue_limit(struct gp_stream_queue *queue, __u32 seq)
{
	struct gp_piece **where = &queue->first;

	while (*where && gp_seq_distance((*where)->seq + (*where)->len, seq) >= 0)
		where = &(*where)->next;
	if (*where && gp_seq_distance((*where)->seq, seq) > 0) {
		struct gp_piece *piece = *where;
		__u32 captured = piece->captured;

		piece->len = seq - piece->seq;
		piece->captured = captured < piece->len ? captured : piece->len;
		queue->bytes -= captured - piece->captured; /* its memory stays a little longer */
		where = &piece->next;
	}
	while (*where) {
		struct gp_piece *piece = *where;

		*where = piece->next;
		queue->bytes -= sizeof(*piece) + piece->captured;
		free(piece);
	}
}

struct gp_piece *gp_stream_queue_take(struct gp_stream_queue *queue)
{
	struct gp_piece *piece = queue->first;

	if (!piece)
		return NULL;
	queue->first = piece->next;
	queue->bytes -= sizeof(*piece) + piece->captured;
	return piece;
}

void gp_stream_queue_clear(struct gp_stream_queue *queue)
{
	struct gp_piece *piece;

	while ((piece = gp_stream_queue_take(queue)))
		free(piece);
}
