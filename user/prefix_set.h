/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An immutable set of prefixes: which of them holds an address? Pure. All prefixes are cut into disjoint pieces once, so
 * that an address is found by halving, among the pieces that begin with its first 16 bits. 45 bytes per prefix, and 512 KiB.
 */
#ifndef GATEPOST_PREFIX_SET_H
#define GATEPOST_PREFIX_SET_H

#include <stddef.h>

#include "cidr.h"

#define GP_PREFIX_NONE 0xffffffffu

struct gp_prefix_set;

/**
 * gp_prefix_set_open() - a set of prefixes, IPv4 and IPv6.
 * @prefixes: masked to their bits; may be freed afterwards. One of 96 bits or more below ::ffff:0:0/96 is IPv4, and no
 *            IPv6 prefix holds IPv4 addresses, ::/0 neither. One that is there twice is held by its first place.
 * @count: below GP_PREFIX_NONE / 4.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_prefix_set_open(struct gp_prefix_set **out, const struct gp_cidr *prefixes, size_t count);

/* Return: the place in @prefixes of the longest one that holds the address, or GP_PREFIX_NONE. NULL is the empty set. */
__u32 gp_prefix_set_find(const struct gp_prefix_set *set, const struct gp_addr *addr);

/**
 * gp_prefix_set_find_prefix() - the same for all addresses of a prefix.
 *
 * Return: the place of the longest one that holds every address of it, or GP_PREFIX_NONE.
 */
__u32 gp_prefix_set_find_prefix(const struct gp_prefix_set *set, const struct gp_addr *addr, unsigned int bits);

/* Return: the place of the next longest one that holds all of the one at @place: its equal, or shorter; or GP_PREFIX_NONE. */
__u32 gp_prefix_set_around(const struct gp_prefix_set *set, __u32 place);

void gp_prefix_set_close(struct gp_prefix_set *set);

#endif
