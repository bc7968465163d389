/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sanitise.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define UNIT_TEXT 11 /* "\U000e0001", NUL */

static const char ellipsis[] = "\xe2\x80\xa6";

/* Writes the text of what some bytes begin with. Return: how many of them it stands for, 1 to 4. */
static size_t write_unit(char unit[UNIT_TEXT], const unsigned char *bytes, size_t n)
{
	uint32_t point = 0;
	size_t len = gp_utf8_decode(bytes, n, &point);

	if (!len || point < 0x20 || point == 0x7f) {
		snprintf(unit, UNIT_TEXT, "\\x%02x", bytes[0]);
		return 1;
	}
	if (point == '\\') {
		strcpy(unit, "\\\\");
	} else if (gp_utf8_is_printable(point)) {
		memcpy(unit, bytes, len);
		unit[len] = '\0';
	} else {
		snprintf(unit, UNIT_TEXT, point > 0xffff ? "\\U%08x" : "\\u%04x", point);
	}
	return len;
}

/* Ends a text that was cut at `used`, with what sign of it the room allows. Return: its length. */
static size_t end_cut(char *out, size_t size, size_t used)
{
	size_t n = sizeof(ellipsis) - 1;

	if (size > n) {
		memcpy(out + used, ellipsis, n);
	} else {
		n = size - 1;
		memset(out, '.', n);
	}
	out[used + n] = '\0';
	return used + n;
}

size_t gp_sanitise(char *out, size_t size, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t used = 0, uncut = 0; /* uncut: as far as an ellipsis still fits behind it */

	if (!size)
		return 0;
	while (len) {
		char unit[UNIT_TEXT];
		size_t n = write_unit(unit, bytes, len), length = strlen(unit);

		if (length >= size - used)
			return end_cut(out, size, uncut);
		memcpy(out + used, unit, length);
		used += length;
		if (size - used >= sizeof(ellipsis))
			uncut = used;
		bytes += n;
		len -= n;
	}
	out[used] = '\0';
	return used;
}
