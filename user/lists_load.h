/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the operator's lists: read at start, and again when they have changed. */
#ifndef GATEPOST_LISTS_LOAD_H
#define GATEPOST_LISTS_LOAD_H

#include "lists.h"

#define GP_LIST_FILE_BYTES ((size_t)32 << 20)

struct gp_lists_loader;

/**
 * gp_lists_load() - read all lists.
 * @specs: borrowed until close.
 *
 * Every error of every file is logged, one line each: "FILE:LINE: what is wrong; what is allowed".
 * Return: 0, -EINVAL when anything is wrong, or -errno of reading a file (logged).
 */
int gp_lists_load(struct gp_lists_loader **out, const struct gp_list_spec *specs, size_t count);

/* What was read; stays where it is, its entries are others after a reload. NULL where no list is configured. */
struct gp_lists *gp_lists_loaded(const struct gp_lists_loader *loader);

/* Read all files again. Return: as gp_lists_load(); after an error the lists are what they were, and that is logged. */
int gp_lists_reload(struct gp_lists_loader *loader);

/* gp_lists_reload() if a file has changed since the last time. Return: 1 after one, 0 when none has, or as that. */
int gp_lists_refresh(struct gp_lists_loader *loader);

/* As gp_lists_swap(): what gp_lists_loaded() returned stays where it is. Both have lists, or neither has. */
void gp_lists_loader_swap(struct gp_lists_loader *a, struct gp_lists_loader *b);

void gp_lists_unload(struct gp_lists_loader *loader);

#endif
