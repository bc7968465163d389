/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_yaml.h"
#include "log.h"

#define DEPTH_MAX 8	  /* the keys need 3 */
#define NODES_MAX 400000u /* GP_PREFIXES_MAX entries of five nodes each, and the rest */
#define READ_BYTES 65536u

void gp_config_errors_add(struct gp_config_errors *errors, int line, const char *format, ...)
{
	struct gp_config_error *list;
	va_list args;
	char *text;
	int n;

	if (errors->count == GP_CONFIG_ERRORS_MAX) {
		errors->dropped++;
		return;
	}
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	list = n < 0 ? NULL : reallocarray(errors->list, errors->count + 1, sizeof(*list));
	if (!list) {
		if (n >= 0)
			free(text);
		errors->dropped++;
		return;
	}
	errors->list = list;
	list[errors->count] = (struct gp_config_error){line, (unsigned int)errors->count, text};
	errors->count++;
}

static int error_compare(const void *left, const void *right)
{
	const struct gp_config_error *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void gp_config_errors_log(struct gp_config_errors *errors, const char *name)
{
	size_t i;

	if (errors->count)
		qsort(errors->list, errors->count, sizeof(*errors->list), error_compare);
	for (i = 0; i < errors->count; i++) {
		if (name && errors->list[i].line)
			gp_error("%s:%d: %s", name, errors->list[i].line, errors->list[i].text);
		else
			gp_error("%s", errors->list[i].text);
	}
	if (errors->dropped)
		gp_error("%s: %zu more errors", name ? name : "configuration", errors->dropped);
}

void gp_config_errors_free(struct gp_config_errors *errors)
{
	size_t i;

	for (i = 0; i < errors->count; i++)
		free(errors->list[i].text);
	free(errors->list);
	*errors = (struct gp_config_errors){0};
}

const char *gp_config_quote(char *out, const char *value)
{
	size_t room = GP_CONFIG_QUOTE - 3, len = strlen(value);

	if (len < room) {
		snprintf(out, GP_CONFIG_QUOTE, "\"%s\"", value);
		return out;
	}
	/* Do not cut a character in two (RFC 3629, 3: continuation bytes are 10xxxxxx). */
	for (len = room - 3; len && ((unsigned char)value[len] & 0xc0) == 0x80; len--)
		;
	snprintf(out, GP_CONFIG_QUOTE, "\"%.*s...\"", (int)len, value);
	return out;
}

static int file_read(char **text, size_t *len, FILE *file)
{
	size_t capacity = READ_BYTES, n;
	char *grown;

	do {
		if (!*text || *len == capacity) {
			capacity = *text ? 2 * capacity : capacity;
			grown = realloc(*text, capacity);
			if (!grown)
				return -ENOMEM;
			*text = grown;
		}
		errno = EIO;
		n = fread(*text + *len, 1, capacity - *len, file);
		if (!n && ferror(file))
			return -errno;
		*len += n;
		if (*len > GP_CONFIG_FILE_BYTES)
			return -EFBIG;
	} while (n);
	return 0;
}

int gp_config_file_read(char **text, size_t *len, const char *path)
{
	FILE *file;
	int err;

	*text = NULL;
	*len = 0;
	file = fopen(path, "re");
	if (!file) {
		err = -errno;
		gp_error("config: cannot open %s: %s", path, strerror(-err));
		return err;
	}
	err = file_read(text, len, file);
	fclose(file);
	if (err == -EFBIG)
		gp_error("config: %s is longer than %zu MiB", path, GP_CONFIG_FILE_BYTES >> 20);
	else if (err)
		gp_error("config: cannot read %s: %s", path, strerror(-err));
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

/* The reader (invalid UTF-8, control characters) knows a byte offset only. */
static int problem_line(const yaml_parser_t *parser, const char *text, size_t len)
{
	const char *end = text + (parser->problem_offset < len ? parser->problem_offset : len);
	int line = 1;

	if (parser->error != YAML_READER_ERROR)
		return (int)parser->problem_mark.line + 1;
	while (text < end && (text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		line++;
	}
	return line;
}

static void add_problem(struct gp_config_errors *errors, const yaml_parser_t *parser, const char *text, size_t len)
{
	const char *problem = parser->problem ? parser->problem : "out of memory";
	int line = problem_line(parser, text, len);

	if (parser->context)
		gp_config_errors_add(errors, line, "YAML syntax: %s, %s in line %d", problem, parser->context,
				     (int)parser->context_mark.line + 1);
	else
		gp_config_errors_add(errors, line, "YAML syntax: %s", problem);
}

struct check {
	struct gp_config_errors *errors;
	unsigned int nodes, documents;
	int depth;
	bool fatal;
};

static void check_node(struct check *check, int line, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	char quote[GP_CONFIG_QUOTE];

	if (anchor)
		gp_config_errors_add(check->errors, line, "anchor %s: not allowed; write the value where it belongs",
				     gp_config_quote(quote, (const char *)anchor));
	if (tag)
		gp_config_errors_add(check->errors, line, "tag %s: not allowed; the key decides the type",
				     gp_config_quote(quote, (const char *)tag));
	if (++check->nodes > NODES_MAX) {
		gp_config_errors_add(check->errors, line, "more than %u values; the rest was not read", NODES_MAX);
		check->fatal = true;
	}
}

static void check_enter(struct check *check, int line)
{
	if (++check->depth > DEPTH_MAX) {
		gp_config_errors_add(check->errors, line, "nested more than %d levels deep; the rest was not read",
				     DEPTH_MAX);
		check->fatal = true;
	}
}

static void check_event(struct check *check, const yaml_event_t *event)
{
	int line = (int)event->start_mark.line + 1;
	char quote[GP_CONFIG_QUOTE];

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++check->documents == 2)
			gp_config_errors_add(check->errors, line, "a second document begins; a file holds one");
		break;
	case YAML_ALIAS_EVENT:
		gp_config_errors_add(check->errors, line, "alias %s: not allowed; write the value where it belongs",
				     gp_config_quote(quote, (const char *)event->data.alias.anchor));
		break;
	case YAML_SCALAR_EVENT:
		check_node(check, line, event->data.scalar.anchor, event->data.scalar.tag);
		if (event->data.scalar.length > GP_CONFIG_SCALAR_BYTES)
			gp_config_errors_add(check->errors, line, "a value of %zu bytes; at most %u",
					     event->data.scalar.length, GP_CONFIG_SCALAR_BYTES);
		break;
	case YAML_SEQUENCE_START_EVENT:
		check_node(check, line, event->data.sequence_start.anchor, event->data.sequence_start.tag);
		check_enter(check, line);
		break;
	case YAML_MAPPING_START_EVENT:
		check_node(check, line, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		check_enter(check, line);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		check->depth--;
		break;
	default:
		break;
	}
}

/* UTF-8 and nothing else: libyaml would follow a byte order mark into UTF-16. */
static bool parser_open(yaml_parser_t *parser, const char *text, size_t len)
{
	if (!yaml_parser_initialize(parser))
		return false;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)(text ? text : ""), len);
	return true;
}

bool gp_yaml_check(struct gp_config_errors *errors, const char *text, size_t len)
{
	struct check check = {.errors = errors};
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;

	if (!parser_open(&parser, text, len)) {
		gp_config_errors_add(errors, 0, "config: out of memory");
		return false;
	}
	while (!end && !check.fatal) {
		if (!yaml_parser_parse(&parser, &event)) {
			add_problem(errors, &parser, text, len);
			check.fatal = true;
			break;
		}
		check_event(&check, &event);
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return !check.fatal;
}

int gp_yaml_load(yaml_document_t *doc, struct gp_config_errors *errors, const char *text, size_t len)
{
	yaml_parser_t parser;
	int err = 0;

	if (!parser_open(&parser, text, len))
		return -ENOMEM;
	if (!yaml_parser_load(&parser, doc)) {
		add_problem(errors, &parser, text, len);
		err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
	}
	yaml_parser_delete(&parser);
	return err;
}
