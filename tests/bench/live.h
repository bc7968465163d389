/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets per second through a veth pair in a network namespace of its own: the kernel's live test frames
 * (BPF_F_TEST_XDP_LIVE_FRAMES) are sent from one end, native XDP takes them on the other. The core that sends also
 * receives, so the figure includes the sender.
 */
#ifndef GATEPOST_BENCH_LIVE_H
#define GATEPOST_BENCH_LIVE_H

#include <stdbool.h>

#include <linux/types.h>

#include "live_evidence.h"

#define BENCH_LIVE_HOSTS 131072u

/* Million packets that arrived per second; 0: not measured. */
struct bench_live {
	bool done;
	double drop_mpps;       /* gatepost, and what it passes is dropped */
	double pass_mpps;       /* gatepost, and the stack drops it after routing */
	double empty_drop_mpps; /* an empty program instead */
	double empty_pass_mpps;
	double empty_two_cores_mpps;
	double two_cores_mpps; /* as drop_mpps, two queues on two cores */
	struct bench_evidence evidence;
};

/**
 * bench_live() - measure all of it.
 * @seconds: of each of the figures, about.
 *
 * Moves the process into a fresh network namespace, which vanishes with it. Prints. Return: 0, or -errno (said on
 * stderr); without live frames in the kernel (< 5.18) or veth a line says so, and 0.
 */
int bench_live(struct bench_live *live, double seconds);

#endif
