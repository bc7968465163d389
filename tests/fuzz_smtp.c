/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as SMTP segments, against a reader that takes one byte at a time: equal lines, wherever the segments are
 * cut, and whatever lies behind their ends. The first two bytes say which side speaks and where to cut.
 */
#include <string.h>
#include <strings.h>

#include <gatepost/smtp.h>

#include "fuzz_window.h"

static const struct {
	const char *verb;
	__u16 command;
} verbs[] = {
	{"helo", GP_SMTP_HELO}, {"ehlo", GP_SMTP_EHLO}, {"lhlo", GP_SMTP_EHLO}, {"mail", GP_SMTP_MAIL},
	{"rcpt", GP_SMTP_RCPT}, {"data", GP_SMTP_DATA}, {"bdat", GP_SMTP_BDAT}, {"rset", GP_SMTP_RSET},
	{"noop", GP_SMTP_NOOP}, {"quit", GP_SMTP_QUIT}, {"auth", GP_SMTP_AUTH}, {"vrfy", GP_SMTP_VRFY},
	{"starttls", GP_SMTP_STARTTLS},
};

/* What a line without its line feed says; 0 for a line that says nothing. */
static __u16 read_line(const uint8_t *line, size_t len, int server)
{
	size_t word = 0, i;

	if (server) {
		if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '5' || line[2] < '0' ||
		    line[2] > '9' || (len > 3 && line[3] != ' ' && line[3] != '\r' && line[3] != ':'))
			return 0;
		return (__u16)((line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0');
	}
	while (word < len && line[word] != ' ' && line[word] != '\r')
		word++;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word == strlen(verbs[i].verb) && strncasecmp((const char *)line, verbs[i].verb, word) == 0)
			return verbs[i].command;
	return GP_SMTP_OTHER;
}

struct heard {
	unsigned int count, skipped;
	__u16 value[2 * GP_SMTP_LINES];
};

static struct heard reference(const uint8_t *text, size_t len, int server)
{
	struct heard h = {0};
	size_t start = 0, i;
	__u16 value;

	for (i = 0; i < len; i++) {
		if (text[i] != '\n')
			continue;
		value = read_line(text + start, i - start, server);
		start = i + 1;
		if (value && h.count < GP_SMTP_LINES)
			h.value[h.count++] = value;
		else if (value)
			h.skipped++;
	}
	return h;
}

/* Reads one segment twice, with different bytes behind its end. */
static struct gp_smtp_lines hear(struct heard *h, struct gp_line *carry, const uint8_t *text, size_t len, int server)
{
	struct gp_window *w = fuzz_window_new();
	struct gp_smtp_lines lines[2] = {0};
	struct gp_line lane[2] = {*carry, *carry};
	int i;

	for (i = 0; i < 2; i++) {
		fuzz_window_fill(w, text, len, i ? '\n' : 0xff);
		if (server)
			gp_smtp_replies(w, &lane[i], &lines[i]);
		else
			gp_smtp_commands(w, &lane[i], &lines[i]);
	}
	MUST(memcmp(&lines[0], &lines[1], sizeof(lines[0])) == 0);
	MUST(memcmp(&lane[0], &lane[1], sizeof(lane[0])) == 0);
	MUST(lines[0].count <= GP_SMTP_LINES);
	*carry = lane[0];
	memcpy(h->value + h->count, lines[0].value, lines[0].count * sizeof(h->value[0]));
	h->count += lines[0].count;
	h->skipped += lines[0].skipped;
	(void)gp_smtp_is_greeting(w);
	(void)gp_smtp_is_hello(w);
	free(w);
	return lines[0];
}

static int has_bdat(const uint8_t *text, size_t len)
{
	size_t i;

	for (i = 0; i + 4 <= len; i++)
		if (strncasecmp((const char *)text + i, "bdat", 4) == 0)
			return 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard want, got = {0};
	struct gp_line carry = {0};
	size_t cut;
	int server;

	if (size < 2)
		return 0;
	server = data[0] & 1;
	cut = data[1] * 2u;
	data += 2;
	size -= 2;
	if (cut > size)
		cut = size;
	hear(&got, &carry, data, size, server);
	want = reference(data, size, server);
	/* A chunk is not read as lines, and what lies behind the window not at all: no more to compare then. */
	if (size > GP_WINDOW_BYTES || (!server && has_bdat(data, size)))
		return 0;
	MUST(memcmp(&got, &want, sizeof(got)) == 0);
	memset(&got, 0, sizeof(got));
	memset(&carry, 0, sizeof(carry));
	hear(&got, &carry, data, cut, server);
	hear(&got, &carry, data + cut, size - cut, server);
	MUST(got.count + got.skipped == want.count + want.skipped);
	if (!want.skipped)
		MUST(memcmp(&got, &want, sizeof(got)) == 0);
	return 0;
}
