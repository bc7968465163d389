// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ncsa/bro-simple-scan says, by its thresholds: within 15 minutes of a host's first failure 25 distinct failed
 * (address, port) of an outside host, 250 of an inside one. Its darknet is left out: there is none here.
 */
#include "baseline.h"
#include "table.h"

#define EXPIRY_NS (900ull * 1000000000ull)
#define REMOTE 25u
#define LOCAL 250u
#define ROOM (1u << 22) /* of the table, before everybody begins anew */

enum { SEEN, FIRST, PAIRS };

struct simple_scan {
	struct table counts;
};

static void simple_scan_failed(struct baseline *b, const struct attempt *a)
{
	struct simple_scan *s = b->state;
	const struct table_key first = {.a = a->host, .y = FIRST}, pairs = {.a = a->host, .y = PAIRS};
	struct table_key pair = {.a = a->host, .b = a->dst, .x = a->dport};
	__u64 *began, *seen, begin_ns;

	if (s->counts.count > ROOM)
		table_clear(&s->counts);
	began = table_at(&s->counts, &first);
	if (*began && a->time_ns - *began < EXPIRY_NS) {
		begin_ns = *began;
	} else {
		begin_ns = *began = a->time_ns;
		*table_at(&s->counts, &pairs) = 0;
	}
	/* Pairs of an expired time have another y, in milliseconds, and are found no more. */
	pair.y = (__u32)(begin_ns / 1000000u) | 4;
	seen = table_at(&s->counts, &pair);
	if (*seen)
		return;
	*seen = 1;
	if (++*table_at(&s->counts, &pairs) >= (a->inside ? LOCAL : REMOTE))
		b->alarm(b->context, b, &a->host, a->time_ns);
}

static void simple_scan_close(struct baseline *b)
{
	table_free(&((struct simple_scan *)b->state)->counts);
}

const struct baseline_ops baseline_simple_scan = {
	.name = "simple_scan",
	.source = "ncsa/bro-simple-scan: 25 failed (address, port) of a remote host, 250 of a local one, in 15 min; no darknet",
	.kinds = {[GP_KIND_SCANNER] = true},
	.state_bytes = sizeof(struct simple_scan),
	.failed = simple_scan_failed,
	.close = simple_scan_close,
};
