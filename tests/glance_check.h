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
	struct gp_addr src, dst;
	struct gp_glance g;

	gp_parse(data, data + len, tunnels, p);
	*glanced = gp_glance(data, data + len, &g, &src, &dst);
	if (!*glanced)
		return NULL;
	if (p->status != GP_PARSE_OK || p->fragment != GP_FRAGMENT_NONE || p->tunnel != GP_TUNNEL_NONE)
		return "a glance at what is no plain packet";
	if (g.is4) {
		src = gp_addr_of4(g.src4);
		dst = gp_addr_of4(g.dst4);
	}
	if (g.is4 != (p->ip_version == 4) || memcmp(&src, &p->src, sizeof(src)) || memcmp(&dst, &p->dst, sizeof(dst)))
		return "a glance at other addresses";
	if (g.is_tcp != (p->ip_proto == 6) || g.sport != p->sport || g.dport != p->dport)
		return "a glance at other ports";
	if (g.is_tcp && (g.tcp_flags != p->tcp_flags || g.payload_len != p->payload_len || g.ack != p->ack ||
			 g.head != p->head))
		return "a glance at another segment";
	return NULL;
}

#endif
