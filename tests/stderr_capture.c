// SPDX-License-Identifier: GPL-2.0-or-later
#include "stderr_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;
static FILE *captured;

/* A test that failed meanwhile has its message in there. */
static void give_back(void)
{
	char text[4096];
	size_t n;

	if (!captured)
		return;
	fflush(stderr);
	dup2(saved_stderr, STDERR_FILENO);
	rewind(captured);
	while ((n = fread(text, 1, sizeof(text), captured)))
		fwrite(text, 1, n, stderr);
}

void stderr_capture_begin(void)
{
	static bool registered;

	if (!registered)
		atexit(give_back);
	registered = true;
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
	captured = NULL;
}
