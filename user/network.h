/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network that an address is taken to share with its neighbours: a /24, of IPv6 a /48. */
#ifndef GATEPOST_NETWORK_H
#define GATEPOST_NETWORK_H

#include <gatepost/parse.h>
#include <gatepost/table.h>

static inline struct gp_addr gp_network(const struct gp_addr *addr)
{
	struct gp_addr network = *addr;

	gp_addr_mask(&network, gp_addr_is_mapped(addr) ? 96 + 24 : 48);
	return network;
}

#endif
