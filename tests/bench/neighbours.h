/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of others over the same frames: Debian's xdp-filter, which looks up and counts single addresses. */
#ifndef GATEPOST_BENCH_NEIGHBOURS_H
#define GATEPOST_BENCH_NEIGHBOURS_H

#include <stddef.h>

#include "measure.h"

struct bench_neighbour {
	char program[32];
	const struct bench_case *bench_case;
	enum bench_encap encap;
	__u32 hosts;
	double ns, floor_ns; /* both behind a draw and a tail call */
};

/**
 * bench_neighbours() - measure what is installed.
 * @out: room for max.
 *
 * Prints a table; what is absent or does not load is named with the reason. Return: how many were measured.
 */
size_t bench_neighbours(struct bench_neighbour *out, size_t max, const struct bench_effort *effort);

#endif
