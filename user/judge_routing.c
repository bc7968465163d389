// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge_routing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/table.h>

#define MIN_SYN 1000u  /* in the hour, of a prefix */
#define MIN_HOSTS 4u   /* that sent them: one host without answers is a scanner, or down */
#define MAX_ANSWERED 20u /* one in so many SYNs is answered, at most */

/* Of a prefix's hosts together. */
struct sums {
	__u64 syn, answered, proved, unasked;
	__u64 hosts; /* with SYNs in this hour; with answers that nobody asked for, where there are no SYNs */
};

struct prefix {
	struct gp_addr addr;
	__u8 bits; /* 0: a free place */
	enum gp_seen seen;
	__u64 since_ns;
	struct sums now, hour_begin;
	struct sums last; /* what decided: the hour, or what there is of the first */
};

struct gp_routing {
	const struct gp_world *world;
	__u64 hour_ns, hour_end_ns;
	struct prefix *table; /* open addressing */
	__u32 size, used;     /* size: a power of two, more than twice `used` */
	__u32 *host_syn;      /* by host: its SYNs when the hour began */
	__u32 hosts;
	__u32 asymmetric; /* prefixes */
	struct gp_asymmetry *list;
};

int gp_routing_open(struct gp_routing **out, const struct gp_world *world, __u64 hour_ns)
{
	struct gp_routing *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->world = world;
	r->hour_ns = hour_ns;
	r->size = 64;
	r->table = calloc(r->size, sizeof(*r->table));
	if (!r->table) {
		free(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

void gp_routing_change(struct gp_routing *r, __u64 hour_ns)
{
	r->hour_ns = hour_ns;
}

void gp_routing_close(struct gp_routing *r)
{
	if (!r)
		return;
	free(r->table);
	free(r->host_syn);
	free(r->list);
	free(r);
}

static struct gp_addr prefix_of(const struct gp_addr *host, __u8 *bits)
{
	struct gp_addr prefix = *host;

	*bits = gp_addr_is_mapped(host) ? 96 + 24 : 48;
	gp_addr_mask(&prefix, *bits);
	return prefix;
}

/* The place of a prefix: its own, or the free one where it belongs. */
static struct prefix *place(const struct gp_routing *r, const struct gp_addr *addr, __u8 bits)
{
	__u32 i = (__u32)gp_hash_addr(r->world->memory->settings->secret[1], addr);

	for (;; i++) {
		struct prefix *p = &r->table[i & (r->size - 1)];

		if (!p->bits || (p->bits == bits && !memcmp(&p->addr, addr, sizeof(*addr))))
			return p;
	}
}

static int grow(struct gp_routing *r)
{
	struct prefix *old = r->table;
	__u32 size = r->size;

	r->table = calloc(2ul * size, sizeof(*r->table));
	if (!r->table) {
		r->table = old;
		return -ENOMEM;
	}
	r->size = 2 * size;
	for (__u32 i = 0; i < size; i++) {
		if (old[i].bits)
			*place(r, &old[i].addr, old[i].bits) = old[i];
	}
	free(old);
	return 0;
}

static struct prefix *prefix_for(struct gp_routing *r, const struct gp_addr *host)
{
	__u8 bits;
	struct gp_addr addr = prefix_of(host, &bits);
	struct prefix *p = place(r, &addr, bits);

	if (p->bits)
		return p;
	if (2 * (r->used + 1) >= r->size) {
		if (grow(r))
			return NULL;
		p = place(r, &addr, bits);
	}
	r->used++;
	*p = (struct prefix){.addr = addr, .bits = bits};
	return p;
}

static int make_room(struct gp_routing *r, __u32 hosts)
{
	__u32 *grown;

	if (hosts <= r->hosts)
		return 0;
	grown = reallocarray(r->host_syn, hosts, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + r->hosts, 0, (hosts - r->hosts) * sizeof(*grown));
	r->host_syn = grown;
	r->hosts = hosts;
	return 0;
}

/* All services' attempts and answers. */
static void add_host(struct sums *sums, const struct gp_host *host, __u32 syn_before)
{
	__u32 syn = 0;

	for (int service = 0; service < GP_SERVICES; service++) {
		syn += host->services[service].attempts;
		sums->answered += host->services[service].answered;
	}
	sums->syn += syn;
	sums->proved += host->proved_flows;
	sums->unasked += host->backscatter;
	sums->hosts += syn != syn_before || (!syn && host->backscatter);
}

static int add_up(struct gp_routing *r)
{
	__u32 count = gp_world_inside_count(r->world);
	int err = make_room(r, count);

	for (__u32 i = 0; i < r->size; i++)
		r->table[i].now = (struct sums){0};
	for (__u32 id = 0; id < count && !err; id++) {
		const struct gp_host *host = gp_world_host(r->world, id);
		struct prefix *p = host ? prefix_for(r, &host->addr) : NULL;

		if (p)
			add_host(&p->now, host, r->host_syn[id]);
		else if (host)
			err = -ENOMEM;
	}
	return err;
}

/*
 * Nobody in the prefix has an answer, and nobody a proved flow: its answers go another way. Where hosts have answers
 * that they never asked for, and asked for nothing, their questions do.
 */
static enum gp_seen look(const struct sums *hour)
{
	if (hour->hosts < MIN_HOSTS || hour->proved)
		return GP_SEEN_BOTH;
	if (hour->syn >= MIN_SYN && hour->answered * MAX_ANSWERED < hour->syn)
		return GP_SEEN_SENT;
	return hour->unasked >= MIN_SYN && hour->syn * MAX_ANSWERED < hour->unasked ? GP_SEEN_RECEIVED : GP_SEEN_BOTH;
}

static struct sums less(const struct sums *now, const struct sums *then)
{
	return (struct sums){now->syn - then->syn, now->answered - then->answered, now->proved - then->proved,
			     now->unasked - then->unasked, now->hosts};
}

static void begin_hour(struct gp_routing *r, __u64 now_ns)
{
	r->hour_end_ns = now_ns + r->hour_ns;
	for (__u32 i = 0; i < r->size; i++)
		r->table[i].hour_begin = r->table[i].now;
	for (__u32 id = 0; id < r->hosts; id++) {
		const struct gp_host *host = gp_world_host(r->world, id);

		r->host_syn[id] = 0;
		for (int service = 0; host && service < GP_SERVICES; service++)
			r->host_syn[id] += host->services[service].attempts;
	}
}

int gp_routing_weigh(struct gp_routing *r, __u64 now_ns)
{
	bool over = r->hour_end_ns && now_ns >= r->hour_end_ns;
	int err = add_up(r);

	if (err)
		return err;
	for (__u32 i = 0; i < r->size; i++) {
		struct prefix *p = &r->table[i];
		struct sums hour = less(&p->now, &p->hour_begin);
		enum gp_seen seen = look(&hour);

		/* Proof ends it at once; little traffic says nothing until the hour is over. */
		if (!p->bits || (seen == GP_SEEN_BOTH && !over && !hour.proved))
			continue;
		if (seen != p->seen)
			p->since_ns = now_ns;
		r->asymmetric += (seen != GP_SEEN_BOTH) - (p->seen != GP_SEEN_BOTH);
		p->seen = seen;
		p->last = hour;
	}
	if (!r->hour_end_ns)
		r->hour_end_ns = now_ns + r->hour_ns - r->hour_ns / 6; /* the first window of it is over */
	else if (over)
		begin_hour(r, now_ns);
	return 0;
}

enum gp_seen gp_routing_seen(const struct gp_routing *r, const struct gp_addr *host)
{
	__u8 bits;
	struct gp_addr addr;

	if (!r->asymmetric)
		return GP_SEEN_BOTH;
	addr = prefix_of(host, &bits);
	return place(r, &addr, bits)->seen;
}

static int compare(const void *a, const void *b)
{
	return memcmp(&((const struct gp_asymmetry *)a)->addr, &((const struct gp_asymmetry *)b)->addr, sizeof(struct gp_addr));
}

int gp_routing_list(struct gp_routing *r, const struct gp_asymmetry **out)
{
	int count = 0;

	free(r->list);
	r->list = calloc(r->used + 1ul, sizeof(*r->list));
	if (!r->list)
		return -ENOMEM;
	for (__u32 i = 0; i < r->size; i++) {
		const struct prefix *p = &r->table[i];

		if (p->bits && p->seen != GP_SEEN_BOTH)
			r->list[count++] = (struct gp_asymmetry){p->addr, p->bits, p->seen, p->since_ns, p->last.hosts,
								 p->last.syn, p->last.answered};
	}
	qsort(r->list, (size_t)count, sizeof(*r->list), compare);
	*out = r->list;
	return count;
}
