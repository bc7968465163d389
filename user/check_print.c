// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "text.h"
#include "version.h"

#define COLUMNS 100
#define STATE 6 /* where a row's name begins, behind "  warn" */

static const char *const states[] = {
	[GP_CHECK_OK] = "ok",
	[GP_CHECK_WARN] = "warn",
	[GP_CHECK_FAIL] = "fail",
};

static const char *const colours[] = {
	[GP_CHECK_OK] = "\033[32m",
	[GP_CHECK_WARN] = "\033[33m",
	[GP_CHECK_FAIL] = "\033[31m",
};

static enum gp_check_state worst(const struct gp_check *check)
{
	if (gp_check_count(check, GP_CHECK_FAIL))
		return GP_CHECK_FAIL;
	return gp_check_count(check, GP_CHECK_WARN) ? GP_CHECK_WARN : GP_CHECK_OK;
}

/* Clean text from a column on, broken at blanks and continued below its own beginning. */
static void wrap(FILE *out, const char *clean, size_t indent)
{
	size_t column = indent;

	while (*clean) {
		size_t word = strcspn(clean, " "), columns;
		char *copy = strndup(clean, word);

		columns = copy ? gp_text_columns(copy) : word;
		free(copy);
		if (column > indent && column + 1 + columns > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(clean, 1, word, out);
		column += columns;
		clean += word;
		clean += strspn(clean, " ");
	}
	fputc('\n', out);
}

static void print_heading(FILE *out, const struct gp_check_row *row)
{
	char *clean = gp_text_clean(row->subject);

	if (!row->subject[0])
		fputs("HOST\n", out);
	else
		fprintf(out, row->side ? "\nINTERFACE %s (%s)\n" : "\nINTERFACE %s\n", clean ? clean : "", row->side);
	free(clean);
}

/* "vlan_tags" as people write it. */
static void print_name(FILE *out, const char *name, size_t width)
{
	size_t n = 0;

	for (; name[n]; n++)
		fputc(name[n] == '_' ? ' ' : name[n], out);
	fprintf(out, "%*s", (int)(width - n), "");
}

static int print_row(FILE *out, const struct gp_check_row *row, size_t width, bool colour)
{
	size_t indent = STATE + 2 + width + 2;
	char *found = gp_text_clean(row->found), *remedy = row->remedy ? gp_text_clean(row->remedy) : NULL;
	int err = !found || (row->remedy && !remedy);

	if (!err) {
		fprintf(out, "  %s%-4s%s  ", colour ? colours[row->state] : "", states[row->state],
			colour ? "\033[0m" : "");
		print_name(out, row->name, width);
		fputs("  ", out);
		wrap(out, found, indent);
		if (remedy) {
			fprintf(out, "%*s-> ", (int)indent, "");
			wrap(out, remedy, indent + 3);
		}
	}
	free(found);
	free(remedy);
	return err;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_result(FILE *out, const struct gp_check *check)
{
	size_t warnings = gp_check_count(check, GP_CHECK_WARN), failures = gp_check_count(check, GP_CHECK_FAIL);

	fputc('\n', out);
	if (failures)
		fprintf(out, "gatepost cannot run here as it is: %zu failure%s, %zu warning%s\n", failures,
			plural(failures), warnings, plural(warnings));
	else if (warnings)
		fprintf(out, "gatepost can run here; %zu warning%s\n", warnings, plural(warnings));
	else
		fputs("gatepost can run here\n", out);
}

static int print_table(FILE *out, const struct gp_check *check, bool colour)
{
	size_t width = 0;
	int err = 0;

	for (size_t i = 0; i < check->count; i++)
		width = strlen(check->rows[i].name) > width ? strlen(check->rows[i].name) : width;
	for (size_t i = 0; i < check->count && !err; i++) {
		if (!i || strcmp(check->rows[i].subject, check->rows[i - 1].subject))
			print_heading(out, &check->rows[i]);
		err = print_row(out, &check->rows[i], width, colour);
	}
	print_result(out, check);
	return err;
}

/* Takes the value over. */
static int put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return 0;
	json_object_put(value);
	return 1;
}

/* NULL stays null. */
static int put_text(struct json_object *object, const char *key, const char *text)
{
	char *clean;
	int err;

	if (!text)
		return json_object_object_add(object, key, NULL) != 0;
	clean = gp_text_clean(text);
	err = !clean || put(object, key, json_object_new_string(clean));
	free(clean);
	return err;
}

static int put_row(struct json_object *rows, const struct gp_check_row *row)
{
	struct json_object *object = json_object_new_object();
	int err;

	if (!object)
		return 1;
	err = put_text(object, "state", states[row->state]) ||
	      put_text(object, "interface", row->subject[0] ? row->subject : NULL) ||
	      put_text(object, "side", row->side) || put_text(object, "check", row->name) ||
	      put_text(object, "found", row->found) || put_text(object, "remedy", row->remedy);
	if (!err && !json_object_array_add(rows, object))
		return 0;
	json_object_put(object);
	return 1;
}

static int print_json(FILE *out, const struct gp_check *check, bool indented)
{
	struct json_object *object = json_object_new_object(), *generator = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	const char *text = NULL;
	int err = !object || !generator || !rows;

	err = err || put_text(object, "schema", "gatepost.check/1") || put_text(generator, "name", "gatepost") ||
	      put_text(generator, "version", GP_VERSION) || put_text(object, "state", states[worst(check)]);
	for (size_t i = 0; i < check->count && !err; i++)
		err = put_row(rows, &check->rows[i]);
	if (!err) {
		/* put() takes both over, whatever it returns. */
		err = put(object, "generator", generator) | put(object, "rows", rows);
		generator = rows = NULL;
	}
	if (!err)
		text = json_object_to_json_string_ext(object, (indented ? JSON_C_TO_STRING_PRETTY : 0) |
								      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(rows);
	json_object_put(generator);
	json_object_put(object);
	return !text;
}

char *gp_check_print(const struct gp_check *check, enum gp_format format, bool colour)
{
	char *text = NULL;
	size_t bytes;
	FILE *out;
	int err;

	if (check->no_memory)
		return NULL;
	out = open_memstream(&text, &bytes);
	if (!out)
		return NULL;
	err = format == GP_FORMAT_TEXT ? print_table(out, check, colour) :
					 print_json(out, check, format == GP_FORMAT_JSON);
	if (!fclose(out) && !err)
		return text;
	free(text);
	return NULL;
}
