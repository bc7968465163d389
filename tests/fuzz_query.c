/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions from arbitrary bytes, as a line of JSON and as "path?key=value&...". What is understood keeps within its
 * bounds, and what is said of the rest is one line of clean text.
 */
#include <string.h>

#include "fuzz.h"
#include "http_token.h"
#include "query.h"
#include "text.h"

#define NOW 1777888800000000000ull
#define ARGUMENTS 8

static void check(const struct gp_query *q, int err, const struct gp_query_error *error)
{
	char *clean;

	if (!err) {
		MUST(q->name < GP_QUERY_NAMES && q->given < 1u << GP_PARAMETERS);
		MUST(q->limit >= 1 && q->limit <= GP_QUERY_LIMIT_MAX);
		MUST(q->since_ns <= q->until_ns && q->kinds < 1u << GP_KINDS && q->range_kinds < 1u << GP_RANGE_KINDS);
		MUST(q->kinds || q->range_kinds);
		return;
	}
	MUST(error->status == 400 || error->status == 404 || error->status == 413);
	clean = gp_text_clean(error->text);
	MUST(clean && error->text[0] && !strcmp(clean, error->text));
	free(clean);
}

/* Cuts in place. */
static size_t split(char *text, struct gp_query_argument *arguments)
{
	char *rest = strchr(text, '?');
	size_t n = 0;

	if (rest)
		*rest++ = '\0';
	while (rest && n < ARGUMENTS) {
		char *key = strsep(&rest, "&"), *value = strchr(key, '=');

		if (value)
			*value++ = '\0';
		arguments[n++] = (struct gp_query_argument){ key, value };
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_query_argument arguments[ARGUMENTS];
	struct gp_query_error error = { 0 };
	char *text = malloc(size + 1);
	struct gp_query q;
	size_t count;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = gp_query_from_json(&q, text, size, NOW, &error);
	check(&q, err, &error);
	gp_http_host_is_ours(text);
	count = split(text, arguments);
	err = gp_query_from_url(&q, text, arguments, count, NOW, &error);
	check(&q, err, &error);
	MUST(err || q.name != GP_QUERY_RELOAD);
	free(text);
	return 0;
}
