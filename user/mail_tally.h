/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host's mail dialogues come to: how it spoke, and what servers did with its mail, added up. Counters only grow;
 * whoever weighs them takes differences.
 */
#ifndef GATEPOST_MAIL_TALLY_H
#define GATEPOST_MAIL_TALLY_H

#include "mail_facts.h"

#define GP_TALLY_NETWORKS 8u

/* A few distinct networks, exactly; more than fit are not told apart. */
struct gp_network_set {
	__u32 count;
	__u64 of[GP_TALLY_NETWORKS]; /* what is left of the address: a /24, of IPv6 a /48 */
};

struct gp_mail_tally {
	__u32 dialogues;  /* on which mail was spoken */
	__u32 early;	  /* d1 */
	__u32 helo_bad, helo_good; /* d3: a bare word, localhost, an address without brackets; a name with dots */
	__u32 odd;	  /* d4, d5, d6: mixed letters, odd syntax, pipelining that was not offered */
	__u32 to_itself;  /* d10: sender and recipient are the same */
	__u32 null_many;  /* d10: a bounce to many */
	__u32 tls_unused, tls_used; /* d11 */
	__u32 callout_refused, callout_accepted; /* of dialogues that verified a sender: refusals but the next, recipients */
	__u32 policy_refused; /* refusals for where it is, or for relaying */
	__u32 hidden_refused, hidden_accepted; /* within TLS, by the size of the flow */
	__u32 listed;	  /* refusals that name a list of offenders and the host's own address */
	__u32 combined, policy; /* a list that holds both, a list of places: nothing about what the host does */
	struct gp_network_set listed_by; /* mail networks that said so */
};

/**
 * gp_mail_tally_add() - one more dialogue.
 * @facts:  of a flow to a mail server (port 25) whose client proved itself.
 * @server: where it went.
 */
void gp_mail_tally_add(struct gp_mail_tally *tally, const struct gp_mail_facts *facts, const struct gp_addr *server);

void gp_network_set_add(struct gp_network_set *set, const struct gp_addr *network);

#endif
