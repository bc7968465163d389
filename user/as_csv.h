/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of networks as text: prefix,asn,name. Pure. */
#ifndef GATEPOST_AS_CSV_H
#define GATEPOST_AS_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#define GP_AS_ROWS_MAX 2000000u
#define GP_AS_NAME 96u /* with the NUL; longer ones end in "…" */

struct gp_as {
	__u32 asn;
	char organisation[GP_AS_NAME]; /* fit to print; "" when nobody tells */
};

struct gp_as_csv;

/* @line: of the text; 0: of all of it. */
typedef void gp_as_csv_error_fn(void *context, int line, const char *text);

/**
 * gp_as_csv_read() - read a table.
 *
 * A line: a prefix, a number with or without "AS", and if need be a name, separated as gp_csv_next() has it. A first line
 * whose second field is no number is a heading. AS 0 is none (RFC 7607).
 * Return: 0, -EINVAL after errors, each of which was told, or -ENOMEM.
 */
int gp_as_csv_read(struct gp_as_csv **out, const char *text, size_t len, gp_as_csv_error_fn *error, void *context);

/* Return: false when nobody has the address. */
bool gp_as_csv_find(const struct gp_as_csv *table, const struct gp_addr *addr, struct gp_as *as);

void gp_as_csv_close(struct gp_as_csv *table);

#endif
