/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequences of mappings: lists, interfaces, outputs, classes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"
#include "prefix.h"

/* Entries are kept as a file has them, one a line; they are read with the files. */
void gp_set_list_entries(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	struct gp_list_spec *list = (struct gp_list_spec *)(void *)reader->entry;
	const yaml_node_item_t *item;
	size_t count, len = 0;
	char *entries;

	if (!gp_reader_is_list(reader, key, node, &count))
		return;
	entries = calloc(count, GP_CONFIG_SCALAR_BYTES + 2);
	reader->no_memory |= !entries;
	for (item = node->data.sequence.items.start; entries && item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = yaml_document_get_node(reader->doc, *item);
		const char *text = gp_reader_scalar(reader, key, value);

		if (text && strlen(text) > GP_CONFIG_SCALAR_BYTES)
			gp_reader_complain(reader, gp_node_line(value), key, "has %zu bytes", strlen(text));
		else if (text && strpbrk(text, "\r\n"))
			gp_reader_complain(reader, gp_node_line(value), key, "holds a line end");
		else if (text)
			len += (size_t)sprintf(entries + len, "%s\n", text);
	}
	free(list->entries);
	list->entries = entries;
}

void gp_set_class_prefixes(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const struct gp_class *class = (const struct gp_class *)(const void *)reader->entry;
	const yaml_node_item_t *item;
	struct gp_prefix prefix;
	size_t count;

	if (!gp_reader_is_list(reader, key, node, &count))
		return;
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = yaml_document_get_node(reader->doc, *item);

		if (!gp_reader_prefix(reader, key, value, &prefix))
			continue;
		prefix.role = (__u8)(class - reader->config->classes);
		if (gp_prefix_list_add(&reader->class_prefixes, &prefix, gp_node_line(value)))
			reader->no_memory = true;
	}
}

bool gp_interface_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len && len < GP_INTERFACE_NAME && !strpbrk(name, "/: \t\n\v\f\r") && strcmp(name, ".") && strcmp(name, "..");
}

/* One of file and entries. */
static void check_list(struct gp_reader *reader)
{
	const struct gp_list_spec *list = (const struct gp_list_spec *)(const void *)reader->entry;

	if (!*gp_reader_line(reader, gp_config_key_find("lists[]", "file")) ==
	    !*gp_reader_line(reader, gp_config_key_find("lists[]", "entries")))
		gp_config_errors_add(reader->errors, list->line, "lists[]: has %s; one of file and entries is needed",
				     list->file && list->entries ? "both file and entries" : "neither file nor entries");
}

static void check_interface(struct gp_reader *reader)
{
	const struct gp_interface_spec *interface = (const struct gp_interface_spec *)(const void *)reader->entry;
	char quote[GP_CONFIG_QUOTE];

	if (interface->name[0] && !gp_interface_name_valid(interface->name))
		gp_config_errors_add(reader->errors, interface->line,
				     "interfaces[].name: %s is no name of an interface; ip link shows what there is",
				     gp_config_quote(quote, interface->name));
}

/* What every entry of a kind has, the first of which tells it apart. */
static const struct {
	const char *required[3];
	void (*check)(struct gp_reader *reader);
} kinds[GP_ENTRIES] = {
	[GP_ENTRIES_LISTS] = {{"name", "kind"}, check_list},
	[GP_ENTRIES_INTERFACES] = {{"name"}, check_interface},
	[GP_ENTRIES_OUTPUTS] = {{"path"}, NULL},
	[GP_ENTRIES_CLASSES] = {{"name", "prefixes"}, NULL},
};

static const char *text_of(const struct gp_config_key *key, const char *entry)
{
	return key->type == GP_KEY_NAME ? entry + key->where : *(const char *const *)(const void *)(entry + key->where);
}

static int *line_in(const struct gp_entries_place *place, char *entry)
{
	return (int *)(void *)(entry + place->line);
}

/* No other entry has the same name. */
static void check_unique(struct gp_reader *reader, enum gp_entries which)
{
	const struct gp_entries_place *place = &gp_entries_places[which];
	const struct gp_config_key *key = gp_config_key_find(place->parent, kinds[which].required[0]);
	const char *text = text_of(key, reader->entry), *other_text;
	char quote[GP_CONFIG_QUOTE];
	__u32 count;

	for (char *other = (char *)gp_config_entries(reader->config, which, &count); other < reader->entry;
	     other += place->size) {
		other_text = text_of(key, other);
		if (text && text[0] && other_text && !strcmp(text, other_text))
			gp_config_errors_add(reader->errors, *line_in(place, reader->entry),
					     "%s: %s stands in line %d as well; each has its own", key->path,
					     gp_config_quote(quote, text), *line_in(place, other));
	}
}

/* Keys that are not there have their defaults, or are missed. */
static void complete_entry(struct gp_reader *reader, enum gp_entries which)
{
	const struct gp_entries_place *place = &gp_entries_places[which];
	const struct gp_config_key *key;

	for (size_t i = 0; i < 3 && kinds[which].required[i]; i++) {
		key = gp_config_key_find(place->parent, kinds[which].required[i]);
		if (!*gp_reader_line(reader, key))
			gp_reader_complain(reader, *line_in(place, reader->entry), key, "is missing");
	}
	for (key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (gp_config_key_below(key, place->parent) && key->fallback && !*gp_reader_line(reader, key) &&
		    gp_reader_default(reader, key))
			reader->no_memory = true;
	}
}

static void read_entry(struct gp_reader *reader, enum gp_entries which, const yaml_node_t *node)
{
	const struct gp_entries_place *place = &gp_entries_places[which];
	const struct gp_config_key *key;

	for (key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (gp_config_key_below(key, place->parent))
			*gp_reader_line(reader, key) = 0;
	}
	*line_in(place, reader->entry) = gp_node_line(node);
	/* No number: what a class does not have of its own is everybody's (user/config_check.c). */
	if (which == GP_ENTRIES_CLASSES)
		memset(reader->entry + offsetof(struct gp_class, limits), 0xff, sizeof(struct gp_limits));
	gp_reader_mapping(reader, node, place->parent);
	complete_entry(reader, which);
	if (kinds[which].check)
		kinds[which].check(reader);
	check_unique(reader, which);
}

void gp_set_entries(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const struct gp_entries_place *place = &gp_entries_places[key->where];
	char *config = (char *)reader->config, *entries;
	const yaml_node_item_t *item;
	size_t count;

	if (!gp_reader_is_list(reader, key, node, &count))
		return;
	entries = calloc(count + 1, place->size);
	*(char **)(void *)(config + place->list) = entries;
	reader->no_memory |= !entries;
	for (item = node->data.sequence.items.start; entries && item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = yaml_document_get_node(reader->doc, *item);

		if (value->type != YAML_MAPPING_NODE) {
			gp_reader_complain(reader, gp_node_line(value), key, "%s", gp_node_kind(value));
			continue;
		}
		reader->entry = entries + place->size * (*(__u32 *)(void *)(config + place->count))++;
		read_entry(reader, (enum gp_entries)key->where, value);
	}
}
