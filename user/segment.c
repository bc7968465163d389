// SPDX-License-Identifier: GPL-2.0-or-later
#include <gatepost/parse.h>

#include "segment.h"

bool gp_segment_from_frame(struct gp_segment *out, const struct gp_frame *frame, bool tunnels)
{
	struct gp_packet p;
	__u32 room;

	if (gp_parse_frame(frame->data, frame->data + frame->data_bytes, frame->data_bytes, tunnels, &p) != GP_PARSE_OK)
		return false;
	if (p.ip_proto != GP_IP_TCP || p.fragment == GP_FRAGMENT_LATER || p.payload_offset > frame->data_bytes)
		return false;
	room = frame->data_bytes - p.payload_offset;
	*out = (struct gp_segment){
		.time_ns = frame->time_ns,
		.src = p.src,
		.dst = p.dst,
		.ip = frame->data + p.ip_offset,
		.ip_bytes = (__u16)(p.payload_offset - p.ip_offset),
		.data = frame->data + p.payload_offset,
		.seq = p.seq,
		.ack = p.ack,
		.payload_len = p.payload_len,
		.captured = p.payload_len < room ? p.payload_len : room,
		.sport = p.sport,
		.dport = p.dport,
		.tcp_flags = p.tcp_flags,
	};
	return true;
}
