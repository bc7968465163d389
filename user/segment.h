/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One TCP segment of a flow, wherever it was seen. */
#ifndef GATEPOST_SEGMENT_H
#define GATEPOST_SEGMENT_H

#include <stdbool.h>

#include <gatepost/abi.h>

#include "engine.h"

struct gp_segment {
	__u64 time_ns; /* by the clock of whoever saw it */
	struct gp_addr src, dst;
	const __u8 *ip;	  /* the IP header, and behind it the TCP header: ip_bytes of them; borrowed */
	const __u8 *data; /* the captured part of the payload; borrowed */
	__u32 seq, ack;
	__u32 isn; /* the sender's initial sequence number, where isn_known; a SYN's own is its seq */
	__u32 peer_isn; /* the receiver's, where peer_isn_known */
	__u32 peer_next; /* what the receiver sent before it is not to be waited for, where peer_next_known */
	__u32 payload_len; /* on the wire */
	__u32 captured;	   /* bytes in data, at most payload_len */
	__u16 sport, dport; /* host order */
	__u16 ip_bytes;
	__u8 tcp_flags;	   /* GP_TCP_* */
	bool isn_known;	   /* whoever saw the segment had seen the handshake */
	bool peer_isn_known, peer_next_known;
	bool in_order;	   /* what was sent before it is not to be waited for */
	bool proved;	   /* the client had acknowledged the server's initial sequence number */
	bool client_known; /* and knew who the client is */
	bool from_client;
	__u8 service;	   /* enum gp_service, of the flow; GP_SERVICE_OTHER: by its ports */
};

/**
 * gp_segment_from_frame() - the segment in a frame.
 * @out: written only when there is one; its data points into the frame.
 * @tunnels: read through one level of tunnel.
 *
 * Return: true for TCP that could be read, first and only fragments alike; false for all else. Of a first fragment the
 * length on the wire is what that fragment carries.
 */
bool gp_segment_from_frame(struct gp_segment *out, const struct gp_frame *frame, bool tunnels);

/**
 * gp_segment_from_sample() - the segment in a sample of the data plane.
 * @out: written only when there is one; it points into bytes.
 * @bytes: sample->captured of them.
 *
 * Return: as gp_segment_from_frame().
 */
bool gp_segment_from_sample(struct gp_segment *out, const struct gp_packet_sample *sample, const __u8 *bytes);

#endif
