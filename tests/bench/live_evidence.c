// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_evidence.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dialogues.h"
#include "live.h"
#include "live_pair.h"
#include "measure.h"
#include "tests/bench/bench.skel.h"

#define CASE "SMTP command"
#define TRIAL_FRAMES 200000u

/* The agent's part: what `run` does with the ring. */
struct listener {
	pthread_t thread;
	struct gp_bpf *bpf;
	struct gp_dialogues *dialogues;
	atomic_bool stop;
	double cpu_s;
	int err;
};

static int told(void *context, const struct gp_dialogue *dialogue, enum gp_stream_end end)
{
	(void)context;
	(void)dialogue;
	(void)end;
	return 0;
}

static void take(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct listener *l = context;

	if (!l->err)
		l->err = gp_dialogues_sample(l->dialogues, sample, bytes);
}

static void *listen_on(void *argument)
{
	struct listener *l = argument;
	struct pollfd fd = { .fd = gp_bpf_samples_fd(l->bpf), .events = POLLIN };
	struct timespec used;

	bench_pin(bench_cpus() > 1 ? 1 : 0);
	while (!atomic_load(&l->stop)) {
		poll(&fd, 1, 100);
		gp_bpf_samples(l->bpf, take, l);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	l->cpu_s = (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
	return NULL;
}

static __u64 commands_counted(const struct gp_memory *m)
{
	__u64 commands = 0;

	for (__u32 i = 0; i < m->claims->hosts && i < m->settings->inside_hosts; i++)
		for (int command = 0; command < GP_SMTP_COMMANDS; command++)
			commands += m->hosts[i].smtp[0].commands[command];
	return commands;
}

static void sum_samples(const struct gp_memory *m, struct bench_evidence *e)
{
	for (__u32 cpu = 0; cpu < m->cpu_count; cpu++) {
		for (int kind = 0; kind < GP_SAMPLED_KINDS; kind++) {
			const struct gp_sampled_count *c = &m->cpus[cpu].totals.sampled[kind];

			e->taken += c->taken;
			e->wanted += c->taken + c->source_limited + c->limited + c->ring_full;
		}
	}
}

static const struct bench_case *find_case(void)
{
	for (size_t i = 0; i < bench_case_count; i++)
		if (!strcmp(bench_cases[i].name, CASE))
			return &bench_cases[i];
	return NULL;
}

/* Each host goes on with its own dialogue, which has its handshake, greeting and hello behind it. */
static int prepare(struct bench_world *world, struct bench_frame *frame)
{
	const struct bench_case *c = find_case();
	struct bench_knobs *knobs;
	int err = bench_world_open(world, BENCH_LIVE_HOSTS, BENCH_FOR_LIVE, true, (int)if_nametoindex(BENCH_SEND));

	if (err)
		return err;
	if (bench_converse(world, c, BENCH_PLAIN))
		return -EIO;
	bench_frame_build(frame, c, BENCH_PLAIN, bench_case_length(c));
	knobs = bench_world_knobs(world, BENCH_GATEPOST, false);
	bench_aim(knobs, frame, BENCH_LIVE_HOSTS);
	knobs->seq_step = frame->seq_step;
	knobs->seq_own = 1;
	knobs->seq_first = BENCH_GATEPOST * BENCH_SEQ_HOSTS;
	return 0;
}

static int send_commands(struct bench_world *world, const struct bench_frame *frame, double seconds, double *mpps)
{
	const struct bench_bpf *s = world->sides[0];
	int index = (int)if_nametoindex(BENCH_RECEIVE), fd = bpf_program__fd(s->progs.bench_send);
	int err = bpf_xdp_attach(index, bpf_program__fd(s->progs.bench_receive), XDP_FLAGS_DRV_MODE, NULL);

	if (!err)
		err = bench_send(1, fd, frame, TRIAL_FRAMES, mpps);
	if (!err)
		err = bench_send(1, fd, frame, (__u32)(*mpps * 1e6 * seconds) + BENCH_BATCH, mpps);
	bpf_xdp_detach(index, XDP_FLAGS_DRV_MODE, NULL);
	return err;
}

static int measure(struct bench_world *world, struct bench_evidence *e, double seconds)
{
	struct listener l = { .bpf = &world->gatepost };
	struct bench_frame frame;
	__u64 counted;
	__u32 arrived;
	double begin;
	int err = prepare(world, &frame);

	if (!err)
		err = gp_dialogues_open(&l.dialogues, world->config, told, NULL);
	if (err)
		return err;
	counted = commands_counted(&world->gatepost.memory);
	arrived = bench_received();
	begin = bench_clock_ns();
	err = -pthread_create(&l.thread, NULL, listen_on, &l);
	if (!err) {
		err = send_commands(world, &frame, seconds, &e->mpps);
		atomic_store(&l.stop, true);
		pthread_join(l.thread, NULL);
	}
	e->agent_core = l.cpu_s / ((bench_clock_ns() - begin) * 1e-9);
	e->arrived = bench_received() - arrived;
	e->counted = commands_counted(&world->gatepost.memory) - counted;
	sum_samples(&world->gatepost.memory, e);
	gp_dialogues_finish(l.dialogues);
	e->dialogues = gp_dialogues_count(l.dialogues).told;
	gp_dialogues_close(l.dialogues);
	return err ? err : l.err;
}

int bench_live_evidence(struct bench_evidence *e, double seconds)
{
	struct bench_world *world = calloc(1, sizeof(*world));
	int err;

	if (!world)
		return -ENOMEM;
	err = measure(world, e, seconds);
	bench_world_close(world);
	free(world);
	if (err)
		return err;
	printf("\nlive, %s over %u sources, one core sends and receives, samples on\n", CASE, BENCH_LIVE_HOSTS);
	printf("  %.2f Mpps; %llu packets arrived, %llu commands counted\n", e->mpps, (unsigned long long)e->arrived,
	       (unsigned long long)e->counted);
	printf("  samples: %llu of %llu wanted; %llu dialogues; the agent's part takes %.2f of another core\n",
	       (unsigned long long)e->taken, (unsigned long long)e->wanted, (unsigned long long)e->dialogues, e->agent_core);
	return 0;
}
