// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What Zeek's policy/misc/scan.zeek says, by its thresholds: within an epoch of 5 minutes failed connections to 25
 * distinct hosts on one port, or to 15 distinct ports of one host. Only the rule is taken, our own tables count.
 */
#include "baseline.h"
#include "table.h"

#define EPOCH_NS (300ull * 1000000000ull)
#define ZEEK_HOSTS 25u
#define ZEEK_PORTS 15u

enum { SEEN, HOSTS_OF_PORT, PORTS_OF_HOST };

struct zeek {
	struct table counts;
	__u64 epoch_end_ns;
};

static void zeek_failed(struct baseline *b, const struct attempt *a)
{
	struct zeek *z = b->state;
	const struct table_key pair = {.a = a->host, .b = a->dst, .x = a->dport, .y = SEEN};
	const struct table_key port = {.a = a->host, .x = a->dport, .y = HOSTS_OF_PORT};
	const struct table_key host = {.a = a->host, .b = a->dst, .y = PORTS_OF_HOST};
	__u64 *seen;

	if (!z->epoch_end_ns)
		z->epoch_end_ns = a->time_ns + EPOCH_NS;
	if (a->time_ns >= z->epoch_end_ns) {
		table_clear(&z->counts);
		z->epoch_end_ns += (1 + (a->time_ns - z->epoch_end_ns) / EPOCH_NS) * EPOCH_NS;
	}
	seen = table_at(&z->counts, &pair);
	if (*seen)
		return;
	*seen = 1;
	if (++*table_at(&z->counts, &port) >= ZEEK_HOSTS || ++*table_at(&z->counts, &host) >= ZEEK_PORTS)
		b->alarm(b->context, b, &a->host, a->time_ns);
}

static void zeek_close(struct baseline *b)
{
	table_free(&((struct zeek *)b->state)->counts);
}

const struct baseline_ops baseline_zeek = {
	.name = "zeek_scan",
	.source = "Zeek, policy/misc/scan.zeek: 25 failed hosts per port or 15 failed ports per host in 5 min",
	.kinds = {[GP_KIND_SCANNER] = true},
	.state_bytes = sizeof(struct zeek),
	.failed = zeek_failed,
	.close = zeek_close,
};
