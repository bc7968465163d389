// SPDX-License-Identifier: GPL-2.0-or-later
/* gatepost run: options and configuration; the rest is user/live.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "as_table.h"
#include "command.h"
#include "config_print.h"
#include "lists_load.h"
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
	"  -n, --dry-run     check the configuration and print all of it, attach nothing\n"
	"  --show-secret     with -n: hash_secret as well\n"
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
	if (options->show_secret && !options->dry_run) {
		gp_error("run: --show-secret is for -n");
		return -EINVAL;
	}
	return check_dialogues(options) ? 0 : -EINVAL;
}

/* -n: what would be in force, and whether the files that it names can be read. Return: enum gp_exit. */
static int print_config(const struct gp_options *options, struct gp_config *config)
{
	struct gp_lists_loader *lists = NULL;
	struct gp_as_table *as_table = NULL;
	int err = gp_config_print(stdout, config, options->show_secret);

	if (err) {
		gp_error("standard output: cannot write: %s", strerror(-err));
		return GP_EXIT_FAILED;
	}
	err = gp_lists_load(&lists, config->lists, config->list_count);
	if (!err && config->as_table[0])
		err = gp_as_open(&as_table, config->as_table);
	gp_lists_unload(lists);
	gp_as_close(as_table);
	return err ? GP_EXIT_USAGE : GP_EXIT_DONE;
}

static int run_agent(const struct gp_options *options, struct gp_config *config)
{
	struct gp_live *live;
	int code, err;

	if (!config->interface_count) {
		gp_error("run: no interface named; give at least one with -i, as -i eth0:inside, or as interfaces in the "
			 "configuration");
		gp_config_close(config);
		return GP_EXIT_USAGE;
	}
	err = gp_live_plan(&live, options, config);
	if (err)
		code = err == -EINVAL ? GP_EXIT_USAGE : GP_EXIT_FAILED;
	else
		code = gp_live_run(live) ? GP_EXIT_FAILED : GP_EXIT_DONE;
	gp_live_close(live);
	return code;
}

int gp_cmd_run(int argc, char **argv)
{
	struct gp_options options;
	struct gp_config *config = NULL;
	int first = 0, code = GP_EXIT_USAGE;

	if (gp_options_parse(&options, argc, argv, "cCdDEfiIaxRnSp", &first)) {
		gp_options_close(&options);
		return code;
	}
	if (options.help) {
		code = gp_print(help);
	} else if (!check_options(&options, argc, argv, first) && !gp_options_config(&options, &config)) {
		if (gp_config_interfaces(config, options.interfaces, options.interface_count)) {
			gp_config_close(config);
		} else if (options.dry_run) {
			code = print_config(&options, config);
			gp_config_close(config);
		} else {
			code = run_agent(&options, config);
		}
	}
	gp_options_close(&options);
	return code;
}
