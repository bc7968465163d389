/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When one client contacted one server: the latest contacts, and how many there were in each of the last 24 hours. */
#ifndef GATEPOST_TIMELINE_H
#define GATEPOST_TIMELINE_H

#include "beacon.h"

#define GP_TIMELINE_CONTACTS 32u

struct gp_timeline {
	__u64 last_hour; /* since the Unix epoch, of the latest contact */
	__u32 count;	 /* contacts in all; the latest GP_TIMELINE_CONTACTS are kept, in a ring */
	__u16 hours[GP_BEACON_HOURS]; /* by the hour modulo 24 */
	__u32 times_s[GP_TIMELINE_CONTACTS], bytes[GP_TIMELINE_CONTACTS];
};

/* @time_s: since the Unix epoch, nearly in order. @bytes: that the client sent. */
void gp_timeline_note(struct gp_timeline *timeline, __u64 time_s, __u32 bytes);

/* As gp_beacon(). */
bool gp_timeline_beacon(const struct gp_timeline *timeline, struct gp_beacon *out);

#endif
