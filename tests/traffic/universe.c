// SPDX-License-Identifier: GPL-2.0-or-later
#include "universe.h"

#include <stdio.h>
#include <string.h>

#include "chance.h"

void universe_v4(struct gp_addr *out, __u32 address)
{
	*out = (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, (__u8)(address >> 24), (__u8)(address >> 16),
					    (__u8)(address >> 8), (__u8)address } };
}

/* First octets without private, special and multicast space, and without those that ranges and inside hosts use. */
static __u32 public_v4(__u64 draw)
{
	static const __u8 first[] = { 5, 13, 17, 23, 31, 34, 37, 45, 46, 51, 52, 62, 77, 78, 79, 80, 81, 82, 84, 85,
				      86, 87, 88, 89, 91, 93, 94, 95, 104, 109, 130, 134, 138, 144, 151, 159, 162, 176,
				      178, 185, 188, 193, 194, 195, 204, 205, 207, 208, 209, 212, 213, 216, 217 };
	__u32 rest = (__u32)(draw >> 8) & 0xffffff;

	if (!(rest & 0xff))
		rest |= 1;
	return (__u32)first[(draw >> 40) % sizeof(first)] << 24 | rest;
}

void universe_address(struct gp_addr *out, __u64 seed, enum outside kind, __u32 number, bool ipv6)
{
	__u64 draw = chance_mix(seed + kind, number);

	if (!ipv6) {
		universe_v4(out, public_v4(draw));
		return;
	}
	*out = (struct gp_addr){ .bytes = { 0x2a, 0x01 } };
	memcpy(out->bytes + 2, &draw, 6);
	out->bytes[15] = (__u8)(draw >> 56 | 1);
}

size_t universe_domain(char out[UNIVERSE_NAME], __u64 seed, enum outside kind, __u32 number)
{
	static const char *const begin[] = { "bran", "cal", "dor", "el", "fen", "gar", "hol", "is", "jun", "kel", "lim", "mar",
					     "nor", "ol", "per", "quin", "ros", "sal", "tor", "ul", "ver", "wes", "yor", "zan" };
	static const char *const end[] = { "ada", "bury", "co", "dale", "era", "field", "gate", "hof", "ium", "ka", "land",
					   "mont", "nova", "ora", "pol", "que", "ria", "stad", "tek", "una", "via", "works" };
	__u64 draw = chance_mix(seed + 77 + kind, number);

	if (kind == OUTSIDE_SITE && number == UNIVERSE_SHOP)
		return (size_t)snprintf(out, UNIVERSE_NAME, "shop.example");
	return (size_t)snprintf(out, UNIVERSE_NAME, "%s%s%u.example", begin[draw % 24], end[(draw >> 8) % 22], number);
}
