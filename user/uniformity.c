// SPDX-License-Identifier: GPL-2.0-or-later
#include "uniformity.h"

#include <math.h>

#define POOL_A 0.5 /* of the Dirichlet prior over shares: a few heavy users, many light ones */
#define REPEAT_CHANCE 0.05

/* k (1 - (1 - 1/k)^n), without losing digits where k is large. */
static double expected_distinct(double k, double n)
{
	return k <= 1 ? fmin(k, n) : -k * expm1(n * log1p(-1 / k));
}

/* ln k! / ((k - n)! k^n); more requests than addresses must repeat one. */
static double log_no_repeat(double k, double n)
{
	return n > k ? -INFINITY : lgamma(k + 1) - lgamma(k - n + 1) - n * log(k);
}

/* Of uniform shares against shares drawn from a Dirichlet distribution; the multinomial coefficients cancel. */
static double log_ratio(const __u32 *counts, size_t count, double n, double k)
{
	double pool = lgamma(k * POOL_A) - lgamma(n + k * POOL_A);

	for (size_t i = 0; i < count; i++) {
		if (counts[i])
			pool += lgamma(counts[i] + POOL_A) - lgamma(POOL_A);
	}
	return -n * log(k) - pool;
}

void gp_uniformity(struct gp_uniformity *out, const __u32 *counts, size_t count, double k)
{
	double mean, squares = 0, entropy = 0;

	*out = (struct gp_uniformity){0};
	for (size_t i = 0; i < count; i++) {
		out->n += counts[i];
		out->distinct += counts[i] > 0;
	}
	if (out->n <= 0)
		return;
	out->k = fmax(k, out->distinct);
	mean = out->n / out->k;
	out->expected_distinct = expected_distinct(out->k, out->n);
	out->no_repeat = exp(log_no_repeat(out->k, out->n));
	if (out->k <= 1 || out->n <= 1) {
		out->dispersion = out->entropy = 1;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!counts[i])
			continue;
		squares += (counts[i] - mean) * (counts[i] - mean);
		entropy -= counts[i] / out->n * log(counts[i] / out->n);
	}
	squares += (out->k - out->distinct) * mean * mean;
	out->dispersion = squares / ((out->k - 1) * mean);
	out->entropy = entropy / log(fmin(out->n, out->k));
	out->llr = log_ratio(counts, count, out->n, out->k);
}

double gp_fleet_estimate(double distinct, double n, double most)
{
	double low = fmax(distinct, 1), high;

	if (most <= low)
		return low;
	if (distinct >= n)
		return fmin(most, fmax(low, n * (n - 1) / (-2 * log(REPEAT_CHANCE))));
	/* The expectation grows with k; n^2 addresses leave half a repetition. */
	high = fmin(most, fmax(2 * low, n * n));
	for (int i = 0; i < 64; i++) {
		double middle = low + (high - low) / 2;

		if (expected_distinct(middle, n) < distinct)
			low = middle;
		else
			high = middle;
	}
	return high;
}

double gp_dispersion_score(const struct gp_uniformity *u)
{
	double spread = 2 / (9 * (u->k - 1));

	return u->k > 1 ? (cbrt(u->dispersion) - (1 - spread)) / sqrt(spread) : 0;
}

double gp_coherence(const struct gp_share *shares, size_t count)
{
	double n = 0, kinds = 0, llr = 0;

	for (size_t i = 0; i < count; i++) {
		n += shares[i].count;
		kinds += shares[i].count > 0;
	}
	if (n <= 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (shares[i].count > 0)
			llr += shares[i].count * log(shares[i].count / n / shares[i].background);
	}
	return llr - (kinds - 1) / 2 * log(fmax(n, 1));
}
