// SPDX-License-Identifier: GPL-2.0-or-later
/* A population's packets as a capture on standard output. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

static const char usage[] = "usage: traffic [--seed N] [--duration 90s|10m|24h] [--labels FILE.json] POPULATION.yaml > OUT.pcap\n"
			    "       traffic --list | --inside POPULATION.yaml\n"
			    "       traffic ... POPULATION.yaml | gatepost replay $(traffic --inside POPULATION.yaml) -\n";

struct arguments {
	const char *population, *labels, *duration, *seed;
	bool list, inside;
};

static int list_profiles(void)
{
	size_t count;
	const struct traffic_profile *p = traffic_profiles(&count);

	for (size_t i = 0; i < count; i++) {
		printf("%-22s %-13s %s\n", p[i].name, p[i].truth, p[i].what);
		for (size_t k = 0; k < p[i].parameter_count; k++)
			printf("    %-16s %g .. %g  %s\n", p[i].parameters[k].name, p[i].parameters[k].low, p[i].parameters[k].high,
			       p[i].parameters[k].what);
	}
	return 0;
}

static bool put(const void *data, size_t len)
{
	return fwrite(data, 1, len, stdout) == len;
}

/* pcap with nanoseconds, Ethernet (draft-ietf-opsawg-pcap, 4 and 5). */
static int write_pcap(struct traffic *t)
{
	const __u32 head[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1 };
	struct gp_frame frame;
	int more = 1;

	if (!put(head, sizeof(head)))
		return -1;
	while ((more = traffic_next(t, &frame)) == 1) {
		__u32 record[] = { (__u32)(frame.time_ns / 1000000000ull), (__u32)(frame.time_ns % 1000000000ull), frame.data_bytes,
				   frame.data_bytes };

		if (!put(record, sizeof(record)) || !put(frame.data, frame.data_bytes))
			return -1;
	}
	return more < 0 || fflush(stdout) ? -1 : 0;
}

static int generate(const struct traffic_options *options, const struct arguments *a)
{
	struct traffic *t;
	size_t count;
	int err;

	if (traffic_open(&t, options))
		return 1;
	if (a->inside) {
		const char *const *inside = traffic_inside(t, &count);

		for (size_t i = 0; i < count; i++)
			printf("--inside %s%s", inside[i], i + 1 < count ? " " : "\n");
		traffic_close(t);
		return 0;
	}
	err = write_pcap(t);
	if (err)
		fprintf(stderr, "traffic: cannot write\n");
	if (a->labels && traffic_labels_json(t, a->labels)) {
		fprintf(stderr, "traffic: cannot write %s\n", a->labels);
		err = -1;
	}
	traffic_close(t);
	return err ? 1 : 0;
}

static int run(const struct arguments *a)
{
	static const char units[] = "smhd";
	static const double seconds[] = { 1, 60, 3600, 86400 };
	struct traffic_population population;
	char *end;
	int code;

	if (traffic_population_read(&population, a->population))
		return 1;
	if (a->seed)
		population.options.seed = strtoull(a->seed, NULL, 0);
	if (a->duration) {
		population.options.duration_s = strtod(a->duration, &end);
		if (*end && strchr(units, *end))
			population.options.duration_s *= seconds[strchr(units, *end) - units];
	}
	code = generate(&population.options, a);
	traffic_population_free(&population);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seed", 1, NULL, 's' },   { "duration", 1, NULL, 'd' }, { "labels", 1, NULL, 'l' },
						 { "list", 0, NULL, 'L' },   { "inside", 0, NULL, 'i' },   { "help", 0, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	struct arguments a = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			a.seed = optarg;
			break;
		case 'd':
			a.duration = optarg;
			break;
		case 'l':
			a.labels = optarg;
			break;
		case 'L':
			a.list = true;
			break;
		case 'i':
			a.inside = true;
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (a.list)
		return list_profiles();
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		return 2;
	}
	a.population = argv[optind];
	if (!a.inside && isatty(STDOUT_FILENO)) {
		fputs("traffic: packets are not for a terminal: redirect standard output\n", stderr);
		return 2;
	}
	return run(&a);
}
