/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "as_table.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <maxminddb.h>

#include <gatepost/parse.h>

#include "file_text.h"
#include "log.h"
#include "sanitise.h"

#define ERRORS_MAX 20u /* a wrong file has one in each line */
#define REMEDY "give a GeoLite2-ASN database or one like it (.mmdb), or a CSV file with prefix,asn,name in each line"

struct gp_as_table {
	struct gp_as_csv *csv; /* NULL: mmdb is open */
	MMDB_s mmdb;
};

struct errors {
	const char *path;
	size_t count;
};

static void log_error(void *context, int line, const char *text)
{
	struct errors *errors = context;

	if (errors->count++ >= ERRORS_MAX)
		return;
	if (line)
		gp_error("%s:%d: %s", errors->path, line, text);
	else
		gp_error("%s: %s", errors->path, text);
}

static int open_csv(struct gp_as_table *t, const char *path, const char *text, size_t len)
{
	struct errors errors = {.path = path};
	int err = gp_as_csv_read(&t->csv, text, len, log_error, &errors);

	if (errors.count > ERRORS_MAX)
		gp_error("%s: %zu more errors", path, errors.count - ERRORS_MAX);
	if (err == -EINVAL)
		gp_error("as_table: %s is not used; put it right, or " REMEDY, path);
	else if (err)
		gp_error("as_table: %s: %s", path, strerror(-err));
	return err;
}

/* Databases of countries and cities have the same format, and no AS in it. */
static bool names_networks(const char *type)
{
	return type && (strcasestr(type, "ASN") || strcasestr(type, "ISP"));
}

static int open_mmdb(struct gp_as_table *t, const char *path)
{
	int status = MMDB_open(path, MMDB_MODE_MMAP, &t->mmdb);
	char type[64];

	if (status != MMDB_SUCCESS) {
		gp_error("as_table: cannot read %s as a MaxMind DB: %s; " REMEDY, path, MMDB_strerror(status));
		return -EINVAL;
	}
	if (names_networks(t->mmdb.metadata.database_type))
		return 0;
	gp_sanitise(type, sizeof(type), t->mmdb.metadata.database_type, strlen(t->mmdb.metadata.database_type));
	gp_error("as_table: %s is a database of another kind, \"%s\", and knows no AS; " REMEDY, path, type);
	MMDB_close(&t->mmdb);
	return -EINVAL;
}

static bool is_mmdb(const char *path, const char *text, size_t len)
{
	const char *dot = strrchr(path, '.');

	return (dot && !strcasecmp(dot, ".mmdb")) || (len && memchr(text, '\0', len < 4096 ? len : 4096));
}

int gp_as_open(struct gp_as_table **out, const char *path)
{
	struct gp_as_table *t = calloc(1, sizeof(*t));
	char *text = NULL;
	size_t len = 0;
	int err = t ? gp_file_read(&text, &len, path, GP_AS_FILE_BYTES) : -ENOMEM;

	if (err)
		gp_error("as_table: cannot read %s: %s", path, gp_file_error(err));
	else if (is_mmdb(path, text, len))
		err = open_mmdb(t, path);
	else
		err = open_csv(t, path, text, len);
	free(text);
	if (err)
		free(t);
	else
		*out = t;
	return err;
}

static MMDB_lookup_result_s look_up(const MMDB_s *mmdb, const struct gp_addr *addr, int *status)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (gp_addr_is_mapped(addr)) {
		memcpy(&in4.sin_addr, addr->bytes + 12, sizeof(in4.sin_addr));
		return MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)&in4, status);
	}
	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	return MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)&in6, status);
}

static bool find_mmdb(const MMDB_s *mmdb, const struct gp_addr *addr, struct gp_as *as)
{
	int status = MMDB_SUCCESS;
	MMDB_lookup_result_s found = look_up(mmdb, addr, &status);
	MMDB_entry_data_s data;

	if (status != MMDB_SUCCESS || !found.found_entry ||
	    MMDB_get_value(&found.entry, &data, "autonomous_system_number", NULL) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UINT32 || !data.uint32)
		return false;
	as->asn = data.uint32;
	as->organisation[0] = '\0';
	if (MMDB_get_value(&found.entry, &data, "autonomous_system_organization", NULL) == MMDB_SUCCESS && data.has_data &&
	    data.type == MMDB_DATA_TYPE_UTF8_STRING)
		gp_sanitise(as->organisation, sizeof(as->organisation), data.utf8_string, data.data_size);
	return true;
}

bool gp_as_find(const struct gp_as_table *t, const struct gp_addr *addr, struct gp_as *as)
{
	if (!t)
		return false;
	return t->csv ? gp_as_csv_find(t->csv, addr, as) : find_mmdb(&t->mmdb, addr, as);
}

__u32 gp_as_number(const void *table, const struct gp_addr *addr)
{
	struct gp_as as;

	return table && gp_as_find(table, addr, &as) ? as.asn : 0;
}

void gp_as_close(struct gp_as_table *t)
{
	if (!t)
		return;
	if (t->csv)
		gp_as_csv_close(t->csv);
	else
		MMDB_close(&t->mmdb);
	free(t);
}
