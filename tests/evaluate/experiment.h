/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that take more hosts or days than packets are needed for: the data plane's own code counts first contacts,
 * addresses are drawn, and the judge judges. Each is a list of rows with a target.
 */
#ifndef GATEPOST_TESTS_EXPERIMENT_H
#define GATEPOST_TESTS_EXPERIMENT_H

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

struct experiment_row {
	char name[80];
	const char *level; /* what was fed: "counter": the data plane's counting code, without packets */
	double value;
	double low, high; /* of the value; NAN where a bound is asked for alone */
	const char *unit; /* of the value */
	__u64 successes, trials; /* 0, 0 where it is no share */
	char note[160];
};

typedef void experiment_fn(bool quick, void (*row)(void *context, const struct experiment_row *row), void *context);

/* Scanners found within so many contacts; clients that fail often; covering lists. */
experiment_fn experiment_scanners, experiment_clients, experiment_covering;

/* One experiment's rows as JSON, or with @name NULL the names of all, one a line. Return: exit code. */
int experiment_main(FILE *out, const char *name, bool quick);

#endif
