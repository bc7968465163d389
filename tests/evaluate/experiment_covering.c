// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much wider than a fleet its covering list is, when the fleet is known from so many requests only: addresses of the
 * covering, by those that the fleet has. 1.1 at most from 50 requests on (detection.md, 7.4).
 */
#include <math.h>
#include <stdlib.h>

#include <gatepost/types.h>

#include "cidr.h"
#include "experiment.h"
#include "random.h"

#pragma weak gp_cidr_cover

#define PRICE 8.0
#define WIDEST 116 /* a /20 */

static struct gp_addr address(__u32 number)
{
	return (struct gp_addr){.words = {0, 0, gp_be32_to_host(0xffff), gp_be32_to_host(0x28650000 + number)}};
}

/* A fleet of @fleet addresses from .1 on, of which @requests drawn ones are known. Return: covered by fleet. */
static double excess(__u32 fleet, __u32 requests, __u64 *state)
{
	struct gp_addr known[1024];
	struct gp_cidr cover[64];
	bool seen[1024] = {false};
	size_t count = 0;
	double covered = 0;
	int prefixes;

	for (__u32 i = 0; i < requests; i++)
		seen[random_splitmix(state) % fleet] = true;
	for (__u32 i = 0; i < fleet; i++) {
		if (seen[i])
			known[count++] = address(i + 1);
	}
	prefixes = gp_cidr_cover(cover, 64, known, count, 128, PRICE, WIDEST);
	for (int i = 0; i < prefixes; i++)
		covered += exp2(128 - cover[i].bits);
	return covered / fleet;
}

void experiment_covering(bool quick, void (*row)(void *context, const struct experiment_row *row), void *context)
{
	static const struct {
		__u32 fleet, requests;
	} cases[] = {{100, 50}, {100, 100}, {100, 400}, {64, 50}, {200, 100}, {254, 1000}};
	__u32 rounds = quick ? 200 : 2000;

	if (!gp_cidr_cover)
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct experiment_row r = {.level = "counter", .low = NAN, .high = 1.1, .unit = "covered / fleet",
					   .trials = rounds};
		__u64 state = 1 + i;
		double sum = 0, worst = 0;

		for (__u32 round = 0; round < rounds; round++) {
			double value = excess(cases[i].fleet, cases[i].requests, &state);

			sum += value;
			worst = fmax(worst, value);
			r.successes += value <= 1.1;
		}
		r.value = sum / rounds;
		snprintf(r.name, sizeof(r.name), "covering of a fleet of %u after %u requests", cases[i].fleet,
			 cases[i].requests);
		snprintf(r.note, sizeof(r.note), "worst %.3f; price %.0f", worst, PRICE);
		row(context, &r);
	}
}
