/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statistics of ranges: rows that can be reckoned by hand, and medians of simulated fleets and pools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "uniformity.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define RUNS 2001u

static const struct row {
	const char *name;
	__u32 counts[8];
	size_t count;
	double k, dispersion, entropy, expected_distinct, no_repeat, llr;
} rows[] = {
	{"nothing", {0}, 0, 100, 0, 0, 0, 0, 0},
	{"idle addresses", {0, 0, 0}, 3, 3, 0, 0, 0, 0, 0},
	{"one address", {7}, 1, 1, 1, 1, 1, 0, 0},
	{"one request", {1}, 1, 100, 1, 1, 1, 1, 0},
	{"in turns", {3, 3, 3, 3}, 4, 4, 0, 1, 3.8732946, 0, 3.4021969},
	{"k below those in use", {3, 3, 3, 3}, 4, 2, 0, 1, 3.8732946, 0, 3.4021969},
	{"all from one of two", {4, 0}, 2, 2, 4, 0, 1.875, 0, -1.4759065},
	{"two of four", {2, 2}, 2, 4, 4.0 / 3, 0.5, 2.734375, 0.09375, -0.1823216},
	{"as many as can be", {4294967295u, 4294967295u}, 2, 2, 0, 1, 2, 0, 11.6627},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct gp_uniformity u;

		gp_uniformity(&u, rows[i].counts, rows[i].count, rows[i].k);
		if (fabs(u.dispersion - rows[i].dispersion) > 1e-6 || fabs(u.entropy - rows[i].entropy) > 1e-6 ||
		    fabs(u.expected_distinct - rows[i].expected_distinct) > 1e-6 ||
		    fabs(u.no_repeat - rows[i].no_repeat) > 1e-6 || fabs(u.llr - rows[i].llr) > 1e-3)
			fail_msg("%s: D %.7f H %.7f U %.7f R0 %.7f LLR %.7f", rows[i].name, u.dispersion, u.entropy,
				 u.expected_distinct, u.no_repeat, u.llr);
	}
}

/* 30 requests of 100 addresses, each from another one: 0.8 %. 518.7 requests show all hundred. */
static void test_known_numbers(void **state)
{
	__u32 ones[30];
	struct gp_uniformity u;

	(void)state;
	for (size_t i = 0; i < ROWS(ones); i++)
		ones[i] = 1;
	gp_uniformity(&u, ones, ROWS(ones), 100);
	assert_true(fabs(u.no_repeat - 0.0078) < 0.0001);
	/* Chi-squared with 99 degrees of freedom: 5 % lie above 123.2, 5 % below 77.0 (tables). */
	assert_true(fabs(gp_dispersion_score(&(struct gp_uniformity){.k = 100, .dispersion = 123.2 / 99}) - 1.645) < 0.01);
	assert_true(fabs(gp_dispersion_score(&(struct gp_uniformity){.k = 100, .dispersion = 77.0 / 99}) + 1.645) < 0.01);
	assert_true(gp_dispersion_score(&(struct gp_uniformity){.k = 1, .dispersion = 1}) == 0);
	gp_uniformity(&u, (const __u32[]){519}, 1, 100);
	assert_true(u.expected_distinct > 99 && u.expected_distinct < 99.6);
}

static void test_fleet_estimates(void **state)
{
	static const struct {
		double distinct, n, most, least, greatest;
	} estimates[] = {
		{0, 0, 256, 1, 1},	       {1, 1000, 256, 1, 1.01},   {39.5, 50, 256, 98, 102},
		{63.4, 100, 256, 98, 102},     {86.6, 200, 256, 98, 102}, {100, 100000, 256, 100, 100.01},
		{50, 50, 1e30, 405, 420},      {50, 50, 256, 256, 256},	  {256, 300, 256, 256, 256},
		{300, 300, 256, 300, 300}, /* more than there can be: as many as there are */
		{4e9, 4.2e9, 1e38, 4e10, 6e10},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(estimates); i++) {
		double k = gp_fleet_estimate(estimates[i].distinct, estimates[i].n, estimates[i].most);

		if (!(k >= estimates[i].least && k <= estimates[i].greatest))
			fail_msg("row %zu: %g", i, k);
	}
}

/* --- simulated ranges --------------------------------------------------------------------------------------------- */

#define K 100u

static __u64 seed;

static double chance(void)
{
	return ((double)(random_splitmix(&seed) >> 11) + 0.5) / 9007199254740992.0;
}

static double draw_normal(void)
{
	return sqrt(-2 * log(chance())) * cos(2 * 3.141592653589793 * chance());
}

/* Gamma(a), Marsaglia and Tsang 2000. */
static double draw_gamma(double a)
{
	double d, c, x, v;

	if (a < 1)
		return draw_gamma(a + 1) * pow(chance(), 1 / a);
	d = a - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		x = draw_normal();
		v = (1 + c * x) * (1 + c * x) * (1 + c * x);
		if (v > 0 && log(chance()) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* @a: of the Dirichlet distribution of shares; 0: all alike; below 0: in turns. */
static void draw_counts(__u32 *counts, unsigned int n, double a)
{
	double sums[K], sum = 0;

	memset(counts, 0, K * sizeof(*counts));
	for (unsigned int i = 0; i < K; i++)
		sums[i] = sum += a > 0 ? draw_gamma(a) : 1;
	for (unsigned int i = 0; i < n; i++) {
		double at = chance() * sum;
		unsigned int who = 0;

		while (a >= 0 && who + 1 < K && sums[who] < at)
			who++;
		counts[a < 0 ? i % K : who]++;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Medians as published for k = 100; D in turns at n = 50 is (1 - n/k) k / (k - 1). */
static const struct {
	const char *name;
	unsigned int n;
	double a, dispersion, low, high, llr, llr_within;
} ranges[] = {
	{"fleet", 50, 0, 0.99, 0.79, 1.23, 6.6, 0.7},	  {"fleet", 100, 0, 0.99, 0.79, 1.25, 18, 1.5},
	{"fleet", 200, 0, 0.99, 0.78, 1.24, 40, 2},	  {"in turns", 50, -1, 0.505, 0.505, 0.505, 19, 1},
	{"in turns", 100, -1, 0, 0, 0, 64, 1},		  {"in turns", 200, -1, 0, 0, 0, 92, 1},
	{"pool a = 3", 50, 3, 1.15, 0.87, 1.52, NAN, 0},  {"pool a = 3", 100, 3, 1.33, 1.03, 1.70, NAN, 0},
	{"pool a = 3", 200, 3, 1.65, 1.27, 2.12, NAN, 0}, {"pool a = 1", 50, 1, 1.43, NAN, NAN, -2, 1.5},
	{"pool a = 1", 100, 1, 1.92, NAN, NAN, -9, 1.5},  {"pool a = 1", 200, 1, 2.90, NAN, NAN, -31, 3},
	{"pool a = .3", 50, 0.3, 2.44, 1.7, 3.9, -17, 3}, {"pool a = .3", 100, 0.3, 4.00, 2.8, 6.3, -50, 5},
	{"pool a = .3", 200, 0.3, 7.1, 4.9, 11, -129, 10},
};

static void test_simulated(void **state)
{
	static double dispersions[RUNS], llrs[RUNS];

	(void)state;
	seed = 32;
	for (size_t row = 0; row < ROWS(ranges); row++) {
		double low, middle, high;

		for (unsigned int run = 0; run < RUNS; run++) {
			__u32 counts[K];
			struct gp_uniformity u;

			draw_counts(counts, ranges[row].n, ranges[row].a);
			gp_uniformity(&u, counts, K, K);
			dispersions[run] = u.dispersion;
			llrs[run] = u.llr;
		}
		qsort(dispersions, RUNS, sizeof(double), compare);
		qsort(llrs, RUNS, sizeof(double), compare);
		low = dispersions[RUNS / 20];
		middle = dispersions[RUNS / 2];
		high = dispersions[RUNS - RUNS / 20];
		printf("%-12s n %3u: D %.2f [%.2f, %.2f], LLR %.1f\n", ranges[row].name, ranges[row].n, middle, low, high,
		       llrs[RUNS / 2]);
		assert_true(fabs(middle - ranges[row].dispersion) < 0.04 * ranges[row].dispersion + 0.02);
		if (!isnan(ranges[row].low))
			assert_true(fabs(low - ranges[row].low) < 0.06 * ranges[row].low + 0.03 &&
				    fabs(high - ranges[row].high) < 0.06 * ranges[row].high + 0.03);
		if (!isnan(ranges[row].llr))
			assert_true(fabs(llrs[RUNS / 2] - ranges[row].llr) < ranges[row].llr_within);
	}
}

/* The estimate knows nothing of the hundred. */
static void test_estimated_fleet(void **state)
{
	static const unsigned int requests[] = {50, 100, 200, 400};

	(void)state;
	seed = 33;
	for (size_t row = 0; row < ROWS(requests); row++) {
		static double estimates[RUNS];

		for (unsigned int run = 0; run < RUNS; run++) {
			__u32 counts[K];
			struct gp_uniformity u;

			draw_counts(counts, requests[row], 0);
			gp_uniformity(&u, counts, K, 0);
			estimates[run] = gp_fleet_estimate(u.distinct, u.n, 256);
		}
		qsort(estimates, RUNS, sizeof(double), compare);
		printf("n %3u: fleet of %.0f [%.0f, %.0f]\n", requests[row], estimates[RUNS / 2], estimates[RUNS / 20],
		       estimates[RUNS - RUNS / 20]);
		assert_true(fabs(estimates[RUNS / 2] - K) < 6);
	}
}

static void test_coherence(void **state)
{
	static const struct gp_share one[] = {{30, 0.2}}, mixture[] = {{12, 0.4}, {9, 0.3}, {9, 0.3}},
				     rare[] = {{5, 0.01}}, none[] = {{0, 0.2}}, few[] = {{0.5, 0.5}};

	(void)state;
	assert_true(fabs(gp_coherence(one, 1) - 48.28) < 0.01);
	assert_true(fabs(gp_coherence(mixture, 3) + log(30)) < 1e-9); /* as the background: only its price */
	assert_true(fabs(gp_coherence(rare, 1) - 23.03) < 0.01);
	assert_true(gp_coherence(none, 1) == 0 && gp_coherence(NULL, 0) == 0);
	assert_true(fabs(gp_coherence(few, 1) - 0.5 * log(2)) < 1e-9);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	      cmocka_unit_test(test_known_numbers),
		cmocka_unit_test(test_fleet_estimates), cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_estimated_fleet), cmocka_unit_test(test_coherence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
