/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "as_csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "csv_line.h"
#include "prefix_set.h"
#include "sanitise.h"

#define ROWS_FIRST 1024u
#define NAMES_FIRST 16384u

struct row {
	__u32 asn;
	__u32 name; /* where it begins among the names */
};

struct gp_as_csv {
	struct row *rows; /* by place in the set */
	struct gp_cidr *prefixes; /* while they are read */
	__u32 count, capacity;
	char *names; /* the first one is "" */
	size_t names_len, names_size;
	struct gp_prefix_set *set;
};

struct reading {
	struct gp_as_csv *table;
	gp_as_csv_error_fn *error;
	void *context;
	int line;
	bool bad, no_memory;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reading *r, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r->bad = true;
	r->error(r->context, r->line, text);
}

/* "64500", "AS64500". */
static bool parse_asn(__u32 *asn, const char *text)
{
	__u64 value = 0;
	int digits = 0;

	if (!strncasecmp(text, "AS", 2))
		text += 2;
	for (; *text >= '0' && *text <= '9' && digits < 11; text++, digits++)
		value = 10 * value + (__u64)(*text - '0');
	if (*text || !digits || value > 0xffffffffull)
		return false;
	*asn = (__u32)value;
	return true;
}

/* Neighbouring rows often have one name: it is kept once. Return: where it stands. */
static __u32 keep_name(struct reading *r, const char *name)
{
	struct gp_as_csv *t = r->table;
	char text[GP_AS_NAME];
	size_t len = gp_sanitise(text, sizeof(text), name, strlen(name)), last;

	if (t->names_size - t->names_len < GP_AS_NAME + 1) {
		size_t size = t->names_size ? 2 * t->names_size : NAMES_FIRST;
		char *names = size < 0xffffffffu ? realloc(t->names, size) : NULL;

		if (!names) {
			r->no_memory = true;
			return 0;
		}
		t->names = names;
		t->names_size = size;
		if (!t->names_len)
			t->names[t->names_len++] = '\0';
	}
	if (!len)
		return 0;
	last = t->count ? t->rows[t->count - 1].name : 0;
	if (!strcmp(t->names + last, text))
		return (__u32)last;
	memcpy(t->names + t->names_len, text, len + 1);
	t->names_len += len + 1;
	return (__u32)(t->names_len - len - 1);
}

static bool make_room(struct reading *r)
{
	struct gp_as_csv *t = r->table;
	__u32 capacity = t->capacity ? 2 * t->capacity : ROWS_FIRST;
	struct gp_cidr *prefixes;
	struct row *rows;

	if (t->count < t->capacity)
		return true;
	rows = reallocarray(t->rows, capacity, sizeof(*rows));
	if (rows)
		t->rows = rows;
	prefixes = reallocarray(t->prefixes, capacity, sizeof(*prefixes));
	if (prefixes)
		t->prefixes = prefixes;
	if (rows && prefixes)
		t->capacity = capacity;
	else
		r->no_memory = true;
	return !r->no_memory;
}

static void read_row(struct reading *r, const struct gp_csv_line *line, __u32 asn)
{
	struct gp_as_csv *t = r->table;
	struct gp_prefix prefix;
	char shown[64];
	const char *why;

	if (gp_prefix_parse(&prefix, line->fields[0], &why)) {
		gp_sanitise(shown, sizeof(shown), line->fields[0], strlen(line->fields[0]));
		complain(r, "\"%s\": %s; a prefix, such as 192.0.2.0/24 or 2001:db8::/32", shown, why);
		return;
	}
	if (t->count == GP_AS_ROWS_MAX) {
		complain(r, "more than %u rows", GP_AS_ROWS_MAX);
		return;
	}
	if (!make_room(r))
		return;
	t->rows[t->count] = (struct row){asn, keep_name(r, line->fields[2])};
	t->prefixes[t->count++] = (struct gp_cidr){prefix.addr, prefix.bits};
}

static void read_line(struct reading *r, const struct gp_csv_line *line, bool first)
{
	char shown[64];
	__u32 asn;

	if (!parse_asn(&asn, line->fields[1])) {
		if (first && line->count > 1)
			return;
		gp_sanitise(shown, sizeof(shown), line->fields[1], strlen(line->fields[1]));
		complain(r, "\"%s\" is no number of an AS; a line has a prefix, a number from 0 to 4294967295 and a name",
			 shown);
	} else if (line->count > 3) {
		complain(r, "%u fields; a line has a prefix, a number and a name", line->count);
	} else {
		read_row(r, line, asn);
	}
}

static void read_all(struct reading *r, const char *text, size_t len)
{
	struct gp_csv_lines lines = gp_csv_lines(text, len);
	struct gp_csv_line line;
	bool first = true;
	const char *why;

	while (!r->no_memory && r->table->count <= GP_AS_ROWS_MAX && gp_csv_next(&lines, &line, false, &why)) {
		r->line = lines.number;
		if (why)
			complain(r, "%s", why);
		else
			read_line(r, &line, first);
		first = false;
	}
	r->line = 0;
	if (!r->table->count && !r->bad)
		complain(r, "no prefix in it");
}

int gp_as_csv_read(struct gp_as_csv **out, const char *text, size_t len, gp_as_csv_error_fn *error, void *context)
{
	struct reading r = {.table = calloc(1, sizeof(*r.table)), .error = error, .context = context};
	int err;

	if (!r.table)
		return -ENOMEM;
	read_all(&r, text, len);
	err = r.no_memory ? -ENOMEM : r.bad ? -EINVAL : 0;
	if (!err)
		err = gp_prefix_set_open(&r.table->set, r.table->prefixes, r.table->count);
	free(r.table->prefixes);
	r.table->prefixes = NULL;
	if (err)
		gp_as_csv_close(r.table);
	else
		*out = r.table;
	return err;
}

bool gp_as_csv_find(const struct gp_as_csv *t, const struct gp_addr *addr, struct gp_as *as)
{
	__u32 place = gp_prefix_set_find(t->set, addr);

	if (place == GP_PREFIX_NONE || !t->rows[place].asn)
		return false;
	as->asn = t->rows[place].asn;
	snprintf(as->organisation, sizeof(as->organisation), "%s", t->names + t->rows[place].name);
	return true;
}

void gp_as_csv_close(struct gp_as_csv *t)
{
	if (!t)
		return;
	gp_prefix_set_close(t->set);
	free(t->prefixes);
	free(t->rows);
	free(t->names);
	free(t);
}
