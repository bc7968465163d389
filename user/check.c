// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gp_check_subject(struct gp_check *check, const char *subject, const char *side)
{
	snprintf(check->subject, sizeof(check->subject), "%s", subject);
	check->side = side;
}

/* Return: the row, or NULL when out of memory (noted). */
static struct gp_check_row *new_row(struct gp_check *check)
{
	struct gp_check_row *rows = realloc(check->rows, (check->count + 1) * sizeof(*rows));

	if (!rows) {
		check->no_memory = true;
		return NULL;
	}
	check->rows = rows;
	rows[check->count] = (struct gp_check_row){ .side = check->side };
	memcpy(rows[check->count].subject, check->subject, sizeof(check->subject));
	return &rows[check->count++];
}

__attribute__((format(printf, 4, 0)))
static void add(struct gp_check *check, enum gp_check_state state, const char *name, const char *found, va_list args)
{
	struct gp_check_row *row = new_row(check);

	if (!row)
		return;
	row->name = name;
	row->state = state == GP_CHECK_FAIL && check->survey && check->subject[0] ? GP_CHECK_WARN : state;
	if (vasprintf(&row->found, found, args) < 0) {
		row->found = NULL;
		check->no_memory = true;
	}
}

void gp_check_add(struct gp_check *check, enum gp_check_state state, const char *name, const char *found, ...)
{
	va_list args;

	va_start(args, found);
	add(check, state, name, found, args);
	va_end(args);
}

void gp_check_fine(struct gp_check *check, const char *name, const char *found, ...)
{
	va_list args;

	if (check->survey)
		return;
	va_start(args, found);
	add(check, GP_CHECK_OK, name, found, args);
	va_end(args);
}

void gp_check_mend(struct gp_check *check, const char *remedy, ...)
{
	struct gp_check_row *row;
	va_list args;

	if (!check->count)
		return;
	row = &check->rows[check->count - 1];
	free(row->remedy);
	va_start(args, remedy);
	if (vasprintf(&row->remedy, remedy, args) < 0) {
		row->remedy = NULL;
		check->no_memory = true;
	}
	va_end(args);
}

size_t gp_check_count(const struct gp_check *check, enum gp_check_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += check->rows[i].state == state;
	return count;
}

void gp_check_close(struct gp_check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->rows[i].found);
		free(check->rows[i].remedy);
	}
	free(check->rows);
	*check = (struct gp_check){ 0 };
}
