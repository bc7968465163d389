/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host said over time, as a part of its entry in the report. */
#ifndef GATEPOST_REPORT_HEARD_H
#define GATEPOST_REPORT_HEARD_H

#include <json-c/json.h>

#include "host_facts.h"

/* The member "heard" (docs/report.schema.json); the caller's. Return: NULL when out of memory. */
struct json_object *gp_report_heard(const struct gp_facts *facts);

#endif
