// SPDX-License-Identifier: GPL-2.0-or-later
/* The timeline: what is due next happens, until a packet has come of it. */
#include "traffic.h"

#include <string.h>

#include "private.h"

static void flow_due(struct traffic *t, __u32 i)
{
	struct flow *f = &t->chunks[i / POOL_CHUNK][i % POOL_CHUNK];
	__u64 next = flow_step(t, f, t->now_ns);

	if (next) {
		events_again(&t->events, next);
		return;
	}
	events_pop(&t->events);
	if (t->rendered == f)
		t->rendered = NULL;
	t->free_flows[t->free_count++] = i;
	t->totals.flows_open--;
}

static void actor_due(struct traffic *t, __u32 i)
{
	struct actor *a = &t->actors[i];
	__u64 next;

	events_pop(&t->events);
	if (t->now_ns >= t->end_ns)
		return;
	next = behaviours[a->behaviour].wake(t, a, t->now_ns);
	if (next != NEVER && next < t->end_ns)
		schedule(t, next > t->now_ns ? next : t->now_ns + 1, EVENT_ACTOR | i);
}

static void errand_due(struct traffic *t, __u32 i)
{
	struct errand errand = t->errands[i];
	struct actor *a = &t->actors[errand.actor];

	events_pop(&t->events);
	t->errands[i].next = t->free_errand;
	t->free_errand = i;
	if (behaviours[a->behaviour].errand)
		behaviours[a->behaviour].errand(t, a, t->now_ns, &errand);
}

int traffic_next(struct traffic *t, struct gp_frame *frame)
{
	const struct event *first;

	t->frame_bytes = 0;
	while (!t->error && (first = events_first(&t->events))) {
		__u32 i = first->what & EVENT_INDEX;

		t->now_ns = first->time_ns;
		if ((first->what & ~EVENT_INDEX) == EVENT_FLOW)
			flow_due(t, i);
		else if ((first->what & ~EVENT_INDEX) == EVENT_ACTOR)
			actor_due(t, i);
		else
			errand_due(t, i);
		if (!t->frame_bytes)
			continue;
		t->totals.packets++;
		t->totals.bytes += t->frame_bytes;
		*frame = (struct gp_frame){ .data = t->frame, .data_bytes = (__u32)t->frame_bytes, .captured_bytes = (__u32)t->frame_bytes,
					    .wire_bytes = (__u32)t->frame_bytes, .time_ns = t->now_ns };
		return 1;
	}
	return t->error;
}

const struct traffic_label *traffic_labels(struct traffic *t, size_t *count)
{
	if (!t->labels)
		t->labels = malloc((t->host_count ? t->host_count : 1) * sizeof(*t->labels));
	if (!t->labels)
		return NULL;
	for (size_t i = 0; i < t->host_count; i++)
		t->labels[i] = t->hosts[i].label;
	*count = t->host_count;
	return t->labels;
}

const struct traffic_totals *traffic_totals(const struct traffic *t)
{
	return &t->totals;
}

void traffic_close(struct traffic *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->chunk_count; i++)
		free(t->chunks[i]);
	for (size_t i = 0; i < t->actor_count; i++) {
		free(t->actors[i].retries);
		free(t->actors[i].weights);
	}
	events_free(&t->events);
	free(t->chunks);
	free(t->free_flows);
	free(t->errands);
	free(t->actors);
	free(t->hosts);
	free(t->values);
	free(t->groups);
	free(t->labels);
	free(t->inside_texts);
	free(t->inside);
	free(t);
}
