/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everybody that the agent knows: what judge and report read. Inside hosts are read in place, in the data plane's
 * memory; outside hosts and prefix cells are added up here, epoch by epoch, from the banks that were drained
 * (user/epoch.c).
 *
 * A host's id: its record number for an inside host (below gp_world_inside_end()), that plus an index for an outside
 * one. Ids stay valid as long as the world.
 */
#ifndef GATEPOST_WORLD_H
#define GATEPOST_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/memory.h>

/* struct gp_service_count in 64 bits: what one host or many have counted. */
struct gp_service_sum {
	__u64 packets, bytes;
	__u64 flows, attempts, answered, confirmed;
};

/* What an owner has counted, whole: hot lines, mail, and what was spilled. */
struct gp_traffic {
	struct gp_count sent, received;
	struct gp_count services[GP_SERVICES];
};

struct gp_world {
	struct gp_memory *memory; /* borrowed */
	struct gp_host *outside;  /* drained, added up by address; moves when it grows: keep ids, not pointers */
	__u32 outside_count, outside_capacity;
	__u32 outside_max;	  /* a new address beyond it is folded into its cell (outside_folded) */
	__u64 outside_folded;
	/*
	 * Drained, added up by prefix; moves when it grows. Once cell_max is reached, a cell that has counted next to
	 * nothing becomes another prefix's.
	 */
	struct gp_cell *cells;
	__u32 cell_count, cell_capacity;
	__u32 cell_max;
	__u32 cell_next; /* looked at last, of those that may give way */
	struct gp_service_sum cells_beyond[GP_SERVICES]; /* traffic and flows of cells for which there is no room here */
	struct gp_world_index *by_addr, *by_prefix; /* private to world.c */
	__u64 flow_records[GP_FLOW_ENDS];	    /* mail flows that ended, by how */
};

/**
 * gp_world_open() - an empty world over a data plane's memory.
 * @memory: borrowed until close; may be counting.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_world_open(struct gp_world **out, struct gp_memory *memory);
void gp_world_close(struct gp_world *world);

/* Ids below this one are inside hosts, by record number. */
static inline __u32 gp_world_inside_end(const struct gp_world *world)
{
	return world->memory->settings->inside_hosts;
}

/* Inside records handed out so far; one that is not `ready` is nobody's (yet). */
static inline __u32 gp_world_inside_count(const struct gp_world *world)
{
	__u32 count = __atomic_load_n(&world->memory->claims->hosts, __ATOMIC_RELAXED);

	return count < gp_world_inside_end(world) ? count : gp_world_inside_end(world);
}

static inline bool gp_world_is_inside(const struct gp_world *world, __u32 id)
{
	return id < gp_world_inside_end(world);
}

/* The record of an id; NULL when there is none, or it is not ready. An outside one moves when the world grows. */
const struct gp_host *gp_world_host(const struct gp_world *world, __u32 id);

/**
 * gp_world_add_host() - add what a bank counted for an outside address to what is known of it.
 * @host: from a drained bank: counters since the bank was cleared.
 *
 * Counters are added, sketches merged by maximum, the earlier first_seen and first samples kept.
 * Return: 0, or -ENOMEM (nothing was added).
 */
int gp_world_add_host(struct gp_world *world, const struct gp_host *host);

/* gp_world_add_hosts() - several at once; memory is asked for all before the first is added. -ENOMEM: after some. */
int gp_world_add_hosts(struct gp_world *world, const struct gp_host *hosts, __u32 count);

/* gp_world_add_cell() - likewise for a prefix. */
int gp_world_add_cell(struct gp_world *world, const struct gp_cell *cell);

/**
 * gp_world_reserve() - room for so many addresses and prefixes more, within the bounds.
 *
 * Adding no more than that cannot fail. Return: 0, or -ENOMEM.
 */
int gp_world_reserve(struct gp_world *world, __u32 hosts, __u32 cells);

/**
 * gp_world_slot_traffic() - what an inside slot has counted, read while it is being counted.
 *
 * A word that is spilled meanwhile is read again: the sums are never short of it nor have it twice.
 */
void gp_world_slot_traffic(const struct gp_world *world, __u32 slot, struct gp_traffic *out);

/* What waits for its cache line on all CPUs, counted as received and not yet at its owner (include/gatepost/hot.h). */
void gp_world_in_flight(const struct gp_world *world, struct gp_count *out);

/* All CPUs' totals, added up. */
void gp_world_totals(const struct gp_world *world, struct gp_totals *out);

/* A mail flow has ended. Counted; what it says of its host comes with evidence. */
void gp_world_flow_record(struct gp_world *world, const struct gp_flow_record *record);

/**
 * gp_world_find() - whose record an address has: a host's, or the one of the subscriber's prefix that it lies in.
 * @id: out; untouched unless the answer is true.
 *
 * Looks at the chunks, not at all hosts. Return: false when it has none: it was never seen, or only ever moved bulk data.
 */
bool gp_world_find(const struct gp_world *world, const struct gp_addr *addr, __u32 *id);

/* The address of a chunk's slot. @index: in the chunk, below GP_CHUNK_SLOTS. */
void gp_chunk_address(const struct gp_chunk *chunk, __u32 index, struct gp_addr *addr);

/* The address of an inside slot; false while its chunk is not handed out. @bits: out, of 128. */
bool gp_world_slot_address(const struct gp_world *world, __u32 slot, struct gp_addr *addr, __u8 *bits);

#endif
