/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network interface, and the way it faces. */
#ifndef GATEPOST_INTERFACE_H
#define GATEPOST_INTERFACE_H

#include <gatepost/abi.h>

struct gp_interface {
	char name[16];
	int index;
	enum gp_side side;
	__u32 deep_first, deep_queues; /* gp_deep_plan(): its places in the map of AF_XDP sockets */
	__u32 deep_chunk;	       /* gp_xsk_chunk() */
};

/**
 * gp_interface_parse() - "eth0", "eth0:inside", "eth0:outside", "eth0:tap" (the default).
 *
 * Return: 0, or -EINVAL / -ENODEV (logged, with the remedy).
 */
int gp_interface_parse(struct gp_interface *out, const char *text);

#endif
