// SPDX-License-Identifier: GPL-2.0-or-later
/* Population files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yaml.h>

#include "traffic.h"

#define GROUPS_MAX 256u
#define OVERRIDES_MAX 32u
#define SECOND_NS 1000000000ull

/* What the options point into. */
struct owner {
	yaml_document_t document;
	struct traffic_group groups[GROUPS_MAX];
	struct traffic_override overrides[GROUPS_MAX][OVERRIDES_MAX];
};

static int complain(const char *path, const yaml_node_t *at, const char *what)
{
	fprintf(stderr, "%s:%zu: %s\n", path, at ? at->start_mark.line + 1 : 1, what);
	return -EINVAL;
}

static const char *text(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static const yaml_node_t *member(yaml_document_t *d, const yaml_node_t *map, const char *name)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const char *key = text(yaml_document_get_node(d, p->key));

		if (key && !strcmp(key, name))
			return yaml_document_get_node(d, p->value);
	}
	return NULL;
}

static bool number(const yaml_node_t *node, double *out)
{
	const char *value = text(node);
	char *end;

	if (!value || !*value)
		return false;
	*out = strtod(value, &end);
	return !*end;
}

/* 90s, 10m, 24h, 2d. */
static bool duration(const yaml_node_t *node, double *out)
{
	const char *value = text(node), *unit;
	static const char units[] = "smhd";
	static const double seconds[] = { 1, 60, 3600, 86400 };
	char *end;

	if (!value)
		return false;
	*out = strtod(value, &end);
	unit = *end ? strchr(units, *end) : NULL;
	if (end == value || !unit || end[1] || *out <= 0)
		return false;
	*out *= seconds[unit - units];
	return true;
}

/* A number, or [low, high]. */
static bool spread(yaml_document_t *d, const yaml_node_t *node, struct traffic_override *o)
{
	if (number(node, &o->low)) {
		o->high = o->low;
		return true;
	}
	return node && node->type == YAML_SEQUENCE_NODE && node->data.sequence.items.top - node->data.sequence.items.start == 2 &&
	       number(yaml_document_get_node(d, node->data.sequence.items.start[0]), &o->low) &&
	       number(yaml_document_get_node(d, node->data.sequence.items.start[1]), &o->high) && o->low <= o->high;
}

static int read_overrides(struct owner *own, const char *path, const yaml_node_t *set, struct traffic_group *group,
			  struct traffic_override *list)
{
	if (set->type != YAML_MAPPING_NODE)
		return complain(path, set, "set: a map of parameters");
	for (const yaml_node_pair_t *p = set->data.mapping.pairs.start; p < set->data.mapping.pairs.top; p++) {
		struct traffic_override *o = &list[group->override_count];
		const yaml_node_t *key = yaml_document_get_node(&own->document, p->key);

		if (group->override_count == OVERRIDES_MAX)
			return complain(path, key, "too many parameters");
		o->name = text(key);
		if (!o->name || !spread(&own->document, yaml_document_get_node(&own->document, p->value), o))
			return complain(path, key, "a parameter is a number or [low, high]");
		group->override_count++;
	}
	group->overrides = list;
	return 0;
}

static int read_group(struct owner *own, const char *path, const yaml_node_t *node, size_t i)
{
	struct traffic_group *group = &own->groups[i];
	const yaml_node_t *hosts = member(&own->document, node, "hosts"), *set = member(&own->document, node, "set");
	double n = 0;

	group->profile = text(member(&own->document, node, "profile"));
	group->prefix = text(member(&own->document, node, "prefix"));
	if (!group->profile)
		return complain(path, node, "a group has a profile");
	if (hosts && (!number(hosts, &n) || n < 0 || n > 1e6))
		return complain(path, hosts, "hosts: a number");
	group->hosts = (unsigned int)n;
	return set ? read_overrides(own, path, set, group, own->overrides[i]) : 0;
}

static int read_groups(struct owner *own, const char *path, const yaml_node_t *root, size_t *count)
{
	const yaml_node_t *list = member(&own->document, root, "groups");

	if (!list || list->type != YAML_SEQUENCE_NODE)
		return complain(path, root, "groups: a list");
	for (const yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top; i++) {
		int err;

		if (*count == GROUPS_MAX)
			return complain(path, list, "too many groups");
		err = read_group(own, path, yaml_document_get_node(&own->document, *i), (*count)++);
		if (err)
			return err;
	}
	return 0;
}

static int read_options(struct owner *own, const char *path, const yaml_node_t *root, struct traffic_options *o)
{
	const yaml_node_t *seed = member(&own->document, root, "seed"), *start = member(&own->document, root, "start");
	const yaml_node_t *lasts = member(&own->document, root, "duration");
	double n = 1;
	struct tm tm = { 0 };

	if (seed && (!number(seed, &n) || n < 0))
		return complain(path, seed, "seed: a number");
	o->seed = (__u64)n;
	if (start) {
		const char *end = text(start) ? strptime(text(start), "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;

		if (!end || *end)
			return complain(path, start, "start: as 2026-03-02T00:00:00Z");
		o->start_ns = (__u64)timegm(&tm) * SECOND_NS;
	}
	o->duration_s = 86400;
	if (lasts && !duration(lasts, &o->duration_s))
		return complain(path, lasts, "duration: as 90s, 10m, 24h");
	o->groups = own->groups;
	return read_groups(own, path, root, &o->count);
}

static int load(struct owner *own, const char *path)
{
	yaml_parser_t parser;
	FILE *file = fopen(path, "re");
	int err = 0;

	if (!file) {
		err = -errno;
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return err;
	}
	if (!yaml_parser_initialize(&parser)) {
		fclose(file);
		return -ENOMEM;
	}
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &own->document)) {
		fprintf(stderr, "%s:%zu: %s\n", path, parser.problem_mark.line + 1, parser.problem ? parser.problem : "no YAML");
		err = -EINVAL;
	}
	yaml_parser_delete(&parser);
	fclose(file);
	return err;
}

int traffic_population_read(struct traffic_population *out, const char *path)
{
	struct owner *own = calloc(1, sizeof(*own));
	int err;

	if (!own)
		return -ENOMEM;
	*out = (struct traffic_population){ 0 };
	err = load(own, path);
	if (err) {
		free(own);
		return err;
	}
	out->owner = own;
	err = read_options(own, path, yaml_document_get_root_node(&own->document), &out->options);
	if (err)
		traffic_population_free(out);
	return err;
}

void traffic_population_free(struct traffic_population *population)
{
	struct owner *own = population->owner;

	if (own) {
		yaml_document_delete(&own->document);
		free(own);
	}
	population->owner = NULL;
}
