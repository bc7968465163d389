/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of outside clients, simulated with a fixed seed: each connection is counted in the world, and what it shows is
 * told to the agent's own memories.
 */
#ifndef GATEPOST_TESTS_FLEET_BOX_H
#define GATEPOST_TESTS_FLEET_BOX_H

#include "judge_world.h"

#include "dialogue.h"
#include "host_facts.h"
#include "random.h"
#include "web_facts.h"

struct box {
	struct world w;
	struct gp_host_facts *hosts;
	struct gp_web_facts *web;
	struct gp_dialogue_budget budget;
	__u64 seed;
};

/* How a range shares its connections out among its addresses. */
#define EVEN 0.0     /* each draws one; above: a Dirichlet pool's parameter */
#define TURNS (-1.0) /* one after the other */
#define ONCE (-2.0)  /* from n addresses in a row, one each */

/* What a connection does. */
enum doing {
	DO_TLS,	    /* hides it */
	DO_LINKS,   /* pages alone, links of delivered mails soon after */
	DO_PAGES,   /* pages with their pictures and styles */
	DO_READERS, /* links of delivered mails, minutes and hours later, with the pages' pictures */
	DO_PIXELS,  /* pictures as a mailbox provider's proxy */
	DO_CRAWL,   /* robots.txt, and pages alone */
	DO_MAILBOX,
	DO_MAIL,
};

#define HUMAN (-1)  /* a mixture of stacks, a range's own variant of everybody's */
#define CROWD (-2)  /* likewise, several people behind each address */
#define NEW_STACK 100 /* that nobody else has; below: the n-th most frequent of all */

struct range {
	struct gp_addr first;
	__u32 k;	 /* addresses in a row */
	__u32 step;	 /* from one to the next; 0: 1 */
	bool networks;	 /* IPv6: each is a /64 of its own */
	__u32 n;	 /* connections */
	double shares;	 /* EVEN, TURNS, ONCE, or a pool's a */
	int stack;
	double likeness; /* of people's mixture to everybody's, a Dirichlet distribution's sum; 0: 20 */
	enum doing doing;
	double refused;	 /* DO_MAIL: share of recipients */
};

void box_open(struct box *box, __u64 seed, __u32 hosts);
void box_close(struct box *box);

/* Counts a range's connections. */
void box_add(struct box *box, const struct range *range);

/* So many ranges of people from 60.0.0.0 on, of all sorts. @first: number of the first one. */
void box_add_people(struct box *box, __u32 first, __u32 count);

double box_chance(struct box *box);

/* The i-th address of a range. */
struct gp_addr box_addr(const struct range *range, __u32 i);

#endif
