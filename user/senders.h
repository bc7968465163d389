/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who delivers mail from outside: by prefix (/24, of IPv6 /48), who it says it is, where it is, how it behaves. A
 * description, never a verdict: a sender for somebody else's domain without a PTR record is no offender for that alone.
 * Fed by dialogues whose client proved itself. Bounded: so many prefixes, the one that was quiet for longest makes room;
 * of each kind of name the four latest. Time comes with the observations, since the Unix epoch.
 */
#ifndef GATEPOST_SENDERS_H
#define GATEPOST_SENDERS_H

#include "dmarc.h"
#include "mail_facts.h"

struct gp_sender_limits {
	__u32 prefixes;	 /* remembered at a time; about 4 kB each */
	__u32 min_mails; /* that make a sender worth a line */
	__u32 rows;	 /* of a report */
};

enum {
	GP_SENDER_NAMES = 4,
	GP_SENDER_TEXT = 64,	/* with the NUL; longer ones end in "…" (gp_sanitise()) */
	GP_SENDER_BULK = 100,	/* mails that are called bulk */
	GP_SENDER_SENTENCE = 640,
	GP_SENDER_PTR_S = 86400, /* a PTR record is looked at again after a day */
};

/* The latest different values of one kind. */
struct gp_sender_names {
	struct gp_sender_name {
		__u64 hash; /* of the whole value, keyed */
		__u64 last_ns;
		__u64 count; /* since it has the place */
		char text[GP_SENDER_TEXT]; /* fit to print */
	} of[GP_SENDER_NAMES];
	__u32 used;
	struct gp_hll distinct;
};

enum gp_sender_ptr {
	GP_PTR_UNKNOWN,	    /* not asked, or nobody answered */
	GP_PTR_ABSENT,
	GP_PTR_UNCONFIRMED, /* a name that does not have the address */
	GP_PTR_CONFIRMED,
	GP_PTRS,
};

struct gp_sender {
	struct gp_addr addr; /* masked to bits */
	__u8 bits;	     /* of 128 */
	__u64 first_ns, last_ns;
	struct gp_hll hosts; /* its addresses */
	__u64 dialogues;
	__u64 mails;	     /* taken by a server here, as far as replies or sizes tell */
	__u64 turned_away;   /* dialogues in which a server refused and took nothing */
	__u64 recipients_accepted, recipients_refused, recipients_deferred; /* by replies in the clear */
	__u64 tls, clear;    /* dialogues with STARTTLS; mail sent without it although it was offered */
	__u64 hours;	     /* with mail, different ones */
	__u32 hours_of_day;  /* bit n: hour n, UTC */
	__u64 last_hour;     /* since the Unix epoch, + 1 */
	__u64 foreign;	     /* mails of a domain that its greeting is not of; of those that have both */
	__u64 matched;	     /* and the others */
	struct gp_sender_names helo, envelope, from, message_id, dialect;
	__u64 spf[GP_SPF_RESULTS];	/* mail flows by result; all 0: never looked at */
	__u64 dmarc[GP_DMARC_POLICIES]; /* policies of those whose result was fail or softfail */
	enum gp_sender_ptr ptr;		/* of its latest address that was looked at */
	__u64 ptr_asked_ns;
	char ptr_name[GP_SENDER_TEXT];
};

struct gp_senders;

/* Return: 0, or -ENOMEM. @secret: of the hashes. */
int gp_senders_open(struct gp_senders **out, const struct gp_sender_limits *limits, const __u64 secret[2]);

/**
 * gp_senders_mail() - a mail dialogue of a client outside has ended.
 * @d:	   for its mails' heads. @facts: of that dialogue.
 * @time_ns: when it began.
 */
void gp_senders_mail(struct gp_senders *senders, const struct gp_dialogue *d, const struct gp_mail_facts *facts,
		     __u64 time_ns);

/* What SPF says of one flow of this client, and what its domain wants done by DMARC where SPF does not pass. */
void gp_senders_spf(struct gp_senders *senders, const struct gp_addr *client, enum gp_spf_result result,
		    enum gp_dmarc_policy policy);

/* Is the PTR record of this client to be looked at now? True once in GP_SENDER_PTR_S for a prefix. */
bool gp_senders_wants_ptr(struct gp_senders *senders, const struct gp_addr *client, __u64 time_ns);
void gp_senders_ptr(struct gp_senders *senders, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name);

/**
 * gp_senders_list() - those with min_mails or more, delivered or turned away; most first, `rows` at most.
 * @out: to be freed by the caller; its entries are valid until the next call that takes senders.
 *
 * Return: how many, or -ENOMEM.
 */
int gp_senders_list(const struct gp_senders *senders, const struct gp_sender ***out);

/**
 * gp_sender_sentence() - who it claims to be, from where, how it behaves.
 *
 * Names stand in quotation marks, visible characters only, none of them a quotation mark itself. Return: @out.
 */
const char *gp_sender_sentence(char out[GP_SENDER_SENTENCE], const struct gp_sender *sender);

/* Prefixes now; prefixes that had to make room since open. */
__u32 gp_senders_count(const struct gp_senders *senders);
__u64 gp_senders_displaced(const struct gp_senders *senders);

/* "unknown", "absent", "unconfirmed", "confirmed". */
const char *gp_sender_ptr_name(enum gp_sender_ptr ptr);

/* Where more than half of the mails that tell are of a domain that its greetings are not of. */
bool gp_sender_is_foreign(const struct gp_sender *sender);

void gp_senders_close(struct gp_senders *senders);

#endif
