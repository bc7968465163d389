/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: what the operator's lists brought to light. */
#ifndef GATEPOST_REPORT_WATCHED_H
#define GATEPOST_REPORT_WATCHED_H

#include <json-c/json.h>

#include "report_model.h"

/*
 * The entries of "lists", "watched" and "suppressed" (docs/report.schema.json); the caller's. @i: below the number of each.
 * Return: NULL when out of memory.
 */
json_object *gp_report_list(const struct gp_model *model, size_t i);
json_object *gp_report_watched(const struct gp_model *model, size_t i);
json_object *gp_report_suppressed(const struct gp_model *model, size_t i);

/* Sorts what is watched, by host; gp_model_close() frees it. Return: 0, or -ENOMEM. */
int gp_model_watched_open(struct gp_model *model);

void gp_report_watched_text(struct gp_sink *sink, const struct gp_model *model);

#endif
