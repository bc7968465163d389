/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counting core, natively: each row on each link layer, and cut wherever a capture may cut it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gatepost/account.h>

#include "account_rows.h"
#include "filters.h"

static struct gp_engine *engine;
static struct gp_config *config;

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

static int open_engine(void **state)
{
	(void)state;
	return account_config_open(&config) || gp_engine_native_open(&engine, config);
}

static int close_engine(void **state)
{
	(void)state;
	engine->close(engine);
	gp_config_close(config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_payload_rows),
		cmocka_unit_test(test_memory_rows),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, open_engine, close_engine);
}
