// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "log.h"
#include "version.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "replay", gp_cmd_replay, "judge capture files" },
	{ "run", gp_cmd_run, "attach to interfaces, count and judge until stopped" },
	{ "check", gp_cmd_check, "tell whether this host can run gatepost; change nothing" },
	{ "detach", gp_cmd_detach, "remove the programs and maps that a run left behind" },
	{ "status", gp_cmd_query, "of the running agent: what is attached, rates, coverage, lag" },
	{ "hosts", gp_cmd_query, "hosts with a verdict" },
	{ "ranges", gp_cmd_query, "ranges of addresses that act as one" },
	{ "networks", gp_cmd_query, "networks by the share of their hosts that are confirmed" },
	{ "report", gp_cmd_query, "the report as it is now" },
	{ "explain", gp_cmd_query, "what is thought of one address, and why" },
	{ "reload", gp_cmd_query, "have the agent read its configuration again" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* The table of commands, for people. */
static const char *usage(void)
{
	static char text[2048];
	size_t at = (size_t)snprintf(text, sizeof(text), "usage: gatepost COMMAND [OPTION]... [ARGUMENT]...\n\n");

	for (size_t i = 0; i < COMMANDS; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "  %-8s  %s\n", commands[i].name,
				       commands[i].what);
	snprintf(text + at, sizeof(text) - at,
		 "\ngatepost COMMAND --help explains one; gatepost --version prints %s.\n"
		 "Results go to standard output, everything else to standard error.\n"
		 "Exit codes: 0 done, 1 failed, 2 usage or configuration.\n", GP_VERSION);
	return text;
}

int main(int argc, char **argv)
{
	/* A closed pipe is an error of the write that met it, not a reason to die. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a limit on the size of files. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		fputs(usage(), stderr);
		return GP_EXIT_USAGE;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))
		return gp_print("gatepost " GP_VERSION "\n");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return gp_print(usage());
	gp_error("no command %s; gatepost --help lists them", argv[1]);
	return GP_EXIT_USAGE;
}
