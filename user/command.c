// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "log.h"

int gp_print(const char *text)
{
	if (fputs(text, stdout) >= 0 && !fflush(stdout))
		return GP_EXIT_DONE;
	gp_error("standard output: cannot write: %s", strerror(errno));
	return GP_EXIT_FAILED;
}
