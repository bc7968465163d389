/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_rows.h"

#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#define ROWS_FIRST 256u

int gp_prefix_compare(const struct gp_addr *a, unsigned a_bits, const struct gp_addr *b, unsigned b_bits)
{
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	return order ? order : (a_bits > b_bits) - (a_bits < b_bits);
}

static int compare_rows(const void *left, const void *right)
{
	const struct gp_prefix_row *a = left, *b = right;
	int order;

	if (a->traffic.packets != b->traffic.packets)
		return a->traffic.packets < b->traffic.packets ? 1 : -1;
	order = gp_prefix_compare(&a->addr, a->bits, &b->addr, b->bits);
	return order ? order : b->inside - a->inside;
}

void gp_sum_count(struct gp_count *sum, const struct gp_count *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
}

void gp_service_add(struct gp_service_sum *sum, const struct gp_service_sum *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
	sum->flows += part->flows;
	sum->attempts += part->attempts;
	sum->answered += part->answered;
	sum->confirmed += part->confirmed;
}

struct gp_service_sum gp_service_sum(const struct gp_service_count *count)
{
	return (struct gp_service_sum){
		.packets = count->traffic.packets,
		.bytes = count->traffic.bytes,
		.flows = count->flows,
		.attempts = count->attempts,
		.answered = count->answered,
		.confirmed = count->confirmed,
	};
}

static bool is_row_of(const struct gp_prefix_row *row, const struct gp_addr *addr, __u8 bits, bool inside)
{
	return row->bits == bits && row->inside == inside && !memcmp(&row->addr, addr, sizeof(*addr));
}

/* Where a prefix stands in the index, or where it would. There is always a free place. */
static __u32 *find(const struct gp_rows *rows, const struct gp_addr *addr, __u8 bits, bool inside)
{
	size_t mask = rows->index_slots - 1;
	size_t i = gp_mix(gp_hash_addr(rows->secret, addr), bits * 2u + inside) & mask;

	while (rows->index[i] && !is_row_of(&rows->list[rows->index[i] - 1], addr, bits, inside))
		i = (i + 1) & mask;
	return &rows->index[i];
}

static bool make_room(struct gp_rows *rows)
{
	size_t capacity = rows->capacity ? 2 * rows->capacity : ROWS_FIRST;
	struct gp_prefix_row *list;

	if (rows->count < rows->capacity)
		return true;
	list = realloc(rows->list, capacity * sizeof(*list));
	if (!list)
		return false;
	rows->list = list;
	rows->capacity = capacity;
	return true;
}

/* Twice as many places as rows, so that a search ends soon. */
static bool make_index(struct gp_rows *rows)
{
	size_t slots = 2 * rows->capacity;
	__u32 *index;

	if (rows->index_slots == slots)
		return true;
	index = calloc(slots, sizeof(*index));
	if (!index)
		return false;
	free(rows->index);
	rows->index = index;
	rows->index_slots = slots;
	for (size_t i = 0; i < rows->count; i++) {
		const struct gp_prefix_row *row = &rows->list[i];

		*find(rows, &row->addr, row->bits, row->inside) = (__u32)(i + 1);
	}
	return true;
}

struct gp_prefix_row *gp_rows_get(struct gp_rows *rows, const struct gp_addr *addr, __u8 bits, bool inside)
{
	__u32 *place;

	/* Neighbours come one after the other. */
	if (rows->last < rows->count && is_row_of(&rows->list[rows->last], addr, bits, inside))
		return &rows->list[rows->last];
	if (!make_room(rows) || !make_index(rows))
		return NULL;
	place = find(rows, addr, bits, inside);
	if (!*place) {
		rows->list[rows->count++] = (struct gp_prefix_row){
			.kind = GP_ROW_PREFIX, .addr = *addr, .bits = bits, .inside = inside, .prefixes = 1
		};
		*place = (__u32)rows->count;
	}
	rows->last = *place - 1;
	return &rows->list[rows->last];
}

bool gp_rows_append(struct gp_rows *rows, const struct gp_prefix_row *row)
{
	if (!make_room(rows))
		return false;
	rows->list[rows->count++] = *row;
	return true;
}

bool gp_rows_fold(struct gp_rows *rows, size_t keep)
{
	struct gp_prefix_row rest = { .kind = GP_ROW_REST };

	if (rows->count > 1)
		qsort(rows->list, rows->count, sizeof(*rows->list), compare_rows);
	if (rows->count <= keep)
		return true;
	for (size_t i = keep; i < rows->count; i++) {
		const struct gp_prefix_row *row = &rows->list[i];

		rest.prefixes += row->prefixes;
		rest.hosts += row->hosts;
		gp_sum_count(&rest.traffic, &row->traffic);
		for (int s = 0; s < GP_SERVICES; s++)
			gp_service_add(&rest.services[s], &row->services[s]);
	}
	rows->count = keep;
	return gp_rows_append(rows, &rest);
}

void gp_rows_free(struct gp_rows *rows)
{
	free(rows->list);
	free(rows->index);
	*rows = (struct gp_rows){ 0 };
}
