// SPDX-License-Identifier: GPL-2.0-or-later
/* One report: the judge's verdicts, the world summed up, and the format that was asked for. */
#include <errno.h>

#include "report_model.h"

int gp_report_write_verdicts(FILE *stream, const struct gp_report *report, const struct gp_verdicts *verdicts,
			     enum gp_format format)
{
	struct gp_sink sink = { .stream = stream };
	struct gp_model *model;
	int err;

	err = gp_model_open(&model, report, verdicts);
	if (err)
		return err;
	if (format == GP_FORMAT_TEXT)
		gp_report_text(&sink, model);
	else
		gp_report_json(&sink, model, format == GP_FORMAT_JSON);
	gp_model_close(model);
	errno = 0;
	if (!sink.err && fflush(stream))
		sink.err = errno ? -errno : -EIO;
	return sink.err;
}

int gp_report_write(FILE *stream, const struct gp_report *report, enum gp_format format)
{
	struct gp_verdicts verdicts = { 0 };

	if (report->judge) {
		verdicts.finding_count = gp_judge_findings(report->judge, &verdicts.findings);
		if (verdicts.finding_count < 0)
			return verdicts.finding_count;
		verdicts.range_count = gp_judge_ranges(report->judge, &verdicts.ranges);
		if (verdicts.range_count < 0)
			return verdicts.range_count;
		verdicts.asymmetry_count = gp_judge_asymmetries(report->judge, &verdicts.asymmetries);
		if (verdicts.asymmetry_count < 0)
			return verdicts.asymmetry_count;
	}
	return gp_report_write_verdicts(stream, report, &verdicts, format);
}
