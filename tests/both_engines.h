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

/*
 * cmocka fixtures: *state becomes a struct both_engines with room for 131,072 inside addresses, 16,384 of them with
 * records, 8,192 outside hosts and as many cells per bank, and 65,536 flows.
 */
int both_engines_setup(void **state);

/* The same, and everything that watched services send is sampled. */
int both_engines_setup_unsampled(void **state);

/* The same, and every address is inside; or none is. */
int both_engines_setup_inside(void **state);
int both_engines_setup_outside(void **state);
int both_engines_teardown(void **state);

/* Both memories back to zero counters; settings, ranges and ports stay, slots are handed out anew. */
void both_engines_clear(struct both_engines *both);

/**
 * both_engines_differ() - hold all that the data plane has written against each other.
 *
 * Which CPU counted what differs: totals are compared as sums over CPUs. What a CPU works in and how many CPUs there
 * were is left out. Return: NULL when all of it is equal, else which array is not, and where; valid until the next call.
 */
const char *both_engines_differ(const struct both_engines *both);

/* Fails the test, naming @what, when the memories differ. */
void both_engines_compare(const struct both_engines *both, const char *what);

#endif
