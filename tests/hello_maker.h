/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHellos made by hand, piece by piece, with lengths that are filled in at the end or are wrong on purpose. */
#ifndef GATEPOST_TESTS_HELLO_MAKER_H
#define GATEPOST_TESTS_HELLO_MAKER_H

#include <stddef.h>

#include <linux/types.h>

#define MAKER_ROOM 40000u
#define MAKER_LENGTHS 64u

struct maker {
	size_t len;
	__u8 bytes[MAKER_ROOM];
	struct {
		size_t at, width;
	} lengths[MAKER_LENGTHS]; /* where each length field was written, in the order in which they were closed */
	unsigned n_lengths;
};

/* Appends a number of 1 to 3 bytes, most significant first; n bytes; n 16-bit values. */
void maker_number(struct maker *m, unsigned long value, size_t width);
void maker_bytes(struct maker *m, const void *bytes, size_t n);
void maker_values(struct maker *m, const __u16 *values, size_t n);

/* Begins a vector with a length field of so many bytes. Return: what maker_close() wants. */
size_t maker_open(struct maker *m, size_t width);
void maker_close(struct maker *m, size_t at, size_t width);

/* Adds to a length field that was closed. */
void maker_bend(struct maker *m, unsigned field, int by);

/* What a hello offers. */
struct offer {
	__u16 record_version, version;
	const __u16 *ciphers;
	size_t n_ciphers;
	const __u16 *extensions; /* written in this order; what is not known below is empty */
	size_t n_extensions;
	const __u16 *sigalgs;
	size_t n_sigalgs;
	const __u16 *versions;
	size_t n_versions;
	const char *name;
	const char *protocols[4]; /* up to the first NULL */
};

/* One hello in one record, from the first byte on. */
void maker_hello(struct maker *m, const struct offer *offer);

/* The same handshake message in records of `size` bytes; the last one may be shorter. */
void maker_cut(struct maker *out, const struct maker *whole, size_t size);

#endif
