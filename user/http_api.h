/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP for Prometheus and for scripts: /metrics, /healthz, and the queries of the control socket as JSON below /api/v1/
 * (docs/api.md). Reads only. libmicrohttpd without threads: the agent polls one descriptor and calls gp_http_serve().
 */
#ifndef GATEPOST_HTTP_API_H
#define GATEPOST_HTTP_API_H

#include "answer.h"

#define GP_HTTP_CONNECTIONS 32
#define GP_HTTP_MEMORY 16384u /* bytes of a request's line and headers, and of the answer's headers */
/* Answers that wait to be read, in bytes, beyond which only short ones are made. The one that passes it comes on top. */
#define GP_HTTP_PENDING (2 * GP_ANSWER_MAX)

struct gp_http_options {
	const char *listen; /* "127.0.0.1:9418", "[::1]:9418"; port 0: any that is free. Borrowed until open returns */
	const char *token_file; /* likewise; "" or NULL: there are only /metrics and /healthz */
	gp_answer_fn *answer;
	void *context;
	/* Milliseconds; 0: the default. */
	unsigned connection_ms; /* a connection's whole life: 10 s */
	unsigned metrics_ms;	/* /metrics, which needs no token, is made anew after: 2 s */
	unsigned busy_ms;	/* one call of gp_http_serve() answers queries for: 500 ms. The rest is told to try again, metrics and health apart */
};

struct gp_http_tally {
	__u64 connections;
	__u64 answered; /* status 200 */
	__u64 refused;	/* another status of ours; libmicrohttpd's own refusals are not known */
	__u64 denied;	/* of these: wrong or missing token */
	__u64 timed_out; /* connections */
};

struct gp_http;

/**
 * gp_http_open() - listen.
 *
 * Says so when the address is not of this host alone: nothing is encrypted.
 * Return: 0, or -errno (logged, with the remedy).
 */
int gp_http_open(struct gp_http **out, const struct gp_http_options *options);

/* To be polled for POLLIN. Time-outs make it readable as well. */
int gp_http_fd(const struct gp_http *http);

/* Does what can be done without waiting. */
void gp_http_serve(struct gp_http *http);

/* The port that it listens at. */
unsigned gp_http_port(const struct gp_http *http);

struct gp_http_tally gp_http_count(const struct gp_http *http);

/* NULL is nothing. */
void gp_http_close(struct gp_http *http);

#endif
