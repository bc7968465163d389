/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is outside: addresses and names by number, so that nobody has to be stored. */
#ifndef GATEPOST_TRAFFIC_UNIVERSE_H
#define GATEPOST_TRAFFIC_UNIVERSE_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

enum outside {
	OUTSIDE_SITE,	  /* web servers; small numbers are the popular ones */
	OUTSIDE_MX,	  /* mail servers of others, each in a network of its own */
	OUTSIDE_PROVIDER, /* submission and mailboxes */
	OUTSIDE_SERVICE,  /* telemetry, games, pools */
	OUTSIDE_PEER,
	OUTSIDE_DEAD,	  /* nobody answers */
	OUTSIDE_HUMAN,	  /* clients */
	OUTSIDE_MTA,	  /* clients that send mail */
};

#define UNIVERSE_SITES 30000u
#define UNIVERSE_MX 5000u

/* @number: any. Addresses of IPv4 are public, and in none of the networks that range profiles use. */
void universe_address(struct gp_addr *out, __u64 seed, enum outside kind, __u32 number, bool ipv6);

/* 10.1.2.3 as a number of host order. */
void universe_v4(struct gp_addr *out, __u32 address);

#define UNIVERSE_NAME 40u
#define UNIVERSE_SHOP 1000000u /* of OUTSIDE_SITE: shop.example, the first inside server's name */

/* A domain, without a host's name in front; below .example. Return: its length. */
size_t universe_domain(char out[UNIVERSE_NAME], __u64 seed, enum outside kind, __u32 number);

#endif
