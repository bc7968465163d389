/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that mean the same to several commands. */
#ifndef GATEPOST_OPTIONS_H
#define GATEPOST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "report.h"

/* Options of more than one command. Strings and lists are borrowed from argv. */
struct gp_options {
	const char *config_path;
	char **inside; /* --inside, as given; has room for argc entries */
	size_t inside_count;
	char **interfaces; /* -i, as given; likewise */
	size_t interface_count;
	enum gp_format format;
	bool format_given;
	bool kernel_engine;
	bool skb_mode;
	bool pcap_source; /* --source pcap */
	bool all;
	bool trust_inside;
	bool dialogues;
	const char *capture_dir; /* --capture-evidence; NULL without */
	bool explain_given;
	struct gp_addr explain; /* --explain; any address, :: as well */
	const char *dns_answers; /* --dns-answers, NULL without; likewise the next one */
	const char *record_dns;
	bool deep;
	bool dry_run;	  /* -n: check and print the configuration */
	bool show_secret; /* with it */
	bool help;
	unsigned interval_s; /* 0: report at the end only */
};

/**
 * gp_options_parse() - read a command's options.
 * @allowed: the letters of the options that this command knows: c, C (--inside), d (--dialogues), E (--capture-evidence), D (--deep), e, f, i, I (--interval), a, t, x,
 *           X (--explain), N (--dns-answers), R (--record-dns), n (--dry-run), p (--source), S (--show-secret).
 * @first: out; index of the first argument that is no option.
 *
 * Return: 0, or -EINVAL with one line on stderr that names the option, or -ENOMEM.
 */
int gp_options_parse(struct gp_options *options, int argc, char **argv, const char *allowed, int *first);
void gp_options_close(struct gp_options *options);

/* The configuration that the options name. Return: 0 or -errno (logged). */
int gp_options_config(const struct gp_options *options, struct gp_config **out);

#endif
