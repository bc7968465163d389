// SPDX-License-Identifier: GPL-2.0-or-later
/* The packet rows through both engines, whole and at every cut: equal headers, equal counters, equal memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "both_engines.h"
#include "packets.h"

static void run_frame(struct both_engines *both, const struct packet_row *row, size_t length)
{
	const struct gp_frame frame = {
		.data = row->bytes,
		.data_bytes = (__u32)length,
		.captured_bytes = (__u32)length,
		.wire_bytes = (__u32)row->len,
		.time_ns = 1000000000ull * 1000,
	};

	assert_int_equal(both->native->frame(both->native, &frame), 0);
	assert_int_equal(both->kernel->frame(both->kernel, &frame), 0);
}

/* What no inside host owns is always read whole: the headers can be compared. */
static void check_headers(struct both_engines *both, const struct packet_row *row, size_t length)
{
	const struct gp_packet *kernel = both->kernel->last_packet(both->kernel);
	const char *wrong;

	assert_non_null(kernel);
	if (memcmp(kernel, both->native->last_packet(both->native), sizeof(*kernel)))
		fail_msg("%s, %zu bytes: the engines read different headers", row->name, length);
	wrong = length == row->len ? packet_row_check(row, kernel) : NULL;
	if (wrong)
		fail_msg("%s: %s", row->name, wrong);
}

/* Cuts beyond the headers are all alike; those of large rows are sampled. */
static size_t next_length(size_t length)
{
	return length < 400 ? length + 1 : length + 97;
}

static void run_rows(struct both_engines *both, void (*check)(struct both_engines *, const struct packet_row *, size_t))
{
	size_t runs = 0;

	for (size_t i = 0; i < packet_row_count; i++) {
		const struct packet_row *row = &packet_rows[i];

		if (row->len < GP_FRAME_MIN || row->len > GP_FRAME_MAX)
			continue;
		both->native->memory.settings->tunnels = row->tunnels;
		both->kernel->memory.settings->tunnels = row->tunnels;
		for (size_t length = GP_FRAME_MIN;; length = next_length(length)) {
			if (length > row->len)
				length = row->len;
			run_frame(both, row, length);
			if (check)
				check(both, row, length);
			runs++;
			if (length == row->len)
				break;
		}
		both_engines_compare(both, row->name);
	}
	print_message("%zu rows, %zu frames through both engines\n", packet_row_count, runs);
	assert_true(packet_row_count >= 120);
}

static void test_headers(void **state)
{
	run_rows(*state, check_headers);
}

/* With everybody inside, all that is bulk is counted at a glance; by default, some of it is. */
static void test_memory(void **state)
{
	run_rows(*state, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_headers, both_engines_setup_outside, both_engines_teardown),
		cmocka_unit_test_setup_teardown(test_memory, both_engines_setup_inside, both_engines_teardown),
		cmocka_unit_test_setup_teardown(test_memory, both_engines_setup, both_engines_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
