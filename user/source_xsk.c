// SPDX-License-Identifier: GPL-2.0-or-later
#include "source_xsk.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xdp/xsk.h>

#define BATCH 64u
#define LINK_BYTES 22 /* Ethernet and two VLAN tags */
#define BUSY_TRIES 50
#define BUSY_MS 100
#define UNUSED_RING 64u /* nothing is sent, so nothing completes; the kernel asks for the ring all the same */

/* The producer of fill is this process, that of rx is the kernel; each ring has room for all of the queue's chunks. */
struct queue {
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion, rx;
	__u32 at, peeked, taken; /* the batch under way */
};

struct gp_xsk {
	struct xsk_umem *umem;
	__u8 *memory;
	size_t memory_bytes;
	__u32 chunk;  /* bytes */
	__u32 chunks; /* of each queue */
	unsigned count;
	bool zero_copy;
	struct queue queues[];
};

static int ask_driver(int fd, const char *interface, void *command)
{
	struct ifreq request = { .ifr_data = command };

	memcpy(request.ifr_name, interface, strnlen(interface, sizeof(request.ifr_name) - 1));
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

unsigned gp_xsk_queues(const char *interface)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_rxnfc rings = { .cmd = ETHTOOL_GRXRINGS };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned queues = 0;

	if (fd < 0)
		return 1;
	if (!ask_driver(fd, interface, &channels))
		queues = channels.rx_count + channels.combined_count;
	if (!queues && !ask_driver(fd, interface, &rings))
		queues = (unsigned)rings.data;
	close(fd);
	return queues ? queues : 1;
}

/* A power of two, so that it is a ring's size as well. */
static __u32 chunks_per_queue(unsigned queues, __u32 chunk)
{
	__u32 chunks = GP_XSK_QUEUE_BYTES / chunk;

	while (chunks > BATCH && (__u64)chunks * queues > GP_XSK_MEMORY_BYTES / chunk)
		chunks /= 2;
	return chunks;
}

__u32 gp_xsk_chunk(const char *interface)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool small;

	memcpy(request.ifr_name, interface, strnlen(interface, sizeof(request.ifr_name) - 1));
	small = fd >= 0 && !ioctl(fd, SIOCGIFMTU, &request) &&
		request.ifr_mtu + LINK_BYTES <= (int)(GP_XSK_CHUNK_SMALL - GP_XSK_HEADROOM);
	if (fd >= 0)
		close(fd);
	return small ? GP_XSK_CHUNK_SMALL : GP_XSK_CHUNK_LARGE;
}

static const char *remedy(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "it takes CAP_NET_RAW";
	case -EBUSY:
		return "another program has a socket on that queue";
	case -ENOBUFS:
	case -ENOMEM:
		return "raise the memory lock limit (ulimit -l)";
	case -EAFNOSUPPORT:
		return "the kernel has no AF_XDP (CONFIG_XDP_SOCKETS)";
	default:
		return "driver or kernel refuse it";
	}
}

static int fail(char *why, const char *what, int err)
{
	snprintf(why, GP_XSK_WHY, "%s: %s; %s", what, strerror(-err), remedy(err));
	return err;
}

static int make_memory(struct gp_xsk *x, const char *interface, char *why)
{
	const struct xsk_umem_config config = {
		.fill_size = x->chunks,
		.comp_size = UNUSED_RING,
		.frame_size = x->chunk,
	};
	void *at;
	char what[64];
	int err;

	x->memory_bytes = (size_t)x->chunks * x->count * x->chunk;
	at = mmap(NULL, x->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return fail(why, "no memory for AF_XDP sockets", -errno);
	x->memory = at;
	madvise(at, x->memory_bytes, MADV_HUGEPAGE); /* where it can be had: each frame lies in another page otherwise */
	/* These two rings become those of the first socket. */
	err = xsk_umem__create(&x->umem, at, x->memory_bytes, &x->queues[0].fill, &x->queues[0].completion, &config);
	snprintf(what, sizeof(what), "no memory for AF_XDP sockets on %s", interface);
	return err ? fail(why, what, err) : 0;
}

/* All of the queue's chunks are the kernel's now. */
static void fill(struct gp_xsk *x, unsigned queue)
{
	struct xsk_ring_prod *ring = &x->queues[queue].fill;
	__u32 at;

	if (xsk_ring_prod__reserve(ring, x->chunks, &at) != x->chunks)
		return;
	for (__u32 i = 0; i < x->chunks; i++)
		*xsk_ring_prod__fill_addr(ring, at + i) = ((__u64)queue * x->chunks + i) * x->chunk;
	xsk_ring_prod__submit(ring, x->chunks);
}

/* The first socket's mode is that of all who share its memory. */
static int make_socket(struct gp_xsk *x, const char *interface, unsigned queue, char *why)
{
	const struct xsk_socket_config config = {
		.rx_size = x->chunks,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (__u16)(XDP_USE_NEED_WAKEUP | (x->zero_copy ? XDP_ZEROCOPY : XDP_COPY)),
	};
	struct queue *q = &x->queues[queue];
	char what[64];
	int err = xsk_socket__create_shared(&q->socket, interface, queue, x->umem, &q->rx, NULL, &q->fill,
					    &q->completion, &config);

	if (!err) {
		fill(x, queue);
		return 0;
	}
	q->socket = NULL;
	snprintf(what, sizeof(what), "no AF_XDP socket on queue %u of %s", queue, interface);
	return fail(why, what, err);
}

static int try_open(struct gp_xsk **out, const char *interface, unsigned queues, __u32 chunk, bool zero_copy,
		    char *why)
{
	struct gp_xsk *x = calloc(1, sizeof(*x) + queues * sizeof(*x->queues));
	int err;

	if (!x)
		return fail(why, "no memory for AF_XDP sockets", -ENOMEM);
	x->count = queues;
	x->chunk = chunk;
	x->chunks = chunks_per_queue(queues, chunk);
	x->zero_copy = zero_copy;
	err = make_memory(x, interface, why);
	for (unsigned i = 0; i < queues && !err; i++)
		err = make_socket(x, interface, i, why);
	if (err) {
		gp_xsk_close(x);
		return err;
	}
	*out = x;
	return 0;
}

int gp_xsk_open(struct gp_xsk **out, const char *interface, unsigned queues, __u32 chunk, bool copy, char *why)
{
	const struct timespec a_while = { .tv_nsec = BUSY_MS * 1000000 };
	int err = -EBUSY;

	/* The kernel lets go of a queue some time after the socket of whoever had it was closed. */
	for (int i = 0; i < BUSY_TRIES && err == -EBUSY; i++) {
		if (i)
			nanosleep(&a_while, NULL);
		err = copy ? -EOPNOTSUPP : try_open(out, interface, queues, chunk, true, why);
		if (err)
			err = try_open(out, interface, queues, chunk, false, why);
	}
	return err;
}

bool gp_xsk_is_zero_copy(const struct gp_xsk *xsk)
{
	return xsk->zero_copy;
}

int gp_xsk_fd(const struct gp_xsk *xsk, unsigned queue)
{
	return xsk_socket__fd(xsk->queues[queue].socket);
}

/* The batch's chunks go back. There is room: the ring has as many places as the queue has chunks. */
static void give_back(struct queue *q, __u32 chunk)
{
	__u32 to;

	if (xsk_ring_prod__reserve(&q->fill, q->peeked, &to) == q->peeked) {
		for (__u32 i = 0; i < q->peeked; i++)
			*xsk_ring_prod__fill_addr(&q->fill, to + i) =
				xsk_ring_cons__rx_desc(&q->rx, q->at + i)->addr & ~(__u64)(chunk - 1);
		xsk_ring_prod__submit(&q->fill, q->peeked);
	}
	xsk_ring_cons__release(&q->rx, q->peeked);
	/* A driver that found no chunk sleeps until it is told (Linux 5.4). */
	if (xsk_ring_prod__needs_wakeup(&q->fill))
		recvfrom(xsk_socket__fd(q->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static __u64 stamp_of(const __u8 *data)
{
	__u64 ns = 0;
	__u16 word;

	for (int i = 0; i < GP_DEEP_STAMP_WORDS; i++) {
		memcpy(&word, data + i * sizeof(word), sizeof(word));
		ns |= (__u64)word << 16 * i;
	}
	return ns;
}

bool gp_xsk_peek(struct gp_xsk *xsk, unsigned queue, struct gp_frame *frame)
{
	struct queue *q = &xsk->queues[queue];
	const struct xdp_desc *d;

	if (q->taken == q->peeked) {
		if (q->peeked)
			give_back(q, xsk->chunk);
		q->peeked = xsk_ring_cons__peek(&q->rx, BATCH, &q->at);
		q->taken = 0;
		if (!q->peeked)
			return false;
	}
	d = xsk_ring_cons__rx_desc(&q->rx, q->at + q->taken);
	*frame = (struct gp_frame){
		.data = xsk->memory + d->addr,
		.data_bytes = d->len,
		.captured_bytes = d->len,
		.wire_bytes = d->len,
		.time_ns = stamp_of(xsk->memory + d->addr),
	};
	return true;
}

void gp_xsk_take(struct gp_xsk *xsk, unsigned queue)
{
	struct queue *q = &xsk->queues[queue];

	if (q->taken < q->peeked)
		q->taken++;
}

void gp_xsk_read_statistics(const struct gp_xsk *xsk, struct gp_xsk_statistics *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < xsk->count; i++) {
		struct xdp_statistics s = { 0 };
		socklen_t bytes = sizeof(s);

		if (getsockopt(gp_xsk_fd(xsk, i), SOL_XDP, XDP_STATISTICS, &s, &bytes))
			continue;
		out->rx_dropped += s.rx_dropped;
		out->rx_invalid += s.rx_invalid_descs;
		out->rx_ring_full += s.rx_ring_full;
		out->rx_fill_empty += s.rx_fill_ring_empty_descs;
	}
}

void gp_xsk_close(struct gp_xsk *xsk)
{
	for (unsigned i = 0; i < xsk->count; i++)
		if (xsk->queues[i].socket)
			xsk_socket__delete(xsk->queues[i].socket);
	if (xsk->umem)
		xsk_umem__delete(xsk->umem);
	if (xsk->memory)
		munmap(xsk->memory, xsk->memory_bytes);
	free(xsk);
}
