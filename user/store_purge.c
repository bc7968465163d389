// SPDX-License-Identifier: GPL-2.0-or-later
/* Retention: what is too old goes, a bounded number of rows at a time, and so does the space that it took. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "store_private.h"

#define SECOND_NS 1000000000ull
#define DAY_S (24 * 3600ull)
#define ROWS 5000 /* of each table and call */
#define FAR_AHEAD_NS (2 * DAY_S * SECOND_NS)
#define BELIEVED_AFTER_NS (3600 * SECOND_NS)

/*
 * The reasons stand in docs/design.md, "Store". 400 days: a month and the same one of the year before.
 */
const struct gp_store_limits gp_store_limits_default = {
	.clean_hosts_s = 30 * DAY_S,
	.evidence_s = 90 * DAY_S,
	.epochs_s = 7 * DAY_S,
	.metrics_s = 400 * DAY_S,
	.notifications_s = 400 * DAY_S,
};

/* ?1: what is older goes; ?2: how many at most. */
struct purge {
	const char *what;
	size_t limit; /* offset in struct gp_store_limits */
	const char *sql;
};

#define LIMIT(name) offsetof(struct gp_store_limits, name)

static const struct purge purges[] = {
	{ "clean hosts", LIMIT(clean_hosts_s),
	  "DELETE FROM hosts WHERE id IN (SELECT id FROM hosts WHERE last_seen_ns < ?1 AND state = 'clean' LIMIT ?2)" },
	/* No state outlives what it was said for. */
	{ "other hosts", LIMIT(evidence_s),
	  "DELETE FROM hosts WHERE id IN (SELECT id FROM hosts WHERE last_seen_ns < ?1 AND updated_ns < ?1 LIMIT ?2)" },
	{ "reasons", LIMIT(evidence_s),
	  "DELETE FROM evidence WHERE (host, position) IN (SELECT host, position FROM hosts JOIN evidence ON host = id"
	  " WHERE evidence_ns < ?1 LIMIT ?2)" },
	{ "changes of state", LIMIT(evidence_s),
	  "DELETE FROM history WHERE (host, since_ns, state) IN (SELECT host, since_ns, state FROM history"
	  " WHERE since_ns < ?1 LIMIT ?2)" },
	{ "ranges", LIMIT(evidence_s),
	  "DELETE FROM ranges WHERE id IN (SELECT id FROM ranges WHERE last_seen_ns < ?1 LIMIT ?2)" },
	{ "networks", LIMIT(evidence_s),
	  "DELETE FROM networks WHERE (period_start_ns, by_as, inside, rank) IN (SELECT period_start_ns, by_as, inside, rank"
	  " FROM networks WHERE period_start_ns < ?1 AND period_end_ns < ?1 LIMIT ?2)" },
	{ "epochs", LIMIT(epochs_s),
	  "DELETE FROM epochs WHERE (instance, number) IN (SELECT instance, number FROM epochs WHERE end_ns < ?1 LIMIT ?2)" },
	{ "figures", LIMIT(metrics_s),
	  "DELETE FROM metrics WHERE (name, time_ns) IN (SELECT name, time_ns FROM metrics WHERE time_ns < ?1 LIMIT ?2)" },
	{ "notifications", LIMIT(notifications_s),
	  "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE created_ns < ?1 LIMIT ?2)" },
	{ "cases", LIMIT(notifications_s),
	  "DELETE FROM cases WHERE id IN (SELECT id FROM cases WHERE closed_ns > 0 AND closed_ns < ?1 LIMIT ?2)" },
};

#define PURGES (sizeof(purges) / sizeof(purges[0]))

/* What is left in memory of a run: how much of what went. */
struct counts {
	int rows[PURGES];
	bool more;
};

static __u64 limit_s(const struct gp_store_limits *limits, const struct purge *purge)
{
	__u64 value;

	memcpy(&value, (const char *)limits + purge->limit, sizeof(value));
	return value;
}

static int purge_one(struct gp_store *store, const struct purge *purge, __u64 older_ns, int *rows)
{
	sqlite3_stmt *s;
	int code;

	code = sqlite3_prepare_v2(store->db, purge->sql, -1, &s, NULL);
	if (code)
		return gp_sql_errno(store->db, code);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)older_ns);
	sqlite3_bind_int(s, 2, ROWS);
	code = sqlite3_step(s);
	*rows = code == SQLITE_DONE ? sqlite3_changes(store->db) : 0;
	sqlite3_finalize(s);
	return gp_sql_errno(store->db, code);
}

static int purge_all(struct gp_store *store, const struct gp_store_limits *limits, __u64 now_ns, struct counts *counts)
{
	__u64 age_s;
	int err;

	err = gp_sql_script(store->db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	for (size_t i = 0; i < PURGES && !err; i++) {
		age_s = limit_s(limits, &purges[i]);
		if (age_s < now_ns / SECOND_NS)
			err = purge_one(store, &purges[i], now_ns - age_s * SECOND_NS, &counts->rows[i]);
		counts->more |= counts->rows[i] == ROWS;
	}
	if (!err)
		err = gp_sql_script(store->db, "COMMIT");
	if (err && !sqlite3_get_autocommit(store->db))
		gp_sql_script(store->db, "ROLLBACK");
	return err;
}

/* Retention by a clock that was set wrong would remove everything. */
static bool believes(struct gp_store *store, __u64 now_ns)
{
	if (!store->purged_ns || now_ns < store->purged_ns + FAR_AHEAD_NS) {
		store->ahead_ns = 0;
		return true;
	}
	if (!store->ahead_ns || now_ns < store->ahead_ns) {
		store->ahead_ns = now_ns;
		gp_notice("store: the clock is days ahead of the last purge: retention waits for an hour");
		return false;
	}
	return now_ns - store->ahead_ns >= BELIEVED_AFTER_NS;
}

/* The last purge's time outlives the agent: the clock may be wrong at the next start. */
static int recall(struct gp_store *store)
{
	__s64 ns;
	int err;

	if (store->purged_ns)
		return 0;
	err = gp_sql_number(store->db, "SELECT value FROM meta WHERE key = 'purged_ns' AND typeof(value) = 'integer'", &ns);
	if (!err && ns > 0)
		store->purged_ns = (__u64)ns;
	return err == -ENOENT ? 0 : err;
}

static int remember(struct gp_store *store, __u64 now_ns)
{
	sqlite3_stmt *s;
	int code;

	store->purged_ns = now_ns;
	store->ahead_ns = 0;
	code = sqlite3_prepare_v2(store->db, "INSERT OR REPLACE INTO meta (key, value) VALUES ('purged_ns', ?1)", -1, &s, NULL);
	if (code)
		return gp_sql_errno(store->db, code);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)now_ns);
	code = sqlite3_step(s);
	sqlite3_finalize(s);
	return gp_sql_errno(store->db, code);
}

static void say(struct gp_store *store, const struct counts *counts)
{
	char text[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < PURGES; i++) {
		if (!counts->rows[i])
			continue;
		sqlite3_snprintf((int)(sizeof(text) - len), text + len, "%s%d %s", len ? ", " : "", counts->rows[i],
				 purges[i].what);
		len += strlen(text + len);
		store->purged += (__u64)counts->rows[i];
	}
	gp_notice("store: retention removed %s%s", text, counts->more ? "; there is more" : "");
}

/* Freed pages go back to the disk, and what was removed out of the write-ahead log; a reader may put that off. */
static int give_back(struct gp_store *store)
{
	int err;

	err = gp_sql_script(store->db, "PRAGMA incremental_vacuum(1024)");
	if (!err)
		sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return err;
}

int gp_store_purge(struct gp_store *store, const struct gp_store_limits *limits, __u64 now_ns)
{
	struct counts counts = { 0 };
	__s64 free_pages = 0;
	bool any = false;
	int err;

	if (!store->db || store->trouble == -EUCLEAN)
		return store->trouble;
	err = recall(store);
	if (err || !believes(store, now_ns))
		return err;
	err = purge_all(store, limits, now_ns, &counts);
	if (err)
		return err;
	for (size_t i = 0; i < PURGES; i++)
		any |= counts.rows[i] > 0;
	if (any)
		say(store, &counts);
	err = gp_sql_number(store->db, "PRAGMA freelist_count", &free_pages);
	if (!err && (any || free_pages))
		err = give_back(store);
	if (!err)
		err = remember(store, now_ns);
	return err ? err : counts.more;
}
