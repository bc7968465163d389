// SPDX-License-Identifier: GPL-2.0-or-later
/* The data plane compiled for this CPU, over plain memory. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <gatepost/account.h>

#include "config.h"
#include "engine.h"
#include "memory_setup.h"

struct native_engine {
	struct gp_engine engine; /* first: what callers hold */
	void *arena;
	size_t arena_bytes;
};

static struct native_engine *native_of(struct gp_engine *engine)
{
	return (struct native_engine *)engine;
}

static int native_frame(struct gp_engine *engine, const struct gp_frame *frame)
{
	struct gp_native_frame ctx = { .data = frame->data, .bytes = frame->data_bytes };

	engine->memory.now_ns = frame->time_ns;
	engine->memory.sample->count = 0;
	gp_account_frame(&engine->memory, &ctx, frame->data_bytes, (__u32)(frame->data_bytes - frame->excess_bytes),
			 GP_SIDE_TAP);
	return 0;
}

static void native_drain(struct gp_engine *engine, gp_record_fn *take, void *context)
{
	struct gp_record_ring *ring = engine->memory.ring;

	for (__u32 i = 0; i < ring->count; i++)
		take(context, &ring->records[i]);
	ring->count = 0;
}

static void native_samples(struct gp_engine *engine, gp_sample_fn *take, void *context)
{
	const struct gp_sample_buffer *sample = engine->memory.sample;

	if (sample->count)
		take(context, &sample->head, sample->bytes);
}

static const struct gp_packet *native_last_packet(struct gp_engine *engine)
{
	return &engine->memory.cpus->scratch.packet;
}

static void native_close(struct gp_engine *engine)
{
	struct native_engine *native = native_of(engine);

	munmap(native->arena, native->arena_bytes);
	free(native);
}

/* Hands out the next array of the arena, on a cache line; with base NULL only the offset moves. */
static void *carve(char *base, size_t *offset, size_t count, size_t record_bytes)
{
	void *at = base ? base + *offset : NULL;

	*offset = (*offset + count * record_bytes + 63) & ~(size_t)63;
	return at;
}

static size_t lay_out(struct gp_memory *m, char *base, const struct gp_settings *plan)
{
	size_t slots = (size_t)plan->chunks * GP_CHUNK_SLOTS, offset = 0;
	size_t hosts = plan->inside_hosts + GP_BANKS * (size_t)plan->outside_hosts;

	m->settings = carve(base, &offset, 1, sizeof(*m->settings));
	m->control = carve(base, &offset, 1, sizeof(*m->control));
	m->claims = carve(base, &offset, 1, sizeof(*m->claims));
	m->filters = carve(base, &offset, 1, sizeof(*m->filters));
	m->cpus = carve(base, &offset, 1, sizeof(*m->cpus));
	m->ring = carve(base, &offset, 1, sizeof(*m->ring));
	m->sample = carve(base, &offset, 1, sizeof(*m->sample));
	m->shared_buckets = carve(base, &offset, GP_SAMPLED_KINDS, sizeof(*m->shared_buckets));
	m->buckets = carve(base, &offset, GP_SAMPLE_BUCKETS, sizeof(*m->buckets));
	m->dir16 = carve(base, &offset, GP_DIR16_WORDS, sizeof(*m->dir16));
	m->dir24 = carve(base, &offset, GP_DIR24_ENTRIES, sizeof(*m->dir24));
	m->flagged = carve(base, &offset, GP_FLAGGED_WORDS, sizeof(*m->flagged));
	m->dir32 = carve(base, &offset, GP_DIR32_ENTRIES, sizeof(*m->dir32));
	m->dense = carve(base, &offset, GP_DENSE, sizeof(*m->dense));
	m->dir6 = carve(base, &offset, plan->dir6_words, sizeof(*m->dir6));
	m->chunks = carve(base, &offset, plan->chunks, sizeof(*m->chunks));
	m->hot = carve(base, &offset, plan->slices * slots, sizeof(*m->hot));
	m->mail = carve(base, &offset, slots, sizeof(*m->mail));
	m->host_of = carve(base, &offset, slots, sizeof(*m->host_of));
	m->hosts = carve(base, &offset, hosts, sizeof(*m->hosts));
	m->outside_claims = carve(base, &offset, GP_BANKS * (size_t)plan->outside_hosts, sizeof(*m->outside_claims));
	m->cells = carve(base, &offset, GP_BANKS * (size_t)plan->cells, sizeof(*m->cells));
	m->flows = carve(base, &offset, plan->flow_slots, sizeof(*m->flows));
	m->pending = carve(base, &offset, GP_PENDING_PROOFS, sizeof(*m->pending));
	m->filter_bits = carve(base, &offset, (size_t)GP_FILTERS * plan->filter_words, sizeof(*m->filter_bits));
	m->ranges = carve(base, &offset, plan->ranges, sizeof(*m->ranges));
	m->ports = carve(base, &offset, GP_PORTS, sizeof(*m->ports));
	return offset;
}

int gp_engine_native_open(struct gp_engine **out, const struct gp_config *config)
{
	struct native_engine *native = calloc(1, sizeof(*native));
	struct gp_settings plan;

	if (!native)
		return -ENOMEM;
	gp_memory_plan(&plan, config, 1);
	/* Pages come zeroed and only when they are touched: large tables cost nothing until they fill. */
	native->arena_bytes = lay_out(&native->engine.memory, NULL, &plan);
	native->arena = mmap(NULL, native->arena_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (native->arena == MAP_FAILED) {
		free(native);
		return -ENOMEM;
	}
	/* Every packet touches several tables at random: fewer and larger pages. Where there are none, it is slower. */
	madvise(native->arena, native->arena_bytes, MADV_HUGEPAGE);
	lay_out(&native->engine.memory, native->arena, &plan);
	native->engine.memory.cpu_count = 1;
	native->engine.name = "native";
	native->engine.frame = native_frame;
	native->engine.drain = native_drain;
	native->engine.samples = native_samples;
	native->engine.last_packet = native_last_packet;
	native->engine.close = native_close;
	gp_memory_setup(&native->engine.memory, config, &plan);
	*out = &native->engine;
	return 0;
}
