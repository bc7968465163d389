/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TLS ClientHello at the beginning of a segment (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2; extensions: RFC 6066). */
#ifndef GATEPOST_TLS_H
#define GATEPOST_TLS_H

#include <gatepost/abi.h>
#include <gatepost/peek.h>
#include <gatepost/types.h>

#define GP_TLS_EXTENSIONS 32u /* a browser sends 15 to 20 */
#define GP_TLS_VERSIONS 127u  /* what the length byte of supported_versions can announce */

/* Counts are those of the wire, GREASE values (RFC 8701) included: a client sends equally many of them each time. */
struct gp_tls_hello {
	__u8 match;	   /* enum gp_match */
	__u8 sni;	   /* enum gp_sni */
	__u8 alpn_present;
	__u8 complete;	   /* the whole hello was in the window and its lengths agree */
	__u16 version;	   /* the highest SSL or TLS version of supported_versions, else legacy_version */
	__u16 ciphers;	   /* 0 when the window ends before their count */
	__u16 extensions;  /* as far as they were seen */
};

enum {
	GP_TLS_HANDSHAKE = 22,
	GP_TLS_CLIENT_HELLO = 1,
	GP_TLS_EXT_SERVER_NAME = 0,
	GP_TLS_EXT_ALPN = 16,
	GP_TLS_EXT_SUPPORTED_VERSIONS = 43,
	GP_TLS_HELLO_AT = 9,	 /* behind the record's and the handshake's headers */
	GP_TLS_SESSION_AT = 43, /* behind legacy_version and random */
};

/**
 * gp_tls_top_version() - the highest version of a supported_versions extension.
 * @at, @stop: the extension's data, [at, stop), as far as it lies in the window.
 *
 * Only 0x03xx is a version of the protocol's own numbering; GREASE values and drafts are not compared.
 *
 * Return: the version, 0 when there is none.
 */
GP_GLOBAL int gp_tls_top_version(const struct gp_window *w, __u32 at, __u32 stop)
{
	__u64 pos, list_end, i, end;
	__u32 version, top = 0;

	if (!w)
		return 0;
	end = gp_peek_end(w);
	if (stop > end)
		stop = (__u32)end;
	if (at >= stop)
		return 0;
	list_end = at + 1ull + gp_peek_u8(w, at);
	if (list_end > stop)
		list_end = stop;
	for (i = 0; i < GP_TLS_VERSIONS; i++) {
		pos = at + 1ull + 2 * i;
		if (pos + 2 > list_end)
			break;
		version = gp_peek_be16(w, pos);
		if (version >> 8 == 3 && version > top)
			top = version;
		GP_OPAQUE(top);
	}
	return (int)(top & 0xffff);
}

/* The bytes that tell a ClientHello from everything else; SSLv2's form is none. */
GP_INLINE enum gp_match gp_tls_prefix(const struct gp_window *w, __u64 end)
{
	__u64 word = gp_peek_word(w, 0, end);
	__u32 record_len = (__u32)(word >> 24 & 0xff) << 8 | (__u32)(word >> 32 & 0xff);
	enum gp_match match = gp_peek_token(word, end, GP_WORD8(GP_TLS_HANDSHAKE, 3, 0, 0, 0, 0, 0, 0), 2);

	if (match != GP_MATCH_YES)
		return match;
	if (end > 2 && (word >> 16 & 0xff) > 4)
		return GP_MATCH_NO;
	/* RFC 8449 aside, a record carries 2^14 bytes; older ones may add 2048. */
	if (end > 4 && (record_len == 0 || record_len > 16384 + 2048))
		return GP_MATCH_NO;
	if (end > 5 && (word >> 40 & 0xff) != GP_TLS_CLIENT_HELLO)
		return GP_MATCH_NO;
	/* A hello cut into tiny records says no more than its type. */
	if (end > 5 && record_len < 6)
		return GP_MATCH_YES;
	/* The handshake's length has 24 bits; no hello needs the highest 8. */
	if (end > 6 && (word >> 48 & 0xff) != 0)
		return GP_MATCH_NO;
	if (end > 9 && gp_peek_u8(w, 9) != 3)
		return GP_MATCH_NO;
	if (end > 10 && gp_peek_u8(w, 10) > 4)
		return GP_MATCH_NO;
	return end > 10 ? GP_MATCH_YES : GP_MATCH_PARTIAL;
}

/*
 * Reads the extension at pos; stop is where the hello's extensions end, end where the readable bytes do. It stands
 * apart so that the verifier walks it once. Returns where the next extension begins, 0 when this one leaps over stop.
 */
GP_GLOBAL int gp_tls_extension(const struct gp_window *w, struct gp_tls_hello *out, __u32 pos, __u32 stop, __u32 end)
{
	__u32 type, size, next;
	int version;

	if (!w || !out)
		return 0;
	type = gp_peek_be16(w, pos);
	size = gp_peek_be16(w, pos + 2ull);
	next = pos + 4 + size;
	if (next > stop)
		return 0;
	out->extensions++;
	/* A list's length, an entry's type and length, and a name: 6 bytes name one letter. */
	if (type == GP_TLS_EXT_SERVER_NAME && size >= 6)
		out->sni = GP_SNI_PRESENT;
	if (type == GP_TLS_EXT_ALPN)
		out->alpn_present = 1;
	if (type == GP_TLS_EXT_SUPPORTED_VERSIONS) {
		version = gp_tls_top_version(w, pos + 4, next < end ? next : end);
		if (version)
			out->version = (__u16)version;
	}
	return (int)next;
}

/* Walks the extensions from pos up to stop. Returns 1 when the walk ended exactly there. */
GP_INLINE int gp_tls_extensions(const struct gp_window *w, struct gp_tls_hello *out, __u32 pos, __u32 stop, __u32 end)
{
	__u32 i;

	for (i = 0; i < GP_TLS_EXTENSIONS; i++) {
		if (pos + 4 > stop || pos + 4 > end)
			break;
		pos = (__u32)gp_tls_extension(w, out, pos, stop, end);
		if (!pos)
			break;
	}
	return pos == stop;
}

/* Reads on behind the prefix. Returns GP_MATCH_NO when a length in front of the extensions contradicts the hello. */
GP_INLINE enum gp_match gp_tls_body(const struct gp_window *w, struct gp_tls_hello *out, __u64 end)
{
	__u64 record_end = 5 + (__u64)gp_peek_be16(w, 3), hello_end, pos, size, stop;

	if (record_end < 11)
		return GP_MATCH_YES;
	/* A hello may go on in the next record, behind another header: only the first record is read. */
	if (end > record_end)
		end = record_end;
	hello_end = GP_TLS_HELLO_AT + (__u64)gp_peek_be16(w, 7);
	out->version = gp_peek_be16(w, 9);
	if (hello_end <= GP_TLS_SESSION_AT)
		return GP_MATCH_NO;
	if (end <= GP_TLS_SESSION_AT)
		return GP_MATCH_YES;
	size = gp_peek_u8(w, GP_TLS_SESSION_AT);
	pos = GP_TLS_SESSION_AT + 1 + size;
	if (size > 32 || pos + 2 > hello_end)
		return GP_MATCH_NO;
	if (pos + 2 > end)
		return GP_MATCH_YES;
	size = gp_peek_be16(w, pos);
	pos += 2 + size;
	if (size < 2 || size % 2 || pos + 1 > hello_end)
		return GP_MATCH_NO;
	out->ciphers = (__u16)(size / 2);
	if (pos + 1 > end)
		return GP_MATCH_YES;
	size = gp_peek_u8(w, pos);
	pos += 1 + size;
	if (size < 1 || pos > hello_end)
		return GP_MATCH_NO;
	if (pos == hello_end) { /* extensions came with TLS 1.0, and remained optional */
		out->complete = hello_end <= end;
		return GP_MATCH_YES;
	}
	if (pos + 2 > end)
		return GP_MATCH_YES;
	stop = pos + 2 + gp_peek_be16(w, pos);
	size = stop < hello_end ? stop : hello_end;
	out->complete = gp_tls_extensions(w, out, (__u32)pos + 2, (__u32)size, (__u32)end) && stop == hello_end &&
			hello_end <= end;
	return GP_MATCH_YES;
}

/**
 * gp_tls_client_hello() - the ClientHello at the beginning of a client's segment.
 * @w:   the payload.
 * @out: filled in, whatever the answer.
 *
 * GP_MATCH_PARTIAL: the first 11 bytes are not all there, and those that are fit. A hello that goes on behind the
 * window or in a second record, has extensions whose lengths contradict it, or more than GP_TLS_EXTENSIONS of them, is
 * GP_MATCH_YES and not complete; then sni is GP_SNI_UNKNOWN unless server_name was met. One that contradicts itself
 * before that is GP_MATCH_NO.
 *
 * Return: enum gp_match, as in out->match.
 */
GP_GLOBAL int gp_tls_client_hello(const struct gp_window *w, struct gp_tls_hello *out)
{
	__u64 end;

	if (!w || !out)
		return GP_MATCH_NO;
	out->sni = GP_SNI_UNKNOWN;
	out->alpn_present = 0;
	out->complete = 0;
	out->version = 0;
	out->ciphers = 0;
	out->extensions = 0;
	end = gp_peek_end(w);
	out->match = (__u8)gp_tls_prefix(w, end);
	GP_SETTLE();
	if (out->match == GP_MATCH_YES) {
		out->match = (__u8)gp_tls_body(w, out, end);
		GP_SETTLE();
	}
	if (out->complete && out->sni == GP_SNI_UNKNOWN)
		out->sni = GP_SNI_ABSENT;
	return out->match;
}

#endif
