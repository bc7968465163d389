/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `gatepost check` found: rows, and how they are printed. The rows come from check_*.c. */
#ifndef GATEPOST_CHECK_H
#define GATEPOST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

enum gp_check_state {
	GP_CHECK_OK,
	GP_CHECK_WARN, /* it works, with a consequence; also all that cannot be found out */
	GP_CHECK_FAIL, /* `run` would refuse, or see nothing */
};

struct gp_check_row {
	enum gp_check_state state;
	char subject[16]; /* an interface's name; "" is the host */
	const char *side; /* "inside"; NULL where no side was named */
	const char *name; /* "vlan_tags"; static */
	char *found;	  /* may hold any bytes */
	char *remedy;	  /* a command or a step; NULL for none */
};

/* What one check found out and a later one needs. */
struct gp_check_facts {
	bool bpf;	 /* this process may ask the kernel about BPF */
	bool dispatcher; /* libxdp can attach several programs */
	bool running;	 /* a living gatepost holds the pins */
	bool left_behind;
};

struct gp_check {
	struct gp_check_row *rows;
	size_t count;
	char subject[16]; /* of the rows to come */
	const char *side;
	bool survey; /* nobody named the interface: what is wrong with it is no failure of the host */
	bool no_memory;
	struct gp_check_facts facts;
};

void gp_check_subject(struct gp_check *check, const char *subject, const char *side);

/* A row. A failure of an interface in a survey becomes a warning. */
void gp_check_add(struct gp_check *check, enum gp_check_state state, const char *name, const char *found, ...)
	__attribute__((format(printf, 4, 5)));

/* An ok row, which a survey leaves out. */
void gp_check_fine(struct gp_check *check, const char *name, const char *found, ...)
	__attribute__((format(printf, 3, 4)));

/* What mends the row just added. */
void gp_check_mend(struct gp_check *check, const char *remedy, ...) __attribute__((format(printf, 2, 3)));

/* How many rows have that state. */
size_t gp_check_count(const struct gp_check *check, enum gp_check_state state);

/**
 * gp_check_print() - all rows, as a table of 100 columns or as JSON (gatepost.check/1).
 * @colour: of the states in the table.
 *
 * Return: the text, to be freed by the caller; NULL when out of memory, also if a row was lost to that before.
 */
char *gp_check_print(const struct gp_check *check, enum gp_format format, bool colour);

void gp_check_close(struct gp_check *check);

#endif
