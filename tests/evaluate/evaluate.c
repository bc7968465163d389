// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One input, judged by gatepost and by the detectors that it is compared with; JSON on standard output. What people
 * type is scripts/evaluate.
 *
 *   evaluate [OPTION]... CAPTURE...            evaluate [OPTION]... --population FILE
 *   evaluate --experiment NAME [--quick]       evaluate --experiments
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "log.h"
#include "result.h"
#include "source_pcap.h"

struct arguments {
	const char *config, *population, *experiment;
	char *inside[64];
	size_t inside_count;
	__u64 seed;
	double duration_s, scale;
	bool trust_inside, no_baselines, deep, quick, list;
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},	 {"inside", required_argument, NULL, 'i'},
	{"population", required_argument, NULL, 'p'},	 {"seed", required_argument, NULL, 's'},
	{"duration", required_argument, NULL, 'd'},	 {"scale", required_argument, NULL, 'x'},
	{"trust-inside", no_argument, NULL, 't'},	 {"no-baselines", no_argument, NULL, 'n'},
	{"experiment", required_argument, NULL, 'e'},	 {"experiments", no_argument, NULL, 'l'},
	{"quick", no_argument, NULL, 'q'},		 {"deep", no_argument, NULL, 'D'},
	{NULL, 0, NULL, 0},
};

static int usage(void)
{
	fprintf(stderr, "usage: evaluate [--config FILE] [--inside PREFIX] [--trust-inside] [--deep] [--no-baselines]\n"
			"                (CAPTURE... | --population FILE [--seed N] [--duration S] [--scale X])\n"
			"       evaluate --experiment NAME [--quick] | --experiments\n");
	return 2;
}

static bool parse(struct arguments *a, int argc, char **argv)
{
	int option;

	*a = (struct arguments){.scale = 1};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c': a->config = optarg; break;
		case 'p': a->population = optarg; break;
		case 'e': a->experiment = optarg; break;
		case 's': a->seed = strtoull(optarg, NULL, 0); break;
		case 'd': a->duration_s = strtod(optarg, NULL); break;
		case 'x': a->scale = strtod(optarg, NULL); break;
		case 't': a->trust_inside = true; break;
		case 'n': a->no_baselines = true; break;
		case 'q': a->quick = true; break;
		case 'D': a->deep = true; break;
		case 'l': a->list = true; break;
		case 'i':
			if (a->inside_count == sizeof(a->inside) / sizeof(*a->inside))
				return false;
			a->inside[a->inside_count++] = optarg;
			break;
		default: return false;
		}
	}
	return a->list || a->experiment || !a->population != (optind == argc);
}

static int next_of_capture(void *context, struct gp_frame *frame)
{
	return gp_source_pcap_next(context, frame);
}

static int judge_input(struct run *run, const struct arguments *a, struct population *population)
{
	int err = gp_config_open(&run->config, a->config, a->inside, a->inside_count);

	if (err)
		return err;
	if (a->deep)
		run->config->sampling = GP_SAMPLING_ALL;
	run->trust_inside = a->trust_inside;
	run->with_baselines = !a->no_baselines;
	err = run_open(run);
	if (!err)
		err = run_all(run);
	/* A damaged capture is judged up to its damage, which was logged. */
	if (!err || (err == -EIO && !population)) {
		result_write(stdout, run, population);
		err = 0;
	}
	return err;
}

static int judge_captures(const struct arguments *a, char *const *paths, size_t count)
{
	struct run run = {0};
	struct gp_source_pcap *source = NULL;
	int err = gp_source_pcap_open(&source, paths, count);

	run.input = (struct input){.next = next_of_capture, .context = source};
	if (!err)
		err = judge_input(&run, a, NULL);
	run_close(&run);
	if (run.config)
		gp_config_close(run.config);
	if (source)
		gp_source_pcap_close(source);
	return err;
}

static int judge_population(struct arguments *a)
{
	struct run run = {0};
	struct population population;
	int err = population_open(&population, a->population, a->seed, a->duration_s, a->scale);

	if (!err) {
		size_t count;
		const char *const *inside = traffic_inside(population.traffic, &count);

		for (size_t i = 0; i < count && a->inside_count < sizeof(a->inside) / sizeof(*a->inside); i++)
			a->inside[a->inside_count++] = (char *)inside[i];
		run.input = population_input(&population);
		err = judge_input(&run, a, &population);
	}
	run_close(&run);
	if (run.config)
		gp_config_close(run.config);
	population_close(&population);
	return err;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int err;

	if (!parse(&arguments, argc, argv))
		return usage();
	if (arguments.list || arguments.experiment)
		return experiment_main(stdout, arguments.experiment, arguments.quick);
	err = arguments.population ? judge_population(&arguments) :
				     judge_captures(&arguments, argv + optind, (size_t)(argc - optind));
	if (err)
		fprintf(stderr, "evaluate: %s\n", strerror(-err));
	return err ? 1 : 0;
}
