/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and counters by address and port for the baselines, as large as they need to be. */
#ifndef GATEPOST_TESTS_EVALUATE_TABLE_H
#define GATEPOST_TESTS_EVALUATE_TABLE_H

#include <stddef.h>

#include <gatepost/abi.h>

struct table_key {
	struct gp_addr a, b;
	__u32 x, y;
};
_Static_assert(sizeof(struct table_key) == 40, "compared as bytes: no padding");

struct table_entry {
	struct table_key key;
	__u64 value;
	__u8 used;
};

/* Begins as all zeros. An entry whose value is 0 is forgotten when the table grows. */
struct table {
	struct table_entry *entries;
	size_t size, count;
};

/* The value of a key, 0 when it is new. Valid until the next call. Ends the program when memory is out. */
__u64 *table_at(struct table *table, const struct table_key *key);
/* The same without making the key known; 0 when it is not. */
__u64 table_get(const struct table *table, const struct table_key *key);
/* Forgets everything. */
void table_clear(struct table *table);
void table_free(struct table *table);

#endif
