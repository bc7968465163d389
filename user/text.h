/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, times, numbers and hostile strings as people and JSON may see them. */
#ifndef GATEPOST_TEXT_H
#define GATEPOST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#define GP_TEXT_ADDR 52	  /* the longest IPv6 address, "/128", NUL */
#define GP_TEXT_TIME 28	  /* "2026-05-04T10:00:00.000000Z" */
#define GP_TEXT_NUMBER 28 /* 2^64 - 1 with separators, a sign */

/**
 * gp_text_clean() - make a string of unknown origin fit to print.
 * @text: any bytes up to the first NUL.
 *
 * Printable UTF-8 stays as it is. Every byte of anything else becomes "\xNN": malformed sequences, control
 * characters (C0, DEL, C1), line separators, invisible and direction-changing format characters, noncharacters.
 *
 * Return: valid UTF-8, to be freed by the caller; NULL when out of memory.
 */
char *gp_text_clean(const char *text);

/* Terminal columns of a cleaned string; wide scripts count double, to be on the safe side. */
size_t gp_text_columns(const char *clean);

/* Is it an IPv4 address or prefix (::ffff:0:0/96)? */
bool gp_text_is_ipv4(const struct gp_addr *addr, unsigned bits);

/**
 * gp_text_address() - a host as it is named in reports.
 * @bits: length of its prefix, of 128; 96 + n for IPv4.
 *
 * Return: out. "10.0.0.7", "10.0.0.0/30", "2001:db8::1", "2001:db8:0:100::/56".
 */
const char *gp_text_address(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits);

/* The same with the length always written: "10.0.0.0/24", "10.0.0.7/32". */
const char *gp_text_prefix(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits);

/**
 * gp_text_time() - RFC 3339 in UTC with microseconds.
 * @ns: a clock's reading. @offset_ns: what to add to it to get the time since the Unix epoch.
 *
 * Return: out. Times outside 1970 to 9999 are written as the nearer end.
 */
const char *gp_text_time(char out[GP_TEXT_TIME], __u64 ns, __s64 offset_ns);

/* "1,234,567". Return: out. */
const char *gp_text_number(char out[GP_TEXT_NUMBER], __u64 number);

#endif
