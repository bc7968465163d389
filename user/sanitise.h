/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place where names out of packets become text for reports. */
#ifndef GATEPOST_SANITISE_H
#define GATEPOST_SANITISE_H

#include <stddef.h>

/**
 * gp_sanitise() - one line of visible text for any bytes.
 * @out:  out, NUL-terminated valid UTF-8 (RFC 3629) without control characters, unless size is 0.
 * @size: bytes that out has room for, the NUL included. Whatever was written needs at most 6 * len + 1 of them.
 * @data: len bytes, NULs among them or not; may be NULL when len is 0. Must not overlap out.
 *
 * Printable characters stay as they are. The backslash is doubled, so that whatever else begins with one was put there
 * by this function and different names remain different:
 *   \x1b        C0 controls, NUL, DEL, and each byte of malformed UTF-8 (0x80 and above)
 *   \u202e      C1 controls, line and paragraph separators, direction marks, other invisible characters, noncharacters
 *   \U000e0001  the same beyond U+FFFF
 * What does not fit is cut between characters and escapes, never in one, and ends in U+2026, "…"; where even that does
 * not fit (size 2 and 3), in one or two dots.
 *
 * The result is safe as it is for a terminal, for a line of a log or of a text report, and inside a table. Other sinks
 * still have their own duty, because quotes and all their special characters are printable:
 *   JSON      strings by json-c only, which doubles the backslash once more
 *   HTML      & < > " ' as character references; the value of an attribute in quotes
 *   CSV       the field in quotes, quotes doubled (RFC 4180, 2), and a leading = + - @ defused: spreadsheets compute
 *   a shell, SQL, file names, formats of printf()   never: pass it as an argument or as a bound value
 * Characters that look alike (Cyrillic in a Latin name) remain what they are: nobody may decide by this text.
 *
 * Return: length of the text in bytes, without the NUL; less than size, or 0 when that is 0.
 */
size_t gp_sanitise(char *out, size_t size, const void *data, size_t len);

#endif
