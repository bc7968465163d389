/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payload recognisers: SMTP lines, HTTP heads, TLS ClientHellos. Each row is read whole, cut after every byte, and
 * with different bytes behind its end, which must not change the answer; SMTP rows also split at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gatepost/http.h>
#include <gatepost/smtp.h>
#include <gatepost/tls.h>

#define TEXT(s) s, sizeof(s) - 1
#define X8(s) s s s s s s s s
#define FIFTEEN(v) v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
#define SIXTEEN(v) v, FIFTEEN(v)
#define X40(s) X8(s) X8(s) X8(s) X8(s) X8(s)

/* What might lie behind the end of a payload, chosen to be mistaken for more of it. */
static const int poisons[] = {0, '\n', ' ', ':', '0', 0xff};

#define POISONS (sizeof(poisons) / sizeof(poisons[0]))

/* On the heap, so that the sanitizer sees a read beyond the window. */
static struct gp_window *window_of(const void *payload, size_t len, int poison)
{
	struct gp_window *w = malloc(sizeof(*w));

	assert_non_null(w);
	w->payload_len = (__u32)len;
	w->len = len < GP_WINDOW_BYTES ? (__u32)len : GP_WINDOW_BYTES;
	memset(w->data, poison, sizeof(w->data));
	memcpy(w->data, payload, w->len);
	return w;
}

#define CHECK(row, condition)                                                                       \
	do {                                                                                        \
		if (!(condition))                                                                   \
			fail_msg("row \"%s\", line %d: %s", (row)->name, __LINE__, #condition); \
	} while (0)

/* All lines of a dialogue, over as many segments as it comes in. */
struct heard {
	unsigned int count, skipped, chunk_left;
	__u16 value[GP_WINDOW_BYTES];
};

static void hear(struct heard *all, struct gp_line *carry, const char *text, size_t len, int server, int poison)
{
	struct gp_window *w = window_of(text, len, poison);
	struct gp_smtp_lines lines;
	int count;

	memset(&lines, 0xa5, sizeof(lines));
	if (server)
		count = gp_smtp_replies(w, carry, &lines);
	else
		count = gp_smtp_commands_from(w, carry, &lines, all->chunk_left);
	assert_int_equal(count, lines.count);
	assert_true(lines.count <= GP_SMTP_LINES);
	memcpy(all->value + all->count, lines.value, lines.count * sizeof(lines.value[0]));
	all->count += lines.count;
	all->skipped += lines.skipped;
	all->chunk_left = lines.chunk_left;
	free(w);
}

enum { LOST_WHEN_SPLIT = 1 }; /* a row whose answer depends on what stands in one segment */

struct smtp_row {
	const char *name;
	const char *text;
	size_t len;
	unsigned int flags, skipped, chunk_left, count;
	__u16 value[20];
};

static const struct smtp_row command_rows[] = {
	{"nothing", TEXT(""), 0, 0, 0, 0, {0}},
	{"greeting", TEXT("EHLO mail.example\r\n"), 0, 0, 0, 1, {GP_SMTP_EHLO}},
	{"every verb",
	 TEXT("HELO a\r\nEHLO a\r\nLHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nRSET\r\nNOOP\r\n"
	  "QUIT\r\nSTARTTLS\r\nAUTH PLAIN\r\nVRFY a\r\nEXPN a\r\n"),
	 0, 0, 0, 13,
	 {GP_SMTP_HELO, GP_SMTP_EHLO, GP_SMTP_EHLO, GP_SMTP_MAIL, GP_SMTP_RCPT, GP_SMTP_DATA, GP_SMTP_RSET,
	  GP_SMTP_NOOP, GP_SMTP_QUIT, GP_SMTP_STARTTLS, GP_SMTP_AUTH, GP_SMTP_VRFY, GP_SMTP_OTHER}},
	{"any case", TEXT("eHlO x\r\nmail from:<a>\r\nrcpt to:<b>\r\ndata\r\nquit\r\nsTaRtTlS\r\n"), 0, 0, 0, 6,
	 {GP_SMTP_EHLO, GP_SMTP_MAIL, GP_SMTP_RCPT, GP_SMTP_DATA, GP_SMTP_QUIT, GP_SMTP_STARTTLS}},
	{"bare line feeds", TEXT("HELO x\nQUIT\nSTARTTLS\n"), 0, 0, 0, 3,
	 {GP_SMTP_HELO, GP_SMTP_QUIT, GP_SMTP_STARTTLS}},
	{"the verb goes on", TEXT("DATAX\r\nMAILFROM:<a>\r\nQUITTING\r\nSTARTTLSX\r\nSTARTTLS1234567\r\nEHLO\tx\r\n"),
	 0, 0, 0, 6, {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"a colon follows no verb", TEXT("MAIL:\r\nSTARTTLS:\r\n"), 0, 0, 0, 2, {GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"the verb is cut short", TEXT("EHL\r\nQ\r\nSTARTTL\r\nSTART\r\n"), 0, 0, 0, 4,
	 {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"a space behind the verb", TEXT("DATA \r\nSTARTTLS \r\nSTARTTLS x\r\n"), 0, 0, 0, 3,
	 {GP_SMTP_DATA, GP_SMTP_STARTTLS, GP_SMTP_STARTTLS}},
	{"empty lines", TEXT("\r\n\n\r\n"), 0, 0, 0, 3, {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"a space before the verb", TEXT(" EHLO x\r\n"), 0, 0, 0, 1, {GP_SMTP_OTHER}},
	{"pipelined", TEXT("MAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"), 0, 0, 0, 4,
	 {GP_SMTP_MAIL, GP_SMTP_RCPT, GP_SMTP_RCPT, GP_SMTP_DATA}},
	{"the last line is under way", TEXT("RSET\r\nQUIT\r"), 0, 0, 0, 1, {GP_SMTP_RSET}},
	{"zero bytes", TEXT("EHLO\0x\r\n\0QUIT\r\nDATA\0\n\0\0\0\0\n"), 0, 0, 0, 4,
	 {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"eight-bit bytes", TEXT("\xc5HLO x\r\n\xe5\xe8\xec\xef x\r\nQUIT \xff\xfe\r\n\x8a\r\n"), 0, 0, 0, 4,
	 {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_QUIT, GP_SMTP_OTHER}},
	{"neighbours of letters", TEXT("DAT`\r\nDAT@\r\nD[TA\r\nD{TA\r\n"), 0, 0, 0, 4,
	 {GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER, GP_SMTP_OTHER}},
	{"300 bytes in a line", TEXT("QUIT " X40("1234567") "\r\nNOOP\r\n"), 0, 0, 0, 2, {GP_SMTP_QUIT, GP_SMTP_NOOP}},
	{"no line feed in 512 bytes", TEXT("RSET\n" X40("123456789012")), 0, 0, 0, 1, {GP_SMTP_RSET}},
	{"40 lines in one segment", TEXT(X40("NOOP\r\n")), LOST_WHEN_SPLIT, 24, 0, 16, {SIXTEEN(GP_SMTP_NOOP)}},
	{"longer than the window", TEXT("RSET\r\n" X40("QUIT 789 1234\n")), LOST_WHEN_SPLIT, 36 - 15 + 1, 0, 16,
	 {GP_SMTP_RSET, FIFTEEN(GP_SMTP_QUIT)}},
	{"chunk jumped over", TEXT("RCPT TO:<a>\r\nBDAT 12 LAST\r\nQUIT\r\nRSET\r\nNOOP\r\n"), LOST_WHEN_SPLIT, 0, 0, 3,
	 {GP_SMTP_RCPT, GP_SMTP_BDAT, GP_SMTP_NOOP}},
	{"no chunk", TEXT("XBDAT 6\r\nQUIT\r\n"), 0, 0, 0, 2, {GP_SMTP_OTHER, GP_SMTP_QUIT}},
	{"chunk goes on", TEXT("bdat 5000\r\nQUIT\r\nRSET\r\n"), LOST_WHEN_SPLIT, 0, 4988, 1, {GP_SMTP_BDAT}},
	{"chunk of nothing", TEXT("BDAT 0 LAST\r\nQUIT\r\n"), 0, 0, 0, 2, {GP_SMTP_BDAT, GP_SMTP_QUIT}},
	{"chunk of no size", TEXT("BDAT\r\nBDAT x\r\nBDAT -1\r\nBDAT 9999999999\r\nQUIT\r\n"), 0, 0, 0, 5,
	 {GP_SMTP_BDAT, GP_SMTP_BDAT, GP_SMTP_BDAT, GP_SMTP_BDAT, GP_SMTP_QUIT}},
	{"chunk to the very end", TEXT("BDAT 6\r\nQUIT\r\n"), LOST_WHEN_SPLIT, 0, 0, 1, {GP_SMTP_BDAT}},
	{"chunk behind the window", TEXT("BDAT 600\r\n" X40("123456789012\r\n")), LOST_WHEN_SPLIT, 0, 40, 1,
	 {GP_SMTP_BDAT}},
	{"chunk to the very end, behind the window", TEXT("BDAT 560\r\n" X40("123456789012\r\n")), LOST_WHEN_SPLIT, 0,
	 0, 1, {GP_SMTP_BDAT}},
	{"lines behind chunk and window", TEXT("BDAT 520\r\n" X40("123456789012\r\n")), LOST_WHEN_SPLIT, 1, 0, 1,
	 {GP_SMTP_BDAT}},
};

static const struct smtp_row reply_rows[] = {
	{"nothing", TEXT(""), 0, 0, 0, 0, {0}},
	{"greeting", TEXT("220 mx.example ESMTP\r\n"), 0, 0, 0, 1, {220}},
	{"no text", TEXT("250\r\n354\n"), 0, 0, 0, 2, {250, 354}},
	{"a colon behind the code", TEXT("552: The message exceeded the limit\r\n550:\n"), 0, 0, 0, 2, {552, 550}},
	{"several lines are one reply", TEXT("250-mx.example\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250 HELP\r\n"), 0, 0,
	 0, 1, {250}},
	{"pipelined", TEXT("250 2.1.0 ok\r\n550 5.1.1 no such user\r\n354 go on\r\n"), 0, 0, 0, 3, {250, 550, 354}},
	{"all classes", TEXT("211 a\r\n334 b\r\n421 c\r\n559 d\r\n"), 0, 0, 0, 4, {211, 334, 421, 559}},
	{"no reply codes",
	 TEXT("150 a\r\n600 a\r\n260 a\r\n25a a\r\n2 0 a\r\n25\r\n2500\r\n250x\n250_x\r\n 250 a\r\n\r\n"), 0, 0, 0, 0,
	 {0}},
	{"only continued", TEXT("250-a\r\n250-b\r\n250-\r\n"), 0, 0, 0, 0, {0}},
	{"under way", TEXT("250 ok\r\n221 bye"), 0, 0, 0, 1, {250}},
	{"hostile", TEXT("250\0ok\r\n\xb2\xb5\xb0 ok\r\n\0\n250 \0\xff\n"), 0, 0, 0, 1, {250}},
	{"40 lines in one segment", TEXT(X40("250 ok\r\n")), LOST_WHEN_SPLIT, 24, 0, 16, {SIXTEEN(250)}},
	{"40 continuations count for none", TEXT(X40("250-12345\r\n") "250 x\r\n"), 0, 0, 0, 1, {250}},
	{"longer than the window", TEXT("250 ok\r\n" X40("250-4567890123\r\n") "221 x\r\n"), LOST_WHEN_SPLIT, 1, 0, 1,
	 {250}},
};

static void check_smtp_row(const struct smtp_row *row, int server)
{
	struct heard whole, part, poisoned;
	struct gp_line carry, other;
	size_t cut, i;

	memset(&whole, 0, sizeof(whole));
	memset(&carry, 0, sizeof(carry));
	hear(&whole, &carry, row->text, row->len, server, 0);
	CHECK(row, whole.count == row->count);
	CHECK(row, whole.skipped == row->skipped);
	CHECK(row, whole.chunk_left == row->chunk_left);
	CHECK(row, memcmp(whole.value, row->value, row->count * sizeof(row->value[0])) == 0);
	for (cut = 0; cut <= row->len; cut++) {
		memset(&part, 0, sizeof(part));
		memset(&carry, 0, sizeof(carry));
		hear(&part, &carry, row->text, cut, server, poisons[0]);
		CHECK(row, part.count <= whole.count);
		CHECK(row, memcmp(part.value, whole.value, part.count * sizeof(part.value[0])) == 0);
		for (i = 1; i < POISONS; i++) {
			memset(&poisoned, 0, sizeof(poisoned));
			memset(&other, 0, sizeof(other));
			hear(&poisoned, &other, row->text, cut, server, poisons[i]);
			CHECK(row, memcmp(&poisoned, &part, sizeof(part)) == 0);
			CHECK(row, memcmp(&other, &carry, sizeof(carry)) == 0);
		}
		if (row->flags & LOST_WHEN_SPLIT)
			continue;
		hear(&part, &carry, row->text + cut, row->len - cut, server, '\n');
		CHECK(row, memcmp(&part, &whole, sizeof(part)) == 0);
	}
	if (row->flags & LOST_WHEN_SPLIT)
		return;
	memset(&part, 0, sizeof(part));
	memset(&carry, 0, sizeof(carry));
	for (i = 0; i < row->len; i++)
		hear(&part, &carry, row->text + i, 1, server, '\n');
	CHECK(row, memcmp(&part, &whole, sizeof(part)) == 0);
}

static void test_smtp_commands(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(command_rows) / sizeof(command_rows[0]); i++)
		check_smtp_row(&command_rows[i], 0);
}

static void test_smtp_replies(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reply_rows) / sizeof(reply_rows[0]); i++)
		check_smtp_row(&reply_rows[i], 1);
}

/*
 * A capture that kept less than was sent: what is missing counts once, and does not leak into the next line. A cut line
 * counts by its head, once a verb and what follows it are there.
 */
static void test_smtp_cut_capture(void **state)
{
	static const char text[] = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n";
	struct gp_line carry = {0};
	struct gp_smtp_lines lines;
	struct gp_window *w = window_of(text, sizeof(text) - 1, 0);

	(void)state;
	for (w->len = 0; w->len < sizeof(text) - 1; w->len++) {
		carry.head = 'M' | 'A' << 8;
		carry.len = 2;
		memcpy(w->data, "IL", w->len < 2 ? w->len : 2);
		gp_smtp_commands(w, &carry, &lines);
		assert_int_equal(lines.count, (w->len >= 17) + (w->len >= 22) + (w->len >= 37));
		assert_int_equal(lines.skipped, 1);
		assert_int_equal(carry.len, 0);
	}
	free(w);
}

/* Snapshot lengths of 68 to 128 bytes leave some 14 to 74 of a refusal. */
static void test_smtp_cut_reply(void **state)
{
	static const char text[] = "550-5.1.1 no\r\n550 5.1.1 <nobody@example.net>: Recipient address rejected\r\n";
	struct gp_window *w = window_of(text, sizeof(text) - 1, 0);
	struct gp_line carry = {0};
	struct gp_smtp_lines lines;

	(void)state;
	for (w->len = 0; w->len < sizeof(text) - 1; w->len++) {
		assert_int_equal(gp_smtp_replies(w, &carry, &lines), w->len >= 19);
		if (lines.count)
			assert_int_equal(lines.value[0], 550);
		assert_int_equal(carry.len, 0);
	}
	free(w);
}

/* A chunk that ends within a later segment: what follows it are commands again. */
static void test_smtp_chunks(void **state)
{
	struct heard all = {0};
	struct gp_line carry = {0};

	(void)state;
	hear(&all, &carry, TEXT("BDAT 20\r\nQUIT\r\n"), 0, 0);
	assert_int_equal(all.chunk_left, 14);
	hear(&all, &carry, TEXT("RSET\r\nRS"), 0, 0);
	assert_int_equal(all.chunk_left, 6);
	hear(&all, &carry, TEXT("ET\r\nabBDAT 3 LAST\r\nx\r\nNO"), 0, 0);
	assert_int_equal(all.chunk_left, 0);
	hear(&all, &carry, TEXT("OP\r\n"), 0, 0);
	assert_int_equal(all.count, 3);
	assert_int_equal(all.value[0], GP_SMTP_BDAT);
	assert_int_equal(all.value[1], GP_SMTP_BDAT);
	assert_int_equal(all.value[2], GP_SMTP_NOOP);
}

static void test_smtp_bdat_size(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		int size;
	} rows[] = {
		{"last", TEXT("BDAT 86 LAST\r\n"), 86},
		{"not last", TEXT("bdat 1\n"), 1},
		{"leading zeros", TEXT("BDAT 000000007 \r\n"), 7},
		{"largest", TEXT("BDAT 999999999\r\n"), 999999999},
		{"too large", TEXT("BDAT 1000000000\r\n"), -1},
		{"no number", TEXT("BDAT LAST\r\n"), -1},
		{"nothing", TEXT("BDAT \r\n"), -1},
		{"sign", TEXT("BDAT -1\r\n"), -1},
		{"letters", TEXT("BDAT 12a\r\n"), -1},
		{"cut", TEXT("BDAT 12"), -1},
		{"another verb", TEXT("BDATA 12\r\n"), -1},
		{"empty", TEXT(""), -1},
	};
	struct gp_window *w;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (k = 0; k < POISONS; k++) {
			w = window_of(rows[i].text, rows[i].len, poisons[k]);
			CHECK(&rows[i], gp_smtp_bdat_size(w, 0) == rows[i].size);
			CHECK(&rows[i], gp_smtp_bdat_size(w, 600) == -1);
			free(w);
		}
}

static void test_smtp_first_words(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		int greeting, hello;
	} rows[] = {
		{"220 and a space", TEXT("220 mx\r\n"), 1, 0},
		{"220 and a hyphen", TEXT("220-mx\r\n"), 1, 0},
		{"220 alone", TEXT("220"), 0, 0},
		{"220 and a line's end", TEXT("220\r\n"), 0, 0},
		{"another code", TEXT("554 no\r\n"), 0, 0},
		{"HELO", TEXT("HELO x\r\n"), 0, 1},
		{"EHLO", TEXT("EHLO "), 0, 1},
		{"lhlo", TEXT("lHlO x\r\n"), 0, 1},
		{"no space", TEXT("EHLO\r\n"), 0, 0},
		{"cut", TEXT("EHLO"), 0, 0},
		{"another verb", TEXT("XHLO x\r\n"), 0, 0},
		{"empty", TEXT(""), 0, 0},
	};
	struct gp_window *w;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (k = 0; k < POISONS; k++) {
			w = window_of(rows[i].text, rows[i].len, poisons[k]);
			CHECK(&rows[i], gp_smtp_is_greeting(w) == rows[i].greeting);
			CHECK(&rows[i], gp_smtp_is_hello(w) == rows[i].hello);
			free(w);
		}
}

static void test_smtp_tables(void **state)
{
	static const __u8 stages[GP_SMTP_COMMANDS] = {
		[GP_SMTP_NONE] = GP_STAGE_CONNECT, [GP_SMTP_HELO] = GP_STAGE_HELO, [GP_SMTP_EHLO] = GP_STAGE_HELO,
		[GP_SMTP_MAIL] = GP_STAGE_MAIL,	   [GP_SMTP_RCPT] = GP_STAGE_RCPT, [GP_SMTP_DATA] = GP_STAGE_DATA,
		[GP_SMTP_BDAT] = GP_STAGE_BODY,	   [GP_SMTP_RSET] = GP_STAGE_OTHER, [GP_SMTP_NOOP] = GP_STAGE_OTHER,
		[GP_SMTP_QUIT] = GP_STAGE_QUIT,	   [GP_SMTP_STARTTLS] = GP_STAGE_STARTTLS,
		[GP_SMTP_AUTH] = GP_STAGE_AUTH,	   [GP_SMTP_VRFY] = GP_STAGE_OTHER, [GP_SMTP_OTHER] = GP_STAGE_OTHER,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < GP_SMTP_COMMANDS; i++)
		assert_int_equal(gp_smtp_stage_of((__u8)i), stages[i]);
	for (i = GP_SMTP_COMMANDS; i < 256; i++)
		assert_int_equal(gp_smtp_stage_of((__u8)i), GP_STAGE_OTHER);
	for (i = 0; i < 65536; i++)
		assert_int_equal(gp_reply_class((__u16)i), i < 200 || i > 599 ? -1 : (int)(i / 100 - 2));
}

#define GET GP_HTTP_GET
#define OTHER GP_HTTP_OTHER_METHOD

struct http_row {
	const char *name, *text;
	size_t len;
	int match;
	size_t decides; /* bytes after which `match` is known; PARTIAL before them */
	int method, cookie, referrer, host, complete;
};

static const struct http_row http_rows[] = {
	{"a page", TEXT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), GP_MATCH_YES, 5, GET, 0, 0, 1, 1},
	{"all fields", TEXT("GET /x HTTP/1.1\r\nhOsT:a\r\nCookie: b=c\r\nREFERER: http://d/\r\n\r\n"), GP_MATCH_YES, 5,
	 GET, 1, 1, 1, 1},
	{"bare line feeds", TEXT("GET / HTTP/1.0\nHost: a\n\nCookie: x"), GP_MATCH_YES, 5, GET, 0, 0, 1, 1},
	{"fields of the body do not count", TEXT("POST /x HTTP/1.1\r\n\r\nCookie: a\r\nHost: b\r\n\r\n"), GP_MATCH_YES,
	 6, GP_HTTP_POST, 0, 0, 0, 1},
	{"a body close behind", TEXT("GET / HTTP/1.1\r\n\nHost:a\n"), GP_MATCH_YES, 5, GET, 0, 0, 0, 1},
	{"names within names", TEXT("GET / HTTP/1.1\r\nX-Host: a\r\nCookie2: b\r\nReferers: c\r\nHostx: d\r\n\r\n"),
	 GP_MATCH_YES, 5, GET, 0, 0, 0, 1},
	{"names within values", TEXT("GET / HTTP/1.1\r\nX: Host: a\r\nY: Cookie: a\r\n\r\n"), GP_MATCH_YES, 5, GET, 0,
	 0, 0, 1},
	{"a space before the colon", TEXT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), GP_MATCH_YES, 5, GET, 0, 0, 0, 1},
	{"the value goes on", TEXT("GET / HTTP/1.1\r\nCookie:"), GP_MATCH_YES, 5, GET, 1, 0, 0, 0},
	{"longer than the window", TEXT("GET / HTTP/1.1\r\nHost: a\r\nCookie: " X40("0123456789012") "\r\n\r\n"),
	 GP_MATCH_YES, 5, GET, 1, 0, 1, 0},
	{"HTTP/0.9", TEXT("GET /\r\n"), GP_MATCH_YES, 5, GET, 0, 0, 0, 0},
	{"HEAD", TEXT("HEAD / HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 6, GP_HTTP_HEAD, 0, 0, 0, 1},
	{"to a proxy", TEXT("POST http://a/ HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 12, GP_HTTP_POST, 0, 0, 0, 1},
	{"to a proxy, https", TEXT("GET HTTPS://a/ HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 12, GET, 0, 0, 0, 1},
	{"PUT", TEXT("PUT /a HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 5, OTHER, 0, 0, 0, 1},
	{"DELETE", TEXT("DELETE /a HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 8, OTHER, 0, 0, 0, 1},
	{"OPTIONS", TEXT("OPTIONS * HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 9, OTHER, 0, 0, 0, 1},
	{"TRACE", TEXT("TRACE / HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 7, OTHER, 0, 0, 0, 1},
	{"PATCH", TEXT("PATCH /a HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 7, OTHER, 0, 0, 0, 1},
	{"PROPFIND", TEXT("PROPFIND /a HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 10, OTHER, 0, 0, 0, 1},
	{"CONNECT", TEXT("CONNECT mx.example:25 HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 9, OTHER, 0, 0, 0, 1},
	{"CONNECT to an IPv6 address", TEXT("CONNECT [2001:db8::1]:25 HTTP/1.1\r\n\r\n"), GP_MATCH_YES, 9, OTHER, 0, 0,
	 0, 1},
	{"hostile fields", TEXT("GET /\0 HTTP/1.1\r\n\0\r\nHost\0: a\r\n\xff\xfe: b\r\n:\r\n\r\r\n\r\n"), GP_MATCH_YES,
	 5, GET, 0, 0, 0, 1},
	{"a star for GET", TEXT("GET * HTTP/1.1\r\n"), GP_MATCH_NO, 5, 0, 0, 0, 0, 0},
	{"methods are in upper case", TEXT("get / HTTP/1.1\r\n"), GP_MATCH_NO, 1, 0, 0, 0, 0, 0},
	{"an unknown method", TEXT("GETS / HTTP/1.1\r\n"), GP_MATCH_NO, 4, 0, 0, 0, 0, 0},
	{"a longer PROPFIND", TEXT("PROPFINDS / HTTP/1.1\r\n"), GP_MATCH_NO, 9, 0, 0, 0, 0, 0},
	{"SIP", TEXT("OPTIONS sip:a@b SIP/2.0\r\n"), GP_MATCH_NO, 9, 0, 0, 0, 0, 0},
	{"RTSP", TEXT("OPTIONS rtsp://a/b RTSP/1.0\r\n"), GP_MATCH_NO, 9, 0, 0, 0, 0, 0},
	{"a key", TEXT("GET httpd\r\n"), GP_MATCH_NO, 9, 0, 0, 0, 0, 0},
	{"CONNECT with JSON", TEXT("CONNECT {\"verbose\":false}\r\n"), GP_MATCH_NO, 9, 0, 0, 0, 0, 0},
	{"SMTP", TEXT("EHLO x\r\n"), GP_MATCH_NO, 1, 0, 0, 0, 0, 0},
	{"a tab", TEXT("GET\t/ HTTP/1.1\r\n"), GP_MATCH_NO, 4, 0, 0, 0, 0, 0},
	{"HTTP/2", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), GP_MATCH_NO, 3, 0, 0, 0, 0, 0},
};

static void check_http_cut(const struct http_row *row, size_t cut)
{
	struct gp_http_request req, poisoned;
	struct gp_window *w;
	size_t i, seen = cut < GP_WINDOW_BYTES ? cut : GP_WINDOW_BYTES;
	int match;

	for (i = 0; i < POISONS; i++) {
		w = window_of(row->text, cut, poisons[i]);
		memset(&req, 0xa5, sizeof(req));
		match = gp_http_request(w, &req);
		CHECK(row, match == req.match);
		CHECK(row, match == (cut < row->decides ? GP_MATCH_PARTIAL : row->match));
		if (i)
			CHECK(row, memcmp(&req, &poisoned, sizeof(req)) == 0);
		poisoned = req;
		free(w);
	}
	if (match == GP_MATCH_YES) {
		CHECK(row, req.method == row->method);
		CHECK(row, req.has_cookie <= row->cookie && req.has_referrer <= row->referrer);
		CHECK(row, req.has_host <= row->host);
		CHECK(row, req.complete == (memmem(row->text, seen, "\n\r\n", 3) || memmem(row->text, seen, "\n\n",
			2)));
	}
	if (match == GP_MATCH_YES && cut == row->len) {
		CHECK(row, req.has_cookie == row->cookie && req.has_referrer == row->referrer);
		CHECK(row, req.has_host == row->host && req.complete == row->complete);
	}
}

static void test_http_request(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(http_rows) / sizeof(http_rows[0]); i++)
		for (cut = 0; cut <= http_rows[i].len; cut++)
			check_http_cut(&http_rows[i], cut);
}

static void test_http_status(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		int code;
		size_t decides; /* -1 before so many bytes */
	} rows[] = {
		{"ok", TEXT("HTTP/1.1 200 OK\r\n"), 200, 12},
		{"HTTP/1.0", TEXT("HTTP/1.0 404 Not Found\r\n"), 404, 12},
		{"no reason", TEXT("HTTP/1.1 302\r\n"), 302, 12},
		{"a bare line feed", TEXT("HTTP/1.1 100\n"), 100, 12},
		{"beyond 599", TEXT("HTTP/1.1 999 go away\r\n"), 999, 12},
		{"HTTP/2", TEXT("HTTP/2 200\r\n"), 0, 6},
		{"no version", TEXT("HTTP/1.x 200\r\n"), 0, 8},
		{"two digits", TEXT("HTTP/1.1 20 OK\r\n"), 0, 12},
		{"no digits", TEXT("HTTP/1.1 OK\r\n"), 0, 10},
		{"lower case", TEXT("http/1.1 200 OK\r\n"), 0, 1},
		{"two spaces", TEXT("HTTP/1.1  200 OK\r\n"), 0, 10},
		{"ICY", TEXT("ICY 200 OK\r\n"), 0, 1},
		{"SMTP", TEXT("220 mx ESMTP\r\n"), 0, 1},
		{"eight-bit", TEXT("HTTP/1.1 \xb2\xb0\xb0 OK\r\n"), 0, 10},
	};
	struct gp_window *w;
	size_t i, k, cut;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (cut = 0; cut <= rows[i].len; cut++)
			for (k = 0; k < POISONS; k++) {
				w = window_of(rows[i].text, cut, poisons[k]);
				CHECK(&rows[i], gp_http_status(w) == (cut < rows[i].decides ? -1 : rows[i].code));
				free(w);
			}
	/* A fourth digit makes it none, but is not always seen. */
	w = window_of(TEXT("HTTP/1.1 2000 OK\r\n"), 0);
	assert_int_equal(gp_http_status(w), 0);
	w->len = 12;
	assert_int_equal(gp_http_status(w), 200);
	free(w);
}

#define SNI "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09" "a.example"
#define ALPN "\x00\x10\x00\x05\x00\x03\x02h2"
#define VERSIONS "\x00\x2b\x00\x09\x08\x8a\x8a\x03\x04\x03\x03\x03\x01"
#define EMPTY "\xff\x01\x00\x00"

struct tls_row {
	const char *name;
	const char *extensions; /* NULL: no extension block at all */
	size_t extensions_len;
	int session_len, ciphers;
	struct {
		size_t at; /* 0: no more; bytes below are changed once the hello is built */
		__u8 byte;
	} change[3];
	int match;
	struct gp_tls_hello want; /* match is left out of it */
};

/* Builds a hello whose lengths are right. Returns its size. */
static size_t build_hello(const struct tls_row *row, __u8 *out)
{
	size_t n = GP_TLS_SESSION_AT, i;

	memset(out, 0, GP_TLS_SESSION_AT);
	out[0] = GP_TLS_HANDSHAKE;
	out[1] = 3;
	out[2] = 1;
	out[5] = GP_TLS_CLIENT_HELLO;
	out[9] = 3;
	out[10] = 3;
	out[n++] = (__u8)row->session_len;
	for (i = 0; i < (size_t)row->session_len; i++)
		out[n++] = 0x55;
	out[n++] = (__u8)(2 * row->ciphers >> 8);
	out[n++] = (__u8)(2 * row->ciphers);
	for (i = 0; i < (size_t)row->ciphers; i++) {
		out[n++] = 0x13;
		out[n++] = (__u8)i;
	}
	out[n++] = 1;
	out[n++] = 0;
	if (row->extensions) {
		out[n++] = (__u8)(row->extensions_len >> 8);
		out[n++] = (__u8)row->extensions_len;
		memcpy(out + n, row->extensions, row->extensions_len);
		n += row->extensions_len;
	}
	out[3] = (__u8)((n - 5) >> 8);
	out[4] = (__u8)(n - 5);
	out[7] = (__u8)((n - 9) >> 8);
	out[8] = (__u8)(n - 9);
	for (i = 0; i < 3 && row->change[i].at; i++)
		out[row->change[i].at] = row->change[i].byte;
	return n;
}

#define WANT(sni_, alpn, complete_, version_, ciphers_, extensions_) \
	{.sni = (sni_), .alpn_present = (alpn), .complete = (complete_), .version = (version_), .ciphers = (ciphers_), \
	 .extensions = (extensions_)}

/* Offsets with an empty session and one cipher: ciphers' length at 44, compression at 48, extensions at 50, 52. */
static const struct tls_row tls_rows[] = {
	{"browser", TEXT(EMPTY SNI ALPN VERSIONS), 32, 16, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_PRESENT, 1, 1, 0x0304, 16, 4)},
	{"no name", TEXT(ALPN EMPTY), 0, 3, {{0}}, GP_MATCH_YES, WANT(GP_SNI_ABSENT, 1, 1, 0x0303, 3, 2)},
	{"an empty name is none", TEXT("\0\0\0\0" "\0\0\0\x05\0\x03\0\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 1, 2)},
	{"no extensions", NULL, 0, 0, 5, {{0}}, GP_MATCH_YES, WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 5, 0)},
	{"an empty block", TEXT(""), 0, 5, {{0}}, GP_MATCH_YES, WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 5, 0)},
	{"SSL 3.0", NULL, 0, 0, 5, {{2, 0}, {10, 0}}, GP_MATCH_YES, WANT(GP_SNI_ABSENT, 0, 1, 0x0300, 5, 0)},
	{"only GREASE and drafts", TEXT("\0\x2b\0\x07\x06\x7a\x7a\x7f\x1c\xfa\xfa"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 1, 1)},
	{"odd list of versions", TEXT("\0\x2b\0\x04\x03\x03\x01\x03"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0301, 1, 1)},
	{"a list of versions that lies", TEXT("\0\x2b\0\x03\xff\x03\x02" "\x03\x04\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0302, 1, 2)},
	{"versions of nothing", TEXT("\0\x2b\0\0" "\x02\x03\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 1, 2)},
	{"32 extensions", TEXT(X8(EMPTY EMPTY EMPTY EMPTY)), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_ABSENT, 0, 1, 0x0303, 1, 32)},
	{"33 extensions", TEXT(X8(EMPTY EMPTY EMPTY EMPTY) EMPTY), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 32)},
	{"name before the window's end", TEXT(SNI "\0\x15\x02\0" X8(X8("12345678"))), 32, 16, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_PRESENT, 0, 0, 0x0303, 16, 2)},
	{"name behind the window", TEXT("\0\x15\x02\0" X8(X8("12345678")) SNI), 32, 16, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 16, 1)},
	{"many ciphers", NULL, 0, 32, 300, {{0}}, GP_MATCH_YES, WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 300, 0)},
	{"an extension leaps over the end", TEXT(EMPTY "\0\x10\xff\xff\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 1)},
	{"the name leaps over the end", TEXT("\0\0\0\x20\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 0)},
	{"the name leaps by a byte", TEXT("\0\0\0\x07\0\x04\0\0\x01" "a"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 0)},
	{"block and extension leap over the end", TEXT(EMPTY "\0\0\x40\0\0\0"), 0, 1, {{50, 0xff}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 1)},
	{"the record cuts the versions", TEXT(VERSIONS), 0, 1, {{4, 54}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 1)},
	{"half an extension", TEXT(EMPTY "\0\0\0"), 0, 1, {{0}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 1)},
	{"a block longer than the hello", TEXT(SNI), 0, 1, {{50, 0xff}}, GP_MATCH_YES,
	 WANT(GP_SNI_PRESENT, 0, 0, 0x0303, 1, 1)},
	{"a block shorter than the hello", TEXT(EMPTY SNI), 0, 1, {{51, 4}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0x0303, 1, 1)},
	{"a record shorter than the hello", TEXT(EMPTY SNI), 0, 1, {{4, 60}}, GP_MATCH_YES,
	 WANT(GP_SNI_PRESENT, 0, 0, 0x0303, 1, 2)},
	{"a record of three bytes", TEXT(SNI), 0, 1, {{4, 3}}, GP_MATCH_YES, WANT(GP_SNI_UNKNOWN, 0, 0, 0, 0, 0)},
	{"a record of three bytes, then another", TEXT(SNI), 0, 1, {{4, 3}, {8, 0x16}, {6, 0xff}}, GP_MATCH_YES,
	 WANT(GP_SNI_UNKNOWN, 0, 0, 0, 0, 0)},
	{"an empty record", TEXT(SNI), 0, 1, {{3, 0}, {4, 0}}, GP_MATCH_NO, {0}},
	{"a huge record", TEXT(SNI), 0, 1, {{3, 0xff}}, GP_MATCH_NO, {0}},
	{"a session of 33 bytes", TEXT(SNI), 33, 1, {{0}}, GP_MATCH_NO, {0}},
	{"a session longer than the hello", NULL, 0, 0, 1, {{43, 32}}, GP_MATCH_NO, {0}},
	{"no ciphers", TEXT(SNI), 0, 0, {{0}}, GP_MATCH_NO, {0}},
	{"half a cipher", TEXT(SNI), 0, 2, {{45, 3}}, GP_MATCH_NO, {0}},
	{"ciphers longer than the hello", TEXT(SNI), 0, 1, {{44, 0xff}}, GP_MATCH_NO, {0}},
	{"no compression", TEXT(SNI), 0, 1, {{48, 0}}, GP_MATCH_NO, {0}},
	{"compression longer than the hello", TEXT(SNI), 0, 1, {{48, 0xff}}, GP_MATCH_NO, {0}},
	{"a hello of 30 bytes", TEXT(SNI), 0, 1, {{8, 30}}, GP_MATCH_NO, {0}},
	{"a hello of 16 MB", TEXT(SNI), 0, 1, {{6, 0xff}}, GP_MATCH_NO, {0}},
	{"a ServerHello", TEXT(SNI), 0, 1, {{5, 2}}, GP_MATCH_NO, {0}},
	{"an alert", TEXT(SNI), 0, 1, {{1, 3}, {2, 5}}, GP_MATCH_NO, {0}},
	{"not TLS", TEXT(SNI), 0, 1, {{1, 2}}, GP_MATCH_NO, {0}},
	{"SSLv2 within a record", TEXT(SNI), 0, 1, {{9, 0}}, GP_MATCH_NO, {0}},
};

static void check_tls_cut(const struct tls_row *row, const __u8 *hello, size_t len, size_t cut)
{
	struct gp_tls_hello got, poisoned, want = row->want;
	struct gp_window *w;
	size_t i;
	int match;

	for (i = 0; i < POISONS; i++) {
		w = window_of(hello, cut, poisons[i]);
		memset(&got, 0xa5, sizeof(got));
		match = gp_tls_client_hello(w, &got);
		CHECK(row, match == got.match);
		if (i)
			CHECK(row, memcmp(&got, &poisoned, sizeof(got)) == 0);
		poisoned = got;
		free(w);
	}
	if (row->match == GP_MATCH_YES && row->want.version)
		CHECK(row, match == (cut < 11 ? GP_MATCH_PARTIAL : GP_MATCH_YES));
	CHECK(row, got.complete == 0 || cut >= len);
	CHECK(row, got.sni == GP_SNI_UNKNOWN || got.sni == want.sni || row->match == GP_MATCH_NO);
	CHECK(row, got.sni != GP_SNI_ABSENT || got.complete);
	if (cut < len)
		return;
	CHECK(row, match == row->match);
	if (match != GP_MATCH_YES)
		return;
	CHECK(row, got.sni == want.sni && got.alpn_present == want.alpn_present && got.complete == want.complete);
	CHECK(row, got.version == want.version);
	CHECK(row, got.ciphers == want.ciphers && got.extensions == want.extensions);
}

static void test_tls_client_hello(void **state)
{
	__u8 hello[2048];
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < sizeof(tls_rows) / sizeof(tls_rows[0]); i++) {
		len = build_hello(&tls_rows[i], hello);
		for (cut = 0; cut <= len; cut++)
			check_tls_cut(&tls_rows[i], hello, len, cut);
	}
}

static void test_tls_strangers(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		int match;
	} rows[] = {
		{"nothing", TEXT(""), GP_MATCH_PARTIAL},
		{"a byte", TEXT("\x16"), GP_MATCH_PARTIAL},
		{"SSLv2 hello", TEXT("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80"), GP_MATCH_NO},
		{"a hello without room", TEXT("\x16\x03\x01\x00\x20\x01\x00\x00\x1c\x03\x03 01234567"), GP_MATCH_NO},
		{"HTTP", TEXT("GET / HTTP/1.1\r\n\r\n"), GP_MATCH_NO},
		{"application data", TEXT("\x17\x03\x03\x00\x20 01234567890"), GP_MATCH_NO},
		{"zeros", TEXT("\0\0\0\0\0\0\0\0\0\0\0\0"), GP_MATCH_NO},
	};
	struct gp_tls_hello hello;
	struct gp_window *w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w = window_of(rows[i].bytes, rows[i].len, 0xff);
		CHECK(&rows[i], gp_tls_client_hello(w, &hello) == rows[i].match);
		free(w);
	}
}

/* A length that lies is believed up to the window's end. */
static void test_lying_length(void **state)
{
	const struct tls_row row = {.extensions = "\0\x15\x02\0" X8(X8("12345678")), .extensions_len = 516,
		.ciphers = 1};
	struct gp_window *w = window_of("", 0, 'a'), *honest = window_of("", 0, 'a');
	struct gp_line carry = {0}, honest_carry = {0};
	struct gp_http_request request;
	struct gp_tls_hello hello;
	struct gp_smtp_lines lines;
	__u8 bytes[1024];

	(void)state;
	w->len = ~0u;
	honest->len = honest->payload_len = GP_WINDOW_BYTES;
	assert_int_equal(gp_smtp_commands(w, &carry, &lines), 0);
	assert_int_equal(lines.skipped, 0);
	gp_smtp_commands(honest, &honest_carry, &lines);
	assert_memory_equal(&carry, &honest_carry, sizeof(carry));
	assert_int_equal(gp_smtp_replies(w, &carry, &lines), 0);
	assert_int_equal(gp_http_request(w, &request), GP_MATCH_NO);
	assert_int_equal(gp_http_status(w), 0);
	build_hello(&row, bytes);
	memcpy(w->data, bytes, sizeof(w->data));
	assert_int_equal(gp_tls_client_hello(w, &hello), GP_MATCH_YES);
	assert_int_equal(hello.complete, 0);
	free(honest);
	free(w);
}

static void test_peek(void **state)
{
	struct gp_window *w = window_of("", 0, 0);
	__u64 word, want, others;
	size_t start, end, i;

	(void)state;
	for (i = 0; i < 256; i++) {
		want = i >= 'a' && i <= 'z' ? i - 32 : i;
		for (word = 0; word < 64; word += 8) {
			assert_true(gp_peek_upper((__u64)i << word) == want << word);
			others = ~(0xffull << word);
			assert_true(gp_peek_upper((__u64)i << word | others) == (want << word | others));
		}
	}
	for (i = 0; i < sizeof(w->data); i++)
		w->data[i] = (__u8)(1 + i % 251);
	for (start = 0; start <= GP_WINDOW_BYTES; start++)
		for (end = start; end <= start + 9 && end <= GP_WINDOW_BYTES; end++) {
			want = 0;
			for (i = start; i < end && i < start + 8; i++)
				want |= (__u64)w->data[i] << 8 * (i - start);
			assert_true(gp_peek_word(w, start, end) == want);
		}
	free(w);
}

static void test_null(void **state)
{
	struct gp_window *w = window_of("", 0, 0);
	struct gp_http_request request;
	struct gp_tls_hello hello;
	struct gp_smtp_lines lines;
	struct gp_line line = {0};

	(void)state;
	assert_int_equal(gp_smtp_commands(NULL, &line, &lines), 0);
	assert_int_equal(gp_smtp_commands(w, NULL, &lines), 0);
	assert_int_equal(gp_smtp_commands(w, &line, NULL), 0);
	assert_int_equal(gp_smtp_replies(NULL, &line, &lines), 0);
	assert_int_equal(gp_smtp_replies(w, NULL, &lines), 0);
	assert_int_equal(gp_smtp_replies(w, &line, NULL), 0);
	assert_int_equal(gp_smtp_bdat_size(NULL, 0), -1);
	assert_int_equal(gp_http_request(NULL, &request), GP_MATCH_NO);
	assert_int_equal(gp_http_request(w, NULL), GP_MATCH_NO);
	assert_int_equal(gp_http_status(NULL), 0);
	assert_int_equal(gp_tls_client_hello(NULL, &hello), GP_MATCH_NO);
	assert_int_equal(gp_tls_client_hello(w, NULL), GP_MATCH_NO);
	free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smtp_commands),	 cmocka_unit_test(test_smtp_replies),
		cmocka_unit_test(test_smtp_cut_capture),
		cmocka_unit_test(test_smtp_cut_reply), cmocka_unit_test(test_smtp_chunks),
		cmocka_unit_test(test_smtp_bdat_size),
		cmocka_unit_test(test_smtp_first_words), cmocka_unit_test(test_smtp_tables),
		cmocka_unit_test(test_http_request),	 cmocka_unit_test(test_http_status),
		cmocka_unit_test(test_tls_client_hello), cmocka_unit_test(test_tls_strangers),
		cmocka_unit_test(test_lying_length),	 cmocka_unit_test(test_peek),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests_name("recognisers", tests, NULL, NULL);
}
