/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP flows put back in order (RFC 9293, 3.4 and 3.10.7.4): each direction's bytes go to a reader in the order of their
 * sequence numbers. Of bytes sent twice the first count. What never comes is told as a gap. Bounded in flows, in bytes
 * that wait per flow and in all. Time is the segments' own.
 */
#ifndef GATEPOST_STREAMS_H
#define GATEPOST_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "segment.h"

enum gp_speaker {
	GP_FROM_CLIENT,
	GP_FROM_SERVER,
	GP_SPEAKERS,
};

enum gp_stream_end {
	GP_STREAM_OPEN,	     /* the input ended first */
	GP_STREAM_FIN,	     /* at least one side closed */
	GP_STREAM_RST,
	GP_STREAM_TIMEOUT,
	GP_STREAM_REUSED,    /* another connection with the same addresses and ports */
	GP_STREAM_DISPLACED, /* the table was full */
};

struct gp_stream_side {
	__u64 bytes;	      /* handed to the reader */
	__u64 gap_bytes;      /* told as gaps */
	__u64 repeated_bytes; /* sent again, and dropped */
	__u32 gaps;
	bool syn; /* its SYN was seen, so that the first byte is known */
	bool fin; /* all bytes up to its FIN were handed over or told as gaps */
};

/* What is known of a flow. */
struct gp_stream {
	const struct gp_flow_record *record; /* what the data plane counted; NULL when it has not told yet */
	struct gp_addr client, server;
	__u16 client_port, server_port; /* host order */
	__u8 service;			/* enum gp_service, of the server's port */
	__u64 begin_ns, end_ns;		/* first and latest segment */
	bool proved; /* the client acknowledged the server's initial sequence number: nobody forged its address */
	struct gp_stream_side sides[GP_SPEAKERS];
};

struct gp_stream_reader {
	/* A flow begins; stream stays where it is, and up to date, until end(). Return: what stands for it in the other calls; NULL when nobody wants to read it. */
	void *(*begin)(void *context, const struct gp_stream *stream);
	/* Bytes in order, or with data NULL a gap of so many. time_ns: of the segment that carried them. */
	void (*bytes)(void *flow, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len);
	/* The flow is over; the reader releases what begin() returned. */
	void (*end)(void *context, void *flow, const struct gp_stream *stream, enum gp_stream_end end);
};

struct gp_streams_options {
	const struct gp_port *ports; /* GP_PORTS of them, borrowed until close */
	__u64 secret[2];	     /* of the hash */
	__u32 flows;		     /* at most so many at a time; 0: 65536 */
	__u32 flow_bytes;	     /* that wait for earlier ones, per direction; 0: 262144 */
	__u64 bytes;		     /* the same in all; 0: 67108864 */
	__u64 idle_ns;		     /* a flow without segments ends; 0: 10 minutes (RFC 5321, 4.5.3.2.6) */
};

struct gp_streams;

/**
 * gp_streams_open() - an empty table.
 *
 * What it holds is bounded: `flows` times 360 bytes, 8 bytes for each bucket (`flows` rounded up to a power of two, at
 * most 2^20), and `bytes` plus one segment of what waits; 92 MB by default. The reader's memory comes on top.
 *
 * @reader: copied. @context: the first argument of its begin() and end(); borrowed until close.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_streams_open(struct gp_streams **out, const struct gp_streams_options *options,
		    const struct gp_stream_reader *reader, void *context);

/**
 * gp_streams_segment() - one segment, in the order in which they were seen.
 *
 * A flow is read when its server's port has a service. The server is whom the SYN goes to; without a SYN, the end whose
 * port has a service. A segment without SYN and without payload begins no flow.
 *
 * Return: 0, or -ENOMEM, when the segment was not taken.
 */
int gp_streams_segment(struct gp_streams *streams, const struct gp_segment *segment);

/**
 * gp_streams_record() - the data plane says how a flow ended.
 * @record: copied, where its flow is known here. The flow ends a little later: the last samples may still be on their way.
 */
void gp_streams_record(struct gp_streams *streams, const struct gp_flow_record *record);

/* Time passes without segments: what has been waited for long enough ends. */
void gp_streams_advance(struct gp_streams *streams, __u64 now_ns);

/* The input ends: all flows do, oldest first. */
void gp_streams_finish(struct gp_streams *streams);

/* Flows that had to make room for others. */
__u64 gp_streams_displaced(const struct gp_streams *streams);

/* Releases the table. Flows that are still open end as GP_STREAM_OPEN. */
void gp_streams_close(struct gp_streams *streams);

#endif
