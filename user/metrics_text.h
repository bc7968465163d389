/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The figures of a running agent as Prometheus reads them (text exposition format 0.0.4). Base units, counters end in
 * _total, and no address stands in a label: the number of series does not depend on the traffic. docs/api.md lists them.
 */
#ifndef GATEPOST_METRICS_TEXT_H
#define GATEPOST_METRICS_TEXT_H

#include "answer.h"
#include "standing.h"
#include "world.h"

/* What becomes of a notification that is handed to its recipient. */
enum gp_delivery_result {
	GP_DELIVERY_DELIVERED,
	GP_DELIVERY_DEFERRED, /* will be tried again */
	GP_DELIVERY_FAILED,   /* given up */
	GP_DELIVERY_RESULTS,
};

/* A bounded table, and how often it had no room, or made some. */
enum gp_table {
	GP_TABLE_OWNERS,	 /* packets whose owner found no room */
	GP_TABLE_OBSERVATIONS,	 /* sights of the other end of a flow */
	GP_TABLE_FLOWS,		 /* flows that found no room */
	GP_TABLE_FLOWS_EVICTED,	 /* live flows that gave way */
	GP_TABLE_OUTSIDE,	 /* outside addresses that earned a record and found none */
	GP_TABLE_WORLD,		 /* outside addresses that the agent had no room for */
	GP_TABLE_CELLS,		 /* outside prefixes that gave way */
	GP_TABLE_DIALOGUES,	 /* dialogues that gave way */
	GP_TABLES,
};

/* Everything is of the agent since it began to count, unless it says otherwise. Times in ns. */
struct gp_metrics {
	__u64 start_ns; /* when counting began, since the Unix epoch */
	__s64 unaccounted; /* packets */
	__u64 nic_missed, pcap_dropped, time_reversed, scan_stale, spoofed_inside, foreign_source, tags_failed;
	struct gp_count received;
	struct gp_count services[GP_SERVICES];
	__u64 attempts[GP_SERVICES];	/* TCP flows that were tried */
	__u64 unparsed[GP_PARSE_STATUSES]; /* packets; [GP_PARSE_OK] is not printed */
	__u64 table_full[GP_TABLES];
	struct gp_sampled_count sampled[GP_SAMPLED_KINDS];
	__u64 flow_records, flow_records_lost;
	__u64 dialogues;
	__u64 hosts[GP_STATES][GP_KINDS]; /* now; clean ones are not printed */
	__u64 ranges[GP_RANGE_KINDS];	  /* now */
	__u64 epochs;			  /* committed */
	__u64 epoch_lag_ns;		  /* now: since the last one was committed */
	__u64 drain_ns;			  /* all epochs' turns together */
	bool store_open;		  /* there is one: the next four are printed */
	__u64 store_bytes, store_pending; /* now: its files; records that wait for it */
	__u64 store_commits, store_failures;
	__u64 reloads, reload_failures;
	__u64 reload_ns; /* when the configuration in force was read, since the Unix epoch */
	__u64 deliveries[GP_DELIVERY_RESULTS];
	__u64 control_answered, control_refused, http_answered, http_refused;
	__u64 resident_bytes; /* now: memory of the process */
	double cpu_s;	      /* of the process */
};

/* Writes all of them; @out's type with it. */
void gp_metrics_text(struct gp_answer *out, const struct gp_metrics *metrics);

#endif
