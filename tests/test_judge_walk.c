/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, steps 4 and 5: slices, their filters, outages, and the walk over them. */
#include "judge_world.h"

#include "filters.h"
#include "random.h"

/* --- 4, 5: the sliced walk against the exact one ------------------------------------------------------------------ */

static __u64 random_state;

static __u32 random_below(__u32 limit)
{
	return (__u32)((random_xorshift(&random_state) >> 11) % limit);
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
		/*
		 * 18 failures: an alarm, which is forgotten over the years. It held in one window in which something
		 * failed: the jumps' own were empty.
		 */
		if (jumps_s[row] > 30 * 86400) {
			assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_NONE);
			world_close(&w);
			continue;
		}
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
		assert_true(fabs(world_finding(&w, INSIDE, GP_KIND_SCANNER)->score - fmin(16, 18 * log(4))) < 1e-9);
		world_close(&w);
	}
}

/* 17. Walks do not fade. Once a scanner has long been quiet, one more failure is no new scan; a new scan is one. */
static void test_failure_after_quiet(void **state)
{
	static const struct {
		__u32 days, failures;
		enum gp_state stands;
	} rows[] = {
		{1, 1, GP_STATE_SUSPECTED},
		{10, 1, GP_STATE_QUIET},
		{10, 9, GP_STATE_QUIET},
		{10, 14, GP_STATE_SUSPECTED},
		{30, 1, GP_STATE_CLEAN},
		{30, 14, GP_STATE_SUSPECTED},
	};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct gp_finding opinions[GP_KINDS];
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		world_distinct(&world_host(&w, INSIDE)->contacts, 100);
		world_distinct(&world_host(&w, INSIDE)->ports, 1);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, 100, 0);
		world_tick(&w, w.now_ns + 600 * SECOND);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), GP_VERDICT_SUSPECTED);
		world_tick(&w, w.now_ns + rows[row].days * 86400 * SECOND);
		world_tick(&w, w.now_ns + 4 * SECOND);
		world_distinct(&world_host(&w, INSIDE)->contacts, 130);
		world_contacts(&w, INSIDE, GP_SCAN_WATCHED, rows[row].failures, 0);
		world_tick(&w, w.now_ns + 600 * SECOND);
		world_tick(&w, w.now_ns + 600 * SECOND);
		assert_true(gp_judge_opinions(w.judge, INSIDE, opinions));
		if (opinions[GP_KIND_SCANNER].standing.state != rows[row].stands)
			fail_msg("%u failures after %u days: %d", rows[row].failures, rows[row].days,
				 (int)opinions[GP_KIND_SCANNER].standing.state);
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
	{"twenty for 6 min: nobody is left who could tell", INSIDE, 20, 90, 0, 0, GP_VERDICT_NONE},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),	   cmocka_unit_test(test_late_ticks),
		cmocka_unit_test(test_time_jumps), cmocka_unit_test(test_failure_after_quiet), cmocka_unit_test(test_beginning_of_time),
		cmocka_unit_test(test_filters),	   cmocka_unit_test(test_unused_filter),
		cmocka_unit_test(test_outages),	   cmocka_unit_test(test_half_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
