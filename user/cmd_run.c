// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost run: options and configuration; the rest is user/live.c. */
#include <errno.h>

#include "command.h"
#include "live.h"
#include "log.h"

static const char help[] =
	"usage: gatepost run -i IFACE[:inside|outside|tap]... [OPTION]...\n\n"
	"Attaches to the interfaces, counts and judges, and writes the report when it is stopped (SIGINT, SIGTERM).\n"
	"Packets always pass. inside faces subscribers, outside faces the Internet, tap (default) is a mirror port.\n"
	"What a run that was killed left behind is taken over by the next one with the same configuration.\n\n"
	"  -i, --interface   an interface and the way it faces; may be repeated\n"
	"  --inside PREFIX   where subscribers live; may be repeated (default: private address space)\n"
	"  -c, --config FILE configuration, see gatepost.conf(5)\n"
	"  --interval S      write a report every S seconds as well, one line of JSON each (NDJSON)\n"
	"  --format FORMAT   of the last report: json (default), ndjson or text; with --interval: ndjson or text\n"
	"  --all             list hosts without a verdict as well\n"
	"  --deep            read watched flows whole; the kernel gets no more of these packets, so only on taps\n"
	"  --dialogues       no report: what was said on each mail and web flow, as it ends, one line of JSON\n"
	"  --capture-evidence DIR  keep samples of flagged hosts' packets there, one pcapng each\n"
	"  --record-dns FILE keep what the DNS answers (spf.enabled) for replay --dns-answers\n"
	"  --source pcap     listen through libpcap where XDP cannot be attached: slower, and what is not read in time is lost\n"
	"  --xdp-mode MODE   native (default), or skb: slower, for drivers without XDP\n";

static bool check_dialogues(const struct gp_options *options)
{
	if (!options->dialogues || (!options->interval_s && !options->format_given))
		return true;
	gp_error("run: --dialogues has one format and no reports; give it without --interval and --format");
	return false;
}

/* Return: 0, or -EINVAL (logged). */
static int check_options(const struct gp_options *options, int argc, char **argv, int first)
{
	if (first < argc) {
		gp_error("run: %s is no option; interfaces are named with -i", argv[first]);
		return -EINVAL;
	}
	if (!options->interface_count) {
		gp_error("run: no interface named; give at least one with -i, as -i eth0:inside");
		return -EINVAL;
	}
	return check_dialogues(options) ? 0 : -EINVAL;
}

int gp_cmd_run(int argc, char **argv)
{
	struct gp_options options;
	struct gp_config *config;
	struct gp_live *live = NULL;
	int first = 0, code = GP_EXIT_USAGE, err;

	if (gp_options_parse(&options, argc, argv, "cCdDEfiIaxRS", &first))
		goto out;
	if (options.help) {
		code = gp_print(help);
		goto out;
	}
	if (check_options(&options, argc, argv, first) || gp_options_config(&options, &config))
		goto out;
	err = gp_live_plan(&live, &options, config);
	if (err)
		code = err == -EINVAL ? GP_EXIT_USAGE : GP_EXIT_FAILED;
	else
		code = gp_live_run(live) ? GP_EXIT_FAILED : GP_EXIT_DONE;
out:
	gp_live_close(live);
	gp_options_close(&options);
	return code;
}
