/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the counting core through both engines: equal expectations, and equal memories, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account_rows.h"
#include "both_engines.h"
#include "filters.h"

enum { NATIVE, KERNEL, ENGINES };

static struct both_engines both;

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct account_play *plays = context;

	(void)side;
	for (int i = 0; i < ENGINES; i++) {
		struct gp_engine *engine = plays[i].engine;
		int err;

		if (prepare)
			gp_filters_prepare(&engine->memory, frame->time_ns);
		err = engine->frame(engine, frame);
		if (err)
			return err;
		account_drain(&plays[i]);
	}
	return 0;
}

static int touch(void *context, const struct player *player, const struct step *step)
{
	struct account_play *plays = context;
	int err = account_touch(&plays[NATIVE], player, step);

	return err ? err : account_touch(&plays[KERNEL], player, step);
}

static int play(void *context, const struct account_row *row, const struct variant *variant)
{
	struct account_play plays[ENGINES];
	struct player player = { .variant = *variant, .feed = feed, .touch = touch, .context = plays };
	const char *wrong = NULL;
	int *failed = context, err;

	assert_int_equal(account_begin(&plays[NATIVE], both.native), 0);
	assert_int_equal(account_begin(&plays[KERNEL], both.kernel), 0);
	err = player_play(&player, row->script);
	for (int i = 0; i < ENGINES && !wrong && !err; i++)
		wrong = account_check(variant->cut ? NULL : row, &player, &plays[i]);
	for (int i = 0; i < ENGINES; i++)
		account_end(&plays[i]);
	assert_int_equal(err, 0);
	if (!wrong && !(row->flags & ROW_RING))
		wrong = both_engines_differ(&both);
	if (!wrong)
		return 0;
	print_error("%s (%s): %s\n", row->name, account_variant_name(variant), wrong);
	(*failed)++;
	return 1;
}

static void play_rows(const struct account_row *rows, size_t count)
{
	int failed = 0;

	/* A test run is what a tap sees. */
	for (size_t i = 0; i < count; i++)
		if (!(rows[i].flags & ROW_SIDES))
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

/* Cuts on both sides of each header's end, and within the payload. */
static void test_cuts(void **state)
{
	static const __u32 cuts[] = { 14, 21, 22, 41, 42, 55, 61, 62, 63, 65, 69, 77, 81, 82, 83, 90 };
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < account_row_payload_count; i++) {
		struct variant v = { .link = LINK_QINQ };

		for (size_t n = 0; n < sizeof(cuts) / sizeof(*cuts); n++) {
			v.cut = cuts[n];
			v.ipv6 = n & 1;
			if (play(&failed, &account_rows_payload[i], &v))
				break;
		}
	}
	assert_int_equal(failed, 0);
}

static int open_engines(void **state)
{
	(void)state;
	return account_config_open(&both.config) || gp_engine_native_open(&both.native, both.config) ||
	       gp_engine_kernel_open(&both.kernel, both.config);
}

static int close_engines(void **state)
{
	(void)state;
	if (both.native)
		both.native->close(both.native);
	if (both.kernel)
		both.kernel->close(both.kernel);
	gp_config_close(both.config);
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

	return cmocka_run_group_tests(tests, open_engines, close_engines);
}
