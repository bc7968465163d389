// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one packet costs in the kernel: gatepost's XDP program by BPF_PROG_TEST_RUN, beside an empty one, one cache line
 * and the textbook, over ever more hosts; live frames through a veth pair; the neighbours. Absolute figures move from
 * machine to machine, ratios hold. Prints tables and targets, and writes JSON. A missed target is a result, no error.
 *
 *   bench [--quick] [--case NAME] [--hosts N] [--part rows|neighbours|live] FILE.json      root
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <json-c/json.h>

#include "results.h"

struct options {
	bool quick;
	const char *only; /* part of a case's name; NULL: all cases */
	const char *part; /* NULL: all parts */
	__u32 hosts;      /* 0: all steps */
	const char *path;
};

static const __u32 steps[] = { 1, 1024, 65536, 524288, BENCH_HOSTS_MAX };

#define DIALOGUE_HOSTS_MAX 65536u /* more hosts speak than that, but not more in one flow table */
#define QUICK_HOSTS_MAX 524288u

static bool encap_is_wanted(const struct options *o, enum bench_encap encap, __u32 hosts)
{
	if (o->quick)
		return encap == BENCH_PLAIN || encap == BENCH_PPPOE;
	/* That far out one line decides, not the headers in front of it. */
	return hosts < BENCH_HOSTS_MAX || encap == BENCH_PLAIN || encap == BENCH_PPPOE || encap == BENCH_IPV6;
}

static bool case_is_wanted(const struct options *o, const struct bench_case *c, __u32 hosts)
{
	if (o->only && !strstr(c->name, o->only))
		return false;
	if (!c->ip_proto)
		return hosts == 1; /* nobody's packet */
	return c->group != BENCH_GROUP_DIALOGUE || hosts <= DIALOGUE_HOSTS_MAX;
}

static bool step_is_wanted(const struct options *o, __u32 hosts)
{
	size_t cases = 0;

	for (size_t i = 0; i < bench_case_count; i++)
		cases += case_is_wanted(o, &bench_cases[i], hosts);
	if (o->hosts)
		return cases && hosts == o->hosts;
	return cases && (!o->quick || (hosts != 1024 && hosts <= QUICK_HOSTS_MAX));
}

static int bench_case_rows(struct bench_results *r, struct bench_world *world, const struct bench_case *c,
			   const struct options *o, const struct bench_effort *effort)
{
	struct bench_frame frame;

	for (int encap = 0; encap < BENCH_ENCAPS; encap++) {
		struct bench_row *row = &r->rows[r->row_count];

		if (!encap_is_wanted(o, encap, world->hosts) || !bench_frame_build(&frame, c, encap, 0))
			continue;
		*row = (struct bench_row){ .bench_case = c, .encap = encap, .hosts = world->hosts };
		if (r->row_count == BENCH_ROWS_MAX || bench_measure(row, world, effort))
			return -1;
		r->row_count++;
		bench_print_row(row);
	}
	return 0;
}

/* All rows of one number of hosts. */
static int bench_step(struct bench_results *r, __u32 hosts, const struct options *o, const struct bench_effort *effort)
{
	struct bench_world world;
	int err = bench_world_open(&world, hosts, BENCH_FOR_ROWS, false, 0);

	if (!err)
		snprintf(r->compiler, sizeof(r->compiler), "%s", bench_world_compiler(&world));
	for (size_t i = 0; i < bench_case_count && !err; i++)
		if (case_is_wanted(o, &bench_cases[i], hosts))
			err = bench_case_rows(r, &world, &bench_cases[i], o, effort);
	bench_world_close(&world);
	return err;
}

static bool part_is_wanted(const struct options *o, const char *part)
{
	return o->part ? !strcmp(o->part, part) : !o->only || !strcmp(part, "rows");
}

static int bench_rows(struct bench_results *r, const struct options *o, const struct bench_effort *effort)
{
	int err = 0;

	bench_print_head();
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && !err; i++)
		if (step_is_wanted(o, steps[i]))
			err = bench_step(r, steps[i], o, effort);
	return err;
}

static int bench_all(struct bench_results *r, const struct options *o)
{
	const struct bench_effort effort = { .rounds = o->quick ? 3 : 4, .slice_ns = o->quick ? 12e6 : 15e6 };
	int err = 0;

	if (part_is_wanted(o, "rows"))
		err = bench_rows(r, o, &effort);
	if (!err && part_is_wanted(o, "neighbours"))
		r->neighbour_count = bench_neighbours(r->neighbours, BENCH_NEIGHBOURS_MAX, &effort);
	if (!err && part_is_wanted(o, "live"))
		err = bench_live(&r->live, o->quick ? 1 : 3);
	return err;
}

static int write_json(const struct bench_results *r, const char *path)
{
	struct json_object *json = bench_json(r);
	int err = json_object_to_file_ext(path, json, JSON_C_TO_STRING_PRETTY);

	if (err)
		fprintf(stderr, "bench: %s: %s\n", path, json_util_get_last_err());
	json_object_put(json);
	return err;
}

/* Return: 0, or 2 after a word about the usage. */
static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "case", required_argument, NULL, 'c' },
		{ "part", required_argument, NULL, 'p' },
		{ "hosts", required_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*o = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'q')
			o->quick = true;
		else if (c == 'c')
			o->only = optarg;
		else if (c == 'p')
			o->part = optarg;
		else if (c == 'h')
			o->hosts = (__u32)strtoul(optarg, NULL, 10);
		else
			break;
	}
	if (c == -1 && optind == argc - 1) {
		o->path = argv[optind];
		return 0;
	}
	fprintf(stderr, "usage: bench [--quick] [--case NAME] [--hosts N] [--part rows|neighbours|live] FILE.json\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct bench_results *results;
	struct options options;
	int err = read_options(&options, argc, argv);

	if (err)
		return err;
	results = calloc(1, sizeof(*results));
	if (!results)
		return 1;
	results->load = bench_load();
	/* Whoever else wants this CPU waits: each change of tasks would cost the caches. */
	setpriority(PRIO_PROCESS, 0, -20);
	err = bench_pin(0) || bench_all(results, &options);
	if (!err) {
		bench_print_targets(results);
		err = write_json(results, options.path);
	}
	free(results);
	return err ? 1 : 0;
}
