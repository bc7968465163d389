// SPDX-License-Identifier: GPL-2.0-or-later
/* What waits, into the tables. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include <gatepost/sketch.h>

#include "keyed_hash.h"
#include "names.h"
#include "store_private.h"

#define COVERING_BYTES 17
#define DAY_NS (86400ull * 1000000000ull)

static const char *const sql[GP_STORE_STATEMENTS] = {
	[GP_STORE_BEGIN] = "BEGIN IMMEDIATE",
	[GP_STORE_COMMIT] = "COMMIT",
	[GP_STORE_ROLLBACK] = "ROLLBACK",
	[GP_STORE_FIND_HOST] =
		"SELECT id, state, evidence_digest, episodes, evidence_ns FROM hosts"
		" WHERE address = ?1 AND bits = ?2 AND kind = ?3",
	/* Who was known before the machine was restarted was seen first then. */
	[GP_STORE_PUT_HOST] =
		"INSERT INTO hosts (address, bits, kind, role, state, verdict, score, confidence, source_verified,"
		" first_seen_ns, last_seen_ns, since_ns, watched_ns, suspected_ns, confirmed_ns, low_ns, ended_ns, episodes,"
		" suspected_contacts, contacts, source_port, destination, destination_port, sentence, evidence_digest,"
		" evidence_ns, updated_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
		" ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?26)"
		" ON CONFLICT (address, bits, kind) DO UPDATE SET role = excluded.role, state = excluded.state,"
		" verdict = excluded.verdict, score = excluded.score, confidence = excluded.confidence,"
		" source_verified = excluded.source_verified, first_seen_ns = min(first_seen_ns, excluded.first_seen_ns),"
		" last_seen_ns = excluded.last_seen_ns, since_ns = excluded.since_ns, watched_ns = excluded.watched_ns,"
		" suspected_ns = excluded.suspected_ns, confirmed_ns = excluded.confirmed_ns, low_ns = excluded.low_ns,"
		" ended_ns = excluded.ended_ns, episodes = excluded.episodes,"
		" suspected_contacts = excluded.suspected_contacts, contacts = excluded.contacts,"
		" source_port = excluded.source_port, destination = excluded.destination,"
		" destination_port = excluded.destination_port, sentence = excluded.sentence,"
		" evidence_digest = excluded.evidence_digest, evidence_ns = excluded.evidence_ns,"
		" updated_ns = excluded.updated_ns RETURNING id",
	[GP_STORE_PUT_HISTORY] =
		"INSERT OR IGNORE INTO history (host, since_ns, state, verdict, score) VALUES (?1, ?2, ?3, ?4, ?5)",
	[GP_STORE_PUT_EVIDENCE] =
		"INSERT INTO evidence (host, position, rule, weight, text, observed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (host, position) DO UPDATE SET rule = excluded.rule, weight = excluded.weight,"
		" text = excluded.text, observed = excluded.observed",
	[GP_STORE_CUT_EVIDENCE] = "DELETE FROM evidence WHERE host = ?1 AND position >= ?2",
	[GP_STORE_FIND_RANGE] =
		"SELECT id, kind, evidence_digest FROM ranges WHERE prefix = ?1 AND bits = ?2 AND kind = ?3",
	[GP_STORE_PUT_RANGE] =
		"INSERT INTO ranges (prefix, bits, kind, verdict, score, confidence, source_verified, first_seen_ns,"
		" last_seen_ns, covering, exact_count, fleet, requests, hosts, endpoints, syn, answered, evidence_digest,"
		" updated_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
		" ON CONFLICT (prefix, bits, kind) DO UPDATE SET verdict = excluded.verdict, score = excluded.score,"
		" confidence = excluded.confidence, source_verified = excluded.source_verified,"
		" first_seen_ns = min(first_seen_ns, excluded.first_seen_ns), last_seen_ns = excluded.last_seen_ns,"
		" covering = excluded.covering, exact_count = excluded.exact_count, fleet = excluded.fleet,"
		" requests = excluded.requests, hosts = excluded.hosts, endpoints = excluded.endpoints, syn = excluded.syn,"
		" answered = excluded.answered, evidence_digest = excluded.evidence_digest, updated_ns = excluded.updated_ns"
		" RETURNING id",
	[GP_STORE_PUT_RANGE_EVIDENCE] =
		"INSERT INTO range_evidence (range, position, rule, weight, text, observed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (range, position) DO UPDATE SET rule = excluded.rule, weight = excluded.weight,"
		" text = excluded.text, observed = excluded.observed",
	[GP_STORE_CUT_RANGE_EVIDENCE] = "DELETE FROM range_evidence WHERE range = ?1 AND position >= ?2",
	[GP_STORE_PUT_EPOCH] =
		"INSERT OR REPLACE INTO epochs (instance, number, start_ns, end_ns, packets, bytes, unaccounted, unparsed,"
		" overflow, nic_missed, evidence_lost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[GP_STORE_LAST_EPOCH] = "SELECT max(number) FROM epochs WHERE instance = ?1",
	[GP_STORE_PUT_METRIC] = "INSERT OR REPLACE INTO metrics (name, time_ns, value) VALUES (?1, ?2, ?3)",
	[GP_STORE_CUT_NETWORKS] = "DELETE FROM networks WHERE period_start_ns = ?1",
	[GP_STORE_PUT_NETWORK] =
		"INSERT OR REPLACE INTO networks (period_start_ns, period_end_ns, by_as, inside, rank, prefix, bits, asn,"
		" example, confirmed, active, refused, lower_bound, few_hosts, kinds)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
};

int gp_store_prepare(struct gp_store *store)
{
	int code = SQLITE_OK;

	for (int i = 0; i < GP_STORE_STATEMENTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
	return gp_sql_errno(store->db, code);
}

/* Runs a bound statement and lets go of what it borrowed. @id: out, the first column of its first row; may be NULL. */
static int run(struct gp_store *store, sqlite3_stmt *s, __s64 *id)
{
	int code = sqlite3_step(s), err;

	if (code == SQLITE_ROW && id) {
		*id = sqlite3_column_int64(s, 0);
		code = sqlite3_step(s);
	}
	err = code == SQLITE_ROW ? 0 : gp_sql_errno(store->db, code);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return err;
}

static int bind_text(sqlite3_stmt *s, int parameter, const char *text)
{
	return sqlite3_bind_text(s, parameter, text, -1, SQLITE_STATIC);
}

static int bind_unsigned(sqlite3_stmt *s, int parameter, __u64 value)
{
	return sqlite3_bind_int64(s, parameter, value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value);
}

static void bind_key(sqlite3_stmt *s, const struct gp_addr *addr, __u8 bits, const char *kind)
{
	gp_sql_bind_addr(s, 1, addr);
	sqlite3_bind_int(s, 2, bits);
	bind_text(s, 3, kind);
}

/* What is stored of it. */
struct found {
	__s64 id; /* 0: nothing */
	char state[16];
	__s64 digest, episodes, evidence_ns;
};

static int find(struct gp_store *store, sqlite3_stmt *s, struct found *out)
{
	int code = sqlite3_step(s);

	*out = (struct found){ 0 };
	if (code == SQLITE_ROW) {
		out->id = sqlite3_column_int64(s, 0);
		gp_sql_text(s, 1, out->state, sizeof(out->state));
		out->digest = sqlite3_column_int64(s, 2);
		out->episodes = sqlite3_column_int64(s, 3); /* 0 of a range, as the next one */
		out->evidence_ns = sqlite3_column_int64(s, 4);
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return gp_sql_errno(store->db, code);
}

static int find_host(struct gp_store *store, const struct gp_store_host *host, struct found *out)
{
	sqlite3_stmt *s = store->statements[GP_STORE_FIND_HOST];

	bind_key(s, &host->addr, host->bits, gp_kind_name(host->kind));
	return find(store, s, out);
}

int gp_store_has_host(struct gp_store *store, const struct gp_store_host *host)
{
	struct found found;
	int err;

	err = find_host(store, host, &found);
	return err ? err : found.id != 0;
}

/* Equal sets of evidence need not be written again. */
static __s64 digest_of(const struct gp_evidence *evidence, int count)
{
	__u64 hash = gp_mix(0, (__u64)count), word;

	for (const struct gp_evidence *e = evidence; e < evidence + count; e++) {
		memcpy(&word, &e->weight, sizeof(word));
		hash = gp_keyed_hash(gp_mix(hash, word), e->rule, strlen(e->rule), false);
		hash = gp_keyed_hash(hash, e->text, strnlen(e->text, sizeof(e->text)), false);
		for (int i = 0; i < e->observed_count; i++) {
			memcpy(&word, &e->observed[i].value, sizeof(word));
			hash = gp_keyed_hash(gp_mix(hash, word), e->observed[i].name, strlen(e->observed[i].name), false);
		}
	}
	return (__s64)hash;
}

/* {"distinct_mx": 214}; NULL without memory. */
static struct json_object *new_observed(const struct gp_evidence *e)
{
	struct json_object *object = json_object_new_object(), *value;

	for (int i = 0; object && i < e->observed_count; i++) {
		value = json_object_new_double(e->observed[i].value);
		if (!value || json_object_object_add(object, e->observed[i].name, value)) {
			json_object_put(value);
			json_object_put(object);
			return NULL;
		}
	}
	return object;
}

static int write_one(struct gp_store *store, sqlite3_stmt *s, __s64 id, int position, const struct gp_evidence *e)
{
	struct json_object *observed = new_observed(e);
	int err;

	if (!observed)
		return -ENOMEM;
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int(s, 2, position);
	bind_text(s, 3, e->rule);
	gp_sql_bind_real(s, 4, e->weight);
	sqlite3_bind_text(s, 5, e->text, (int)strnlen(e->text, sizeof(e->text)), SQLITE_STATIC);
	bind_text(s, 6, json_object_to_json_string_ext(observed, JSON_C_TO_STRING_PLAIN));
	err = run(store, s, NULL);
	json_object_put(observed);
	return err;
}

/* The set of a host or a range takes the place of the one before. */
static int write_evidence(struct gp_store *store, bool range, __s64 id, const struct gp_waiting_item *item)
{
	sqlite3_stmt *put = store->statements[range ? GP_STORE_PUT_RANGE_EVIDENCE : GP_STORE_PUT_EVIDENCE];
	sqlite3_stmt *cut = store->statements[range ? GP_STORE_CUT_RANGE_EVIDENCE : GP_STORE_CUT_EVIDENCE];
	int err = 0;

	for (int i = 0; i < item->evidence_count && !err; i++)
		err = write_one(store, put, id, i, &item->evidence[i]);
	if (err)
		return err;
	sqlite3_bind_int64(cut, 1, id);
	sqlite3_bind_int(cut, 2, item->evidence_count);
	return run(store, cut, NULL);
}

static void bind_standing(sqlite3_stmt *s, const struct gp_standing *standing)
{
	bind_unsigned(s, 12, standing->since_ns);
	bind_unsigned(s, 13, standing->watched_ns);
	bind_unsigned(s, 14, standing->suspected_ns);
	bind_unsigned(s, 15, standing->confirmed_ns);
	bind_unsigned(s, 16, standing->low_ns);
	bind_unsigned(s, 17, standing->ended_ns);
	sqlite3_bind_int64(s, 18, standing->episodes);
	bind_unsigned(s, 19, standing->suspected_contacts);
}

static bool has_sample(const struct gp_sample *sample)
{
	static const struct gp_sample none;

	return memcmp(sample, &none, sizeof(none));
}

static int write_host_row(struct gp_store *store, const struct gp_store_host *h, __s64 digest, __u64 now_ns, __s64 *id)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_HOST];

	bind_key(s, &h->addr, h->bits, gp_kind_name(h->kind));
	bind_text(s, 4, gp_role_name(h->role));
	bind_text(s, 5, gp_state_name(h->standing.state));
	bind_text(s, 6, gp_verdict_name(h->verdict));
	gp_sql_bind_real(s, 7, h->score);
	gp_sql_bind_real(s, 8, h->confidence);
	sqlite3_bind_int(s, 9, h->source_verified);
	bind_unsigned(s, 10, h->first_seen_ns);
	bind_unsigned(s, 11, h->last_seen_ns);
	bind_standing(s, &h->standing);
	gp_sql_bind_real(s, 20, h->contacts);
	sqlite3_bind_int(s, 21, h->sample.sport);
	if (has_sample(&h->sample))
		gp_sql_bind_addr(s, 22, &h->sample.dst);
	sqlite3_bind_int(s, 23, h->sample.dport);
	sqlite3_bind_text(s, 24, h->sentence, (int)strnlen(h->sentence, sizeof(h->sentence)), SQLITE_STATIC);
	sqlite3_bind_int64(s, 25, digest);
	bind_unsigned(s, 26, now_ns);
	return run(store, s, id);
}

static int write_history(struct gp_store *store, const struct gp_store_host *h, __s64 id)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_HISTORY];

	sqlite3_bind_int64(s, 1, id);
	bind_unsigned(s, 2, h->standing.since_ns);
	bind_text(s, 3, gp_state_name(h->standing.state));
	bind_text(s, 4, gp_verdict_name(h->verdict));
	gp_sql_bind_real(s, 5, h->score);
	return run(store, s, NULL);
}

/* A new line of history only when the state is another one: its time moves when the clock is set. */
static int write_host(struct gp_store *store, const struct gp_waiting_item *item, __u64 now_ns)
{
	const struct gp_store_host *h = &item->host;
	__s64 digest = digest_of(item->evidence, item->evidence_count), id = 0;
	struct found found;
	int err;

	err = find_host(store, h, &found);
	if (err || (!found.id && h->standing.state == GP_STATE_CLEAN))
		return err;
	err = write_host_row(store, h, digest, now_ns, &id);
	if (!err && (!found.id || strcmp(found.state, gp_state_name(h->standing.state)) ||
		     found.episodes != h->standing.episodes))
		err = write_history(store, h, id);
	/* Once a day in any case: retention may have removed it. */
	if (!err && (!found.id || found.digest != digest || now_ns > (__u64)found.evidence_ns + DAY_NS))
		err = write_evidence(store, false, id, item);
	return err;
}

static int covering_of(const struct gp_range_finding *range, unsigned char *out)
{
	for (int i = 0; i < range->covering_count; i++) {
		memcpy(out + i * COVERING_BYTES, range->covering[i].addr.bytes, COVERING_BYTES - 1);
		out[i * COVERING_BYTES + COVERING_BYTES - 1] = range->covering[i].bits;
	}
	return range->covering_count * COVERING_BYTES;
}

static int write_range_row(struct gp_store *store, const struct gp_range_finding *r, __s64 digest, __u64 now_ns, __s64 *id)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_RANGE];
	unsigned char covering[GP_COVERING_MAX * COVERING_BYTES];

	bind_key(s, &r->addr, r->bits, gp_range_kind_name(r->kind));
	bind_text(s, 4, gp_verdict_name(r->verdict));
	gp_sql_bind_real(s, 5, r->score);
	gp_sql_bind_real(s, 6, r->confidence);
	sqlite3_bind_int(s, 7, r->source_verified);
	bind_unsigned(s, 8, r->first_seen_ns);
	bind_unsigned(s, 9, r->last_seen_ns);
	sqlite3_bind_blob(s, 10, covering, covering_of(r, covering), SQLITE_STATIC);
	sqlite3_bind_int(s, 11, r->exact_count);
	gp_sql_bind_real(s, 12, r->fleet);
	bind_unsigned(s, 13, r->requests);
	gp_sql_bind_real(s, 14, r->hosts);
	gp_sql_bind_real(s, 15, r->endpoints);
	bind_unsigned(s, 16, r->syn);
	bind_unsigned(s, 17, r->answered);
	sqlite3_bind_int64(s, 18, digest);
	bind_unsigned(s, 19, now_ns);
	return run(store, s, id);
}

static int write_range(struct gp_store *store, const struct gp_waiting_item *item, __u64 now_ns)
{
	sqlite3_stmt *s = store->statements[GP_STORE_FIND_RANGE];
	__s64 digest = digest_of(item->evidence, item->evidence_count), id = 0;
	struct found found;
	int err;

	bind_key(s, &item->range->addr, item->range->bits, gp_range_kind_name(item->range->kind));
	err = find(store, s, &found);
	if (!err)
		err = write_range_row(store, item->range, digest, now_ns, &id);
	if (!err && (!found.id || found.digest != digest))
		err = write_evidence(store, true, id, item);
	return err;
}

/* An item that the database will not have is left out. */
static int write_items(struct gp_store *store, __u64 now_ns)
{
	const struct gp_waiting *waiting = &store->waiting;
	int err;

	for (__u32 i = 0; i < waiting->item_count; i++) {
		const struct gp_waiting_item *item = waiting->items[i];

		err = item->is_range ? write_range(store, item, now_ns) : write_host(store, item, now_ns);
		if (err == -EINVAL)
			store->refused++;
		else if (err)
			return err;
	}
	return 0;
}

static int write_epoch(struct gp_store *store, const struct gp_store_epoch *e)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_EPOCH];

	sqlite3_bind_int64(s, 1, (sqlite3_int64)e->instance);
	bind_unsigned(s, 2, e->number);
	bind_unsigned(s, 3, e->start_ns);
	bind_unsigned(s, 4, e->end_ns);
	bind_unsigned(s, 5, e->packets);
	bind_unsigned(s, 6, e->bytes);
	sqlite3_bind_int64(s, 7, e->unaccounted);
	bind_unsigned(s, 8, e->unparsed);
	bind_unsigned(s, 9, e->overflow);
	bind_unsigned(s, 10, e->nic_missed);
	bind_unsigned(s, 11, e->evidence_lost);
	return run(store, s, NULL);
}

/* @now_ns: out, the end of the latest epoch. */
static int write_epochs(struct gp_store *store, __u64 *now_ns)
{
	const struct gp_waiting *waiting = &store->waiting;
	int err;

	*now_ns = 0;
	for (__u32 i = 0; i < waiting->epoch_count; i++) {
		const struct gp_store_epoch *epoch = &waiting->epochs[(waiting->epoch_first + i) % GP_WAITING_EPOCHS];

		err = write_epoch(store, epoch);
		if (err)
			return err;
		*now_ns = epoch->end_ns;
	}
	return 0;
}

static int write_metrics(struct gp_store *store)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_METRIC];
	const struct gp_waiting *waiting = &store->waiting;
	int err = 0;

	for (__u32 i = 0; i < waiting->metric_count && !err; i++) {
		const struct gp_waiting_metric *m = &waiting->metrics[(waiting->metric_first + i) % GP_WAITING_METRICS];

		bind_text(s, 1, m->name);
		bind_unsigned(s, 2, m->time_ns);
		gp_sql_bind_real(s, 3, m->value);
		err = run(store, s, NULL);
	}
	return err;
}

static int write_network(struct gp_store *store, const struct gp_network *n)
{
	sqlite3_stmt *s = store->statements[GP_STORE_PUT_NETWORK];
	char kinds[GP_KINDS * 48] = "{";
	size_t len = 1;

	for (int i = 0; i < GP_KINDS; i++) {
		if (n->kinds[i])
			len += (size_t)snprintf(kinds + len, sizeof(kinds) - len, "%s\"%s\":%llu", len > 1 ? "," : "",
						gp_kind_name(i), (unsigned long long)n->kinds[i]);
	}
	snprintf(kinds + len, sizeof(kinds) - len, "}");
	bind_unsigned(s, 1, store->waiting.networks_start_ns);
	bind_unsigned(s, 2, store->waiting.networks_end_ns);
	sqlite3_bind_int(s, 3, n->by == GP_NETWORK_BY_AS);
	sqlite3_bind_int(s, 4, n->inside);
	sqlite3_bind_int64(s, 5, n->rank);
	gp_sql_bind_addr(s, 6, &n->prefix.addr);
	sqlite3_bind_int(s, 7, n->prefix.bits);
	sqlite3_bind_int64(s, 8, n->asn);
	gp_sql_bind_addr(s, 9, &n->example);
	bind_unsigned(s, 10, n->confirmed);
	bind_unsigned(s, 11, n->active);
	bind_unsigned(s, 12, n->refused);
	gp_sql_bind_real(s, 13, n->lower_bound);
	sqlite3_bind_int(s, 14, n->few_hosts);
	bind_text(s, 15, kinds);
	return run(store, s, NULL);
}

static int write_networks(struct gp_store *store)
{
	sqlite3_stmt *cut = store->statements[GP_STORE_CUT_NETWORKS];
	const struct gp_waiting *waiting = &store->waiting;
	int err;

	if (!waiting->networks_put)
		return 0;
	bind_unsigned(cut, 1, waiting->networks_start_ns);
	err = run(store, cut, NULL);
	for (int i = 0; i < waiting->network_count && !err; i++) {
		err = write_network(store, &waiting->networks[i]);
		if (err == -EINVAL) {
			store->refused++;
			err = 0;
		}
	}
	return err;
}

int gp_store_write(struct gp_store *store)
{
	__u64 refused = store->refused, now_ns;
	int err;

	err = run(store, store->statements[GP_STORE_BEGIN], NULL);
	if (err)
		return err;
	err = write_epochs(store, &now_ns);
	if (!err)
		err = write_items(store, now_ns);
	if (!err)
		err = write_networks(store);
	if (!err)
		err = write_metrics(store);
	if (!err)
		err = run(store, store->statements[GP_STORE_COMMIT], NULL);
	if (!err)
		return 0;
	store->refused = refused;
	if (!sqlite3_get_autocommit(store->db))
		run(store, store->statements[GP_STORE_ROLLBACK], NULL);
	return err;
}
