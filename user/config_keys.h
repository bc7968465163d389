/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of keys: what each is called, takes, defaults to and fills. Internal to config and its tests. */
#ifndef GATEPOST_CONFIG_KEYS_H
#define GATEPOST_CONFIG_KEYS_H

#include "config.h"
#include "config_yaml.h"

enum gp_key_type {
	GP_KEY_SECTION,	     /* a mapping; the keys below it are "section.key". where: a bool that it sets, or 0 */
	GP_KEY_TEXT,	     /* char *; min to max: characters */
	GP_KEY_BOOL,	     /* bool */
	GP_KEY_VALIDATION,   /* bool; true: strict */
	GP_KEY_NUMBER,	     /* double */
	GP_KEY_DURATION,     /* double, seconds */
	GP_KEY_POWER,	     /* __u32, a power of two */
	GP_KEY_INTEGER,	     /* __u32 */
	GP_KEY_MASK,	     /* __u32, bits in hexadecimal */
	GP_KEY_BITS,	     /* __u32, words of 64 bits; written in bits, a power of two */
	GP_KEY_PORTS,	     /* where: enum gp_service */
	GP_KEY_SCAN_PORTS,   /* where: enum gp_scan_class */
	GP_KEY_PREFIXES,     /* where: enum gp_role; min to max: entries */
	GP_KEY_ENTRY_PREFIX, /* of an entry of inside that is a mapping */
	GP_KEY_ENTRY_SUBSCRIBER,
	GP_KEY_SECRET,	/* __u64[2] */
	GP_KEY_NAME,	/* char[max + 1]; min to max: characters */
	GP_KEY_CHOICE,	/* an enum of 32 bits: the place of the word in unit, "json, ndjson or text" */
	GP_KEY_ENTRIES, /* a sequence of mappings; where: enum gp_entries; unit: what they are; min to max: how many */
	GP_KEY_LIST_ENTRIES, /* of an entry of lists; min to max: entries */
	GP_KEY_CLASS_PREFIXES, /* of an entry of classes; likewise */
};

/* May a key change while gatepost runs? Each has to say so: user/config_reload.h. */
enum gp_change {
	GP_CHANGE_UNSAID, /* a mistake in the table */
	GP_CHANGE_RESTART,
	GP_CHANGE_LIVE,
	GP_CHANGE_LIVE_ABOVE_0, /* but neither from nor to 0 */
};

/* Sequences of mappings. */
enum gp_entries {
	GP_ENTRIES_LISTS,
	GP_ENTRIES_INTERFACES,
	GP_ENTRIES_OUTPUTS,
	GP_ENTRIES_CLASSES,
	GP_ENTRIES,
};

struct gp_config_key {
	const char *path;
	enum gp_key_type type;
	const char *unit; /* for people; "" when the type says it */
	double min, max;
	const char *fallback; /* the default as YAML, read like a value of the file; NULL: none */
	size_t where;	      /* offset in struct gp_config, or in the entry for "lists[].x", unless the type says otherwise */
	enum gp_change change;
};

#define GP_CONFIG_KEYS_MAX 512

/* Where the entries of a sequence of mappings are: offsets in struct gp_config, and in an entry. */
struct gp_entries_place {
	const char *parent; /* of their keys: "lists[]" */
	size_t list, count; /* a pointer, and a __u32 */
	size_t size, line;  /* of one; its int line */
};

extern const struct gp_entries_place gp_entries_places[GP_ENTRIES];

/* The first of the entries, and how many there are. */
const char *gp_config_entries(const struct gp_config *config, enum gp_entries which, __u32 *count);

/* Does this key lie directly below @parent ("", "ports", "lists[]")? */
bool gp_config_key_below(const struct gp_config_key *key, const char *parent);

/* Which word of "json, ndjson or text" is this? -1: none of them. */
int gp_choice_find(const char *choices, const char *word);

/* The word at this place; false behind the last one. */
bool gp_choice_get(char *out, size_t size, const char *choices, unsigned int place);

extern const struct gp_config_key gp_config_keys[];
extern const size_t gp_config_key_count;

/* The row of the key called @name below @parent ("" at the top, "ports", "inside[]"), or NULL. */
const struct gp_config_key *gp_config_key_find(const char *parent, const char *name);

/* Writes the names of all keys below @parent: "smtp, submission, http". */
void gp_config_key_siblings(char *out, size_t size, const char *parent);

/* Writes what a key takes: "a duration from 1s to 1d, with its unit: s, min, h or d". */
void gp_config_key_allowed(char *out, size_t size, const struct gp_config_key *key);

/**
 * gp_config_parse() - what gp_config_open() does, from memory and without logging.
 * @text: YAML, @len bytes; not terminated.
 * @errors: everything that is wrong is added to it.
 *
 * Return: 0, -EINVAL with at least one error, or -ENOMEM.
 */
int gp_config_parse(struct gp_config **out, struct gp_config_errors *errors, const char *text, size_t len,
		    char *const *inside, size_t inside_count);

#endif
