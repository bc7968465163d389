// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "names.h"
#include "text.h"

#define NOBODY 0xffffffffu
#define SAME 0.05 /* nats: a difference that nobody sees */
#define MOVED 0.5 /* of the score: worth a line */

struct gp_explain {
	struct gp_addr addr;
	FILE *stream;
	bool text;
	const struct gp_world *world;
	struct gp_judge *judge;
	__u32 id; /* NOBODY until the host was met */
	bool said; /* something */
	struct gp_finding last[GP_KINDS]; /* that were said */
};

int gp_explain_open(struct gp_explain **out, const struct gp_addr *addr, FILE *stream, enum gp_format format,
		    const struct gp_world *world, struct gp_judge *judge)
{
	struct gp_explain *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->addr = *addr;
	e->stream = stream;
	e->text = format == GP_FORMAT_TEXT;
	e->world = world;
	e->judge = judge;
	e->id = NOBODY;
	*out = e;
	return 0;
}

void gp_explain_close(struct gp_explain *e)
{
	free(e);
}

/* Ids stay, so that one look is enough once the host is there. */
static void find(struct gp_explain *e)
{
	__u32 id;

	if (gp_world_find(e->world, &e->addr, &id))
		e->id = id;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

/* "smtp.fanout +3.0": what moved since the last line, and what is there for the first time. */
static void print_moves(struct gp_explain *e, const struct gp_finding *now, const struct gp_finding *before)
{
	for (int i = 0; i < now->evidence_count; i++) {
		const struct gp_evidence *x = &now->evidence[i];
		double was = 0;

		for (int k = 0; k < before->evidence_count; k++) {
			if (before->evidence[k].rule == x->rule)
				was = before->evidence[k].weight;
		}
		if (fabs(x->weight - was) >= SAME)
			fprintf(e->stream, "  %s %+.1f", x->rule, x->weight);
	}
	fputc('\n', e->stream);
}

/* What keeps a finding from the report keeps its state from being called one. */
static const char *state_of(const struct gp_finding *f)
{
	return f->left_out && f->standing.state >= GP_STATE_SUSPECTED ? "left out" : gp_state_name(f->standing.state);
}

static void print_line(struct gp_explain *e, const struct gp_finding *now, const struct gp_finding *before, __u64 now_ns)
{
	char time[GP_TEXT_TIME];

	fprintf(e->stream, "%.19s  %-12s %-9s %6.1f", gp_text_time(time, now_ns, 0), gp_kind_name(now->kind),
		state_of(now), now->score);
	print_moves(e, now, before);
}

static json_object *new_number(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4f", value);
	return json_object_new_double_s(value, text);
}

static json_object *new_side(const struct gp_finding *f, bool against)
{
	json_object *list = json_object_new_array();

	for (int i = 0; i < f->evidence_count; i++) {
		const struct gp_evidence *x = &f->evidence[i];
		json_object *o;

		if (against != (x->weight < 0))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "rule", json_object_new_string(x->rule));
		json_object_object_add(o, "weight", new_number(x->weight));
		json_object_object_add(o, "text", json_object_new_string(x->text));
		json_object_array_add(list, o);
	}
	return list;
}

static void print_object(struct gp_explain *e, const struct gp_finding *f, __u64 now_ns)
{
	json_object *o = json_object_new_object();
	char time[GP_TEXT_TIME], addr[GP_TEXT_ADDR];
	const struct gp_host *host = gp_world_host(e->world, e->id);

	json_object_object_add(o, "schema", json_object_new_string("gatepost.explain/1"));
	json_object_object_add(o, "time", json_object_new_string(gp_text_time(time, now_ns, 0)));
	json_object_object_add(o, "address", json_object_new_string(gp_text_address(addr, &host->addr, host->bits)));
	json_object_object_add(o, "kind", json_object_new_string(gp_kind_name(f->kind)));
	json_object_object_add(o, "state", json_object_new_string(gp_state_name(f->standing.state)));
	json_object_object_add(o, "score", new_number(f->score));
	json_object_object_add(o, "confidence", new_number(fmin(f->confidence, 0.9999)));
	if (f->left_out)
		json_object_object_add(o, "left_out", json_object_new_string(f->left_out));
	json_object_object_add(o, "evidence", new_side(f, false));
	json_object_object_add(o, "against", new_side(f, true));
	fprintf(e->stream, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static bool has_changed(const struct gp_finding *now, const struct gp_finding *before)
{
	return now->standing.state != before->standing.state || now->left_out != before->left_out ||
	       now->evidence_count != before->evidence_count || fabs(now->score - before->score) >= MOVED;
}

static int error_of(const struct gp_explain *e)
{
	return ferror(e->stream) ? -EIO : 0;
}

int gp_explain_look(struct gp_explain *e, __u64 now_ns)
{
	struct gp_finding now[GP_KINDS];

	if (e->id == NOBODY)
		find(e);
	if (e->id == NOBODY || !gp_judge_opinions(e->judge, e->id, now))
		return 0;
	for (int kind = 0; kind < GP_KINDS; kind++) {
		if (!has_changed(&now[kind], &e->last[kind]))
			continue;
		if (e->text && !e->said)
			fprintf(e->stream, "%-19s  %-12s %-9s %6s  %s\n", "TIME", "KIND", "STATE", "NATS", "WHAT MOVED");
		e->said = true;
		if (e->text)
			print_line(e, &now[kind], &e->last[kind], now_ns);
		else
			print_object(e, &now[kind], now_ns);
		e->last[kind] = now[kind];
	}
	return error_of(e);
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void print_reasons(struct gp_explain *e, const struct gp_finding *f)
{
	fprintf(e->stream, "\n%s: %s, %.1f nats, confidence %.2f %%\n", gp_kind_name(f->kind), state_of(f), f->score,
		100 * fmin(f->confidence, 0.9999));
	for (int against = 0; against < 2; against++) {
		for (int i = 0; i < f->evidence_count; i++) {
			if ((f->evidence[i].weight < 0) == against)
				fprintf(e->stream, "  %+6.2f  %-16s %s\n", f->evidence[i].weight, f->evidence[i].rule,
					f->evidence[i].text);
		}
	}
	if (f->verdict != GP_VERDICT_NONE)
		fprintf(e->stream, "  %s\n", f->sentence);
	if (f->left_out)
		fprintf(e->stream, "  left out of the report, because %s\n", f->left_out);
	if (f->evidence_count && !f->source_verified)
		fprintf(e->stream, "  source not verified: spoofed packets could look the same\n");
}

static bool is_same(const struct gp_finding *a, const struct gp_finding *b)
{
	if (has_changed(a, b) || a->score != b->score)
		return false;
	for (int i = 0; i < a->evidence_count; i++) {
		if (a->evidence[i].weight != b->evidence[i].weight || strcmp(a->evidence[i].text, b->evidence[i].text) != 0)
			return false;
	}
	return true;
}

/* Counts move on without a new line: the end is asked for anew, and a verdict bears the reasons of the report. */
static void print_end(struct gp_explain *e, __u64 now_ns)
{
	struct gp_finding end[GP_KINDS];

	if (e->id == NOBODY || !gp_judge_conclusions(e->judge, e->id, end))
		return;
	for (int kind = 0; kind < GP_KINDS; kind++) {
		if (e->text && end[kind].evidence_count)
			print_reasons(e, &end[kind]);
		else if (!e->text && !is_same(&end[kind], &e->last[kind]))
			print_object(e, &end[kind], now_ns);
	}
}

int gp_explain_finish(struct gp_explain *e, __u64 now_ns)
{
	char addr[GP_TEXT_ADDR];
	int err = gp_explain_look(e, now_ns);

	if (err)
		return err;
	if (e->text && !e->said)
		fprintf(e->stream, "%s: %s\n", gp_text_address(addr, &e->addr, 128),
			e->id == NOBODY ? "no packet that says anything of it was seen" : "nothing speaks for or against it");
	print_end(e, now_ns);
	return fflush(e->stream) ? -errno : error_of(e);
}
