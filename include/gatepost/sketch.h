/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyed hashes and HyperLogLog updates. Estimates are made in the agent (user/hll.c): no floating point here. */
#ifndef GATEPOST_SKETCH_H
#define GATEPOST_SKETCH_H

#include <gatepost/abi.h>
#include <gatepost/types.h>

/* One word into a running 64-bit hash; shifts and multipliers of splitmix64's finaliser (Steele, Lea, Flood 2014). */
GP_INLINE __u64 gp_mix(__u64 hash, __u64 word)
{
	hash ^= word;
	hash ^= hash >> 30;
	hash *= 0xbf58476d1ce4e5b9ull;
	hash ^= hash >> 27;
	hash *= 0x94d049bb133111ebull;
	hash ^= hash >> 31;
	return hash;
}

GP_INLINE __u64 gp_hash_addr(__u64 secret, const struct gp_addr *addr)
{
	return gp_mix(gp_mix(secret, addr->halves[0]), addr->halves[1]);
}

/*
 * Trailing zeros, by halving: clang 14 has no instruction for them on the BPF target and fails on the builtin.
 * @word: not 0.
 */
GP_INLINE __u8 gp_trailing_zeros(__u64 word)
{
	__u8 zeros = 0;

	for (__u32 half = 32; half; half /= 2) {
		if (word & ((1ull << half) - 1))
			continue;
		zeros += half;
		word >>= half;
	}
	return zeros;
}

/**
 * gp_hll_add() - note one more member.
 * @hash: of the member; all 64 bits are used: 6 choose the register, the rank is that of the others.
 *
 * A race between CPUs loses at most this update until the member comes again: registers only grow.
 * Return: 1 when the register had been empty, else 0.
 */
GP_INLINE int gp_hll_add(struct gp_hll *hll, __u64 hash)
{
	__u32 index = hash & (GP_HLL_REGISTERS - 1);
	__u64 rest = (hash >> 6) | (1ull << 58); /* the sentinel bounds the rank at 59 */
	__u8 rank = gp_trailing_zeros(rest) + 1, before = hll->registers[index];

	if (before < rank)
		hll->registers[index] = rank;
	return !before;
}

#endif
