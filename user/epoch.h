/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Epochs: flips the banks of outside hosts and cells, drains the idle one into the world, and commits what was read, so
 * that an agent killed anywhere loses and doubles nothing (docs/design.md, "Epochs").
 */
#ifndef GATEPOST_EPOCH_H
#define GATEPOST_EPOCH_H

#include "world.h"

struct gp_epoch;

struct gp_epoch_options {
	const char *journal; /* file to commit to, made if need be; NULL: nothing is committed (replay) */
	bool live;	     /* programs may be running: wait for them after a flip */
};

/**
 * gp_epoch_open() - begin, or go on where a killed agent stopped.
 * @world: empty; gets what the journal holds. Borrowed until close.
 *
 * A step that was under way when the last agent died is finished first. Return: 0, or -errno (logged).
 */
int gp_epoch_open(struct gp_epoch **out, struct gp_world *world, const struct gp_epoch_options *options);

/**
 * gp_epoch_turn() - one epoch more: flip, wait, drain, commit.
 * @now_ns: the data plane's clock.
 *
 * To be called before each gp_judge_tick() that begins a time slice, and at the end: afterwards the world holds all that
 * was counted before the call. Return: 0, or -errno (logged); after an error nothing is lost, and the next call tries
 * again.
 */
int gp_epoch_turn(struct gp_epoch *epoch, __u64 now_ns);

/* Closes the journal. @keep: leave the file for the next agent; otherwise it is removed. */
void gp_epoch_close(struct gp_epoch *epoch, bool keep);

#endif
