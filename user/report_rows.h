/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to report_*.c: the table of prefixes. */
#ifndef GATEPOST_REPORT_ROWS_H
#define GATEPOST_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "world.h"

enum gp_row_kind {
	GP_ROW_PREFIX,
	GP_ROW_REST,	 /* all prefixes below the first report->prefix_rows */
	GP_ROW_BEYOND,	 /* outside prefixes that found no room in the world: nobody knows which */
	GP_ROW_OVERFLOW, /* owners that found no room in the data plane */
};

/* One line of the prefix table. The lines together are the services table, to the packet and the byte. */
struct gp_prefix_row {
	enum gp_row_kind kind;
	struct gp_addr addr; /* with bits and inside: of GP_ROW_PREFIX only */
	__u8 bits;	     /* of 128 */
	bool inside;
	__u64 prefixes; /* how many are in this line */
	__u64 hosts;
	struct gp_count traffic;
	struct gp_service_sum services[GP_SERVICES];
};

/* Zero is an empty table; gp_rows_free() ends it. */
struct gp_rows {
	struct gp_prefix_row *list;
	size_t count, capacity;
	__u32 *index; /* by prefix: row + 1; private */
	size_t index_slots, last;
	__u64 secret; /* keys the index: outside prefixes are chosen by whoever sends packets */
};

/**
 * gp_rows_get() - the row of a prefix, made if need be.
 * @addr: masked to bits.
 *
 * Return: valid until the next call; NULL when out of memory.
 */
struct gp_prefix_row *gp_rows_get(struct gp_rows *rows, const struct gp_addr *addr, __u8 bits, bool inside);

/* Adds a row behind all others. Return: false when out of memory. */
bool gp_rows_append(struct gp_rows *rows, const struct gp_prefix_row *row);

/* Largest first; those behind the first @keep become one. No gp_rows_get() after that. Return: as above. */
bool gp_rows_fold(struct gp_rows *rows, size_t keep);

void gp_rows_free(struct gp_rows *rows);

/* Sums of counters, and of what a record holds of one service. */
void gp_sum_count(struct gp_count *sum, const struct gp_count *part);
void gp_service_add(struct gp_service_sum *sum, const struct gp_service_sum *part);
struct gp_service_sum gp_service_sum(const struct gp_service_count *count);

/* An address with its length, in ascending order: below, equal to or above 0. */
int gp_prefix_compare(const struct gp_addr *a, unsigned a_bits, const struct gp_addr *b, unsigned b_bits);

#endif
