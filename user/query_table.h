/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of an agent as tables for people. */
#ifndef GATEPOST_QUERY_TABLE_H
#define GATEPOST_QUERY_TABLE_H

#include <stdio.h>

#include "query.h"

/**
 * gp_query_table() - print an answer.
 * @text: len bytes of JSON (docs/api.md), from whoever answers at the socket: what is not as described is left out, and
 *        every string is made fit for a terminal.
 *
 * Return: 0, -EBADMSG when it is no answer to such a query, -ENOMEM, or -errno of the stream.
 */
int gp_query_table(FILE *stream, enum gp_query_name name, const char *text, size_t len);

/* gp_query_lines() - text that came ready for people, line by line; each is made fit for a terminal. Return: as above. */
int gp_query_lines(FILE *stream, const char *text, size_t len);

#endif
