/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share. */
#ifndef GATEPOST_COMMAND_H
#define GATEPOST_COMMAND_H

#include "options.h"

enum gp_exit {
	GP_EXIT_DONE = 0,
	GP_EXIT_FAILED = 1,
	GP_EXIT_USAGE = 2, /* usage or configuration */
};

/* Writes a result to standard output. Return: GP_EXIT_DONE, or GP_EXIT_FAILED when it could not be written (logged). */
int gp_print(const char *text);

/* Each command: argv[0] is its name. Return: enum gp_exit. */
int gp_cmd_replay(int argc, char **argv);
int gp_cmd_run(int argc, char **argv);
int gp_cmd_check(int argc, char **argv);
int gp_cmd_detach(int argc, char **argv);
int gp_cmd_query(int argc, char **argv); /* status, hosts, ranges, networks, report, explain, reload */

#endif
