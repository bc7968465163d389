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
#include <unistd.h>

#include "config_maker.h"
#include "config_reload.h"
#include "config_same.h"
#include "stderr_capture.h"
#include "temp_directory.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct gp_config *parse(const char *text)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;

	gp_config_parse(&config, &errors, text, strlen(text), NULL, 0);
	if (errors.count)
		fail_msg("line %d: %s\n%s", errors.list[0].line, errors.list[0].text, text);
	gp_config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

/* Which keys take a restart; those that no row names do not. A row that ends in a point is all keys of a section. */
static const char *const restarts[] = {
	"journal", "interfaces", "interfaces[].", "inside[].subscriber", "source_validation", "decapsulate", "hash_secret",
	"tables.", "tags", "tags.", "evidence.ring", "deep.", "web.clients", "web.tokens", "as_table", "spf.", "senders.",
	"memory.", "store.path", "control.", "http.",
};

static bool takes_restart(const char *path)
{
	for (size_t i = 0; i < ROWS(restarts); i++) {
		size_t len = strlen(restarts[i]);

		if (!strcmp(path, restarts[i]) || (restarts[i][len - 1] == '.' && !strncmp(path, restarts[i], len)))
			return true;
	}
	return false;
}

static void test_sets(void **state)
{
	(void)state;
	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		enum gp_change expected = takes_restart(key->path) ? GP_CHANGE_RESTART : GP_CHANGE_LIVE;

		if (!strcmp(key->path, "evidence.flows"))
			expected = GP_CHANGE_LIVE_ABOVE_0;
		if (key->change != expected)
			fail_msg("%s: is in set %d, not %d", key->path, key->change, expected);
	}
}

/* What differs, as "key key! key": a ! stands behind those that take a restart. */
static void describe(char *out, size_t size, const struct gp_config_changes *changes)
{
	size_t at = 0;

	*out = '\0';
	for (size_t i = 0; i < gp_config_key_count; i++)
		if (changes->live[i] || changes->restart[i])
			at += (size_t)snprintf(out + at, size - at, "%s%s%s", at ? " " : "", gp_config_keys[i].path,
					       changes->restart[i] ? "!" : "");
}

static const struct {
	const char *old, *new, *expected;
} rows[] = {
	{"", "", ""},
	{"sensor: a\n", "sensor: a\n", ""},
	{"sensor: a\n", "sensor: b\n", "sensor"},
	{"ports: {smtp: [25]}\n", "", ""},
	{"ports: {smtp: [25, 26]}\n", "", "ports.smtp"},
	{"ports: {http: [80], tls: [443, 8080]}\n", "ports: {http: [80, 8080], tls: [443]}\n", "ports.http ports.tls"},
	{"ports: {quic: [443, 444]}\n", "", "ports.quic"},
	{"scan_ports: {watched: [22]}\n", "scan_ports: {watched: [22], service: []}\n", "scan_ports.service"},
	{"inside: [10.0.0.0/8]\n", "inside: [10.0.0.0/8, 11.0.0.0/8]\n", "inside"},
	{"inside: [10.0.0.0/8]\n", "inside: [10.0.0.0/9, 10.128.0.0/9]\n", "inside"},
	{"", "inside: [10.0.0.0/8]\n", "inside"},
	{"inside: [10.0.0.0/8]\n", "inside: [10.0.0.0/8]\nrelays: [10.0.0.25]\n", "relays"},
	{"business: [10.0.0.0/24]\n", "infrastructure: [10.0.0.0/24]\n", "infrastructure business"},
	{"inside: [{prefix: 10.0.0.0/8, subscriber: 30}]\n", "inside: [10.0.0.0/8]\n", "inside[].subscriber!"},
	{"inside: [\"2001:db8::/32\"]\n", "inside: [\"2001:db8::/32\", {prefix: \"2001:db9::/32\", subscriber: 60}]\n", "inside"},
	{"inside: [\"2001:db8::/32\"]\n", "inside: [{prefix: \"2001:db8:1::/48\", subscriber: 60}]\n",
	 "inside inside[].subscriber!"},
	{"inside: [\"2001:db8::/32\"]\n", "inside: [{prefix: \"2001:db9::/32\", subscriber: 60}]\n", "inside"},
	{"", "tables: {hosts: 128}\n", "tables.hosts!"},
	{"tables: {addresses: 512, slices: 2}\n", "", "tables.addresses! tables.slices!"},
	{"", "tags: {}\n", "tags!"},
	{"tags: {}\n", "tags: {mark_mask: 0xff00, mark_shift: 8}\n", "tags.mark_mask! tags.mark_shift!"},
	{"", "evidence: {flows: 30, retention: 1d}\n", "evidence.flows evidence.retention"},
	{"", "evidence: {flows: 0}\n", "evidence.flows!"},
	{"evidence: {flows: 0}\n", "", "evidence.flows!"},
	{"", "hash_secret: 00112233445566778899aabbccddeeff\n", "hash_secret!"},
	{"hash_secret: 00112233445566778899aabbccddeeff\n", "", "hash_secret!"},
	{"hash_secret: 00112233445566778899aabbccddeeff\n", "hash_secret: 00112233445566778899AABBCCDDEEFF\n", ""},
	{"", "interfaces: [{name: eth0}]\n", "interfaces!"},
	{"interfaces: [{name: eth0}]\n", "interfaces: [{name: eth0, side: tap}]\n", ""},
	{"interfaces: [{name: eth0}]\n", "interfaces: [{name: eth0, side: inside}]\n", "interfaces!"},
	{"lists: [{name: a, kind: watch, file: /a}]\n", "lists: [{name: a, kind: watch, file: /b}]\n", "lists"},
	{"lists: [{name: a, kind: watch, file: /a}]\n", "lists: [{name: a, kind: known-bad, file: /a}]\n", "lists"},
	{"lists: [{name: a, kind: watch, file: /a}]\n", "lists: [{name: a, kind: watch, entries: [10.0.0.1]}]\n", "lists"},
	{"lists: [{name: a, kind: watch, entries: [10.0.0.1]}]\n", "lists: [{name: a, kind: watch, entries: [10.0.0.2]}]\n", "lists"},
	{"outputs: [{path: /a}]\n", "outputs: [{path: /a, interval: 300s, format: json}]\n", ""},
	{"outputs: [{path: /a}]\n", "outputs: [{path: /a, interval: 10s}]\n", "outputs"},
	{"outputs: [{path: /a}]\n", "outputs: [{path: /a}, {path: /b}]\n", "outputs"},
	{"classes: [{name: a, prefixes: [10.0.0.0/9]}]\n", "classes: [{name: b, prefixes: [10.0.0.0/9]}]\n", "classes"},
	{"classes: [{name: a, prefixes: [10.0.0.0/9]}]\n", "classes: [{name: a, prefixes: [10.0.0.0/10]}]\n", "classes"},
	{"classes: [{name: a, prefixes: [10.0.0.0/9]}]\n", "classes: [{name: a, prefixes: [10.0.0.0/9], prior: 0.1}]\n", "classes"},
	{"classes: [{name: a, prefixes: [10.0.0.0/9]}]\n", "classes: [{name: a, prefixes: [10.0.0.0/9], prior: 0.001}]\n", ""},
	{"store: {path: /a}\n", "store: {path: /b, hosts: 1d}\n", "store.path! store.hosts"},
};

static void test_rows(void **state)
{
	struct gp_config_changes changes;
	char text[512];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct gp_config *old = parse(rows[i].old), *new = parse(rows[i].new);

		gp_config_compare(&changes, old, new);
		describe(text, sizeof(text), &changes);
		if (strcmp(text, rows[i].expected))
			fail_msg("row %zu: %s\n%s->\n%s: \"%s\"", i, rows[i].expected, rows[i].old, rows[i].new, text);
		gp_config_close(old);
		gp_config_close(new);
	}
}

/* One plain key with another value than its default, and nothing else, is what has changed. */
static void check_key(const struct gp_config *defaults, const struct gp_config_key *key)
{
	const char *dot = strchr(key->path, '.');
	struct gp_config_errors errors = {0};
	struct gp_config_changes changes;
	char value[128], text[256], said[256], expected[96];
	struct gp_config *config;
	__u64 seed = 1;

	for (unsigned int tries = 0; tries < 100; tries++) {
		config_make_value(value, sizeof(value), key, &seed);
		if (!*value)
			return;
		if (dot)
			snprintf(text, sizeof(text), "%.*s: {%s: %s}\n", (int)(dot - key->path), key->path, dot + 1, value);
		else
			snprintf(text, sizeof(text), "%s: %s\n", key->path, value);
		gp_config_parse(&config, &errors, text, strlen(text), NULL, 0);
		gp_config_errors_free(&errors);
		if (!config)
			continue;
		gp_config_compare(&changes, defaults, config);
		/* Tags are there as soon as one of their keys is. */
		snprintf(expected, sizeof(expected), "%s%s%s", !strncmp(key->path, "tags.", 5) ? "tags! " : "", key->path,
			 takes_restart(key->path) ? "!" : "");
		describe(said, sizeof(said), &changes);
		gp_config_close(config);
		if (*said && !strcmp(said, expected))
			return;
		if (*said && strcmp(said, "tags!") && strcmp(said, "evidence.flows!"))
			fail_msg("%sis told as %s", text, said);
	}
	fail_msg("%s: no value of 100 is told as a change", key->path);
}

static void test_every_key(void **state)
{
	struct gp_config *defaults = parse("");

	(void)state;
	for (const struct gp_config_key *key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++)
		if (!strstr(key->path, "[].") && key->type != GP_KEY_MASK)
			check_key(defaults, key);
	gp_config_close(defaults);
}

/* What is the same to the last byte is no change, and what is not is one. */
static void test_random(void **state)
{
	struct gp_config_changes changes;
	struct gp_config *before = NULL;

	(void)state;
	for (unsigned int i = 1; i <= 60; i++) {
		char *text = config_make(i);
		struct gp_config *config = parse(text), *again = parse(text);

		gp_config_compare(&changes, config, again);
		assert_int_equal(changes.live_count + changes.restart_count, 0);
		if (before) {
			gp_config_compare(&changes, before, config);
			assert_true(!config_difference(before, config) == !(changes.live_count + changes.restart_count));
		}
		gp_config_close(before);
		before = config;
		gp_config_close(again);
		free(text);
	}
	gp_config_close(before);
}

static void test_words(void **state)
{
	struct gp_config *old = parse(""), *new = parse("sensor: b\nports: {smtp: [26]}\nthresholds: {prior: 0.01, quiet: 1d}\n");
	struct gp_config_changes changes;
	char text[256];

	(void)state;
	gp_config_compare(&changes, old, new);
	gp_config_changes_list(text, sizeof(text), &changes);
	assert_string_equal(text, "sensor, ports.smtp, thresholds.prior, thresholds.quiet");
	gp_config_changes_list(text, 45, &changes);
	assert_string_equal(text, "sensor, ports.smtp, and 2 more");
	gp_config_changes_list(text, 20, &changes);
	assert_string_equal(text, "4 more");
	assert_true(gp_config_changed(&changes, "ports") && gp_config_changed(&changes, "ports.smtp"));
	assert_true(gp_config_changed(&changes, "sensor"));
	assert_false(gp_config_changed(&changes, "ports.http") || gp_config_changed(&changes, "port"));
	assert_false(gp_config_changed(&changes, "lists"));
	gp_config_close(old);
	gp_config_close(new);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* A reload: what is asked for, and what is said; "" when it is taken. */
static const struct {
	const char *new, *said;
} reloads[] = {
	{"sensor: b\n", ""},
	{"sensor: [\n", ":2: YAML syntax: "},
	{"sensor: b\nthresholds: {prior: 2}\nbogus: 1\n", ":3: \"bogus\": unknown key"},
	{"sensor: b\ntables: {hosts: 128}\n", "tables.hosts: cannot change while running; restart, or take the change back\n"},
	{"tables: {hosts: 128}\ndecapsulate: true\n", "decapsulate: cannot change while running"},
	{"evidence: {flows: 0}\n", "evidence.flows: cannot change from or to 0 while running; restart"},
	{"hash_secret: 00112233445566778899aabbccddeeff\n", "hash_secret: cannot change while running"},
	{"interfaces: [{name: eth9}]\n", ""}, /* -i stands above it, and is what it was */
};

static void test_reload(void **state)
{
	static char *const interfaces[] = {(char *)"eth0:inside", (char *)"eth1"};
	struct gp_config_source source = {.interfaces = interfaces, .interface_count = 2};
	struct gp_config *old = parse("sensor: a\n"), *new;
	struct gp_config_changes changes;
	char directory[64], path[96], out[4096];

	(void)state;
	assert_int_equal(temp_directory(directory, sizeof(directory)), 0);
	snprintf(path, sizeof(path), "%s/conf", directory);
	source.path = path;
	assert_int_equal(gp_config_interfaces(old, interfaces, 2), 0);
	old->secret[0] = 7; /* drawn at start */
	old->deep = true;
	for (size_t i = 0; i < ROWS(reloads); i++) {
		int err;

		write_file(path, reloads[i].new);
		stderr_capture_begin();
		err = gp_config_reload(&new, &changes, old, &source);
		stderr_capture_end(out, sizeof(out));
		if (err != (*reloads[i].said ? -EINVAL : 0) || !new != !!err || !strstr(out, reloads[i].said) ||
		    (!err && *out))
			fail_msg("row %zu: returned %d, said %s", i, err, out);
		if (!err) {
			assert_true(new->secret[0] == 7 && new->deep && !new->secret_given);
			assert_int_equal(new->interface_count, 2);
			assert_string_equal(new->interfaces[0].name, "eth0");
			assert_int_equal(new->interfaces[0].side, GP_SIDE_INSIDE);
			assert_int_equal(new->interfaces[1].side, GP_SIDE_TAP);
		}
		gp_config_close(new);
	}
	unlink(path);
	stderr_capture_begin();
	assert_int_equal(gp_config_reload(&new, &changes, old, &source), -ENOENT);
	stderr_capture_end(out, sizeof(out));
	assert_null(new);
	rmdir(directory);
	gp_config_close(old);
}

static const struct {
	const char *arguments[3], *said;
} arguments[] = {
	{{"eth0"}, ""},
	{{"eth0:outside", "eth1:tap"}, ""},
	{{"eth0:left"}, "-i eth0:left: the side is inside, outside or tap\n"},
	{{":inside"}, "-i :inside: write INTERFACE:SIDE"},
	{{"a23456789012345678"}, "write INTERFACE:SIDE"},
	{{"eth0", "eth0:inside"}, "-i eth0:inside: the interface is named twice\n"},
	{{"../x"}, "write INTERFACE:SIDE"},
};

static void test_interfaces(void **state)
{
	char out[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(arguments); i++) {
		struct gp_config *config = parse("interfaces: [{name: old}]\n");
		size_t count = 0;
		int err;

		while (count < 3 && arguments[i].arguments[count])
			count++;
		stderr_capture_begin();
		err = gp_config_interfaces(config, (char *const *)(uintptr_t)arguments[i].arguments, count);
		stderr_capture_end(out, sizeof(out));
		if (err != (*arguments[i].said ? -EINVAL : 0) || !strstr(out, arguments[i].said))
			fail_msg("row %zu: returned %d, said %s", i, err, out);
		assert_string_equal(config->interfaces[0].name, err ? "old" : "eth0");
		gp_config_close(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_interfaces),
	};

	return cmocka_run_group_tests_name("config_reload", tests, NULL, NULL);
}
