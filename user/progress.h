/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a replay has come: one line on a terminal, at most 5 times per second; nothing anywhere else. */
#ifndef GATEPOST_PROGRESS_H
#define GATEPOST_PROGRESS_H

#include <stdbool.h>

#include <linux/types.h>

struct gp_progress {
	int fd;		 /* -1 when nothing is to be shown */
	bool shown;	 /* a line stands on the terminal */
	__u32 countdown; /* calls until the clock is looked at again */
	__u64 start_ns;	 /* CLOCK_MONOTONIC; the display is the only thing that reads a clock */
	__u64 last_ns;	 /* of the last line */
};

/**
 * gp_progress_init() - begin; stays silent unless @fd (standard error) is a terminal that can erase a line.
 */
void gp_progress_init(struct gp_progress *progress, int fd);

/* Has enough time gone by for a new line? Reads the clock. Called through gp_progress_due(). */
bool gp_progress_clock(struct gp_progress *progress);

/**
 * gp_progress_due() - is a new line wanted? Cheap enough for every packet: the clock is read now and then only.
 */
static inline bool gp_progress_due(struct gp_progress *progress)
{
	if (progress->fd < 0 || --progress->countdown)
		return false;
	return gp_progress_clock(progress);
}

/**
 * gp_progress_show() - draw the line.
 * @total_bytes: 0 when it is not known (a pipe): no bar and no share, the figures only.
 *
 * The cursor stays at the start of the line above, so that a message logged meanwhile has a line of its own.
 */
void gp_progress_show(struct gp_progress *progress, __u64 done_bytes, __u64 total_bytes, __u64 packets);

/**
 * gp_progress_end() - erase the line, if there is one. May be called twice.
 */
void gp_progress_end(struct gp_progress *progress);

#endif
