/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tc program that turns tags into marks (bpf/tag.bpf.c), on clsact ingress of interfaces. What is ours there is told
 * by the program's name, and by the filter's handle whether we made the qdisc: a later detach knows no more than that.
 */
#ifndef GATEPOST_TAG_FILTER_H
#define GATEPOST_TAG_FILTER_H

#include "config.h"
#include "loader.h"

struct gp_tag_filters;

/**
 * gp_tag_filters_open() - attach to each interface, before all filters that are there if the first place is free.
 * @interfaces: borrowed until close.
 *
 * One that a killed run left is replaced. When one interface fails, nothing stays behind.
 * Return: 0, or -errno (logged: what failed, on which interface, what to do).
 */
int gp_tag_filters_open(struct gp_tag_filters **out, const struct gp_config *config,
			const struct gp_interface *interfaces, size_t count);

/* Takes them off, and the qdiscs that were made for them unless somebody else uses them by now. */
void gp_tag_filters_close(struct gp_tag_filters *filters);

/**
 * gp_tag_filters_clean() - take off what any run left on an interface.
 * @removed: incremented for each filter.
 *
 * Return: 0, or -errno (logged).
 */
int gp_tag_filters_clean(int index, unsigned *removed);

#endif
