/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of the links of delivered mails, as a part of the report. */
#ifndef GATEPOST_REPORT_MAIL_LINKS_H
#define GATEPOST_REPORT_MAIL_LINKS_H

#include <json-c/json.h>

#include "report_model.h"
#include "web_statistics.h"

/* Return: whether there was any link. */
bool gp_report_mail_links(struct gp_web_statistics *out, const struct gp_model *model);

/* The member "mail_links" (docs/report.schema.json); the caller's. Return: NULL when out of memory. */
struct json_object *gp_report_mail_links_json(const struct gp_web_statistics *statistics);

/* A few lines of text; nothing when there was no link. */
void gp_report_mail_links_text(struct gp_sink *sink, const struct gp_model *model);

#endif
