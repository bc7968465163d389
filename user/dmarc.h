/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain wants done with mail that fails its tests: DMARC (RFC 7489), as far as the policy and SPF's half of it
 * go. Signatures (DKIM) are not checked: that a mail fails here says no more than that SPF does not speak for it. Pure.
 */
#ifndef GATEPOST_DMARC_H
#define GATEPOST_DMARC_H

#include "spf.h"

/* RFC 7489, 6.3. */
enum gp_dmarc_policy {
	GP_DMARC_UNKNOWN, /* the DNS did not answer */
	GP_DMARC_ABSENT,  /* no record */
	GP_DMARC_NONE,
	GP_DMARC_QUARANTINE,
	GP_DMARC_REJECT,
	GP_DMARC_POLICIES,
};

struct gp_dmarc_record {
	enum gp_dmarc_policy policy;	/* p */
	enum gp_dmarc_policy subdomains; /* sp; as policy where it is not given */
	bool strict_spf;		/* aspf=s */
};

/**
 * gp_dmarc_parse() - one TXT record.
 *
 * Return: false when it is no DMARC record: no version, no p (6.3). A p or sp of no known value is none (6.6.3).
 */
bool gp_dmarc_parse(struct gp_dmarc_record *out, const char *text, size_t len);

/**
 * gp_organisational_domain() - the part of a name that somebody registered (RFC 7489, 3.2).
 *
 * RFC 7489 asks for a public suffix list. We have none: the last two labels, or three where the last has two letters
 * and the one before it is one of those under which countries register ("co.uk", "com.au"). Wrong for suffixes such as
 * "github.io": such names then share the policy of the suffix, which has hardly ever one, and align with each other.
 * Return: a part of @name.
 */
const char *gp_organisational_domain(const char *name);

/* Policy discovery (6.6.3): the domain's own record, then that of its organisational domain. */
struct gp_dmarc {
	struct gp_dns_question question;
	char domain[GP_DNS_NAME];
	bool done, organisational; /* the second question */
	struct gp_dmarc_record record;
};

/* @domain: of the field From; NUL-terminated, no domain at all is GP_DMARC_ABSENT. */
void gp_dmarc_begin(struct gp_dmarc *dmarc, const char *domain);

/* As gp_spf_wants() and gp_spf_answer(); two questions at most. */
const struct gp_dns_question *gp_dmarc_wants(const struct gp_dmarc *dmarc);
void gp_dmarc_answer(struct gp_dmarc *dmarc, const struct gp_dns_answer *answer);

/* The policy for the domain, once it is done. */
enum gp_dmarc_policy gp_dmarc_policy(const struct gp_dmarc *dmarc);

/* Does SPF speak for the domain (3.1.2)? @sender: the domain that SPF was checked for. */
bool gp_dmarc_spf_passes(const struct gp_dmarc *dmarc, enum gp_spf_result spf, const char *sender);

/* "unknown", "absent", "none", "quarantine", "reject". */
const char *gp_dmarc_policy_name(enum gp_dmarc_policy policy);

#endif
