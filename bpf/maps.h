/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of include/gatepost/memory.h as BPF maps. Each array can be mmap()ed, so that the agent reads without
 * system calls; sizes are set when the object is loaded (user/bpf_object.c).
 */
#ifndef GATEPOST_MAPS_H
#define GATEPOST_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <gatepost/abi.h>
#include <gatepost/scratch.h>
#include <gatepost/types.h>

/* An array map rounds each record up to 8 bytes: two 32-bit words share one, so that the agent sees them plain. */
struct gp_pair {
	__u32 words[2];
};

#define GP_ARRAY(name, record)                                                                                         \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, 1);                                                                                \
		__type(key, __u32);                                                                                    \
		__type(value, record);                                                                                 \
	} name SEC(".maps")

GP_ARRAY(gp_cpus, struct gp_cpu);
GP_ARRAY(gp_dir24, struct gp_pair);
GP_ARRAY(gp_dir6, __u64);
GP_ARRAY(gp_chunks, struct gp_chunk);
GP_ARRAY(gp_hot, struct gp_hot);
GP_ARRAY(gp_mail, struct gp_mail);
GP_ARRAY(gp_host_of, __u64);
GP_ARRAY(gp_hosts, struct gp_host);
GP_ARRAY(gp_outside, struct gp_pair);
GP_ARRAY(gp_cells, struct gp_cell);
GP_ARRAY(gp_flows, struct gp_flow);
GP_ARRAY(gp_pending, struct gp_pair);
GP_ARRAY(gp_filter_bits, __u64);
GP_ARRAY(gp_ranges, struct gp_range);
GP_ARRAY(gp_shadow, struct gp_shadow); /* the agent's alone: it lies here so that it outlives the agent */

/*
 * Tables of a fixed size are global variables, each a map of its own: their addresses are constants of the program, so
 * that a look-up is a load.
 */
#define GP_TABLE(name) SEC(".data." #name)

struct gp_settings gp_settings GP_TABLE(settings);
struct gp_control gp_control GP_TABLE(control);
struct gp_claims gp_claims GP_TABLE(claims);
struct gp_filters gp_filters GP_TABLE(filters);
__u64 gp_dir16[GP_DIR16_WORDS] GP_TABLE(dir16);
__u64 gp_flagged[GP_FLAGGED_WORDS] GP_TABLE(flagged);
__u8 gp_dir32[GP_DIR32_ENTRIES] GP_TABLE(dir32);
struct gp_dense gp_dense[GP_DENSE] GP_TABLE(dense);
__u8 gp_ports[GP_PORTS] GP_TABLE(ports);
struct gp_shared_bucket gp_shared_buckets[GP_SAMPLED_KINDS] GP_TABLE(shared_buckets);
__u64 gp_buckets[GP_SAMPLE_BUCKETS] GP_TABLE(buckets);

/* Flow records. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GP_RECORD_RING * 128);
} gp_records SEC(".maps");

/* Samples of packets. Sizes are set when the object is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} gp_samples SEC(".maps");

/* Where each CPU puts a sample together: struct gp_packet_sample, and gp_knob_sample_bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct gp_packet_sample) + GP_SAMPLE_BYTES);
} gp_sample_buffers SEC(".maps");

/* Set before the object is loaded. */
const volatile __u32 gp_knob_side = GP_SIDE_TAP;
const volatile __u32 gp_knob_replay = 0; /* 1: time and excess come with each packet */
const volatile __u32 gp_knob_tags = 0;	 /* 1: packets of watched services bear struct gp_tag */
const volatile __u32 gp_knob_sampling = GP_SAMPLING_SOME;
const volatile __u32 gp_knob_sample_bytes = GP_SAMPLE_BYTES; /* of a packet; the buffers hold so many */
const volatile __u64 gp_knob_wake_bytes = 1 << 18; /* in the ring of samples: then the agent is woken */

/* Replay only: written before each test run. */
__u64 gp_replay_now_ns = 0;
__s64 gp_replay_excess_bytes = 0; /* bytes of the frame that stand for another link layer and are not counted */

typedef struct xdp_md gp_ctx;

/* What can be read directly: all of a frame, or the linear part of a jumbo frame. */
GP_INLINE const __u8 *gp_ctx_data(gp_ctx *ctx)
{
	return (const __u8 *)(long)ctx->data;
}

GP_INLINE const __u8 *gp_ctx_end(gp_ctx *ctx)
{
	return (const __u8 *)(long)ctx->data_end;
}

/* Nothing to carry: maps are global. The core hands it down all the same, and nobody looks at it. */
struct gp_memory {
	__u32 unused;
};
#define GP_MEMORY ((struct gp_memory *)0)

/* gp_mem_NAME(m, index): a record of the map, or 0 beyond its end. */
#define GP_ACCESSOR(type, name, map)                                                                                   \
	GP_INLINE type *gp_mem_##name(struct gp_memory *m, __u32 index)                                                \
	{                                                                                                              \
		(void)m;                                                                                               \
		return bpf_map_lookup_elem(&map, &index);                                                              \
	}

#define GP_ACCESSOR_ONE(type, name)                                                                                    \
	GP_INLINE type *gp_mem_##name(struct gp_memory *m)                                                             \
	{                                                                                                              \
		(void)m;                                                                                               \
		return &gp_##name;                                                                                     \
	}

/* gp_mem_NAME(m, index): an entry of a table; @entries is a power of two, an index beyond it wraps round. */
#define GP_ACCESSOR_TABLE(type, name, entries)                                                                         \
	GP_INLINE type *gp_mem_##name(struct gp_memory *m, __u32 index)                                                \
	{                                                                                                              \
		(void)m;                                                                                               \
		return &gp_##name[index & ((entries)-1)];                                                              \
	}

#define GP_ACCESSOR_PAIR(name, map)                                                                                    \
	GP_INLINE __u32 *gp_mem_##name(struct gp_memory *m, __u32 index)                                               \
	{                                                                                                              \
		__u32 pair_index = index / 2;                                                                          \
		struct gp_pair *pair;                                                                                  \
                                                                                                                       \
		(void)m;                                                                                               \
		pair = bpf_map_lookup_elem(&map, &pair_index);                                                         \
		return pair ? &pair->words[index & 1] : 0;                                                             \
	}

GP_ACCESSOR_ONE(struct gp_settings, settings)
GP_ACCESSOR_ONE(struct gp_control, control)
GP_ACCESSOR_ONE(struct gp_claims, claims)
GP_ACCESSOR_ONE(struct gp_filters, filters)
GP_ACCESSOR_TABLE(__u64, dir16, GP_DIR16_WORDS)
GP_ACCESSOR_TABLE(__u64, buckets, GP_SAMPLE_BUCKETS)
GP_ACCESSOR_TABLE(struct gp_shared_bucket, shared_buckets, GP_SAMPLED_KINDS)
GP_ACCESSOR_TABLE(__u64, flagged, GP_FLAGGED_WORDS)
GP_ACCESSOR_TABLE(const struct gp_dense, dense, GP_DENSE)
GP_ACCESSOR_PAIR(pending, gp_pending)
GP_ACCESSOR_PAIR(dir24, gp_dir24)
GP_ACCESSOR(__u64, dir6, gp_dir6)
GP_ACCESSOR(struct gp_chunk, chunk, gp_chunks)
GP_ACCESSOR(struct gp_hot, hot, gp_hot)
GP_ACCESSOR(struct gp_mail, mail, gp_mail)
GP_ACCESSOR(__u64, host_of, gp_host_of)
GP_ACCESSOR(struct gp_host, host, gp_hosts)
GP_ACCESSOR_PAIR(outside_claim, gp_outside)
GP_ACCESSOR(struct gp_cell, cell, gp_cells)
GP_ACCESSOR(struct gp_flow, flow, gp_flows)
GP_ACCESSOR(__u64, filter_word, gp_filter_bits)
GP_ACCESSOR(const struct gp_range, range, gp_ranges)

/* XDP runs with bottom halves off: nobody else works on this CPU's record meanwhile. */
GP_INLINE struct gp_cpu *gp_mem_cpu(struct gp_memory *m)
{
	__u32 cpu = bpf_get_smp_processor_id();

	(void)m;
	return bpf_map_lookup_elem(&gp_cpus, &cpu);
}

GP_INLINE __u64 gp_mem_now(struct gp_memory *m)
{
	(void)m;
	return gp_knob_replay ? gp_replay_now_ns : bpf_ktime_get_coarse_ns();
}

/* Does anybody want to know what a packet is? */
GP_INLINE __u32 gp_mem_tags(struct gp_memory *m)
{
	(void)m;
	return gp_knob_tags;
}

/* What is sampled: enum gp_sampling. */
GP_INLINE __u32 gp_mem_sampling(struct gp_memory *m)
{
	(void)m;
	return gp_knob_sampling;
}

/* Does a packet come with its time? */
GP_INLINE __u32 gp_mem_replays(struct gp_memory *m)
{
	(void)m;
	return gp_knob_replay;
}

GP_INLINE __u8 gp_mem_dir32(struct gp_memory *m, __u32 place)
{
	(void)m;
	return gp_dir32[place & (GP_DIR32_ENTRIES - 1)];
}

GP_INLINE __u8 gp_mem_port(struct gp_memory *m, __u32 port)
{
	(void)m;
	GP_OPAQUE(port); /* clang knows that 16 bits are enough where their bytes were swapped; Linux 6.12 does not */
	return gp_ports[port & (GP_PORTS - 1)];
}

/* Tells the agent of a flow that has ended; it looks every second, nobody is woken. Return: 0, or -1: full. */
GP_INLINE int gp_mem_tell(struct gp_memory *m, const struct gp_flow_record *record)
{
	(void)m;
	return bpf_ringbuf_output(&gp_records, (void *)record, sizeof(*record), BPF_RB_NO_WAKEUP) ? -1 : 0;
}

/* As the native one; reaches behind the linear part of a jumbo frame (bpf_xdp_load_bytes(), Linux 5.18). */
GP_INLINE __u32 gp_mem_load(struct gp_memory *m, gp_ctx *ctx, __u32 offset, __u8 *dst, __u32 bytes, const __u32 max)
{
	__u64 last = bytes - 1ull; /* n - 1 is compared, since clang would make that of "n < 1 || n > max" */

	(void)m;
	if (!bytes)
		return 0;
	if (last >= max)
		last = max - 1;
	GP_OPAQUE(last);
	if (last >= max)
		return 0;
	return bpf_xdp_load_bytes(ctx, offset, dst, (__u32)last + 1) ? 0 : (__u32)last + 1;
}

/* As the native one. The agent is woken when much is waiting for it; it looks every second anyway. */
GP_INLINE int gp_mem_sample(struct gp_memory *m, gp_ctx *ctx, const struct gp_packet_sample *head, __u32 offset, __u32 bytes)
{
	__u64 wake = bpf_ringbuf_query(&gp_samples, BPF_RB_AVAIL_DATA) >= gp_knob_wake_bytes;
	__u32 cpu = bpf_get_smp_processor_id(), captured;
	__u8 *buffer = bpf_map_lookup_elem(&gp_sample_buffers, &cpu);

	if (!buffer)
		return -1;
	captured = gp_mem_load(m, ctx, offset, buffer + sizeof(*head), bytes, gp_knob_sample_bytes);
	*(struct gp_packet_sample *)buffer = *head;
	((struct gp_packet_sample *)buffer)->captured = captured;
	return bpf_ringbuf_output(&gp_samples, buffer, sizeof(*head) + captured,
				  wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP) ? -1 : 0;
}

#endif
