// SPDX-License-Identifier: GPL-2.0-or-later
/* The XDP program that `run` attaches, fed frame by frame through BPF_PROG_TEST_RUN. Needs root; attaches nothing. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "bpf_object.h"
#include "engine.h"
#include "gatepost.skel.h"
#include "log.h"
#include "memory_setup.h"

struct kernel_engine {
	struct gp_engine engine; /* first: what callers hold */
	struct gp_bpf bpf;
	int program_fd;
	struct gp_packet last;
	cpu_set_t cpus_before; /* where this thread might run */
	bool moved;
};

static struct kernel_engine *kernel_of(struct gp_engine *engine)
{
	return (struct kernel_engine *)engine;
}

static void kernel_samples(struct gp_engine *engine, gp_sample_fn *take, void *context)
{
	gp_bpf_samples(&kernel_of(engine)->bpf, take, context);
}

static int kernel_frame(struct gp_engine *engine, const struct gp_frame *frame)
{
	struct kernel_engine *kernel = kernel_of(engine);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data, .data_size_in = frame->data_bytes);
	int err;

	engine->memory.now_ns = frame->time_ns;
	gp_bpf_samples(&kernel->bpf, NULL, NULL);
	kernel->bpf.skeleton->bss->gp_replay_now_ns = frame->time_ns;
	kernel->bpf.skeleton->bss->gp_replay_excess_bytes = frame->excess_bytes;
	err = bpf_prog_test_run_opts(kernel->program_fd, &options);
	if (err)
		gp_error("test run of a frame of %u bytes: %s", frame->data_bytes, strerror(-err));
	else if (options.retval != XDP_PASS)
		err = -EPROTO;
	return err;
}

/* The frame ran on one CPU. All scratches are cleared after each look, so the one that is not empty is the last. */
static const struct gp_packet *kernel_last_packet(struct gp_engine *engine)
{
	struct kernel_engine *kernel = kernel_of(engine);
	static const struct gp_packet none;

	for (__u32 i = 0; i < engine->memory.cpu_count; i++) {
		struct gp_packet *packet = &engine->memory.cpus[i].scratch.packet;

		if (memcmp(packet, &none, sizeof(none)))
			kernel->last = *packet;
		memset(packet, 0, sizeof(*packet));
	}
	return &kernel->last;
}

static void kernel_drain(struct gp_engine *engine, gp_record_fn *take, void *context)
{
	gp_bpf_drain(&kernel_of(engine)->bpf, take, context);
}

/* One CPU for all frames: what waits there for its line (include/gatepost/hot.h) waits equally long in each replay. */
static void stay_on_cpu(struct kernel_engine *kernel)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	if (!sched_getaffinity(0, sizeof(kernel->cpus_before), &kernel->cpus_before))
		kernel->moved = !sched_setaffinity(0, sizeof(one), &one);
}

static void kernel_close(struct gp_engine *engine)
{
	struct kernel_engine *kernel = kernel_of(engine);

	if (kernel->moved)
		sched_setaffinity(0, sizeof(kernel->cpus_before), &kernel->cpus_before);
	gp_bpf_close(&kernel->bpf);
	free(kernel);
}

static int load(struct kernel_engine *kernel, const struct gp_config *config)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_TAP, .replay = true, .cpus = 1 };
	int err = gp_bpf_open(&kernel->bpf, config, &options);

	if (err)
		return err;
	err = gatepost_bpf__load(kernel->bpf.skeleton);
	if (err) {
		gp_error("kernel engine: cannot load the XDP program: %s; %s", strerror(-err), gp_bpf_remedy(err));
		return err;
	}
	kernel->program_fd = bpf_program__fd(kernel->bpf.program);
	err = gp_bpf_map(&kernel->bpf);
	if (err)
		return err;
	kernel->engine.memory = kernel->bpf.memory;
	gp_memory_setup(&kernel->engine.memory, config, &kernel->bpf.plan);
	return 0;
}

int gp_engine_kernel_open(struct gp_engine **out, const struct gp_config *config)
{
	struct kernel_engine *kernel = calloc(1, sizeof(*kernel));
	int err;

	if (!kernel)
		return -ENOMEM;
	kernel->engine.name = "kernel";
	kernel->engine.frame = kernel_frame;
	kernel->engine.drain = kernel_drain;
	kernel->engine.samples = kernel_samples;
	kernel->engine.last_packet = kernel_last_packet;
	kernel->engine.close = kernel_close;
	err = load(kernel, config);
	if (err) {
		kernel_close(&kernel->engine);
		return err;
	}
	stay_on_cpu(kernel);
	*out = &kernel->engine;
	return 0;
}
