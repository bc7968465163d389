// SPDX-License-Identifier: GPL-2.0-or-later
#include "stderr_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;
static FILE *captured;

void stderr_capture_begin(void)
{
	fflush(stderr);
	captured = tmpfile();
	assert_non_null(captured);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fileno(captured), STDERR_FILENO);
}

void stderr_capture_end(char *out, size_t size)
{
	size_t n;

	fflush(stderr);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	rewind(captured);
	n = fread(out, 1, size - 1, captured);
	out[n] = '\0';
	fclose(captured);
}
