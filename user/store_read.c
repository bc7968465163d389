// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "log.h"
#include "names.h"
#include "store_read_private.h"
#include "store_schema.h"

#define BUSY_MS 1000
#define LOOK_EVERY 20000 /* of SQLite's instructions: some hundred times a second */
#define SECOND_NS 1000000000ull

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * SECOND_NS + (__u64)t.tv_nsec;
}

/* Asked by SQLite now and then; anything but 0 ends the query. */
static int is_late(void *arg)
{
	const struct gp_store_reader *reader = arg;

	return reader->deadline_ns && now_ns() > reader->deadline_ns;
}

static int fail(const struct gp_store_reader *reader, int err)
{
	if (err == -ETIME)
		gp_error("store: reading %s took more than %d s: ask for less", reader->path, GP_STORE_READ_S);
	else
		gp_error("store: cannot read %s: %s", reader->path, err == -EUCLEAN ? "it is damaged" : strerror(-err));
	return err;
}

int gp_reader_query(struct gp_store_reader *reader, const char *sql, sqlite3_stmt **out)
{
	int code;

	reader->deadline_ns = now_ns() + GP_STORE_READ_S * SECOND_NS;
	code = sqlite3_prepare_v2(reader->db, sql, -1, out, NULL);
	return code ? fail(reader, gp_sql_errno(reader->db, code)) : 0;
}

int gp_reader_row(struct gp_store_reader *reader, sqlite3_stmt *query)
{
	int code;

	/* Who takes the rows may be slow as well. */
	code = is_late(reader) ? SQLITE_INTERRUPT : sqlite3_step(query);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail(reader, gp_sql_errno(reader->db, code));
}

__s64 gp_reader_time(__u64 ns)
{
	return ns < INT64_MAX ? (__s64)ns : INT64_MAX;
}

__s64 gp_reader_until(__u64 until_ns)
{
	return until_ns ? gp_reader_time(until_ns) : INT64_MAX;
}

/* The last address of a prefix. */
static struct gp_addr last_of(const struct gp_addr *addr, __u8 bits)
{
	struct gp_addr last = *addr;

	for (unsigned int bit = bits; bit < 128; bit++)
		last.bytes[bit / 8] |= (__u8)(0x80 >> bit % 8);
	return last;
}

static struct gp_addr first_of(const struct gp_addr *addr, __u8 bits)
{
	struct gp_addr first = *addr;

	for (unsigned int bit = bits; bit < 128; bit++)
		first.bytes[bit / 8] &= (__u8)~(0x80 >> bit % 8);
	return first;
}

void gp_reader_bind_filter(sqlite3_stmt *query, const struct gp_store_filter *filter, const char *kind)
{
	static const struct gp_addr any;
	__u8 bits = filter->prefix ? filter->bits : 0;
	struct gp_addr first = first_of(filter->prefix ? filter->prefix : &any, bits);
	struct gp_addr last = last_of(&first, bits);

	sqlite3_bind_blob(query, 1, first.bytes, sizeof(first.bytes), SQLITE_TRANSIENT);
	sqlite3_bind_blob(query, 2, last.bytes, sizeof(last.bytes), SQLITE_TRANSIENT);
	sqlite3_bind_int64(query, 3, gp_reader_time(filter->since_ns));
	sqlite3_bind_int64(query, 4, gp_reader_until(filter->until_ns));
	if (filter->by_kind)
		sqlite3_bind_text(query, 5, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(query, 6, gp_verdict_name(filter->verdict), -1, SQLITE_STATIC);
	sqlite3_bind_int64(query, 7, filter->limit && filter->limit < INT64_MAX ? (__s64)filter->limit : -1);
	sqlite3_bind_int(query, 8, bits);
}

/* Numbers by name, as new_observed() in store_write.c made them. */
static void read_observed(const char *text, struct gp_store_evidence *out)
{
	struct json_object *object = json_tokener_parse(text);

	if (json_object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, name, value) {
			struct gp_store_observed *o = &out->observed[out->observed_count];

			if (out->observed_count == GP_OBSERVED_MAX || strlen(name) >= sizeof(o->name))
				break;
			memcpy(o->name, name, strlen(name) + 1);
			o->value = json_object_get_double(value);
			out->observed_count++;
		}
	}
	json_object_put(object);
}

int gp_reader_evidence(struct gp_store_reader *reader, sqlite3_stmt *query, __s64 id,
		       struct gp_store_evidence out[GP_EVIDENCE_MAX])
{
	int count = 0, more = 0;
	const char *observed;

	sqlite3_bind_int64(query, 1, id);
	while (count < GP_EVIDENCE_MAX && (more = gp_reader_row(reader, query)) == 1) {
		struct gp_store_evidence *e = &out[count++];

		*e = (struct gp_store_evidence){ .weight = sqlite3_column_double(query, 1) };
		gp_sql_text(query, 0, e->rule, sizeof(e->rule));
		gp_sql_text(query, 2, e->text, sizeof(e->text));
		observed = (const char *)sqlite3_column_text(query, 3);
		if (observed)
			read_observed(observed, e);
	}
	sqlite3_reset(query);
	return more < 0 ? more : count;
}

/* What stands in the header and in the list of tables. */
static int look(struct gp_store_reader *reader)
{
	__s64 application, version;
	char differs[64] = "";
	int err;

	err = gp_sql_number(reader->db, "PRAGMA application_id", &application);
	if (!err)
		err = gp_schema_found(reader->db, &version);
	if (err && (sqlite3_errcode(reader->db) & 0xff) == SQLITE_NOTADB) {
		gp_error("store: %s is no SQLite database: name the store's file", reader->path);
		return -EINVAL;
	}
	if (err)
		return fail(reader, err);
	if (application != GP_SCHEMA_APPLICATION) {
		gp_error("store: %s is no database of gatepost: name the store's file", reader->path);
		return -EINVAL;
	}
	if (version != gp_schema_version(gp_schema_steps)) {
		gp_error("store: %s has tables of version %lld, and this gatepost reads version %d: %s", reader->path,
			 (long long)version, gp_schema_version(gp_schema_steps),
			 version < gp_schema_version(gp_schema_steps) ? "start the agent of this version, which migrates it" :
								       "use the gatepost that writes it");
		return -EOPNOTSUPP;
	}
	err = gp_schema_is_ours(reader->db, gp_schema_steps, (int)version, differs, sizeof(differs));
	if (err < 0)
		return fail(reader, err);
	if (!err)
		gp_error("store: %s has tables that are not gatepost's: %s", reader->path, differs);
	return err ? 0 : -EINVAL;
}

static int open_database(struct gp_store_reader *reader)
{
	int code, err;

	code = sqlite3_open_v2(reader->path, &reader->db,
			       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code)
		return fail(reader, gp_sql_errno(reader->db, code));
	sqlite3_busy_timeout(reader->db, BUSY_MS);
	sqlite3_progress_handler(reader->db, LOOK_EVERY, is_late, reader);
	reader->deadline_ns = now_ns() + GP_STORE_READ_S * SECOND_NS;
	err = gp_sql_confine(reader->db);
	return err ? fail(reader, err) : look(reader);
}

int gp_store_reader_open(struct gp_store_reader **out, const char *path)
{
	struct gp_store_reader *reader;
	struct stat st;
	int err = 0;

	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->path = strdup(path);
	if (!reader->path)
		err = -ENOMEM;
	else if (stat(path, &st))
		err = fail(reader, -errno);
	else if (!S_ISREG(st.st_mode))
		err = fail(reader, -EINVAL);
	if (!err)
		err = open_database(reader);
	if (err) {
		gp_store_reader_close(reader);
		return err;
	}
	*out = reader;
	return 0;
}

/* The epoch before the first one of a span: what had been counted by then. Return: 1, 0 or -errno. */
static int before(struct gp_store_reader *reader, __s64 instance, __s64 number, struct gp_store_span *out)
{
	sqlite3_stmt *q;
	int more;

	more = gp_reader_query(reader,
			       "SELECT packets, bytes, unaccounted, unparsed, overflow, nic_missed, evidence_lost FROM epochs"
			       " WHERE instance = ?1 AND number <= ?2 ORDER BY number DESC LIMIT 1", &q);
	if (more)
		return more;
	sqlite3_bind_int64(q, 1, instance);
	sqlite3_bind_int64(q, 2, number);
	more = gp_reader_row(reader, q);
	*out = (struct gp_store_span){ 0 };
	if (more == 1) {
		out->packets = gp_sql_unsigned(q, 0);
		out->bytes = gp_sql_unsigned(q, 1);
		out->unaccounted = sqlite3_column_int64(q, 2);
		out->unparsed = gp_sql_unsigned(q, 3);
		out->overflow = gp_sql_unsigned(q, 4);
		out->nic_missed = gp_sql_unsigned(q, 5);
		out->evidence_lost = gp_sql_unsigned(q, 6);
	}
	sqlite3_finalize(q);
	return more;
}

static __u64 grown(__u64 from, __u64 to)
{
	return to > from ? to - from : 0;
}

static void add(struct gp_store_span *sum, const struct gp_store_span *from, const struct gp_store_span *to)
{
	sum->packets += grown(from->packets, to->packets);
	sum->bytes += grown(from->bytes, to->bytes);
	sum->unaccounted += to->unaccounted - from->unaccounted;
	sum->unparsed += grown(from->unparsed, to->unparsed);
	sum->overflow += grown(from->overflow, to->overflow);
	sum->nic_missed += grown(from->nic_missed, to->nic_missed);
	sum->evidence_lost += grown(from->evidence_lost, to->evidence_lost);
}

/* The epochs of one set of maps. Where the one before the first is gone, the first itself is what it began with. */
static int add_instance(struct gp_store_reader *reader, sqlite3_stmt *q, struct gp_store_span *out)
{
	__s64 instance = sqlite3_column_int64(q, 0), first = sqlite3_column_int64(q, 1), last = sqlite3_column_int64(q, 2);
	struct gp_store_span from, to;
	int err;

	out->epochs += gp_sql_unsigned(q, 3);
	if (!out->start_ns || gp_sql_unsigned(q, 4) < out->start_ns)
		out->start_ns = gp_sql_unsigned(q, 4);
	if (gp_sql_unsigned(q, 5) > out->end_ns)
		out->end_ns = gp_sql_unsigned(q, 5);
	err = before(reader, instance, last, &to);
	if (err < 0)
		return err;
	err = before(reader, instance, first - 1, &from);
	if (!err && first > 1)
		err = before(reader, instance, first, &from);
	if (err >= 0)
		add(out, &from, &to);
	return err < 0 ? err : 0;
}

int gp_store_epochs(struct gp_store_reader *reader, __u64 since_ns, __u64 until_ns, struct gp_store_span *out)
{
	sqlite3_stmt *q;
	int err, more;

	*out = (struct gp_store_span){ 0 };
	err = gp_reader_query(reader,
			      "SELECT instance, min(number), max(number), count(*), min(start_ns), max(end_ns) FROM epochs"
			      " WHERE end_ns >= ?1 AND end_ns < ?2 GROUP BY instance", &q);
	if (err)
		return err;
	sqlite3_bind_int64(q, 1, gp_reader_time(since_ns));
	sqlite3_bind_int64(q, 2, gp_reader_until(until_ns));
	while ((more = gp_reader_row(reader, q)) == 1 && !err)
		err = add_instance(reader, q, out);
	sqlite3_finalize(q);
	return more < 0 ? more : err;
}

int gp_store_metrics(struct gp_store_reader *reader, const char *name, __u64 since_ns, __u64 until_ns,
		     gp_store_metric_fn fn, void *arg)
{
	char text[GP_STORE_METRIC_NAME];
	int err, more = 0;
	sqlite3_stmt *q;

	err = gp_reader_query(reader,
			      "SELECT name, time_ns, value FROM metrics WHERE (?1 IS NULL OR name = ?1) AND time_ns >= ?2"
			      " AND time_ns < ?3 ORDER BY name, time_ns", &q);
	if (err)
		return err;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, gp_reader_time(since_ns));
	sqlite3_bind_int64(q, 3, gp_reader_until(until_ns));
	while (!err && (more = gp_reader_row(reader, q)) == 1) {
		gp_sql_text(q, 0, text, sizeof(text));
		err = fn(arg, text, gp_sql_unsigned(q, 1), sqlite3_column_double(q, 2));
	}
	sqlite3_finalize(q);
	return more < 0 ? more : err;
}

int gp_store_sensor(struct gp_store_reader *reader, char *out, size_t size)
{
	sqlite3_stmt *q;
	int err;

	err = gp_reader_query(reader, "SELECT value FROM meta WHERE key = 'sensor'", &q);
	if (err)
		return err;
	err = gp_reader_row(reader, q);
	if (err == 1)
		gp_sql_text(q, 0, out, size);
	sqlite3_finalize(q);
	return err == 1 ? 0 : err ? err : -ENOENT;
}

void gp_store_reader_close(struct gp_store_reader *reader)
{
	if (!reader)
		return;
	sqlite3_close(reader->db);
	free(reader->path);
	free(reader);
}
