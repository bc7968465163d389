/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new configuration changes, and whether a running agent can do so. */
#ifndef GATEPOST_CONFIG_RELOAD_H
#define GATEPOST_CONFIG_RELOAD_H

#include "config_keys.h"

/* By row of gp_config_keys. Sequences and prefixes are compared whole: "lists", "inside", never "lists[].name". */
struct gp_config_changes {
	bool live[GP_CONFIG_KEYS_MAX];	  /* changed, and may be applied now */
	bool restart[GP_CONFIG_KEYS_MAX]; /* changed, and may not */
	unsigned int live_count, restart_count;
};

/**
 * gp_config_compare() - which keys changed. Pure.
 * @old: of the running agent: with the secret that it drew, and the interfaces that it was given.
 *
 * "inside[].subscriber" has changed where an address is inside in both, under subscribers of different lengths: what it
 * has counted belongs to the old one. Prefixes that come and go are "inside", "relays" and so on.
 */
void gp_config_compare(struct gp_config_changes *changes, const struct gp_config *old, const struct gp_config *new);

/* Did a key change, or any below it: "ports.smtp", "ports", "classes"? */
bool gp_config_changed(const struct gp_config_changes *changes, const char *path);

/* Adds one error for each change that takes a restart. */
void gp_config_refuse(struct gp_config_errors *errors, const struct gp_config_changes *changes);

/* Writes what changed and may be applied: "inside, ports.smtp, and 3 more"; "" without. */
void gp_config_changes_list(char *out, size_t size, const struct gp_config_changes *changes);

/* Where a configuration came from; borrowed. */
struct gp_config_source {
	const char *path; /* NULL: the defaults */
	char *const *inside; /* --inside */
	size_t inside_count;
	char *const *interfaces; /* -i */
	size_t interface_count;
};

/**
 * gp_config_reload() - read the configuration of a running agent anew.
 * @out: what the agent goes on with: the new values, and of @old what lasts as long as the agent does (the secret that
 *       it drew, --deep, sampling for --dialogues). @old stays the caller's, to be closed when nothing points into it.
 * @changes: out.
 *
 * Return: 0; -EINVAL when the file is wrong or asks for what takes a restart, each logged; or -errno of reading it
 * (logged). Then *out is NULL, and @old is what the agent goes on with.
 */
int gp_config_reload(struct gp_config **out, struct gp_config_changes *changes, const struct gp_config *old,
		     const struct gp_config_source *source);

#endif
