// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include <string.h>

#define BURST_SEGMENTS 10u	/* RFC 6928: the initial window */
#define SEGMENT_GAP_US 90u
#define ACK_GAP_US 60u
#define DELAYED_ACK_US 40000u

static __u64 later(__u64 now_ns, __u64 us)
{
	return now_ns + (us ? us : 1) * 1000;
}

static __u16 next_id(struct flow *f, unsigned int end, __u32 seq)
{
	switch (stack_rows[f->stack[end]].id) {
	case ID_COUNTS:
		return ++f->ip_id[end];
	case ID_ZERO:
		return 0;
	case ID_54321:
		return 54321;
	case ID_MASSCAN:
		return (__u16)(__builtin_bswap32(f->addr[!end].words[3]) ^ f->port[!end] ^ seq);
	default:
		return (__u16)chance_mix(f->seed, seq + end);
	}
}

static void set_options(struct flow *f, unsigned int from, __u8 flags, __u64 now_ns, struct frame_segment *s)
{
	const struct stack_row *row = &stack_rows[f->stack[from]];
	__u32 stamp = (__u32)(now_ns / 1000000) + (__u32)chance_mix(f->seed, from);
	const char *layout = row->syn;

	if (flags & GP_TCP_SYN) {
		if (flags & GP_TCP_ACK)
			layout = f->stamps ? row->answer : row->answer_plain;
		s->options_len = (__u8)stack_options(s->options, row, layout, f->mss, stamp, from == SERVER ? f->stamp[CLIENT] : 0);
		s->window = row->window;
		if (f->stack[from] == STACK_MIRAI)
			s->window = (__u16)chance_mix(f->seed, 5);
	} else {
		if (f->stamps && !(flags & GP_TCP_RST))
			s->options_len = (__u8)stack_options(s->options, row, "NNT", 0, stamp, f->stamp[!from]);
		s->window = flags & GP_TCP_RST ? 0 : row->scale ? 502 : row->window;
	}
	f->stamp[from] = stamp;
}

/* One segment at the end of what that side has sent. */
static void put(struct traffic *t, struct flow *f, unsigned int from, __u8 flags, __u64 now_ns, const __u8 *payload, size_t len)
{
	struct frame_segment s = {
		.src = &f->addr[from], .dst = &f->addr[!from], .sport = f->port[from], .dport = f->port[!from],
		.seq = f->seq[from], .ack = f->acked[from], .flags = flags, .ttl = f->ttl[from], .payload = payload,
		.len = (__u16)len, .outward = f->outward == (from == CLIENT),
		.dont_fragment = stack_rows[f->stack[from]].dont_fragment,
	};

	s.id = next_id(f, from, s.seq);
	set_options(f, from, flags, now_ns, &s);
	t->frame_bytes = frame_write(t->frame, &s);
	f->seq[from] += (__u32)len + !!(flags & (GP_TCP_SYN | GP_TCP_FIN));
	f->last_ns = now_ns;
}

static __u64 over(struct flow *f)
{
	f->state = STATE_OVER;
	return 0;
}

static void count_syn(struct traffic *t, struct flow *f)
{
	flow_acts(t, f)->contacts++;
	if (f->malice == MALICE_CONTACT)
		host_malice(t, f, MALICE_CONTACT);
}

static __u64 step_syn(struct traffic *t, struct flow *f, __u64 now_ns)
{
	f->seq[CLIENT] -= f->tries ? 1 : 0;
	if (!f->tries)
		count_syn(t, f);
	put(t, f, CLIENT, GP_TCP_SYN, now_ns, NULL, 0);
	f->tries++;
	switch (f->outcome) {
	case FLOW_SILENT:
		if (f->tries >= stack_rows[f->stack[CLIENT]].tries)
			return over(f);
		return now_ns + (SECOND_NS << (f->tries - 1));
	case FLOW_ONE_SYN:
		return over(f);
	case FLOW_REFUSED:
		f->state = STATE_RST;
		break;
	default:
		f->state = STATE_SYN_ACK;
		break;
	}
	return later(now_ns, f->rtt_us[SERVER]);
}

static __u64 step_syn_ack(struct traffic *t, struct flow *f, __u64 now_ns)
{
	bool asked = f->outcome != FLOW_BACKSCATTER;

	f->acked[SERVER] = f->seq[CLIENT];
	put(t, f, SERVER, GP_TCP_SYN | GP_TCP_ACK, now_ns, NULL, 0);
	if (asked)
		flow_acts(t, f)->answered++;
	f->state = f->outcome == FLOW_TALKS ? STATE_ACK : STATE_CLIENT_RST;
	return later(now_ns, f->rtt_us[CLIENT]);
}

static __u64 step_rst(struct traffic *t, struct flow *f, __u64 now_ns)
{
	f->acked[SERVER] = f->seq[CLIENT];
	f->seq[SERVER] = 0;
	put(t, f, SERVER, GP_TCP_RST | GP_TCP_ACK, now_ns, NULL, 0);
	if (f->outcome == FLOW_REFUSED)
		flow_acts(t, f)->refused++;
	return over(f);
}

static __u64 step_client_rst(struct traffic *t, struct flow *f, __u64 now_ns)
{
	put(t, f, CLIENT, GP_TCP_RST, now_ns, NULL, 0);
	if (f->outcome == FLOW_HALF_OPEN)
		flow_acts(t, f)->half_open++;
	return over(f);
}

/* When the turn that the talk wants comes, after a packet of `last` at now. */
static __u64 take_turn(struct flow *f, unsigned int last, __u64 now_ns)
{
	__u64 us = f->next.think_us;

	if (f->next.kind == TURN_VANISH)
		return over(f);
	f->state = f->next.kind == TURN_SAY ? STATE_DATA : STATE_FIN;
	if (f->next.from != last)
		us += f->rtt_us[f->next.from];
	else if (!us)
		us = SEGMENT_GAP_US;
	return later(now_ns, us);
}

static __u64 step_ack(struct traffic *t, struct flow *f, __u64 now_ns)
{
	f->acked[CLIENT] = f->seq[SERVER];
	put(t, f, CLIENT, GP_TCP_ACK, now_ns, NULL, 0);
	flow_acts(t, f)->proved++;
	f->talk->begin(t, f);
	return take_turn(f, CLIENT, now_ns);
}

/* Payload of a full segment. */
static __u32 room_of(const struct flow *f)
{
	return f->mss - (f->stamps ? 12u : 0);
}

static const __u8 *message(struct traffic *t, struct flow *f)
{
	if (t->rendered != f || t->rendered_turn != f->turn) {
		t->rendered_bytes = f->talk->render(t, f, t->message);
		t->rendered = f;
		t->rendered_turn = f->turn;
	}
	f->length = (__u32)t->rendered_bytes;
	return t->message;
}

/* After a burst of segments of `from` the other side acknowledges, every second one on its own. */
static __u64 acknowledge(struct flow *f, unsigned int from, __u64 now_ns)
{
	bool rides = f->next.from != from && f->next.think_us < DELAYED_ACK_US && !f->sent && f->next.kind != TURN_VANISH;

	f->acks = (__u8)((f->segments + (rides ? 0 : 1)) / 2);
	f->segments = 0;
	if (rides)
		f->acks = f->acks ? f->acks - 1 : 0;
	if (!f->acks) {
		f->acked[!from] = f->seq[from];
		return take_turn(f, from, now_ns);
	}
	f->ack_from = (__u8)!from;
	f->state = STATE_PURE_ACK;
	return later(now_ns, f->rtt_us[!from]);
}

static __u64 step_data(struct traffic *t, struct flow *f, __u64 now_ns)
{
	unsigned int from = f->next.from;
	const __u8 *data = message(t, f);
	__u32 room = room_of(f), len = f->length - f->sent;
	__u8 flags = GP_TCP_ACK;

	if (len > room)
		len = room;
	else
		flags |= GP_TCP_PSH;
	f->acked[from] = f->seq[!from];
	put(t, f, from, flags, now_ns, data + f->sent, len);
	f->sent += len;
	f->segments++;
	if (f->sent < f->length) {
		if (f->segments == BURST_SEGMENTS)
			return acknowledge(f, from, now_ns);
		return later(now_ns, SEGMENT_GAP_US);
	}
	f->sent = 0;
	f->turn++;
	f->talk->passed(t, f);
	return acknowledge(f, from, now_ns);
}

static __u64 step_pure_ack(struct traffic *t, struct flow *f, __u64 now_ns)
{
	unsigned int from = f->ack_from;
	__u32 missing = f->seq[!from] - f->acked[from], two = 2 * room_of(f);

	f->acks--;
	f->acked[from] += f->acks && missing > two ? two : missing;
	put(t, f, from, GP_TCP_ACK, now_ns, NULL, 0);
	if (f->acks)
		return later(now_ns, ACK_GAP_US);
	if (f->sent) {
		f->state = STATE_DATA;
		return later(now_ns, f->rtt_us[!from]);
	}
	return take_turn(f, from, now_ns);
}

static __u64 step_fin(struct traffic *t, struct flow *f, __u64 now_ns)
{
	unsigned int from = f->next.from;

	f->acked[from] = f->seq[!from];
	f->fin_from = from;
	if (f->next.kind == TURN_RST) {
		put(t, f, from, GP_TCP_RST | GP_TCP_ACK, now_ns, NULL, 0);
		return over(f);
	}
	put(t, f, from, GP_TCP_FIN | GP_TCP_ACK, now_ns, NULL, 0);
	f->state = STATE_FIN_ANSWER;
	return later(now_ns, f->rtt_us[!from] + 50);
}

static __u64 step_fin_answer(struct traffic *t, struct flow *f, __u64 now_ns)
{
	unsigned int from = !f->fin_from;

	f->acked[from] = f->seq[!from];
	put(t, f, from, GP_TCP_FIN | GP_TCP_ACK, now_ns, NULL, 0);
	f->state = STATE_LAST_ACK;
	return later(now_ns, f->rtt_us[!from]);
}

static __u64 step_last_ack(struct traffic *t, struct flow *f, __u64 now_ns)
{
	unsigned int from = f->fin_from;

	f->acked[from] = f->seq[!from];
	put(t, f, from, GP_TCP_ACK, now_ns, NULL, 0);
	return over(f);
}

__u64 flow_step(struct traffic *t, struct flow *f, __u64 now_ns)
{
	static __u64 (*const steps[])(struct traffic *, struct flow *, __u64) = {
		[STATE_SYN] = step_syn,
		[STATE_SYN_ACK] = step_syn_ack,
		[STATE_RST] = step_rst,
		[STATE_CLIENT_RST] = step_client_rst,
		[STATE_ACK] = step_ack,
		[STATE_DATA] = step_data,
		[STATE_PURE_ACK] = step_pure_ack,
		[STATE_FIN] = step_fin,
		[STATE_FIN_ANSWER] = step_fin_answer,
		[STATE_LAST_ACK] = step_last_ack,
	};

	return steps[f->state](t, f, now_ns);
}
