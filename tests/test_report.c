/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report over memories made by hand, whose sums are known. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "report_world.h"
#include "text.h"

static void test_sums(void **state)
{
	static const struct {
		const char *path;
		long long value;
	} rows[] = {
		{ "coverage.packets", 3932 + 11 + 2 + 3 + 1 + 4 },
		{ "coverage.bytes", 1823200 + 660 + 3000 + 333 + 9 + 40 },
		{ "coverage.wire_bytes", 5000000 },
		{ "coverage.accounted", 3953 },
		{ "coverage.unaccounted", 0 },
		{ "coverage.unaccounted_bytes", 0 },
		{ "coverage.unparsed.arp", 11 },
		{ "coverage.unparsed.fragment_later", 2 },
		{ "coverage.unparsed.frame_too_short", 1 },
		{ "coverage.unparsed.frame_too_long", 0 },
		{ "coverage.unparsed.link_type", 4 },
		{ "coverage.unparsed_bytes", 3709 },
		{ "coverage.overflow", 3 },
		{ "coverage.overflow_bytes", 333 },
		{ "services.smtp.packets", 2040 },
		{ "services.smtp.bytes", 300000 },
		{ "services.smtp.flows", 272 },
		{ "services.smtp.answered", 136 },
		{ "services.smtp.confirmed", 68 },
		{ "services.http.packets", 503 },
		{ "services.http.bytes", 600333 },
		{ "services.quic.packets", 1040 },
		{ "services.other.attempts", 301 },
		{ "prefixes.0.packets", 1540 },
		{ "prefixes.0.hosts", 2 },
		{ "prefixes.0.smtp.flows", 212 },
		{ "prefixes.0.http.confirmed", 3 },
		{ "prefixes.6.http.packets", 3 },
		{ "hosts.0.counters.smtp.commands.rcpt", 212 },
		{ "hosts.0.counters.smtp.replies.rcpt.5xx", 87 },
		{ "hosts.0.counters.distinct.mx", 363 },
		{ "hosts.0.counters.distinct.ports", 0 },
		{ "hosts.0.source_port", 51544 },
		{ "hosts.0.destination.port", 25 },
		{ "hosts.0.evidence.0.observed.distinct_mx", 214 },
		{ "hosts.0.evidence.1.observed.refused", 123456789 },
	};
	struct world *w = world_office(0);
	json_object *report;

	(void)state;
	w->report.wire_bytes = 5000000;
	report = world_parse(w);
	for (size_t i = 0; i < COUNT(rows); i++) {
		long long value = json_object_get_int64(report_at(report, rows[i].path));

		if (value != rows[i].value)
			fail_msg("%s: %lld, not %lld", rows[i].path, value, rows[i].value);
	}
	assert_int_equal(json_object_array_length(report_at(report, "hosts.0.evidence")), 2);
	assert_int_equal(json_object_array_length(report_at(report, "hosts.0.against")), 1);
	json_object_put(report);
	world_free(w);
}

static void test_strings(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = {
		{ "schema", "gatepost.report/1" },
		{ "window.start", "2026-05-04T10:00:00.000000Z" },
		{ "window.end", "2026-05-04T10:15:00.000000Z" },
		/* 1540 packets; then 1040 twice, by address; 300, 7, 5; the overflow. */
		{ "prefixes.0.prefix", "10.0.0.0/24" },
		{ "prefixes.1.prefix", "10.0.1.0/24" },
		{ "prefixes.2.prefix", "2001:db8::/48" },
		{ "prefixes.3.prefix", "198.51.100.0/24" },
		{ "prefixes.3.side", "outside" },
		{ "prefixes.4.prefix", "10.9.9.0/24" },
		{ "prefixes.5.prefix", "2001:db8:ffff::/48" },
		{ "prefixes.6.prefix", "overflow" },
		{ "hosts.0.address", "10.0.0.7" },
		{ "hosts.0.kind", "spam_bot" },
		{ "hosts.0.verdict", "confirmed" },
		{ "hosts.0.first_seen", "2026-05-04T10:00:01.250000Z" },
		{ "hosts.0.destination.address", "203.0.113.9" },
		{ "hosts.0.against.0.rule", "smtp.tls" },
		{ "hosts.1.address", "10.0.0.7" },
		{ "hosts.1.kind", "scanner" },
		{ "hosts.2.address", "198.51.100.66" },
		{ "hosts.2.destination.address", "2001:db8:0:100::1" },
		{ "hosts.3.address", "2001:db8:ffff:ffff:ffff:ffff:ffff:fff1" },
	};
	struct world *w = world_office(0);
	json_object *report = world_parse(w);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(json_object_get_string(report_at(report, rows[i].path)), rows[i].value);
	assert_null(report_at(report, "hosts.1.destination"));
	assert_null(report_at(report, "hosts.1.source_port"));
	json_object_put(report);
	world_free(w);
}

/* Where a host lies in the table depends on a secret; the report must not. */
static void test_placement_does_not_show(void **state)
{
	static const enum gp_format formats[] = { GP_FORMAT_JSON, GP_FORMAT_NDJSON, GP_FORMAT_TEXT };

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		for (unsigned turn = 1; turn < 4; turn++) {
			struct world *w = world_office(0), *turned = world_office(turn);
			char *a, *b;

			w->report.all = turned->report.all = true;
			a = world_report(w, formats[i]);
			b = world_report(turned, formats[i]);
			assert_string_equal(a, b);
			free(a);
			free(b);
			world_free(w);
			world_free(turned);
		}
	}
}

static void test_prefix_lines(void **state)
{
	static const struct {
		unsigned rows, bits4, bits6;
		size_t lines;
		long long rest_prefixes, rest_packets, rest_hosts;
		const char *first;
	} rows[] = {
		/* N  /4  /6  lines  in the rest: prefixes, packets, hosts */
		{ 20, 24, 48, 7, 0, 0, 0, "10.0.0.0/24" },
		{ 6, 24, 48, 7, 0, 0, 0, "10.0.0.0/24" },
		{ 5, 24, 48, 7, 1, 5, 1, "10.0.0.0/24" },
		{ 2, 24, 48, 4, 4, 1352, 4, "10.0.0.0/24" },
		{ 0, 24, 48, 2, 6, 3932, 7, "rest" },
		/* A subscriber's own prefix that is shorter is its line. */
		{ 20, 32, 64, 8, 0, 0, 0, "10.0.0.7/32" },
		{ 20, 8, 32, 5, 0, 0, 0, "10.0.0.0/8" },
		{ 20, 0, 0, 5, 0, 0, 0, "0.0.0.0/0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_office(0);
		json_object *report, *list, *rest = NULL;

		w->report.prefix_rows = rows[i].rows;
		w->report.prefix_bits4 = rows[i].bits4;
		w->report.prefix_bits6 = rows[i].bits6;
		report = world_parse(w);
		list = report_at(report, "prefixes");
		assert_string_equal(json_object_get_string(report_at(report, "prefixes.0.prefix")),
				    rows[i].rows == 20 && rows[i].bits4 == 32 ? "10.0.0.7/32" : rows[i].first);
		assert_int_equal(json_object_array_length(list), rows[i].lines);
		for (size_t k = 0; k < rows[i].lines; k++) {
			json_object *o = json_object_array_get_idx(list, k);

			if (!strcmp(json_object_get_string(report_at(o, "prefix")), "rest"))
				rest = o;
		}
		assert_int_equal(!!rest, !!rows[i].rest_prefixes);
		if (rest) {
			assert_int_equal(json_object_get_int64(report_at(rest, "prefixes")), rows[i].rest_prefixes);
			assert_int_equal(json_object_get_int64(report_at(rest, "packets")), rows[i].rest_packets);
			assert_int_equal(json_object_get_int64(report_at(rest, "hosts")), rows[i].rest_hosts);
		}
		json_object_put(report);
		world_free(w);
	}
}

/* A prefix that is partly inside has a line per side; with equal packets the inside stands first. */
static void test_two_sides_of_a_prefix(void **state)
{
	struct world *w = world_new(0);
	json_object *report;

	(void)state;
	world_traffic(w, world_host(w, "192.0.2.1", 128, GP_ROLE_OUTSIDE), GP_SERVICE_TLS, 8, 800, 1);
	world_traffic(w, world_host(w, "192.0.2.2", 128, GP_ROLE_SUBSCRIBER), GP_SERVICE_TLS, 8, 800, 1);
	world_traffic(w, world_host(w, "192.0.2.3", 128, GP_ROLE_OUTSIDE), GP_SERVICE_TLS, 0, 0, 1);
	report = world_parse(w);
	assert_int_equal(json_object_array_length(report_at(report, "prefixes")), 2);
	assert_string_equal(json_object_get_string(report_at(report, "prefixes.0.side")), "inside");
	assert_int_equal(json_object_get_int64(report_at(report, "prefixes.0.hosts")), 1);
	assert_string_equal(json_object_get_string(report_at(report, "prefixes.1.side")), "outside");
	assert_int_equal(json_object_get_int64(report_at(report, "prefixes.1.hosts")), 2);
	json_object_put(report);
	world_free(w);
}

static void test_all_hosts(void **state)
{
	struct world *w = world_office(0);
	json_object *report, *host;

	(void)state;
	w->report.all = true;
	report = world_parse(w);
	/* 7 hosts with traffic, one of them twice; not the end that was only observed. */
	assert_int_equal(json_object_array_length(report_at(report, "hosts")), 8);
	host = report_at(report, "hosts.2");
	assert_string_equal(json_object_get_string(report_at(host, "address")), "10.0.0.10");
	assert_string_equal(json_object_get_string(report_at(host, "verdict")), "none");
	assert_false(json_object_object_get_ex(host, "kind", NULL));
	assert_string_equal(json_object_get_string(report_at(report, "hosts.4.address")), "10.9.9.4/30");
	assert_string_equal(json_object_get_string(report_at(report, "hosts.6.address")), "2001:db8:0:100::/56");
	json_object_put(report);
	world_free(w);
}

static void test_large_numbers_are_exact(void **state)
{
	struct world *w = world_new(0);
	struct gp_host *h = world_host(w, "10.0.0.1", 128, GP_ROLE_SUBSCRIBER);
	char *text;

	(void)state;
	world_traffic(w, h, GP_SERVICE_TLS, 9007199254740993ull, 18446744073709551615ull, 4294967295u);
	text = world_report(w, GP_FORMAT_NDJSON);
	assert_non_null(strstr(text, "\"tls\":{\"packets\":9007199254740993,\"bytes\":18446744073709551615,"
				     "\"flows\":4294967295,"));
	free(text);
	text = world_report(w, GP_FORMAT_TEXT);
	assert_non_null(strstr(text, "9,007,199,254,740,993"));
	free(text);
	world_free(w);
}

static void test_doubles(void **state)
{
	static const struct {
		double confidence, score;
		const char *text;
	} rows[] = {
		{ 0.5, 14.125, "\"confidence\":0.5,\"score\":14.12" },
		{ 0.9999999, 4.0, "\"confidence\":0.9999,\"score\":4.0" },
		{ 0.997, -0.0, "\"confidence\":0.997,\"score\":0.0" },
		{ 1.0 / 3, 1.0 / 3, "\"confidence\":0.3333,\"score\":0.3333" },
		{ 1e-9, 123456.0, "\"confidence\":1e-09,\"score\":1.235e+05" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_office(0);
		char *text;

		w->findings[0].confidence = rows[i].confidence;
		w->findings[0].score = rows[i].score;
		text = world_report(w, GP_FORMAT_NDJSON);
		if (!strstr(text, rows[i].text))
			fail_msg("row %zu: no %s", i, rows[i].text);
		free(text);
		world_free(w);
	}
}

static void test_hostile_names(void **state)
{
	struct world *w = world_office(0);
	static const char hostile[] = "\x1b]0;owned\x07\"}],\\ <script>\xff\xe2\x80\xae\n.pcap";
	static const enum gp_format formats[] = { GP_FORMAT_JSON, GP_FORMAT_NDJSON, GP_FORMAT_TEXT };

	(void)state;
	w->report.source_name = hostile;
	w->report.incomplete = hostile;
	w->report.sensor = hostile;
	for (size_t i = 0; i < COUNT(formats); i++) {
		char *text = world_report(w, formats[i]);

		for (const char *p = text; *p; p++) {
			if (((unsigned char)*p < ' ' && *p != '\n') || (unsigned char)*p >= 0x7f)
				fail_msg("byte %02x got through in format %d", (unsigned char)*p, formats[i]);
		}
		if (formats[i] == GP_FORMAT_NDJSON)
			assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
	world_free(w);
}

static void make_loss(struct world *w)
{
	w->cpus[1].totals.received.packets += 5;
}

static void make_surplus(struct world *w)
{
	w->cpus[1].totals.received.packets -= 5;
}

static void make_bytes(struct world *w)
{
	w->cpus[0].totals.received.bytes += 1;
}

static void make_slack(struct world *w)
{
	make_loss(w);
	w->report.live_slack = 5;
}

static void make_nic(struct world *w)
{
	w->report.nic_missed = 1234;
}

static void make_dropped(struct world *w)
{
	w->report.pcap_dropped = 1;
}

static void make_incomplete(struct world *w)
{
	w->report.incomplete = "office.pcap: packet 99: the file is cut short";
}

static void make_default(struct world *w)
{
	w->report.default_inside = true;
}

static void make_evicted(struct world *w)
{
	for (unsigned i = 0; i < CPUS; i++) {
		struct gp_totals *t = &w->cpus[i].totals;

		t->flows_evicted = 700 + i;
		t->mail_flows_evicted = 60 + i;
		t->flow_records = 5000;
		t->flow_records_lost = 4;
		t->outside_full = 300 + i;
		t->cells_evicted = 2000 + i;
	}
	w->world->outside_folded = 11;
}

static void make_live(struct world *w)
{
	w->report.source_kind = "interface";
	w->report.source_name = "eth0, eth1";
	w->report.start_ns = 5 * SECOND;
	w->report.end_ns = 65 * SECOND;
	w->report.clock_offset_ns = (__s64)START;
	for (__u32 i = 0; i < INSIDE + w->world->outside_count; i++) {
		struct gp_host *host = i < INSIDE ? &w->hosts[i] : &w->world->outside[i - INSIDE];

		host->first_seen_ns = 6 * SECOND;
		host->last_seen_ns = 64 * SECOND;
	}
}

static void make_nothing(struct world *w)
{
	memset(w->cpus, 0, sizeof(w->cpus));
	w->claims = (struct gp_claims){ 0 };
	w->world->outside_count = 0;
	w->report = (struct gp_report){ .sensor = "gw1", .source_kind = "pcap", .source_name = "empty.pcap",
					.world = w->world };
	w->verdicts = (struct gp_verdicts){ 0 };
}

static void make_ranges(struct world *w)
{
	world_cell_traffic(w, world_cell(w, "203.0.113.0", 120), GP_SERVICE_OTHER, 77, 7700, 77);
	world_range(w, "198.51.100.0", 120);
	world_range(w, "2001:db8:ffff::", 48)->score = 9.5;
}

/* Prefixes that are seen in one direction are named. */
static void make_one_direction(struct world *w)
{
	static struct gp_asymmetry list[2];

	list[0] = (struct gp_asymmetry){ world_addr("10.1.2.0"), 120, GP_SEEN_SENT, 0, 8, 1600, 3 };
	list[1] = (struct gp_asymmetry){ world_addr("2001:db8::"), 48, GP_SEEN_RECEIVED, 0, 5, 0, 0 };
	list[0].since_ns = list[1].since_ns = w->report.start_ns;
	w->verdicts.asymmetries = list;
	w->verdicts.asymmetry_count = 2;
}

static void make_fleet(struct world *w)
{
	static const __u8 last[] = { 0, 64, 96 }, bits[] = { 122, 123, 125 };
	struct gp_range_finding *f;

	world_cell_traffic(w, world_cell(w, "203.0.113.0", 120), GP_SERVICE_OTHER, 77, 7700, 77);
	f = world_range(w, "40.94.101.0", 120);
	f->kind = GP_RANGE_LINK_SCANNER;
	f->verdict = GP_VERDICT_CONFIRMED;
	f->source_verified = true;
	f->hosts = 95;
	f->fleet = 99.7;
	f->requests = 300;
	f->exact_count = 13;
	f->endpoints = 0;
	f->syn = f->answered = 0;
	for (f->covering_count = 0; f->covering_count < 3; f->covering_count++) {
		f->covering[f->covering_count] = (struct gp_cidr){ .addr = f->addr, .bits = bits[f->covering_count] };
		f->covering[f->covering_count].addr.bytes[15] = last[f->covering_count];
	}
	/* As many prefixes as there can be, in several lines. */
	f = world_range(w, "2001:db8:fff0::", 44);
	f->kind = GP_RANGE_SNOWSHOE;
	f->source_verified = true;
	f->fleet = f->hosts;
	for (f->covering_count = 0; f->covering_count < GP_COVERING_MAX; f->covering_count++) {
		f->covering[f->covering_count] = (struct gp_cidr){ .addr = f->addr, .bits = 64 };
		f->covering[f->covering_count].addr.bytes[7] = (__u8)(2 * f->covering_count);
	}
}

static void make_no_record(struct world *w)
{
	world_slot_traffic(w, world_slot(w, "10.0.0.200", 128), GP_SERVICE_QUIC, 123, 45678);
	world_slot_traffic(w, world_slot(w, "10.5.0.3", 128), GP_SERVICE_SUBMISSION, 12, 3456);
}

static void make_cells(struct world *w)
{
	world_cell_traffic(w, world_cell(w, "198.51.100.0", 120), GP_SERVICE_OTHER, 20, 1200, 20);
	world_cell_traffic(w, world_cell(w, "203.0.113.0", 120), GP_SERVICE_TLS, 30, 3000, 30);
	w->world->cells_beyond[GP_SERVICE_HTTP] = (struct gp_service_sum){ 9, 900, 8, 7, 6, 5 };
	world_receive(w, 9, 900);
}

static void make_bank(struct world *w)
{
	w->control.bank = 1;
	world_cell_traffic(w, bank_cell(w, 1, "203.0.113.0", 120), GP_SERVICE_TLS, 30, 3000, 30);
	world_traffic(w, bank_host(w, 1, "198.51.100.66"), GP_SERVICE_OTHER, 40, 4000, 4);
}

static const struct {
	const char *name;
	void (*make)(struct world *w);
	bool unsound; /* what check_report.py says */
	const char *says[4];
} shapes[] = {
	{ "office", NULL, false,
	  { "every packet accounted for\n", "1 confirmed, 3 suspected; 7 hosts seen", "3,953 packets",
	    "%  2026-05-04 10:07:25\n" } },
	{ "loss", make_loss, true, { "5 packets NOT ACCOUNTED FOR" } },
	{ "surplus", make_surplus, true, { "5 packets TOO MANY" } },
	{ "bytes", make_bytes, true, { "THEIR BYTES DO NOT BALANCE" } },
	{ "slack", make_slack, false, { "every packet accounted for", "5 packets arrived while the sums were taken" } },
	{ "nic", make_nic, false, { "1,234 packets lost by the network card", "every other packet accounted for" } },
	{ "dropped", make_dropped, false, { "1 packet dropped by the capture", "every other packet accounted for" } },
	{ "incomplete", make_incomplete, false, { "INCOMPLETE  office.pcap: packet 99: the file is cut short" } },
	{ "default", make_default, false, { "no inside prefix was given" } },
	{ "evicted", make_evicted, false, { "flows_evicted", "gave way to newer", "1,401  live flows" } },
	{ "evicted: mail", make_evicted, false, { "121  of these to ports of mail", "8  ended mail flows" } },
	{ "evicted: outside", make_evicted, false, { "601  hosts outside", "11  hosts outside", "4,001  prefixes" } },
	{ "ranges", make_ranges, false,
	  { "scanner_range       94.7%       95      5,120  12,345         7\n", "             sources not verified: ",
	    "1 confirmed, 3 suspected; 7 hosts seen" } },
	{ "one direction", make_one_direction, false,
	  { "partial     10.1.2.0/24: only what it sends is seen (1,600 attempts): no scanner is judged\n",
	    "2001:db8::/48: only what it receives is seen\n" } },
	{ "fleet", make_fleet, false,
	  { "link_scanner       94.7%       95\n", "about 100 addresses in all; 13 prefixes hold those seen",
	    "             filter: 40.94.101.0/26 40.94.101.64/27 40.94.101.96/29\n             automation, not an infection\n" } },
	{ "no record", make_no_record, false, { "9 hosts seen", "10.0.0.0/24         inside       3    1,663" } },
	{ "cells", make_cells, false,
	  { "198.51.100.0/24     outside      1      320", "203.0.113.0/24      outside      0       30",
	    "beyond              outside               9" } },
	{ "bank", make_bank, false,
	  { "198.51.100.0/24     outside      1      340", "203.0.113.0/24      outside      0       30",
	    "7 hosts seen" } },
	{ "live", make_live, false, { "interface   eth0, eth1", "2026-05-04 10:00:05 to 2026-05-04 10:01:05" } },
	{ "nothing", make_nothing, false, { "empty: there was no packet", "0 packets, 0 bytes" } },
};

static struct world *make_shape(size_t i)
{
	struct world *w = world_office(0);

	if (shapes[i].make)
		shapes[i].make(w);
	return w;
}

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct world *w = make_shape(i);
		char *text, *line, *rest;

		for (int all = 0; all < 2; all++) {
			w->report.all = all;
			text = world_report(w, GP_FORMAT_TEXT);
			for (size_t k = 0; k < COUNT(shapes[i].says) && shapes[i].says[k]; k++) {
				if (!strstr(text, shapes[i].says[k]))
					fail_msg("%s: does not say \"%s\"", shapes[i].name, shapes[i].says[k]);
			}
			for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
				if (gp_text_columns(line) > 100 || line[strlen(line) - 1] == ' ')
					fail_msg("%s: too long, or blanks at its end: \"%s\"", shapes[i].name, line);
			}
			free(text);
		}
		world_free(w);
	}
}

/* The worst first, whatever its address. */
static void test_text_order(void **state)
{
	struct world *w = world_office(0);
	char *text, *bot, *scanner, *second, *long_one;

	(void)state;
	w->findings[0].verdict = GP_VERDICT_SUSPECTED;
	w->findings[3].verdict = GP_VERDICT_CONFIRMED;
	text = world_report(w, GP_FORMAT_TEXT);
	long_one = strstr(text, "2001:db8:ffff:ffff:ffff:ffff:ffff:fff1");
	bot = strstr(text, "spam_bot");
	scanner = strstr(text, "198.51.100.66");
	second = strstr(bot, "10.0.0.7");
	assert_true(long_one < bot && bot < scanner && scanner < second);
	free(text);
	world_free(w);
}

/* A name of a thousand characters, blanks or none, still leaves a readable page. */
static void test_text_wraps(void **state)
{
	static const char *const units[] = { "x", "word ", "\xe6\xbc\xa2", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		struct world *w = world_office(0);
		char name[5001] = "", *text, *line, *rest;

		for (int k = 0; k < 1000; k++)
			strcat(name, units[i]);
		w->report.source_name = name;
		text = world_report(w, GP_FORMAT_TEXT);
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			assert_true(gp_text_columns(line) <= 100);
		free(text);
		world_free(w);
	}
}

static void test_stream_errors(void **state)
{
	static const enum gp_format formats[] = { GP_FORMAT_JSON, GP_FORMAT_NDJSON, GP_FORMAT_TEXT };
	struct world *w = world_office(0);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < COUNT(formats); i++) {
		for (int buffered = 0; buffered < 2; buffered++) {
			int ends[2];
			FILE *f;

			assert_int_equal(pipe(ends), 0);
			close(ends[0]);
			f = fdopen(ends[1], "w");
			assert_non_null(f);
			if (!buffered)
				setvbuf(f, NULL, _IONBF, 0);
			assert_int_equal(gp_report_write_verdicts(f, &w->report, &w->verdicts,
								  formats[i]), -EPIPE);
			fclose(f);
			f = fopen("/dev/full", "w");
			assert_non_null(f);
			assert_int_equal(gp_report_write_verdicts(f, &w->report, &w->verdicts,
								  formats[i]), -ENOSPC);
			fclose(f);
		}
	}
	w->findings[0].id = INSIDE + w->world->outside_count;
	assert_int_equal(gp_report_write_verdicts(stdout, &w->report, &w->verdicts, GP_FORMAT_JSON), -EINVAL);
	w->findings[0].id = INSIDE - 1; /* a record that was never handed out */
	assert_int_equal(gp_report_write_verdicts(stdout, &w->report, &w->verdicts, GP_FORMAT_JSON), -EINVAL);
	world_free(w);
}

#define CHECK_MAX 32

/* Has one check_report.py look at many reports; frees them. @unsound: out, what it found wrong with each. */
static void check(char **texts, size_t count, bool *unsound)
{
	char dir[] = "/tmp/gatepost-report-XXXXXX", path[64], line[4096], command[512];
	bool any = false;
	FILE *f;
	int status;

	assert_true(count <= CHECK_MAX);
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		f = fopen(path, "w");
		assert_non_null(f);
		assert_true(fputs(texts[i], f) >= 0);
		assert_int_equal(fclose(f), 0);
		free(texts[i]);
		unsound[i] = false;
	}
	snprintf(command, sizeof(command), "/usr/bin/python3 tests/check_report.py %s/*", dir);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < count; i++) {
			int len = snprintf(path, sizeof(path), "%s/%zu: ", dir, i);

			unsound[i] = unsound[i] || !strncmp(line, path, (size_t)len);
		}
	}
	status = pclose(f);
	for (size_t i = 0; i < count; i++) {
		any = any || unsound[i];
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		unlink(path);
	}
	rmdir(dir);
	assert_int_equal(status, any ? 256 : 0);
}

/* Why the schema cannot be checked here, or NULL. */
static const char *no_checker(void)
{
	if (access("tests/check_report.py", R_OK))
		return "not run from the top of the project";
	if (system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null"))
		return "python3-jsonschema is not installed";
	return NULL;
}

static void test_schema(void **state)
{
	static const enum gp_format formats[] = { GP_FORMAT_JSON, GP_FORMAT_NDJSON };
	const char *reason = no_checker();
	char *texts[CHECK_MAX];
	bool unsound[CHECK_MAX];

	(void)state;
	if (reason) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct world *w = make_shape(i);

		w->report.all = i % 2;
		w->report.prefix_rows = i % 3 ? 20 : 2;
		texts[i] = world_report(w, formats[i % 2]);
		world_free(w);
	}
	check(texts, COUNT(shapes), unsound);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (unsound[i] != shapes[i].unsound)
			fail_msg("%s: check_report.py does not say %d", shapes[i].name, shapes[i].unsound);
	}
}

struct edit {
	const char *from, *to;
};

/* Each of these edits makes a sound report unsound, and check_report.py must see it. */
static void check_edits(struct world *w, const struct edit *edits, size_t count)
{
	const char *reason = no_checker();
	char *text, *texts[CHECK_MAX];
	bool unsound[CHECK_MAX];

	if (reason) {
		world_free(w);
		print_message("skipped: %s\n", reason);
		skip();
	}
	text = world_report(w, GP_FORMAT_NDJSON);
	for (size_t i = 0; i < count; i++) {
		char *found = strstr(text, edits[i].from);

		if (!found)
			fail_msg("there is no %s", edits[i].from);
		assert_true(asprintf(&texts[i], "%.*s%s%s", (int)(found - text), text, edits[i].to,
				     found + strlen(edits[i].from)) > 0);
	}
	texts[count] = text;
	check(texts, count + 1, unsound);
	for (size_t i = 0; i < count; i++) {
		if (!unsound[i])
			fail_msg("check_report.py passes %s", edits[i].to);
	}
	assert_false(unsound[count]);
	world_free(w);
}

static void test_checker_can_fail(void **state)
{
	static const struct edit edits[] = {
		{ "gatepost.report/1", "gatepost.report/2" },
		{ "\"sensor\":", "\"senosr\":" },
		{ "\"accounted\":3953", "\"accounted\":3952" },
		{ "\"arp\":11", "\"arp\":12" },
		{ "\"arp\":11", "\"arp\":11.5" },
		{ "\"arp\":11", "\"arp\":11,\"arp\":11" },
		{ "\"services\":{\"smtp\":{\"packets\":2040", "\"services\":{\"smtp\":{\"packets\":2041" },
		{ "\"prefix\":\"10.0.0.0/24\"", "\"prefix\":\"10.0.0.7/24\"" },
		{ "\"prefix\":\"10.0.0.0/24\"", "\"prefix\":\"10.0.1.0/24\"" },
		{ "\"hosts\":[{\"address\":\"10.0.0.7\"", "\"hosts\":[{\"address\":\"11.0.0.7\"" },
		{ "\"kind\":\"spam_bot\"", "\"kind\":\"spam_bat\"" },
		{ "\"kind\":\"spam_bot\"", "\"kind\":\"scanner\"" },
		{ "\"source_verified\":true", "\"source_verified\":false" },
		{ "\"confidence\":0.9999", "\"confidence\":1.5" },
		{ "\"confidence\":0.9999", "\"confidence\":NaN" },
		{ "\"weight\":4.0", "\"weight\":-4.0" },
		{ "\"sent\":{\"packets\":7", "\"sent\":{\"packets\":8" },
		{ "\"first_seen\":\"2026-05-04T10:00:01", "\"first_seen\":\"2026-05-04T09:00:01" },
		{ "\"networks\":[{", "\"networks\":[{},{" },
		{ "\"rank\":1", "\"rank\":0" },
		{ "\"by\":\"prefix\"", "\"by\":\"as\"" },
		{ "\"rate_lower_bound\":0.0945", "\"rate_lower_bound\":0.0946" },
		{ "\"confirmed_kinds\":{\"spam_bot\":1}", "\"confirmed_kinds\":{\"spam_bot\":2}" },
		{ "}", "" },
	};

	(void)state;
	check_edits(world_office(0), edits, COUNT(edits));
}

static void test_checker_sees_prefixes_and_ranges(void **state)
{
	static const struct edit edits[] = {
		{ "\"prefix\":\"beyond\"", "\"prefix\":\"behind\"" },
		{ "\"prefix\":\"beyond\"", "\"prefix\":\"overflow\"" },
		{ "\"prefix\":\"beyond\"", "\"prefix\":\"beyond\",\"side\":\"outside\"" },
		{ "\"prefix\":\"beyond\",\"hosts\":0", "\"prefix\":\"beyond\",\"hosts\":1" },
		{ "\"prefix\":\"beyond\",\"hosts\":0,\"packets\":9", "\"prefix\":\"beyond\",\"hosts\":0,\"packets\":8" },
		{ "\"side\":\"outside\",\"hosts\":0,\"packets\":107,\"bytes\":10700",
		  "\"side\":\"outside\",\"hosts\":0,\"packets\":107,\"bytes\":10701" },
		{ "\"flow_records_lost\":0,", "" },
		{ "\"outside_folded\":0", "\"outside_folded\":-1" },
		{ "\"flows_evicted\":0,\"mail_flows_evicted\":0", "\"flows_evicted\":0,\"mail_flows_evicted\":1" },
		{ "\"last_seen\":null", "\"last_seen\":\"2026-05-04T10:00:01.000000Z\"" },
		{ "\"first_seen\":null,\"last_seen\":null",
		  "\"first_seen\":\"2026-05-04T10:00:01.000000Z\",\"last_seen\":null" },
		{ "\"first_seen\":\"2026-05-04T10:00:01.250000Z\",\"last_seen\":\"2026-05-04T10:14:50.000000Z\"",
		  "\"first_seen\":null,\"last_seen\":null" },
		{ "\"received\":{\"packets\":123,\"bytes\":45678},\"syn\":0",
		  "\"received\":{\"packets\":123,\"bytes\":45678},\"syn\":1" },
		{ "\"kind\":\"scanner_range\"", "\"kind\":\"scanner\"" },
		{ "\"kind\":\"scanner_range\",\"verdict\":\"suspected\"", "\"kind\":\"scanner_range\",\"verdict\":\"confirmed\"" },
		{ "\"ranges\":[{\"prefix\":\"198.51.100.0/24\"", "\"ranges\":[{\"prefix\":\"198.51.100.1/24\"" },
		{ "\"ranges\":[{\"prefix\":\"198.51.100.0/24\"", "\"ranges\":[{\"prefix\":\"3000::/48\"" },
		{ "\"fleet_estimate\":95", "\"fleet_estimate\":94" },
		{ "\"counters\":{\"syn\":12345,", "\"counters\":{" },
		{ "\"first_seen\":\"2026-05-04T10:00:02.0", "\"first_seen\":\"2026-05-04T09:00:02.0" },
	};
	struct world *w = world_office(0);

	(void)state;
	make_cells(w);
	make_no_record(w);
	make_ranges(w);
	w->report.all = true;
	check_edits(w, edits, COUNT(edits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_placement_does_not_show),
		cmocka_unit_test(test_prefix_lines),
		cmocka_unit_test(test_two_sides_of_a_prefix),
		cmocka_unit_test(test_all_hosts),
		cmocka_unit_test(test_large_numbers_are_exact),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_order),
		cmocka_unit_test(test_text_wraps),
		cmocka_unit_test(test_stream_errors),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_checker_can_fail),
		cmocka_unit_test(test_checker_sees_prefixes_and_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
