/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are two configurations the same? By their memory, so that no field can be forgotten. */
#ifndef GATEPOST_TESTS_CONFIG_SAME_H
#define GATEPOST_TESTS_CONFIG_SAME_H

#include <string.h>

#include "config.h"

static inline bool texts_are(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline bool bytes_are(const void *a, const void *b, size_t bytes)
{
	return !bytes || !memcmp(a, b, bytes);
}

static inline bool lists_are(const struct gp_config *a, const struct gp_config *b)
{
	for (__u32 i = 0; i < a->list_count; i++) {
		struct gp_list_spec x = a->lists[i], y = b->lists[i];

		if (!texts_are(x.file, y.file) || !texts_are(x.entries, y.entries) || strcmp(x.name, y.name) ||
		    x.kind != y.kind)
			return false;
	}
	return true;
}

static inline bool outputs_are(const struct gp_config *a, const struct gp_config *b)
{
	for (__u32 i = 0; i < a->output_count; i++)
		if (!texts_are(a->outputs[i].path, b->outputs[i].path) || a->outputs[i].format != b->outputs[i].format ||
		    a->outputs[i].interval_s != b->outputs[i].interval_s)
			return false;
	for (__u32 i = 0; i < a->interface_count; i++)
		if (strcmp(a->interfaces[i].name, b->interfaces[i].name) || a->interfaces[i].side != b->interfaces[i].side)
			return false;
	return true;
}

static inline bool classes_are(const struct gp_config *a, const struct gp_config *b)
{
	for (__u32 i = 0; i < a->class_count; i++)
		if (strcmp(a->classes[i].name, b->classes[i].name) ||
		    !bytes_are(&a->classes[i].limits, &b->classes[i].limits, sizeof(a->classes[i].limits)))
			return false;
	return true;
}

/* What is left without the pointers is compared whole. */
static inline void clear_pointers(struct gp_config *c)
{
	c->sensor = c->journal = c->as_table = c->memory_path = c->store.path = NULL;
	c->control.socket = c->control.group = c->http.listen = c->http.token_file = c->spf.resolver = NULL;
	c->ranges = NULL;
	c->ports = NULL;
	c->prefixes = NULL;
	c->interfaces = NULL;
	c->lists = NULL;
	c->outputs = NULL;
	c->classes = NULL;
	c->class_prefixes = NULL;
}

/* Return: what differs, or NULL. Lines of the file do not count. */
static inline const char *config_difference(const struct gp_config *a, const struct gp_config *b)
{
	struct gp_config x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	clear_pointers(&x);
	clear_pointers(&y);
	if (memcmp(&x, &y, sizeof(x)))
		return "a number, or a count";
	if (!texts_are(a->sensor, b->sensor) || !texts_are(a->journal, b->journal) || !texts_are(a->as_table, b->as_table) ||
	    !texts_are(a->memory_path, b->memory_path) || !texts_are(a->store.path, b->store.path) ||
	    !texts_are(a->control.socket, b->control.socket) || !texts_are(a->control.group, b->control.group) ||
	    !texts_are(a->http.listen, b->http.listen) || !texts_are(a->http.token_file, b->http.token_file) ||
	    !texts_are(a->spf.resolver, b->spf.resolver))
		return "a text";
	if (!bytes_are(a->ports, b->ports, GP_PORTS * sizeof(*a->ports)))
		return "ports";
	if (!bytes_are(a->ranges, b->ranges, a->range_count * sizeof(*a->ranges)))
		return "ranges";
	if (!a->default_inside && !bytes_are(a->prefixes, b->prefixes, a->prefix_count * sizeof(*a->prefixes)))
		return "prefixes";
	if (!bytes_are(a->class_prefixes, b->class_prefixes, a->class_prefix_count * sizeof(*a->class_prefixes)))
		return "prefixes of classes";
	if (!lists_are(a, b))
		return "lists";
	if (!outputs_are(a, b))
		return "outputs or interfaces";
	return classes_are(a, b) ? NULL : "classes";
}

#endif
