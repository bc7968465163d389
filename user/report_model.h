/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: the memory summed up into the rows that every format prints. */
#ifndef GATEPOST_REPORT_MODEL_H
#define GATEPOST_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report.h"

/* struct gp_service_count in 64 bits: the sum over many hosts. */
struct gp_service_sum {
	__u64 packets, bytes;
	__u64 flows, attempts, answered, confirmed;
};

/* Those that people look for first stand first. */
extern const enum gp_service gp_service_order[GP_SERVICES];

struct gp_service_sum gp_service_sum(const struct gp_service_count *count);
void gp_service_add(struct gp_service_sum *sum, const struct gp_service_sum *part);

struct gp_coverage {
	struct gp_totals totals; /* received and unparsed: with the frames that no engine saw */
	struct gp_count unparsed, overflow; /* their sums */
	struct gp_count accounted;	    /* hosts + overflow + unparsed */
	__s64 unaccounted_packets, unaccounted_bytes; /* received - accounted */
	__u64 live_slack; /* packets that arrived while the sums were taken, and those that the caller allows for */
	__u64 wire_bytes; /* live, nothing is cut off: what was seen is what was on the wire */
};

enum gp_row_kind {
	GP_ROW_PREFIX,
	GP_ROW_REST,	 /* all prefixes below the first report->prefix_rows */
	GP_ROW_OVERFLOW, /* owners that found no slot */
};

/* One line of the prefix table. The lines together are the services table, to the packet and the byte. */
struct gp_prefix_row {
	enum gp_row_kind kind;
	struct gp_addr addr; /* with bits and inside: of GP_ROW_PREFIX only */
	__u8 bits;	     /* of 128 */
	bool inside;
	__u64 prefixes; /* how many are in this line */
	__u64 hosts;
	struct gp_count traffic;
	struct gp_service_sum services[GP_SERVICES];
};

/* One entry of the host list: a finding, or (--all) a host without any. */
struct gp_listed {
	__u32 slot;
	struct gp_addr addr;
	__u8 bits;
	const struct gp_finding *finding; /* borrowed; NULL without a verdict */
};

struct gp_model {
	const struct gp_report *report;
	struct gp_coverage coverage;
	struct gp_service_sum services[GP_SERVICES];
	struct gp_prefix_row *rows; /* by packets, then address; rest and overflow last */
	size_t row_count;
	struct gp_listed *listed; /* by address, then kind */
	size_t listed_count;
	__u64 hosts; /* that own packets or tried to open a flow */
};

/**
 * gp_model_open() - read the memory once and sum it up.
 * @report, @findings: borrowed until close.
 *
 * Each counter is read once, so the sums agree with each other even while the data plane goes on counting.
 * Return: 0, -ENOMEM, or -EINVAL when a finding names a host that does not exist.
 */
int gp_model_open(struct gp_model **out, const struct gp_report *report, const struct gp_finding *findings, int count);
void gp_model_close(struct gp_model *model);

/* gp_report_write() with the findings handed in. */
int gp_report_write_findings(FILE *stream, const struct gp_report *report, const struct gp_finding *findings,
			     int count, enum gp_format format);

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

#endif
