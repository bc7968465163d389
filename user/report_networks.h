/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: the ranking of networks, and whose an address is. */
#ifndef GATEPOST_REPORT_NETWORKS_H
#define GATEPOST_REPORT_NETWORKS_H

#include <json-c/json.h>

#include "report_model.h"

/* Before the world is summed up: whose hosts are confirmed. Return: 0, or -ENOMEM. */
int gp_model_networks_open(struct gp_model *model);

/* A host that is active. */
void gp_model_networks_active(struct gp_model *model, const struct gp_listed *host);

/* Behind the sums: the table. */
void gp_model_networks_rank(struct gp_model *model);

/* One entry of "networks" (docs/report.schema.json); the caller's. Return: NULL when out of memory. */
json_object *gp_report_network(const struct gp_model *model, const struct gp_network *network);

/* The members asn and organisation, where a table knows the address. Return: false when out of memory. */
bool gp_report_put_as(json_object *object, const struct gp_as_table *table, const struct gp_addr *addr);

void gp_report_networks_text(struct gp_sink *sink, const struct gp_model *model);

#endif
