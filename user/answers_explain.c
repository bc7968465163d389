// SPDX-License-Identifier: GPL-2.0-or-later
/* What is thought of one address now, and why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answers_private.h"
#include "explain.h"
#include "text.h"

/* Lines of JSON become entries of a list. */
static void write_entries(struct gp_answer *out, const struct gp_answer *lines)
{
	for (size_t at = 0; at < lines->len;) {
		const char *end = memchr(lines->text + at, '\n', lines->len - at);
		size_t len = end ? (size_t)(end - lines->text) - at : lines->len - at;

		if (at)
			gp_answer_write(out, ",", 1);
		gp_answer_write(out, lines->text + at, len);
		at += len + 1;
	}
}

/* One line of JSON for each kind that anything speaks for or against. */
static int write_opinions(struct gp_answer *lines, const struct gp_query *q, const struct gp_report *report)
{
	FILE *stream = gp_answer_stream(lines);
	struct gp_explain *explain;
	int err;

	if (!stream)
		return -ENOMEM;
	err = report->judge ? gp_explain_open(&explain, &q->addr, stream, GP_FORMAT_NDJSON, report->world, report->judge) :
			      -ENOENT;
	if (!err) {
		err = gp_explain_look(explain, gp_answers_now_ns(report));
		gp_explain_close(explain);
	}
	if (fclose(stream) && !err)
		err = -EIO;
	return lines->err ? lines->err : err == -ENOENT ? 0 : err;
}

static int write_host(struct gp_answer *out, const struct gp_report *report, __u32 id)
{
	FILE *stream = gp_answer_stream(out);
	int err;

	if (!stream)
		return -ENOMEM;
	err = gp_report_write_host(stream, report, id);
	if (fclose(stream) && !err)
		err = -EIO;
	return out->err ? out->err : err;
}

int gp_answer_explain(const struct gp_query *q, const struct gp_report *report, struct gp_answer *out)
{
	char addr[GP_TEXT_ADDR], now[GP_TEXT_TIME];
	struct gp_answer lines = { 0 };
	__u32 id = 0;
	bool known = gp_world_find(report->world, &q->addr, &id);
	int err = write_opinions(&lines, q, report);

	gp_answer_print(out, "{\"schema\":\"gatepost.opinions/1\",\"time\":\"%s\",\"address\":\"%s\",\"known\":%s,\"opinions\":[",
			gp_text_time(now, report->end_ns, report->clock_offset_ns), gp_text_address(addr, &q->addr, 128),
			known ? "true" : "false");
	if (!err)
		write_entries(out, &lines);
	gp_answer_print(out, "],\"hosts\":");
	if (!err && known)
		err = write_host(out, report, id);
	else
		gp_answer_print(out, "[]");
	gp_answer_print(out, "}\n");
	gp_answer_free(&lines);
	return err;
}
