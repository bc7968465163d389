/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files of /proc and the output of other programs. Nothing here logs: what cannot be read is unknown. */
#ifndef GATEPOST_CHECK_READ_H
#define GATEPOST_CHECK_READ_H

#include <stddef.h>

/* The file as text, to be freed by the caller; at most 1 MiB is read. Return: 0 or -errno. */
int gp_read_file(char **out, const char *path);

/* A file that holds one number. Return: 0, -EINVAL when it holds something else, or -errno. */
int gp_read_number(long *out, const char *path);

/* Where a program lies, in the system's own folders and whatever PATH says. Return: out, or NULL when nowhere. */
const char *gp_find_program(char out[64], const char *name);

/**
 * gp_read_command() - a program's standard output, without its standard error.
 * @argv: NULL at the end; argv[0] is the path.
 *
 * The program gets 10 s and 64 MiB. Return: 0, -ETIMEDOUT, -EFBIG, -EIO when it failed, or -errno; *out is to be freed
 * by the caller.
 */
int gp_read_command(char **out, char *const argv[]);

#endif
