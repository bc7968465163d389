/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report over memories made by hand, whose sums are known. */
#include <errno.h>
#include <pthread.h>
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
#include <json-c/json.h>

#include "report_world.h"
#include "text.h"

static json_object *parse_report(struct world *w)
{
	char *text = world_report(w, GP_FORMAT_NDJSON);
	json_object *report = json_tokener_parse(text);

	assert_non_null(report);
	free(text);
	return report;
}

/* "coverage.unparsed.arp", "prefixes.0.packets" */
static json_object *at(json_object *o, const char *path)
{
	char copy[128], *rest, *part;

	snprintf(copy, sizeof(copy), "%s", path);
	for (part = strtok_r(copy, ".", &rest); part; part = strtok_r(NULL, ".", &rest)) {
		if (json_object_is_type(o, json_type_array))
			o = json_object_array_get_idx(o, strtoul(part, NULL, 10));
		else if (!json_object_object_get_ex(o, part, &o))
			fail_msg("%s: there is no %s", path, part);
	}
	return o;
}

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
	report = parse_report(w);
	for (size_t i = 0; i < COUNT(rows); i++) {
		long long value = json_object_get_int64(at(report, rows[i].path));

		if (value != rows[i].value)
			fail_msg("%s: %lld, not %lld", rows[i].path, value, rows[i].value);
	}
	assert_int_equal(json_object_array_length(at(report, "hosts.0.evidence")), 2);
	assert_int_equal(json_object_array_length(at(report, "hosts.0.against")), 1);
	json_object_put(report);
	free(w);
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
	json_object *report = parse_report(w);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(json_object_get_string(at(report, rows[i].path)), rows[i].value);
	assert_null(at(report, "hosts.1.destination"));
	assert_null(at(report, "hosts.1.source_port"));
	json_object_put(report);
	free(w);
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
			free(w);
			free(turned);
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
		report = parse_report(w);
		list = at(report, "prefixes");
		assert_string_equal(json_object_get_string(at(report, "prefixes.0.prefix")),
				    rows[i].rows == 20 && rows[i].bits4 == 32 ? "10.0.0.7/32" : rows[i].first);
		assert_int_equal(json_object_array_length(list), rows[i].lines);
		for (size_t k = 0; k < rows[i].lines; k++) {
			json_object *o = json_object_array_get_idx(list, k);

			if (!strcmp(json_object_get_string(at(o, "prefix")), "rest"))
				rest = o;
		}
		assert_int_equal(!!rest, !!rows[i].rest_prefixes);
		if (rest) {
			assert_int_equal(json_object_get_int64(at(rest, "prefixes")), rows[i].rest_prefixes);
			assert_int_equal(json_object_get_int64(at(rest, "packets")), rows[i].rest_packets);
			assert_int_equal(json_object_get_int64(at(rest, "hosts")), rows[i].rest_hosts);
		}
		json_object_put(report);
		free(w);
	}
}

/* A prefix that is partly inside has a line per side; with equal packets the inside stands first. */
static void test_two_sides_of_a_prefix(void **state)
{
	struct world *w = world_new();
	json_object *report;

	(void)state;
	world_traffic(w, world_host(w, 1, "192.0.2.1", 128, GP_ROLE_OUTSIDE), GP_SERVICE_TLS, 8, 800, 1);
	world_traffic(w, world_host(w, 1, "192.0.2.2", 128, GP_ROLE_SUBSCRIBER), GP_SERVICE_TLS, 8, 800, 1);
	world_traffic(w, world_host(w, 2, "192.0.2.3", 128, GP_ROLE_OUTSIDE), GP_SERVICE_TLS, 0, 0, 1);
	report = parse_report(w);
	assert_int_equal(json_object_array_length(at(report, "prefixes")), 2);
	assert_string_equal(json_object_get_string(at(report, "prefixes.0.side")), "inside");
	assert_int_equal(json_object_get_int64(at(report, "prefixes.0.hosts")), 1);
	assert_string_equal(json_object_get_string(at(report, "prefixes.1.side")), "outside");
	assert_int_equal(json_object_get_int64(at(report, "prefixes.1.hosts")), 2);
	json_object_put(report);
	free(w);
}

static void test_all_hosts(void **state)
{
	struct world *w = world_office(0);
	json_object *report, *host;

	(void)state;
	w->report.all = true;
	report = parse_report(w);
	/* 7 hosts with traffic, one of them twice; not the end that was only observed. */
	assert_int_equal(json_object_array_length(at(report, "hosts")), 8);
	host = at(report, "hosts.2");
	assert_string_equal(json_object_get_string(at(host, "address")), "10.0.0.10");
	assert_string_equal(json_object_get_string(at(host, "verdict")), "none");
	assert_false(json_object_object_get_ex(host, "kind", NULL));
	assert_string_equal(json_object_get_string(at(report, "hosts.4.address")), "10.9.9.4/30");
	assert_string_equal(json_object_get_string(at(report, "hosts.6.address")), "2001:db8:0:100::/56");
	json_object_put(report);
	free(w);
}

/* Live, the claims are read while they are written. */
static void test_claims_under_way(void **state)
{
	static const struct {
		const char *name;
		__u32 side, slot; /* the claim that was counted, and what stands in it */
		__u32 claimed;	  /* when not 0: the count itself */
		long long packets;
	} rows[] = {
		{ "not written yet: slot 0", 0, 0, 0, 3953 },
		{ "not written yet: slot of the other side", 1, 0, 0, 3953 },
		{ "written twice", 0, 4, 0, 3953 },
		{ "slot out of range", 0, 77777, 0, 3953 },
		{ "more claims than slots", 0, 0, 1000, 3953 },
		{ "a host that is not ready", 0, 8, 0, 3953 },
		{ "a host", 0, 9, 0, 3954 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_office(0);
		json_object *report;

		/* Neither is claimed, unless a row says so. */
		w->hosts[8].services[GP_SERVICE_TLS].traffic.packets = 1;
		w->hosts[9].services[GP_SERVICE_TLS].traffic.packets = 1;
		w->hosts[9].ready = 1;
		w->claims[rows[i].side * SLOTS + w->totals.claimed[rows[i].side]++] = rows[i].slot;
		if (rows[i].claimed)
			w->totals.claimed[rows[i].side] = rows[i].claimed;
		report = parse_report(w);
		if (json_object_get_int64(at(report, "coverage.accounted")) != rows[i].packets)
			fail_msg("%s", rows[i].name);
		json_object_put(report);
		free(w);
	}
}

struct traffic {
	struct world *world;
	struct gp_host *host;
	bool stop;
};

/* A data plane: a packet is received first, then counted at its owner. */
static void *count_packets(void *arg)
{
	struct traffic *t = arg;

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&t->world->totals.received.packets, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&t->host->services[GP_SERVICE_TLS].traffic.packets, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* What is unaccounted while traffic flows is explained, and the lines add up all the same. */
static void test_sums_under_traffic(void **state)
{
	struct world *w = world_office(0);
	struct traffic traffic = { .world = w, .host = &w->hosts[SLOTS + 3] };
	json_object *report;
	pthread_t thread;

	(void)state;
	w->report.live_slack = 1;
	assert_int_equal(pthread_create(&thread, NULL, count_packets, &traffic), 0);
	for (int i = 0; i < 200; i++) {
		long long unaccounted;
		long long lines = 0;

		report = parse_report(w);
		unaccounted = json_object_get_int64(at(report, "coverage.unaccounted"));
		assert_true(llabs(unaccounted) <= json_object_get_int64(at(report, "coverage.live_slack")));
		for (size_t k = 0; k < json_object_array_length(at(report, "prefixes")); k++)
			lines += json_object_get_int64(at(json_object_array_get_idx(at(report, "prefixes"), k),
							  "tls.packets"));
		assert_int_equal(lines, json_object_get_int64(at(report, "services.tls.packets")));
		json_object_put(report);
	}
	__atomic_store_n(&traffic.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	w->report.live_slack = 0;
	report = parse_report(w);
	assert_int_equal(json_object_get_int64(at(report, "coverage.unaccounted")), 0);
	assert_false(json_object_object_get_ex(at(report, "coverage"), "live_slack", NULL));
	json_object_put(report);
	free(w);
}

static void test_large_numbers_are_exact(void **state)
{
	struct world *w = world_new();
	struct gp_host *h = world_host(w, 0, "10.0.0.1", 128, GP_ROLE_SUBSCRIBER);
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
	free(w);
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
		free(w);
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
	free(w);
}

static void make_loss(struct world *w)
{
	w->totals.received.packets += 5;
}

static void make_surplus(struct world *w)
{
	w->totals.received.packets -= 5;
}

static void make_bytes(struct world *w)
{
	w->totals.received.bytes += 1;
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
	w->totals.flows_evicted = 7;
}

static void make_live(struct world *w)
{
	w->report.source_kind = "interface";
	w->report.source_name = "eth0, eth1";
	w->report.start_ns = 5 * SECOND;
	w->report.end_ns = 65 * SECOND;
	w->report.clock_offset_ns = (__s64)START;
	for (__u32 i = 0; i < 2 * SLOTS; i++) {
		w->hosts[i].first_seen_ns = 6 * SECOND;
		w->hosts[i].last_seen_ns = 64 * SECOND;
	}
}

static void make_nothing(struct world *w)
{
	struct gp_report report = w->report;

	memset(&w->totals, 0, sizeof(w->totals));
	w->report = (struct gp_report){ .sensor = "gw1", .source_kind = "pcap", .source_name = "empty.pcap",
					.memory = report.memory };
	w->finding_count = 0;
}

static const struct {
	const char *name;
	void (*make)(struct world *w);
	bool unsound; /* what check_report.py says */
	const char *says[3];
} shapes[] = {
	{ "office", NULL, false,
	  { "every packet accounted for\n", "1 confirmed, 3 suspected; 7 hosts seen", "3,953 packets" } },
	{ "loss", make_loss, true, { "5 packets NOT ACCOUNTED FOR" } },
	{ "surplus", make_surplus, true, { "5 packets TOO MANY" } },
	{ "bytes", make_bytes, true, { "THEIR BYTES DO NOT BALANCE" } },
	{ "slack", make_slack, false, { "every packet accounted for", "5 packets arrived while the sums were taken" } },
	{ "nic", make_nic, false, { "1,234 packets lost by the network card", "every other packet accounted for" } },
	{ "dropped", make_dropped, false, { "1 packet dropped by the capture", "every other packet accounted for" } },
	{ "incomplete", make_incomplete, false, { "INCOMPLETE  office.pcap: packet 99: the file is cut short" } },
	{ "default", make_default, false, { "no inside prefix was given" } },
	{ "evicted", make_evicted, false, { "flows_evicted", "gave way to newer" } },
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
		free(w);
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
	free(w);
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
		free(w);
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
			assert_int_equal(gp_report_write_findings(f, &w->report, w->findings, w->finding_count,
								  formats[i]), -EPIPE);
			fclose(f);
			f = fopen("/dev/full", "w");
			assert_non_null(f);
			assert_int_equal(gp_report_write_findings(f, &w->report, w->findings, w->finding_count,
								  formats[i]), -ENOSPC);
			fclose(f);
		}
	}
	w->findings[0].slot = 2 * SLOTS;
	assert_int_equal(gp_report_write_findings(stdout, &w->report, w->findings, 1, GP_FORMAT_JSON), -EINVAL);
	free(w);
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
		free(w);
	}
	check(texts, COUNT(shapes), unsound);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (unsound[i] != shapes[i].unsound)
			fail_msg("%s: check_report.py does not say %d", shapes[i].name, shapes[i].unsound);
	}
}

/* Each of these edits makes a sound report unsound, and check_report.py must see it. */
static void test_checker_can_fail(void **state)
{
	static const struct {
		const char *from, *to;
	} edits[] = {
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
		{ "\"networks\":[]", "\"networks\":[{}]" },
		{ "}", "" },
	};
	const char *reason = no_checker();
	struct world *w = world_office(0);
	char *text, *texts[CHECK_MAX];
	bool unsound[CHECK_MAX];

	(void)state;
	if (reason) {
		free(w);
		print_message("skipped: %s\n", reason);
		skip();
	}
	text = world_report(w, GP_FORMAT_NDJSON);
	for (size_t i = 0; i < COUNT(edits); i++) {
		char *found = strstr(text, edits[i].from);

		if (!found)
			fail_msg("there is no %s", edits[i].from);
		assert_true(asprintf(&texts[i], "%.*s%s%s", (int)(found - text), text, edits[i].to,
				     found + strlen(edits[i].from)) > 0);
	}
	texts[COUNT(edits)] = text;
	check(texts, COUNT(edits) + 1, unsound);
	for (size_t i = 0; i < COUNT(edits); i++) {
		if (!unsound[i])
			fail_msg("check_report.py passes %s", edits[i].to);
	}
	assert_false(unsound[COUNT(edits)]);
	free(w);
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
		cmocka_unit_test(test_claims_under_way),
		cmocka_unit_test(test_sums_under_traffic),
		cmocka_unit_test(test_large_numbers_are_exact),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_order),
		cmocka_unit_test(test_text_wraps),
		cmocka_unit_test(test_stream_errors),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_checker_can_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
