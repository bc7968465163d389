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
	struct gp_scratch scratch;
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

	gp_account_frame(&engine->memory, &ctx, frame->data, frame->data + frame->data_bytes, frame->data_bytes,
			 (__u32)(frame->data_bytes - frame->excess_bytes), GP_SIDE_TAP, frame->time_ns);
	return 0;
}

static const struct gp_packet *native_last_packet(struct gp_engine *engine)
{
	return &native_of(engine)->scratch.packet;
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

static size_t lay_out(struct gp_memory *m, char *base, const struct gp_config *config)
{
	size_t hosts = 2 * (size_t)config->host_slots, offset = 0;

	m->settings = carve(base, &offset, 1, sizeof(*m->settings));
	m->totals = carve(base, &offset, 1, sizeof(*m->totals));
	m->filters = carve(base, &offset, 1, sizeof(*m->filters));
	m->hosts = carve(base, &offset, hosts, sizeof(*m->hosts));
	m->flows = carve(base, &offset, config->flow_slots, sizeof(*m->flows));
	m->filter_bits = carve(base, &offset, (size_t)GP_FILTERS * config->filter_words, sizeof(*m->filter_bits));
	m->ranges = carve(base, &offset, config->range_count, sizeof(*m->ranges));
	m->ports = carve(base, &offset, 65536, sizeof(*m->ports));
	m->claims = carve(base, &offset, hosts, sizeof(*m->claims));
	return offset;
}

int gp_engine_native_open(struct gp_engine **out, const struct gp_config *config)
{
	struct native_engine *native = calloc(1, sizeof(*native));

	if (!native)
		return -ENOMEM;
	/* Pages come zeroed and only when they are touched: large tables cost nothing until they fill. */
	native->arena_bytes = lay_out(&native->engine.memory, NULL, config);
	native->arena = mmap(NULL, native->arena_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (native->arena == MAP_FAILED) {
		free(native);
		return -ENOMEM;
	}
	lay_out(&native->engine.memory, native->arena, config);
	native->engine.memory.scratch = &native->scratch;
	native->engine.name = "native";
	native->engine.frame = native_frame;
	native->engine.last_packet = native_last_packet;
	native->engine.close = native_close;
	gp_memory_setup(&native->engine.memory, config);
	*out = &native->engine;
	return 0;
}
