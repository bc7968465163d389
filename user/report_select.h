/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of a report, for whoever asks a running agent: some hosts, some ranges, one host, the figures. */
#ifndef GATEPOST_REPORT_SELECT_H
#define GATEPOST_REPORT_SELECT_H

#include "report_model.h"

/* Which hosts and ranges. Sums, prefixes and networks are those of all. */
struct gp_selection {
	__u64 since_ns, until_ns; /* the data plane's clock: active at any time between, ends included */
	unsigned kinds;		  /* bit per enum gp_kind */
	unsigned range_kinds;	  /* bit per enum gp_range_kind */
	enum gp_verdict verdict;  /* this one only; GP_VERDICT_NONE: any */
	size_t limit;		  /* entries of each list; the first ones */
};

/* All of them. */
extern const struct gp_selection gp_selection_all;

/**
 * gp_report_write_selected() - gp_report_write() with some hosts and ranges only.
 *
 * Hosts without a verdict (report->all) are chosen by time and limit. Return: as gp_report_write().
 */
int gp_report_write_selected(FILE *stream, const struct gp_report *report, enum gp_format format,
			     const struct gp_selection *selection);

/**
 * gp_report_write_list() - one of its lists, as members of a JSON object in one line: "matching":3,"hosts":[...].
 *
 * matching counts what was selected before the limit. Return: as gp_report_write().
 */
int gp_report_write_list(FILE *stream, const struct gp_report *report, enum gp_report_list list,
			 const struct gp_selection *selection);

/* gp_report_write_host() - an entry of hosts for one host of the world, verdict or not. @id: gp_world_find(). */
int gp_report_write_host(FILE *stream, const struct gp_report *report, __u32 id);

/* What a report adds up, for status and metrics. */
struct gp_figures {
	struct gp_coverage coverage;
	struct gp_service_sum services[GP_SERVICES];
	__u64 hosts;			       /* that own packets or tried to open a flow */
	__u64 states[GP_STATES][GP_KINDS];     /* gp_judge_states() */
	__u64 verdicts[GP_VERDICT_CONFIRMED + 1]; /* findings on hosts */
	__u64 ranges[GP_RANGE_KINDS];
};

/**
 * gp_report_figures() - sum up the world as it is.
 * @sums: NULL, or where to write the members "coverage":{...},"services":{...} of an object in one line.
 *
 * Return: as gp_report_write().
 */
int gp_report_figures(struct gp_figures *out, const struct gp_report *report, FILE *sums);

#endif
