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

/**
 * gp_epoch_wait() - wait until no program runs that was begun before.
 *
 * For whoever has taken the programs off, or shown them something new. Returns at once in replay.
 */
void gp_epoch_wait(const struct gp_epoch *epoch);

/* Where a turn stands: an agent may be killed at any of these, and between them. */
enum gp_epoch_step {
	GP_EPOCH_CLEARING, /* the idle bank's records are gone, its list is not */
	GP_EPOCH_CLEARED,
	GP_EPOCH_MARKED,  /* the bank says which epoch it will be committed with; not yet filled */
	GP_EPOCH_FLIPPED, /* the other bank is filled from now on; programs may still be at work in this one */
	GP_EPOCH_COLLECTED,
	GP_EPOCH_WRITTEN, /* to the journal */
	GP_EPOCH_COMMITTED,
	GP_EPOCH_ADDED, /* to the world */
	GP_EPOCH_SNAPSHOT, /* the journal begins anew */
	GP_EPOCH_STEPS,
};

/* Called as each step is done. Does nothing, and is weak: a program may define its own, to watch or to stop there. */
void gp_epoch_step(enum gp_epoch_step step);

/* Closes the journal. @keep: leave the file for the next agent; otherwise it is removed. */
void gp_epoch_close(struct gp_epoch *epoch, bool keep);

#endif
