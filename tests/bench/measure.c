// SPDX-License-Identifier: GPL-2.0-or-later
#include "measure.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define TRIAL_RUNS 20000u /* tell how many runs fill a slice */
#define RUNS_MAX 20000000u
#define NEW_FLOWS 32768u /* in one pass; more hosts, more flows */
#define HANDSHAKES_AT_ONCE 256u
#define NEW_FLOW_PASSES 2 /* in one repetition */

/* As it was when first asked: a pinned thread hands its one CPU down to those that it starts. */
static const cpu_set_t *allowed_cpus(void)
{
	static cpu_set_t allowed;

	if (!CPU_COUNT(&allowed))
		sched_getaffinity(0, sizeof(allowed), &allowed);
	return &allowed;
}

int bench_pin(unsigned n)
{
	cpu_set_t one;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, allowed_cpus()) || n--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
	}
	return -ENODEV;
}

unsigned bench_cpus(void)
{
	return (unsigned)CPU_COUNT(allowed_cpus());
}

double bench_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Time that this thread had a CPU: on a machine that others use, too, the wall clock would count them in. */
static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double bench_time(int fd, const struct bench_frame *frame, __u32 repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame->data, .data_size_in = frame->bytes, .repeat = (int)repeat);
	double begin = cpu_ns();

	if (bpf_prog_test_run_opts(fd, &o) || (o.retval != XDP_PASS && o.retval != XDP_DROP))
		return -1;
	return (cpu_ns() - begin) / repeat;
}

double bench_time_slice(int fd, struct bench_knobs *knobs, const struct bench_frame *frame, double slice_ns)
{
	__u32 hosts = knobs->host_mask + 1, walk = knobs->walk, runs;
	double trial;

	if (hosts <= BENCH_SEQ_HOSTS) {
		knobs->walk = 1;
		trial = bench_time(fd, frame, hosts);
		knobs->walk = walk;
		if (trial < 0)
			return -1;
	}
	trial = bench_time(fd, frame, TRIAL_RUNS);
	if (trial <= 0)
		return -1;
	runs = slice_ns / trial < RUNS_MAX ? (__u32)(slice_ns / trial) : RUNS_MAX;
	return bench_time(fd, frame, runs > TRIAL_RUNS ? runs : TRIAL_RUNS);
}

void bench_aim(struct bench_knobs *knobs, const struct bench_frame *frame, __u32 hosts)
{
	*knobs = (struct bench_knobs){
		.host_mask = hosts - 1,
		.inside_offset = frame->inside_offset,
		.inside_head = frame->inside_head,
		.inside_base = frame->inside_base,
		.inside_shift = frame->inside_shift,
		.seq_offset = frame->seq_offset,
		.seq_base = frame->seq_base,
	};
}

/* Turns from @first on: every host once, in scattered order. @new_flows: each turn goes to another server. */
static double walk(struct bench_knobs *knobs, int fd, const struct bench_frame *frame, __u32 hosts, __u32 first,
		   __u32 turns, bool new_flows)
{
	bench_aim(knobs, frame, hosts);
	knobs->walk = 1;
	knobs->turn = first;
	if (new_flows) {
		knobs->peer_offset = frame->peer_offset;
		knobs->peer_base = frame->peer_base;
	}
	return bench_time(fd, frame, turns);
}

/* The segments before the one that is timed, for some turns. Return: 0, or -1. */
static int converse_block(struct bench_world *world, const struct bench_case *c, enum bench_encap encap, __u32 first,
			  __u32 turns, bool new_flows)
{
	struct bench_frame frame;

	for (size_t i = 0; i < bench_case_length(c); i++) {
		bool from_outside;

		bench_frame_build(&frame, c, encap, i);
		from_outside = frame.from_server;
		if (walk(bench_world_knobs(world, BENCH_GATEPOST, from_outside),
			 bench_world_program(world, BENCH_GATEPOST, from_outside), &frame, world->hosts, first, turns,
			 new_flows) < 0)
			return -1;
	}
	return 0;
}

/* A few hosts at a time, as on a real line: handshakes that wait for their last segment have no room without end. */
static int converse(struct bench_world *world, const struct bench_case *c, enum bench_encap encap, __u32 turns,
		    bool new_flows)
{
	int err = 0;

	bench_world_clear_flows(world);
	for (__u32 first = 0; first < turns && !err; first += HANDSHAKES_AT_ONCE) {
		__u32 block = turns - first < HANDSHAKES_AT_ONCE ? turns - first : HANDSHAKES_AT_ONCE;

		bench_world_tick(world);
		err = converse_block(world, c, encap, first, block, new_flows);
	}
	return err;
}

int bench_converse(struct bench_world *world, const struct bench_case *c, enum bench_encap encap)
{
	return converse(world, c, encap, world->hosts, false);
}

/* As many flows as one pass sets up, each host the same number of them. */
static __u32 new_flows_of(__u32 hosts)
{
	return hosts > NEW_FLOWS ? hosts : NEW_FLOWS;
}

/* gatepost over new flows: their handshakes are done anew before each pass, so that each payload is a first one. */
static double time_new_flows(struct bench_world *world, const struct bench_row *row, const struct bench_frame *frame)
{
	struct bench_knobs *knobs = bench_world_knobs(world, BENCH_GATEPOST, frame->from_server);
	int fd = bench_world_program(world, BENCH_GATEPOST, frame->from_server);
	__u32 turns = new_flows_of(row->hosts);
	double best = -1;

	for (int i = 0; i < NEW_FLOW_PASSES; i++) {
		double ns;

		if (converse(world, row->bench_case, row->encap, turns, true))
			return -1;
		ns = walk(knobs, fd, frame, row->hosts, 0, turns, true);
		if (ns < 0)
			return -1;
		if (best < 0 || ns < best)
			best = ns;
	}
	return best;
}

/* One program, one repetition. */
static double time_program(struct bench_world *world, const struct bench_row *row, const struct bench_frame *frame,
			   enum bench_program program, double slice_ns)
{
	struct bench_knobs *knobs = bench_world_knobs(world, program, frame->from_server);
	int fd = bench_world_program(world, program, frame->from_server);

	bench_aim(knobs, frame, row->hosts);
	switch (row->bench_case->stream) {
	case BENCH_STREAM_NEW:
		if (program == BENCH_GATEPOST)
			return time_new_flows(world, row, frame);
		knobs->walk = 1;
		knobs->peer_offset = frame->peer_offset;
		knobs->peer_base = frame->peer_base;
		break;
	case BENCH_STREAM_GOES_ON:
		knobs->seq_step = frame->seq_step;
		knobs->seq_own = row->hosts <= BENCH_SEQ_HOSTS;
		knobs->seq_first = program * BENCH_SEQ_HOSTS;
		break;
	case BENCH_STREAM_NONE:
		break;
	}
	bench_world_tick(world);
	return bench_time_slice(fd, knobs, frame, slice_ns);
}

/* Every host once through one program. */
static int show_hosts(struct bench_world *world, const struct bench_frame *frame, enum bench_program program)
{
	return walk(bench_world_knobs(world, program, frame->from_server),
		    bench_world_program(world, program, frame->from_server), frame, world->hosts, 0, world->hosts,
		    false) < 0
		       ? -1
		       : 0;
}

/*
 * Everybody has seen every host, gatepost in this case: nothing that is timed is an insertion, except where that is the
 * case's point.
 */
static int warm_up(struct bench_world *world, const struct bench_case *c, const struct bench_frame *frame,
		   enum bench_encap encap)
{
	const struct bench_case **warm = &world->warm[encap == BENCH_IPV6];
	int err = 0;

	if (!*warm)
		err = show_hosts(world, frame, BENCH_LINE) || show_hosts(world, frame, BENCH_TEXTBOOK);
	if (!err && *warm != c)
		err = show_hosts(world, frame, BENCH_GATEPOST);
	*warm = c;
	return err ? -1 : 0;
}

/* The flows that go on exist before they are timed; beyond BENCH_SEQ_HOSTS no gateway's flow table holds them all. */
static int prepare(struct bench_world *world, const struct bench_row *row, const struct bench_frame *frame)
{
	int err = frame->inside_offset ? warm_up(world, row->bench_case, frame, row->encap) : 0;

	if (err || row->bench_case->stream != BENCH_STREAM_GOES_ON || row->hosts > BENCH_SEQ_HOSTS)
		return err;
	for (int program = 0; program < BENCH_PROGRAMS; program++)
		bench_world_restart_streams(world, program, frame->from_server);
	return bench_converse(world, row->bench_case, row->encap);
}

/* One host is always in the cache: many short slices find a quiet moment rather than a few long ones. */
static struct bench_effort effort_of(const struct bench_row *row, const struct bench_effort *effort)
{
	bool hot = row->hosts == 1 && row->bench_case->stream != BENCH_STREAM_NEW;

	return hot ? (struct bench_effort){ 4 * effort->rounds, effort->slice_ns / 4 } : *effort;
}

int bench_measure(struct bench_row *row, struct bench_world *world, const struct bench_effort *effort)
{
	const struct bench_effort each = effort_of(row, effort);
	struct bench_frame frame;

	bench_frame_build(&frame, row->bench_case, row->encap, bench_case_length(row->bench_case));
	if (prepare(world, row, &frame)) {
		fprintf(stderr, "bench: %s: cannot prepare its hosts and flows\n", row->bench_case->name);
		return -1;
	}
	for (__u32 round = 0; round < each.rounds; round++) {
		for (int program = 0; program < BENCH_PROGRAMS; program++) {
			double ns;

			if ((program == BENCH_QUIET || program == BENCH_TAGGED || program == BENCH_UNDO) &&
			    row->bench_case->group != BENCH_GROUP_BULK)
				continue;
			ns = time_program(world, row, &frame, program, each.slice_ns);
			if (ns < 0) {
				fprintf(stderr, "bench: %s: the kernel refused the test run\n", row->bench_case->name);
				return -1;
			}
			if (!round || ns < row->ns[program])
				row->ns[program] = ns;
		}
	}
	return 0;
}
