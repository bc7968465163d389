// SPDX-License-Identifier: GPL-2.0-or-later
#include "query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "names.h"
#include "query_time.h"
#include "text.h"

#define BIT(n) (1u << (n))
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ALL(n) (BIT(n) - 1)
#define LIST (BIT(GP_PARAMETER_SINCE) | BIT(GP_PARAMETER_UNTIL) | BIT(GP_PARAMETER_KIND) | BIT(GP_PARAMETER_VERDICT) | \
	      BIT(GP_PARAMETER_LIMIT))

static const struct {
	const char *name;
	unsigned parameters, required;
	const char *path; /* NULL: /api/v1/NAME */
	bool over_http, is_short;
} queries[GP_QUERY_NAMES] = {
	[GP_QUERY_STATUS] = { .name = "status", .over_http = true, .is_short = true },
	[GP_QUERY_HOSTS] = { .name = "hosts", .parameters = LIST, .over_http = true },
	[GP_QUERY_RANGES] = { .name = "ranges", .parameters = LIST, .over_http = true },
	[GP_QUERY_NETWORKS] = { .name = "networks", .parameters = BIT(GP_PARAMETER_LIMIT), .over_http = true },
	[GP_QUERY_REPORT] = { .name = "report", .parameters = LIST | BIT(GP_PARAMETER_FORMAT), .over_http = true },
	[GP_QUERY_EXPLAIN] = { .name = "explain", .parameters = BIT(GP_PARAMETER_ADDRESS),
			       .required = BIT(GP_PARAMETER_ADDRESS), .over_http = true, .is_short = true },
	[GP_QUERY_METRICS] = { .name = "metrics", .path = "/metrics", .over_http = true, .is_short = true },
	[GP_QUERY_HEALTH] = { .name = "health", .path = "/healthz", .over_http = true, .is_short = true },
	[GP_QUERY_RELOAD] = { .name = "reload", .is_short = true },
};

static const char *const parameters[GP_PARAMETERS] = {
	[GP_PARAMETER_SINCE] = "since",	    [GP_PARAMETER_UNTIL] = "until", [GP_PARAMETER_FORMAT] = "format",
	[GP_PARAMETER_ADDRESS] = "address", [GP_PARAMETER_KIND] = "kind",   [GP_PARAMETER_VERDICT] = "verdict",
	[GP_PARAMETER_LIMIT] = "limit",
};

const char *gp_query_name(enum gp_query_name name)
{
	return (unsigned)name < GP_QUERY_NAMES ? queries[name].name : "unknown";
}

const char *gp_query_parameter_name(enum gp_query_parameter parameter)
{
	return (unsigned)parameter < GP_PARAMETERS ? parameters[parameter] : "unknown";
}

bool gp_query_knows(enum gp_query_name name, enum gp_query_parameter parameter)
{
	return (unsigned)name < GP_QUERY_NAMES && (unsigned)parameter < GP_PARAMETERS &&
	       queries[name].parameters & BIT(parameter);
}

bool gp_query_is_short(enum gp_query_name name)
{
	return (unsigned)name < GP_QUERY_NAMES && queries[name].is_short;
}

void gp_query_clean(char out[GP_QUERY_ERROR], const char *text)
{
	char *clean = gp_text_clean(text);
	size_t len = clean ? strlen(clean) : 0;

	if (len >= GP_QUERY_ERROR)
		len = GP_QUERY_ERROR - 1;
	/* Not within a character of UTF-8, whose later bytes begin with the bits 10. */
	while (len && clean[len] && ((unsigned char)clean[len] & 0xc0) == 0x80)
		len--;
	if (len)
		memcpy(out, clean, len);
	out[len] = '\0';
	free(clean);
}

int gp_query_fail(struct gp_query_error *error, int status, const char *format, ...)
{
	char text[GP_QUERY_ERROR];
	va_list args;

	error->status = status;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	gp_query_clean(error->text, text);
	return -EINVAL;
}

int gp_query_begin(struct gp_query *out, const char *name, struct gp_query_error *error)
{
	for (size_t i = 0; i < COUNT(queries); i++) {
		if (strcmp(name, queries[i].name))
			continue;
		*out = (struct gp_query){ .name = (enum gp_query_name)i, .until_ns = ~0ull, .kinds = ALL(GP_KINDS),
					  .range_kinds = ALL(GP_RANGE_KINDS), .limit = GP_QUERY_LIMIT };
		return 0;
	}
	return gp_query_fail(error, 404, "no query %.40s; there are status, hosts, ranges, networks, report, explain, "
			     "metrics, health and reload", name);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static int set_time(__u64 *out, const char *key, const char *value, __u64 now_ns, struct gp_query_error *error)
{
	if (!gp_time_read(out, value, now_ns))
		return 0;
	return gp_query_fail(error, 400, "%s %.40s: give a time as 2026-05-04T10:00:00Z, or one before now as -90s, -15m, "
			     "-1h, -7d, -2w", key, value);
}

static int set_format(struct gp_query *q, const char *value, struct gp_query_error *error)
{
	static const char *const names[] = { [GP_QUERY_JSON] = "json", [GP_QUERY_NDJSON] = "ndjson",
					     [GP_QUERY_TEXT] = "text" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(value, names[i]))
			continue;
		q->format = (enum gp_query_format)i;
		return 0;
	}
	return gp_query_fail(error, 400, "format %.40s: choose json, ndjson or text", value);
}

static int set_address(struct gp_query *q, const char *value, struct gp_query_error *error)
{
	struct gp_prefix prefix;
	const char *why;

	if (!strchr(value, '/') && !gp_prefix_parse(&prefix, value, &why)) {
		q->addr = prefix.addr;
		return 0;
	}
	return gp_query_fail(error, 400, "address %.60s: give one address, such as 192.0.2.7 or 2001:db8::7", value);
}

/* Of hosts and of ranges; a report lists both, so a kind of one leaves the other list empty. */
static int set_kind(struct gp_query *q, const char *value, struct gp_query_error *error)
{
	unsigned kinds = 0, range_kinds = 0;

	for (unsigned i = 0; i < GP_KINDS; i++)
		kinds |= strcmp(value, gp_kind_name((enum gp_kind)i)) ? 0 : BIT(i);
	for (unsigned i = 0; i < GP_RANGE_KINDS; i++)
		range_kinds |= strcmp(value, gp_range_kind_name((enum gp_range_kind)i)) ? 0 : BIT(i);
	if (q->name == GP_QUERY_HOSTS && !kinds)
		return gp_query_fail(error, 400, "kind %.40s: hosts are spam_bot, scanner, brute_forcer, http_bot or "
				     "ddos_source", value);
	if (q->name == GP_QUERY_RANGES && !range_kinds)
		return gp_query_fail(error, 400, "kind %.40s: ranges are link_scanner, image_proxy, mail_proxy, crawler, "
				     "robot_range, scanner_range or snowshoe", value);
	if (!kinds && !range_kinds)
		return gp_query_fail(error, 400, "kind %.40s: no kind of host or range has that name", value);
	q->kinds = kinds;
	q->range_kinds = range_kinds;
	return 0;
}

static int set_verdict(struct gp_query *q, const char *value, struct gp_query_error *error)
{
	for (int i = GP_VERDICT_SUSPECTED; i <= GP_VERDICT_CONFIRMED; i++) {
		if (strcmp(value, gp_verdict_name((enum gp_verdict)i)))
			continue;
		q->verdict = (enum gp_verdict)i;
		return 0;
	}
	return gp_query_fail(error, 400, "verdict %.40s: choose suspected or confirmed", value);
}

static int set_limit(struct gp_query *q, const char *value, struct gp_query_error *error)
{
	__u32 number = 0;
	size_t n = 0;

	for (; value[n] >= '0' && value[n] <= '9' && n < 6; n++)
		number = number * 10 + (__u32)(value[n] - '0');
	if (!n || value[n] || !number || number > GP_QUERY_LIMIT_MAX)
		return gp_query_fail(error, 400, "limit %.40s: give a whole number, 1 to %u", value, GP_QUERY_LIMIT_MAX);
	q->limit = number;
	return 0;
}

static int set_value(struct gp_query *q, unsigned parameter, const char *value, __u64 now_ns,
		     struct gp_query_error *error)
{
	switch (parameter) {
	case GP_PARAMETER_SINCE:
		return set_time(&q->since_ns, "since", value, now_ns, error);
	case GP_PARAMETER_UNTIL:
		return set_time(&q->until_ns, "until", value, now_ns, error);
	case GP_PARAMETER_FORMAT:
		return set_format(q, value, error);
	case GP_PARAMETER_ADDRESS:
		return set_address(q, value, error);
	case GP_PARAMETER_KIND:
		return set_kind(q, value, error);
	case GP_PARAMETER_VERDICT:
		return set_verdict(q, value, error);
	default:
		return set_limit(q, value, error);
	}
}

static int find_parameter(const char *key)
{
	for (size_t i = 0; i < COUNT(parameters); i++)
		if (!strcmp(key, parameters[i]))
			return (int)i;
	return -1;
}

/* "hosts has no parameter x; it has since, until, kind": what there is stands in the error. */
static int fail_unknown(const struct gp_query *q, const char *key, struct gp_query_error *error)
{
	char known[96] = "";

	for (size_t i = 0; i < COUNT(parameters); i++) {
		if (!(queries[q->name].parameters & BIT(i)))
			continue;
		if (known[0])
			strcat(known, ", ");
		strcat(known, parameters[i]);
	}
	return gp_query_fail(error, 400, "%s has no parameter %.40s; it has %s", queries[q->name].name, key,
			     known[0] ? known : "none");
}

int gp_query_set(struct gp_query *q, const char *key, const char *value, __u64 now_ns, struct gp_query_error *error)
{
	int parameter = find_parameter(key);

	if (parameter < 0 || !(queries[q->name].parameters & BIT(parameter)))
		return fail_unknown(q, key, error);
	if (q->given & BIT(parameter))
		return gp_query_fail(error, 400, "%s is given twice", key);
	if (strlen(value) > GP_QUERY_VALUE_MAX)
		return gp_query_fail(error, 400, "%s: its value is longer than %u bytes", key, GP_QUERY_VALUE_MAX);
	q->given |= BIT(parameter);
	return set_value(q, (unsigned)parameter, value, now_ns, error);
}

int gp_query_check(const struct gp_query *q, struct gp_query_error *error)
{
	unsigned missing = queries[q->name].required & ~q->given;

	for (size_t i = 0; i < COUNT(parameters); i++)
		if (missing & BIT(i))
			return gp_query_fail(error, 400, "%s needs the parameter %s", queries[q->name].name, parameters[i]);
	if (q->since_ns > q->until_ns)
		return gp_query_fail(error, 400, "since lies behind until: nothing can be between them");
	return 0;
}

/* --- URLs --------------------------------------------------------------------------------------------------------- */

#define API "/api/v1/"
#define EXPLAIN API "explain/"

static int begin_path(struct gp_query *out, const char *path, struct gp_query_error *error)
{
	for (size_t i = 0; i < COUNT(queries); i++) {
		if (queries[i].path && !strcmp(path, queries[i].path))
			return gp_query_begin(out, queries[i].name, error);
		if (!queries[i].path && queries[i].over_http && i != GP_QUERY_EXPLAIN &&
		    !strncmp(path, API, strlen(API)) && !strcmp(path + strlen(API), queries[i].name))
			return gp_query_begin(out, queries[i].name, error);
	}
	if (!strncmp(path, EXPLAIN, strlen(EXPLAIN)) || !strcmp(path, API "explain"))
		return gp_query_begin(out, "explain", error);
	return gp_query_fail(error, 404, "nothing at %.60s; there are /metrics, /healthz and " API "status, hosts, ranges, "
			     "networks, report, explain/ADDRESS", path);
}

int gp_query_from_url(struct gp_query *out, const char *path, const struct gp_query_argument *arguments, size_t count,
		      __u64 now_ns, struct gp_query_error *error)
{
	int err = begin_path(out, path, error);

	if (!err && !strncmp(path, EXPLAIN, strlen(EXPLAIN)))
		err = gp_query_set(out, "address", path + strlen(EXPLAIN), now_ns, error);
	for (size_t i = 0; i < count && !err; i++)
		err = arguments[i].value ? gp_query_set(out, arguments[i].key, arguments[i].value, now_ns, error) :
					   gp_query_fail(error, 400, "%.40s has no value", arguments[i].key);
	return err ? err : gp_query_check(out, error);
}
