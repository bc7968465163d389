/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to a resolver over the network, by c-ares, without ever waiting: an answer is in the cache, or it is asked
 * for. Everything is bounded: entries of the cache, questions a second, questions on their way, the time that an answer
 * may take and be kept for.
 */
#ifndef GATEPOST_DNS_H
#define GATEPOST_DNS_H

#include <stdio.h>

#include "dns_answer.h"

enum {
	GP_DNS_OUTSTANDING = 64,     /* questions on their way */
	GP_DNS_TTL_MIN_S = 60,	     /* kept so long at least: who sets a TTL of 0 does not make us ask for each mail */
	GP_DNS_TTL_MAX_S = 86400,
	GP_DNS_NEGATIVE_S = 300,     /* that there is none (RFC 2308, 5: no more than hours) */
	GP_DNS_FAILURE_S = 60,	     /* that nobody answered (RFC 2308, 7: no more than minutes) */
};

struct gp_dns_limits {
	bool enabled;		/* default false: nothing is asked */
	char *resolver;		/* "127.0.0.1", "192.0.2.1:5353,[2001:db8::1]:53"; "system": /etc/resolv.conf */
	double timeout_s;	/* of the first try; the second takes twice as long */
	__u32 cache;		/* entries */
	__u32 queries_per_s;
	__u32 every;		/* of hosts without a suspicion, every so many-th mail flow is looked at */
};

struct gp_dns_count {
	__u64 asked, answered, failed, refused; /* refused: not asked yet, for want of room or rate; asked for again later */
	__u64 cached;
};

struct gp_dns;

/**
 * gp_dns_open() - a resolver.
 * @limits: read at once.
 * @record: answers are written there as they come (dns_file.h), or NULL; borrowed until close.
 *
 * Return: 0, or -errno (logged); -EINVAL when the resolver's address is none.
 */
int gp_dns_open(struct gp_dns **out, const struct gp_dns_limits *limits, FILE *record);

/* As struct gp_resolver has it. */
const struct gp_dns_answer *gp_dns_get(void *dns, const struct gp_dns_question *question, __u64 now_ns);

/**
 * gp_dns_fd() - readable when gp_dns_step() has something to do: an epoll instance that holds the sockets.
 */
int gp_dns_fd(const struct gp_dns *dns);

/* Reads what came, gives up what takes too long. To be called when gp_dns_fd() is readable, and about once a second. */
void gp_dns_step(struct gp_dns *dns, __u64 now_ns);

struct gp_dns_count gp_dns_count(const struct gp_dns *dns);

void gp_dns_close(struct gp_dns *dns);

#endif
