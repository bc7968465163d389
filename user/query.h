/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question to a running agent, as it comes over the control socket (a line of JSON) or over HTTP (a path and
 * arguments). Pure: what was asked, or why it cannot be. docs/api.md describes both forms.
 */
#ifndef GATEPOST_QUERY_H
#define GATEPOST_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "judge.h"

enum gp_query_name {
	GP_QUERY_STATUS,
	GP_QUERY_HOSTS,
	GP_QUERY_RANGES,
	GP_QUERY_NETWORKS,
	GP_QUERY_REPORT,
	GP_QUERY_EXPLAIN,
	GP_QUERY_METRICS,
	GP_QUERY_HEALTH,
	GP_QUERY_RELOAD, /* changes something: not over HTTP */
	GP_QUERY_NAMES,
};

enum gp_query_format {
	GP_QUERY_JSON,
	GP_QUERY_NDJSON, /* one line */
	GP_QUERY_TEXT,	 /* for people */
};

/* What a query may ask for. */
enum gp_query_parameter {
	GP_PARAMETER_SINCE,
	GP_PARAMETER_UNTIL,
	GP_PARAMETER_FORMAT,
	GP_PARAMETER_ADDRESS,
	GP_PARAMETER_KIND,
	GP_PARAMETER_VERDICT,
	GP_PARAMETER_LIMIT,
	GP_PARAMETERS,
};

#define GP_QUERY_LINE_MAX 65536u /* bytes of a line of JSON */
#define GP_QUERY_VALUE_MAX 128u	 /* bytes of a parameter's value */
#define GP_QUERY_LIMIT 1000u	 /* entries of a list, unless another number is asked for */
#define GP_QUERY_LIMIT_MAX 20000u
#define GP_QUERY_ERROR 1024 /* bytes of an error: several of a configuration fit */

struct gp_query {
	enum gp_query_name name;
	unsigned given; /* bit per enum gp_query_parameter */
	__u64 since_ns, until_ns; /* since the Unix epoch; since_ns is 0 and until_ns the end of time when not given */
	enum gp_query_format format;
	struct gp_addr addr;
	unsigned kinds;	      /* of the query's own enum: bit per gp_kind, of ranges bit per gp_range_kind; all when not given */
	unsigned range_kinds; /* a report lists both */
	enum gp_verdict verdict; /* this one only; GP_VERDICT_NONE when not given */
	__u32 limit;
};

/* Why a question cannot be answered: one line of clean text that names the parameter and the remedy. */
struct gp_query_error {
	int status; /* as HTTP has it: 400, 404 for a name that does not exist, 413 for what is too long */
	char text[GP_QUERY_ERROR];
};

/* One "key=value" of a URL, percent-decoded. */
struct gp_query_argument {
	const char *key, *value; /* value may be NULL: "?limit" */
};

/**
 * gp_query_from_json() - read a line of the control socket.
 * @line: len bytes, with or without the line's end; {"query":"hosts","since":"-1h","limit":10}.
 * @now_ns: since the Unix epoch; what "-1h" counts from.
 *
 * One object of strings and numbers and nothing behind it; no member twice, none that the query does not know.
 * Return: 0, or -EINVAL with @error filled in. -ENOMEM likewise.
 */
int gp_query_from_json(struct gp_query *out, const char *line, size_t len, __u64 now_ns, struct gp_query_error *error);

/**
 * gp_query_from_url() - read an address of the HTTP interface.
 * @path: percent-decoded: "/api/v1/hosts", "/api/v1/explain/192.0.2.7", "/metrics", "/healthz".
 *
 * Return: as gp_query_from_json(). The query that changes something does not exist here.
 */
int gp_query_from_url(struct gp_query *out, const char *path, const struct gp_query_argument *arguments, size_t count,
		      __u64 now_ns, struct gp_query_error *error);

/**
 * gp_query_begin() - a question without parameters; gp_query_set() adds each, gp_query_check() looks at the whole.
 *
 * Return: 0, or -EINVAL with @error filled in, each of them.
 */
int gp_query_begin(struct gp_query *out, const char *name, struct gp_query_error *error);
int gp_query_set(struct gp_query *query, const char *key, const char *value, __u64 now_ns, struct gp_query_error *error);
int gp_query_check(const struct gp_query *query, struct gp_query_error *error);

/* gp_query_fail() - fills @error in, the text cleaned and cut. Return: -EINVAL. */
int gp_query_fail(struct gp_query_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* gp_query_clean() - an error's text made fit for a terminal and cut between characters; clean text stays as it is. */
void gp_query_clean(char out[GP_QUERY_ERROR], const char *text);

/* "status", "since". Static strings. */
const char *gp_query_name(enum gp_query_name name);
const char *gp_query_parameter_name(enum gp_query_parameter parameter);

/* Does the query know the parameter? */
bool gp_query_knows(enum gp_query_name name, enum gp_query_parameter parameter);

/* Is its answer some KiB at most, however much traffic there is? */
bool gp_query_is_short(enum gp_query_name name);

#endif
