/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dialogues as NDJSON: one object, one line, per flow. */
#ifndef GATEPOST_DIALOGUE_JSON_H
#define GATEPOST_DIALOGUE_JSON_H

#include <stdio.h>

#include "dialogue.h"

/**
 * gp_dialogue_write() - one flow's object ("schema": "gatepost.dialogue/1"), with a line end.
 * @end: how the flow ended.
 * @offset_ns: what is to be added to its times to get the time since the Unix epoch.
 *
 * Everything out of packets is made valid UTF-8 first. Return: 0, -ENOMEM, or -errno of writing.
 */
int gp_dialogue_write(FILE *out, const struct gp_dialogue *d, enum gp_stream_end end, __s64 offset_ns);

#endif
