/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does what a killed agent left fit what is to be run now? Whatever differs is said in one line, with both remedies: the
 * same configuration again, or `gatepost detach`.
 */
#ifndef GATEPOST_TAKEOVER_H
#define GATEPOST_TAKEOVER_H

#include "bpf_object.h"
#include "loader.h"
#include "pins.h"

/**
 * gp_takeover_read() - the note of a killed agent.
 * @config: compared with the settings that the maps were made for; its secret becomes theirs.
 *
 * Return: 0, with *notes to be freed by the caller, or -errno (logged).
 */
int gp_takeover_read(const char *dir, struct gp_note **notes, size_t *count, struct gp_config *config);

/**
 * gp_takeover_find() - an interface of this run in the note.
 * @wanted: how many interfaces this run has: as many as there are notes, or it does not fit.
 *
 * Return: its note, or NULL (logged).
 */
const struct gp_note *gp_takeover_find(const struct gp_note *notes, size_t count, const struct gp_interface *interface,
				       size_t wanted, bool generic);

/* Were programs attached for --deep, and are they wanted? Return: 0, or -EINVAL when they differ (logged). */
int gp_takeover_has_deep(const char *dir, const struct gp_config *config);

/* Is every map pinned? To be asked before the object is loaded: it would make those that are not. Return: 0 or -errno. */
int gp_takeover_has_maps(const struct gp_bpf *bpf);

/* The journal's path, from the root. @path: PATH_MAX bytes. Return: 0 or -errno (logged). */
int gp_takeover_journal_path(char *path, const struct gp_config *config);

/* Removes the journal that a note names, if it belongs to the maps that the note is about. */
void gp_takeover_remove_journal(const struct gp_note *note);

#endif
