// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many first contacts until a scanner is suspected. One contact every 20 s, longer than a slice takes to close, so
 * that each one's outcome is known before the next: what is measured is the walk, not its delay. The walk needs 10 or 12
 * steps net, hence at 95 % failures 11.1 or 13.3 contacts on average, at 80 % 16.7 or 20.
 */
#include <math.h>
#include <stdlib.h>

#include "experiment.h"
#include "random.h"
#include "scan_world.h"

#define GAP_NS (20ull * 1000000000ull)
#define START_NS (1700000000ull * 1000000000ull)
#define MOST 60u

static double chance(__u64 *state)
{
	return (double)(random_splitmix(state) >> 11) * 0x1p-53;
}

/* The contact at which each host was first suspected; 0: not within MOST. */
static void follow(__u32 *found_at, __u32 hosts, __u16 port, double failing, __u64 seed)
{
	struct scan_world w;

	scan_world_open(&w, hosts, START_NS);
	for (__u32 contact = 1; contact <= MOST; contact++) {
		const struct gp_finding *findings;
		int count;

		/* All hosts in one slice, an answer among them: no outage. */
		for (__u32 host = 0; host < hosts; host++)
			scan_world_contact(&w, host, 0x0b000000 + (contact << 16) + host, port, chance(&seed) >= failing);
		scan_world_at(&w, w.now_ns + GAP_NS);
		count = gp_judge_findings(w.judge, &findings);
		for (int i = 0; i < count; i++) {
			if (findings[i].kind == GP_KIND_SCANNER && !found_at[findings[i].id])
				found_at[findings[i].id] = contact;
		}
	}
	scan_world_close(&w);
}

static int compare(const void *a, const void *b)
{
	return (int)*(const __u32 *)a - (int)*(const __u32 *)b;
}

void experiment_scanners(bool quick, void (*row)(void *context, const struct experiment_row *row), void *context)
{
	static const struct {
		__u16 port;
		double failing;
		__u32 within;
		double target; /* NAN: told, not asked for */
	} cases[] = {
		{25, 0.95, 16, 0.99}, {443, 0.95, 16, 0.99}, {23, 0.95, 16, NAN}, {23, 0.95, 19, 0.99},
		{25, 0.80, 40, 0.99}, {443, 0.80, 40, 0.99}, {23, 0.80, 40, 0.99},
	};
	__u32 hosts = quick ? 1000 : 5000;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		__u32 *found_at = calloc(hosts, sizeof(*found_at));
		struct experiment_row r = {.level = "counter", .low = cases[i].target, .high = NAN, .trials = hosts,
					   .unit = "recall"};

		if (!found_at)
			exit(1);
		follow(found_at, hosts, cases[i].port, cases[i].failing, 1 + i);
		for (__u32 h = 0; h < hosts; h++)
			r.successes += found_at[h] && found_at[h] <= cases[i].within;
		for (__u32 h = 0; h < hosts; h++)
			found_at[h] = found_at[h] ? found_at[h] : ~0u >> 2;
		qsort(found_at, hosts, sizeof(*found_at), compare);
		r.value = (double)r.successes / hosts;
		snprintf(r.name, sizeof(r.name), "scanner of port %u, %.0f %% fail: found within %u contacts", cases[i].port,
			 100 * cases[i].failing, cases[i].within);
		snprintf(r.note, sizeof(r.note), "contacts until suspected: median %u, p95 %u, p99 %u", found_at[hosts / 2],
			 found_at[hosts * 95ull / 100], found_at[hosts * 99ull / 100]);
		row(context, &r);
		free(found_at);
	}
}
