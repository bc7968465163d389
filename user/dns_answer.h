/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to the DNS and what came back, whoever asked: a live resolver (dns.h) or a file of recorded answers
 * (dns_file.h). Every name and text in an answer is a stranger's, and bounded.
 */
#ifndef GATEPOST_DNS_ANSWER_H
#define GATEPOST_DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#define GP_DNS_NAME 254u     /* RFC 1035, 2.3.4: 255 octets on the wire are 253 characters; and the NUL */
#define GP_DNS_RECORDS 32u   /* kept of an answer */
#define GP_DNS_BYTES 8192u   /* likewise, in all */
#define GP_DNS_TEXT 4096u    /* of one TXT record; a longer one is not kept */

/* RFC 1035, 3.2.2; RFC 3596, 2.1. */
enum gp_dns_type {
	GP_DNS_A = 1,
	GP_DNS_PTR = 12,
	GP_DNS_MX = 15,
	GP_DNS_TXT = 16,
	GP_DNS_AAAA = 28,
};

enum gp_dns_status {
	GP_DNS_FOUND,	/* at least one record */
	GP_DNS_EMPTY,	/* the name exists, without a record of that type */
	GP_DNS_NO_NAME, /* NXDOMAIN */
	GP_DNS_FAILED,	/* time-out, SERVFAIL, anything else: nobody knows */
};

struct gp_dns_question {
	char name[GP_DNS_NAME]; /* lower case, without a dot at its end */
	__u16 type;		/* enum gp_dns_type */
};

/* Zero is an answer without records; gp_dns_answer_free() ends it. */
struct gp_dns_answer {
	__u8 status; /* enum gp_dns_status */
	__u8 count;
	bool more;   /* there were records that did not fit */
	__u32 ttl_s; /* the least of them all */
	__u32 ends[GP_DNS_RECORDS]; /* in data */
	char *data;
};

/**
 * gp_dns_question_set() - @name of len bytes as a question.
 *
 * Lower case, a dot at its end left out. Return: false when it is no name: empty, too long, with an empty or too long
 * label, or with a byte that is no printable ASCII character, or a backslash, which libraries take for an escape.
 */
bool gp_dns_question_set(struct gp_dns_question *question, const char *name, size_t len, enum gp_dns_type type);

/* The name that the PTR record of an address has (RFC 1035, 3.5; RFC 3596, 2.5). */
void gp_dns_question_reverse(struct gp_dns_question *question, const struct gp_addr *addr);

/**
 * gp_dns_answer_add() - one more record.
 * @data: A and AAAA: struct gp_addr, IPv4 mapped; PTR and MX: a name; TXT: its strings joined.
 *
 * The same record twice is one. Of TXT only what begins with "v" is kept (RFC 7208, 4.5; RFC 7489, 6.3): a name with a
 * hundred texts for others is no reason to miss the one that matters. Return: false when out of memory.
 */
bool gp_dns_answer_add(struct gp_dns_answer *answer, enum gp_dns_type type, const void *data, size_t len);

/* The n-th record. */
const char *gp_dns_answer_record(const struct gp_dns_answer *answer, unsigned n, size_t *len);

/* The n-th record of an answer of type A or AAAA. */
struct gp_addr gp_dns_answer_addr(const struct gp_dns_answer *answer, unsigned n);

void gp_dns_answer_free(struct gp_dns_answer *answer);

/* "A", "TXT". */
const char *gp_dns_type_name(enum gp_dns_type type);

/* Whoever answers questions. */
struct gp_resolver {
	/*
	 * Return: the answer, valid until the next call; NULL: it is being asked for, come again. @now_ns: any clock that
	 * never runs back, always the same.
	 */
	const struct gp_dns_answer *(*get)(void *context, const struct gp_dns_question *question, __u64 now_ns);
	void *context;
};

#endif
