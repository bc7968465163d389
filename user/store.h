/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The durable memory of the agent: hosts from `watched` upward with their evidence, ranges, networks, epochs and hourly
 * figures, in an SQLite database (docs/design.md, "Store"). What is put waits in memory until gp_store_commit() writes all
 * of it in one transaction; while the disk is full or read-only it goes on waiting, within a bound. States are absolute:
 * to write one twice is to write it once. All times are ns since the Unix epoch; addresses as in the data plane, IPv4
 * mapped, bits of 128.
 */
#ifndef GATEPOST_STORE_H
#define GATEPOST_STORE_H

#include <stdbool.h>

#include "judge.h"
#include "networks.h"

#define GP_STORE_PATH "/var/lib/gatepost/gatepost.db"
#define GP_STORE_METRIC_NAME 64 /* with the NUL */

struct gp_store;

struct gp_store_options {
	const char *path;   /* in a directory that exists, or whose parent does */
	const char *sensor; /* whose memory it is */
	__u64 max_bytes;    /* of the database; 0: as much as the disk has */
	__u64 waiting_bytes; /* of memory, for what cannot be written; 0: 128 MiB, some 64,000 hosts */
};

/* One host and one kind of abuse. */
struct gp_store_host {
	struct gp_addr addr; /* masked to bits */
	__u8 bits;
	enum gp_role role;
	enum gp_kind kind; /* GP_KINDS when read from a database that a later version has written to */
	enum gp_verdict verdict;
	double score;	   /* nats, the prior left out */
	double confidence; /* as of struct gp_finding */
	bool source_verified;
	__u64 first_seen_ns, last_seen_ns;
	struct gp_standing standing; /* its times, too, since the Unix epoch; 0 remains 0 */
	double contacts;	     /* distinct addresses contacted, estimated */
	struct gp_sample sample;     /* all zero: none was taken */
	char sentence[GP_SENTENCE];
	__u64 updated_ns; /* end of the epoch that it was written with; ignored when put */
};

/* An epoch. Counters run since the maps were made: the difference of two epochs is what came between, even when others
 * between them were never written. */
struct gp_store_epoch {
	__u64 instance; /* names the maps: struct gp_journal_key, identity */
	__u64 number;	/* of the epoch, from 1 */
	__u64 start_ns, end_ns;
	__u64 packets, bytes; /* received */
	__s64 unaccounted;    /* packets */
	__u64 unparsed, overflow, nic_missed, evidence_lost; /* packets */
};

/* How the store does, for `status` and metrics. */
struct gp_store_figures {
	bool writable;	     /* the last commit was written */
	__u64 file_bytes, log_bytes; /* of the database, of its write-ahead log */
	__u64 waiting_hosts, waiting_bytes, waiting_epochs; /* in memory, to be written */
	__u64 dropped;	     /* changes of hosts and ranges for which there was no memory */
	__u64 refused;	     /* records that break the rules of the database: errors of the program */
	__u64 commits, failures; /* since open */
	__u64 purged;	     /* rows that retention removed, since open */
};

/**
 * gp_store_open() - open the database, making or migrating it as need be.
 * @options: borrowed during the call.
 *
 * The file gets mode 0640, its directory, where it is made, 0750. One store at a time has the file (-EBUSY). A file that is
 * no database of gatepost (-EINVAL), is of a later version (-EOPNOTSUPP), or damaged (-EUCLEAN), is refused and left as it
 * is. A disk that is full or read-only is no error: it is said, and every commit tries again.
 *
 * Readers of the same process (store_read.h) are to be opened after this and closed before gp_store_close().
 * Return: 0, or -errno (logged, with the remedy).
 */
int gp_store_open(struct gp_store **out, const struct gp_store_options *options);

/**
 * gp_store_put_host() - what is now known of a host, for the next commit.
 * @evidence: copied; the set replaces what was stored before.
 *
 * Takes the place of what was put for the same address and kind since the last commit. Who is clean and was never stored
 * is left out: below the threshold no address reaches the disk.
 * Return: 0, -EINVAL (no such kind, state or prefix length), -ENOBUFS when all memory waits to be written (counted), or
 * -ENOMEM.
 */
int gp_store_put_host(struct gp_store *store, const struct gp_store_host *host, const struct gp_evidence *evidence,
		      int count);

/* gp_store_put_range() - likewise for a prefix outside. @offset_ns: added to its times to make them Unix time. */
int gp_store_put_range(struct gp_store *store, const struct gp_range_finding *range, __s64 offset_ns);

/**
 * gp_store_put_networks() - the ranking of a report period.
 *
 * The set replaces what was stored for a period that begins at @start_ns, and what was put and not committed.
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int gp_store_put_networks(struct gp_store *store, __u64 start_ns, __u64 end_ns, const struct gp_network *networks,
			  int count);

/**
 * gp_store_put_metric() - one figure of an hour; the same name and hour again replaces it.
 * @name: [a-z][a-z0-9_]*, below GP_STORE_METRIC_NAME bytes. Holds no address.
 * @time_ns: any time in the hour.
 *
 * Return: 0, or -EINVAL. The oldest of 4,096 that wait gives way.
 */
int gp_store_put_metric(struct gp_store *store, const char *name, __u64 time_ns, double value);

/**
 * gp_store_commit() - write the epoch, and all that was put, in one transaction.
 *
 * May be called again for the same epoch. When it fails everything waits for the next call; trouble is said once when it
 * begins and once when it ends. Return: 0, or -errno: -ENOSPC, -EROFS, -EBUSY (somebody holds the database for longer than
 * 250 ms), -EUCLEAN (damaged; for good), others of the system.
 */
int gp_store_commit(struct gp_store *store, const struct gp_store_epoch *epoch);

/**
 * gp_store_last_epoch() - the last epoch that was committed for some maps.
 *
 * Return: 0, -ENOENT when there is none, or -errno.
 */
int gp_store_last_epoch(struct gp_store *store, __u64 instance, __u64 *number);

/* How long rows are kept, in seconds. */
struct gp_store_limits {
	__u64 clean_hosts_s;   /* clean hosts, after they were seen last */
	__u64 evidence_s;      /* evidence, history, ranges, networks; hosts in any other state, after they were seen last */
	__u64 epochs_s;
	__u64 metrics_s;
	__u64 notifications_s; /* and closed cases */
};

extern const struct gp_store_limits gp_store_limits_default;

/**
 * gp_store_purge() - remove what is older than its limit, and give space back.
 * @now_ns: Unix time. A clock that is two days ahead of the last purge is believed after an hour.
 *
 * At most 5,000 rows of each table and 1,024 pages per call. What is removed is overwritten in the file. Logs one line
 * with the counts when it removed something. To be called every minute or so.
 * Return: 1 when there is more to remove, 0, or -errno.
 */
int gp_store_purge(struct gp_store *store, const struct gp_store_limits *limits, __u64 now_ns);

void gp_store_figures(const struct gp_store *store, struct gp_store_figures *out);

/* What waits and was never written is lost (logged). */
void gp_store_close(struct gp_store *store);

#endif
