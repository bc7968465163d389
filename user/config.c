/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config_reader.h"
#include "config_value.h"
#include "log.h"

#define PORTS 65536u

static void set_text(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	gp_reader_keep(reader, gp_reader_place(reader, key), gp_reader_ascii(reader, key, node));
}

static void set_name(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_ascii(reader, key, node);

	if (text)
		snprintf(gp_reader_place(reader, key), (size_t)key->max + 1, "%s", text);
}

static void set_choice(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_scalar(reader, key, node);
	int place = text ? gp_choice_find(key->unit, text) : -1;
	char quote[GP_CONFIG_QUOTE];
	__u32 *where = gp_reader_place(reader, key);

	if (place >= 0)
		*where = (__u32)place;
	else if (text)
		gp_reader_complain(reader, gp_node_line(node), key, "%s is unknown", gp_config_quote(quote, text));
}

static void set_bool(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *off = key->type == GP_KEY_BOOL ? "false" : "none";
	const char *on = key->type == GP_KEY_BOOL ? "true" : "strict";
	const char *text = gp_reader_plain(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	bool *where = gp_reader_place(reader, key);

	if (!text)
		return;
	if (strcmp(text, on) && strcmp(text, off)) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s is unknown", gp_config_quote(quote, text));
		return;
	}
	*where = !strcmp(text, on);
}

static void set_double(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_plain(reader, key, node), *why = "is not a plain number", *rest;
	double *where = gp_reader_place(reader, key), value;
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
		gp_reader_complain(reader, gp_node_line(node), key, "%s %s", gp_config_quote(quote, text), why);
	else
		*where = value;
}

static void set_power(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_plain(reader, key, node), *why = NULL;
	__u32 *where = gp_reader_place(reader, key), value = 0;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return;
	if (gp_integer_parse(&value, text, (__u32)key->max) || value < key->min)
		why = "is not a whole number in range";
	else if (value & (value - 1))
		why = "is not a power of two";
	if (why)
		gp_reader_complain(reader, gp_node_line(node), key, "%s %s", gp_config_quote(quote, text), why);
	else
		*where = key->type == GP_KEY_BITS ? value / 64 : value;
}

static void set_integer(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_plain(reader, key, node);
	__u32 *where = gp_reader_place(reader, key), value;
	char quote[GP_CONFIG_QUOTE];

	if (!text)
		return;
	if (gp_integer_parse(&value, text, (__u32)key->max) || value < key->min)
		gp_reader_complain(reader, gp_node_line(node), key, "%s is not a whole number in range", gp_config_quote(quote, text));
	else
		*where = value;
}

static void set_mask(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_plain(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	__u32 *where = gp_reader_place(reader, key);

	if (text && !gp_mask_parse(where, text))
		return;
	*where = ~0u; /* one complaint is enough */
	if (text)
		gp_reader_complain(reader, gp_node_line(node), key, "%s is no mask", gp_config_quote(quote, text));
}

static void set_secret(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_scalar(reader, key, node);

	/* The value is a secret, so the message does not show it. */
	if (text && gp_secret_parse(gp_reader_place(reader, key), text))
		gp_reader_complain(reader, gp_node_line(node), key, "is something else (%zu characters)", strlen(text));
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
static void complain_port(struct gp_reader *reader, int line, const struct gp_config_key *key, unsigned int port,
			  int other_service)
{
	const struct gp_config_key *other = service_key(other_service);
	int other_line = *gp_reader_line(reader, other);

	if (reader->defaults)
		gp_reader_complain(reader, other_line, other, "port %u belongs to %s by default, %s; give %s without it", port,
			 key->path, key->fallback, key->path);
	else
		gp_reader_complain(reader, line, key, "port %u is in %s already, line %d", port, other->path, other_line);
}

/* Return: false after a complaint. */
static bool claim_port(struct gp_reader *reader, const struct gp_config_key *key, int line, unsigned int number)
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

static void set_port_item(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node, __u8 *seen)
{
	const char *text = gp_reader_scalar(reader, key, node);
	char quote[GP_CONFIG_QUOTE];
	unsigned int number;
	__u16 first, last;

	if (!text)
		return;
	if (gp_ports_parse(&first, &last, text)) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s is neither a port nor a range of ports",
			 gp_config_quote(quote, text));
		return;
	}
	for (number = first; number <= last; number++) {
		if (seen[number / 8] & 1u << number % 8) {
			gp_reader_complain(reader, gp_node_line(node), key, "port %u is given twice", number);
			return;
		}
		seen[number / 8] |= (__u8)(1u << number % 8);
		if (!claim_port(reader, key, gp_node_line(node), number))
			return;
	}
}

static void set_ports(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	__u8 seen[PORTS / 8] = {0};

	if (node->type != YAML_SEQUENCE_NODE) {
		gp_reader_complain(reader, gp_node_line(node), key, "%s", gp_node_kind(node));
		return;
	}
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		set_port_item(reader, key, yaml_document_get_node(reader->doc, *item), seen);
}

static void add_prefix(struct gp_reader *reader, const struct gp_prefix *prefix, int line)
{
	if (gp_prefix_list_add(&reader->prefixes, prefix, reader->defaults ? 0 : line))
		reader->no_memory = true;
}

static void set_entry_prefix(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	reader->pool.have_prefix = gp_reader_prefix(reader, key, node, &reader->pool.prefix);
	reader->pool.bad |= !reader->pool.have_prefix;
}

static void set_entry_subscriber(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const char *text = gp_reader_plain(reader, key, node);
	char quote[GP_CONFIG_QUOTE];

	reader->pool.subscriber_line = gp_node_line(node);
	reader->pool.have_subscriber = text && !gp_integer_parse(&reader->pool.subscriber, text, (__u32)key->max);
	reader->pool.bad |= !reader->pool.have_subscriber;
	if (text && !reader->pool.have_subscriber)
		gp_reader_complain(reader, gp_node_line(node), key, "%s is not a prefix length", gp_config_quote(quote, text));
}

static void read_entry(struct gp_reader *reader, const yaml_node_t *node)
{
	const struct gp_config_key *subscriber = gp_config_key_find("inside[]", "subscriber");
	struct gp_reader_pool *entry = &reader->pool;
	char text[GP_PREFIX_TEXT];
	unsigned int offset;

	*entry = (struct gp_reader_pool){0};
	*gp_reader_line(reader, subscriber) = 0;
	*gp_reader_line(reader, gp_config_key_find("inside[]", "prefix")) = 0;
	gp_reader_mapping(reader, node, "inside[]");
	if (entry->bad)
		return;
	if (!entry->have_prefix) {
		gp_reader_complain(reader, gp_node_line(node), gp_config_key_find("inside[]", "prefix"), "is missing");
		return;
	}
	offset = gp_prefix_is_v4(&entry->prefix) ? 96 : 0;
	if (entry->have_subscriber) {
		if (entry->subscriber + offset < entry->prefix.bits || entry->subscriber + offset > 128) {
			gp_prefix_format(text, sizeof(text), &entry->prefix);
			gp_reader_complain(reader, entry->subscriber_line, subscriber, "%u does not fit %s", entry->subscriber,
				 text);
			return;
		}
		entry->prefix.subscriber_bits = (__u8)(entry->subscriber + offset);
	}
	add_prefix(reader, &entry->prefix, gp_node_line(node));
}

static void set_prefixes(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	const yaml_node_t *value;
	struct gp_prefix prefix;
	size_t count;

	if (!gp_reader_is_list(reader, key, node, &count))
		return;
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		value = yaml_document_get_node(reader->doc, *item);
		if (value->type == YAML_MAPPING_NODE && key->where == GP_ROLE_SUBSCRIBER) {
			read_entry(reader, value);
		} else if (gp_reader_prefix(reader, key, value, &prefix)) {
			prefix.role = (__u8)key->where;
			add_prefix(reader, &prefix, gp_node_line(value));
		}
	}
}

/* One that is there switches on what it is about, even if it is empty. */
static void read_section(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	bool *there = gp_reader_place(reader, key);

	if (key->where)
		*there = true;
	gp_reader_mapping(reader, node, key->path);
}

static void set_section(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		read_section(reader, key, node);
	else
		gp_reader_complain(reader, gp_node_line(node), key, "%s", gp_node_kind(node));
}

static void set_key(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node)
{
	static gp_reader_set_fn *const set[] = {
		[GP_KEY_SECTION] = set_section,
		[GP_KEY_TEXT] = set_text,
		[GP_KEY_BOOL] = set_bool,
		[GP_KEY_VALIDATION] = set_bool,
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
		[GP_KEY_NAME] = set_name,
		[GP_KEY_CHOICE] = set_choice,
		[GP_KEY_ENTRIES] = gp_set_entries,
		[GP_KEY_LIST_ENTRIES] = gp_set_list_entries,
		[GP_KEY_CLASS_PREFIXES] = gp_set_class_prefixes,
	};

	set[key->type](reader, key, node);
}

static void read_pair(struct gp_reader *reader, const yaml_node_t *name, const yaml_node_t *value, const char *parent)
{
	const char *text = name->type == YAML_SCALAR_NODE ? (const char *)name->data.scalar.value : "a list or mapping";
	const struct gp_config_key *key = NULL;
	char quote[GP_CONFIG_QUOTE], siblings[512];

	if (name->type == YAML_SCALAR_NODE && strlen(text) == name->data.scalar.length)
		key = gp_config_key_find(parent, text);
	if (!key) {
		gp_config_key_siblings(siblings, sizeof(siblings), parent);
		gp_config_errors_add(reader->errors, gp_node_line(name), "%s%s%s: unknown key; known here: %s", parent,
				     *parent ? ": " : "", gp_config_quote(quote, text), siblings);
		reader->pool.bad = true;
		return;
	}
	if (*gp_reader_line(reader, key)) {
		gp_config_errors_add(reader->errors, gp_node_line(name),
				     "%s: given twice, in line %d as well; once is allowed", key->path,
				     *gp_reader_line(reader, key));
		reader->pool.bad = true;
		return;
	}
	*gp_reader_line(reader, key) = gp_node_line(name);
	set_key(reader, key, value);
}

void gp_reader_mapping(struct gp_reader *reader, const yaml_node_t *node, const char *parent)
{
	const yaml_node_pair_t *pair;

	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
		read_pair(reader, yaml_document_get_node(reader->doc, pair->key),
			  yaml_document_get_node(reader->doc, pair->value), parent);
}

static int read_file(struct gp_reader *reader, const char *text, size_t len)
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
		gp_reader_mapping(reader, root, "");
	else if (root && !(root->type == YAML_SCALAR_NODE && gp_node_is_null(root)))
		gp_config_errors_add(reader->errors, gp_node_line(root), "the file %s; it must be a mapping of keys",
				     gp_node_kind(root));
	reader->doc = NULL;
	yaml_document_delete(&doc);
	return 0;
}

static void read_arguments(struct gp_reader *reader, char *const *inside, size_t count)
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

int gp_reader_default(struct gp_reader *reader, const struct gp_config_key *key)
{
	yaml_document_t doc, *around = reader->doc;
	bool defaults = reader->defaults;
	int err = gp_yaml_load(&doc, reader->errors, key->fallback, strlen(key->fallback));

	if (err)
		return err;
	reader->defaults = true;
	reader->doc = &doc;
	set_key(reader, key, yaml_document_get_root_node(&doc));
	reader->doc = around;
	reader->defaults = defaults;
	yaml_document_delete(&doc);
	return 0;
}

/* Defaults go the same way as values of the file, so that there is one way only. */
static int read_defaults(struct gp_reader *reader, bool default_inside)
{
	const struct gp_config_key *key;
	int err = 0;

	for (key = gp_config_keys; !err && key < gp_config_keys + gp_config_key_count; key++) {
		if (!key->fallback || strstr(key->path, "[].") || *gp_reader_line(reader, key))
			continue;
		if (key->type == GP_KEY_PREFIXES && key->where == GP_ROLE_SUBSCRIBER && !default_inside)
			continue;
		err = gp_reader_default(reader, key);
	}
	return err;
}

static int read_all(struct gp_reader *reader, const char *text, size_t len, char *const *inside, size_t inside_count)
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
	config->default_inside = !inside_count && !*gp_reader_line(reader, key);
	err = read_defaults(reader, config->default_inside);
	if (err)
		return err;
	if (reader->no_memory)
		return -ENOMEM;
	return gp_reader_finish(reader);
}

int gp_config_parse(struct gp_config **out, struct gp_config_errors *errors, const char *text, size_t len,
		    char *const *inside, size_t inside_count)
{
	struct gp_reader reader = {.errors = errors};
	int err;

	*out = NULL;
	reader.config = calloc(1, sizeof(*reader.config));
	if (!reader.config)
		return -ENOMEM;
	err = read_all(&reader, text, len, inside, inside_count);
	gp_prefix_list_free(&reader.prefixes);
	gp_prefix_list_free(&reader.class_prefixes);
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

bool gp_interface_spec_parse(struct gp_interface_spec *out, const char *text)
{
	const struct gp_config_key *key = gp_config_key_find("interfaces[]", "side");
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	int side = colon ? gp_choice_find(key->unit, colon + 1) : GP_SIDE_TAP;

	*out = (struct gp_interface_spec){0};
	if (len < sizeof(out->name))
		memcpy(out->name, text, len);
	if (!gp_interface_name_valid(out->name)) {
		gp_error("-i %s: write INTERFACE:SIDE, as eth0:inside", text);
		return false;
	}
	if (side < 0) {
		gp_error("-i %s: the side is inside, outside or tap", text);
		return false;
	}
	out->side = (enum gp_side)side;
	return true;
}

int gp_config_interfaces(struct gp_config *config, char *const *arguments, size_t count)
{
	struct gp_interface_spec *list;
	bool bad = false;

	if (!count)
		return 0;
	list = calloc(count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		bad |= !gp_interface_spec_parse(&list[i], arguments[i]);
		for (size_t j = 0; j < i && list[i].name[0]; j++) {
			if (strcmp(list[i].name, list[j].name))
				continue;
			gp_error("-i %s: the interface is named twice", arguments[i]);
			bad = true;
		}
	}
	if (bad) {
		free(list);
		return -EINVAL;
	}
	free(config->interfaces);
	config->interfaces = list;
	config->interface_count = (__u32)count;
	return 0;
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
	free(config->interfaces);
	free(config->prefixes);
	for (__u32 i = 0; i < config->list_count; i++) {
		free(config->lists[i].file);
		free(config->lists[i].entries);
	}
	free(config->lists);
	for (__u32 i = 0; i < config->output_count; i++)
		free(config->outputs[i].path);
	free(config->outputs);
	free(config->classes);
	free(config->class_prefixes);
	free(config->memory_path);
	free(config->store.path);
	free(config->control.socket);
	free(config->control.group);
	free(config->http.listen);
	free(config->http.token_file);
	free(config->as_table);
	free(config);
}
