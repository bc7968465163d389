/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 from strangers, one character at a time. */
#ifndef GATEPOST_UTF8_H
#define GATEPOST_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * gp_utf8_decode() - the character that some bytes begin with (RFC 3629, 4).
 * @bytes: n bytes, n > 0; none behind them is read.
 * @point: out; untouched when the answer is 0.
 *
 * Return: its length, 1 to 4; 0 when malformed (overlong, surrogate, beyond U+10FFFF, cut short).
 */
size_t gp_utf8_decode(const unsigned char *bytes, size_t n, uint32_t *point);

/* Does a character neither move the cursor, nor hide, nor turn the direction of what stands around it? */
bool gp_utf8_is_printable(uint32_t point);

#endif
