// SPDX-License-Identifier: GPL-2.0-or-later
#include "interval.h"

#include <math.h>

struct gp_interval gp_interval_wilson(double hits, double trials)
{
	const double z = 1.96;
	double share, middle, half, whole;

	if (trials <= 0)
		return (struct gp_interval){ 0, 1 };
	share = hits / trials;
	whole = 1 + z * z / trials;
	middle = (share + z * z / (2 * trials)) / whole;
	half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / whole;
	return (struct gp_interval){ fmax(0, middle - half), fmin(1, middle + half) };
}
