/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A generated population as input, and what is true of its hosts. */
#ifndef GATEPOST_TESTS_EVALUATE_POPULATION_H
#define GATEPOST_TESTS_EVALUATE_POPULATION_H

#include "run.h"
#include "traffic/traffic.h"

struct population {
	struct traffic_population file;
	struct traffic *traffic;
	struct table label_of; /* host -> its place among the labels + 1 */
};

/**
 * population_open() - a population file, or parts of it.
 * @seed: 0: the file's own. @duration_s: 0: likewise.
 * @scale: of the number of hosts of each group, one at least. 1: as the file says.
 *
 * Return: 0, or -errno (said on standard error).
 */
int population_open(struct population *p, const char *path, __u64 seed, double duration_s, double scale);
/* The input that run_all() takes. Borrowed until close. */
struct input population_input(struct population *p);
/* The address under which gatepost reports the host of a label. */
struct gp_addr population_host(const struct traffic_label *label);
/* What is true of an address; NULL when nothing is. Brought up to date. */
const struct traffic_label *population_label(struct population *p, const struct gp_addr *host);
void population_close(struct population *p);

#endif
