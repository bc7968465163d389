/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sure a share is that was counted. */
#ifndef GATEPOST_INTERVAL_H
#define GATEPOST_INTERVAL_H

struct gp_interval {
	double low, high;
};

/**
 * gp_interval_wilson() - 95 % confidence that a share lies within (Wilson 1927; z = 1.96).
 * @hits: of @trials.
 *
 * Return: 0 to 1 without trials.
 */
struct gp_interval gp_interval_wilson(double hits, double trials);

#endif
