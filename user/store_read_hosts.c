// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "names.h"
#include "store_read_private.h"

#define HOST_COLUMNS                                                                                                  \
	"SELECT id, address, bits, kind, role, state, verdict, score, confidence, source_verified, first_seen_ns,"     \
	" last_seen_ns, since_ns, watched_ns, suspected_ns, confirmed_ns, low_ns, ended_ns, episodes,"                \
	" suspected_contacts, contacts, source_port, destination, destination_port, sentence, updated_ns FROM hosts "

static const char evidence_sql[] = "SELECT rule, weight, text, observed FROM evidence WHERE host = ?1 ORDER BY position";

GP_NAMED(kind_of, enum gp_kind, gp_kind_name, GP_KINDS)
GP_NAMED(role_of, enum gp_role, gp_role_name, GP_ROLE_BUSINESS + 1)
GP_NAMED(state_of, enum gp_state, gp_state_name, GP_STATES)
GP_NAMED(verdict_of, enum gp_verdict, gp_verdict_name, GP_VERDICT_CONFIRMED + 1)

static void read_standing(sqlite3_stmt *q, struct gp_standing *out)
{
	out->state = state_of(q, 5);
	out->since_ns = gp_sql_unsigned(q, 12);
	out->watched_ns = gp_sql_unsigned(q, 13);
	out->suspected_ns = gp_sql_unsigned(q, 14);
	out->confirmed_ns = gp_sql_unsigned(q, 15);
	out->low_ns = gp_sql_unsigned(q, 16);
	out->ended_ns = gp_sql_unsigned(q, 17);
	out->episodes = (__u32)gp_sql_unsigned(q, 18);
	out->suspected_contacts = gp_sql_unsigned(q, 19);
}

static void read_host(sqlite3_stmt *q, struct gp_store_host *out)
{
	*out = (struct gp_store_host){
		.bits = (__u8)gp_sql_unsigned(q, 2),
		.kind = kind_of(q, 3),
		.role = role_of(q, 4),
		.verdict = verdict_of(q, 6),
		.score = sqlite3_column_double(q, 7),
		.confidence = sqlite3_column_double(q, 8),
		.source_verified = sqlite3_column_int(q, 9),
		.first_seen_ns = gp_sql_unsigned(q, 10),
		.last_seen_ns = gp_sql_unsigned(q, 11),
		.contacts = sqlite3_column_double(q, 20),
		.sample = { .sport = (__u16)gp_sql_unsigned(q, 21), .dport = (__u16)gp_sql_unsigned(q, 23) },
		.updated_ns = gp_sql_unsigned(q, 25),
	};
	gp_sql_addr(q, 1, &out->addr);
	read_standing(q, &out->standing);
	gp_sql_addr(q, 22, &out->sample.dst);
	gp_sql_text(q, 24, out->sentence, sizeof(out->sentence));
}

/* All rows of a bound query. @evidence: NULL without. */
static int tell(struct gp_store_reader *reader, sqlite3_stmt *q, sqlite3_stmt *evidence, gp_store_host_fn fn, void *arg)
{
	struct gp_store_evidence list[GP_EVIDENCE_MAX];
	struct gp_store_host host;
	int more, err, count = 0;

	while ((more = gp_reader_row(reader, q)) == 1) {
		read_host(q, &host);
		if (evidence)
			count = gp_reader_evidence(reader, evidence, sqlite3_column_int64(q, 0), list);
		if (count < 0)
			return count;
		err = fn(arg, &host, list, count);
		if (err)
			return err;
	}
	return more;
}

int gp_store_hosts(struct gp_store_reader *reader, const struct gp_store_filter *filter, gp_store_host_fn fn, void *arg)
{
	sqlite3_stmt *q, *evidence = NULL;
	int err;

	err = gp_reader_query(reader,
			      HOST_COLUMNS "WHERE address BETWEEN ?1 AND ?2 AND bits >= ?8 AND last_seen_ns >= ?3 AND"
			      " last_seen_ns < ?4 AND (?5 IS NULL OR kind = ?5) AND"
			      " (?6 = 'none' OR verdict = ?6 OR verdict = 'confirmed') AND (?9 = 'clean' OR state = ?9)"
			      " ORDER BY address, bits, kind LIMIT ?7", &q);
	if (!err && filter->with_evidence)
		err = gp_reader_query(reader, evidence_sql, &evidence);
	if (!err) {
		gp_reader_bind_filter(q, filter, gp_kind_name((enum gp_kind)filter->kind));
		sqlite3_bind_text(q, 9, gp_state_name(filter->state), -1, SQLITE_STATIC);
		err = tell(reader, q, evidence, fn, arg);
	}
	sqlite3_finalize(q);
	sqlite3_finalize(evidence);
	return err;
}

/* The subscriber's prefix may be of any length: the longest first, an index look-up each. */
static int tell_covering(struct gp_store_reader *reader, sqlite3_stmt *q, sqlite3_stmt *evidence,
			 const struct gp_addr *addr, gp_store_host_fn fn, void *arg)
{
	struct gp_addr masked = *addr;
	int err = 0;

	for (int bits = 128; bits >= 0 && !err; bits--) {
		if (bits < 128)
			masked.bytes[bits / 8] &= (__u8)~(0x80 >> bits % 8);
		gp_sql_bind_addr(q, 1, &masked);
		sqlite3_bind_int(q, 2, bits);
		err = tell(reader, q, evidence, fn, arg);
		sqlite3_reset(q);
	}
	return err;
}

int gp_store_host(struct gp_store_reader *reader, const struct gp_addr *addr, gp_store_host_fn fn, void *arg)
{
	sqlite3_stmt *q, *evidence = NULL;
	int err;

	err = gp_reader_query(reader, HOST_COLUMNS "WHERE address = ?1 AND bits = ?2 ORDER BY kind", &q);
	if (!err)
		err = gp_reader_query(reader, evidence_sql, &evidence);
	/* One transaction: the same moment for all lengths, and one lock instead of 129. */
	if (!err && !gp_sql_script(reader->db, "BEGIN"))
		err = tell_covering(reader, q, evidence, addr, fn, arg);
	sqlite3_finalize(q);
	sqlite3_finalize(evidence);
	if (!sqlite3_get_autocommit(reader->db))
		gp_sql_script(reader->db, "COMMIT");
	return err;
}

int gp_store_history(struct gp_store_reader *reader, const struct gp_store_host *host, gp_store_change_fn fn, void *arg)
{
	sqlite3_stmt *q;
	int err, more = 0;

	err = gp_reader_query(reader,
			      "SELECT history.since_ns, history.state, history.verdict, history.score FROM hosts"
			      " JOIN history ON host = id WHERE address = ?1 AND bits = ?2 AND kind = ?3"
			      " ORDER BY history.since_ns", &q);
	if (err)
		return err;
	gp_sql_bind_addr(q, 1, &host->addr);
	sqlite3_bind_int(q, 2, host->bits);
	sqlite3_bind_text(q, 3, gp_kind_name(host->kind), -1, SQLITE_STATIC);
	while (!err && (more = gp_reader_row(reader, q)) == 1) {
		struct gp_store_change change = { gp_sql_unsigned(q, 0), state_of(q, 1), verdict_of(q, 2),
						  sqlite3_column_double(q, 3) };

		err = fn(arg, &change);
	}
	sqlite3_finalize(q);
	return more < 0 ? more : err;
}
