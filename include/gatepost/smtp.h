/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMTP as it stands in single segments: commands, replies, and where a mail's body ends (RFC 5321, RFC 3030 for
 * BDAT, RFC 3207 for STARTTLS, RFC 4954 for AUTH). What a line means at its place in a dialogue is the flow's
 * business: base64 after AUTH and the text after DATA are lines like any others here.
 */
#ifndef GATEPOST_SMTP_H
#define GATEPOST_SMTP_H

#include <gatepost/abi.h>
#include <gatepost/peek.h>
#include <gatepost/types.h>

/* What one segment said; value[count] and those after it are left as they were. */
struct gp_smtp_lines {
	__u32 count;
	__u32 skipped;		     /* lines beyond GP_SMTP_LINES, and 1 for what lies behind the window */
	__u16 value[GP_SMTP_LINES]; /* enum gp_smtp_command, or a reply code 200..599 */
	__u32 chunk_left;	     /* client: bytes of a BDAT chunk that later segments bring */
	__u32 begin;		     /* where the line under way begins, or will, behind a chunk */
};
_Static_assert((GP_SMTP_LINES & (GP_SMTP_LINES - 1)) == 0, "GP_SMTP_LINES is used as a mask");

#define GP_SMTP_WORD_STARTTLS GP_WORD8('S', 'T', 'A', 'R', 'T', 'T', 'L', 'S')

/* Adds the window's bytes [start, end), none of them a line feed, to the line under way. */
GP_INLINE void gp_smtp_extend(const struct gp_window *w, struct gp_line *line, __u64 start, __u64 end)
{
	__u64 head = line->head, had = line->len, has = had + (end - start);
	__u8 next;

	if (had < 8)
		head |= gp_peek_upper(gp_peek_word(w, start, end)) << (8 * had);
	/* The byte that ends the longest verb has no room in head: a verb that goes on is spoilt at once. */
	if (had <= 8 && has > 8 && head == GP_SMTP_WORD_STARTTLS) {
		next = gp_peek_u8(w, start + 8 - had);
		if (next != ' ' && next != '\r')
			head = 0;
	}
	line->head = head;
	line->len = has < 255 ? (__u8)has : 255;
}

GP_INLINE void gp_smtp_fresh_line(struct gp_line *line)
{
	line->head = 0;
	line->len = 0;
}

GP_INLINE void gp_smtp_keep(struct gp_smtp_lines *out, __u16 value)
{
	__u64 n = out->count;

	GP_OPAQUE(n);
	if (n >= GP_SMTP_LINES) {
		out->skipped++;
		return;
	}
	out->value[n & (GP_SMTP_LINES - 1)] = value;
	out->count = (__u32)n + 1;
}

/**
 * gp_smtp_command_of() - the command of a whole line.
 * @line: without its line feed.
 *
 * Return: GP_SMTP_OTHER for an unknown verb, an empty line, and a verb that a space, CR or LF does not follow.
 * LHLO (RFC 2033) is GP_SMTP_EHLO.
 */
GP_INLINE enum gp_smtp_command gp_smtp_command_of(const struct gp_line *line)
{
	__u8 next = (__u8)(line->head >> 32);

	if (line->head == GP_SMTP_WORD_STARTTLS)
		return GP_SMTP_STARTTLS;
	if (line->len > 4 && next != ' ' && next != '\r')
		return GP_SMTP_OTHER;
	switch ((__u32)line->head) {
	case GP_WORD4('H', 'E', 'L', 'O'):
		return GP_SMTP_HELO;
	case GP_WORD4('E', 'H', 'L', 'O'):
	case GP_WORD4('L', 'H', 'L', 'O'):
		return GP_SMTP_EHLO;
	case GP_WORD4('M', 'A', 'I', 'L'):
		return GP_SMTP_MAIL;
	case GP_WORD4('R', 'C', 'P', 'T'):
		return GP_SMTP_RCPT;
	case GP_WORD4('D', 'A', 'T', 'A'):
		return GP_SMTP_DATA;
	case GP_WORD4('B', 'D', 'A', 'T'):
		return GP_SMTP_BDAT;
	case GP_WORD4('R', 'S', 'E', 'T'):
		return GP_SMTP_RSET;
	case GP_WORD4('N', 'O', 'O', 'P'):
		return GP_SMTP_NOOP;
	case GP_WORD4('Q', 'U', 'I', 'T'):
		return GP_SMTP_QUIT;
	case GP_WORD4('A', 'U', 'T', 'H'):
		return GP_SMTP_AUTH;
	case GP_WORD4('V', 'R', 'F', 'Y'):
		return GP_SMTP_VRFY;
	default:
		return GP_SMTP_OTHER;
	}
}

/**
 * gp_smtp_reply_of() - the code of a whole line from the server.
 * @line: without its line feed.
 *
 * Return: 200..559 for a reply's last line, 0 for one that is continued ("250-") or is no reply (RFC 5321, 4.2). A
 * colon behind the code ends a reply, too: against the grammar, servers send "552: message too large".
 */
GP_INLINE __u16 gp_smtp_reply_of(const struct gp_line *line)
{
	__u32 head = (__u32)line->head;
	__u32 first = (head & 0xff) - '0', second = (head >> 8 & 0xff) - '0', third = (head >> 16 & 0xff) - '0';
	__u8 next = (__u8)(head >> 24);

	if (first < 2 || first > 5 || second > 5 || third > 9)
		return 0;
	if (line->len > 3 && next != ' ' && next != '\r' && next != ':')
		return 0;
	return (__u16)(100 * first + 10 * second + third);
}

/**
 * gp_smtp_bdat_size() - the chunk size that a "BDAT <size> [LAST]" line announces (RFC 3030, 2).
 * @w:     client payload.
 * @start: where the line begins, 0 for the window's first.
 *
 * Return: bytes; -1 without a size of nine digits at most that a space, CR or LF follows within the window.
 */
GP_GLOBAL int gp_smtp_bdat_size(const struct gp_window *w, __u32 start)
{
	__u64 size = 0, at, end, i;
	__u8 c = 0;

	if (!w)
		return -1;
	end = gp_peek_end(w);
	if (start >= end)
		return -1;
	if (gp_peek_upper(gp_peek_word(w, start, end) & gp_peek_mask(5)) != GP_WORD8('B', 'D', 'A', 'T', ' ', 0, 0, 0))
		return -1;
	/* Nine digits: just below a gigabyte. */
	for (i = 0; i < 10; i++) {
		at = start + 5ull + i;
		if (at >= end)
			return -1;
		c = gp_peek_u8(w, at);
		if (c < '0' || c > '9')
			break;
		size = 10 * size + (c - '0');
	}
	if (i == 0 || (c != ' ' && c != '\r' && c != '\n'))
		return -1;
	return (int)size;
}

/*
 * The next two read the line that ends with the line feed at an offset. They stand apart so that the verifier walks
 * them once, not once for each byte of the window.
 */
GP_GLOBAL int gp_smtp_command_line(const struct gp_window *w, struct gp_line *line, struct gp_smtp_lines *out, __u32 at)
{
	enum gp_smtp_command command;
	int size = 0;
	__u8 begun;

	if (!w || !line || !out)
		return 0;
	if (at >= gp_peek_end(w) || at < out->begin)
		return 0;
	begun = line->len;
	gp_smtp_extend(w, line, out->begin, at);
	command = gp_smtp_command_of(line);
	/* The size of a BDAT that came in two segments is gone: its chunk is then read as lines. */
	if (command == GP_SMTP_BDAT && !begun)
		size = gp_smtp_bdat_size(w, out->begin);
	GP_SETTLE();
	gp_smtp_keep(out, (__u16)command);
	gp_smtp_fresh_line(line);
	out->begin = at + 1 + (size > 0 ? (__u32)size : 0);
	return 0;
}

GP_GLOBAL int gp_smtp_reply_line(const struct gp_window *w, struct gp_line *line, struct gp_smtp_lines *out, __u32 at)
{
	__u16 code;

	if (!w || !line || !out)
		return 0;
	if (at >= gp_peek_end(w) || at < out->begin)
		return 0;
	gp_smtp_extend(w, line, out->begin, at);
	code = gp_smtp_reply_of(line);
	if (code)
		gp_smtp_keep(out, code);
	gp_smtp_fresh_line(line);
	out->begin = at + 1;
	return 0;
}

/*
 * A line whose end lies behind the window, or was not captured: its head says enough, when a verb or a code and what
 * follows it are there. A chunk's size may not be.
 */
GP_INLINE void gp_smtp_keep_head(struct gp_line *line, struct gp_smtp_lines *out, int server)
{
	__u16 value;

	if (line->len < 5)
		return;
	value = server ? gp_smtp_reply_of(line) : (__u16)gp_smtp_command_of(line);
	if (value && (server || (value != GP_SMTP_OTHER && value != GP_SMTP_BDAT)))
		gp_smtp_keep(out, value);
}

/* What is left when the window's last line feed has been read. */
GP_INLINE void gp_smtp_finish(const struct gp_window *w, struct gp_line *line, struct gp_smtp_lines *out, int server)
{
	__u32 end, payload_len;

	GP_SETTLE();
	end = gp_peek_end(w);
	payload_len = w->payload_len > end ? w->payload_len : end;
	if (out->begin >= payload_len) {
		out->chunk_left = out->begin - payload_len;
	} else if (payload_len > end) {
		if (out->begin < end)
			gp_smtp_extend(w, line, out->begin, end);
		gp_smtp_keep_head(line, out, server);
		out->skipped++;
		gp_smtp_fresh_line(line);
	} else {
		gp_smtp_extend(w, line, out->begin, end);
	}
}

/**
 * gp_smtp_commands_from() - gp_smtp_commands() for a segment that begins within a BDAT chunk.
 * @from: bytes of the chunk still to come, the out->chunk_left of the segment before; 0 outside a chunk.
 */
GP_GLOBAL int gp_smtp_commands_from(const struct gp_window *w, struct gp_line *carry, struct gp_smtp_lines *out,
				    __u32 from)
{
	__u32 base, at;

	if (!w || !carry || !out)
		return 0;
	out->count = 0;
	out->skipped = 0;
	out->chunk_left = 0;
	out->begin = from;
	for (base = 0; base < GP_WINDOW_BYTES; base += 8) {
		if (base >= w->len)
			break;
		if (!gp_peek_has_lf(w, base))
			continue;
		for (at = base; at < base + 8; at++)
			if (w->data[at] == '\n')
				gp_smtp_command_line(w, carry, out, at);
	}
	gp_smtp_finish(w, carry, out, 0);
	return (int)out->count;
}

/**
 * gp_smtp_commands() - the commands of a client's segment, one for each line that ends in it.
 * @w:     the payload; a line feed ends a line, the CR before it may be missing.
 * @carry: the line under way: from the client's segment before this one, zeros at first; brought up to date.
 * @out:   filled in. A BDAT chunk is jumped over, as far as it lies in this payload; chunk_left says the rest.
 *
 * Return: out->count. A payload longer than the window counts as one line skipped, and the segment after it begins
 * with a fresh line; the line that the window's end cuts is counted by its head.
 */
GP_INLINE int gp_smtp_commands(const struct gp_window *w, struct gp_line *carry, struct gp_smtp_lines *out)
{
	return gp_smtp_commands_from(w, carry, out, 0);
}

/**
 * gp_smtp_replies() - the replies of a server's segment: a code for each reply whose last line ends in it.
 * @w, @carry, @out: as for gp_smtp_commands(). Continuation lines ("250-") and lines that are no reply are passed over.
 *
 * Return: out->count.
 */
GP_GLOBAL int gp_smtp_replies(const struct gp_window *w, struct gp_line *carry, struct gp_smtp_lines *out)
{
	__u32 base, at;

	if (!w || !carry || !out)
		return 0;
	out->count = 0;
	out->skipped = 0;
	out->chunk_left = 0;
	out->begin = 0;
	for (base = 0; base < GP_WINDOW_BYTES; base += 8) {
		if (base >= w->len)
			break;
		if (!gp_peek_has_lf(w, base))
			continue;
		for (at = base; at < base + 8; at++)
			if (w->data[at] == '\n')
				gp_smtp_reply_line(w, carry, out, at);
	}
	gp_smtp_finish(w, carry, out, 1);
	return (int)out->count;
}

/**
 * gp_smtp_stage_of() - which stage the reply to a command belongs to.
 * @command: enum gp_smtp_command. GP_SMTP_NONE, nothing having been asked, is the greeting's; BDAT is a body's.
 */
GP_INLINE enum gp_smtp_stage gp_smtp_stage_of(__u8 command)
{
	switch (command) {
	case GP_SMTP_NONE:
		return GP_STAGE_CONNECT;
	case GP_SMTP_HELO:
	case GP_SMTP_EHLO:
		return GP_STAGE_HELO;
	case GP_SMTP_MAIL:
		return GP_STAGE_MAIL;
	case GP_SMTP_RCPT:
		return GP_STAGE_RCPT;
	case GP_SMTP_DATA:
		return GP_STAGE_DATA;
	case GP_SMTP_BDAT:
		return GP_STAGE_BODY;
	case GP_SMTP_STARTTLS:
		return GP_STAGE_STARTTLS;
	case GP_SMTP_AUTH:
		return GP_STAGE_AUTH;
	case GP_SMTP_QUIT:
		return GP_STAGE_QUIT;
	default:
		return GP_STAGE_OTHER;
	}
}

/* gp_reply_class() - enum gp_reply_class of a code, -1 outside 200..599. */
GP_INLINE int gp_reply_class(__u16 code)
{
	if (code < 200 || code > 599)
		return -1;
	if (code < 300)
		return GP_REPLY_2XX;
	if (code < 400)
		return GP_REPLY_3XX;
	return code < 500 ? GP_REPLY_4XX : GP_REPLY_5XX;
}

/* gp_smtp_is_greeting() - does the payload begin as a mail server's does ("220 ", "220-")? */
GP_INLINE int gp_smtp_is_greeting(const struct gp_window *w)
{
	return w->len >= 4 && w->data[0] == '2' && w->data[1] == '2' && w->data[2] == '0' &&
	       (w->data[3] == ' ' || w->data[3] == '-');
}

/* gp_smtp_is_hello() - does the payload begin with HELO, EHLO or LHLO, in any case, and a space? */
GP_INLINE int gp_smtp_is_hello(const struct gp_window *w)
{
	__u64 word;

	if (w->len < 5)
		return 0;
	word = gp_peek_upper(gp_peek_aligned(w, 0)) & gp_peek_mask(5);
	return word == GP_WORD8('E', 'H', 'L', 'O', ' ', 0, 0, 0) ||
	       word == GP_WORD8('H', 'E', 'L', 'O', ' ', 0, 0, 0) ||
	       word == GP_WORD8('L', 'H', 'L', 'O', ' ', 0, 0, 0);
}

#endif
