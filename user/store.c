// SPDX-License-Identifier: GPL-2.0-or-later
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "store_file.h"
#include "store_private.h"
#include "store_schema.h"
#include "version.h"

#define BUSY_MS 250
#define CHECK_BYTES (256ull << 20) /* larger databases are not read through at the start: a second per 500 MB */
#define LOG_BYTES "16777216"	   /* the write-ahead log is cut to it */
#define PAGE_BYTES 4096u
#define WAITING_BYTES (128ull << 20)
#define HOUR_NS (3600ull * 1000000000ull)

/* Trouble that may pass while the agent goes on counting. */
static bool may_pass(int err)
{
	return err == -ENOSPC || err == -EROFS || err == -EDQUOT;
}

static void disconnect(struct gp_store *store)
{
	for (int i = 0; i < GP_STORE_STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->db);
	store->db = NULL;
	if (store->fd >= 0)
		close(store->fd);
	store->fd = -1;
}

static int say_why(const struct gp_store *store, int err, const char *why)
{
	if (!store->trouble)
		gp_error("store: %s %s", store->path, why);
	return err;
}

/*
 * An empty file becomes a database. A page can be given back only when that was said before the first one is written, and whose
 * the file is must be written with it: an agent may be killed right behind it.
 */
static int make(struct gp_store *store)
{
	int err;

	err = gp_sql_script(store->db, "BEGIN; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1735422836; COMMIT");
	if (err && !sqlite3_get_autocommit(store->db))
		gp_sql_script(store->db, "ROLLBACK");
	return err ? err : gp_schema_migrate(store->db, gp_schema_steps);
}

static int check_whole(struct gp_store *store)
{
	sqlite3_stmt *s;
	char verdict[8] = "";
	__u64 bytes, log_bytes;
	int code;

	gp_store_file_sizes(store->path, &bytes, &log_bytes);
	if (store->checked || bytes > CHECK_BYTES)
		return 0;
	code = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &s, NULL);
	if (!code) {
		code = sqlite3_step(s);
		gp_sql_text(s, 0, verdict, sizeof(verdict));
		sqlite3_finalize(s);
	}
	if (code != SQLITE_ROW)
		return gp_sql_errno(store->db, code);
	return strcmp(verdict, "ok") ? -EUCLEAN : 0;
}

/* The file was another version's, a stranger's, or ours: which one is said before anything is written. */
static int adopt(struct gp_store *store)
{
	int err, newest = gp_schema_version(gp_schema_steps);
	char differs[64] = "";
	__s64 found;

	err = gp_schema_found(store->db, &found);
	if (err)
		return err;
	if (found > newest)
		return say_why(store, -EOPNOTSUPP,
			       "was written by a later gatepost: install that one, or name another file for the store");
	err = found < 0 ? -EUCLEAN : check_whole(store);
	if (err)
		return err;
	err = gp_schema_is_ours(store->db, gp_schema_steps, (int)found, differs, sizeof(differs));
	if (err < 0)
		return err;
	if (!err) {
		gp_error("store: %s has tables that are not gatepost's: %s: move it away, or name another file for the store",
			 store->path, differs);
		return -EINVAL;
	}
	err = gp_schema_migrate(store->db, gp_schema_steps);
	if (!err && found < newest)
		gp_notice("store: %s: the tables of version %lld are now of version %d", store->path, (long long)found, newest);
	return err;
}

/*
 * WAL with synchronous = NORMAL: a killed agent loses nothing that was committed; a machine that loses power may lose the last
 * seconds, and the database stays whole. The log stays on close, so that readers who may not write find it.
 */
static int set_up(struct gp_store *store)
{
	int err, on = 1;
	sqlite3_stmt *s;
	char mode[8] = "";

	err = gp_sql_errno(store->db, sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &s, NULL));
	if (err)
		return err;
	err = gp_sql_errno(store->db, sqlite3_step(s));
	gp_sql_text(s, 0, mode, sizeof(mode));
	sqlite3_finalize(s);
	if (!err && strcmp(mode, "wal"))
		err = say_why(store, -EINVAL, "lies on a file system without shared memory: name a file on a local disk");
	if (err)
		return err;
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	return gp_sql_script(store->db, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
					"PRAGMA cache_size = -16384; PRAGMA journal_size_limit = " LOG_BYTES);
}

static int bound_size(struct gp_store *store)
{
	sqlite3_stmt *s;
	char text[64];

	if (!store->max_bytes)
		return 0;
	/* A PRAGMA takes no parameter: this is a number, and nothing else. */
	sqlite3_snprintf(sizeof(text), text, "PRAGMA max_page_count = %llu", store->max_bytes / PAGE_BYTES + 1);
	if (sqlite3_prepare_v2(store->db, text, -1, &s, NULL))
		return -EIO;
	sqlite3_step(s);
	return gp_sql_errno(store->db, sqlite3_finalize(s));
}

static int put_meta(struct gp_store *store, const char *key, const char *value)
{
	sqlite3_stmt *s;
	int code;

	code = sqlite3_prepare_v2(store->db,
				  "INSERT INTO meta (key, value) VALUES (?1, ?2)"
				  " ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
				  -1, &s, NULL);
	if (code)
		return gp_sql_errno(store->db, code);
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, value, -1, SQLITE_STATIC);
	code = sqlite3_step(s);
	sqlite3_finalize(s);
	return gp_sql_errno(store->db, code);
}

static int open_database(struct gp_store *store, bool empty)
{
	int err, code;

	code = sqlite3_open_v2(store->path, &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	err = gp_sql_errno(store->db, code);
	if (err)
		return err;
	sqlite3_busy_timeout(store->db, BUSY_MS);
	/* What is refused is left as it is: its log as well. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	err = gp_sql_confine(store->db);
	if (!err)
		err = empty ? make(store) : adopt(store);
	if (!err)
		err = set_up(store);
	if (!err)
		err = bound_size(store);
	if (!err)
		err = put_meta(store, "sensor", store->sensor);
	if (!err)
		err = put_meta(store, "written_by", GP_VERSION);
	if (!err)
		err = gp_store_prepare(store);
	if (!err)
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return err;
}

static const char *remedy_of(int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
		return "make room, or keep less (retention)";
	case -EROFS:
		return "make its file system writable again";
	case -EBUSY:
		return "another program holds the database: let it end its transaction";
	case -EUCLEAN:
		return "stop gatepost, save what can be read (sqlite3 FILE .recover), move the file away and start again";
	default:
		return "look at the disk and at the file's owner and mode";
	}
}

/* @first: nothing waits yet, so what cannot be opened is said as such; otherwise who asked says it. */
static int connect_to(struct gp_store *store, bool first)
{
	bool empty, said;
	int err;

	err = gp_store_file_claim(store->path, &store->fd, &empty, store->trouble);
	said = err == -EINVAL || err == -EOPNOTSUPP || err == -EBUSY;
	if (!err) {
		err = open_database(store, empty);
		said = err == -EINVAL || err == -EOPNOTSUPP;
	}
	if (err && first && !said && !may_pass(err))
		gp_error("store: cannot open %s: %s: %s", store->path, err == -EUCLEAN ? "it is damaged" : strerror(-err),
			 remedy_of(err));
	if (err)
		disconnect(store);
	store->checked |= !err;
	return err;
}

static void say_trouble(struct gp_store *store, int err)
{
	gp_error("store: cannot write %s: %s: what is found waits in memory, and no count is lost; %s", store->path,
		 err == -EUCLEAN ? "it is damaged" : strerror(-err), remedy_of(err));
}

static void say_dropped(struct gp_store *store)
{
	if (store->dropped > store->dropped_said)
		gp_notice("store: %llu changes of hosts and ranges found no memory to wait in; the next ones take their place",
			  (unsigned long long)(store->dropped - store->dropped_said));
	store->dropped_said = store->dropped;
}

/* Whatever failed: rolled back, and tried again by the next commit, with a new connection where the old one is in doubt. */
static int settle_failure(struct gp_store *store, int err)
{
	store->failures++;
	if (store->trouble != err)
		say_trouble(store, err);
	store->trouble = err;
	if (err != -ENOSPC && err != -EBUSY && err != -EUCLEAN)
		disconnect(store);
	return err;
}

static void settle_success(struct gp_store *store)
{
	const struct gp_waiting *waiting = &store->waiting;

	if (store->trouble)
		gp_notice("store: %s is written again: %u hosts and ranges and %u epochs that waited are in it", store->path,
			  waiting->item_count, waiting->epoch_count);
	store->trouble = 0;
	store->commits++;
	say_dropped(store);
	gp_waiting_clear(&store->waiting);
}

int gp_store_open(struct gp_store **out, const struct gp_store_options *options)
{
	struct gp_store *store;
	int err = -ENOMEM;

	store = calloc(1, sizeof(*store));
	if (!store)
		return err;
	store->fd = -1;
	store->max_bytes = options->max_bytes;
	store->path = strdup(options->path);
	store->sensor = strdup(options->sensor);
	if (store->path && store->sensor)
		err = gp_waiting_open(&store->waiting, options->waiting_bytes ? options->waiting_bytes : WAITING_BYTES);
	if (err)
		goto err_close;
	err = connect_to(store, true);
	if (may_pass(err))
		settle_failure(store, err);
	else if (err)
		goto err_close;
	*out = store;
	return 0;

err_close:
	gp_store_close(store);
	return err;
}

static bool is_valid(const struct gp_store_host *host, int count)
{
	return host->bits <= 128 && (unsigned int)host->kind < GP_KINDS &&
	       (unsigned int)host->standing.state < GP_STATES && host->verdict <= GP_VERDICT_CONFIRMED && count >= 0 &&
	       count <= GP_EVIDENCE_MAX;
}

static int count_dropped(struct gp_store *store, int err)
{
	if (err == -ENOBUFS)
		store->dropped++;
	return err;
}

int gp_store_put_host(struct gp_store *store, const struct gp_store_host *host, const struct gp_evidence *evidence,
		      int count)
{
	if (!is_valid(host, count))
		return -EINVAL;
	/* Whom nobody can look up is taken to be a stranger. */
	if (host->standing.state == GP_STATE_CLEAN && !gp_waiting_has_host(&store->waiting, host) &&
	    (!store->db || gp_store_has_host(store, host) <= 0))
		return 0;
	return count_dropped(store, gp_waiting_put_host(&store->waiting, host, evidence, count));
}

int gp_store_put_range(struct gp_store *store, const struct gp_range_finding *range, __s64 offset_ns)
{
	if (range->bits > 128 || (unsigned int)range->kind >= GP_RANGE_KINDS || range->evidence_count < 0 ||
	    range->evidence_count > GP_EVIDENCE_MAX || range->covering_count < 0 || range->covering_count > GP_COVERING_MAX)
		return -EINVAL;
	return count_dropped(store, gp_waiting_put_range(&store->waiting, range, offset_ns));
}

int gp_store_put_networks(struct gp_store *store, __u64 start_ns, __u64 end_ns, const struct gp_network *networks,
			  int count)
{
	if (count < 0 || end_ns < start_ns)
		return -EINVAL;
	return gp_waiting_put_networks(&store->waiting, start_ns, end_ns, networks, count);
}

static bool is_metric_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && len < GP_STORE_METRIC_NAME && !name[len] && name[0] >= 'a' && name[0] <= 'z';
}

int gp_store_put_metric(struct gp_store *store, const char *name, __u64 time_ns, double value)
{
	struct gp_waiting_metric metric = { .time_ns = time_ns / HOUR_NS * HOUR_NS, .value = value };

	if (!is_metric_name(name))
		return -EINVAL;
	memcpy(metric.name, name, strlen(name));
	gp_waiting_put_metric(&store->waiting, &metric);
	return 0;
}

/* Somebody who removed or replaced the file means another one from now on. */
static void look_for_file(struct gp_store *store)
{
	if (store->fd < 0 || gp_store_file_is_there(store->path, store->fd))
		return;
	gp_notice("store: %s was taken away: it begins anew", store->path);
	disconnect(store);
	store->checked = false;
}

int gp_store_commit(struct gp_store *store, const struct gp_store_epoch *epoch)
{
	int err = 0;

	gp_waiting_put_epoch(&store->waiting, epoch);
	look_for_file(store);
	if (store->trouble == -EUCLEAN && store->db)
		return settle_failure(store, -EUCLEAN);
	if (!store->db)
		err = connect_to(store, false);
	if (!err)
		err = gp_store_write(store);
	if (err)
		return settle_failure(store, err);
	settle_success(store);
	return 0;
}

int gp_store_last_epoch(struct gp_store *store, __u64 instance, __u64 *number)
{
	sqlite3_stmt *s = store->statements[GP_STORE_LAST_EPOCH];
	bool found = false;
	int code;

	if (!store->db)
		return store->trouble ? store->trouble : -ENOENT;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)instance);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_INTEGER) {
		*number = gp_sql_unsigned(s, 0);
		found = true;
	}
	sqlite3_reset(s);
	return gp_sql_errno(store->db, code) ? gp_sql_errno(store->db, code) : found ? 0 : -ENOENT;
}

void gp_store_figures(const struct gp_store *store, struct gp_store_figures *out)
{
	*out = (struct gp_store_figures){
		.writable = !store->trouble,
		.waiting_hosts = store->waiting.item_count,
		.waiting_bytes = store->waiting.bytes,
		.waiting_epochs = store->waiting.epoch_count,
		.dropped = store->dropped,
		.refused = store->refused,
		.commits = store->commits,
		.failures = store->failures,
		.purged = store->purged,
	};
	gp_store_file_sizes(store->path, &out->file_bytes, &out->log_bytes);
}

void gp_store_close(struct gp_store *store)
{
	if (!store)
		return;
	if (store->trouble && (store->waiting.item_count || store->waiting.epoch_count))
		gp_notice("store: %s could not be written to the end: %u hosts and ranges and %u epochs that waited are lost",
			  store->path, store->waiting.item_count, store->waiting.epoch_count);
	disconnect(store);
	gp_waiting_close(&store->waiting);
	free(store->path);
	free(store->sensor);
	free(store);
}
