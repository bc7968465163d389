/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sender Policy Framework (RFC 7208): may this address send mail for that domain? A pure state machine: it names the
 * question to the DNS that it needs answered, and goes on with the answer.
 */
#ifndef GATEPOST_SPF_H
#define GATEPOST_SPF_H

#include "dns_answer.h"

/* RFC 7208, 2.6. */
enum gp_spf_result {
	GP_SPF_NONE,	  /* no record, or no domain */
	GP_SPF_NEUTRAL,
	GP_SPF_PASS,
	GP_SPF_FAIL,
	GP_SPF_SOFTFAIL,
	GP_SPF_TEMPERROR, /* the DNS did not answer */
	GP_SPF_PERMERROR, /* the record is wrong, or asks too much */
	GP_SPF_RESULTS,
};

enum {
	GP_SPF_LOOKUPS = 10, /* terms that ask the DNS (4.6.4) */
	GP_SPF_VOIDS = 2,    /* of their answers without a record (4.6.4) */
	GP_SPF_NAMES = 10,   /* of an MX or PTR answer (4.6.4) */
	GP_SPF_DEPTH = GP_SPF_LOOKUPS + 1, /* of includes: each is a look-up */
};

enum gp_spf_phase {
	GP_SPF_RUNS,
	GP_SPF_WANTS_RECORD,
	GP_SPF_WANTS_ADDRESSES, /* of a */
	GP_SPF_WANTS_ANY,	/* of exists */
	GP_SPF_WANTS_NAMES,	/* of mx, ptr */
	GP_SPF_WANTS_NAME,	/* the addresses of one of these */
	GP_SPF_DONE,
};

/* A record under evaluation: the domain's own, or an included one. */
struct gp_spf_frame {
	char domain[GP_DNS_NAME];
	char qualifier; /* of the include that waits for the frame above */
	bool redirected;
	__u32 len, at;	/* of record: terms before `at` are done */
	__u32 redirect_at, redirect_len; /* its domain-spec; length 0: none */
	char record[GP_DNS_TEXT];
};

/* About 50 kB; points to nothing, so it may be copied. */
struct gp_spf {
	struct gp_addr ip;
	char local[65];			/* RFC 5321, 4.5.3.1.1 */
	bool local_known;
	char sender[GP_DNS_NAME], helo[GP_DNS_NAME];
	enum gp_spf_phase phase;
	enum gp_spf_result result;
	bool undecided; /* neutral because a record asks for what is not known here */
	struct gp_dns_question question;
	__u32 lookups, voids;
	char qualifier; /* of the mechanism that waits for an answer, and its cidr lengths */
	__u8 cidr4, cidr6;
	bool ptr;
	char target[GP_DNS_NAME]; /* of ptr */
	char names[GP_SPF_NAMES][GP_DNS_NAME];
	__u32 names_count, names_at;
	__u32 depth; /* frames in use; 1 or more while it runs */
	struct gp_spf_frame frames[GP_SPF_DEPTH];
};

/**
 * gp_spf_begin() - check_host() (RFC 7208, 4).
 * @ip:	    who connected.
 * @domain: of MAIL FROM; of an empty one the name in HELO (2.4).
 * @local:  what stands before the "@"; "": nothing did, so it is "postmaster" (4.3); NULL: not known. A record that
 *	    needs it is neutral then: nobody fails for what was not looked at. The same holds for the macro "p".
 * @helo:   the name in HELO or EHLO; may be empty.
 *
 * Texts are NUL-terminated and copied; what is too long is no domain (GP_SPF_NONE).
 */
void gp_spf_begin(struct gp_spf *spf, const struct gp_addr *ip, const char *domain, const char *local, const char *helo);

/* What it needs to know next; NULL: it is done. */
const struct gp_dns_question *gp_spf_wants(const struct gp_spf *spf);

/* The answer to that question. At most 122 of them are asked for: the record, and 10 for each of 10 mx with its own. */
void gp_spf_answer(struct gp_spf *spf, const struct gp_dns_answer *answer);

/* The result, once it is done. */
enum gp_spf_result gp_spf_result(const struct gp_spf *spf);

/* "pass", "permerror". */
const char *gp_spf_result_name(enum gp_spf_result result);

#endif
