/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config_keys.h"
#include "config_ranges.h"
#include "config_value.h"
#include "log.h"

#define PORTS 65536u

/* An entry of inside that is a mapping, until both of its keys are known. */
struct entry {
	struct gp_prefix prefix;
	bool have_prefix, have_subscriber, bad;
	__u32 subscriber; /* as written */
	int subscriber_line;
};

struct reader {
	struct gp_config *config;
	struct gp_config_errors *errors;
	yaml_document_t *doc;
	bool defaults; /* the table's own values are being read: lines mean nothing */
	int lines[GP_CONFIG_KEYS_MAX]; /* where each key stands; 0: not in the file */
	struct gp_prefix_list prefixes;
	struct entry entry;
	struct gp_list_spec *list; /* the entry of lists that is being read */
	bool no_memory;
};

static int *line_of(struct reader *reader, const struct gp_config_key *key)
{
	return &reader->lines[key - gp_config_keys];
}

/* "key: what is wrong; what is allowed". */
__attribute__((format(printf, 4, 5))) static void complain(struct reader *reader, int line,
							    const struct gp_config_key *key, const char *format, ...)
{
	char what[320], allowed[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	gp_config_key_allowed(allowed, sizeof(allowed), key);
	gp_config_errors_add(reader->errors, line, "%s: %s; %s", key->path, what, allowed);
}

static int node_line(const yaml_node_t *node)
{
	return (int)node->start_mark.line + 1;
}

static const char *node_kind(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return "is a list";
	if (node->type == YAML_MAPPING_NODE)
		return "is a mapping";
	return node->data.scalar.length ? "is a single value" : "has no value";
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!text[0] || !strcmp(text, "~") || !strcmp(text, "null"));
}

/* The text of a scalar, or NULL after a complaint. */
static const char *scalar(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		complain(reader, node_line(node), key, "%s", node_kind(node));
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (is_null(node)) {
		complain(reader, node_line(node), key, "has no value");
		return NULL;
	}
	if (strlen(text) != node->data.scalar.length) {
		complain(reader, node_line(node), key, "holds a null byte");
		return NULL;
	}
	return text;
}

/* The same where a quoted value is of another type: "25" is no number. */
static const char *plain_scalar(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];

	if (text && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		complain(reader, node_line(node), key, "%s is text in quotes", gp_config_quote(quote, text));
		return NULL;
	}
	return text;
}

static void *place(struct reader *reader, const struct gp_config_key *key)
{
	return (char *)reader->config + key->where;
}

/* Printable ASCII of the length that the key takes, or NULL after a complaint. */
static const char *ascii_scalar(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	size_t len, i;

	if (!text)
		return NULL;
	len = strlen(text);
	if (len < (size_t)key->min || len > (size_t)key->max) {
		complain(reader, node_line(node), key, "has %zu characters", len);
		return NULL;
	}
	for (i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e) {
			complain(reader, node_line(node), key, "%s is not plain ASCII", gp_config_quote(quote, text));
			return NULL;
		}
	}
	return text;
}

static void keep_text(struct reader *reader, char **where, const char *text)
{
	if (!text)
		return;
	free(*where);
	*where = strdup(text);
	if (!*where)
		reader->no_memory = true;
}

static void set_text(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	keep_text(reader, place(reader, key), ascii_scalar(reader, key, node));
}

static void set_choice(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *off = key->type == GP_KEY_BOOL ? "false" : "none";
	const char *on = key->type == GP_KEY_BOOL ? "true" : "strict";
	const char *text = plain_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	bool *where = place(reader, key);

	if (!text)
		return;
	if (strcmp(text, on) && strcmp(text, off)) {
		complain(reader, node_line(node), key, "%s is unknown", gp_config_quote(quote, text));
		return;
	}
	*where = !strcmp(text, on);
}

static void set_double(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = plain_scalar(reader, key, node), *why = "is not a plain number", *rest;
	double *where = place(reader, key), value;
	char quote[GP_CONFIG_QUOTE];
	bool minus = key->min < 0 && text && *text == '-', bad;

	if (!text)
		return;
	if (key->type == GP_KEY_DURATION)
		bad = gp_duration_parse(&value, &why, text);
	else
		bad = gp_number_parse(&value, &rest, text + minus) || *rest;
	if (!bad && minus)
		value = -value;
	if (!bad && (value < key->min || value > key->max)) {
		why = "is out of range";
		bad = true;
	}
	if (bad)
		complain(reader, node_line(node), key, "%s %s", gp_config_quote(quote, text), why);
	else
		*where = value;
}

static void set_power(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = plain_scalar(reader, key, node), *why = NULL;
	__u32 *where = place(reader, key), value = 0;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return;
	if (gp_integer_parse(&value, text, (__u32)key->max) || value < key->min)
		why = "is not a whole number in range";
	else if (value & (value - 1))
		why = "is not a power of two";
	if (why)
		complain(reader, node_line(node), key, "%s %s", gp_config_quote(quote, text), why);
	else
		*where = key->type == GP_KEY_BITS ? value / 64 : value;
}

static void set_integer(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = plain_scalar(reader, key, node);
	__u32 *where = place(reader, key), value;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return;
	if (gp_integer_parse(&value, text, (__u32)key->max) || value < key->min)
		complain(reader, node_line(node), key, "%s is not a whole number in range", gp_config_quote(quote, text));
	else
		*where = value;
}

static void set_mask(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = plain_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	__u32 *where = place(reader, key);

	if (text && !gp_mask_parse(where, text))
		return;
	*where = ~0u; /* one complaint is enough */
	if (text)
		complain(reader, node_line(node), key, "%s is no mask", gp_config_quote(quote, text));
}

static void set_secret(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = scalar(reader, key, node);

	/* The value is a secret, so the message does not show it. */
	if (text && gp_secret_parse(place(reader, key), text))
		complain(reader, node_line(node), key, "is something else (%zu characters)", strlen(text));
	reader->config->secret_given = !reader->defaults;
}

static __u8 *port_service(struct gp_port *port, int service)
{
	return service == GP_SERVICE_QUIC ? &port->udp_service : &port->tcp_service;
}

static const struct gp_config_key *service_key(int service)
{
	size_t i;

	for (i = 0; i < gp_config_key_count; i++) {
		if (gp_config_keys[i].type == GP_KEY_PORTS && (int)gp_config_keys[i].where == service)
			return &gp_config_keys[i];
	}
	return NULL;
}

/* Where a default meets a port that the file gave to another service, the file's line is the one to change. */
static void complain_port(struct reader *reader, int line, const struct gp_config_key *key, unsigned int port,
			  int other_service)
{
	const struct gp_config_key *other = service_key(other_service);
	int other_line = *line_of(reader, other);

	if (reader->defaults)
		complain(reader, other_line, other, "port %u belongs to %s by default, %s; give %s without it", port,
			 key->path, key->fallback, key->path);
	else
		complain(reader, line, key, "port %u is in %s already, line %d", port, other->path, other_line);
}

/* Return: false after a complaint. */
static bool claim_port(struct reader *reader, const struct gp_config_key *key, int line, unsigned int number)
{
	struct gp_port *port = &reader->config->ports[number];
	__u8 *service;

	if (key->type == GP_KEY_SCAN_PORTS) {
		if (port->scan_class < key->where)
			port->scan_class = (__u8)key->where;
		return true;
	}
	service = port_service(port, (int)key->where);
	if (*service != GP_SERVICE_OTHER) {
		complain_port(reader, line, key, number, *service);
		return false;
	}
	*service = (__u8)key->where;
	return true;
}

static void set_port_item(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node, __u8 *seen)
{
	const char *text = scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	unsigned int number;
	__u16 first, last;

	if (!text)
		return;
	if (gp_ports_parse(&first, &last, text)) {
		complain(reader, node_line(node), key, "%s is neither a port nor a range of ports",
			 gp_config_quote(quote, text));
		return;
	}
	for (number = first; number <= last; number++) {
		if (seen[number / 8] & 1u << number % 8) {
			complain(reader, node_line(node), key, "port %u is given twice", number);
			return;
		}
		seen[number / 8] |= (__u8)(1u << number % 8);
		if (!claim_port(reader, key, node_line(node), number))
			return;
	}
}

static void set_ports(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	__u8 seen[PORTS / 8] = {0};

	if (node->type != YAML_SEQUENCE_NODE) {
		complain(reader, node_line(node), key, "%s", node_kind(node));
		return;
	}
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		set_port_item(reader, key, yaml_document_get_node(reader->doc, *item), seen);
}

/* Return: false after a complaint. */
static bool read_prefix(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node,
			struct gp_prefix *prefix)
{
	const char *text = scalar(reader, key, node), *why;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return false;
	if (gp_prefix_parse(prefix, text, &why)) {
		complain(reader, node_line(node), key, "%s: %s", gp_config_quote(quote, text), why);
		return false;
	}
	return true;
}

static void add_prefix(struct reader *reader, const struct gp_prefix *prefix, int line)
{
	if (gp_prefix_list_add(&reader->prefixes, prefix, reader->defaults ? 0 : line))
		reader->no_memory = true;
}

static void set_entry_prefix(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	reader->entry.have_prefix = read_prefix(reader, key, node, &reader->entry.prefix);
	reader->entry.bad |= !reader->entry.have_prefix;
}

static void set_entry_subscriber(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = plain_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];

	reader->entry.subscriber_line = node_line(node);
	reader->entry.have_subscriber = text && !gp_integer_parse(&reader->entry.subscriber, text, (__u32)key->max);
	reader->entry.bad |= !reader->entry.have_subscriber;
	if (text && !reader->entry.have_subscriber)
		complain(reader, node_line(node), key, "%s is not a prefix length", gp_config_quote(quote, text));
}

static void read_mapping(struct reader *reader, const yaml_node_t *node, const char *parent);

static void read_entry(struct reader *reader, const yaml_node_t *node)
{
	const struct gp_config_key *subscriber = gp_config_key_find("inside[]", "subscriber");
	struct entry *entry = &reader->entry;
	char text[GP_PREFIX_TEXT];
	unsigned int offset;

	*entry = (struct entry){0};
	*line_of(reader, subscriber) = 0;
	*line_of(reader, gp_config_key_find("inside[]", "prefix")) = 0;
	read_mapping(reader, node, "inside[]");
	if (entry->bad)
		return;
	if (!entry->have_prefix) {
		complain(reader, node_line(node), gp_config_key_find("inside[]", "prefix"), "is missing");
		return;
	}
	offset = gp_prefix_is_v4(&entry->prefix) ? 96 : 0;
	if (entry->have_subscriber) {
		if (entry->subscriber + offset < entry->prefix.bits || entry->subscriber + offset > 128) {
			gp_prefix_format(text, sizeof(text), &entry->prefix);
			complain(reader, entry->subscriber_line, subscriber, "%u does not fit %s", entry->subscriber,
				 text);
			return;
		}
		entry->prefix.subscriber_bits = (__u8)(entry->subscriber + offset);
	}
	add_prefix(reader, &entry->prefix, node_line(node));
}

/* A sequence of as many entries as are allowed? Return: false after a complaint. */
static bool is_list(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node, size_t *count)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		complain(reader, node_line(node), key, "%s", node_kind(node));
		return false;
	}
	*count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (*count >= (size_t)key->min && *count <= (size_t)key->max)
		return true;
	complain(reader, node_line(node), key, "has %zu entries", *count);
	return false;
}

static void set_prefixes(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	const yaml_node_t *value;
	struct gp_prefix prefix;
	size_t count;

	if (!is_list(reader, key, node, &count))
		return;
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		value = yaml_document_get_node(reader->doc, *item);
		if (value->type == YAML_MAPPING_NODE && key->where == GP_ROLE_SUBSCRIBER) {
			read_entry(reader, value);
		} else if (read_prefix(reader, key, value, &prefix)) {
			prefix.role = (__u8)key->where;
			add_prefix(reader, &prefix, node_line(value));
		}
	}
}

static void set_list_kind(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];

	for (int kind = 0; text && kind < GP_LIST_KINDS; kind++) {
		if (!strcmp(text, gp_list_kind_name((enum gp_list_kind)kind))) {
			reader->list->kind = (enum gp_list_kind)kind;
			return;
		}
	}
	if (text)
		complain(reader, node_line(node), key, "%s is unknown", gp_config_quote(quote, text));
}

/* Entries are kept as a file has them, one a line; they are read with the files. */
static void set_list_entries(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	size_t count, len = 0;
	char *entries;

	if (!is_list(reader, key, node, &count))
		return;
	entries = calloc(count, GP_CONFIG_SCALAR_BYTES + 2);
	reader->no_memory |= !entries;
	for (item = node->data.sequence.items.start; entries && item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = yaml_document_get_node(reader->doc, *item);
		const char *text = scalar(reader, key, value);

		if (text && strlen(text) > GP_CONFIG_SCALAR_BYTES)
			complain(reader, node_line(value), key, "has %zu bytes", strlen(text));
		else if (text && strpbrk(text, "\r\n"))
			complain(reader, node_line(value), key, "holds a line end");
		else if (text)
			len += (size_t)sprintf(entries + len, "%s\n", text);
	}
	free(reader->list->entries);
	reader->list->entries = entries;
}

static void set_list_name(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = ascii_scalar(reader, key, node);

	if (text)
		snprintf(reader->list->name, sizeof(reader->list->name), "%s", text);
}

static void check_list(struct reader *reader, const struct gp_list_spec *list)
{
	const struct gp_config *config = reader->config;

	for (const char *const *name = (const char *const[]){"name", "kind", NULL}; *name; name++) {
		const struct gp_config_key *key = gp_config_key_find("lists[]", *name);

		if (!*line_of(reader, key))
			complain(reader, list->line, key, "is missing");
	}
	if (!*line_of(reader, gp_config_key_find("lists[]", "file")) ==
	    !*line_of(reader, gp_config_key_find("lists[]", "entries")))
		gp_config_errors_add(reader->errors, list->line, "lists[]: has %s; one of file and entries is needed",
				     list->file && list->entries ? "both file and entries" : "neither file nor entries");
	for (const struct gp_list_spec *other = config->lists; other < list; other++) {
		if (list->name[0] && !strcmp(other->name, list->name))
			gp_config_errors_add(reader->errors, list->line,
					     "lists[].name: %s is the name of another list, in line %d; names tell lists "
					     "apart", list->name, other->line);
	}
}

static void read_list(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const struct gp_config_key *below;

	if (node->type != YAML_MAPPING_NODE) {
		complain(reader, node_line(node), key, "%s", node_kind(node));
		return;
	}
	for (below = gp_config_keys; below < gp_config_keys + gp_config_key_count; below++) {
		if (!strncmp(below->path, "lists[].", strlen("lists[].")))
			*line_of(reader, below) = 0;
	}
	reader->list = &reader->config->lists[reader->config->list_count++];
	reader->list->line = node_line(node);
	read_mapping(reader, node, "lists[]");
	check_list(reader, reader->list);
}

static void set_lists(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	size_t count;

	if (!is_list(reader, key, node, &count))
		return;
	reader->config->lists = calloc(count + 1, sizeof(*reader->config->lists));
	if (!reader->config->lists) {
		reader->no_memory = true;
		return;
	}
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		read_list(reader, key, yaml_document_get_node(reader->doc, *item));
}

/* One that is there switches on what it is about, even if it is empty. */
static void read_section(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	bool *there = place(reader, key);

	if (key->where)
		*there = true;
	read_mapping(reader, node, key->path);
}

static void set_section(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		read_section(reader, key, node);
	else
		complain(reader, node_line(node), key, "%s", node_kind(node));
}

static void set_list_file(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	keep_text(reader, &reader->list->file, ascii_scalar(reader, key, node));
}

static void set_key(struct reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	static void (*const set[])(struct reader *, const struct gp_config_key *, const yaml_node_t *) = {
		[GP_KEY_SECTION] = set_section,
		[GP_KEY_TEXT] = set_text,
		[GP_KEY_BOOL] = set_choice,
		[GP_KEY_VALIDATION] = set_choice,
		[GP_KEY_NUMBER] = set_double,
		[GP_KEY_DURATION] = set_double,
		[GP_KEY_POWER] = set_power,
		[GP_KEY_BITS] = set_power,
		[GP_KEY_INTEGER] = set_integer,
		[GP_KEY_MASK] = set_mask,
		[GP_KEY_PORTS] = set_ports,
		[GP_KEY_SCAN_PORTS] = set_ports,
		[GP_KEY_PREFIXES] = set_prefixes,
		[GP_KEY_ENTRY_PREFIX] = set_entry_prefix,
		[GP_KEY_ENTRY_SUBSCRIBER] = set_entry_subscriber,
		[GP_KEY_SECRET] = set_secret,
		[GP_KEY_LISTS] = set_lists,
		[GP_KEY_LIST_NAME] = set_list_name,
		[GP_KEY_LIST_KIND] = set_list_kind,
		[GP_KEY_LIST_FILE] = set_list_file,
		[GP_KEY_LIST_ENTRIES] = set_list_entries,
	};

	set[key->type](reader, key, node);
}

static void read_pair(struct reader *reader, const yaml_node_t *name, const yaml_node_t *value, const char *parent)
{
	const char *text = name->type == YAML_SCALAR_NODE ? (const char *)name->data.scalar.value : "a list or mapping";
	const struct gp_config_key *key = NULL;
	char quote[GP_CONFIG_QUOTE], siblings[512];

	if (name->type == YAML_SCALAR_NODE && strlen(text) == name->data.scalar.length)
		key = gp_config_key_find(parent, text);
	if (!key) {
		gp_config_key_siblings(siblings, sizeof(siblings), parent);
		gp_config_errors_add(reader->errors, node_line(name), "%s%s%s: unknown key; known here: %s", parent,
				     *parent ? ": " : "", gp_config_quote(quote, text), siblings);
		reader->entry.bad = true;
		return;
	}
	if (*line_of(reader, key)) {
		gp_config_errors_add(reader->errors, node_line(name),
				     "%s: given twice, in line %d as well; once is allowed", key->path,
				     *line_of(reader, key));
		reader->entry.bad = true;
		return;
	}
	*line_of(reader, key) = node_line(name);
	set_key(reader, key, value);
}

static void read_mapping(struct reader *reader, const yaml_node_t *node, const char *parent)
{
	const yaml_node_pair_t *pair;

	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
		read_pair(reader, yaml_document_get_node(reader->doc, pair->key),
			  yaml_document_get_node(reader->doc, pair->value), parent);
}

static int read_file(struct reader *reader, const char *text, size_t len)
{
	const yaml_node_t *root;
	yaml_document_t doc;
	int err;

	if (!gp_yaml_check(reader->errors, text, len))
		return -EINVAL;
	err = gp_yaml_load(&doc, reader->errors, text, len);
	if (err)
		return err;
	reader->doc = &doc;
	root = yaml_document_get_root_node(&doc);
	if (root && root->type == YAML_MAPPING_NODE)
		read_mapping(reader, root, "");
	else if (root && !(root->type == YAML_SCALAR_NODE && is_null(root)))
		gp_config_errors_add(reader->errors, node_line(root), "the file %s; it must be a mapping of keys",
				     node_kind(root));
	reader->doc = NULL;
	yaml_document_delete(&doc);
	return 0;
}

static void read_arguments(struct reader *reader, char *const *inside, size_t count)
{
	struct gp_prefix prefix;
	const char *why;
	size_t i;

	for (i = 0; i < count; i++) {
		if (gp_prefix_parse(&prefix, inside[i], &why))
			gp_config_errors_add(reader->errors, 0,
					     "--inside %s: %s; a prefix, such as 192.0.2.0/24 or 2001:db8::/32",
					     inside[i], why);
		else
			add_prefix(reader, &prefix, 0);
	}
}

static bool has_default(const struct gp_config_key *key)
{
	return key->fallback && key->type != GP_KEY_ENTRY_PREFIX && key->type != GP_KEY_ENTRY_SUBSCRIBER;
}

/* Defaults go the same way as values of the file, so that there is one way only. */
static int read_defaults(struct reader *reader, bool default_inside)
{
	const struct gp_config_key *key;
	yaml_document_t doc;
	int err;

	reader->defaults = true;
	for (key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (!has_default(key) || *line_of(reader, key))
			continue;
		if (key->type == GP_KEY_PREFIXES && key->where == GP_ROLE_SUBSCRIBER && !default_inside)
			continue;
		err = gp_yaml_load(&doc, reader->errors, key->fallback, strlen(key->fallback));
		if (err)
			return err;
		reader->doc = &doc;
		set_key(reader, key, yaml_document_get_root_node(&doc));
		reader->doc = NULL;
		yaml_document_delete(&doc);
	}
	return 0;
}

/* Where a prefix came from, for messages. */
static const char *origin(const struct gp_prefix_entry *entry)
{
	if (!entry->line)
		return "--inside";
	switch (entry->prefix.role) {
	case GP_ROLE_RELAY:
		return "relays";
	case GP_ROLE_INFRASTRUCTURE:
		return "infrastructure";
	case GP_ROLE_BUSINESS:
		return "business";
	default:
		return "inside";
	}
}

static void complain_conflict(void *context, const struct gp_prefix_conflict *conflict)
{
	const struct gp_prefix *other = &conflict->other->prefix;
	char text[GP_PREFIX_TEXT], other_text[GP_PREFIX_TEXT], where[32] = "";
	struct reader *reader = context;

	gp_prefix_format(text, sizeof(text), &conflict->entry->prefix);
	gp_prefix_format(other_text, sizeof(other_text), other);
	if (conflict->other->line)
		snprintf(where, sizeof(where), " in line %d", conflict->other->line);
	gp_config_errors_add(reader->errors, conflict->entry->line,
			     "%s: %s %s; it meets %s of %s%s, whose subscribers have /%u", origin(conflict->entry),
			     text, conflict->why, other_text, origin(conflict->other), where,
			     other->subscriber_bits - (gp_prefix_is_v4(other) ? 96u : 0));
}

static void check_scores(struct reader *reader)
{
	const struct gp_config_key *confirm = gp_config_key_find("thresholds", "confirm_score");
	const struct gp_config_key *suspect = gp_config_key_find("thresholds", "suspect_score");
	const struct gp_limits *limits = &reader->config->limits;
	int line = *line_of(reader, confirm) ? *line_of(reader, confirm) : *line_of(reader, suspect);

	if (limits->confirm_score < limits->suspect_score)
		gp_config_errors_add(reader->errors, line, "%s: %g is below %s; at least %g", confirm->path,
				     limits->confirm_score, suspect->path, limits->suspect_score);
}

/* A mark that nothing reaches is a mistake. */
static void check_mark(struct reader *reader)
{
	const struct gp_config_key *mask = gp_config_key_find("tags", "mark_mask");
	const struct gp_config_key *shift = gp_config_key_find("tags", "mark_shift");
	const struct gp_config *config = reader->config;
	int line = *line_of(reader, mask) ? *line_of(reader, mask) : *line_of(reader, shift);

	if (!(GP_MARK_BITS << config->mark_shift & config->mark_mask))
		gp_config_errors_add(reader->errors, line,
				     "%s: 0x%x holds no bit of the value, 0x%x << %u; change it or %s", mask->path,
				     config->mark_mask, GP_MARK_BITS, config->mark_shift, shift->path);
}

static int cut_ranges(struct reader *reader)
{
	struct gp_config *config = reader->config;
	char text[GP_PREFIX_TEXT];
	struct gp_prefix homeless;
	size_t count;
	int err;

	gp_prefix_list_sort(&reader->prefixes);
	gp_prefix_conflicts(&reader->prefixes, complain_conflict, reader);
	if (reader->errors->count || reader->errors->dropped)
		return -EINVAL;
	err = gp_ranges_cut(&config->ranges, &count, &reader->prefixes);
	if (err)
		return err;
	if (count > GP_PREFIXES_MAX) {
		gp_config_errors_add(reader->errors, 0,
				     "inside, relays, infrastructure: %zu address ranges after cutting; at most %u",
				     count, GP_PREFIXES_MAX);
		return -EINVAL;
	}
	config->range_count = (__u32)count;
	if (gp_ranges_find_homeless(config->ranges, count, &homeless)) {
		gp_prefix_format(text, sizeof(text), &homeless);
		gp_config_errors_add(reader->errors, 0,
				     "inside: the first and the last address of the subscriber %s are taken by others "
				     "(relays, infrastructure, or a longer prefix of inside); list what is left of it "
				     "with prefixes of its own", text);
		return -EINVAL;
	}
	return 0;
}

static int read_all(struct reader *reader, const char *text, size_t len, char *const *inside, size_t inside_count)
{
	struct gp_config *config = reader->config;
	const struct gp_config_key *key = gp_config_key_find("", "inside");
	int err;

	config->ports = calloc(PORTS, sizeof(*config->ports));
	if (!config->ports)
		return -ENOMEM;
	read_arguments(reader, inside, inside_count);
	err = read_file(reader, text, len);
	if (err)
		return err;
	config->default_inside = !inside_count && !*line_of(reader, key);
	err = read_defaults(reader, config->default_inside);
	if (err)
		return err;
	if (reader->no_memory)
		return -ENOMEM;
	check_scores(reader);
	check_mark(reader);
	return cut_ranges(reader);
}

int gp_config_parse(struct gp_config **out, struct gp_config_errors *errors, const char *text, size_t len,
		    char *const *inside, size_t inside_count)
{
	struct reader reader = {.errors = errors};
	int err;

	*out = NULL;
	reader.config = calloc(1, sizeof(*reader.config));
	if (!reader.config)
		return -ENOMEM;
	err = read_all(&reader, text, len, inside, inside_count);
	gp_prefix_list_free(&reader.prefixes);
	if (err)
		gp_config_close(reader.config);
	else
		*out = reader.config;
	return err;
}

int gp_config_open(struct gp_config **out, const char *path, char *const *inside, size_t inside_count)
{
	struct gp_config_errors errors = {0};
	char *text = NULL;
	size_t len = 0;
	int err = 0;

	*out = NULL;
	if (path)
		err = gp_config_file_read(&text, &len, path);
	if (err)
		return err;
	err = gp_config_parse(out, &errors, text, len, inside, inside_count);
	if (err == -ENOMEM)
		gp_error("config: %s: %s", path ? path : "defaults", strerror(-err));
	gp_config_errors_log(&errors, path);
	gp_config_errors_free(&errors);
	free(text);
	return err;
}

/* Nobody outside can aim at a bucket. */
int gp_config_draw_secret(struct gp_config *config)
{
	if (config->secret_given || getrandom(config->secret, sizeof(config->secret), 0) == sizeof(config->secret))
		return 0;
	gp_error("run: no random numbers from the kernel");
	return -EIO;
}

void gp_config_close(struct gp_config *config)
{
	if (!config)
		return;
	free(config->sensor);
	free(config->journal);
	free(config->spf.resolver);
	free(config->ranges);
	free(config->ports);
	for (__u32 i = 0; i < config->list_count; i++) {
		free(config->lists[i].file);
		free(config->lists[i].entries);
	}
	free(config->lists);
	free(config->as_table);
	free(config);
}
