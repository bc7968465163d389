/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the store keeps what, and what it does while it cannot write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stderr_capture.h"
#include "store_maker.h"
#include "store_place.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY STORE_DAY_NS
#define NOW (STORE_START_NS + 500 * DAY)
#define HOUR (DAY / 24)

static char said[8192];

static int set_up(void **state)
{
	(void)state;
	store_place_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_place_remove();
	return 0;
}

static void put_host(struct gp_store *store, __u32 number, enum gp_state state, __u64 seen_ns)
{
	struct gp_store_host host = store_host(number, state, seen_ns);
	struct gp_evidence list[3];

	store_evidence(list, 3, 4.0);
	assert_int_equal(gp_store_put_host(store, &host, list, 3), 0);
}

static struct gp_store_epoch epoch_at(__u64 number, __u64 end_ns)
{
	struct gp_store_epoch epoch = store_epoch(1, number);

	epoch.start_ns = end_ns - 4000000000ull;
	epoch.end_ns = end_ns;
	return epoch;
}

static int commit_at(struct gp_store *store, __u64 number, __u64 end_ns)
{
	const struct gp_store_epoch epoch = epoch_at(number, end_ns);

	return gp_store_commit(store, &epoch);
}

/* How often a text stands in what was said. */
static int times(const char *text)
{
	int n = 0;

	for (const char *at = said; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

/* A clean host has been stored as something else before. */
static void make_ages(struct gp_store *store)
{
	static const struct {
		__u32 number;
		enum gp_state state;
		__u64 days;
	} hosts[] = {
		{ 1, GP_STATE_CLEAN, 31 },  { 2, GP_STATE_CLEAN, 29 },	   { 3, GP_STATE_CONFIRMED, 31 },
		{ 4, GP_STATE_QUIET, 89 }, { 5, GP_STATE_CONFIRMED, 91 }, { 6, GP_STATE_WATCHED, 95 },
	};

	for (size_t i = 0; i < COUNT(hosts); i++) {
		__u64 then = NOW - hosts[i].days * DAY;

		put_host(store, hosts[i].number, GP_STATE_WATCHED, then);
		assert_int_equal(commit_at(store, 2 * i + 1, then), 0);
		put_host(store, hosts[i].number, hosts[i].state, then);
		assert_int_equal(gp_store_put_metric(store, "hosts_watched", NOW - (398 + i) * DAY + HOUR, 1), 0);
		assert_int_equal(commit_at(store, 2 * i + 2, then), 0);
	}
	for (__u64 days = 6; days <= 8; days++)
		assert_int_equal(commit_at(store, 100 + days, NOW - days * DAY - 1), 0);
}

static void test_retention(void **state)
{
	static const struct {
		const char *query;
		long long left;
	} rows[] = {
		{ "SELECT count(*) FROM hosts", 3 },
		{ "SELECT count(*) FROM hosts WHERE substr(hex(address), -2) IN ('02', '03', '04')", 3 },
		{ "SELECT count(*) FROM evidence", 9 },
		{ "SELECT count(DISTINCT host) FROM history", 3 },
		{ "SELECT count(*) FROM epochs", 1 },
		{ "SELECT count(*) FROM metrics", 3 },
		{ "SELECT count(*) FROM ranges", 0 },
		{ "SELECT count(*) FROM networks", 0 },
		{ "SELECT count(*) FROM notifications", 1 },
		{ "SELECT count(*) FROM cases", 2 },
	};
	const struct gp_range_finding range = { .addr = store_address(99), .bits = 120, .verdict = GP_VERDICT_SUSPECTED,
						.first_seen_ns = NOW - 99 * DAY, .last_seen_ns = NOW - 91 * DAY };
	const struct gp_network network = { .rank = 1 };
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(gp_store_put_range(store, &range, 0), 0);
	assert_int_equal(gp_store_put_networks(store, NOW - 92 * DAY, NOW - 91 * DAY, &network, 1), 0);
	make_ages(store);
	store_sql_run(store_path,
		      "INSERT INTO notifications SELECT 1, 'a', NULL, 'email', '', '', x'', 'delivered', 1, 0, max(end_ns) -"
		      " 402 * 86400000000000, 0, '' FROM epochs;"
		      "INSERT INTO notifications SELECT 2, 'b', NULL, 'email', '', '', x'', 'delivered', 1, 0, max(end_ns) -"
		      " 300 * 86400000000000, 0, '' FROM epochs;"
		      "INSERT INTO cases SELECT 1, NULL, '', 'closed', NULL, 0, 0, 1, max(end_ns) - 402 * 86400000000000, ''"
		      " FROM epochs; INSERT INTO cases SELECT 2, NULL, '', 'open', NULL, 0, 0, 1, 0, '' FROM epochs LIMIT 1;"
		      "INSERT INTO cases SELECT 3, NULL, '', 'closed', NULL, 0, 0, 1, max(end_ns), '' FROM epochs");
	stderr_capture_begin();
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW), 0);
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + 1), 0);
	stderr_capture_end(said, sizeof(said));
	assert_string_equal(said, "gatepost: store: retention removed 1 clean hosts, 2 other hosts, 1 ranges, 1 networks, 14 epochs,"
				  " 3 figures, 1 notifications, 1 cases\n");
	gp_store_close(store);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (store_sql_number(store_path, rows[i].query) != rows[i].left)
			fail_msg("%s: %lld", rows[i].query, store_sql_number(store_path, rows[i].query));
	for (__u32 i = 1; i <= 6; i++) {
		const struct gp_addr addr = store_address(i);

		assert_int_equal(store_place_holds(addr.bytes, 16), i >= 2 && i <= 4);
	}
}

/* Evidence may be kept for less time than the host; it comes back with the next opinion. */
static void test_evidence_before_its_host(void **state)
{
	struct gp_store_limits limits = gp_store_limits_default;
	struct gp_store *store;

	(void)state;
	limits.evidence_s = 14 * 86400;
	limits.clean_hosts_s = 400 * 86400ull;
	store = store_opened(0, 0);
	put_host(store, 1, GP_STATE_WATCHED, NOW - 20 * DAY);
	assert_int_equal(commit_at(store, 1, NOW - 20 * DAY), 0);
	put_host(store, 1, GP_STATE_CLEAN, NOW - 20 * DAY);
	assert_int_equal(commit_at(store, 2, NOW - 20 * DAY + 1), 0);
	store_sql_run(store_path, "UPDATE hosts SET last_seen_ns = last_seen_ns + 19 * 86400000000000");
	stderr_capture_begin();
	assert_int_equal(gp_store_purge(store, &limits, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "3 reasons, 2 changes of state"));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM evidence"), 0);
	put_host(store, 1, GP_STATE_CLEAN, NOW);
	assert_int_equal(commit_at(store, 3, NOW), 0);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM evidence"), 3);
	gp_store_close(store);
}

/* Much to remove: some at a time, and the file gets smaller. */
static void test_bounded_work(void **state)
{
	struct gp_store_figures before, after;
	struct gp_store *store;
	int calls = 0, more;

	(void)state;
	store = store_opened(0, 0);
	for (__u32 i = 0; i < 12000; i++)
		put_host(store, i, GP_STATE_WATCHED, NOW - 100 * DAY);
	assert_int_equal(commit_at(store, 1, NOW - 100 * DAY), 0);
	stderr_capture_begin();
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW - 99 * DAY), 0);
	gp_store_figures(store, &before);
	do {
		more = gp_store_purge(store, &gp_store_limits_default, NOW - 99 * DAY + (__u64)calls * DAY);
		assert_true(more >= 0 && calls < 400);
		calls++;
		gp_store_figures(store, &after);
	} while (after.file_bytes > before.file_bytes / 10 || more);
	stderr_capture_end(said, sizeof(said));
	assert_true(after.purged > 12000);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 0);
	assert_int_equal(store_sql_number(store_path, "SELECT (SELECT count(*) FROM evidence) + (SELECT count(*) FROM history)"), 0);
	assert_int_equal(times("retention removed 5000 other hosts"), 2);
	assert_int_equal(times("retention removed 2000 other hosts"), 1);
	assert_int_equal(times("; there is more\n"), 2);
	assert_true(before.file_bytes > 6000000);
	gp_store_close(store);
}

/* A clock that was set wrong must not remove everything. */
static void test_clock_far_ahead(void **state)
{
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	put_host(store, 1, GP_STATE_WATCHED, NOW);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW), 0);
	gp_store_close(store);
	store = store_opened(0, 0); /* the next start knows as well */
	stderr_capture_begin();
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + 4000 * DAY), 0);
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + 4000 * DAY + HOUR / 2), 0);
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + HOUR), 0); /* set right */
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + 4000 * DAY + 2 * HOUR), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 1);
	assert_non_null(strstr(said, "retention waits for an hour"));
	stderr_capture_begin();
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW + 4000 * DAY + 3 * HOUR), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 0);
	gp_store_close(store);
}

/* The bound on the file is met: nothing is lost but room, and retention makes room again. */
static void test_full_by_its_bound(void **state)
{
	struct gp_store_figures figures;
	struct gp_store *store;
	int failed = 0;
	__u64 number;

	(void)state;
	store = store_opened(400000, 0);
	stderr_capture_begin();
	for (number = 1; failed < 20; number++) {
		for (__u32 i = 0; i < 10; i++)
			put_host(store, (__u32)number * 10 + i, GP_STATE_WATCHED, NOW - 100 * DAY);
		failed += commit_at(store, number, NOW - 100 * DAY) == -ENOSPC;
	}
	gp_store_figures(store, &figures);
	assert_false(figures.writable);
	assert_int_equal(figures.waiting_hosts, 200);
	assert_int_equal(figures.waiting_epochs, 20);
	assert_true(figures.file_bytes <= 410000);
	assert_true(gp_store_purge(store, &gp_store_limits_default, NOW) >= 0);
	assert_int_equal(commit_at(store, number, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("cannot write"), 1);
	assert_non_null(strstr(said, "No space left on device: what is found waits in memory, and no count is lost; make room"));
	assert_int_equal(times("is written again: 200 hosts and ranges and 21 epochs that waited are in it"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 200);
	assert_int_equal(store_sql_number(store_path, "SELECT max(number) FROM epochs"), (long long)number);
	gp_store_figures(store, &figures);
	assert_true(figures.writable && !figures.waiting_hosts && !figures.waiting_bytes && !figures.dropped);
	gp_store_close(store);
}

/* The system refuses to let any file grow: said once, and over when it does no more. */
static void test_files_may_not_grow(void **state)
{
	struct rlimit was, small = { 0 };
	struct gp_store *store;
	void (*action)(int);

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	small.rlim_cur = 1 << 16;
	action = signal(SIGXFSZ, SIG_IGN);
	stderr_capture_begin();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (__u64 number = 2; number < 12; number++) {
		for (__u32 i = 0; i < 100; i++)
			put_host(store, (__u32)number * 100 + i, GP_STATE_WATCHED, NOW);
		assert_true(commit_at(store, number, NOW + number) < 0);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(commit_at(store, 12, NOW + 12), 0);
	stderr_capture_end(said, sizeof(said));
	signal(SIGXFSZ, action);
	assert_int_equal(times("cannot write"), 1);
	assert_int_equal(times("is written again: 1000 hosts and ranges and 11 epochs"), 1);
	gp_store_close(store);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 1000);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 12);
}

/* Another program holds the database: a quarter of a second is waited, no longer. */
static void test_held_by_another_program(void **state)
{
	struct gp_store *store;
	sqlite3 *other;

	(void)state;
	store = store_opened(0, 0);
	other = store_sql_open(store_path);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM metrics", NULL, NULL, NULL), SQLITE_OK);
	put_host(store, 1, GP_STATE_WATCHED, NOW);
	stderr_capture_begin();
	assert_int_equal(commit_at(store, 1, NOW), -EBUSY);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(commit_at(store, 2, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	sqlite3_close(other);
	assert_non_null(strstr(said, "another program holds the database"));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 2);
	gp_store_close(store);
}

/* What waits is bounded; the last quarter is for those under suspicion, and what was left out is said. */
static void test_memory_is_bounded(void **state)
{
	struct gp_store_host watched, confirmed;
	struct gp_store_figures figures;
	struct gp_evidence list[3];
	int err = 0, taken = 0;
	struct gp_store *store;
	__u32 number = 0;

	(void)state;
	store = store_opened(0, 200000);
	store_evidence(list, 3, 4.0);
	while (!err) {
		watched = store_host(++number, GP_STATE_WATCHED, NOW);
		err = gp_store_put_host(store, &watched, list, 3);
	}
	assert_int_equal(err, -ENOBUFS);
	gp_store_figures(store, &figures);
	assert_true(figures.waiting_bytes <= 150000 && figures.waiting_bytes > 140000);
	for (err = 0; !err; taken += !err) {
		confirmed = store_host(++number, GP_STATE_CONFIRMED, NOW);
		err = gp_store_put_host(store, &confirmed, list, 3);
	}
	assert_int_equal(err, -ENOBUFS);
	assert_true(taken > 20);
	/* Newer words on a host that waits already take no more room. */
	watched = store_host(1, GP_STATE_CONFIRMED, NOW);
	assert_int_equal(gp_store_put_host(store, &watched, list, 3), 0);
	gp_store_figures(store, &figures);
	assert_true(figures.waiting_bytes <= 200000);
	assert_int_equal(figures.dropped, 2);
	stderr_capture_begin();
	assert_int_equal(commit_at(store, 1, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("2 changes of hosts and ranges found no memory"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), figures.waiting_hosts);
	gp_store_close(store);
}

static void put_letter(void)
{
	FILE *f = fopen(store_path, "w");

	assert_non_null(f);
	fputs("a letter\n", f);
	fclose(f);
}

/* More epochs than can wait: the latest ones are written, and what they add up to is whole. */
static void test_epochs_that_wait(void **state)
{
	struct gp_store_figures figures;
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	store_place_empty();
	put_letter(); /* every commit fails, at once */
	stderr_capture_begin();
	for (__u64 number = 2; number <= 3000; number++)
		assert_int_equal(commit_at(store, number, NOW + number), -EINVAL);
	gp_store_figures(store, &figures);
	assert_int_equal(figures.waiting_epochs, 1024);
	assert_int_equal(figures.failures, 2999);
	assert_int_equal(remove(store_path), 0);
	assert_int_equal(commit_at(store, 3001, NOW + 3001), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 1024);
	assert_int_equal(store_sql_number(store_path, "SELECT min(number) FROM epochs"), 3001 - 1023);
	gp_store_close(store);
}

/* The file is removed while the agent runs: said, and a new one is made with what comes from then on. */
static void test_taken_away(void **state)
{
	struct gp_store *store;

	(void)state;
	store = store_opened(0, 0);
	put_host(store, 1, GP_STATE_WATCHED, NOW);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	store_place_empty();
	put_host(store, 2, GP_STATE_WATCHED, NOW);
	stderr_capture_begin();
	assert_int_equal(commit_at(store, 2, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("was taken away: it begins anew"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts WHERE substr(hex(address), -2) = '02'"), 1);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 1);
	gp_store_close(store);
}

/* Somebody puts another file there: it is not touched, and what is found waits until it is gone. */
static void test_replaced(void **state)
{
	struct gp_store *store;
	char text[64] = "";
	FILE *f;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	store_place_empty();
	put_letter();
	put_host(store, 1, GP_STATE_WATCHED, NOW);
	stderr_capture_begin();
	for (__u64 number = 2; number < 9; number++)
		assert_int_equal(commit_at(store, number, NOW), -EINVAL);
	f = fopen(store_path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "a letter\n");
	assert_int_equal(remove(store_path), 0);
	assert_int_equal(commit_at(store, 9, NOW), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("is no SQLite database"), 1);
	assert_int_equal(times("is written again: 1 hosts and ranges and 8 epochs"), 1);
	gp_store_close(store);
}

/* Damage that is met later: said once, for good; counting goes on. */
static void test_damaged_while_open(void **state)
{
	char rubbish[4096];
	struct gp_store *store;
	FILE *f;

	(void)state;
	store = store_opened(0, 0);
	for (__u32 i = 0; i < 6000; i++)
		put_host(store, i, GP_STATE_WATCHED, NOW);
	assert_int_equal(commit_at(store, 1, NOW), 0);
	gp_store_close(store);
	store_sql_run(store_path, "PRAGMA wal_checkpoint(TRUNCATE)");
	store = store_opened(0, 0);
	memset(rubbish, 0x5a, sizeof(rubbish));
	f = fopen(store_path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096 * 16, SEEK_SET), 0);
	for (int page = 16; page < 800; page++)
		assert_int_equal(fwrite(rubbish, sizeof(rubbish), 1, f), 1);
	fclose(f);
	stderr_capture_begin();
	for (__u64 number = 2; number < 9; number++) {
		for (__u32 i = 0; i < 6000; i++)
			put_host(store, i, GP_STATE_CONFIRMED, NOW);
		assert_int_equal(commit_at(store, number, NOW), -EUCLEAN);
	}
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("it is damaged"), 1);
	assert_int_equal(times("sqlite3 FILE .recover"), 1);
	stderr_capture_begin();
	gp_store_close(store);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("that waited are lost"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_retention, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_evidence_before_its_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounded_work, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock_far_ahead, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_by_its_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files_may_not_grow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_held_by_another_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_epochs_that_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_while_open, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("store_keep", tests, NULL, NULL);
}
