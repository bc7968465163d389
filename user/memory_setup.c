/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory_setup.h"

#include <string.h>

#include <gatepost/classify.h>
#include <gatepost/hot.h>
#include <gatepost/inside.h>

/* 128-bit arithmetic on addresses in host order. */
typedef unsigned __int128 wide;

static wide wide_of(const struct gp_addr *addr)
{
	wide out = 0;

	for (int i = 0; i < 16; i++)
		out = out << 8 | addr->bytes[i];
	return out;
}

static struct gp_addr addr_of(wide value)
{
	struct gp_addr out;

	for (int i = 15; i >= 0; i--, value >>= 8)
		out.bytes[i] = (__u8)value;
	return out;
}

static bool is_ipv4(const struct gp_range *range)
{
	return gp_addr_is4(&range->first);
}

/*
 * Shift from an address to the number of its chunk: a /24, or one subscriber whose prefix is larger; for IPv6 8 bits less
 * than a subscriber's prefix.
 */
static unsigned chunk_shift(const struct gp_range *range)
{
	if (!is_ipv4(range))
		return 128u + 8 - range->subscriber_bits;
	return range->subscriber_bits >= 120 ? 8 : 128u - range->subscriber_bits;
}

/* Chunks that the ranges need, each counted once; more than 2^40 are as good as that. */
static __u64 count_chunks(const struct gp_config *config)
{
	wide last_seen = 0;
	__u64 chunks = 0;
	bool any = false;

	for (__u32 i = 0; i < config->range_count; i++) {
		const struct gp_range *range = &config->ranges[i];
		unsigned shift = chunk_shift(range);
		wide first = wide_of(&range->first) >> shift, last = wide_of(&range->last) >> shift, count;

		count = last - first + 1 - (any && last_seen == first);
		any = true;
		last_seen = last;
		chunks += count > 1ull << 40 ? 1ull << 40 : (__u64)count;
	}
	return chunks;
}

static __u32 power_of_two_from(__u64 n)
{
	__u32 power = 64;

	while (power < n && power < 1u << 31)
		power *= 2;
	return power;
}

void gp_memory_plan(struct gp_settings *out, const struct gp_config *config, unsigned cpus)
{
	__u64 wanted = count_chunks(config);
	__u32 slices = config->slices ? config->slices : GP_SLICES_DEFAULT;
	__u32 chunks = wanted > GP_SUBSCRIBERS_DENSE / GP_CHUNK_SLOTS ? GP_SLOTS_ON_DEMAND / GP_CHUNK_SLOTS :
									(__u32)(2 * wanted);

	if (config->address_slots)
		chunks = config->address_slots / GP_CHUNK_SLOTS;
	*out = (struct gp_settings){
		.abi_version = GP_ABI_VERSION,
		.slices = cpus < slices ? cpus : slices,
		.shared_slice = cpus > slices,
		.chunks = chunks ? chunks : 1,
		.dir6_words = power_of_two_from(4ull * chunks),
		.inside_hosts = config->inside_hosts,
		.outside_hosts = config->outside_hosts,
		.cells = config->cells,
		.flow_slots = config->flow_slots,
		.filter_words = config->filter_words,
		.ranges = config->range_count,
		.tunnels = config->tunnels,
		.tags = config->tags,
		.secret = { config->secret[0], config->secret[1] },
	};
}

static void set_dir16(struct gp_memory *memory, __u32 first, __u32 last)
{
	for (__u32 top = first; top <= last; top++)
		memory->dir16[top / 64] |= 1ull << (top % 64);
}

/* A /24 that is whole may be read from its entry alone; @covered: of its addresses. */
static void set_dir24(struct gp_memory *memory, __u32 net, __u32 covered, bool plain)
{
	memory->dir24[net] |= GP_DIR_UNMADE | (covered < 256 || !plain ? GP_DIR_PARTIAL : 0);
	set_dir16(memory, net >> 8, net >> 8);
}

/*
 * The /24s of the IPv4 ranges; those that several ranges share are whole when the ranges together fill them, each
 * subscriber with one address.
 */
static void set_directory4(struct gp_memory *memory, const struct gp_config *config)
{
	__u32 edge = ~0u, covered = 0;
	bool plain = true;

	for (__u32 i = 0; i < config->range_count; i++) {
		const struct gp_range *range = &config->ranges[i];
		__u64 first = (__u32)wide_of(&range->first), last = (__u32)wide_of(&range->last);

		if (!is_ipv4(range))
			continue;
		for (__u64 net = first >> 8; net <= last >> 8; net++) {
			__u64 from = net << 8 > first ? net << 8 : first;
			__u64 to = (net << 8 | 255) < last ? (net << 8 | 255) : last;

			plain = range->subscriber_bits == 128 && (edge != net || plain);
			covered = (__u32)(to - from + 1) + (edge == net ? covered : 0);
			edge = (__u32)net;
			if (covered == 256 && plain)
				memory->dir24[net] &= ~GP_DIR_PARTIAL;
			set_dir24(memory, (__u32)net, covered, plain);
		}
		/* A subscriber's slot stands with his first address, which may lie before the range. */
		if (range->subscriber_bits < 120)
			set_dir24(memory, (__u32)((first >> (128 - range->subscriber_bits) << (128 - range->subscriber_bits)) >> 8),
				  0, false);
	}
}

static void set_directory6(struct gp_memory *memory, const struct gp_config *config)
{
	for (__u32 i = 0; i < config->range_count; i++) {
		const struct gp_range *range = &config->ranges[i];

		if (!is_ipv4(range))
			set_dir16(memory, GP_DIR16_IPV6 + (__u32)(wide_of(&range->first) >> 112),
				  GP_DIR16_IPV6 + (__u32)(wide_of(&range->last) >> 112));
	}
}

/* Hands out every chunk now, by the data plane's own code: no packet will have to wait for one. */
static void make_chunks(struct gp_memory *memory, const struct gp_config *config)
{
	for (__u32 i = 0; i < config->range_count; i++) {
		const struct gp_range *range = &config->ranges[i];
		unsigned shift = chunk_shift(range);
		wide first = wide_of(&range->first), last = wide_of(&range->last);

		for (wide chunk = first >> shift; chunk <= last >> shift; chunk++) {
			wide at = chunk << shift;
			struct gp_addr addr = addr_of(at < first ? first : at);

			if (is_ipv4(range))
				gp_inside_slot4_slow(memory, &addr, 1);
			else
				gp_inside_slot6(memory, &addr, 1);
		}
	}
}

bool gp_memory_setup(struct gp_memory *memory, const struct gp_config *config, const struct gp_settings *plan)
{
	bool dense = count_chunks(config) <= plan->chunks;

	*memory->settings = *plan;
	if (config->range_count)
		memcpy(memory->ranges, config->ranges, config->range_count * sizeof(*memory->ranges));
	for (__u32 port = 0; port < 65536; port++)
		memory->ports[port / 8] |= (__u64)gp_port_byte(config->ports[port]) << (port % 8 * 8);
	set_directory4(memory, config);
	set_directory6(memory, config);
	memory->control->bank_epoch[0] = 1;
	if (dense)
		make_chunks(memory, config);
	return dense;
}

void gp_memory_flush(struct gp_memory *memory, __u64 now_ns)
{
	memory->now_ns = now_ns;
	gp_hot_flush(memory);
}
