/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments in, dialogues out: one line of NDJSON per flow, when it ends. */
#ifndef GATEPOST_TELLING_H
#define GATEPOST_TELLING_H

#include <stdio.h>

#include "config.h"
#include "segment.h"

struct gp_telling;

/**
 * gp_telling_open() - nothing has been said yet.
 * @config: ports, and the secret of the hash; borrowed until close.
 * @stream: where dialogues go; NULL: they are read, and nobody is told.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_telling_open(struct gp_telling **out, const struct gp_config *config, FILE *stream);

/* What is to be added to the segments' clock to get the time since the Unix epoch; 0 without being called. */
void gp_telling_clock(struct gp_telling *telling, __s64 offset_ns);

/**
 * gp_telling_segment() - one segment, in the order in which they were seen (user/streams.h).
 *
 * Return: 0; -ENOMEM, when the segment was not taken; or the first -errno of writing, from then on.
 */
int gp_telling_segment(struct gp_telling *telling, const struct gp_segment *segment);

/* What has been said so far goes out. Return: 0, or the first -errno of writing (logged once). */
int gp_telling_flush(struct gp_telling *telling);

/* The input has ended, and all flows with it. Return: as gp_telling_flush(). */
int gp_telling_finish(struct gp_telling *telling);

/* Flows that are still open are told as such, unless gp_telling_finish() has done that. */
void gp_telling_close(struct gp_telling *telling);

#endif
