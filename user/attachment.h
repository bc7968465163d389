/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface's XDP program: attached through libxdp, watched, attached again when the interface comes back. */
#ifndef GATEPOST_ATTACHMENT_H
#define GATEPOST_ATTACHMENT_H

#include <stdbool.h>

#include <xdp/libxdp.h>

#include "bpf_object.h"
#include "interface.h"
#include "missed.h"

/* The object is ours, the program handle libxdp's; a program that was taken over has neither. */
struct gp_attachment {
	struct gp_interface *interface;
	struct gp_bpf bpf;
	struct xdp_program *program;
	__u32 id; /* the kernel's, of the program */
	bool attached;
	bool missed;	/* when it was last looked for */
	bool gone;	/* with its interface */
	unsigned looks; /* since then */
	char lost[192]; /* what was not counted, and why; "": nothing */
	struct gp_missed missed_before;
	__u64 missed_here, missed_earlier; /* since it was attached, when last looked at; and at interfaces before this one */
};

/**
 * gp_attachment_find() - look for our program on one interface, whoever attached it, and take it off if told to.
 * @id: the kernel's id of it, or 0 for any of ours. @found_id: out; or NULL.
 *
 * Return: how many there were, or -errno.
 */
int gp_attachment_find(int index, __u32 id, bool detach, __u32 *found_id);

/**
 * gp_attachment_open() - load a program and attach it, in the best way that kernel and driver allow.
 *
 * Return: 0, or -errno (logged with the remedy).
 */
int gp_attachment_open(struct gp_attachment *a, const struct gp_config *config, enum xdp_attach_mode mode);

/* Is it still there? When it was missing twice in a row, that is said, once. */
void gp_attachment_check(struct gp_attachment *a);

/* Has an interface that went away come back by its name, and is it time to try? */
bool gp_attachment_is_back(struct gp_attachment *a);

/* Attaches to it again. Return: as gp_attachment_open(). */
int gp_attachment_again(struct gp_attachment *a, const struct gp_config *config, enum xdp_attach_mode mode);

/* Packets that drivers lost while the program was attached. */
__u64 gp_attachment_missed(const struct gp_attachment *a);

/* Takes the program off. Return: 0, -ENOENT when it was not there any more, or -errno (logged). */
int gp_attachment_detach(struct gp_attachment *a);

/* Frees what this process holds; an attached program stays. */
void gp_attachment_forget(struct gp_attachment *a);

#endif
