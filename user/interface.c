// SPDX-License-Identifier: GPL-2.0-or-later
#include "interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "log.h"

int gp_interface_parse(struct gp_interface *out, const char *text)
{
	static const char *const sides[] = {
		[GP_SIDE_TAP] = "tap",
		[GP_SIDE_INSIDE] = "inside",
		[GP_SIDE_OUTSIDE] = "outside",
	};
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	*out = (struct gp_interface){ .side = GP_SIDE_TAP };
	if (!length || length >= sizeof(out->name)) {
		gp_error("-i %s: write INTERFACE:SIDE, as eth0:inside", text);
		return -EINVAL;
	}
	memcpy(out->name, text, length);
	if (colon) {
		size_t i = 0;

		while (i < 3 && strcmp(colon + 1, sides[i]))
			i++;
		if (i == 3) {
			gp_error("-i %s: the side is inside, outside or tap", text);
			return -EINVAL;
		}
		out->side = (enum gp_side)i;
	}
	out->index = (int)if_nametoindex(out->name);
	if (!out->index) {
		gp_error("-i %s: no interface %s in this network namespace; ip link shows what there is", text,
			 out->name);
		return -ENODEV;
	}
	return 0;
}
