/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An agent that writes epochs, purges and begins anew is killed 500 times, anywhere, or as often as the time allows. After each
 * time the database is whole, every epoch that was committed is there, and so is what it said of each host: all of one
 * epoch, never of two.
 */
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
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_maker.h"
#include "store_place.h"

#define KILLS 500
#define HOSTS 15u
#define KILLS_LEAST 20 /* on a machine that is very busy */
#define LIMIT_S 90 /* what 500 take a machine that has nothing else to do, under ASan; GP_KILLS_S in the environment: another one */

/* What the writer says to whoever kills it; in memory that both share. */
struct shared {
	volatile __u64 opened, begun, committed, purges;
};

static struct shared *shared;

/* Nothing that was freed is kept from being used again for long: a writer that begins would touch ever new pages. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:max_malloc_fill_size=0";
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int err)
{
	if (err < 0) {
		dprintf(2, "writer: %s\n", strerror(-err));
		_exit(1);
	}
}

/* Score and evidence of each host say which epoch they are of; their number changes, too. */
static void write_epoch(struct gp_store *store, __u64 number)
{
	struct gp_store_epoch epoch = store_epoch(1, number);
	struct gp_evidence evidence[GP_EVIDENCE_MAX];
	int count = 1 + (int)(number % 5);

	store_evidence(evidence, count, (double)number);
	for (__u32 i = 0; i < HOSTS; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_WATCHED + number % 3, epoch.end_ns);

		host.score = (double)number;
		must(gp_store_put_host(store, &host, evidence, count));
	}
	must(gp_store_put_metric(store, "hosts", epoch.end_ns, (double)number));
	shared->begun = number;
	must(gp_store_commit(store, &epoch));
	shared->committed = number;
}

/* Its successor does the last epoch again, as an agent does that does not know whether it was written. */
static void writer(void)
{
	const struct gp_store_options options = { store_path, "gw1", 0, 0 };
	struct gp_store_limits limits = gp_store_limits_default;
	struct gp_store *store;
	__u64 number = 0;
	int err;

	must(gp_store_open(&store, &options));
	shared->opened++;
	err = gp_store_last_epoch(store, 1, &number);
	must(err == -ENOENT ? 0 : err);
	limits.epochs_s = 4 * 1000; /* a thousand epochs */
	for (number = number ? number : 1;; number++) {
		write_epoch(store, number);
		if (number % 7)
			continue;
		must(gp_store_purge(store, &limits, store_epoch(1, number).end_ns));
		shared->purges++;
	}
}

/* When a writer is killed. */
enum moment {
	OPENING,
	OPENED,	   /* it reads what there is, or does the first epoch again */
	COMMITTED, /* it writes, purges, or checkpoints */
};

static void await(volatile __u64 *counter, __u64 before)
{
	for (int i = 0; *counter == before && i < 5000; i++)
		usleep(1000);
}

static void kill_one(unsigned int wait_us, enum moment moment)
{
	__u64 opened = shared->opened, committed = shared->committed;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		freopen("/dev/null", "w", stderr); /* what retention has to say */
		writer();
	}
	if (moment == OPENED)
		await(&shared->opened, opened);
	if (moment == COMMITTED)
		await(&shared->committed, committed);
	usleep(wait_us);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		fail_msg("the writer ended by itself: status %x", status);
}

/* The first column, on a connection that is open. */
static long long number_of(sqlite3 *db, const char *query)
{
	long long number = 0;
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db, query, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	if (sqlite3_step(s) == SQLITE_ROW)
		number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return number;
}

static void check_contents(sqlite3 *db, int kills)
{
	long long newest = number_of(db, "SELECT max(number) FROM epochs"), torn;

	if (number_of(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"))
		fail_msg("kill %d: the database is damaged", kills);
	if (newest < (long long)shared->committed || newest > (long long)shared->begun)
		fail_msg("kill %d: epoch %lld, %llu was committed, %llu begun", kills, newest,
			 (unsigned long long)shared->committed, (unsigned long long)shared->begun);
	assert_int_equal(number_of(db, "SELECT max(number) - min(number) + 1 - count(*) FROM epochs"), 0);
	if (!newest)
		return;
	assert_int_equal(number_of(db, "SELECT count(*) FROM hosts"), HOSTS);
	torn = number_of(db, "SELECT count(*) FROM hosts WHERE score <> (SELECT max(number) FROM epochs)"
			     " OR (SELECT count(*) FROM evidence WHERE host = id) <> 1 + score % 5"
			     " OR (SELECT min(abs(weight)) FROM evidence WHERE host = id) <> score"
			     " OR updated_ns <> (SELECT max(end_ns) FROM epochs)");
	if (torn)
		fail_msg("kill %d: %lld hosts are of another epoch than %lld", kills, torn, newest);
	assert_int_equal(number_of(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void check(int kills)
{
	sqlite3 *db;

	if (access(store_path, F_OK)) {
		assert_int_equal(shared->committed, 0);
		return;
	}
	db = store_sql_open(store_path);
	if (number_of(db, "PRAGMA user_version"))
		check_contents(db, kills);
	else
		assert_int_equal(shared->committed, 0);
	sqlite3_close(db);
}

static void test_kills(void **state)
{
	const char *limit = getenv("GP_KILLS_S");
	double begin_s = now_s(), end_s = begin_s + (limit ? strtod(limit, NULL) : LIMIT_S);
	unsigned int seed = 1;
	int kills;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	store_place_make();
	for (kills = 0; kills < KILLS && now_s() < end_s; kills++) {
		seed = seed * 1664525u + 1013904223u;
		kill_one((seed >> 8) % 10000, seed >> 29 < 2 ? seed >> 29 : COMMITTED);
		check(kills);
	}
	printf("%d kills, %llu epochs committed, %llu purges, %.0f s\n", kills, (unsigned long long)shared->committed,
	       (unsigned long long)shared->purges, now_s() - begin_s);
	assert_true(kills >= KILLS_LEAST);
	assert_true(shared->committed > (__u64)kills / 2 && shared->purges > (__u64)kills / 20);
	store_place_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kills),
	};

	return cmocka_run_group_tests_name("store_kill", tests, NULL, NULL);
}
