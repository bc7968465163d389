/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as JSON (docs/report.schema.json). The outermost object is written member by member and its lists
 * entry by entry, so that a list of all hosts never stands in memory as a tree.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "hll.h"
#include "names.h"
#include "report_heard.h"
#include "report_routing.h"
#include "report_mail_links.h"
#include "report_model.h"
#include "report_networks.h"
#include "report_watched.h"
#include "report_senders.h"
#include "text.h"
#include "version.h"

struct writer {
	struct gp_sink *sink;
	const struct gp_model *model;
	bool indented;
	bool started; /* a comma goes before the next member or entry */
};

typedef struct json_object json;

/* Takes the value over. A value that could not be made is out of memory, once for the whole report. */
static void put(struct writer *w, json *object, const char *key, json *value)
{
	if (object && value && json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY) == 0)
		return;
	json_object_put(value);
	if (!w->sink->err)
		w->sink->err = -ENOMEM;
}

static void put_number(struct writer *w, json *object, const char *key, __u64 number)
{
	put(w, object, key, json_object_new_uint64(number));
}

static void put_signed(struct writer *w, json *object, const char *key, __s64 number)
{
	put(w, object, key, json_object_new_int64(number));
}

static void put_bool(struct writer *w, json *object, const char *key, bool value)
{
	put(w, object, key, json_object_new_boolean(value));
}

/* A fixed, short form: equal input gives equal bytes. */
static void put_double(struct writer *w, json *object, const char *key, double number)
{
	json *value = json_object_new_double(number == 0.0 ? 0.0 : number);

	if (value)
		json_object_set_serializer(value, json_object_double_to_json_string, (void *)"%.4g", NULL);
	put(w, object, key, value);
}

/* A measured value: a count stays a whole number however large it is. */
static void put_value(struct writer *w, json *object, const char *key, double number)
{
	if (number == trunc(number) && fabs(number) < 9007199254740992.0)
		put_signed(w, object, key, (__s64)number);
	else
		put_double(w, object, key, number);
}

/* Strings are cleaned without exception: who calls need not know where they came from. */
static json *new_text(const char *text)
{
	char *clean = gp_text_clean(text ? text : "");
	json *value = clean ? json_object_new_string(clean) : NULL;

	free(clean);
	return value;
}

static void put_text(struct writer *w, json *object, const char *key, const char *text)
{
	put(w, object, key, new_text(text));
}

/* JSON null cannot be told from a failure by its value, so it does not go through put(). */
static void put_null(struct writer *w, json *object, const char *key)
{
	if (!object || json_object_object_add_ex(object, key, NULL, JSON_C_OBJECT_ADD_CONSTANT_KEY))
		w->sink->err = w->sink->err ? w->sink->err : -ENOMEM;
}

static json *put_object(struct writer *w, json *object, const char *key)
{
	json *value = json_object_new_object();

	put(w, object, key, value);
	return w->sink->err ? NULL : value;
}

static void put_time(struct writer *w, json *object, const char *key, __u64 ns)
{
	char text[GP_TEXT_TIME];

	put_text(w, object, key, gp_text_time(text, ns, w->model->report->clock_offset_ns));
}

/* Line ends within a value come from the serializer only: within strings they are escaped. */
static void write_indented(struct gp_sink *sink, const char *text, unsigned depth)
{
	for (;;) {
		const char *end = strchr(text, '\n');

		if (!end)
			break;
		gp_sink_write(sink, text, (size_t)(end + 1 - text));
		gp_sink_print(sink, "%*s", (int)(2 * depth), "");
		text = end + 1;
	}
	gp_sink_write(sink, text, strlen(text));
}

/* Takes the value over. */
static void write_value(struct writer *w, json *value, unsigned depth, bool one_line)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (w->indented)
		flags |= one_line ? JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_PRETTY;
	text = value ? json_object_to_json_string_ext(value, flags) : NULL;
	if (text)
		write_indented(w->sink, text, depth);
	else if (!w->sink->err)
		w->sink->err = -ENOMEM;
	json_object_put(value);
}

static void begin_item(struct writer *w, int depth)
{
	if (w->started)
		gp_sink_write(w->sink, ",", 1);
	if (w->indented)
		gp_sink_print(w->sink, "\n%*s", 2 * depth, "");
	w->started = true;
}

static void begin_member(struct writer *w, const char *key)
{
	begin_item(w, 1);
	gp_sink_print(w->sink, w->indented ? "\"%s\": " : "\"%s\":", key);
}

static void member(struct writer *w, const char *key, json *value)
{
	begin_member(w, key);
	write_value(w, value, 1, false);
}

static void begin_list(struct writer *w, const char *key)
{
	begin_member(w, key);
	gp_sink_write(w->sink, "[", 1);
	w->started = false;
}

static void entry(struct writer *w, json *value, bool one_line)
{
	begin_item(w, 2);
	write_value(w, value, 2, one_line);
}

static void end_list(struct writer *w)
{
	if (w->indented && w->started)
		gp_sink_print(w->sink, "\n%2s", "");
	gp_sink_write(w->sink, "]", 1);
	w->started = true;
}

static void put_count(struct writer *w, json *object, const char *key, const struct gp_count *count)
{
	json *o = put_object(w, object, key);

	put_number(w, o, "packets", count->packets);
	put_number(w, o, "bytes", count->bytes);
}

static void put_service(struct writer *w, json *object, const char *key, const struct gp_service_sum *sum)
{
	json *o = put_object(w, object, key);

	put_number(w, o, "packets", sum->packets);
	put_number(w, o, "bytes", sum->bytes);
	put_number(w, o, "flows", sum->flows);
	put_number(w, o, "attempts", sum->attempts);
	put_number(w, o, "answered", sum->answered);
	put_number(w, o, "confirmed", sum->confirmed);
}

static void put_services(struct writer *w, json *object, const struct gp_service_sum *services)
{
	for (int i = 0; i < GP_SERVICES; i++)
		put_service(w, object, gp_service_name(gp_service_order[i]), &services[gp_service_order[i]]);
}

static json *new_window(struct writer *w)
{
	const struct gp_report *r = w->model->report;
	json *o = json_object_new_object();

	if (!r->start_ns && !r->end_ns && !w->model->coverage.totals.received.packets) {
		put_null(w, o, "start");
		put_null(w, o, "end");
	} else {
		put_time(w, o, "start", r->start_ns);
		put_time(w, o, "end", r->end_ns);
	}
	if (r->incomplete) {
		put_bool(w, o, "incomplete", true);
		put_text(w, o, "incomplete_reason", r->incomplete);
	}
	return o;
}

static void put_deep(struct writer *w, json *evidence, const struct gp_deep_count *deep)
{
	json *o = put_object(w, evidence, "deep");

	put_text(w, o, "mode", deep->mode);
	put_number(w, o, "sockets", deep->sockets);
	put_number(w, o, "stream_kib", deep->stream_kib);
	put_number(w, o, "redirected", deep->redirected);
	put_number(w, o, "frames", deep->frames);
	put_number(w, o, "lost", deep->lost);
	put_number(w, o, "rx_dropped", deep->rx_dropped);
	put_number(w, o, "rx_ring_full", deep->rx_ring_full);
	put_number(w, o, "rx_fill_ring_empty", deep->rx_fill_empty);
	put_number(w, o, "rx_invalid_descs", deep->rx_invalid);
	put_number(w, o, "too_large", deep->too_large);
	put_number(w, o, "no_socket", deep->no_socket);
}

/* What was wanted as evidence, by kind, and what became of it. */
static void put_sampled(struct writer *w, json *coverage)
{
	static const char *const kinds[] = {
		[GP_SAMPLED_SYN] = "syn",
		[GP_SAMPLED_MAIL] = "mail",
		[GP_SAMPLED_HTTP] = "http",
		[GP_SAMPLED_TLS] = "tls",
	};
	const struct gp_report *r = w->model->report;
	json *evidence = put_object(w, coverage, "evidence");
	struct gp_dialogues_count heard = { 0 };

	for (size_t i = 0; i < GP_SAMPLED_KINDS; i++) {
		const struct gp_sampled_count *count = &w->model->coverage.totals.sampled[i];
		json *o = put_object(w, evidence, kinds[i]);

		put_number(w, o, "samples", count->taken);
		put_number(w, o, "source_limited", count->source_limited);
		put_number(w, o, "limited", count->limited);
		put_number(w, o, "ring_full", count->ring_full);
	}
	if (r->witness)
		heard = gp_witness_count(r->witness);
	put_number(w, evidence, "dialogues", heard.told);
	put_number(w, evidence, "dialogues_displaced", heard.displaced);
	if (r->deep)
		put_deep(w, evidence, r->deep);
}

static json *new_coverage(struct writer *w)
{
	const struct gp_report *r = w->model->report;
	const struct gp_coverage *c = &w->model->coverage;
	json *o = json_object_new_object();
	json *unparsed;

	put_number(w, o, "packets", c->totals.received.packets);
	put_number(w, o, "bytes", c->totals.received.bytes);
	put_number(w, o, "wire_bytes", c->wire_bytes);
	put_number(w, o, "accounted", c->accounted.packets);
	put_number(w, o, "accounted_bytes", c->accounted.bytes);
	put_signed(w, o, "unaccounted", c->unaccounted_packets);
	put_signed(w, o, "unaccounted_bytes", c->unaccounted_bytes);
	if (c->live_slack)
		put_number(w, o, "live_slack", c->live_slack);
	put_number(w, o, "nic_missed", r->nic_missed);
	put_number(w, o, "pcap_dropped", r->pcap_dropped);
	unparsed = put_object(w, o, "unparsed");
	for (int status = GP_PARSE_OK + 1; status < GP_PARSE_STATUSES; status++)
		put_number(w, unparsed, gp_parse_name(status), c->totals.unparsed[status].packets);
	put_number(w, o, "unparsed_bytes", c->unparsed.bytes);
	put_number(w, o, "overflow", c->overflow.packets);
	put_number(w, o, "overflow_bytes", c->overflow.bytes);
	put_number(w, o, "in_flight", c->in_flight.packets);
	put_number(w, o, "in_flight_bytes", c->in_flight.bytes);
	put_number(w, o, "evidence_lost", gp_coverage_evidence_lost(c));
	put_sampled(w, o);
	put_number(w, o, "flow_records", c->totals.flow_records);
	put_number(w, o, "flow_records_lost", c->totals.flow_records_lost);
	put_number(w, o, "time_reversed", r->time_reversed);
	put_number(w, o, "observations_lost", c->totals.observations_lost);
	put_number(w, o, "flows_evicted", c->totals.flows_evicted);
	put_number(w, o, "mail_flows_evicted", c->totals.mail_flows_evicted);
	put_number(w, o, "flows_full", c->totals.flows_full);
	put_number(w, o, "outside_full", c->totals.outside_full);
	put_number(w, o, "outside_folded", c->outside_folded);
	put_number(w, o, "cells_evicted", c->totals.cells_evicted);
	put_number(w, o, "scan_stale", c->totals.scan_stale);
	put_number(w, o, "spoofed_inside", c->totals.spoofed_inside);
	put_number(w, o, "foreign_source", c->totals.foreign_source);
	put_number(w, o, "tags_failed", c->totals.tags_failed);
	if (w->model->verdicts->asymmetry_count)
		put(w, o, "one_direction", gp_report_one_direction(w->model));
	return o;
}

static json *new_prefix(struct writer *w, const struct gp_prefix_row *row)
{
	char text[GP_TEXT_ADDR];
	json *o = json_object_new_object();

	switch (row->kind) {
	case GP_ROW_PREFIX:
		put_text(w, o, "prefix", gp_text_prefix(text, &row->addr, row->bits));
		put_text(w, o, "side", row->inside ? "inside" : "outside");
		break;
	case GP_ROW_REST:
		put_text(w, o, "prefix", "rest");
		put_number(w, o, "prefixes", row->prefixes);
		break;
	case GP_ROW_BEYOND:
		put_text(w, o, "prefix", "beyond");
		break;
	case GP_ROW_OVERFLOW:
		put_text(w, o, "prefix", "overflow");
		break;
	}
	put_number(w, o, "hosts", row->hosts);
	put_number(w, o, "packets", row->traffic.packets);
	put_number(w, o, "bytes", row->traffic.bytes);
	put_services(w, o, row->services);
	return o;
}

static void put_smtp(struct writer *w, json *counters, const char *key, const struct gp_smtp_count *smtp)
{
	json *o = put_object(w, counters, key);
	json *commands = put_object(w, o, "commands");
	json *replies = put_object(w, o, "replies");

	for (int i = GP_SMTP_NONE + 1; i < GP_SMTP_COMMANDS; i++)
		put_number(w, commands, gp_smtp_command_name(i), smtp->commands[i]);
	for (int stage = 0; stage < GP_SMTP_STAGES; stage++) {
		json *classes = put_object(w, replies, gp_smtp_stage_name(stage));

		for (int i = 0; i < GP_REPLY_CLASSES; i++)
			put_number(w, classes, gp_reply_class_name(i), smtp->replies[stage][i]);
	}
	put_number(w, o, "dialogues", smtp->dialogues);
	put_number(w, o, "ended_by_quit", smtp->ended_by_quit);
	put_number(w, o, "ended_without_quit", smtp->ended_without_quit);
	put_number(w, o, "early_talk", smtp->early_talk);
	put_number(w, o, "lines_skipped", smtp->lines_skipped);
}

static void put_http(struct writer *w, json *counters, const struct gp_http_count *http)
{
	static const char *const classes[] = { "other", "1xx", "2xx", "3xx", "4xx", "5xx" };
	json *o = put_object(w, counters, "http");
	json *requests = put_object(w, o, "requests");
	json *responses = put_object(w, o, "responses");

	for (int i = 0; i < GP_HTTP_METHODS; i++)
		put_number(w, requests, gp_http_method_name(i), http->requests[i]);
	for (int i = 1; i <= 6; i++)
		put_number(w, responses, classes[i % 6], http->responses[i % 6]);
	put_number(w, o, "without_cookie", http->without_cookie);
	put_number(w, o, "without_referrer", http->without_referrer);
}

static void put_tls(struct writer *w, json *counters, const struct gp_tls_count *tls)
{
	json *o = put_object(w, counters, "tls");
	json *sni = put_object(w, o, "sni");

	put_number(w, o, "hellos", tls->hellos);
	for (int i = GP_SNI_UNKNOWN; i <= GP_SNI_PRESENT; i++)
		put_number(w, sni, gp_sni_name(i), tls->sni[i]);
}

static void put_scan(struct writer *w, json *counters, const struct gp_host *host)
{
	json *scan = put_object(w, counters, "first_contacts");
	json *distinct;

	for (int i = 0; i < GP_SCAN_CLASSES; i++) {
		json *o = put_object(w, scan, gp_scan_class_name(i));
		__u64 attempts = 0, answers = 0;

		for (unsigned slice = 0; slice < GP_SLICES; slice++) {
			attempts += host->scan.attempts[i][slice];
			answers += host->scan.answers[i][slice];
		}
		put_number(w, o, "attempts", attempts);
		put_number(w, o, "answers", answers);
	}
	distinct = put_object(w, counters, "distinct");
	put_number(w, distinct, "contacts", (__u64)llround(gp_hll_estimate(&host->contacts)));
	put_number(w, distinct, "ports", (__u64)llround(gp_hll_estimate(&host->ports)));
	put_number(w, distinct, "mx", (__u64)llround(gp_hll_estimate(&host->mx)));
}

static void put_counters(struct writer *w, json *object, const struct gp_listed *listed)
{
	const struct gp_host *host = gp_listed_host(w->model, listed);
	json *o = put_object(w, object, "counters");
	struct gp_service_sum services[GP_SERVICES];
	struct gp_traffic traffic;

	gp_listed_sums(w->model, listed, &traffic, services);
	put_count(w, o, "sent", &traffic.sent);
	put_count(w, o, "received", &traffic.received);
	put_number(w, o, "syn", host->syn);
	put_number(w, o, "syn_ack", host->syn_ack);
	put_number(w, o, "fin", host->fin);
	put_number(w, o, "rst", host->rst);
	put_number(w, o, "half_open", host->half_open);
	put_number(w, o, "backscatter", host->backscatter);
	put_number(w, o, "proved_flows", host->proved_flows);
	put_services(w, put_object(w, o, "services"), services);
	put_smtp(w, o, "smtp", &host->smtp[0]);
	put_smtp(w, o, "submission", &host->smtp[1]);
	put_http(w, o, &host->http);
	put_tls(w, o, &host->tls);
	put_scan(w, o, host);
}

/* One side of the scales: weights above 0, or below. A rule that weighs nothing says nothing. */
static void put_side(struct writer *w, json *object, const char *key, const struct gp_evidence *evidence, int count,
		     bool against)
{
	json *list = json_object_new_array();

	put(w, object, key, list);
	for (int i = 0; i < count && !w->sink->err; i++) {
		const struct gp_evidence *e = &evidence[i];
		json *o, *observed;

		if (against ? !(e->weight < 0) : !(e->weight > 0))
			continue;
		o = json_object_new_object();
		put_text(w, o, "rule", e->rule);
		put_double(w, o, "weight", e->weight);
		observed = put_object(w, o, "observed");
		for (int k = 0; k < e->observed_count; k++)
			put_value(w, observed, e->observed[k].name, e->observed[k].value);
		put_text(w, o, "text", e->text);
		if (!o || json_object_array_add(list, o)) {
			json_object_put(o);
			w->sink->err = -ENOMEM;
		}
	}
}

static void put_evidence(struct writer *w, json *object, const struct gp_evidence *evidence, int count)
{
	put_side(w, object, "evidence", evidence, count, false);
	put_side(w, object, "against", evidence, count, true);
}

/* Never 1.0 for what is only nearly certain. */
static void put_confidence(struct writer *w, json *object, double confidence)
{
	put_double(w, object, "confidence", confidence < 1.0 ? fmin(confidence, 0.9999) : confidence);
}

static void put_sample(struct writer *w, json *o, const struct gp_sample *sample)
{
	static const struct gp_addr none;
	char text[GP_TEXT_ADDR];
	json *destination;

	/* Port 0 and the all-zero address are no destination of a flow: the sample was never taken. */
	if (!sample->dport && !memcmp(&sample->dst, &none, sizeof(none))) {
		put_null(w, o, "source_port");
		put_null(w, o, "destination");
		return;
	}
	put_number(w, o, "source_port", sample->sport);
	destination = put_object(w, o, "destination");
	put_text(w, destination, "address", gp_text_address(text, &sample->dst, 128));
	put_number(w, destination, "port", sample->dport);
}

/* What the host said; absent when nothing was heard of it. */
static void put_heard(struct writer *w, json *o, const struct gp_listed *listed)
{
	const struct gp_witness *witness = w->model->report->witness;
	const struct gp_facts *facts = witness ? gp_witness_facts(witness, &listed->addr) : NULL;

	if (facts)
		put(w, o, "heard", gp_report_heard(facts));
}

static void put_since(struct writer *w, json *o, const char *key, __u64 time_ns)
{
	if (time_ns)
		put_time(w, o, key, time_ns);
	else
		put_null(w, o, key);
}

/* How far it got in this episode, and when. */
static void put_standing(struct writer *w, json *object, const struct gp_standing *standing)
{
	json *o = put_object(w, object, "standing");

	put_text(w, o, "state", gp_state_name(standing->state));
	put_since(w, o, "since", standing->since_ns);
	put_since(w, o, "watched", standing->watched_ns);
	put_since(w, o, "suspected", standing->suspected_ns);
	put_since(w, o, "confirmed", standing->confirmed_ns);
	put_number(w, o, "suspected_after", standing->suspected_contacts);
	put_number(w, o, "episodes", standing->episodes);
}

static json *new_host(struct writer *w, const struct gp_listed *listed)
{
	const struct gp_host *host = gp_listed_host(w->model, listed);
	const struct gp_finding *f = listed->finding;
	const struct gp_class *class = gp_listed_class(w->model, listed);
	char text[GP_TEXT_ADDR];
	json *o = json_object_new_object();

	put_text(w, o, "address", gp_text_address(text, &listed->addr, listed->bits));
	put_text(w, o, "role", gp_role_name(listed->role));
	if (class)
		put_text(w, o, "class", class->name);
	put_text(w, o, "verdict", gp_verdict_name(f ? f->verdict : GP_VERDICT_NONE));
	if (f) {
		put_text(w, o, "kind", gp_kind_name(f->kind));
		put_confidence(w, o, f->confidence);
		put_double(w, o, "score", f->score);
		put_bool(w, o, "source_verified", f->source_verified);
		put_standing(w, o, &f->standing);
		put_text(w, o, "sentence", f->sentence);
	}
	if (listed->id == GP_NO_HOST) {
		put_null(w, o, "first_seen");
		put_null(w, o, "last_seen");
	} else {
		put_time(w, o, "first_seen", host->first_seen_ns);
		put_time(w, o, "last_seen", host->last_seen_ns);
	}
	put_sample(w, o, f ? &f->sample : &host->samples[GP_SAMPLE_CONTACT]);
	if (f)
		put_evidence(w, o, f->evidence, f->evidence_count);
	put_counters(w, o, listed);
	put_heard(w, o, listed);
	return o;
}

static json *new_covering(const struct gp_range_finding *f)
{
	json *list = json_object_new_array();
	char text[GP_TEXT_ADDR];

	for (int i = 0; list && i < f->covering_count; i++)
		json_object_array_add(list, new_text(gp_text_prefix(text, &f->covering[i].addr, f->covering[i].bits)));
	return list;
}

static json *new_range(struct writer *w, const struct gp_range_finding *f)
{
	char text[GP_TEXT_ADDR];
	json *o = json_object_new_object();
	json *counters;

	put_text(w, o, "prefix", gp_text_prefix(text, &f->addr, f->bits));
	if (!gp_report_put_as(o, w->model->report->as_table, &f->addr) && !w->sink->err)
		w->sink->err = -ENOMEM;
	put(w, o, "covering", new_covering(f));
	put_text(w, o, "kind", gp_range_kind_name(f->kind));
	put_text(w, o, "verdict", gp_verdict_name(f->verdict));
	put_confidence(w, o, f->confidence);
	put_double(w, o, "score", f->score);
	put_bool(w, o, "source_verified", f->source_verified);
	put_time(w, o, "first_seen", f->first_seen_ns);
	put_time(w, o, "last_seen", f->last_seen_ns);
	put_number(w, o, "hosts", (__u64)llround(f->hosts));
	put_number(w, o, "fleet_estimate", (__u64)llround(fmax(f->fleet, f->hosts)));
	put_number(w, o, "exact_prefixes", (__u64)f->exact_count);
	put_number(w, o, "connections", f->requests);
	put_number(w, o, "endpoints", (__u64)llround(f->endpoints));
	put_evidence(w, o, f->evidence, f->evidence_count);
	counters = put_object(w, o, "counters");
	put_number(w, counters, "syn", f->syn);
	put_number(w, counters, "answered", f->answered);
	return o;
}

/* Who delivers mail from outside; absent when nobody delivers enough of it. */
static void put_senders(struct writer *w)
{
	int err = 0;
	json *senders = gp_report_senders(w->model->report->witness, &err);

	if (senders)
		member(w, "senders", senders);
	if (err && !w->sink->err)
		w->sink->err = err;
}

static json *new_pair(struct writer *w, const char *key1, const char *text1, const char *key2, const char *text2)
{
	json *o = json_object_new_object();

	put_text(w, o, key1, text1);
	put_text(w, o, key2, text2);
	return o;
}

/* What the operator's lists brought to light. */
static void write_lists(struct writer *w)
{
	const struct gp_model *model = w->model;

	begin_list(w, "lists");
	for (size_t i = 0; i < gp_lists_count(model->report->lists) && !w->sink->err; i++)
		entry(w, gp_report_list(model, i), true);
	end_list(w);
	begin_list(w, "watched");
	for (size_t i = 0; i < model->watched_count && !w->sink->err; i++)
		entry(w, gp_report_watched(model, i), true);
	end_list(w);
	begin_list(w, "suppressed");
	for (size_t i = 0; i < gp_model_suppressed_count(model) && !w->sink->err; i++)
		entry(w, gp_report_suppressed(model, i), true);
	end_list(w);
}

void gp_report_json(struct gp_sink *sink, const struct gp_model *model, bool indented)
{
	struct writer w = { .sink = sink, .model = model, .indented = indented };
	const struct gp_report *r = model->report;
	struct gp_web_statistics links;
	json *o;

	gp_sink_write(sink, "{", 1);
	member(&w, "schema", new_text("gatepost.report/1"));
	member(&w, "generator", new_pair(&w, "name", "gatepost", "version", GP_VERSION));
	member(&w, "sensor", new_text(r->sensor));
	member(&w, "source", new_pair(&w, "kind", r->source_kind, "name", r->source_name));
	member(&w, "window", new_window(&w));
	o = json_object_new_object();
	put_bool(&w, o, "default", r->default_inside);
	member(&w, "inside", o);
	member(&w, "coverage", new_coverage(&w));
	o = json_object_new_object();
	put_services(&w, o, model->services);
	member(&w, "services", o);
	begin_list(&w, "prefixes");
	for (size_t i = 0; i < model->rows.count && !sink->err; i++)
		entry(&w, new_prefix(&w, &model->rows.list[i]), true);
	end_list(&w);
	begin_list(&w, "hosts");
	for (size_t i = 0; i < model->listed_count && !sink->err; i++)
		entry(&w, new_host(&w, &model->listed[i]), false);
	end_list(&w);
	begin_list(&w, "ranges");
	for (int i = 0; i < model->verdicts->range_count && !sink->err; i++)
		entry(&w, new_range(&w, &model->verdicts->ranges[i]), false);
	end_list(&w);
	begin_list(&w, "networks");
	for (int i = 0; i < model->network_count && !sink->err; i++)
		entry(&w, gp_report_network(model, &model->networks[i]), true);
	end_list(&w);
	if (gp_report_mail_links(&links, model))
		member(&w, "mail_links", gp_report_mail_links_json(&links));
	if (r->lists)
		write_lists(&w);
	put_senders(&w);
	gp_sink_print(sink, indented ? "\n}\n" : "}\n");
}

void gp_report_json_list(struct gp_sink *sink, const struct gp_model *model, enum gp_report_list list)
{
	struct writer w = { .sink = sink, .model = model };

	gp_sink_write(sink, "[", 1);
	for (size_t i = 0; list == GP_REPORT_HOSTS && i < model->listed_count && !sink->err; i++)
		entry(&w, new_host(&w, &model->listed[i]), true);
	for (int i = 0; list == GP_REPORT_RANGES && i < model->verdicts->range_count && !sink->err; i++)
		entry(&w, new_range(&w, &model->verdicts->ranges[i]), true);
	for (int i = 0; list == GP_REPORT_NETWORKS && i < model->network_count && !sink->err; i++)
		entry(&w, gp_report_network(model, &model->networks[i]), true);
	gp_sink_write(sink, "]", 1);
}

void gp_report_json_coverage(struct gp_sink *sink, const struct gp_model *model)
{
	struct writer w = { .sink = sink, .model = model };

	write_value(&w, new_coverage(&w), 0, true);
}

void gp_report_json_services(struct gp_sink *sink, const struct gp_model *model)
{
	struct writer w = { .sink = sink, .model = model };
	json *o = json_object_new_object();

	put_services(&w, o, model->services);
	write_value(&w, o, 0, true);
}
