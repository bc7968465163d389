/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface read through libpcap, where XDP cannot be attached: packets are copied to the agent, which runs the data
 * plane itself. Slower, and what the agent does not read in time is lost and counted; same reports.
 */
#ifndef GATEPOST_SOURCE_LIVE_H
#define GATEPOST_SOURCE_LIVE_H

#include <poll.h>

#include "config.h"
#include "framer.h"
#include "loader.h"

struct gp_source_live;

/**
 * gp_source_live_open() - listen to interfaces, as mirror ports.
 * @interfaces: borrowed until close. libpcap sees what an interface receives and what it sends.
 *
 * Return: 0, or -errno (logged, with the remedy).
 */
int gp_source_live_open(struct gp_source_live **out, struct gp_config *config, const struct gp_interface *interfaces,
			size_t count);

struct gp_memory *gp_source_live_memory(struct gp_source_live *source);

/* What to wait for: one descriptor per interface. @fds: room for them. Return: how many. */
unsigned gp_source_live_fds(const struct gp_source_live *source, struct pollfd *fds);

/**
 * gp_source_live_read() - count what has come, some thousand frames of each interface at most.
 *
 * Records and samples are handed over after each frame. Return: 0, or -ENETDOWN when an interface has gone (logged); from
 * then on nothing comes.
 */
int gp_source_live_read(struct gp_source_live *source, gp_sample_fn *sample, gp_record_fn *record, void *context);

/* Packets that the kernel had no room for, all interfaces. */
__u64 gp_source_live_missed(struct gp_source_live *source);

/* Which interface went away, and how: the source's text. NULL: none. */
const char *gp_source_live_lost(const struct gp_source_live *source);

const struct gp_source_count *gp_source_live_count(const struct gp_source_live *source);

void gp_source_live_close(struct gp_source_live *source);

#endif
