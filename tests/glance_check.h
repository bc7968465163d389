/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A glance must never say anything that the parser would not say. For rows and for the fuzzer. */
#ifndef GATEPOST_TESTS_GLANCE_CHECK_H
#define GATEPOST_TESTS_GLANCE_CHECK_H

#include <stddef.h>
#include <string.h>

#include <gatepost/glance.h>
#include <gatepost/inside.h>

/**
 * glance_check() - compare a glance with what the parser reads of the same frame.
 * @p: out; the parser's record.
 * @glanced: out; 0 when the glance declined.
 *
 * Return: NULL when both agree, or the glance declined; else what differs.
 */
static inline const char *glance_check(const __u8 *data, size_t len, __u32 tunnels, struct gp_packet *p, int *glanced)
{
	__u32 payload_len = 0, head = 0;
	struct gp_addr src, dst;
	struct gp_glance g;

	gp_parse(data, data + len, tunnels, p);
	*glanced = gp_glance(data, data + len, &g) &&
		   (!g.is_tcp ? gp_glance_udp(&g, data + len) :
				gp_glance_tcp(&g, data + len, &payload_len) &&
					(!payload_len || gp_glance_head(&g, data + len, payload_len, &head)));
	if (!*glanced)
		return NULL;
	if (p->status != GP_PARSE_OK || p->fragment != GP_FRAGMENT_NONE || p->tunnel != GP_TUNNEL_NONE)
		return "a glance at what is no plain packet";
	if (g.is4) {
		src = gp_addr_of4(gp_load_raw32(g.ip + 12));
		dst = gp_addr_of4(gp_load_raw32(g.ip + 16));
	} else {
		gp_addr_set6(&src, g.ip + 8);
		gp_addr_set6(&dst, g.ip + 24);
	}
	if (g.is4 != (p->ip_version == 4) || memcmp(&src, &p->src, sizeof(src)) || memcmp(&dst, &p->dst, sizeof(dst)))
		return "a glance at other addresses";
	if (p->ip_proto != (g.is_tcp ? 6 : 17) || gp_load_be16(g.transport) != p->sport ||
	    gp_load_be16(g.transport + 2) != p->dport)
		return "a glance at other ports";
	if (g.is_tcp && (g.transport[13] != p->tcp_flags || payload_len != p->payload_len ||
			 gp_load_be32(g.transport + 8) != p->ack || head != p->head))
		return "a glance at another segment";
	return NULL;
}

#endif
