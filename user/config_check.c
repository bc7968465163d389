/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only the whole configuration shows. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"
#include "config_value.h"
#include "prefix.h"

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
	char text[GP_PREFIX_TEXT], other_text[GP_PREFIX_TEXT], where[32] = "", lengths[48] = "";
	struct gp_reader *reader = context;

	/* Private space is inside where nothing else is said. */
	if (reader->config->default_inside && (!conflict->entry->line || !conflict->other->line))
		return;
	gp_prefix_format(text, sizeof(text), &conflict->entry->prefix);
	gp_prefix_format(other_text, sizeof(other_text), other);
	if (conflict->other->line)
		snprintf(where, sizeof(where), " in line %d", conflict->other->line);
	if (conflict->lengths)
		snprintf(lengths, sizeof(lengths), ", whose subscribers have /%u",
			 other->subscriber_bits - (gp_prefix_is_v4(other) ? 96u : 0));
	gp_config_errors_add(reader->errors, conflict->entry->line, "%s: %s %s; it meets %s of %s%s%s; %s",
			     origin(conflict->entry), text, conflict->why, other_text, origin(conflict->other), where,
			     lengths, conflict->lengths ? "give both one length, or list what is left of the larger one" :
			     "take one of them out");
}

/* Of two keys one may not be above the other. */
static const struct {
	const char *parent, *low, *high;
} ordered[] = {
	{"thresholds", "watch_score", "suspect_score"},
	{"thresholds", "suspect_score", "confirm_score"},
	{"login", "fast", "very_fast"},
};

static void check_order(struct gp_reader *reader, const char *parent, const char *low_name, const char *high_name,
			const char *base, int line)
{
	const struct gp_config_key *low = gp_config_key_find(parent, low_name), *high = gp_config_key_find(parent, high_name);
	double low_value = *(const double *)(const void *)(base + low->where);
	double high_value = *(const double *)(const void *)(base + high->where);

	if (!line)
		line = *gp_reader_line(reader, high) ? *gp_reader_line(reader, high) : *gp_reader_line(reader, low);
	if (high_value < low_value)
		gp_config_errors_add(reader->errors, line, "%s: %g is below %s; at least %g", high->path, high_value,
				     low->path, low_value);
}

static void check_orders(struct gp_reader *reader)
{
	const struct gp_config *config = reader->config;

	for (size_t i = 0; i < sizeof(ordered) / sizeof(*ordered); i++) {
		check_order(reader, ordered[i].parent, ordered[i].low, ordered[i].high, (const char *)config, 0);
		for (__u32 c = 0; c < config->class_count && !strcmp(ordered[i].parent, "thresholds"); c++)
			check_order(reader, "classes[]", ordered[i].low, ordered[i].high, (const char *)&config->classes[c],
				    config->classes[c].line);
	}
}

/* A class has everybody's thresholds where it has none of its own. */
static void complete_classes(struct gp_config *config)
{
	for (__u32 i = 0; i < config->class_count; i++) {
		struct gp_class own = config->classes[i];

		config->classes[i].limits = config->limits;
		for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
			double value;

			if (!gp_config_key_below(key, "classes[]") ||
			    (key->type != GP_KEY_NUMBER && key->type != GP_KEY_DURATION))
				continue;
			memcpy(&value, (const char *)&own + key->where, sizeof(value));
			if (!isnan(value))
				memcpy((char *)&config->classes[i] + key->where, &value, sizeof(value));
		}
	}
}

/* "127.0.0.1:9418" or "[::1]:9418". */
static bool is_listen_address(const char *text)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	struct in6_addr in6;
	struct in_addr in;
	__u16 first, last;

	if (!len || len >= sizeof(host) || strchr(colon, '-') || gp_ports_parse(&first, &last, colon + 1))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] != '[')
		return inet_pton(AF_INET, host, &in) == 1;
	if (host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &in6) == 1;
}

static void check_listen(struct gp_reader *reader)
{
	const struct gp_config_key *key = gp_config_key_find("http", "listen");
	const char *text = reader->config->http.listen;
	char quote[GP_CONFIG_QUOTE];

	if (text && *text && !is_listen_address(text))
		gp_config_errors_add(reader->errors, *gp_reader_line(reader, key),
				     "%s: %s is no address with a port; 127.0.0.1:9418 or \"[::1]:9418\"", key->path,
				     gp_config_quote(quote, text));
}

/* Files that gatepost writes are different ones. */
static void check_paths(struct gp_reader *reader)
{
	const struct gp_config *config = reader->config;
	const struct {
		const char *parent, *name, *path;
	} own[] = {
		{"", "journal", config->journal},
		{"memory", "path", config->memory_path},
		{"store", "path", config->store.path},
		{"control", "socket", config->control.socket},
	};
	const size_t count = sizeof(own) / sizeof(*own);

	for (size_t i = 0; i < count; i++) {
		const struct gp_config_key *key = gp_config_key_find(own[i].parent, own[i].name);

		if (!own[i].path || !own[i].path[0])
			continue;
		for (size_t j = 0; j < i; j++) {
			const struct gp_config_key *other = gp_config_key_find(own[j].parent, own[j].name);
			int line = *gp_reader_line(reader, key) ? *gp_reader_line(reader, key) : *gp_reader_line(reader, other);

			if (own[j].path && !strcmp(own[i].path, own[j].path))
				gp_config_errors_add(reader->errors, line, "%s: it is the file of %s; give each its own",
						     key->path, other->path);
		}
		for (__u32 j = 0; j < config->output_count; j++) {
			if (config->outputs[j].path && !strcmp(own[i].path, config->outputs[j].path))
				gp_config_errors_add(reader->errors, config->outputs[j].line,
						     "outputs[].path: it is the file of %s; give each its own", key->path);
		}
	}
}

/* A mark that nothing reaches is a mistake. */
static void check_mark(struct gp_reader *reader)
{
	const struct gp_config_key *mask = gp_config_key_find("tags", "mark_mask");
	const struct gp_config_key *shift = gp_config_key_find("tags", "mark_shift");
	const struct gp_config *config = reader->config;
	int line = *gp_reader_line(reader, mask) ? *gp_reader_line(reader, mask) : *gp_reader_line(reader, shift);

	if (!(GP_MARK_BITS << config->mark_shift & config->mark_mask))
		gp_config_errors_add(reader->errors, line,
				     "%s: 0x%x holds no bit of the value, 0x%x << %u; change it or %s", mask->path,
				     config->mark_mask, GP_MARK_BITS, config->mark_shift, shift->path);
}

/* The line of the prefix of inside that a subscriber is of. */
static int line_of_pool(const struct gp_reader *reader, const struct gp_prefix *subscriber)
{
	gp_u128 first = gp_addr_number(&subscriber->addr);
	int line = 0;

	/* Sorted: what encloses comes before what is enclosed. */
	for (size_t i = 0; i < reader->prefixes.count; i++) {
		const struct gp_prefix_entry *entry = &reader->prefixes.entries[i];

		if (entry->prefix.role == GP_ROLE_SUBSCRIBER && entry->prefix.bits <= subscriber->bits &&
		    entry->prefix.subscriber_bits == subscriber->bits &&
		    !((gp_addr_number(&entry->prefix.addr) ^ first) & gp_prefix_mask(entry->prefix.bits)))
			line = entry->line;
	}
	return line;
}

static void check_homes(struct gp_reader *reader)
{
	const struct gp_config *config = reader->config;
	struct gp_prefix homeless, before = {0};
	char text[GP_PREFIX_TEXT];
	size_t at = 0;

	while (gp_ranges_find_homeless(config->ranges, config->range_count, &at, &homeless)) {
		if (homeless.bits == before.bits && !memcmp(&homeless.addr, &before.addr, sizeof(before.addr)))
			continue;
		before = homeless;
		gp_prefix_format(text, sizeof(text), &homeless);
		gp_config_errors_add(reader->errors, reader->errors->dropped ? 0 : line_of_pool(reader, &homeless),
				     "inside: the first and the last address of the subscriber %s are taken by others "
				     "(relays, infrastructure, or a longer prefix of inside); list what is left of it "
				     "with prefixes of its own", text);
	}
}

/* By role, in the order of reading: not sorted yet. */
static int keep_prefixes(struct gp_config *config, const struct gp_prefix_list *list)
{
	config->prefixes = calloc(list->count + 1, sizeof(*config->prefixes));
	if (!config->prefixes)
		return -ENOMEM;
	for (int role = GP_ROLE_SUBSCRIBER; role <= GP_ROLE_BUSINESS; role++) {
		for (size_t i = 0; i < list->count; i++) {
			if (list->entries[i].prefix.role == role)
				config->prefixes[config->prefix_count++] = list->entries[i].prefix;
		}
	}
	return 0;
}

/* After an error ranges would only repeat it. */
static int cut_ranges(struct gp_reader *reader)
{
	struct gp_config *config = reader->config;
	int err = keep_prefixes(config, &reader->prefixes);
	size_t count;

	if (err)
		return err;
	gp_prefix_list_sort(&reader->prefixes);
	gp_prefix_conflicts(&reader->prefixes, complain_conflict, reader);
	if (reader->errors->count || reader->errors->dropped)
		return 0;
	err = gp_ranges_cut(&config->ranges, &count, &reader->prefixes);
	if (err)
		return err;
	if (count > GP_PREFIXES_MAX) {
		gp_config_errors_add(reader->errors, 0,
				     "inside, relays, infrastructure: %zu address ranges after cutting; at most %u",
				     count, GP_PREFIXES_MAX);
		return 0;
	}
	config->range_count = (__u32)count;
	check_homes(reader);
	return 0;
}

/* The first range that holds an address of a prefix; NULL: it is not inside. */
static const struct gp_range *range_of(const struct gp_config *config, const struct gp_prefix *prefix)
{
	gp_u128 first = gp_addr_number(&prefix->addr), last = first | ~gp_prefix_mask(prefix->bits);
	size_t low = 0, high = config->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (gp_addr_number(&config->ranges[middle].last) < first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < config->range_count && gp_addr_number(&config->ranges[low].first) <= last)
		return &config->ranges[low];
	return NULL;
}

static void check_class_prefix(struct gp_reader *reader, const struct gp_config_key *key,
			       const struct gp_prefix_entry *entry)
{
	const struct gp_range *range = range_of(reader->config, &entry->prefix);
	char text[GP_PREFIX_TEXT];

	gp_prefix_format(text, sizeof(text), &entry->prefix);
	if (!range)
		gp_config_errors_add(reader->errors, entry->line,
				     "%s: %s is not inside; classes are of inside hosts: add it to inside", key->path, text);
	else if (entry->prefix.bits > range->subscriber_bits)
		gp_config_errors_add(reader->errors, entry->line,
				     "%s: %s cuts one subscriber in two; a class has whole subscribers, of /%u", key->path,
				     text, range->subscriber_bits - (gp_prefix_is_v4(&entry->prefix) ? 96u : 0));
}

/* A prefix belongs to one class, and is inside. */
static void check_class_prefixes(struct gp_reader *reader)
{
	const struct gp_config_key *key = gp_config_key_find("classes[]", "prefixes");
	struct gp_prefix_list *list = &reader->class_prefixes;
	char text[GP_PREFIX_TEXT];

	gp_prefix_list_sort(list);
	for (size_t i = 0; i < list->count; i++) {
		const struct gp_prefix_entry *entry = &list->entries[i], *before = i ? entry - 1 : NULL;

		gp_prefix_format(text, sizeof(text), &entry->prefix);
		if (before && before->prefix.bits == entry->prefix.bits &&
		    !memcmp(&before->prefix.addr, &entry->prefix.addr, sizeof(entry->prefix.addr)))
			gp_config_errors_add(reader->errors, entry->line > before->line ? entry->line : before->line,
					     "%s: %s stands in line %d as well; it belongs to one class, once", key->path,
					     text, entry->line > before->line ? before->line : entry->line);
		else if (reader->config->range_count)
			check_class_prefix(reader, key, entry);
	}
}

static int keep_class_prefixes(struct gp_config *config, const struct gp_prefix_list *list)
{
	config->class_prefixes = calloc(list->count + 1, sizeof(*config->class_prefixes));
	if (!config->class_prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		const struct gp_prefix *prefix = &list->entries[i].prefix;

		config->class_prefixes[i].prefix.addr = prefix->addr;
		config->class_prefixes[i].prefix.bits = prefix->bits;
		config->class_prefixes[i].class = prefix->role;
	}
	config->class_prefix_count = (__u32)list->count;
	return 0;
}

int gp_reader_finish(struct gp_reader *reader)
{
	int err;

	complete_classes(reader->config);
	check_orders(reader);
	check_mark(reader);
	check_listen(reader);
	check_paths(reader);
	err = keep_class_prefixes(reader->config, &reader->class_prefixes);
	if (!err)
		err = cut_ranges(reader);
	if (err)
		return err;
	check_class_prefixes(reader);
	return reader->errors->count || reader->errors->dropped ? -EINVAL : 0;
}
