/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for a journal, which makes the one it lies in by itself. One at a time. */
#ifndef GATEPOST_TESTS_JOURNAL_DIRECTORY_H
#define GATEPOST_TESTS_JOURNAL_DIRECTORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "temp_directory.h"

static char directory[64], path[96]; /* path: of the journal, which is not there yet */

static inline void journal_directory_make(void)
{
	assert_int_equal(temp_directory(directory, sizeof(directory)), 0);
	snprintf(path, sizeof(path), "%s/run/journal", directory);
}

/* With all that a journal may have left in it. */
static inline void journal_directory_remove(void)
{
	static const char *const names[] = {"/run/journal", "/run/journal.new", "/run/journal.old", "/run", ""};
	char name[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", directory, names[i]);
		if (remove(name) && errno != ENOENT)
			print_error("cannot remove %s: %s\n", name, strerror(errno));
	}
}

#endif
