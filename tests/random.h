/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance that repeats: the same state gives the same figures in each run. */
#ifndef GATEPOST_TESTS_RANDOM_H
#define GATEPOST_TESTS_RANDOM_H

#include <linux/types.h>

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline __u64 random_splitmix(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* xorshift64 (Marsaglia 2003); the state must not be 0. The lower bits are the poorer ones. */
static inline __u64 random_xorshift(__u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
