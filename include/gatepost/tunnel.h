/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One level of tunnel: from an outer packet to the IP header inside. A tunnel that carries no IP
 * (keepalives, control messages, other versions) leaves the outer packet as it is: status OK, p->tunnel NONE.
 */
#ifndef GATEPOST_TUNNEL_H
#define GATEPOST_TUNNEL_H

#include <gatepost/cursor.h>

#define GP_GTPU_EXT_MAX 4
#define GP_GTPU_EXT_BYTES_MAX 512u
#define GP_PORT_GTPU 2152
#define GP_PORT_VXLAN 4789

/* The packet begins anew with an inner IP header of this EtherType; link fields and the length stay. */
GP_INLINE int gp_tunnel_enter(struct gp_packet *p, __u16 ethertype, __u8 tunnel)
{
	p->ethertype = ethertype;
	p->tunnel = tunnel;
	p->sport = 0;
	p->dport = 0;
	return GP_PARSE_OK;
}

/* @skip bytes of tunnel header, then an Ethernet frame: untagged or with one tag. */
GP_INLINE int gp_tunnel_ethernet(struct gp_cursor *c, struct gp_packet *p, __u32 skip, __u8 tunnel)
{
	const __u8 *frame;
	__u16 ethertype;

	if (c->left < skip + 14)
		return GP_PARSE_TUNNEL_MALFORMED;
	if (!GP_FITS(c->pos, skip + 14, c->end))
		return GP_PARSE_TRUNCATED;
	frame = c->pos + skip;
	GP_OPAQUE(frame);
	if (!GP_FITS(frame, 14, c->end))
		return GP_PARSE_TRUNCATED;
	ethertype = gp_load_be16(frame + 12);
	if (gp_is_vlan(ethertype)) {
		if (!GP_FITS(frame, 18, c->end))
			return GP_PARSE_TRUNCATED;
		if (c->left < skip + 18)
			return GP_PARSE_TUNNEL_MALFORMED;
		ethertype = gp_load_be16(frame + 16);
		frame += 4;
	}
	if (ethertype != GP_ETHERTYPE_IPV4 && ethertype != GP_ETHERTYPE_IPV6)
		return GP_PARSE_OK;
	c->left -= (__u32)(frame + 14 - c->pos);
	c->pos = frame + 14;
	return gp_tunnel_enter(p, ethertype, tunnel);
}

/* GRE (RFC 2784, 2; key and sequence number RFC 2890). Version 1 is PPTP: no IP below it but PPP. */
GP_INLINE int gp_tunnel_gre(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 bytes = 4;
	__u16 flags, ethertype;

	if (c->left < 4)
		return GP_PARSE_TUNNEL_MALFORMED;
	if (!GP_FITS(c->pos, 4, c->end))
		return GP_PARSE_TRUNCATED;
	flags = gp_load_be16(c->pos);
	ethertype = gp_load_be16(c->pos + 2);
	if (flags & 0x4007) /* routing present (RFC 1701), or not version 0 */
		return GP_PARSE_OK;
	bytes += (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0);
	if (ethertype == GP_ETHERTYPE_TEB)
		return gp_tunnel_ethernet(c, p, bytes, GP_TUNNEL_GRE);
	if (ethertype != GP_ETHERTYPE_IPV4 && ethertype != GP_ETHERTYPE_IPV6)
		return GP_PARSE_OK;
	if (c->left < bytes)
		return GP_PARSE_TUNNEL_MALFORMED;
	if (!GP_FITS(c->pos, bytes, c->end))
		return GP_PARSE_TRUNCATED;
	c->pos += bytes;
	c->left -= bytes;
	return gp_tunnel_enter(p, ethertype, GP_TUNNEL_GRE);
}

/* GTP-U extension headers (3GPP TS 29.281, 5.2.1): length in units of 4 bytes, the last byte names the next. */
GP_INLINE int gp_tunnel_gtpu_extensions(struct gp_cursor *c, __u8 next)
{
	__u32 total_bytes = 0;

	for (int i = 0; i < GP_GTPU_EXT_MAX; i++) {
		const __u8 *last;
		__u64 before_last;
		__u32 bytes;

		if (!next)
			return GP_PARSE_OK;
		if (!GP_FITS(c->pos, 4, c->end))
			return GP_PARSE_TRUNCATED;
		bytes = c->pos[0] * 4u;
		if (!bytes || bytes > c->left)
			return GP_PARSE_TUNNEL_MALFORMED;
		total_bytes += bytes;
		if (total_bytes > GP_GTPU_EXT_BYTES_MAX)
			return GP_PARSE_TUNNEL_TOO_DEEP;
		if (!GP_FITS(c->pos, bytes, c->end))
			return GP_PARSE_TRUNCATED;
		/*
		 * Checked once more in the form that the verifier can follow: a variable part without a constant. clang
		 * 22 would make (pos + bytes) - 1 of it, and a pointer at -1 gains nothing by a comparison.
		 */
		before_last = bytes - 1;
		GP_OPAQUE(before_last);
		last = c->pos + (before_last & 0x3ff);
		GP_OPAQUE(last);
		if (!GP_FITS(last, 1, c->end))
			return GP_PARSE_TRUNCATED;
		next = *last;
		c->pos = last + 1;
		c->left -= bytes;
		gp_cursor_settle(c);
	}
	return next ? GP_PARSE_TUNNEL_TOO_DEEP : GP_PARSE_OK;
}

/* GTP-U (3GPP TS 29.281, 5.1): version 1, G-PDU. */
GP_INLINE int gp_tunnel_gtpu(struct gp_cursor *c, struct gp_packet *p)
{
	__u8 flags;
	int status;

	if (c->left < 8)
		return GP_PARSE_OK;
	if (!GP_FITS(c->pos, 8, c->end))
		return GP_PARSE_TRUNCATED;
	flags = c->pos[0];
	if (flags >> 4 != 3 || c->pos[1] != 255) /* version 1, protocol type GTP; a user packet */
		return GP_PARSE_OK;
	if (gp_load_be16(c->pos + 2) > c->left - 8)
		return GP_PARSE_TUNNEL_MALFORMED;
	c->pos += 8;
	c->left -= 8;
	if (flags & 7) {
		__u8 next;

		if (c->left < 4)
			return GP_PARSE_TUNNEL_MALFORMED;
		if (!GP_FITS(c->pos, 4, c->end))
			return GP_PARSE_TRUNCATED;
		next = flags & 4 ? c->pos[3] : 0;
		c->pos += 4;
		c->left -= 4;
		status = gp_tunnel_gtpu_extensions(c, next);
		if (status != GP_PARSE_OK)
			return status;
	}
	if (!c->left)
		return GP_PARSE_OK;
	if (!GP_FITS(c->pos, 1, c->end))
		return GP_PARSE_TRUNCATED;
	if (c->pos[0] >> 4 == 4)
		return gp_tunnel_enter(p, GP_ETHERTYPE_IPV4, GP_TUNNEL_GTPU);
	if (c->pos[0] >> 4 == 6)
		return gp_tunnel_enter(p, GP_ETHERTYPE_IPV6, GP_TUNNEL_GTPU);
	return GP_PARSE_OK;
}

/* VXLAN (RFC 7348, 5): the I flag says that there is a network identifier. */
GP_INLINE int gp_tunnel_vxlan(struct gp_cursor *c, struct gp_packet *p)
{
	if (c->left < 8)
		return GP_PARSE_OK;
	if (!GP_FITS(c->pos, 8, c->end))
		return GP_PARSE_TRUNCATED;
	if (!(c->pos[0] & 0x08))
		return GP_PARSE_OK;
	return gp_tunnel_ethernet(c, p, 8, GP_TUNNEL_VXLAN);
}

/**
 * gp_parse_tunnel() - find the IP header inside.
 * @c: on the outer packet's payload; on an inner IP header when p->tunnel is set afterwards.
 *
 * Return: GP_PARSE_OK, also when this is no tunnel, else why the tunnel's header could not be read.
 */
GP_INLINE int gp_parse_tunnel(struct gp_cursor *c, struct gp_packet *p)
{
	switch (p->ip_proto) {
	case GP_IP_IPIP:
		return gp_tunnel_enter(p, GP_ETHERTYPE_IPV4, GP_TUNNEL_IPIP);
	case GP_IP_IPV6:
		return gp_tunnel_enter(p, GP_ETHERTYPE_IPV6, GP_TUNNEL_IPIP);
	case GP_IP_GRE:
		return gp_tunnel_gre(c, p);
	case GP_IP_UDP:
		if (p->dport == GP_PORT_VXLAN)
			return gp_tunnel_vxlan(c, p);
		if (p->dport == GP_PORT_GTPU)
			return gp_tunnel_gtpu(c, p);
		return GP_PARSE_OK;
	default:
		return GP_PARSE_OK;
	}
}

#endif
