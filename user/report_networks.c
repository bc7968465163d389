/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_networks.h"

#include <errno.h>
#include <string.h>

#include "names.h"
#include "report_put.h"
#include "text.h"

#define NAME_COLUMNS 16u

static struct gp_network_host network_host(const struct gp_model *model, const struct gp_addr *addr, __u8 bits, bool inside)
{
	struct gp_network_host host = { .addr = *addr, .bits = bits, .inside = inside };
	struct gp_as as;

	if (gp_as_find(model->report->as_table, addr, &as))
		host.asn = as.asn;
	return host;
}

/* Findings of one host stand side by side. */
static __u32 confirmed_kinds(const struct gp_verdicts *verdicts, int first, int *end)
{
	__u32 kinds = 0;

	for (*end = first; *end < verdicts->finding_count && verdicts->findings[*end].id == verdicts->findings[first].id; (*end)++)
		if (verdicts->findings[*end].verdict == GP_VERDICT_CONFIRMED)
			kinds |= 1u << verdicts->findings[*end].kind;
	return kinds;
}

int gp_model_networks_open(struct gp_model *model)
{
	const struct gp_network_limits *limits = model->report->networks ?: &gp_limits_default.networks;
	const struct gp_verdicts *verdicts = model->verdicts;
	const struct gp_world *world = model->report->world;
	int err = gp_networks_open(&model->network_sums, limits), end;

	for (int i = 0; i < verdicts->finding_count && !err; i = end) {
		const struct gp_host *host = gp_world_host(world, verdicts->findings[i].id);
		__u32 kinds = confirmed_kinds(verdicts, i, &end);
		struct gp_network_host of;

		if (!host || !kinds)
			continue;
		of = network_host(model, &host->addr, host->bits, host->role != GP_ROLE_OUTSIDE);
		err = gp_networks_confirmed(model->network_sums, &of, kinds);
	}
	return err;
}

void gp_model_networks_active(struct gp_model *model, const struct gp_listed *listed)
{
	struct gp_network_host host;

	if (!gp_networks_any(model->network_sums))
		return;
	host = network_host(model, &listed->addr, listed->bits, listed->role != GP_ROLE_OUTSIDE);
	gp_networks_active(model->network_sums, &host,
			   gp_listed_host(model, listed)->smtp[0].replies[GP_STAGE_RCPT][GP_REPLY_5XX]);
}

void gp_model_networks_rank(struct gp_model *model)
{
	model->network_count = gp_networks_rank(model->network_sums, &model->networks);
}

bool gp_report_put_as(json_object *object, const struct gp_as_table *table, const struct gp_addr *addr)
{
	struct gp_as as;

	if (!gp_as_find(table, addr, &as))
		return true;
	return gp_put_number(object, "asn", as.asn) &&
	       (!as.organisation[0] || gp_put_text(object, "organisation", as.organisation));
}

static bool put_kinds(json_object *object, const struct gp_network *n)
{
	json_object *kinds = json_object_new_object();
	bool ok = gp_put(object, "confirmed_kinds", kinds);

	for (int kind = 0; kind < GP_KINDS && ok; kind++)
		if (n->kinds[kind])
			ok = gp_put_number(kinds, gp_kind_name((enum gp_kind)kind), n->kinds[kind]);
	return ok;
}

json_object *gp_report_network(const struct gp_model *model, const struct gp_network *n)
{
	json_object *o = json_object_new_object();
	char text[GP_TEXT_ADDR];

	if (gp_put_number(o, "rank", n->rank) && gp_put_text(o, "by", n->by == GP_NETWORK_BY_AS ? "as" : "prefix") &&
	    gp_put_text(o, "side", n->inside ? "inside" : "outside") &&
	    (n->by == GP_NETWORK_BY_AS || gp_put_text(o, "prefix", gp_text_prefix(text, &n->prefix.addr, n->prefix.bits))) &&
	    gp_report_put_as(o, model->report->as_table, &n->example) && gp_put_number(o, "confirmed", n->confirmed) &&
	    put_kinds(o, n) && gp_put_number(o, "active", n->active) && gp_put_number(o, "refused_recipients", n->refused) &&
	    gp_put_double(o, "rate_lower_bound", n->lower_bound) && gp_put_bool(o, "few_hosts", n->few_hosts))
		return o;
	json_object_put(o);
	return NULL;
}

static void print_heading(struct gp_sink *sink, const struct gp_network *n)
{
	gp_sink_print(sink, "\n  %-20s %4s  %9s  %9s  %8s  %9s  %s\n",
		      n->by == GP_NETWORK_BY_AS ? (n->inside ? "AS INSIDE" : "AS OUTSIDE") :
						  (n->inside ? "NETWORK INSIDE" : "NETWORK OUTSIDE"),
		      "RANK", "CONFIRMED", "ACTIVE", "AT LEAST", "REFUSED", n->by == GP_NETWORK_BY_AS ? "NAME" : "AS");
}

/* Shortens clean text to the columns, between characters. */
static void cut(char *text, size_t columns)
{
	size_t len = strlen(text);

	if (gp_text_columns(text) <= columns)
		return;
	while (len && gp_text_columns(text) > columns - 2) {
		while (--len && ((unsigned char)text[len] & 0xc0) == 0x80)
			;
		text[len] = '\0';
	}
	strcpy(text + len, ".."); /* there was as much */
}

/* Beside the numbers: whose it is, within the columns. */
static void print_owner(struct gp_sink *sink, const struct gp_model *model, const struct gp_network *n)
{
	struct gp_as as;
	char *clean;

	if (!gp_as_find(model->report->as_table, &n->example, &as))
		return;
	clean = gp_text_clean(as.organisation);
	if (!clean) {
		sink->err = -ENOMEM;
		return;
	}
	cut(clean, NAME_COLUMNS);
	if (n->by == GP_NETWORK_BY_AS)
		gp_sink_print(sink, "  %s", clean);
	else
		gp_sink_print(sink, "  AS%u", as.asn);
	free(clean);
}

void gp_report_networks_text(struct gp_sink *sink, const struct gp_model *model)
{
	char text[GP_TEXT_ADDR], as[16], active[GP_TEXT_NUMBER], refused[GP_TEXT_NUMBER];

	for (int i = 0; i < model->network_count && !sink->err; i++) {
		const struct gp_network *n = &model->networks[i];

		if (!i || n->by != n[-1].by || n->inside != n[-1].inside)
			print_heading(sink, n);
		snprintf(as, sizeof(as), "AS%u", n->asn);
		gp_sink_print(sink, "  %-20s %4u  %9llu  %9s  %7.2f%%  %9s",
			      n->by == GP_NETWORK_BY_AS ? as : gp_text_prefix(text, &n->prefix.addr, n->prefix.bits), n->rank,
			      (unsigned long long)n->confirmed, gp_text_number(active, n->active), 100 * n->lower_bound,
			      gp_text_number(refused, n->refused));
		print_owner(sink, model, n);
		gp_sink_print(sink, "%s\n", n->few_hosts ? "  few hosts" : "");
	}
	if (model->network_count)
		gp_sink_print(sink, "  AT LEAST: the lower end of the 95 %% interval of confirmed among active hosts.\n");
}
