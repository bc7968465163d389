/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run --deep: what the program of mirror ports redirects (bpf/deep.h) is read, segment by segment. */
#ifndef GATEPOST_DEEP_USER_H
#define GATEPOST_DEEP_USER_H

#include <poll.h>

#include "config.h"
#include "deep_count.h"
#include "loader.h"
#include "segment.h"

struct gp_deep;

/* One segment, borrowed for the call; its time is CLOCK_MONOTONIC. Return: 0, -ENOMEM when it was not taken, or -errno. */
typedef int gp_segment_fn(void *context, const struct gp_segment *segment);

/* Descriptors, borrowed until close. */
struct gp_deep_maps {
	int xsks, sums; /* gp_xsks, gp_deep_sums */
};

/**
 * gp_deep_plan() - the places of each interface's sockets, before anything is attached.
 * @interfaces: deep_first and deep_queues are written. By their indices, so that the order of -i makes no difference.
 *
 * Return: 0, or -EINVAL (logged): not only mirror ports, or more receive queues than there are places.
 */
int gp_deep_plan(struct gp_interface *interfaces, size_t count);

/**
 * gp_deep_open() - sockets on all receive queues of all interfaces, and from now on packets come.
 * @maps: of the programs, which were attached with config->deep.
 * @interfaces: as gp_deep_plan() left them; borrowed until close.
 * @skb_mode: they are attached in generic mode.
 * @take: called with @context for each TCP segment, in the order in which they came.
 *
 * Says how the sockets are fed. Where they cannot be had, it says why: then the program redirects nothing, and gp_deep_read()
 * finds nothing. Return: 0, or -ENOMEM.
 */
int gp_deep_open(struct gp_deep **out, const struct gp_deep_maps *maps, const struct gp_config *config,
		 const struct gp_interface *interfaces, size_t count, bool skb_mode, gp_segment_fn *take,
		 void *context);

/**
 * gp_deep_fds() - what to wait for.
 * @fds: room for GP_DEEP_SOCKETS of them.
 * @timeout_ms: out; for poll(), -1 for ever.
 *
 * To be asked anew before each poll(). Return: how many.
 */
unsigned gp_deep_fds(const struct gp_deep *deep, struct pollfd *fds, int *timeout_ms);

/**
 * gp_deep_read() - take what has come, some thousand frames at most, from all sockets in the order in which it came.
 * @fds: as poll() left them.
 *
 * Return: 0, or the first -errno of take() other than -ENOMEM.
 */
int gp_deep_read(struct gp_deep *deep, const struct pollfd *fds, unsigned count);

/* Takes all that has come; for the end, when no more comes. Return: as gp_deep_read(). */
int gp_deep_drain(struct gp_deep *deep);

/* Frames up to so many bytes come by sockets; 0: none do. What is larger is for samples to tell. */
__u32 gp_deep_frame_max(const struct gp_deep *deep);

void gp_deep_counts(const struct gp_deep *deep, struct gp_deep_count *out);

void gp_deep_close(struct gp_deep *deep);

#endif
