/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts on their way back into the data plane: packets of flagged inside hosts bear them as tags. */
#ifndef GATEPOST_TAG_VERDICTS_H
#define GATEPOST_TAG_VERDICTS_H

#include "judge.h"

struct gp_tag_verdicts;

/* The class that a packet is told of a finding: enum gp_verdict_class. */
__u8 gp_tag_class_of(const struct gp_finding *finding);

/**
 * gp_tag_verdicts_open() - nobody is flagged yet.
 * @world: borrowed until close; its memory's hot lines are written to.
 * @expiry_s: whole seconds after which a verdict no longer holds unless it is written again, so that an agent that is
 *            gone flags nobody.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_tag_verdicts_open(struct gp_tag_verdicts **out, const struct gp_world *world, double expiry_s);

/**
 * gp_tag_verdicts_write() - tell the data plane who is flagged, and who is no longer.
 * @findings, @count: of gp_judge_findings(), in ascending order of their hosts. Of several on one host the confirmed one
 *                    counts, then a spam bot before a scanner; those on outside hosts are left out.
 * @now_ns: the data plane's clock.
 *
 * Return: 0, or -ENOMEM (nothing was written).
 */
int gp_tag_verdicts_write(struct gp_tag_verdicts *v, const struct gp_finding *findings, int count, __u64 now_ns);

void gp_tag_verdicts_close(struct gp_tag_verdicts *v);

#endif
