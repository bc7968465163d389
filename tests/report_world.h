/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory made by hand, whose sums are known, and the report over it. */
#ifndef GATEPOST_TEST_REPORT_WORLD_H
#define GATEPOST_TEST_REPORT_WORLD_H

#include "report_model.h"

#define SLOTS 32u
#define START 1777888800000000000ull /* 2026-05-04 10:00:00 UTC */
#define SECOND 1000000000ull
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	struct gp_settings settings;
	struct gp_totals totals;
	struct gp_host hosts[2 * SLOTS];
	__u32 claims[2 * SLOTS];
	struct gp_memory memory;
	struct gp_report report;
	struct gp_finding findings[4];
	int finding_count;
};

/* "10.0.0.7" or "2001:db8::1". */
struct gp_addr world_addr(const char *text);

/* An empty memory; to be freed with free(), as all worlds. */
struct world *world_new(void);
struct gp_host *world_host(struct world *w, __u32 slot, const char *text, unsigned bits, enum gp_role role);

/* Traffic of a host: three quarters of the packets sent, so that the two directions differ. */
void world_traffic(struct world *w, struct gp_host *h, enum gp_service service, __u64 packets, __u64 bytes,
		   __u32 flows);

/*
 * Inside: two hosts in 10.0.0.0/24 (one a bot), one relay in 10.0.1.0/24, a /56 and a /30 subscriber.
 * Outside: a scanner, a web client, and an end that was only observed.
 * @turn: moves every host to another slot and reverses the claims; nothing of it may show.
 */
struct world *world_office(unsigned turn);

/* The report as a string, to be freed. */
char *world_report(struct world *w, enum gp_format format);

#endif
