/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What text for reports may not hold, said once more and in another way than user/utf8.c says it. */
#ifndef GATEPOST_TESTS_UTF8_CHECK_H
#define GATEPOST_TESTS_UTF8_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3629, 4, by its table of bytes. Return: length of the sequence at p, 0 when there is none. */
static inline size_t utf8_sequence(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!n || p[0] < rows[i].first || p[0] > rows[i].last)
			continue;
		if (rows[i].len > n || (n > 1 && rows[i].len > 1 && (p[1] < rows[i].low || p[1] > rows[i].high)))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++) {
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		}
		return rows[i].len;
	}
	return 0;
}

/* Is it UTF-8 without C0, DEL, C1, U+2028 to U+202E, U+2066 to U+2069, U+200E and U+200F? */
static inline bool utf8_is_safe(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	while (n) {
		size_t len = utf8_sequence(p, n);

		if (!len || p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
			return false;
		if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0xa8 && p[2] <= 0xae) || p[2] == 0x8e || p[2] == 0x8f))
			return false;
		if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
			return false;
		p += len;
		n -= len;
	}
	return true;
}

#endif
