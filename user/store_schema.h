/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the store, and how older ones become today's. Private to store*.c. */
#ifndef GATEPOST_STORE_SCHEMA_H
#define GATEPOST_STORE_SCHEMA_H

#include <stdbool.h>

#include "store_sql.h"

#define GP_SCHEMA_APPLICATION 1735422836 /* "gpst": application_id of the file */

/* One step, from version n to n + 1: statements that bind nothing, the last of which sets user_version. */
struct gp_schema_step {
	const char *what; /* it adds, for people */
	const char *sql;
};

/* Steps are never edited once released: another one is added. Ends with an entry without sql. */
extern const struct gp_schema_step gp_schema_steps[];

/* How many steps there are: the version that they lead to. */
int gp_schema_version(const struct gp_schema_step *steps);

/* @found: out, user_version of the database. Return: 0 or -errno. */
int gp_schema_found(sqlite3 *db, __s64 *found);

/**
 * gp_schema_migrate() - take the steps that are missing, each in a transaction.
 *
 * Return: 0, or -errno: the database has the version of the last step that was taken whole.
 */
int gp_schema_migrate(sqlite3 *db, const struct gp_schema_step *steps);

/**
 * gp_schema_is_ours() - are the tables those that the steps up to @version make, and nothing besides?
 * @differs: out, the first object that is missing, foreign, or another one; room for @size.
 *
 * A trigger or a view in a file that somebody else made could do anything. Return: 1, 0, or -errno.
 */
int gp_schema_is_ours(sqlite3 *db, const struct gp_schema_step *steps, int version, char *differs, size_t size);

#endif
