/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frame -> struct gp_packet, in one pass. Every way of not parsing is a status with a counter of its own; nobody
 * looks at headers again. All headers that are read lie in the first 2,000 bytes of a frame, whatever it carries:
 * each loop is bounded, and extension headers are bounded in bytes as well.
 */
#ifndef GATEPOST_PARSE_H
#define GATEPOST_PARSE_H

#include <gatepost/cursor.h>
#include <gatepost/tunnel.h>

#define GP_VLAN_MAX 4
#define GP_MPLS_MAX 8
#define GP_IPV6_EXT_MAX 8
#define GP_IPV6_EXT_BYTES_MAX 512u

/* 802.1Q tags (IEEE 802.1Q, 9.6): the outermost two ids are kept, of a single tag it is the C-tag. */
GP_INLINE int gp_parse_vlan(struct gp_cursor *c, struct gp_packet *p)
{
	for (int i = 0; i < GP_VLAN_MAX; i++) {
		__u16 vid;

		if (!gp_is_vlan(p->ethertype))
			return GP_PARSE_OK;
		if (!GP_FITS(c->pos, 4, c->end))
			return GP_PARSE_TRUNCATED;
		vid = gp_load_be16(c->pos) & 0x0fff;
		p->ethertype = gp_load_be16(c->pos + 2);
		c->pos += 4;
		if (i == 0) {
			p->c_vlan = vid;
		} else if (i == 1) {
			p->s_vlan = p->c_vlan;
			p->c_vlan = vid;
		}
		p->vlan_tags++;
	}
	return gp_is_vlan(p->ethertype) ? GP_PARSE_VLAN_TOO_DEEP : GP_PARSE_OK;
}

/* PPP protocol number -> EtherType; 0 for everything that is no user data (IANA, PPP numbers). */
GP_INLINE __u16 gp_ppp_ethertype(__u16 ppp_proto)
{
	switch (ppp_proto) {
	case 0x0021:
		return GP_ETHERTYPE_IPV4;
	case 0x0057:
		return GP_ETHERTYPE_IPV6;
	case 0x0281:
		return GP_ETHERTYPE_MPLS;
	default:
		return 0;
	}
}

/* PPPoE session stage (RFC 2516, 4) and the PPP protocol field, compressed or not (RFC 1661, 6.5). */
GP_INLINE int gp_parse_pppoe(struct gp_cursor *c, struct gp_packet *p)
{
	__u16 ppp_proto;

	if (!GP_FITS(c->pos, 7, c->end))
		return GP_PARSE_TRUNCATED;
	if (c->pos[0] != 0x11)
		return GP_PARSE_PPPOE_MALFORMED;
	if (c->pos[1] != 0) /* RFC 2516, 6 */
		return GP_PARSE_PPPOE_MALFORMED;
	p->pppoe_session = gp_load_be16(c->pos + 2);
	if (c->pos[6] & 1) {
		ppp_proto = c->pos[6];
		c->pos += 7;
	} else {
		if (!GP_FITS(c->pos, 8, c->end))
			return GP_PARSE_TRUNCATED;
		ppp_proto = gp_load_be16(c->pos + 6);
		c->pos += 8;
	}
	p->ethertype = gp_ppp_ethertype(ppp_proto);
	return p->ethertype ? GP_PARSE_OK : GP_PARSE_PPP_CONTROL;
}

/* MPLS label stack (RFC 3032, 2.1). Nothing says what follows it but the first nibble (RFC 4928, 2). */
GP_INLINE int gp_parse_mpls(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 entry = 0;

	for (int i = 0; i < GP_MPLS_MAX; i++) {
		if (!GP_FITS(c->pos, 4, c->end))
			return GP_PARSE_TRUNCATED;
		entry = gp_load_be32(c->pos);
		c->pos += 4;
		gp_cursor_settle(c);
		if (i == 0)
			p->mpls_label = entry >> 12;
		p->mpls_labels++;
		if (entry & 0x100)
			break;
	}
	if (!(entry & 0x100))
		return GP_PARSE_MPLS_TOO_DEEP;
	if (!GP_FITS(c->pos, 1, c->end))
		return GP_PARSE_TRUNCATED;
	if (c->pos[0] >> 4 == 4)
		p->ethertype = GP_ETHERTYPE_IPV4;
	else if (c->pos[0] >> 4 == 6)
		p->ethertype = GP_ETHERTYPE_IPV6;
	else
		return GP_PARSE_MPLS_NOT_IP;
	return GP_PARSE_OK;
}

/* Ethernet and whatever lies between it and IP; on success the cursor stands on the IP header. */
GP_INLINE int gp_parse_link(struct gp_cursor *c, struct gp_packet *p)
{
	int status;

	if (!GP_FITS(c->pos, 14, c->end))
		return GP_PARSE_TRUNCATED;
	p->ethertype = gp_load_be16(c->pos + 12);
	c->pos += 14;
	status = gp_parse_vlan(c, p);
	if (status != GP_PARSE_OK)
		return status;
	gp_cursor_settle(c);
	if (p->ethertype == GP_ETHERTYPE_PPPOE) {
		status = gp_parse_pppoe(c, p);
		if (status != GP_PARSE_OK)
			return status;
	}
	if (p->ethertype == GP_ETHERTYPE_MPLS || p->ethertype == GP_ETHERTYPE_MPLS_UPSTREAM)
		return gp_parse_mpls(c, p);
	if (p->ethertype == GP_ETHERTYPE_IPV4 || p->ethertype == GP_ETHERTYPE_IPV6)
		return GP_PARSE_OK;
	if (p->ethertype == GP_ETHERTYPE_ARP)
		return GP_PARSE_ARP;
	if (p->ethertype == GP_ETHERTYPE_PPPOE_DISCOVERY)
		return GP_PARSE_PPP_CONTROL;
	return p->ethertype < 0x0600 ? GP_PARSE_LLC : GP_PARSE_NOT_IP;
}

GP_INLINE void gp_addr_set4(struct gp_addr *addr, const __u8 *wire)
{
	addr->halves[0] = 0;
	addr->words[2] = gp_be32_to_host(0xffff);
	addr->words[3] = gp_load_raw32(wire);
}

GP_INLINE void gp_addr_set6(struct gp_addr *addr, const __u8 *wire)
{
	addr->halves[0] = gp_load_raw64(wire);
	addr->halves[1] = gp_load_raw64(wire + 8);
}

/* IPv4 (RFC 791, 3.1) with options. */
GP_INLINE int gp_parse_ipv4(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 header_bytes, total_bytes, fragment;

	if (!GP_FITS(c->pos, 20, c->end))
		return GP_PARSE_TRUNCATED;
	if (c->pos[0] >> 4 != 4)
		return GP_PARSE_IP_VERSION;
	header_bytes = (c->pos[0] & 0x0f) * 4u;
	total_bytes = gp_load_be16(c->pos + 2);
	fragment = gp_load_be16(c->pos + 6);
	if (header_bytes < 20 || (total_bytes && total_bytes < header_bytes) || total_bytes > c->room || c->room < 20)
		return GP_PARSE_IPV4_MALFORMED;
	p->ip_version = 4;
	p->ttl = c->pos[8];
	p->ip_proto = c->pos[9];
	gp_addr_set4(&p->src, c->pos + 12);
	gp_addr_set4(&p->dst, c->pos + 16);
	c->length_unknown = !total_bytes;
	if (!total_bytes)
		total_bytes = gp_cursor_rest(c);
	if (!GP_FITS(c->pos, header_bytes, c->end))
		return GP_PARSE_TRUNCATED;
	c->left = total_bytes - header_bytes;
	c->pos += header_bytes;
	if (fragment & 0x1fff) {
		p->fragment = GP_FRAGMENT_LATER;
		return GP_PARSE_FRAGMENT_LATER;
	}
	p->fragment = fragment & 0x2000 ? GP_FRAGMENT_FIRST : GP_FRAGMENT_NONE;
	return GP_PARSE_OK;
}

#define GP_BIT(n) (1ull << ((n) & 63))

/*
 * The following two are written without branches: eight headers in a row would otherwise be so many paths that the
 * verifier gives up.
 */
GP_INLINE int gp_is_ipv6_extension(__u8 next)
{
	const __u64 low = GP_BIT(GP_IP_HOPOPTS) | GP_BIT(GP_IP_ROUTING) | GP_BIT(GP_IP_FRAGMENT) | GP_BIT(GP_IP_AH) |
			  GP_BIT(GP_IP_DSTOPTS);
	const __u64 high = GP_BIT(GP_IP_MOBILITY) | GP_BIT(GP_IP_HIP) | GP_BIT(GP_IP_SHIM6);
	__u64 bits = next >> 6 == 0 ? low : next >> 6 == GP_IP_MOBILITY >> 6 ? high : 0;

	GP_OPAQUE(bits);
	return (bits >> (next & 63)) & 1;
}

/* Length of an extension header: units of 8 bytes, of 4 for AH (RFC 4302, 2.2); a fragment header has no length. */
GP_INLINE __u32 gp_ipv6_extension_bytes(__u32 type, __u32 length)
{
	__u32 is_ah = ((type ^ GP_IP_AH) - 1) >> 31, is_fragment = ((type ^ GP_IP_FRAGMENT) - 1) >> 31;

	GP_OPAQUE(is_ah);
	GP_OPAQUE(is_fragment);
	return (((length & (is_fragment - 1)) + 1 + is_ah) << (3 - is_ah)) & 0xffc;
}

/* IPv6 extension headers (RFC 8200, 4); the cursor stands on the first, p->ip_proto names it. */
GP_INLINE int gp_parse_ipv6_extensions(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 total_bytes = 0;

	for (int i = 0; i < GP_IPV6_EXT_MAX; i++) {
		__u8 type = p->ip_proto;
		__u32 bytes;

		if (!gp_is_ipv6_extension(type))
			return GP_PARSE_OK;
		if (!GP_FITS(c->pos, 8, c->end))
			return GP_PARSE_TRUNCATED;
		bytes = gp_ipv6_extension_bytes(type, c->pos[1]);
		if (bytes > c->left)
			return GP_PARSE_IPV6_MALFORMED;
		total_bytes += bytes;
		if (total_bytes > GP_IPV6_EXT_BYTES_MAX)
			return GP_PARSE_IPV6_EXT_TOO_DEEP;
		p->ip_proto = c->pos[0];
		if (type == GP_IP_FRAGMENT) {
			__u16 fragment = gp_load_be16(c->pos + 2);

			if (fragment & 0xfff8) {
				p->fragment = GP_FRAGMENT_LATER;
				return GP_PARSE_FRAGMENT_LATER;
			}
			/* An atomic fragment, offset 0 and nothing more to come, is a whole packet (RFC 6946, 4). */
			if (fragment & 1)
				p->fragment = GP_FRAGMENT_FIRST;
		}
		if (!GP_FITS(c->pos, bytes, c->end))
			return GP_PARSE_TRUNCATED;
		c->pos += bytes;
		c->left -= bytes;
		gp_cursor_settle(c);
	}
	return gp_is_ipv6_extension(p->ip_proto) ? GP_PARSE_IPV6_EXT_TOO_DEEP : GP_PARSE_OK;
}

/* ::ffff:0:0/96 stands for IPv4 addresses in this program; on the wire it has no business (RFC 4291, 2.5.5.2). */
GP_INLINE int gp_addr_is_mapped(const struct gp_addr *addr)
{
	return !addr->halves[0] && addr->words[2] == gp_be32_to_host(0xffff);
}

/* IPv6 (RFC 8200, 3). */
GP_INLINE int gp_parse_ipv6(struct gp_cursor *c, struct gp_packet *p)
{
	if (!GP_FITS(c->pos, 40, c->end))
		return GP_PARSE_TRUNCATED;
	if (c->pos[0] >> 4 != 6)
		return GP_PARSE_IP_VERSION;
	p->ip_version = 6;
	p->fragment = GP_FRAGMENT_NONE;
	p->ip_proto = c->pos[6];
	p->ttl = c->pos[7];
	gp_addr_set6(&p->src, c->pos + 8);
	gp_addr_set6(&p->dst, c->pos + 24);
	if (gp_addr_is_mapped(&p->src) || gp_addr_is_mapped(&p->dst))
		return GP_PARSE_IPV6_MALFORMED;
	c->left = gp_load_be16(c->pos + 4);
	if (c->room < 40 || c->left > c->room - 40)
		return GP_PARSE_IPV6_MALFORMED;
	c->length_unknown = !c->left && (p->ip_proto == GP_IP_TCP || p->ip_proto == GP_IP_UDP);
	c->pos += 40;
	if (!c->left && p->ip_proto == GP_IP_HOPOPTS) {
		if (!GP_FITS(c->pos, 8, c->end))
			return GP_PARSE_TRUNCATED;
		/* RFC 2675, 2: the only option that such a packet may begin with. */
		if (c->pos[2] != 0xc2 || c->pos[3] != 4)
			return GP_PARSE_IPV6_MALFORMED;
		c->left = gp_load_be32(c->pos + 4);
		c->jumbo = 1;
	}
	if (c->length_unknown)
		c->left = gp_cursor_rest(c);
	return gp_parse_ipv6_extensions(c, p);
}

/* TCP (RFC 9293, 3.1). */
GP_INLINE int gp_parse_tcp(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 header_bytes;

	if (!c->length_unknown && c->left < 20)
		return GP_PARSE_TCP_MALFORMED;
	if (!GP_FITS(c->pos, 20, c->end))
		return GP_PARSE_TRUNCATED;
	p->sport = gp_load_be16(c->pos);
	p->dport = gp_load_be16(c->pos + 2);
	p->seq = gp_load_be32(c->pos + 4);
	p->ack = gp_load_be32(c->pos + 8);
	p->tcp_flags = c->pos[13];
	p->window = gp_load_be16(c->pos + 14);
	header_bytes = (c->pos[12] >> 4) * 4u;
	if (header_bytes < 20 || (!c->length_unknown && header_bytes > c->left))
		return GP_PARSE_TCP_MALFORMED;
	if (!GP_FITS(c->pos, header_bytes, c->end))
		return GP_PARSE_TRUNCATED;
	c->pos += header_bytes;
	c->left -= header_bytes;
	if (c->left >= 4 && GP_FITS(c->pos, 4, c->end))
		p->head = gp_load_raw32(c->pos);
	return GP_PARSE_OK;
}

/* UDP (RFC 768). The length of a first fragment is that of the whole datagram. */
GP_INLINE int gp_parse_udp(struct gp_cursor *c, struct gp_packet *p)
{
	__u32 udp_bytes;

	if (!c->length_unknown && c->left < 8)
		return GP_PARSE_UDP_MALFORMED;
	if (!GP_FITS(c->pos, 8, c->end))
		return GP_PARSE_TRUNCATED;
	p->sport = gp_load_be16(c->pos);
	p->dport = gp_load_be16(c->pos + 2);
	udp_bytes = gp_load_be16(c->pos + 4);
	if (!udp_bytes && (c->length_unknown || c->jumbo))
		udp_bytes = c->left;
	if (udp_bytes < 8)
		return GP_PARSE_UDP_MALFORMED;
	if (udp_bytes > c->left) {
		if (p->fragment != GP_FRAGMENT_FIRST)
			return GP_PARSE_UDP_MALFORMED;
		udp_bytes = c->left;
	}
	c->pos += 8;
	c->left = udp_bytes - 8;
	return GP_PARSE_OK;
}

/* ICMP and ICMPv6: the type only; the payload is the whole message. */
GP_INLINE int gp_parse_icmp(struct gp_cursor *c, struct gp_packet *p)
{
	if (!c->left)
		return GP_PARSE_OK;
	if (!GP_FITS(c->pos, 1, c->end))
		return GP_PARSE_TRUNCATED;
	p->icmp_type = c->pos[0];
	return GP_PARSE_OK;
}

/* IP and transport header; the cursor ends up on the payload. */
GP_INLINE int gp_parse_network(struct gp_cursor *c, struct gp_packet *p)
{
	int status;

	gp_cursor_settle(c);
	p->ip_offset = (__u16)gp_cursor_offset(c);
	status = p->ethertype == GP_ETHERTYPE_IPV4 ? gp_parse_ipv4(c, p) : gp_parse_ipv6(c, p);
	if (status != GP_PARSE_OK)
		return status;
	gp_cursor_settle(c);
	if (p->ip_proto == GP_IP_TCP)
		status = gp_parse_tcp(c, p);
	else if (p->ip_proto == GP_IP_UDP)
		status = gp_parse_udp(c, p);
	else if (p->ip_proto == GP_IP_ICMP || p->ip_proto == GP_IP_ICMPV6)
		status = gp_parse_icmp(c, p);
	if (status != GP_PARSE_OK)
		return status;
	p->payload_offset = (__u16)gp_cursor_offset(c);
	p->payload_len = c->left;
	return GP_PARSE_OK;
}

/**
 * gp_parse_frame() - read a frame's headers.
 * @data: the frame, Ethernet, in wire order; borrowed.
 * @end: one past the last byte that can be read directly.
 * @frame_bytes: of the whole frame, at least end - data.
 * @tunnels: 1 to read through one level of GRE, IPIP, VXLAN or GTP-U, 0 to stay with the outer packet.
 * @p: out; all of it is written. When the result is not GP_PARSE_OK it holds what was read before.
 *
 * Return: p->status, an enum gp_parse.
 */
GP_INLINE int gp_parse_frame(const __u8 *data, const __u8 *end, __u32 frame_bytes, __u32 tunnels, struct gp_packet *p)
{
	struct gp_cursor c = { .data = data, .pos = data, .end = end, .frame_bytes = frame_bytes, .room = ~0u };
	int status;

	__builtin_memset(p, 0, sizeof(*p));
	p->s_vlan = GP_VLAN_NONE;
	p->c_vlan = GP_VLAN_NONE;
	status = gp_parse_link(&c, p);
	if (status == GP_PARSE_OK)
		status = gp_parse_network(&c, p);
	if (status == GP_PARSE_OK && tunnels && p->fragment == GP_FRAGMENT_NONE) {
		status = gp_parse_tunnel(&c, p);
		if (status == GP_PARSE_OK && p->tunnel) {
			c.room = c.left;
			c.jumbo = 0;
			status = gp_parse_network(&c, p);
		}
	}
	p->status = (__u8)status;
	return status;
}

/**
 * gp_parse_ip() - the same of a packet that begins with its IP header.
 * @packet_bytes: of the whole packet, at least end - data.
 */
GP_INLINE int gp_parse_ip(const __u8 *data, const __u8 *end, __u32 packet_bytes, struct gp_packet *p)
{
	struct gp_cursor c = { .data = data, .pos = data, .end = end, .frame_bytes = packet_bytes, .room = ~0u };

	__builtin_memset(p, 0, sizeof(*p));
	p->s_vlan = GP_VLAN_NONE;
	p->c_vlan = GP_VLAN_NONE;
	p->status = GP_PARSE_TRUNCATED;
	if (!GP_FITS(data, 1, end))
		return p->status;
	p->ethertype = data[0] >> 4 == 4 ? GP_ETHERTYPE_IPV4 : GP_ETHERTYPE_IPV6;
	p->status = (__u8)gp_parse_network(&c, p);
	return p->status;
}

/* gp_parse() - gp_parse_frame() for a frame that lies in one piece. */
GP_INLINE int gp_parse(const __u8 *data, const __u8 *end, __u32 tunnels, struct gp_packet *p)
{
	return gp_parse_frame(data, end, (__u32)(end - data), tunnels, p);
}

#endif
