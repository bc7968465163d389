// SPDX-License-Identifier: GPL-2.0-or-later
/* What the operator's lists and tables add to a report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report_world.h"

static void no_error(void *context, int line, const char *text)
{
	(void)context;
	fail_msg("%d: %s", line, text);
}

static void list_error(void *context, const struct gp_lists_error *error)
{
	no_error(context, error->line, error->text);
}

/* An AS table in a file of its own, as gp_as_open() wants it. */
static struct gp_as_table *make_table(const char *text)
{
	char path[] = "/tmp/gatepost-report-XXXXXX";
	int fd = mkstemp(path);
	struct gp_as_table *table;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(gp_as_open(&table, path), 0);
	unlink(path);
	return table;
}

static const char *text_at(json_object *report, const char *path)
{
	return json_object_get_string(report_at(report, path));
}

static void test_ranges_have_networks(void **state)
{
	struct gp_as_table *table = make_table("198.51.100.0/24,64500,\"Evil \x1b[31m, Ltd\"\n10.0.0.0/8,64501,Own\n");
	struct world *w = world_office(0);
	json_object *report;

	(void)state;
	world_range(w, "198.51.100.0", 120);
	world_range(w, "203.0.113.0", 120);
	w->report.as_table = table;
	report = world_parse(w);
	assert_string_equal(text_at(report, "ranges.0.asn"), "64500");
	assert_string_equal(text_at(report, "ranges.0.organisation"), "Evil \\x1b[31m, Ltd");
	assert_false(json_object_object_get_ex(report_at(report, "ranges.1"), "asn", NULL));
	/* The office's bot: one of two hosts of its /24, one of four that the AS has. */
	assert_string_equal(text_at(report, "networks.0.prefix"), "10.0.0.0/24");
	assert_string_equal(text_at(report, "networks.0.asn"), "64501");
	assert_string_equal(text_at(report, "networks.0.active"), "2");
	assert_string_equal(text_at(report, "networks.0.rate_lower_bound"), "0.09453");
	assert_string_equal(text_at(report, "networks.1.by"), "as");
	assert_string_equal(text_at(report, "networks.1.organisation"), "Own");
	assert_false(json_object_object_get_ex(report, "lists", NULL));
	json_object_put(report);
	world_free(w);
	gp_as_close(table);
}

/* The class of an inside host; one outside has none, whatever its address. */
static void test_hosts_have_classes(void **state)
{
	const struct gp_class homes = { .name = "homes \"x\"", .limits = gp_limits_default };
	const struct gp_class_prefix all = { .prefix = { world_addr("::"), 0 } }, v4 = { .prefix = { world_addr("0.0.0.0"), 96 } };
	const struct gp_class_prefix prefixes[] = { all, v4 };
	struct world *w = world_office(0);
	struct gp_classes *classes;
	json_object *report, *hosts;
	size_t named = 0, outside = 0;

	(void)state;
	assert_int_equal(gp_classes_open(&classes, &homes, 1, prefixes, 2), 0);
	w->report.classes = classes;
	w->report.all = true;
	report = world_parse(w);
	hosts = report_at(report, "hosts");
	for (size_t i = 0; i < json_object_array_length(hosts); i++) {
		json_object *host = json_object_array_get_idx(hosts, i), *class;
		bool is_outside = !strcmp(text_at(host, "role"), "outside");

		if (json_object_object_get_ex(host, "class", &class) == is_outside)
			fail_msg("%s", json_object_to_json_string(host));
		if (!is_outside)
			assert_string_equal(json_object_get_string(class), "homes \"x\"");
		named += !is_outside;
		outside += is_outside;
	}
	assert_true(named && outside);
	json_object_put(report);
	world_free(w);
	gp_classes_close(classes);
}

static void test_suppressed(void **state)
{
	static const struct gp_list_spec spec = { .name = "own", .kind = GP_LIST_KNOWN_GOOD };
	static const char text[] = "192.0.2.0/24, partner,2026-05-04T09:59:00Z\n10.0.0.0/8\n";
	struct gp_suppressed hosts = { .prefix = { world_addr("10.0.0.0"), 96 + 8 }, .kind = GP_KIND_SCANNER, .count = 2 };
	struct gp_suppressed ranges = { .prefix = { world_addr("192.0.2.0"), 96 + 24 }, .label = "partner", .range = true,
					.kind = GP_RANGE_CRAWLER, .count = 1 };
	const char *texts[] = { text };
	const size_t len = sizeof(text) - 1;
	struct world *w = world_office(0);
	struct gp_lists *lists;
	json_object *report;
	char *people;

	(void)state;
	assert_int_equal(gp_lists_open(&lists, &spec, 1), 0);
	assert_int_equal(gp_lists_read(lists, texts, &len, list_error, NULL), 0);
	gp_lists_tick(lists, START);
	w->report.lists = lists;
	w->verdicts.suppressed_hosts = &hosts;
	w->verdicts.suppressed_ranges = &ranges;
	w->verdicts.suppressed_host_count = w->verdicts.suppressed_range_count = 1;
	report = world_parse(w);
	assert_string_equal(text_at(report, "lists.0.entries"), "2");
	assert_string_equal(text_at(report, "lists.0.expired"), "1");
	assert_string_equal(text_at(report, "suppressed.0.kind"), "scanner");
	assert_string_equal(text_at(report, "suppressed.0.count"), "2");
	assert_string_equal(text_at(report, "suppressed.1.kind"), "crawler");
	assert_string_equal(text_at(report, "suppressed.1.label"), "partner");
	json_object_put(report);
	people = world_report(w, GP_FORMAT_TEXT);
	assert_non_null(strstr(people, "  2 as scanner in 10.0.0.0/8\n      known-good list own\n"));
	assert_non_null(strstr(people, "  1 as crawler in 192.0.2.0/24\n      known-good list own\n      label: partner\n"));
	free(people);
	world_free(w);
	gp_lists_close(lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_have_networks),
		cmocka_unit_test(test_hosts_have_classes),
		cmocka_unit_test(test_suppressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
