/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operator tells about addresses: named lists of prefixes, each to be watched, known to be bad, or known to be
 * good. Pure: the texts of the files are handed in (user/lists_load.h reads them), and the time.
 */
#ifndef GATEPOST_LISTS_H
#define GATEPOST_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cidr.h"

/* What a list's word weighs. */
struct gp_list_limits {
	double known_bad_step; /* nats for each listed prefix that is known to be bad, and that a host speaks with */
	double known_bad_cap;  /* nats in all */
};

enum gp_list_kind {
	GP_LIST_WATCH,	    /* who inside speaks with these? */
	GP_LIST_KNOWN_BAD,  /* evidence against inside hosts that speak with these */
	GP_LIST_KNOWN_GOOD, /* no verdict */
	GP_LIST_KINDS,
};

#define GP_LISTS_MAX 64u
#define GP_LIST_NAME 64u	    /* with the NUL */
#define GP_LIST_LABEL 64u	    /* likewise; longer ones end in "…" */
#define GP_LIST_ENTRIES_MAX 262144u /* of all lists together */

/* What the configuration says of one list. */
struct gp_list_spec {
	char name[GP_LIST_NAME]; /* printable ASCII */
	enum gp_list_kind kind;
	char *file;    /* NULL without */
	char *entries; /* one a line, as in a file; NULL without */
	int line;      /* of the configuration */
};

struct gp_list_entry {
	struct gp_cidr prefix;
	__u64 expires_s; /* since the Unix epoch, from then on it is inactive; 0: never */
	__u32 label;	 /* where it begins among the labels */
	__u16 list;	 /* index of its specification */
};

struct gp_lists_error {
	__u16 list;
	int line; /* of its file, or of its entries */
	const char *text;
};

typedef void gp_lists_error_fn(void *context, const struct gp_lists_error *error);

struct gp_lists;

/**
 * gp_lists_open() - no entries yet.
 * @specs: borrowed until close.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_lists_open(struct gp_lists **out, const struct gp_list_spec *specs, size_t count);

/**
 * gp_lists_read() - all entries anew.
 * @texts, @lens: of each list's file, by specification; NULL for one without a file.
 * @error: called for each error, in the order of lists and lines.
 *
 * A line: a prefix, and if need be a label and the day or time in UTC on which it expires (2026-12-31: with the end of that
 * day; 2026-12-31T12:00:00Z), separated as gp_csv_next() has it. A first line "prefix,..." is a heading.
 * Return: 0, -EINVAL after errors or -ENOMEM: then the entries remain what they were.
 */
int gp_lists_read(struct gp_lists *lists, const char *const *texts, const size_t *lens, gp_lists_error_fn *error,
		  void *context);

/* The packets' time, in nanoseconds since the Unix epoch: entries expire by it. */
void gp_lists_tick(struct gp_lists *lists, __u64 now_ns);

/**
 * gp_lists_find() - the active entry of the longest prefix that holds an address.
 *
 * Return: NULL when there is none, or @lists is NULL. Until the next gp_lists_read().
 */
const struct gp_list_entry *gp_lists_find(const struct gp_lists *lists, enum gp_list_kind kind, const struct gp_addr *addr);

/* The same for a whole prefix: of the entries that hold all of it. */
const struct gp_list_entry *gp_lists_find_prefix(const struct gp_lists *lists, enum gp_list_kind kind,
						 const struct gp_addr *addr, unsigned int bits);

/* Printable; "" without one. Until the next gp_lists_read(). */
const char *gp_list_label(const struct gp_lists *lists, const struct gp_list_entry *entry);

const struct gp_list_spec *gp_list_spec(const struct gp_lists *lists, size_t list);
size_t gp_lists_count(const struct gp_lists *lists);

/* Entries of one list, and those of them that have expired by now. */
struct gp_list_count {
	__u32 entries, expired;
};
struct gp_list_count gp_list_count(const struct gp_lists *lists, size_t list);

/* Any entries of a kind, active or not? */
bool gp_lists_has(const struct gp_lists *lists, enum gp_list_kind kind);

/* "watch", "known-bad", "known-good". */
const char *gp_list_kind_name(enum gp_list_kind kind);

/**
 * gp_list_expiry() - when an entry expires.
 * @text: "2026-12-31", "2026-12-31T12:00Z", "2026-12-31T12:00:00Z" (ISO 8601, UTC).
 * @expires_s: out.
 *
 * Return: false when it is no such time from 1970 to 9999.
 */
bool gp_list_expiry(__u64 *expires_s, const char *text);

void gp_lists_close(struct gp_lists *lists);

/* Each holds what the other one held; whoever borrowed one has the other's entries now. */
void gp_lists_swap(struct gp_lists *a, struct gp_lists *b);

/* Are these the same lists, in name, kind and order, whatever stands in them? */
bool gp_list_specs_agree(const struct gp_list_spec *a, size_t a_count, const struct gp_list_spec *b, size_t b_count);

#endif
