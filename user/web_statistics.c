// SPDX-License-Identifier: GPL-2.0-or-later
#include "web_statistics.h"

#include <stdbool.h>
#include <string.h>

#include <gatepost/table.h>

enum reader { PERSON, PROXY, ROBOT };

struct ranges {
	const struct gp_web_range *list;
	size_t count;
};

int gp_web_range_compare(const void *a, const void *b)
{
	const struct gp_web_range *left = a, *right = b;

	return memcmp(&left->addr, &right->addr, sizeof(left->addr));
}

/* The range that holds an address: the last one that does not begin behind it, if that one reaches so far. */
static const struct gp_web_range *range_of(const struct ranges *ranges, const struct gp_addr *addr)
{
	size_t from = 0, to = ranges->count;
	struct gp_addr prefix = *addr;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memcmp(&ranges->list[middle].addr, addr, sizeof(*addr)) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (!from)
		return NULL;
	gp_addr_mask(&prefix, ranges->list[from - 1].bits);
	return memcmp(&prefix, &ranges->list[from - 1].addr, sizeof(prefix)) ? NULL : &ranges->list[from - 1];
}

static enum reader reader_of(const struct ranges *ranges, const struct gp_token_fetch *fetch)
{
	const struct gp_web_range *range = range_of(ranges, &fetch->addr);
	enum gp_agent_class agent = gp_agent_class((enum gp_agent)fetch->user_agent);

	if (range && (range->kind == GP_RANGE_LINK_SCANNER || range->kind == GP_RANGE_ROBOT || range->kind == GP_RANGE_CRAWLER))
		return ROBOT;
	if ((range && range->kind == GP_RANGE_IMAGE_PROXY) || agent == GP_AGENT_CLASS_IMAGE_PROXY)
		return PROXY;
	return agent == GP_AGENT_CLASS_ROBOT ? ROBOT : PERSON;
}

/* Who fetched first of those that remain. Return: NULL when nobody does. */
static const struct gp_token_fetch *first_of(const struct ranges *ranges, const struct gp_token *token)
{
	const struct gp_token_fetch *first = NULL;

	for (__u32 i = 0; i < token->kept; i++) {
		const struct gp_token_fetch *fetch = &token->fetch[i];

		if (reader_of(ranges, fetch) != ROBOT && (!first || fetch->time_ns < first->time_ns))
			first = fetch;
	}
	return first;
}

static void sort_out(struct gp_web_statistics *out, const struct ranges *ranges, const struct gp_token *token)
{
	for (__u32 i = 0; i < token->kept; i++) {
		enum reader reader = reader_of(ranges, &token->fetch[i]);

		out->by_robots += reader == ROBOT;
		out->by_proxies += reader == PROXY;
	}
	out->unread += token->fetches - token->kept;
}

static bool is_image(const struct gp_token *token)
{
	bool image = false;

	for (__u32 i = 0; i < token->kept; i++)
		image |= token->fetch[i].image;
	return image;
}

static void count_token(struct gp_web_statistics *out, const struct ranges *ranges, const struct gp_token *token)
{
	const struct gp_token_fetch *first = first_of(ranges, token);
	bool image = is_image(token);
	struct gp_web_counted *counted = image ? &out->opens : &out->clicks;

	out->links++;
	out->https += token->https;
	out->one_time += !token->https && token->mails == 1;
	if (!token->fetches)
		return;
	out->fetched++;
	out->fetches += token->fetches;
	sort_out(out, ranges, token);
	counted->fetches += token->fetches;
	counted->fetched++;
	counted->remaining += first != NULL;
	if (first && image)
		out->agents[first->user_agent < GP_AGENTS ? first->user_agent : GP_AGENT_UNKNOWN]++;
}

static void finish(struct gp_web_counted *counted)
{
	counted->share = gp_interval_wilson(counted->remaining, counted->fetched);
	counted->inflation = counted->remaining ? (double)counted->fetches / counted->remaining : 0;
}

void gp_web_statistics(struct gp_web_statistics *out, const struct gp_tokens *tokens, const struct gp_web_range *list,
		       size_t count)
{
	const struct ranges ranges = { list, count };

	memset(out, 0, sizeof(*out));
	for (__u32 i = 0; i < gp_tokens_count(tokens); i++)
		count_token(out, &ranges, gp_tokens_at(tokens, i));
	finish(&out->opens);
	finish(&out->clicks);
}
