// SPDX-License-Identifier: GPL-2.0-or-later
#include "deep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "missed.h"
#include "source_xsk.h"

#define FRAMES_PER_CALL 4096u /* timers and signals come in between */
#define HOLD_MS 2	      /* well above what a CPU takes for 64 frames */
#define HOLD_NS (HOLD_MS * 1000000)

struct tap {
	const struct gp_interface *interface;
	struct gp_xsk *xsk; /* NULL: none could be had */
	bool has_redirects; /* gp_missed_has_redirects() */
};

struct socket {
	struct gp_xsk *xsk; /* its tap's */
	unsigned queue;
	struct gp_frame head; /* its oldest frame, if it waits */
	bool waits;
	bool gone; /* and its interface with it */
};

struct gp_deep {
	const struct gp_config *config;
	gp_segment_fn *take;
	void *context;
	struct gp_deep_maps maps;
	struct gp_deep_sum before;
	__u64 frames;
	int err; /* of take() */
	struct socket sockets[GP_DEEP_SOCKETS];
	unsigned socket_count;
	bool flows; /* frames come: look every HOLD_MS, instead of being woken for each batch */
	bool more;  /* there are others to be taken now */
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
		interfaces[i].deep_chunk = gp_xsk_chunk(interfaces[i].name);
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
	if (all && !bpf_map_lookup_elem(deep->maps.sums, &zero, all)) {
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
	deep->socket_count = 0;
}

/* All of them or none: half of a flow's packets would be worse than what comes without. */
static int open_taps(struct gp_deep *deep, bool copy, char *why)
{
	int err = 0;

	for (size_t i = 0; i < deep->count && !err; i++) {
		struct tap *tap = &deep->taps[i];

		err = gp_xsk_open(&tap->xsk, tap->interface->name, tap->interface->deep_queues,
				  tap->interface->deep_chunk, copy, why);
	}
	return err;
}

static int let_in(struct gp_deep *deep, char *why)
{
	for (size_t i = 0; i < deep->count; i++) {
		const struct tap *tap = &deep->taps[i];

		for (__u32 queue = 0; queue < tap->interface->deep_queues; queue++) {
			__u32 key = tap->interface->deep_first + queue;
			int fd = gp_xsk_fd(tap->xsk, queue), err;

			deep->sockets[deep->socket_count++] = (struct socket){ .xsk = tap->xsk, .queue = queue };
			if (!bpf_map_update_elem(deep->maps.xsks, &key, &fd, BPF_ANY))
				continue;
			err = -errno;
			snprintf(why, GP_XSK_WHY, "map gp_xsks: %s", strerror(-err));
			return err;
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

int gp_deep_open(struct gp_deep **out, const struct gp_deep_maps *maps, const struct gp_config *config,
		 const struct gp_interface *interfaces, size_t count, bool skb_mode, gp_segment_fn *take,
		 void *context)
{
	struct gp_deep *deep = calloc(1, sizeof(*deep) + count * sizeof(*deep->taps));
	char why[GP_XSK_WHY] = "";
	int err;

	if (!deep)
		return -ENOMEM;
	deep->config = config;
	deep->take = take;
	deep->context = context;
	deep->maps = *maps;
	deep->count = count;
	for (size_t i = 0; i < count; i++)
		deep->taps[i] = (struct tap){
			.interface = &interfaces[i],
			.has_redirects = !skb_mode && gp_missed_has_redirects(interfaces[i].name),
		};
	read_sums(deep, &deep->before);
	err = open_taps(deep, skb_mode, why);
	if (!err)
		err = let_in(deep, why);
	if (err) {
		close_taps(deep);
		gp_notice("--deep: %s; packets pass, and what they say is sampled instead", why);
	} else {
		say_opened(deep);
	}
	*out = deep;
	return 0;
}

unsigned gp_deep_fds(const struct gp_deep *deep, struct pollfd *fds, int *timeout_ms)
{
	*timeout_ms = !deep->flows ? -1 : deep->more ? 0 : HOLD_MS;
	for (unsigned i = 0; i < deep->socket_count; i++) {
		const struct socket *s = &deep->sockets[i];

		/* poll() passes over negative ones. */
		fds[i] = (struct pollfd){
			.fd = s->gone || deep->flows ? -1 : gp_xsk_fd(s->xsk, s->queue),
			.events = POLLIN,
		};
	}
	return deep->socket_count;
}

static void take_frame(struct gp_deep *deep, const struct gp_frame *frame)
{
	struct gp_segment segment;
	int err;

	deep->frames++;
	if (!gp_segment_from_frame(&segment, frame, deep->config->tunnels))
		return;
	err = deep->take(deep->context, &segment);
	if (err && err != -ENOMEM) /* a segment for which there is no memory is a gap */
		deep->err = err;
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

/*
 * Which socket has the oldest frame?
 * @until_ns: out; up to which time its frames come before those of all others.
 *
 * A queue's frames become visible when its CPU has gone through a batch of them (NAPI). So where another queue has none, a
 * frame has to wait until one that came before it would have been seen.
 * Return: NULL when there is none, or it has to wait.
 */
static struct socket *oldest(struct gp_deep *deep, __u64 *until_ns)
{
	struct socket *first = NULL;
	bool all = true;

	*until_ns = ~0ull;
	for (unsigned i = 0; i < deep->socket_count; i++) {
		struct socket *s = &deep->sockets[i];

		s->waits = gp_xsk_peek(s->xsk, s->queue, &s->head);
		if (!s->waits) {
			all = all && s->gone;
			continue;
		}
		if (first && s->head.time_ns >= first->head.time_ns) {
			*until_ns = s->head.time_ns < *until_ns ? s->head.time_ns : *until_ns;
			continue;
		}
		if (first)
			*until_ns = first->head.time_ns;
		first = s;
	}
	if (!all) {
		__u64 seen_ns = now_ns() - HOLD_NS;

		*until_ns = seen_ns < *until_ns ? seen_ns : *until_ns;
	}
	return first && first->head.time_ns <= *until_ns ? first : NULL;
}

/* Takes frames in the order in which they came. Return: how many. */
static unsigned take_in_order(struct gp_deep *deep, unsigned most)
{
	struct socket *s;
	unsigned done = 0;
	__u64 until_ns;

	while (done < most && (s = oldest(deep, &until_ns))) {
		do {
			take_frame(deep, &s->head);
			gp_xsk_take(s->xsk, s->queue);
			done++;
			s->waits = gp_xsk_peek(s->xsk, s->queue, &s->head);
		} while (done < most && s->waits && s->head.time_ns <= until_ns);
	}
	return done;
}

int gp_deep_read(struct gp_deep *deep, const struct pollfd *fds, unsigned count)
{
	unsigned done;

	for (unsigned i = 0; i < count; i++)
		if (fds[i].revents & ~POLLIN) /* its interface has gone: nothing comes any more */
			deep->sockets[i].gone = true;
	done = take_in_order(deep, FRAMES_PER_CALL);
	deep->more = done == FRAMES_PER_CALL;
	deep->flows = done;
	for (unsigned i = 0; i < deep->socket_count; i++)
		deep->flows = deep->flows || deep->sockets[i].waits;
	return deep->err;
}

int gp_deep_drain(struct gp_deep *deep)
{
	const struct timespec hold = { .tv_nsec = HOLD_NS };

	nanosleep(&hold, NULL);
	take_in_order(deep, GP_XSK_MEMORY_BYTES / GP_XSK_CHUNK_SMALL * (unsigned)deep->count);
	return deep->err;
}

static void add_statistics(struct gp_deep_count *out, const struct tap *tap)
{
	struct gp_xsk_statistics s;

	gp_xsk_read_statistics(tap->xsk, &s);
	out->rx_dropped += s.rx_dropped;
	out->rx_ring_full += s.rx_ring_full;
	out->rx_fill_empty += s.rx_fill_empty;
	out->rx_invalid += s.rx_invalid;
	out->lost += s.rx_dropped + s.rx_ring_full;
	out->lost_as_missed += tap->has_redirects ? s.rx_dropped + s.rx_ring_full : 0;
}

__u32 gp_deep_frame_max(const struct gp_deep *deep)
{
	__u32 least = ~0u;

	for (size_t i = 0; i < deep->count && deep->socket_count; i++) {
		__u32 room = deep->taps[i].interface->deep_chunk - GP_XSK_HEADROOM;

		least = room < least ? room : least;
	}
	return deep->socket_count ? least : 0;
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
		add_statistics(out, tap);
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
