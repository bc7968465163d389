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

static void run_row(struct both_engines *both, const struct packet_row *row, size_t length)
{
	const struct gp_frame frame = {
		.data = row->bytes,
		.data_bytes = (__u32)length,
		.captured_bytes = (__u32)length,
		.wire_bytes = (__u32)row->len,
		.time_ns = 1000000000ull * 1000,
	};
	const struct gp_packet *kernel;
	const char *wrong;

	assert_int_equal(both->native->frame(both->native, &frame), 0);
	assert_int_equal(both->kernel->frame(both->kernel, &frame), 0);
	kernel = both->kernel->last_packet(both->kernel);
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

static void test_rows(void **state)
{
	struct both_engines *both = *state;
	size_t runs = 0;

	for (size_t i = 0; i < packet_row_count; i++) {
		const struct packet_row *row = &packet_rows[i];

		if (row->len < GP_FRAME_MIN || row->len > GP_FRAME_MAX)
			continue;
		both->native->memory.settings->tunnels = row->tunnels;
		both->kernel->memory.settings->tunnels = row->tunnels;
		for (size_t length = GP_FRAME_MIN; length < row->len; length = next_length(length), runs++)
			run_row(both, row, length);
		run_row(both, row, row->len);
		runs++;
		both_engines_compare(both, row->name);
	}
	print_message("%zu rows, %zu frames through both engines\n", packet_row_count, runs);
	assert_true(packet_row_count >= 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, both_engines_setup, both_engines_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
