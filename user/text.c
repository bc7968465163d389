/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Decodes one character of UTF-8 (RFC 3629, 4). Return: its length, 0 when malformed (overlong, surrogate, beyond
 * U+10FFFF, cut short). The NUL at the end of the string is no continuation byte, so nothing behind it is read.
 */
static size_t decode(const unsigned char *p, uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;
	uint32_t c;

	if (p[0] < 0x80) {
		*point = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0)
		len = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		len = 3;
	else if ((p[0] & 0xf8) == 0xf0)
		len = 4;
	else
		return 0;
	c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*point = c;
	return len;
}

/* Does a character move the cursor, hide, or turn the direction of what stands around it? */
static bool unprintable(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },	  { 0x061c, 0x061c },
		{ 0x115f, 0x1160 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },	  { 0x2028, 0x202e },
		{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfdd0, 0xfdef },	  { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff },   { 0xfff0, 0xfffb },   { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	if ((c & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

char *gp_text_clean(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)text;
	char *clean, *out;

	clean = malloc(4 * strlen(text) + 1);
	if (!clean)
		return NULL;
	out = clean;
	while (*p) {
		uint32_t point = 0;
		size_t len = decode(p, &point);

		if (len && !unprintable(point)) {
			memcpy(out, p, len);
			out += len;
			p += len;
			continue;
		}
		for (len = len ? len : 1; len > 0; len--, p++) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = hex[*p >> 4];
			*out++ = hex[*p & 15];
		}
	}
	*out = '\0';
	return clean;
}

size_t gp_text_columns(const char *clean)
{
	const unsigned char *p = (const unsigned char *)clean;
	size_t columns = 0;

	while (*p) {
		uint32_t point = 0;
		size_t len = decode(p, &point);

		p += len ? len : 1;
		columns += point >= 0x1100 ? 2 : 1;
	}
	return columns;
}

bool gp_text_is_ipv4(const struct gp_addr *addr, unsigned bits)
{
	static const __u8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return bits >= 96 && memcmp(addr->bytes, mapped, sizeof(mapped)) == 0;
}

static const char *address(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits, bool length)
{
	bool ipv4 = gp_text_is_ipv4(addr, bits);
	size_t used;

	if (!inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? addr->bytes + 12 : addr->bytes, out, GP_TEXT_ADDR))
		out[0] = '\0';
	used = strlen(out);
	if (length)
		snprintf(out + used, GP_TEXT_ADDR - used, "/%u", ipv4 ? bits - 96 : bits);
	return out;
}

const char *gp_text_address(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits)
{
	return address(out, addr, bits, bits < 128);
}

const char *gp_text_prefix(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits)
{
	return address(out, addr, bits, true);
}

const char *gp_text_time(char out[GP_TEXT_TIME], __u64 ns, __s64 offset_ns)
{
	const __int128 last_us = (__int128)253402300799 * 1000000 + 999999;
	__int128 us = ((__int128)ns + offset_ns) / 1000;
	struct tm tm;
	time_t seconds;
	size_t used;

	us = us < 0 ? 0 : us > last_us ? last_us : us;
	seconds = (time_t)(us / 1000000);
	gmtime_r(&seconds, &tm);
	used = strftime(out, GP_TEXT_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + used, GP_TEXT_TIME - used, ".%06uZ", (unsigned)(us % 1000000));
	return out;
}

const char *gp_text_number(char out[GP_TEXT_NUMBER], __u64 number)
{
	char digits[GP_TEXT_NUMBER];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *p = out;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}
