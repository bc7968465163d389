/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ACK without payload is worth a look at the flow table? Only the one that ends a handshake. A SYN-ACK leaves the
 * number that its answer must acknowledge in a small table; all other ACKs do not match, and are bulk.
 */
#ifndef GATEPOST_PROOF_H
#define GATEPOST_PROOF_H

#include <gatepost/memory.h>

/* What both directions of a flow have in common: all words of both addresses, and the ports. */
GP_INLINE __u64 gp_proof_addrs(const struct gp_addr *a, const struct gp_addr *b)
{
	return a->halves[0] ^ b->halves[0] ^ a->halves[1] ^ b->halves[1];
}

/*
 * The place of a flow; another handshake may overwrite it, which costs a proof where the client never sends data.
 * Multiplied by the golden ratio (Knuth, TAOCP 3, 6.4), made an odd secret.
 * @ports: both, by exclusive or.
 */
GP_INLINE __u32 gp_proof_place(const struct gp_settings *settings, __u64 addrs, __u32 ports)
{
	return (__u32)(((addrs ^ ports) * (0x9e3779b97f4a7c15ull ^ settings->secret[1] << 1)) >> 48);
}

/* A SYN-ACK has been seen: whoever got it will acknowledge this. */
GP_INLINE void gp_proof_expect(struct gp_memory *m, const struct gp_packet *p)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 *place;

	if (!settings)
		return;
	place = gp_mem_pending(m, gp_proof_place(settings, gp_proof_addrs(&p->src, &p->dst), (__u32)p->sport ^ p->dport));
	if (place)
		*place = p->seq + 1;
}

/* May an ACK be the end of a handshake? */
GP_INLINE int gp_proof_is_expected(struct gp_memory *m, const struct gp_settings *settings, __u64 addrs, __u32 ports,
				   __u32 ack)
{
	__u32 *place = gp_mem_pending(m, gp_proof_place(settings, addrs, ports));

	return place && *place == ack;
}

#endif
