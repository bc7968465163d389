/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"

int *gp_reader_line(struct gp_reader *reader, const struct gp_config_key *key)
{
	return &reader->lines[key - gp_config_keys];
}

void gp_reader_complain(struct gp_reader *reader, int line, const struct gp_config_key *key, const char *format, ...)
{
	char what[320], allowed[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	gp_config_key_allowed(allowed, sizeof(allowed), key);
	gp_config_errors_add(reader->errors, line, "%s: %s; %s", key->path, what, allowed);
}

int gp_node_line(const yaml_node_t *node)
{
	return (int)node->start_mark.line + 1;
}

const char *gp_node_kind(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return "is a list";
	if (node->type == YAML_MAPPING_NODE)
		return "is a mapping";
	return node->data.scalar.length ? "is a single value" : "has no value";
}

bool gp_node_is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!text[0] || !strcmp(text, "~") || !strcmp(text, "null"));
}

const char *gp_reader_scalar(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s", gp_node_kind(node));
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (gp_node_is_null(node)) {
		gp_reader_complain(reader, gp_node_line(node), key, "has no value");
		return NULL;
	}
	if (strlen(text) != node->data.scalar.length) {
		gp_reader_complain(reader, gp_node_line(node), key, "holds a null byte");
		return NULL;
	}
	return text;
}

/* Where a quoted value is of another type: "25" is no number. */
const char *gp_reader_plain(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];

	if (text && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s is text in quotes", gp_config_quote(quote, text));
		return NULL;
	}
	return text;
}

void *gp_reader_place(struct gp_reader *reader, const struct gp_config_key *key)
{
	return (strstr(key->path, "[].") ? reader->entry : (char *)reader->config) + key->where;
}

const char *gp_reader_ascii(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	size_t len, i;

	if (!text)
		return NULL;
	len = strlen(text);
	if (len < (size_t)key->min || len > (size_t)key->max) {
		gp_reader_complain(reader, gp_node_line(node), key, "has %zu characters", len);
		return NULL;
	}
	for (i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e) {
			gp_reader_complain(reader, gp_node_line(node), key, "%s is not plain ASCII", gp_config_quote(quote, text));
			return NULL;
		}
	}
	return text;
}

void gp_reader_keep(struct gp_reader *reader, char **where, const char *text)
{
	if (!text)
		return;
	free(*where);
	*where = strdup(text);
	if (!*where)
		reader->no_memory = true;
}

bool gp_reader_prefix(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node,
		      struct gp_prefix *prefix)
{
	const char *text = gp_reader_scalar(reader, key, node), *why;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return false;
	if (gp_prefix_parse(prefix, text, &why)) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s: %s", gp_config_quote(quote, text), why);
		return false;
	}
	return true;
}

bool gp_reader_is_list(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node,
		       size_t *count)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s", gp_node_kind(node));
		return false;
	}
	*count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (*count >= (size_t)key->min && *count <= (size_t)key->max)
		return true;
	gp_reader_complain(reader, gp_node_line(node), key, "has %zu entries", *count);
	return false;
}
