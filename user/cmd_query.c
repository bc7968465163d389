// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost status, hosts, ranges, networks, report, explain, reload: ask the running agent. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "command.h"
#include "control.h"
#include "control_client.h"
#include "log.h"
#include "query_table.h"

#define NS_PER_S 1000000000ull

static const struct {
	const char *name, *usage, *what;
} helps[] = {
	{ "status", "", "What is attached since when, the rate, whether every packet is accounted for, how old the last\ncommit is.\n" },
	{ "hosts", "", "Hosts with a verdict, by address; one line per kind.\n" },
	{ "ranges", "", "Ranges of addresses that act as one: automation, scanners, senders of bulk mail.\n" },
	{ "networks", "", "Networks by the share of their active hosts that are confirmed.\n" },
	{ "report", "", "The report as it is now. --since and --until choose hosts and ranges by when they were active; sums\n"
			"are since counting began.\n" },
	{ "explain", " ADDR", "What is thought of one address now, and why.\n" },
	{ "reload", "", "Has the agent read its configuration again. A broken one leaves the old one in force.\n" },
};

static const struct {
	const char *option, *what;
	enum gp_query_parameter parameter;
} options_of_queries[] = {
	{ "--since T", "active at T or later: 2026-05-04T10:00:00Z, or before now: -90s, -15m, -1h, -7d, -2w",
	  GP_PARAMETER_SINCE },
	{ "--until T", "active at T or earlier", GP_PARAMETER_UNTIL },
	{ "--kind K", "spam_bot, scanner, brute_forcer, http_bot, ddos_source; of ranges link_scanner, ...",
	  GP_PARAMETER_KIND },
	{ "--verdict V", "suspected or confirmed", GP_PARAMETER_VERDICT },
	{ "--limit N", "entries of each list (default: 1000; of report: all)", GP_PARAMETER_LIMIT },
	{ "--format F", "text (default), json or ndjson", GP_PARAMETER_FORMAT },
};

enum { OPTION_JSON = 256, OPTION_SOCKET, OPTION_HELP = 'h' };

static const struct option long_options[] = {
	{ "since", required_argument, NULL, GP_PARAMETER_SINCE },
	{ "until", required_argument, NULL, GP_PARAMETER_UNTIL },
	{ "format", required_argument, NULL, GP_PARAMETER_FORMAT },
	{ "kind", required_argument, NULL, GP_PARAMETER_KIND },
	{ "verdict", required_argument, NULL, GP_PARAMETER_VERDICT },
	{ "limit", required_argument, NULL, GP_PARAMETER_LIMIT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

struct question {
	struct gp_query query;
	json_object *request;
	const char *socket;
	bool json, help;
};

static int print_help(const struct question *q)
{
	const char *name = gp_query_name(q->query.name);

	for (size_t i = 0; i < sizeof(helps) / sizeof(*helps); i++) {
		if (strcmp(helps[i].name, name))
			continue;
		printf("usage: gatepost %s%s [OPTION]...\n\n%s\n", name, helps[i].usage, helps[i].what);
	}
	for (size_t i = 0; i < sizeof(options_of_queries) / sizeof(*options_of_queries); i++)
		if (gp_query_knows(q->query.name, options_of_queries[i].parameter))
			printf("  %-14s %s\n", options_of_queries[i].option, options_of_queries[i].what);
	printf("  %-14s the agent's answer as it is (docs/api.md)\n"
	       "  %-14s where the agent listens (default: " GP_CONTROL_PATH ")\n\n"
	       "Needs no root: the socket is open to the group %s.\n", "--json", "--socket PATH", GP_CONTROL_GROUP);
	return gp_print("");
}

/* --- the question ------------------------------------------------------------------------------------------------- */

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (__u64)t.tv_sec * NS_PER_S + (__u64)t.tv_nsec;
}

/* Looked at here as the agent will look at it: what is wrong needs no agent to be told. */
static int add_parameter(struct question *q, const char *key, const char *value)
{
	struct gp_query_error error;

	if (gp_query_set(&q->query, key, value, now_ns(), &error)) {
		gp_error("%s: %s", gp_query_name(q->query.name), error.text);
		return -EINVAL;
	}
	return json_object_object_add(q->request, key, json_object_new_string(value)) ? -ENOMEM : 0;
}

static int take_option(struct question *q, int option, char *value)
{
	switch (option) {
	case OPTION_JSON:
		q->json = true;
		return 0;
	case OPTION_SOCKET:
		q->socket = value;
		return 0;
	case OPTION_HELP:
		q->help = true;
		return 0;
	default:
		return add_parameter(q, gp_query_parameter_name((enum gp_query_parameter)option), value);
	}
}

static int take_options(struct question *q, int argc, char **argv)
{
	int option, err;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		if (option == ':') {
			gp_error("%s: %s needs a value", argv[0], argv[optind - 1]);
			return -EINVAL;
		}
		if (option == '?') {
			gp_error("%s: unknown option %s; gatepost %s --help lists them", argv[0], argv[optind - 1], argv[0]);
			return -EINVAL;
		}
		err = take_option(q, option, optarg);
		if (err)
			return err;
	}
	return 0;
}

static int take_arguments(struct question *q, int argc, char **argv)
{
	struct gp_query_error error;
	int err = 0;

	if (q->query.name == GP_QUERY_EXPLAIN && optind == argc) {
		gp_error("explain: give one address, such as 192.0.2.7 or 2001:db8::7");
		err = -EINVAL;
	} else if (q->query.name == GP_QUERY_EXPLAIN) {
		err = add_parameter(q, "address", argv[optind++]);
	}
	if (!err && optind < argc) {
		gp_error("%s: %s is no option; gatepost %s --help lists them", argv[0], argv[optind], argv[0]);
		err = -EINVAL;
	}
	/* A report is a table for people unless it is asked for otherwise. */
	if (!err && q->query.name == GP_QUERY_REPORT && !(q->query.given & 1u << GP_PARAMETER_FORMAT))
		err = add_parameter(q, "format", q->json ? "json" : "text");
	if (!err && gp_query_check(&q->query, &error)) {
		gp_error("%s: %s", argv[0], error.text);
		err = -EINVAL;
	}
	return err;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static void say_unreachable(const struct question *q, int err)
{
	const char *name = gp_query_name(q->query.name);

	if (err == -ENOENT || err == -ECONNREFUSED)
		gp_error("%s: no agent answers at %s; begin one with gatepost run -i IFACE (systemctl start gatepost), or name "
			 "its socket with --socket", name, q->socket);
	else if (err == -EACCES || err == -EPERM)
		gp_error("%s: %s: permission denied; the socket is open to root and the group %s: adduser USER %s, and log in "
			 "again", name, q->socket, GP_CONTROL_GROUP, GP_CONTROL_GROUP);
	else if (err == -EBADMSG)
		gp_error("%s: what answers at %s is no agent of gatepost", name, q->socket);
	else if (err == -ETIMEDOUT)
		gp_error("%s: the agent at %s did not answer within %d s", name, q->socket, GP_CONTROL_WAIT_S);
	else if (err == -ECONNRESET)
		gp_error("%s: the agent at %s went away before it had answered", name, q->socket);
	else
		gp_error("%s: cannot ask the agent at %s: %s", name, q->socket, strerror(-err));
}

/* As the agent said it; to a terminal nothing goes that it would obey. */
static int print_raw(const struct gp_answer *answer)
{
	if (isatty(STDOUT_FILENO))
		return gp_query_lines(stdout, answer->text, answer->len);
	errno = 0;
	if (fwrite(answer->text, 1, answer->len, stdout) != answer->len || fflush(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

static int print_answer(const struct question *q, const struct gp_answer *answer)
{
	int err;

	if (q->query.name == GP_QUERY_REPORT && q->query.format == GP_QUERY_TEXT)
		err = gp_query_lines(stdout, answer->text, answer->len);
	else if (q->json || q->query.name == GP_QUERY_REPORT)
		err = print_raw(answer);
	else
		err = gp_query_table(stdout, q->query.name, answer->text, answer->len);
	if (err == -EBADMSG)
		gp_error("%s: the agent's answer is not what this version of gatepost expects; --json shows it",
			 gp_query_name(q->query.name));
	else if (err)
		gp_error("standard output: cannot write: %s", strerror(-err));
	return err ? GP_EXIT_FAILED : GP_EXIT_DONE;
}

static int ask(const struct question *q)
{
	struct gp_answer answer = { 0 };
	int code = GP_EXIT_FAILED, err;

	err = gp_control_ask(q->socket, json_object_to_json_string_ext(q->request, JSON_C_TO_STRING_PLAIN), 0, &answer);
	if (err) {
		say_unreachable(q, err);
	} else if (answer.status != 200) {
		gp_error("%s", answer.error);
		code = answer.status == 400 ? GP_EXIT_USAGE : GP_EXIT_FAILED;
	} else {
		code = print_answer(q, &answer);
	}
	gp_answer_free(&answer);
	return code;
}

int gp_cmd_query(int argc, char **argv)
{
	struct question q = { .socket = GP_CONTROL_PATH, .request = json_object_new_object() };
	struct gp_query_error error;
	int code = GP_EXIT_USAGE;

	if (gp_query_begin(&q.query, argv[0], &error) || !q.request ||
	    json_object_object_add(q.request, "query", json_object_new_string(argv[0]))) {
		gp_error("%s: out of memory", argv[0]);
		code = GP_EXIT_FAILED;
	} else if (!take_options(&q, argc, argv)) {
		if (q.help)
			code = print_help(&q);
		else if (!take_arguments(&q, argc, argv))
			code = ask(&q);
	}
	json_object_put(q.request);
	return code;
}
