/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of subscribers that are judged by thresholds of their own: static lines, hotspots, a data centre. Pure. */
#ifndef GATEPOST_CLASSES_H
#define GATEPOST_CLASSES_H

#include <stddef.h>

#include "cidr.h"
#include "judge.h"

#define GP_CLASSES_MAX 8u
#define GP_CLASS_NAME 32u /* with the NUL */
#define GP_CLASS_NONE 0u

struct gp_class {
	char name[GP_CLASS_NAME]; /* printable ASCII */
	struct gp_limits limits;  /* all of them; those that judge no host are everybody's */
	int line;		  /* of the configuration */
};

struct gp_class_prefix {
	struct gp_cidr prefix;
	__u8 class; /* its place among the classes */
};

struct gp_classes;

/**
 * gp_classes_open() - who belongs to which class.
 * @list: copied; @count is GP_CLASSES_MAX at most.
 * @prefixes: copied; of those that hold an address, the longest decides.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_classes_open(struct gp_classes **out, const struct gp_class *list, __u32 count,
		    const struct gp_class_prefix *prefixes, size_t prefix_count);
void gp_classes_close(struct gp_classes *classes);

/* The class of an address, from 1 on, or GP_CLASS_NONE. @classes may be NULL: there are none. */
unsigned int gp_classes_find(const struct gp_classes *classes, const struct gp_addr *addr);

/* One of them by what gp_classes_find() returned; NULL for GP_CLASS_NONE. Until close. */
const struct gp_class *gp_class_get(const struct gp_classes *classes, unsigned int number);

#endif
