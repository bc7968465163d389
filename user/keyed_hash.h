/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name for some bytes in tables and sketches, of 64 bits: who does not know the secret cannot make two of them collide. */
#ifndef GATEPOST_KEYED_HASH_H
#define GATEPOST_KEYED_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/sketch.h>

/* @fold_case: letters A to Z count as a to z. */
static inline __u64 gp_keyed_hash(__u64 secret, const void *data, size_t len, bool fold_case)
{
	const __u8 *bytes = data;
	__u64 hash = gp_mix(secret, len), word = 0;

	for (size_t i = 0; i < len; i++) {
		__u8 c = fold_case && bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i];

		word = word << 8 | c;
		if (i % 8 == 7)
			hash = gp_mix(hash, word);
	}
	return gp_mix(hash, word);
}

#endif
