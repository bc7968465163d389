/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the store holds, for whoever may read the file: another process while the agent writes, without root. Nothing here
 * writes. Each query sees the database as it is when it begins, and ends after GP_STORE_READ_S seconds whatever happens, since
 * the write-ahead log cannot be cut while somebody reads. Times: ns since the Unix epoch.
 */
#ifndef GATEPOST_STORE_READ_H
#define GATEPOST_STORE_READ_H

#include <stdbool.h>

#include "store.h"

#define GP_STORE_READ_S 20

struct gp_store_reader;

/* One reason, as stored: struct gp_evidence with its names. */
struct gp_store_evidence {
	char rule[48];
	double weight;
	char text[160];
	struct gp_store_observed {
		char name[32];
		double value;
	} observed[GP_OBSERVED_MAX];
	int observed_count;
};

/* A host got into a state. */
struct gp_store_change {
	__u64 since_ns;
	enum gp_state state;
	enum gp_verdict verdict;
	double score;
};

/* Which hosts or ranges. Zero: all. */
struct gp_store_filter {
	bool by_kind;
	int kind; /* enum gp_kind or enum gp_range_kind */
	enum gp_verdict verdict; /* at least; of ranges as well */
	enum gp_state state;	 /* hosts: this one alone; GP_STATE_CLEAN: any */
	__u64 since_ns, until_ns; /* seen last in [since, until); until 0: without end */
	const struct gp_addr *prefix; /* within it; NULL: anywhere */
	__u8 bits;
	bool with_evidence;
	__u64 limit; /* rows; 0: all */
};

/* Called for each row; what it is given lives until it returns. Return: 0 to go on; the query returns anything else. */
typedef int (*gp_store_host_fn)(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence,
				int count);
/* @range: with Unix times and without its evidence, which follows. */
typedef int (*gp_store_range_fn)(void *arg, const struct gp_range_finding *range,
				 const struct gp_store_evidence *evidence, int count);
typedef int (*gp_store_network_fn)(void *arg, __u64 start_ns, __u64 end_ns, const struct gp_network *network);
typedef int (*gp_store_change_fn)(void *arg, const struct gp_store_change *change);
typedef int (*gp_store_metric_fn)(void *arg, const char *name, __u64 time_ns, double value);

/* What the epochs of a time add up to. */
struct gp_store_span {
	__u64 epochs;
	__u64 start_ns, end_ns; /* of the first and of the last one; 0 without any */
	__u64 packets, bytes;
	__s64 unaccounted;
	__u64 unparsed, overflow, nic_missed, evidence_lost;
};

/**
 * gp_store_reader_open() - open the database for reading.
 *
 * Return: 0; -ENOENT: there is none; -EINVAL: the file is none of gatepost's; -EOPNOTSUPP: of another version; -EUCLEAN:
 * damaged; or another -errno (all logged, with the remedy).
 */
int gp_store_reader_open(struct gp_store_reader **out, const char *path);

/* gp_store_hosts() - hosts in ascending order of (address, kind). Return: 0, -ETIME, -EUCLEAN, -errno, or @fn's. */
int gp_store_hosts(struct gp_store_reader *reader, const struct gp_store_filter *filter, gp_store_host_fn fn, void *arg);

/* gp_store_host() - all that is stored of the subscriber that an address belongs to: one row per kind, with evidence. */
int gp_store_host(struct gp_store_reader *reader, const struct gp_addr *addr, gp_store_host_fn fn, void *arg);

/* gp_store_history() - how a host came to its state, the oldest change first. @host: address, bits and kind count. */
int gp_store_history(struct gp_store_reader *reader, const struct gp_store_host *host, gp_store_change_fn fn, void *arg);

/* gp_store_ranges() - ranges in ascending order of (prefix, kind). */
int gp_store_ranges(struct gp_store_reader *reader, const struct gp_store_filter *filter, gp_store_range_fn fn, void *arg);

/**
 * gp_store_networks() - the rankings of the periods that began in [since, until), oldest first, by rank.
 * @until_ns: 0: without end. @latest: of these the last one only.
 */
int gp_store_networks(struct gp_store_reader *reader, __u64 since_ns, __u64 until_ns, bool latest, gp_store_network_fn fn,
		      void *arg);

/**
 * gp_store_epochs() - what was counted in the epochs that ended in [since, until); until 0: without end.
 *
 * Counters are differences, so epochs that were never written cost nothing but the resolution.
 */
int gp_store_epochs(struct gp_store_reader *reader, __u64 since_ns, __u64 until_ns, struct gp_store_span *out);

/* gp_store_metrics() - figures in [since, until), by name and time. @name: NULL for all. */
int gp_store_metrics(struct gp_store_reader *reader, const char *name, __u64 since_ns, __u64 until_ns,
		     gp_store_metric_fn fn, void *arg);

/* The sensor whose memory it is, as it was given to gp_store_open(). @out: room for @size. Return: 0 or -errno. */
int gp_store_sensor(struct gp_store_reader *reader, char *out, size_t size);

void gp_store_reader_close(struct gp_store_reader *reader);

#endif
