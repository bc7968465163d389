// SPDX-License-Identifier: GPL-2.0-or-later
/* Which packets go to the agent for what they say: scripts, and the samples that they leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/account.h>

#include "account_engine.h"
#include "dialogues.h"
#include "filters.h"
#include "mail_facts.h"
#include "segment.h"

/*
 * Samples as text, in order: kind (S a SYN, M mail, W web, T TLS), who speaks (c, s; a SYN: nobody), and what begins the
 * payload, "_" for anything but letters, digits and hyphens.
 */
struct sampling_row {
	const char *name;
	const struct step *script;
	const char *samples; /* NULL: they are counted only */
	__u64 taken, source_limited, limited;
	__u32 kind_at_once; /* tokens of each kind; 0: as configured by default */
	bool off;
};

#define MAIL_FLOW(client_, port_) TALK(0, client_, MX, port_, 25)
#define GREETING SRV("220 mx.example ESMTP\r\n")
#define EHLO CLI("EHLO alice.example\r\n"), SRV("250-mx.example\r\n250 STARTTLS\r\n")
#define ENVELOPE                                                                                                       \
	CLI("MAIL FROM:<a@alice.example>\r\n"), SRV("250 ok\r\n"), CLI("RCPT TO:<b@mx.example>\r\n"), SRV("250 ok\r\n"), \
		CLI("DATA\r\n"), SRV("354 go on\r\n")
#define NOOP CLI("NOOP\r\n"), SRV("250 ok\r\n")
#define NOOP_4 NOOP, NOOP, NOOP, NOOP
#define FOUR "Mc:NOOP Ms:250_ Mc:NOOP Ms:250_ Mc:NOOP Ms:250_ Mc:NOOP Ms:250_ "
#define RANDOM_32 "0123456789abcdef0123456789ABCDEF"
#define HELLO_WHOLE "\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x03" RANDOM_32 "\0\0\x02\x13\x01\x01\0"
#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define HELLO_LONG_1 "\x16\x03\x01\x08\x00\x01\0\x07\xfc\x03\x03" RANDOM_32 THOUSAND /* 1,043 of 2,053 bytes */
#define HELLO_LONG_2 THOUSAND "0123456789"
#define KEY_EXCHANGE "\x16\x03\x03\0\x04\x10\0\0\0"
#define APPLICATION "\x17\x03\x03\0\x05hello"
#define GET "GET /a HTTP/1.1\r\nHost: www.example\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

/* What a script leaves: the samples themselves, or how many were taken and refused. */
#define LEAVES(text) .samples = text
#define COUNTS(taken_, by_source, by_all) .taken = taken_, .source_limited = by_source, .limited = by_all

static const struct sampling_row rows[] = {
	{ .name = "a mail: commands and replies, not its text",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, ENVELOPE, CLI("Subject: x\r\n\r\nsecret\r\n"), CLI(".\r\n"),
		 SRV("250 queued\r\n"), CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE),
	  LEAVES("S Ms:220_ Mc:EHLO Ms:250- Mc:MAIL Ms:250_ Mc:RCPT Ms:250_ Mc:DATA Ms:354_ Ms:250_ Mc:QUIT Ms:221_") },
	{ .name = "the first 16 lines of a client",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, NOOP_4, NOOP_4, NOOP_4, NOOP_4, NOOP),
	  LEAVES("S Ms:220_ " FOUR FOUR FOUR FOUR "Ms:250_") },
	{ .name = "secrets stay where they are: an initial response, a dialogue of AUTH",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, CLI("AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"), SRV("535 no\r\n"),
		 CLI("auth login\r\n"), SRV("334 VXNlcm5hbWU6\r\n"), CLI("Ym9i\r\n"), SRV("334 UGFzc3dvcmQ6\r\n"),
		 CLI("c2VjcmV0\r\n"), SRV("235 ok\r\n"), CLI("QUIT\r\n")),
	  LEAVES("S Ms:220_ Mc:EHLO Ms:250- Ms:535_ Ms:334_ Ms:334_ Ms:235_ Mc:QUIT") },
	{ .name = "behind STARTTLS the hello and the client's Finished",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, CLI("STARTTLS\r\n"), SRV("220 go\r\n"), CLI(HELLO_WHOLE),
		 SRV("\x16\x03\x03\0\x02\x02\0"), CLI(KEY_EXCHANGE), CLI(APPLICATION), SRV(APPLICATION)),
	  LEAVES("S Ms:220_ Mc:EHLO Ms:250- Mc:STAR Ms:220_ Tc:____ Mc:____") },
	{ .name = "a ChangeCipherSpec by itself is not yet it",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, CLI("STARTTLS\r\n"), SRV("220 go\r\n"), CLI(HELLO_WHOLE),
		 SRV("\x16\x03\x03\0\x02\x02\0"), CLI("\x14\x03\x03\0\x01\x01"), CLI(APPLICATION), CLI(APPLICATION)),
	  LEAVES("S Ms:220_ Mc:EHLO Ms:250- Mc:STAR Ms:220_ Tc:____ Mc:____ Mc:____") },
	{ .name = "implicit TLS to a port of submission",
	  .script = SCRIPT(TALK(0, ALICE, MX, 40000, 465), OPEN, CLI(HELLO_WHOLE), SRV("\x16\x03\x03\0\x02\x02\0"), CLI(APPLICATION)),
	  LEAVES("S Tc:____ Mc:____") },
	{ .name = "a hello of one segment",
	  .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 443), OPEN, CLI(HELLO_WHOLE), SRV("\x16\x03\x03\0\x02\x02\0"), CLI(KEY_EXCHANGE),
		 CLI(APPLICATION), SRV(APPLICATION)),
	  LEAVES("S Tc:____") },
	{ .name = "a hello of two segments: the second one begins anyhow",
	  .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 443), OPEN, CLI(HELLO_LONG_1), CLI(HELLO_LONG_2), SRV("\x16\x03\x03\0\x02\x02\0"),
		 CLI(APPLICATION)),
	  LEAVES("S Tc:____ Tc:0123") },
	{ .name = "requests and heads of responses, no bodies",
	  .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 80), OPEN, CLI(GET), SRV(OK), SRV("hello"), CLI("POST /b HTTP/1.1\r\n\r\n"),
		 CLI("user=bob&password=secret"), SRV(OK "hello")),
	  LEAVES("S Wc:GET_ Ws:HTTP Wc:POST Ws:HTTP") },
	{ .name = "on ports that nobody named, from what makes them known",
	  .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 8081), OPEN, CLI(GET), SRV(OK), TALK(1, ALICE, MX, 40001, 2526), OPEN, GREETING,
		 EHLO, CLI("MAIL FROM:<a@b>\r\n")),
	  LEAVES("S Wc:GET_ Ws:HTTP S Mc:EHLO Ms:250- Mc:MAIL") },
	{ .name = "a SYN sent again is one", .script = SCRIPT(TALK(0, ALICE, WEB, 40000, 9), SYN, SYN, SYN), LEAVES("S") },
	{ .name = "segments sent again are samples again: order is the agent's work",
	  .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, OLD_SRV(22, "220 mx.example ESMTP\r\n"), CLI("EHLO a\r\n")),
	  LEAVES("S Ms:220_ Ms:220_ Mc:EHLO") },
	{ .name = "a source's tokens: 20 flows and 20 SYNs at once",
	  .script = SCRIPT(TALK(0, ALICE, MX, 40000, 25), REPEAT(50, BY_CLIENT_PORT, OPEN, GREETING)), COUNTS(40, 60, 0) },
	{ .name = "one more per second",
	  .script = SCRIPT(TALK(0, ALICE, MX, 40000, 25), REPEAT(30, BY_CLIENT_PORT, OPEN, GREETING, WAIT_S(1))), COUNTS(60, 0, 0) },
	{ .name = "the tokens of one source are not another's",
	  .script = SCRIPT(TALK(0, ALICE, MX, 40000, 25), REPEAT(25, BY_CLIENT_PORT, OPEN, GREETING), TALK(0, BOB, MX, 40000, 25), OPEN,
		 GREETING),
	  COUNTS(42, 10, 0) },
	{ .name = "all sources together",
	  .script = SCRIPT(TALK(0, TENANT, MX, 40000, 25), REPEAT(50, BY_CLIENT, OPEN, GREETING)), COUNTS(20, 0, 80), .kind_at_once = 10 },
	{ .name = "who has not proved himself leaves half of it to others",
	  .script = SCRIPT(TALK(0, TENANT, MX, 40000, 25), REPEAT(20, BY_CLIENT, SYN, CLI("EHLO a\r\n")), TALK(0, ALICE, MX, 40000, 25), OPEN,
		 GREETING),
	  COUNTS(16, 0, 26), .kind_at_once = 10 },
	{ .name = "none, where they are off", .script = SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO), LEAVES(""), .off = true },
};

/* What one play of a row has seen. */
struct play {
	const struct sampling_row *row;
	struct player *player;
	char samples[1024];
	__u64 count;
	__u64 frame_ns;
	const char *wrong;
};

static void note(struct play *play, const struct gp_packet_sample *sample, const struct gp_segment *segment)
{
	size_t at = strlen(play->samples);
	char *out = play->samples + at;

	if (at + 12 > sizeof(play->samples))
		return;
	out += sprintf(out, "%s%c", at ? " " : "", "SMWT"[sample->kind]);
	if (sample->kind == GP_SAMPLED_SYN)
		return;
	out += sprintf(out, "%c:", sample->flags & GP_SAMPLE_FROM_CLIENT ? 'c' : 's');
	for (__u32 i = 0; i < 4 && i < segment->captured; i++) {
		char c = (char)segment->data[i];

		*out++ = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ? c : '_';
	}
	*out = '\0';
}

/* Whatever a row says: a sample is the packet that was sent, and knows where its sender began. */
static void take(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct play *play = context;
	struct gp_segment segment;

	play->count++;
	if (!gp_segment_from_sample(&segment, sample, bytes)) {
		play->wrong = "a sample cannot be read";
		return;
	}
	note(play, sample, &segment);
	if (sample->time_ns != play->frame_ns)
		play->wrong = "a sample has another time than its packet";
	if (sample->captured > GP_SAMPLE_BYTES || sample->captured > sample->wire_bytes)
		play->wrong = "a sample is too long";
	if (segment.isn_known && segment.seq - segment.isn > 100000)
		play->wrong = "a sample does not know where its sender began";
	if (segment.client_known && segment.from_client != (segment.sport >= 40000))
		play->wrong = "a sample takes the server for the client";
}

static int feed(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	struct play *play = context;
	int err;

	(void)side;
	if (prepare)
		gp_filters_prepare(&engine->memory, frame->time_ns);
	play->frame_ns = frame->time_ns;
	err = engine->frame(engine, frame);
	engine->samples(engine, take, play);
	return err;
}

static const char *check_counts(const struct play *play)
{
	const struct gp_sampled_count *counts = engine->memory.cpus->totals.sampled;
	const struct sampling_row *row = play->row;
	struct gp_sampled_count sum = { 0 };

	for (int i = 0; i < GP_SAMPLED_KINDS; i++) {
		sum.taken += counts[i].taken;
		sum.source_limited += counts[i].source_limited;
		sum.limited += counts[i].limited;
		sum.ring_full += counts[i].ring_full;
	}
	if (sum.taken != play->count || sum.ring_full)
		return "the counters say otherwise";
	if (row->samples)
		return sum.source_limited || sum.limited ? "some were refused" : NULL;
	if (sum.taken != row->taken || sum.source_limited != row->source_limited || sum.limited != row->limited) {
		print_error("%s: %llu taken, %llu source_limited, %llu limited\n", row->name, (unsigned long long)sum.taken,
			    (unsigned long long)sum.source_limited, (unsigned long long)sum.limited);
		return "the counters are others";
	}
	return NULL;
}

static const char *play_row(const struct sampling_row *row, const struct variant *variant)
{
	struct player player = { .variant = *variant, .feed = feed };
	static struct play play;
	void *state = NULL;

	play = (struct play){ .row = row, .player = &player };
	player.context = &play;
	assert_int_equal(open_engine(&state), 0);
	if (row->off)
		engine->memory.settings->sampling = GP_SAMPLING_OFF;
	if (row->kind_at_once)
		engine->memory.settings->samples = (struct gp_rate){ 1000000000000ull, row->kind_at_once * 1000000000000ull };
	assert_int_equal(player_play(&player, row->script), 0);
	if (!play.wrong && row->samples && strcmp(play.samples, row->samples)) {
		print_error("%s: [%s]\n", row->name, play.samples);
		play.wrong = "other samples";
	}
	if (!play.wrong)
		play.wrong = check_counts(&play);
	close_engine(&state);
	return play.wrong;
}

static void test_rows(void **state)
{
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (int v = 0; v < 2 * LINKS; v++) {
			const struct variant variant = { .ipv6 = v & 1, .link = v / 2 };
			const char *wrong = play_row(&rows[i], &variant);

			if (wrong)
				print_error("%s (IPv%d, link %d): %s\n", rows[i].name, variant.ipv6 ? 6 : 4, variant.link, wrong);
			failed += wrong != NULL;
		}
	}
	assert_int_equal(failed, 0);
}

/* More than a sample holds is left out, and said to be. */
static void test_long_segment(void **state)
{
	static const struct step script[] = { TALK(0, ALICE, MX, 40000, 25), OPEN, SRV("220 " THOUSAND THOUSAND "\r\n"),
					      { .op = STEP_END } };
	struct play play = { 0 };
	struct player player = { .feed = feed, .context = &play };

	(void)state;
	assert_int_equal(player_play(&player, script), 0);
	assert_null(play.wrong);
	assert_int_equal(play.count, 2);
	assert_int_equal(engine->memory.sample->head.captured, GP_SAMPLE_BYTES);
	assert_int_equal(engine->memory.sample->head.wire_bytes, 20 + 20 + 2006);
}

/* What comes out of samples: verbs, codes and gaps, and the dialect. */
struct hearing {
	struct gp_dialogues *dialogues;
	char said[512];
	__u32 dialect_id;
	enum gp_stream_end end;
};

static int told(void *context, const struct gp_dialogue *d, enum gp_stream_end end)
{
	struct hearing *h = context;
	struct gp_mail_facts facts;
	char *out = h->said;

	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];
		const struct gp_words *verb = &said->words[GP_WORDS_VERB];

		if (said->kind == GP_SAID_COMMAND)
			out += sprintf(out, "%.*s ", verb->len, d->text + verb->at);
		else if (said->kind == GP_SAID_REPLY)
			out += sprintf(out, "%u ", said->code);
		else
			out += sprintf(out, "- ");
	}
	gp_mail_facts(&facts, d, end, d->stream->record);
	h->dialect_id = facts.dialect_id;
	h->end = end;
	return 0;
}

static void hear_sample(void *context, const struct gp_packet_sample *sample, const __u8 *bytes)
{
	struct hearing *h = context;

	assert_int_equal(gp_dialogues_sample(h->dialogues, sample, bytes), 0);
}

static void hear_record(void *context, const struct gp_flow_record *record)
{
	struct hearing *h = context;

	assert_int_equal(gp_dialogues_record(h->dialogues, record), 0);
}

static int hear(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare)
{
	int err = engine->frame(engine, frame);

	(void)side;
	(void)prepare;
	engine->samples(engine, hear_sample, context);
	engine->drain(engine, hear_record, context);
	return err;
}

static void play_dialogue(struct hearing *h, const struct step *script, enum gp_sampling sampling)
{
	struct player player = { .feed = hear, .context = h };
	void *state = NULL;

	*h = (struct hearing){ 0 };
	assert_int_equal(open_engine(&state), 0);
	engine->memory.settings->sampling = sampling;
	assert_int_equal(gp_dialogues_open(&h->dialogues, config, told, h), 0);
	assert_int_equal(player_play(&player, script), 0);
	assert_int_equal(gp_dialogues_finish(h->dialogues), 0);
	gp_dialogues_close(h->dialogues);
	close_engine(&state);
}

static const struct {
	const struct step *script;
	const char *some, *all;
	bool same_dialect;
} talks[] = {
	{ SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, ENVELOPE, CLI("Subject: x\r\n\r\ntext\r\n"), CLI(".\r\n"),
		 SRV("250 queued\r\n"), CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE),
	  "220 EHLO 250 MAIL 250 RCPT 250 DATA 354 - 250 QUIT 221 ",
	  "220 EHLO 250 MAIL 250 RCPT 250 DATA 354 250 QUIT 221 ", true },
	{ SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, EHLO, CLI("AUTH PLAIN AGIAYw==\r\n"), SRV("535 no\r\n"),
		 CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE),
	  "220 EHLO 250 - 535 QUIT 221 ", "220 EHLO 250 AUTH 535 QUIT 221 ", false },
	{ SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, SRV("554 no\r\n"), RST_CLI), "554 ", "554 ", true },
	{ SCRIPT(MAIL_FLOW(ALICE, 40000), OPEN, GREETING, LOST_CLI("HELO a\r\n"), SRV("250 hello\r\n"),
		 CLI("QUIT\r\n"), SRV("221 bye\r\n"), CLOSE),
	  "220 250 - QUIT 221 ", "220 250 221 - QUIT ", false },
};

/* Samples tell the same dialogue as all packets do, with gaps where text and secrets were left out, and the same ending. */
static void test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(*talks); i++) {
		struct hearing some, all;

		play_dialogue(&some, talks[i].script, GP_SAMPLING_SOME);
		play_dialogue(&all, talks[i].script, GP_SAMPLING_ALL);
		assert_string_equal(some.said, talks[i].some);
		assert_string_equal(all.said, talks[i].all);
		assert_int_equal(some.end, all.end);
		if (talks[i].same_dialect)
			assert_int_equal(some.dialect_id, all.dialect_id);
		else
			assert_int_equal(some.dialect_id, 0);
	}
}

/* The bucket by itself: what it holds, how it fills, time that stands still, and time far away. */
static void test_bucket(void **state)
{
	const struct gp_rate rate = { .interval_ns = 10, .depth_ns = 50 };
	__u64 full_ns = 0, taken = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		taken += (__u64)gp_bucket_take(&full_ns, &rate, 1, 1000);
	assert_int_equal(taken, 5);
	assert_int_equal(gp_bucket_take(&full_ns, &rate, 1, 1009), 0);
	assert_int_equal(gp_bucket_take(&full_ns, &rate, 1, 1010), 1);
	assert_int_equal(gp_bucket_take(&full_ns, &rate, 2, 1030), 0);
	assert_int_equal(gp_bucket_take(&full_ns, &rate, 2, 1045), 1);
	for (__u64 now_ns = 10000; now_ns < 20000; now_ns++)
		taken += (__u64)gp_bucket_take(&full_ns, &rate, 1, now_ns);
	assert_in_range(taken, 5 + 1000, 5 + 1000 + 5);
	assert_int_equal(gp_bucket_take(&full_ns, &rate, 1, ~0ull - 100), 1);
	full_ns = 0;
	assert_int_equal(gp_bucket_take(&full_ns, &(struct gp_rate){ 0 }, 1, 5), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_long_segment, open_engine, close_engine),
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_dialogues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
