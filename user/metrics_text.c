// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics_text.h"

#include "names.h"
#include "version.h"

#define NAME "gatepost_"

static void begin(struct gp_answer *out, const char *name, const char *type, const char *help)
{
	gp_answer_print(out, "# HELP " NAME "%s %s\n# TYPE " NAME "%s %s\n", name, help, name, type);
}

static void sample(struct gp_answer *out, const char *name, const char *label, const char *value, __u64 number)
{
	gp_answer_print(out, NAME "%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)number);
}

static void counter(struct gp_answer *out, const char *name, __u64 number, const char *help)
{
	begin(out, name, "counter", help);
	gp_answer_print(out, NAME "%s %llu\n", name, (unsigned long long)number);
}

static void gauge(struct gp_answer *out, const char *name, __u64 number, const char *help)
{
	begin(out, name, "gauge", help);
	gp_answer_print(out, NAME "%s %llu\n", name, (unsigned long long)number);
}

/* A gauge whose unit is the second. */
static void seconds(struct gp_answer *out, const char *name, const char *type, __u64 ns, const char *help)
{
	begin(out, name, type, help);
	gp_answer_print(out, NAME "%s %llu.%09llu\n", name, (unsigned long long)(ns / 1000000000),
			(unsigned long long)(ns % 1000000000));
}

static void put_traffic(struct gp_answer *out, const struct gp_metrics *m)
{
	counter(out, "received_packets_total", m->received.packets, "Packets received, those included that could not be read.");
	counter(out, "received_bytes_total", m->received.bytes, "Their bytes, without FCS.");
	begin(out, "service_packets_total", "counter", "Packets of owners by service, both directions.");
	for (int i = 0; i < GP_SERVICES; i++)
		sample(out, "service_packets_total", "service", gp_service_name(i), m->services[i].packets);
	begin(out, "service_bytes_total", "counter", "Their bytes.");
	for (int i = 0; i < GP_SERVICES; i++)
		sample(out, "service_bytes_total", "service", gp_service_name(i), m->services[i].bytes);
	begin(out, "service_attempts_total", "counter", "TCP flows that were tried, by service.");
	for (int i = 0; i < GP_SERVICES; i++)
		sample(out, "service_attempts_total", "service", gp_service_name(i), m->attempts[i]);
	begin(out, "unparsed_packets_total", "counter", "Packets that were not read down to a transport header, by reason.");
	for (int i = GP_PARSE_OK + 1; i < GP_PARSE_STATUSES; i++)
		sample(out, "unparsed_packets_total", "reason", gp_parse_name(i), m->unparsed[i]);
}

static void put_losses(struct gp_answer *out, const struct gp_metrics *m)
{
	static const char *const tables[GP_TABLES] = {
		[GP_TABLE_OWNERS] = "owners",
		[GP_TABLE_OBSERVATIONS] = "observations",
		[GP_TABLE_FLOWS] = "flows",
		[GP_TABLE_FLOWS_EVICTED] = "flows_evicted",
		[GP_TABLE_OUTSIDE] = "outside_hosts",
		[GP_TABLE_WORLD] = "outside_world",
		[GP_TABLE_CELLS] = "cells",
		[GP_TABLE_DIALOGUES] = "dialogues",
	};

	begin(out, "unaccounted_packets", "gauge", "Received packets less those accounted for; within what is under way, 0.");
	gp_answer_print(out, NAME "unaccounted_packets %lld\n", (long long)m->unaccounted);
	counter(out, "interface_missed_packets_total", m->nic_missed, "Packets that drivers lost before any program saw them.");
	counter(out, "capture_dropped_packets_total", m->pcap_dropped, "Packets that a capture dropped.");
	counter(out, "time_reversed_packets_total", m->time_reversed, "Packets stamped earlier than the one before.");
	begin(out, "table_overflow_total", "counter", "Times that a bounded table had no room, or made some by giving up an entry.");
	for (int i = 0; i < GP_TABLES; i++)
		sample(out, "table_overflow_total", "table", tables[i], m->table_full[i]);
	counter(out, "first_contacts_stale_total", m->scan_stale, "First contacts not counted as their time slice was not ready.");
	counter(out, "spoofed_inside_packets_total", m->spoofed_inside, "Packets from outside with an inside source address.");
	counter(out, "foreign_source_packets_total", m->foreign_source, "Packets from inside with a source that is not inside.");
	counter(out, "tags_failed_packets_total", m->tags_failed, "Packets that were to bear a tag and found no room for it.");
}

static void put_evidence(struct gp_answer *out, const struct gp_metrics *m)
{
	static const char *const kinds[GP_SAMPLED_KINDS] = {
		[GP_SAMPLED_SYN] = "syn", [GP_SAMPLED_MAIL] = "mail", [GP_SAMPLED_HTTP] = "http", [GP_SAMPLED_TLS] = "tls",
	};

	begin(out, "evidence_packets_total", "counter", "Packets wanted as samples, by kind and by what became of them.");
	for (int i = 0; i < GP_SAMPLED_KINDS; i++) {
		const struct gp_sampled_count *s = &m->sampled[i];
		const struct {
			const char *result;
			__u64 number;
		} rows[] = { { "taken", s->taken }, { "source_limited", s->source_limited }, { "limited", s->limited },
			     { "ring_full", s->ring_full } };

		for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++)
			gp_answer_print(out, NAME "evidence_packets_total{kind=\"%s\",result=\"%s\"} %llu\n", kinds[i],
					rows[k].result, (unsigned long long)rows[k].number);
	}
	counter(out, "flow_records_total", m->flow_records, "Mail flows that ended and of which the agent was told.");
	counter(out, "flow_records_lost_total", m->flow_records_lost, "Mail flows that ended without room to tell the agent.");
	counter(out, "dialogues_total", m->dialogues, "Dialogues that have ended.");
}

static void put_verdicts(struct gp_answer *out, const struct gp_metrics *m)
{
	begin(out, "hosts", "gauge", "Hosts that are not clean, by state and kind; a host may have several kinds.");
	for (int state = GP_STATE_CLEAN + 1; state < GP_STATES; state++)
		for (int kind = 0; kind < GP_KINDS; kind++)
			gp_answer_print(out, NAME "hosts{state=\"%s\",kind=\"%s\"} %llu\n", gp_state_name(state),
					gp_kind_name(kind), (unsigned long long)m->hosts[state][kind]);
	begin(out, "ranges", "gauge", "Ranges with a verdict, by kind.");
	for (int kind = 0; kind < GP_RANGE_KINDS; kind++)
		sample(out, "ranges", "kind", gp_range_kind_name(kind), m->ranges[kind]);
}

static void put_agent(struct gp_answer *out, const struct gp_metrics *m)
{
	begin(out, "build_info", "gauge", "Always 1; the version is a label.");
	gp_answer_print(out, NAME "build_info{version=\"" GP_VERSION "\"} 1\n");
	seconds(out, "start_time_seconds", "gauge", m->start_ns, "When counting began, since the Unix epoch.");
	seconds(out, "epoch_lag_seconds", "gauge", m->epoch_lag_ns, "Since the last epoch was committed.");
	begin(out, "epoch_drain_seconds", "summary", "How long epochs took to be drained and committed.");
	gp_answer_print(out, NAME "epoch_drain_seconds_sum %llu.%09llu\n" NAME "epoch_drain_seconds_count %llu\n",
			(unsigned long long)(m->drain_ns / 1000000000), (unsigned long long)(m->drain_ns % 1000000000),
			(unsigned long long)m->epochs);
	gauge(out, "resident_memory_bytes", m->resident_bytes, "Memory of the process, the maps that it sees included.");
	begin(out, "cpu_seconds_total", "counter", "CPU time of the process.");
	gp_answer_print(out, NAME "cpu_seconds_total %.6f\n", m->cpu_s);
	seconds(out, "config_loaded_timestamp_seconds", "gauge", m->reload_ns,
		"When the configuration in force was read, since the Unix epoch.");
	begin(out, "config_reloads_total", "counter", "Reloads of the configuration, by result.");
	sample(out, "config_reloads_total", "result", "ok", m->reloads);
	sample(out, "config_reloads_total", "result", "failed", m->reload_failures);
}

static void put_store(struct gp_answer *out, const struct gp_metrics *m)
{
	if (!m->store_open)
		return;
	gauge(out, "store_size_bytes", m->store_bytes, "Files of the store.");
	gauge(out, "store_pending_records", m->store_pending, "Records that wait until the store can be written to.");
	begin(out, "store_commits_total", "counter", "Transactions of the store, by result.");
	sample(out, "store_commits_total", "result", "ok", m->store_commits);
	sample(out, "store_commits_total", "result", "failed", m->store_failures);
}

static void put_requests(struct gp_answer *out, const struct gp_metrics *m)
{
	static const char *const results[GP_DELIVERY_RESULTS] = {
		[GP_DELIVERY_DELIVERED] = "delivered",
		[GP_DELIVERY_DEFERRED] = "deferred",
		[GP_DELIVERY_FAILED] = "failed",
	};
	const struct {
		const char *via, *result;
		__u64 number;
	} rows[] = { { "control", "answered", m->control_answered }, { "control", "refused", m->control_refused },
		     { "http", "answered", m->http_answered }, { "http", "refused", m->http_refused } };

	begin(out, "deliveries_total", "counter", "Notifications handed to their recipients, by result of each attempt.");
	for (int i = 0; i < GP_DELIVERY_RESULTS; i++)
		sample(out, "deliveries_total", "result", results[i], m->deliveries[i]);
	begin(out, "requests_total", "counter", "Queries, by the way they came and by result.");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		gp_answer_print(out, NAME "requests_total{via=\"%s\",result=\"%s\"} %llu\n", rows[i].via, rows[i].result,
				(unsigned long long)rows[i].number);
}

void gp_metrics_text(struct gp_answer *out, const struct gp_metrics *m)
{
	out->type = GP_TYPE_PROMETHEUS;
	put_agent(out, m);
	put_traffic(out, m);
	put_losses(out, m);
	put_evidence(out, m);
	put_verdicts(out, m);
	put_store(out, m);
	put_requests(out, m);
}
