// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

static size_t place(const struct table *table, const struct table_key *key)
{
	__u64 hash = gp_hash_addr(gp_hash_addr(gp_mix(1, (__u64)key->x << 32 | key->y), &key->a), &key->b);
	size_t i = hash & (table->size - 1);

	while (table->entries[i].used && memcmp(&table->entries[i].key, key, sizeof(*key)))
		i = (i + 1) & (table->size - 1);
	return i;
}

static void grow(struct table *table)
{
	struct table before = *table;
	size_t live = 0;

	for (size_t i = 0; i < before.size; i++)
		live += before.entries[i].used && before.entries[i].value;
	for (table->size = 64; table->size < 4 * live;)
		table->size *= 2;
	table->count = live;
	table->entries = calloc(table->size, sizeof(*table->entries));
	if (!table->entries) {
		fprintf(stderr, "evaluate: out of memory\n");
		exit(1);
	}
	for (size_t i = 0; i < before.size; i++) {
		if (before.entries[i].used && before.entries[i].value)
			table->entries[place(table, &before.entries[i].key)] = before.entries[i];
	}
	free(before.entries);
}

__u64 *table_at(struct table *table, const struct table_key *key)
{
	size_t i;

	if (2 * table->count >= table->size)
		grow(table);
	i = place(table, key);
	if (!table->entries[i].used) {
		table->entries[i] = (struct table_entry){.key = *key, .used = 1};
		table->count++;
	}
	return &table->entries[i].value;
}

__u64 table_get(const struct table *table, const struct table_key *key)
{
	const struct table_entry *entry = table->size ? &table->entries[place(table, key)] : NULL;

	return entry && entry->used ? entry->value : 0;
}

void table_clear(struct table *table)
{
	if (table->size)
		memset(table->entries, 0, table->size * sizeof(*table->entries));
	table->count = 0;
}

void table_free(struct table *table)
{
	free(table->entries);
	*table = (struct table){0};
}
