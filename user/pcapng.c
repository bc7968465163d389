/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcapng.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Draft, 4.1 to 4.3. */
enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINKTYPE_RAW = 101,
	BLOCK_FRAME = 12, /* type and both lengths */
};

/* Draft, 3.5, 4.1 and 4.2. */
enum { OPTION_END, OPTION_COMMENT, OPTION_APPLICATION = 4, OPTION_TIME_RESOLUTION = 9 };

#define APPLICATION "gatepost"
#define BEGUN "begun %04d-%02d-%02dT%02d:%02d:%02dZ"
#define SECTION_FIXED 24 /* up to the first option */
#define COMMENT_AT (SECTION_FIXED + 4 + sizeof(APPLICATION) - 1) /* the header of the second option */

struct writer {
	__u8 *out;
	size_t used;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	memcpy(w->out + w->used, bytes, n);
	w->used += n;
	while (w->used % 4)
		w->out[w->used++] = 0;
}

static void put16s(struct writer *w, __u16 first, __u16 second)
{
	const __u16 both[2] = { first, second };

	put(w, both, sizeof(both));
}

static void put32(struct writer *w, __u32 value)
{
	put(w, &value, sizeof(value));
}

static void put_option(struct writer *w, __u16 code, const void *value, size_t len)
{
	put16s(w, code, (__u16)len);
	put(w, value, len);
}

static size_t open_block(struct writer *w, __u32 type)
{
	size_t at = w->used;

	put32(w, type);
	put32(w, 0);
	return at;
}

static void close_block(struct writer *w, size_t at)
{
	__u32 len = (__u32)(w->used - at + 4);

	memcpy(w->out + at + 4, &len, sizeof(len));
	put32(w, len);
}

/* A comment is cut between characters. */
static size_t comment_length(const char *comment)
{
	size_t n = strnlen(comment, GP_PCAPNG_COMMENT + 1);

	if (n <= GP_PCAPNG_COMMENT)
		return n;
	n = GP_PCAPNG_COMMENT;
	while (n && ((unsigned char)comment[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void put_comment(struct writer *w, const char *comment)
{
	put_option(w, OPTION_COMMENT, comment, comment_length(comment));
}

static void put_interface(struct writer *w, __u32 snaplen)
{
	const __u8 resolution = 9; /* 10^-9 s */
	size_t at = open_block(w, BLOCK_INTERFACE);

	put16s(w, LINKTYPE_RAW, 0);
	put32(w, snaplen);
	put_option(w, OPTION_TIME_RESOLUTION, &resolution, 1);
	put_option(w, OPTION_END, "", 0);
	close_block(w, at);
}

size_t gp_pcapng_head(__u8 *out, __u64 begun_s, __u32 snaplen, const char *comment)
{
	const __u64 unknown_length = ~0ull;
	struct writer w = { .out = out };
	size_t at = open_block(&w, BLOCK_SECTION);
	time_t seconds = (time_t)(begun_s < 253402300800ull ? begun_s : 253402300799ull); /* up to the year 9999 */
	char text[GP_PCAPNG_COMMENT + 64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, sizeof(text), BEGUN "; %s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, comment);
	put32(&w, BYTE_ORDER_MAGIC);
	put16s(&w, 1, 0);
	put(&w, &unknown_length, sizeof(unknown_length));
	put_option(&w, OPTION_APPLICATION, APPLICATION, sizeof(APPLICATION) - 1);
	put_comment(&w, text);
	put_option(&w, OPTION_END, "", 0);
	close_block(&w, at);
	put_interface(&w, snaplen);
	return w.used;
}

size_t gp_pcapng_packet(__u8 *out, const struct gp_pcapng_packet *packet, const char *comment)
{
	struct writer w = { .out = out };
	size_t at = open_block(&w, BLOCK_PACKET);

	put32(&w, 0); /* interface */
	put32(&w, (__u32)(packet->time_ns >> 32));
	put32(&w, (__u32)packet->time_ns);
	put32(&w, packet->captured);
	put32(&w, packet->wire);
	if (packet->captured)
		put(&w, packet->data, packet->captured);
	if (comment) {
		put_comment(&w, comment);
		put_option(&w, OPTION_END, "", 0);
	}
	close_block(&w, at);
	return w.used;
}

static __u32 get32(const __u8 *at)
{
	__u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Return: length of the block that begins here; 0 when it is torn. */
static size_t block_length(const __u8 *at, size_t left)
{
	__u32 len;

	if (left < BLOCK_FRAME)
		return 0;
	len = get32(at + 4);
	if (len < BLOCK_FRAME || len % 4 || len > left || get32(at + len - 4) != len)
		return 0;
	return len;
}

/* Reads "begun ..." out of the section's comment. Return: -1 when there is none. */
static int read_begun(const __u8 *section, size_t len, __u64 *begun_s)
{
	char text[32] = "";
	struct tm tm = { 0 };
	time_t seconds;

	if (len < COMMENT_AT + 4 + sizeof(text))
		return -1;
	memcpy(text, section + COMMENT_AT + 4, sizeof(text) - 1);
	if (sscanf(text, BEGUN, &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6 ||
	    tm.tm_year < 1970)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	if (seconds < 0)
		return -1;
	*begun_s = (__u64)seconds;
	return 0;
}

size_t gp_pcapng_whole(const __u8 *data, size_t len, __u64 *begun_s)
{
	size_t section = block_length(data, len), at = section, next;

	if (!section || get32(data) != (__u32)BLOCK_SECTION || get32(data + 8) != BYTE_ORDER_MAGIC)
		return 0;
	if (section < COMMENT_AT || memcmp(data + SECTION_FIXED + 4, APPLICATION, sizeof(APPLICATION) - 1) != 0 ||
	    read_begun(data, section, begun_s))
		return 0;
	next = block_length(data + at, len - at);
	if (!next || get32(data + at) != BLOCK_INTERFACE)
		return 0;
	do {
		at += next;
		next = block_length(data + at, len - at);
	} while (next);
	return at;
}
