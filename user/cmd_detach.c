// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost detach: take off what a run left behind. */
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "loader.h"
#include "log.h"

static const char help[] =
	"usage: gatepost detach [-i IFACE]\n\n"
	"Takes gatepost's XDP program off every interface of this network namespace, or off IFACE, and removes its\n"
	"pinned maps from " GP_PIN_DIR " and the journal that belongs to them: what a killed run had\n"
	"counted, and the next run would go on with. Other programs stay.\n";

int gp_cmd_detach(int argc, char **argv)
{
	int first = 0, code = GP_EXIT_USAGE;
	struct gp_options options;
	const char *only;
	unsigned removed;

	if (gp_options_parse(&options, argc, argv, "i", &first))
		goto out;
	if (options.help) {
		code = gp_print(help);
		goto out;
	}
	if (first < argc || options.interface_count > 1) {
		gp_error("detach: give one interface with -i, or none for all");
		goto out;
	}
	only = options.interface_count ? options.interfaces[0] : NULL;
	code = GP_EXIT_FAILED;
	if (geteuid() != 0) {
		gp_error("detach: taking XDP programs off needs root; use sudo");
		goto out;
	}
	if (only && !if_nametoindex(only)) {
		gp_error("detach: no interface %s in this network namespace; ip link shows what there is", only);
		goto out;
	}
	if (gp_loader_clean(only, &removed))
		goto out;
	gp_notice(removed ? "detach: removed %u programs and maps" : "detach: nothing was left behind (%u)", removed);
	code = GP_EXIT_DONE;
out:
	gp_options_close(&options);
	return code;
}
