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

static void point(struct world *w)
{
	w->memory = (struct gp_memory){
		.settings = &w->settings,
		.control = &w->control,
		.claims = &w->claims,
		.cpus = w->cpus,
		.cpu_count = CPUS,
		.chunks = w->chunks,
		.hot = w->hot,
		.mail = w->mail,
		.host_of = w->host_of,
		.hosts = w->hosts,
		.outside_claims = w->outside_claims,
		.cells = w->cells,
		.ranges = w->prefixes,
	};
}

struct world *world_new(unsigned turn)
{
	struct world *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);

	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	w->settings = (struct gp_settings){
		.abi_version = GP_ABI_VERSION, .slices = SLICES, .chunks = CHUNKS, .inside_hosts = INSIDE,
		.outside_hosts = OUTSIDE, .cells = CELLS, .ranges = 2, .secret = { turn, 2 },
	};
	w->claims.chunks = CHUNKS;
	w->claims.hosts = INSIDE;
	/* All of 10.5.0.0/16 is relays. */
	w->prefixes[0] = (struct gp_range){ .first = world_addr("10.5.0.0"), .last = world_addr("10.5.255.255"),
					    .subscriber_bits = 128, .role = GP_ROLE_RELAY };
	w->control.ranges = 1ull << 32;
	w->next_chunk = turn;
	w->next_record = 7 * turn;
	point(w);
	assert_int_equal(gp_world_open(&w->world, &w->memory), 0);
	assert_int_equal(gp_world_reserve(w->world, OUTSIDE, CELLS), 0);
	w->verdicts.findings = w->findings;
	w->verdicts.ranges = w->ranges;
	w->report = (struct gp_report){
		.sensor = "gw1",
		.source_kind = "pcap",
		.source_name = "office.pcap",
		.start_ns = START,
		.end_ns = START + 900 * SECOND,
		.world = w->world,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	return w;
}

void world_free(struct world *w)
{
	gp_world_close(w->world);
	free(w);
}

/* The subscriber's number among its 256 neighbours, whose first address is left in @first. */
static unsigned split_address(const char *text, unsigned bits, struct gp_addr *first)
{
	struct gp_addr addr = world_addr(text);
	unsigned number = 0;

	*first = addr;
	for (unsigned bit = bits - 8; bit < bits; bit++)
		number = number << 1 | (addr.bytes[bit / 8] >> (7 - bit % 8) & 1);
	for (unsigned bit = bits - 8; bit < 128; bit++)
		first->bytes[bit / 8] &= (__u8)~(0x80 >> bit % 8);
	return number;
}

__u32 world_slot(struct world *w, const char *text, unsigned bits)
{
	struct gp_addr first;
	unsigned number = split_address(text, bits, &first);
	struct gp_chunk *chunk;

	for (__u32 i = 0; i < CHUNKS; i++) {
		chunk = &w->chunks[i];
		if (chunk->ready && chunk->bits == bits && !memcmp(&chunk->first, &first, sizeof(first)))
			return i * GP_CHUNK_SLOTS + number;
	}
	chunk = &w->chunks[w->next_chunk++ % CHUNKS];
	assert_int_equal(chunk->ready, 0);
	*chunk = (struct gp_chunk){ .first = first, .bits = (__u8)bits, .ready = 1 };
	return (__u32)(chunk - w->chunks) * GP_CHUNK_SLOTS + number;
}

static struct gp_host new_host(const char *text, unsigned bits, enum gp_role role)
{
	return (struct gp_host){
		.tag = 1,
		.addr = world_addr(text),
		.bits = (__u8)bits,
		.role = (__u8)role,
		.ready = 1,
		.first_seen_ns = START + SECOND + 250000000,
		.last_seen_ns = START + 890 * SECOND,
	};
}

static struct gp_cell new_cell(const char *text, unsigned bits)
{
	return (struct gp_cell){ .tag = 1, .addr = world_addr(text), .bits = (__u8)bits, .ready = 1,
				 .first_seen_ns = START, .last_seen_ns = START + SECOND };
}

struct gp_host *world_host(struct world *w, const char *text, unsigned bits, enum gp_role role)
{
	struct gp_host host = new_host(text, bits, role), *record;

	if (role == GP_ROLE_OUTSIDE) {
		assert_true(w->world->outside_count < OUTSIDE);
		assert_int_equal(gp_world_add_host(w->world, &host), 0);
		return &w->world->outside[w->world->outside_count - 1];
	}
	host.tag = world_slot(w, text, bits) + 1;
	record = &w->hosts[w->next_record++ % INSIDE];
	assert_int_equal(record->ready, 0);
	*record = host;
	w->host_of[host.tag - 1] = (__u64)(record - w->hosts) + 1;
	return record;
}

static bool is_inside(const struct world *w, const struct gp_host *h)
{
	return h >= w->hosts && h < w->hosts + INSIDE;
}

__u32 world_id(const struct world *w, const struct gp_host *h)
{
	return is_inside(w, h) ? (__u32)(h - w->hosts) : INSIDE + (__u32)(h - w->world->outside);
}

struct gp_cell *world_cell(struct world *w, const char *text, unsigned bits)
{
	struct gp_cell cell = new_cell(text, bits);

	for (__u32 i = 0; i < w->world->cell_count; i++) {
		if (w->world->cells[i].bits == bits && !memcmp(&w->world->cells[i].addr, &cell.addr, sizeof(cell.addr)))
			return &w->world->cells[i];
	}
	assert_int_equal(gp_world_add_cell(w->world, &cell), 0);
	return &w->world->cells[w->world->cell_count - 1];
}

struct gp_cell *bank_cell(struct world *w, unsigned bank, const char *text, unsigned bits)
{
	struct gp_cell *cell = &w->cells[bank * CELLS];

	while (cell->ready)
		cell++;
	assert_true(cell < &w->cells[(bank + 1) * CELLS]);
	*cell = new_cell(text, bits);
	return cell;
}

struct gp_host *bank_host(struct world *w, unsigned bank, const char *text)
{
	struct gp_host *host = &w->hosts[INSIDE + bank * OUTSIDE + (3 + w->claims.outside[bank]) % OUTSIDE];

	assert_int_equal(host->ready, 0);
	w->outside_claims[bank * OUTSIDE + w->claims.outside[bank]++] = (__u32)(host - w->hosts);
	*host = new_host(text, 128, GP_ROLE_OUTSIDE);
	return host;
}

void world_receive(struct world *w, __u64 packets, __u64 bytes)
{
	w->cpus[0].totals.received.packets += packets / 3;
	w->cpus[0].totals.received.bytes += bytes / 3;
	w->cpus[1].totals.received.packets += packets - packets / 3;
	w->cpus[1].totals.received.bytes += bytes - bytes / 3;
}

static __u64 word(__u64 packets, __u64 bytes)
{
	return packets << GP_WORD_SHIFT | bytes;
}

/* Takes what two words hold from a count, and returns one of them: two fifths of it, or nothing of a large one. */
static __u64 take_word(struct gp_count *count)
{
	__u64 packets = count->packets * 2 / 5, bytes = count->bytes * 2 / 5;

	if (count->packets > 1 << 20 || count->bytes > 1ull << 36)
		return 0;
	count->packets -= 2 * packets;
	count->bytes -= 2 * bytes;
	return word(packets, bytes);
}

/* Into two hot lines, or into the mail words. @traffic, @sent: in and out, what is not in words. */
static void fill_words(struct world *w, __u32 slot, enum gp_service service, struct gp_count *traffic,
		       struct gp_count *sent)
{
	__u64 all = take_word(traffic), of_these = take_word(sent);

	for (unsigned slice = 0; slice < SLICES; slice++) {
		struct gp_hot *hot = &w->hot[slice * CHUNKS * GP_CHUNK_SLOTS + slot];

		if (service < GP_SERVICE_SMTP) {
			hot->traffic[service] += all;
			hot->sent += of_these;
		} else {
			w->mail[slot].traffic[service - GP_SERVICE_SMTP] += all;
			w->mail[slot].sent += of_these;
		}
	}
}

static void add(struct gp_count *sum, const struct gp_count *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
}

static void add_flows(struct gp_service_count *s, __u32 flows)
{
	s->flows += flows;
	s->attempts += flows;
	s->answered += flows / 2;
	s->confirmed += flows / 4;
}

void world_traffic(struct world *w, struct gp_host *h, enum gp_service service, __u64 packets, __u64 bytes,
		   __u32 flows)
{
	struct gp_count traffic = { packets, bytes }, sent = { packets - packets / 4, bytes - bytes / 4 };
	struct gp_count received = { packets / 4, bytes / 4 };

	if (is_inside(w, h))
		fill_words(w, (__u32)(h->tag - 1), service, &traffic, &sent);
	else
		add(&h->received, &received);
	add(&h->services[service].traffic, &traffic);
	add(&h->sent, &sent);
	add_flows(&h->services[service], flows);
	world_receive(w, packets, bytes);
}

void world_slot_traffic(struct world *w, __u32 slot, enum gp_service service, __u64 packets, __u64 bytes)
{
	struct gp_count traffic = { packets, bytes }, sent = { 0, 0 };

	/* There is nowhere to spill the rest to, so one word is larger. */
	fill_words(w, slot, service, &traffic, &sent);
	if (service < GP_SERVICE_SMTP)
		w->hot[CHUNKS * GP_CHUNK_SLOTS + slot].traffic[service] += word(traffic.packets, traffic.bytes);
	else
		w->mail[slot].traffic[service - GP_SERVICE_SMTP] += word(traffic.packets, traffic.bytes);
	world_receive(w, packets, bytes);
}

void world_cell_traffic(struct world *w, struct gp_cell *cell, enum gp_service service, __u64 packets, __u64 bytes,
			__u32 flows)
{
	const struct gp_count traffic = { packets, bytes };

	add(&cell->services[service].traffic, &traffic);
	add_flows(&cell->services[service], flows);
	cell->syn += flows;
	world_receive(w, packets, bytes);
}

static void add_unparsed(struct world *w, enum gp_parse status, __u64 packets, __u64 bytes)
{
	const struct gp_count count = { packets, bytes };

	add(&w->cpus[packets % CPUS].totals.unparsed[status], &count);
	world_receive(w, packets, bytes);
}

/* What speaks for a verdict, and against it. */
static const struct gp_evidence reasons[] = {
	{ .rule = "smtp.fanout", .weight = 4.0, .text = "214 mail networks in 24 h",
	  .observed = { { "distinct_mx", 214 }, { "ratio", 1.0 / 3 } }, .observed_count = 2 },
	{ .rule = "smtp.tls", .weight = -1.0, .text = "the mail went over TLS" },
	{ .rule = "smtp.silent", .weight = 0.0, .text = "weighs nothing" },
	{ .rule = "smtp.refused", .weight = 8.0,
	  .observed = { { "refused", 123456789 } }, .observed_count = 1,
	  .text = "41 % of 212 recipients were refused by 37 different mail networks, which is what "
		  "lists of addresses with many dead ones among them look like" },
};

static struct gp_finding *add_finding(struct world *w, const struct gp_host *h, enum gp_kind kind,
				      enum gp_verdict verdict)
{
	struct gp_finding *f = &w->findings[w->verdicts.finding_count++];

	*f = (struct gp_finding){
		.id = world_id(w, h),
		.verdict = verdict,
		.kind = kind,
		.score = 14.125,
		.confidence = 0.99987,
		.source_verified = verdict == GP_VERDICT_CONFIRMED,
		.sample = h->samples[kind == GP_KIND_SPAM_BOT ? GP_SAMPLE_SMTP : GP_SAMPLE_CONTACT],
		.standing = { .state = verdict == GP_VERDICT_CONFIRMED ? GP_STATE_CONFIRMED : GP_STATE_SUSPECTED,
			      .since_ns = h->last_seen_ns, .watched_ns = h->first_seen_ns,
			      .suspected_ns = (h->first_seen_ns + h->last_seen_ns) / 2,
			      .confirmed_ns = verdict == GP_VERDICT_CONFIRMED ? h->last_seen_ns : 0,
			      .suspected_contacts = 41, .episodes = verdict == GP_VERDICT_CONFIRMED },
		.sentence = "A device on this line has done what its owner would not want it to do.",
		.evidence_count = COUNT(reasons),
	};
	memcpy(f->evidence, reasons, sizeof(reasons));
	return f;
}

struct gp_range_finding *world_range(struct world *w, const char *text, unsigned bits)
{
	struct gp_range_finding *f = &w->ranges[w->verdicts.range_count++];

	assert_true(w->verdicts.range_count <= (int)COUNT(w->ranges));
	*f = (struct gp_range_finding){
		.addr = world_addr(text),
		.bits = (__u8)bits,
		.kind = GP_RANGE_SCANNER,
		.verdict = GP_VERDICT_SUSPECTED,
		.score = 7.5,
		.confidence = 0.9471,
		.first_seen_ns = START + 2 * SECOND,
		.last_seen_ns = START + 800 * SECOND,
		.hosts = 94.6,
		.endpoints = 5120.4,
		.syn = 12345,
		.answered = 7,
		.evidence_count = COUNT(reasons),
	};
	memcpy(f->evidence, reasons, sizeof(reasons));
	return f;
}

static void add_sample(struct gp_host *h, enum gp_sample_kind kind, __u16 sport, const char *dst, __u16 dport)
{
	h->samples[kind] = (struct gp_sample){ .dst = world_addr(dst), .sport = sport, .dport = dport };
}

static const struct office_host {
	const char *address;
	unsigned bits;
	enum gp_role role;
	enum gp_service service;
	__u64 packets, bytes;
	__u32 flows;
} office[] = {
	{ "10.0.0.7", 128, GP_ROLE_SUBSCRIBER, GP_SERVICE_SMTP, 1000, 100000, 212 },
	{ "10.0.0.10", 128, GP_ROLE_SUBSCRIBER, GP_SERVICE_HTTP, 500, 600000, 12 },
	{ "10.0.1.25", 128, GP_ROLE_RELAY, GP_SERVICE_SMTP, 1040, 200000, 60 },
	{ "2001:db8:0:100::", 56, GP_ROLE_SUBSCRIBER, GP_SERVICE_QUIC, 1040, 900000, 0 },
	{ "10.9.9.4", 96 + 30, GP_ROLE_SUBSCRIBER, GP_SERVICE_OTHER, 7, 700, 1 },
	{ "198.51.100.66", 128, GP_ROLE_OUTSIDE, GP_SERVICE_OTHER, 300, 18000, 300 },
	{ "2001:db8:ffff:ffff:ffff:ffff:ffff:fff1", 128, GP_ROLE_OUTSIDE, GP_SERVICE_TLS, 5, 500, 1 },
	{ "192.0.2.80", 128, GP_ROLE_OUTSIDE, GP_SERVICE_OTHER, 0, 0, 0 },
};

static void judge_office(struct world *w, struct gp_host *const *h)
{
	struct gp_host *bot = h[0], *scanner = h[5];

	world_traffic(w, bot, GP_SERVICE_TLS, 40, 4000, 4);
	add_sample(bot, GP_SAMPLE_SMTP, 51544, "203.0.113.9", 25);
	bot->smtp[0].commands[GP_SMTP_RCPT] = 212;
	bot->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX] = 87;
	memset(bot->mx.registers, 3, sizeof(bot->mx.registers));
	add_sample(scanner, GP_SAMPLE_CONTACT, 1, "2001:db8:0:100::1", 23);
	h[7]->syn_ack = 12;
	add_finding(w, bot, GP_KIND_SPAM_BOT, GP_VERDICT_CONFIRMED);
	add_finding(w, bot, GP_KIND_SCANNER, GP_VERDICT_SUSPECTED)->score = 9.5;
	add_finding(w, scanner, GP_KIND_SCANNER, GP_VERDICT_SUSPECTED)->score = 11.0;
	add_finding(w, h[6], GP_KIND_SCANNER, GP_VERDICT_SUSPECTED);
}

struct world *world_office(unsigned turn)
{
	struct world *w = world_new(turn);
	struct gp_host *hosts[COUNT(office)];

	for (size_t i = 0; i < COUNT(office); i++) {
		size_t at = turn % 2 ? COUNT(office) - 1 - i : i;
		const struct office_host *o = &office[at];

		hosts[at] = world_host(w, o->address, o->bits, o->role);
		world_traffic(w, hosts[at], o->service, o->packets, o->bytes, o->flows);
	}
	judge_office(w, hosts);
	add_unparsed(w, GP_PARSE_ARP, 11, 660);
	add_unparsed(w, GP_PARSE_FRAGMENT_LATER, 2, 3000);
	w->cpus[0].totals.overflow[GP_SERVICE_HTTP].traffic = (struct gp_count){ 1, 111 };
	w->cpus[1].totals.overflow[GP_SERVICE_HTTP].traffic = (struct gp_count){ 2, 222 };
	world_receive(w, 3, 333);
	w->report.too_short = (struct gp_count){ 1, 9 };
	w->report.link_type = (struct gp_count){ 4, 40 };
	return w;
}

char *world_report(struct world *w, enum gp_format format)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(gp_report_write_verdicts(f, &w->report, &w->verdicts, format), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

json_object *world_parse(struct world *w)
{
	char *text = world_report(w, GP_FORMAT_NDJSON);
	json_object *report = json_tokener_parse(text);

	assert_non_null(report);
	free(text);
	return report;
}

json_object *report_at(json_object *o, const char *path)
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
