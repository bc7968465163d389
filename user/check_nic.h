/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver and the kernel say of one interface. Only read, nothing is set; nothing here logs. */
#ifndef GATEPOST_CHECK_NIC_H
#define GATEPOST_CHECK_NIC_H

#include "check_netif.h"

/* A switch of ethtool -k. */
struct gp_nic_feature {
	bool known, on;
	bool fixed; /* ethtool -K cannot change it */
};

struct gp_nic {
	const struct gp_netif *link; /* borrowed */
	char driver[32];	    /* "" when it says nothing */
	int xdp_err;		    /* 0: the bits are known; -ENOENT: the kernel is too old to say */
	__u64 xdp_features;	    /* GP_XDP_* */
	bool channels_known;
	bool combined; /* its channels receive and send; else they only receive */
	unsigned rx_channels, rx_channels_max;
	struct gp_nic_feature vlan_ctag, vlan_stag, lro, gro_hw;
	char programs[128]; /* names of the attached XDP programs; "" when there are none, or they are secret */
	bool dispatcher;    /* they share the interface through libxdp's */
	bool ours;	    /* gatepost is among them */
	bool rp_filter_known;
	long rp_filter; /* 0 none, 1 strict, 2 loose: what applies, the larger of this interface's and of all */
};

/**
 * gp_nic_read() - everything that can be found out; the rest stays unknown.
 * @programs: look for the names of attached programs, which takes privilege.
 */
void gp_nic_read(struct gp_nic *out, const struct gp_netif *link, bool programs);

#endif
