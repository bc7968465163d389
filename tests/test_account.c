/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counting core, natively: each row on each link layer, and cut wherever a capture may cut it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gatepost/account.h>

#include "account_engine.h"
#include "account_rows.h"
#include "both_engines.h"
#include "filters.h"
#undef SYN /* steps of scripts; there, flags */
#undef ACK
#include "packets.h"

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct gp_native_frame ctx = { .data = frame->data, .bytes = frame->data_bytes };
	int err = 0;

	if (prepare)
		gp_filters_prepare(&engine->memory, frame->time_ns);
	engine->memory.now_ns = frame->time_ns;
	if (side == GP_SIDE_TAP)
		err = engine->frame(engine, frame);
	else
		gp_account_frame(&engine->memory, &ctx, frame->data_bytes, frame->captured_bytes, side);
	account_drain(context);
	return err;
}

static int touch(void *context, const struct player *player, const struct step *step)
{
	return account_touch(context, player, step);
}

static int play(void *context, const struct account_row *row, const struct variant *variant)
{
	struct account_play on;
	struct player player = { .variant = *variant, .feed = feed, .touch = touch, .context = &on };
	const char *wrong = NULL;
	int *failed = context, err;

	assert_int_equal(account_begin(&on, engine), 0);
	err = player_play(&player, row->script);
	if (!err)
		wrong = account_check(variant->cut ? NULL : row, &player, &on);
	account_end(&on);
	assert_int_equal(err, 0);
	if (!wrong)
		return 0;
	print_error("%s (%s): %s\n", row->name, account_variant_name(variant), wrong);
	(*failed)++;
	return 1; /* one variant tells enough */
}

static void play_rows(const struct account_row *rows, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++)
		account_each_variant(&rows[i], play, &failed);
	assert_int_equal(failed, 0);
}

static void test_rows(void **state)
{
	(void)state;
	play_rows(account_rows, account_row_count);
}

static void test_payload_rows(void **state)
{
	(void)state;
	play_rows(account_rows_payload, account_row_payload_count);
}

static void test_memory_rows(void **state)
{
	(void)state;
	play_rows(account_rows_memory, account_row_memory_count);
}

/* From the shortest frame on: the link headers, the network's, the transport's, and a little of the payload. */
static void cut_rows(const struct account_row *rows, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		struct variant v = { .link = LINK_QINQ };

		if (rows[i].flags & ROW_FLOOD)
			continue;
		for (v.cut = GP_FRAME_MIN; v.cut < 100; v.cut++) {
			v.ipv6 = v.cut & 1;
			if (play(&failed, &rows[i], &v))
				break;
		}
	}
	assert_int_equal(failed, 0);
}

static void test_cuts(void **state)
{
	(void)state;
	cut_rows(account_rows, account_row_count);
	cut_rows(account_rows_payload, account_row_payload_count);
	cut_rows(account_rows_memory, account_row_memory_count);
}

/* The same two times: once as it is, once without the glance. */
static struct both_engines twice;

static void feed_whole(struct gp_engine *whole, const struct gp_frame *frame, enum gp_side side, __u32 bytes)
{
	struct gp_native_frame ctx = { .data = frame->data, .bytes = frame->data_bytes };
	struct gp_memory *m = &whole->memory;

	m->now_ns = frame->time_ns;
	if (!m->cpus->slice)
		gp_slice_take(m);
	gp_account_whole(m, &ctx, frame->data_bytes, bytes, side);
	m->ring->count = 0;
}

static int feed_twice(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct gp_native_frame ctx = { .data = frame->data, .bytes = frame->data_bytes };
	struct gp_memory *m = &twice.native->memory;
	__u32 bytes = (__u32)(frame->data_bytes - frame->excess_bytes);

	(void)context;
	if (prepare) {
		gp_filters_prepare(m, frame->time_ns);
		gp_filters_prepare(&twice.kernel->memory, frame->time_ns);
	}
	m->now_ns = frame->time_ns;
	gp_account_frame(m, &ctx, frame->data_bytes, bytes, side);
	m->ring->count = 0;
	feed_whole(twice.kernel, frame, side, bytes);
	return 0;
}

/* Both memories are filled alike; epochs do not turn. */
static int touch_twice(void *context, const struct player *player, const struct step *step)
{
	struct account_play native = { .engine = twice.native }, whole = { .engine = twice.kernel };

	(void)context;
	if (step->op != STEP_FILL)
		return 0;
	account_touch(&native, player, step);
	return account_touch(&whole, player, step);
}

static int play_twice(void *context, const struct account_row *row, const struct variant *variant)
{
	struct player player = { .variant = *variant, .feed = feed_twice, .touch = touch_twice };
	const char *wrong;
	int *failed = context;

	both_engines_clear(&twice);
	assert_int_equal(player_play(&player, row->script), 0);
	wrong = both_engines_differ(&twice);
	if (!wrong)
		return 0;
	print_error("%s (%s): with and without a glance: %s\n", row->name, account_variant_name(variant), wrong);
	(*failed)++;
	return 1;
}

static void play_rows_twice(const struct account_row *rows, size_t count, int *failed)
{
	for (size_t i = 0; i < count; i++) {
		struct variant cut = { .link = LINK_PPPOE };

		account_each_variant(&rows[i], play_twice, failed);
		for (cut.cut = 60; cut.cut < 120 && !(rows[i].flags & ROW_FLOOD); cut.cut += 7) {
			cut.ipv6 = !cut.ipv6;
			play_twice(failed, &rows[i], &cut);
		}
	}
}

/* Counting at a glance leaves the memory as reading whole frames does. */
static void test_glance(void **state)
{
	int failed = 0;

	(void)state;
	play_rows_twice(account_rows, account_row_count, &failed);
	play_rows_twice(account_rows_payload, account_row_payload_count, &failed);
	play_rows_twice(account_rows_memory, account_row_memory_count, &failed);
	assert_int_equal(failed, 0);
}

/* Frames of all shapes, all of them between inside addresses. */
static void test_glance_shapes(void **state)
{
	(void)state;
	both_engines_clear(&twice);
	for (size_t i = 0; i < packet_row_count; i++) {
		const struct packet_row *row = &packet_rows[i];

		if (row->len > GP_FRAME_MAX)
			continue;
		for (size_t length = GP_FRAME_MIN; length <= row->len; length += length < 400 ? 1 : 97) {
			const struct gp_frame frame = { .data = row->bytes, .data_bytes = (__u32)length };

			feed_twice(NULL, &frame, (enum gp_side)(length % 3), false);
		}
		both_engines_compare(&twice, row->name);
	}
}

static int open_twice(void **state)
{
	(void)state;
	twice.config = config;
	return gp_engine_native_open(&twice.native, config) || gp_engine_native_open(&twice.kernel, config);
}

static int close_twice(void **state)
{
	(void)state;
	if (twice.native)
		twice.native->close(twice.native);
	if (twice.kernel)
		twice.kernel->close(twice.kernel);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_payload_rows),
		cmocka_unit_test(test_memory_rows),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test_setup_teardown(test_glance, open_twice, close_twice),
		cmocka_unit_test_setup_teardown(test_glance_shapes, open_twice, close_twice),
	};

	return cmocka_run_group_tests(tests, open_engine, close_engine);
}
