/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "csv_line.h"

#include <stdbool.h>
#include <string.h>

struct gp_csv_lines gp_csv_lines(const char *text, size_t len)
{
	bool marked = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3);

	return (struct gp_csv_lines){.text = marked ? text + 3 : text, .len = marked ? len - 3 : len};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\r';
}

static bool is_separator(char c)
{
	return c == ',' || c == ';' || c == '\t';
}

/* Where a line is read. */
struct cursor {
	const char *at, *end;
	const char *why;
};

static void put(struct cursor *c, char *field, size_t *len, char letter)
{
	if (!letter)
		c->why = "it holds a null byte";
	else if (*len + 1 < GP_CSV_FIELD)
		field[(*len)++] = letter;
	else
		c->why = "a field has more than 255 bytes";
}

/* Behind the opening quote, up to and with the closing one. */
static void take_quoted(struct cursor *c, char *field, size_t *len)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '"') {
			if (++c->at == c->end || *c->at != '"')
				return;
		}
		put(c, field, len, *c->at);
	}
	c->why = "a quote is not closed";
}

static void take_plain(struct cursor *c, char *field, size_t *len, bool until_blank)
{
	const char *begin = c->at;

	for (; c->at < c->end && !is_separator(*c->at); c->at++) {
		if (*c->at == '#' && (c->at == begin || is_blank(c->at[-1])))
			break;
		if (until_blank && is_blank(*c->at))
			break;
		put(c, field, len, *c->at);
	}
	while (*len && is_blank(field[*len - 1]))
		(*len)--;
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && is_blank(*c->at))
		c->at++;
}

/* Return: does another field follow? */
static bool take_field(struct cursor *c, char field[GP_CSV_FIELD], bool until_blank)
{
	size_t len = 0;
	bool blank;

	skip_blanks(c);
	if (c->at < c->end && *c->at == '"') {
		c->at++;
		take_quoted(c, field, &len);
	} else {
		take_plain(c, field, &len, until_blank);
	}
	field[len] = '\0';
	blank = c->at < c->end && is_blank(*c->at);
	skip_blanks(c);
	if (c->at == c->end || *c->at == '#')
		return false;
	if (is_separator(*c->at)) {
		c->at++;
		return true;
	}
	if (until_blank && blank)
		return true;
	c->why = "letters follow a closing quote";
	return false;
}

static void read_line(struct cursor *c, struct gp_csv_line *out, bool loose)
{
	bool more = true;

	skip_blanks(c);
	if (c->at == c->end || *c->at == '#')
		return;
	while (more && out->count < GP_CSV_FIELDS) {
		more = take_field(c, out->fields[out->count], loose && !out->count);
		out->count++;
	}
	if (more)
		c->why = "it has more than 8 fields";
	/* What is empty at the end was never written. */
	while (out->count > 1 && !out->fields[out->count - 1][0])
		out->count--;
}

bool gp_csv_next(struct gp_csv_lines *lines, struct gp_csv_line *out, bool loose, const char **why)
{
	while (lines->len) {
		const char *end = memchr(lines->text, '\n', lines->len);
		struct cursor c = {.at = lines->text, .end = end ? end : lines->text + lines->len};

		lines->len -= (size_t)(c.end - lines->text) + (end ? 1 : 0);
		lines->text = end ? end + 1 : c.end;
		lines->number++;
		out->count = 0;
		for (unsigned int i = 0; i < GP_CSV_FIELDS; i++)
			out->fields[i][0] = '\0';
		read_line(&c, out, loose);
		*why = c.why;
		if (out->count || c.why)
			return true;
	}
	return false;
}
