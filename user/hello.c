/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hello.h"

#include <string.h>

#include <gatepost/types.h>

enum {
	RECORD_HEADER = 5,
	HANDSHAKE_HEADER = 4,
	CONTENT_HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	RECORD_MAX = 16384, /* RFC 8446, 5.1 */
	RANDOM_BYTES = 32,
	SESSION_MAX = 32,
	EXT_SERVER_NAME = 0,
	EXT_SIGNATURE_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_SUPPORTED_VERSIONS = 43,
	NAME_HOST = 0,
};

/*
 * The handshake's bytes, with the headers of the records between them left out. `left` belongs to the vector that is
 * being read; a read beyond it gives 0 and sets `bad`. That the bytes are there was found out before.
 */
struct reader {
	const __u8 *at;
	size_t record; /* left of the record at `at` */
	size_t left;
	bool bad;
};

bool gp_hello_is_grease(__u16 value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* Moves to the next record when this one is used up. */
static void refill(struct reader *r)
{
	if (r->record)
		return;
	r->record = gp_load_be16(r->at + 3);
	r->at += RECORD_HEADER;
}

static __u8 read_u8(struct reader *r)
{
	if (!r->left) {
		r->bad = true;
		return 0;
	}
	refill(r);
	r->record--;
	r->left--;
	return *r->at++;
}

static __u16 read_u16(struct reader *r)
{
	__u8 high = read_u8(r);

	return (__u16)(high << 8 | read_u8(r));
}

static void skip(struct reader *r, size_t n)
{
	if (n > r->left) {
		r->bad = true;
		n = r->left;
	}
	r->left -= n;
	while (n) {
		size_t step;

		refill(r);
		step = n < r->record ? n : r->record;
		r->at += step;
		r->record -= step;
		n -= step;
	}
}

/* Enters a vector of n bytes. Return: what is left behind it; leave() wants it back. One that leaps out is shortened.
 */
static size_t enter(struct reader *r, size_t n)
{
	size_t behind;

	if (n > r->left) {
		r->bad = true;
		n = r->left;
	}
	behind = r->left - n;
	r->left = n;
	return behind;
}

static void leave(struct reader *r, size_t behind)
{
	skip(r, r->left);
	r->left = behind;
}

/* Notes a value in its list, or among the GREASE. */
static void note(struct gp_hello *out, __u16 value, __u16 *list, __u16 *count, unsigned room, __u16 *grease)
{
	if (gp_hello_is_grease(value))
		++*grease;
	else if (*count < room)
		list[(*count)++] = value;
	else
		out->more = true;
}

/* Reads a name of n bytes, of which the first GP_HELLO_NAME are kept. */
static void read_name(struct reader *r, struct gp_hello *out, size_t n, __u8 *name, __u8 *name_len)
{
	size_t behind = enter(r, n);

	if (r->left > GP_HELLO_NAME)
		out->more = true;
	*name_len = 0;
	while (r->left && *name_len < GP_HELLO_NAME)
		name[(*name_len)++] = read_u8(r);
	leave(r, behind);
}

/* RFC 6066, 3: at most one name of each type; only host_name was ever defined. */
static void read_server_name(struct reader *r, struct gp_hello *out)
{
	unsigned hosts = 0;
	size_t behind = enter(r, read_u16(r));

	out->has_sni = true;
	if (!r->left)
		r->bad = true;
	while (r->left) {
		__u8 type = read_u8(r);
		__u16 n = read_u16(r);

		if (type != NAME_HOST || hosts++) {
			if (type == NAME_HOST)
				r->bad = true;
			skip(r, n);
			continue;
		}
		if (n == 0 || n > GP_HELLO_NAME)
			r->bad = true;
		read_name(r, out, n, out->name, &out->name_len);
	}
	leave(r, behind);
}

static bool is_grease_protocol(const __u8 *name, __u8 len)
{
	return len == 2 && gp_hello_is_grease(gp_load_be16(name));
}

static void keep_protocol(struct gp_hello *out, const __u8 *name, __u8 len)
{
	if (out->protocols_len + 1u + len > GP_HELLO_PROTOCOLS) {
		out->more = true;
		return;
	}
	out->protocols[out->protocols_len++] = len;
	memcpy(out->protocols + out->protocols_len, name, len);
	out->protocols_len = (__u8)(out->protocols_len + len);
}

static void read_alpn(struct reader *r, struct gp_hello *out)
{
	__u8 name[GP_HELLO_NAME], name_len;
	size_t behind = enter(r, read_u16(r));

	if (!r->left)
		r->bad = true;
	while (r->left) {
		__u8 n = read_u8(r);

		if (!n)
			r->bad = true;
		read_name(r, out, n, name, &name_len);
		if (is_grease_protocol(name, name_len)) {
			out->grease_protocols++;
			continue;
		}
		keep_protocol(out, name, name_len);
		if (!out->n_protocols++) {
			memcpy(out->protocol, name, name_len);
			out->protocol_len = name_len;
		}
	}
	leave(r, behind);
}

static void read_sigalgs(struct reader *r, struct gp_hello *out)
{
	size_t behind = enter(r, read_u16(r));

	if (r->left < 2 || r->left % 2)
		r->bad = true;
	while (r->left >= 2)
		note(out, read_u16(r), out->sigalgs, &out->n_sigalgs, GP_HELLO_SIGALGS, &out->grease_sigalgs);
	leave(r, behind);
}

static void read_versions(struct reader *r, struct gp_hello *out)
{
	size_t behind = enter(r, read_u8(r));

	if (r->left < 2 || r->left % 2)
		r->bad = true;
	while (r->left >= 2) {
		__u16 version = read_u16(r);

		if (gp_hello_is_grease(version))
			out->grease_versions++;
		else if (version > out->supported_version)
			out->supported_version = version;
	}
	leave(r, behind);
}

static bool seen_before(const struct gp_hello *out, __u16 type)
{
	for (unsigned i = 0; i < out->n_extensions; i++) {
		if (out->extensions[i] == type)
			return true;
	}
	return false;
}

/* One of each type is allowed (RFC 8446, 4.2); of a repeated one the first is read. */
static void read_extension(struct reader *r, struct gp_hello *out)
{
	__u16 type = read_u16(r);
	size_t behind = enter(r, read_u16(r));
	bool repeated = seen_before(out, type);

	note(out, type, out->extensions, &out->n_extensions, GP_HELLO_EXTENSIONS, &out->grease_extensions);
	if (repeated) {
		r->bad = true;
		leave(r, behind);
		return;
	}
	switch (type) {
	case EXT_SERVER_NAME:
		read_server_name(r, out);
		break;
	case EXT_SIGNATURE_ALGORITHMS:
		read_sigalgs(r, out);
		break;
	case EXT_ALPN:
		read_alpn(r, out);
		break;
	case EXT_SUPPORTED_VERSIONS:
		read_versions(r, out);
		break;
	default:
		leave(r, behind);
		return;
	}
	if (r->left) /* bytes behind the list */
		r->bad = true;
	leave(r, behind);
}

/* Everything in front of the extensions. Return: do its lengths agree? */
static bool read_fixed(struct reader *r, struct gp_hello *out)
{
	size_t n, behind;

	out->legacy_version = read_u16(r);
	skip(r, RANDOM_BYTES);
	n = read_u8(r);
	if (n > SESSION_MAX)
		return false;
	skip(r, n);
	n = read_u16(r);
	if (n < 2 || n % 2 || n > r->left)
		return false;
	behind = enter(r, n);
	while (r->left)
		note(out, read_u16(r), out->ciphers, &out->n_ciphers, GP_HELLO_CIPHERS, &out->grease_ciphers);
	leave(r, behind);
	n = read_u8(r);
	if (n < 1)
		return false;
	skip(r, n);
	return !r->bad;
}

static void read_extensions(struct reader *r, struct gp_hello *out)
{
	size_t behind;

	if (!r->left) /* they came with TLS 1.0, and remained optional up to 1.2 */
		return;
	behind = enter(r, read_u16(r));
	if (behind)
		r->bad = true;
	while (r->left)
		read_extension(r, out);
	leave(r, behind);
}

/* Do n bytes begin as a record of handshake messages does, as far as they go? The minor version says nothing. */
static bool is_record(const __u8 *data, size_t n)
{
	if ((n > 0 && data[0] != CONTENT_HANDSHAKE) || (n > 1 && data[1] != 3))
		return false;
	if (n < RECORD_HEADER)
		return true;
	n = gp_load_be16(data + 3);
	return n > 0 && n <= RECORD_MAX;
}

/* How far the records go that hold the hello. */
struct extent {
	size_t hello;     /* length of the handshake message with its header, 0 while unknown */
	size_t handshake; /* bytes of handshake messages, those that are still to come in the last record included */
	size_t had;       /* those that are here */
	__u8 head[HANDSHAKE_HEADER];
};

/* Notes the first bytes of the message. Return: can it be a hello? */
static bool take_head(struct extent *e, const __u8 *data, size_t n)
{
	size_t i;

	for (i = e->had; i < HANDSHAKE_HEADER && i - e->had < n; i++)
		e->head[i] = data[i - e->had];
	e->had += n;
	if (e->had > 0 && e->head[0] != CLIENT_HELLO)
		return false;
	if (e->had < HANDSHAKE_HEADER)
		return true;
	e->hello = HANDSHAKE_HEADER + ((size_t)e->head[1] << 16 | gp_load_be16(e->head + 2));
	return e->hello <= HANDSHAKE_HEADER + GP_HELLO_BYTES;
}

/* Walks the records until the hello is whole. Return: as gp_hello_parse(). */
static int measure(struct extent *e, const __u8 *data, size_t len)
{
	for (unsigned records = 0; !e->hello || e->had < e->hello; records++) {
		size_t size, here;

		if (!is_record(data, len) || records == GP_HELLO_RECORDS)
			return -1;
		if (len < RECORD_HEADER)
			return 0;
		size = gp_load_be16(data + 3);
		data += RECORD_HEADER;
		len -= RECORD_HEADER;
		here = size < len ? size : len;
		e->handshake += size;
		if (!take_head(e, data, here))
			return -1;
		if (here < size)
			return e->hello && e->had >= e->hello;
		data += here;
		len -= here;
	}
	return 1;
}

int gp_hello_parse(struct gp_hello *out, const __u8 *data, size_t len)
{
	struct extent e = { 0 };
	struct reader r = { .at = data };
	int whole = measure(&e, data, len);

	if (whole <= 0)
		return whole;
	memset(out, 0, sizeof(*out));
	r.left = e.hello;
	skip(&r, HANDSHAKE_HEADER);
	if (!read_fixed(&r, out) || out->legacy_version >> 8 != 3)
		return -1;
	read_extensions(&r, out);
	out->malformed = r.bad || e.handshake != e.hello;
	return 1;
}
