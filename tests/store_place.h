/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for a store, which makes the one it lies in by itself; what its file holds, told by SQLite alone. One at a time. */
#ifndef GATEPOST_TESTS_STORE_PLACE_H
#define GATEPOST_TESTS_STORE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"
#include "temp_directory.h"

static char store_root[64], store_directory[80], store_path[112];

static inline void store_place_make(void)
{
	assert_int_equal(temp_directory(store_root, sizeof(store_root)), 0);
	snprintf(store_directory, sizeof(store_directory), "%s/lib", store_root);
	snprintf(store_path, sizeof(store_path), "%s/gatepost.db", store_directory);
}

static inline void store_place_empty(void)
{
	DIR *directory = opendir(store_directory);
	struct dirent *entry;
	char name[400];

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", store_directory, entry->d_name);
		remove(name);
	}
	if (directory)
		closedir(directory);
}

static inline void store_place_remove(void)
{
	store_place_empty();
	rmdir(store_directory);
	rmdir(store_root);
}

static inline struct gp_store *store_opened(__u64 max_bytes, __u64 waiting_bytes)
{
	const struct gp_store_options options = { store_path, "gw1", max_bytes, waiting_bytes };
	struct gp_store *store;

	assert_int_equal(gp_store_open(&store, &options), 0);
	return store;
}

static inline sqlite3 *store_sql_open(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

/* Whatever a test wants of a file that is not the store's business. */
static inline void store_sql_run(const char *path, const char *script)
{
	sqlite3 *db = store_sql_open(path);
	char *why = NULL;

	if (sqlite3_exec(db, script, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", script, why);
	sqlite3_close(db);
}

/* First column of the first row, as text; to be freed. "" without a row. */
static inline char *store_sql_text(const char *path, const char *query)
{
	sqlite3 *db = store_sql_open(path);
	sqlite3_stmt *s;
	char *text;

	if (sqlite3_prepare_v2(db, query, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	text = strdup(sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0) ? (const char *)sqlite3_column_text(s, 0) : "");
	assert_non_null(text);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return text;
}

static inline long long store_sql_number(const char *path, const char *query)
{
	char *text = store_sql_text(path, query);
	long long number = atoll(text);

	free(text);
	return number;
}

/* Does any file of the directory hold these bytes? */
static inline int store_place_holds(const void *bytes, size_t len)
{
	DIR *directory = opendir(store_directory);
	struct dirent *entry;
	char name[400], *data;
	int found = 0;
	long size;
	FILE *f;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", store_directory, entry->d_name);
		f = fopen(name, "rb");
		assert_non_null(f);
		fseek(f, 0, SEEK_END);
		size = ftell(f);
		rewind(f);
		data = malloc((size_t)size + 1);
		assert_non_null(data);
		assert_int_equal(fread(data, 1, (size_t)size, f), size);
		found |= memmem(data, (size_t)size, bytes, len) != NULL;
		free(data);
		fclose(f);
	}
	closedir(directory);
	return found;
}

#endif
