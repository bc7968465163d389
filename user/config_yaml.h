/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file below the keys: reading it, YAML's own errors, and the list in which all errors meet. Internal to config. */
#ifndef GATEPOST_CONFIG_YAML_H
#define GATEPOST_CONFIG_YAML_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#define GP_CONFIG_FILE_BYTES ((size_t)16 << 20)
#define GP_CONFIG_SCALAR_BYTES 1024u /* of one value */
#define GP_CONFIG_ERRORS_MAX 1000 /* further ones are counted */
#define GP_CONFIG_QUOTE 48	  /* room for a value quoted in a message */

struct gp_config_error {
	int line; /* of the file; 0: of the command line */
	unsigned int order;
	char *text; /* "key: what is wrong; what is allowed" */
};

struct gp_config_errors {
	struct gp_config_error *list;
	size_t count;	/* in the list */
	size_t dropped; /* beyond GP_CONFIG_ERRORS_MAX, or for want of memory */
};

void gp_config_errors_add(struct gp_config_errors *errors, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * gp_config_errors_log() - log every error in the order of lines.
 * @name: of the file; NULL when there is none.
 */
void gp_config_errors_log(struct gp_config_errors *errors, const char *name);
void gp_config_errors_free(struct gp_config_errors *errors);

/**
 * gp_config_quote() - the beginning of a value, for a message.
 * @out: of GP_CONFIG_QUOTE bytes.
 *
 * Return: @out.
 */
const char *gp_config_quote(char *out, const char *value);

/**
 * gp_config_file_read() - read a whole file of at most GP_CONFIG_FILE_BYTES.
 * @text: out; the caller frees it. Not terminated.
 *
 * Return: 0, or -errno (logged).
 */
int gp_config_file_read(char **text, size_t *len, const char *path);

/**
 * gp_yaml_check() - look for everything in a YAML text that a configuration may not hold.
 *
 * Refused are: bad syntax, anchors, aliases, tags, a second document, nesting and scalars and node counts beyond
 * what any configuration needs. Each adds an error.
 *
 * Return: true if the text can be loaded, that is, keys may be looked at all the same.
 */
bool gp_yaml_check(struct gp_config_errors *errors, const char *text, size_t len);

/**
 * gp_yaml_load() - load the first document of a text that gp_yaml_check() passed.
 * @doc: filled on success only; yaml_document_delete() frees it.
 *
 * Return: 0, -EINVAL with an error added, or -ENOMEM.
 */
int gp_yaml_load(yaml_document_t *doc, struct gp_config_errors *errors, const char *text, size_t len);

#endif
