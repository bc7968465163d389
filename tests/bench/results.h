/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was measured, as a table, as targets met or missed, and as JSON. */
#ifndef GATEPOST_BENCH_RESULTS_H
#define GATEPOST_BENCH_RESULTS_H

#include <json-c/json.h>

#include "live.h"
#include "measure.h"
#include "neighbours.h"

#define BENCH_ROWS_MAX 512
#define BENCH_NEIGHBOURS_MAX 32

struct bench_results {
	struct bench_row rows[BENCH_ROWS_MAX];
	size_t row_count;
	struct bench_neighbour neighbours[BENCH_NEIGHBOURS_MAX];
	size_t neighbour_count;
	struct bench_live live;
	char compiler[64];
	double load; /* runnable tasks per CPU before it began */
};

/* Runnable tasks per CPU, over the last minute. */
double bench_load(void);

void bench_print_head(void);
void bench_print_row(const struct bench_row *row);

/* Each target with its figure and its bound. Return: how many are missed. */
unsigned bench_print_targets(const struct bench_results *results);

/* The caller owns the object. */
struct json_object *bench_json(const struct bench_results *results);

#endif
