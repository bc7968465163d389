// SPDX-License-Identifier: GPL-2.0-or-later
/* What the agent says of itself: status, metrics, health. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <json-c/json.h>

#include "answers_private.h"
#include "names.h"
#include "report_put.h"
#include "version.h"

#define NS_PER_S 1000000000ull

static double seconds(__u64 ns)
{
	return (double)ns / 1e9;
}

/* A time since the Unix epoch; null when it is not known. */
static bool put_when(json_object *o, const char *key, __u64 ns)
{
	return ns ? gp_put_time(o, key, ns) : !json_object_object_add(o, key, NULL);
}

/* Text, or null. */
static bool put_text_or_null(json_object *o, const char *key, const char *text)
{
	return text ? gp_put_text(o, key, text) : !json_object_object_add(o, key, NULL);
}

/* An object below a key; borrowed. NULL when out of memory. */
static json_object *put_object(json_object *o, const char *key)
{
	json_object *value = json_object_new_object();

	return gp_put(o, key, value) ? value : NULL;
}

/* --- parts of the status ------------------------------------------------------------------------------------------ */

static bool put_head(json_object *o, const struct gp_report *report, const struct gp_status *status)
{
	__u64 now_ns = gp_answers_now_ns(report), start_ns = report->start_ns + (__u64)report->clock_offset_ns;
	json_object *generator, *source;

	if (!gp_put_text(o, "schema", "gatepost.status/1"))
		return false;
	generator = put_object(o, "generator");
	return gp_put_text(generator, "name", "gatepost") && gp_put_text(generator, "version", GP_VERSION) &&
	       gp_put_text(o, "sensor", report->sensor) && gp_put_number(o, "pid", (__u64)getpid()) &&
	       gp_put_time(o, "time", now_ns) && gp_put_time(o, "since", start_ns) &&
	       gp_put_number(o, "uptime_s", now_ns > start_ns ? (now_ns - start_ns) / NS_PER_S : 0) &&
	       gp_put_bool(o, "took_over", status->took_over) && (source = put_object(o, "source")) &&
	       gp_put_text(source, "kind", report->source_kind) && gp_put_text(source, "name", report->source_name) &&
	       put_text_or_null(o, "incomplete", report->incomplete);
}

static const char *side_name(enum gp_side side)
{
	return side == GP_SIDE_INSIDE ? "inside" : side == GP_SIDE_OUTSIDE ? "outside" : "tap";
}

static bool put_interfaces(json_object *o, const struct gp_status *status)
{
	json_object *list = json_object_new_array();

	if (!gp_put(o, "interfaces", list))
		return false;
	for (size_t i = 0; i < status->interface_count; i++) {
		const struct gp_status_interface *x = &status->interfaces[i];
		json_object *entry = json_object_new_object();

		if (!entry || json_object_array_add(list, entry)) {
			json_object_put(entry);
			return false;
		}
		if (!gp_put_text(entry, "name", x->name) || !gp_put_text(entry, "side", side_name(x->side)) ||
		    !gp_put_text(entry, "mode", x->mode) || !gp_put_bool(entry, "attached", x->attached))
			return false;
	}
	return true;
}

static bool put_epochs(json_object *o, const struct gp_report *report, const struct gp_status *status)
{
	json_object *e = put_object(o, "epochs");

	return gp_put_number(e, "committed", status->epochs) &&
	       put_when(e, "last", status->epoch_ns ? status->epoch_ns + (__u64)report->clock_offset_ns : 0) &&
	       gp_put_double(e, "lag_s", seconds(gp_answers_lag_ns(status, report))) &&
	       gp_put_double(e, "drain_s", seconds(status->drain_ns)) &&
	       gp_put_double(e, "drain_last_s", seconds(status->drain_last_ns));
}

static bool put_rates(json_object *o, const struct gp_rate_now *rate)
{
	json_object *r = put_object(o, "rates");

	return gp_put_double(r, "interval_s", rate->interval_s) && gp_put_double(r, "packets_per_s", rate->packets_per_s) &&
	       gp_put_double(r, "bits_per_s", rate->bits_per_s);
}

/* {"watched":{"spam_bot":1,...},...}: how many hosts stand where. */
static bool put_states(json_object *hosts, const struct gp_figures *f)
{
	json_object *states = put_object(hosts, "states");

	for (int state = GP_STATE_CLEAN + 1; state < GP_STATES; state++) {
		json_object *kinds = states ? put_object(states, gp_state_name(state)) : NULL;

		for (int kind = 0; kind < GP_KINDS; kind++)
			if (!gp_put_number(kinds, gp_kind_name(kind), f->states[state][kind]))
				return false;
	}
	return true;
}

static bool put_verdicts(json_object *o, const struct gp_figures *f)
{
	json_object *hosts = put_object(o, "hosts"), *ranges;

	if (!gp_put_number(hosts, "active", f->hosts) ||
	    !gp_put_number(hosts, "suspected", f->verdicts[GP_VERDICT_SUSPECTED]) ||
	    !gp_put_number(hosts, "confirmed", f->verdicts[GP_VERDICT_CONFIRMED]) || !put_states(hosts, f))
		return false;
	ranges = put_object(o, "ranges");
	for (int kind = 0; kind < GP_RANGE_KINDS; kind++)
		if (!gp_put_number(ranges, gp_range_kind_name(kind), f->ranges[kind]))
			return false;
	return true;
}

static bool put_store(json_object *o, const struct gp_status *s)
{
	json_object *store;

	if (!s->store_path)
		return !json_object_object_add(o, "store", NULL);
	store = put_object(o, "store");
	return gp_put_text(store, "path", s->store_path) && gp_put_number(store, "bytes", s->store_bytes) &&
	       gp_put_number(store, "pending", s->store_pending) && gp_put_number(store, "commits", s->store_commits) &&
	       gp_put_number(store, "failures", s->store_failures) && put_text_or_null(store, "error", s->store_error);
}

static bool put_configuration(json_object *o, const struct gp_status *s)
{
	json_object *c = put_object(o, "configuration");

	return put_text_or_null(c, "path", s->config_path) && put_when(c, "read", s->reload_ns) &&
	       gp_put_number(c, "reloads", s->reloads) && gp_put_number(c, "failed", s->reload_failures) &&
	       put_text_or_null(c, "error", s->reload_error);
}

static json_object *new_status(const struct gp_answers *a, const struct gp_report *report, const struct gp_figures *f)
{
	const struct gp_status status = gp_answers_status(a);
	const struct gp_rate_now rate = gp_rates_now(&a->rates, report->end_ns, &f->coverage.totals.received);
	json_object *o = json_object_new_object();

	if (o && put_head(o, report, &status) && put_interfaces(o, &status) && put_epochs(o, report, &status) &&
	    put_rates(o, &rate) && put_verdicts(o, f) && put_store(o, &status) && put_configuration(o, &status))
		return o;
	json_object_put(o);
	return NULL;
}

/* The sums are written as reports have them, behind the rest. */
int gp_answer_status(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out)
{
	struct gp_answer sums = { 0 };
	FILE *stream = gp_answer_stream(&sums);
	struct gp_figures figures;
	json_object *o = NULL;
	const char *text;
	int err;

	if (!stream)
		return -ENOMEM;
	err = gp_report_figures(&figures, report, stream);
	if (fclose(stream) && !err)
		err = sums.err ? sums.err : -EIO;
	o = err ? NULL : new_status(a, report, &figures);
	text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	if (text) {
		gp_answer_write(out, text, strlen(text) - 1);
		gp_answer_print(out, ",%.*s}\n", (int)sums.len, sums.text);
	}
	json_object_put(o);
	gp_answer_free(&sums);
	return err ? err : text ? 0 : -ENOMEM;
}

/* --- metrics ------------------------------------------------------------------------------------------------------ */

static void fill_sums(struct gp_metrics *m, const struct gp_figures *f, const struct gp_report *report)
{
	const struct gp_totals *t = &f->coverage.totals;

	m->unaccounted = f->coverage.unaccounted_packets;
	m->nic_missed = report->nic_missed;
	m->pcap_dropped = report->pcap_dropped;
	m->time_reversed = report->time_reversed;
	m->scan_stale = t->scan_stale;
	m->spoofed_inside = t->spoofed_inside;
	m->foreign_source = t->foreign_source;
	m->tags_failed = t->tags_failed;
	m->received = t->received;
	for (int i = 0; i < GP_SERVICES; i++) {
		m->services[i] = (struct gp_count){ f->services[i].packets, f->services[i].bytes };
		m->attempts[i] = f->services[i].attempts;
	}
	for (int i = GP_PARSE_OK + 1; i < GP_PARSE_STATUSES; i++)
		m->unparsed[i] = t->unparsed[i].packets;
	m->table_full[GP_TABLE_OWNERS] = f->coverage.overflow.packets;
	m->table_full[GP_TABLE_OBSERVATIONS] = t->observations_lost;
	m->table_full[GP_TABLE_FLOWS] = t->flows_full;
	m->table_full[GP_TABLE_FLOWS_EVICTED] = t->flows_evicted;
	m->table_full[GP_TABLE_OUTSIDE] = t->outside_full;
	m->table_full[GP_TABLE_WORLD] = f->coverage.outside_folded;
	m->table_full[GP_TABLE_CELLS] = t->cells_evicted;
	memcpy(m->sampled, t->sampled, sizeof(m->sampled));
	m->flow_records = t->flow_records;
	m->flow_records_lost = t->flow_records_lost;
	memcpy(m->hosts, f->states, sizeof(m->hosts));
	memcpy(m->ranges, f->ranges, sizeof(m->ranges));
}

static void fill_status(struct gp_metrics *m, const struct gp_status *s)
{
	m->epochs = s->epochs;
	m->drain_ns = s->drain_ns;
	m->store_open = s->store_path;
	m->store_bytes = s->store_bytes;
	m->store_pending = s->store_pending;
	m->store_commits = s->store_commits;
	m->store_failures = s->store_failures;
	m->reloads = s->reloads;
	m->reload_failures = s->reload_failures;
	m->reload_ns = s->reload_ns;
	memcpy(m->deliveries, s->deliveries, sizeof(m->deliveries));
	m->control_answered = s->control_answered;
	m->control_refused = s->control_refused;
	m->http_answered = s->http_answered;
	m->http_refused = s->http_refused;
}

static void fill_process(struct gp_metrics *m)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long resident = 0;
	struct rusage usage;

	if (statm && fscanf(statm, "%*u %lu", &resident) == 1)
		m->resident_bytes = (__u64)resident * (__u64)sysconf(_SC_PAGESIZE);
	if (statm)
		fclose(statm);
	if (!getrusage(RUSAGE_SELF, &usage))
		m->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int gp_answer_metrics(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out)
{
	const struct gp_status status = gp_answers_status(a);
	struct gp_metrics metrics = { 0 };
	struct gp_dialogues_count heard = { 0 };
	struct gp_figures figures;
	int err = gp_report_figures(&figures, report, NULL);

	if (err)
		return err;
	if (report->witness)
		heard = gp_witness_count(report->witness);
	fill_sums(&metrics, &figures, report);
	fill_status(&metrics, &status);
	fill_process(&metrics);
	metrics.dialogues = heard.told;
	metrics.table_full[GP_TABLE_DIALOGUES] = heard.displaced;
	metrics.start_ns = report->start_ns + (__u64)report->clock_offset_ns;
	metrics.epoch_lag_ns = gp_answers_lag_ns(&status, report);
	gp_metrics_text(out, &metrics);
	return 0;
}

/* --- health ------------------------------------------------------------------------------------------------------- */

/* For whoever needs one word: it counts, and commits what it counts. */
int gp_answer_health(struct gp_answers *a, const struct gp_report *report, struct gp_answer *out)
{
	const struct gp_status status = gp_answers_status(a);
	__u64 lag_ns = gp_answers_lag_ns(&status, report);

	for (size_t i = 0; i < status.interface_count; i++)
		if (!status.interfaces[i].attached)
			return gp_answer_fail(out, 503, "not healthy: an interface does not count; gatepost status names it");
	if (lag_ns > GP_HEALTHY_LAG_NS)
		return gp_answer_fail(out, 503, "not healthy: nothing was committed for %llu s",
				      lag_ns / NS_PER_S);
	gp_answer_print(out, "{\"schema\":\"gatepost.health/1\",\"healthy\":true,\"lag_s\":%.3f}\n", seconds(lag_ns));
	return 0;
}
