/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "journal_directory.h"
#include "stderr_capture.h"

#define MEMBERS 40

static char said[4096];
static const struct gp_journal_key key = {.abi_version = GP_ABI_VERSION, .chunks = 4, .identity = 0x1234};

static int set_up(void **state)
{
	(void)state;
	journal_directory_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	journal_directory_remove();
	return 0;
}

/* What was put into a record, and what came out of it. */
struct contents {
	struct gp_inside_delta deltas[MEMBERS];
	struct gp_host hosts[MEMBERS];
	struct gp_cell cells[MEMBERS];
	struct gp_world_sums sums;
	__u64 flow_records[GP_FLOW_ENDS];
	unsigned int delta_count, host_count, cell_count;
};

static int take_delta(void *arg, const struct gp_inside_delta *delta)
{
	struct contents *to = arg;

	assert_true(to->delta_count < MEMBERS);
	to->deltas[to->delta_count++] = *delta;
	return 0;
}

static int take_hosts(void *arg, const struct gp_host *hosts, __u32 count)
{
	struct contents *to = arg;

	assert_true(count && count <= GP_RECORD_HOSTS);
	assert_true(to->host_count + count <= MEMBERS);
	memcpy(&to->hosts[to->host_count], hosts, count * sizeof(*hosts));
	to->host_count += count;
	return 0;
}

static int take_cell(void *arg, const struct gp_cell *cell)
{
	struct contents *to = arg;

	assert_true(to->cell_count < MEMBERS);
	to->cells[to->cell_count++] = *cell;
	return 0;
}

static int take_sums(void *arg, const struct gp_world_sums *sums)
{
	((struct contents *)arg)->sums = *sums;
	return 0;
}

static int take_flow_records(void *arg, const __u64 flow_records[GP_FLOW_ENDS])
{
	memcpy(((struct contents *)arg)->flow_records, flow_records, sizeof(((struct contents *)arg)->flow_records));
	return 0;
}

static struct gp_record_reader reader_of(struct contents *to)
{
	return (struct gp_record_reader){to, take_delta, take_hosts, take_cell, take_sums, take_flow_records};
}

/* All bytes of a member differ from 0, or only some: words that are left out come back as they were. */
static void fill(void *to, size_t bytes, unsigned int seed, unsigned int density)
{
	unsigned char *at = to;

	for (size_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		at[i] = (seed >> 16) % 100 < density ? (unsigned char)(seed >> 24) : 0;
	}
}

static void make_contents(struct contents *contents, unsigned int seed, unsigned int density)
{
	memset(contents, 0, sizeof(*contents));
	contents->delta_count = contents->host_count = contents->cell_count = 5;
	for (unsigned int i = 0; i < 5; i++) {
		struct gp_inside_delta *delta = &contents->deltas[i];

		fill(&contents->hosts[i], sizeof(struct gp_host), seed + i, density);
		fill(&contents->cells[i], sizeof(struct gp_cell), seed + 100 + i, density);
		delta->slot = (i / 2) * GP_CHUNK_SLOTS + 7 + i; /* two, two, one to a chunk */
		delta->bits = 56;
		delta->addr.bytes[0] = 0x20;
		delta->addr.bytes[1] = (unsigned char)(i / 2);
		delta->addr.bytes[6] = (unsigned char)(7 + i);
		fill(&delta->sent, sizeof(delta->sent), seed + 200 + i, density);
		fill(&delta->received, sizeof(delta->received), seed + 300 + i, density);
	}
	fill(&contents->sums, sizeof(contents->sums), seed + 400, density);
	fill(contents->flow_records, sizeof(contents->flow_records), seed + 500, density);
}

static void make_record(struct gp_record *record, enum gp_record_kind kind, __u64 epoch, const struct contents *from)
{
	gp_record_begin(record, kind, epoch, 99);
	for (unsigned int i = 0; i < from->delta_count; i++) {
		const struct gp_inside_delta *delta = &from->deltas[i];
		struct gp_chunk chunk = {.bits = delta->bits, .first.bytes = {0x20, delta->addr.bytes[1]}};

		if (i % 2 == 0)
			gp_record_chunk(record, delta->slot / GP_CHUNK_SLOTS, &chunk);
		gp_record_slot(record, delta->slot, &delta->sent, &delta->received);
	}
	for (unsigned int i = 0; i < from->host_count; i++)
		gp_record_host(record, &from->hosts[i]);
	for (unsigned int i = 0; i < from->cell_count; i++)
		gp_record_cell(record, &from->cells[i]);
	gp_record_sums(record, &from->sums);
	gp_record_flow_records(record, from->flow_records);
	assert_int_equal(gp_record_end(record), 0);
	assert_int_equal(record->hosts, from->host_count);
	assert_int_equal(record->cells, from->cell_count);
}

static void test_record(void **state)
{
	static const unsigned int densities[] = {0, 1, 10, 50, 100};
	static struct contents in, out;
	struct gp_record_reader reader = reader_of(&out), nobody = {0};
	struct gp_record record = {0};
	size_t empty = 0;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		make_contents(&in, i, densities[i]);
		memset(&out, 0, sizeof(out));
		make_record(&record, GP_RECORD_EPOCH, i, &in);
		assert_int_equal(gp_record_read(record.words, record.count, &reader), 0);
		assert_memory_equal(&in, &out, sizeof(in));
		assert_int_equal(gp_record_read(record.words, record.count, &nobody), 0);
		if (i == 0)
			empty = record.count;
		if (i == 1) /* zeros cost next to nothing */
			assert_in_range(record.count, empty, 4 * empty);
	}
	gp_record_free(&record);
}

/* Whatever stands in a record: an answer, and no byte beyond it is read. */
static void test_record_damaged(void **state)
{
	static struct contents in, out;
	struct gp_record_reader reader = reader_of(&out);
	struct gp_record record = {0};
	unsigned int refused = 0;
	__u64 *copy;

	(void)state;
	make_contents(&in, 7, 30);
	make_record(&record, GP_RECORD_EPOCH, 1, &in);
	for (size_t count = 0; count < record.count; count++) { /* cut, in memory of just that size */
		copy = malloc(count * 8 + !count);
		assert_non_null(copy);
		memcpy(copy, record.words, count * 8);
		memset(&out, 0, sizeof(out));
		refused += gp_record_read(copy, count, &reader) == -EBADMSG;
		free(copy);
	}
	assert_true(refused > record.count / 2);
	copy = malloc(record.count * 8);
	assert_non_null(copy);
	for (size_t i = 0; i < record.count * 8; i++) {
		memcpy(copy, record.words, record.count * 8);
		((unsigned char *)copy)[i] ^= (unsigned char)(1 + i % 255);
		memset(&out, 0, sizeof(out));
		gp_record_read(copy, record.count, &reader);
	}
	free(copy);
	gp_record_free(&record);
}

static struct gp_journal *open_journal(void)
{
	struct gp_journal *journal;

	assert_int_equal(gp_journal_open(&journal, path, &key), 0);
	return journal;
}

/* A snapshot of epoch 10, and two epochs more. Ends with the offsets of the records' ends. */
static void make_journal(struct contents contents[3], long ends[3])
{
	struct gp_journal *journal = open_journal();
	struct gp_record record = {0};
	struct stat st;
	__u64 last;

	assert_false(gp_journal_holds(journal, &last));
	for (unsigned int i = 0; i < 3; i++) {
		make_contents(&contents[i], 1000 * i, 5);
		make_record(&record, i ? GP_RECORD_EPOCH : GP_RECORD_SNAPSHOT, 10 + i, &contents[i]);
		assert_int_equal((i ? gp_journal_append : gp_journal_restart)(journal, &record), 0);
		assert_true(gp_journal_holds(journal, &last));
		assert_int_equal(last, 10 + i);
		assert_int_equal(stat(path, &st), 0);
		ends[i] = st.st_size;
	}
	gp_record_free(&record);
	gp_journal_close(journal, true);
}

static struct contents contents[3], out;

static void test_journal(void **state)
{
	struct gp_record_reader reader = reader_of(&out);
	struct gp_journal *journal;
	struct stat st;
	long ends[3];
	char name[80];
	__u64 last;

	(void)state;
	make_journal(contents, ends);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(name, sizeof(name), "%s/run", directory);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	journal = open_journal();
	assert_true(gp_journal_holds(journal, &last));
	assert_int_equal(last, 12);
	memset(&out, 0, sizeof(out));
	assert_int_equal(gp_journal_replay(journal, &reader), 0);
	assert_int_equal(out.delta_count, 15);
	for (unsigned int i = 0; i < 15; i++) {
		assert_memory_equal(&out.deltas[i], &contents[i / 5].deltas[i % 5], sizeof(out.deltas[i]));
		assert_memory_equal(&out.hosts[i], &contents[i / 5].hosts[i % 5], sizeof(out.hosts[i]));
		assert_memory_equal(&out.cells[i], &contents[i / 5].cells[i % 5], sizeof(out.cells[i]));
	}
	assert_memory_equal(&out.sums, &contents[2].sums, sizeof(out.sums));
	gp_journal_close(journal, false);
	assert_int_equal(stat(path, &st), -1);
}

/* Which epoch a journal ends with after something was done to it; 0: it is set aside. */
static __u64 last_epoch(bool accept)
{
	struct gp_journal *journal;
	__u64 last = 0;

	stderr_capture_begin();
	journal = open_journal();
	if (!gp_journal_holds(journal, &last))
		last = 0;
	else if (accept)
		assert_int_equal(gp_journal_accept(journal), 0);
	gp_journal_close(journal, true);
	stderr_capture_end(said, sizeof(said));
	return last;
}

static void test_cut_everywhere(void **state)
{
	char *whole;
	long ends[3];
	FILE *file;

	(void)state;
	make_journal(contents, ends);
	whole = malloc((size_t)ends[2]);
	assert_non_null(whole);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(whole, 1, (size_t)ends[2], file), ends[2]);
	fclose(file);
	for (long cut = ends[2] - 1; cut >= ends[0]; cut--) {
		struct stat st;
		bool torn = cut != ends[0] && cut != ends[1];

		file = fopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(whole, 1, (size_t)cut, file), cut);
		fclose(file);
		assert_int_equal(last_epoch(true), cut >= ends[1] ? 11 : 10);
		assert_int_equal(strstr(said, "torn record") != NULL, torn);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, cut >= ends[1] ? ends[1] : ends[0]);
	}
	assert_int_equal(truncate(path, ends[0] - 1), 0); /* no snapshot: nothing to go on from */
	assert_int_equal(last_epoch(false), 0);
	assert_non_null(strstr(said, "its snapshot is damaged"));
	free(whole);
}

/* A byte that changed: the epochs before it stand, none behind it is believed. */
static void test_each_byte(void **state)
{
	long ends[3];
	int fd;

	(void)state;
	make_journal(contents, ends);
	fd = open(path, O_RDWR);
	assert_return_code(fd, errno);
	for (long at = ends[0]; at < ends[2]; at++) {
		unsigned char was, now;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		now = was ^ (unsigned char)(1u << at % 8);
		assert_int_equal(pwrite(fd, &now, 1, at), 1);
		if (last_epoch(false) != (at < ends[1] ? 10 : 11))
			fail_msg("byte %ld", at);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
	assert_int_equal(last_epoch(false), 12);
}

static void write_file(const void *bytes, size_t count)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	fclose(file);
}

static void test_whose(void **state)
{
	struct gp_journal_key other = key;
	struct gp_journal *journal;
	char old[128];
	struct stat st;
	long ends[3];
	__u64 last;

	(void)state;
	snprintf(old, sizeof(old), "%s.old", path);
	for (unsigned int i = 0; i < 6; i++) {
		make_journal(contents, ends);
		other = key;
		*(i == 0 ? &other.abi_version : i == 1 ? &other.chunks : i == 2 ? &other.inside_hosts :
		  i == 3 ? &other.outside_hosts : &other.cells) += i < 5;
		other.identity += i == 5;
		stderr_capture_begin();
		assert_int_equal(gp_journal_open(&journal, path, &other), 0);
		stderr_capture_end(said, sizeof(said));
		assert_non_null(strstr(said, "it belongs to other maps"));
		assert_non_null(strstr(said, old));
		assert_false(gp_journal_holds(journal, &last));
		gp_journal_close(journal, true);
		assert_int_equal(stat(path, &st), -1);
		assert_int_equal(stat(old, &st), 0);
	}
	write_file("", 0); /* nothing in it is nobody's */
	assert_int_equal(last_epoch(false), 0);
	assert_string_equal(said, "");
	write_file("x", 1);
	stderr_capture_begin();
	assert_int_equal(gp_journal_open(&journal, path, &key), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "is no journal of gatepost: remove it"));
	assert_int_equal(stat(path, &st), 0);
}

/* Neither a link nor a pipe is followed or waited for. */
static void test_odd_files(void **state)
{
	struct gp_journal *journal;
	long ends[3];
	char name[128];

	(void)state;
	make_journal(contents, ends);
	snprintf(name, sizeof(name), "%s.old", path);
	assert_int_equal(rename(path, name), 0);
	assert_int_equal(symlink(name, path), 0);
	stderr_capture_begin();
	assert_int_equal(gp_journal_open(&journal, path, &key), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(gp_journal_open(&journal, path, &key), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "no regular file"));
}

static void test_no_directory(void **state)
{
	struct gp_journal *journal;
	struct gp_record record = {0};

	(void)state;
	snprintf(path, sizeof(path), "%s/no/such/journal", directory);
	journal = open_journal();
	make_contents(&contents[0], 0, 5);
	make_record(&record, GP_RECORD_SNAPSHOT, 1, &contents[0]);
	stderr_capture_begin();
	assert_int_equal(gp_journal_restart(journal, &record), -ENOENT);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "cannot make the directory"));
	gp_record_free(&record);
	gp_journal_close(journal, true);
}

/* Large is four snapshots, 8 MB at least. */
static void test_large(void **state)
{
	static struct contents big;
	struct gp_record record = {0};
	struct gp_journal *journal;
	unsigned int appended = 0;
	size_t words;

	(void)state;
	make_contents(&big, 1, 100);
	journal = open_journal();
	gp_record_begin(&record, GP_RECORD_SNAPSHOT, 0, 0);
	for (unsigned int i = 0; i < 2500; i++) /* 3 MB */
		gp_record_host(&record, &big.hosts[0]);
	assert_int_equal(gp_record_end(&record), 0);
	assert_int_equal(gp_journal_restart(journal, &record), 0);
	words = record.count;
	for (__u64 epoch = 1; !gp_journal_is_large(journal); epoch++, appended++) {
		gp_record_begin(&record, GP_RECORD_EPOCH, epoch, 0);
		for (unsigned int i = 0; i < 250; i++)
			gp_record_host(&record, &big.hosts[0]);
		assert_int_equal(gp_record_end(&record), 0);
		assert_int_equal(gp_journal_append(journal, &record), 0);
	}
	assert_true(words * 8 > 2 << 20);
	assert_in_range(appended, 30, 31);
	gp_journal_close(journal, true);
	journal = open_journal(); /* the next agent sees it likewise */
	assert_true(gp_journal_is_large(journal));
	gp_record_free(&record);
	gp_journal_close(journal, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_damaged),
		cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_everywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_whose, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
