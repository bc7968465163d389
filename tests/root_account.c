/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the counting core through both engines: equal expectations, and equal memories, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "account_rows.h"
#include "filters.h"

enum { NATIVE, KERNEL, ENGINES };

static struct gp_engine *engines[ENGINES];
static struct gp_config *config;

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	(void)context;
	(void)side;
	for (int i = 0; i < ENGINES; i++) {
		int err;

		if (prepare)
			gp_filters_prepare(&engines[i]->memory, frame->time_ns);
		err = engines[i]->frame(engines[i], frame);
		if (err)
			return err;
	}
	return 0;
}

/* Names the first record that differs. */
static int same(const char *what, const void *native, const void *kernel, size_t count, size_t record_bytes)
{
	for (size_t i = 0; i < count; i++) {
		const __u8 *a = (const __u8 *)native + i * record_bytes, *b = (const __u8 *)kernel + i * record_bytes;

		for (size_t at = 0; at < record_bytes; at++) {
			if (a[at] == b[at])
				continue;
			print_error("%s %zu differ at byte %zu: native %u, kernel %u\n", what, i, at, a[at], b[at]);
			return 0;
		}
	}
	return 1;
}

static int same_memories(void)
{
	const struct gp_memory *n = &engines[NATIVE]->memory, *k = &engines[KERNEL]->memory;
	size_t hosts = 2 * (size_t)config->host_slots;

	return same("totals", n->totals, k->totals, 1, sizeof(*n->totals)) &&
	       same("host", n->hosts, k->hosts, hosts, sizeof(*n->hosts)) &&
	       same("flow", n->flows, k->flows, config->flow_slots, sizeof(*n->flows)) &&
	       same("filters", n->filters, k->filters, 1, sizeof(*n->filters)) &&
	       same("filter word", n->filter_bits, k->filter_bits, (size_t)GP_FILTERS * config->filter_words,
		    sizeof(*n->filter_bits)) &&
	       same("claim", n->claims, k->claims, hosts, sizeof(*n->claims));
}

static int play(void *context, const struct account_row *row, const struct variant *variant)
{
	struct player player = { .variant = *variant, .feed = feed };
	int *failed = context;
	const char *wrong = NULL;

	for (int i = 0; i < ENGINES; i++)
		account_clear(&engines[i]->memory);
	assert_int_equal(player_play(&player, row->script), 0);
	for (int i = 0; i < ENGINES && !wrong; i++)
		wrong = account_check(variant->cut ? NULL : row, &player, &engines[i]->memory);
	if (!wrong && same_memories())
		return 0;
	print_error("%s (%s): %s\n", row->name, account_variant_name(variant), wrong ? wrong : "engines disagree");
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
	return account_config_open(&config) || gp_engine_native_open(&engines[NATIVE], config) ||
	       gp_engine_kernel_open(&engines[KERNEL], config);
}

static int close_engines(void **state)
{
	(void)state;
	for (int i = 0; i < ENGINES; i++)
		if (engines[i])
			engines[i]->close(engines[i]);
	gp_config_close(config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_payload_rows),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, open_engines, close_engines);
}
