// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct gp_selection gp_selection_all = {
	.until_ns = ~0ull,
	.kinds = (1u << GP_KINDS) - 1,
	.range_kinds = (1u << GP_RANGE_KINDS) - 1,
	.limit = ~(size_t)0,
};

static bool meets(const struct gp_selection *s, __u64 first_ns, __u64 last_ns)
{
	return first_ns <= s->until_ns && last_ns >= s->since_ns;
}

static bool takes_host(const struct gp_selection *s, const struct gp_model *model, const struct gp_listed *listed)
{
	const struct gp_host *host = gp_listed_host(model, listed);
	const struct gp_finding *f = listed->finding;

	if (!f && (s->verdict || s->kinds != gp_selection_all.kinds))
		return false;
	if (f && (!(s->kinds >> f->kind & 1) || (s->verdict && f->verdict != s->verdict)))
		return false;
	return meets(s, host->first_seen_ns, host->last_seen_ns);
}

/* Keeps of the list what is selected. Return: how many were, before the limit. */
static size_t select_hosts(struct gp_model *model, const struct gp_selection *s)
{
	size_t matching = 0;

	for (size_t i = 0; i < model->listed_count; i++) {
		if (!takes_host(s, model, &model->listed[i]))
			continue;
		if (matching < s->limit)
			model->listed[matching] = model->listed[i];
		matching++;
	}
	model->listed_count = matching < s->limit ? matching : s->limit;
	return matching;
}

static bool takes_range(const struct gp_selection *s, const struct gp_range_finding *f)
{
	return s->range_kinds >> f->kind & 1 && (!s->verdict || f->verdict == s->verdict) &&
	       meets(s, f->first_seen_ns, f->last_seen_ns);
}

/* The verdicts with some ranges only. @ranges: out, to be freed. Return: how many were selected, or -ENOMEM. */
static int select_ranges(struct gp_verdicts *verdicts, struct gp_range_finding **ranges, const struct gp_selection *s)
{
	int matching = 0, kept = 0;

	*ranges = calloc((size_t)verdicts->range_count + 1, sizeof(**ranges));
	if (!*ranges)
		return -ENOMEM;
	for (int i = 0; i < verdicts->range_count; i++) {
		if (!takes_range(s, &verdicts->ranges[i]))
			continue;
		if ((size_t)kept < s->limit)
			(*ranges)[kept++] = verdicts->ranges[i];
		matching++;
	}
	verdicts->ranges = *ranges;
	verdicts->range_count = kept;
	return matching;
}

static int flush(struct gp_sink *sink)
{
	errno = 0;
	if (!sink->err && fflush(sink->stream))
		sink->err = errno ? -errno : -EIO;
	return sink->err;
}

int gp_report_write_selected(FILE *stream, const struct gp_report *report, enum gp_format format,
			     const struct gp_selection *selection)
{
	struct gp_sink sink = { .stream = stream };
	struct gp_range_finding *ranges = NULL;
	struct gp_verdicts verdicts;
	struct gp_model *model;
	int err = gp_report_verdicts(&verdicts, report), matching;

	if (!err)
		err = gp_model_open(&model, report, &verdicts);
	if (err)
		return err;
	/* Behind the sums: networks are ranked by all of their hosts. */
	select_hosts(model, selection);
	matching = select_ranges(&verdicts, &ranges, selection);
	if (matching < 0)
		sink.err = matching;
	else if (format == GP_FORMAT_TEXT)
		gp_report_text(&sink, model);
	else
		gp_report_json(&sink, model, format == GP_FORMAT_JSON);
	gp_model_close(model);
	free(ranges);
	return flush(&sink);
}

static void write_list(struct gp_sink *sink, const struct gp_model *model, const char *name, size_t matching,
		       enum gp_report_list list)
{
	gp_sink_print(sink, "\"matching\":%zu,\"%s\":", matching, name);
	gp_report_json_list(sink, model, list);
}

/* Networks by rank: the limit is one of each table, as the ranks are. */
static size_t select_networks(struct gp_model *model, const struct gp_selection *s)
{
	size_t matching = (size_t)model->network_count;

	if (matching > s->limit)
		model->network_count = (int)s->limit;
	return matching;
}

static int write_ranges(struct gp_sink *sink, const struct gp_report *report, struct gp_verdicts *verdicts,
			const struct gp_selection *selection)
{
	const struct gp_model model = { .report = report, .verdicts = verdicts };
	struct gp_range_finding *ranges = NULL;
	int matching = select_ranges(verdicts, &ranges, selection);

	if (matching < 0)
		sink->err = matching;
	else
		write_list(sink, &model, "ranges", (size_t)matching, GP_REPORT_RANGES);
	free(ranges);
	return flush(sink);
}

int gp_report_write_list(FILE *stream, const struct gp_report *report, enum gp_report_list list,
			 const struct gp_selection *selection)
{
	struct gp_sink sink = { .stream = stream };
	struct gp_verdicts verdicts;
	struct gp_model *model;
	int err = gp_report_verdicts(&verdicts, report);

	if (err)
		return err;
	if (list == GP_REPORT_RANGES)
		return write_ranges(&sink, report, &verdicts, selection);
	err = list == GP_REPORT_HOSTS ? gp_model_open_listed(&model, report, &verdicts) :
					gp_model_open(&model, report, &verdicts);
	if (err)
		return err;
	if (list == GP_REPORT_HOSTS)
		write_list(&sink, model, "hosts", select_hosts(model, selection), list);
	else
		write_list(&sink, model, "networks", select_networks(model, selection), list);
	gp_model_close(model);
	return flush(&sink);
}

int gp_report_write_host(FILE *stream, const struct gp_report *report, __u32 id)
{
	const struct gp_host *host = gp_world_host(report->world, id);
	const struct gp_verdicts none = { 0 };
	struct gp_sink sink = { .stream = stream };
	struct gp_listed listed;
	struct gp_model model = { .report = report, .verdicts = &none, .listed = &listed, .listed_count = 1 };

	if (!host)
		return -ENOENT;
	listed = (struct gp_listed){ .id = id, .addr = host->addr, .bits = host->bits, .role = host->role };
	if (gp_world_is_inside(report->world, id))
		listed.slot = (__u32)(host->tag - 1);
	gp_report_json_list(&sink, &model, GP_REPORT_HOSTS);
	return flush(&sink);
}

static int write_sums(FILE *stream, const struct gp_model *model)
{
	struct gp_sink sink = { .stream = stream };

	gp_sink_print(&sink, "\"coverage\":");
	gp_report_json_coverage(&sink, model);
	gp_sink_print(&sink, ",\"services\":");
	gp_report_json_services(&sink, model);
	return flush(&sink);
}

int gp_report_figures(struct gp_figures *out, const struct gp_report *report, FILE *sums)
{
	struct gp_verdicts verdicts;
	struct gp_model *model;
	int err = gp_report_verdicts(&verdicts, report);

	if (!err)
		err = gp_model_open(&model, report, &verdicts);
	if (err)
		return err;
	*out = (struct gp_figures){ .coverage = model->coverage, .hosts = model->hosts };
	memcpy(out->services, model->services, sizeof(out->services));
	if (report->judge)
		gp_judge_states(report->judge, out->states);
	for (int i = 0; i < verdicts.finding_count; i++)
		out->verdicts[verdicts.findings[i].verdict]++;
	for (int i = 0; i < verdicts.range_count; i++)
		out->ranges[verdicts.ranges[i].kind]++;
	if (sums)
		err = write_sums(sums, model);
	gp_model_close(model);
	return err;
}
