/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder of docs/detection.md, steps 1 to 3 and 6 to 8: from alarm to verdict. The walks are in test_judge_walk.c,
 * the mail families in test_judge_spam.c.
 */
#include "judge_world.h"

/* --- 6: alarms ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	__u32 failed[GP_SCAN_CLASSES], answered[GP_SCAN_CLASSES]; /* high, service, watched, endpoint */
	unsigned int addresses, ports;
	const char *rule; /* NULL: no alarm */
} alarms[] = {
	{"nothing", {0}, {0}, 0, 0, NULL},
	{"9 failures on watched ports", {0, 0, 9, 9}, {0}, 9, 1, NULL},
	{"10 failures on watched ports", {0, 0, 10, 10}, {0}, 10, 1, "scan.watched"},
	{"10 failures, 1 answer", {0, 0, 10, 10}, {0, 0, 1, 1}, 11, 1, NULL},
	{"40 failures, 30 answers", {0, 0, 40, 40}, {0, 0, 30, 30}, 70, 1, "scan.watched"},
	{"a dead server, asked again every 15 minutes", {0, 0, 50, 50}, {0}, 1, 1, NULL},
	{"five dead servers", {0, 0, 50, 50}, {0}, 5, 1, NULL},
	{"11 failures on service ports", {0, 11, 0, 11}, {0}, 11, 1, NULL},
	{"12 failures on service ports", {0, 12, 0, 12}, {0}, 12, 1, "scan.service"},
	{"half telnet, half web: 9 and 9", {0, 9, 9, 18}, {0}, 18, 2, "scan.listening"},
	{"mail answered while telnet fails", {0, 20, 0, 20}, {0, 0, 30, 30}, 50, 2, "scan.service"},
	{"gnutella: 81 peers, 98 % fail", {79, 0, 0, 79}, {2, 0, 0, 2}, 81, 1, NULL},
	{"gnutella: 130 peers on 127 ports, half fail", {77, 0, 0, 79}, {52, 1, 0, 57}, 130, 127, NULL},
	{"torrent: 600 peers, 60 % fail", {360, 0, 0, 360}, {240, 0, 0, 240}, 600, 500, NULL},
	{"torrent: 2,000 peers on ports of their own, 80 % fail", {1600, 0, 0, 1600}, {400, 0, 0, 400}, 2000, 1900, NULL},
	{"2,000 addresses on 300 ports, 80 % fail", {1600, 0, 0, 1600}, {400, 0, 0, 400}, 2000, 300, "scan.high"},
	{"miner: 123 pools on 51 ports", {80, 15, 10, 256}, {3, 0, 15, 18}, 123, 51, NULL},
	{"4,125 hosts on 583 ports", {3053, 1050, 22, 4125}, {0}, 4125, 583, "scan.high"},
	{"nmap: 1,000 ports of one host", {0, 0, 0, 997}, {0, 0, 1, 3}, 1, 1000, "scan.endpoint"},
	{"nmap: 1,000 ports of three hosts", {0, 0, 2, 2998}, {0, 0, 1, 2}, 3, 1000, "scan.endpoint"},
	{"1,000 ports of five hosts, 443 of 233", {2, 1, 230, 9210}, {0, 1, 3, 13}, 233, 1003, "scan.endpoint"},
	{"29 ports of one host", {0, 1, 0, 29}, {0}, 1, 29, "scan.endpoint"},
	{"15 ports of one host", {0, 1, 0, 15}, {0}, 1, 15, NULL},
	{"40 ports of one host, all answer", {0}, {0, 1, 0, 40}, 1, 40, NULL},
};

static void test_alarms(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(alarms); row++) {
		const struct gp_finding *f;
		struct gp_host *host;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		world_distinct(&host->contacts, alarms[row].addresses);
		world_distinct(&host->ports, alarms[row].ports);
		for (int c = 0; c < GP_SCAN_CLASSES; c++) {
			__u32 answered = alarms[row].answered[c];

			if (alarms[row].failed[c] + answered)
				world_contacts(&w, INSIDE, (enum gp_scan_class)c, alarms[row].failed[c] + answered,
					       answered);
		}
		world_tick(&w, w.now_ns + 2 * GP_SLICE_NS);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_NONE);
		world_settle(&w);
		f = world_finding(&w, INSIDE, GP_KIND_SCANNER);
		if (!f != !alarms[row].rule || (f && !world_evidence(f, alarms[row].rule)))
			fail_msg("%s: %s", alarms[row].name, f ? f->evidence[0].rule : "no alarm");
		assert_true(!f || f->score < 16.05); /* reasons of 0.0 are left out */
		world_close(&w);
	}
}

/* 17. A walk below its alarm is watched from 4.6 nats on, and the first failures of a day are nothing. */
static void test_watched(void **state)
{
	static const struct {
		__u32 failed;
		enum gp_state stands, later; /* once all is answered */
	} rows[] = {{3, GP_STATE_CLEAN, GP_STATE_CLEAN}, {4, GP_STATE_WATCHED, GP_STATE_CLEAN},
		    {9, GP_STATE_WATCHED, GP_STATE_CLEAN}, {10, GP_STATE_SUSPECTED, GP_STATE_SUSPECTED}};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		world_distinct(&world_host(&w, INSIDE)->contacts, rows[row].failed);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, rows[row].failed, 0);
		world_tick(&w, START + 300 * SECOND);
		world_tick(&w, START + 600 * SECOND);
		assert_int_equal(world_opinion(&w, INSIDE, GP_KIND_SCANNER)->standing.state, rows[row].stands);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 20, 20);
		world_tick(&w, START + 900 * SECOND);
		world_tick(&w, START + 1200 * SECOND);
		assert_int_equal(world_opinion(&w, INSIDE, GP_KIND_SCANNER)->standing.state, rows[row].later);
		world_close(&w);
	}
}

/* The host's first attempt is an example only where it can be told that it failed, and on such a port. */
static void test_example(void **state)
{
	static const struct {
		const char *name;
		__u32 answered, high; /* of any service; on other ports */
		bool has_example;
	} rows[] = {
		{"nothing was ever answered", 0, 0, true},
		{"a page was fetched before", 1, 0, false},
		{"a peer was called before", 0, 1, false},
	};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		const struct gp_finding *f;
		struct gp_host *host;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		host->samples[GP_SAMPLE_CONTACT] = (struct gp_sample){.sport = 4711, .dport = 80};
		host->services[GP_SERVICE_HTTP].answered = rows[row].answered;
		world_distinct(&host->contacts, 40);
		world_contacts(&w, INSIDE, GP_SCAN_HIGH, rows[row].high, 0);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 40, 0);
		world_settle(&w);
		f = world_finding(&w, INSIDE, GP_KIND_SCANNER);
		assert_non_null(f);
		if ((f->sample.dport == 80) != rows[row].has_example)
			fail_msg("%s: port %u", rows[row].name, f->sample.dport);
		world_close(&w);
	}
}

/* The walk is reflected: what was answered yesterday pays for nothing today. */
static void test_successes_are_not_saved(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	world_distinct(&world_host(&w, INSIDE)->contacts, 30);
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 500, 500);
	world_settle(&w);
	world_distinct(&world_host(&w, INSIDE)->contacts, 45);
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 10, 0);
	world_settle(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	/* Successes later do not take the alarm back. */
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 500, 500);
	world_settle(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	world_close(&w);
}

/* --- 6: what the host knew before its walk left zero does not count ----------------------------------------------- */

struct phase {
	enum gp_scan_class class;
	__u32 attempts, answers; /* in one slice */
	unsigned int slices;	 /* with 12 s of silence after each */
	unsigned int addresses, ports; /* known in the end */
};

static const struct {
	const char *name;
	struct phase phases[3];
	const char *rule;
} pasts[] = {
	{"402 sites, then one dead server polled", {{GP_SCAN_WATCHED, 402, 402, 1, 402, 2},
	 {GP_SCAN_WATCHED, 1, 0, 60, 403, 2}}, NULL},
	{"12 sites, then five dead servers", {{GP_SCAN_WATCHED, 12, 12, 1, 12, 2}, {GP_SCAN_WATCHED, 5, 0, 30, 17, 2}},
	 NULL},
	{"400 sites, then a sweep", {{GP_SCAN_WATCHED, 400, 400, 1, 400, 2}, {GP_SCAN_SERVICE, 5, 0, 40, 600, 3}},
	 "scan.service"},
	{"60 ports of one host, then a sweep of one port", {{GP_SCAN_ENDPOINT, 60, 60, 1, 1, 60},
	 {GP_SCAN_SERVICE, 5, 0, 20, 101, 61}}, "scan.service"},
	{"500 sites, then all ports of one host", {{GP_SCAN_WATCHED, 500, 500, 1, 500, 2},
	 {GP_SCAN_ENDPOINT, 50, 0, 20, 501, 1002}}, "scan.endpoint"},
	{"polls, 300 sites, polls: the first polls are forgotten", {{GP_SCAN_WATCHED, 1, 0, 9, 1, 1},
	 {GP_SCAN_WATCHED, 300, 300, 1, 301, 2}, {GP_SCAN_WATCHED, 1, 0, 60, 302, 2}}, NULL},
	{"polls in between, 300 sites meanwhile", {{GP_SCAN_WATCHED, 300, 300, 1, 300, 2},
	 {GP_SCAN_HIGH, 1, 0, 60, 301, 3}, {GP_SCAN_WATCHED, 400, 400, 1, 700, 3}}, NULL},
	{"polls and 300 sites at once: who knows?", {{GP_SCAN_WATCHED, 1, 0, 9, 1, 1}, {GP_SCAN_WATCHED, 1, 0, 9, 300, 2}},
	 "scan.watched"},
};

static void test_past(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(pasts); row++) {
		const struct gp_finding *f;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		for (size_t i = 0; i < ROWS(pasts[row].phases); i++) {
			const struct phase *p = &pasts[row].phases[i];
			unsigned int known = i ? p[-1].addresses : 0;

			for (unsigned int slice = 0; slice < p->slices; slice++) {
				struct gp_host *host = world_host(&w, INSIDE);

				world_distinct(&host->contacts,
					       known + (p->addresses - known) * (slice + 1) / p->slices);
				world_distinct(&host->ports, p->ports);
				world_contacts(&w, INSIDE, p->class, p->attempts, p->answers);
				world_settle(&w);
			}
		}
		f = world_finding(&w, INSIDE, GP_KIND_SCANNER);
		if (!f != !pasts[row].rule || (f && !world_evidence(f, pasts[row].rule)))
			fail_msg("%s: %s", pasts[row].name, f ? f->evidence[0].rule : "no alarm");
		world_close(&w);
	}
}

/* The slice of the first failure is closed 12 s late: what was learned meanwhile is not known before. */
static void test_learned_before_closing(void **state)
{
	static const bool browses_first[] = {true, false};

	(void)state;
	for (size_t row = 0; row < ROWS(browses_first); row++) {
		struct gp_host *host;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 1, 1);
		world_settle(&w);
		for (unsigned int i = 0; i < 5; i++) {
			/* Within a slice, ticks after contacts: their snapshot is none of the slice's beginning. */
			world_distinct(&host->contacts, browses_first[row] ? 50 : 4 * (i + 1));
			world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 4, browses_first[row] && !i ? 4 : 0);
			world_tick(&w, w.now_ns + SECOND);
			world_tick(&w, w.now_ns + 3 * SECOND);
		}
		world_settle(&w);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER),
				 browses_first[row] ? GP_VERDICT_NONE : GP_VERDICT_SUSPECTED);
		world_close(&w);
	}
}

/* --- 1, 2, 3, 8: how far a verdict may go ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool inside, trust;
	enum gp_role role;
	__u32 proved, half_open, backscatter;
	enum gp_verdict after_one, after_two; /* windows */
} caps[] = {
	{"subscriber, unproved", true, false, GP_ROLE_SUBSCRIBER, 2, 0, 0, GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"subscriber, proved: it browses while others send SYNs in its name", true, false, GP_ROLE_SUBSCRIBER, 300, 0, 0,
	 GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"subscriber, trusted", true, true, GP_ROLE_SUBSCRIBER, 0, 0, 0, GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED},
	{"subscriber, unproved, half-open", true, false, GP_ROLE_SUBSCRIBER, 0, 9, 0, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"outside, unproved", false, false, GP_ROLE_OUTSIDE, 2, 0, 0, GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"outside, proved", false, true, GP_ROLE_OUTSIDE, 300, 0, 0, GP_VERDICT_SUSPECTED, GP_VERDICT_SUSPECTED},
	{"outside, trust is for the inside", false, true, GP_ROLE_OUTSIDE, 0, 0, 0, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"outside, unproved, resets SYN-ACKs: a spoofed victim?", false, false, GP_ROLE_OUTSIDE, 2, 1, 0,
	 GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"outside, proved, resets SYN-ACKs", false, false, GP_ROLE_OUTSIDE, 3, 1, 0, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"victim of reflection, unproved", true, false, GP_ROLE_SUBSCRIBER, 1, 0, 1383, GP_VERDICT_NONE,
	 GP_VERDICT_NONE},
	{"victim of reflection outside", false, false, GP_ROLE_OUTSIDE, 0, 0, 1383, GP_VERDICT_NONE, GP_VERDICT_NONE},
	{"victim of reflection, proved", true, false, GP_ROLE_SUBSCRIBER, 3, 0, 1383, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"victim of reflection, trusted", true, true, GP_ROLE_SUBSCRIBER, 0, 0, 1383, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_SUSPECTED},
	{"a few stray SYN-ACKs", true, true, GP_ROLE_SUBSCRIBER, 3, 0, 20, GP_VERDICT_SUSPECTED,
	 GP_VERDICT_CONFIRMED},
	{"relay", true, true, GP_ROLE_RELAY, 3, 0, 0, GP_VERDICT_SUSPECTED, GP_VERDICT_CONFIRMED},
	{"infrastructure", true, true, GP_ROLE_INFRASTRUCTURE, 3, 0, 0, GP_VERDICT_NONE, GP_VERDICT_NONE},
};

/* What is thought of a host in the end is what the report says of it, or why it says nothing. */
static void check_conclusion(struct world *w, __u32 id, const char *name)
{
	const struct gp_finding *f = world_finding(w, id, GP_KIND_SCANNER), *end;
	struct gp_finding ends[GP_KINDS];

	assert_true(gp_judge_conclusions(w->judge, id, ends));
	end = &ends[GP_KIND_SCANNER];
	if (end->verdict != (f ? f->verdict : GP_VERDICT_NONE) || !end->left_out != !!f)
		fail_msg("%s: concluded %d, left out: %s", name, (int)end->verdict, end->left_out);
	for (int i = 0; f && i < f->evidence_count; i++) {
		assert_float_equal(end->evidence[i].weight, f->evidence[i].weight, 0);
		assert_string_equal(end->evidence[i].text, f->evidence[i].text);
	}
	assert_true(!f || end->score == f->score);
	if (f) {
		const char *who = id < OUTSIDE ? "A device on this line has called" : "This address has called";

		assert_true(strstr(f->sentence, who) == f->sentence);
		assert_int_equal(strstr(f->sentence, " may be ") != NULL, f->verdict == GP_VERDICT_SUSPECTED);
	}
	end = world_opinion(w, id, GP_KIND_SCANNER);
	assert_int_equal(end->verdict, f ? f->verdict : GP_VERDICT_NONE);
}

static void test_caps(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(caps); row++) {
		__u32 id = caps[row].inside ? INSIDE : OUTSIDE;
		struct gp_host *host;
		enum gp_verdict one, two;
		struct world w;

		world_open(&w, caps[row].trust);
		world_claim(&w, id, caps[row].role);
		host = world_host(&w, id);
		host->proved_flows = caps[row].proved;
		host->half_open = caps[row].half_open;
		host->backscatter = caps[row].backscatter;
		host->syn = 40;
		world_distinct(&host->contacts, 40);
		world_contacts(&w, id, GP_SCAN_WATCHED, 40, 0);
		world_tick(&w, START + 300 * SECOND);
		world_contacts(&w, id, GP_SCAN_WATCHED, 1, 0);
		world_tick(&w, START + 600 * SECOND);
		one = world_verdict(&w, id, GP_KIND_SCANNER);
		world_tick(&w, START + 1199 * SECOND);
		assert_int_equal(world_verdict(&w, id, GP_KIND_SCANNER), one);
		world_tick(&w, START + 1200 * SECOND);
		assert_int_equal(world_verdict(&w, id, GP_KIND_SCANNER), one);
		world_contacts(&w, id, GP_SCAN_WATCHED, 1, 0);
		world_tick(&w, START + 1800 * SECOND);
		two = world_verdict(&w, id, GP_KIND_SCANNER);
		if (one != caps[row].after_one || two != caps[row].after_two)
			fail_msg("%s: %d, then %d", caps[row].name, (int)one, (int)two);
		check_conclusion(&w, id, caps[row].name);
		if (one)
			assert_int_equal(world_finding(&w, id, GP_KIND_SCANNER)->source_verified,
					 caps[row].proved >= 3 || (caps[row].trust && caps[row].inside));
		world_close(&w);
	}
}

/* A source that turns out to be a victim loses the suspicion until it proves itself. */
static void test_victim_later(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, OUTSIDE, GP_ROLE_OUTSIDE);
	world_distinct(&world_host(&w, OUTSIDE)->contacts, 40);
	world_host(&w, OUTSIDE)->syn = 40;
	world_contacts(&w, OUTSIDE, GP_SCAN_WATCHED, 40, 0);
	world_settle(&w);
	assert_int_equal(world_verdict(&w, OUTSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	world_host(&w, OUTSIDE)->half_open = 1;
	assert_int_equal(world_verdict(&w, OUTSIDE, GP_KIND_SCANNER), GP_VERDICT_NONE);
	world_host(&w, OUTSIDE)->proved_flows = 3;
	world_tick(&w, START + 1300 * SECOND);
	assert_int_equal(world_verdict(&w, OUTSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	world_close(&w);
}

/* What a trusted scanner has earned it keeps: an accomplice's backscatter comes too late. */
static void test_confirmed_is_kept(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	world_distinct(&world_host(&w, INSIDE)->contacts, 40);
	for (__u64 window = 0; window < 2; window++) {
		world_tick(&w, START + window * 600 * SECOND);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 40, 0);
	}
	world_tick(&w, START + 1300 * SECOND);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_CONFIRMED);
	world_host(&w, INSIDE)->backscatter = 100000;
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_CONFIRMED);
	world_close(&w);
}

/* --- 7: the end of input ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	enum gp_scan_class class;
	__u32 attempts, answers;
	unsigned int addresses, ports;
	double slice_at_s, last_seen_s, end_s; /* from the start of a slice */
	const char *rule;		       /* NULL: no verdict */
} ends[] = {
	{"the slice ended 3 s ago", GP_SCAN_WATCHED, 12, 0, 12, 1, 0, 6.9, 7, "scan.watched"},
	{"the slice ended 2.9 s ago", GP_SCAN_WATCHED, 12, 0, 12, 1, 0, 6.8, 6.9, NULL},
	{"silent for 3 s within the slice", GP_SCAN_WATCHED, 12, 0, 12, 1, 0, 0.5, 3.5, "scan.watched"},
	{"silent for 2.9 s", GP_SCAN_WATCHED, 12, 0, 12, 1, 0, 0.5, 3.4, NULL},
	{"a browser's burst just before the end", GP_SCAN_WATCHED, 20, 0, 20, 1, 0, 1, 1, NULL},
	{"a page and a half", GP_SCAN_WATCHED, 29, 0, 29, 1, 0, 1, 1, NULL},
	{"256 addresses in flight", GP_SCAN_WATCHED, 256, 0, 256, 1, 0, 1.8, 1.8, "scan.open"},
	{"telnet to 17 hosts in flight", GP_SCAN_SERVICE, 17, 0, 17, 1, 0, 3, 3, "scan.open"},
	{"telnet to 11 hosts in flight", GP_SCAN_SERVICE, 11, 0, 11, 1, 0, 3, 3, NULL},
	{"14 in flight where one answered", GP_SCAN_SERVICE, 15, 1, 15, 1, 0, 3, 3, NULL},
	{"29 ports of one host in flight", GP_SCAN_ENDPOINT, 29, 0, 1, 29, 0, 2.8, 2.8, "scan.open"},
	{"80 peers in flight", GP_SCAN_HIGH, 80, 0, 80, 40, 0, 2, 2, NULL},
};

static void test_end_of_input(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(ends); row++) {
		const struct gp_finding *f;
		struct gp_host *host;
		struct world w;

		world_open(&w, true);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		world_distinct(&host->contacts, ends[row].addresses);
		world_distinct(&host->ports, ends[row].ports);
		world_tick(&w, START + (__u64)(ends[row].slice_at_s * 1e9));
		world_contacts(&w, INSIDE, ends[row].class, ends[row].attempts, ends[row].answers);
		host->last_seen_ns = START + (__u64)(ends[row].last_seen_s * 1e9);
		/* Twice: asking changes nothing. */
		for (int i = 0; i < 2; i++)
			assert_int_equal(gp_judge_finish(w.judge, START + (__u64)(ends[row].end_s * 1e9)), 0);
		f = world_finding(&w, INSIDE, GP_KIND_SCANNER);
		if (!f != !ends[row].rule || (f && !world_evidence(f, ends[row].rule)))
			fail_msg("%s: %s", ends[row].name, f ? f->evidence[0].rule : "no verdict");
		assert_true(!f || f->verdict == GP_VERDICT_SUSPECTED);
		/* It was not the end after all, and all of them answer. */
		for (int c = 0; c < GP_SCAN_CLASSES; c++)
			memcpy(host->scan.answers[c], host->scan.attempts[c], sizeof(host->scan.answers[c]));
		world_tick(&w, START + 8 * SECOND);
		world_settle(&w);
		assert_null(world_finding(&w, INSIDE, GP_KIND_SCANNER));
		world_close(&w);
	}
}

/* Where answers never come by, nobody is a scanner for having none. */
static void test_one_direction(void **state)
{
	(void)state;
	for (int seen_both = 0; seen_both < 2; seen_both++) {
		struct world w;

		world_open(&w, true);
		if (!seen_both)
			gp_judge_one_direction(w.judge);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		world_distinct(&world_host(&w, INSIDE)->contacts, 400);
		for (int i = 0; i < 40; i++) {
			world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 10, 0);
			world_tick(&w, w.now_ns + 60 * SECOND);
		}
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER),
				 seen_both ? GP_VERDICT_CONFIRMED : GP_VERDICT_NONE);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 100, 0);
		assert_int_equal(gp_judge_finish(w.judge, w.now_ns), 0);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER),
				 seen_both ? GP_VERDICT_CONFIRMED : GP_VERDICT_NONE);
		world_close(&w);
	}
}

/* Two windows: a silent one counts for nothing; finish() counts the open one for this report only. */
static void test_finish_and_windows(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	world_distinct(&world_host(&w, INSIDE)->contacts, 40);
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 40, 0);
	for (int i = 1; i < 5; i++) {
		assert_int_equal(gp_judge_finish(w.judge, START + (__u64)i * 30 * SECOND), 0);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	}
	world_tick(&w, START + 6001 * SECOND);
	assert_int_equal(gp_judge_finish(w.judge, START + 6002 * SECOND), 0);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
	world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 1, 0);
	assert_int_equal(gp_judge_finish(w.judge, START + 6040 * SECOND), 0);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_CONFIRMED);
	world_close(&w);
}

/* --- the list of hosts -------------------------------------------------------------------------------------------- */

static void test_many_hosts(void **state)
{
	const struct gp_finding *all;
	struct world w;

	(void)state;
	world_open(&w, false);
	for (__u32 i = 0; i < WORLD_HOSTS; i++) {
		world_claim(&w, OUTSIDE + WORLD_HOSTS - 1 - i, GP_ROLE_OUTSIDE);
		world_claim(&w, INSIDE + (i * 5) % WORLD_HOSTS, GP_ROLE_SUBSCRIBER);
	}
	for (__u32 id = 0; id < 2 * WORLD_HOSTS; id += 3) {
		world_distinct(&world_host(&w, id)->contacts, 12);
		world_contacts(&w, id, GP_SCAN_SERVICE, 12 + id, 0);
	}
	/* Somebody gets answers: the network is not down. */
	world_contacts(&w, INSIDE + 1, GP_SCAN_WATCHED, 1, 1);
	world_host(&w, 3)->ready = 0; /* claimed, not yet written */
	world_settle(&w);
	assert_null(world_finding(&w, 3, GP_KIND_SCANNER));
	assert_int_equal(gp_judge_findings(w.judge, &all), (2 * WORLD_HOSTS + 2) / 3 - 1);
	world_close(&w);
}

/* Outside hosts come as long as the world stands: their ids have no end that is known at the beginning. */
static void test_outside_grows(void **state)
{
	const struct gp_finding *all;
	struct world w;
	int count;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	for (__u32 id = OUTSIDE; id < OUTSIDE + 5000; id++) {
		world_claim(&w, id, GP_ROLE_OUTSIDE);
		if (id % 100)
			continue;
		world_distinct(&world_host(&w, id)->contacts, 20);
		world_contacts(&w, id, GP_SCAN_WATCHED, 20, 0);
		world_settle(&w);
	}
	count = gp_judge_findings(w.judge, &all);
	assert_int_equal(count, 50);
	for (int i = 0; i < count; i++)
		assert_int_equal(all[i].id, 100 * (i + 1));
	world_close(&w);
}

/*
 * Between two drains a tick knows how many attempts there were and not whose. What the hosts knew by then is
 * remembered at the next tick that finds them, however little came in between (6).
 */
static void test_drained_late(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	for (__u32 id = OUTSIDE; id < OUTSIDE + 3; id++) {
		world_claim(&w, id, GP_ROLE_OUTSIDE);
		world_distinct(&world_host(&w, id)->contacts, 1);
		world_contacts(&w, id, GP_SCAN_WATCHED, 1, 1);
	}
	world_settle(&w);
	/* One second into the slice 140 attempts stand in the filter, and none in the world. */
	w.filters.used[w.now_ns / GP_SLICE_NS % GP_SLICES] += 140;
	world_tick(&w, w.now_ns + SECOND);
	w.filters.used[w.now_ns / GP_SLICE_NS % GP_SLICES] -= 140;
	world_contacts(&w, OUTSIDE, GP_SCAN_WATCHED, 40, 40);
	world_contacts(&w, OUTSIDE + 2, GP_SCAN_WATCHED, 100, 100);
	world_distinct(&world_host(&w, OUTSIDE + 2)->contacts, 101);
	world_tick(&w, w.now_ns + 3 * SECOND);
	world_settle(&w);
	/* The last of them polls one dead server: the 100 sites are not what it asks. */
	for (int i = 0; i < 20; i++) {
		world_contacts(&w, OUTSIDE + 2, GP_SCAN_WATCHED, 1, 0);
		world_settle(&w);
	}
	assert_null(world_finding(&w, OUTSIDE + 2, GP_KIND_SCANNER));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alarms), cmocka_unit_test(test_watched), cmocka_unit_test(test_example),
		cmocka_unit_test(test_successes_are_not_saved), cmocka_unit_test(test_past),
		cmocka_unit_test(test_learned_before_closing), cmocka_unit_test(test_caps),
		cmocka_unit_test(test_victim_later), cmocka_unit_test(test_confirmed_is_kept),
		cmocka_unit_test(test_end_of_input), cmocka_unit_test(test_finish_and_windows),
		cmocka_unit_test(test_one_direction), cmocka_unit_test(test_many_hosts),
		cmocka_unit_test(test_outside_grows), cmocka_unit_test(test_drained_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
