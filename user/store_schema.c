// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EVIDENCE_COLUMNS                                                                                              \
	"position INTEGER NOT NULL, rule TEXT NOT NULL, weight REAL NOT NULL,"                                        \
	" speaks TEXT NOT NULL GENERATED ALWAYS AS (iif(weight < 0, 'against', 'for')) VIRTUAL,"                     \
	" text TEXT NOT NULL, observed TEXT NOT NULL," /* {"distinct_mx": 214} */

#define PREFIX_COLUMNS(name)                                                                                          \
	name " BLOB NOT NULL CHECK (length(" name ") = 16), bits INTEGER NOT NULL CHECK (bits BETWEEN 0 AND 128),"

/* Addresses are 16 bytes, IPv4 mapped; bits of 128. Times: ns since the Unix epoch; 0: never. */
const struct gp_schema_step gp_schema_steps[] = {
	{ "hosts, their evidence and history, epochs, hourly figures",
	  "PRAGMA application_id = 1735422836;"
	  "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE epochs (instance INTEGER NOT NULL, number INTEGER NOT NULL, start_ns INTEGER NOT NULL,"
	  " end_ns INTEGER NOT NULL, packets INTEGER NOT NULL, bytes INTEGER NOT NULL, unaccounted INTEGER NOT NULL,"
	  " unparsed INTEGER NOT NULL, overflow INTEGER NOT NULL, nic_missed INTEGER NOT NULL,"
	  " evidence_lost INTEGER NOT NULL, PRIMARY KEY (instance, number)) STRICT, WITHOUT ROWID;"
	  "CREATE INDEX epochs_by_end ON epochs (end_ns);"
	  "CREATE TABLE hosts (id INTEGER PRIMARY KEY," PREFIX_COLUMNS("address")
	  " kind TEXT NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL, verdict TEXT NOT NULL, score REAL NOT NULL,"
	  " confidence REAL NOT NULL, source_verified INTEGER NOT NULL, first_seen_ns INTEGER NOT NULL,"
	  " last_seen_ns INTEGER NOT NULL, since_ns INTEGER NOT NULL, watched_ns INTEGER NOT NULL,"
	  " suspected_ns INTEGER NOT NULL, confirmed_ns INTEGER NOT NULL, low_ns INTEGER NOT NULL,"
	  " ended_ns INTEGER NOT NULL, episodes INTEGER NOT NULL, suspected_contacts INTEGER NOT NULL,"
	  " contacts REAL NOT NULL, source_port INTEGER NOT NULL, destination BLOB, destination_port INTEGER NOT NULL,"
	  " sentence TEXT NOT NULL, evidence_digest INTEGER NOT NULL, evidence_ns INTEGER NOT NULL,"
	  " updated_ns INTEGER NOT NULL, UNIQUE (address, bits, kind)) STRICT;"
	  "CREATE INDEX hosts_by_last_seen ON hosts (last_seen_ns);"
	  "CREATE INDEX hosts_by_evidence ON hosts (evidence_ns);"
	  "CREATE TABLE evidence (host INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE," EVIDENCE_COLUMNS
	  " PRIMARY KEY (host, position)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE history (host INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,"
	  " since_ns INTEGER NOT NULL, state TEXT NOT NULL, verdict TEXT NOT NULL, score REAL NOT NULL,"
	  " PRIMARY KEY (host, since_ns, state)) STRICT, WITHOUT ROWID;"
	  "CREATE INDEX history_by_since ON history (since_ns);"
	  "CREATE TABLE metrics (name TEXT NOT NULL, time_ns INTEGER NOT NULL, value REAL NOT NULL,"
	  " PRIMARY KEY (name, time_ns)) STRICT, WITHOUT ROWID;"
	  "PRAGMA user_version = 1;" },
	{ "ranges and networks",
	  "CREATE TABLE ranges (id INTEGER PRIMARY KEY," PREFIX_COLUMNS("prefix")
	  " kind TEXT NOT NULL, verdict TEXT NOT NULL, score REAL NOT NULL, confidence REAL NOT NULL,"
	  " source_verified INTEGER NOT NULL, first_seen_ns INTEGER NOT NULL, last_seen_ns INTEGER NOT NULL,"
	  " covering BLOB NOT NULL," /* 17 bytes each: address, bits */
	  " exact_count INTEGER NOT NULL, fleet REAL NOT NULL, requests INTEGER NOT NULL, hosts REAL NOT NULL,"
	  " endpoints REAL NOT NULL, syn INTEGER NOT NULL, answered INTEGER NOT NULL, evidence_digest INTEGER NOT NULL,"
	  " updated_ns INTEGER NOT NULL, UNIQUE (prefix, bits, kind)) STRICT;"
	  "CREATE INDEX ranges_by_last_seen ON ranges (last_seen_ns);"
	  "CREATE TABLE range_evidence (range INTEGER NOT NULL REFERENCES ranges (id) ON DELETE CASCADE," EVIDENCE_COLUMNS
	  " PRIMARY KEY (range, position)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE networks (period_start_ns INTEGER NOT NULL, period_end_ns INTEGER NOT NULL,"
	  " by_as INTEGER NOT NULL, inside INTEGER NOT NULL, rank INTEGER NOT NULL," PREFIX_COLUMNS("prefix")
	  " asn INTEGER NOT NULL, example BLOB NOT NULL CHECK (length(example) = 16), confirmed INTEGER NOT NULL,"
	  " active INTEGER NOT NULL, refused INTEGER NOT NULL, lower_bound REAL NOT NULL, few_hosts INTEGER NOT NULL,"
	  " kinds TEXT NOT NULL," /* {"spam_bot": 3} */
	  " PRIMARY KEY (period_start_ns, by_as, inside, rank)) STRICT, WITHOUT ROWID;"
	  "PRAGMA user_version = 2;" },
	{ "cases and notifications",
	  /* A case is a subscriber's, for as long as the address was leased. */
	  "CREATE TABLE cases (id INTEGER PRIMARY KEY, subscriber TEXT, kind TEXT NOT NULL, state TEXT NOT NULL,"
	  " host INTEGER REFERENCES hosts (id) ON DELETE SET NULL, lease_start_ns INTEGER NOT NULL,"
	  " lease_end_ns INTEGER NOT NULL, opened_ns INTEGER NOT NULL, closed_ns INTEGER NOT NULL, note TEXT NOT NULL) STRICT;"
	  "CREATE INDEX cases_by_closed ON cases (closed_ns);"
	  "CREATE INDEX cases_by_host ON cases (host);"
	  "CREATE INDEX cases_by_subscriber ON cases (subscriber);"
	  /* The outbox: what has the same idempotency key is delivered once. */
	  "CREATE TABLE notifications (id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,"
	  " case_id INTEGER REFERENCES cases (id) ON DELETE SET NULL, method TEXT NOT NULL, recipient TEXT NOT NULL,"
	  " format TEXT NOT NULL, payload BLOB NOT NULL, status TEXT NOT NULL CHECK (status IN"
	  " ('queued', 'delivered', 'failed', 'given_up')), attempts INTEGER NOT NULL, next_try_ns INTEGER NOT NULL,"
	  " created_ns INTEGER NOT NULL, done_ns INTEGER NOT NULL, last_error TEXT NOT NULL) STRICT;"
	  "CREATE INDEX notifications_by_next_try ON notifications (status, next_try_ns);"
	  "CREATE INDEX notifications_by_created ON notifications (created_ns);"
	  "CREATE INDEX notifications_by_case ON notifications (case_id);"
	  "PRAGMA user_version = 3;" },
	{ 0 },
};

int gp_schema_version(const struct gp_schema_step *steps)
{
	int version = 0;

	while (steps[version].sql)
		version++;
	return version;
}

int gp_schema_found(sqlite3 *db, __s64 *found)
{
	return gp_sql_number(db, "PRAGMA user_version", found);
}

static int take_step(sqlite3 *db, const struct gp_schema_step *step)
{
	int err;

	err = gp_sql_script(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = gp_sql_script(db, step->sql);
	if (!err)
		err = gp_sql_script(db, "COMMIT");
	if (err && !sqlite3_get_autocommit(db))
		gp_sql_script(db, "ROLLBACK");
	return err;
}

int gp_schema_migrate(sqlite3 *db, const struct gp_schema_step *steps)
{
	__s64 found;
	int err;

	err = gp_schema_found(db, &found);
	for (; !err && found < gp_schema_version(steps); found++)
		err = take_step(db, &steps[found]);
	return err;
}

/* What an operator's ANALYZE leaves behind is SQLite's own. */
static const char objects[] = "SELECT name, type, tbl_name, coalesce(sql, '') FROM sqlite_schema"
			      " WHERE name NOT GLOB 'sqlite_stat[0-9]' ORDER BY name, type";

static bool same_object(sqlite3_stmt *a, sqlite3_stmt *b)
{
	for (int column = 0; column < 4; column++) {
		const char *x = (const char *)sqlite3_column_text(a, column);
		const char *y = (const char *)sqlite3_column_text(b, column);

		if (!x || !y || strcmp(x, y))
			return false;
	}
	return true;
}

/* Both in the order of their names: the lesser of two different ones is missing in the other. */
static const char *first_difference(sqlite3_stmt *found, int found_code, sqlite3_stmt *made, int made_code)
{
	const char *x = found_code == SQLITE_ROW ? (const char *)sqlite3_column_text(found, 0) : NULL;
	const char *y = made_code == SQLITE_ROW ? (const char *)sqlite3_column_text(made, 0) : NULL;

	if (!x || !y)
		return x ? x : y ? y : "sqlite_schema";
	return strcmp(x, y) <= 0 ? x : y;
}

static int compare(sqlite3 *db, sqlite3_stmt *found, sqlite3_stmt *made, char *differs, size_t size)
{
	int a, b;

	do {
		a = sqlite3_step(found);
		b = sqlite3_step(made);
	} while (a == SQLITE_ROW && b == SQLITE_ROW && same_object(found, made));
	if (a == SQLITE_DONE && b == SQLITE_DONE)
		return 1;
	if (a != SQLITE_ROW && a != SQLITE_DONE)
		return gp_sql_errno(db, a);
	snprintf(differs, size, "%s", first_difference(found, a, made, b));
	return 0;
}

static int make_in_memory(sqlite3 **out, const struct gp_schema_step *steps, int version)
{
	int err;

	err = gp_sql_errno(NULL, sqlite3_open_v2(":memory:", out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	for (int i = 0; !err && i < version; i++)
		err = take_step(*out, &steps[i]);
	return err;
}

int gp_schema_is_ours(sqlite3 *db, const struct gp_schema_step *steps, int version, char *differs, size_t size)
{
	sqlite3_stmt *found = NULL, *made = NULL;
	sqlite3 *model = NULL;
	int err;

	err = make_in_memory(&model, steps, version);
	if (!err)
		err = gp_sql_errno(db, sqlite3_prepare_v2(db, objects, -1, &found, NULL));
	if (!err)
		err = gp_sql_errno(model, sqlite3_prepare_v2(model, objects, -1, &made, NULL));
	if (!err)
		err = compare(db, found, made, differs, size);
	sqlite3_finalize(found);
	sqlite3_finalize(made);
	sqlite3_close(model);
	return err;
}
