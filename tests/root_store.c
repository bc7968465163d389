/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store on file systems that are full or read-only, and its readers without root: a tmpfs in a mount namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stderr_capture.h"
#include "store_maker.h"
#include "store_place.h"
#include "store_read.h"

#define NOW STORE_START_NS
#define NOBODY 65534
#define GROUP 4242 /* of the file; nobody else's */

static char said[8192], filler[128];

static int set_up(void **state)
{
	(void)state;
	store_place_make();
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", store_root, "tmpfs", 0, "size=1048576,mode=0755") || mkdir(store_directory, 0750)) {
		perror("root_store");
		return -1;
	}
	snprintf(filler, sizeof(filler), "%s/filler", store_root);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return umount(store_root) || rmdir(store_root);
}

static int times(const char *text)
{
	int n = 0;

	for (const char *at = said; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

static void put_hosts(struct gp_store *store, __u32 first, __u32 count)
{
	struct gp_evidence list[3];

	store_evidence(list, 3, 4.0);
	for (__u32 i = 0; i < count; i++) {
		struct gp_store_host host = store_host(first + i, GP_STATE_WATCHED, NOW);

		assert_int_equal(gp_store_put_host(store, &host, list, 3), 0);
	}
}

static int commit(struct gp_store *store, __u64 number)
{
	const struct gp_store_epoch epoch = store_epoch(1, number);

	return gp_store_commit(store, &epoch);
}

static void fill(void)
{
	int fd = open(filler, O_WRONLY | O_CREAT, 0600);
	char bytes[512] = "";

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

/* What a full disk keeps from being written is written when there is room. */
static void test_full(void **state)
{
	struct gp_store *store;
	int failed = 0;
	__u64 number;

	(void)state;
	store = store_opened(0, 0);
	assert_int_equal(commit(store, 1), 0);
	fill();
	stderr_capture_begin();
	for (number = 2; number < 30; number++) {
		put_hosts(store, (__u32)number * 10, 10);
		failed += commit(store, number) == -ENOSPC;
	}
	assert_true(failed > 20);
	assert_int_equal(remove(filler), 0);
	assert_int_equal(commit(store, number), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("cannot write"), 1);
	assert_int_equal(times("No space left on device"), 1);
	assert_int_equal(times("is written again"), 1);
	gp_store_close(store);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 280);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 30);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
	store_place_empty();
}

/* A disk that is full from the beginning: the store opens all the same, and begins when there is room. */
static void test_full_at_first(void **state)
{
	struct gp_store *store = NULL;
	struct gp_store_figures figures;
	const struct gp_store_options options = { store_path, "gw1", 0, 0 };

	(void)state;
	fill();
	stderr_capture_begin();
	assert_int_equal(gp_store_open(&store, &options), 0);
	put_hosts(store, 0, 10);
	assert_int_equal(commit(store, 1), -ENOSPC);
	assert_int_equal(commit(store, 2), -ENOSPC);
	assert_int_equal(gp_store_purge(store, &gp_store_limits_default, NOW), -ENOSPC);
	gp_store_figures(store, &figures);
	assert_false(figures.writable);
	assert_int_equal(remove(filler), 0);
	assert_int_equal(commit(store, 3), 0);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("cannot write"), 1);
	assert_int_equal(times("is written again: 10 hosts and ranges and 3 epochs"), 1);
	gp_store_close(store);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 10);
	store_place_empty();
}

/* Read-only, with a store in it or without, and writable again. */
static void test_read_only(void **state)
{
	struct gp_store *store = NULL;
	const struct gp_store_options options = { store_path, "gw1", 0, 0 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(mount(NULL, store_root, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
		stderr_capture_begin();
		assert_int_equal(gp_store_open(&store, &options), 0);
		put_hosts(store, (__u32)round * 10, 10);
		assert_int_equal(commit(store, 2 * (__u64)round + 1), -EROFS);
		assert_int_equal(commit(store, 2 * (__u64)round + 2), -EROFS);
		assert_int_equal(mount(NULL, store_root, NULL, MS_REMOUNT, NULL), 0);
		assert_int_equal(commit(store, 2 * (__u64)round + 2), 0);
		stderr_capture_end(said, sizeof(said));
		assert_int_equal(times("Read-only file system"), 1);
		assert_int_equal(times("make its file system writable again"), 1);
		assert_int_equal(times("is written again: 10 hosts and ranges and 2 epochs"), 1);
		gp_store_close(store);
	}
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 20);
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM epochs"), 4);
	store_place_empty();
}

static int count_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	(void)host;
	(void)evidence;
	(void)count;
	++*(int *)arg;
	return 0;
}

/* Exit code: how many hosts somebody of a group can read; 100 and more when the store does not open. */
static int read_as(gid_t group)
{
	const struct gp_store_filter all = { 0 };
	struct gp_store_reader *reader;
	int count = 0, status, err;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		if (setgroups(0, NULL) || setgid(group) || setuid(NOBODY))
			_exit(200);
		err = gp_store_reader_open(&reader, store_path);
		if (!err)
			err = gp_store_hosts(reader, &all, count_host, &count);
		_exit(err ? 100 : count);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void own_by_group(void)
{
	char name[160];
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	assert_int_equal(chown(store_directory, 0, GROUP), 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", store_path, suffixes[i]);
		assert_int_equal(chown(name, 0, GROUP), 0);
	}
}

/*
 * The group reads, and writes nothing: while the agent runs, after it has ended, and after it was killed. Everybody else is
 * refused.
 */
static void test_readers_of_the_group(void **state)
{
	struct gp_store *store;
	int status;
	pid_t child;

	(void)state;
	store = store_opened(0, 0);
	put_hosts(store, 0, 10);
	assert_int_equal(commit(store, 1), 0);
	own_by_group();
	assert_int_equal(read_as(GROUP), 10);
	stderr_capture_begin();
	assert_int_equal(read_as(NOBODY), 100);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(times("Permission denied"), 1);
	put_hosts(store, 10, 5);
	assert_int_equal(commit(store, 2), 0);
	assert_int_equal(read_as(GROUP), 15);
	gp_store_close(store);
	assert_int_equal(read_as(GROUP), 15);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		store = store_opened(0, 0);
		put_hosts(store, 15, 5);
		if (commit(store, 3))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read_as(GROUP), 20);
	store_place_empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_at_first),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_readers_of_the_group),
	};

	return cmocka_run_group_tests_name("root_store", tests, set_up, tear_down);
}
