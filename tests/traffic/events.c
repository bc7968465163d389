// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define CHILDREN 4u

static bool before(const struct event *a, const struct event *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : (__s32)(a->order - b->order) < 0;
}

int events_push(struct events *e, __u64 time_ns, __u32 what)
{
	struct event add = { time_ns, e->order++, what };
	size_t at = e->count;

	if (e->count == e->room) {
		size_t room = e->room ? 2 * e->room : 1024;
		struct event *of = realloc(e->of, room * sizeof(*of));

		if (!of)
			return -ENOMEM;
		e->of = of;
		e->room = room;
	}
	e->count++;
	while (at) {
		size_t parent = (at - 1) / CHILDREN;

		if (!before(&add, &e->of[parent]))
			break;
		e->of[at] = e->of[parent];
		at = parent;
	}
	e->of[at] = add;
	return 0;
}

/* Puts an event where the first one was. */
static void sink(struct events *e, struct event add)
{
	size_t at = 0;

	for (;;) {
		size_t child = CHILDREN * at + 1, least = child, end = child + CHILDREN;

		if (child >= e->count)
			break;
		if (end > e->count)
			end = e->count;
		while (++child < end)
			if (before(&e->of[child], &e->of[least]))
				least = child;
		if (!before(&e->of[least], &add))
			break;
		e->of[at] = e->of[least];
		at = least;
	}
	e->of[at] = add;
}

void events_pop(struct events *e)
{
	if (--e->count)
		sink(e, e->of[e->count]);
}

void events_again(struct events *e, __u64 time_ns)
{
	struct event add = { time_ns, e->order++, e->of[0].what };

	sink(e, add);
}

void events_free(struct events *e)
{
	free(e->of);
	*e = (struct events){ 0 };
}
