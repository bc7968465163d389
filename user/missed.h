/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that an interface lost before any program could see them, as far as its driver says so. */
#ifndef GATEPOST_MISSED_H
#define GATEPOST_MISSED_H

#include <stdbool.h>

#include <linux/types.h>

/*
 * The same loss may be told in up to three places; none of them is complete with every driver. All since the interface
 * came up.
 */
struct gp_missed {
	__u64 link;   /* netlink: rx_missed_errors + rx_fifo_errors, and rx_dropped where it is needed */
	__u64 driver; /* ethtool -S: of the whole device */
	__u64 queues; /* ethtool -S: per receive queue, added up */
};

/**
 * gp_missed_read() - what an interface has lost so far.
 *
 * Of ethtool's statistics those that are named for receiving ("rx") and for a loss ("drop", "miss", "discard",
 * "no_buf", "nobuf", "out_of_buf", "overrun", "over_err", "fifo"); not those named for XDP, which are what a program
 * decided, nor those of filters (frames for other addresses).
 *
 * rx_dropped holds more than the driver lost: also what the stack had no protocol for, such as PPPoE sessions at a mirror
 * port, and that was counted before. It is left out where the driver's own statistics name a loss, but for veth: it says
 * in rx_dropped alone that its ring of 256 frames was full (Linux, drivers/net/veth.c: veth_get_stats64()), so there
 * frames that the stack has no protocol for are told as missed, too. What a veth's
 * peer could not even hand over is the peer's tx_dropped, and not read here.
 * What cannot be read is 0.
 */
void gp_missed_read(struct gp_missed *out, const char *interface);

/*
 * Does the driver also count as lost what a program redirected and found no room? veth does in its rx_dropped, virtio_net in
 * the drops of its queues (Linux 6.18, veth_xdp_rcv_one() and receive_small_xdp()).
 */
bool gp_missed_has_redirects(const char *interface);

/* The largest of the three since @before: no place knows of more than was lost, and none need know of all. */
__u64 gp_missed_since(const struct gp_missed *before, const char *interface);

#endif
