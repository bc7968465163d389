/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md, step 1: prefixes that are seen in one direction. */
#include "judge_world.h"

#define WINDOW (600 * SECOND)

static struct world w;

/* What each of a prefix's hosts has done by the end of each window. */
struct hour {
	const char *name;
	unsigned int hosts;
	__u32 syn, answered, proved, unasked; /* of each host, per window */
	unsigned int windows;
	enum gp_seen seen;
};

static const struct hour rows[] = {
	{"everybody is answered", 8, 100, 95, 90, 0, 7, GP_SEEN_BOTH},
	{"nobody is, and nobody proved", 8, 100, 0, 0, 0, 7, GP_SEEN_SENT},
	{"at once when a thousand are sent", 8, 200, 0, 0, 0, 1, GP_SEEN_SENT},
	{"999 are too few", 3 * 3, 111, 0, 0, 0, 1, GP_SEEN_BOTH},
	{"three hosts are too few: a worm", 3, 1000, 0, 0, 0, 7, GP_SEEN_BOTH},
	{"4 % answered", 8, 100, 4, 0, 0, 7, GP_SEEN_SENT},
	{"5 % answered", 8, 100, 5, 0, 0, 7, GP_SEEN_BOTH},
	{"four scanners that also browse", 4, 1000, 10, 2, 0, 7, GP_SEEN_BOTH},
	{"answers alone", 8, 0, 0, 0, 300, 7, GP_SEEN_RECEIVED},
	{"one victim of reflection", 1, 0, 0, 0, 100000, 7, GP_SEEN_BOTH},
	{"idle", 8, 0, 0, 0, 0, 7, GP_SEEN_BOTH},
};

static void claim(unsigned int hosts)
{
	for (__u32 id = 0; id < hosts; id++) {
		world_claim(&w, INSIDE + id, GP_ROLE_SUBSCRIBER);
		world_host(&w, INSIDE + id)->addr = world_v4(0x0a010200 + id);
	}
}

static void pass(const struct hour *h, unsigned int window)
{
	for (__u32 id = 0; id < h->hosts; id++) {
		struct gp_host *host = world_host(&w, INSIDE + id);

		host->services[GP_SERVICE_TLS].attempts += h->syn;
		host->services[GP_SERVICE_TLS].answered += h->answered;
		host->proved_flows += h->proved;
		host->backscatter += h->unasked;
	}
	world_tick(&w, START + window * WINDOW);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		const struct gp_asymmetry *list;
		int count;

		world_open(&w, false);
		claim(rows[row].hosts);
		for (unsigned int window = 1; window <= rows[row].windows; window++)
			pass(&rows[row], window);
		count = gp_judge_asymmetries(w.judge, &list);
		if (count != (rows[row].seen != GP_SEEN_BOTH) || (count && list->seen != rows[row].seen))
			fail_msg("%s: %d, %d", rows[row].name, count, count ? (int)list->seen : -1);
		if (count) {
			assert_int_equal(list->bits, 120);
			assert_int_equal(list->hosts, rows[row].hosts);
		}
		world_close(&w);
	}
}

/* The first proof ends it; traffic that dries up does so when the hour is over. */
static void test_ends(void **state)
{
	const struct hour sent = {NULL, 8, 200, 0, 0, 0, 0, 0}, both = {NULL, 8, 20, 19, 19, 0, 0, 0}, idle = {.hosts = 8};
	const struct gp_asymmetry *list;

	(void)state;
	world_open(&w, false);
	claim(8);
	pass(&sent, 1);
	assert_int_equal(gp_judge_asymmetries(w.judge, &list), 1);
	pass(&both, 2);
	assert_int_equal(gp_judge_asymmetries(w.judge, &list), 0);
	world_close(&w);
	world_open(&w, false);
	claim(8);
	pass(&sent, 1);
	for (unsigned int window = 2; window <= 7; window++)
		pass(&idle, window);
	assert_int_equal(gp_judge_asymmetries(w.judge, &list), 1);
	for (unsigned int window = 8; window <= 13; window++)
		pass(&idle, window);
	assert_int_equal(gp_judge_asymmetries(w.judge, &list), 0);
	world_close(&w);
}

/* Nobody there is a scanner; elsewhere all is as ever. */
static void test_no_scanners(void **state)
{
	(void)state;
	for (__u32 proved = 0; proved < 2; proved++) {
		const struct hour hour = {NULL, 8, 200, 0, proved, 0, 0, 0};

		world_open(&w, false);
		claim(8);
		for (__u32 id = 0; id < 8; id++) {
			world_contacts(&w, INSIDE + id, GP_SCAN_SERVICE, 200, 0);
			world_distinct(&world_host(&w, INSIDE + id)->contacts, 200);
			world_distinct(&world_host(&w, INSIDE + id)->ports, 1);
		}
		/* Past the first five minutes, which might be an outage. */
		world_tick(&w, START + 320 * SECOND);
		pass(&hour, 1);
		for (__u32 id = 0; id < 8; id++) {
			world_contacts(&w, INSIDE + id, GP_SCAN_SERVICE, 400, 0);
			world_distinct(&world_host(&w, INSIDE + id)->contacts, 600);
		}
		world_tick(&w, START + WINDOW + 20 * SECOND);
		world_tick(&w, START + 2 * WINDOW);
		for (__u32 id = 0; id < 8; id++)
			assert_int_equal(world_verdict(&w, INSIDE + id, GP_KIND_SCANNER),
					 proved ? GP_VERDICT_SUSPECTED : GP_VERDICT_NONE);
		world_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_scanners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
