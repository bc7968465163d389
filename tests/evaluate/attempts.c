// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempts.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

#define DELAY_NS 5000000000ull

enum state { PENDING = 1, ANSWERED, OVER };

struct pending {
	struct table_key key;
	struct attempt attempt;
	__u64 syn_ns;
	enum state state;
};

struct attempts {
	struct table index; /* flow -> its place since the beginning + 1 */
	struct pending *ring; /* in the order of their SYNs */
	__u64 first, end;     /* places that are waited for */
	size_t room;	      /* a power of two */
	attempt_failed_fn *failed;
	void *context;
};

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "evaluate: out of memory\n");
		exit(1);
	}
	return memory;
}

struct attempts *attempts_open(attempt_failed_fn *failed, void *context)
{
	struct attempts *t = must(calloc(1, sizeof(*t)));

	t->room = 1024;
	t->ring = must(calloc(t->room, sizeof(*t->ring)));
	t->failed = failed;
	t->context = context;
	return t;
}

static struct pending *at(struct attempts *t, __u64 place)
{
	return &t->ring[place & (t->room - 1)];
}

static void fail(struct attempts *t, struct pending *p, __u64 time_ns)
{
	p->state = OVER;
	p->attempt.time_ns = time_ns;
	t->failed(t->context, &p->attempt);
}

void attempts_advance(struct attempts *t, __u64 now_ns)
{
	while (t->first < t->end && at(t, t->first)->syn_ns + DELAY_NS <= now_ns) {
		struct pending *p = at(t, t->first);

		if (p->state == PENDING)
			fail(t, p, p->syn_ns + DELAY_NS);
		*table_at(&t->index, &p->key) = 0;
		t->first++;
	}
}

static void make_room(struct attempts *t)
{
	struct pending *ring;

	if (t->end - t->first < t->room)
		return;
	ring = must(calloc(2 * t->room, sizeof(*ring)));
	for (__u64 i = t->first; i < t->end; i++)
		ring[i & (2 * t->room - 1)] = *at(t, i);
	free(t->ring);
	t->ring = ring;
	t->room *= 2;
}

static void begin(struct attempts *t, const struct table_key *key, const struct gp_packet *p,
		  const struct gp_addr *host, bool inside, __u64 time_ns)
{
	__u64 *place = table_at(&t->index, key);

	if (*place) /* sent again */
		return;
	make_room(t);
	*at(t, t->end) = (struct pending){
		.key = *key,
		.attempt = {.host = *host, .dst = p->dst, .dport = p->dport, .inside = inside},
		.syn_ns = time_ns,
		.state = PENDING,
	};
	*place = ++t->end;
}

static struct pending *find(struct attempts *t, const struct table_key *key)
{
	__u64 place = table_get(&t->index, key);

	return place ? at(t, place - 1) : NULL;
}

void attempts_packet(struct attempts *t, const struct gp_packet *p, const struct gp_addr *host, bool inside,
		     __u64 time_ns)
{
	const struct table_key to = {.a = p->src, .b = p->dst, .x = (__u32)p->sport << 16 | p->dport};
	const struct table_key from = {.a = p->dst, .b = p->src, .x = (__u32)p->dport << 16 | p->sport};
	struct pending *pending;
	__u8 flags = p->tcp_flags & (GP_TCP_SYN | GP_TCP_ACK | GP_TCP_RST);

	attempts_advance(t, time_ns);
	if (flags == GP_TCP_SYN) {
		begin(t, &to, p, host, inside, time_ns);
	} else if (flags == (GP_TCP_SYN | GP_TCP_ACK)) {
		pending = find(t, &from);
		if (pending && pending->state == PENDING)
			pending->state = ANSWERED;
	} else if (flags & GP_TCP_RST) {
		pending = find(t, &from);
		if (pending && pending->state == PENDING)
			fail(t, pending, time_ns);
		pending = find(t, &to);
		if (pending && pending->state == ANSWERED)
			fail(t, pending, time_ns);
	} else if (p->payload_len || (p->tcp_flags & GP_TCP_FIN)) {
		pending = find(t, &to);
		if (pending && pending->state == ANSWERED)
			pending->state = OVER;
	}
}

void attempts_close(struct attempts *t)
{
	table_free(&t->index);
	free(t->ring);
	free(t);
}
