// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "inside", required_argument, NULL, 'C' },
	{ "engine", required_argument, NULL, 'e' },
	{ "format", required_argument, NULL, 'f' },
	{ "interface", required_argument, NULL, 'i' },
	{ "interval", required_argument, NULL, 'I' },
	{ "dialogues", no_argument, NULL, 'd' },
	{ "capture-evidence", required_argument, NULL, 'E' },
	{ "explain", required_argument, NULL, 'X' },
	{ "deep", no_argument, NULL, 'D' },
	{ "dns-answers", required_argument, NULL, 'N' },
	{ "record-dns", required_argument, NULL, 'R' },
	{ "source", required_argument, NULL, 'p' },
	{ "all", no_argument, NULL, 'a' },
	{ "trust-inside", no_argument, NULL, 't' },
	{ "xdp-mode", required_argument, NULL, 'x' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "show-secret", no_argument, NULL, 'S' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char *long_name(int letter)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == letter)
			return o->name;
	return "";
}

/* One of two words. Return: 0 or 1 which, -EINVAL neither (logged). */
static int choose(const char *option, const char *value, const char *first, const char *second)
{
	if (!strcmp(value, first))
		return 0;
	if (!strcmp(value, second))
		return 1;
	gp_error("--%s %s: choose %s or %s", option, value, first, second);
	return -EINVAL;
}

static int read_format(const char *value, enum gp_format *format)
{
	static const char *const names[] = {
		[GP_FORMAT_JSON] = "json",
		[GP_FORMAT_NDJSON] = "ndjson",
		[GP_FORMAT_TEXT] = "text",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(value, names[i])) {
			*format = (enum gp_format)i;
			return 0;
		}
	}
	gp_error("--format %s: choose json, ndjson or text", value);
	return -EINVAL;
}

static int read_interval(const char *value, unsigned *interval_s)
{
	char *end;
	long seconds = strtol(value, &end, 10);

	if (*end || end == value || seconds < 1 || seconds > 86400) {
		gp_error("--interval %s: give whole seconds, 1 to 86400", value);
		return -EINVAL;
	}
	*interval_s = (unsigned)seconds;
	return 0;
}

static int read_address(const char *value, struct gp_addr *addr)
{
	struct gp_prefix prefix;
	const char *why;

	if (!gp_prefix_parse(&prefix, value, &why) && !strchr(value, '/')) {
		*addr = prefix.addr;
		return 0;
	}
	gp_error("--explain %s: give one address, such as 192.0.2.7 or 2001:db8::7", value);
	return -EINVAL;
}

static int take(struct gp_options *o, int letter, char *value)
{
	int choice;

	switch (letter) {
	case 'c':
		o->config_path = value;
		return 0;
	case 'C':
		o->inside[o->inside_count++] = value;
		return 0;
	case 'i':
		o->interfaces[o->interface_count++] = value;
		return 0;
	case 'e':
		choice = choose("engine", value, "native", "kernel");
		o->kernel_engine = choice == 1;
		return choice < 0 ? choice : 0;
	case 'x':
		choice = choose("xdp-mode", value, "native", "skb");
		o->skb_mode = choice == 1;
		return choice < 0 ? choice : 0;
	case 'p':
		choice = choose("source", value, "xdp", "pcap");
		o->pcap_source = choice == 1;
		return choice < 0 ? choice : 0;
	case 'f':
		o->format_given = true;
		return read_format(value, &o->format);
	case 'I':
		return read_interval(value, &o->interval_s);
	case 'd':
		o->dialogues = true;
		return 0;
	case 'E':
		o->capture_dir = value;
		return 0;
	case 'X':
		o->explain_given = true;
		return read_address(value, &o->explain);
	case 'N':
		o->dns_answers = value;
		return 0;
	case 'R':
		o->record_dns = value;
		return 0;
	case 'D':
		o->deep = true;
		return 0;
	case 'a':
		o->all = true;
		return 0;
	case 't':
		o->trust_inside = true;
		return 0;
	case 'n':
		o->dry_run = true;
		return 0;
	case 'S':
		o->show_secret = true;
		return 0;
	default:
		o->help = true;
		return 0;
	}
}

/* getopt_long() leaves a letter of a group in optopt only; @last is then the argument before the group. */
static void say_unknown(const char *command, const char *last)
{
	const char *name = long_name(optopt);
	size_t length = strlen(name);

	if (!optopt)
		gp_error("%s: unknown option %s; gatepost %s --help lists them", command, last, command);
	else if (length && !strncmp(last, "--", 2) && !strncmp(last + 2, name, length) && last[2 + length] == '=')
		gp_error("%s: --%s takes no value", command, name);
	else
		gp_error("%s: unknown option -%c; gatepost %s --help lists them", command, optopt, command);
}

int gp_options_parse(struct gp_options *options, int argc, char **argv, const char *allowed, int *first)
{
	int letter, err;

	*options = (struct gp_options){
		.inside = calloc((size_t)argc + 1, sizeof(char *)),
		.interfaces = calloc((size_t)argc + 1, sizeof(char *)),
	};
	if (!options->inside || !options->interfaces)
		return -ENOMEM;
	optind = 1;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":c:i:nh", long_options, NULL)) != -1) {
		if (letter == ':') {
			gp_error("%s: %s needs a value", argv[0], argv[optind - 1]);
			return -EINVAL;
		}
		if (letter == '?') {
			say_unknown(argv[0], argv[optind - 1]);
			return -EINVAL;
		}
		if (letter != 'h' && !strchr(allowed, letter)) {
			gp_error("%s: --%s does not apply here; gatepost %s --help lists what does", argv[0],
				 long_name(letter), argv[0]);
			return -EINVAL;
		}
		err = take(options, letter, optarg);
		if (err)
			return err;
	}
	*first = optind;
	return 0;
}

void gp_options_close(struct gp_options *options)
{
	free(options->inside);
	free(options->interfaces);
}

int gp_options_config(const struct gp_options *options, struct gp_config **out)
{
	return gp_config_open(out, options->config_path, options->inside, options->inside_count);
}
