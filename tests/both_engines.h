/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The native and the kernel engine side by side, for tests that hold them against each other. Needs root. */
#ifndef GATEPOST_TESTS_BOTH_ENGINES_H
#define GATEPOST_TESTS_BOTH_ENGINES_H

#include "config.h"
#include "engine.h"

struct both_engines {
	struct gp_config *config;
	struct gp_engine *native, *kernel;
};

/* cmocka fixtures: *state becomes a struct both_engines with tables of 32,768 hosts per side and 65,536 flows. */
int both_engines_setup(void **state);
int both_engines_teardown(void **state);

/* Both memories back to zero counters; settings, ranges and ports stay. */
void both_engines_clear(struct both_engines *both);

/* Fails the test, naming @what and the array, when the memories differ in any byte. */
void both_engines_compare(const struct both_engines *both, const char *what);

#endif
