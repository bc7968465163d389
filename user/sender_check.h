/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mail flows are looked up in the DNS, and when: between what the agent hears (witness.h) and whoever answers
 * (dns.h, dns_file.h). All flows of hosts under suspicion, of others every so many-th; one address and domain once an
 * hour; so many at a time. What finds no room is left out: it is a sample.
 */
#ifndef GATEPOST_SENDER_CHECK_H
#define GATEPOST_SENDER_CHECK_H

#include "dmarc.h"
#include "senders.h"

enum {
	GP_SENDER_CHECKS = 32,	     /* at a time */
	GP_SENDER_CHECK_AGAIN_S = 3600, /* of the same address and domain */
	GP_SENDER_CHECK_LIMIT_S = 60,   /* then a check has no result */
};

/* A mail flow. Texts are NUL-terminated, borrowed for the call. */
struct gp_sender_case {
	struct gp_addr client;
	struct gp_addr host; /* what the client is reported as */
	bool inside;
	bool suspect;	     /* under suspicion */
	const char *domain;  /* of MAIL FROM; "": of a bounce, so the name in HELO counts */
	const char *helo;
	const char *from;    /* the domain of the field From, or "": then the envelope's */
	__u64 time_ns;	     /* since the Unix epoch */
};

struct gp_sender_opinion {
	struct gp_addr client, host;
	bool inside;
	__u64 time_ns;
	char domain[GP_DNS_NAME]; /* that was checked */
	enum gp_spf_result spf;
	enum gp_dmarc_policy policy; /* of the domain in From, where SPF does not pass for it; else GP_DMARC_ABSENT */
};

struct gp_sender_check_options {
	struct gp_resolver resolver;
	__u32 every; /* of flows without suspicion, each so many-th */
	__u64 secret;
	/* A check has ended. */
	void (*opinion)(void *context, const struct gp_sender_opinion *opinion);
	/* So has a look at a PTR record; @name: "" without. */
	void (*ptr)(void *context, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name);
	void *context;
};

struct gp_sender_check_count {
	__u64 offered, checked, crowded, timed_out; /* crowded: no room; it is not checked */
};

struct gp_sender_check;

/* Return: 0, or -ENOMEM. */
int gp_sender_check_open(struct gp_sender_check **out, const struct gp_sender_check_options *options);

/*
 * A mail flow that may be checked. Never one of an address that no DNS knows anything about (RFC 6890: private, shared,
 * link-local ones): what is behind NAT sends under another address. Results may come during the call.
 */
void gp_sender_check_offer(struct gp_sender_check *check, const struct gp_sender_case *c, __u64 now_ns);

/* The name of a client, by its PTR record, if that leads back to it. */
void gp_sender_check_ptr(struct gp_sender_check *check, const struct gp_addr *client, __u64 now_ns);

/* Goes on with what has been answered. @now_ns: the resolver's clock. */
void gp_sender_check_step(struct gp_sender_check *check, __u64 now_ns);

struct gp_sender_check_count gp_sender_check_count(const struct gp_sender_check *check);

void gp_sender_check_close(struct gp_sender_check *check);

#endif
