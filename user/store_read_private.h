/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to store_read*.c: an open reader, and how a query runs. */
#ifndef GATEPOST_STORE_READ_PRIVATE_H
#define GATEPOST_STORE_READ_PRIVATE_H

#include "store_read.h"
#include "store_sql.h"

struct gp_store_reader {
	char *path;
	sqlite3 *db;
	__u64 deadline_ns; /* CLOCK_MONOTONIC, of the query that runs */
};

/* Prepares a query, and begins its time. @out: to be finalised. Return: 0 or -errno (logged). */
int gp_reader_query(struct gp_store_reader *reader, const char *sql, sqlite3_stmt **out);

/* The next row. Return: 1, 0 behind the last one, or -errno (logged). */
int gp_reader_row(struct gp_store_reader *reader, sqlite3_stmt *query);

/* Reads the evidence of a host or range. @query: of gp_reader_query(), bound to one. Return: how many, or -errno. */
int gp_reader_evidence(struct gp_store_reader *reader, sqlite3_stmt *query, __s64 id,
		       struct gp_store_evidence out[GP_EVIDENCE_MAX]);

/* Binds ?1 to ?2: what lies within a prefix; ?3 and ?4: time; ?5: kind or NULL; ?6: verdict at least; ?7: how many. */
void gp_reader_bind_filter(sqlite3_stmt *query, const struct gp_store_filter *filter, const char *kind);

/* Times as SQLite has them, and the end of a query's: the end of time for 0. */
__s64 gp_reader_time(__u64 ns);
__s64 gp_reader_until(__u64 until_ns);

/* A function that reads a column's name back to what it means; @count for one of a later version. */
#define GP_NAMED(function, type, name_of, count)                      \
	static type function(sqlite3_stmt *row, int column)           \
	{                                                             \
		char text[64];                                        \
		int value = 0;                                        \
                                                                      \
		gp_sql_text(row, column, text, sizeof(text));         \
		while (value < (count) && strcmp(name_of(value), text)) \
			value++;                                      \
		return (type)value;                                   \
	}

#endif
