// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#define INDEX_SIZE 1024u /* to begin with; a power of two */

/* What tells one item from another. */
struct key {
	const struct gp_addr *addr;
	__u8 bits;
	bool is_range;
	int kind;
};

static struct key key_of_host(const struct gp_store_host *host)
{
	return (struct key){ &host->addr, host->bits, false, (int)host->kind };
}

static struct key key_of_range(const struct gp_range_finding *range)
{
	return (struct key){ &range->addr, range->bits, true, (int)range->kind };
}

static struct key key_of(const struct gp_waiting_item *item)
{
	return item->is_range ? key_of_range(item->range) : key_of_host(&item->host);
}

static bool same(const struct key *a, const struct key *b)
{
	return a->bits == b->bits && a->is_range == b->is_range && a->kind == b->kind &&
	       !memcmp(a->addr, b->addr, sizeof(*a->addr));
}

/* The place in the index where the item is, or where it would go. Only findings come here, so nobody needs to be kept
 * from making them collide. */
static __u32 place(const struct gp_waiting *waiting, const struct key *key)
{
	__u64 hash = gp_mix(gp_hash_addr((__u64)key->kind, key->addr), key->bits | (__u64)key->is_range << 8);
	__u32 at = (__u32)hash & waiting->index_mask;

	for (; waiting->index[at]; at = (at + 1) & waiting->index_mask) {
		struct key other = key_of(waiting->items[waiting->index[at] - 1]);

		if (same(key, &other))
			break;
	}
	return at;
}

int gp_waiting_open(struct gp_waiting *waiting, __u64 bytes_max)
{
	*waiting = (struct gp_waiting){ .bytes_max = bytes_max, .index_mask = INDEX_SIZE - 1 };
	waiting->index = calloc(INDEX_SIZE, sizeof(*waiting->index));
	waiting->epochs = calloc(GP_WAITING_EPOCHS, sizeof(*waiting->epochs));
	waiting->metrics = calloc(GP_WAITING_METRICS, sizeof(*waiting->metrics));
	if (waiting->index && waiting->epochs && waiting->metrics)
		return 0;
	gp_waiting_close(waiting);
	return -ENOMEM;
}

/* Half of the index stays free. */
static int make_room(struct gp_waiting *waiting)
{
	__u32 capacity = waiting->item_capacity ? 2 * waiting->item_capacity : INDEX_SIZE / 2, *index;
	struct gp_waiting_item **items;

	if (waiting->item_count < waiting->item_capacity)
		return 0;
	items = realloc(waiting->items, capacity * sizeof(*items));
	if (!items)
		return -ENOMEM;
	waiting->items = items;
	index = calloc(2 * (size_t)capacity, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(waiting->index);
	waiting->index = index;
	waiting->index_mask = 2 * capacity - 1;
	waiting->item_capacity = capacity;
	for (__u32 i = 0; i < waiting->item_count; i++) {
		struct key key = key_of(items[i]);

		index[place(waiting, &key)] = i + 1;
	}
	return 0;
}

static void free_item(struct gp_waiting_item *item)
{
	if (item)
		free(item->range);
	free(item);
}

/* Takes the item over, whatever it returns. */
static int put(struct gp_waiting *waiting, struct gp_waiting_item *item, __u64 bytes_max)
{
	struct gp_waiting_item **old = NULL;
	struct key key = key_of(item);
	__u32 at;
	int err;

	err = make_room(waiting);
	if (err)
		goto err_item;
	at = place(waiting, &key);
	if (waiting->index[at])
		old = &waiting->items[waiting->index[at] - 1];
	err = -ENOBUFS;
	if (waiting->bytes + item->bytes - (old ? (*old)->bytes : 0) > bytes_max)
		goto err_item;
	waiting->bytes += item->bytes;
	if (old) {
		waiting->bytes -= (*old)->bytes;
		free_item(*old);
		*old = item;
		return 0;
	}
	waiting->items[waiting->item_count++] = item;
	waiting->index[at] = waiting->item_count;
	return 0;

err_item:
	free_item(item);
	return err;
}

static struct gp_waiting_item *new_item(const struct gp_evidence *evidence, int count)
{
	size_t bytes = sizeof(struct gp_waiting_item) + (size_t)count * sizeof(*evidence);
	struct gp_waiting_item *item = calloc(1, bytes);

	if (!item)
		return NULL;
	item->bytes = bytes;
	item->evidence_count = count;
	if (count)
		memcpy(item->evidence, evidence, (size_t)count * sizeof(*evidence));
	return item;
}

int gp_waiting_put_host(struct gp_waiting *waiting, const struct gp_store_host *host, const struct gp_evidence *evidence,
			int count)
{
	bool suspected = host->verdict != GP_VERDICT_NONE || host->standing.state > GP_STATE_WATCHED;
	struct gp_waiting_item *item = new_item(evidence, count);

	if (!item)
		return -ENOMEM;
	item->host = *host;
	return put(waiting, item, suspected ? waiting->bytes_max : waiting->bytes_max / 4 * 3);
}

static void to_unix(__u64 *time_ns, __s64 offset_ns)
{
	if (*time_ns)
		*time_ns += (__u64)offset_ns;
}

int gp_waiting_put_range(struct gp_waiting *waiting, const struct gp_range_finding *range, __s64 offset_ns)
{
	struct gp_waiting_item *item = new_item(range->evidence, range->evidence_count);

	if (!item)
		return -ENOMEM;
	item->is_range = true;
	item->range = malloc(sizeof(*range));
	if (!item->range) {
		free_item(item);
		return -ENOMEM;
	}
	*item->range = *range;
	item->bytes += sizeof(*range);
	to_unix(&item->range->first_seen_ns, offset_ns);
	to_unix(&item->range->last_seen_ns, offset_ns);
	return put(waiting, item, waiting->bytes_max);
}

bool gp_waiting_has_host(const struct gp_waiting *waiting, const struct gp_store_host *host)
{
	struct key key = key_of_host(host);

	return waiting->index[place(waiting, &key)];
}

int gp_waiting_put_networks(struct gp_waiting *waiting, __u64 start_ns, __u64 end_ns, const struct gp_network *networks,
			    int count)
{
	struct gp_network *copy = NULL;

	if (count) {
		copy = malloc((size_t)count * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, networks, (size_t)count * sizeof(*copy));
	}
	free(waiting->networks);
	waiting->networks = copy;
	waiting->network_count = count;
	waiting->networks_start_ns = start_ns;
	waiting->networks_end_ns = end_ns;
	waiting->networks_put = true;
	return 0;
}

void gp_waiting_put_epoch(struct gp_waiting *waiting, const struct gp_store_epoch *epoch)
{
	for (__u32 i = 0; i < waiting->epoch_count; i++) {
		struct gp_store_epoch *old = &waiting->epochs[(waiting->epoch_first + i) % GP_WAITING_EPOCHS];

		if (old->instance == epoch->instance && old->number == epoch->number) {
			*old = *epoch;
			return;
		}
	}
	if (waiting->epoch_count == GP_WAITING_EPOCHS) {
		waiting->epoch_first = (waiting->epoch_first + 1) % GP_WAITING_EPOCHS;
		waiting->epoch_count--;
	}
	waiting->epochs[(waiting->epoch_first + waiting->epoch_count++) % GP_WAITING_EPOCHS] = *epoch;
}

void gp_waiting_put_metric(struct gp_waiting *waiting, const struct gp_waiting_metric *metric)
{
	if (waiting->metric_count == GP_WAITING_METRICS) {
		waiting->metric_first = (waiting->metric_first + 1) % GP_WAITING_METRICS;
		waiting->metric_count--;
	}
	waiting->metrics[(waiting->metric_first + waiting->metric_count++) % GP_WAITING_METRICS] = *metric;
}

void gp_waiting_clear(struct gp_waiting *waiting)
{
	for (__u32 i = 0; i < waiting->item_count; i++)
		free_item(waiting->items[i]);
	if (waiting->item_count)
		memset(waiting->index, 0, (waiting->index_mask + (size_t)1) * sizeof(*waiting->index));
	free(waiting->networks);
	waiting->networks = NULL;
	waiting->networks_put = false;
	waiting->network_count = 0;
	waiting->item_count = waiting->epoch_count = waiting->metric_count = 0;
	waiting->bytes = 0;
}

void gp_waiting_close(struct gp_waiting *waiting)
{
	if (waiting->index)
		gp_waiting_clear(waiting);
	free(waiting->items);
	free(waiting->index);
	free(waiting->epochs);
	free(waiting->metrics);
	*waiting = (struct gp_waiting){ 0 };
}
