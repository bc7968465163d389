/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store's file before SQLite sees it: whose it is, who may read it, who has it. Private to store*.c. */
#ifndef GATEPOST_STORE_FILE_H
#define GATEPOST_STORE_FILE_H

#include <stdbool.h>

#include <gatepost/types.h>

/**
 * gp_store_file_claim() - make the file if need be, look at what it is, and lock it.
 * @fd: out; to be closed after SQLite has closed the file: closing it takes the locks away that SQLite holds in this process.
 * @empty: out, nothing has been written to it yet.
 * @quiet: why it is refused was said before.
 *
 * Return: 0; refused and logged, -EINVAL: it is not a database of gatepost, -EOPNOTSUPP: of a later version, -EBUSY: another
 * process has it; or another -errno of the system. It was not written to.
 */
int gp_store_file_claim(const char *path, int *fd, bool *empty, bool quiet);

/* Is this still the file under @path? */
bool gp_store_file_is_there(const char *path, int fd);

/* Sizes of the database and of its write-ahead log; 0 where there is none. */
void gp_store_file_sizes(const char *path, __u64 *file_bytes, __u64 *log_bytes);

#endif
