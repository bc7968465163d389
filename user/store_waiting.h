/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits to be written: the newest of each host, range, period and figure, within bounds. Private to store*.c. */
#ifndef GATEPOST_STORE_WAITING_H
#define GATEPOST_STORE_WAITING_H

#include <stddef.h>

#include "store.h"

enum {
	GP_WAITING_EPOCHS = 1024, /* more than an hour; they are cumulative, so nothing is lost with older ones */
	GP_WAITING_METRICS = 4096,
};

/* A host or a range. */
struct gp_waiting_item {
	size_t bytes;	  /* that it takes */
	bool is_range;	  /* its range, else its host, counts */
	struct gp_store_host host;
	struct gp_range_finding *range; /* owned; Unix time */
	int evidence_count;
	struct gp_evidence evidence[];
};

struct gp_waiting_metric {
	char name[GP_STORE_METRIC_NAME];
	__u64 time_ns;
	double value;
};

struct gp_waiting {
	struct gp_waiting_item **items; /* in the order in which they came */
	__u32 item_count, item_capacity;
	__u32 *index; /* open addressing: number of the item + 1 */
	__u32 index_mask;
	__u64 bytes, bytes_max;
	struct gp_store_epoch *epochs; /* a ring */
	__u32 epoch_first, epoch_count;
	struct gp_waiting_metric *metrics; /* a ring */
	__u32 metric_first, metric_count;
	__u64 networks_start_ns, networks_end_ns;
	struct gp_network *networks;
	int network_count;
	bool networks_put; /* no network is a ranking as well */
};

/* Return: 0 or -ENOMEM. */
int gp_waiting_open(struct gp_waiting *waiting, __u64 bytes_max);

/**
 * gp_waiting_put_host() - take the place of what waits for the same address and kind, or join the others.
 *
 * Merely watched hosts leave the last quarter of the memory to those under suspicion. Return: 0, -ENOBUFS or -ENOMEM.
 */
int gp_waiting_put_host(struct gp_waiting *waiting, const struct gp_store_host *host, const struct gp_evidence *evidence,
			int count);
int gp_waiting_put_range(struct gp_waiting *waiting, const struct gp_range_finding *range, __s64 offset_ns);

/* Does anything wait for this address and kind? */
bool gp_waiting_has_host(const struct gp_waiting *waiting, const struct gp_store_host *host);

/* Return: 0 or -ENOMEM. */
int gp_waiting_put_networks(struct gp_waiting *waiting, __u64 start_ns, __u64 end_ns, const struct gp_network *networks,
			    int count);

/* The oldest give way. */
void gp_waiting_put_epoch(struct gp_waiting *waiting, const struct gp_store_epoch *epoch);
void gp_waiting_put_metric(struct gp_waiting *waiting, const struct gp_waiting_metric *metric);

/* All has been written. */
void gp_waiting_clear(struct gp_waiting *waiting);
void gp_waiting_close(struct gp_waiting *waiting);

#endif
