// SPDX-License-Identifier: GPL-2.0-or-later
#include "deep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "source_xsk.h"

#define FRAMES_PER_CALL 1024u /* of one socket: the others, timers and signals come in between */

struct tap {
	const struct gp_interface *interface;
	struct gp_xsk *xsk; /* NULL: none could be had */
};

struct gp_deep {
	const struct gp_config *config;
	struct gp_telling *telling;
	int xsks, sums; /* the maps; the loader's */
	struct gp_deep_sum before;
	__u64 frames;
	int err; /* of telling */
	bool gone[GP_DEEP_SOCKETS];
	size_t count;
	struct tap taps[];
};

static int check_sides(const struct gp_interface *interfaces, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (interfaces[i].side == GP_SIDE_TAP)
			continue;
		gp_error("-i %s: --deep takes packets from the kernel: only on a tap", interfaces[i].name);
		return -EINVAL;
	}
	return 0;
}

int gp_deep_plan(struct gp_interface *interfaces, size_t count)
{
	__u32 all = 0;
	int err = check_sides(interfaces, count);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		interfaces[i].deep_queues = gp_xsk_queues(interfaces[i].name);
		interfaces[i].deep_first = 0;
		all += interfaces[i].deep_queues;
	}
	if (all > GP_DEEP_SOCKETS) {
		gp_error("--deep: the taps have %u receive queues, and %u can be read; have fewer with: ethtool -L", all,
			 GP_DEEP_SOCKETS);
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (interfaces[j].index < interfaces[i].index)
				interfaces[i].deep_first += interfaces[j].deep_queues;
	return 0;
}

static void read_sums(const struct gp_deep *deep, struct gp_deep_sum *out)
{
	int cpus = libbpf_num_possible_cpus();
	struct gp_deep_sum *all = cpus > 0 ? calloc((size_t)cpus, sizeof(*all)) : NULL;
	__u32 zero = 0;

	memset(out, 0, sizeof(*out));
	if (all && !bpf_map_lookup_elem(deep->sums, &zero, all)) {
		for (int i = 0; i < cpus; i++) {
			out->redirected += all[i].redirected;
			out->too_large += all[i].too_large;
			out->no_socket += all[i].no_socket;
		}
	}
	free(all);
}

static void close_taps(struct gp_deep *deep)
{
	for (size_t i = 0; i < deep->count; i++) {
		if (deep->taps[i].xsk)
			gp_xsk_close(deep->taps[i].xsk);
		deep->taps[i].xsk = NULL;
	}
}

/* All of them or none: half of a flow's packets would be worse than what comes without. */
static int open_taps(struct gp_deep *deep, bool copy, char *why)
{
	int err = 0;

	for (size_t i = 0; i < deep->count && !err; i++) {
		struct tap *tap = &deep->taps[i];

		err = gp_xsk_open(&tap->xsk, tap->interface->name, tap->interface->deep_queues, copy, why);
	}
	return err;
}

static int let_in(struct gp_deep *deep, char *why)
{
	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		for (__u32 queue = 0; queue < tap->interface->deep_queues; queue++) {
			__u32 key = tap->interface->deep_first + queue;
			int fd = gp_xsk_fd(tap->xsk, queue);

			if (!bpf_map_update_elem(deep->xsks, &key, &fd, BPF_ANY))
				continue;
			snprintf(why, GP_XSK_WHY, "map gp_xsks: %s", strerror(errno));
			return -errno;
		}
	}
	return 0;
}

static void say_opened(const struct gp_deep *deep)
{
	for (size_t i = 0; i < deep->count; i++)
		gp_notice("%s: --deep reads watched flows, %u KiB of each direction, from %u AF_XDP sockets (%s)",
			  deep->taps[i].interface->name, deep->config->deep_stream_kib,
			  deep->taps[i].interface->deep_queues,
			  gp_xsk_is_zero_copy(deep->taps[i].xsk) ? "zero-copy" : "copied");
}

int gp_deep_open(struct gp_deep **out, const struct gp_loader *loader, const struct gp_config *config,
		 const struct gp_interface *interfaces, size_t count, bool skb_mode, struct gp_telling *telling)
{
	struct gp_deep *deep = calloc(1, sizeof(*deep) + count * sizeof(*deep->taps));
	char why[GP_XSK_WHY] = "";
	int err;

	if (!deep)
		return -ENOMEM;
	deep->config = config;
	deep->telling = telling;
	deep->xsks = gp_loader_map(loader, "gp_xsks");
	deep->sums = gp_loader_map(loader, "gp_deep_sums");
	deep->count = count;
	for (size_t i = 0; i < count; i++)
		deep->taps[i].interface = &interfaces[i];
	read_sums(deep, &deep->before);
	err = open_taps(deep, skb_mode, why);
	if (!err)
		err = let_in(deep, why);
	if (err) {
		close_taps(deep);
		gp_notice("--deep: %s; packets pass, and what they say is not read whole", why);
	} else {
		say_opened(deep);
	}
	*out = deep;
	return 0;
}

unsigned gp_deep_fds(const struct gp_deep *deep, struct pollfd *fds)
{
	unsigned count = 0;

	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		for (__u32 queue = 0; tap->xsk && queue < tap->interface->deep_queues; queue++) {
			__u32 place = tap->interface->deep_first + queue;

			/* poll() passes over negative ones. */
			fds[count++] = (struct pollfd){
				.fd = deep->gone[place] ? -1 : gp_xsk_fd(tap->xsk, queue),
				.events = POLLIN,
			};
		}
	}
	return count;
}

static void take_frame(void *context, const struct gp_frame *frame)
{
	struct gp_deep *deep = context;
	struct gp_segment segment;
	int err;

	deep->frames++;
	if (!gp_segment_from_frame(&segment, frame, deep->config->tunnels))
		return;
	err = gp_telling_segment(deep->telling, &segment);
	if (err && err != -ENOMEM) /* a segment for which there is no memory is a gap */
		deep->err = err;
}

int gp_deep_read(struct gp_deep *deep, const struct pollfd *fds, unsigned count)
{
	unsigned at = 0, frames = 0;

	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		for (__u32 queue = 0; tap->xsk && queue < tap->interface->deep_queues && at < count; queue++, at++) {
			if (fds[at].revents & POLLIN)
				frames += gp_xsk_read(tap->xsk, queue, FRAMES_PER_CALL, take_frame, deep);
			else if (fds[at].revents)
				deep->gone[tap->interface->deep_first + queue] = true;
		}
	}
	return deep->err ? deep->err : (int)frames;
}

int gp_deep_drain(struct gp_deep *deep)
{
	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		for (__u32 queue = 0; tap->xsk && queue < tap->interface->deep_queues; queue++)
			gp_xsk_read(tap->xsk, queue, GP_XSK_CHUNKS_PER_QUEUE, take_frame, deep);
	}
	return deep->err;
}

static void add_statistics(struct gp_deep_count *out, const struct gp_xsk *xsk)
{
	struct gp_xsk_statistics s;

	gp_xsk_read_statistics(xsk, &s);
	out->rx_dropped += s.rx_dropped;
	out->rx_ring_full += s.rx_ring_full;
	out->rx_fill_empty += s.rx_fill_empty;
	out->rx_invalid += s.rx_invalid;
	out->lost += s.rx_dropped + s.rx_ring_full;
}

void gp_deep_counts(const struct gp_deep *deep, struct gp_deep_count *out)
{
	bool zero_copy = true;
	struct gp_deep_sum now;

	*out = (struct gp_deep_count){ .stream_kib = deep->config->deep_stream_kib, .frames = deep->frames };
	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		if (!tap->xsk)
			continue;
		out->sockets += tap->interface->deep_queues;
		zero_copy = zero_copy && gp_xsk_is_zero_copy(tap->xsk);
		add_statistics(out, tap->xsk);
	}
	out->mode = !out->sockets ? "none" : zero_copy ? "zero_copy" : "copy";
	read_sums(deep, &now);
	out->redirected = now.redirected - deep->before.redirected;
	out->too_large = now.too_large - deep->before.too_large;
	out->no_socket = now.no_socket - deep->before.no_socket;
}

void gp_deep_close(struct gp_deep *deep)
{
	close_taps(deep);
	free(deep);
}
