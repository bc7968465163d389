/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded reads from a payload window, eight bytes at a time where that is possible. A word holds its first byte in
 * its lowest 8 bits, on every machine.
 */
#ifndef GATEPOST_PEEK_H
#define GATEPOST_PEEK_H

#include <gatepost/abi.h>
#include <gatepost/types.h>

/* What a recogniser says of a payload's beginning. PARTIAL: all of it fits, and it ends too early to be sure. */
enum gp_match {
	GP_MATCH_NO,
	GP_MATCH_PARTIAL,
	GP_MATCH_YES,
};

#define GP_WORD4(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)
#define GP_WORD8(a, b, c, d, e, f, g, h) ((__u64)GP_WORD4(a, b, c, d) | (__u64)GP_WORD4(e, f, g, h) << 32)

/*
 * Paths of a loop meet again in the verifier only when their registers agree; it does not follow what lies in
 * memory. So the compiler is made to put it there.
 */
#ifdef __bpf__
#define GP_SETTLE() asm volatile("" ::: "memory")
#else
#define GP_SETTLE() ((void)0)
#endif

/**
 * gp_peek_end() - how many bytes of a window may be read.
 * @w: its len is believed up to GP_WINDOW_BYTES only.
 */
GP_INLINE __u32 gp_peek_end(const struct gp_window *w)
{
	return w->len < GP_WINDOW_BYTES ? w->len : GP_WINDOW_BYTES;
}

/**
 * gp_peek_u8() - the byte at an offset that the caller has compared with gp_peek_end().
 * An offset beyond the window wraps round: never a wild read, only a meaningless value.
 */
GP_INLINE __u8 gp_peek_u8(const struct gp_window *w, __u64 at)
{
	GP_OPAQUE(at);
	return w->data[at & (GP_WINDOW_BYTES - 1)];
}

/* gp_peek_be16() - two bytes in network order, as gp_peek_u8(). */
GP_INLINE __u16 gp_peek_be16(const struct gp_window *w, __u64 at)
{
	return (__u16)(gp_peek_u8(w, at) << 8 | gp_peek_u8(w, at + 1));
}

/* gp_peek_aligned() - the eight bytes at an offset that is rounded down to a multiple of eight; it wraps round too. */
GP_INLINE __u64 gp_peek_aligned(const struct gp_window *w, __u64 at)
{
	const void *p; /* typed, clang would load from it byte by byte */
	__u64 word;

	GP_OPAQUE(at);
	p = &w->data[at & (GP_WINDOW_BYTES - 8)];
#ifdef __bpf__
	word = *(const __u64 *)p;
#else
	__builtin_memcpy(&word, p, sizeof(word));
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* gp_peek_mask() - ones over the first n bytes of a word; n of 8 or more is all of it. */
GP_INLINE __u64 gp_peek_mask(__u64 n)
{
	return n < 8 ? (1ull << (8 * n)) - 1 : ~0ull;
}

/**
 * gp_peek_word() - the first bytes of data[start..end), eight at most, zeros after them.
 * @start, @end: start <= end <= gp_peek_end(); bytes at end and after it do not matter.
 */
GP_INLINE __u64 gp_peek_word(const struct gp_window *w, __u64 start, __u64 end)
{
	__u64 shift = 8 * (start & 7), low = gp_peek_aligned(w, start), high = gp_peek_aligned(w, start + 8);

	/* Two shifts, for a single one by 64 is undefined. */
	return (low >> shift | (high << 1) << (63 - shift)) & gp_peek_mask(end - start);
}

/**
 * gp_peek_upper() - ASCII letters of a word in upper case, every other byte as it is.
 *
 * Adding what is missing from 'a', and from the byte after 'z', to bit 7 of each byte's lower seven bits sets that
 * bit; a lower-case letter has the first sum's and not the second's.
 */
GP_INLINE __u64 gp_peek_upper(__u64 word)
{
	const __u64 ones = 0x0101010101010101ull;
	__u64 low = word & (0x7f * ones);
	__u64 from_a = low + (0x80 - 'a') * ones, after_z = low + (0x80 - 'z' - 1) * ones;

	return word ^ ((from_a & ~after_z & ~word & (0x80 * ones)) >> 2);
}

/* gp_peek_has_lf() - does a line feed stand among the eight bytes at an offset, rounded down to a multiple of eight? */
GP_INLINE int gp_peek_has_lf(const struct gp_window *w, __u64 at)
{
	const __u64 ones = 0x0101010101010101ull;
	__u64 word = gp_peek_aligned(w, at) ^ ('\n' * ones);

	return ((word - ones) & ~word & (0x80 * ones)) != 0;
}

/**
 * gp_peek_token() - compare the first bytes of a text with a token.
 * @word:  from gp_peek_word().
 * @seen:  bytes of the text that are there.
 * @token: from GP_WORD8(), zeros behind its end.
 * @size:  bytes of the token, 8 at most.
 */
GP_INLINE enum gp_match gp_peek_token(__u64 word, __u64 seen, __u64 token, __u64 size)
{
	if ((word ^ token) & gp_peek_mask(seen < size ? seen : size))
		return GP_MATCH_NO;
	return seen < size ? GP_MATCH_PARTIAL : GP_MATCH_YES;
}

#endif
