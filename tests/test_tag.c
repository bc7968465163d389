/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tags natively: what packets are told, what becomes of it in a mark, and verdicts on their way into the hot lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/account.h>
#include <gatepost/mark.h>

#include "account_engine.h"
#include "filters.h"
#include "tag_rows.h"

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct gp_native_frame ctx = { .data = frame->data, .bytes = frame->data_bytes };
	struct gp_tag tag = { 0 };
	__u64 word;

	if (prepare)
		gp_filters_prepare(&engine->memory, frame->time_ns);
	engine->memory.now_ns = frame->time_ns;
	word = gp_account_bulk(&engine->memory, &ctx, frame->captured_bytes, side);
	if (!word)
		word = gp_account_whole(&engine->memory, &ctx, frame->data_bytes, frame->captured_bytes, side);
	assert_true(word & 0xff);
	tag.version = (__u8)word;
	tag.service = (__u8)gp_tag_service(word);
	tag.direction = (__u8)gp_tag_direction(word);
	tag.stage = (__u8)gp_tag_stage(word);
	tag.verdict = (__u8)gp_tag_verdict(word);
	return tag_play_note(context, tag.service ? &tag : NULL, frame->time_ns);
}

static void test_rows(void **state)
{
	(void)state;
	tag_rows_check(engine, feed);
}

static void test_marks(void **state)
{
	static const struct {
		struct gp_tag tag;
		__u32 mark, mask, shift, known, wanted;
	} rows[] = {
		{ { 1, GP_SERVICE_SMTP, 0, 0, 2, { 0 } }, 0, 0xff, 0, 1, 0x24 },
		{ { 1, GP_SERVICE_SMTP, 1, 0, 2, { 0 } }, 0, 0xff, 0, 1, 0x2c },
		{ { 1, GP_SERVICE_MAILBOX, 1, GP_TAG_CLOSING, 4, { 0 } }, 0, 0xff, 0, 1, 0x4e },
		{ { 1, GP_SERVICE_HTTP, 0, 0, 0, { 0 } }, 0xffffffff, 0x7f00, 8, 1, 0xffff81ff },
		{ { 1, GP_SERVICE_HTTP, 0, 0, 4, { 0 } }, 0x00000005, 0xff000000, 24, 1, 0x41000005 },
		{ { 1, GP_SERVICE_HTTP, 0, 0, 4, { 0 } }, 0x5, 0x70, 0, 1, 0x45 },
		{ { 1, GP_SERVICE_HTTP, 0, 0, 4, { 0 } }, 0x5, 0xf0000000, 28, 1, 0x10000005 },
		/* somebody else's metadata */
		{ { 2, GP_SERVICE_HTTP, 0, 0, 0, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICE_OTHER, 0, 0, 0, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICES, 0, 0, 0, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICE_HTTP, 2, 0, 0, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICE_HTTP, 0, GP_TAG_STAGES, 0, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICE_HTTP, 0, 0, GP_CLASSES, { 0 } }, 0, 0xff, 0, 0, 0 },
		{ { 1, GP_SERVICE_HTTP, 0, 0, 0, { 0, 0, 1 } }, 0, 0xff, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		__u32 mark;

		if (gp_mark_knows(&rows[i].tag) != (int)rows[i].known)
			fail_msg("row %zu: known is not %u", i, rows[i].known);
		mark = gp_mark_of(rows[i].mark, &rows[i].tag, rows[i].mask, rows[i].shift);
		if (rows[i].known && mark != rows[i].wanted)
			fail_msg("row %zu: mark is 0x%x, expected 0x%x", i, mark, rows[i].wanted);
	}
}

/* A world of four inside records in two chunks, in slots that are not in the records' order, and three slices. */
#define SLICES 3
#define CHUNKS 2
#define SLOTS (CHUNKS * GP_CHUNK_SLOTS)
#define RECORDS 4

static const __u32 slot_of[RECORDS] = { 300, 7, 511, 64 };

struct small {
	struct gp_settings settings;
	struct gp_claims claims;
	struct gp_host hosts[RECORDS];
	struct gp_chunk chunks[CHUNKS];
	__u64 flagged[GP_FLAGGED_WORDS];
	struct gp_hot hot[SLICES * SLOTS];
	struct gp_memory memory;
	struct gp_world world;
	struct gp_tag_verdicts *verdicts;
};

static int small_open(void **state)
{
	struct small *s = test_calloc(1, sizeof(*s));

	s->settings = (struct gp_settings){ .slices = SLICES, .chunks = CHUNKS, .inside_hosts = RECORDS };
	s->claims.hosts = RECORDS;
	for (__u32 i = 0; i < RECORDS; i++) {
		s->hosts[i].tag = slot_of[i] + 1;
		s->hosts[i].ready = 1;
	}
	s->memory = (struct gp_memory){ .settings = &s->settings, .claims = &s->claims, .hosts = s->hosts,
					.chunks = s->chunks, .hot = s->hot, .flagged = s->flagged };
	s->world.memory = &s->memory;
	*state = s;
	return gp_tag_verdicts_open(&s->verdicts, &s->world, 30);
}

static int small_close(void **state)
{
	struct small *s = *state;

	gp_tag_verdicts_close(s->verdicts);
	test_free(s);
	return 0;
}

/* The class in a slot, the same in all slices and with its bit; 0 without one. */
static __u32 class_of(const struct small *s, __u32 slot, __u64 until_s)
{
	__u64 word = s->hot[slot].verdict;
	int bit = s->flagged[slot / 64 % GP_FLAGGED_WORDS] >> slot % 64 & 1;

	for (__u32 slice = 1; slice < SLICES; slice++)
		assert_true(s->hot[slice * SLOTS + slot].verdict == word);
	assert_int_equal(bit, !!word);
	if (word)
		assert_true(word >> GP_VERDICT_SHIFT == until_s);
	return (__u32)word & 0xff;
}

static void expect_classes(const struct small *s, __u64 until_s, const __u32 classes[RECORDS])
{
	unsigned flagged = 0, wanted = 0;

	for (__u32 i = 0; i < RECORDS; i++) {
		assert_int_equal(class_of(s, slot_of[i], until_s), classes[i]);
		wanted += !!classes[i];
	}
	for (__u32 slot = 0; slot < SLOTS; slot++)
		flagged += !!class_of(s, slot, until_s);
	assert_int_equal(flagged, wanted);
}

#define FINDING(id_, kind_, verdict_) { .id = (id_), .kind = GP_KIND_##kind_, .verdict = GP_VERDICT_##verdict_ }
#define SECONDS(n) ((n) * GP_SECOND_NS + 999999999)

static void write_findings(struct small *s, const struct gp_finding *findings, int count, __u64 now_s)
{
	assert_int_equal(gp_tag_verdicts_write(s->verdicts, findings, count, SECONDS(now_s)), 0);
}

static void test_verdicts(void **state)
{
	static const struct gp_finding all[] = { FINDING(0, SPAM_BOT, SUSPECTED), FINDING(1, SPAM_BOT, CONFIRMED),
						 FINDING(2, SCANNER, SUSPECTED), FINDING(3, SCANNER, CONFIRMED) };
	static const struct gp_finding fewer[] = { FINDING(1, SPAM_BOT, SUSPECTED), FINDING(3, SCANNER, CONFIRMED) };
	struct small *s = *state;

	write_findings(s, all, 4, 1000);
	expect_classes(s, 1030, (const __u32[]){ 1, 2, 3, 4 });
	write_findings(s, fewer, 2, 1000);
	expect_classes(s, 1030, (const __u32[]){ 0, 1, 0, 4 });
	write_findings(s, all, 4, 1004);
	expect_classes(s, 1034, (const __u32[]){ 1, 2, 3, 4 });
	write_findings(s, all + 2, 1, 1008);
	expect_classes(s, 1038, (const __u32[]){ 0, 0, 3, 0 });
	write_findings(s, NULL, 0, 1012);
	expect_classes(s, 0, (const __u32[]){ 0, 0, 0, 0 });
}

/* Of two on one host the confirmed one, then the spam bot; outside hosts and unready records have no slot. */
static void test_choice(void **state)
{
	static const struct gp_finding two[] = {
		FINDING(0, SPAM_BOT, SUSPECTED), FINDING(0, SCANNER, CONFIRMED),
		FINDING(1, SPAM_BOT, CONFIRMED), FINDING(1, SCANNER, CONFIRMED),
		FINDING(2, SPAM_BOT, SUSPECTED), FINDING(2, SCANNER, SUSPECTED),
		FINDING(3, SPAM_BOT, CONFIRMED), FINDING(RECORDS, SCANNER, CONFIRMED),
	};
	struct small *s = *state;

	s->hosts[3].ready = 0;
	write_findings(s, two, 8, 5);
	expect_classes(s, 35, (const __u32[]){ 4, 2, 1, 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, open_engine, close_engine),
		cmocka_unit_test(test_marks),
		cmocka_unit_test_setup_teardown(test_verdicts, small_open, small_close),
		cmocka_unit_test_setup_teardown(test_choice, small_open, small_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
