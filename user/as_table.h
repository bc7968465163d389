/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which autonomous system an address belongs to, by a table of the operator's: text, or a database of the MaxMind DB format. */
#ifndef GATEPOST_AS_TABLE_H
#define GATEPOST_AS_TABLE_H

#include "as_csv.h"

#define GP_AS_FILE_BYTES ((size_t)256 << 20)

struct gp_as_table;

/**
 * gp_as_open() - read a table.
 * @path: a MaxMind DB by its name (.mmdb) or because it holds null bytes, else text (gp_as_csv_read()). A database stays
 *        mapped: replace it by renaming another over it.
 *
 * Return: 0, -EINVAL for a file that is none of these, or -errno; each error was logged, with what to do.
 */
int gp_as_open(struct gp_as_table **out, const char *path);

/* Return: false when the table does not have the address, or @table is NULL. */
bool gp_as_find(const struct gp_as_table *table, const struct gp_addr *addr, struct gp_as *as);

/* Its number alone, for whom a table is only a context; 0: not known, or no table. */
__u32 gp_as_number(const void *table, const struct gp_addr *addr);

void gp_as_close(struct gp_as_table *table);

#endif
