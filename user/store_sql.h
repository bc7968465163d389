/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite's answers as ours. Private to store*.c. */
#ifndef GATEPOST_STORE_SQL_H
#define GATEPOST_STORE_SQL_H

#include <stddef.h>

#include <sqlite3.h>

#include <gatepost/abi.h>

/* Return: 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE, otherwise a -errno that tells the same. @db: of the call. */
int gp_sql_errno(sqlite3 *db, int code);

/* Runs statements that bind nothing, one after another. Rows are passed over. Return: 0 or -errno. */
int gp_sql_script(sqlite3 *db, const char *sql);

/* The first column of the first row. Return: 0, -ENOENT without a row, or -errno. */
int gp_sql_number(sqlite3 *db, const char *sql, __s64 *out);

/* Settings that every connection has: a database is not trusted. Return: 0 or -errno. */
int gp_sql_confine(sqlite3 *db);

/* Columns of a row, whatever stands there: numbers below 0 and of other types are 0 as unsigned ones. */
__u64 gp_sql_unsigned(sqlite3_stmt *row, int column);
void gp_sql_text(sqlite3_stmt *row, int column, char *out, size_t size);
void gp_sql_addr(sqlite3_stmt *row, int column, struct gp_addr *out);
/* What is no finite number is bound as 0: SQLite would make it NULL. */
int gp_sql_bind_real(sqlite3_stmt *statement, int parameter, double value);
/* Borrows @addr until the statement has run. */
int gp_sql_bind_addr(sqlite3_stmt *statement, int parameter, const struct gp_addr *addr);

#endif
