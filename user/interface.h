/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network interface, and the way it faces. */
#ifndef GATEPOST_INTERFACE_H
#define GATEPOST_INTERFACE_H

#include "config.h"

struct gp_interface {
	char name[GP_INTERFACE_NAME];
	int index;
	enum gp_side side;
	__u32 deep_first, deep_queues; /* gp_deep_plan(): its places in the map of AF_XDP sockets */
	__u32 deep_chunk;	       /* gp_xsk_chunk() */
};

/**
 * gp_interface_find() - the interface that is configured, in this network namespace.
 *
 * Return: 0, or -ENODEV (logged, with the remedy).
 */
int gp_interface_find(struct gp_interface *out, const struct gp_interface_spec *spec);

#endif
