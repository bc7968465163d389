/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest packets of each host, in memory. Internal to evidence_pcapng. */
#ifndef GATEPOST_EVIDENCE_RING_H
#define GATEPOST_EVIDENCE_RING_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

struct gp_evidence_flag;

struct gp_evidence_packet {
	struct gp_evidence_packet *next;
	__u64 time_ns;
	__u32 captured, wire;
	__u8 data[];
};

struct gp_evidence_host {
	struct gp_evidence_host *chain;	       /* in its bucket */
	struct gp_evidence_host *older, *newer; /* in its list, by its latest packet */
	struct gp_evidence_packet *first, *last;
	struct gp_evidence_flag *flag; /* the owner's; a host that has one is never displaced, its packets are */
	struct gp_addr addr;
	__u32 packets, bytes;
};

struct gp_evidence_list {
	struct gp_evidence_host *oldest, *newest;
};

struct gp_evidence_ring {
	struct gp_evidence_host **buckets;
	struct gp_evidence_list plain, flagged;
	__u64 secret[2];
	__u64 bytes, displaced, hosts_displaced;
	__u32 plain_hosts, flagged_hosts, packets;
};

/* Return: 0, or -ENOMEM. */
int gp_evidence_ring_open(struct gp_evidence_ring *ring, const __u64 secret[2]);

/* Frees hosts and packets; flags are the owner's and must be gone. */
void gp_evidence_ring_close(struct gp_evidence_ring *ring);

/* Return: the host, made on demand when @make; NULL when there is none, or no memory. */
struct gp_evidence_host *gp_evidence_ring_host(struct gp_evidence_ring *ring, const struct gp_addr *addr, bool make);

/**
 * gp_evidence_ring_put() - a host's packet, copied; makes room for it.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_evidence_ring_put(struct gp_evidence_ring *ring, struct gp_evidence_host *host,
			 const struct gp_evidence_packet *head, const __u8 *data);

/* Frees the host's oldest packet, which there must be. */
void gp_evidence_ring_take(struct gp_evidence_ring *ring, struct gp_evidence_host *host);

/* Drops what was seen before that time. */
void gp_evidence_ring_expire(struct gp_evidence_ring *ring, __u64 before_ns);

/* Flags the host, or with NULL takes the flag away. */
void gp_evidence_ring_flag(struct gp_evidence_ring *ring, struct gp_evidence_host *host, struct gp_evidence_flag *flag);

#endif
