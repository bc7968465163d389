/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory_setup.h"

#include <stdlib.h>
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
		return range->subscriber_bits > 8 ? 128u + 8 - range->subscriber_bits : 127;
	return range->subscriber_bits >= 120 ? 8 : 128u - range->subscriber_bits;
}

#define CHUNKS_MAX (1ull << 40) /* more are as good as that */

/* Chunks that the ranges need, each counted once. */
static __u64 count_chunks(const struct gp_config *config)
{
	wide last_seen = 0;
	__u64 chunks = 0;
	unsigned shift_seen = 128;

	for (__u32 i = 0; i < config->range_count; i++) {
		const struct gp_range *range = &config->ranges[i];
		unsigned shift = chunk_shift(range);
		wide first = wide_of(&range->first) >> shift, last = wide_of(&range->last) >> shift, count;

		count = last - first + 1 - (shift_seen == shift && last_seen == first);
		shift_seen = shift;
		last_seen = last;
		chunks += count > CHUNKS_MAX ? CHUNKS_MAX : (__u64)count;
	}
	return chunks;
}

__u64 gp_range_chunks(const struct gp_range *range)
{
	unsigned shift = chunk_shift(range);
	wide count = (wide_of(&range->last) >> shift) - (wide_of(&range->first) >> shift) + 1;

	return count > CHUNKS_MAX ? CHUNKS_MAX : (__u64)count;
}

static __u32 power_of_two_from(__u64 n)
{
	__u32 power = 64;

	while (power < n && power < 1u << 31)
		power *= 2;
	return power;
}

#define RANGES_MORE 1024u
#define SAMPLE_FLOWS_AT_ONCE 20 /* of a source that has been silent */

static struct gp_rate rate_of(double per_second, double at_once)
{
	__u64 interval_ns = per_second > 0 ? (__u64)(1e9 / per_second) : 0;

	return (struct gp_rate){ .interval_ns = interval_ns, .depth_ns = (__u64)(at_once * (double)interval_ns) };
}

/* Room for what a running agent may be told later. */
static __u32 range_room(__u32 count)
{
	__u32 room = count + count / 2 + RANGES_MORE;

	return room < GP_PREFIXES_MAX ? room : GP_PREFIXES_MAX;
}

void gp_memory_plan(struct gp_settings *out, const struct gp_config *config, unsigned cpus)
{
	const struct gp_kept_sizes *kept = &config->kept;
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
		.chunks = kept->chunks ? kept->chunks : chunks ? chunks : 1,
		.dir6_words = kept->chunks ? kept->dir6_words : power_of_two_from(4ull * chunks),
		.inside_hosts = config->inside_hosts,
		.outside_hosts = config->outside_hosts,
		.cells = config->cells,
		.flow_slots = config->flow_slots,
		.filter_words = config->filter_words,
		.ranges = kept->chunks ? kept->ranges : 2 * range_room(config->range_count),
		.tunnels = config->tunnels,
		.tags = config->tags,
		.sampling = config->sampling ? config->sampling : config->sample_flows ? GP_SAMPLING_SOME : GP_SAMPLING_OFF,
		.sample_flows = rate_of(config->sample_flows / 60.0, SAMPLE_FLOWS_AT_ONCE),
		.samples = rate_of(config->samples, config->samples),
		.secret = { config->secret[0], config->secret[1] },
	};
}

static void set_dir16(struct gp_memory *memory, __u32 bit)
{
	memory->dir16[bit / 64] |= 1ull << (bit % 64);
}

/* A /24 that is whole may be read from its entry alone; @covered: of its addresses. */
static void set_dir24(struct gp_memory *memory, __u32 net, __u32 covered, bool plain)
{
	memory->dir24[net] |= GP_DIR_UNMADE | (covered < 256 || !plain ? GP_DIR_PARTIAL : 0);
	set_dir16(memory, net >> 8);
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
	}
}

/* Sets what the hashes of a range's networks of 32 bits stand for. Beyond 2^16 of them they have all places. */
static void set_dir32(struct gp_memory *memory, const struct gp_range *range, __u8 row)
{
	__u64 first = (__u64)(wide_of(&range->first) >> 96), last = (__u64)(wide_of(&range->last) >> 96);

	if (last - first >= GP_DIR32_ENTRIES) {
		memset(memory->dir32, row, GP_DIR32_ENTRIES);
		return;
	}
	for (__u64 top = first; top <= last; top++)
		memory->dir32[gp_dir32_place((__u32)top)] = row;
}

/* The row of a range from an address on, if its chunks follow each other. What is no whole upper half is left out. */
static bool dense_from(struct gp_memory *memory, const struct gp_range *range, wide first, struct gp_dense *row)
{
	const struct gp_addr from = addr_of(first);
	wide last = wide_of(&range->last);
	__u64 steps = (__u64)((last >> chunk_shift(range)) - (first >> chunk_shift(range)));
	__u64 cut_first = (__u64)first != 0, cut_last = (__u64)last != ~0ull;
	int begin = gp_inside_slot6_slow(memory, &from, 0), end = gp_inside_slot6_slow(memory, &range->last, 0);

	if (begin < 0 || end < 0 || (first >> 64) + cut_first + cut_last > last >> 64 ||
	    (__u64)(__s64)(end / (int)GP_CHUNK_SLOTS - begin / (int)GP_CHUNK_SLOTS) != steps)
		return false;
	row->first = (__u64)(first >> 64) + cut_first;
	row->last = (__u64)(last >> 64) - cut_last;
	row->shift = 64u - range->subscriber_bits;
	row->slot = (__u32)begin - (__u32)((__u64)(first >> 64) >> row->shift);
	return true;
}

/* Each range makes its chunks in a row, but the first one may be another range's as well, and lie elsewhere. */
static struct gp_dense dense_of(struct gp_memory *memory, const struct gp_range *range)
{
	wide first = wide_of(&range->first), second = ((first >> chunk_shift(range)) + 1) << chunk_shift(range);
	struct gp_dense row;

	if (range->subscriber_bits <= 64 &&
	    (dense_from(memory, range, first, &row) ||
	     (second <= wide_of(&range->last) && second > first && dense_from(memory, range, second, &row))))
		return row;
	return (struct gp_dense){ .first = 1 };
}

static int compare_size(const void *left, const void *right)
{
	const struct gp_range *const *a = left, *const *b = right;
	wide x = wide_of(&(*a)->last) - wide_of(&(*a)->first), y = wide_of(&(*b)->last) - wide_of(&(*b)->first);

	return x < y ? -1 : x > y;
}

/*
 * Of two ranges in one place the larger one keeps it. The smallest beyond 255 ranges have no rows of their own, and
 * without memory to sort them none has: then the ranges are asked. @dense: all chunks have been made.
 */
static void set_directory6(struct gp_memory *memory, __u32 range_count, bool dense)
{
	const struct gp_range **ranges = calloc(range_count + 1, sizeof(*ranges));
	__u32 count = 0;

	for (__u32 i = 0; i < GP_DENSE; i++)
		memory->dense[i] = (struct gp_dense){ .first = 1 };
	if (!ranges) {
		memset(memory->dir32, GP_DENSE - 1, GP_DIR32_ENTRIES);
		return;
	}
	for (__u32 i = 0; i < range_count; i++)
		if (!is_ipv4(&memory->ranges[i]))
			ranges[count++] = &memory->ranges[i];
	qsort(ranges, count, sizeof(*ranges), compare_size);
	for (__u32 i = 0; i < count; i++) {
		__u32 row = count - i < GP_DENSE ? count - i : GP_DENSE - 1;

		if (dense && count - i < GP_DENSE)
			memory->dense[row] = dense_of(memory, ranges[i]);
		set_dir32(memory, ranges[i], (__u8)row);
	}
	free(ranges);
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
				gp_inside_slot6_slow(memory, &addr, 1);
		}
	}
}

bool gp_memory_setup(struct gp_memory *memory, const struct gp_config *config, const struct gp_settings *plan)
{
	bool dense = count_chunks(config) <= plan->chunks;

	*memory->settings = *plan;
	memory->settings->dense = dense;
	if (config->range_count)
		memcpy(memory->ranges, config->ranges, config->range_count * sizeof(*memory->ranges));
	memory->control->ranges = (__u64)config->range_count << 32;
	for (__u32 port = 0; port < 65536; port++)
		memory->ports[port] = gp_port_byte(config->ports[port]);
	set_directory4(memory, config);
	memory->control->bank_epoch[0] = 1;
	if (dense)
		make_chunks(memory, config);
	set_directory6(memory, config->range_count, dense);
	return dense;
}

void gp_memory_flush(struct gp_memory *memory, __u64 now_ns)
{
	memory->now_ns = now_ns;
	gp_hot_flush(memory);
}
