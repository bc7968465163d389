/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --deep has read, and what it could not. */
#ifndef GATEPOST_DEEP_COUNT_H
#define GATEPOST_DEEP_COUNT_H

#include <linux/types.h>

struct gp_deep_count {
	const char *mode; /* "zero_copy", "copy", or "none" when there are no sockets */
	unsigned sockets;
	__u32 stream_kib;
	__u64 redirected; /* frames, by the program */
	__u64 frames;	  /* read here */
	__u64 lost;	  /* found no room at their socket; what is neither read nor lost still waits there */
	__u64 lost_as_missed; /* of lost: what drivers told as missed as well */
	__u64 too_large;  /* passed: see struct gp_deep_sum */
	__u64 no_socket;
	__u64 rx_dropped, rx_ring_full, rx_fill_empty, rx_invalid; /* see struct gp_xsk_statistics */
};

#endif
