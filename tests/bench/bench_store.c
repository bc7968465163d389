// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What remembering costs: the time of a commit in which so many hosts have changed, what a million watched hosts take on disk
 * and add in a day, and how fast they are read. Beside it, as a floor, one table of the same bytes written by the shortest
 * program over SQLite.
 *
 *   bench_store [HOSTS] [DIRECTORY]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../store_maker.h"
#include "store_read.h"
#include "store_sql.h"

#define EVIDENCE 4 /* reasons per host; the judge has 3 to 6 for those under suspicion */
#define EPOCHS_PER_DAY 21600u
#define CHANGES_PER_DAY 4u /* of state, of each host */
#define ROUNDS 5u

static char path[256];
static __u64 next_epoch = 1;

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* the disk's time is its own, and others run as well */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int err)
{
	if (err < 0) {
		fprintf(stderr, "bench_store: %s\n", strerror(-err));
		exit(1);
	}
}

static void remove_files(const char *of)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char name[300];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", of, suffixes[i]);
		unlink(name);
	}
}

static void commit(struct gp_store *store)
{
	const struct gp_store_epoch epoch = store_epoch(1, next_epoch++);

	must(gp_store_commit(store, &epoch));
}

static void put(struct gp_store *store, __u32 number, enum gp_state state, double weight)
{
	struct gp_store_host host = store_host(number, state, STORE_START_NS + next_epoch);
	struct gp_evidence evidence[EVIDENCE];

	store_evidence(evidence, EVIDENCE, weight);
	must(gp_store_put_host(store, &host, evidence, EVIDENCE));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @state, @weight: equal to the last round's ones: nothing but times and scores has changed. */
static double commit_of(struct gp_store *store, __u32 hosts, __u32 changed, bool evidence)
{
	double times[ROUNDS], begin_s;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		begin_s = cpu_s();
		for (__u32 i = 0; i < changed; i++)
			put(store, (__u32)((__u64)i * 7919 % hosts), GP_STATE_SUSPECTED,
			    evidence ? 1.0 + (double)next_epoch : 1.0);
		commit(store);
		times[round] = cpu_s() - begin_s;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	return times[ROUNDS / 2];
}

/* Rows of as many bytes into one table, 16 bytes of key. */
static double floor_of(const char *directory, __u32 changed)
{
	char name[300], rubbish[1024];
	sqlite3_stmt *s;
	double begin_s;
	sqlite3 *db;

	memset(rubbish, 'x', sizeof(rubbish));
	snprintf(name, sizeof(name), "%s/floor.db", directory);
	remove_files(name);
	must(-sqlite3_open(name, &db));
	must(gp_sql_script(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			       "CREATE TABLE t (k BLOB PRIMARY KEY, v TEXT) WITHOUT ROWID; BEGIN"));
	must(-sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1, ?2)", -1, &s, NULL));
	begin_s = cpu_s();
	for (__u32 i = 0; i < changed; i++) {
		struct gp_addr addr = store_address(i);

		sqlite3_bind_blob(s, 1, addr.bytes, 16, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, rubbish, 700, SQLITE_STATIC);
		sqlite3_step(s);
		sqlite3_reset(s);
	}
	must(gp_sql_script(db, "COMMIT"));
	begin_s = cpu_s() - begin_s;
	sqlite3_finalize(s);
	sqlite3_close(db);
	remove_files(name);
	return begin_s;
}

static void measure_commits(struct gp_store *store, const char *directory, __u32 hosts)
{
	static const __u32 sizes[] = { 0, 1000, 10000 };

	printf("%-44s %10s %10s %10s\n", "changed hosts in a commit, ms of CPU", "0", "1,000", "10,000");
	for (int evidence = 1; evidence >= 0; evidence--) {
		printf("%-44s", evidence ? "with new evidence" : "with the evidence that is stored");
		for (size_t i = 0; i < 3; i++)
			printf(" %10.1f", 1e3 * commit_of(store, hosts, sizes[i], evidence));
		printf("\n");
	}
	printf("%-44s %10s %10.1f %10.1f\n", "floor: a row of 700 bytes each", "", 1e3 * floor_of(directory, sizes[1]),
	       1e3 * floor_of(directory, sizes[2]));
}

static __u64 file_bytes(const struct gp_store *store)
{
	struct gp_store_figures figures;

	gp_store_figures(store, &figures);
	return figures.file_bytes;
}

static void fill(struct gp_store *store, __u32 hosts)
{
	for (__u32 i = 0; i < hosts; i++) {
		put(store, i, GP_STATE_WATCHED, 1.0);
		if (i % 20000 == 19999)
			commit(store);
	}
	commit(store);
}

/* A sample of the hosts goes through a day's changes of state; epochs of a day are written by their number. */
static void measure_growth(struct gp_store *store, __u32 hosts)
{
	__u64 first = file_bytes(store), second;
	__u32 sample = hosts < 50000 ? hosts : 50000;

	for (unsigned int change = 0; change < CHANGES_PER_DAY; change++) {
		for (__u32 i = 0; i < sample; i++) {
			put(store, i, change % 2 ? GP_STATE_WATCHED : GP_STATE_SUSPECTED, 2.0 + change);
			if (i % 20000 == 19999)
				commit(store);
		}
		commit(store);
	}
	must(gp_store_purge(store, &gp_store_limits_default, store_epoch(1, next_epoch).end_ns));
	second = file_bytes(store);
	printf("%-44s %10.1f\n", "a day of a million: MB more, 4 changes each",
	       (double)(second > first ? second - first : 0) / sample);
	first = second;
	for (__u32 i = 0; i < EPOCHS_PER_DAY; i++)
		commit(store);
	must(gp_store_purge(store, &gp_store_limits_default, store_epoch(1, next_epoch).end_ns));
	printf("%-44s %10.1f\n", "a day of epochs, of which seven are kept: MB", (double)(file_bytes(store) - first) / 1e6);
}

static int count_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	(void)host;
	(void)evidence;
	*(__u64 *)arg += 1 + (__u64)count;
	return 0;
}

static void measure_reading(__u32 hosts)
{
	const struct gp_addr one = store_address(hosts / 2);
	const struct gp_store_filter all = { 0 }, evidence = { .with_evidence = true, .limit = 100000 };
	struct gp_store_reader *reader;
	double begin_s;
	__u64 sum = 0;

	must(gp_store_reader_open(&reader, path));
	begin_s = cpu_s();
	must(gp_store_hosts(reader, &all, count_host, &sum));
	printf("%-44s %10.2f\n", "reading a host, us", 1e6 * (cpu_s() - begin_s) / (double)sum);
	begin_s = cpu_s();
	must(gp_store_hosts(reader, &evidence, count_host, &sum));
	printf("%-44s %10.2f\n", "reading a host with its evidence, us",
	       1e6 * (cpu_s() - begin_s) / (hosts < 100000 ? hosts : 100000));
	begin_s = cpu_s();
	for (int i = 0; i < 1000; i++)
		must(gp_store_host(reader, &one, count_host, &sum));
	printf("%-44s %10.2f\n", "looking up an address, us", 1e6 * (cpu_s() - begin_s) / 1000);
	gp_store_reader_close(reader);
}

int main(int argc, char **argv)
{
	__u32 hosts = argc > 1 ? (__u32)strtoul(argv[1], NULL, 0) : 1000000u;
	const char *directory = argc > 2 ? argv[2] : "/tmp";
	struct gp_store_options options = { path, "bench", 0, 0 };
	struct gp_store *store;
	double begin_s;

	if (argc > 3 || hosts < 10000 || hosts > 10000000) {
		fprintf(stderr, "usage: bench_store [HOSTS] [DIRECTORY]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/bench_store-%d.db", directory, (int)getpid());
	must(gp_store_open(&store, &options));
	begin_s = cpu_s();
	fill(store, hosts);
	printf("%u watched hosts with %d reasons each, in %s\n", hosts, EVIDENCE, directory);
	printf("%-44s %10.1f\n", "written in the first place, s of CPU", cpu_s() - begin_s);
	printf("%-44s %10.1f\n", "bytes per host", (double)file_bytes(store) / hosts);
	printf("%-44s %10.1f\n", "a million of them, MB", (double)file_bytes(store) / hosts);
	measure_commits(store, directory, hosts);
	measure_growth(store, hosts);
	measure_reading(hosts);
	gp_store_close(store);
	remove_files(path);
	return 0;
}
