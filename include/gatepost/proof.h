/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ACK without payload is worth a look at the flow table? Only the one that ends a handshake. A SYN-ACK leaves the
 * number that its answer must acknowledge in a small table; all other ACKs do not match, and are bulk.
 */
#ifndef GATEPOST_PROOF_H
#define GATEPOST_PROOF_H

#include <gatepost/memory.h>

/*
 * The same place for both directions of a flow; another handshake may overwrite it, which costs a proof where the client
 * never sends data. Multipliers of the golden ratio (Knuth, TAOCP 3, 6.4), made odd secrets.
 */
GP_INLINE __u32 gp_proof_place(const struct gp_settings *settings, const struct gp_packet *p)
{
	__u64 addrs = p->src.halves[0] ^ p->dst.halves[0] ^ p->src.halves[1] ^ p->dst.halves[1];
	__u32 ports = (__u32)p->sport ^ p->dport;

	return (__u32)(((addrs ^ ports) * (0x9e3779b97f4a7c15ull ^ settings->secret[1] << 1)) >> 48);
}

/* A SYN-ACK has been seen: whoever got it will acknowledge this. */
GP_INLINE void gp_proof_expect(struct gp_memory *m, const struct gp_packet *syn_ack)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 *place = settings ? gp_mem_pending(m, gp_proof_place(settings, syn_ack)) : 0;

	if (place)
		*place = syn_ack->seq + 1;
}

/* May this ACK be the end of a handshake? */
GP_INLINE int gp_proof_is_expected(struct gp_memory *m, const struct gp_settings *settings, const struct gp_packet *p)
{
	__u32 *place = gp_mem_pending(m, gp_proof_place(settings, p));

	return place && *place == p->ack;
}

#endif
