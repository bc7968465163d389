// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls.h"

#include <stdbool.h>
#include <string.h>

#include "chance.h"

#define NOISE 65536u
#define RECORD_PLAIN 4000u /* where programs cut what they send; TALK_ROOM bounds it */
#define GREASE 0x0a0a	   /* stands for a value of RFC 8701 */
#define LIST(...) (const __u16[]){ __VA_ARGS__, 0 }

struct hello_row {
	const __u16 *ciphers, *extensions, *groups, *sigalgs; /* up to 0; server_name is 1 here, since 0 ends */
	const char *protocols; /* as in ALPN; NULL */
	size_t padded;	       /* to so many bytes of message */
	bool tls13;
};

#define SERVER_NAME 1
#define BROWSER_CIPHERS 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035
#define OPENSSL_CIPHERS 0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, \
	0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033, 0x009d, 0x009c, 0x003d, 0x003c, \
	0x0035, 0x002f, 0x00ff
#define BROWSER_SIGALGS 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601
#define OPENSSL_SIGALGS 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, \
	0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602
#define WEB_PROTOCOLS "\x02h2\x08http/1.1"
#define ONE_PROTOCOL "\x08http/1.1"

static const struct hello_row rows[TLS_CLIENTS] = {
	[TLS_CHROME] = { LIST(GREASE, BROWSER_CIPHERS),
			 LIST(GREASE, 51, 10, 23, 13, SERVER_NAME, 45, 5, 35, 27, 43, 18, 0xff01, 16, 11, 17613, 65037),
			 LIST(GREASE, 0x11ec, 29, 23, 24), LIST(BROWSER_SIGALGS), WEB_PROTOCOLS, 0, true },
	[TLS_FIREFOX] = { LIST(0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014,
			       0x009c, 0x009d, 0x002f, 0x0035),
			  LIST(SERVER_NAME, 23, 0xff01, 10, 11, 35, 16, 5, 34, 51, 43, 13, 45, 28),
			  LIST(29, 23, 24, 25, 256, 257), LIST(BROWSER_SIGALGS, 0x0203, 0x0201), WEB_PROTOCOLS, 508, true },
	[TLS_SAFARI] = { LIST(GREASE, 0x1301, 0x1302, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0xc00a, 0xc009, 0xc014,
			      0xc013, 0x009d, 0x009c, 0x0035, 0x002f),
			 LIST(GREASE, SERVER_NAME, 23, 0xff01, 10, 11, 16, 5, 13, 18, 51, 45, 43, 27),
			 LIST(GREASE, 29, 23, 24, 25), LIST(0x0403, 0x0804, 0x0401, 0x0503, 0x0203, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201),
			 WEB_PROTOCOLS, 508, true },
	[TLS_ANDROID] = { LIST(BROWSER_CIPHERS), LIST(SERVER_NAME, 23, 0xff01, 10, 11, 35, 16, 5, 13, 51, 45, 43), LIST(29, 23, 24),
			  LIST(BROWSER_SIGALGS), WEB_PROTOCOLS, 508, true },
	[TLS_SCHANNEL] = { LIST(0x1302, 0x1301, 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014,
				0xc013, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f),
			   LIST(SERVER_NAME, 5, 10, 11, 13, 35, 23, 43, 45, 51, 0xff01), LIST(29, 23, 24),
			   LIST(0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603), NULL, 0, true },
	[TLS_OPENSSL] = { LIST(OPENSSL_CIPHERS), LIST(SERVER_NAME, 11, 10, 35, 22, 23, 13, 43, 45, 51), LIST(29, 23, 30, 25, 24, 256, 257),
			  LIST(OPENSSL_SIGALGS), NULL, 508, true },
	[TLS_GNUTLS] = { LIST(0x1302, 0x1303, 0x1301, 0x1304, 0xc02c, 0xcca9, 0xc0ad, 0xc00a, 0xc02b, 0xc0ac, 0xc009, 0xc030, 0xcca8, 0xc014,
			      0xc02f, 0xc013, 0x009d, 0xc09d, 0x0035, 0x009c, 0xc09c, 0x002f, 0x00ff),
			 LIST(5, 10, 11, 13, 22, 23, 35, 51, 43, SERVER_NAME, 0xff01, 28, 45), LIST(23, 24, 25, 29, 30, 256),
			 LIST(0x0401, 0x0809, 0x0804, 0x0403, 0x0807, 0x0501, 0x080a, 0x0805, 0x0503, 0x0601, 0x080b, 0x0806, 0x0603, 0x0201, 0x0203),
			 NULL, 0, true },
	[TLS_GO] = { LIST(0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x1301, 0x1302, 0x1303),
		     LIST(SERVER_NAME, 5, 10, 11, 0xff01, 23, 18, 16, 13, 43, 51), LIST(29, 23, 24, 25),
		     LIST(0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203), WEB_PROTOCOLS, 0, true },
	[TLS_PYTHON] = { LIST(OPENSSL_CIPHERS), LIST(SERVER_NAME, 11, 10, 35, 16, 22, 23, 13, 43, 45, 51), LIST(29, 23, 30, 25, 24),
			 LIST(OPENSSL_SIGALGS), ONE_PROTOCOL, 508, true },
	[TLS_SMALL] = { LIST(0xc02f, 0xc030, 0xc027, 0xc013, 0x009c, 0x003c, 0x002f, 0x000a), LIST(SERVER_NAME, 10, 11, 13), LIST(23, 24),
			LIST(0x0401, 0x0501, 0x0403, 0x0201), NULL, 0, false },
};

static __u8 *put(__u8 *at, __u32 value, unsigned int width)
{
	while (width--)
		*at++ = (__u8)(value >> 8 * width);
	return at;
}

static __u8 *put_random(__u8 *at, __u64 seed, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		__u64 draw = chance_mix(seed, i);

		memcpy(at + i, &draw, n - i < 8 ? n - i : 8);
	}
	return at + n;
}

/* The value of RFC 8701 that this hello uses. */
static __u16 grease(__u64 seed, unsigned int which)
{
	return (__u16)(0x0a0a + 0x1010 * (chance_mix(seed, which) & 15));
}

static __u8 *put_list(__u8 *at, const __u16 *list, __u64 seed, unsigned int width)
{
	__u8 *begin = at;

	at += width;
	for (; *list; list++)
		at = put(at, *list == GREASE ? grease(seed, width) : *list, 2);
	put(begin, (__u32)(at - begin) - width, width);
	return at;
}

static __u8 *put_key(__u8 *at, __u64 seed, __u16 group)
{
	size_t len = group == 0x11ec ? 1216 : group == 23 ? 65 : 32;

	at = put(put(at, group, 2), (__u32)len, 2);
	return put_random(at, seed + group, len);
}

static __u8 *put_keys(__u8 *at, const struct hello_row *row, __u64 seed)
{
	__u8 *begin = at;

	at += 2;
	if (row->groups[0] == GREASE)
		at = put(put(put(at, grease(seed, 2), 2), 1, 2), 0, 1);
	if (row->groups[1] == 0x11ec)
		at = put_key(at, seed, 0x11ec);
	at = put_key(at, seed, row->groups[0] == 23 ? 23 : 29);
	put(begin, (__u32)(at - begin) - 2, 2);
	return at;
}

static __u8 *put_name(__u8 *at, const char *name, size_t len)
{
	at = put(put(put(at, (__u32)len + 3, 2), 0, 1), (__u32)len, 2);
	memcpy(at, name, len);
	return at + len;
}

static __u8 *put_data(__u8 *at, __u16 type, const struct hello_row *row, __u64 seed)
{
	size_t len;

	switch (type) {
	case 5: /* status_request: OCSP, no responders, no extensions */
		return put(put(at, 1, 1), 0, 4);
	case 10:
		return put_list(at, row->groups, seed, 2);
	case 11:
		return put(at, 0x0100, 2);
	case 13:
	case 34:
		return put_list(at, row->sigalgs, seed, 2);
	case 16:
		len = strlen(row->protocols);
		at = put(at, (__u32)len, 2);
		memcpy(at, row->protocols, len);
		return at + len;
	case 27: /* compress_certificate: brotli */
		return put(at, 0x020002, 3);
	case 28:
		return put(at, 0x4001, 2);
	case 43:
		if (row->groups[0] == GREASE)
			return put(put(put(at, 6, 1), grease(seed, 4), 2), 0x03040303, 4);
		return put(put(at, 4, 1), 0x03040303, 4);
	case 45:
		return put(at, 0x0101, 2);
	case 51:
		return put_keys(at, row, seed);
	case 17613: /* application_settings: h2 */
		return put(put(at, 0x0003, 2), 0x026832, 3);
	case 65037: /* encrypted_client_hello, as GREASE: outer, HKDF-SHA256, AES-128-GCM, a key and a payload */
		at = put(put(put(put(put(at, 0, 1), 1, 2), 1, 2), (__u8)seed, 1), 32, 2);
		at = put(put_random(at, seed + 3, 32), 144, 2);
		return put_random(at, seed + 4, 144);
	case 0xff01:
		return put(at, 0, 1);
	default: /* empty: 18, 22, 23, 35, GREASE */
		return at;
	}
}

static __u8 *put_extensions(__u8 *at, const struct hello_row *row, __u64 seed, const char *name, size_t name_len)
{
	for (const __u16 *type = row->extensions; *type; type++) {
		__u8 *data = at + 4, *end;

		if (*type == SERVER_NAME && !name_len)
			continue;
		put(at, *type == GREASE ? grease(seed, 3) : *type == SERVER_NAME ? 0 : *type, 2);
		end = *type == SERVER_NAME ? put_name(data, name, name_len) : put_data(data, *type, row, seed);
		put(at + 2, (__u32)(end - data), 2);
		at = end;
	}
	return at;
}

size_t tls_hello(__u8 *out, enum tls_client client, __u64 seed, const char *name, size_t name_len)
{
	const struct hello_row *row = &rows[client];
	__u8 *at = out + 9, *extensions;
	size_t len;

	at = put(at, 0x0303, 2);
	at = put_random(at, seed, 32);
	at = put(at, row->tls13 ? 32 : 0, 1);
	if (row->tls13)
		at = put_random(at, seed + 1, 32);
	at = put_list(at, row->ciphers, seed, 2);
	at = put(at, 0x0100, 2);
	extensions = at;
	at = put_extensions(at + 2, row, seed, name, name_len);
	len = (size_t)(at - out) - 9;
	if (len + 4 < row->padded) {
		size_t pad = row->padded - len - 4;

		at = put(put(at, 21, 2), (__u32)pad, 2);
		memset(at, 0, pad);
		at += pad;
		len = row->padded;
	}
	put(extensions, (__u32)(at - extensions) - 2, 2);
	put(put(put(out, 22, 1), 0x0301, 2), (__u32)len + 4, 2);
	put(put(out + 5, 1, 1), (__u32)len, 3);
	return (size_t)(at - out);
}

static __u8 *put_record(__u8 *at, const __u8 *noise, __u64 seed, size_t payload)
{
	size_t from = chance_mix(seed, payload) % (NOISE - RECORD_PLAIN - TLS_OVERHEAD);

	at = put(put(put(at, 23, 1), 0x0303, 2), (__u32)payload, 2);
	memcpy(at, noise + from, payload);
	return at + payload;
}

size_t tls_records(__u8 *out, const __u8 *noise, __u64 seed, size_t plain)
{
	__u8 *at = out;

	while (plain) {
		size_t n = plain < RECORD_PLAIN ? plain : RECORD_PLAIN;

		at = put_record(at, noise, seed + plain, n + TLS_OVERHEAD - 5);
		plain -= n;
	}
	return (size_t)(at - out);
}

size_t tls_flight(__u8 *out, const __u8 *noise, __u64 seed, size_t bytes)
{
	__u8 *at = out;

	at = put(put(put(at, 22, 1), 0x0303, 2), 122, 2);
	at = put(put(put(at, 2, 1), 118, 3), 0x0303, 2);
	at = put_random(at, seed + 5, 32);
	at = put_random(put(at, 32, 1), seed + 1, 32); /* the client's session, told back */
	at = put(put(put(at, 0x1302, 2), 0, 1), 46, 2);
	at = put(put(put(at, 43, 2), 2, 2), 0x0304, 2);
	at = put(put(put(put(at, 51, 2), 36, 2), 29, 2), 32, 2);
	at = put_random(at, seed + 6, 32);
	at = put(put(at, 0x1403, 2), 0x03000101, 4);
	return (size_t)(at - out) + tls_records(at, noise, seed, bytes);
}

size_t tls_finished(__u8 *out, const __u8 *noise, __u64 seed)
{
	__u8 *at = put(put(out, 0x1403, 2), 0x03000101, 4);

	return (size_t)(put_record(at, noise, seed, 4 + 48 + 1 + 16) - out);
}
