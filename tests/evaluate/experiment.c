// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment.h"

#include <math.h>
#include <string.h>

static const struct {
	const char *name;
	experiment_fn *run;
} experiments[] = {
	{"scanners", experiment_scanners},
	{"clients", experiment_clients},
	{"covering", experiment_covering},
};

#define EXPERIMENTS (sizeof(experiments) / sizeof(*experiments))

struct writer {
	FILE *out;
	int rows;
};

static void write_bound(FILE *out, const char *name, double bound)
{
	if (!isnan(bound))
		fprintf(out, "\"%s\":%.10g,", name, bound);
}

static void write_row(void *context, const struct experiment_row *row)
{
	struct writer *w = context;

	fprintf(w->out, "%s\n{\"name\":\"%s\",\"level\":\"%s\",\"value\":%.6g,", w->rows++ ? "," : "", row->name,
		row->level, row->value);
	write_bound(w->out, "low", row->low);
	write_bound(w->out, "high", row->high);
	fprintf(w->out, "\"unit\":\"%s\",\"successes\":%llu,\"trials\":%llu,\"note\":\"%s\"}", row->unit,
		(unsigned long long)row->successes, (unsigned long long)row->trials, row->note);
}

int experiment_main(FILE *out, const char *name, bool quick)
{
	struct writer writer = {.out = out};

	for (size_t i = 0; i < EXPERIMENTS; i++) {
		if (!name) {
			fprintf(out, "%s\n", experiments[i].name);
		} else if (!strcmp(name, experiments[i].name)) {
			fprintf(out, "{\"experiment\":\"%s\",\"rows\":[", name);
			experiments[i].run(quick, write_row, &writer);
			fprintf(out, "]}\n");
			return 0;
		}
	}
	if (name)
		fprintf(stderr, "evaluate: no experiment has the name %s\n", name);
	return name ? 2 : 0;
}
