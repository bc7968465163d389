/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hll.h"

#include <math.h>

double gp_hll_estimate(const struct gp_hll *hll)
{
	const double m = GP_HLL_REGISTERS;
	const double alpha = 0.709; /* for 64 registers */
	double sum = 0.0, estimate;
	unsigned empty = 0;

	_Static_assert(GP_HLL_REGISTERS == 64, "alpha depends on the number of registers");
	for (unsigned i = 0; i < GP_HLL_REGISTERS; i++) {
		unsigned rank = __atomic_load_n(&hll->registers[i], __ATOMIC_RELAXED);

		sum += ldexp(1.0, -(int)rank);
		empty += rank == 0;
	}
	estimate = alpha * m * m / sum;
	if (estimate <= 2.5 * m && empty > 0)
		estimate = m * log(m / empty);
	return estimate;
}
