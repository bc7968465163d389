/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of packets for every test that reads headers: natively, against a guard page, through the kernel, and
 * against tshark. Expectations follow the standards named in the rows, not the parser.
 */
#ifndef GATEPOST_TESTS_PACKETS_H
#define GATEPOST_TESTS_PACKETS_H

#include <stddef.h>
#include <stdio.h>

#include <gatepost/abi.h>

/* A number that a row may name; what it does not name is not compared. */
struct packet_number {
	__u8 named;
	__u32 value;
};

/* The fields of struct gp_packet, as a row expects them. */
struct packet_expect {
	const char *src, *dst; /* IPv6 text, an IPv4 address as ::ffff:a.b.c.d; NULL: not compared */
	struct packet_number payload_len, seq, ack, mpls_label, payload_offset, sport, dport, window, s_vlan, c_vlan;
	struct packet_number pppoe_session, ethertype, ip_version, ip_proto, ttl, tcp_flags, fragment, tunnel;
	struct packet_number vlan_tags, mpls_labels, icmp_type;
};

struct packet_row {
	const char *name;
	const __u8 *bytes;
	size_t len;
	__u32 tunnels; /* as gp_parse() takes it */
	enum gp_parse status;
	size_t settled; /* cut here or later, the frame reads as the whole one; 0: at expect.payload_offset */
	int by_frame;	/* the IP length is 0, so that payload_len follows the end of the frame */
	struct packet_expect expect;
};

extern const struct packet_row packet_rows[];
extern const size_t packet_row_count;

/**
 * packet_row_check() - compare what a parser filled in with what the row names.
 * @got: the parser's record; its status is compared too.
 *
 * Return: NULL when all of it agrees, else a message that names the first field that differs; valid until the next
 * call.
 */
const char *packet_row_check(const struct packet_row *row, const struct gp_packet *got);

/**
 * packet_row_settled() - the shortest cut that still reads as the whole row.
 *
 * Return: bytes; the row's length when nothing shorter does.
 */
size_t packet_row_settled(const struct packet_row *row);

/**
 * packet_row_print() - write what a row expects as one line: its name, then key=value, parted by tabs.
 */
void packet_row_print(const struct packet_row *row, FILE *out);

/* Rows: { ROW("name", tunnels, STATUS), BYTES(...), .expect = { TCP4(flags, offset, len), .c_vlan = IS(7) } } */
#define ROW(name_, tunnels_, status_) .name = (name_), .tunnels = (tunnels_), .status = GP_PARSE_##status_
#define BYTES(...) .bytes = (const __u8[]){ __VA_ARGS__ }, .len = sizeof((const __u8[]){ __VA_ARGS__ })
/* A frame of n bytes whose end is zeros. */
#define PADDED(n, ...) .bytes = (const __u8[n]){ __VA_ARGS__ }, .len = (n)
#define IS(number) { 1, (number) }

/* Expectations. Outer addresses are CLIENT to SERVER, those below a tunnel INNER_CLIENT to INNER_SERVER. */
#define CLIENT4 "::ffff:10.0.0.7"
#define SERVER4 "::ffff:192.0.2.25"
#define CLIENT6 "2001:db8::7"
#define SERVER6 "2001:db8:25::25"
#define INNER_CLIENT4 "::ffff:10.1.1.7"
#define INNER_SERVER4 "::ffff:198.51.100.25"
#define INNER_CLIENT6 "2001:db8:1::7"
#define INNER_SERVER6 "2001:db8:2::25"

#define ADDRESSES4 .src = CLIENT4, .dst = SERVER4, .ip_version = IS(4), .ttl = IS(64)
#define ADDRESSES6 .src = CLIENT6, .dst = SERVER6, .ip_version = IS(6), .ttl = IS(64)
#define INNER4 .src = INNER_CLIENT4, .dst = INNER_SERVER4, .ip_version = IS(4), .ttl = IS(63)
#define INNER6 .src = INNER_CLIENT6, .dst = INNER_SERVER6, .ip_version = IS(6), .ttl = IS(63)
#define PAYLOAD_AT(offset, len) .payload_offset = IS(offset), .payload_len = IS(len)
#define NO_PORTS .sport = IS(0), .dport = IS(0)

#define TCP_FIELDS(flags) .ip_proto = IS(6), .sport = IS(51544), .dport = IS(25), .tcp_flags = IS(flags), \
	.seq = IS(0x81020304), .ack = IS(0x95060708), .window = IS(64240)
#define UDP_BETWEEN(from, to) .ip_proto = IS(17), .sport = IS(from), .dport = IS(to)
#define UDP_FIELDS UDP_BETWEEN(51544, 53)

/* A packet below nothing but Ethernet, in no fragments and no tunnel. */
#define BARE .s_vlan = IS(GP_VLAN_NONE), .c_vlan = IS(GP_VLAN_NONE), .vlan_tags = IS(0), .pppoe_session = IS(0), \
	.mpls_labels = IS(0), .mpls_label = IS(0)
#define WHOLE .fragment = IS(GP_FRAGMENT_NONE), .tunnel = IS(GP_TUNNEL_NONE)

#define TCP4(flags, offset, len) ADDRESSES4, WHOLE, .ethertype = IS(0x0800), TCP_FIELDS(flags), PAYLOAD_AT(offset, len)
#define TCP6(flags, offset, len) ADDRESSES6, WHOLE, .ethertype = IS(0x86dd), TCP_FIELDS(flags), PAYLOAD_AT(offset, len)
#define UDP4(offset, len) ADDRESSES4, WHOLE, .ethertype = IS(0x0800), UDP_FIELDS, PAYLOAD_AT(offset, len)
#define UDP6(offset, len) ADDRESSES6, WHOLE, .ethertype = IS(0x86dd), UDP_FIELDS, PAYLOAD_AT(offset, len)
#define OTHER4(proto, offset, len) ADDRESSES4, WHOLE, NO_PORTS, .ip_proto = IS(proto), PAYLOAD_AT(offset, len)
#define OTHER6(proto, offset, len) ADDRESSES6, WHOLE, NO_PORTS, .ip_proto = IS(proto), PAYLOAD_AT(offset, len)
#define THROUGH(tunnel_) .fragment = IS(GP_FRAGMENT_NONE), .tunnel = IS(GP_TUNNEL_##tunnel_)

/* Bytes. Numbers are written in host order and come out in wire order. */
#define BE16(x) ((x) >> 8) & 0xff, (x) & 0xff
#define BE24(x) ((x) >> 16) & 0xff, BE16(x)
#define BE32(x) ((x) >> 24) & 0xff, BE24(x)
#define Z2 0, 0
#define Z4 Z2, Z2
#define Z6 Z4, Z2
#define Z8 Z4, Z4
#define Z16 Z8, Z8
#define Z32 Z16, Z16
#define Z64 Z32, Z32
#define Z256 Z64, Z64, Z64, Z64
#define TEXT8 'E', 'H', 'L', 'O', ' ', 'a', '\r', '\n'

/* Link layer. MACS, then tags, then TYPE(); ETH() is an untagged header. */
#define MACS 0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02
#define TYPE(ethertype) BE16(ethertype)
#define ETH(ethertype) MACS, TYPE(ethertype)
#define TYPE4 TYPE(0x0800)
#define TYPE6 TYPE(0x86dd)
#define ETH4 ETH(0x0800)
#define ETH6 ETH(0x86dd)
#define TAG(tpid, tci) BE16(tpid), BE16(tci)
#define CTAG(tci) TAG(0x8100, tci)
#define STAG(tci) TAG(0x88a8, tci)
#define QINQ(s, c) STAG(s), CTAG(c)
#define PPPOE_RAW(vertype, code, session, len) TYPE(0x8864), vertype, code, BE16(session), BE16(len)
/* The PPPoE length covers the PPP protocol field (RFC 2516, 4). */
#define PPPOE(session, protocol, ip_bytes) PPPOE_RAW(0x11, 0, session, (ip_bytes) + 2), BE16(protocol)
/* Label, traffic class, bottom of stack, TTL (RFC 3032, 2.1). */
#define LABEL(label, bottom) BE32(((__u32)(label) << 12) | (5 << 9) | ((bottom) << 8) | 62)
#define MPLS(label, bottom) TYPE(0x8847), LABEL(label, bottom)

/* IPv4 (RFC 791, 3.1). len: total length. frag: flags and offset field. */
#define ADDR4 10, 0, 0, 7, 192, 0, 2, 25
#define INNER_ADDR4 10, 1, 1, 7, 198, 51, 100, 25
#define IP4_RAW(first, len, frag, proto) first, 0, BE16(len), BE16(0x1234), BE16(frag), 64, proto, Z2, ADDR4
#define IP4(proto, len) IP4_RAW(0x45, len, 0x4000, proto)
#define IP4_FRAG(proto, len, frag) IP4_RAW(0x45, len, frag, proto)
#define IN4_FRAG(proto, len, frag) 0x45, 0, BE16(len), BE16(0x1234), BE16(frag), 63, proto, Z2, INNER_ADDR4
#define IN4(proto, len) IN4_FRAG(proto, len, 0x4000)
#define NOP4 1, 1, 1, 1
#define NOP40 NOP4, NOP4, NOP4, NOP4, NOP4, NOP4, NOP4, NOP4, NOP4, NOP4
#define DF 0x4000
#define MF 0x2000

/* IPv6 (RFC 8200, 3). len: payload length. */
#define NET6(third, host) 0x20, 0x01, 0x0d, 0xb8, BE16(third), Z8, BE16(host)
#define ADDR6 NET6(0, 7), NET6(0x25, 0x25)
#define INNER_ADDR6 NET6(1, 7), NET6(2, 0x25)
#define IP6_RAW(first, next, len) first, 0, 0, 0, BE16(len), next, 64, ADDR6
#define IP6(next, len) IP6_RAW(0x60, next, len)
#define IN6(next, len) 0x60, 0, 0, 0, BE16(len), next, 63, INNER_ADDR6
/* Extension headers of 8 and 16 bytes, filled with PadN (RFC 8200, 4.2); a routing header of a spent type. */
#define EXT8(next) next, 0, 1, 4, Z4
#define EXT16(next) next, 1, 1, 12, Z4, Z8
#define ROUTING8(next) next, 0, 253, 0, Z4
#define FRAG6(next, field) next, 0, BE16(field), BE32(0x1234)
/* AH counts in words, less two (RFC 4302, 2.2); 12 bytes of integrity value make 24. */
#define AH24(next) next, 4, Z2, BE32(0x100), BE32(1), Z8, Z4

/* Transport. words: data offset (RFC 9293, 3.1). */
#define TCP_PORTS(sport, dport, words, flags) BE16(sport), BE16(dport), BE32(0x81020304), BE32(0x95060708), \
	(words) << 4, flags, BE16(64240), Z4
#define TCP(words, flags) TCP_PORTS(51544, 25, words, flags)
#define TS_OPTION 1, 1, 8, 10, BE32(0x11111111), BE32(0x22222222)
#define SYN_OPTIONS 2, 4, BE16(1460), 4, 2, 8, 10, BE32(0x11111111), BE32(0), 1, 3, 3, 7
#define UDP_PORTS(sport, dport, len) BE16(sport), BE16(dport), BE16(len), Z2
#define UDP(len) UDP_PORTS(51544, 53, len)
#define ICMP(type, code) type, code, Z2, BE16(0x77), BE16(1)

#define SYN GP_TCP_SYN
#define ACK GP_TCP_ACK
#define PSH GP_TCP_PSH
#define FIN GP_TCP_FIN
#define RST GP_TCP_RST
#define URG GP_TCP_URG

/* Tunnels. */
#define GRE(flags, protocol) BE16(flags), BE16(protocol)
#define GRE_C 0x8000
#define GRE_K 0x2000
#define GRE_S 0x1000
#define INNER_ETH(ethertype) 0x02, 0, 0, 0, 0, 0x11, 0x02, 0, 0, 0, 0, 0x12, TYPE(ethertype)
#define VXLAN(vni) 0x08, 0, Z2, BE24(vni), 0
/* len: everything after the first 8 bytes (3GPP TS 29.281, 5.1). */
#define GTPU(flags, type, len) flags, type, BE16(len), BE32(0x11223344)
#define GTPU_OPTIONAL(next) BE16(7), 0, next
#define GTPU_PDU_SESSION(next) 1, 0, 1, next

#endif
