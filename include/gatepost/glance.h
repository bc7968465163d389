/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A glance at a frame of the shape that nearly all have: up to two VLAN tags, PPPoE or up to four MPLS labels, IPv4
 * without options or IPv6 without extension headers, no fragment, TCP or UDP. What it finds stays in registers, but for
 * IPv6 addresses, which are too many. It never says anything that gp_parse_frame() would not say, and declines whatever is odd: then that one reads the frame.
 */
#ifndef GATEPOST_GLANCE_H
#define GATEPOST_GLANCE_H

#include <gatepost/parse.h>

#define GP_GLANCE_LABELS 4

/* Numbers in host order, but for the addresses. */
struct gp_glance {
	__be32 src4, dst4; /* IPv4 */
	__u32 payload_len;
	__u32 ack;
	__u32 head; /* as in struct gp_packet */
	__u16 sport, dport;
	__u8 is4;
	__u8 is_tcp;
	__u8 tcp_flags;
};

GP_INLINE __u16 gp_load_raw16(const void *p)
{
#ifdef __bpf__
	return *(const __u16 *)p;
#else
	__u16 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
#endif
}

GP_INLINE __u32 gp_load_raw32(const void *p)
{
#ifdef __bpf__
	return *(const __u32 *)p;
#else
	__u32 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
#endif
}

GP_INLINE __u64 gp_load_raw64(const void *p)
{
#ifdef __bpf__
	return *(const __u64 *)p;
#else
	__u64 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
#endif
}

#define GP_RAW16(x) gp_be16_to_host((__u16)(x)) /* a constant as it lies on the wire */

/* Behind MPLS labels the first nibble says what comes (RFC 4928, 2). Return: raw EtherType, 0 to decline. */
GP_INLINE __u32 gp_glance_mpls(const __u8 *data, const __u8 *end, __u32 *at)
{
	const __u8 *pos = data + (*at & 0x3f);

	if (!GP_FITS(pos, 4 * GP_GLANCE_LABELS + 1, end))
		return 0;
	for (__u32 i = 0; i < GP_GLANCE_LABELS; i++) {
		if (!(pos[4 * i + 2] & 1))
			continue;
		*at += 4 * (i + 1);
		if (pos[4 * i + 4] >> 4 == 4)
			return GP_RAW16(GP_ETHERTYPE_IPV4);
		return pos[4 * i + 4] >> 4 == 6 ? GP_RAW16(GP_ETHERTYPE_IPV6) : 0;
	}
	return 0;
}

/* Everything before IP. @at: out, where it begins. Return: the raw EtherType of what comes, 0 to decline. */
GP_INLINE __u32 gp_glance_link(const __u8 *data, const __u8 *end, __u32 *at)
{
	__u32 ethertype;
	const __u8 *pos;

	if (!GP_FITS(data, 34, end))
		return 0;
	ethertype = gp_load_raw16(data + 12);
	*at = 14;
	if (ethertype == GP_RAW16(GP_ETHERTYPE_IPV4))
		return ethertype;
	if (ethertype == GP_RAW16(GP_ETHERTYPE_8021Q) || ethertype == GP_RAW16(GP_ETHERTYPE_8021AD)) {
		ethertype = gp_load_raw16(data + 16);
		*at = 18;
		if (ethertype == GP_RAW16(GP_ETHERTYPE_8021Q) || ethertype == GP_RAW16(GP_ETHERTYPE_8021AD)) {
			ethertype = gp_load_raw16(data + 20);
			*at = 22;
		}
	}
	if (ethertype == GP_RAW16(GP_ETHERTYPE_PPPOE)) {
		pos = data + (*at & 0x3f);
		if (!GP_FITS(pos, 8, end) || gp_load_raw16(pos) != GP_RAW16(0x1100))
			return 0;
		ethertype = gp_load_raw16(pos + 6);
		*at += 8;
		if (ethertype == GP_RAW16(0x0021))
			return GP_RAW16(GP_ETHERTYPE_IPV4);
		return ethertype == GP_RAW16(0x0057) ? GP_RAW16(GP_ETHERTYPE_IPV6) : 0;
	}
	if (ethertype == GP_RAW16(GP_ETHERTYPE_MPLS))
		return gp_glance_mpls(data, end, at);
	return ethertype;
}

/* TCP or UDP, @left bytes of it by the IP length, all of which lie before @end. Return: 1, or 0 to decline. */
GP_INLINE int gp_glance_transport(const __u8 *pos, const __u8 *end, __u32 left, __u32 ip_proto, struct gp_glance *g)
{
	__u32 header_bytes, payload_len;

	if (!GP_FITS(pos, 8, end) || left < 8)
		return 0;
	g->sport = gp_load_be16(pos);
	g->dport = gp_load_be16(pos + 2);
	g->is_tcp = ip_proto == GP_IP_TCP;
	g->payload_len = 0;
	g->ack = 0;
	g->head = 0;
	g->tcp_flags = 0;
	if (ip_proto == GP_IP_UDP) {
		payload_len = gp_load_be16(pos + 4);
		return payload_len >= 8 && payload_len <= left && g->dport != GP_PORT_VXLAN && g->dport != GP_PORT_GTPU;
	}
	if (ip_proto != GP_IP_TCP || !GP_FITS(pos, 20, end))
		return 0;
	header_bytes = (pos[12] >> 4) * 4u;
	if (header_bytes < 20 || header_bytes > left)
		return 0;
	g->tcp_flags = pos[13];
	g->ack = gp_load_be32(pos + 8);
	g->payload_len = left - header_bytes;
	if (g->payload_len < 4)
		return 1;
	pos += header_bytes;
	if (!GP_FITS(pos, 4, end))
		return 0;
	g->head = gp_load_raw32(pos);
	return 1;
}

GP_INLINE int gp_glance_ipv4(const __u8 *pos, const __u8 *end, struct gp_glance *g)
{
	__u32 total_bytes;

	if (!GP_FITS(pos, 20, end) || pos[0] != 0x45)
		return 0;
	total_bytes = gp_load_be16(pos + 2);
	if (total_bytes < 28 || gp_load_raw16(pos + 6) & GP_RAW16(0x3fff) || total_bytes > (__u64)(end - pos))
		return 0;
	g->is4 = 1;
	g->src4 = gp_load_raw32(pos + 12);
	g->dst4 = gp_load_raw32(pos + 16);
	return gp_glance_transport(pos + 20, end, total_bytes - 20, pos[9], g);
}

GP_INLINE int gp_glance_ipv6(const __u8 *pos, const __u8 *end, struct gp_glance *g, struct gp_addr *src,
			     struct gp_addr *dst)
{
	__u32 left;

	if (!GP_FITS(pos, 40, end) || pos[0] >> 4 != 6)
		return 0;
	left = gp_load_be16(pos + 4);
	if (left < 8 || left + 40 > (__u64)(end - pos))
		return 0;
	g->is4 = 0;
	g->src4 = 0;
	g->dst4 = 0;
	src->halves[0] = gp_load_raw64(pos + 8);
	src->halves[1] = gp_load_raw64(pos + 16);
	dst->halves[0] = gp_load_raw64(pos + 24);
	dst->halves[1] = gp_load_raw64(pos + 32);
	if (!src->halves[0] || !dst->halves[0]) /* among them those that stand for IPv4 addresses */
		return 0;
	return gp_glance_transport(pos + 40, end, left, pos[6], g);
}

/**
 * gp_glance() - what a bulk packet is counted by, if the frame has the usual shape.
 * @data, @end: the frame's directly readable part; a packet that does not lie in it whole is declined.
 * @src, @dst: out, of IPv6.
 *
 * Return: 1, or 0 to decline; then *g is undefined.
 */
GP_INLINE int gp_glance(const __u8 *data, const __u8 *end, struct gp_glance *g, struct gp_addr *src,
			struct gp_addr *dst)
{
	__u32 at = 0, ethertype = gp_glance_link(data, end, &at);
	const __u8 *pos;

	GP_OPAQUE(at);
	GP_OPAQUE(ethertype);
	pos = data + (at & 0x3f);
	if (ethertype == GP_RAW16(GP_ETHERTYPE_IPV4))
		return gp_glance_ipv4(pos, end, g);
	if (ethertype == GP_RAW16(GP_ETHERTYPE_IPV6))
		return gp_glance_ipv6(pos, end, g, src, dst);
	return 0;
}

#endif
