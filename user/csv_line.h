/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a table that people or programs wrote: fields with or without quotes (RFC 4180), and comments. Pure. */
#ifndef GATEPOST_CSV_LINE_H
#define GATEPOST_CSV_LINE_H

#include <stddef.h>

#define GP_CSV_FIELDS 8u
#define GP_CSV_FIELD 256u /* bytes of one, with the NUL */

struct gp_csv_line {
	unsigned int count; /* 0: nothing but blanks and a comment */
	char fields[GP_CSV_FIELDS][GP_CSV_FIELD]; /* without the blanks around them; [count] and beyond are empty */
};

/* A text's next line. */
struct gp_csv_lines {
	const char *text; /* borrowed */
	size_t len;
	int number; /* of the line that was read last; from 1 */
};

/* Behind a byte order mark (RFC 3629, 6), if there is one. */
struct gp_csv_lines gp_csv_lines(const char *text, size_t len);

/**
 * gp_csv_next() - read the next line that is not empty.
 * @loose: the first field ends at a blank as well.
 * @why: out; static, what is wrong with the line; NULL when nothing is.
 *
 * Fields are separated by commas, semicolons or tabs; a # at the beginning or behind a blank or separator begins a comment. In
 * quotes all of these are letters, and "" is one quote. A line ends in LF or CRLF; no field goes on in the next one.
 *
 * Return: true when there was a line; false at the end.
 */
_Bool gp_csv_next(struct gp_csv_lines *lines, struct gp_csv_line *out, _Bool loose, const char **why);

#endif
