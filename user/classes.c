/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "classes.h"
#include "prefix_set.h"

struct gp_classes {
	struct gp_class list[GP_CLASSES_MAX];
	struct gp_prefix_set *set;
	__u8 *of_prefix; /* by place in the set: number of the class */
};

int gp_classes_open(struct gp_classes **out, const struct gp_class *list, __u32 count,
		    const struct gp_class_prefix *prefixes, size_t prefix_count)
{
	struct gp_classes *classes = calloc(1, sizeof(*classes));
	struct gp_cidr *cidrs = calloc(prefix_count + 1, sizeof(*cidrs));
	int err = -ENOMEM;

	*out = NULL;
	if (classes)
		classes->of_prefix = calloc(prefix_count + 1, 1);
	if (!classes || !cidrs || !classes->of_prefix)
		goto out;
	for (__u32 i = 0; i < count && i < GP_CLASSES_MAX; i++)
		classes->list[i] = list[i];
	for (size_t i = 0; i < prefix_count; i++) {
		cidrs[i] = prefixes[i].prefix;
		classes->of_prefix[i] = (__u8)(prefixes[i].class + 1);
	}
	err = gp_prefix_set_open(&classes->set, cidrs, prefix_count);
	if (err)
		goto out;
	*out = classes;
	classes = NULL;
out:
	free(cidrs);
	gp_classes_close(classes);
	return err;
}

void gp_classes_close(struct gp_classes *classes)
{
	if (!classes)
		return;
	gp_prefix_set_close(classes->set);
	free(classes->of_prefix);
	free(classes);
}

unsigned int gp_classes_find(const struct gp_classes *classes, const struct gp_addr *addr)
{
	__u32 place = classes ? gp_prefix_set_find(classes->set, addr) : GP_PREFIX_NONE;

	return place == GP_PREFIX_NONE ? GP_CLASS_NONE : classes->of_prefix[place];
}

const struct gp_class *gp_class_get(const struct gp_classes *classes, unsigned int number)
{
	return number ? &classes->list[number - 1] : NULL;
}
