/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A veth pair with two queues: live test frames are sent from one end, the other one receives. */
#ifndef GATEPOST_BENCH_LIVE_PAIR_H
#define GATEPOST_BENCH_LIVE_PAIR_H

#include "frames.h"

#define BENCH_SEND "gpb-send"
#define BENCH_RECEIVE "gpb-receive"
#define BENCH_BATCH 64 /* frames per flush; the driver's ring has 256 places */

/* The receiving end has the frames' destination, so that the stack takes them as its own. Return: 0, or -EOPNOTSUPP. */
int bench_pair_make(void);

/* Packets that the receiving end's XDP program was given. The kernel's 32-bit counter: differences only. */
__u32 bench_received(void);

/**
 * bench_send() - send from one or two cores at once.
 * @fd: of the program that sends.
 * @frames: of each core.
 * @mpps: out; the sum of the cores' rates, of packets that arrived.
 *
 * Return: 0, or -errno.
 */
int bench_send(unsigned cores, int fd, const struct bench_frame *frame, __u32 frames, double *mpps);

#endif
