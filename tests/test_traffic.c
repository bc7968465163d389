// SPDX-License-Identifier: GPL-2.0-or-later
/* The traffic generator: what it says it sent is what the data plane counts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gatepost/parse.h>

#include "config.h"
#include "engine.h"
#include "epoch.h"
#include "hello.h"
#include "ja4.h"
#include "mail_tls.h"
#include "memory_setup.h"
#include "traffic/tls.h"
#include "traffic/traffic.h"
#include "world.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct traffic *open_groups(__u64 seed, double duration_s, const struct traffic_group *groups, size_t count)
{
	const struct traffic_options options = { .seed = seed, .duration_s = duration_s, .start_ns = 1772442000000000000ull, /* a Monday, 9:00 */
						 .groups = groups, .count = count };
	struct traffic *t;

	assert_int_equal(traffic_open(&t, &options), 0);
	return t;
}

static const struct traffic_group mixed[] = {
	{ .profile = "household", .hosts = 30 },
	{ .profile = "bot-fast", .hosts = 1 },
	{ .profile = "home-mta", .hosts = 2 },
	{ .profile = "scan-1-per-s", .hosts = 1 },
	{ .profile = "link-scanner" },
};

/* FNV-1a over times and bytes. */
static __u64 fingerprint(__u64 seed, double duration_s, __u64 *packets)
{
	struct traffic *t = open_groups(seed, duration_s, mixed, ROWS(mixed));
	__u64 hash = 0xcbf29ce484222325ull, last_ns = 0;
	struct gp_frame frame;

	*packets = 0;
	while (traffic_next(t, &frame) == 1) {
		assert_true(frame.time_ns >= last_ns);
		assert_in_range(frame.data_bytes, 54, 1514);
		last_ns = frame.time_ns;
		for (__u32 i = 0; i < frame.data_bytes; i++)
			hash = (hash ^ frame.data[i]) * 0x100000001b3ull;
		hash = (hash ^ frame.time_ns) * 0x100000001b3ull;
		++*packets;
	}
	traffic_close(t);
	return hash;
}

static void test_same_bytes(void **state)
{
	__u64 packets, again, other;
	__u64 hash = fingerprint(5, 600, &packets);

	(void)state;
	assert_true(packets > 3000);
	assert_int_equal(fingerprint(5, 600, &again), hash);
	assert_int_equal(again, packets);
	assert_int_not_equal(fingerprint(6, 600, &other), hash);
}

static unsigned int mismatches;

/* A data plane that reads what is made. */
struct reader {
	struct gp_config *config;
	struct gp_engine *engine;
	struct gp_world *world;
	struct gp_epoch *epoch;
	__u64 packets, unparsed;
};

static void drop_record(void *context, const struct gp_flow_record *record)
{
	(void)context, (void)record;
}

static void reader_open(struct reader *r, const struct traffic *t)
{
	size_t count;
	const char *const *inside = traffic_inside(t, &count);
	char *texts[8];

	memset(r, 0, sizeof(*r));
	assert_in_range(count, 1, ROWS(texts));
	for (size_t i = 0; i < count; i++)
		texts[i] = strdup(inside[i]);
	assert_int_equal(gp_config_open(&r->config, NULL, texts, count), 0);
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	r->config->sample_flows = 0;
	assert_int_equal(gp_engine_native_open(&r->engine, r->config), 0);
	assert_int_equal(gp_world_open(&r->world, &r->engine->memory), 0);
	assert_int_equal(gp_epoch_open(&r->epoch, r->world, &(struct gp_epoch_options){ .journal = NULL }), 0);
}

static void reader_read(struct reader *r, struct traffic *t)
{
	__u64 slice = 0, last_ns = 0;
	struct gp_frame frame;

	while (traffic_next(t, &frame) == 1) {
		if (frame.time_ns / GP_SLICE_NS != slice) {
			slice = frame.time_ns / GP_SLICE_NS;
			assert_int_equal(gp_epoch_turn(r->epoch, frame.time_ns), 0);
		}
		assert_int_equal(r->engine->frame(r->engine, &frame), 0);
		r->engine->drain(r->engine, drop_record, NULL);
		r->unparsed += r->engine->last_packet(r->engine)->status != GP_PARSE_OK;
		r->packets++;
		last_ns = frame.time_ns;
	}
	gp_memory_flush(&r->engine->memory, last_ns);
	assert_int_equal(gp_epoch_turn(r->epoch, last_ns), 0);
}

static void reader_close(struct reader *r)
{
	gp_epoch_close(r->epoch, false);
	gp_world_close(r->world);
	r->engine->close(r->engine);
	gp_config_close(r->config);
}

static const struct gp_host *find_host(const struct reader *r, const struct traffic_label *label)
{
	for (__u32 i = 0; i < gp_world_inside_count(r->world); i++) {
		const struct gp_host *host = gp_world_host(r->world, i);

		if (host && host->ready && !memcmp(&host->addr, &label->addr, host->bits / 8))
			return host;
	}
	return NULL;
}

static __u64 replies(const struct gp_host *h, enum gp_reply_class class)
{
	__u64 sum = 0;

	for (int port = 0; port < 2; port++)
		for (int stage = GP_STAGE_MAIL; stage <= GP_STAGE_BODY; stage++)
			sum += h->smtp[port].replies[stage][class];
	return sum;
}

/* Says so, and goes on: which counters differ together tells why. */
static void same(const struct traffic_label *label, const char *what, __u64 counted, __u64 sent)
{
	if (counted == sent)
		return;
	print_message("           %s: %s: counted %llu, sent %llu\n", label->profile, what, counted, sent);
	mismatches++;
}

static void check_host(const struct traffic_label *label, const struct gp_host *h)
{
	static const struct gp_host nothing;
	const struct traffic_acts *a = &label->acts;
	__u64 attempts = 0, answered = 0, confirmed = 0, requests = 0;

	h = h ? h : &nothing;
	for (int i = 0; i < GP_SERVICES; i++) {
		attempts += h->services[i].attempts;
		answered += h->services[i].answered;
		confirmed += h->services[i].confirmed;
	}
	for (int i = 0; i < GP_HTTP_METHODS; i++)
		requests += h->http.requests[i];
	if (strcmp(label->profile, "spoofed-victim")) /* which is charged with what others send in its name */
		same(label, "contacts", attempts, a->contacts);
	same(label, "answered", answered, a->answered);
	same(label, "proved", confirmed, a->proved);
	same(label, "proved", h->proved_flows, a->proved);
	same(label, "smtp_clear_mails", h->smtp[0].commands[GP_SMTP_MAIL] + h->smtp[1].commands[GP_SMTP_MAIL], a->smtp_clear_mails);
	same(label, "smtp_clear_rcpts", h->smtp[0].commands[GP_SMTP_RCPT] + h->smtp[1].commands[GP_SMTP_RCPT], a->smtp_clear_rcpts);
	same(label, "smtp_clear_4xx", replies(h, GP_REPLY_4XX), a->smtp_clear_4xx);
	same(label, "smtp_clear_5xx", replies(h, GP_REPLY_5XX), a->smtp_clear_5xx);
	same(label, "smtp_clear_accepted",
	     h->smtp[0].replies[GP_STAGE_BODY][GP_REPLY_2XX] + h->smtp[1].replies[GP_STAGE_BODY][GP_REPLY_2XX], a->smtp_clear_accepted);
	same(label, "http_requests", requests, a->http_requests);
	same(label, "http_4xx", h->http.responses[4], a->http_4xx);
	if (strncmp(label->profile, "backscatter", 11)) /* whose system resets what it never asked for */
		same(label, "half_open", h->half_open, a->half_open);
	assert_true(h->tls.hellos <= a->tls_hellos); /* those to mailboxes are not counted there */
	assert_int_equal(h->tls.sni[GP_SNI_ABSENT], 0); /* one behind a post-quantum key share is beyond the window */
}

/* Each profile does what it is there for. */
static void check_acts(const struct traffic_label *label)
{
	const struct traffic_acts *a = &label->acts;

	if (!strcmp(label->truth, "clean"))
		assert_int_equal(label->malicious, 0);
	else
		assert_true(label->malicious > 0 && label->first_ns >= label->born_ns);
	if (!strcmp(label->truth, "spam_bot"))
		assert_true(a->smtp_clear_mails + a->smtp_tls_accepted + a->smtp_tls_refused > 0);
	else if (!strcmp(label->truth, "scanner"))
		assert_true(a->contacts - a->answered > 10);
	else if (!strcmp(label->truth, "brute_forcer"))
		assert_true(!strcmp(label->profile, "force-imaps") || a->logins_refused > 10);
	else if (!strcmp(label->truth, "ddos_source"))
		assert_true(label->malicious > 10000);
}

static void run_profile(const struct traffic_profile *profile)
{
	static const struct traffic_override soon = { "begin_h", 0, .1 };
	struct traffic_group group = { .profile = profile->name, .hosts = profile->range ? 1 : 3, .overrides = &soon };
	struct traffic *t;
	const struct traffic_label *labels;
	struct reader r;
	size_t count;

	for (size_t i = 0; i < profile->parameter_count; i++)
		group.override_count += !strcmp(profile->parameters[i].name, soon.name);
	t = open_groups(11, 2400, &group, 1);
	reader_open(&r, t);
	reader_read(&r, t);
	labels = traffic_labels(t, &count);
	assert_non_null(labels);
	if (!r.packets)
		print_message("           %s: no packets\n", profile->name);
	assert_true(r.packets > 0);
	assert_int_equal(r.unparsed, 0);
	assert_int_equal(r.packets, traffic_totals(t)->packets);
	assert_int_equal(traffic_totals(t)->flows_open, 0);
	for (size_t i = 0; i < count; i++) {
		if (labels[i].group == TRAFFIC_NO_GROUP)
			continue;
		assert_string_equal(labels[i].profile, profile->name);
		check_acts(&labels[i]);
		if (!labels[i].range)
			check_host(&labels[i], find_host(&r, &labels[i]));
	}
	reader_close(&r);
	traffic_close(t);
}

static void test_profiles(void **state)
{
	size_t count;
	const struct traffic_profile *profiles = traffic_profiles(&count);

	(void)state;
	assert_true(count > 60);
	mismatches = 0;
	for (size_t i = 0; i < count; i++)
		run_profile(&profiles[i]);
	assert_int_equal(mismatches, 0);
}

/* One mail session's payload, each way. */
struct session {
	__u16 client_port;
	__u64 out, in;
	struct gp_mail_tls tls;
	bool in_tls;
};

struct size_row {
	const char *name;
	double tls, refused;
	double out, in; /* bytes as measured with smtplib, OpenSSL 3.0, TLS 1.3 (detection.md, 1.2) */
	double least, most; /* of what is behind the handshake */
};

static void count_payload(struct session *s, const struct gp_packet *p, const struct gp_frame *frame)
{
	const __u8 *data = frame->data + p->payload_offset;

	if (p->dport != 25) {
		s->in += p->payload_len;
		return;
	}
	s->out += p->payload_len;
	if (s->in_tls || (p->payload_len > 5 && data[0] == 22)) {
		s->in_tls = true;
		gp_mail_tls_bytes(&s->tls, data, p->payload_len);
	}
}

/* Sessions of a host with nothing else to do; the mean of each side's payload. */
static void run_sizes(const struct size_row *row)
{
	const struct traffic_override set[] = {
		{ "tls", row->tls, row->tls }, { "refused", row->refused, row->refused }, { "listed", 0, 0 },	 { "put_off", 0, 0 },
		{ "dead", 0, 0 },	       { "quit", 1, 1 },			  { "dialect", 0, 0 }, { "bad_helo", 0, 0 },
		{ "contacts_per_day", 0, 0 },  { "mails_per_h", 60, 60 }, { "body_bytes", 400, 400 },
	};
	const struct traffic_group group = { .profile = "bot-fast", .hosts = 1, .overrides = set, .override_count = ROWS(set) };
	struct traffic *t = open_groups(3, 3600, &group, 1);
	struct session sessions[512] = { 0 };
	struct gp_frame frame;
	double out = 0, in = 0;
	size_t n = 0;

	while (traffic_next(t, &frame) == 1) {
		struct gp_packet p;
		__u16 port;
		size_t i = 0;

		gp_parse(frame.data, frame.data + frame.data_bytes, 0, &p);
		port = p.dport == 25 ? p.sport : p.dport;
		while (i < n && sessions[i].client_port != port)
			i++;
		if (i == n) {
			assert_true(n < ROWS(sessions));
			sessions[n++].client_port = port;
		}
		count_payload(&sessions[i], &p, &frame);
	}
	traffic_close(t);
	assert_true(n > 20);
	for (size_t i = 0; i < n; i++) {
		double behind = (double)(sessions[i].in_tls ? sessions[i].tls.bytes - sessions[i].tls.finished : sessions[i].out);

		assert_true(!sessions[i].in_tls || sessions[i].tls.finished);
		assert_true(behind >= row->least && behind <= row->most);
		out += (double)sessions[i].out / (double)n;
		in += (double)sessions[i].in / (double)n;
	}
	print_message("           %s: %.0f bytes out, %.0f in; measured %.0f, %.0f\n", row->name, out, in, row->out, row->in);
	assert_true(out > .75 * row->out && out < 1.25 * row->out);
}

static void test_sizes(void **state)
{
	static const struct size_row rows[] = {
		/* name                  tls refused  out   in    behind the handshake */
		{ "refused, clear",	 0,  1.25,    110,  240,  60,  299 },
		{ "accepted, clear",	 0,  0,	      521,  259,  300, 1000 },
		{ "refused, TLS",	 1,  1.25,    835,  2337, 60,  399 },
		{ "accepted, TLS",	 1,  0,	      1290, 2400, 300, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		run_sizes(&rows[i]);
}

/* Ranges of one group lie apart: each in a /24 or /48 of its own. */
static void test_apart(void **state)
{
	static const struct traffic_group groups[] = { { .profile = "scanner-range", .hosts = 3 },
						       { .profile = "scanner-range-ipv6", .hosts = 3 },
						       { .profile = "snowshoe", .hosts = 2, .prefix = "198.18.4.0/24" } };
	struct traffic *t = open_groups(2, 60, groups, ROWS(groups));
	const struct traffic_label *labels;
	size_t count, ranges = 0;

	(void)state;
	labels = traffic_labels(t, &count);
	for (size_t i = 0; i < count; i++) {
		ranges += labels[i].range;
		for (size_t k = 0; labels[i].range && k < i; k++)
			assert_true(!labels[k].range || memcmp(&labels[i].addr, &labels[k].addr, labels[i].ipv6 ? 6 : 15));
	}
	assert_int_equal(ranges, 8);
	traffic_close(t);
}

/* Memory follows hosts and open flows, not time. */
static void test_memory(void **state)
{
	static const struct traffic_override lasts[] = { { "active_h", 2, 2 }, { "rate_per_s", 30, 30 } };
	static const struct traffic_group groups[] = { { .profile = "household", .hosts = 300 },
						       { .profile = "scan-fast", .hosts = 1, .overrides = lasts, .override_count = 2 } };
	struct traffic *t = open_groups(9, 7200, groups, ROWS(groups));
	const struct traffic_totals *totals = traffic_totals(t);
	struct gp_frame frame;
	__u64 half = 0;

	(void)state;
	while (traffic_next(t, &frame) == 1)
		if (totals->packets == 150000)
			half = totals->memory_bytes;
	assert_true(totals->packets > 200000);
	assert_true(half > 0);
	assert_true(totals->memory_bytes <= half + 2 * 1024 * 400);
	assert_true(totals->memory_bytes < 301 * 2048 + totals->flows_open_max * 512 + 4096 * 512);
	traffic_close(t);
}

static void test_errors(void **state)
{
	static const struct traffic_override unknown = { "no_such", 1, 2 };
	static const struct traffic_group rows[] = {
		{ .profile = "nobody", .hosts = 1 },
		{ .profile = "web-server", .hosts = 1 },
		{ .profile = "household", .hosts = 1, .overrides = &unknown, .override_count = 1 },
		{ .profile = "household", .hosts = 300, .prefix = "10.7.7.0/24" },
		{ .profile = "household", .hosts = 1, .prefix = "10.7.7.0" },
	};
	struct traffic *t;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct traffic_options options = { .duration_s = 60, .groups = &rows[i], .count = 1 };

		assert_int_equal(traffic_open(&t, &options), -EINVAL);
	}
}

static bool has_profile(const struct traffic_options *o, const char *profile)
{
	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->groups[i].profile, profile))
			return true;
	return false;
}

/* What numbers are reported on is not what they were chosen on. */
static void test_populations(void **state)
{
	static const char *const topics[] = { "mail", "scan", "web", "ranges" };
	struct traffic_population tune, report;
	char path[96];

	(void)state;
	for (size_t i = 0; i < ROWS(topics); i++) {
		unsigned int reported_only = 0;
		struct traffic *t;

		snprintf(path, sizeof(path), "tests/traffic/populations/tune-%s.yaml", topics[i]);
		assert_int_equal(traffic_population_read(&tune, path), 0);
		snprintf(path, sizeof(path), "tests/traffic/populations/report-%s.yaml", topics[i]);
		assert_int_equal(traffic_population_read(&report, path), 0);
		assert_int_not_equal(tune.options.seed, report.options.seed);
		for (size_t k = 0; k < report.options.count; k++)
			reported_only += !has_profile(&tune.options, report.options.groups[k].profile);
		assert_true(reported_only >= 4);
		assert_int_equal(traffic_open(&t, &report.options), 0);
		traffic_close(t);
		traffic_population_free(&tune);
		traffic_population_free(&report);
	}
}

static void test_population_errors(void **state)
{
	static const char *const rows[] = {
		"groups: 7\n", "seed: x\ngroups: []\n", "duration: 5\ngroups: []\n", "groups: [{ hosts: 3 }]\n", "start: today\ngroups: []\n",
		"groups: [{ profile: household, set: [1] }]\n", "groups: [{ profile: household, set: { fail: [2, 1] } }]\n", "groups: [\n", "",
	};
	char path[] = "/tmp/gatepost-population-XXXXXX";
	struct traffic_population population;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, rows[i], strlen(rows[i]), 0), (ssize_t)strlen(rows[i]));
		assert_int_equal(traffic_population_read(&population, path), -EINVAL);
	}
	close(fd);
	unlink(path);
	assert_int_equal(traffic_population_read(&population, path), -ENOENT);
}

/* Fleets take their addresses at random, or in turn; each fetches what was delivered before. */
static void test_fleets(void **state)
{
	static const struct traffic_group groups[] = { { .profile = "link-scanner", .prefix = "40.94.101.0/24" },
						       { .profile = "link-scanner-in-turn", .prefix = "40.94.102.0/24" } };
	struct traffic *t = open_groups(21, 7200, groups, ROWS(groups));
	const struct traffic_label *labels;
	const struct traffic_tokens *tokens = &traffic_totals(t)->tokens;
	unsigned int seen[2][256] = { 0 };
	__u32 turns = 0, last = 0;
	struct gp_frame frame;
	size_t count;

	(void)state;
	while (traffic_next(t, &frame) == 1) {
		struct gp_packet p;
		unsigned int fleet;

		gp_parse(frame.data, frame.data + frame.data_bytes, 0, &p);
		assert_true(tokens->link_fetches <= 2 * tokens->link_tokens + tokens->link_clicked);
		if (p.tcp_flags != GP_TCP_SYN || p.src.bytes[12] != 40 || p.src.bytes[13] != 94)
			continue;
		fleet = p.src.bytes[14] - 101u;
		seen[fleet][p.src.bytes[15]]++;
		if (fleet == 1) {
			assert_true(!last || p.src.bytes[15] == last % 100 + 1);
			last = p.src.bytes[15];
			turns++;
		}
	}
	assert_true(turns > 100);
	labels = traffic_labels(t, &count);
	for (int i = 0; i < 256; i++)
		assert_true((i >= 1 && i <= 100) || !(seen[0][i] + seen[1][i]));
	assert_string_equal(labels[count - 2].truth, "link_scanner");
	assert_int_equal(labels[count - 2].malicious, labels[count - 2].acts.http_requests);
	assert_int_equal(labels[count - 2].malicious + labels[count - 1].malicious, tokens->link_robots);
	assert_int_equal(labels[count - 2].bits, 121); /* .1 to .100 */
	assert_true(tokens->link_clicked > 0 && tokens->link_clicked < tokens->link_tokens);
	assert_true(tokens->link_robots > tokens->link_tokens * 9 / 10);
	traffic_close(t);
}

/* Somebody else's reading of the same packets. */
static void test_tshark(void **state)
{
	static const struct traffic_group groups[] = {
		{ .profile = "household", .hosts = 3 }, { .profile = "bot-fast", .hosts = 1 },	  { .profile = "home-mta", .hosts = 2 },
		{ .profile = "mail-user", .hosts = 3 }, { .profile = "force-pop3", .hosts = 1 }, { .profile = "scan-ipv6", .hosts = 1 },
		{ .profile = "http-prober", .hosts = 1 }, { .profile = "image-proxy" },	  { .profile = "scan-mirai", .hosts = 1 },
		{ .profile = "snowshoe" },		  { .profile = "mailbox-poller", .hosts = 2 },
	};
	static const __u32 head[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1 };
	char path[] = "/tmp/gatepost-traffic-XXXXXX", command[512], line[256];
	struct traffic *t = open_groups(31, 900, groups, ROWS(groups));
	struct gp_frame frame;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w"), *out;
	unsigned int packets = 0, complaints = 0;

	(void)state;
	assert_non_null(file);
	if (system("command -v tshark >/dev/null 2>&1")) {
		print_message("           tshark is not installed: nobody else reads the packets\n");
		fclose(file);
		unlink(path);
		traffic_close(t);
		skip();
	}
	fwrite(head, sizeof(head), 1, file);
	while (traffic_next(t, &frame) == 1 && packets++ < 20000) {
		__u32 record[] = { (__u32)(frame.time_ns / 1000000000u), (__u32)(frame.time_ns % 1000000000u), frame.data_bytes, frame.data_bytes };

		fwrite(record, sizeof(record), 1, file);
		fwrite(frame.data, frame.data_bytes, 1, file);
	}
	fclose(file);
	traffic_close(t);
	snprintf(command, sizeof(command),
		 "tshark -r %s -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -Y '_ws.malformed || ip.checksum.status == 0 || "
		 "tcp.checksum.status == 0 || (tcp.analysis.retransmission && tcp.flags.syn == 0) || tcp.analysis.out_of_order || "
		 "tcp.analysis.lost_segment || tcp.analysis.duplicate_ack || tcp.analysis.ack_lost_segment || frame.number == 1' 2>/dev/null",
		 path);
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out)) {
		if (complaints++)
			print_message("           %s", line);
	}
	pclose(out);
	unlink(path);
	assert_true(packets > 5000);
	assert_int_equal(complaints, 1); /* the first packet, as proof that tshark read any */
}

/* Hellos are whole and without contradiction, say whom they ask for, and tell programs apart. */
static void test_hellos(void **state)
{
	static const char name[] = "www.brandale17.example";
	char seen[TLS_CLIENTS][GP_JA4_TEXT];
	struct gp_hello hello;
	__u8 bytes[4096];

	(void)state;
	for (unsigned int c = 0; c < TLS_CLIENTS; c++) {
		size_t len = tls_hello(bytes, c, 4711 + c, name, strlen(name));

		assert_true(len < sizeof(bytes));
		assert_int_equal(gp_hello_parse(&hello, bytes, len), 1);
		assert_int_equal(gp_hello_parse(&hello, bytes, len - 1), 0);
		assert_int_equal(gp_hello_parse(&hello, bytes, len), 1);
		assert_false(hello.malformed || hello.more);
		assert_int_equal(hello.name_len, strlen(name));
		assert_memory_equal(hello.name, name, strlen(name));
		gp_ja4(seen[c], &hello);
		for (unsigned int d = 0; d < c; d++)
			assert_string_not_equal(seen[c], seen[d]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_sizes),  cmocka_unit_test(test_memory),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_populations), cmocka_unit_test(test_population_errors),
		cmocka_unit_test(test_apart), cmocka_unit_test(test_hellos), cmocka_unit_test(test_fleets),	   cmocka_unit_test(test_tshark), cmocka_unit_test(test_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
