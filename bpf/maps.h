/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of include/gatepost/memory.h as BPF maps. Each can be mmap()ed, so that the agent reads without system
 * calls; sizes are set when the object is loaded (user/bpf_object.c).
 */
#ifndef GATEPOST_MAPS_H
#define GATEPOST_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <gatepost/abi.h>
#include <gatepost/scratch.h>
#include <gatepost/types.h>

struct gp_claim_pair {
	__u32 slots[2];
};

#define GP_ARRAY(name, record)                                                                                         \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, 1);                                                                                \
		__type(key, __u32);                                                                                    \
		__type(value, record);                                                                                 \
	} name SEC(".maps")

GP_ARRAY(gp_settings, struct gp_settings);
GP_ARRAY(gp_totals, struct gp_totals);
GP_ARRAY(gp_hosts, struct gp_host);
GP_ARRAY(gp_flows, struct gp_flow);
GP_ARRAY(gp_filters, struct gp_filters);
GP_ARRAY(gp_filter_bits, __u64);
GP_ARRAY(gp_ranges, struct gp_range);
GP_ARRAY(gp_ports, struct gp_port);
GP_ARRAY(gp_claims, struct gp_claim_pair);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gp_scratch);
} gp_scratch SEC(".maps");

typedef struct xdp_md gp_ctx;

/*
 * Nothing to carry: maps are global. The core hands it down all the same, and each accessor pretends to read it: an
 * argument that nobody reads is left undefined by the compiler, and then refused by the verifier.
 */
struct gp_memory {
	__u32 unused;
};

#define GP_TOUCH(m) asm volatile("" : : "r"(m))

GP_INLINE struct gp_settings *gp_mem_settings(struct gp_memory *m)
{
	__u32 zero = 0;

	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_settings, &zero);
}

GP_INLINE struct gp_totals *gp_mem_totals(struct gp_memory *m)
{
	__u32 zero = 0;

	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_totals, &zero);
}

GP_INLINE struct gp_host *gp_mem_host(struct gp_memory *m, __u32 slot)
{
	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_hosts, &slot);
}

GP_INLINE struct gp_flow *gp_mem_flow(struct gp_memory *m, __u32 slot)
{
	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_flows, &slot);
}

GP_INLINE struct gp_filters *gp_mem_filters(struct gp_memory *m)
{
	__u32 zero = 0;

	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_filters, &zero);
}

GP_INLINE __u64 *gp_mem_filter_word(struct gp_memory *m, __u32 word)
{
	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_filter_bits, &word);
}

GP_INLINE const struct gp_range *gp_mem_range(struct gp_memory *m, __u32 i)
{
	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_ranges, &i);
}

GP_INLINE const struct gp_port *gp_mem_port(struct gp_memory *m, __u16 port)
{
	__u32 i = port;

	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_ports, &i);
}

/* An array map rounds each record up to 8 bytes: two claims share one, so that the agent sees plain 32-bit words. */
GP_INLINE __u32 *gp_mem_claim(struct gp_memory *m, __u32 i)
{
	__u32 pair_index = i / 2;
	struct gp_claim_pair *pair;

	GP_TOUCH(m);
	pair = bpf_map_lookup_elem(&gp_claims, &pair_index);
	return pair ? &pair->slots[i & 1] : 0;
}

GP_INLINE struct gp_scratch *gp_mem_scratch(struct gp_memory *m)
{
	__u32 zero = 0;

	GP_TOUCH(m);
	return bpf_map_lookup_elem(&gp_scratch, &zero);
}

/* As the native one; reaches behind the linear part of a jumbo frame (bpf_xdp_load_bytes(), Linux 5.18). */
GP_INLINE __u32 gp_mem_load(struct gp_memory *m, gp_ctx *ctx, __u32 offset, __u8 *dst, __u32 bytes, const __u32 max)
{
	__u64 n = bytes;

	GP_TOUCH(m);
	if (n > max)
		n = max;
	GP_OPAQUE(n);
	if (n < 1 || n > max)
		return 0;
	return bpf_xdp_load_bytes(ctx, offset, dst, (__u32)n) ? 0 : (__u32)n;
}

#endif
