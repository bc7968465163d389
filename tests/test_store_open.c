/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store opens, what it makes of older versions, and what it leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stderr_capture.h"
#include "store_maker.h"
#include "store_place.h"
#include "store_read.h"
#include "store_schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILE_MAX_BYTES (1 << 20)

static char said[8192];

static int set_up(void **state)
{
	(void)state;
	store_place_make();
	assert_int_equal(mkdir(store_directory, 0750), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_place_remove();
	return 0;
}

/* Opens, reading what is said. */
static int opens(struct gp_store **store)
{
	const struct gp_store_options options = { store_path, "gw1", 0, 0 };
	int err;

	stderr_capture_begin();
	err = gp_store_open(store, &options);
	stderr_capture_end(said, sizeof(said));
	return err;
}

static size_t read_file(char *out)
{
	FILE *f = fopen(store_path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, FILE_MAX_BYTES, f);
	fclose(f);
	return n;
}

static void write_at(long at, const void *bytes, size_t len)
{
	FILE *f = fopen(store_path, at ? "r+b" : "wb");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void make_ours(void)
{
	struct gp_store *store = store_opened(0, 0);
	const struct gp_store_epoch epoch = store_epoch(1, 1);

	for (__u32 i = 0; i < 200; i++) {
		struct gp_store_host host = store_host(i, GP_STATE_SUSPECTED, STORE_START_NS);
		struct gp_evidence evidence[3];

		store_evidence(evidence, 3, 1);
		assert_int_equal(gp_store_put_host(store, &host, evidence, 3), 0);
	}
	assert_int_equal(gp_store_commit(store, &epoch), 0);
	gp_store_close(store);
	/* What stood in the log is in the file: what is done to it is not undone. */
	store_sql_run(store_path, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void make_text(void)
{
	const char text[] = "Dear store,\nthis is a letter of more than a hundred bytes, which no database begins with, and which "
			    "should be there tomorrow.\n";

	write_at(0, text, sizeof(text));
}

static void make_short_text(void)
{
	write_at(0, "hello\n", 6);
}

static void make_foreign(void)
{
	store_sql_run(store_path, "CREATE TABLE hosts (a); INSERT INTO hosts VALUES (1)");
}

static void make_foreign_application(void)
{
	store_sql_run(store_path, "PRAGMA application_id = 77; PRAGMA user_version = 2; CREATE TABLE hosts (a)");
}

static void make_later(void)
{
	make_ours();
	store_sql_run(store_path, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
}

/* The newest header is in the log only. */
static void make_later_in_log(void)
{
	struct gp_store_reader *reader;

	make_ours();
	assert_int_equal(gp_store_reader_open(&reader, store_path), 0); /* keeps the log from being written back */
	store_sql_run(store_path, "PRAGMA user_version = 99");
	gp_store_reader_close(reader);
}

static void make_negative(void)
{
	make_ours();
	store_sql_run(store_path, "PRAGMA user_version = -3; PRAGMA wal_checkpoint(TRUNCATE)");
}

static void make_torn_page(void)
{
	char rubbish[4096];

	make_ours();
	memset(rubbish, 0x5a, sizeof(rubbish));
	for (long page = 3; page < 9; page++)
		write_at(4096 * page, rubbish, sizeof(rubbish));
}

static void make_cut(void)
{
	make_ours();
	assert_int_equal(truncate(store_path, 4096 * 5), 0);
}

static void make_torn_schema(void)
{
	char rubbish[3000];

	make_ours();
	memset(rubbish, 0x5a, sizeof(rubbish));
	write_at(100, rubbish, sizeof(rubbish));
}

static void make_trigger(void)
{
	make_ours();
	store_sql_run(store_path, "CREATE TRIGGER a_trap AFTER INSERT ON hosts BEGIN DELETE FROM epochs; END;"
				  "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void make_view(void)
{
	make_ours();
	store_sql_run(store_path, "DROP TABLE metrics; CREATE VIEW metrics AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT"
				  " i + 1 FROM n) SELECT 'a' AS name, i AS time_ns, 1.0 AS value FROM n;"
				  "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void make_missing_table(void)
{
	make_ours();
	store_sql_run(store_path, "DROP TABLE notifications; PRAGMA wal_checkpoint(TRUNCATE)");
}

static void make_directory(void)
{
	assert_int_equal(mkdir(store_path, 0750), 0);
}

static void make_fifo(void)
{
	assert_int_equal(mkfifo(store_path, 0640), 0);
}

static void make_link(void)
{
	assert_int_equal(symlink("/etc/passwd", store_path), 0);
}

static void make_dangling_link(void)
{
	assert_int_equal(symlink("elsewhere", store_path), 0);
}

/* Refused with a reason and a remedy, and not a byte of it changed. */
static void test_refusals(void **state)
{
	static const struct {
		const char *what;
		void (*make)(void);
		int err;
		const char *says;
		bool regular;
	} rows[] = {
		{ "a text", make_text, -EINVAL, "is no SQLite database: move it away", true },
		{ "a short text", make_short_text, -EINVAL, "is no SQLite database: move it away", true },
		{ "nobody's database", make_foreign, -EINVAL, "another program's database", true },
		{ "somebody's database", make_foreign_application, -EINVAL, "another program's database", true },
		{ "a later version", make_later, -EOPNOTSUPP, "a later gatepost: install that one", true },
		{ "a later version, not written back", make_later_in_log, -EOPNOTSUPP, "a later gatepost", true },
		{ "a version below 0", make_negative, -EUCLEAN, "it is damaged: stop gatepost, save what can be read", true },
		{ "pages that are rubbish", make_torn_page, -EUCLEAN, "it is damaged", true },
		{ "cut", make_cut, -EUCLEAN, "it is damaged", true },
		{ "a list of tables that is rubbish", make_torn_schema, -EUCLEAN, "it is damaged", true },
		{ "a trigger", make_trigger, -EINVAL, "not gatepost's: a_trap", true },
		{ "a view for a table", make_view, -EINVAL, "not gatepost's: metrics", true },
		{ "a table less", make_missing_table, -EINVAL, "not gatepost's: notifications", true },
		{ "a directory", make_directory, -EISDIR, "Is a directory", false },
		{ "a fifo", make_fifo, -EINVAL, "is no regular file", false },
		{ "a link", make_link, -EINVAL, "is a symbolic link", false },
		{ "a link to nothing", make_dangling_link, -EINVAL, "is a symbolic link", false },
	};
	static char before[FILE_MAX_BYTES], after[FILE_MAX_BYTES];
	struct gp_store *store = NULL;
	size_t len = 0;
	int err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		store_place_empty();
		rows[i].make();
		if (rows[i].regular)
			len = read_file(before);
		err = opens(&store);
		if (err != rows[i].err || !strstr(said, rows[i].says) || !strstr(said, store_path))
			fail_msg("%s: %d: %s", rows[i].what, err, said);
		if (strchr(said, '\n') != said + strlen(said) - 1)
			fail_msg("%s: more than one line: %s", rows[i].what, said);
		if (rows[i].regular && (read_file(after) != len || memcmp(before, after, len)))
			fail_msg("%s: the file is another one", rows[i].what);
	}
}

/* Readers refuse what the agent refuses, and say so. */
static void test_readers_refuse(void **state)
{
	static const struct {
		const char *what;
		void (*make)(void);
		int err;
		const char *says;
	} rows[] = {
		{ "nothing", NULL, -ENOENT, "No such file" },
		{ "a text", make_text, -EINVAL, "is no SQLite database" },
		{ "nobody's database", make_foreign, -EINVAL, "is no database of gatepost" },
		{ "a later version", make_later, -EOPNOTSUPP, "tables of version 99" },
		{ "a view for a table", make_view, -EINVAL, "not gatepost's: metrics" },
		{ "a list of tables that is rubbish", make_torn_schema, -EUCLEAN, "it is damaged" },
		{ "a directory", make_directory, -EINVAL, "cannot read" },
	};
	struct gp_store_reader *reader = NULL;
	int err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		store_place_empty();
		if (rows[i].make)
			rows[i].make();
		stderr_capture_begin();
		err = gp_store_reader_open(&reader, store_path);
		stderr_capture_end(said, sizeof(said));
		if (err != rows[i].err || !strstr(said, rows[i].says) || !strstr(said, store_path))
			fail_msg("%s: %d: %s", rows[i].what, err, said);
	}
}

static int count_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	(void)host;
	(void)evidence;
	*(int *)arg += 1 + 10 * count;
	return 0;
}

/* Damage that the header does not show: reading ends with an error, not with a crash. */
static void test_reader_of_torn_pages(void **state)
{
	const struct gp_store_filter filter = { .with_evidence = true };
	struct gp_store_reader *reader;
	int count = 0, err;

	(void)state;
	make_torn_page();
	stderr_capture_begin();
	err = gp_store_reader_open(&reader, store_path);
	if (!err) {
		err = gp_store_hosts(reader, &filter, count_host, &count);
		gp_store_reader_close(reader);
	}
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(err, -EUCLEAN);
	assert_non_null(strstr(said, "it is damaged"));
}

static void make_from_fixture(int version)
{
	static char script[1 << 16];
	char name[64];
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "tests/store/v%d.sql", version);
	f = fopen(name, "r");
	assert_non_null(f);
	n = fread(script, 1, sizeof(script) - 1, f);
	assert_true(n < sizeof(script) - 1);
	script[n] = '\0';
	fclose(f);
	store_sql_run(store_path, script);
}

struct one_host {
	struct gp_store_host host;
	struct gp_store_evidence evidence;
	int count;
};

static int take_host(void *arg, const struct gp_store_host *host, const struct gp_store_evidence *evidence, int count)
{
	struct one_host *one = arg;

	one->host = *host;
	if (count)
		one->evidence = evidence[0];
	one->count++;
	return 0;
}

static void check_migrated(void)
{
	const struct gp_addr host = store_address(7);
	struct gp_store_reader *reader;
	struct gp_store_span span;
	struct one_host one = { 0 };

	assert_int_equal(gp_store_reader_open(&reader, store_path), 0);
	assert_int_equal(gp_store_host(reader, &host, take_host, &one), 0);
	assert_int_equal(one.count, 1);
	assert_int_equal(one.host.verdict, GP_VERDICT_CONFIRMED);
	assert_int_equal(one.host.sample.sport, 51544);
	assert_string_equal(one.evidence.text, "214 mail networks in 24 h");
	assert_true(one.evidence.observed_count == 1 && one.evidence.observed[0].value == 214);
	assert_int_equal(gp_store_epochs(reader, 0, 0, &span), 0);
	assert_true(span.epochs == 2 && span.packets == 2000);
	gp_store_reader_close(reader);
}

/* From every version that was ever written: nothing is lost, and the store goes on. */
static void test_migrations(void **state)
{
	const int newest = gp_schema_version(gp_schema_steps);
	struct gp_store_host host = store_host(8, GP_STATE_WATCHED, STORE_START_NS);
	const struct gp_store_epoch epoch = store_epoch(0x123456789abcdefull, 3);
	struct gp_store *store;
	__u64 number;

	(void)state;
	for (int version = 1; version <= newest; version++) {
		store_place_empty();
		make_from_fixture(version);
		assert_int_equal(opens(&store), 0);
		assert_int_equal(strstr(said, "are now of version") != NULL, version < newest);
		assert_int_equal(gp_store_last_epoch(store, epoch.instance, &number), 0);
		assert_int_equal(number, 2);
		check_migrated();
		assert_int_equal(gp_store_put_host(store, &host, NULL, 0), 0);
		assert_int_equal(gp_store_commit(store, &epoch), 0);
		gp_store_close(store);
		assert_int_equal(store_sql_number(store_path, "PRAGMA user_version"), newest);
		assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM hosts"), 3);
		assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM ranges"), version >= 2);
		assert_int_equal(store_sql_number(store_path, "SELECT count(*) FROM notifications"), version >= 3);
		assert_int_equal(store_sql_number(store_path, "PRAGMA auto_vacuum"), 2);
	}
}

/* A step that fails in its middle leaves the version before it, whole; the next try goes on from there. */
static void test_a_step_that_fails(void **state)
{
	static const struct gp_schema_step broken[] = {
		{ "one", "CREATE TABLE a (x); PRAGMA user_version = 1;" },
		{ "two", "ALTER TABLE a ADD COLUMN y; CREATE TABLE b (x); SELECT no_such_function(1); PRAGMA user_version = 2;" },
		{ 0 },
	};
	static const struct gp_schema_step whole[] = {
		{ "one", "CREATE TABLE a (x); PRAGMA user_version = 1;" },
		{ "two", "ALTER TABLE a ADD COLUMN y; CREATE TABLE b (x); PRAGMA user_version = 2;" },
		{ 0 },
	};
	char differs[64];
	sqlite3 *db;

	(void)state;
	db = store_sql_open(store_path);
	assert_int_equal(gp_schema_migrate(db, broken), -EIO);
	assert_int_equal(gp_schema_is_ours(db, whole, 1, differs, sizeof(differs)), 1);
	assert_int_equal(gp_schema_is_ours(db, whole, 2, differs, sizeof(differs)), 0);
	assert_string_equal(differs, "a");
	assert_int_equal(gp_schema_migrate(db, whole), 0);
	assert_int_equal(gp_schema_is_ours(db, whole, 2, differs, sizeof(differs)), 1);
	assert_int_equal(gp_schema_migrate(db, whole), 0);
	sqlite3_close(db);
}

/* One agent at a time; a killed one does not stand in the way. */
static void test_in_use(void **state)
{
	struct gp_store *store = store_opened(0, 0), *second = NULL;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(opens(&second), -EBUSY);
	assert_non_null(strstr(said, "is in use by another gatepost"));
	gp_store_close(store);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		store = store_opened(0, 0);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(opens(&store), 0);
	assert_string_equal(said, "");
	gp_store_close(store);
}

/* The directory is made, its parents are not. */
static void test_directories(void **state)
{
	const struct gp_store_options options = { "/nonexistent/a/b/gatepost.db", "gw1", 0, 0 };
	struct gp_store *store;
	int err;

	(void)state;
	stderr_capture_begin();
	err = gp_store_open(&store, &options);
	stderr_capture_end(said, sizeof(said));
	assert_int_equal(err, -ENOENT);
	assert_non_null(strstr(said, "cannot open /nonexistent/a/b/gatepost.db: No such file"));
}

/* What an operator's own look at the file leaves behind does no harm. */
static void test_analyzed(void **state)
{
	struct gp_store *store;

	(void)state;
	make_ours();
	store_sql_run(store_path, "ANALYZE");
	assert_int_equal(store_sql_number(store_path, "SELECT count(*) > 0 FROM sqlite_stat1"), 1);
	assert_int_equal(opens(&store), 0);
	gp_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readers_refuse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_of_torn_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_migrations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_step_that_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_analyzed, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
