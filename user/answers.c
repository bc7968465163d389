// SPDX-License-Identifier: GPL-2.0-or-later
#include "answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "answers_private.h"
#include "report_put.h"

#define TURN_NS 1000000000ull /* reports that are asked for more often than that show the same epoch */
#define SAID 4096

int gp_answers_open(struct gp_answers **out, const struct gp_agent_view *view)
{
	struct gp_answers *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->view = *view;
	*out = a;
	return 0;
}

void gp_answers_close(struct gp_answers *answers)
{
	free(answers);
}

void gp_answers_tick(struct gp_answers *a, const struct gp_world *world, __u64 now_ns)
{
	struct gp_totals totals;

	gp_world_totals(world, &totals);
	gp_rates_add(&a->rates, now_ns, &totals.received);
}

struct gp_status gp_answers_status(const struct gp_answers *a)
{
	struct gp_status status = { 0 };

	a->view.status(a->view.context, &status);
	return status;
}

__u64 gp_answers_lag_ns(const struct gp_status *status, const struct gp_report *report)
{
	return report->end_ns > status->epoch_ns ? report->end_ns - status->epoch_ns : 0;
}

__u64 gp_answers_now_ns(const struct gp_report *report)
{
	return report->end_ns + (__u64)report->clock_offset_ns;
}

/* A point in time since the Unix epoch, on the data plane's clock; the nearer end where it has none. */
static __u64 data_plane_ns(__u64 ns, __s64 offset_ns)
{
	__int128 at = (__int128)ns - offset_ns;

	return at < 0 ? 0 : at > (__int128)~0ull ? ~0ull : (__u64)at;
}

static struct gp_selection selection_of(const struct gp_query *q, const struct gp_report *report)
{
	struct gp_selection s = {
		.until_ns = ~0ull,
		.kinds = q->kinds,
		.range_kinds = q->range_kinds,
		.verdict = q->verdict,
		.limit = q->limit,
	};

	if (q->given & 1u << GP_PARAMETER_SINCE)
		s.since_ns = data_plane_ns(q->since_ns, report->clock_offset_ns);
	if (q->given & 1u << GP_PARAMETER_UNTIL)
		s.until_ns = data_plane_ns(q->until_ns, report->clock_offset_ns);
	/* A report is whole unless somebody asks for less. */
	if (q->name == GP_QUERY_REPORT && !(q->given & 1u << GP_PARAMETER_LIMIT))
		s.limit = gp_selection_all.limit;
	return s;
}

/* A stream that has failed leaves its reason in the answer. */
static int close_stream(FILE *stream, struct gp_answer *out, int err)
{
	if (fclose(stream) && !err)
		err = -EIO;
	return out->err ? out->err : err;
}

static int answer_report(const struct gp_query *q, const struct gp_report *report, struct gp_answer *out)
{
	static const enum gp_format formats[] = {
		[GP_QUERY_JSON] = GP_FORMAT_JSON, [GP_QUERY_NDJSON] = GP_FORMAT_NDJSON, [GP_QUERY_TEXT] = GP_FORMAT_TEXT,
	};
	static const char *const types[] = {
		[GP_QUERY_JSON] = GP_TYPE_JSON, [GP_QUERY_NDJSON] = GP_TYPE_NDJSON, [GP_QUERY_TEXT] = GP_TYPE_TEXT,
	};
	const struct gp_selection selection = selection_of(q, report);
	FILE *stream = gp_answer_stream(out);

	if (!stream)
		return -ENOMEM;
	out->type = types[q->format];
	return close_stream(stream, out, gp_report_write_selected(stream, report, formats[q->format], &selection));
}

/* {"schema":"gatepost.hosts/1","time":...,"window":...,"limit":1000,"matching":3,"hosts":[...]} */
static int answer_list(const struct gp_query *q, const struct gp_report *report, enum gp_report_list list,
		       struct gp_answer *out)
{
	const struct gp_selection selection = selection_of(q, report);
	char now[GP_TEXT_TIME], start[GP_TEXT_TIME];
	FILE *stream = gp_answer_stream(out);
	int err;

	if (!stream)
		return -ENOMEM;
	gp_text_time(now, report->end_ns, report->clock_offset_ns);
	gp_text_time(start, report->start_ns, report->clock_offset_ns);
	fprintf(stream, "{\"schema\":\"gatepost.%s/1\",\"time\":\"%s\",\"window\":{\"start\":\"%s\",\"end\":\"%s\"},"
		"\"limit\":%u,", gp_query_name(q->name), now, start, now, q->limit);
	err = gp_report_write_list(stream, report, list, &selection);
	fputs("}\n", stream);
	return close_stream(stream, out, err);
}

/* Lines become entries. Cuts @said. NULL when out of memory. */
static json_object *new_lines(char *said)
{
	json_object *list = json_object_new_array();

	for (char *rest = said, *line; list && (line = strsep(&rest, "\n"));) {
		char *clean = *line ? gp_text_clean(line) : NULL;

		if (*line && (!clean || json_object_array_add(list, json_object_new_string(clean)))) {
			json_object_put(list);
			list = NULL;
		}
		free(clean);
	}
	return list;
}

/* {"schema":"gatepost.reload/1","said":["...","..."]} */
static int write_said(char *said, struct gp_answer *out)
{
	json_object *o = json_object_new_object();
	const char *text;

	text = gp_put_text(o, "schema", "gatepost.reload/1") && gp_put(o, "said", new_lines(said)) ?
	       json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	if (text)
		gp_answer_print(out, "%s\n", text);
	json_object_put(o);
	return text ? 0 : -ENOMEM;
}

/* An error is one line. */
static int fail_reload(char *said, int err, struct gp_answer *out)
{
	size_t len = strlen(said);

	while (len && said[len - 1] == '\n')
		said[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (said[i] == '\n')
			said[i] = ';';
	return gp_answer_fail(out, 422, "reload: the old configuration stays in force: %s", len ? said : strerror(-err));
}

static int answer_reload(struct gp_answers *a, struct gp_answer *out)
{
	char said[SAID] = "";
	int err;

	if (!a->view.reload)
		return gp_answer_fail(out, 501, "reload: this agent has no configuration file; begin it with run -c FILE");
	err = a->view.reload(a->view.context, said, sizeof(said));
	return err ? fail_reload(said, err, out) : write_said(said, out);
}

/* Only a report is of this very moment, and not of the last epoch: a turn costs what it costs. */
static bool wants_turn(struct gp_answers *a, const struct gp_query *q, const struct gp_report *last)
{
	if (q->name != GP_QUERY_REPORT || (a->turned_ns && last->end_ns - a->turned_ns < TURN_NS))
		return false;
	a->turned_ns = last->end_ns;
	return true;
}

/* A turn that fails, as with a full disk, has been complained of: the last epoch is still worth an answer. */
static int prepare(struct gp_answers *a, const struct gp_query *q, struct gp_report *report)
{
	int err = a->view.report(a->view.context, false, report);

	if (!err && wants_turn(a, q, report) && a->view.report(a->view.context, true, report))
		err = a->view.report(a->view.context, false, report);
	return err;
}

int gp_answers_answer(void *context, const struct gp_query *q, struct gp_answer *out)
{
	struct gp_answers *a = context;
	struct gp_report report = { 0 };
	int err = q->name == GP_QUERY_RELOAD ? 0 : prepare(a, q, &report);

	if (err)
		return err;
	switch (q->name) {
	case GP_QUERY_STATUS:
		return gp_answer_status(a, &report, out);
	case GP_QUERY_HOSTS:
		return answer_list(q, &report, GP_REPORT_HOSTS, out);
	case GP_QUERY_RANGES:
		return answer_list(q, &report, GP_REPORT_RANGES, out);
	case GP_QUERY_NETWORKS:
		return answer_list(q, &report, GP_REPORT_NETWORKS, out);
	case GP_QUERY_REPORT:
		return answer_report(q, &report, out);
	case GP_QUERY_EXPLAIN:
		return gp_answer_explain(q, &report, out);
	case GP_QUERY_METRICS:
		return gp_answer_metrics(a, &report, out);
	case GP_QUERY_HEALTH:
		return gp_answer_health(a, &report, out);
	case GP_QUERY_RELOAD:
		return answer_reload(a, out);
	default:
		return gp_answer_fail(out, 404, "no such query");
	}
}
