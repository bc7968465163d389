/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "log.h"

#define TEXT_BYTES 6144 /* a path of 4096 bytes and what is said about it */

/*
 * Length of the well-formed UTF-8 sequence at s (RFC 3629, 4); 0 if there is none. A terminator is no continuation
 * byte, so nothing is read beyond it.
 */
static size_t utf8_sequence(const unsigned char *s, unsigned int *code)
{
	static const unsigned int smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len, i;

	len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	if (!len)
		return 0;
	*code = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	if (*code < smallest[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

/* What a terminal obeys, or what makes a line look like another one: C0 and C1 controls, separators, bidi controls. */
static bool harmless(unsigned int code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	return !(code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
		 (code >= 0x2066 && code <= 0x2069) || code == 0xfeff);
}

/* line has room for 4 bytes per byte of text. */
static size_t escape(char *line, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)text;
	size_t n, i, at = 0;
	unsigned int code;

	for (; *s; s += n) {
		n = utf8_sequence(s, &code);
		if (n && harmless(code)) {
			for (i = 0; i < n; i++)
				line[at++] = (char)s[i];
			continue;
		}
		n = 1;
		line[at++] = '\\';
		line[at++] = 'x';
		line[at++] = hex[*s >> 4];
		line[at++] = hex[*s & 15];
	}
	return at;
}

/* One write for the whole line, so that the lines of several processes do not mix. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
	static const char name[] = "gatepost: ";
	char text[TEXT_BYTES], line[sizeof(name) + 4 * TEXT_BYTES];
	size_t len;
	int n;

	n = vsnprintf(text, sizeof(text), format, args);
	if (n < 0)
		snprintf(text, sizeof(text), "a message that cannot be formatted: %s", format);
	else if ((size_t)n >= sizeof(text))
		snprintf(text + sizeof(text) - 4, 4, "...");
	len = (size_t)snprintf(line, sizeof(line), "%s", name);
	len += escape(line + len, text);
	line[len++] = '\n';
	fwrite(line, 1, len, stderr);
}

void gp_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void gp_notice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}
