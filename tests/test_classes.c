/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of subscribers: who is in which, and by whose thresholds the judge goes. */
#include "judge_world.h"

#include "classes.h"

static struct gp_class_prefix member(__u32 addr, __u8 bits, __u8 class)
{
	return (struct gp_class_prefix){.prefix = {world_v4(addr), (__u8)(96 + bits)}, .class = class};
}

/* Watched ports are walked alone, and together with those of services. */
static void set_steps(struct gp_limits *limits, double steps)
{
	limits->scan_watched_steps = limits->scan_service_steps = steps;
}

/* Everybody's thresholds, but for the steps of a scan. */
static struct gp_class class_of(const char *name, double steps)
{
	struct gp_class class = {.limits = gp_limits_default};

	snprintf(class.name, sizeof(class.name), "%s", name);
	set_steps(&class.limits, steps);
	return class;
}

static const struct {
	__u32 addr;
	const char *class; /* NULL: none */
} found[] = {
	{0x0a000001, "homes"},	 /* 10.0.0.1 in 10.0.0.0/8 */
	{0x0a010001, "offices"}, /* in 10.1.0.0/16 */
	{0x0a0100ff, "offices"},
	{0x0a010180, "homes"},	 /* in 10.1.1.128/25 */
	{0x0a01017f, "offices"},
	{0x0b000000, NULL},
};

static void test_find(void **state)
{
	const struct gp_class list[] = {class_of("homes", 1), class_of("offices", 2)};
	const struct gp_class_prefix prefixes[] = {member(0x0a000000, 8, 0), member(0x0a010000, 16, 1),
						   member(0x0a010180, 25, 0)};
	struct gp_classes *classes;

	(void)state;
	assert_int_equal(gp_classes_open(&classes, list, 2, prefixes, 3), 0);
	for (size_t i = 0; i < ROWS(found); i++) {
		struct gp_addr addr = world_v4(found[i].addr);
		const struct gp_class *class = gp_class_get(classes, gp_classes_find(classes, &addr));

		if (!class != !found[i].class || (class && strcmp(class->name, found[i].class)))
			fail_msg("row %zu: %s", i, class ? class->name : "none");
		assert_int_equal(gp_classes_find(NULL, &addr), GP_CLASS_NONE);
	}
	gp_classes_close(classes);
	assert_int_equal(gp_classes_open(&classes, NULL, 0, NULL, 0), 0);
	assert_int_equal(gp_classes_find(classes, &prefixes[0].prefix.addr), GP_CLASS_NONE);
	assert_null(gp_class_get(classes, GP_CLASS_NONE));
	gp_classes_close(classes);
	gp_classes_close(NULL);
}

#define HOME INSIDE
#define OFFICE (INSIDE + 1)
#define STRANGER OUTSIDE /* 198.18.0.0 */

static void open_hosts(struct world *w)
{
	world_open(w, true);
	for (__u32 id = HOME; id <= OFFICE; id++) {
		world_claim(w, id, GP_ROLE_SUBSCRIBER);
		world_host(w, id)->addr = world_v4(id == HOME ? 0x0a000007 : 0x0a010007);
	}
	world_claim(w, STRANGER, GP_ROLE_OUTSIDE);
}

/* Everybody fails to reach as many. */
static void scan(struct world *w, unsigned int attempts)
{
	static const __u32 ids[] = {HOME, OFFICE, STRANGER};

	for (size_t i = 0; i < ROWS(ids); i++) {
		world_distinct(&world_host(w, ids[i])->contacts, 500);
		world_contacts(w, ids[i], GP_SCAN_WATCHED, attempts, 0);
	}
	world_settle(w);
}

static bool is_scanner(struct world *w, __u32 id)
{
	return world_verdict(w, id, GP_KIND_SCANNER) != GP_VERDICT_NONE;
}

/* Thresholds of a class are those of its hosts, and of nobody else. */
static void test_judge(void **state)
{
	const struct gp_class offices = class_of("offices", 40);
	const struct gp_class_prefix prefixes[] = {member(0x0a010000, 16, 0), member(0xc6120000, 16, 0)};
	struct gp_classes *classes;
	struct world w;

	(void)state;
	assert_int_equal(gp_classes_open(&classes, &offices, 1, prefixes, 2), 0);
	open_hosts(&w);
	gp_judge_classes(w.judge, classes);
	scan(&w, 20);
	assert_true(is_scanner(&w, HOME));
	assert_false(is_scanner(&w, OFFICE));
	/* A class is of inside hosts. */
	assert_true(is_scanner(&w, STRANGER));
	scan(&w, 25);
	assert_true(is_scanner(&w, OFFICE));
	world_close(&w);
	gp_classes_close(classes);
}

/* A reload moves hosts that are judged already, and what was decided stays decided. */
static void test_change(void **state)
{
	const struct gp_class offices = class_of("offices", 40), homes = class_of("homes", 15);
	const struct gp_class_prefix office = member(0x0a010000, 16, 0), all = member(0x0a000000, 8, 0);
	struct gp_limits limits = gp_limits_default;
	struct gp_classes *before, *after;
	struct world w;

	(void)state;
	assert_int_equal(gp_classes_open(&before, &offices, 1, &office, 1), 0);
	assert_int_equal(gp_classes_open(&after, &homes, 1, &all, 1), 0);
	open_hosts(&w);
	set_steps(&limits, 100);
	gp_judge_change(w.judge, &limits, before);
	scan(&w, 20);
	assert_false(is_scanner(&w, HOME) || is_scanner(&w, OFFICE) || is_scanner(&w, STRANGER));
	gp_judge_change(w.judge, &limits, after);
	gp_classes_close(before);
	scan(&w, 5);
	assert_true(is_scanner(&w, HOME) && is_scanner(&w, OFFICE));
	assert_false(is_scanner(&w, STRANGER));
	gp_judge_change(w.judge, &limits, NULL);
	gp_classes_close(after);
	scan(&w, 5);
	assert_true(is_scanner(&w, HOME) && is_scanner(&w, OFFICE));
	assert_false(is_scanner(&w, STRANGER));
	set_steps(&limits, 25);
	gp_judge_change(w.judge, &limits, NULL);
	scan(&w, 5);
	assert_true(is_scanner(&w, STRANGER));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
