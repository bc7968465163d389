/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "config_maker.h"
#include "config_print.h"
#include "config_same.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define RANDOM_CONFIGS 300u

static struct gp_config *parse(const char *name, const char *text)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;
	int err = gp_config_parse(&config, &errors, text, strlen(text), NULL, 0);

	if (errors.count)
		fail_msg("%s: line %d: %s\n%s", name, errors.list[0].line, errors.list[0].text, text);
	gp_config_errors_free(&errors);
	assert_int_equal(err, 0);
	return config;
}

static char *print(const struct gp_config *config, bool show_secret)
{
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	assert_int_equal(gp_config_print(stream, config, show_secret), 0);
	fclose(stream);
	return text;
}

/* Printed and read again it is the same, and is printed the same. Every key of a section stands in it. */
static void check_round(const char *name, const struct gp_config *config)
{
	char *first = print(config, true), *second;
	struct gp_config *again = parse(name, first);
	const char *difference = config_difference(config, again);

	if (difference)
		fail_msg("%s: %s is another one in what was printed:\n%s", name, difference, first);
	second = print(again, true);
	if (strcmp(first, second))
		fail_msg("%s: printed again it is another text:\n%s\n----\n%s", name, first, second);
	gp_config_close(again);
	free(first);
	free(second);
}

static void test_defaults(void **state)
{
	struct gp_config *config = parse("defaults", "");

	(void)state;
	check_round("defaults", config);
	gp_config_close(config);
}

static void test_example(void **state)
{
	struct gp_config *config;

	(void)state;
	assert_int_equal(gp_config_open(&config, "docs/gatepost.conf.example", NULL, 0), 0);
	check_round("docs/gatepost.conf.example", config);
	gp_config_close(config);
}

static void test_random(void **state)
{
	size_t classes = 0, lists = 0, pools = 0, secrets = 0;
	char name[32];

	(void)state;
	for (unsigned int i = 1; i <= RANDOM_CONFIGS; i++) {
		char *text = config_make(i);
		struct gp_config *config;

		snprintf(name, sizeof(name), "configuration %u", i);
		config = parse(name, text);
		check_round(name, config);
		classes += config->class_count;
		lists += config->list_count;
		secrets += config->secret_given;
		pools += config->prefix_count;
		gp_config_close(config);
		free(text);
	}
	/* The maker makes some of everything. */
	assert_true(classes > 100 && lists > 100 && pools > 1000 && secrets > 50 && secrets < RANDOM_CONFIGS);
}

static void test_every_key(void **state)
{
	struct gp_config *config = parse("everything",
					 "tags: {}\nhash_secret: 00112233445566778899aabbccddeeff\n"
					 "inside: [10.0.0.0/8]\ntables: {addresses: 256, slices: 4}\n"
					 "lists: [{name: a, kind: watch, file: /f}, {name: b, kind: watch, entries: [10.0.0.1]}]\n"
					 "interfaces: [{name: eth0}]\noutputs: [{path: /o}]\n"
					 "classes: [{name: c, prefixes: [10.1.0.0/16]}]\n");
	char *text = print(config, true), line[96];

	(void)state;
	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		const char *dot = strrchr(key->path, '.');

		if (!strncmp(key->path, "inside[]", 8))
			continue;
		snprintf(line, sizeof(line), dot ? " %s:" : "\n%s:", dot ? dot + 1 : key->path);
		if (!strstr(text, line) && strcmp(key->path, "sensor"))
			fail_msg("%s is not printed:\n%s", key->path, text);
	}
	assert_non_null(strstr(text, "sensor: \"gatepost\"\n"));
	free(text);
	gp_config_close(config);
}

/* What is written, and what is printed of it. */
static const struct {
	const char *name, *yaml, *line;
	bool show_secret;
} lines[] = {
	{"a default", "", "sensor: \"gatepost\"\n", false},
	{"a unit", "", "  watch_score: 4.6 # nats\n", false},
	{"a duration in its largest unit", "thresholds: {window: 600s}\n", "  window: 10min\n", false},
	{"a duration that is no whole number of any", "thresholds: {window: 0.7h}\n", "  window: 42min\n", false},
	{"a duration of many digits", "thresholds: {quiet: 1.23456789012345d}\n", "  quiet: 1.23456789012345d\n", false},
	{"quotes", "sensor: 'a \"b\" \\ c'\n", "sensor: \"a \\\"b\\\" \\\\ c\"\n", false},
	{"ports as ranges", "ports: {smtp: [26, 25, 27, 2525], submission: [587]}\n", "  smtp: [25-27, 2525]\n", false},
	{"no ports", "ports: {smtp: []}\n", "  smtp: []\n", false},
	{"a pool", "inside: [{prefix: 10.0.0.0/8, subscriber: 30}]\n", "  - {prefix: 10.0.0.0/8, subscriber: 30}\n", false},
	{"a pool of the usual length", "inside: [{prefix: 10.0.0.0/8, subscriber: 32}]\n", "  - 10.0.0.0/8\n", false},
	{"IPv6 in quotes", "relays: [\"2001:db8::19\"]\n", "relays:\n  - \"2001:db8::19/128\"\n", false},
	{"private space", "", "# inside: (private space, for no prefix was given)\n", false},
	{"tags off", "", "# tags: (off)\n", false},
	{"tags on", "tags: {}\n", "\ntags:\n  mark_mask: 0xff\n", false},
	{"sizes that are chosen", "", "  # addresses: (chosen at start)\n", false},
	{"no secret", "", "# hash_secret: (not set: run draws one)\n", true},
	{"a secret", "hash_secret: 00112233445566778899aabbccddeeff\n", "# hash_secret: (set; --show-secret shows it)\n", false},
	{"a secret, shown", "hash_secret: 00112233445566778899AABBCCDDEEFF\n",
	 "hash_secret: 00112233445566778899aabbccddeeff\n", true},
	{"an escape for the terminal", "lists: [{name: a, kind: watch, entries: [\"\\e[2J\"]}]\n", "      - \"\\x1b[2J\"\n", false},
	{"a mark of direction", "lists: [{name: a, kind: watch, entries: [\"\\u202e\"]}]\n", "      - \"\\u202e\"\n", false},
	{"a class", "classes: [{name: c, prefixes: [10.0.0.0/16], spam_min_mx: 3}]\n",
	 "classes:\n  - name: \"c\"\n    prefixes:\n      - 10.0.0.0/16\n    half_life: 1d\n", false},
	{"a threshold of a class", "classes: [{name: c, prefixes: [10.0.0.0/16], spam_min_mx: 3}]\n",
	 "    spam_min_mx: 3 # mail networks per day\n", false},
	{"an interface", "interfaces: [{name: eth0, side: inside}]\n", "interfaces:\n  - name: \"eth0\"\n    side: inside\n", false},
	{"an output", "outputs: [{path: /a}]\n",
	 "outputs:\n  - path: \"/a\"\n    format: json\n    interval: 5min\n", false},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++) {
		struct gp_config *config = parse(lines[i].name, lines[i].yaml);
		char *text = print(config, lines[i].show_secret);

		if (!strstr(text, lines[i].line))
			fail_msg("%s: without\n%sis what was printed:\n%s", lines[i].name, lines[i].line, text);
		if (!lines[i].show_secret && strstr(text, "8899aabb"))
			fail_msg("%s: the secret is shown", lines[i].name);
		check_round(lines[i].name, config);
		gp_config_close(config);
		free(text);
	}
}

/* A disk that is full is told. */
static void test_stream(void **state)
{
	struct gp_config *config = parse("defaults", "");
	FILE *full = fopen("/dev/full", "we");

	(void)state;
	assert_non_null(full);
	assert_int_equal(gp_config_print(full, config, false), -ENOSPC);
	fclose(full);
	gp_config_close(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests_name("config_print", tests, NULL, NULL);
}
