/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments of some flows in any order, of several connections with the same addresses and ports, under small limits. A
 * byte tells its connection and its place, so that whatever the reader is told can be checked: one flow has bytes of one
 * connection only, each at its place, with gaps as long as what is missing; and the sums in the stream are those of what
 * was told. Seven bytes of input make one segment.
 */
#include <string.h>

#include "fuzz.h"
#include "streams.h"

enum {
	PLACES = 85, /* a byte is 3 times its place, plus its connection */
	CONNECTIONS = 3,
	CLIENTS = 3,
	FLOWS = 4,
	OP_BYTES = 7,
};

struct told_side {
	bool begun;
	__u8 connection;
	__u64 place, bytes, gap_bytes;
	__u32 gaps;
};

struct told {
	const struct gp_stream *stream;
	struct told_side sides[GP_SPEAKERS];
};

static unsigned begun, ended;

static void *begin(void *context, const struct gp_stream *stream)
{
	struct told *told = calloc(1, sizeof(*told));

	(void)context;
	MUST(told);
	told->stream = stream;
	begun++;
	return told;
}

static void check(struct told_side *side, const struct gp_stream_side *known, __u8 byte)
{
	if (!side->begun) {
		side->begun = true;
		side->connection = byte % 3;
		if (known->syn && !side->gaps)
			MUST(byte / 3 == 0);
		side->place = byte / 3;
	}
	MUST(byte % 3 == side->connection && byte / 3 == side->place % PLACES);
	side->place++;
}

static void bytes(void *flow, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct told *told = flow;
	struct told_side *side = &told->sides[speaker];

	(void)time_ns;
	MUST(len);
	if (!data) {
		side->gaps++;
		side->gap_bytes += len;
		side->place += len;
		return;
	}
	side->bytes += len;
	for (__u32 i = 0; i < len; i++)
		check(side, &told->stream->sides[speaker], data[i]);
}

static void end(void *context, void *flow, const struct gp_stream *stream, enum gp_stream_end how)
{
	struct told *told = flow;

	(void)context;
	(void)how;
	MUST(stream == told->stream);
	for (int i = 0; i < GP_SPEAKERS; i++) {
		MUST(stream->sides[i].bytes == told->sides[i].bytes && stream->sides[i].gaps == told->sides[i].gaps);
		MUST(stream->sides[i].gap_bytes == told->sides[i].gap_bytes);
	}
	free(told);
	ended++;
}

/* Far enough apart that no segment of one lies in a window of another; the second one's numbers wrap soon. */
static __u32 isn_of(unsigned connection, bool client)
{
	return (client ? 0x1000u : 0x2000u) - 1u - 0x55555555u * connection;
}

static void play(struct gp_streams *streams, const uint8_t *op, __u64 now_ns)
{
	struct gp_addr inside = { .bytes = { [15] = 1 } }, outside = { .bytes = { [15] = 2 } };
	unsigned connection = (op[0] >> 1) % CONNECTIONS;
	bool from_client = op[0] & 1;
	__u16 port = (__u16)(40000 + (op[0] >> 4) % CLIENTS);
	__u32 at = (op[1] | (__u32)op[2] << 8) % 2000, len = op[3] % 64, lost = op[3] & 64 ? op[3] >> 7 : 0;
	__u8 *data = malloc(len + 1);
	struct gp_segment segment = {
		.time_ns = now_ns,
		.src = from_client ? inside : outside,
		.dst = from_client ? outside : inside,
		.sport = from_client ? port : 25,
		.dport = from_client ? 25 : port,
		.seq = isn_of(connection, from_client) + 1 + at,
		.ack = isn_of(connection, !from_client) + 1 + op[5] * 8u,
		.tcp_flags = op[4] & (GP_TCP_FIN | GP_TCP_SYN | GP_TCP_RST | GP_TCP_ACK),
		.payload_len = len + lost,
		.captured = len,
		.data = data,
		.isn = isn_of(connection, from_client),
		.isn_known = op[4] & 128,
	};

	MUST(data);
	if (segment.tcp_flags & GP_TCP_SYN) { /* what it carries begins behind it */
		segment.seq = segment.isn;
		segment.ack = isn_of(connection, !from_client) + 1;
		at = 0;
	}
	for (__u32 i = 0; i < len; i++)
		data[i] = (__u8)(3 * ((at + i) % PLACES) + connection);
	MUST(gp_streams_segment(streams, &segment) == 0);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gp_port ports[GP_PORTS];
	const struct gp_stream_reader reader = { begin, bytes, end };
	const struct gp_streams_options options = { .ports = ports, .flows = size & 1 ? 2 : FLOWS, .flow_bytes = 300, .bytes = 500 };
	struct gp_streams *streams;
	__u64 now_ns = 1000000000;

	ports[25].tcp_service = GP_SERVICE_SMTP;
	begun = ended = 0;
	MUST(gp_streams_open(&streams, &options, &reader, NULL) == 0);
	for (; size >= OP_BYTES; data += OP_BYTES, size -= OP_BYTES) {
		now_ns += (data[6] & 15) * 20000000ull * (data[6] & 128 ? 1000 : 1);
		play(streams, data, now_ns);
	}
	gp_streams_close(streams);
	MUST(begun == ended);
	return 0;
}
