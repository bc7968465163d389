/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few words that mean the same to clang's BPF target and to the native compiler. */
#ifndef GATEPOST_TYPES_H
#define GATEPOST_TYPES_H

#include <linux/types.h>

/*
 * GP_GLOBAL marks a function that the verifier checks once, by itself, for any argument (kernel >= 5.13 for
 * pointers to structures). Natively it is an ordinary static function. Its pointer arguments may be null for
 * all that the verifier knows, so each one is tested on entry. Weak, so that the compiler does not look into it from
 * outside: an argument that nobody reads would be left undefined by the callers, and refused by the verifier.
 */
#ifdef __bpf__
#define GP_GLOBAL __attribute__((noinline, weak))
#else
#define GP_GLOBAL static inline __attribute__((unused))
#endif

#define GP_INLINE static inline __attribute__((always_inline, unused))

/*
 * GP_FITS(pos, n, end): do n bytes lie between pos and end? The verifier learns a packet's bounds from one form
 * only, and the native compiler may not form a pointer beyond its object.
 */
#ifdef __bpf__
#define GP_FITS(pos, n, end) ((pos) + (n) <= (end))
#else
#define GP_FITS(pos, n, end) ((__u64)((end) - (pos)) >= (__u64)(n))
#endif

/* Counters that several CPUs may touch: atomic in the kernel, plain in the single-threaded native engine. */
#ifdef __bpf__
#define GP_ADD(counter, n) ((void)__sync_fetch_and_add(&(counter), (n)))
/* Keeps clang from undoing a bounds check that the verifier must see. */
#define GP_OPAQUE(x) asm volatile("" : "+r"(x))
#else
#define GP_ADD(counter, n) ((void)((counter) += (n)))
#define GP_OPAQUE(x) ((void)(x))
#endif

/* Compare-and-swap and fetch-or of a shared word; each returns what the word held before. */
GP_INLINE __u64 gp_cas(__u64 *word, __u64 expected, __u64 desired)
{
#ifdef __bpf__
	return __sync_val_compare_and_swap(word, expected, desired);
#else
	__u64 before = *word;

	if (before == expected)
		*word = desired;
	return before;
#endif
}

GP_INLINE __u32 gp_cas32(__u32 *word, __u32 expected, __u32 desired)
{
#ifdef __bpf__
	return __sync_val_compare_and_swap(word, expected, desired);
#else
	__u32 before = *word;

	if (before == expected)
		*word = desired;
	return before;
#endif
}

/* Adds to a shared word; returns what it held before. */
GP_INLINE __u64 gp_fetch_add(__u64 *word, __u64 n)
{
#ifdef __bpf__
	return __sync_fetch_and_add(word, n);
#else
	__u64 before = *word;

	*word = before + n;
	return before;
#endif
}

/* Empties a shared word; returns what it held. */
GP_INLINE __u64 gp_take(__u64 *word)
{
#ifdef __bpf__
	return __sync_lock_test_and_set(word, 0);
#else
	__u64 before = *word;

	*word = 0;
	return before;
#endif
}

GP_INLINE __u32 gp_take32(__u32 *word)
{
#ifdef __bpf__
	return __sync_lock_test_and_set(word, 0);
#else
	__u32 before = *word;

	*word = 0;
	return before;
#endif
}

GP_INLINE __u64 gp_fetch_or(__u64 *word, __u64 bits)
{
#ifdef __bpf__
	return __sync_fetch_and_or(word, bits);
#else
	__u64 before = *word;

	*word = before | bits;
	return before;
#endif
}

/* Takes the next number of a shared 32-bit counter. */
GP_INLINE __u32 gp_claim_number(__u32 *counter)
{
#ifdef __bpf__
	return __sync_fetch_and_add(counter, 1);
#else
	return (*counter)++;
#endif
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define gp_be16_to_host(x) __builtin_bswap16(x)
#define gp_be32_to_host(x) __builtin_bswap32(x)
#define gp_be64_to_host(x) __builtin_bswap64(x)
#else
#define gp_be16_to_host(x) (x)
#define gp_be32_to_host(x) (x)
#define gp_be64_to_host(x) (x)
#endif

/*
 * Loads from any address, as it lies on the wire. The BPF JITs load unaligned words as they are (the verifier refuses it
 * where the CPU cannot), where clang would copy byte by byte; natively memcpy() says so to the compiler.
 */
#ifdef __bpf__
#define GP_LOAD_RAW(type, p) (*(const type *)(p))
#else
#define GP_LOAD_RAW(type, p)                                                                                           \
	({                                                                                                             \
		type gp_loaded;                                                                                        \
		__builtin_memcpy(&gp_loaded, (p), sizeof(gp_loaded));                                                  \
		gp_loaded;                                                                                             \
	})
#endif

GP_INLINE __u16 gp_load_raw16(const void *p)
{
	return GP_LOAD_RAW(__u16, p);
}

GP_INLINE __u32 gp_load_raw32(const void *p)
{
	return GP_LOAD_RAW(__u32, p);
}

GP_INLINE __u64 gp_load_raw64(const void *p)
{
	return GP_LOAD_RAW(__u64, p);
}

/* The same, big-endian; the result is in host order. */
GP_INLINE __u16 gp_load_be16(const void *p)
{
	return gp_be16_to_host(gp_load_raw16(p));
}

GP_INLINE __u32 gp_load_be32(const void *p)
{
	return gp_be32_to_host(gp_load_raw32(p));
}

#endif
