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
#define SKIP_BYTES (64u << 20) /* that may pass between two samples */
#define WAIT_NS (10 * SECOND_NS)   /* after nobody acknowledged anything: one direction was captured only */
#define FIN_BYTES (16u << 20)	   /* what a FIN or a reset is believed ahead of what is due */
#define WINDOW_BYTES (1 << 30)	   /* nobody sends further ahead (RFC 7323, 2.3) */

struct list {
	struct flow *oldest, *newest;
};

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
	__u32 sent;	     /* by its own segments: what is before this number was sent */
	__u32 first;	     /* sequence number of the first byte, where the stream's side has syn */
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
	bool syn_ack; /* was seen */
	void *reader; /* what begin() returned */
	struct list *list;
	__u32 syn;	 /* of a SYN that came in between, its sequence number */
	bool syn_waits;	 /* for its answer */
	__u8 syn_from, reset_from; /* enum gp_speaker */
	__u32 reset_seq;
	bool reset;
};

struct gp_streams {
	struct gp_streams_options options;
	struct gp_stream_reader reader;
	void *context;
	struct flow **buckets;
	__u32 bucket_count, flow_count;
	struct list silent, open, closing; /* nobody has said anything; the others; those that have ended */
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

/* A reset at exactly the number that is due; elsewhere it may be forged, and is held open (RFC 5961, 3.2). */
static bool is_reset(const struct flow *f)
{
	const struct side *side = &f->sides[f->reset_from];

	return f->reset && (!side->begun || side->next == f->reset_seq);
}

static bool is_closing(const struct flow *f)
{
	return is_reset(f) || f->stream.record || (f->stream.sides[0].fin && f->stream.sides[1].fin);
}

static struct list *list_of(struct gp_streams *s, const struct flow *f)
{
	const struct gp_stream_side *client = &f->stream.sides[GP_FROM_CLIENT], *server = &f->stream.sides[GP_FROM_SERVER];

	if (is_closing(f))
		return &s->closing;
	return client->bytes || client->gaps || server->bytes || server->gaps ? &s->open : &s->silent;
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
	    gp_seq_distance(side->next, side->fin_seq) < (__s32)FIN_BYTES) {
		hand_gap(s, f, d, f->stream.end_ns, side->fin_seq - side->next);
		drain(s, f, d);
	}
}

static void end_flow(struct gp_streams *s, struct flow *f, enum gp_stream_end end)
{
	struct flow **at = bucket_of(s, &f->key);

	for (int d = 0; d < GP_SPEAKERS; d++)
		give_up_all(s, f, (enum gp_speaker)d);
	if (is_reset(f) || (f->stream.record && f->record.end == GP_FLOW_END_RESET))
		end = GP_STREAM_RST;
	else if (f->stream.record && f->record.end == GP_FLOW_END_CLOSED)
		end = GP_STREAM_FIN;
	else if (f->stream.sides[0].fin || f->stream.sides[1].fin)
		end = GP_STREAM_FIN;
	s->reader.end(s->context, f->reader, &f->stream, end);
	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	list_remove(f->list, f);
	s->flow_count--;
	free(f);
}

static void expire_list(struct gp_streams *s, const struct list *list, __u64 after_ns)
{
	while (list->oldest && s->now_ns - list->oldest->stream.end_ns > after_ns)
		end_flow(s, list->oldest, GP_STREAM_TIMEOUT);
}

static void expire(struct gp_streams *s)
{
	expire_list(s, &s->closing, LINGER_NS);
	expire_list(s, &s->silent, s->options.idle_ns);
	expire_list(s, &s->open, s->options.idle_ns);
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

/* Those that have ended go first, then those on which nobody spoke: a flood of SYNs displaces no dialogue. */
static void make_room(struct gp_streams *s)
{
	if (s->flow_count < s->options.flows)
		return;
	s->displaced++;
	end_flow(s, s->closing.oldest ?: s->silent.oldest ?: s->open.oldest, GP_STREAM_DISPLACED);
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
	f->list = &s->silent;
	list_append(f->list, f);
	s->flow_count++;
	*out = f;
	return 0;
}

/* Is this SYN none of those that began the flow? */
static bool is_other_syn(const struct flow *f, const struct gp_segment *segment, enum gp_speaker d)
{
	if ((segment->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) != GP_TCP_SYN || !f->sides[d].begun)
		return false;
	return !f->stream.sides[d].syn || segment->seq + 1 != f->sides[d].first;
}

/* Does the other end answer the SYN that came in between, or, where that is never seen, does its sender go on after it? */
static bool syn_is_answered(const struct flow *f, const struct gp_segment *segment, enum gp_speaker d)
{
	if (!f->syn_waits)
		return false;
	if (d != f->syn_from)
		return (segment->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) == (GP_TCP_SYN | GP_TCP_ACK) &&
		       segment->ack == f->syn + 1;
	return !f->sides[!d].begun && segment->payload_len && segment->seq == f->syn + 1;
}

/*
 * Are the addresses and ports used again? A SYN within a live flow is stray or forged: the other end challenges it and
 * goes on (RFC 5961, 4.2). Only an answer to it shows another connection. Whoever saw the handshake knows by himself.
 */
static bool begins_anew(const struct flow *f, const struct gp_segment *segment, enum gp_speaker d)
{
	if (is_other_syn(f, segment, d))
		return is_closing(f);
	if (segment->isn_known && f->stream.sides[d].syn && segment->isn + 1 != f->sides[d].first)
		return true;
	return syn_is_answered(f, segment, d);
}

/* Bytes that were acknowledged but not seen. */
static void note_ack(struct gp_streams *s, struct flow *f, enum gp_speaker d, __u32 ack)
{
	struct side *side = &f->sides[d];
	__s32 ahead = gp_seq_distance(side->next, ack);

	if (!side->begun || ahead <= 0 || ahead > WINDOW_BYTES)
		return;
	if (!side->acked_ns) {
		side->acked_ns = s->now_ns;
		side->acked_segments = 0;
		side->acked = ack;
	} else if (gp_seq_distance(side->acked, ack) > 0) {
		side->acked = ack;
	}
}

/* The other end lacks the first bytes that are missing, too: they may yet come, or who sent what is behind them guessed. */
static void hear_ack(struct gp_streams *s, struct flow *f, enum gp_speaker d, __u32 ack)
{
	struct side *side = &f->sides[d];

	if (side->hole_ns && gp_seq_distance(side->next, ack) <= 0)
		side->hole_ns = s->now_ns;
}

/* How far bytes are acknowledged that were sent: an acknowledgement alone may be a guess. */
static __u32 confirmed(const struct side *side)
{
	__u32 end = gp_seq_distance(side->sent, side->acked) > 0 ? side->sent : side->acked;

	return side->fin_known && gp_seq_distance(side->fin_seq, end) > 0 ? side->fin_seq : end;
}

/* Holes that have been waited for long enough. */
static void review_hole(struct gp_streams *s, struct flow *f, enum gp_speaker d)
{
	struct side *side = &f->sides[d];
	struct gp_piece *first = side->queue.first;
	__u32 end;

	if (side->acked_ns && gp_seq_distance(side->next, side->acked) <= 0)
		side->acked_ns = 0;
	if (first && side->hole_ns && s->now_ns - side->hole_ns > WAIT_NS)
		give_up_hole(s, f, d);
	if (!side->acked_ns || (s->now_ns - side->acked_ns < HOLE_NS && side->acked_segments < HOLE_SEGMENTS))
		return;
	end = confirmed(side);
	if (gp_seq_distance(side->next, end) <= 0)
		return;
	side->acked_ns = 0;
	first = side->queue.first;
	if (first && gp_seq_distance(first->seq, end) > 0)
		give_up_hole(s, f, d);
	else
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
	__u32 due = side->next;
	int err = 0;

	f->stream.sides[d].repeated_bytes += gp_piece_trim(&view, due);
	if (side->fin_known)
		gp_piece_limit(&view, side->fin_seq);
	if (!view.len || gp_seq_distance(side->next, view.seq) > WINDOW_BYTES)
		return 0;
	if (f->reset_from == d && gp_seq_distance(f->reset_seq, view.seq + view.len) > 0)
		f->reset = false; /* it was not his: he goes on */
	if (view.seq != side->next)
		err = queue_up(s, f, d, &view);
	else if (!side->queue.first)
		hand_over(s, f, d, &view);
	else /* waiting bytes came first: where they overlap they count */
		err = queue_up(s, f, d, &view);
	drain(s, f, d);
	if (view.seq == due && side->queue.first)
		side->hole_ns = s->now_ns; /* he goes on before it */
	return err;
}

/* A reset far from what is due is somebody else's (RFC 9293, 3.5.3). */
static void take_reset(struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	__s32 ahead = gp_seq_distance(f->sides[d].next, segment->seq);

	if (f->sides[d].begun && (ahead < -(__s32)FIN_BYTES || ahead > (__s32)FIN_BYTES))
		return;
	f->reset = true;
	f->reset_from = (__u8)d;
	f->reset_seq = segment->seq;
}

static void begin_side_at(struct flow *f, enum gp_speaker d, __u32 seq, bool first)
{
	struct side *side = &f->sides[d];

	side->begun = true;
	side->first = side->next = side->sent = seq;
	f->stream.sides[d].syn = first;
}

/* A SYN-ACK tells where both sides begin, unless it answers another SYN. */
static void begin_sides(struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	enum gp_speaker other = d == GP_FROM_CLIENT ? GP_FROM_SERVER : GP_FROM_CLIENT;
	bool syn = segment->tcp_flags & GP_TCP_SYN, answer = syn && (segment->tcp_flags & GP_TCP_ACK);

	if (f->sides[d].begun || (segment->tcp_flags & GP_TCP_RST))
		return;
	if (answer && f->stream.sides[other].syn && segment->ack != f->sides[other].first)
		return;
	if (answer && !f->sides[other].begun)
		begin_side_at(f, other, segment->ack, true);
	if (segment->peer_isn_known && !f->sides[other].begun)
		begin_side_at(f, other, segment->peer_isn + 1, true);
	begin_side_at(f, d, segment->isn_known && !syn ? segment->isn + 1 : segment->seq + syn, syn || segment->isn_known);
}

static void touch(struct gp_streams *s, struct flow *f)
{
	list_remove(f->list, f);
	f->stream.end_ns = s->now_ns;
	f->list = list_of(s, f);
	list_append(f->list, f);
}

static void take_fin(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	struct side *side = &f->sides[d];
	__u32 seq = segment->seq + segment->payload_len + !!(segment->tcp_flags & GP_TCP_SYN);
	__s32 ahead = gp_seq_distance(side->next, seq);
	size_t before;

	if (side->fin_known || !side->begun || ahead < 0 || ahead > (__s32)FIN_BYTES)
		return;
	side->fin_known = true;
	side->fin_seq = seq;
	before = side->queue.bytes;
	gp_stream_queue_limit(&side->queue, seq);
	s->bytes -= before - side->queue.bytes;
	drain(s, f, d);
}

static void note_sent(struct side *side, const struct gp_segment *segment)
{
	__s32 further = gp_seq_distance(side->sent, segment->seq);

	if (side->begun && further > 0 && further <= WINDOW_BYTES)
		side->sent = segment->seq;
}

/* As the data plane has it (include/gatepost/stream.h): exactly what the SYN-ACK asked for. */
static void note_proof(struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	const struct side *server = &f->sides[GP_FROM_SERVER];
	bool answers = d == GP_FROM_CLIENT && (segment->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST)) == GP_TCP_ACK;

	if (segment->proved || (answers && f->syn_ack && server->begun && segment->ack == server->first))
		f->stream.proved = true;
	if (d == GP_FROM_SERVER && (segment->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK)) == (GP_TCP_SYN | GP_TCP_ACK))
		f->syn_ack = true;
}

/* Whoever took samples says that all before a number has passed: what is missing does not come. */
static void wait_no_more(struct gp_streams *s, struct flow *f, enum gp_speaker d, __u32 seq)
{
	struct side *side = &f->sides[d];

	if (!side->begun || gp_seq_distance(side->next, seq) > (__s32)SKIP_BYTES)
		return;
	while (gp_seq_distance(side->next, seq) > 0) {
		if (side->queue.first && gp_seq_distance(side->queue.first->seq, seq) >= 0)
			give_up_hole(s, f, d);
		else
			hand_gap(s, f, d, s->now_ns, (__u32)gp_seq_distance(side->next, seq));
	}
	drain(s, f, d);
}

static int take(struct gp_streams *s, struct flow *f, enum gp_speaker d, const struct gp_segment *segment)
{
	enum gp_speaker other = d == GP_FROM_CLIENT ? GP_FROM_SERVER : GP_FROM_CLIENT;
	struct side *side = &f->sides[d];
	int err = 0;

	begin_sides(f, d, segment);
	f->sides[0].acked_segments++;
	f->sides[1].acked_segments++;
	if (segment->tcp_flags & GP_TCP_ACK)
		hear_ack(s, f, other, segment->ack);
	review_hole(s, f, other);
	note_proof(f, d, segment);
	if (segment->peer_next_known)
		wait_no_more(s, f, other, segment->peer_next);
	if (segment->in_order)
		wait_no_more(s, f, d, segment->seq);
	if (segment->tcp_flags & GP_TCP_RST) {
		take_reset(f, d, segment);
	} else if (side->begun) {
		note_sent(side, segment);
		if (segment->payload_len)
			err = take_payload(s, f, d, segment);
		if (segment->tcp_flags & GP_TCP_FIN)
			take_fin(s, f, d, segment);
	}
	review_hole(s, f, d);
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

/* The flow that a segment belongs to, begun when it is needed. Return: as begin_flow(), also NULL for what is ignored. */
static int flow_of(struct gp_streams *s, struct gp_segment *segment, struct flow **out)
{
	enum gp_speaker d;
	struct key key;
	struct flow *f;

	make_key(&key, segment);
	*out = f = find(s, &key);
	if (f) {
		d = speaker_of(f, segment);
		if (begins_anew(f, segment, d)) {
			if (f->syn_waits && d == f->syn_from && !(segment->tcp_flags & GP_TCP_SYN)) {
				segment->isn = f->syn;
				segment->isn_known = true;
			}
			end_flow(s, f, GP_STREAM_REUSED);
		} else if (is_other_syn(f, segment, d)) {
			f->syn = segment->seq;
			f->syn_from = d;
			f->syn_waits = true;
			*out = NULL;
			return 0;
		} else {
			return 0;
		}
	}
	*out = NULL;
	if (!segment->payload_len && !(segment->tcp_flags & GP_TCP_SYN))
		return 0;
	return begin_flow(s, segment, &key, out);
}

int gp_streams_segment(struct gp_streams *s, const struct gp_segment *segment)
{
	struct gp_segment copy = *segment; /* what it does not know may be known here */
	struct flow *f;
	int err;

	if (segment->time_ns > s->now_ns)
		s->now_ns = segment->time_ns;
	expire(s);
	err = flow_of(s, &copy, &f);
	return err || !f ? err : take(s, f, speaker_of(f, &copy), &copy);
}

void gp_streams_advance(struct gp_streams *s, __u64 now_ns)
{
	if (now_ns > s->now_ns)
		s->now_ns = now_ns;
	expire(s);
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
	f->stream.proved |= (record->flags & GP_FLOW_PROVED) != 0;
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
	while (s->silent.oldest)
		end_flow(s, s->silent.oldest, GP_STREAM_OPEN);
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
