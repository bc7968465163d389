/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's netlink families say of the network namespace's interfaces: rtnetlink(7), and since Linux 6.3 the
 * generic netlink family "netdev" (Documentation/netlink/specs/netdev.yaml). Nothing here logs.
 */
#ifndef GATEPOST_CHECK_NETIF_H
#define GATEPOST_CHECK_NETIF_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct gp_netif {
	char name[16];
	int index;
	unsigned flags;	      /* IFF_UP, ... */
	unsigned short type;  /* ARPHRD_ETHER, ... */
	unsigned mtu;
	unsigned rx_queues;   /* at most so many */
	char kind[16];	      /* "veth", "bond", ...; "" for hardware */
	char member_kind[16]; /* what it is a member of: "bond", "bridge", "vrf", ...; "" of nothing */
	int master;	      /* whose member it is, and */
	int lower;	      /* what it stands on; 0 for none */
	bool lower_elsewhere; /* in another network namespace: lower means nothing here */
	bool carrier;
	__u8 xdp_mode;	      /* XDP_ATTACHED_NONE, ... */
	__u32 xdp_program;    /* id; 0 for none or several */
};

/* Bits of xdp-features that matter here, enum netdev_xdp_act. */
#define GP_XDP_BASIC (1ull << 0)    /* XDP_PASS, DROP, TX, ABORTED in the driver */
#define GP_XDP_REDIRECT (1ull << 1)
#define GP_XDP_ZEROCOPY (1ull << 3) /* AF_XDP */
#define GP_XDP_FRAGS (1ull << 5)    /* frames of several buffers are received */

/* All interfaces, in the kernel's order; to be freed by the caller. Return: 0 or -errno. */
int gp_netifs_read(struct gp_netif **out, size_t *count);

/* Return: the link with that index, or NULL. */
const struct gp_netif *gp_netif_find(const struct gp_netif *links, size_t count, int index);

/* The bits of xdp-features. Return: 0, -ENOENT before Linux 6.3, or -errno. */
int gp_netif_xdp_features(__u64 *out, int index);

#endif
