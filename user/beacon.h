/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much contacts with one server look like a machine's: equal intervals, equal sizes, all day, no rhythm of a day. The
 * score of RITA v5 (Active Countermeasures), from its published formula. Clocks, updates and monitors score as high as what
 * waits for commands: no reason for a verdict by itself. Depends on its arguments alone.
 */
#ifndef GATEPOST_BEACON_H
#define GATEPOST_BEACON_H

#include <stdbool.h>

#include <gatepost/abi.h>

#define GP_BEACON_HOURS 24u
#define GP_BEACON_CONTACTS 256u /* of which a score is made, at most */
#define GP_BEACON_INTERVALS 24u /* below which a score says little: 0.5 % of random ones reach 0.9 with 5, none with 23 */

struct gp_beacon {
	double score; /* the mean of the following, each from 0 to 1 */
	double times, bytes, hours, duration;
	__u32 intervals; /* between contacts, those of less than a second left out */
};

/**
 * gp_beacon() - score some contacts.
 * @times_s: when each began, in any order; sorted in place.
 * @bytes: what the client sent; sorted in place, too.
 * @count: up to GP_BEACON_CONTACTS of them.
 * @hours: contacts in each of the last 24 hours, oldest first; of more contacts than these, if there were.
 *
 * times, bytes: the mean of 1 - |skew of the quartiles (Bowley)| and of (median - median absolute deviation) / median.
 * hours: how even they are (1 - coefficient of variation), or how few heights they have. duration: the share of the day
 * from the first to the last hour with a contact, or the longest run of such hours in 12; 0 below 6 of them.
 *
 * Return: false with fewer than 4 contacts, or than 3 intervals.
 */
bool gp_beacon(struct gp_beacon *out, __u32 *times_s, __u32 *bytes, __u32 count, const __u16 hours[GP_BEACON_HOURS]);

#endif
