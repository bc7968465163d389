// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeline.h"

#include <string.h>

#define HOUR_S 3600u

/* Hours that nobody contacted anybody in are empty, and those a day ago give way. */
static void advance(struct gp_timeline *t, __u64 hour)
{
	if (!t->count || hour - t->last_hour >= GP_BEACON_HOURS)
		memset(t->hours, 0, sizeof(t->hours));
	else
		for (__u64 h = t->last_hour + 1; h <= hour; h++)
			t->hours[h % GP_BEACON_HOURS] = 0;
	t->last_hour = hour;
}

void gp_timeline_note(struct gp_timeline *t, __u64 time_s, __u32 bytes)
{
	__u64 hour = time_s / HOUR_S;
	__u16 *bin = &t->hours[hour % GP_BEACON_HOURS];

	if (!t->count || hour > t->last_hour)
		advance(t, hour);
	if (t->last_hour - hour < GP_BEACON_HOURS && *bin < 0xffff)
		++*bin;
	t->times_s[t->count % GP_TIMELINE_CONTACTS] = (__u32)time_s;
	t->bytes[t->count % GP_TIMELINE_CONTACTS] = bytes;
	t->count++;
}

bool gp_timeline_beacon(const struct gp_timeline *t, struct gp_beacon *out)
{
	__u32 count = t->count < GP_TIMELINE_CONTACTS ? t->count : GP_TIMELINE_CONTACTS;
	__u32 times_s[GP_TIMELINE_CONTACTS], bytes[GP_TIMELINE_CONTACTS];
	__u16 hours[GP_BEACON_HOURS];

	memcpy(times_s, t->times_s, sizeof(times_s));
	memcpy(bytes, t->bytes, sizeof(bytes));
	for (__u32 i = 0; i < GP_BEACON_HOURS; i++)
		hours[i] = t->hours[(t->last_hour + 1 + i) % GP_BEACON_HOURS];
	return gp_beacon(out, times_s, bytes, count, hours);
}
