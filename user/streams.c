// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#include "stream_queue.h"
#include "streams.h"

#define SECOND_NS 1000000000ull
#define LINGER_NS (10 * SECOND_NS) /* after the end, for retransmissions */
#define HOLE_NS (SECOND_NS / 10)   /* after bytes were acknowledged that were not seen: order within the capture */
#define HOLE_SEGMENTS 8		   /* the same, counted */
#define WAIT_NS (10 * SECOND_NS)   /* after nobody acknowledged anything: one direction was captured only */
#define HOLE_BYTES (16u << 20)	   /* what a lone acknowledgement is believed */

struct key {
	struct gp_addr low, high;
	__u32 low_port, high_port;
};

struct side {
	struct gp_stream_queue queue;
	__u64 hole_ns;	     /* since when bytes are missing; 0: none are */
	__u64 acked_ns;	     /* since when missing bytes are acknowledged; 0: they are not */
	__u32 acked_segments; /* of the flow, since then */
	__u32 acked;
	__u32 next;	     /* sequence number of the next byte for the reader */
	__u32 fin_seq;
	bool begun;	     /* next is known */
	bool fin_known;
};

struct flow {
	struct flow *chain;	    /* in its bucket */
	struct flow *older, *newer; /* in its list, by its latest segment */
	struct gp_stream stream;
	struct side sides[GP_SPEAKERS];
	struct key key;
	struct gp_flow_record record;
	void *reader; /* what begin() returned */
	bool closing; /* in the list of those that have ended */
	bool reset;
};

struct list {
	struct flow *oldest, *newest;
};

struct gp_streams {
	struct gp_streams_options options;
	struct gp_stream_reader reader;
	void *context;
	struct flow **buckets;
	__u32 bucket_count, flow_count;
	struct list open, closing;
	__u64 bytes; /* that wait, in all */
	__u64 now_ns, displaced;
};

static void list_remove(struct list *list, struct flow *f)
{
	*(f->older ? &f->older->newer : &list->oldest) = f->newer;
	*(f->newer ? &f->newer->older : &list->newest) = f->older;
}

static void list_append(struct list *list, struct flow *f)
{
	f->older = list->newest;
	f->newer = NULL;
	*(list->newest ? &list->newest->newer : &list->oldest) = f;
	list->newest = f;
}

static struct list *list_of(struct gp_streams *s, const struct flow *f)
{
	return f->closing ? &s->closing : &s->open;
}

static void make_key(struct key *key, const struct gp_segment *segment)
{
	int order = memcmp(&segment->src, &segment->dst, sizeof(segment->src));
	bool src_low = order < 0 || (order == 0 && segment->sport <= segment->dport);

	*key = (struct key){
		.low = src_low ? segment->src : segment->dst,
		.high = src_low ? segment->dst : segment->src,
		.low_port = src_low ? segment->sport : segment->dport,
		.high_port = src_low ? segment->dport : segment->sport,
	};
}

static struct flow **bucket_of(struct gp_streams *s, const struct key *key)
{
	__u64 hash = gp_mix(gp_hash_addr(s->options.secret[0], &key->low), key->high.halves[0]);

	hash = gp_mix(gp_mix(hash, key->high.halves[1]), (__u64)key->low_port << 16 | key->high_port);
	return &s->buckets[gp_mix(hash, s->options.secret[1]) & (s->bucket_count - 1)];
}

static struct flow *find(struct gp_streams *s, const struct key *key)
{
	struct flow *f = *bucket_of(s, key);

	while (f && memcmp(&f->key, key, sizeof(*key)) != 0)
		f = f->chain;
	return f;
}

static void hand_gap(struct gp_streams *s, struct flow *f, enum gp_speaker d, __u64 time_ns, __u32 len)
{
	if (!len)
		return;
	f->stream.sides[d].gaps++;
	f->stream.sides[d].gap_bytes += len;
	f->sides[d].next += len;
	s->reader.bytes(f->reader, d, time_ns, NULL, len);
}

/* The next bytes in order: those that were captured, and the rest as a gap. */
static void hand_over(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_piece_view *view)
{
	if (view->captured) {
		f->stream.sides[d].bytes += view->captured;
		f->sides[d].next += view->captured;
		s->reader.bytes(f->reader, d, view->time_ns, view->data, view->captured);
	}
	hand_gap(s, f, d, view->time_ns, view->len - view->captured);
}

/* Everything that no longer waits. */
static void drain(struct gp_streams *s, struct flow *f, enum gp_speaker d)
{
	struct side *side = &f->sides[d];

	while (side->queue.first && gp_seq_distance(side->next, side->queue.first->seq) <= 0) {
		size_t before = side->queue.bytes;
		struct gp_piece *piece = gp_stream_queue_take(&side->queue);
		struct gp_piece_view view = { piece->time_ns, piece->seq, piece->len, piece->captured, piece->data };

		s->bytes -= before - side->queue.bytes;
		f->stream.sides[d].repeated_bytes += gp_piece_trim(&view, side->next);
		hand_over(s, f, d, &view);
		free(piece);
	}
	if (!side->queue.first)
		side->hole_ns = 0;
	if (side->fin_known && gp_seq_distance(side->fin_seq, side->next) >= 0)
		f->stream.sides[d].fin = true;
}

/* The first hole becomes a gap. */
static void give_up_hole(struct gp_streams *s, struct flow *f, enum gp_speaker d)
{
	struct side *side = &f->sides[d];
	struct gp_piece *first = side->queue.first;

	if (first) {
		hand_gap(s, f, d, first->time_ns, first->seq - side->next);
		drain(s, f, d);
	}
}

static void give_up_all(struct gp_streams *s, struct flow *f, enum gp_speaker d)
{
	struct side *side = &f->sides[d];

	while (side->queue.first)
		give_up_hole(s, f, d);
	if (side->begun && side->fin_known && gp_seq_distance(side->next, side->fin_seq) > 0 &&
	    gp_seq_distance(side->next, side->fin_seq) < (__s32)HOLE_BYTES) {
		hand_gap(s, f, d, f->stream.end_ns, side->fin_seq - side->next);
		drain(s, f, d);
	}
}

static void end_flow(struct gp_streams *s, struct flow *f, enum gp_stream_end end)
{
	struct flow **at = bucket_of(s, &f->key);

	for (int d = 0; d < GP_SPEAKERS; d++)
		give_up_all(s, f, (enum gp_speaker)d);
	if (f->reset || (f->stream.record && f->record.end == GP_FLOW_END_RESET))
		end = GP_STREAM_RST;
	else if (f->stream.record && f->record.end == GP_FLOW_END_CLOSED)
		end = GP_STREAM_FIN;
	else if (f->stream.sides[0].fin || f->stream.sides[1].fin)
		end = GP_STREAM_FIN;
	s->reader.end(s->context, f->reader, &f->stream, end);
	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	list_remove(list_of(s, f), f);
	s->flow_count--;
	free(f);
}

static void expire(struct gp_streams *s)
{
	struct flow *f;

	while ((f = s->closing.oldest) && s->now_ns - f->stream.end_ns > LINGER_NS)
		end_flow(s, f, GP_STREAM_TIMEOUT);
	while ((f = s->open.oldest) && s->now_ns - f->stream.end_ns > s->options.idle_ns)
		end_flow(s, f, GP_STREAM_TIMEOUT);
}

/* Whom a segment that begins a flow comes from: by its SYN, else by the port that has a service. */
static enum gp_speaker first_speaker(const struct gp_streams *s, const struct gp_segment *segment)
{
	if (segment->client_known)
		return segment->from_client ? GP_FROM_CLIENT : GP_FROM_SERVER;
	if (segment->tcp_flags & GP_TCP_SYN)
		return segment->tcp_flags & GP_TCP_ACK ? GP_FROM_SERVER : GP_FROM_CLIENT;
	return s->options.ports[segment->dport].tcp_service ? GP_FROM_CLIENT : GP_FROM_SERVER;
}

static void describe(struct gp_streams *s, struct gp_stream *stream, const struct gp_segment *segment)
{
	bool from_client = first_speaker(s, segment) == GP_FROM_CLIENT;

	stream->client = from_client ? segment->src : segment->dst;
	stream->server = from_client ? segment->dst : segment->src;
	stream->client_port = from_client ? segment->sport : segment->dport;
	stream->server_port = from_client ? segment->dport : segment->sport;
	stream->service = segment->service ? segment->service : s->options.ports[stream->server_port].tcp_service;
	stream->begin_ns = stream->end_ns = s->now_ns;
}

static void make_room(struct gp_streams *s)
{
	if (s->flow_count < s->options.flows)
		return;
	s->displaced++;
	end_flow(s, s->closing.oldest ? s->closing.oldest : s->open.oldest, GP_STREAM_DISPLACED);
}

/* Return: 0 with *out the new flow, or NULL when nobody reads it; -ENOMEM. */
static int begin_flow(struct gp_streams *s, const struct gp_segment *segment, const struct key *key, struct flow **out)
{
	struct flow **bucket = bucket_of(s, key), *f;
	struct gp_stream stream = { 0 };

	*out = NULL;
	describe(s, &stream, segment);
	if (stream.service == GP_SERVICE_OTHER)
		return 0;
	make_room(s);
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->stream = stream;
	f->key = *key;
	f->reader = s->reader.begin(s->context, &f->stream);
	if (!f->reader) {
		free(f);
		return 0;
	}
	f->chain = *bucket;
	*bucket = f;
	list_append(&s->open, f);
	s->flow_count++;
	*out = f;
	return 0;
}

/* A SYN other than those that began this flow: the addresses and ports are used again. */
static bool begins_anew(const struct flow *f, const struct gp_segment *segment, enum gp_speaker d)
{
	const struct side *side = &f->sides[d];

	if ((segment->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) != GP_TCP_SYN || !side->begun)
		return false;
	if (!f->stream.sides[d].syn)
		return f->stream.sides[d].bytes || f->closing;
	return segment->seq + 1 != side->next - (__u32)(f->stream.sides[d].bytes + f->stream.sides[d].gap_bytes);
}

/* Bytes that were acknowledged but not seen. */
static void note_ack(struct gp_streams *s, struct flow *f, enum gp_speaker d, __u32 ack)
{
	struct side *side = &f->sides[d];
	__s32 ahead = gp_seq_distance(side->next, ack);

	if (!side->begun || ahead <= 0 || ahead > (__s32)HOLE_BYTES || (side->fin_known && ack == side->fin_seq + 1 && ahead == 1))
		return;
	if (!side->acked_ns) {
		side->acked_ns = s->now_ns;
		side->acked_segments = 0;
		side->acked = ack;
	} else if (gp_seq_distance(side->acked, ack) > 0) {
		side->acked = ack;
	}
}

/* Holes that have been waited for long enough. */
static void review_hole(struct gp_streams *s, struct flow *f, enum gp_speaker d)
{
	struct side *side = &f->sides[d];
	struct gp_piece *first = side->queue.first;
	__u32 end = side->acked;

	if (side->acked_ns && gp_seq_distance(side->next, side->acked) <= 0)
		side->acked_ns = 0;
	if (first && side->hole_ns && s->now_ns - side->hole_ns > WAIT_NS)
		give_up_hole(s, f, d);
	if (!side->acked_ns || (s->now_ns - side->acked_ns < HOLE_NS && ++side->acked_segments < HOLE_SEGMENTS))
		return;
	side->acked_ns = 0;
	first = side->queue.first;
	if (side->fin_known && gp_seq_distance(end, side->fin_seq) < 0)
		end = side->fin_seq;
	if (first && gp_seq_distance(first->seq, end) > 0)
		give_up_hole(s, f, d);
	else if (gp_seq_distance(side->next, end) > 0)
		hand_gap(s, f, d, s->now_ns, end - side->next);
	drain(s, f, d);
}

/* Bytes ahead of what is due. Beyond the limits the hole before them is no longer waited for. */
static int queue_up(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_piece_view *view)
{
	struct side *side = &f->sides[d];
	size_t before = side->queue.bytes;
	__u32 repeated;
	int err;

	err = gp_stream_queue_put(&side->queue, *view, &repeated);
	s->bytes += side->queue.bytes - before;
	f->stream.sides[d].repeated_bytes += repeated;
	if (!side->hole_ns)
		side->hole_ns = s->now_ns;
	while (side->queue.first && (side->queue.bytes > s->options.flow_bytes || s->bytes > s->options.bytes))
		give_up_hole(s, f, d);
	return err;
}

static int take_payload(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	struct side *side = &f->sides[d];
	struct gp_piece_view view = {
		.time_ns = s->now_ns,
		.seq = segment->seq + !!(segment->tcp_flags & GP_TCP_SYN),
		.len = segment->payload_len,
		.captured = segment->captured,
		.data = segment->data,
	};
	int err = 0;

	f->stream.sides[d].repeated_bytes += gp_piece_trim(&view, side->next);
	if (!view.len)
		return 0;
	if (view.seq != side->next)
		err = queue_up(s, f, d, &view);
	else if (!side->queue.first)
		hand_over(s, f, d, &view);
	else /* waiting bytes came first: where they overlap they count */
		err = queue_up(s, f, d, &view);
	drain(s, f, d);
	return err;
}

/* A reset far from what is due is somebody else's (RFC 9293, 3.5.3). */
static bool reset_holds(const struct side *side, const struct gp_segment *segment)
{
	__s32 ahead = gp_seq_distance(side->next, segment->seq);

	return !side->begun || (ahead > -(__s32)HOLE_BYTES && ahead < (__s32)HOLE_BYTES);
}

static void begin_side(struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	struct side *side = &f->sides[d];
	bool syn = segment->tcp_flags & GP_TCP_SYN;

	if (side->begun || (segment->tcp_flags & GP_TCP_RST))
		return;
	side->begun = true;
	side->next = segment->isn_known && !syn ? segment->isn + 1 : segment->seq + syn;
	f->stream.sides[d].syn = syn || segment->isn_known;
}

static void touch(struct gp_streams *s, struct flow *f)
{
	bool closing = f->reset || f->stream.record || (f->stream.sides[0].fin && f->stream.sides[1].fin);

	list_remove(list_of(s, f), f);
	f->closing = closing;
	f->stream.end_ns = s->now_ns;
	list_append(list_of(s, f), f);
}

static int take(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	enum gp_speaker other = d == GP_FROM_CLIENT ? GP_FROM_SERVER : GP_FROM_CLIENT;
	struct side *side = &f->sides[d];
	int err = 0;

	begin_side(f, d, segment);
	review_hole(s, f, d);
	review_hole(s, f, other);
	if (segment->tcp_flags & GP_TCP_RST)
		f->reset |= reset_holds(side, segment);
	else if (segment->payload_len)
		err = take_payload(s, f, d, segment);
	if ((segment->tcp_flags & GP_TCP_FIN) && !side->fin_known && side->begun) {
		side->fin_known = true;
		side->fin_seq = segment->seq + segment->payload_len;
		drain(s, f, d);
	}
	if (segment->tcp_flags & GP_TCP_ACK)
		note_ack(s, f, other, segment->ack);
	touch(s, f);
	return err;
}

static enum gp_speaker speaker_of(const struct flow *f, const struct gp_segment *segment)
{
	bool client = segment->sport == f->stream.client_port &&
		      memcmp(&segment->src, &f->stream.client, sizeof(segment->src)) == 0;

	return client ? GP_FROM_CLIENT : GP_FROM_SERVER;
}

int gp_streams_segment(struct gp_streams *s, const struct gp_segment *segment)
{
	struct key key;
	struct flow *f;
	int err;

	if (segment->time_ns > s->now_ns)
		s->now_ns = segment->time_ns;
	expire(s);
	make_key(&key, segment);
	f = find(s, &key);
	if (f && begins_anew(f, segment, speaker_of(f, segment))) {
		end_flow(s, f, GP_STREAM_REUSED);
		f = NULL;
	}
	if (!f) {
		if (!segment->payload_len && !(segment->tcp_flags & GP_TCP_SYN))
			return 0;
		err = begin_flow(s, segment, &key, &f);
		if (err || !f)
			return err;
	}
	return take(s, f, speaker_of(f, segment), segment);
}

void gp_streams_record(struct gp_streams *s, const struct gp_flow_record *record)
{
	const struct gp_segment segment = {
		.src = record->client,
		.dst = record->server,
		.sport = record->client_port,
		.dport = record->server_port,
	};
	struct key key;
	struct flow *f;

	make_key(&key, &segment);
	f = find(s, &key);
	if (!f || f->stream.record || f->stream.begin_ns > record->last_ns)
		return;
	f->record = *record;
	f->stream.record = &f->record;
	if (record->last_ns > s->now_ns)
		s->now_ns = record->last_ns;
	touch(s, f);
}

static __u32 power_of_two(__u32 n)
{
	__u32 power = 1;

	while (power < n && power < 1u << 20)
		power <<= 1;
	return power;
}

int gp_streams_open(struct gp_streams **out, const struct gp_streams_options *options,
		    const struct gp_stream_reader *reader, void *context)
{
	struct gp_streams *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->options = *options;
	s->options.flows = options->flows ?: 65536;
	s->options.flow_bytes = options->flow_bytes ?: 256 << 10;
	s->options.bytes = options->bytes ?: 64 << 20;
	s->options.idle_ns = options->idle_ns ?: 600 * SECOND_NS;
	s->bucket_count = power_of_two(s->options.flows);
	s->buckets = calloc(s->bucket_count, sizeof(*s->buckets));
	if (!s->buckets) {
		free(s);
		return -ENOMEM;
	}
	s->reader = *reader;
	s->context = context;
	*out = s;
	return 0;
}

void gp_streams_finish(struct gp_streams *s)
{
	while (s->closing.oldest)
		end_flow(s, s->closing.oldest, GP_STREAM_OPEN);
	while (s->open.oldest)
		end_flow(s, s->open.oldest, GP_STREAM_OPEN);
}

__u64 gp_streams_displaced(const struct gp_streams *s)
{
	return s->displaced;
}

void gp_streams_close(struct gp_streams *s)
{
	gp_streams_finish(s);
	free(s->buckets);
	free(s);
}
