/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens next: a heap of times, four children each; equal times in the order of their coming. */
#ifndef GATEPOST_TRAFFIC_EVENTS_H
#define GATEPOST_TRAFFIC_EVENTS_H

#include <stddef.h>

#include <linux/types.h>

struct event {
	__u64 time_ns;
	__u32 order;
	__u32 what; /* the caller's */
};

struct events {
	struct event *of;
	size_t count, room;
	__u32 order;
};

/* Return: 0, or -ENOMEM. */
int events_push(struct events *events, __u64 time_ns, __u32 what);

/* The first one leaves. */
void events_pop(struct events *events);

/* The first one happens again, later. */
void events_again(struct events *events, __u64 time_ns);

static inline const struct event *events_first(const struct events *events)
{
	return events->count ? events->of : NULL;
}

void events_free(struct events *events);

#endif
