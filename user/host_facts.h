/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no single dialogue tells of a host: the names it greets with in a day, whether it comes back after it was put off,
 * the few faces (TLS, TCP, mail dialect, user agents) that it shows. Bounded: so many hosts, the one that was quiet for
 * longest makes room; of each kind the four latest values. Time comes with the observations, each host's nearly in
 * order.
 */
#ifndef GATEPOST_HOST_FACTS_H
#define GATEPOST_HOST_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "ja4.h"
#include "mail_tally.h"
#include "tcp_signature.h"

enum {
	GP_FACT_SLOTS = 4,
	GP_FACT_HELO_TEXT = 64,	      /* with the NUL; longer ones end in "…" (gp_sanitise()) */
	GP_FACT_USER_AGENT_TEXT = 96,
	GP_FACT_SIGNATURE_TEXT = 96,  /* most are below 70 */
	GP_FACT_NAMES = 16,	      /* fewer distinct names of a day are counted exactly */
	GP_FACT_PENDING = 16,	      /* mail networks at a time that a host may come back to */
	GP_FACT_TTL_CLASSES = 4,
	GP_FACT_RETURN_S = 2 * 3600,  /* who comes back later gave up */
	GP_FACT_SOON_S = 60,	      /* who comes back sooner did not wait */
	GP_FACT_LATE_S = 30 * 60,     /* dialogues are told at their end: so much longer is waited */
	GP_FACT_IDLE_S = 2 * 86400,   /* then a host is forgotten */
	GP_FACT_SPANS = 4,	      /* distinct mail networks are those of this span and of the three before */
	GP_FACT_SPAN_S = 8 * 3600,
};

/* Different values of one kind: the latest ones, by last_ns. Slots from `used` on hold nothing. */
struct gp_fact_slots {
	struct gp_fact_slot {
		__u64 hash; /* of the whole value, keyed */
		__u64 last_ns;
		__u64 count; /* since it has the slot */
	} of[GP_FACT_SLOTS];
	__u32 used;
	__u32 displaced; /* values that lost their slot; one that came again counts again */
};

/* Different greeting names of one day, in UTC by the packets' time, letter case aside. */
struct gp_fact_names {
	__u64 day;		    /* days since the Unix epoch */
	__u64 hashes[GP_FACT_NAMES]; /* `exact` of them */
	struct gp_hll sketch;
	__u32 exact;
};

/* A mail network that put the host off. */
struct gp_fact_pending {
	struct gp_addr network; /* /24, of IPv6 /48 */
	__u64 since_ns;
};

/* Distinct mail networks of a day: of 24 to 32 hours. A sketch each, as a ring. */
struct gp_fact_networks {
	__u64 span; /* the latest, counted since the Unix epoch */
	struct gp_hll of[GP_FACT_SPANS];
};

struct gp_facts {
	struct gp_addr addr;
	__u64 generation; /* another one: forgotten in between, and counted from zero */
	__u64 first_ns, last_ns; /* least and greatest time of its observations */

	struct gp_fact_slots helo, ja4, signature, user_agent, dialect;
	/* Fit to print (gp_sanitise()); the n-th belongs to the n-th slot. */
	char helo_text[GP_FACT_SLOTS][GP_FACT_HELO_TEXT];
	char ja4_text[GP_FACT_SLOTS][GP_JA4_TEXT];
	char signature_text[GP_FACT_SLOTS][GP_FACT_SIGNATURE_TEXT];
	char user_agent_text[GP_FACT_SLOTS][GP_FACT_USER_AGENT_TEXT];
	__u32 dialect_id[GP_FACT_SLOTS];

	struct gp_fact_names names; /* of the latest day with a greeting */
	__u64 names_before_day;	    /* the day with a greeting before that one, and its number of names; 0, 0 without */
	__u32 names_before;

	__u64 put_off;	    /* by so many mail networks, each time that it came */
	__u64 came_back;    /* to one of them within GP_FACT_RETURN_S */
	__u64 came_back_soon; /* those of came_back that did not wait GP_FACT_SOON_S */
	__u64 gave_up;
	__u64 forgotten;    /* of put_off, because more than GP_FACT_PENDING were waited for: not known */
	struct gp_fact_pending pending[GP_FACT_PENDING]; /* in no order */
	__u32 pending_count; /* put_off = came_back + gave_up + forgotten + pending_count */

	__u64 ttl_classes[GP_FACT_TTL_CLASSES]; /* SYNs and SYN-ACKs with 32, 64, 128, 255 */
	__u64 tools[GP_TOOLS];			/* SYNs that bear a mark of that tool; [GP_TOOL_NONE]: of none */
	struct gp_mail_tally mail;		/* dialogues with mail servers */
	struct gp_fact_networks networks;	/* that these were in, and all its other proved flows to mail servers */
	__u32 served;				/* mails that it took as a mail server */
	struct gp_network_set served_to;	/* networks that they came from */
};

struct gp_host_facts;

/**
 * gp_host_facts_open() - an empty memory.
 * @max_hosts: at least 1; about 3 kB each, taken from the system when first used.
 * @secret:    of the hashes.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_host_facts_open(struct gp_host_facts **out, __u32 max_hosts, const __u64 secret[2]);

/* A HELO or EHLO name as it was sent. */
void gp_host_facts_helo(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns, const void *name, size_t len);

/* A ClientHello's fingerprint, as gp_ja4() wrote it; the empty string is no observation. */
void gp_host_facts_ja4(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns, const char *ja4);

/* A SYN that the host sent; of a SYN-ACK the TTL's class only, because what it offers follows the SYN. */
void gp_host_facts_signature(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			     const struct gp_tcp_signature *signature);

void gp_host_facts_dialect(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns, __u32 id);

/* The value of a User-Agent field as it was sent. */
void gp_host_facts_user_agent(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns, const void *value,
			      size_t len);

/**
 * gp_host_facts_contact() - a mail flow began.
 * @time_ns: of its first segment.
 *
 * A return after a put-off, unless it began before that: several flows at a time are usual, and may be told in any
 * order.
 */
void gp_host_facts_contact(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server);

/**
 * gp_host_facts_put_off() - a server's 4xx to a recipient, a sender, data, or a connection.
 *
 * More of them before the host comes back to that network are the same one, and the two hours run from the last.
 */
void gp_host_facts_put_off(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server);

/* A dialogue on port 25; the tally has the rest of what it tells. @time_ns: of its end. */
void gp_host_facts_mail(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			const struct gp_mail_facts *mail, const struct gp_addr *server);

/* A proved flow to a mail server, whether or not it was heard. @time_ns: of its beginning. */
void gp_host_facts_network(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server);

/* The host took a mail, as a server. */
void gp_host_facts_served(struct gp_host_facts *facts, const struct gp_addr *host, __u64 time_ns,
			  const struct gp_addr *client);

/* Distinct mail networks of the last 24 to 32 hours, estimated. */
double gp_facts_networks(const struct gp_facts *host, __u64 now_ns);

/**
 * gp_host_facts_expire() - time passes: who has not come back gave up, hosts long idle are forgotten.
 * @now_ns: by the clock of the observations.
 */
void gp_host_facts_expire(struct gp_host_facts *facts, __u64 now_ns);

/* Return: what is known of a host, up to the next call that takes facts; NULL when nothing is. */
const struct gp_facts *gp_host_facts_get(const struct gp_host_facts *facts, const struct gp_addr *host);

/* Distinct greeting names of a day; 0 for a day other than the last two with a greeting. Exact below GP_FACT_NAMES, else
 * with a standard error of 13 %. A name that is told after one of a later day does not count. */
__u32 gp_facts_names(const struct gp_facts *host, __u64 day);

/* Hosts now; hosts that had to make room for others since open. */
__u32 gp_host_facts_hosts(const struct gp_host_facts *facts);
__u64 gp_host_facts_displaced(const struct gp_host_facts *facts);

void gp_host_facts_close(struct gp_host_facts *facts);

#endif
