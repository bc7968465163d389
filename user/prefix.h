/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes as numbers and as text. Internal to config. */
#ifndef GATEPOST_PREFIX_H
#define GATEPOST_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/types.h>

#include "config.h"

/* An address as a number, so that it can be compared and stepped. */
typedef unsigned __int128 gp_u128;

#define GP_PREFIX_TEXT 52 /* an IPv6 prefix in full, and the terminator */

static inline gp_u128 gp_addr_number(const struct gp_addr *addr)
{
	gp_u128 number = 0;
	unsigned int i;

	for (i = 0; i < 4; i++)
		number = number << 32 | gp_load_be32(addr->bytes + 4 * i);
	return number;
}

static inline void gp_addr_from_number(struct gp_addr *addr, gp_u128 number)
{
	unsigned int i;

	for (i = 16; i--; number >>= 8)
		addr->bytes[i] = (__u8)number;
}

static inline gp_u128 gp_prefix_mask(unsigned int bits)
{
	return bits ? ~(gp_u128)0 << (128 - bits) : 0;
}

/* IPv4 prefixes lie in ::ffff:0:0/96; gp_prefix_parse() lets no other prefix of 96 bits or more in there. */
bool gp_prefix_is_v4(const struct gp_prefix *prefix);

/* Writes "192.0.2.0/24" or "2001:db8::/32"; size is GP_PREFIX_TEXT or more. */
void gp_prefix_format(char *text, size_t size, const struct gp_prefix *prefix);

#endif
