// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In three steps, so that a packet finds the old answer or the new one at every instant: whatever will not be as it is
 * now asks the ranges; the other half of the ranges is filled and takes over; the directories get their new entries.
 */
#include "memory_reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/classify.h>
#include <gatepost/inside.h>

#include "log.h"
#include "memory_setup.h"

#define NETS (1u << 24) /* IPv4 /24s */

enum net_state {
	NET_OUTSIDE,
	NET_PARTIAL, /* the ranges tell */
	NET_WHOLE,
};

/* The chunk that a /24 has, or had when it was inside before. */
struct made {
	__u32 net, number;
};

struct reload {
	struct gp_memory *memory;
	const struct gp_config *config;
	__u8 *nets;	/* enum net_state of each /24, as configured */
	bool tops[1u << 16]; /* by its upper 16 bits: is anything inside there, or was? */
	__u8 *places6;	/* of dir32: does a range of the configuration begin with it? */
	struct made *made; /* sorted by net */
	__u32 made_count;
};

static bool is_ipv4(const struct gp_range *range)
{
	return gp_addr_is4(&range->first);
}

static __u32 low32(const struct gp_addr *addr)
{
	return gp_be32_to_host(addr->words[3]);
}

static int compare_made(const void *a, const void *b)
{
	const struct made *x = a, *y = b;

	return x->net < y->net ? -1 : x->net > y->net;
}

static __u32 made_for(const struct reload *r, __u32 net)
{
	struct made key = { .net = net };
	const struct made *found = bsearch(&key, r->made, r->made_count, sizeof(*r->made), compare_made);

	return found ? found->number + 1 : 0;
}

/* Chunks of IPv4, of which each belongs to its /24 for ever. Two were made for one when two CPUs met there: one is unused. */
static int list_made(struct reload *r)
{
	__u32 count = __atomic_load_n(&r->memory->claims->chunks, __ATOMIC_ACQUIRE);

	if (count > r->memory->settings->chunks)
		count = r->memory->settings->chunks;
	r->made = calloc(count + 1ul, sizeof(*r->made));
	if (!r->made)
		return -ENOMEM;
	for (__u32 i = 0; i < count; i++) {
		const struct gp_chunk *chunk = &r->memory->chunks[i];

		if (__atomic_load_n(&chunk->ready, __ATOMIC_ACQUIRE) && gp_addr_is4(&chunk->first))
			r->made[r->made_count++] = (struct made){ low32(&chunk->first) >> 8, i };
	}
	qsort(r->made, r->made_count, sizeof(*r->made), compare_made);
	return 0;
}

/* Which /24s will be whole, and which in part; as set_directory4() of memory_setup.c has it. */
static void plan_nets(struct reload *r)
{
	__u32 edge = ~0u, covered = 0;
	bool plain = true;

	for (__u32 top = 0; top < 1u << 16; top++)
		r->tops[top] = gp_dir16_has(r->memory, top);
	for (__u32 i = 0; i < r->config->range_count; i++) {
		const struct gp_range *range = &r->config->ranges[i];
		__u64 first = low32(&range->first), last = low32(&range->last);

		if (!is_ipv4(range))
			continue;
		for (__u64 net = first >> 8; net <= last >> 8; net++) {
			__u64 from = net << 8 > first ? net << 8 : first;
			__u64 to = (net << 8 | 255) < last ? (net << 8 | 255) : last;

			plain = range->subscriber_bits == 128 && (edge != net || plain);
			covered = (__u32)(to - from + 1) + (edge == net ? covered : 0);
			edge = (__u32)net;
			r->nets[net] = covered == 256 && plain ? NET_WHOLE : NET_PARTIAL;
			r->tops[net >> 8] = true;
		}
	}
}

static void plan_places6(struct reload *r)
{
	for (__u32 i = 0; i < r->config->range_count; i++) {
		const struct gp_range *range = &r->config->ranges[i];
		__u64 first = gp_be32_to_host(range->first.words[0]), last = gp_be32_to_host(range->last.words[0]);

		if (is_ipv4(range))
			continue;
		if (last - first >= GP_DIR32_ENTRIES) {
			memset(r->places6, 1, GP_DIR32_ENTRIES);
			return;
		}
		for (__u64 top = first; top <= last; top++)
			r->places6[gp_dir32_place((__u32)top)] = 1;
	}
}

/*
 * An IPv4 subscriber has the slot of his first address: with another length it would be another subscriber's. IPv6 chunks
 * are found by their length as well.
 */
static int check_lengths(const struct reload *r)
{
	const struct gp_range *old = r->memory->ranges + (__u32)r->memory->control->ranges;
	__u32 olds = (__u32)(r->memory->control->ranges >> 32), i = 0, k = 0;

	while (i < olds && k < r->config->range_count) {
		const struct gp_range *a = &old[i], *b = &r->config->ranges[k];

		if (gp_addr_compare(&a->last, &b->first) < 0) {
			i++;
		} else if (gp_addr_compare(&b->last, &a->first) < 0) {
			k++;
		} else if (is_ipv4(a) && a->subscriber_bits != b->subscriber_bits) {
			gp_error("reload: inside: subscribers of a prefix had %u addresses each, and cannot get %u while "
				 "gatepost runs; restart it, or take that back", 1u << (128 - a->subscriber_bits),
				 1u << (128 - b->subscriber_bits));
			return -EINVAL;
		} else if (gp_addr_compare(&a->last, &b->last) < 0) {
			i++;
		} else {
			k++;
		}
	}
	return 0;
}

/* Chunks of IPv4 that there will have to be, and never were. */
static __u64 wanted4(const struct reload *r)
{
	__u64 wanted = 0, last_seen = NETS;

	for (__u32 i = 0; i < r->config->range_count; i++) {
		const struct gp_range *range = &r->config->ranges[i];
		unsigned shift = range->subscriber_bits >= 120 ? 8 : 128u - range->subscriber_bits;

		if (!is_ipv4(range))
			continue;
		for (__u64 chunk = low32(&range->first) >> shift; chunk <= low32(&range->last) >> shift; chunk++) {
			__u64 net = chunk << (shift - 8);

			wanted += net != last_seen && !made_for(r, (__u32)net);
			last_seen = net;
		}
	}
	return wanted;
}

/* IPv6 subscribers that had no slots before. */
static bool is_new6(const struct reload *r, const struct gp_range *range)
{
	int index = is_ipv4(range) ? GP_NO_SLOT : gp_range_find(r->memory, &range->first);
	const struct gp_range *old = index < 0 ? NULL : gp_mem_range(r->memory, (__u32)index);

	if (is_ipv4(range))
		return false;
	return !old || old->subscriber_bits != range->subscriber_bits || gp_addr_compare(&old->last, &range->last) < 0;
}

/* Where slots are handed out on demand, more is configured than there is room for, and what has none is counted as such. */
static int check_room(const struct reload *r)
{
	__u32 room = r->memory->settings->chunks, used = __atomic_load_n(&r->memory->claims->chunks, __ATOMIC_ACQUIRE);
	__u64 wanted = wanted4(r);

	if (r->config->range_count > r->memory->settings->ranges / 2) {
		gp_error("reload: inside: %u ranges, and there is room for %u; restart gatepost with them",
			 r->config->range_count, r->memory->settings->ranges / 2);
		return -ENOSPC;
	}
	for (__u32 i = 0; i < r->config->range_count; i++)
		wanted += is_new6(r, &r->config->ranges[i]) ? gp_range_chunks(&r->config->ranges[i]) : 0;
	if (!r->memory->settings->dense || used + wanted <= room)
		return 0;
	gp_error("reload: inside: %llu subscribers' slots more than before, and there is room for %u; restart gatepost with "
		 "them, or with a larger tables.addresses", (unsigned long long)wanted * GP_CHUNK_SLOTS,
		 (room - (used < room ? used : room)) * GP_CHUNK_SLOTS);
	return -ENOSPC;
}

/* The next /24 from this one on that may have to change. */
static __u32 next_net(const struct reload *r, __u32 net)
{
	while (net < NETS && !r->tops[net >> 8])
		net = (net | 255) + 1;
	return net;
}

/* From here on until the end: whoever is not as the configuration has it asks the ranges. */
static void ask_ranges4(const struct reload *r)
{
	for (__u32 net = next_net(r, 0); net < NETS; net = next_net(r, net + 1)) {
		__u32 *entry = &r->memory->dir24[net];

		if (*entry && r->nets[net] != NET_WHOLE)
			__atomic_fetch_or(entry, GP_DIR_PARTIAL, __ATOMIC_SEQ_CST);
	}
}

/* Is everything that a row stands for still one range of subscribers like these? */
static bool keeps_row(const struct reload *r, const struct gp_dense *row)
{
	for (__u32 i = 0; i < r->config->range_count; i++) {
		const struct gp_range *range = &r->config->ranges[i];
		__u64 first = gp_be64_to_host(range->first.halves[0]), last = gp_be64_to_host(range->last.halves[0]);

		first += range->first.halves[1] != 0;
		if (!is_ipv4(range) && range->subscriber_bits == 64 - row->shift && first <= row->first &&
		    (row->last < last || (row->last == last && range->last.halves[1] == ~0ull)))
			return true;
	}
	return false;
}

static void ask_ranges6(const struct reload *r)
{
	bool keeps[GP_DENSE] = { false };

	for (__u32 i = 1; i < GP_DENSE; i++)
		keeps[i] = keeps_row(r, &r->memory->dense[i]);
	for (__u32 place = 0; place < GP_DIR32_ENTRIES; place++) {
		__u8 *entry = &r->memory->dir32[place];

		if (*entry != GP_DIR32_OUTSIDE && !keeps[*entry])
			__atomic_store_n(entry, GP_DIR32_ASK, __ATOMIC_SEQ_CST);
	}
}

static void change_ranges(const struct reload *r)
{
	__u32 half = r->memory->settings->ranges / 2, first = (__u32)r->memory->control->ranges ? 0 : half;

	memcpy(r->memory->ranges + first, r->config->ranges, r->config->range_count * sizeof(*r->memory->ranges));
	__atomic_store_n(&r->memory->control->ranges, (__u64)r->config->range_count << 32 | first, __ATOMIC_SEQ_CST);
}

/* The entry of a /24: the chunk that it has, or had, or none yet. */
static void set_entry4(const struct reload *r, __u32 net)
{
	__u32 *entry = &r->memory->dir24[net], before = __atomic_load_n(entry, __ATOMIC_SEQ_CST), after, chunk;

	do {
		chunk = before & GP_DIR_CHUNK;
		if (!chunk || chunk == GP_DIR_UNMADE) {
			chunk = made_for(r, net);
			chunk = chunk ? chunk : GP_DIR_UNMADE;
		}
		after = r->nets[net] == NET_OUTSIDE ? 0 : chunk | (r->nets[net] == NET_PARTIAL ? GP_DIR_PARTIAL : 0);
	} while (!__atomic_compare_exchange_n(entry, &before, after, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	if (after)
		__atomic_fetch_or(&r->memory->dir16[(net >> 8) / 64], 1ull << ((net >> 8) % 64), __ATOMIC_SEQ_CST);
}

static void set_directories(const struct reload *r)
{
	for (__u32 net = next_net(r, 0); net < NETS; net = next_net(r, net + 1))
		if (r->memory->dir24[net] || r->nets[net] != NET_OUTSIDE)
			set_entry4(r, net);
	for (__u32 place = 0; place < GP_DIR32_ENTRIES; place++) {
		__u8 *entry = &r->memory->dir32[place];

		if (!r->places6[place])
			__atomic_store_n(entry, GP_DIR32_OUTSIDE, __ATOMIC_SEQ_CST);
		else if (*entry == GP_DIR32_OUTSIDE)
			__atomic_store_n(entry, GP_DIR32_ASK, __ATOMIC_SEQ_CST);
	}
}

/* Hosts that are known go by their new role; who is inside no more is judged no more. */
static void change_roles(const struct reload *r)
{
	__u32 count = __atomic_load_n(&r->memory->claims->hosts, __ATOMIC_ACQUIRE);

	for (__u32 i = 0; i < count && i < r->memory->settings->inside_hosts; i++) {
		struct gp_host *host = &r->memory->hosts[i];
		int range;

		if (!__atomic_load_n(&host->ready, __ATOMIC_ACQUIRE))
			continue;
		range = gp_range_find(r->memory, &host->addr);
		host->role = range < 0 ? GP_ROLE_INFRASTRUCTURE : r->memory->ranges[range].role;
	}
}

static void change_ports(const struct reload *r)
{
	for (__u32 port = 0; port < GP_PORTS; port++)
		__atomic_store_n(&r->memory->ports[port], gp_port_byte(r->config->ports[port]), __ATOMIC_RELAXED);
}

static void change_rates(const struct reload *r)
{
	struct gp_settings plan, *settings = r->memory->settings;

	gp_memory_plan(&plan, r->config, settings->slices);
	__atomic_store_n(&settings->sample_flows.interval_ns, plan.sample_flows.interval_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&settings->sample_flows.depth_ns, plan.sample_flows.depth_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&settings->samples.interval_ns, plan.samples.interval_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&settings->samples.depth_ns, plan.samples.depth_ns, __ATOMIC_RELAXED);
}

static int plan_reload(struct reload *r)
{
	int err;

	r->nets = calloc(NETS, 1);
	r->places6 = calloc(GP_DIR32_ENTRIES, 1);
	if (!r->nets || !r->places6)
		return -ENOMEM;
	err = list_made(r);
	if (err)
		return err;
	plan_nets(r);
	plan_places6(r);
	err = check_lengths(r);
	return err ? err : check_room(r);
}

int gp_memory_reload(struct gp_memory *memory, const struct gp_config *config, void (*wait)(void *context), void *context)
{
	struct reload *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->memory = memory;
	r->config = config;
	err = plan_reload(r);
	if (!err) {
		ask_ranges4(r);
		ask_ranges6(r);
		change_ranges(r);
		wait(context); /* nobody looks into the half that was in use: the next configuration goes there */
		set_directories(r);
		change_roles(r);
		change_ports(r);
		change_rates(r);
	}
	free(r->nets);
	free(r->places6);
	free(r->made);
	free(r);
	return err;
}
