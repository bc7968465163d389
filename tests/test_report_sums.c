/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the report's sums come from: words, records, cells and banks, also while they are being counted in. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "report_world.h"

static long long number(json_object *report, const char *path)
{
	return json_object_get_int64(report_at(report, path));
}

static const char *string(json_object *report, const char *path)
{
	return json_object_get_string(report_at(report, path));
}

/* received == services + unparsed == prefixes + unparsed, in packets and bytes. */
static void assert_balanced(json_object *report, const char *name)
{
	static const char *const fields[] = { "packets", "bytes" };
	static const char *const accounted[] = { "coverage.accounted", "coverage.accounted_bytes" };
	json_object *prefixes = report_at(report, "prefixes");

	for (size_t i = 0; i < COUNT(fields); i++) {
		long long received = number(report_at(report, "coverage"), fields[i]), services = 0, lines = 0;

		json_object_object_foreach(report_at(report, "services"), key, service)
		{
			(void)key;
			services += number(service, fields[i]);
		}
		for (size_t k = 0; k < json_object_array_length(prefixes); k++)
			lines += number(json_object_array_get_idx(prefixes, k), fields[i]);
		if (services != received || lines != received || number(report, accounted[i]) != received)
			fail_msg("%s: %lld %s received, services %lld, prefixes %lld, accounted %lld", name, received,
				 fields[i], services, lines, number(report, accounted[i]));
	}
}

/* The line of a prefix, or NULL. */
static json_object *find_line(json_object *report, const char *prefix)
{
	json_object *prefixes = report_at(report, "prefixes");

	for (size_t i = 0; i < json_object_array_length(prefixes); i++) {
		json_object *line = json_object_array_get_idx(prefixes, i);

		if (!strcmp(string(line, "prefix"), prefix))
			return line;
	}
	return NULL;
}

static __u64 word(__u64 packets, __u64 bytes)
{
	return packets << GP_WORD_SHIFT | bytes;
}

/* One inside host whose traffic lies in any of the five places, or in all of them. */
static void test_words_and_spills_add_up(void **state)
{
	static const struct {
		const char *name;
		unsigned slice0, slice1, mail, spilled_tls, spilled_smtp; /* packets of 100 bytes; half of them sent */
	} rows[] = {
		{ "first slice", 10, 0, 0, 0, 0 },
		{ "last slice", 0, 20, 0, 0, 0 },
		{ "mail", 0, 0, 30, 0, 0 },
		{ "nothing but spilled", 0, 0, 0, 40, 0 },
		{ "nothing but spilled mail", 0, 0, 0, 0, 50 },
		{ "slices", 2, 4, 0, 0, 0 },
		{ "all", 2, 4, 6, 8, 10 },
		{ "full words", (1u << 23) - 2, (1u << 23) - 2, (1u << 23) - 2, 1u << 30, 1u << 30 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_new(0);
		struct gp_host *host = world_host(w, "10.0.0.1", 128, GP_ROLE_SUBSCRIBER);
		__u32 slot = (__u32)host->tag - 1;
		struct gp_hot *hot[] = { &w->hot[slot], &w->hot[CHUNKS * GP_CHUNK_SLOTS + slot] };
		__u64 tls = (__u64)rows[i].slice0 + rows[i].slice1 + rows[i].spilled_tls;
		__u64 smtp = (__u64)rows[i].mail + rows[i].spilled_smtp, spilled;
		json_object *report;

		spilled = (__u64)rows[i].spilled_tls + rows[i].spilled_smtp;
		hot[0]->traffic[GP_SERVICE_TLS] = word(rows[i].slice0, 100ull * rows[i].slice0);
		hot[0]->sent = word(rows[i].slice0 / 2, 50ull * rows[i].slice0);
		hot[1]->traffic[GP_SERVICE_TLS] = word(rows[i].slice1, 100ull * rows[i].slice1);
		hot[1]->sent = word(rows[i].slice1 / 2, 50ull * rows[i].slice1);
		w->mail[slot].traffic[0] = word(rows[i].mail, 100ull * rows[i].mail);
		w->mail[slot].sent = word(rows[i].mail / 2, 50ull * rows[i].mail);
		host->services[GP_SERVICE_TLS].traffic = (struct gp_count){ rows[i].spilled_tls, 100ull * rows[i].spilled_tls };
		host->services[GP_SERVICE_SMTP].traffic = (struct gp_count){ rows[i].spilled_smtp, 100ull * rows[i].spilled_smtp };
		host->sent = (struct gp_count){ spilled / 2, 50 * spilled };
		world_receive(w, tls + smtp, 100 * (tls + smtp));
		w->report.all = true;
		report = world_parse(w);
		assert_balanced(report, rows[i].name);
		assert_int_equal(number(report, "services.tls.packets"), tls);
		assert_int_equal(number(report, "services.smtp.bytes"), 100 * smtp);
		assert_int_equal(number(report, "hosts.0.counters.services.tls.packets"), tls);
		assert_int_equal(number(report, "hosts.0.counters.services.smtp.packets"), smtp);
		assert_int_equal(number(report, "hosts.0.counters.sent.packets"), (tls + smtp) / 2);
		assert_int_equal(number(report, "hosts.0.counters.received.bytes"), 50 * (tls + smtp));
		json_object_put(report);
		world_free(w);
	}
}

/* A host that only ever moved bulk data has traffic and a role, and was never seen doing anything. */
static void test_slot_without_record(void **state)
{
	static const struct {
		const char *address, *role;
		unsigned bits;
		enum gp_service service;
	} rows[] = {
		{ "10.0.0.200", "subscriber", 128, GP_SERVICE_TLS },
		{ "10.5.0.0", "relay", 128, GP_SERVICE_SMTP },
		{ "10.5.255.255", "relay", 128, GP_SERVICE_QUIC },
		{ "10.6.0.0", "subscriber", 128, GP_SERVICE_MAILBOX },
		{ "2001:db8:7:4200::/56", "subscriber", 56, GP_SERVICE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_new((unsigned)i);
		char address[64];
		json_object *report;
		__u32 slot;

		snprintf(address, sizeof(address), "%s", rows[i].address);
		address[strcspn(address, "/")] = '\0';
		slot = world_slot(w, address, rows[i].bits);
		world_slot_traffic(w, slot, rows[i].service, 12, 3456);
		report = world_parse(w);
		assert_balanced(report, rows[i].address);
		assert_int_equal(json_object_array_length(report_at(report, "hosts")), 0);
		assert_int_equal(number(report, "prefixes.0.hosts"), 1);
		json_object_put(report);
		w->report.all = true;
		report = world_parse(w);
		assert_int_equal(json_object_array_length(report_at(report, "hosts")), 1);
		assert_string_equal(string(report, "hosts.0.address"), rows[i].address);
		assert_string_equal(string(report, "hosts.0.role"), rows[i].role);
		assert_null(report_at(report, "hosts.0.first_seen"));
		assert_null(report_at(report, "hosts.0.last_seen"));
		assert_null(report_at(report, "hosts.0.destination"));
		assert_int_equal(number(report, "hosts.0.counters.received.bytes"), 3456);
		assert_int_equal(number(report, "hosts.0.counters.sent.bytes"), 0);
		json_object_put(report);
		world_free(w);
	}
}

/* A record counts without traffic of its own: its host tried to open flows and another one owned the packets. */
static void test_record_without_traffic(void **state)
{
	struct world *w = world_new(0);
	json_object *report;

	(void)state;
	world_traffic(w, world_host(w, "10.0.0.1", 128, GP_ROLE_SUBSCRIBER), GP_SERVICE_TLS, 0, 0, 5);
	world_host(w, "10.0.1.1", 128, GP_ROLE_SUBSCRIBER)->services[GP_SERVICE_TLS].flows = 3;
	world_host(w, "10.0.2.1", 128, GP_ROLE_SUBSCRIBER)->syn_ack = 3;
	report = world_parse(w);
	assert_int_equal(number(report, "services.tls.attempts"), 5);
	assert_int_equal(number(report, "services.tls.flows"), 8);
	assert_int_equal(json_object_array_length(report_at(report, "prefixes")), 2);
	assert_int_equal(number(find_line(report, "10.0.0.0/24"), "hosts"), 1);
	/* Flows met in mid-stream are in the sums, but no reason to call anybody active. */
	assert_int_equal(number(find_line(report, "10.0.1.0/24"), "hosts"), 0);
	json_object_put(report);
	world_free(w);
}

/* Cells are their prefix's line, a part of a shorter one, and a line of their own among longer ones. */
static void test_cells(void **state)
{
	static const struct {
		unsigned bits4, bits6, rows;
		size_t lines;
		struct {
			const char *prefix;
			long long packets, hosts;
		} expect[5];
	} rows[] = {
		{ 24, 48, 20, 5, { { "203.0.113.0/24", 1101, 1 }, { "203.0.112.0/24", 20, 0 },
				   { "2001:db8:1::/48", 300, 0 }, { "2001:db8:2::/48", 4000, 0 }, { "beyond", 50000, 0 } } },
		{ 16, 32, 20, 3, { { "203.0.0.0/16", 1121, 1 }, { "2001:db8::/32", 4300, 0 }, { "beyond", 50000, 0 } } },
		{ 32, 64, 20, 6, { { "203.0.113.7/32", 1000, 1 }, { "203.0.113.0/24", 101, 0 },
				   { "203.0.112.0/24", 20, 0 }, { "2001:db8:2::/48", 4000, 0 }, { "beyond", 50000, 0 } } },
		{ 24, 48, 1, 3, { { "2001:db8:2::/48", 4000, 0 }, { "rest", 1421, 1 }, { "beyond", 50000, 0 } } },
		{ 24, 48, 0, 2, { { "rest", 5421, 1 }, { "beyond", 50000, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_new(0);
		json_object *report;

		world_cell_traffic(w, world_cell(w, "203.0.113.0", 120), GP_SERVICE_OTHER, 101, 10100, 100);
		world_cell_traffic(w, world_cell(w, "203.0.112.0", 120), GP_SERVICE_SMTP, 20, 2000, 0);
		world_cell_traffic(w, world_cell(w, "2001:db8:1::", 48), GP_SERVICE_TLS, 300, 30000, 0);
		world_cell_traffic(w, world_cell(w, "2001:db8:2::", 48), GP_SERVICE_QUIC, 4000, 400000, 0);
		world_traffic(w, world_host(w, "203.0.113.7", 128, GP_ROLE_OUTSIDE), GP_SERVICE_OTHER, 1000, 100000, 8);
		w->world->cells_beyond[GP_SERVICE_MAILBOX] = (struct gp_service_sum){ 50000, 5000000, 40, 30, 20, 10 };
		world_receive(w, 50000, 5000000);
		w->report.prefix_bits4 = rows[i].bits4;
		w->report.prefix_bits6 = rows[i].bits6;
		w->report.prefix_rows = rows[i].rows;
		report = world_parse(w);
		assert_balanced(report, "cells");
		assert_int_equal(number(report, "services.other.attempts"), 108);
		assert_int_equal(number(report, "services.mailbox.confirmed"), 10);
		assert_int_equal(json_object_array_length(report_at(report, "prefixes")), rows[i].lines);
		for (size_t k = 0; k < COUNT(rows[i].expect) && rows[i].expect[k].prefix; k++) {
			json_object *line = find_line(report, rows[i].expect[k].prefix);

			if (!line)
				fail_msg("row %zu: there is no line %s", i, rows[i].expect[k].prefix);
			assert_int_equal(number(line, "packets"), rows[i].expect[k].packets);
			assert_int_equal(number(line, "hosts"), rows[i].expect[k].hosts);
		}
		json_object_put(report);
		world_free(w);
	}
}

/* What has come since the last epoch is in the books, but says nothing about hosts yet. */
static void test_bank_that_is_filled(void **state)
{
	(void)state;
	for (unsigned bank = 0; bank < GP_BANKS; bank++) {
		struct world *w = world_new(0);
		struct gp_host *host = world_host(w, "203.0.113.7", 128, GP_ROLE_OUTSIDE);
		json_object *report;

		world_traffic(w, host, GP_SERVICE_TLS, 1000, 100000, 4);
		w->control.bank = bank;
		world_cell_traffic(w, bank_cell(w, bank, "203.0.113.0", 120), GP_SERVICE_OTHER, 20, 2000, 0);
		world_cell_traffic(w, bank_cell(w, bank, "2001:db8:1::", 48), GP_SERVICE_OTHER, 300, 30000, 0);
		world_traffic(w, bank_host(w, bank, "203.0.113.7"), GP_SERVICE_TLS, 4000, 400000, 4);
		world_traffic(w, bank_host(w, bank, "203.0.114.8"), GP_SERVICE_TLS, 50000, 5000000, 4);
		w->report.all = true;
		report = world_parse(w);
		assert_balanced(report, "bank");
		assert_int_equal(number(report, "services.tls.attempts"), 12);
		assert_int_equal(number(find_line(report, "203.0.113.0/24"), "packets"), 5020);
		assert_int_equal(number(find_line(report, "203.0.113.0/24"), "hosts"), 1);
		assert_int_equal(number(find_line(report, "203.0.114.0/24"), "hosts"), 0);
		assert_int_equal(json_object_array_length(report_at(report, "hosts")), 1);
		assert_int_equal(number(report, "hosts.0.counters.services.tls.packets"), 1000);
		json_object_put(report);
		/* The other bank was drained: what may still stand in it is in the world. */
		w->control.bank = bank ^ 1;
		report = world_parse(w);
		assert_int_equal(number(report, "coverage.unaccounted"), 20 + 300 + 4000 + 50000);
		json_object_put(report);
		world_free(w);
	}
}

static void chunk_not_ready(struct world *w, __u32 slot)
{
	w->chunks[slot / GP_CHUNK_SLOTS].ready = 0;
}

static void chunks_not_claimed(struct world *w, __u32 slot)
{
	w->claims.chunks = slot / GP_CHUNK_SLOTS;
}

static void more_chunks_than_there_are(struct world *w, __u32 slot)
{
	(void)slot;
	w->claims.chunks = 1u << 30;
}

static void record_not_ready(struct world *w, __u32 slot)
{
	w->hosts[w->host_of[slot] - 1].ready = 0;
}

static void record_out_of_range(struct world *w, __u32 slot)
{
	w->host_of[slot] = 1ull << 40 | 1;
}

static void record_of_the_outside(struct world *w, __u32 slot)
{
	w->host_of[slot] = INSIDE + 1;
}

static void bank_out_of_range(struct world *w, __u32 slot)
{
	(void)slot;
	w->control.bank = 7;
}

static void claims_not_written(struct world *w, __u32 slot)
{
	(void)slot;
	memset(w->outside_claims, 0xff, sizeof(w->outside_claims));
	w->claims.outside[0] = 1u << 30;
}

static void bank_record_not_ready(struct world *w, __u32 slot)
{
	(void)slot;
	w->hosts[INSIDE + 3].ready = 0;
}

static void cell_not_ready(struct world *w, __u32 slot)
{
	(void)slot;
	w->cells[0].ready = 0;
}

/* Live, the memory is read while it is written: what is not valid yet is left out, and nothing is read twice. */
static void test_writing_under_way(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct world *w, __u32 slot);
		long long packets, attempts; /* of 100 + 20 + 3, of 8 + 4 + 4 */
	} rows[] = {
		{ "chunk is not ready", chunk_not_ready, 23, 8 },
		{ "chunk is not claimed", chunks_not_claimed, 23, 8 },
		{ "more chunks claimed than there are", more_chunks_than_there_are, 123, 16 },
		/* Four fifths lie in words. */
		{ "record is not ready", record_not_ready, 80 + 23, 8 },
		{ "record is out of range", record_out_of_range, 80 + 23, 8 },
		{ "record of an outside host", record_of_the_outside, 80 + 23, 8 },
		{ "bank is out of range", bank_out_of_range, 100, 8 },
		{ "claims are not written", claims_not_written, 123, 16 },
		{ "record of the bank is not ready", bank_record_not_ready, 120, 12 },
		{ "cell is not ready", cell_not_ready, 103, 12 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_new(1);
		struct gp_host *host = world_host(w, "10.0.0.1", 128, GP_ROLE_SUBSCRIBER);
		long long packets;
		json_object *report;

		world_traffic(w, host, GP_SERVICE_TLS, 100, 10000, 8);
		world_cell_traffic(w, bank_cell(w, 0, "203.0.113.0", 120), GP_SERVICE_TLS, 20, 2000, 4);
		world_traffic(w, bank_host(w, 0, "203.0.114.8"), GP_SERVICE_TLS, 3, 300, 4);
		rows[i].make(w, (__u32)host->tag - 1);
		report = world_parse(w);
		packets = number(report, "coverage.accounted");
		if (packets != rows[i].packets || number(report, "services.tls.attempts") != rows[i].attempts)
			fail_msg("%s: %lld packets, %lld attempts", rows[i].name, packets,
				 number(report, "services.tls.attempts"));
		json_object_put(report);
		world_free(w);
	}
}

#define SOON_FULL 1000 /* packets in a word before it is spilled */

struct traffic {
	struct world *world;
	__u32 slot;
	bool stop;
};

/* A word's packets move to its host's record, announced before and after, as the data plane does it. */
static void spill(struct gp_host *host, __u64 *word)
{
	__u64 spilled;

	__atomic_fetch_add(&host->spills_begun, 1, __ATOMIC_SEQ_CST);
	spilled = __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&host->services[GP_SERVICE_TLS].traffic.packets, spilled >> GP_WORD_SHIFT, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&host->spills_done, 1, __ATOMIC_SEQ_CST);
}

/* A data plane: a packet is received first, then counted at its owner. Its words are full rather soon. */
static void *count_packets(void *arg)
{
	struct traffic *t = arg;
	__u64 *words[] = { &t->world->hot[t->slot].traffic[GP_SERVICE_TLS],
			   &t->world->hot[CHUNKS * GP_CHUNK_SLOTS + t->slot].traffic[GP_SERVICE_TLS] };

	for (__u64 i = 0; !__atomic_load_n(&t->stop, __ATOMIC_RELAXED); i++) {
		__atomic_fetch_add(&t->world->cpus[i % 2].totals.received.packets, 1, __ATOMIC_SEQ_CST);
		if (__atomic_add_fetch(words[i % 2], GP_WORD_PACKET, __ATOMIC_SEQ_CST) >> GP_WORD_SHIFT >= SOON_FULL)
			spill(&t->world->hosts[0], words[i % 2]);
	}
	return NULL;
}

/* What is unaccounted while traffic flows is explained, and the lines add up all the same. */
static void test_sums_under_traffic(void **state)
{
	struct world *w = world_office(0);
	struct traffic traffic = { .world = w, .slot = (__u32)w->hosts[0].tag - 1 };
	json_object *report;
	pthread_t thread;

	(void)state;
	w->report.live_slack = 1;
	assert_int_equal(pthread_create(&thread, NULL, count_packets, &traffic), 0);
	for (int i = 0; i < 200; i++) {
		long long unaccounted, lines = 0;

		report = world_parse(w);
		unaccounted = number(report, "coverage.unaccounted");
		if (llabs(unaccounted) > number(report, "coverage.live_slack"))
			fail_msg("%lld packets unaccounted, %lld allowed", unaccounted,
				 number(report, "coverage.live_slack"));
		for (size_t k = 0; k < json_object_array_length(report_at(report, "prefixes")); k++)
			lines += number(json_object_array_get_idx(report_at(report, "prefixes"), k), "tls.packets");
		assert_int_equal(lines, number(report, "services.tls.packets"));
		json_object_put(report);
	}
	__atomic_store_n(&traffic.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(w->hosts[0].spills_done > 100);
	w->report.live_slack = 0;
	report = world_parse(w);
	assert_int_equal(number(report, "coverage.unaccounted"), 0);
	assert_false(json_object_object_get_ex(report_at(report, "coverage"), "live_slack", NULL));
	json_object_put(report);
	world_free(w);
}

static void test_ranges(void **state)
{
	static const struct {
		const char *path;
		long long value;
	} rows[] = {
		{ "ranges.0.hosts", 95 },
		{ "ranges.0.fleet_estimate", 95 },
		{ "ranges.0.endpoints", 5120 },
		{ "ranges.0.counters.syn", 12345 },
		{ "ranges.0.counters.answered", 7 },
		{ "ranges.0.source_verified", 0 },
		{ "ranges.0.evidence.0.observed.distinct_mx", 214 },
	};
	struct world *w = world_office(0);
	json_object *report;

	(void)state;
	world_range(w, "198.51.100.0", 120);
	world_range(w, "2001:db8:ffff::", 48)->confidence = 0.999999;
	report = world_parse(w);
	assert_int_equal(json_object_array_length(report_at(report, "ranges")), 2);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (number(report, rows[i].path) != rows[i].value)
			fail_msg("%s: %lld", rows[i].path, number(report, rows[i].path));
	}
	assert_string_equal(string(report, "ranges.0.prefix"), "198.51.100.0/24");
	assert_string_equal(string(report, "ranges.0.kind"), "scanner_range");
	assert_string_equal(string(report, "ranges.0.verdict"), "suspected");
	assert_string_equal(string(report, "ranges.0.score"), "7.5");
	assert_string_equal(string(report, "ranges.0.first_seen"), "2026-05-04T10:00:02.000000Z");
	assert_string_equal(string(report, "ranges.1.prefix"), "2001:db8:ffff::/48");
	assert_string_equal(string(report, "ranges.1.confidence"), "0.9999");
	assert_int_equal(json_object_array_length(report_at(report, "ranges.0.covering")), 0);
	assert_int_equal(json_object_array_length(report_at(report, "ranges.0.evidence")), 2);
	assert_int_equal(json_object_array_length(report_at(report, "ranges.0.against")), 1);
	json_object_put(report);
	world_free(w);
}

#define MANY_CHUNKS 4096u /* 1 M slots */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 10.0.0.0/12, all of it handed out; every @step-th address has one packet of 100 bytes, in either slice. */
static __u64 fill_many(struct gp_memory *m, unsigned step)
{
	size_t slots = (size_t)MANY_CHUNKS * GP_CHUNK_SLOTS;
	__u64 packets = 0;

	for (__u32 i = 0; i < MANY_CHUNKS; i++) {
		m->chunks[i] = (struct gp_chunk){ .first = world_addr("10.0.0.0"), .bits = 128, .ready = 1 };
		m->chunks[i].first.bytes[13] = (__u8)(i >> 8);
		m->chunks[i].first.bytes[14] = (__u8)i;
	}
	/* Memory that was never touched costs nothing to read, and would not be measured. */
	memset(m->hot, 0, SLICES * slots * sizeof(*m->hot));
	memset(m->mail, 0, slots * sizeof(*m->mail));
	for (size_t i = 0; i < slots; i += step)
		m->hot[packets++ % SLICES * slots + i].traffic[GP_SERVICE_TLS] = word(1, 100);
	return packets;
}

static void test_a_million_slots(void **state)
{
	static const unsigned steps[] = { 1 << 20, 16, 1 };
	size_t slots = (size_t)MANY_CHUNKS * GP_CHUNK_SLOTS;
	struct world *w = world_new(0);
	struct gp_memory *m = &w->memory;

	(void)state;
	w->settings.chunks = w->claims.chunks = MANY_CHUNKS;
	m->chunks = calloc(MANY_CHUNKS, sizeof(*m->chunks));
	m->hot = aligned_alloc(64, SLICES * slots * sizeof(*m->hot));
	m->mail = malloc(slots * sizeof(*m->mail));
	m->host_of = calloc(slots, sizeof(*m->host_of));
	assert_true(m->chunks && m->hot && m->mail && m->host_of);
	for (size_t i = 0; i < COUNT(steps); i++) {
		__u64 packets = fill_many(m, steps[i]);
		json_object *report;
		double begin, took;

		memset(w->cpus, 0, sizeof(w->cpus));
		world_receive(w, packets, 100 * packets);
		begin = seconds();
		report = world_parse(w);
		took = seconds() - begin;
		print_message("1,048,576 slots in %u slices, %llu in use: %.0f ms\n", SLICES, packets, 1000 * took);
		assert_balanced(report, "a million slots");
		if (packets == 1)
			assert_int_equal(json_object_array_length(report_at(report, "prefixes")), 1);
		else
			assert_int_equal(number(report, "prefixes.20.prefixes"), MANY_CHUNKS - 20);
		json_object_put(report);
		assert_true(took < 10);
	}
	free(m->chunks);
	free(m->hot);
	free(m->mail);
	free(m->host_of);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_spills_add_up),
		cmocka_unit_test(test_slot_without_record),
		cmocka_unit_test(test_record_without_traffic),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_bank_that_is_filled),
		cmocka_unit_test(test_writing_under_way),
		cmocka_unit_test(test_sums_under_traffic),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_a_million_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
