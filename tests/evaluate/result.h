/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run found, as JSON for scripts/evaluate. */
#ifndef GATEPOST_TESTS_EVALUATE_RESULT_H
#define GATEPOST_TESTS_EVALUATE_RESULT_H

#include <stdio.h>

#include "population.h"
#include "run.h"

/**
 * result_write() - everything that a run says.
 * @population: its truth; NULL for captures, whose labels lie elsewhere.
 *
 * Times are seconds since the first packet; null: never.
 */
void result_write(FILE *out, const struct run *run, struct population *population);

#endif
