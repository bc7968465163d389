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

int gp_report_verdicts(struct gp_verdicts *out, const struct gp_report *report)
{
	*out = (struct gp_verdicts){ 0 };
	if (!report->judge)
		return 0;
	out->finding_count = gp_judge_findings(report->judge, &out->findings);
	if (out->finding_count < 0)
		return out->finding_count;
	out->range_count = gp_judge_ranges(report->judge, &out->ranges);
	if (out->range_count < 0)
		return out->range_count;
	out->asymmetry_count = gp_judge_asymmetries(report->judge, &out->asymmetries);
	if (out->asymmetry_count < 0)
		return out->asymmetry_count;
	out->suppressed_host_count = gp_judge_suppressed(report->judge, false, &out->suppressed_hosts);
	out->suppressed_range_count = gp_judge_suppressed(report->judge, true, &out->suppressed_ranges);
	return 0;
}

int gp_report_write(FILE *stream, const struct gp_report *report, enum gp_format format)
{
	struct gp_verdicts verdicts;
	int err = gp_report_verdicts(&verdicts, report);

	return err ? err : gp_report_write_verdicts(stream, report, &verdicts, format);
}
