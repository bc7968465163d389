// SPDX-License-Identifier: GPL-2.0-or-later
#include "result.h"

#include "names.h"
#include "text.h"

static const char *address(const struct gp_addr *addr)
{
	static char text[GP_TEXT_ADDR];

	return gp_text_address(text, addr, 128);
}

static void write_time(FILE *out, const struct run *r, const char *name, __u64 time_ns)
{
	if (!time_ns)
		fprintf(out, "\"%s\":null,", name);
	else
		fprintf(out, "\"%s\":%.3f,", name, (double)(__s64)(time_ns - r->first_ns) / 1e9);
}

static void write_config(FILE *out, const struct run *r)
{
	const struct gp_limits *l = &r->config->limits;

	fprintf(out,
		"\"config\":{\"window_s\":%.10g,\"half_life_s\":%.10g,\"quiet_s\":%.10g,\"clean_s\":%.10g,"
		"\"prior\":%.10g,\"watch_score\":%.10g,\"suspect_score\":%.10g,"
		"\"confirm_score\":%.10g,\"spam_min_flows\":%.10g,\"spam_min_mx\":%.10g,\"scan_watched_steps\":%.10g,"
		"\"scan_service_steps\":%.10g,\"trust_inside\":%s,\"sample_flows_per_min\":%u,\"deep\":%s},\n",
		l->window_s, l->half_life_s, l->quiet_s, l->clean_s, l->prior, l->watch_score, l->suspect_score, l->confirm_score, l->spam_min_flows,
		l->spam_min_mx, l->scan_watched_steps, l->scan_service_steps, r->trust_inside ? "true" : "false",
		r->config->sample_flows, r->config->sampling == GP_SAMPLING_ALL ? "true" : "false");
}

static void write_evidence(FILE *out, const struct gp_evidence *evidence, int count)
{
	fprintf(out, "\"evidence\":{");
	for (int i = 0; i < count; i++)
		fprintf(out, "%s\"%s\":%.3f", i ? "," : "", evidence[i].rule, evidence[i].weight);
	fprintf(out, "}");
}

static void write_found(FILE *out, const struct run *r, const struct found *found)
{
	const struct gp_host *host = gp_world_host(r->world, found->id);

	fprintf(out, "{\"address\":\"%s\",\"inside\":%s,\"kind\":\"%s\",", address(&found->addr),
		gp_world_is_inside(r->world, found->id) ? "true" : "false", gp_kind_name(found->kind));
	write_time(out, r, "first_s", host->first_seen_ns);
	write_time(out, r, "watched_s", found->watched_ns);
	write_time(out, r, "suspected_s", found->suspected_ns);
	write_time(out, r, "confirmed_s", found->confirmed_ns);
	fprintf(out,
		"\"contacts\":%llu,\"malicious\":%llu,\"verdict\":\"%s\",\"state\":\"%s\",\"kept\":%s,\"score\":%.4f,"
		"\"peak\":%.4f,\"confidence\":%.8f,",
		(unsigned long long)found->contacts, (unsigned long long)found->malicious,
		gp_verdict_name(found->last.verdict), gp_state_name(found->last.standing.state),
		found->kept ? "true" : "false", found->last.score, found->peak, found->last.confidence);
	write_evidence(out, found->last.evidence, found->last.evidence_count);
	fprintf(out, "}");
}

static void write_all_found(FILE *out, const struct run *r)
{
	fprintf(out, "\"findings\":[");
	for (size_t i = 0; i < r->found_count; i++) {
		fprintf(out, "%s\n", i ? "," : "");
		write_found(out, r, &r->found[i]);
	}
	fprintf(out, "],\n");
}

static void write_range(FILE *out, const struct run *r, const struct found_range *range)
{
	const struct gp_range_finding *f = &range->last;

	fprintf(out, "{\"prefix\":\"%s\",\"bits\":%u,\"kind\":\"%s\",\"verdict\":\"%s\",", address(&f->addr), f->bits,
		gp_range_kind_name(f->kind), gp_verdict_name(f->verdict));
	write_time(out, r, "found_s", range->time_ns);
	fprintf(out, "\"score\":%.4f,\"confidence\":%.8f,\"fleet\":%.1f,\"requests\":%llu,\"exact\":%d,\"covering\":[",
		f->score, f->confidence, f->fleet, (unsigned long long)f->requests, f->exact_count);
	for (int i = 0; i < f->covering_count && i < GP_COVERING_MAX; i++)
		fprintf(out, "%s[\"%s\",%u]", i ? "," : "", address(&f->covering[i].addr), f->covering[i].bits);
	fprintf(out, "],");
	write_evidence(out, f->evidence, f->evidence_count);
	fprintf(out, "}");
}

static void write_ranges(FILE *out, const struct run *r)
{
	fprintf(out, "\"ranges\":[");
	for (size_t i = 0; i < r->range_count; i++) {
		fprintf(out, "%s\n", i ? "," : "");
		write_range(out, r, &r->ranges[i]);
	}
	fprintf(out, "],\n");
}

/* Baselines: their rules, and whom they named when. Of the one that names everybody only how many. */
static void write_baselines(FILE *out, const struct run *r)
{
	size_t everybody = 0, written = 0;

	fprintf(out, "\"baselines\":{");
	for (unsigned int i = 0; i < BASELINES; i++) {
		const struct baseline_ops *ops = baselines[i];
		bool first = true;

		fprintf(out, "%s\n\"%s\":{\"source\":\"%s\",\"kinds\":[", i ? "," : "", ops->name, ops->source);
		for (unsigned int kind = 0; kind < GP_KINDS; kind++) {
			if (ops->kinds[kind])
				fprintf(out, "%s\"%s\"", first ? "" : ",", gp_kind_name((enum gp_kind)kind));
			first = first && !ops->kinds[kind];
		}
		fprintf(out, "]}");
	}
	fprintf(out, "},\n\"alarms\":[");
	for (size_t i = 0; i < r->alarm_count; i++) {
		const struct alarm *alarm = &r->alarms[i];

		if (baselines[alarm->baseline] == &baseline_all) {
			everybody++;
			continue;
		}
		fprintf(out, "%s\n{\"baseline\":\"%s\",\"address\":\"%s\",", written++ ? "," : "",
			baselines[alarm->baseline]->name, address(&alarm->addr));
		write_time(out, r, "time_s", alarm->time_ns);
		fprintf(out, "\"malicious\":%llu}", (unsigned long long)alarm->malicious);
	}
	fprintf(out, "],\n\"hosts_seen\":%zu,\n", everybody);
}

static void write_label(FILE *out, const struct run *r, const struct traffic_label *label)
{
	const struct gp_addr host = population_host(label);

	fprintf(out, "{\"address\":\"%s\",", address(&host));
	fprintf(out, "\"last\":\"%s\",\"bits\":%u,\"range\":%s,\"inside\":%s,\"truth\":\"%s\",\"profile\":\"%s\",",
		address(&label->last), label->bits, label->range ? "true" : "false",
		label->side == TRAFFIC_INSIDE ? "true" : "false", label->truth, label->profile);
	write_time(out, r, "born_s", label->born_ns);
	write_time(out, r, "first_malicious_s", label->first_ns);
	fprintf(out, "\"malicious\":%llu,\"contacts\":%llu,\"requests\":%llu}", (unsigned long long)label->malicious,
		(unsigned long long)label->acts.contacts,
		(unsigned long long)(label->acts.http_requests + label->acts.tls_hellos));
}

static void write_truth(FILE *out, const struct run *r, struct population *p)
{
	const struct traffic_label *labels;
	size_t count = 0;

	labels = traffic_labels(p->traffic, &count);
	fprintf(out, "\"truth\":[");
	for (size_t i = 0; labels && i < count; i++) {
		fprintf(out, "%s\n", i ? "," : "");
		write_label(out, r, &labels[i]);
	}
	fprintf(out, "],\n\"tokens\":{\"link_tokens\":%llu,\"link_clicked\":%llu,\"pixel_tokens\":%llu,\"pixel_opened\":%llu},\n",
		(unsigned long long)traffic_totals(p->traffic)->tokens.link_tokens,
		(unsigned long long)traffic_totals(p->traffic)->tokens.link_clicked,
		(unsigned long long)traffic_totals(p->traffic)->tokens.pixel_tokens,
		(unsigned long long)traffic_totals(p->traffic)->tokens.pixel_opened);
}

void result_write(FILE *out, const struct run *r, struct population *p)
{
	fprintf(out, "{\"packets\":%llu,\"duration_s\":%.3f,\"cpu_s\":%.3f,\n", (unsigned long long)r->packets,
		(double)(r->last_ns - r->first_ns) / 1e9, r->cpu_s);
	fprintf(out, "\"mails\":%llu,\"refused_mails\":%llu,\"failed_attempts\":%llu,\"inside_hosts\":%u,\n",
		(unsigned long long)r->mails, (unsigned long long)r->refused_mails,
		(unsigned long long)r->failed_attempts, gp_world_inside_count(r->world));
	write_config(out, r);
	write_all_found(out, r);
	write_ranges(out, r);
	if (p)
		write_truth(out, r, p);
	write_baselines(out, r);
	fprintf(out, "\"complete\":true}\n");
}
