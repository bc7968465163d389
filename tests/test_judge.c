/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, steps 1 to 8; the mail families are in test_judge_spam.c. */
#include "judge_world.h"

#include "filters.h"

/* --- 4, 5: the sliced walk against the exact one ------------------------------------------------------------------ */

static __u64 random_state;

static __u32 random_below(__u32 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (__u32)((random_state >> 11) % limit);
}

struct event {
	__u64 time_ns;
	__u32 contact;
	bool is_answer;
};

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return (x->contact > y->contact) - (x->contact < y->contact);
}

/* One host's traffic: contacts at a rate or in bursts, some of which get an answer 10 to 300 ms later. */
struct traffic {
	const char *name;
	double per_second;
	unsigned int burst; /* connections at once; 1: evenly */
	unsigned int percent_failing;
	unsigned int contacts;
	__u16 port;
	bool alarms;
};

static size_t make_events(struct event *events, const struct traffic *t)
{
	size_t count = 0;

	for (unsigned int i = 0; i < t->contacts; i++) {
		double group = (double)(i - i % t->burst) / t->per_second;
		__u64 time_ns = START + (__u64)(group * 1e9) + random_below(100000000);

		events[count++] = (struct event){time_ns, i, false};
		if (random_below(100) >= t->percent_failing)
			events[count++] = (struct event){time_ns + 10000000 + random_below(290000000), i, true};
	}
	qsort(events, count, sizeof(*events), compare_events);
	return count;
}

static struct gp_packet contact_packet(__u32 contact, __u16 port, bool is_answer)
{
	struct gp_addr host = {.words = {0, 0, 0xffff0000, 1}}, peer = {.words = {0, 0, 0xffff0000, contact + 1000}};

	if (is_answer)
		return (struct gp_packet){.src = peer, .dst = host, .sport = port, .dport = 40000};
	return (struct gp_packet){.src = host, .dst = peer, .sport = 40000, .dport = port};
}

static void play(struct world *w, __u32 id, const struct event *event, __u16 port)
{
	struct gp_packet packet = contact_packet(event->contact, port, event->is_answer);

	if (event->is_answer)
		gp_scan_answer(&w->memory, &packet, world_host(w, id), event->time_ns);
	else
		gp_scan_attempt(&w->memory, &packet, world_host(w, id), event->time_ns);
	world_host(w, id)->last_seen_ns = event->time_ns;
}

/* The textbook walk: each contact is a step when its outcome is known, 3 s after the SYN for a failure. */
static __u64 exact_alarm_ns(const struct event *events, size_t count, unsigned int contacts, double steps)
{
	bool *answered = calloc(contacts, sizeof(*answered));
	__u64 alarm_ns = 0;
	double height = 0;

	assert_non_null(answered);
	for (size_t i = 0; i < count; i++) {
		if (events[i].is_answer)
			answered[events[i].contact] = true;
	}
	for (size_t i = 0; i < count && !alarm_ns; i++) {
		if (events[i].is_answer)
			continue;
		height = fmax(0, height + (answered[events[i].contact] ? -1 : 1));
		if (height >= steps)
			alarm_ns = events[i].time_ns + 3 * SECOND;
	}
	free(answered);
	return alarm_ns;
}

static const struct traffic walks[] = {
	/* name			    /s	burst  fail %  contacts	 port	alarms */
	{"scan, 50/s, 80 % fail",   50, 1, 80, 2000, 25, true},
	{"scan, 50/s, 95 % fail",   50, 1, 95, 2000, 443, true},
	{"scan, 1/s, 80 % fail",    1, 1, 80, 200, 25, true},
	{"scan, 1/s, 95 % fail",    1, 1, 95, 200, 80, true},
	{"scan, 1/min, 80 % fail",  1 / 60.0, 1, 80, 90, 25, true},
	{"scan, 1/min, 95 % fail",  1 / 60.0, 1, 95, 60, 25, true},
	{"telnet, 1/s, 90 % fail",  1, 1, 90, 200, 23, true},
	{"client, 5/s, 5 % fail",   5, 1, 5, 18000, 443, false},
	{"client, 5/s, 10 % fail",  5, 1, 10, 18000, 443, false},
	{"client, 5/s, 20 % fail",  5, 1, 20, 18000, 443, false},
	{"service, 5/s, 20 % fail", 5, 1, 20, 18000, 993, false},
	{"bursts of 20, 5 % fail",  1, 20, 5, 3600, 443, false},
	{"bursts of 20, 20 % fail", 1, 20, 20, 3600, 80, false},
	{"bursts of 60, 10 % fail", 2, 60, 10, 7200, 443, false},
};

static void test_walks(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(walks) * 3; row++) {
		const struct traffic *t = &walks[row / 3];
		struct event *events = calloc(2 * (size_t)t->contacts, sizeof(*events));
		__u64 slice = START / GP_SLICE_NS, alarm_ns = 0, exact_ns;
		struct world w;
		size_t count;

		assert_non_null(events);
		random_state = 0x9e3779b97f4a7c15 + row;
		count = make_events(events, t);
		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		exact_ns = exact_alarm_ns(events, count, t->contacts, t->port == 23 || t->port == 993 ? 12 : 10);
		for (size_t i = 0; i < count; i++) {
			/* A quiet slice has no packet that could begin it; the clock of the alarm needs one. */
			while (events[i].time_ns / GP_SLICE_NS > slice && !alarm_ns) {
				world_tick(&w, ++slice * GP_SLICE_NS);
				if (world_verdict(&w, INSIDE, GP_KIND_SCANNER))
					alarm_ns = w.now_ns;
			}
			if (alarm_ns)
				break;
			play(&w, INSIDE, &events[i], t->port);
		}
		if (t->alarms != (alarm_ns || world_verdict(&w, INSIDE, GP_KIND_SCANNER)) || t->alarms != !!exact_ns)
			fail_msg("%s: sliced %llu, exact %llu", t->name, (unsigned long long)alarm_ns,
				 (unsigned long long)exact_ns);
		/* A slice and its 12 s later at most, and some contacts where the walk was netted. */
		if (t->alarms &&
		    (alarm_ns < exact_ns || alarm_ns > exact_ns + (__u64)(4 / t->per_second + 16) * SECOND))
			fail_msg("%s: alarm %.1f s after the exact walk's", t->name,
				 ((double)alarm_ns - (double)exact_ns) / 1e9);
		assert_int_equal(w.cpu.totals.scan_stale, 0);
		free(events);
		world_close(&w);
	}
}

/* --- 4: late ticks and jumps -------------------------------------------------------------------------------------- */

static __u64 counted(const struct gp_host *host, bool answers)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i < GP_SLICES; i++)
		sum += answers ? host->scan.answers[GP_SCAN_WATCHED][i] : host->scan.attempts[GP_SCAN_WATCHED][i];
	return sum;
}

static const struct {
	const char *name;
	double every_s; /* seconds between ticks, the data plane running on */
	bool stale;
} lates[] = {
	{"each slice", 4, false}, {"1 s, as a live run", 1, false}, {"5 s", 5, false},
	{"8 s", 8, false},	  {"9 s", 9, true},		     {"17 s", 17, true},
	{"100 s", 100, true},
};

static void test_late_ticks(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(lates); row++) {
		__u64 next_tick_ns = START;
		const struct gp_evidence *e;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		for (unsigned int i = 0; i < 3000; i++) {
			struct event event = {START + i * (SECOND / 5), i, false};

			if (event.time_ns >= next_tick_ns) {
				world_tick(&w, event.time_ns);
				next_tick_ns += (__u64)(lates[row].every_s * 1e9);
			}
			play(&w, INSIDE, &event, 25);
			event.time_ns += SECOND / 20;
			event.is_answer = true;
			if (i % 10 == 0)
				play(&w, INSIDE, &event, 25);
		}
		world_tick(&w, START + 700 * SECOND);
		e = world_evidence(world_finding(&w, INSIDE, GP_KIND_SCANNER), "scan.watched");
		assert_non_null(e);
		/* Nothing lost, nothing twice: the walk never stood at zero after its first contacts. */
		if (!w.cpu.totals.scan_stale)
			assert_int_equal((int)counted(world_host(&w, INSIDE), false), 3000);
		assert_true(fabs(world_observed(e, "first_contacts") -
				 (double)counted(world_host(&w, INSIDE), false)) <= 12);
		assert_true(fabs(world_observed(e, "failed") + (double)counted(world_host(&w, INSIDE), true) -
				 world_observed(e, "first_contacts")) <= 2);
		if (lates[row].stale != (w.cpu.totals.scan_stale > 0))
			fail_msg("%s: %llu stale", lates[row].name, (unsigned long long)w.cpu.totals.scan_stale);
		world_close(&w);
	}
}

static void test_time_jumps(void **state)
{
	static const __u64 jumps_s[] = {3600, 86400, 136729844, 1, 4, 12, 16, 601};

	(void)state;
	for (size_t row = 0; row < ROWS(jumps_s); row++) {
		struct world w;

		world_open(&w, true);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		world_distinct(&world_host(&w, INSIDE)->contacts, 30);
		world_distinct(&world_host(&w, INSIDE)->ports, 1);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 9, 0);
		world_tick(&w, w.now_ns + jumps_s[row] * SECOND);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 9, 0);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_NONE);
		world_tick(&w, w.now_ns + jumps_s[row] * SECOND);
		world_settle(&w);
		/* 18 failures: an alarm. It held in one window in which something failed: the jumps' own were empty. */
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
		assert_true(fabs(world_finding(&w, INSIDE, GP_KIND_SCANNER)->score - fmin(16, 18 * log(4))) < 1e-9);
		world_close(&w);
	}
}

/* A monotonic clock may begin at 0: there are no slices before the first. */
static void test_beginning_of_time(void **state)
{
	struct world w;

	(void)state;
	world_open_at(&w, false, 0);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	world_distinct(&world_host(&w, INSIDE)->contacts, 20);
	for (int i = 0; i < 2; i++) {
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 10, 0);
		world_tick(&w, w.now_ns + GP_SLICE_NS);
		assert_null(world_finding(&w, INSIDE, GP_KIND_SCANNER));
	}
	world_settle(&w);
	assert_true(world_observed(&world_finding(&w, INSIDE, GP_KIND_SCANNER)->evidence[0], "failed") == 20);
	world_close(&w);
}

/* --- 4: filters --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	__u64 from_ns, to_ns; /* prepared at from, filled, prepared at to */
	int slices_kept;      /* of the two that were ready at from: live ones */
	int generations_kept; /* likewise */
} moves[] = {
	{"nothing moved", START, START + SECOND, 2, 2},
	{"the next slice", START, START + GP_SLICE_NS, 2, 2},
	{"two slices on, the first is still asked for", START, START + 2 * GP_SLICE_NS, 2, 2},
	{"three slices on: its filter is due", START, START + 3 * GP_SLICE_NS, 1, 2},
	{"four slices on", START, START + 4 * GP_SLICE_NS, 0, 2},
	{"the next generation", START, START + GP_DEDUPE_NS, 0, 2},
	{"two generations on", START, START + 2 * GP_DEDUPE_NS, 0, 1},
	{"a day", START, START + 86400 * SECOND, 0, 0},
	{"from the beginning of time", 0, GP_SLICE_NS, 2, 2},
};

static int kept(const struct world *w, __u32 filter)
{
	return w->memory.filter_bits[(size_t)filter * WORLD_WORDS + 5] != 0;
}

static void test_filters(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(moves); row++) {
		__u64 from = moves[row].from_ns, to = moves[row].to_ns;
		int slices = 0, generations = 0;
		struct world w;

		world_open(&w, false);
		memset(&w.filters, 0, sizeof(w.filters));
		gp_filters_prepare(&w.memory, from);
		for (__u32 f = 0; f < GP_FILTERS; f++) {
			w.memory.filter_bits[(size_t)f * WORLD_WORDS + 5] = 1;
			w.filters.used[f] = 1;
		}
		gp_filters_prepare(&w.memory, to);
		for (__u64 ahead = 0; ahead < 2; ahead++) {
			__u64 slice = to / GP_SLICE_NS + ahead, generation = to / GP_DEDUPE_NS + ahead;

			assert_true(gp_filter_is_ready(&w.memory, gp_filter_slice(slice), slice));
			assert_true(gp_filter_is_ready(&w.memory, gp_filter_dedupe(generation), generation));
			assert_true(gp_filter_is_ready(&w.memory, gp_filter_answered(generation), generation));
			if (slice > from / GP_SLICE_NS + 1)
				assert_false(kept(&w, gp_filter_slice(slice)));
			if (generation > from / GP_DEDUPE_NS + 1)
				assert_false(kept(&w, gp_filter_dedupe(generation)));
			slice = from / GP_SLICE_NS + ahead;
			generation = from / GP_DEDUPE_NS + ahead;
			slices += slice + GP_LIVE_SLICES > to / GP_SLICE_NS && kept(&w, gp_filter_slice(slice));
			generations += kept(&w, gp_filter_dedupe(generation));
			assert_int_equal(kept(&w, gp_filter_dedupe(generation)),
					 kept(&w, gp_filter_answered(generation)));
		}
		if (slices != moves[row].slices_kept || generations != moves[row].generations_kept)
			fail_msg("%s: kept %d slices, %d generations", moves[row].name, slices, generations);
		world_close(&w);
	}
}

/* A filter without bits is not written to: that is what a quiet replay costs. */
static void test_unused_filter(void **state)
{
	struct world w;
	__u64 slice = START / GP_SLICE_NS + 2;
	__u32 filter = gp_filter_slice(slice);

	(void)state;
	world_open(&w, false);
	w.memory.filter_bits[(size_t)filter * WORLD_WORDS] = 0xfeed;
	w.filters.used[filter] = 0;
	gp_filters_prepare(&w.memory, slice * GP_SLICE_NS);
	assert_true(gp_filter_is_ready(&w.memory, filter, slice));
	assert_true(w.memory.filter_bits[(size_t)filter * WORLD_WORDS] == 0xfeed);
	world_close(&w);
}

/* --- 4: outages --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	__u32 first, hosts;    /* that try a new address in each slice */
	unsigned int slices;
	__u32 answered;	       /* id of a host whose one contact per slice is answered; 0: none */
	unsigned int back_at;  /* a slice in which another inside host has one answer; 0: none */
	enum gp_verdict verdict;
} outages[] = {
	{"ten inside hosts for 80 s", INSIDE, 10, 20, 0, 0, GP_VERDICT_NONE},
	{"four", INSIDE, 4, 20, 0, 0, GP_VERDICT_NONE},
	{"three are no network", INSIDE, 3, 20, 0, 0, GP_VERDICT_SUSPECTED},
	{"a fifth one has answers", INSIDE, 4, 20, INSIDE + 9, 0, GP_VERDICT_SUSPECTED},
	{"somebody outside has", INSIDE, 4, 20, OUTSIDE + 9, 0, GP_VERDICT_NONE},
	{"ten hosts outside", OUTSIDE, 10, 20, 0, 0, GP_VERDICT_SUSPECTED},
	{"5 min and 8 slices", INSIDE, 10, 83, 0, 0, GP_VERDICT_NONE},
	{"5 min and 12 slices", INSIDE, 10, 87, 0, 0, GP_VERDICT_SUSPECTED},
	{"two outages", INSIDE, 10, 120, 0, 60, GP_VERDICT_NONE},
};

static void test_outages(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(outages); row++) {
		__u32 first = outages[row].first, last = first + outages[row].hosts, answered = outages[row].answered;
		enum gp_verdict open, closed;
		struct world w;

		world_open(&w, false);
		for (__u32 id = 0; id < 2 * WORLD_HOSTS; id++)
			world_claim(&w, id, id < OUTSIDE ? GP_ROLE_SUBSCRIBER : GP_ROLE_OUTSIDE);
		for (unsigned int slice = 0; slice < outages[row].slices; slice++) {
			for (__u32 id = first; id < last; id++) {
				world_distinct(&world_host(&w, id)->contacts, 20 + slice);
				world_contacts(&w, id, GP_SCAN_WATCHED, 1, 0);
			}
			if (answered)
				world_contacts(&w, answered, GP_SCAN_WATCHED, 1, 1);
			if (slice == outages[row].back_at && slice)
				world_contacts(&w, INSIDE + 20, GP_SCAN_WATCHED, 1, 1);
			world_tick(&w, w.now_ns + GP_SLICE_NS);
		}
		assert_int_equal(gp_judge_finish(w.judge, w.now_ns + 4 * SECOND), 0);
		open = world_verdict(&w, first, GP_KIND_SCANNER);
		world_settle(&w);
		closed = world_verdict(&w, first, GP_KIND_SCANNER);
		if (open != outages[row].verdict || closed != open)
			fail_msg("%s: %d, then %d", outages[row].name, (int)open, (int)closed);
		world_close(&w);
	}
}

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

			for (unsigned int slice = 0; slice < p->slices; slice++) {
				struct gp_host *host = world_host(&w, INSIDE);

				world_distinct(&host->contacts, p->addresses);
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

/* --- 5: half-open ------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	__u32 answered, half_open, proved;
	double height; /* of the watched walk; 0: no alarm */
} halves[] = {
	{"20 half-open: 20 steps", 20, 20, 3, 20},
	{"not for an unproved source", 20, 20, 2, 0},
	{"a browser that breaks off 20 of 200", 20, 20, 180, 0},
	{"no more than the first contacts that were answered", 12, 500, 3, 12},
	{"5 of 20", 20, 5, 3, 0},
};

static void test_half_open(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(halves); row++) {
		const struct gp_finding *f;
		struct gp_host *host;
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		host = world_host(&w, INSIDE);
		world_distinct(&host->contacts, halves[row].answered);
		host->half_open = halves[row].half_open;
		host->proved_flows = halves[row].proved;
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, halves[row].answered, halves[row].answered);
		world_settle(&w);
		f = world_finding(&w, INSIDE, GP_KIND_SCANNER);
		if (!f != (halves[row].height <= 0))
			fail_msg("%s", halves[row].name);
		if (f) {
			assert_true(fabs(f->score - fmin(16, halves[row].height * log(4))) < 1e-9);
			assert_true(world_evidence(f, "scan.half_open")->weight > 0);
			assert_true(world_observed(world_evidence(f, "scan.half_open"), "half_open") ==
				    halves[row].height);
			assert_true(world_evidence(f, "scan.answered")->weight < 0);
		}
		world_close(&w);
	}
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
		cmocka_unit_test(test_walks),	    cmocka_unit_test(test_late_ticks),
		cmocka_unit_test(test_time_jumps),  cmocka_unit_test(test_beginning_of_time),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_unused_filter), cmocka_unit_test(test_outages), cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_successes_are_not_saved), cmocka_unit_test(test_past),
		cmocka_unit_test(test_learned_before_closing), cmocka_unit_test(test_caps),
		cmocka_unit_test(test_victim_later), cmocka_unit_test(test_confirmed_is_kept),
		cmocka_unit_test(test_half_open),
		cmocka_unit_test(test_end_of_input), cmocka_unit_test(test_finish_and_windows),
		cmocka_unit_test(test_one_direction), cmocka_unit_test(test_many_hosts),
		cmocka_unit_test(test_outside_grows), cmocka_unit_test(test_drained_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
