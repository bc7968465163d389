/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies under /sys/fs/bpf/gatepost: the data plane's maps, and a note of who they belong to. */
#ifndef GATEPOST_PINS_H
#define GATEPOST_PINS_H

#include <limits.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "missed.h"

#define GP_BPFFS "/sys/fs/bpf"
#define GP_PIN_DIR GP_BPFFS "/gatepost"

/**
 * gp_pins_lock() - hold the directory: who holds it is the agent whose maps lie in it, and nobody else takes them away.
 *
 * The lock goes with the descriptor, so with the process at the latest. Return: the descriptor, -EWOULDBLOCK when a
 * living process holds it, or -errno (not logged).
 */
int gp_pins_lock(const char *dir);

/* One interface of a run, as it stands in the note: what the next run needs to go on should this one be killed. */
struct gp_note {
	__u32 interface;    /* its index */
	__u32 side;	    /* enum gp_side */
	__u32 generic;	    /* 1: attached in generic mode */
	__u32 program;	    /* the id that the kernel gave it */
	__u64 start_ns;	    /* of the first run; the data plane's clock */
	struct gp_settings settings; /* that the maps were made for */
	struct gp_missed missed; /* what the interface had lost when the program was attached */
	char name[16];
	char journal[PATH_MAX]; /* absolute */
};

/**
 * gp_pins_note() - write the note, as the last of the pins: where it stands, everything else is complete.
 *
 * Return: 0, or -errno (logged).
 */
int gp_pins_note(const char *dir, const struct gp_note *notes, size_t count);

/**
 * gp_pins_read_note() - the note of an earlier run.
 * @notes: out; to be freed by the caller.
 *
 * Return: 0; -ENOENT when there is none: that run did not come to the end of its start, or was about to end; -EPROTO when
 * another version wrote it; or -errno. Nothing is logged.
 */
int gp_pins_read_note(const char *dir, struct gp_note **notes, size_t *count);

/**
 * gp_pins_remove() - unpin every object of a directory, the note first, and remove it.
 * @count: NULL, or incremented for each object.
 *
 * Return: 0, also when there is no such directory, or -errno (logged).
 */
int gp_pins_remove(const char *dir, unsigned *count);

/* libxdp's own directory under /sys/fs/bpf, if it is empty and nobody holds libxdp's lock on it. */
void gp_pins_remove_libxdp(void);

#endif
