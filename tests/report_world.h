/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory and a world made by hand, whose sums are known, and the report over them. */
#ifndef GATEPOST_TEST_REPORT_WORLD_H
#define GATEPOST_TEST_REPORT_WORLD_H

#include <json-c/json.h>

#include "report_model.h"

#define CHUNKS 8u
#define SLICES 2u
#define INSIDE 32u  /* records */
#define OUTSIDE 16u /* records per bank */
#define CELLS 16u   /* per bank */
#define CPUS 2u
#define START 1777888800000000000ull /* 2026-05-04 10:00:00 UTC */
#define SECOND 1000000000ull
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	struct gp_settings settings;
	struct gp_control control;
	struct gp_claims claims;
	struct gp_cpu cpus[CPUS];
	struct gp_chunk chunks[CHUNKS];
	struct gp_hot hot[SLICES * CHUNKS * GP_CHUNK_SLOTS];
	struct gp_mail mail[CHUNKS * GP_CHUNK_SLOTS];
	__u64 host_of[CHUNKS * GP_CHUNK_SLOTS];
	struct gp_host hosts[INSIDE + GP_BANKS * OUTSIDE];
	__u32 outside_claims[GP_BANKS * OUTSIDE];
	struct gp_cell cells[GP_BANKS * CELLS];
	struct gp_range prefixes[1];
	struct gp_memory memory;
	struct gp_world *world;
	__u32 next_chunk, next_record; /* where the next chunk and inside record go, modulo their numbers */
	struct gp_report report;
	struct gp_finding findings[4];
	struct gp_range_finding ranges[2];
	struct gp_verdicts verdicts;
};

/* "10.0.0.7" or "2001:db8::1". */
struct gp_addr world_addr(const char *text);

/* Nobody is in it. @turn: moves every chunk and record to another place; nothing of it may show. */
struct world *world_new(unsigned turn);
void world_free(struct world *w);

/* The inside slot of an address; its chunk is handed out if need be. */
__u32 world_slot(struct world *w, const char *text, unsigned bits);

/* A host with a record: inside in the memory, outside in the world. The pointer stays valid. */
struct gp_host *world_host(struct world *w, const char *text, unsigned bits, enum gp_role role);
__u32 world_id(const struct world *w, const struct gp_host *host);

/* A cell of the world, or (@bank) of a bank of the memory. */
struct gp_cell *world_cell(struct world *w, const char *text, unsigned bits);
struct gp_cell *bank_cell(struct world *w, unsigned bank, const char *text, unsigned bits);
struct gp_host *bank_host(struct world *w, unsigned bank, const char *text);

/*
 * Traffic of an owner: three quarters of the packets sent, so that the two directions differ. An inside host's lies in
 * two hot lines or in the mail words, and what was spilled of it in its record.
 */
void world_traffic(struct world *w, struct gp_host *h, enum gp_service service, __u64 packets, __u64 bytes,
		   __u32 flows);
/* Of a slot that has no record. */
void world_slot_traffic(struct world *w, __u32 slot, enum gp_service service, __u64 packets, __u64 bytes);
void world_cell_traffic(struct world *w, struct gp_cell *cell, enum gp_service service, __u64 packets, __u64 bytes,
			__u32 flows);
/* Received, and no more: what it is accounted as is the caller's. */
void world_receive(struct world *w, __u64 packets, __u64 bytes);

/*
 * Inside: two hosts in 10.0.0.0/24 (one a bot), one relay in 10.0.1.0/24, a /56 and a /30 subscriber.
 * Outside: a scanner, a web client, and an end that was only observed.
 * @turn: as of world_new().
 */
struct world *world_office(unsigned turn);

/* A verdict on a prefix, with one reason for it and one against. */
struct gp_range_finding *world_range(struct world *w, const char *text, unsigned bits);

/* The report as a string, to be freed. */
char *world_report(struct world *w, enum gp_format format);

/* The report as JSON, to be put. */
json_object *world_parse(struct world *w);

/* What stands at "coverage.unparsed.arp" or "prefixes.0.packets"; fails when there is no such thing. */
json_object *report_at(json_object *report, const char *path);

#endif
