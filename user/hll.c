/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hll.h"

#include <math.h>
#include <string.h>

/* 2^-rank, by its exponent (IEEE 754): ldexp() is a call, and this is done 64 times per estimate. */
static inline double power(__u8 rank)
{
	__u64 bits = (1023ull - rank) << 52;
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

double gp_hll_estimate(const struct gp_hll *hll)
{
	const double m = GP_HLL_REGISTERS;
	const double alpha = 0.709; /* for 64 registers */
	double sums[4] = {0}, estimate;
	unsigned empty = 0;

	_Static_assert(GP_HLL_REGISTERS == 64, "alpha depends on the number of registers");
	for (unsigned i = 0; i < GP_HLL_REGISTERS; i++) {
		__u8 rank = __atomic_load_n(&hll->registers[i], __ATOMIC_RELAXED);

		sums[i % 4] += power(rank); /* four chains: an addition waits for the one before it */
		empty += rank == 0;
	}
	estimate = alpha * m * m / (sums[0] + sums[1] + sums[2] + sums[3]);
	if (estimate <= 2.5 * m && empty > 0)
		estimate = m * log(m / empty);
	return estimate;
}
