/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

struct gp_addr world_addr(const char *text)
{
	struct gp_addr out = { 0 };

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, out.bytes), 1);
	} else {
		out.bytes[10] = out.bytes[11] = 0xff;
		assert_int_equal(inet_pton(AF_INET, text, out.bytes + 12), 1);
	}
	return out;
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->settings.host_slots = SLOTS;
	w->memory.settings = &w->settings;
	w->memory.totals = &w->totals;
	w->memory.hosts = w->hosts;
	w->memory.claims = w->claims;
	w->report = (struct gp_report){
		.sensor = "gw1",
		.source_kind = "pcap",
		.source_name = "office.pcap",
		.start_ns = START,
		.end_ns = START + 900 * SECOND,
		.memory = &w->memory,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	return w;
}

struct gp_host *world_host(struct world *w, __u32 slot, const char *text, unsigned bits, enum gp_role role)
{
	unsigned side = role != GP_ROLE_OUTSIDE;
	struct gp_host *h = &w->hosts[side * SLOTS + slot];

	assert_int_equal(h->ready, 0);
	w->claims[side * SLOTS + w->totals.claimed[side]++] = side * SLOTS + slot;
	h->addr = world_addr(text);
	h->bits = (__u8)bits;
	h->role = (__u8)role;
	h->first_seen_ns = START + SECOND + 250000000;
	h->last_seen_ns = START + 890 * SECOND;
	h->ready = 1;
	return h;
}

void world_traffic(struct world *w, struct gp_host *h, enum gp_service service, __u64 packets, __u64 bytes,
		   __u32 flows)
{
	struct gp_service_count *s = &h->services[service];

	s->traffic.packets += packets;
	s->traffic.bytes += bytes;
	s->flows += flows;
	s->attempts += flows;
	s->answered += flows / 2;
	s->confirmed += flows / 4;
	h->sent.packets += packets - packets / 4;
	h->sent.bytes += bytes - bytes / 4;
	h->received.packets += packets / 4;
	h->received.bytes += bytes / 4;
	w->totals.received.packets += packets;
	w->totals.received.bytes += bytes;
}

static void add_unparsed(struct world *w, enum gp_parse status, __u64 packets, __u64 bytes)
{
	w->totals.unparsed[status].packets += packets;
	w->totals.unparsed[status].bytes += bytes;
	w->totals.received.packets += packets;
	w->totals.received.bytes += bytes;
}

static struct gp_finding *add_finding(struct world *w, const struct gp_host *h, enum gp_kind kind,
				      enum gp_verdict verdict)
{
	struct gp_finding *f = &w->findings[w->finding_count++];

	*f = (struct gp_finding){
		.slot = (__u32)(h - w->hosts),
		.verdict = verdict,
		.kind = kind,
		.score = 14.125,
		.confidence = 0.99987,
		.source_verified = verdict == GP_VERDICT_CONFIRMED,
		.sample = kind == GP_KIND_SPAM_BOT ? GP_SAMPLE_SMTP : GP_SAMPLE_CONTACT,
		.evidence_count = 4,
		.evidence = {
			{ .rule = "smtp.fanout", .weight = 4.0, .text = "214 mail networks in 24 h",
			  .observed = { { "distinct_mx", 214 }, { "ratio", 1.0 / 3 } }, .observed_count = 2 },
			{ .rule = "smtp.tls", .weight = -1.0, .text = "the mail went over TLS" },
			{ .rule = "smtp.silent", .weight = 0.0, .text = "weighs nothing" },
			{ .rule = "smtp.refused", .weight = 8.0,
			  .observed = { { "refused", 123456789 } }, .observed_count = 1,
			  .text = "41 % of 212 recipients were refused by 37 different mail networks, which is what "
				  "lists of addresses with many dead ones among them look like" },
		},
	};
	return f;
}

static void add_sample(struct gp_host *h, enum gp_sample_kind kind, __u16 sport, const char *dst, __u16 dport)
{
	h->samples[kind] = (struct gp_sample){ .dst = world_addr(dst), .sport = sport, .dport = dport };
}

static void reverse(__u32 *list, __u32 count)
{
	for (__u32 i = 0; i < count / 2; i++) {
		__u32 swap = list[i];

		list[i] = list[count - 1 - i];
		list[count - 1 - i] = swap;
	}
}

struct world *world_office(unsigned turn)
{
	struct world *w = world_new();
	struct gp_host *h;

	h = world_host(w, (3 + turn) % SLOTS, "10.0.0.7", 128, GP_ROLE_SUBSCRIBER);
	world_traffic(w, h, GP_SERVICE_SMTP, 1000, 100000, 212);
	world_traffic(w, h, GP_SERVICE_TLS, 40, 4000, 4);
	add_sample(h, GP_SAMPLE_SMTP, 51544, "203.0.113.9", 25);
	h->smtp[0].commands[GP_SMTP_RCPT] = 212;
	h->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX] = 87;
	memset(h->mx.registers, 3, sizeof(h->mx.registers));
	add_finding(w, h, GP_KIND_SPAM_BOT, GP_VERDICT_CONFIRMED);
	add_finding(w, h, GP_KIND_SCANNER, GP_VERDICT_SUSPECTED)->score = 9.5;
	h = world_host(w, (9 + 2 * turn) % SLOTS, "10.0.0.10", 128, GP_ROLE_SUBSCRIBER);
	world_traffic(w, h, GP_SERVICE_HTTP, 500, 600000, 12);
	h = world_host(w, (1 + turn) % SLOTS, "10.0.1.25", 128, GP_ROLE_RELAY);
	world_traffic(w, h, GP_SERVICE_SMTP, 1040, 200000, 60);
	h = world_host(w, (20 + turn) % SLOTS, "2001:db8:0:100::", 56, GP_ROLE_SUBSCRIBER);
	world_traffic(w, h, GP_SERVICE_QUIC, 1040, 900000, 0);
	h = world_host(w, (21 + turn) % SLOTS, "10.9.9.4", 96 + 30, GP_ROLE_SUBSCRIBER);
	world_traffic(w, h, GP_SERVICE_OTHER, 7, 700, 1);
	h = world_host(w, (4 + turn) % SLOTS, "198.51.100.66", 128, GP_ROLE_OUTSIDE);
	world_traffic(w, h, GP_SERVICE_OTHER, 300, 18000, 300);
	add_sample(h, GP_SAMPLE_CONTACT, 1, "2001:db8:0:100::1", 23);
	add_finding(w, h, GP_KIND_SCANNER, GP_VERDICT_SUSPECTED)->score = 11.0;
	h = world_host(w, (5 + turn) % SLOTS, "2001:db8:ffff:ffff:ffff:ffff:ffff:fff1", 128, GP_ROLE_OUTSIDE);
	world_traffic(w, h, GP_SERVICE_TLS, 5, 500, 1);
	add_finding(w, h, GP_KIND_SCANNER, GP_VERDICT_SUSPECTED);
	world_host(w, (6 + turn) % SLOTS, "192.0.2.80", 128, GP_ROLE_OUTSIDE)->syn_ack = 12;
	add_unparsed(w, GP_PARSE_ARP, 11, 660);
	add_unparsed(w, GP_PARSE_FRAGMENT_LATER, 2, 3000);
	w->totals.overflow[GP_SERVICE_HTTP].traffic = (struct gp_count){ 3, 333 };
	w->totals.received.packets += 3;
	w->totals.received.bytes += 333;
	w->report.too_short = (struct gp_count){ 1, 9 };
	w->report.link_type = (struct gp_count){ 4, 40 };
	for (__u32 side = 0; turn && side < 2; side++)
		reverse(&w->claims[side * SLOTS], w->totals.claimed[side]);
	return w;
}

char *world_report(struct world *w, enum gp_format format)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(gp_report_write_findings(f, &w->report, w->findings, w->finding_count, format), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}
