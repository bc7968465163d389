/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about one interface. Pure: from what check_nic.c read. */
#ifndef GATEPOST_CHECK_INTERFACE_H
#define GATEPOST_CHECK_INTERFACE_H

#include "check.h"
#include "check_nic.h"

#include <gatepost/abi.h>

/* What one interface's rows depend on. All borrowed. */
struct gp_check_place {
	const struct gp_nic *nic;
	const struct gp_netif *links; /* of the namespace: members and masters */
	size_t count;
	enum gp_side side;
	bool side_known;
	unsigned cpus;
	long page_bytes;
	bool fib_rule; /* the packet filter drops sources that are not routed back where they came from */
};

/**
 * gp_check_may_attach() - does this kind of interface belong into a survey?
 *
 * Return: false for those that have no frames of their own: loopback, VLAN devices, bridges, VRFs.
 */
bool gp_check_may_attach(const struct gp_netif *link);

/* The rows of one interface, under its name. */
void gp_check_interface(struct gp_check *check, const struct gp_check_place *place);

#endif
