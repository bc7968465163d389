/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_watched.h"

#include <errno.h>
#include <string.h>

#include "names.h"
#include "report_networks.h"
#include "report_put.h"
#include "text.h"

#define TEXT_ROWS 20u

static int compare_watched(const void *left, const void *right)
{
	const struct gp_watched *a = *(const struct gp_watched *const *)left, *b = *(const struct gp_watched *const *)right;
	int order = memcmp(&a->host, &b->host, sizeof(a->host));

	if (!order)
		order = gp_prefix_compare(&a->prefix.addr, a->prefix.bits, &b->prefix.addr, b->prefix.bits);
	return order ? order : (a->list > b->list) - (a->list < b->list);
}

int gp_model_watched_open(struct gp_model *model)
{
	const struct gp_witness *witness = model->report->witness;
	const struct gp_watch *watch = model->report->lists && witness ? gp_witness_watch(witness) : NULL;
	__u32 count = gp_watch_count(watch);

	model->watched = calloc(count + 1ul, sizeof(*model->watched));
	if (!model->watched)
		return -ENOMEM;
	for (__u32 i = 0; i < count; i++)
		model->watched[i] = gp_watch_at(watch, i);
	model->watched_count = count;
	if (count > 1)
		qsort(model->watched, count, sizeof(*model->watched), compare_watched);
	return 0;
}

json_object *gp_report_list(const struct gp_model *model, size_t i)
{
	const struct gp_list_spec *spec = gp_list_spec(model->report->lists, i);
	struct gp_list_count count = gp_list_count(model->report->lists, i);
	json_object *o = json_object_new_object();

	if (gp_put_text(o, "name", spec->name) && gp_put_text(o, "kind", gp_list_kind_name(spec->kind)) &&
	    gp_put_number(o, "entries", count.entries) && gp_put_number(o, "expired", count.expired))
		return o;
	json_object_put(o);
	return NULL;
}

static bool put_entry(json_object *o, const struct gp_model *model, __u16 list, const struct gp_cidr *prefix,
		      const char *label)
{
	char text[GP_TEXT_ADDR];

	return gp_put_text(o, "list", gp_list_spec(model->report->lists, list)->name) &&
	       gp_put_text(o, "prefix", gp_text_prefix(text, &prefix->addr, prefix->bits)) && gp_put_text(o, "label", label);
}

static bool put_flows(json_object *object, const struct gp_watched *pair)
{
	json_object *flows = json_object_new_object();
	bool ok = gp_put(object, "flows", flows);

	for (int i = 0; i < GP_SERVICES && ok; i++) {
		enum gp_service service = gp_service_order[i];

		if (pair->flows[service])
			ok = gp_put_number(flows, gp_service_name(service), pair->flows[service]);
	}
	return ok;
}

static bool put_domains(json_object *object, const struct gp_watched *pair)
{
	json_object *list = json_object_new_array();
	bool ok = gp_put(object, "mail_domains", list);

	for (__u8 i = 0; i < pair->domain_count && ok; i++) {
		json_object *domain = json_object_new_string(pair->domains[i]);

		ok = domain && !json_object_array_add(list, domain);
		if (!ok)
			json_object_put(domain);
	}
	return ok && gp_put_bool(object, "mail_domains_more", pair->domains_more);
}

json_object *gp_report_watched(const struct gp_model *model, size_t i)
{
	const struct gp_watched *pair = model->watched[i];
	json_object *o = json_object_new_object();
	char text[GP_TEXT_ADDR];

	if (gp_put_text(o, "host", gp_text_address(text, &pair->host, pair->host_bits)) &&
	    gp_put_text(o, "kind", gp_list_kind_name(pair->kind)) &&
	    put_entry(o, model, pair->list, &pair->prefix, pair->label) &&
	    gp_report_put_as(o, model->report->as_table, &pair->peer) &&
	    gp_put_text(o, "peer", gp_text_address(text, &pair->peer, 128)) && put_flows(o, pair) && put_domains(o, pair) &&
	    gp_put_time(o, "first_seen", pair->first_ns) && gp_put_time(o, "last_seen", pair->last_ns) &&
	    gp_put_bool(o, "sampled", true))
		return o;
	json_object_put(o);
	return NULL;
}

static const char *suppressed_kind(const struct gp_suppressed *s)
{
	return s->range ? gp_range_kind_name((enum gp_range_kind)s->kind) : gp_kind_name((enum gp_kind)s->kind);
}

static const struct gp_suppressed *suppressed_at(const struct gp_model *model, size_t i)
{
	const struct gp_verdicts *v = model->verdicts;

	return i < (size_t)v->suppressed_host_count ? &v->suppressed_hosts[i] :
						      &v->suppressed_ranges[i - (size_t)v->suppressed_host_count];
}

json_object *gp_report_suppressed(const struct gp_model *model, size_t i)
{
	const struct gp_suppressed *s = suppressed_at(model, i);
	json_object *o = json_object_new_object();

	if (put_entry(o, model, s->list, &s->prefix, s->label) && gp_put_text(o, "reason", "known-good") &&
	    gp_put_text(o, "kind", suppressed_kind(s)) && gp_put_number(o, "count", s->count))
		return o;
	json_object_put(o);
	return NULL;
}

static void print_watched(struct gp_sink *sink, const struct gp_model *model, const struct gp_watched *pair)
{
	char host[GP_TEXT_ADDR], prefix[GP_TEXT_ADDR], first[GP_TEXT_TIME], last[GP_TEXT_TIME];
	const char *name = gp_list_spec(model->report->lists, pair->list)->name;

	gp_sink_print(sink, "  %s speaks with %s\n", gp_text_address(host, &pair->host, pair->host_bits),
		      gp_text_prefix(prefix, &pair->prefix.addr, pair->prefix.bits));
	gp_sink_print(sink, "      %s list %s\n", gp_list_kind_name(pair->kind), name);
	if (pair->label[0])
		gp_sink_print(sink, "      label: %s\n", pair->label);
	gp_sink_print(sink, "      first seen %.19s, last seen %.19s UTC; flows:", gp_text_time(first, pair->first_ns, 0),
		      gp_text_time(last, pair->last_ns, 0));
	for (int i = 0; i < GP_SERVICES; i++) {
		if (pair->flows[gp_service_order[i]])
			gp_sink_print(sink, " %s %u", gp_service_name(gp_service_order[i]), pair->flows[gp_service_order[i]]);
	}
	gp_sink_print(sink, "\n");
	for (__u8 i = 0; i < pair->domain_count; i++)
		gp_sink_print(sink, "      mailboxes of %s\n", pair->domains[i]);
}

static void print_suppressed(struct gp_sink *sink, const struct gp_model *model, size_t i)
{
	const struct gp_suppressed *s = suppressed_at(model, i);
	char prefix[GP_TEXT_ADDR];

	gp_sink_print(sink, "  %u as %s in %s\n", s->count, suppressed_kind(s),
		      gp_text_prefix(prefix, &s->prefix.addr, s->prefix.bits));
	gp_sink_print(sink, "      known-good list %s\n", gp_list_spec(model->report->lists, s->list)->name);
	if (s->label[0])
		gp_sink_print(sink, "      label: %s\n", s->label);
}

void gp_report_watched_text(struct gp_sink *sink, const struct gp_model *model)
{
	size_t suppressed = gp_model_suppressed_count(model);

	if (model->watched_count)
		gp_sink_print(sink, "\n  LISTED PREFIXES, from samples: there may be more\n");
	for (size_t i = 0; i < model->watched_count && i < TEXT_ROWS && !sink->err; i++)
		print_watched(sink, model, model->watched[i]);
	if (model->watched_count > TEXT_ROWS)
		gp_sink_print(sink, "  and %zu more, in the other formats\n", model->watched_count - TEXT_ROWS);
	if (suppressed)
		gp_sink_print(sink, "\n  KNOWN GOOD: verdicts that were left out\n");
	for (size_t i = 0; i < suppressed && !sink->err; i++)
		print_suppressed(sink, model, i);
}
