// SPDX-License-Identifier: GPL-2.0-or-later
#include "interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "log.h"

int gp_interface_find(struct gp_interface *out, const struct gp_interface_spec *spec)
{
	*out = (struct gp_interface){ .side = spec->side, .index = (int)if_nametoindex(spec->name) };
	memcpy(out->name, spec->name, sizeof(out->name));
	if (out->index)
		return 0;
	gp_error("-i %s: no interface %s in this network namespace; ip link shows what there is", spec->name,
		 spec->name);
	return -ENODEV;
}
