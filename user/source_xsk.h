/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that an XDP program redirects to AF_XDP sockets: one socket per receive queue of an interface, one memory (UMEM)
 * for all of them. Sockets that share a memory over several queues need rings of their own for each (Linux 5.10).
 */
#ifndef GATEPOST_SOURCE_XSK_H
#define GATEPOST_SOURCE_XSK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"

/* Each frame lies in a chunk of memory, behind the kernel's XDP_PACKET_HEADROOM. */
#define GP_XSK_CHUNK_SMALL 2048u
#define GP_XSK_CHUNK_LARGE 4096u /* a page, which is the most that there is */
#define GP_XSK_HEADROOM 256u
#define GP_XSK_QUEUE_BYTES (64u << 20) /* at most */
#define GP_XSK_MEMORY_BYTES (128u << 20) /* of an interface, at most */
#define GP_XSK_WHY 192

struct gp_xsk;

/* Since the sockets were opened, all queues; XDP_STATISTICS of getsockopt() (Linux 4.18; the last two 5.9). */
struct gp_xsk_statistics {
	__u64 rx_dropped;     /* no chunk was free, or the frame did not fit one */
	__u64 rx_invalid;     /* chunks that the kernel refused: never, unless by an error here */
	__u64 rx_ring_full;
	__u64 rx_fill_empty;  /* times that no chunk was free; in copy mode each is one of rx_dropped */
};

/**
 * gp_xsk_queues() - how many receive queues an interface has: what it gets packets on.
 *
 * Asks the driver (ETHTOOL_GCHANNELS, then ETHTOOL_GRXRINGS); who answers neither has one. Not /sys, which shows the network
 * namespace that it was mounted in. Return: at least 1.
 */
unsigned gp_xsk_queues(const char *interface);

/* The size of the chunks that an interface's frames fit in, going by its MTU: the smaller they are the more there are. */
__u32 gp_xsk_chunk(const char *interface);

/**
 * gp_xsk_open() - a socket on each of an interface's receive queues.
 * @queues: from 0 on.
 * @chunk: bytes: GP_XSK_CHUNK_SMALL or GP_XSK_CHUNK_LARGE.
 * @copy: do not try zero-copy: generic XDP always copies.
 * @why: out, of an error: which step failed on which queue, and what to do; GP_XSK_WHY bytes.
 *
 * Zero-copy where the driver has it, else copy (Linux 4.18). No packet comes before gp_xsk_fd() stands in an XSKMAP of the
 * program. Needs CAP_NET_RAW; without CAP_IPC_LOCK the memory counts against RLIMIT_MEMLOCK.
 * Return: 0, or -errno; nothing is logged.
 */
int gp_xsk_open(struct gp_xsk **out, const char *interface, unsigned queues, __u32 chunk, bool copy, char *why);

bool gp_xsk_is_zero_copy(const struct gp_xsk *xsk);

/* A queue's socket: to be polled for POLLIN, and put into an XSKMAP. Theirs until close. */
int gp_xsk_fd(const struct gp_xsk *xsk, unsigned queue);

/**
 * gp_xsk_peek() - the oldest frame of a queue that has not been taken.
 * @frame: out; borrowed until the next call. Its time is the kernel's, CLOCK_MONOTONIC, as the program wrote it over the
 *         hardware addresses (GP_DEEP_STAMP_WORDS).
 *
 * The chunks of frames that were taken go back to the kernel here, some at a time, so that it has all but those that wait
 * to be read, and the batch under way. Return: false when there is none.
 */
bool gp_xsk_peek(struct gp_xsk *xsk, unsigned queue, struct gp_frame *frame);

/* The frame that gp_xsk_peek() has shown is done with. */
void gp_xsk_take(struct gp_xsk *xsk, unsigned queue);

void gp_xsk_read_statistics(const struct gp_xsk *xsk, struct gp_xsk_statistics *out);

/* The sockets leave the XSKMAP by themselves: what would be redirected to them passes from then on. */
void gp_xsk_close(struct gp_xsk *xsk);

#endif
