/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are timed: a table of cases, each a segment within a conversation, in any of the encapsulations. */
#ifndef GATEPOST_BENCH_FRAMES_H
#define GATEPOST_BENCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define BENCH_FRAME_BYTES 2048
#define BENCH_HOSTS_MAX (1u << 22)
#define BENCH_INSIDE4 0x0a000000u /* 10.0.0.0, as long as there are hosts */
#define BENCH_INSIDE6 0x20010db8u /* 2001:db8::, a /56 per host */

enum bench_encap {
	BENCH_PLAIN,
	BENCH_QINQ,
	BENCH_PPPOE, /* over QinQ */
	BENCH_MPLS,  /* two labels */
	BENCH_IPV6,
	BENCH_ENCAPS,
};

enum bench_group {
	BENCH_GROUP_OTHER,
	BENCH_GROUP_BULK,
	BENCH_GROUP_DIALOGUE,
};

/* What one run of the program changes in the frame besides the host. */
enum bench_stream {
	BENCH_STREAM_NONE,    /* nothing: no payload that anybody follows */
	BENCH_STREAM_GOES_ON, /* one flow per host, each run the next payload in it */
	BENCH_STREAM_NEW,     /* each run a flow of its own, to another server; the handshakes are done before */
};

struct bench_segment {
	bool from_server;
	__u8 tcp_flags;
	const void *payload;
	__u16 payload_bytes;
	__u16 padding_bytes; /* zeros behind it */
};

struct bench_case {
	const char *name;
	enum bench_group group;
	enum bench_stream stream;
	__u8 ip_proto; /* 0: the packet is not IP */
	__u16 server_port;
	const struct bench_segment *before; /* the conversation so far; ends with an empty entry; NULL: none */
	struct bench_segment segment;       /* what is timed */
};

/* A frame, and where in it the knobs turn. */
struct bench_frame {
	__u8 data[BENCH_FRAME_BYTES];
	__u32 bytes;
	bool from_server;
	__u32 inside_offset, inside_base, inside_shift;
	__u32 inside_head;
	__u32 peer_offset, peer_base;
	__u32 seq_offset, seq_base, seq_step;
};

extern const struct bench_case bench_cases[];
extern const size_t bench_case_count;
extern const char *const bench_encap_names[BENCH_ENCAPS];

/**
 * bench_frame_build() - the frame of a case, or of a segment that comes before it.
 * @segment: index in the conversation; bench_case_length() for the one that is timed.
 *
 * Return: false when the case does not exist in this encapsulation.
 */
bool bench_frame_build(struct bench_frame *frame, const struct bench_case *c, enum bench_encap encap, size_t segment);

/* How many segments come before the one that is timed. */
size_t bench_case_length(const struct bench_case *c);

#endif
