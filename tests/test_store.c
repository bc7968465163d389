/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: what goes in comes out, once; what must not go in does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "names.h"
#include "stderr_capture.h"
#include "store_finding.h"
#include "store_maker.h"
#include "store_place.h"
#include "store_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY STORE_DAY_NS
#define NOW STORE_START_NS

static char said[8192];

static int set_up(void **state)
{
	(void)state;
	store_place_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_place_remove();
	return 0;
}

static struct gp_store_reader *reader_opened(void)
{
	struct gp_store_reader *reader;

	assert_int_equal(gp_store_reader_open(&reader, store_path), 0);
	return reader;
}

static void put_host(struct gp_store *store, const struct gp_store_host *host, int evidence)
{
	struct gp_evidence list[GP_EVIDENCE_MAX];

	store_evidence(list, evidence, 4.0);
	assert_int_equal(gp_store_put_host(store, host, list, evidence), 0);
}

static void commit(struct gp_store *store, __u64 number)
{
	const struct gp_store_epoch epoch = store_epoch(1, number);

	assert_int_equal(gp_store_commit(store, &epoch), 0);
}

/* What a query told, at most so many. */
struct told {
	struct gp_store_host hosts[8];
	struct gp_store_evidence evidence[8][GP_EVIDENCE_MAX];
	int evidence_count[8];
	struct gp_range_finding range;
	struct gp_store_evidence range_evidence[GP_EVIDENCE_MAX];
	int range_evidence_count;
	struct gp_network networks[8];
	struct gp_store_change changes[8];
	double metric;
	int count;
};

static int take_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	struct told *told = arg;

	assert_true(told->count < 8);
	told->hosts[told->count] = *host;
	if (count)
		memcpy(told->evidence[told->count], evidence, (size_t)count * sizeof(*evidence));
	told->evidence_count[told->count++] = count;
	return 0;
}

static int take_range(void *arg, const struct gp_range_finding *range, const struct gp_store_evidence *evidence, int count)
{
	struct told *told = arg;

	told->range = *range;
	if (count)
		memcpy(told->range_evidence, evidence, (size_t)count * sizeof(*evidence));
	told->range_evidence_count = count;
	told->count++;
	return 0;
}

static int take_network(void *arg, __u64 start_ns, __u64 end_ns, const struct gp_network *network)
{
	struct told *told = arg;

	assert_true(end_ns == start_ns + DAY);
	assert_true(told->count < 8);
	told->networks[told->count++] = *network;
	return 0;
}

static int take_change(void *arg, const struct gp_store_change *change)
{
	struct told *told = arg;

	assert_true(told->count < 8);
	told->changes[told->count++] = *change;
	return 0;
}

static int take_metric(void *arg, const char *name, __u64 time_ns, double value)
{
	struct told *told = arg;

	assert_string_equal(name, "hosts_confirmed");
	assert_int_equal(time_ns % (3600ull * 1000000000ull), 0);
	told->metric = value;
	told->count++;
	return 0;
}

static int count_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	(void)host;
	(void)evidence;
	(void)count;
	++*(int *)arg;
	return 0;
}

static void assert_same_host(const struct gp_store_host *a, const struct gp_store_host *b)
{
	assert_memory_equal(&a->addr, &b->addr, sizeof(a->addr));
	assert_int_equal(a->bits, b->bits);
	assert_int_equal(a->role, b->role);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->verdict, b->verdict);
	assert_true(a->score == b->score && a->confidence == b->confidence && a->contacts == b->contacts);
	assert_int_equal(a->source_verified, b->source_verified);
	assert_true(a->first_seen_ns == b->first_seen_ns && a->last_seen_ns == b->last_seen_ns);
	assert_memory_equal(&a->standing, &b->standing, sizeof(a->standing));
	assert_memory_equal(&a->sample, &b->sample, sizeof(a->sample));
	assert_string_equal(a->sentence, b->sentence);
}

static void test_host_comes_back(void **state)
{
	struct gp_store_host host = store_host(7, GP_STATE_CONFIRMED, NOW);
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	host.standing = (struct gp_standing){ GP_STATE_CONFIRMED, NOW, NOW - 5, NOW - 4, NOW - 3, 412, NOW - 2, NOW - 1, 3 };
	store = store_opened(0, 0);
	put_host(store, &host, 5);
	commit(store, 1);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_host(reader, &host.addr, take_host, &told), 0);
	assert_int_equal(told.count, 1);
	assert_same_host(&told.hosts[0], &host);
	assert_true(told.hosts[0].updated_ns == store_epoch(1, 1).end_ns);
	assert_int_equal(told.evidence_count[0], 5);
	assert_string_equal(told.evidence[0][3].rule, "smtp.tls");
	assert_true(told.evidence[0][3].weight == -4.0);
	assert_string_equal(told.evidence[0][3].text, "217 mail networks in 24 h, 1,024 connections to port 25");
	assert_int_equal(told.evidence[0][3].observed_count, 2);
	assert_string_equal(told.evidence[0][3].observed[1].name, "flows");
	assert_true(told.evidence[0][3].observed[0].value == 217 && told.evidence[0][3].observed[1].value == 1024.5);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM evidence WHERE speaks = 'against'"), 1);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

/* A smaller set takes the place of a larger one, and a subscriber's prefix is found by any address in it. */
static void test_newest_replaces(void **state)
{
	struct gp_store_host host = store_host(7, GP_STATE_SUSPECTED, NOW);
	struct gp_addr within = { .bytes = { 0x20, 1, 0x0d, 0xb8, 0, 0, 1, 0x77, [15] = 9 } };
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	host.addr = (struct gp_addr){ .bytes = { 0x20, 1, 0x0d, 0xb8, 0, 0, 1 } };
	host.bits = 56;
	store = store_opened(0, 0);
	put_host(store, &host, 5);
	commit(store, 1);
	host.standing.state = GP_STATE_CONFIRMED;
	host.standing.since_ns = NOW + 9;
	host.verdict = GP_VERDICT_CONFIRMED;
	host.score = 3.5;
	put_host(store, &host, 4);
	put_host(store, &host, 2);
	commit(store, 2);
	host.score = 4.5;
	put_host(store, &host, 2); /* no other state: no line of history */
	commit(store, 3);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_host(reader, &within, take_host, &told), 0);
	assert_int_equal(told.count, 1);
	assert_same_host(&told.hosts[0], &host);
	assert_int_equal(told.evidence_count[0], 2);
	told.count = 0;
	assert_int_equal(gp_store_history(reader, &host, take_change, &told), 0);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.changes[0].state, GP_STATE_SUSPECTED);
	assert_int_equal(told.changes[1].state, GP_STATE_CONFIRMED);
	assert_int_equal(told.changes[1].verdict, GP_VERDICT_CONFIRMED);
	assert_true(told.changes[1].since_ns == NOW + 9 && told.changes[1].score == 3.5);
	within.bytes[6] = 2;
	told.count = 0;
	assert_int_equal(gp_store_host(reader, &within, take_host, &told), 0);
	assert_int_equal(told.count, 0);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

static struct gp_range_finding a_range(void)
{
	struct gp_range_finding range = {
		.addr.bytes = { [10] = 0xff, 0xff, 203, 0, 113 },
		.bits = 121,
		.kind = GP_RANGE_LINK_SCANNER,
		.verdict = GP_VERDICT_CONFIRMED,
		.score = 9.5,
		.confidence = 0.99,
		.first_seen_ns = 1000,
		.last_seen_ns = 2000,
		.source_verified = true,
		.covering = { { { .bytes = { [10] = 0xff, 0xff, 203, 0, 113 } }, 122 },
			      { { .bytes = { [10] = 0xff, 0xff, 203, 0, 113, 64 } }, 128 } },
		.covering_count = 2,
		.exact_count = 7,
		.fleet = 100.5,
		.requests = 1234,
		.hosts = 95,
		.endpoints = 12.5,
		.syn = 99,
		.answered = 98,
	};

	store_evidence(range.evidence, 3, 2.5);
	range.evidence_count = 3;
	return range;
}

static void test_range_comes_back(void **state)
{
	const struct gp_store_filter filter = { .by_kind = true, .kind = GP_RANGE_LINK_SCANNER, .with_evidence = true };
	struct gp_range_finding range = a_range();
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(gp_store_put_range(store, &range, (__s64)NOW), 0);
	commit(store, 1);
	commit(store, 2);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_ranges(reader, &filter, take_range, &told), 0);
	assert_int_equal(told.count, 1);
	range.first_seen_ns += NOW;
	range.last_seen_ns += NOW;
	assert_int_equal(told.range_evidence_count, 3);
	assert_string_equal(told.range_evidence[2].rule, "smtp.early_talk");
	memset(range.evidence, 0, sizeof(range.evidence));
	range.evidence_count = 0;
	assert_memory_equal(told.range.addr.bytes, range.addr.bytes, 16);
	assert_int_equal(told.range.covering_count, 2);
	assert_memory_equal(&told.range.covering[1].addr, &range.covering[1].addr, 16);
	assert_int_equal(told.range.covering[1].bits, 128);
	assert_true(told.range.first_seen_ns == range.first_seen_ns && told.range.last_seen_ns == range.last_seen_ns);
	assert_true(told.range.fleet == 100.5 && told.range.endpoints == 12.5 && told.range.hosts == 95);
	assert_true(told.range.requests == 1234 && told.range.syn == 99 && told.range.answered == 98);
	assert_int_equal(told.range.exact_count, 7);
	assert_int_equal(told.range.verdict, GP_VERDICT_CONFIRMED);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

/* A ranking replaces the one of the same period as a whole. */
static void test_networks_come_back(void **state)
{
	struct gp_network networks[3] = {
		{ .by = GP_NETWORK_BY_PREFIX, .inside = true, .prefix = { store_address(0), 120 }, .asn = 64500, .rank = 1,
		  .example = store_address(7), .confirmed = 3, .kinds = { [GP_KIND_SPAM_BOT] = 2, [GP_KIND_SCANNER] = 1 },
		  .active = 40, .refused = 11, .lower_bound = 0.25, .few_hosts = true },
		{ .by = GP_NETWORK_BY_PREFIX, .inside = true, .prefix = { store_address(256), 120 }, .rank = 2 },
		{ .by = GP_NETWORK_BY_AS, .asn = 64501, .rank = 1 },
	};
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(gp_store_put_networks(store, NOW - DAY, NOW, networks, 3), 0);
	commit(store, 1);
	assert_int_equal(gp_store_put_networks(store, NOW, NOW + DAY, networks, 3), 0);
	commit(store, 2);
	assert_int_equal(gp_store_put_networks(store, NOW, NOW + DAY, networks, 2), 0);
	commit(store, 3);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_networks(reader, 0, 0, false, take_network, &told), 0);
	assert_int_equal(told.count, 5);
	told.count = 0;
	assert_int_equal(gp_store_networks(reader, 0, 0, true, take_network, &told), 0);
	assert_int_equal(told.count, 2);
	assert_memory_equal(&told.networks[0].prefix.addr, &networks[0].prefix.addr, 16);
	assert_memory_equal(&told.networks[0].example, &networks[0].example, 16);
	assert_memory_equal(told.networks[0].kinds, networks[0].kinds, sizeof(networks[0].kinds));
	assert_true(told.networks[0].asn == 64500 && told.networks[0].confirmed == 3 && told.networks[0].active == 40);
	assert_true(told.networks[0].refused == 11 && told.networks[0].lower_bound == 0.25);
	assert_true(told.networks[0].inside && told.networks[0].few_hosts && told.networks[1].rank == 2);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

static void test_metrics(void **state)
{
	static const struct {
		const char *name;
		int err;
	} rows[] = {
		{ "hosts_confirmed", 0 },
		{ "a", 0 },
		{ "", -EINVAL },
		{ "10_0_0_7", -EINVAL },
		{ "hosts{ip=\"10.0.0.7\"}", -EINVAL },
		{ "hosts.10.0.0.7", -EINVAL },
		{ "Hosts", -EINVAL },
		{ "a234567890123456789012345678901234567890123456789012345678901234", -EINVAL },
	};
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(gp_store_put_metric(store, rows[i].name, NOW, 3), rows[i].err);
	assert_int_equal(gp_store_put_metric(store, "hosts_confirmed", NOW + 1, 5), 0); /* the same hour */
	assert_int_equal(gp_store_put_metric(store, "a", NOW + 2, NAN), 0);
	commit(store, 1);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_metrics(reader, "hosts_confirmed", 0, 0, take_metric, &told), 0);
	assert_int_equal(told.count, 1);
	assert_true(told.metric == 5);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

/* The differences of counters that run on: a hole costs nothing, and other maps begin at 0. */
static void test_epochs_add_up(void **state)
{
	static const struct {
		const char *what;
		__u64 since, until; /* numbers of epochs, by their ends; 0: open */
		__u64 epochs, packets, overflow;
	} rows[] = {
		{ "all: two maps", 0, 0, 8, 10000 + 3000, 20 + 6 },
		{ "one epoch after a hole: what came in the hole as well", 9, 10, 1, 9000 - 4000, 10 },
		{ "from the middle", 4, 0, 3, 7000, 14 },
		{ "none", 20, 0, 0, 0, 0 },
	};
	static const __u64 numbers[] = { 1, 2, 3, 4, 9, 10 };
	struct gp_store_reader *reader;
	struct gp_store_epoch epoch;
	struct gp_store_span span;
	struct gp_store *store;
	__u64 last;

	(void)state;
	store = store_opened(0, 0);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		epoch = store_epoch(0xfedcba9876543210ull, numbers[i]);
		assert_int_equal(gp_store_commit(store, &epoch), 0);
	}
	for (__u64 i = 1; i <= 3; i += 2) { /* long before */
		epoch = store_epoch(5, i);
		epoch.start_ns -= DAY;
		epoch.end_ns -= DAY;
		assert_int_equal(gp_store_commit(store, &epoch), 0);
	}
	reader = reader_opened();
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(gp_store_epochs(reader, rows[i].since ? NOW + rows[i].since * 4000000000ull : 0,
						 rows[i].until ? NOW + rows[i].until * 4000000000ull : 0, &span), 0);
		if (span.epochs != rows[i].epochs || span.packets != rows[i].packets || span.overflow != rows[i].overflow)
			fail_msg("%s: %llu epochs, %llu packets, %llu overflow", rows[i].what, (unsigned long long)span.epochs,
				 (unsigned long long)span.packets, (unsigned long long)span.overflow);
	}
	assert_int_equal(gp_store_last_epoch(store, 0xfedcba9876543210ull, &last), 0);
	assert_int_equal(last, 10);
	assert_int_equal(gp_store_last_epoch(store, 6, &last), -ENOENT);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

/* Everything that a file holds, row by row. */
static char *dump(void)
{
	static const char query[] =
		"SELECT group_concat(line, char(10)) FROM (SELECT 'e' || quote(instance) || quote(number) || quote(packets) AS line"
		" FROM epochs UNION ALL SELECT 'h' || quote(address) || quote(kind) || quote(state) || quote(score) ||"
		" quote(updated_ns) FROM hosts UNION ALL SELECT 'r' || quote(host) || quote(position) || quote(rule) ||"
		" quote(weight) || quote(text) || quote(observed) FROM evidence UNION ALL SELECT 's' || quote(host) ||"
		" quote(since_ns) || quote(state) FROM history UNION ALL SELECT 'p' || quote(prefix) || quote(updated_ns) FROM"
		" ranges UNION ALL SELECT 'q' || quote(range) || quote(rule) FROM range_evidence UNION ALL SELECT 'n' ||"
		" quote(period_start_ns) || quote(rank) FROM networks UNION ALL SELECT 'm' || quote(name) || quote(time_ns) ||"
		" quote(value) FROM metrics ORDER BY line)";

	return store_sql_text(store_path, query);
}

static void put_much(struct gp_store *store)
{
	const struct gp_network network = { .rank = 1, .asn = 64500, .by = GP_NETWORK_BY_AS };
	const struct gp_range_finding range = a_range();

	for (__u32 i = 0; i < 20; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_WATCHED + i % 4, NOW);

		put_host(store, &host, (int)i % 6);
	}
	assert_int_equal(gp_store_put_range(store, &range, (__s64)NOW), 0);
	assert_int_equal(gp_store_put_networks(store, NOW, NOW + DAY, &network, 1), 0);
	assert_int_equal(gp_store_put_metric(store, "hosts_confirmed", NOW, 5), 0);
}

/* An epoch that is done again, by the same agent or by its successor, is the same as once. */
static void test_epoch_twice_is_once(void **state)
{
	struct gp_store *store;
	char *once, *twice;

	(void)state;
	store = store_opened(0, 0);
	put_much(store);
	commit(store, 1);
	once = dump();
	assert_true(strlen(once) > 1000);
	put_much(store);
	commit(store, 1);
	commit(store, 1);
	gp_store_close(store);
	store = store_opened(0, 0);
	put_much(store);
	commit(store, 1);
	twice = dump();
	assert_string_equal(once, twice);
	gp_store_close(store);
	free(once);
	free(twice);
}

/* Addresses of hosts that are clean never reach the disk; of hosts that become clean, their end does. */
static void test_below_the_threshold(void **state)
{
	struct gp_store_host watched = store_host(0x112233, GP_STATE_WATCHED, NOW);
	struct gp_store_host clean = store_host(0x445566, GP_STATE_CLEAN, NOW);
	struct gp_store_figures figures;
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	put_host(store, &clean, 2);
	put_host(store, &watched, 2);
	gp_store_figures(store, &figures);
	assert_int_equal(figures.waiting_hosts, 1);
	commit(store, 1);
	gp_store_close(store);
	assert_true(store_place_holds(watched.addr.bytes, 16));
	assert_false(store_place_holds(clean.addr.bytes, 16));
	store = store_opened(0, 0);
	watched.standing.state = GP_STATE_CLEAN;
	put_host(store, &watched, 0);
	commit(store, 2);
	/* Watched and clean again before anything was written: nothing to say. */
	clean.standing.state = GP_STATE_WATCHED;
	put_host(store, &clean, 2);
	clean.standing.state = GP_STATE_CLEAN;
	put_host(store, &clean, 2);
	commit(store, 3);
	gp_store_close(store);
	assert_false(store_place_holds(clean.addr.bytes, 16));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts WHERE state = 'clean'"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM evidence"), 0);
}

/* The judge's opinions of a host: only what is watched is stored. */
static void test_opinions(void **state)
{
	struct gp_host host = { .addr = store_address(9), .bits = 128, .role = GP_ROLE_BUSINESS, .first_seen_ns = 100,
				.last_seen_ns = 200 };
	struct gp_finding opinions[GP_KINDS] = { 0 };
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store *store;

	(void)state;
	for (int kind = 0; kind < GP_KINDS; kind++)
		opinions[kind].kind = kind;
	opinions[GP_KIND_SCANNER].standing = (struct gp_standing){ .state = GP_STATE_WATCHED, .since_ns = 150 };
	opinions[GP_KIND_SCANNER].score = 2;
	store_evidence(opinions[GP_KIND_SCANNER].evidence, 1, 2);
	opinions[GP_KIND_SCANNER].evidence_count = 1;
	store = store_opened(0, 0);
	assert_int_equal(gp_store_put_opinions(store, &host, opinions, (__s64)NOW), 0);
	commit(store, 1);
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_host(reader, &host.addr, take_host, &told), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.hosts[0].kind, GP_KIND_SCANNER);
	assert_int_equal(told.hosts[0].role, GP_ROLE_BUSINESS);
	assert_true(told.hosts[0].last_seen_ns == NOW + 200 && told.hosts[0].standing.since_ns == NOW + 150);
	assert_true(told.hosts[0].standing.confirmed_ns == 0);
	assert_int_equal(told.evidence_count[0], 1);
	gp_store_reader_close(reader);
	gp_store_close(store);
}

static void test_filters(void **state)
{
	static const struct gp_addr of_256 = { .bytes = { [10] = 0xff, 0xff, 10, 0, 1 } };
	static const struct {
		const char *what;
		struct gp_store_filter filter;
		int hosts;
	} rows[] = {
		{ "all", { 0 }, 400 },
		{ "of a kind", { .by_kind = true, .kind = GP_KIND_SCANNER }, 200 },
		{ "suspected or worse", { .verdict = GP_VERDICT_SUSPECTED }, 200 },
		{ "confirmed", { .verdict = GP_VERDICT_CONFIRMED }, 100 },
		{ "in a state", { .state = GP_STATE_QUIET }, 100 },
		{ "within a prefix", { .prefix = &of_256, .bits = 120 }, 144 },
		{ "one address", { .prefix = &of_256, .bits = 128 }, 1 },
		{ "seen since", { .since_ns = NOW + 390 }, 10 },
		{ "seen before", { .until_ns = NOW + 10 }, 10 },
		{ "limited", { .limit = 3 }, 3 },
		{ "all at once", { .by_kind = true, .kind = GP_KIND_SPAM_BOT, .verdict = GP_VERDICT_SUSPECTED, .since_ns = NOW,
				   .until_ns = NOW + 200, .with_evidence = true }, 0 + 50 },
	};
	struct gp_store_reader *reader;
	struct gp_store *store;
	int count;

	(void)state;
	store = store_opened(0, 0);
	for (__u32 i = 0; i < 400; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_WATCHED + i % 4, NOW + i);

		host.kind = i % 4 == GP_STATE_SUSPECTED - 1 || i % 4 == GP_STATE_QUIET - 1 ? GP_KIND_SCANNER : GP_KIND_SPAM_BOT;
		put_host(store, &host, 1);
	}
	commit(store, 1);
	reader = reader_opened();
	for (size_t i = 0; i < COUNT(rows); i++) {
		count = 0;
		assert_int_equal(gp_store_hosts(reader, &rows[i].filter, count_host, &count), 0);
		if (count != rows[i].hosts)
			fail_msg("%s: %d hosts, not %d", rows[i].what, count, rows[i].hosts);
	}
	gp_store_reader_close(reader);
	gp_store_close(store);
}

static void test_what_is_refused_to_put(void **state)
{
	struct gp_store_host good = store_host(1, GP_STATE_WATCHED, NOW), host;
	struct gp_range_finding range = a_range();
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	host = good;
	host.bits = 129;
	assert_int_equal(gp_store_put_host(store, &host, NULL, 0), -EINVAL);
	host = good;
	host.kind = GP_KINDS;
	assert_int_equal(gp_store_put_host(store, &host, NULL, 0), -EINVAL);
	host = good;
	host.standing.state = GP_STATES;
	assert_int_equal(gp_store_put_host(store, &host, NULL, 0), -EINVAL);
	assert_int_equal(gp_store_put_host(store, &good, NULL, -1), -EINVAL);
	range.covering_count = GP_COVERING_MAX + 1;
	assert_int_equal(gp_store_put_range(store, &range, 0), -EINVAL);
	assert_int_equal(gp_store_put_networks(store, 2, 1, NULL, 0), -EINVAL);
	good.score = INFINITY;
	good.confidence = NAN;
	put_host(store, &good, 1);
	commit(store, 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts WHERE score = 0 AND confidence = 0"), 1);
	gp_store_close(store);
}

/* Whatever stands in a text is a text. */
static void test_hostile_text(void **state)
{
	static const char *const texts[] = {
		"'); DROP TABLE hosts; --",
		"\"; ATTACH '/tmp/x' AS x; --",
		"?1 :a @b $c %s %n",
		"\x01\x1b[2J\r\n\t\x7f",
		"\xff\xfe\x80 not UTF-8 \xc0\xaf",
		"\xe2\x80\xae reversed \xe2\x80\xa8",
		"=cmd|' /C calc'!A0,<script>&\"'",
		"{\"a\":[1,2",
	};
	struct gp_evidence evidence = { .observed_count = 1 };
	const struct gp_store_filter filter = { .with_evidence = true };
	struct gp_store_options options = { store_path, NULL, 0, 0 };
	struct gp_store_reader *reader;
	static struct told told;
	struct gp_store_host host;
	struct gp_store *store;
	char sensor[128];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		options.sensor = texts[i];
		assert_int_equal(gp_store_open(&store, &options), 0);
		host = store_host((__u32)i, GP_STATE_WATCHED, NOW);
		snprintf(host.sentence, sizeof(host.sentence), "%s", texts[i]);
		snprintf(evidence.text, sizeof(evidence.text), "%s", texts[i]);
		evidence.rule = texts[i];
		evidence.observed[0].name = texts[i];
		evidence.observed[0].value = 3;
		assert_int_equal(gp_store_put_host(store, &host, &evidence, 1), 0);
		commit(store, i + 1);
		reader = reader_opened();
		assert_int_equal(gp_store_sensor(reader, sensor, sizeof(sensor)), 0);
		assert_string_equal(sensor, texts[i]);
		gp_store_reader_close(reader);
		gp_store_close(store);
	}
	reader = reader_opened();
	told.count = 0;
	assert_int_equal(gp_store_hosts(reader, &filter, take_host, &told), 0);
	assert_int_equal(told.count, COUNT(texts));
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_string_equal(told.hosts[i].sentence, texts[i]);
		assert_string_equal(told.evidence[i][0].rule, texts[i]);
		assert_string_equal(told.evidence[i][0].text, texts[i]);
		assert_int_equal(told.evidence[i][0].observed_count, 1);
		assert_string_equal(told.evidence[i][0].observed[0].name, texts[i]);
	}
	gp_store_reader_close(reader);
}

/* A reader sees what was there when its query began, and nobody waits for it. */
struct slow_reader {
	struct gp_store *store;
	int hosts;
	double score;
};

static int read_slowly(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	struct slow_reader *slow = arg;
	struct gp_store_host again = *host;

	(void)evidence;
	(void)count;
	assert_true(host->score == slow->score);
	again.score = slow->score + 1;
	put_host(slow->store, &again, 1);
	commit(slow->store, (__u64)++slow->hosts);
	return 0;
}

static void test_reader_beside_writer(void **state)
{
	const struct gp_store_filter all = { 0 };
	struct gp_store_reader *reader;
	struct slow_reader slow;

	(void)state;
	slow = (struct slow_reader){ store_opened(0, 0), 0, 14.125 };
	for (__u32 i = 0; i < 50; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_SUSPECTED, NOW);

		put_host(slow.store, &host, 1);
	}
	commit(slow.store, 1);
	reader = reader_opened();
	assert_int_equal(gp_store_hosts(reader, &all, read_slowly, &slow), 0);
	assert_int_equal(slow.hosts, 50);
	slow.hosts = 0;
	slow.score += 1;
	assert_int_equal(gp_store_hosts(reader, &all, read_slowly, &slow), 0);
	assert_int_equal(slow.hosts, 50);
	gp_store_reader_close(reader);
	gp_store_close(slow.store);
}

static int same_scores(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	double *score = arg;

	if (*score == 0)
		*score = host->score;
	return host->score == *score && count == 1 && evidence[0].weight == *score ? 0 : -ERANGE;
}

/* Another process: exit code 0 when each look showed one epoch whole, and more than one were seen. */
static void read_until_full(__u64 last)
{
	const struct gp_store_filter all = { .with_evidence = true };
	struct gp_store_reader *reader;
	double score = 0, first = 0;

	if (gp_store_reader_open(&reader, store_path))
		_exit(2);
	while (score < (double)last) {
		score = 0;
		if (gp_store_hosts(reader, &all, same_scores, &score))
			_exit(3);
		first = first == 0 ? score : first;
	}
	gp_store_reader_close(reader);
	_exit(first < (double)last ? 0 : 4);
}

static void write_scores(struct gp_store *store, __u64 number)
{
	struct gp_evidence evidence;

	for (__u32 i = 0; i < 20; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_SUSPECTED, NOW);

		host.score = (double)number;
		store_evidence(&evidence, 1, (double)number);
		assert_int_equal(gp_store_put_host(store, &host, &evidence, 1), 0);
	}
	commit(store, number);
}

static void test_reader_in_another_process(void **state)
{
	struct gp_store *store;
	int status, number = 1;
	pid_t child;

	(void)state;
	store = store_opened(0, 0);
	gp_store_close(store); /* a child does not inherit a connection */
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		usleep(20000);
		read_until_full(400);
	}
	store = store_opened(0, 0);
	for (; number <= 400; number++) {
		write_scores(store, (__u64)number);
		usleep(500);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	gp_store_close(store);
}

static void test_modes(void **state)
{
	mode_t mask = umask(0);
	struct gp_store *store;
	struct stat st;
	char name[128];

	(void)state;
	store = store_opened(0, 0);
	commit(store, 1);
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	snprintf(name, sizeof(name), "%s-wal", store_path);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat(store_directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	gp_store_close(store);
	assert_int_equal(chmod(store_path, 0666), 0);
	stderr_capture_begin();
	store = store_opened(0, 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_non_null(strstr(said, "open to everybody"));
	gp_store_close(store);
	umask(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_host_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_newest_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_range_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_networks_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_metrics, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_epochs_add_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_epoch_twice_is_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_below_the_threshold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_opinions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_refused_to_put, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_beside_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_in_another_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
