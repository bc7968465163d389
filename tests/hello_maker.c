/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hello_maker.h"

#include <stdlib.h>
#include <string.h>

void maker_bytes(struct maker *m, const void *bytes, size_t n)
{
	if (n > MAKER_ROOM - m->len)
		abort();
	if (n)
		memcpy(m->bytes + m->len, bytes, n);
	m->len += n;
}

static void put(__u8 *at, unsigned long value, size_t width)
{
	while (width--)
		*at++ = (__u8)(value >> 8 * width);
}

void maker_number(struct maker *m, unsigned long value, size_t width)
{
	__u8 bytes[4];

	put(bytes, value, width);
	maker_bytes(m, bytes, width);
}

void maker_values(struct maker *m, const __u16 *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		maker_number(m, values[i], 2);
}

size_t maker_open(struct maker *m, size_t width)
{
	maker_number(m, 0, width);
	return m->len;
}

void maker_close(struct maker *m, size_t at, size_t width)
{
	put(m->bytes + at - width, m->len - at, width);
	if (m->n_lengths == MAKER_LENGTHS)
		return;
	m->lengths[m->n_lengths].at = at - width;
	m->lengths[m->n_lengths++].width = width;
}

void maker_bend(struct maker *m, unsigned field, int by)
{
	__u8 *at = m->bytes + m->lengths[field].at;
	size_t width = m->lengths[field].width;
	unsigned long value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | at[i];
	put(at, value + (unsigned long)by, width);
}

static void put_name(struct maker *m, const char *name)
{
	size_t list = maker_open(m, 2), one;

	maker_number(m, 0, 1);
	one = maker_open(m, 2);
	maker_bytes(m, name, strlen(name));
	maker_close(m, one, 2);
	maker_close(m, list, 2);
}

static void put_protocols(struct maker *m, const char *const protocols[4])
{
	size_t list = maker_open(m, 2), one;

	for (unsigned i = 0; i < 4 && protocols[i]; i++) {
		one = maker_open(m, 1);
		maker_bytes(m, protocols[i], strlen(protocols[i]));
		maker_close(m, one, 1);
	}
	maker_close(m, list, 2);
}

static void put_values(struct maker *m, const __u16 *values, size_t n, size_t width)
{
	size_t list = maker_open(m, width);

	maker_values(m, values, n);
	maker_close(m, list, width);
}

static void put_extension(struct maker *m, __u16 type, const struct offer *offer)
{
	size_t data;

	maker_number(m, type, 2);
	data = maker_open(m, 2);
	if (type == 0)
		put_name(m, offer->name);
	else if (type == 13)
		put_values(m, offer->sigalgs, offer->n_sigalgs, 2);
	else if (type == 16)
		put_protocols(m, offer->protocols);
	else if (type == 43)
		put_values(m, offer->versions, offer->n_versions, 1);
	maker_close(m, data, 2);
}

void maker_hello(struct maker *m, const struct offer *offer)
{
	size_t record, message, at;

	m->len = 0;
	m->n_lengths = 0;
	maker_number(m, 22, 1);
	maker_number(m, offer->record_version, 2);
	record = maker_open(m, 2);
	maker_number(m, 1, 1);
	message = maker_open(m, 3);
	maker_number(m, offer->version, 2);
	maker_bytes(m, "0123456789abcdef0123456789abcdef", 32);
	at = maker_open(m, 1);
	maker_bytes(m, "a session's name", 16);
	maker_close(m, at, 1);
	put_values(m, offer->ciphers, offer->n_ciphers, 2);
	at = maker_open(m, 1);
	maker_number(m, 0, 1);
	maker_close(m, at, 1);
	if (offer->n_extensions) {
		at = maker_open(m, 2);
		for (size_t i = 0; i < offer->n_extensions; i++)
			put_extension(m, offer->extensions[i], offer);
		maker_close(m, at, 2);
	}
	maker_close(m, message, 3);
	maker_close(m, record, 2);
}

void maker_cut(struct maker *out, const struct maker *whole, size_t size)
{
	out->len = 0;
	out->n_lengths = 0;
	for (size_t at = 5; at < whole->len; at += size) {
		size_t n = whole->len - at < size ? whole->len - at : size;

		maker_bytes(out, whole->bytes, 3);
		maker_number(out, n, 2);
		maker_bytes(out, whole->bytes + at, n);
	}
}
