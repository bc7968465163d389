/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is answered to a query: a text that grows within a bound, its type, and how it went. */
#ifndef GATEPOST_ANSWER_H
#define GATEPOST_ANSWER_H

#include <stddef.h>
#include <stdio.h>

#include "query.h"

#define GP_ANSWER_MAX (32u << 20) /* bytes of text */

#define GP_TYPE_JSON "application/json"
#define GP_TYPE_NDJSON "application/x-ndjson"
#define GP_TYPE_TEXT "text/plain; charset=utf-8"
#define GP_TYPE_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

/* Zero is an empty one; gp_answer_free() ends it. */
struct gp_answer {
	char *text; /* len bytes, not terminated */
	size_t len, capacity;
	const char *type; /* static; NULL: GP_TYPE_JSON */
	int status;	  /* as HTTP has it; 0 and 200 are success. Otherwise @error tells why, and the text is not sent */
	int err;	  /* -ENOMEM, or -EFBIG: the text does not fit; nothing was added since */
	char error[GP_QUERY_ERROR];
};

/**
 * gp_answer_fn - fills in the answer to a query.
 *
 * Return: 0, or -errno: the query was understood and could not be answered. @out->status and @out->error say more when
 * gp_answer_fail() was called; otherwise it is 500 and the errno's text.
 */
typedef int gp_answer_fn(void *context, const struct gp_query *query, struct gp_answer *out);

/* Adds bytes. A failure is kept in @answer->err. */
void gp_answer_write(struct gp_answer *answer, const void *data, size_t len);
void gp_answer_print(struct gp_answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* gp_answer_fail() - says that it cannot be answered; clean text. Return: -EINVAL. */
int gp_answer_fail(struct gp_answer *answer, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* gp_answer_stream() - a stream whose text goes to the answer; fclose() before the answer is used. NULL: out of memory. */
FILE *gp_answer_stream(struct gp_answer *answer);

/**
 * gp_answer_ask() - call a gp_answer_fn and settle how it went.
 *
 * Afterwards @out->status is set: 200, or another with @out->error and without text; it keeps no more memory than it needs.
 */
void gp_answer_ask(gp_answer_fn *answer, void *context, const struct gp_query *query, struct gp_answer *out);

void gp_answer_free(struct gp_answer *answer);

#endif
