/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for a test's files, in memory where there is such a place: what is synced a thousand times is quick there. */
#ifndef GATEPOST_TESTS_TEMP_DIRECTORY_H
#define GATEPOST_TESTS_TEMP_DIRECTORY_H

#include <stdio.h>
#include <stdlib.h>

/* @directory: out, with room for @size. Return: 0, or -1 (errno). The caller removes it. */
static inline int temp_directory(char *directory, size_t size)
{
	snprintf(directory, size, "/dev/shm/gatepost-test-XXXXXX");
	if (mkdtemp(directory))
		return 0;
	snprintf(directory, size, "/tmp/gatepost-test-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

#endif
