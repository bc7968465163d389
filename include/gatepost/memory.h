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

GP_INLINE const __u8 *gp_ctx_data(const gp_ctx *ctx)
{
	return ctx->data;
}

GP_INLINE const __u8 *gp_ctx_end(const gp_ctx *ctx)
{
	return ctx->data + ctx->bytes;
}

/* Flow records on their way to the agent, natively: a ring that is emptied after each packet. */
struct gp_record_ring {
	struct gp_flow_record records[GP_RECORD_RING];
	__u32 count;
};

/* The sample of a packet, natively: there is one at most, and it is fetched before the next packet. */
struct gp_sample_buffer {
	struct gp_packet_sample head;
	__u8 bytes[GP_FRAME_MAX];
	__u32 count; /* 0: empty */
};

/* Borrowed pointers; who made the memory (user/engine_*.c, user/loader.c) frees it. Sizes: settings. */
struct gp_memory {
	struct gp_settings *settings;
	struct gp_control *control;
	struct gp_claims *claims;
	struct gp_cpu *cpus;	/* one per possible CPU; the native engine has one */
	__u32 cpu_count;
	__u64 *dir16;		/* GP_DIR16_WORDS */
	__u32 *dir24;		/* GP_DIR24_ENTRIES */
	__u64 *flagged;		/* GP_FLAGGED_WORDS */
	__u8 *dir32;		/* GP_DIR32_ENTRIES */
	struct gp_dense *dense; /* GP_DENSE */
	__u64 *dir6;		/* dir6_words */
	struct gp_chunk *chunks;
	struct gp_hot *hot;	/* slices x chunks x GP_CHUNK_SLOTS */
	struct gp_mail *mail;	/* chunks x GP_CHUNK_SLOTS */
	__u64 *host_of;		/* by inside slot: record + 1; 0 without one */
	struct gp_host *hosts;	/* inside_hosts, then GP_BANKS x outside_hosts */
	__u32 *outside_claims;	/* GP_BANKS x outside_hosts: records in the order in which they were claimed */
	struct gp_cell *cells;	/* GP_BANKS x cells */
	struct gp_flow *flows;	/* flow_slots */
	__u32 *pending;		/* GP_PENDING_PROOFS */
	struct gp_filters *filters;
	__u64 *filter_bits;	/* GP_FILTERS x filter_words */
	struct gp_range *ranges; /* sorted */
	__u8 *ports;		/* GP_PORTS */
	struct gp_shadow *shadow; /* 2 x chunks x GP_CHUNK_SLOTS; the agent's, the data plane does not know it */
	struct gp_record_ring *ring; /* of the native engine; NULL elsewhere */
	struct gp_sample_buffer *sample; /* the same */
	struct gp_shared_bucket *shared_buckets; /* GP_SAMPLED_KINDS */
	__u64 *buckets;		/* GP_SAMPLE_BUCKETS: when each will be full again */
	__u64 now_ns;		/* of the native engine: the packet's time */
};

GP_INLINE struct gp_settings *gp_mem_settings(struct gp_memory *m)
{
	return m->settings;
}

GP_INLINE struct gp_control *gp_mem_control(struct gp_memory *m)
{
	return m->control;
}

GP_INLINE struct gp_claims *gp_mem_claims(struct gp_memory *m)
{
	return m->claims;
}

GP_INLINE struct gp_cpu *gp_mem_cpu(struct gp_memory *m)
{
	return m->cpus;
}

GP_INLINE __u64 gp_mem_now(struct gp_memory *m)
{
	return m->now_ns;
}

/* Natively tags are computed, and written nowhere: tests read them. */
GP_INLINE __u32 gp_mem_tags(struct gp_memory *m)
{
	(void)m;
	return 1;
}

/* Does a packet come with its time? In the kernel, live, asking for it costs. */
GP_INLINE __u32 gp_mem_replays(struct gp_memory *m)
{
	(void)m;
	return 1;
}

GP_INLINE __u64 *gp_mem_dir16(struct gp_memory *m, __u32 word)
{
	return &m->dir16[word & (GP_DIR16_WORDS - 1)];
}

GP_INLINE __u32 *gp_mem_dir24(struct gp_memory *m, __u32 net)
{
	return &m->dir24[net & (GP_DIR24_ENTRIES - 1)];
}

GP_INLINE __u64 *gp_mem_flagged(struct gp_memory *m, __u32 word)
{
	return &m->flagged[word & (GP_FLAGGED_WORDS - 1)];
}

GP_INLINE __u8 gp_mem_dir32(struct gp_memory *m, __u32 place)
{
	return m->dir32[place & (GP_DIR32_ENTRIES - 1)];
}

GP_INLINE const struct gp_dense *gp_mem_dense(struct gp_memory *m, __u32 row)
{
	return &m->dense[row & (GP_DENSE - 1)];
}

GP_INLINE __u64 *gp_mem_dir6(struct gp_memory *m, __u32 word)
{
	return word < m->settings->dir6_words ? &m->dir6[word] : 0;
}

GP_INLINE struct gp_chunk *gp_mem_chunk(struct gp_memory *m, __u32 chunk)
{
	return chunk < m->settings->chunks ? &m->chunks[chunk] : 0;
}

/* @line: slice x inside slots + slot. */
GP_INLINE struct gp_hot *gp_mem_hot(struct gp_memory *m, __u32 line)
{
	return line < m->settings->slices * m->settings->chunks * GP_CHUNK_SLOTS ? &m->hot[line] : 0;
}

GP_INLINE struct gp_mail *gp_mem_mail(struct gp_memory *m, __u32 slot)
{
	return slot < m->settings->chunks * GP_CHUNK_SLOTS ? &m->mail[slot] : 0;
}

GP_INLINE __u64 *gp_mem_host_of(struct gp_memory *m, __u32 slot)
{
	return slot < m->settings->chunks * GP_CHUNK_SLOTS ? &m->host_of[slot] : 0;
}

GP_INLINE struct gp_host *gp_mem_host(struct gp_memory *m, __u32 record)
{
	return record < m->settings->inside_hosts + GP_BANKS * m->settings->outside_hosts ? &m->hosts[record] : 0;
}

GP_INLINE __u32 *gp_mem_outside_claim(struct gp_memory *m, __u32 i)
{
	return i < GP_BANKS * m->settings->outside_hosts ? &m->outside_claims[i] : 0;
}

GP_INLINE struct gp_cell *gp_mem_cell(struct gp_memory *m, __u32 i)
{
	return i < GP_BANKS * m->settings->cells ? &m->cells[i] : 0;
}

GP_INLINE struct gp_flow *gp_mem_flow(struct gp_memory *m, __u32 slot)
{
	return slot < m->settings->flow_slots ? &m->flows[slot] : 0;
}

GP_INLINE __u32 *gp_mem_pending(struct gp_memory *m, __u32 i)
{
	return &m->pending[i & (GP_PENDING_PROOFS - 1)];
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

GP_INLINE __u8 gp_mem_port(struct gp_memory *m, __u32 port)
{
	return m->ports[port & (GP_PORTS - 1)];
}

/* Tells the agent of a flow that has ended. Return: 0, or -1 when the ring is full. */
GP_INLINE int gp_mem_tell(struct gp_memory *m, const struct gp_flow_record *record)
{
	if (!m->ring || m->ring->count >= GP_RECORD_RING)
		return -1;
	m->ring->records[m->ring->count++] = *record;
	return 0;
}

/* What is sampled: enum gp_sampling. */
GP_INLINE __u32 gp_mem_sampling(struct gp_memory *m)
{
	return m->settings->sampling;
}

GP_INLINE struct gp_shared_bucket *gp_mem_shared_buckets(struct gp_memory *m, __u32 kind)
{
	return &m->shared_buckets[kind & (GP_SAMPLED_KINDS - 1)];
}

GP_INLINE __u64 *gp_mem_buckets(struct gp_memory *m, __u32 place)
{
	return &m->buckets[place & (GP_SAMPLE_BUCKETS - 1)];
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

/**
 * gp_mem_sample() - hand a packet to the agent.
 * @head: all but `captured`.
 * @offset, @bytes: what of the frame; more than one sample may hold is left out.
 *
 * Return: 0, or -1 when there is no room.
 */
GP_INLINE int gp_mem_sample(struct gp_memory *m, gp_ctx *ctx, const struct gp_packet_sample *head, __u32 offset, __u32 bytes)
{
	__u32 max = gp_mem_sampling(m) == GP_SAMPLING_ALL ? GP_FRAME_MAX : GP_SAMPLE_BYTES;

	if (!m->sample || m->sample->count)
		return -1;
	m->sample->head = *head;
	m->sample->head.captured = gp_mem_load(m, ctx, offset, m->sample->bytes, bytes, max);
	m->sample->count = 1;
	return 0;
}
#endif

GP_INLINE struct gp_totals *gp_mem_totals(struct gp_memory *m)
{
	struct gp_cpu *cpu = gp_mem_cpu(m);

	return cpu ? &cpu->totals : 0;
}

GP_INLINE struct gp_scratch *gp_mem_scratch(struct gp_memory *m)
{
	struct gp_cpu *cpu = gp_mem_cpu(m);

	return cpu ? &cpu->scratch : 0;
}

#endif
