// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "names.h"
#include "store_read_private.h"

#define COVERING_BYTES 17

GP_NAMED(range_kind_of, enum gp_range_kind, gp_range_kind_name, GP_RANGE_KINDS)
GP_NAMED(verdict_of, enum gp_verdict, gp_verdict_name, GP_VERDICT_CONFIRMED + 1)

/* 17 bytes each; whatever else stands there is left out. */
static void read_covering(sqlite3_stmt *q, int column, struct gp_range_finding *out)
{
	const unsigned char *bytes = sqlite3_column_blob(q, column);
	int count = bytes ? sqlite3_column_bytes(q, column) / COVERING_BYTES : 0;

	for (; out->covering_count < count && out->covering_count < GP_COVERING_MAX; bytes += COVERING_BYTES) {
		struct gp_cidr *c = &out->covering[out->covering_count++];

		memcpy(c->addr.bytes, bytes, sizeof(c->addr.bytes));
		c->bits = bytes[COVERING_BYTES - 1] <= 128 ? bytes[COVERING_BYTES - 1] : 128;
	}
}

static void read_range(sqlite3_stmt *q, struct gp_range_finding *out)
{
	memset(out, 0, sizeof(*out));
	gp_sql_addr(q, 1, &out->addr);
	out->bits = (__u8)gp_sql_unsigned(q, 2);
	out->kind = range_kind_of(q, 3);
	out->verdict = verdict_of(q, 4);
	out->score = sqlite3_column_double(q, 5);
	out->confidence = sqlite3_column_double(q, 6);
	out->source_verified = sqlite3_column_int(q, 7);
	out->first_seen_ns = gp_sql_unsigned(q, 8);
	out->last_seen_ns = gp_sql_unsigned(q, 9);
	read_covering(q, 10, out);
	out->exact_count = (int)gp_sql_unsigned(q, 11);
	out->fleet = sqlite3_column_double(q, 12);
	out->requests = gp_sql_unsigned(q, 13);
	out->hosts = sqlite3_column_double(q, 14);
	out->endpoints = sqlite3_column_double(q, 15);
	out->syn = gp_sql_unsigned(q, 16);
	out->answered = gp_sql_unsigned(q, 17);
}

static int tell_ranges(struct gp_store_reader *reader, sqlite3_stmt *q, sqlite3_stmt *evidence, gp_store_range_fn fn,
		       void *arg)
{
	struct gp_store_evidence list[GP_EVIDENCE_MAX];
	struct gp_range_finding range;
	int more, err, count = 0;

	while ((more = gp_reader_row(reader, q)) == 1) {
		read_range(q, &range);
		if (evidence)
			count = gp_reader_evidence(reader, evidence, sqlite3_column_int64(q, 0), list);
		if (count < 0)
			return count;
		err = fn(arg, &range, list, count);
		if (err)
			return err;
	}
	return more;
}

int gp_store_ranges(struct gp_store_reader *reader, const struct gp_store_filter *filter, gp_store_range_fn fn, void *arg)
{
	sqlite3_stmt *q, *evidence = NULL;
	int err;

	err = gp_reader_query(reader,
			      "SELECT id, prefix, bits, kind, verdict, score, confidence, source_verified, first_seen_ns,"
			      " last_seen_ns, covering, exact_count, fleet, requests, hosts, endpoints, syn, answered"
			      " FROM ranges WHERE prefix BETWEEN ?1 AND ?2 AND bits >= ?8 AND last_seen_ns >= ?3 AND"
			      " last_seen_ns < ?4 AND (?5 IS NULL OR kind = ?5) AND"
			      " (?6 = 'none' OR verdict = ?6 OR verdict = 'confirmed') ORDER BY prefix, bits, kind LIMIT ?7",
			      &q);
	if (!err && filter->with_evidence)
		err = gp_reader_query(reader,
				      "SELECT rule, weight, text, observed FROM range_evidence WHERE range = ?1"
				      " ORDER BY position", &evidence);
	if (!err) {
		gp_reader_bind_filter(q, filter, gp_range_kind_name((enum gp_range_kind)filter->kind));
		err = tell_ranges(reader, q, evidence, fn, arg);
	}
	sqlite3_finalize(q);
	sqlite3_finalize(evidence);
	return err;
}

static void read_kinds(const char *text, __u64 kinds[GP_KINDS])
{
	struct json_object *object = json_tokener_parse(text), *value;

	for (int i = 0; i < GP_KINDS; i++)
		if (json_object_is_type(object, json_type_object) &&
		    json_object_object_get_ex(object, gp_kind_name(i), &value))
			kinds[i] = json_object_get_uint64(value);
	json_object_put(object);
}

static void read_network(sqlite3_stmt *q, struct gp_network *out)
{
	const char *kinds = (const char *)sqlite3_column_text(q, 14);

	*out = (struct gp_network){
		.by = sqlite3_column_int(q, 2) ? GP_NETWORK_BY_AS : GP_NETWORK_BY_PREFIX,
		.inside = sqlite3_column_int(q, 3),
		.rank = (__u32)gp_sql_unsigned(q, 4),
		.prefix.bits = (__u8)gp_sql_unsigned(q, 6),
		.asn = (__u32)gp_sql_unsigned(q, 7),
		.confirmed = gp_sql_unsigned(q, 9),
		.active = gp_sql_unsigned(q, 10),
		.refused = gp_sql_unsigned(q, 11),
		.lower_bound = sqlite3_column_double(q, 12),
		.few_hosts = sqlite3_column_int(q, 13),
	};
	gp_sql_addr(q, 5, &out->prefix.addr);
	gp_sql_addr(q, 8, &out->example);
	if (kinds)
		read_kinds(kinds, out->kinds);
}

int gp_store_networks(struct gp_store_reader *reader, __u64 since_ns, __u64 until_ns, bool latest, gp_store_network_fn fn,
		      void *arg)
{
	struct gp_network network;
	int err, more = 0;
	sqlite3_stmt *q;

	err = gp_reader_query(reader,
			      "SELECT period_start_ns, period_end_ns, by_as, inside, rank, prefix, bits, asn, example,"
			      " confirmed, active, refused, lower_bound, few_hosts, kinds FROM networks WHERE"
			      " period_start_ns >= ?1 AND period_start_ns < ?2 AND (?3 = 0 OR period_start_ns = (SELECT"
			      " max(period_start_ns) FROM networks WHERE period_start_ns >= ?1 AND period_start_ns < ?2))"
			      " ORDER BY period_start_ns, by_as, inside DESC, rank", &q);
	if (err)
		return err;
	sqlite3_bind_int64(q, 1, gp_reader_time(since_ns));
	sqlite3_bind_int64(q, 2, gp_reader_until(until_ns));
	sqlite3_bind_int(q, 3, latest);
	while (!err && (more = gp_reader_row(reader, q)) == 1) {
		read_network(q, &network);
		err = fn(arg, gp_sql_unsigned(q, 0), gp_sql_unsigned(q, 1), &network);
	}
	sqlite3_finalize(q);
	return more < 0 ? more : err;
}
