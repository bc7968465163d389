/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between the data plane and the memory it counts in. In the kernel the records lie in BPF maps, natively
 * in plain arrays; the agent sees both as struct gp_memory, since every map can be mmap()ed.
 */
#ifndef GATEPOST_MEMORY_H
#define GATEPOST_MEMORY_H

#include <gatepost/abi.h>
#include <gatepost/scratch.h>
#include <gatepost/types.h>

#ifdef __bpf__
#include <maps.h> /* bpf/maps.h: the same accessors over map look-ups */
#else

/* What a native frame's payload is read from. */
struct gp_native_frame {
	const __u8 *data;
	__u32 bytes;
};
typedef struct gp_native_frame gp_ctx;

/* Borrowed pointers; who made the memory (user/engine_*.c, user/loader.c) frees it. */
struct gp_memory {
	struct gp_settings *settings;
	struct gp_totals *totals;
	struct gp_host *hosts;	/* settings->host_slots outside hosts, then as many inside ones */
	struct gp_flow *flows;	/* settings->flow_slots */
	struct gp_filters *filters;
	__u64 *filter_bits;	/* GP_FILTERS x settings->filter_words */
	struct gp_range *ranges; /* settings->ranges, sorted */
	struct gp_port *ports;	/* 65536, by port number */
	__u32 *claims;		/* slots in the order in which they were claimed, laid out as hosts */
	struct gp_scratch *scratch; /* of the native engine; NULL elsewhere */
};

GP_INLINE struct gp_settings *gp_mem_settings(struct gp_memory *m)
{
	return m->settings;
}

GP_INLINE struct gp_totals *gp_mem_totals(struct gp_memory *m)
{
	return m->totals;
}

GP_INLINE struct gp_host *gp_mem_host(struct gp_memory *m, __u32 slot)
{
	return slot < 2 * m->settings->host_slots ? &m->hosts[slot] : 0;
}

GP_INLINE struct gp_flow *gp_mem_flow(struct gp_memory *m, __u32 slot)
{
	return slot < m->settings->flow_slots ? &m->flows[slot] : 0;
}

GP_INLINE struct gp_filters *gp_mem_filters(struct gp_memory *m)
{
	return m->filters;
}

GP_INLINE __u64 *gp_mem_filter_word(struct gp_memory *m, __u32 word)
{
	return word < GP_FILTERS * m->settings->filter_words ? &m->filter_bits[word] : 0;
}

GP_INLINE const struct gp_range *gp_mem_range(struct gp_memory *m, __u32 i)
{
	return i < m->settings->ranges ? &m->ranges[i] : 0;
}

GP_INLINE const struct gp_port *gp_mem_port(struct gp_memory *m, __u16 port)
{
	return &m->ports[port];
}

GP_INLINE __u32 *gp_mem_claim(struct gp_memory *m, __u32 i)
{
	return i < 2 * m->settings->host_slots ? &m->claims[i] : 0;
}

GP_INLINE struct gp_scratch *gp_mem_scratch(struct gp_memory *m)
{
	return m->scratch;
}

/**
 * gp_mem_load() - copy bytes of the frame.
 * @dst: has room for max.
 *
 * Return: how many were copied: bytes or max, whichever is less; 0 when they do not all lie in the frame.
 */
GP_INLINE __u32 gp_mem_load(struct gp_memory *m, gp_ctx *ctx, __u32 offset, __u8 *dst, __u32 bytes, __u32 max)
{
	(void)m;
	if (bytes > max)
		bytes = max;
	if (offset > ctx->bytes || bytes > ctx->bytes - offset)
		return 0;
	__builtin_memcpy(dst, ctx->data + offset, bytes);
	return bytes;
}
#endif

#endif
