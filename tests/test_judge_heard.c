/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, step 9: what was heard of a spam bot, beside what was counted. */
#include "judge_world.h"

#include "host_facts.h"

#define DAY (86400 * SECOND)

static struct gp_host_facts *facts;
static struct world w;

/* What one dialogue tells, how often, and of which mail network. */
struct telling {
	__u32 times;
	struct gp_mail_facts mail;
	bool other_networks; /* each time another one */
	__u32 gave_up, came_back; /* not a dialogue: put off, and then */
	__u32 served;		  /* mails taken, each from another network */
	__u8 ttl_class;		  /* of SYNs */
	__u32 refused, accepted;  /* RCPT, as counted */
};

#define NAMED .greeting = GP_GREETED_EHLO, .verbs_count = 1
#define CALLOUT { NAMED, .starttls = GP_STARTTLS_UNUSED, .null_sender = true, .callout = true, .recipients = 1
#define HELO(form) { NAMED, .helo_form = (form) }

static struct gp_addr network(__u32 i)
{
	return world_v4(0xc6330000 + (i << 8) + 25); /* 198.51.0.25, 198.51.1.25, ... */
}

static void put_off(const struct gp_addr *host, __u32 times, bool returns)
{
	for (__u32 i = 0; i < times; i++) {
		struct gp_addr server = network(100 + i);
		__u64 time_ns = START + i * 4 * 3600 * SECOND;

		gp_host_facts_put_off(facts, host, time_ns, &server);
		gp_host_facts_contact(facts, host, time_ns + (returns ? 600 : 9000) * SECOND, &server);
	}
}

static void tell(const struct gp_addr *host, const struct telling *t)
{
	for (__u32 i = 0; i < t->times; i++) {
		struct gp_addr server = network(t->other_networks ? i : 0);

		gp_host_facts_mail(facts, host, START + i, &t->mail, &server);
	}
	for (__u32 i = 0; i < t->served; i++) {
		struct gp_addr client = network(i);

		gp_host_facts_served(facts, host, START, &client);
	}
	if (t->ttl_class) {
		const struct gp_tcp_signature signature = { .text = "4:64:0:1460:mss*20,7:mss:df:0", .ttl_class = t->ttl_class };

		gp_host_facts_signature(facts, host, START, &signature);
	}
	put_off(host, t->gave_up, false);
	put_off(host, t->came_back, true);
}

/* A subscriber with five accepted mails, who is suspected whatever the score is. */
static void open_world(void)
{
	const struct gp_heard heard = {.hosts = facts};
	struct gp_host *host;

	world_open(&w, false);
	gp_judge_close(w.judge);
	w.limits.watch_score = w.limits.suspect_score = -100;
	w.limits.confirm_score = 1000;
	w.limits.spam_min_flows = 1;
	assert_int_equal(gp_judge_open(&w.judge, w.known, &w.limits, false), 0);
	gp_judge_hear(w.judge, &heard);
	world_tick(&w, START);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	host = world_host(&w, INSIDE);
	host->addr = world_v4(0x0a000007);
	host->services[GP_SERVICE_SMTP] = (struct gp_service_count){.confirmed = 5, .attempts = 5, .answered = 5};
	host->proved_flows = 5;
	host->smtp[0].commands[GP_SMTP_MAIL] = 5;
	world_distinct(&host->mx, 50);
}

static int open_facts(void **state)
{
	static const __u64 secret[2] = {1, 2};

	(void)state;
	return gp_host_facts_open(&facts, 16, secret);
}

static int close_facts(void **state)
{
	(void)state;
	gp_host_facts_close(facts);
	return 0;
}

static const struct {
	const char *name;
	struct telling said;
	const char *rule;
	double weight;
} rows[] = {
	{"a bare word", {.times = 2, .mail = HELO(GP_HELO_WORD)}, "smtp.dialect", 2},
	{"localhost", {.times = 1, .mail = HELO(GP_HELO_LOCALHOST)}, "smtp.dialect", 1},
	{"an address without brackets", {.times = 1, .mail = HELO(GP_HELO_ADDRESS)}, "smtp.dialect", 1},
	{"a name with dots", {.times = 3, .mail = HELO(GP_HELO_FQDN)}, "smtp.dialect", -0.6},
	{"an address in brackets", {.times = 3, .mail = HELO(GP_HELO_LITERAL)}, "smtp.dialect", 0},
	{"Mail From", {.times = 1, .mail = {NAMED, .verb_case = GP_CASE_MIXED}}, "smtp.dialect", 1.5},
	{"mail from", {.times = 1, .mail = {NAMED, .verb_case = GP_CASE_LOWER}}, "smtp.dialect", 0},
	{"MAIL FROM: <x>", {.times = 1, .mail = {NAMED, .syntax = GP_SYNTAX_SPACE_AFTER_COLON}}, "smtp.dialect", 1.5},
	{"a space at the end is common", {.times = 1, .mail = {NAMED, .syntax = GP_SYNTAX_TRAILING_SPACE}}, "smtp.dialect", 0},
	{"pipelining that was not offered", {.times = 1, .mail = {NAMED, .pipelining = GP_PIPELINED_UNOFFERED}},
	 "smtp.dialect", 1.5},
	{"odd, cap", {.times = 9, .mail = {NAMED, .verb_case = GP_CASE_MIXED}}, "smtp.dialect", 6},
	{"TLS passed over", {.times = 1, .mail = {NAMED, .starttls = GP_STARTTLS_UNUSED}}, "smtp.tls", 1},
	{"TLS passed over, cap", {.times = 5, .mail = {NAMED, .starttls = GP_STARTTLS_UNUSED}}, "smtp.tls", 2},
	{"refused within TLS", {.times = 3, .mail = {NAMED, .starttls = GP_STARTTLS_USED, .outcome = GP_OUTCOME_REJECTED}},
	 "smtp.refused", 4.5},
	{"accepted within TLS", {.times = 3, .mail = {NAMED, .starttls = GP_STARTTLS_USED, .outcome = GP_OUTCOME_ACCEPTED}},
	 "smtp.refused", -1.2},
	{"in the clear the counters tell", {.times = 3, .mail = {NAMED, .outcome = GP_OUTCOME_REJECTED}}, "smtp.refused", 0},
	{"listed, by one network however often", {.times = 4, .mail = {NAMED, .dnsbl = GP_DNSBL_LISTED}}, "smtp.refused", 5},
	{"listed, by three", {.times = 3, .mail = {NAMED, .dnsbl = GP_DNSBL_LISTED}, .other_networks = true}, "smtp.refused", 7},
	{"a list of places says nothing of deeds", {.times = 4, .mail = {NAMED, .dnsbl = GP_DNSBL_POLICY}}, "smtp.refused", 0},
	{"nor does one that holds both", {.times = 4, .mail = {NAMED, .dnsbl = GP_DNSBL_COMBINED}}, "smtp.refused", 0},
	{"callouts of who takes mail: no refusals", {.times = 4, .served = 3, .refused = 4, .mail = CALLOUT, .refused = 1}},
	 "smtp.refused", 0},
	{"and beside them mail that is refused", {.times = 4, .served = 3, .refused = 6, .mail = CALLOUT, .refused = 1}},
	 "smtp.refused", 3},
	{"nor accepted mail", {.times = 4, .served = 3, .accepted = 4, .mail = CALLOUT, .recipients_accepted = 1}},
	 "smtp.refused", 0},
	{"a list that is washed by callouts", {.times = 4, .refused = 4, .mail = CALLOUT, .refused = 1}}, "smtp.refused", 6},
	{"callouts hand over nothing in the clear", {.times = 4, .mail = CALLOUT, .refused = 1}}, "smtp.tls", 0},
	{"a place that may not send mail", {.times = 4, .refused = 4, .mail = {NAMED, .refused = 1, .refused_policy = 1}},
	 "smtp.refused", 0},
	{"and addresses that are not there", {.times = 4, .refused = 6, .mail = {NAMED, .refused = 1, .refused_policy = 1}},
	 "smtp.refused", 3},
	{"gave up", {.gave_up = 1}, "smtp.retry", 1},
	{"gave up, cap", {.gave_up = 4}, "smtp.retry", 2},
	{"came back", {.came_back = 1}, "smtp.retry", -1},
	{"takes mail from two networks", {.served = 2}, "smtp.placement", 2.5},
	{"takes mail from three", {.served = 3}, "smtp.placement", 1.5},
	{"a desktop's packets", {.ttl_class = 128}, "smtp.stack", 0.7},
	{"a server's", {.ttl_class = 64}, "smtp.stack", -0.7},
	{"a router's", {.ttl_class = 255}, "smtp.stack", 0},
};

static void test_weights(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		const struct gp_evidence *e;
		double got;

		open_facts(NULL);
		open_world();
		tell(&world_host(&w, INSIDE)->addr, &rows[row].said);
		world_host(&w, INSIDE)->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX] = rows[row].said.refused;
		world_host(&w, INSIDE)->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_2XX] = rows[row].said.accepted;
		world_tick(&w, START + 600 * SECOND);
		e = world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), rows[row].rule);
		got = e ? e->weight : 0;
		if (fabs(got - rows[row].weight) > 1e-9)
			fail_msg("%s: %.3f instead of %.3f", rows[row].name, got, rows[row].weight);
		world_close(&w);
		close_facts(NULL);
	}
}

/* Three greeting names in a day are at least 2.5, however properly they are given. */
static void test_names(void **state)
{
	(void)state;
	for (unsigned int names = 2; names <= 3; names++) {
		const struct gp_evidence *e;
		const struct telling proper = {.times = 5, .mail = HELO(GP_HELO_FQDN)};
		struct gp_addr addr;

		open_facts(NULL);
		open_world();
		addr = world_host(&w, INSIDE)->addr;
		tell(&addr, &proper);
		for (unsigned int i = 0; i < names; i++)
			gp_host_facts_helo(facts, &addr, START, &"abc"[i], 1);
		world_tick(&w, START + 600 * SECOND);
		e = world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.dialect");
		assert_non_null(e);
		assert_true(fabs(e->weight - (names < 3 ? -1 : 2.5)) < 1e-9);
		world_close(&w);
		close_facts(NULL);
	}
}

/* What was forgotten and is heard anew is not taken for less than nothing, nor twice. */
static void test_forgotten(void **state)
{
	const struct telling two = {.times = 2, .mail = HELO(GP_HELO_WORD)}, one = {.times = 1, .mail = HELO(GP_HELO_WORD)};
	struct gp_addr addr;

	(void)state;
	open_facts(NULL);
	open_world();
	addr = world_host(&w, INSIDE)->addr;
	tell(&addr, &two);
	world_tick(&w, START + 600 * SECOND);
	gp_host_facts_expire(facts, START + 3 * DAY);
	assert_null(gp_host_facts_get(facts, &addr));
	world_tick(&w, START + 1200 * SECOND);
	tell(&addr, &one);
	world_tick(&w, START + 1800 * SECOND);
	assert_true(fabs(world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.dialect")->weight - 3) < 0.02);
	world_close(&w);
	close_facts(NULL);
}

/* Fan-out is that of a day by flow records, though the data plane's sketch never forgets. */
static void test_fanout_of_a_day(void **state)
{
	struct gp_addr addr;

	(void)state;
	open_facts(NULL);
	open_world();
	addr = world_host(&w, INSIDE)->addr;
	for (__u32 i = 0; i < 12; i++) {
		struct gp_addr server = network(i);

		gp_host_facts_network(facts, &addr, START, &server);
		gp_host_facts_network(facts, &addr, START + 2 * DAY, &server);
	}
	world_tick(&w, START + 600 * SECOND);
	assert_true(fabs(world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.fanout")->weight - 1) < 1e-9);
	world_close(&w);
	close_facts(NULL);
}

/* Spans of eight hours: this one and the three before. */
static void test_networks(void **state)
{
	const __u64 span = GP_FACT_SPAN_S * SECOND, begin = START - START % span;
	struct gp_addr addr = world_v4(0x0a000007);

	(void)state;
	for (__u32 i = 0; i < 6; i++) {
		for (__u32 k = 0; k < 10; k++) {
			struct gp_addr server = network(10 * i + k);

			gp_host_facts_network(facts, &addr, begin + i * span, &server);
		}
	}
	for (__u32 i = 5; i < 10; i++) {
		double now = gp_facts_networks(gp_host_facts_get(facts, &addr), begin + i * span), expected = 40 - 10.0 * (i - 5);

		if (fabs(now - expected) > 0.3 * expected + 0.5)
			fail_msg("span %u: %.1f instead of %.0f", i, now, expected);
	}
	/* A packet from long ago changes nothing. */
	addr = network(500);
	gp_host_facts_network(facts, &addr, 0, &addr);
}

/* A business line may deliver by itself; ten times its usual fan-out says something. */
static void test_business(void **state)
{
	const struct gp_evidence *e;

	(void)state;
	open_facts(NULL);
	open_world();
	world_host(&w, INSIDE)->role = GP_ROLE_BUSINESS;
	world_host(&w, INSIDE)->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX] = 2;
	memset(&world_host(&w, INSIDE)->mx, 0, sizeof(struct gp_hll));
	world_distinct(&world_host(&w, INSIDE)->mx, 12);
	for (unsigned int day = 0; day < 3; day++) {
		if (day == 2)
			world_distinct(&world_host(&w, INSIDE)->mx, 400);
		world_host(&w, INSIDE)->services[GP_SERVICE_SMTP].confirmed++;
		world_host(&w, INSIDE)->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX] += 2;
		world_tick(&w, START + day * DAY + 600 * SECOND);
		e = world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.placement");
		assert_null(e);
		e = world_evidence(world_opinion(&w, INSIDE, GP_KIND_SPAM_BOT), "smtp.fanout");
		assert_int_equal(!e, day < 2);
		if (e)
			assert_true(fabs(e->weight - 2) < 1e-9);
	}
	world_close(&w);
	close_facts(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_fanout_of_a_day),
		cmocka_unit_test_setup_teardown(test_networks, open_facts, close_facts),
		cmocka_unit_test(test_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
