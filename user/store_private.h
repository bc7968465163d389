/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to store*.c: an open store. */
#ifndef GATEPOST_STORE_PRIVATE_H
#define GATEPOST_STORE_PRIVATE_H

#include "store.h"
#include "store_sql.h"
#include "store_waiting.h"

/* Statements of the agent, prepared once per connection (store_write.c). */
enum gp_store_statement {
	GP_STORE_BEGIN,
	GP_STORE_COMMIT,
	GP_STORE_ROLLBACK,
	GP_STORE_FIND_HOST,
	GP_STORE_PUT_HOST,
	GP_STORE_PUT_HISTORY,
	GP_STORE_PUT_EVIDENCE,
	GP_STORE_CUT_EVIDENCE,
	GP_STORE_FIND_RANGE,
	GP_STORE_PUT_RANGE,
	GP_STORE_PUT_RANGE_EVIDENCE,
	GP_STORE_CUT_RANGE_EVIDENCE,
	GP_STORE_PUT_EPOCH,
	GP_STORE_LAST_EPOCH,
	GP_STORE_PUT_METRIC,
	GP_STORE_CUT_NETWORKS,
	GP_STORE_PUT_NETWORK,
	GP_STORE_STATEMENTS,
};

struct gp_store {
	char *path, *sensor;
	__u64 max_bytes;
	int fd;	     /* the file, locked; -1: there is no connection, and the next commit tries to make one */
	sqlite3 *db; /* NULL likewise */
	sqlite3_stmt *statements[GP_STORE_STATEMENTS];
	bool checked; /* the file was found whole once */
	int trouble; /* -errno of the last commit or 0: what has been said need not be said again */
	struct gp_waiting waiting;
	__u64 commits, failures, dropped, dropped_said, refused, purged;
	__u64 purged_ns;   /* the last purge's time; 0: none yet */
	__u64 ahead_ns;	   /* since when the clock has been far ahead of it; 0: it is not */
};

int gp_store_prepare(struct gp_store *store);

/**
 * gp_store_write() - write all that waits in one transaction.
 *
 * Records that break a rule of the database are left out and counted (`refused`), so that one of them cannot stop all others.
 * Return: 0, or -errno: nothing was written.
 */
int gp_store_write(struct gp_store *store);

/* Does the database hold this address and kind? Return: 1, 0 or -errno. */
int gp_store_has_host(struct gp_store *store, const struct gp_store_host *host);

#endif
