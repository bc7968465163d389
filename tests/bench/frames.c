// SPDX-License-Identifier: GPL-2.0-or-later
#include "frames.h"

#include <string.h>

#define SUBSCRIBER_PORT 40000
#define CLIENT_ISN 1000u
#define SERVER_ISN 5000u
#define PEER6 0x3fff0000u
#define PEER4 0xc6120000u /* 198.18.0.0/15, for benchmarks (RFC 2544) */

#define FIN 0x01
#define SYN 0x02
#define PSH 0x08
#define ACK 0x10

#define TEXT(s) (s), sizeof(s) - 1, 0
#define CLIENT(s)                                                                                                      \
	{                                                                                                              \
		false, PSH | ACK, TEXT(s)                                                                              \
	}
#define SERVER(s)                                                                                                      \
	{                                                                                                              \
		true, PSH | ACK, TEXT(s)                                                                               \
	}
#define HANDSHAKE                                                                                                      \
	{ false, SYN, NULL, 0, 0 }, { true, SYN | ACK, NULL, 0, 0 },                                                   \
	{                                                                                                              \
		false, ACK, NULL, 0, 0                                                                                 \
	}
#define END                                                                                                            \
	{                                                                                                              \
		false, 0, NULL, 0, 0                                                                                   \
	}

const char *const bench_encap_names[BENCH_ENCAPS] = { "plain", "qinq", "pppoe", "mpls", "ipv6" };

/* A ClientHello as browsers send it (RFC 8446): TLS 1.2 for old eyes, SNI, ALPN, versions, one key share. */
#define RANDOM_32 "0123456789abcdef0123456789abcdef"
#define HELLO                                                                                                          \
	"\x16\x03\x01\x00\xb8\x01\x00\x00\xb4\x03\x03" RANDOM_32 "\x20" RANDOM_32                                      \
	"\x00\x08\x13\x01\x13\x02\x13\x03\xc0\x2b\x01\x00"                                                             \
	"\x00\x63"                                                                                                     \
	"\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.net"                                                          \
	"\x00\x0a\x00\x04\x00\x02\x00\x1d"                                                                             \
	"\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"                                                                   \
	"\x00\x2b\x00\x03\x02\x03\x04"                                                                                 \
	"\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20" RANDOM_32
/* Type, version, length, body; the sum of what is above. */
_Static_assert(sizeof(HELLO) - 1 == 5 + 0xb8, "the record's length");
#define SERVER_HELLO "\x16\x03\x03\x00\x28\x02\x00\x00\x24\x03\x03" RANDOM_32 "\x00\x13"
#define GET                                                                                                            \
	"GET /index.html HTTP/1.1\r\nHost: www.example.net\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"         \
	"Accept: */*\r\nAccept-Encoding: gzip\r\nCookie: a=b\r\nReferer: http://www.example.net/\r\n\r\n"
#define HTTP_HEAD "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: image/png\r\nContent-Length: 1000000000\r\n\r\n"

static const struct bench_segment opened[] = { HANDSHAKE, END };
static const struct bench_segment tls[] = { HANDSHAKE, CLIENT(HELLO), SERVER(SERVER_HELLO), END };
static const struct bench_segment http[] = { HANDSHAKE, CLIENT(GET), SERVER(HTTP_HEAD), END };
static const struct bench_segment mail[] = {
	HANDSHAKE,
	SERVER("220 mx.example.net ESMTP\r\n"),
	CLIENT("EHLO host.example.net\r\n"),
	SERVER("250-mx.example.net\r\n250-PIPELINING\r\n250 SIZE 10240000\r\n"),
	END,
};

/* Application data as TLS shows it: type 23, version, length, and what nobody can read. */
#define RECORD "\x17\x03\x03\x05\x73"
#define RECORD_BYTES sizeof(RECORD) - 1, 0x573

const struct bench_case bench_cases[] = {
	{ "non-IP", BENCH_GROUP_OTHER, BENCH_STREAM_NONE, 0, 0, NULL, { false, 0, NULL, 0, 46 } },
	{ "UDP other", BENCH_GROUP_OTHER, BENCH_STREAM_NONE, 17, 5000, NULL, { false, 0, NULL, 0, 64 } },
	{ "TCP other", BENCH_GROUP_OTHER, BENCH_STREAM_NONE, 6, 5000, NULL, { false, ACK, NULL, 0, 64 } },
	{ "HTTP bulk down", BENCH_GROUP_BULK, BENCH_STREAM_GOES_ON, 6, 80, http, { true, ACK, NULL, 0, 1400 } },
	{ "TLS bulk down", BENCH_GROUP_BULK, BENCH_STREAM_GOES_ON, 6, 443, tls, { true, ACK, RECORD, RECORD_BYTES } },
	{ "TLS bulk up", BENCH_GROUP_BULK, BENCH_STREAM_GOES_ON, 6, 443, tls, { false, ACK, RECORD, RECORD_BYTES } },
	{ "TLS hello", BENCH_GROUP_DIALOGUE, BENCH_STREAM_NEW, 6, 443, opened, CLIENT(HELLO) },
	{ "HTTP request", BENCH_GROUP_DIALOGUE, BENCH_STREAM_NEW, 6, 80, opened, CLIENT(GET) },
	{ "SMTP SYN", BENCH_GROUP_DIALOGUE, BENCH_STREAM_NEW, 6, 25, NULL, { false, SYN, NULL, 0, 0 } },
	{ "SMTP command", BENCH_GROUP_DIALOGUE, BENCH_STREAM_GOES_ON, 6, 25, mail,
	  CLIENT("RCPT TO:<someone@example.net>\r\n") },
	{ "SMTP reply", BENCH_GROUP_DIALOGUE, BENCH_STREAM_GOES_ON, 6, 25, mail, SERVER("250 2.1.5 Ok\r\n") },
};

const size_t bench_case_count = sizeof(bench_cases) / sizeof(*bench_cases);

static void put16(__u8 **at, __u32 value)
{
	*(*at)++ = (__u8)(value >> 8);
	*(*at)++ = (__u8)value;
}

static void put32(__u8 **at, __u32 value)
{
	put16(at, value >> 16);
	put16(at, value);
}

static __u32 segment_bytes(const struct bench_segment *s)
{
	return (__u32)s->payload_bytes + s->padding_bytes;
}

size_t bench_case_length(const struct bench_case *c)
{
	size_t n = 0;

	while (c->before && (c->before[n].tcp_flags || c->before[n].payload))
		n++;
	return n;
}

static const struct bench_segment *case_segment(const struct bench_case *c, size_t i)
{
	return i < bench_case_length(c) ? &c->before[i] : &c->segment;
}

/* The next sequence number of one end, before segment n. */
static __u32 next_seq(const struct bench_case *c, size_t n, bool from_server)
{
	__u32 seq = from_server ? SERVER_ISN : CLIENT_ISN;

	for (size_t i = 0; i < n; i++) {
		const struct bench_segment *s = case_segment(c, i);

		if (s->from_server == from_server)
			seq += segment_bytes(s) + !!(s->tcp_flags & (SYN | FIN));
	}
	return seq;
}

/* PPPoE carries IPv4 (0x0021), or LCP (0xc021) as the packet that is not IP. @bytes: what follows. */
static void put_pppoe(__u8 **at, bool is_ip, __u32 bytes)
{
	put16(at, 0x8864);
	put16(at, 0x1100);
	put16(at, 7);
	put16(at, bytes + 2);
	put16(at, is_ip ? 0x0021 : 0xc021);
}

/* Behind the labels a packet that is not IP is a pseudowire: its control word's first 4 bits are 0 (RFC 4385). */
static void put_mpls(__u8 **at)
{
	put16(at, 0x8847);
	put32(at, 16000u << 12 | 64);
	put32(at, 16001u << 12 | 1 << 8 | 64);
}

static void put_link(__u8 **at, enum bench_encap encap, bool is_ip, __u32 bytes)
{
	memset(*at, 2, 12);
	*at += 12;
	if (encap == BENCH_QINQ || encap == BENCH_PPPOE) {
		put16(at, 0x88a8);
		put16(at, 100);
		put16(at, 0x8100);
		put16(at, 200);
	}
	if (encap == BENCH_PPPOE)
		put_pppoe(at, is_ip, bytes);
	else if (encap == BENCH_MPLS)
		put_mpls(at);
	else
		put16(at, !is_ip ? 0x88cc : encap == BENCH_IPV6 ? 0x86dd : 0x0800);
}

static void put_ipv4(struct bench_frame *f, __u8 **at, __u8 ip_proto, __u32 payload_bytes)
{
	put32(at, 0x45000000u | (20 + payload_bytes));
	put32(at, 0x00014000);
	put32(at, 0x40000000u | (__u32)ip_proto << 16);
	f->inside_offset = (__u32)(*at - f->data) + (f->from_server ? 4 : 0);
	f->peer_offset = (__u32)(*at - f->data) + (f->from_server ? 0 : 4);
	f->inside_base = BENCH_INSIDE4;
	f->inside_shift = 0;
	f->peer_base = PEER4;
	put32(at, f->from_server ? PEER4 : BENCH_INSIDE4);
	put32(at, f->from_server ? BENCH_INSIDE4 : PEER4);
}

/* The words in between are 0. */
static void put_address6(__u8 **at, __u32 first_word, __u32 last_word)
{
	put32(at, first_word);
	put32(at, 0);
	put32(at, 0);
	put32(at, last_word);
}

/* Subscribers are 2001:db8::/56 and up; servers lie in another provider's network, 3fff::/32 (RFC 9637). */
static void put_ipv6(struct bench_frame *f, __u8 **at, __u8 ip_proto, __u32 payload_bytes)
{
	__u32 src = (__u32)(*at + 8 - f->data), dst = src + 16;

	put32(at, 0x60000000);
	put32(at, payload_bytes << 16 | (__u32)ip_proto << 8 | 64);
	f->inside_offset = (f->from_server ? dst : src) + 4;
	f->peer_offset = (f->from_server ? src : dst) + 12;
	f->inside_head = BENCH_INSIDE6;
	f->inside_base = 0;
	f->inside_shift = 8;
	f->peer_base = 0x01000000;
	put_address6(at, f->from_server ? PEER6 : BENCH_INSIDE6, f->from_server ? f->peer_base : 1);
	put_address6(at, f->from_server ? BENCH_INSIDE6 : PEER6, f->from_server ? 1 : f->peer_base);
}

static void put_tcp(struct bench_frame *f, __u8 **at, const struct bench_case *c, size_t segment)
{
	const struct bench_segment *s = case_segment(c, segment);

	f->seq_offset = (__u32)(*at - f->data) + 4;
	f->seq_base = next_seq(c, segment, s->from_server);
	f->seq_step = segment_bytes(s);
	put16(at, s->from_server ? c->server_port : SUBSCRIBER_PORT);
	put16(at, s->from_server ? SUBSCRIBER_PORT : c->server_port);
	put32(at, f->seq_base);
	put32(at, s->tcp_flags & ACK ? next_seq(c, segment, !s->from_server) : 0);
	put16(at, 0x5000u | s->tcp_flags);
	put16(at, 65535);
	put32(at, 0);
}

static void put_udp(__u8 **at, const struct bench_case *c, __u32 payload_bytes)
{
	put16(at, SUBSCRIBER_PORT);
	put16(at, c->server_port);
	put16(at, 8 + payload_bytes);
	put16(at, 0);
}

bool bench_frame_build(struct bench_frame *frame, const struct bench_case *c, enum bench_encap encap, size_t segment)
{
	const struct bench_segment *s = case_segment(c, segment);
	__u32 payload = segment_bytes(s), transport = c->ip_proto == 6 ? 20 : 8,
	      network = encap == BENCH_IPV6 ? 40 : 20;
	__u8 *at = frame->data;

	memset(frame, 0, sizeof(*frame));
	frame->from_server = s->from_server;
	if (!c->ip_proto && encap == BENCH_IPV6)
		return false;
	put_link(&at, encap, c->ip_proto, c->ip_proto ? network + transport + payload : payload);
	if (c->ip_proto && encap == BENCH_IPV6)
		put_ipv6(frame, &at, c->ip_proto, transport + payload);
	else if (c->ip_proto)
		put_ipv4(frame, &at, c->ip_proto, transport + payload);
	if (c->ip_proto == 6)
		put_tcp(frame, &at, c, segment);
	else if (c->ip_proto)
		put_udp(&at, c, payload);
	if (s->payload_bytes)
		memcpy(at, s->payload, s->payload_bytes);
	frame->bytes = (__u32)(at - frame->data) + payload;
	if (frame->bytes < 60)
		frame->bytes = 60; /* what Ethernet pads to */
	return true;
}
