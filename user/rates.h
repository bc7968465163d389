/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets and bits per second over the last minute. Pure. */
#ifndef GATEPOST_RATES_H
#define GATEPOST_RATES_H

#include <gatepost/abi.h>

#define GP_RATES_SAMPLES 17 /* a minute of time slices, and the one before */

/* Zero is an empty one. */
struct gp_rates {
	struct {
		__u64 at_ns;
		struct gp_count received;
	} samples[GP_RATES_SAMPLES];
	unsigned count; /* so far; the latest is count - 1, modulo their number */
};

struct gp_rate_now {
	double interval_s; /* what it was taken over; 0: nothing is known yet */
	double packets_per_s, bits_per_s;
};

/* Once per time slice. @received: since counting began. @now_ns: never runs back. */
void gp_rates_add(struct gp_rates *rates, __u64 now_ns, const struct gp_count *received);

/* From the oldest sample that is at most 70 s old to now. */
struct gp_rate_now gp_rates_now(const struct gp_rates *rates, __u64 now_ns, const struct gp_count *received);

#endif
