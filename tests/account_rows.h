/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the counting core has to make of a conversation: a table of scripts and of the counters that they leave behind.
 * Expectations follow the RFCs named in the rows and the promises of the design, not the code. Whatever a row says,
 * each packet and byte must be found again exactly once; account_check() sees to that.
 */
#ifndef GATEPOST_TESTS_ACCOUNT_ROWS_H
#define GATEPOST_TESTS_ACCOUNT_ROWS_H

#include <stddef.h>

#include "config.h"
#include "conversation.h"
#include "engine.h"
#include "epoch.h"

/*
 * What is known of an end is looked at whole. Inside: what hot lines, mail and record have counted. Outside: its record
 * in the bank that is filled and in the world that drained banks went to; its prefix's cell likewise.
 */
enum expectation_kind {
	EXPECT_END,
	EXPECT_HOST,
	EXPECT_REST,	  /* each 32-bit counter of a member that no other expectation of the row names is 0 */
	EXPECT_REGISTERS, /* registers of a sketch that are not 0 */
	EXPECT_NO_HOST,	  /* no record */
	EXPECT_CELL,
	EXPECT_CELL_REGISTERS,
	EXPECT_NO_CELL,
	EXPECT_PREFIX, /* the cell and all records of an outside end's prefix together; a counter of struct gp_service_count */
	EXPECT_TOTAL,
	EXPECT_CLAIMS,
	EXPECT_FLOWS, /* flows in the table */
	EXPECT_ENDED, /* flow records that were taken; end: enum gp_flow_end */
	EXPECT_RECORD, /* of the last flow record */
	EXPECT_RECORD_CLIENT, /* it names this end */
	EXPECT_RECORD_SERVER,
};

struct expectation {
	enum expectation_kind kind;
	enum end end;
	size_t offset, bytes;
	__u64 least, most;
	const char *what;
};

enum {
	ROW_IPV4 = 0x01, /* this version only */
	ROW_IPV6 = 0x02,
	ROW_SIDES = 0x04, /* comes by inside and outside interfaces */
	ROW_SPLIT = 0x08, /* holds however the payloads are cut into segments */
	ROW_FLOOD = 0x10, /* many packets: over one link layer only, and not cut */
	ROW_RING = 0x20,  /* how many flow records find room differs between the engines */
};

struct account_row {
	const char *name;
	unsigned int flags;
	const struct step *script;
	const struct expectation *expect;
};

#define EXPECT(...) (const struct expectation[]){ __VA_ARGS__, { .kind = EXPECT_END } }
#define MEMBER(record, field)                                                                                          \
	.offset = offsetof(struct record, field), .bytes = sizeof(((struct record *)0)->field), .what = #field
#define WITHIN(kind_, end_, record, field, least_, most_)                                                              \
	{ .kind = (kind_), .end = (end_), .least = (least_), .most = (most_), MEMBER(record, field) }
#define HOST_WITHIN(end, field, least, most) WITHIN(EXPECT_HOST, end, gp_host, field, least, most)
#define HOST(end, field, value) HOST_WITHIN(end, field, value, value)
#define REST(end_, field) { .kind = EXPECT_REST, .end = (end_), MEMBER(gp_host, field) }
#define REGISTERS(end, field, least, most) WITHIN(EXPECT_REGISTERS, end, gp_host, field, least, most)
#define NO_HOST(end_) { .kind = EXPECT_NO_HOST, .end = (end_), .what = "record" }
#define CELL_WITHIN(end, field, least, most) WITHIN(EXPECT_CELL, end, gp_cell, field, least, most)
#define CELL(end, field, value) CELL_WITHIN(end, field, value, value)
#define CELL_REGISTERS(end, field, least, most) WITHIN(EXPECT_CELL_REGISTERS, end, gp_cell, field, least, most)
#define NO_CELL(end_) { .kind = EXPECT_NO_CELL, .end = (end_), .what = "cell" }
#define PREFIX(end_, service, field, value)                                                                            \
	{ .kind = EXPECT_PREFIX, .end = (end_), .least = (value), .most = (value),                                     \
	  .offset = offsetof(struct gp_cell, services[GP_SERVICE_##service].field),                                    \
	  .bytes = sizeof(((struct gp_service_count *)0)->field), .what = #service " " #field " of the prefix" }
#define TOTAL_WITHIN(field, least, most) WITHIN(EXPECT_TOTAL, 0, gp_totals, field, least, most)
#define TOTAL(field, value) TOTAL_WITHIN(field, value, value)
#define CLAIMS_WITHIN(field, least, most) WITHIN(EXPECT_CLAIMS, 0, gp_claims, field, least, most)
#define CLAIMS(field, value) CLAIMS_WITHIN(field, value, value)
#define FLOWS(n) { .kind = EXPECT_FLOWS, .least = (n), .most = (n), .what = "flows" }
#define ENDED(how, n)                                                                                                  \
	{ .kind = EXPECT_ENDED, .offset = GP_FLOW_END_##how, .least = (n), .most = (n), .what = "flow records, " #how }
#define RECORD(field, value) WITHIN(EXPECT_RECORD, 0, gp_flow_record, field, value, value)
#define RECORD_ENDS(client_, server_)                                                                                  \
	{ .kind = EXPECT_RECORD_CLIENT, .end = (client_), .what = "client of the flow record" },                       \
		{ .kind = EXPECT_RECORD_SERVER, .end = (server_), .what = "server of the flow record" }

extern const struct account_row account_rows[], account_rows_payload[], account_rows_memory[];
extern const size_t account_row_count, account_row_payload_count, account_row_memory_count;

/* The tables that rows expect. */
#define ACCOUNT_CHUNKS 32
#define ACCOUNT_HOSTS 256   /* records of inside hosts */
#define ACCOUNT_OUTSIDE 256 /* records of outside hosts, per bank */
#define ACCOUNT_CELLS 128   /* per bank */
#define ACCOUNT_FLOWS 512

/* An engine while a row is played, and who drains it. */
struct account_play {
	struct gp_engine *engine; /* borrowed */
	struct gp_world *world;
	struct gp_epoch *epoch;
	bool keeps_records;
	struct gp_flow_record last; /* flow record that was taken */
};

/**
 * account_config_open() - the configuration that rows expect: small tables, and the ends' ranges.
 *
 * Return: as gp_config_open().
 */
int account_config_open(struct gp_config **out);

/* Zeroes what the data plane has written; settings, ranges and ports stay, slots are handed out anew. */
void account_clear(struct gp_memory *memory);

/* Same as account_clear(), with a fresh world. Return: 0, or -errno. To be ended by account_end(). */
int account_begin(struct account_play *play, struct gp_engine *engine);
void account_end(struct account_play *play);

/* Takes the flow records, unless the script wants them kept. To be called after each frame. */
void account_drain(struct account_play *play);

/* What a player's touch() has to do with one engine. Return: 0, or -errno. */
int account_touch(struct account_play *play, const struct player *player, const struct step *step);

/**
 * account_check() - compare what was counted with what a row expects and with what must always hold.
 * @row: NULL: only what must always hold.
 * @player: has played the row.
 * @play: what it was played on. Flow records that were kept are taken now.
 *
 * Return: NULL when all of it agrees, else a message; valid until the next call.
 */
const char *account_check(const struct account_row *row, const struct player *player, struct account_play *play);

/**
 * account_each_variant() - call back for each way a row can be put on the wire.
 *
 * Return: 0, or what the first call that did not return 0 returned.
 */
int account_each_variant(const struct account_row *row,
			 int (*call)(void *context, const struct account_row *row, const struct variant *variant),
			 void *context);

/* "IPv6 in PPPoE, cut after 3 bytes"; valid until the next call. */
const char *account_variant_name(const struct variant *variant);

#endif
