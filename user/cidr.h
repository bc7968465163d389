/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of prefixes that hold given addresses: exactly, or as few as a filter wants. Pure. */
#ifndef GATEPOST_CIDR_H
#define GATEPOST_CIDR_H

#include <stddef.h>

#include <gatepost/abi.h>

struct gp_cidr {
	struct gp_addr addr; /* masked to bits; an IPv4 one is mapped */
	__u8 bits;	     /* of 128: a /24 has 120 */
};

/**
 * gp_cidr_cover() - the cheapest set of prefixes that holds all addresses.
 * @out:    room for @max prefixes; filled in ascending order, disjoint.
 * @addrs:  ascending, distinct; @bits of each count (128: addresses; 64: IPv6 networks), the rest is zero.
 * @price:  what a prefix costs, in idle addresses: cost(v) = min(price + idle(v), cost(left) + cost(right)), 0 without an
 *          active address; a prefix is taken where it costs no more than its halves do. 0: the exact list.
 * @widest: no prefix is shorter than this, of 128.
 *
 * Return: how many prefixes there are; when more than @max, the first @max of them are filled in.
 */
size_t gp_cidr_cover(struct gp_cidr *out, size_t max, const struct gp_addr *addrs, size_t count, unsigned int bits,
		     double price, unsigned int widest);

/* Addresses (of so many @bits) in so many prefixes. */
double gp_cidr_size(const struct gp_cidr *list, size_t count, unsigned int bits);

#endif
