/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Senders of mail as a section of the report. */
#ifndef GATEPOST_REPORT_SENDERS_H
#define GATEPOST_REPORT_SENDERS_H

#include <json-c/json.h>

#include "report_model.h"
#include "senders.h"

/**
 * gp_report_senders() - the member "senders" (docs/report.schema.json).
 * @witness: may be NULL.
 *
 * Return: the caller's; NULL when there is nobody to tell of, or when out of memory (*err is -ENOMEM then).
 */
struct json_object *gp_report_senders(const struct gp_witness *witness, int *err);

/* The same for people: a sentence each. Nothing when there is nobody. */
void gp_report_senders_text(struct gp_sink *sink, const struct gp_witness *witness);

#endif
