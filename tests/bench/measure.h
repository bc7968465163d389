/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timing: one program over one frame, and the programs of a row in turns. */
#ifndef GATEPOST_BENCH_MEASURE_H
#define GATEPOST_BENCH_MEASURE_H

#include "frames.h"
#include "world.h"

/* Best of all repetitions: what disturbs a measurement only ever adds. 0: not measured. */
struct bench_row {
	const struct bench_case *bench_case;
	enum bench_encap encap;
	__u32 hosts;
	double ns[BENCH_PROGRAMS];
};

/* How thorough. */
struct bench_effort {
	__u32 rounds;    /* repetitions, the programs of a row in turns */
	double slice_ns; /* of one program in one repetition */
};

/* Pins the calling thread to the n-th of the CPUs that the process may use. Return: 0, or -errno. */
int bench_pin(unsigned n);

/* How many CPUs the process may use. */
unsigned bench_cpus(void);

double bench_clock_ns(void);

/**
 * bench_time() - run a program over a frame, again and again.
 *
 * Timed around the system call, since the kernel's own figure is a whole number of ns. Return: ns of CPU time per run,
 * below 0 when the kernel refused or a run gave another action than XDP_PASS or XDP_DROP.
 */
double bench_time(int fd, const struct bench_frame *frame, __u32 repeat);

/**
 * bench_time_slice() - bench_time() with as many runs as take about slice_ns.
 * @knobs: of the program; aimed at the frame.
 *
 * The programs of a row throw each other out of the cache: each first brings its hosts back, as long as there are so
 * few that they may fit.
 */
double bench_time_slice(int fd, struct bench_knobs *knobs, const struct bench_frame *frame, double slice_ns);

/* Sets the knobs of a frame; the caller sets those of walk, peer and stream. */
void bench_aim(struct bench_knobs *knobs, const struct bench_frame *frame, __u32 hosts);

/**
 * bench_measure() - one row.
 * @row: bench_case, encap and hosts are given.
 *
 * Return: 0, or -1 (said on stderr).
 */
int bench_measure(struct bench_row *row, struct bench_world *world, const struct bench_effort *effort);

/* Leads every host once through the beginning of a conversation, and forgets all others. Return: 0, or -1. */
int bench_converse(struct bench_world *world, const struct bench_case *c, enum bench_encap encap);

#endif
