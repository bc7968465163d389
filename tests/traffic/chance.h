/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws from a host's own chance, so that what one does changes nothing of what others do. */
#ifndef GATEPOST_TRAFFIC_CHANCE_H
#define GATEPOST_TRAFFIC_CHANCE_H

#include <math.h>
#include <stdbool.h>

#include "../random.h"

/* One of a family of numbers: the same two give the same one. */
static inline __u64 chance_mix(__u64 a, __u64 b)
{
	__u64 state = a ^ (b * 0xd6e8feb86659fd93ull + 0x2545f4914f6cdd1dull);

	return random_splitmix(&state);
}

/* In (0, 1]. */
static inline double chance_unit(__u64 *state)
{
	return (double)((random_splitmix(state) >> 11) + 1) * 0x1p-53;
}

static inline bool chance(__u64 *state, double probability)
{
	return chance_unit(state) <= probability;
}

static inline __u32 chance_below(__u64 *state, __u32 n)
{
	return (__u32)((random_splitmix(state) >> 32) * n >> 32);
}

static inline double chance_between(__u64 *state, double low, double high)
{
	return low + (high - low) * chance_unit(state);
}

static inline double chance_exponential(__u64 *state, double mean)
{
	return -mean * log(chance_unit(state));
}

/* Box and Muller 1958. */
static inline double chance_normal(__u64 *state)
{
	double radius = sqrt(-2 * log(chance_unit(state)));

	return radius * cos(2 * M_PI * chance_unit(state));
}

static inline double chance_lognormal(__u64 *state, double median, double sigma)
{
	return median * exp(sigma * chance_normal(state));
}

/* Gamma with shape a and scale 1 (Marsaglia, Tsang 2000); below 1 by the power of a uniform number. */
static inline double chance_gamma(__u64 *state, double a)
{
	double d, c;

	if (a < 1)
		return chance_gamma(state, a + 1) * pow(chance_unit(state), 1 / a);
	d = a - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		double x = chance_normal(state), v = 1 + c * x;

		v = v * v * v;
		if (v > 0 && log(chance_unit(state)) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* An index below n, small ones more often: about 1 / (index + 1). */
static inline __u32 chance_popular(__u64 *state, __u32 n)
{
	__u32 i = (__u32)(exp(chance_unit(state) * log(n + 1.0)) - 1);

	return i < n ? i : n - 1;
}

#endif
