/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: prefixes that are seen in one direction. */
#ifndef GATEPOST_REPORT_ROUTING_H
#define GATEPOST_REPORT_ROUTING_H

#include <json-c/json.h>

#include "report_model.h"

/* coverage.one_direction; NULL when out of memory. To be released by the caller. */
json_object *gp_report_one_direction(const struct gp_model *model);

/* Lines for people; nothing where both directions are seen. */
void gp_report_print_one_direction(struct gp_sink *sink, const struct gp_model *model);

#endif
