// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_sql.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int gp_sql_errno(sqlite3 *db, int code)
{
	int err;

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return -EINVAL;
	case SQLITE_INTERRUPT:
		return -ETIME;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		err = sqlite3_system_errno(db);
		return err ? -err : -EIO;
	default:
		return -EIO;
	}
}

static int finish(sqlite3 *db, sqlite3_stmt *statement)
{
	int code;

	do
		code = sqlite3_step(statement);
	while (code == SQLITE_ROW);
	sqlite3_finalize(statement);
	return gp_sql_errno(db, code);
}

int gp_sql_script(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	int err = 0;

	while (!err && *sql) {
		err = gp_sql_errno(db, sqlite3_prepare_v2(db, sql, -1, &statement, &sql));
		if (!err && statement)
			err = finish(db, statement);
	}
	return err;
}

int gp_sql_number(sqlite3 *db, const char *sql, __s64 *out)
{
	sqlite3_stmt *statement;
	int code;

	code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (code)
		return gp_sql_errno(db, code);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -ENOENT : gp_sql_errno(db, code);
}

/* As https://www.sqlite.org/security.html advises for files of unknown origin. */
int gp_sql_confine(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	return gp_sql_script(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY");
}

__u64 gp_sql_unsigned(sqlite3_stmt *row, int column)
{
	sqlite3_int64 value = sqlite3_column_int64(row, column);

	return value < 0 ? 0 : (__u64)value;
}

void gp_sql_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	size_t len = text ? strnlen(text, size - 1) : 0;

	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
}

void gp_sql_addr(sqlite3_stmt *row, int column, struct gp_addr *out)
{
	const void *bytes = sqlite3_column_blob(row, column);

	memset(out, 0, sizeof(*out));
	if (bytes && sqlite3_column_bytes(row, column) == sizeof(out->bytes))
		memcpy(out->bytes, bytes, sizeof(out->bytes));
}

int gp_sql_bind_real(sqlite3_stmt *statement, int parameter, double value)
{
	return sqlite3_bind_double(statement, parameter, isfinite(value) ? value : 0.0);
}

int gp_sql_bind_addr(sqlite3_stmt *statement, int parameter, const struct gp_addr *addr)
{
	return sqlite3_bind_blob(statement, parameter, addr->bytes, sizeof(addr->bytes), SQLITE_STATIC);
}
