/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments in any order, twice, with holes: what comes out of the table of flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "streams.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS 1000000ull
#define ISN 0xfffffff8u /* sequence numbers wrap within the rows */

/* What a reader was told: bytes as they are, gaps as "<n>", the server's in capitals by the rows themselves. */
struct told {
	char text[4096];
	size_t len;
	unsigned begun, ended;
	enum gp_stream_end end;
};

static void *told_begin(void *context, const struct gp_stream *stream)
{
	struct told *told = context;

	(void)stream;
	told->begun++;
	return told;
}

static void told_bytes(void *flow, enum gp_speaker speaker, __u64 time_ns, const __u8 *data, __u32 len)
{
	struct told *told = flow;

	(void)speaker;
	(void)time_ns;
	assert_true(told->len + len + 16 < sizeof(told->text));
	if (!data)
		told->len += (size_t)sprintf(told->text + told->len, "<%u>", len);
	else
		memcpy(told->text + told->len, data, len);
	told->len += data ? len : 0;
	told->text[told->len] = '\0';
}

static void told_end(void *context, void *flow, const struct gp_stream *stream, enum gp_stream_end end)
{
	struct told *told = context;

	(void)flow;
	(void)stream;
	told->ended++;
	told->end = end;
}

static struct gp_streams *open_streams(struct told *told, __u32 flows, __u32 flow_bytes, __u64 bytes)
{
	static struct gp_port ports[GP_PORTS];
	const struct gp_stream_reader reader = { told_begin, told_bytes, told_end };
	struct gp_streams_options options = { .ports = ports, .flows = flows, .flow_bytes = flow_bytes, .bytes = bytes };
	struct gp_streams *streams;

	ports[25].tcp_service = GP_SERVICE_SMTP;
	memset(told, 0, sizeof(*told));
	assert_int_equal(gp_streams_open(&streams, &options, &reader, told), 0);
	return streams;
}

/* One segment; at and ack count from the ISN + 1 of their directions. */
struct step {
	char from;  /* 'c' or 's' */
	__u8 flags;
	__u32 at;
	const char *data;
	__u32 ack;
	__u32 ms;   /* since the step before */
	__u32 lost; /* bytes on the wire that were not captured */
};

static __u64 now_ns;

static void play(struct gp_streams *streams, const struct step *step, __u16 client_port)
{
	const char *text = step->data ? step->data : "";
	struct gp_addr client = { .bytes = { [15] = 1 } }, server = { .bytes = { [15] = 2 } };
	bool by_client = step->from == 'c';
	size_t len = strlen(text);
	__u8 *copy = malloc(len + 1); /* so that ASan sees every byte beyond */
	struct gp_segment segment = {
		.src = by_client ? client : server,
		.dst = by_client ? server : client,
		.sport = by_client ? client_port : 25,
		.dport = by_client ? 25 : client_port,
		.seq = ISN + 1 + step->at - !!(step->flags & GP_TCP_SYN),
		.ack = ISN + 1 + step->ack,
		.tcp_flags = step->flags | (step->ack ? GP_TCP_ACK : 0),
		.payload_len = (__u32)len + step->lost,
		.captured = (__u32)len,
		.data = copy,
	};

	memcpy(copy, text, len);
	now_ns += step->ms * MS;
	segment.time_ns = now_ns;
	assert_int_equal(gp_streams_segment(streams, &segment), 0);
	free(copy);
}

#define SYN { 'c', GP_TCP_SYN, 0, NULL, 0, 0, 0 }
#define C(at, text) { 'c', GP_TCP_PSH, at, text, 0, 1, 0 }
#define S(at, text) { 's', GP_TCP_PSH, at, text, 0, 1, 0 }
#define ACKED(by, ms) { 's', 0, 0, NULL, by, ms, 0 }

static void test_orders(void **state)
{
	static const struct {
		const char *name, *wanted;
		enum gp_stream_end end;
		struct step steps[12];
	} rows[] = {
		{ "in order", "abcdef", GP_STREAM_OPEN, { SYN, C(0, "abc"), C(3, "def") } },
		{ "across the wrap", "abcdefghijklmnop", GP_STREAM_OPEN, { SYN, C(0, "abcdefgh"), C(8, "ijklmnop") } },
		{ "swapped across the wrap", "abcdefghijkl", GP_STREAM_OPEN, { SYN, C(6, "ghijkl"), C(0, "abcdef") } },
		{ "three, backwards", "abcdef", GP_STREAM_OPEN, { SYN, C(4, "ef"), C(2, "cd"), C(0, "ab") } },
		{ "sent again", "abcdef", GP_STREAM_OPEN, { SYN, C(0, "abc"), C(0, "abc"), C(3, "def"), C(0, "abcdef") } },
		{ "sent again with other bytes", "abcdef", GP_STREAM_OPEN, { SYN, C(0, "abc"), C(0, "XYZdef") } },
		{ "waiting bytes came first", "abcdef", GP_STREAM_OPEN, { SYN, C(2, "cd"), C(0, "abXYef") } },
		{ "waiting, twice", "abcdef", GP_STREAM_OPEN, { SYN, C(2, "cd"), C(2, "XY"), C(1, "bXYe"), C(0, "aXXXXf") } },
		{ "around two pieces", "abcdefg", GP_STREAM_OPEN, { SYN, C(1, "b"), C(4, "e"), C(0, "aXcdXfg") } },
		{ "a gap at the end", "ab<2>ef", GP_STREAM_OPEN, { SYN, C(0, "ab"), C(4, "ef") } },
		{ "a gap, acknowledged for long", "ab<2>efSgh", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), S(0, ""), C(4, "ef"), ACKED(6, 1), ACKED(6, 200), S(0, "S"), C(6, "gh") } },
		{ "acknowledged first, then seen", "abcdef", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), ACKED(4, 1), C(2, "cd"), ACKED(4, 500), C(4, "ef") } },
		{ "nothing seen but its acknowledgement", "ab<4>gh", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), ACKED(6, 1), ACKED(6, 200), C(6, "gh") } },
		{ "an acknowledgement of what cannot be", "abcd", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), ACKED(0x20000000, 1), ACKED(0x20000000, 200), C(2, "cd") } },
		{ "nobody acknowledges", "ab<1>dE", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), C(3, "d"), { 's', 0, 0, "E", 0, 11000, 0 } } },
		{ "cut by the snapshot length", "ab<3>fg", GP_STREAM_OPEN,
		  { SYN, { 'c', 0, 0, "ab", 0, 0, 3 }, C(5, "fg") } },
		{ "cut, and waiting", "abcd<2>g", GP_STREAM_OPEN,
		  { SYN, { 'c', 0, 3, "d", 0, 0, 2 }, C(0, "abc"), C(6, "g") } },
		{ "no SYN", "cdefgh", GP_STREAM_OPEN, { C(2, "cd"), C(4, "ef"), C(6, "gh") } },
		{ "no SYN, the server first", "ABcd", GP_STREAM_OPEN, { S(2, "AB"), C(2, "cd") } },
		{ "both close", "abAB", GP_STREAM_FIN,
		  { SYN, C(0, "ab"), S(0, "AB"), { 'c', GP_TCP_FIN, 2, NULL, 0, 0, 0 }, { 's', GP_TCP_FIN, 2, NULL, 3, 0, 0 } } },
		{ "FIN before its bytes", "abcd", GP_STREAM_FIN, { SYN, { 'c', GP_TCP_FIN, 2, "cd", 0, 0, 0 }, C(0, "ab") } },
		{ "bytes behind FIN", "ab", GP_STREAM_FIN,
		  { SYN, C(4, "ef"), C(0, "ab"), { 'c', GP_TCP_FIN, 2, NULL, 0, 0, 0 }, C(2, "cd"), C(2, "XXXX") } },
		{ "FIN from far away", "abcd", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), { 'c', GP_TCP_FIN, 0x40000000, NULL, 0, 0, 0 }, C(2, "cd") } },
		{ "bytes from far away", "abcd", GP_STREAM_OPEN, { SYN, C(0, "ab"), C(0x50000000, "XX"), C(2, "cd") } },
		{ "forged bytes ahead, while he goes on", "abScdef", GP_STREAM_FIN,
		  { SYN, C(0, "ab"), S(0, "S"), C(0x30000000, "XX"), { 'c', 0, 2, "cd", 0, 6000, 0 }, { 'c', 0, 4, "ef", 0, 6000, 0 },
		    { 'c', GP_TCP_FIN, 6, NULL, 0, 6000, 0 } } },
		{ "forged bytes ahead, that nobody acknowledges", "SabTcd", GP_STREAM_FIN,
		  { SYN, S(0, "S"), C(0, "ab"), C(0x30000000, "XX"), { 's', 0, 1, "T", 2, 11000, 0 }, C(2, "cd"),
		    { 'c', GP_TCP_FIN, 4, NULL, 0, 1, 0 } } },
		{ "a guessed acknowledgement", "ABCDEF", GP_STREAM_OPEN,
		  { SYN, S(0, "AB"), { 'c', 0, 0, NULL, 6, 1, 0 }, { 'c', 0, 0, NULL, 6, 200, 0 }, { 'c', 0, 0, NULL, 4000, 200, 0 },
		    S(2, "CD"), { 'c', 0, 0, NULL, 4000, 200, 0 }, S(4, "EF") } },
		{ "acknowledged, and its sender is further", "AB<2>c", GP_STREAM_OPEN,
		  { SYN, S(0, "AB"), { 'c', 0, 0, NULL, 4, 1, 0 }, { 's', 0, 4, NULL, 0, 200, 0 }, C(0, "c") } },
		{ "a SYN-ACK tells where the client begins", "abcd", GP_STREAM_OPEN,
		  { { 's', GP_TCP_SYN | GP_TCP_ACK, 0, NULL, 0, 0, 0 }, C(2, "cd"), C(0, "ab") } },
		{ "a SYN-ACK that answers nothing", "AB", GP_STREAM_OPEN,
		  { SYN, { 's', GP_TCP_SYN, 5000, NULL, 5000, 0, 0 }, { 's', GP_TCP_SYN | GP_TCP_ACK, 0, NULL, 0, 0, 0 }, S(0, "AB") } },
		{ "a SYN in between", "abcd", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 }, S(0, ""), C(2, "cd") } },
		{ "a SYN in between, and a forged answer to another", "abcd", GP_STREAM_OPEN,
		  { SYN, S(0, ""), C(0, "ab"), { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 }, { 's', GP_TCP_SYN, 9, NULL, 6000, 0, 0 }, C(2, "cd") } },
		{ "a reset, and he goes on", "abcd", GP_STREAM_OPEN, { SYN, C(0, "ab"), { 'c', GP_TCP_RST, 2, NULL, 0, 0, 0 }, C(2, "cd") } },
		{ "bytes before a reset, seen behind it", "ab", GP_STREAM_RST, { SYN, { 'c', GP_TCP_RST, 2, NULL, 0, 0, 0 }, C(0, "ab") } },
		{ "a reset within the window, not where it is due", "ab", GP_STREAM_OPEN, { SYN, C(0, "ab"), { 'c', GP_TCP_RST, 1000, NULL, 0, 0, 0 } } },
		{ "reset", "ab", GP_STREAM_RST, { SYN, C(0, "ab"), { 'c', GP_TCP_RST, 2, NULL, 0, 0, 0 } } },
		{ "a reset from far away", "abcd", GP_STREAM_OPEN,
		  { SYN, C(0, "ab"), { 'c', GP_TCP_RST, 0x40000000, NULL, 0, 0, 0 }, C(2, "cd") } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct told told;
		struct gp_streams *streams = open_streams(&told, 0, 0, 0);

		now_ns = 1000 * MS;
		for (size_t k = 0; k < COUNT(rows[i].steps) && rows[i].steps[k].from; k++)
			play(streams, &rows[i].steps[k], 40000);
		gp_streams_finish(streams);
		if (strcmp(told.text, rows[i].wanted) != 0 || told.end != rows[i].end)
			fail_msg("%s: %s, end %d", rows[i].name, told.text, told.end);
		assert_int_equal(told.begun, 1);
		assert_int_equal(told.ended, 1);
		gp_streams_close(streams);
	}
}

/* What waits is bounded per flow and in all: the hole is given up, nothing later is lost. */
static void test_waiting_is_bounded(void **state)
{
	static const __u64 limits[][2] = { { 200, 0 }, { 0, 200 } };

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct told told;
		struct gp_streams *streams = open_streams(&told, 0, (__u32)limits[i][0], limits[i][1]);
		const struct step syn = SYN;

		play(streams, &syn, 40000);
		for (__u32 k = 0; k < 100; k++) {
			const struct step step = C(2 + 2 * k, "x");

			play(streams, &step, 40000);
		}
		assert_true(told.len > 300); /* handed over before the end */
		assert_memory_equal(told.text, "<2>x<1>x<1>x", 12);
		gp_streams_close(streams);
	}
}

/* The same ports again: what both connections said, and how the second one ended. */
static void test_used_again(void **state)
{
	static const struct {
		const char *name, *wanted;
		struct step steps[10];
	} rows[] = {
		{ "answered", "abABxyXY", { SYN, C(0, "ab"), S(0, "AB"), { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 },
		  { 's', GP_TCP_SYN, 7000, NULL, 5000, 0, 0 }, C(5000, "xy"), S(7000, "XY") } },
		{ "answered before any byte", "xyXY", { SYN, { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 },
		  { 's', GP_TCP_SYN, 7000, NULL, 5000, 0, 0 }, C(5000, "xy"), S(7000, "XY") } },
		{ "nobody answers in this capture", "abxyz", { SYN, C(0, "ab"), { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 }, C(5000, "xy"), C(5002, "z") } },
		{ "after a reset", "abxy", { SYN, C(0, "ab"), { 's', GP_TCP_RST, 0, NULL, 0, 0, 0 }, { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 }, C(5000, "xy") } },
		{ "joined, then answered", "abxy", { C(0, "ab"), S(0, ""), { 'c', GP_TCP_SYN, 5000, NULL, 0, 0, 0 },
		  { 's', GP_TCP_SYN, 7000, NULL, 5000, 0, 0 }, C(5000, "xy") } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct told told;
		struct gp_streams *streams = open_streams(&told, 0, 0, 0);

		for (size_t k = 0; k < COUNT(rows[i].steps) && rows[i].steps[k].from; k++)
			play(streams, &rows[i].steps[k], 40000);
		gp_streams_close(streams);
		if (strcmp(told.text, rows[i].wanted) != 0 || told.begun != 2 || told.ended != 2 || told.end != GP_STREAM_OPEN)
			fail_msg("%s: %s, %u, end %d", rows[i].name, told.text, told.begun, told.end);
	}
}

/* SYNs without number displace each other, and no dialogue. */
static void test_flood_of_syns(void **state)
{
	struct told told;
	struct gp_streams *streams = open_streams(&told, 8, 0, 0);
	const struct step syn = SYN, first = C(0, "ab"), second = C(2, "cd");

	(void)state;
	play(streams, &syn, 999);
	play(streams, &first, 999);
	for (__u16 port = 1000; port < 2000; port++)
		play(streams, &syn, port);
	play(streams, &second, 999);
	assert_string_equal(told.text, "abcd");
	assert_int_equal(told.begun, 1001);
	gp_streams_close(streams);
}

static void test_table_is_bounded(void **state)
{
	struct told told;
	struct gp_streams *streams = open_streams(&told, 8, 0, 0);
	const struct step syn = SYN;

	(void)state;
	for (__u16 port = 1000; port < 1100; port++)
		play(streams, &syn, port);
	assert_int_equal(told.begun, 100);
	assert_int_equal(told.ended, 92);
	assert_int_equal(gp_streams_displaced(streams), 92);
	assert_int_equal(told.end, GP_STREAM_DISPLACED);
	gp_streams_close(streams);
	assert_int_equal(told.ended, 100);
}

static void test_time_outs(void **state)
{
	struct told told;
	struct gp_streams *streams = open_streams(&told, 0, 0, 0);
	const struct step first[] = { SYN, C(0, "a") }, later = { 'c', GP_TCP_SYN, 0, NULL, 0, 601000, 0 };
	const struct step again = { 'c', GP_TCP_SYN, 77, NULL, 0, 1, 0 }, answer = { 's', GP_TCP_SYN, 5, NULL, 77, 1, 0 };

	(void)state;
	play(streams, &first[0], 40000);
	play(streams, &first[1], 40000);
	play(streams, &later, 40001);
	assert_int_equal(told.ended, 1);
	assert_int_equal(told.end, GP_STREAM_TIMEOUT);
	play(streams, &again, 40001); /* another ISN, and the answer to it: another flow */
	assert_int_equal(told.ended, 1);
	play(streams, &answer, 40001);
	assert_int_equal(told.ended, 2);
	assert_int_equal(told.end, GP_STREAM_REUSED);
	play(streams, &again, 40001); /* the same one once more */
	play(streams, &answer, 40001);
	assert_int_equal(told.begun, 3);
	gp_streams_close(streams);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_waiting_is_bounded),
		cmocka_unit_test(test_table_is_bounded),
		cmocka_unit_test(test_used_again),
		cmocka_unit_test(test_flood_of_syns),
		cmocka_unit_test(test_time_outs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
