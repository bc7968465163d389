// SPDX-License-Identifier: GPL-2.0-or-later
#include <gatepost/parse.h>

#include "segment.h"

/* @data: what p was read from. */
static bool fill(struct gp_segment *out, const struct gp_packet *p, const __u8 *data, __u32 data_bytes, __u64 time_ns)
{
	__u32 room;

	if (p->ip_proto != GP_IP_TCP || p->fragment == GP_FRAGMENT_LATER || p->payload_offset > data_bytes)
		return false;
	room = data_bytes - p->payload_offset;
	*out = (struct gp_segment){
		.time_ns = time_ns,
		.src = p->src,
		.dst = p->dst,
		.ip = data + p->ip_offset,
		.ip_bytes = (__u16)(p->payload_offset - p->ip_offset),
		.data = data + p->payload_offset,
		.seq = p->seq,
		.ack = p->ack,
		.payload_len = p->payload_len,
		.captured = p->payload_len < room ? p->payload_len : room,
		.sport = p->sport,
		.dport = p->dport,
		.tcp_flags = p->tcp_flags,
	};
	return true;
}

bool gp_segment_from_frame(struct gp_segment *out, const struct gp_frame *frame, bool tunnels)
{
	struct gp_packet p;

	if (gp_parse_frame(frame->data, frame->data + frame->data_bytes, frame->data_bytes, tunnels, &p) != GP_PARSE_OK)
		return false;
	return fill(out, &p, frame->data, frame->data_bytes, frame->time_ns);
}

bool gp_segment_from_sample(struct gp_segment *out, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct gp_packet p;

	if (gp_parse_ip(bytes, bytes + sample->captured, sample->wire_bytes, &p) != GP_PARSE_OK ||
	    !fill(out, &p, bytes, sample->captured, sample->time_ns))
		return false;
	out->isn = sample->isn;
	out->isn_known = sample->flags & GP_SAMPLE_ISN;
	out->peer_isn = sample->peer_isn;
	out->peer_isn_known = sample->flags & GP_SAMPLE_PEER_ISN;
	out->peer_next = sample->peer_next;
	out->peer_next_known = sample->flags & GP_SAMPLE_PEER_NEXT;
	out->in_order = sample->flags & GP_SAMPLE_IN_ORDER;
	out->proved = sample->flags & GP_SAMPLE_PROVED;
	out->client_known = sample->flags & GP_SAMPLE_FLOW;
	out->from_client = sample->flags & GP_SAMPLE_FROM_CLIENT;
	out->service = sample->service;
	return true;
}
