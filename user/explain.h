/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How one host came to its verdict, or to none: what the judge thinks of it, whenever that changes. */
#ifndef GATEPOST_EXPLAIN_H
#define GATEPOST_EXPLAIN_H

#include <stdio.h>

#include "judge.h"
#include "report.h"

struct gp_explain;

/**
 * gp_explain_open() - begin to follow a host.
 * @addr: of it, or any address of a subscriber's prefix.
 * @stream: lines go there: as text for people, or with GP_FORMAT_JSON and GP_FORMAT_NDJSON one object each (schema
 *          gatepost.explain/1, docs/gatepost.8). Borrowed until close, as @world and @judge.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_explain_open(struct gp_explain **out, const struct gp_addr *addr, FILE *stream, enum gp_format format,
		    const struct gp_world *world, struct gp_judge *judge);

/* To be called behind each tick of the judge. Return: 0, or -errno of the stream. */
int gp_explain_look(struct gp_explain *explain, __u64 now_ns);

/* The reasons at the end: those of the report where it has a verdict, and why it has none where much speaks for one. Return: 0, or -errno of the stream. */
int gp_explain_finish(struct gp_explain *explain, __u64 now_ns);

void gp_explain_close(struct gp_explain *explain);

#endif
