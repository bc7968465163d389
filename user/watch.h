/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which inside hosts speak with prefixes outside that the operator has listed, and since when. From samples: flows of mail
 * and web services that were taken as evidence, of clients that proved themselves. What is not sampled is not here; what is
 * here did happen. Bounded: pairs of a host and an entry, of each host and in all; the one that was quiet for longest
 * makes room. Pure.
 */
#ifndef GATEPOST_WATCH_H
#define GATEPOST_WATCH_H

#include <stdbool.h>

#include <gatepost/abi.h>

#include "lists.h"

#define GP_WATCH_PAIRS 16384u
#define GP_WATCH_PER_HOST 64u
#define GP_WATCH_DOMAINS 4u
#define GP_WATCH_DOMAIN 64u /* with the NUL; fit to print */

/* One inside host and one listed prefix. */
struct gp_watched {
	struct gp_addr host;   /* a subscriber's prefix under its first address */
	__u8 host_bits;	       /* its length, of 128 */
	struct gp_cidr prefix; /* the list's */
	__u16 list;	       /* index of its specification */
	enum gp_list_kind kind;
	char label[GP_LIST_LABEL]; /* fit to print */
	__u64 first_ns, last_ns;   /* since the Unix epoch */
	struct gp_addr peer;	   /* the address that was seen last */
	__u32 flows[GP_SERVICES];  /* that have ended */
	__u8 domain_count;	   /* of envelope recipients, as far as they were in the clear */
	bool domains_more;	   /* there were others */
	char domains[GP_WATCH_DOMAINS][GP_WATCH_DOMAIN];
};

/* What is known of a host's contacts with prefixes of one kind. */
struct gp_watch_sum {
	__u32 prefixes; /* distinct */
	__u32 flows;	/* that have ended */
	__u64 first_ns, last_ns;
};

struct gp_watch;

/**
 * gp_watch_open() - nobody has been seen.
 * @lists: asked for each flow; borrowed until close. @secret: of the hash.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_watch_open(struct gp_watch **out, const struct gp_lists *lists, const __u64 secret[2]);

/* A flow between an inside host and an address outside, whose client proved itself. */
struct gp_watch_flow {
	struct gp_addr host, peer;
	__u8 host_bits;	      /* of 128 */
	__u8 service;	      /* enum gp_service */
	bool ended;	      /* count it; without, it is only seen */
	__u64 first_ns, last_ns; /* since the Unix epoch */
};

/* Asks the lists; most flows are no matter for them. */
void gp_watch_flow(struct gp_watch *watch, const struct gp_watch_flow *flow);

/* A recipient's domain on such a flow: any bytes. To be called behind gp_watch_flow(). */
void gp_watch_domain(struct gp_watch *watch, const struct gp_addr *host, const struct gp_addr *peer, const char *domain,
		     size_t len);

/* What a host has to do with prefixes that are known to be bad, or (gp_watch_sum()) of any kind. All zero: nothing. */
struct gp_watch_sum gp_watch_known_bad(const struct gp_watch *watch, const struct gp_addr *host);
struct gp_watch_sum gp_watch_sum(const struct gp_watch *watch, enum gp_list_kind kind, const struct gp_addr *host);

/* All pairs, in no order. @i: below gp_watch_count(). Until the next call that takes a flow. */
__u32 gp_watch_count(const struct gp_watch *watch);
const struct gp_watched *gp_watch_at(const struct gp_watch *watch, __u32 i);

/* Pairs that had to make room for others. */
__u64 gp_watch_displaced(const struct gp_watch *watch);

void gp_watch_close(struct gp_watch *watch);

#endif
