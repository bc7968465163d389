/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gatepost.report/1: what is said, as JSON (docs/report.schema.json) or as text for people. */
#ifndef GATEPOST_REPORT_H
#define GATEPOST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "as_table.h"
#include "deep_count.h"
#include "format.h"
#include "judge.h"
#include "witness.h"
#include "world.h"

/* Everything that a report is made of. All pointers are borrowed. */
struct gp_report {
	const char *sensor;
	const char *source_kind; /* "pcap", "interface" */
	const char *source_name; /* file or interface names, joined by ", "; may hold any bytes */
	__u64 start_ns, end_ns;	 /* data-plane clock */
	__s64 clock_offset_ns;	 /* add it to the data plane's clock to get the time since the Unix epoch; replay: 0 */
	struct gp_world *world;
	struct gp_judge *judge;	 /* may be NULL: no verdicts */
	const struct gp_witness *witness; /* what hosts said; may be NULL */
	const struct gp_lists *lists;	  /* of the operator; NULL without */
	const struct gp_as_table *as_table; /* NULL without */
	const struct gp_classes *classes; /* of subscribers; NULL without */
	const struct gp_network_limits *networks; /* NULL: the defaults */
	/* Added to what the memory holds: frames that no engine saw, and lengths that only the source knows. */
	struct gp_count too_short, too_long, link_type;
	__u64 wire_bytes;	/* as the capture states the original lengths */
	bool wire_is_seen;	/* live: frames are seen whole, wire_bytes is what was received */
	__u64 time_reversed;
	__u64 nic_missed;   /* the driver's losses since attach */
	__u64 pcap_dropped;
	__u64 live_slack;   /* packets that came while a live sweep ran: unaccounted up to this is no loss */
	const char *incomplete; /* NULL, or why the input ended early, or what was not counted */
	const struct gp_deep_count *deep; /* what --deep read; NULL: without */
	bool default_inside;
	bool all;	    /* list hosts without a verdict as well */
	unsigned prefix_bits4, prefix_bits6; /* 24 and 48, as the data plane's cells */
	unsigned prefix_rows; /* top N by packets, the rest as one line */
};

/**
 * gp_report_write() - write one report.
 *
 * The world should hold what the last epoch counted (gp_epoch_turn()): verdicts, the list of hosts and their counters
 * are of the world. The sums include what outside addresses have counted since, in place.
 *
 * Return: 0, -ENOMEM, or -errno of the stream. A closed pipe is -EPIPE.
 */
int gp_report_write(FILE *stream, const struct gp_report *report, enum gp_format format);

#endif
