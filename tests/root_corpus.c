// SPDX-License-Identifier: GPL-2.0-or-later
/* Other people's captures through both engines, frame by frame: equal memory, equal reports and equal dialogues to the byte. */
#include <fts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "both_engines.h"
#include "dialogue_json.h"
#include "dialogues.h"
#include "epoch.h"
#include "judge.h"
#include "report.h"
#include "source_pcap.h"

#define FOLDER "../shared/pcaps"

static __u64 said; /* bytes of dialogues, by one engine */

/* One engine's part of a replay: its judge and, at the end, its report. */
struct side {
	struct gp_engine *engine;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_dialogues *dialogues;
	FILE *words; /* writes to said */
	char *report, *said;
	size_t report_bytes, said_bytes;
};

static void tell(struct side *side, const struct gp_config *config, struct gp_source_pcap *source)
{
	const struct gp_source_count *count = gp_source_pcap_count(source);
	const struct gp_report report = {
		.sensor = config->sensor,
		.source_kind = "pcap",
		.source_name = "capture",
		.start_ns = count->first_ns,
		.end_ns = count->last_ns,
		.world = side->world,
		.judge = side->judge,
		.too_short = count->too_short,
		.too_long = count->too_long,
		.link_type = count->link_type,
		.wire_bytes = count->wire_bytes,
		.time_reversed = count->time_reversed,
		.incomplete = gp_source_pcap_error(source),
		.all = true,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	FILE *stream = open_memstream(&side->report, &side->report_bytes);

	assert_non_null(stream);
	assert_int_equal(gp_epoch_turn(side->epoch, count->last_ns), 0);
	assert_int_equal(gp_judge_finish(side->judge, count->last_ns), 0);
	assert_int_equal(gp_report_write(stream, &report, GP_FORMAT_JSON), 0);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(gp_dialogues_finish(side->dialogues), 0);
	assert_int_equal(fclose(side->words), 0);
}

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct side *side = context;

	gp_world_flow_record(side->world, record);
	assert_int_equal(gp_dialogues_record(side->dialogues, record), 0);
}

static void take_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct side *side = context;

	assert_int_equal(gp_dialogues_sample(side->dialogues, sample, bytes), 0);
}

static int told(void *context, const struct gp_dialogue *dialogue, enum gp_stream_end end)
{
	struct side *side = context;

	return gp_dialogue_write(side->words, dialogue, end, 0);
}

/* As replay does. */
static void feed(struct side *side, const struct gp_frame *frame, __u64 slice)
{
	if (frame->time_ns / GP_SLICE_NS != slice) {
		assert_int_equal(gp_epoch_turn(side->epoch, frame->time_ns), 0);
		assert_int_equal(gp_judge_tick(side->judge, frame->time_ns), 0);
	}
	assert_int_equal(side->engine->frame(side->engine, frame), 0);
	side->engine->samples(side->engine, take_sample, side);
	side->engine->drain(side->engine, take_record, side);
}

static void side_open(struct side *side, const struct gp_config *config, __u32 tunnels)
{
	struct gp_memory *memory = &side->engine->memory;

	memory->settings->tunnels = tunnels;
	assert_int_equal(gp_world_open(&side->world, memory), 0);
	assert_int_equal(gp_epoch_open(&side->epoch, side->world, &(struct gp_epoch_options){ .journal = NULL }), 0);
	assert_int_equal(gp_judge_open(&side->judge, side->world, &config->limits, false), 0);
	side->words = open_memstream(&side->said, &side->said_bytes);
	assert_non_null(side->words);
	assert_int_equal(gp_dialogues_open(&side->dialogues, config, told, side), 0);
}

static void side_close(struct side *side)
{
	gp_dialogues_close(side->dialogues);
	gp_judge_close(side->judge);
	gp_epoch_close(side->epoch, false);
	gp_world_close(side->world);
	free(side->report);
	free(side->said);
}

/* Return: packets. */
static __u64 replay(struct both_engines *both, const char *path, __u32 tunnels)
{
	struct side sides[2] = { { .engine = both->native }, { .engine = both->kernel } };
	char *paths[] = { (char *)path };
	struct gp_source_pcap *source;
	struct gp_frame frame;
	__u64 slice = ~0ull, packets;

	if (gp_source_pcap_open(&source, paths, 1))
		return 0;
	both_engines_clear(both);
	for (int i = 0; i < 2; i++)
		side_open(&sides[i], both->config, tunnels);
	while (gp_source_pcap_next(source, &frame) == 1) {
		feed(&sides[0], &frame, slice);
		feed(&sides[1], &frame, slice);
		slice = frame.time_ns / GP_SLICE_NS;
	}
	packets = gp_source_pcap_count(source)->received.packets;
	both_engines_compare(both, path);
	for (int i = 0; i < 2; i++)
		tell(&sides[i], both->config, source);
	if (strcmp(sides[0].report, sides[1].report))
		fail_msg("%s: the reports differ", path);
	if (sides[0].said_bytes != sides[1].said_bytes || memcmp(sides[0].said, sides[1].said, sides[0].said_bytes))
		fail_msg("%s: the dialogues differ", path);
	said += sides[0].said_bytes;
	assert_null(strstr(sides[0].report, "\"unaccounted\": -"));
	assert_non_null(strstr(sides[0].report, "\"unaccounted\": 0,"));
	for (int i = 0; i < 2; i++)
		side_close(&sides[i]);
	gp_source_pcap_close(source);
	return packets;
}

static int is_capture(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng") || !strcmp(dot, ".cap"));
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void test_corpus(void **state)
{
	char *folders[] = { FOLDER, NULL };
	__u64 packets = 0, captures = 0;
	FTSENT *entry;
	FTS *tree;

	if (access(FOLDER, R_OK)) {
		print_message("skipped: no captures at %s\n", FOLDER);
		skip();
	}
	said = 0;
	tree = fts_open(folders, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	assert_non_null(tree);
	while ((entry = fts_read(tree))) {
		if (entry->fts_info != FTS_F || !is_capture(entry->fts_name))
			continue;
		/* Odd shapes are what tunnels look like: those are read both ways. */
		packets += replay(*state, entry->fts_path, 0);
		if (strstr(entry->fts_path, "/shapes/"))
			replay(*state, entry->fts_path, 1);
		captures++;
	}
	fts_close(tree);
	print_message("%llu captures, %llu packets, %llu bytes of dialogues through both engines\n",
		      (unsigned long long)captures, (unsigned long long)packets, (unsigned long long)said);
	assert_true(said > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_corpus, both_engines_setup, both_engines_teardown),
		cmocka_unit_test_setup_teardown(test_corpus, both_engines_setup_unsampled, both_engines_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
