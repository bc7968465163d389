/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about the network that the interfaces stand in. Pure. */
#ifndef GATEPOST_CHECK_NETWORK_H
#define GATEPOST_CHECK_NETWORK_H

#include "check.h"
#include "check_netif.h"
#include "check_rules.h"
#include "loader.h"

/* What was named with -i; nothing in a survey. All borrowed. */
struct gp_check_chosen {
	const struct gp_interface *interfaces;
	size_t count;
	const struct gp_netif *links;
	size_t link_count;
};

/* Do the attached sides lie on one side of every translation, and in one routing table? Rows of the host. */
void gp_check_network(struct gp_check *check, const struct gp_rules *rules, const struct gp_check_chosen *chosen);

#endif
