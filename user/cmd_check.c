// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost check: can this host run gatepost, and what would get in the way? Changes nothing. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xdp/libxdp.h>

#include "check.h"
#include "check_interface.h"
#include "check_kernel.h"
#include "check_network.h"
#include "command.h"
#include "loader.h"
#include "log.h"

static const char help[] =
	"usage: gatepost check [-i IFACE[:inside|outside|tap]]... [OPTION]\n\n"
	"Tells whether this host can run gatepost, and what would get in the way. It changes nothing.\n"
	"Name the interfaces as for run; without any, all that are up are looked at, briefly.\n\n"
	"  -i, --interface   an interface and the way it faces; may be repeated\n"
	"  --format FORMAT   text (default), json or ndjson\n\n"
	"Each row is ok, warn (it works, with the consequence that it names) or fail (it does not), followed by\n"
	"what mends it. Exit codes: 0 nothing fails, 1 something does, 2 usage, or no such interface.\n";

struct inspection {
	struct gp_check check;
	struct gp_interface *interfaces; /* named with -i */
	size_t count;
	struct gp_netif *links;
	size_t link_count;
	struct gp_rules rules;
};

static int parse_interfaces(struct inspection *in, const struct gp_options *options)
{
	in->interfaces = calloc(options->interface_count + 1, sizeof(*in->interfaces));
	if (!in->interfaces)
		return -ENOMEM;
	for (size_t i = 0; i < options->interface_count; i++) {
		struct gp_interface_spec spec;
		int err = gp_interface_spec_parse(&spec, options->interfaces[i]) ?
				  gp_interface_find(&in->interfaces[i], &spec) : -EINVAL;

		if (err)
			return err;
		for (size_t j = 0; j < i; j++) {
			if (in->interfaces[j].index != in->interfaces[i].index)
				continue;
			gp_error("-i %s: the interface is named twice", options->interfaces[i]);
			return -EINVAL;
		}
		in->count++;
	}
	return 0;
}

static void inspect_interface(struct inspection *in, const struct gp_netif *link, const struct gp_interface *named)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), page_bytes = sysconf(_SC_PAGESIZE);
	struct gp_nic nic;
	struct gp_check_place place = {
		.nic = &nic,
		.links = in->links,
		.count = in->link_count,
		.side = named ? named->side : GP_SIDE_TAP,
		.side_known = named,
		.cpus = cpus > 0 ? (unsigned)cpus : 1,
		.page_bytes = page_bytes > 0 ? page_bytes : 4096,
		.fib_rule = in->rules.fib_rule,
	};

	gp_nic_read(&nic, link, in->check.facts.bpf);
	gp_check_interface(&in->check, &place);
}

static void inspect_named(struct inspection *in)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct gp_netif *link = gp_netif_find(in->links, in->link_count, in->interfaces[i].index);

		if (link) {
			inspect_interface(in, link, &in->interfaces[i]);
			continue;
		}
		gp_check_subject(&in->check, in->interfaces[i].name, NULL);
		gp_check_add(&in->check, GP_CHECK_FAIL, "link", "has gone since the command began");
	}
}

/* Without -i: what could be attached to, briefly. */
static void inspect_all(struct inspection *in)
{
	size_t found = 0;

	in->check.survey = true;
	for (size_t i = 0; i < in->link_count; i++) {
		const struct gp_netif *link = &in->links[i];

		if (!(link->flags & IFF_UP) || !gp_check_may_attach(link))
			continue;
		inspect_interface(in, link, NULL);
		found++;
	}
	if (found)
		return;
	gp_check_subject(&in->check, "", NULL);
	gp_check_add(&in->check, GP_CHECK_WARN, "interfaces", "no Ethernet interface is up in this network namespace");
	gp_check_mend(&in->check, "ip link set dev IFACE up");
}

static void inspect(struct inspection *in)
{
	int err = gp_netifs_read(&in->links, &in->link_count);
	const struct gp_check_chosen chosen = {
		.interfaces = in->interfaces,
		.count = in->count,
		.links = in->links,
		.link_count = in->link_count,
	};

	gp_check_kernel(&in->check);
	gp_rules_read(&in->rules);
	gp_check_network(&in->check, &in->rules, &chosen);
	if (err)
		gp_check_add(&in->check, GP_CHECK_WARN, "interfaces", "unknown: rtnetlink: %s", strerror(-err));
	else if (in->count)
		inspect_named(in);
	else
		inspect_all(in);
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
}

/* What they explain while they probe is in the rows. */
__attribute__((format(printf, 2, 0)))
static int quiet_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int check(struct inspection *in, const struct gp_options *options)
{
	enum gp_format format = options->format_given ? options->format : GP_FORMAT_TEXT;
	char *text;
	int code;

	libxdp_set_print(quiet_libxdp);
	inspect(in);
	text = gp_check_print(&in->check, format, format == GP_FORMAT_TEXT && wants_colour());
	if (!text) {
		gp_error("check: out of memory");
		return GP_EXIT_FAILED;
	}
	code = gp_print(text);
	free(text);
	return gp_check_count(&in->check, GP_CHECK_FAIL) ? GP_EXIT_FAILED : code;
}

int gp_cmd_check(int argc, char **argv)
{
	struct gp_options options;
	struct inspection in = { 0 };
	int first = 0, code = GP_EXIT_USAGE;

	if (gp_options_parse(&options, argc, argv, "fi", &first))
		goto out;
	if (options.help) {
		code = gp_print(help);
		goto out;
	}
	if (first < argc) {
		gp_error("check: %s is no option; interfaces are named with -i", argv[first]);
		goto out;
	}
	if (!parse_interfaces(&in, &options))
		code = check(&in, &options);
out:
	gp_check_close(&in.check);
	free(in.links);
	free(in.interfaces);
	gp_options_close(&options);
	return code;
}
