// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients whose every fifth first contact fails, for days: how many are called scanners. By the arithmetic of
 * independent failures (2.3e6 contacts until a walk of 10 steps alarms) 3 million contacts give 1.3 alarms, less those
 * that are no sweep. A day of a client: contacts spread evenly, or in bursts of 20 as a browser makes them.
 */
#include <math.h>
#include <stdlib.h>

#include "experiment.h"
#include "random.h"
#include "scan_world.h"

#define SECOND 1000000000ull
#define START_NS (1700000000ull * SECOND)
#define DAY_S 86400u
#define PER_DAY 300u

struct contact {
	__u32 second, host;
};

static double chance(__u64 *state)
{
	return (double)(random_splitmix(state) >> 11) * 0x1p-53;
}

static int compare(const void *a, const void *b)
{
	const struct contact *x = a, *y = b;

	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return (x->host > y->host) - (x->host < y->host);
}

/* One day of all hosts, in the order of time. */
static void plan_day(struct contact *plan, __u32 hosts, __u32 burst, __u64 *state)
{
	size_t count = 0;

	for (__u32 host = 0; host < hosts; host++) {
		__u32 second = 0;

		for (__u32 i = 0; i < PER_DAY; i++) {
			if (i % burst == 0)
				second = (__u32)(chance(state) * DAY_S);
			plan[count++] = (struct contact){second, host};
		}
	}
	qsort(plan, count, sizeof(*plan), compare);
}

struct outcome {
	__u64 suspected, confirmed;
};

static struct outcome live(__u32 hosts, __u32 days, __u32 burst, double failing)
{
	struct contact *plan = calloc((size_t)hosts * PER_DAY, sizeof(*plan));
	const struct gp_finding *findings;
	struct outcome outcome = {0};
	struct scan_world w;
	__u64 state = 7 * burst;
	__u32 peer = 0x20000000;
	int count;

	if (!plan)
		exit(1);
	scan_world_open(&w, hosts, START_NS);
	for (__u32 day = 0; day < days; day++) {
		plan_day(plan, hosts, burst, &state);
		for (size_t i = 0; i < (size_t)hosts * PER_DAY; i++) {
			scan_world_at(&w, START_NS + ((__u64)day * DAY_S + plan[i].second) * SECOND);
			scan_world_contact(&w, plan[i].host, peer++, 443, chance(&state) >= failing);
		}
	}
	scan_world_at(&w, START_NS + (__u64)days * DAY_S * SECOND + 60 * SECOND);
	count = gp_judge_findings(w.judge, &findings);
	for (int i = 0; i < count; i++) {
		outcome.suspected += findings[i].kind == GP_KIND_SCANNER;
		outcome.confirmed += findings[i].kind == GP_KIND_SCANNER && findings[i].verdict == GP_VERDICT_CONFIRMED;
	}
	scan_world_close(&w);
	free(plan);
	return outcome;
}

void experiment_clients(bool quick, void (*row)(void *context, const struct experiment_row *row), void *context)
{
	static const struct {
		__u32 burst;
		double failing;
	} cases[] = {{1, 0.2}, {20, 0.2}, {20, 0.1}};
	__u32 hosts = quick ? 200 : 1000, days = quick ? 2 : 10;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct outcome outcome = live(hosts, days, cases[i].burst, cases[i].failing);
		struct experiment_row r = {.level = "counter", .low = NAN, .unit = "hosts", .trials = (__u64)hosts * days};
		const char *how = cases[i].burst == 1 ? "evenly" : "in bursts of 20";

		r.value = (double)outcome.confirmed;
		r.successes = outcome.confirmed;
		r.high = 0;
		snprintf(r.name, sizeof(r.name), "clients, %.0f %% fail, %s: confirmed", 100 * cases[i].failing, how);
		snprintf(r.note, sizeof(r.note), "%u hosts x %u contacts x %u days", hosts, PER_DAY, days);
		row(context, &r);
		r.value = (double)outcome.suspected;
		r.successes = outcome.suspected;
		r.high = 4;
		snprintf(r.name, sizeof(r.name), "clients, %.0f %% fail, %s: suspected", 100 * cases[i].failing, how);
		row(context, &r);
	}
}
