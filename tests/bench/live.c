// SPDX-License-Identifier: GPL-2.0-or-later
#include "live.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "live_pair.h"
#include "measure.h"
#include "tests/bench/bench.skel.h"

#define TRIAL_FRAMES 500000u
#define CASE "TLS bulk up"

/* What gatepost does with the frame, on the receiving end. */
struct receiver {
	struct bench_world world;
	struct bench_frame frame;
	bool drop;
};

static const struct bench_case *live_case(void)
{
	for (size_t i = 0; i < bench_case_count; i++)
		if (!strcmp(bench_cases[i].name, CASE))
			return &bench_cases[i];
	return NULL;
}

/* Best of three. @program: on the receiving end. */
static int measure(struct receiver *r, const struct bpf_program *program, unsigned cores, double seconds, double *best)
{
	int index = (int)if_nametoindex(BENCH_RECEIVE), fd = bpf_program__fd(r->world.sides[0]->progs.bench_send);
	int err = bpf_xdp_attach(index, bpf_program__fd(program), XDP_FLAGS_DRV_MODE, NULL);
	double mpps;

	*best = 0;
	if (!err)
		err = bench_send(cores, fd, &r->frame, TRIAL_FRAMES, &mpps);
	for (int i = 0; i < 3 && !err && mpps > 0; i++) {
		err = bench_send(cores, fd, &r->frame, (__u32)(mpps * 1e6 * seconds / 3 / cores) + BENCH_BATCH, &mpps);
		if (mpps > *best)
			*best = mpps;
	}
	bpf_xdp_detach(index, XDP_FLAGS_DRV_MODE, NULL);
	return err;
}

/* The header's sum without checksum and source address, in a frame without tags. */
static void aim_checksum(struct bench_knobs *knobs, const struct bench_frame *frame)
{
	const __u8 *header = frame->data + 14;

	for (int i = 0; i < 20; i += 2)
		if (i != 10 && i != 12 && i != 14)
			knobs->check_rest += (__u32)header[i] << 8 | header[i + 1];
	knobs->check_offset = 14 + 10;
}

/* gatepost on the receiving end, with the flows of all hosts, and a sender that draws from them. */
static int open_receiver(struct receiver *r, bool drop)
{
	const struct bench_case *c = live_case();
	struct bench_knobs *knobs;
	int err;

	r->drop = drop;
	err = bench_world_open(&r->world, BENCH_LIVE_HOSTS, BENCH_FOR_LIVE, drop, (int)if_nametoindex(BENCH_SEND));
	if (err)
		return err;
	if (bench_converse(&r->world, c, BENCH_PLAIN))
		return -EIO;
	bench_frame_build(&r->frame, c, BENCH_PLAIN, bench_case_length(c));
	knobs = bench_world_knobs(&r->world, BENCH_GATEPOST, false);
	bench_aim(knobs, &r->frame, BENCH_LIVE_HOSTS);
	knobs->seq_step = r->frame.seq_step;
	if (!drop)
		aim_checksum(knobs, &r->frame);
	return 0;
}

static int measure_drop(struct receiver *r, struct bench_live *live, double seconds)
{
	const struct bench_bpf *s = r->world.sides[0];
	int err = measure(r, s->progs.bench_receive_nothing, 1, seconds, &live->empty_drop_mpps);

	if (!err)
		err = measure(r, s->progs.bench_receive, 1, seconds, &live->drop_mpps);
	if (!err && bench_cpus() > 1)
		err = measure(r, s->progs.bench_receive_nothing, 2, seconds, &live->empty_two_cores_mpps);
	if (!err && bench_cpus() > 1)
		err = measure(r, s->progs.bench_receive, 2, seconds, &live->two_cores_mpps);
	return err;
}

static int measure_pass(struct receiver *r, struct bench_live *live, double seconds)
{
	const struct bench_bpf *s = r->world.sides[0];
	int err = measure(r, s->progs.bench_receive_nothing, 1, seconds, &live->empty_pass_mpps);

	return err ? err : measure(r, s->progs.bench_receive, 1, seconds, &live->pass_mpps);
}

static void print_live(const struct bench_live *live)
{
	printf("\nlive, %s over %u sources through a veth pair, Mpps    gatepost  empty program\n", CASE,
	       BENCH_LIVE_HOSTS);
	printf("  one core sends and receives, dropped behind      %10.2f  %13.2f\n", live->drop_mpps,
	       live->empty_drop_mpps);
	printf("  one core, passed on: the stack drops by route    %10.2f  %13.2f\n", live->pass_mpps,
	       live->empty_pass_mpps);
	if (live->two_cores_mpps > 0)
		printf("  two cores, two queues, dropped behind            %10.2f  %13.2f  factors %.2f and %.2f\n",
		       live->two_cores_mpps, live->empty_two_cores_mpps, live->two_cores_mpps / live->drop_mpps,
		       live->empty_two_cores_mpps / live->empty_drop_mpps);
	else
		printf("  two cores: skipped, one CPU only\n");
}

static int measure_both(struct bench_live *live, double seconds)
{
	int err = 0;

	for (int drop = 0; drop < 2 && !err; drop++) {
		struct receiver *r = calloc(1, sizeof(*r));

		if (!r)
			return -ENOMEM;
		err = open_receiver(r, drop);
		if (!err)
			err = drop ? measure_drop(r, live, seconds) : measure_pass(r, live, seconds);
		bench_world_close(&r->world);
		free(r);
	}
	return err;
}

int bench_live(struct bench_live *live, double seconds)
{
	int err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	if (bench_pair_make()) {
		printf("\nlive: skipped: no veth pair (iproute2, CONFIG_VETH)\n");
		return 0;
	}
	err = measure_both(live, seconds);
	if (!err)
		err = bench_live_evidence(&live->evidence, seconds);
	if (err == -EINVAL || err == -ENOTSUP) {
		printf("\nlive: skipped: %s; live frames need Linux 5.18, native XDP on veth\n", strerror(-err));
		return 0;
	}
	if (err) {
		fprintf(stderr, "bench: live: %s\n", strerror(-err));
		return err;
	}
	live->done = true;
	print_live(live);
	return 0;
}
