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

enum expectation_kind {
	EXPECT_END,
	EXPECT_HOST,
	EXPECT_REST,	  /* each 32-bit counter of a member that no other expectation of the row names is 0 */
	EXPECT_REGISTERS, /* registers of a sketch that are not 0 */
	EXPECT_NO_HOST,
	EXPECT_TOTAL,
	EXPECT_FLOWS, /* flow records in use */
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
#define HOST_WITHIN(end_, field, least_, most_)                                                                        \
	{ .kind = EXPECT_HOST, .end = (end_), .least = (least_), .most = (most_), MEMBER(gp_host, field) }
#define HOST(end, field, value) HOST_WITHIN(end, field, value, value)
#define REST(end_, field) { .kind = EXPECT_REST, .end = (end_), MEMBER(gp_host, field) }
#define REGISTERS(end_, field, least_, most_)                                                                          \
	{ .kind = EXPECT_REGISTERS, .end = (end_), .least = (least_), .most = (most_), MEMBER(gp_host, field) }
#define NO_HOST(end_) { .kind = EXPECT_NO_HOST, .end = (end_), .what = "record" }
#define TOTAL_WITHIN(field, least_, most_)                                                                             \
	{ .kind = EXPECT_TOTAL, .least = (least_), .most = (most_), MEMBER(gp_totals, field) }
#define TOTAL(field, value) TOTAL_WITHIN(field, value, value)
#define FLOWS(n) { .kind = EXPECT_FLOWS, .least = (n), .most = (n), .what = "flow records" }

extern const struct account_row account_rows[], account_rows_payload[];
extern const size_t account_row_count, account_row_payload_count;

/* The tables that rows expect. */
#define ACCOUNT_HOST_SLOTS 256
#define ACCOUNT_FLOW_SLOTS 512

/**
 * account_config_open() - the configuration that rows expect: small tables, and the ends' ranges.
 *
 * Return: as gp_config_open().
 */
int account_config_open(struct gp_config **out);

/* Zeroes what the data plane has written; settings, ranges and ports stay. */
void account_clear(struct gp_memory *memory);

/**
 * account_check() - compare what was counted with what a row expects and with what must always hold.
 * @row: NULL: only what must always hold.
 * @player: has played the row.
 *
 * Return: NULL when all of it agrees, else a message; valid until the next call.
 */
const char *account_check(const struct account_row *row, const struct player *player, const struct gp_memory *memory);

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
