/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A glance at a frame of the shape that nearly all have: up to two VLAN tags, PPPoE or up to four MPLS labels, IPv4
 * without options or IPv6 without extension headers, no fragment, TCP or UDP. What it finds stays in registers, which are
 * few: so first the network header, whose addresses find the owner, then the transport header. It never says anything
 * that gp_parse_frame() would not say, and declines whatever is odd: then that one reads the frame.
 */
#ifndef GATEPOST_GLANCE_H
#define GATEPOST_GLANCE_H

#include <gatepost/parse.h>

#define GP_GLANCE_LABELS 4

/* The network header. The packet lies whole in the frame's readable part. */
struct gp_glance {
	const __u8 *ip;	       /* its header */
	const __u8 *transport; /* what follows it */
	__u32 left;	       /* bytes from there on, by the IP length; 8 at least */
	__u32 is4;
	__u32 is_tcp;
};

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

GP_INLINE int gp_glance_ipv4(const __u8 *pos, const __u8 *end, struct gp_glance *g)
{
	__u32 total_bytes;

	if (!GP_FITS(pos, 28, end) || pos[0] != 0x45)
		return 0;
	total_bytes = gp_load_be16(pos + 2);
	if (total_bytes < 28 || gp_load_raw16(pos + 6) & GP_RAW16(0x3fff) || total_bytes > (__u64)(end - pos))
		return 0;
	g->ip = pos;
	g->transport = pos + 20;
	g->left = total_bytes - 20;
	g->is4 = 1;
	g->is_tcp = pos[9] == GP_IP_TCP;
	return g->is_tcp || pos[9] == GP_IP_UDP;
}

GP_INLINE int gp_glance_ipv6(const __u8 *pos, const __u8 *end, struct gp_glance *g)
{
	if (!GP_FITS(pos, 48, end) || pos[0] >> 4 != 6)
		return 0;
	g->left = gp_load_be16(pos + 4);
	if (g->left < 8 || g->left + 40 > (__u64)(end - pos))
		return 0;
	/* Among the addresses that begin with 64 zeros are those that stand for IPv4 addresses. */
	if (!gp_load_raw64(pos + 8) || !gp_load_raw64(pos + 24))
		return 0;
	g->ip = pos;
	g->transport = pos + 40;
	g->is4 = 0;
	g->is_tcp = pos[6] == GP_IP_TCP;
	return g->is_tcp || pos[6] == GP_IP_UDP;
}

/**
 * gp_glance() - where a bulk packet's headers are, if the frame has the usual shape.
 * @data, @end: the frame's directly readable part; a packet that does not lie in it whole is declined.
 *
 * Return: 1, or 0 to decline; then *g is undefined.
 */
GP_INLINE int gp_glance(const __u8 *data, const __u8 *end, struct gp_glance *g)
{
	__u32 at = 0, ethertype = gp_glance_link(data, end, &at);
	const __u8 *pos;

	GP_OPAQUE(at);
	GP_OPAQUE(ethertype);
	pos = data + (at & 0x3f);
	if (ethertype == GP_RAW16(GP_ETHERTYPE_IPV4))
		return gp_glance_ipv4(pos, end, g);
	if (ethertype == GP_RAW16(GP_ETHERTYPE_IPV6))
		return gp_glance_ipv6(pos, end, g);
	return 0;
}

/**
 * gp_glance_tcp() - the TCP header behind a network header that was glanced at: 20 bytes of it can be read.
 * @end: as for gp_glance().
 * @payload_len: out.
 *
 * Return: 1, or 0 to decline.
 */
GP_INLINE int gp_glance_tcp(const struct gp_glance *g, const __u8 *end, __u32 *payload_len)
{
	__u32 header_bytes;

	if (!GP_FITS(g->transport, 20, end))
		return 0;
	header_bytes = (g->transport[12] >> 4) * 4u;
	*payload_len = g->left - header_bytes;
	return header_bytes >= 20 && header_bytes <= g->left;
}

/**
 * gp_glance_head() - the first bytes of a TCP payload that is not empty.
 * @head: out; as in struct gp_packet.
 *
 * Return: 1, or 0 to decline.
 */
GP_INLINE int gp_glance_head(const struct gp_glance *g, const __u8 *end, __u32 payload_len, __u32 *head)
{
	const __u8 *pos = g->transport + (g->transport[12] >> 4) * 4u;

	*head = 0;
	if (payload_len < 4)
		return 1;
	if (!GP_FITS(pos, 4, end))
		return 0;
	*head = gp_load_raw32(pos);
	return 1;
}

/* The same as gp_glance_tcp() of UDP: 8 bytes can be read. */
GP_INLINE int gp_glance_udp(const struct gp_glance *g, const __u8 *end)
{
	__u32 udp_bytes, dport;

	if (!GP_FITS(g->transport, 8, end))
		return 0;
	udp_bytes = gp_load_be16(g->transport + 4);
	dport = gp_load_be16(g->transport + 2);
	return udp_bytes >= 8 && udp_bytes <= g->left && dport != GP_PORT_VXLAN && dport != GP_PORT_GTPU;
}

#endif
