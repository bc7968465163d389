// SPDX-License-Identifier: GPL-2.0-or-later
/* One report: the judge's findings, the memory summed up, and the format that was asked for. */
#include <errno.h>

#include "report_model.h"

int gp_report_write_findings(FILE *stream, const struct gp_report *report, const struct gp_finding *findings,
			     int count, enum gp_format format)
{
	struct gp_sink sink = { .stream = stream };
	struct gp_model *model;
	int err;

	err = gp_model_open(&model, report, findings, count);
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
	const struct gp_finding *findings = NULL;
	int count = 0;

	if (report->judge) {
		count = gp_judge_findings(report->judge, &findings);
		if (count < 0)
			return count;
	}
	return gp_report_write_findings(stream, report, findings, count, format);
}
