/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to spf*.c: the terms of a record, and macros. */
#ifndef GATEPOST_SPF_PRIVATE_H
#define GATEPOST_SPF_PRIVATE_H

#include "spf.h"

enum gp_spf_kind {
	GP_SPF_ALL,
	GP_SPF_INCLUDE,
	GP_SPF_A,
	GP_SPF_MX,
	GP_SPF_PTR,
	GP_SPF_IP4,
	GP_SPF_IP6,
	GP_SPF_EXISTS,
	GP_SPF_REDIRECT,
	GP_SPF_EXP,
	GP_SPF_OTHER, /* a modifier that is none of ours (6) */
};

struct gp_spf_term {
	enum gp_spf_kind kind;
	char qualifier;	   /* + - ~ ? */
	const char *spec;  /* domain-spec; length 0: the current domain */
	size_t spec_len;
	__u8 cidr4, cidr6; /* of a and mx: 32 and 128 when not given; of ip4, ip6: the network's */
	struct gp_addr addr; /* of ip4 and ip6 */
};

/**
 * gp_spf_term_next() - the next term of a record (RFC 7208, 12).
 * @at: moved behind it.
 *
 * Return: 1, 0 at the end, -1 on a syntax error.
 */
int gp_spf_term_next(struct gp_spf_term *out, const char **at, const char *end);

enum gp_spf_expansion {
	GP_SPF_EXPANDED,
	GP_SPF_UNKNOWN, /* a macro stands for something that is not known here */
	GP_SPF_NO_NAME, /* what came out is no domain name */
	GP_SPF_SYNTAX,
};

/**
 * gp_spf_expand() - a domain-spec with its macros replaced (RFC 7208, 7).
 * @domain: the current one.
 * @out: NUL-terminated; names too long lose labels from the left (7.3).
 */
enum gp_spf_expansion gp_spf_expand(char out[GP_DNS_NAME], const struct gp_spf *spf, const char *domain,
				    const char *spec, size_t len);

/* Is it a domain-spec, with a top label or a macro at its end? @any: a macro-string will do. */
bool gp_spf_spec_is_valid(const char *spec, size_t len, bool any);

#endif
