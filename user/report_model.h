/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: the world summed up into the rows that every format prints. */
#ifndef GATEPOST_REPORT_MODEL_H
#define GATEPOST_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "networks.h"
#include "report.h"
#include "report_rows.h"

/* Those that people look for first stand first. */
extern const enum gp_service gp_service_order[GP_SERVICES];

/* What the judge says. Borrowed. */
struct gp_verdicts {
	const struct gp_finding *findings;
	int finding_count;
	const struct gp_range_finding *ranges;
	int range_count;
	const struct gp_asymmetry *asymmetries;
	int asymmetry_count;
	const struct gp_suppressed *suppressed_hosts, *suppressed_ranges; /* left out of the above */
	int suppressed_host_count, suppressed_range_count;
};

struct gp_coverage {
	struct gp_totals totals; /* received and unparsed: with the frames that no engine saw */
	struct gp_count unparsed, overflow; /* their sums */
	struct gp_count beyond;		    /* of cells that found no room in the world */
	struct gp_count in_flight;	    /* live: received, and not at the owner yet */
	struct gp_count accounted;	    /* owners + beyond + overflow + unparsed + in flight */
	__s64 unaccounted_packets, unaccounted_bytes; /* received - accounted */
	__u64 live_slack; /* packets that arrived while the sums were taken, and those that the caller allows for */
	__u64 wire_bytes; /* live, nothing is cut off: what was seen is what was on the wire */
	__u64 outside_folded;
};

#define GP_NO_HOST 0xffffffffu /* an inside slot whose owner only ever moved bulk data: it has no record */

/* One entry of the host list: a finding, or (--all) a host without any. */
struct gp_listed {
	__u32 id;   /* of the host in the world, or GP_NO_HOST */
	__u32 slot; /* of an inside host */
	struct gp_addr addr;
	__u8 bits;
	__u8 role; /* enum gp_role */
	const struct gp_finding *finding; /* borrowed; NULL without a verdict */
};

struct gp_model {
	const struct gp_report *report;
	const struct gp_verdicts *verdicts;
	struct gp_coverage coverage;
	struct gp_service_sum services[GP_SERVICES];
	struct gp_rows rows; /* by packets, then address; rest, beyond and overflow last */
	struct gp_listed *listed; /* by address, then kind */
	size_t listed_count, listed_capacity;
	__u64 hosts; /* that own packets or tried to open a flow */
	struct gp_networks *network_sums;
	const struct gp_network *networks; /* network_count of them, borrowed from the sums */
	int network_count;
	const struct gp_watched **watched; /* by host */
	size_t watched_count;
};

/**
 * gp_model_open() - read the world once and sum it up.
 * @report, @verdicts: borrowed until close.
 *
 * Each counter is read once, so the sums agree with each other even while the data plane goes on counting.
 * Return: 0, -ENOMEM, or -EINVAL when a finding names a host that does not exist.
 */
int gp_model_open(struct gp_model **out, const struct gp_report *report, const struct gp_verdicts *verdicts);
void gp_model_close(struct gp_model *model);

/* gp_model_open_listed() - the same without the sums: only hosts with a verdict. The world is not read through. */
int gp_model_open_listed(struct gp_model **out, const struct gp_report *report, const struct gp_verdicts *verdicts);

/* What the report's judge says now; all empty without one. Return: 0, or -ENOMEM. */
int gp_report_verdicts(struct gp_verdicts *out, const struct gp_report *report);

/* The record of a listed host; one without any counter when it has none. Borrowed until the world changes. */
const struct gp_host *gp_listed_host(const struct gp_model *model, const struct gp_listed *listed);

/* The class of an inside host; NULL without one. */
const struct gp_class *gp_listed_class(const struct gp_model *model, const struct gp_listed *listed);

/* What a listed host has counted as an owner, and its flows, by service. @traffic: out, whole. */
void gp_listed_sums(const struct gp_model *model, const struct gp_listed *listed, struct gp_traffic *traffic,
		    struct gp_service_sum services[GP_SERVICES]);

/* gp_report_write() with the verdicts handed in. */
int gp_report_write_verdicts(FILE *stream, const struct gp_report *report, const struct gp_verdicts *verdicts,
			     enum gp_format format);

/* Where a format writes to: the first failure is kept, and nothing is written after it. */
struct gp_sink {
	FILE *stream;
	int err; /* -errno */
};

void gp_sink_write(struct gp_sink *sink, const char *data, size_t len);
void gp_sink_print(struct gp_sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Both leave a failure, out of memory included, in sink->err. */
void gp_report_json(struct gp_sink *sink, const struct gp_model *model, bool indented);
void gp_report_text(struct gp_sink *sink, const struct gp_model *model);

/* One of the report's lists, as JSON in one line: "[...]". */
enum gp_report_list {
	GP_REPORT_HOSTS,
	GP_REPORT_RANGES,
	GP_REPORT_NETWORKS,
};

void gp_report_json_list(struct gp_sink *sink, const struct gp_model *model, enum gp_report_list list);

/* The member coverage, services: as JSON in one line, "{...}". */
void gp_report_json_coverage(struct gp_sink *sink, const struct gp_model *model);
void gp_report_json_services(struct gp_sink *sink, const struct gp_model *model);

/* Kinds of findings that a known-good list left out, hosts first. */
static inline size_t gp_model_suppressed_count(const struct gp_model *model)
{
	return (size_t)(model->verdicts->suppressed_host_count + model->verdicts->suppressed_range_count);
}

/* Packets that were wanted as samples and not taken. */
__u64 gp_coverage_evidence_lost(const struct gp_coverage *coverage);

#endif
