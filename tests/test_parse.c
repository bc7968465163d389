/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every row of packets.c through gp_parse(): whole, cut at every length, with bytes appended, always against a page
 * that may not be touched. With GP_DUMP_ROWS=FILE the rows are written as a capture and FILE.rows instead, for
 * check_rows.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/parse.h>

#include "glance_check.h"
#include "guard.h"
#include "packets.h"

#define GARBAGE_MAX 256u
#define EVERY_CUT 2200u /* longer frames are cut here and there beyond it */
#define CUT_STEP 997u

static struct guard guard;

/* Parses into a record full of `before`, so that a field that is not written shows. */
static int parse(const __u8 *data, size_t len, __u32 tunnels, int before, struct gp_packet *out)
{
	memset(out, before, sizeof(*out));
	return gp_parse(data, data + len, tunnels, out);
}

static int complain(const struct packet_row *row, const char *how, size_t n, const char *what)
{
	print_error("row \"%s\", %s %zu: %s\n", row->name, how, n, what);
	return 1;
}

static int check_whole(const struct packet_row *row)
{
	struct gp_packet got, again;
	const char *complaint;
	int status;

	status = parse(guard_at_end(&guard, row->bytes, row->len), row->len, row->tunnels, 0x00, &got);
	complaint = packet_row_check(row, &got);
	if (complaint)
		return complain(row, "whole", row->len, complaint);
	if (status != got.status)
		return complain(row, "whole", row->len, "the result is not the recorded status");
	parse(guard_at_start(&guard, row->bytes, row->len), row->len, row->tunnels, 0xff, &again);
	if (memcmp(&got, &again, sizeof(got)))
		return complain(row, "whole", row->len, "a field keeps what was there before");
	return 0;
}

/* May a frame that ends before its headers are complete be read like this? */
static int early_reading(const struct packet_row *row, const __u8 *data, size_t len, const struct gp_packet *got)
{
	struct gp_packet outer;

	if (got->status == GP_PARSE_TRUNCATED)
		return 1;
	if (row->status != GP_PARSE_OK && got->status == row->status)
		return 1;
	if (row->status == GP_PARSE_OK && !row->expect.payload_offset.named)
		return !packet_row_check(row, got);
	/* Too short to tell a UDP tunnel from any other datagram to its port. */
	parse(data, len, 0, 0, &outer);
	return row->tunnels && outer.ip_proto == 17 && !memcmp(&outer, got, sizeof(*got));
}

static int check_cut(const struct packet_row *row, size_t len)
{
	struct packet_row cut = *row;
	const char *complaint;
	struct gp_packet got;
	const __u8 *data;

	data = guard_at_end(&guard, row->bytes, len);
	parse(data, len, row->tunnels, 0, &got);
	if (got.status >= GP_PARSE_STATUSES)
		return complain(row, "cut to", len, "no status");
	if (len < packet_row_settled(row)) {
		if (early_reading(row, data, len, &got))
			return 0;
		return complain(row, "cut to", len, "read as if its headers were complete");
	}
	if (row->by_frame)
		cut.expect.payload_len.value -= (__u32)(row->len - len);
	complaint = packet_row_check(&cut, &got);
	return complaint ? complain(row, "cut to", len, complaint) : 0;
}

/* One complaint per row is enough: its cuts mostly fail alike. */
static int check_cuts(const struct packet_row *row)
{
	size_t len;

	for (len = 0; len <= row->len; len += len < EVERY_CUT ? 1 : CUT_STEP)
		if (check_cut(row, len))
			return 1;
	return 0;
}

/* xorshift32: the same garbage in every run. */
static __u32 garbage_next(__u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static int check_appended(const struct packet_row *row, size_t extra, __u32 *state)
{
	struct packet_row longer = *row;
	const char *complaint;
	struct gp_packet got;
	__u8 *data;
	size_t i;

	data = guard_at_end(&guard, NULL, 0) - extra - row->len;
	memcpy(data, row->bytes, row->len);
	for (i = 0; i < extra; i++)
		data[row->len + i] = (__u8)garbage_next(state);
	parse(data, row->len + extra, row->tunnels, 0, &got);
	if (got.status >= GP_PARSE_STATUSES)
		return complain(row, "appended", extra, "no status");
	if (row->status == GP_PARSE_TRUNCATED)
		return 0;
	if (row->by_frame)
		longer.expect.payload_len.value += (__u32)extra;
	complaint = packet_row_check(&longer, &got);
	return complaint ? complain(row, "appended", extra, complaint) : 0;
}

static int check_appendices(const struct packet_row *row, __u32 *state)
{
	static const size_t extras[] = { 1, 2, 3, 4, 5, 7, 8, 13, 20, 40, 64, 100, GARBAGE_MAX };
	size_t i;

	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (check_appended(row, extras[i], state))
			return 1;
	return 0;
}

static void test_whole(void **unused)
{
	int wrong = 0;
	size_t i;

	(void)unused;
	for (i = 0; i < packet_row_count; i++)
		wrong += check_whole(&packet_rows[i]);
	assert_int_equal(wrong, 0);
}

static void test_every_cut(void **unused)
{
	int wrong = 0;
	size_t i;

	(void)unused;
	for (i = 0; i < packet_row_count; i++)
		wrong += check_cuts(&packet_rows[i]);
	assert_int_equal(wrong, 0);
}

static void test_appended_bytes(void **unused)
{
	__u32 state = 0x9e3779b9;
	int wrong = 0;
	size_t i;

	(void)unused;
	for (i = 0; i < packet_row_count; i++)
		wrong += check_appendices(&packet_rows[i], &state);
	assert_int_equal(wrong, 0);
}

/* The source makes these, from lengths and link types that the parser never sees. */
static int made_by_source(int status)
{
	return status == GP_PARSE_FRAME_TOO_SHORT || status == GP_PARSE_FRAME_TOO_LONG || status == GP_PARSE_LINK_TYPE;
}

static void test_table(void **unused)
{
	int seen[GP_PARSE_STATUSES] = { 0 };
	size_t i, k;
	int status;

	(void)unused;
	for (i = 0; i < packet_row_count; i++) {
		const struct packet_row *row = &packet_rows[i];

		seen[row->status]++;
		assert_in_range(row->len, GP_FRAME_MIN, GP_FRAME_MAX);
		assert_in_range(packet_row_settled(row), 1, row->len);
		for (k = 0; k < i; k++)
			assert_string_not_equal(row->name, packet_rows[k].name);
	}
	for (status = 0; status < GP_PARSE_STATUSES; status++)
		if (!seen[status] && !made_by_source(status))
			fail_msg("no row has status %d", status);
}

static int open_guard(void **unused)
{
	(void)unused;
	return guard_open(&guard, GP_FRAME_MAX + GARBAGE_MAX);
}

static int close_guard(void **unused)
{
	(void)unused;
	guard_close(&guard);
	return 0;
}

/* The length on the wire that a row's own headers state. */
static __u32 stated_bytes(const struct packet_row *row)
{
	const struct packet_expect *e = &row->expect;
	size_t stated = 0;

	if (e->payload_offset.named && e->payload_len.named)
		stated = (size_t)e->payload_offset.value + e->payload_len.value;
	return (__u32)(stated > row->len ? stated : row->len);
}

static int dump(const char *path)
{
	static const __u32 header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	char rows_path[4096];
	FILE *capture, *rows;
	size_t i;
	int err;

	snprintf(rows_path, sizeof(rows_path), "%s.rows", path);
	capture = fopen(path, "wb");
	rows = fopen(rows_path, "w");
	if (!capture || !rows) {
		perror(path);
		return 1;
	}
	fwrite(header, sizeof(header), 1, capture);
	for (i = 0; i < packet_row_count; i++) {
		const struct packet_row *row = &packet_rows[i];
		__u32 record[] = { (__u32)i, 0, (__u32)row->len, stated_bytes(row) };

		fwrite(record, sizeof(record), 1, capture);
		fwrite(row->bytes, 1, row->len, capture);
		packet_row_print(row, rows);
	}
	err = ferror(capture) || ferror(rows);
	err |= fclose(capture);
	err |= fclose(rows);
	return err ? 1 : 0;
}

/* Return: 1 when a row fails; *glanced counts the frames that were not declined. */
static int check_glance(const struct packet_row *row, size_t *glanced)
{
	for (size_t len = 0; len <= row->len; len += len < EVERY_CUT ? 1 : CUT_STEP)
		for (__u32 tunnels = 0; tunnels < 2; tunnels++) {
			struct gp_packet p;
			int yes;
			const char *complaint =
				glance_check(guard_at_end(&guard, row->bytes, len), len, tunnels, &p, &yes);

			if (complaint)
				return complain(row, "cut to", len, complaint);
			*glanced += (size_t)yes;
		}
	return 0;
}

static void test_glance(void **state)
{
	size_t glanced = 0;
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < packet_row_count; i++)
		failed += check_glance(&packet_rows[i], &glanced);
	assert_int_equal(failed, 0);
	print_message("%zu frames at a glance\n", glanced);
	assert_true(glanced > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glance),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_appended_bytes),
	};
	const char *path = getenv("GP_DUMP_ROWS");

	return path ? dump(path) : cmocka_run_group_tests(tests, open_guard, close_guard);
}
