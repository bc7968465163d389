/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to config*.c: one reading of a configuration, and what its parts share. */
#ifndef GATEPOST_CONFIG_READER_H
#define GATEPOST_CONFIG_READER_H

#include "config_keys.h"
#include "config_ranges.h"

/* An entry of inside that is a mapping, until both of its keys are known. */
struct gp_reader_pool {
	struct gp_prefix prefix;
	bool have_prefix, have_subscriber, bad;
	__u32 subscriber; /* as written */
	int subscriber_line;
};

struct gp_reader {
	struct gp_config *config;
	struct gp_config_errors *errors;
	yaml_document_t *doc;
	bool defaults; /* the table's own values are being read: lines mean nothing */
	int lines[GP_CONFIG_KEYS_MAX]; /* where each key stands; 0: not in the file */
	struct gp_prefix_list prefixes;
	struct gp_prefix_list class_prefixes; /* role: the place of the class */
	struct gp_reader_pool pool;
	char *entry; /* of a sequence of mappings, that is being read */
	bool no_memory;
};

/* Where a key stands in the file; 0: it does not. */
int *gp_reader_line(struct gp_reader *reader, const struct gp_config_key *key);

/* "key: what is wrong; what is allowed". */
void gp_reader_complain(struct gp_reader *reader, int line, const struct gp_config_key *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

int gp_node_line(const yaml_node_t *node);
const char *gp_node_kind(const yaml_node_t *node);
bool gp_node_is_null(const yaml_node_t *node);

/* Where the value of a key goes: into the configuration, or into the entry that is being read. */
void *gp_reader_place(struct gp_reader *reader, const struct gp_config_key *key);

/* The text of a scalar, or NULL after a complaint: any, one without quotes, printable ASCII of the key's length. */
const char *gp_reader_scalar(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node);
const char *gp_reader_plain(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node);
const char *gp_reader_ascii(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node);

/* A copy of the text takes the place of what was there. */
void gp_reader_keep(struct gp_reader *reader, char **where, const char *text);

/* Return: false after a complaint. */
bool gp_reader_prefix(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node,
		      struct gp_prefix *prefix);

/* A sequence of as many entries as are allowed? Return: false after a complaint. */
bool gp_reader_is_list(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node,
		       size_t *count);

/* All keys of a mapping below @parent. */
void gp_reader_mapping(struct gp_reader *reader, const yaml_node_t *node, const char *parent);

/* The default of a key, by the way that values of the file go. Return: 0, -EINVAL or -ENOMEM. */
int gp_reader_default(struct gp_reader *reader, const struct gp_config_key *key);

/* Setters of the types that entries of sequences have. */
typedef void gp_reader_set_fn(struct gp_reader *reader, const struct gp_config_key *key, const yaml_node_t *node);

gp_reader_set_fn gp_set_entries, gp_set_list_entries, gp_set_class_prefixes;

/* The name of an interface, as the kernel takes it? */
bool gp_interface_name_valid(const char *name);

/**
 * gp_reader_finish() - what only the whole configuration shows: contradictions between keys, ranges, classes.
 *
 * Return: 0, -EINVAL with errors added, or -ENOMEM.
 */
int gp_reader_finish(struct gp_reader *reader);

#endif
