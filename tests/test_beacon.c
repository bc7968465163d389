// SPDX-License-Identifier: GPL-2.0-or-later
/* The score of contacts: rows whose parts are known, and what simulated traffic scores, against published behaviour. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "beacon.h"
#include "random.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RUNS 1001

static const struct row {
	const char *name;
	__u32 times[8], bytes[8];
	__u32 count;
	__u16 hours[GP_BEACON_HOURS];
	bool scored;
	double score_times, score_bytes, score_hours, score_duration;
} rows[] = {
	{ "three contacts", { 0, 60, 120 }, { 9, 9, 9 }, 3, { 0 }, false, 0, 0, 0, 0 },
	{ "twice at a time", { 0, 0, 60, 120 }, { 9, 9, 9, 9 }, 4, { 0 }, false, 0, 0, 0, 0 },
	{ "a clock", { 0, 60, 120, 180, 240 }, { 9, 9, 9, 9, 9 }, 5, { 5 }, true, 1, 1, 0, 0 },
	{ "in any order", { 240, 0, 120, 180, 60 }, { 9, 9, 9, 9, 9 }, 5, { 5 }, true, 1, 1, 0, 0 },
	{ "nothing was sent", { 0, 60, 120, 180 }, { 0 }, 4, { 4 }, true, 1, 0.5, 0, 0 },
	/* Intervals 10, 20, 30, 40, 130: quartiles 15, 30, 85; deviations 0, 10, 10, 20, 100. */
	{ "skewed", { 0, 10, 30, 60, 100, 230 }, { 9, 9, 9, 9, 9, 9 }, 6, { 6 }, true, (1 - 40 / 70.0 + 20 / 30.0) / 2, 1, 0, 0 },
	{ "all day", { 0, 60, 120, 180 }, { 9, 9, 9, 9 }, 4,
	  { 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4 }, true, 1, 1, 1, 1 },
	{ "half a day", { 0, 60, 120, 180 }, { 9, 9, 9, 9 }, 4, { 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4 }, true, 1, 1, 1, 1 },
	{ "six hours", { 0, 60, 120, 180 }, { 9, 9, 9, 9 }, 4, { [18] = 4, 4, 4, 4, 4, 4 }, true, 1, 1, 0, 0.5 },
	{ "morning and evening", { 0, 60, 120, 180 }, { 9, 9, 9, 9 }, 4, { [2] = 4, 4, 4, [20] = 4, 4, 4 }, true, 1, 1, 0, 21 / 24.0 },
	{ "five hours", { 0, 60, 120, 180 }, { 9, 9, 9, 9 }, 4, { 4, 4, 4, 4, 4 }, true, 1, 1, 0, 0 },
};

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct row copy = *row;
		struct gp_beacon b;
		bool scored = gp_beacon(&b, copy.times, copy.bytes, copy.count, copy.hours);

		if (scored != row->scored)
			fail_msg("%s: %d", row->name, scored);
		if (scored && (!near(b.times, row->score_times) || !near(b.bytes, row->score_bytes) ||
			       !near(b.hours, row->score_hours) || !near(b.duration, row->score_duration) ||
			       !near(b.score, (b.times + b.bytes + b.hours + b.duration) / 4)))
			fail_msg("%s: %g %g %g %g", row->name, b.times, b.bytes, b.hours, b.duration);
	}
}

/* Uniform in (0, 1). */
static double uniform(__u64 *state)
{
	return ((double)(random_splitmix(state) >> 11) + 0.5) / (double)(1ull << 53);
}

static double poisson(__u64 *state)
{
	return -600 * log(uniform(state));
}

/* A person: log-normal, median 60 s, sigma 1.5. */
static double human(__u64 *state)
{
	return 60 * exp(1.5 * sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state)));
}

static double jitter10(__u64 *state)
{
	return 600 * (1 + 0.1 * (2 * uniform(state) - 1));
}

static double jitter30(__u64 *state)
{
	return 600 * (1 + 0.3 * (2 * uniform(state) - 1));
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The times' score of RUNS simulated clients with so many intervals, sorted. */
static void simulate(double out[RUNS], double (*interval)(__u64 *), __u32 intervals)
{
	static const __u16 hours[GP_BEACON_HOURS];
	__u64 state = 20260504;

	for (int run = 0; run < RUNS; run++) {
		__u32 times[GP_BEACON_CONTACTS] = { 0 }, bytes[GP_BEACON_CONTACTS] = { 0 };
		struct gp_beacon b;
		double at = 0;

		for (__u32 i = 1; i <= intervals; i++) {
			at += interval(&state) + 1;
			times[i] = (__u32)at;
		}
		assert_true(gp_beacon(&b, times, bytes, intervals + 1, hours));
		out[run] = b.times;
	}
	qsort(out, RUNS, sizeof(*out), compare);
}

static void test_simulated(void **state)
{
	static const struct {
		const char *name;
		double (*interval)(__u64 *);
		__u32 intervals;
		double median, near;
	} simulations[] = {
		{ "Poisson, 23", poisson, 23, 0.52, 0.03 }, { "Poisson, 100", poisson, 100, 0.52, 0.04 },
		{ "a person, 100", human, 100, 0.37, 0.04 },
		{ "10 %, 5", jitter10, 5, 0.81, 0.04 }, { "10 %, 23", jitter10, 23, 0.88, 0.02 },
		{ "10 %, 100", jitter10, 100, 0.93, 0.02 }, { "30 %, 5", jitter30, 5, 0.76, 0.04 },
		{ "30 %, 23", jitter30, 23, 0.83, 0.02 }, { "30 %, 100", jitter30, 100, 0.88, 0.02 },
	};
	double scores[RUNS];

	(void)state;
	for (size_t i = 0; i < COUNT(simulations); i++) {
		simulate(scores, simulations[i].interval, simulations[i].intervals);
		print_message("%s: median %.3f, 95 %% %.3f\n", simulations[i].name, scores[RUNS / 2], scores[RUNS * 95 / 100]);
		if (fabs(scores[RUNS / 2] - simulations[i].median) > simulations[i].near)
			fail_msg("%s: %.3f", simulations[i].name, scores[RUNS / 2]);
	}
}

/* Random traffic does not reach 0.9 once there are GP_BEACON_INTERVALS. */
static void test_random_is_no_beacon(void **state)
{
	double scores[RUNS];

	(void)state;
	simulate(scores, poisson, 5);
	assert_true(scores[RUNS * 99 / 100] < 0.9);
	simulate(scores, poisson, GP_BEACON_INTERVALS);
	assert_true(scores[RUNS - 1] < 0.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_random_is_no_beacon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
