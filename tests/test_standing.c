/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state machine of a host: rows of windows, and what comes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "standing.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define HOUR 3600000000000ull
#define START (400000 * HOUR)

static const struct gp_standing_limits limits = {
	.watch_score = 4.6, .suspect_score = 9.2, .confirm_score = 11.5,
	.quiet_s = 72 * 3600, .clean_s = 14 * 86400, .reinfect_s = 180 * 86400,
};

struct window {
	unsigned hour; /* 0 ends a row, but for the first */
	double score;
	bool may_suspect, may_confirm;
	enum gp_state state;
	unsigned episodes;
};


static const struct {
	const char *name;
	struct window windows[8];
} rows[] = {
	{"nothing", {{1, 0, true, true, GP_STATE_CLEAN, 0}}},
	{"watched, and clean again", {{1, 4.6, false, false, GP_STATE_WATCHED, 0}, {2, 4.5, false, false, GP_STATE_CLEAN, 0}}},
	{"the score alone is not enough", {{1, 20, false, true, GP_STATE_WATCHED, 0}, {2, 20, true, false, GP_STATE_SUSPECTED, 0}}},
	{"just below", {{1, 9.19, true, true, GP_STATE_WATCHED, 0}, {2, 11.49, true, true, GP_STATE_SUSPECTED, 0}}},
	{"confirmed at once", {{1, 11.5, true, true, GP_STATE_CONFIRMED, 1}}},
	{"a lower score does not take it back", {{1, 12, true, true, GP_STATE_CONFIRMED, 1}, {2, 5, true, false, GP_STATE_CONFIRMED, 1}}},
	{"suspected, 72 hours below: quiet, 14 days more: clean",
	 {{1, 10, true, false, GP_STATE_SUSPECTED, 0}, {2, 1, true, false, GP_STATE_SUSPECTED, 0},
	  {2 + 71, 1, true, false, GP_STATE_SUSPECTED, 0}, {2 + 72, 1, true, false, GP_STATE_QUIET, 0},
	  {2 + 72 + 14 * 24 - 1, 0, true, false, GP_STATE_QUIET, 0}, {2 + 72 + 14 * 24, 0, true, false, GP_STATE_CLEAN, 0}}},
	{"a score between begins the 72 hours again",
	 {{1, 10, true, false, GP_STATE_SUSPECTED, 0}, {2, 1, true, false, GP_STATE_SUSPECTED, 0},
	  {60, 5, true, false, GP_STATE_SUSPECTED, 0}, {100, 1, true, false, GP_STATE_SUSPECTED, 0},
	  {171, 1, true, false, GP_STATE_SUSPECTED, 0}, {172, 1, true, false, GP_STATE_QUIET, 0}}},
	{"watched while quiet stays quiet",
	 {{1, 12, true, true, GP_STATE_CONFIRMED, 1}, {2, 0, true, true, GP_STATE_CONFIRMED, 1},
	  {74, 0, true, true, GP_STATE_QUIET, 1}, {75, 5, true, true, GP_STATE_QUIET, 1}}},
	{"infected again",
	 {{1, 12, true, true, GP_STATE_CONFIRMED, 1}, {2, 0, true, true, GP_STATE_CONFIRMED, 1},
	  {74, 0, true, true, GP_STATE_QUIET, 1}, {100, 12, true, true, GP_STATE_CONFIRMED, 2}}},
	{"after half a year it is another story",
	 {{1, 12, true, true, GP_STATE_CONFIRMED, 1}, {2, 0, true, true, GP_STATE_CONFIRMED, 1},
	  {74, 0, true, true, GP_STATE_QUIET, 1}, {5000, 0, true, true, GP_STATE_CLEAN, 1},
	  {74 + 180 * 24, 12, true, true, GP_STATE_CONFIRMED, 1}}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct gp_standing s = {0};

		for (const struct window *w = rows[row].windows; w->hour; w++) {
			const struct gp_opinion opinion = {w->score, w->may_suspect, w->may_confirm, w->hour};
			enum gp_state before = s.state;
			bool changed = gp_standing_step(&s, &limits, &opinion, START + w->hour * HOUR);

			if (s.state != w->state || s.episodes != w->episodes)
				fail_msg("%s, hour %u: %s, %u episodes", rows[row].name, w->hour, gp_state_name(s.state), s.episodes);
			assert_int_equal(changed, before != w->state || (before == GP_STATE_CLEAN && w->state != GP_STATE_CLEAN));
			if (changed)
				assert_int_equal(s.since_ns, START + w->hour * HOUR);
		}
	}
}

/* When an episode got so far, and after how much; a new one begins anew. */
static void test_times(void **state)
{
	struct gp_standing s = {0};
	struct gp_opinion opinion = {5, false, false, 3};

	(void)state;
	gp_standing_step(&s, &limits, &opinion, START);
	opinion = (struct gp_opinion){10, true, false, 17};
	gp_standing_step(&s, &limits, &opinion, START + HOUR);
	opinion = (struct gp_opinion){12, true, true, 40};
	gp_standing_step(&s, &limits, &opinion, START + 2 * HOUR);
	assert_int_equal(s.watched_ns, START);
	assert_int_equal(s.suspected_ns, START + HOUR);
	assert_int_equal(s.suspected_contacts, 17);
	assert_int_equal(s.confirmed_ns, START + 2 * HOUR);
	opinion = (struct gp_opinion){0, true, true, 41};
	gp_standing_step(&s, &limits, &opinion, START + 3 * HOUR);
	gp_standing_step(&s, &limits, &opinion, START + 75 * HOUR);
	assert_int_equal(s.state, GP_STATE_QUIET);
	assert_int_equal(s.ended_ns, START + 75 * HOUR);
	assert_int_equal(s.confirmed_ns, START + 2 * HOUR); /* of the episode that is told */
	opinion = (struct gp_opinion){10, true, false, 60};
	gp_standing_step(&s, &limits, &opinion, START + 80 * HOUR);
	assert_int_equal(s.suspected_ns, START + 80 * HOUR);
	assert_int_equal(s.suspected_contacts, 60);
	assert_int_equal(s.confirmed_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
