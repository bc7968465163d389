// SPDX-License-Identifier: GPL-2.0-or-later
#include "report_mail_links.h"

#include <errno.h>
#include <stdlib.h>

#include "report_put.h"

static bool is_automation(const struct gp_range_finding *f)
{
	return f->kind == GP_RANGE_LINK_SCANNER || f->kind == GP_RANGE_ROBOT || f->kind == GP_RANGE_CRAWLER ||
	       f->kind == GP_RANGE_IMAGE_PROXY;
}

/* Ranges that fetch by themselves, in the prefixes that hold their addresses. Return: how many; -ENOMEM. */
static int collect(struct gp_web_range **out, const struct gp_verdicts *verdicts)
{
	struct gp_web_range *list = calloc((size_t)verdicts->range_count * GP_COVERING_MAX + 1, sizeof(*list));
	int count = 0;

	*out = list;
	for (int i = 0; list && i < verdicts->range_count; i++) {
		const struct gp_range_finding *f = &verdicts->ranges[i];

		if (!is_automation(f))
			continue;
		for (int c = 0; c < f->covering_count; c++)
			list[count++] = (struct gp_web_range){ f->covering[c].addr, f->covering[c].bits, f->kind };
		if (!f->covering_count)
			list[count++] = (struct gp_web_range){ f->addr, f->bits, f->kind };
	}
	if (list)
		qsort(list, (size_t)count, sizeof(*list), gp_web_range_compare);
	return list ? count : -ENOMEM;
}

bool gp_report_mail_links(struct gp_web_statistics *out, const struct gp_model *model)
{
	const struct gp_witness *witness = model->report->witness;
	const struct gp_tokens *tokens = witness ? gp_witness_heard(witness).tokens : NULL;
	struct gp_web_range *ranges;
	int count;

	if (!tokens || !gp_tokens_count(tokens))
		return false;
	count = collect(&ranges, model->verdicts);
	if (count < 0)
		return false;
	gp_web_statistics(out, tokens, ranges, (size_t)count);
	free(ranges);
	return true;
}

static bool put_interval(json_object *object, const struct gp_interval *interval)
{
	return gp_put_double(object, "low", interval->low) && gp_put_double(object, "high", interval->high);
}

static bool put_counted(json_object *object, const char *key, const struct gp_web_counted *counted)
{
	json_object *o = json_object_new_object();
	bool ok = gp_put(object, key, o) && gp_put_number(o, "count", counted->remaining) &&
		  gp_put_number(o, "fetched", counted->fetched) && gp_put_number(o, "fetches", counted->fetches) &&
		  put_interval(o, &counted->share);

	return ok && (!counted->remaining || gp_put_double(o, "inflation", counted->inflation));
}

static bool put_client(json_object *list, const struct gp_web_statistics *s, enum gp_agent agent)
{
	const struct gp_interval interval = gp_interval_wilson(s->agents[agent], s->opens.remaining);
	json_object *o = json_object_new_object();

	if (!o || json_object_array_add(list, o)) {
		json_object_put(o);
		return false;
	}
	return gp_put_text(o, "client", gp_agent_name(agent)) &&
	       gp_put_text(o, "class", gp_agent_class_name(gp_agent_class(agent))) &&
	       gp_put_number(o, "opens", s->agents[agent]) &&
	       gp_put_double(o, "share", (double)s->agents[agent] / s->opens.remaining) && put_interval(o, &interval);
}

/* Kinds of programs in descending order of their opens. Return: how many. */
static unsigned by_opens(enum gp_agent out[GP_AGENTS], const struct gp_web_statistics *s)
{
	unsigned count = 0;

	for (unsigned agent = 0; agent < GP_AGENTS; agent++) {
		unsigned at = count;

		if (!s->agents[agent])
			continue;
		for (; at && s->agents[out[at - 1]] < s->agents[agent]; at--)
			out[at] = out[at - 1];
		out[at] = (enum gp_agent)agent;
		count++;
	}
	return count;
}

json_object *gp_report_mail_links_json(const struct gp_web_statistics *s)
{
	json_object *o = json_object_new_object(), *clients = json_object_new_array();
	enum gp_agent agents[GP_AGENTS];
	unsigned count = by_opens(agents, s);
	bool ok = gp_put_number(o, "links", s->links) && gp_put_number(o, "https", s->https) &&
		  gp_put_number(o, "one_time", s->one_time) && gp_put_number(o, "fetched", s->fetched) &&
		  gp_put_number(o, "fetches", s->fetches) && gp_put_number(o, "by_robots", s->by_robots) &&
		  gp_put_number(o, "by_image_proxies", s->by_proxies) && gp_put_number(o, "unread", s->unread) &&
		  put_counted(o, "opens", &s->opens) && put_counted(o, "clicks", &s->clicks);

	for (unsigned i = 0; ok && clients && i < count; i++)
		ok = put_client(clients, s, agents[i]);
	if (gp_put(o, "clients", clients) && ok)
		return o;
	json_object_put(o);
	return NULL;
}

static void counted_line(struct gp_sink *sink, const char *name, const struct gp_web_counted *counted)
{
	if (!counted->fetched)
		return;
	gp_sink_print(sink, "  %s: %u of %u links fetched (95 %%: %.0f to %.0f %%), %llu fetches", name, counted->remaining,
		      counted->fetched, 100 * counted->share.low, 100 * counted->share.high,
		      (unsigned long long)counted->fetches);
	if (counted->remaining)
		gp_sink_print(sink, ", %.1f for each", counted->inflation);
	gp_sink_print(sink, "\n");
}

static void client_line(struct gp_sink *sink, const struct gp_web_statistics *s, enum gp_agent agent)
{
	const struct gp_interval interval = gp_interval_wilson(s->agents[agent], s->opens.remaining);

	gp_sink_print(sink, "    %-20s %5.1f %% of opens (%.0f to %.0f)\n", gp_agent_name(agent),
		      100.0 * s->agents[agent] / s->opens.remaining, 100 * interval.low, 100 * interval.high);
}

void gp_report_mail_links_text(struct gp_sink *sink, const struct gp_model *model)
{
	struct gp_web_statistics s;
	enum gp_agent agents[GP_AGENTS];
	unsigned count;

	if (!gp_report_mail_links(&s, model))
		return;
	count = by_opens(agents, &s);
	gp_sink_print(sink, "\nlinks of delivered mails: %u, %u of them followed by %llu fetches, %llu of robots\n", s.links,
		      s.fetched, (unsigned long long)s.fetches, (unsigned long long)s.by_robots);
	if (s.https)
		gp_sink_print(sink, "  %u are https: who followed them could not be observed\n", s.https);
	counted_line(sink, "opens", &s.opens);
	for (unsigned i = 0; i < count; i++)
		client_line(sink, &s, agents[i]);
	counted_line(sink, "clicks", &s.clicks);
}
