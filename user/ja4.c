/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ja4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum {
	EXT_SERVER_NAME = 0,
	EXT_ALPN = 16,
	COUNT_MAX = 99,
	HASH_BYTES = 6, /* of SHA-256, as 12 hexadecimal digits */
	HASH_TEXT = 2 * HASH_BYTES + 1,
	VALUE_TEXT = 5, /* four digits and a separator */
};

static const char hex[] = "0123456789abcdef";

static const char *version_name(const struct gp_hello *hello)
{
	switch (hello->supported_version ? hello->supported_version : hello->legacy_version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	default:
		return "00";
	}
}

static bool is_alphanumeric(__u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol, or of its hexadecimal digits when one of the two is no letter or
 * digit. */
static void alpn_ends(char ends[3], const struct gp_hello *hello)
{
	__u8 first, last;

	ends[0] = ends[1] = '0';
	ends[2] = '\0';
	if (!hello->protocol_len)
		return;
	first = hello->protocol[0];
	last = hello->protocol[hello->protocol_len - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		ends[0] = (char)first;
		ends[1] = (char)last;
	} else {
		ends[0] = hex[first >> 4];
		ends[1] = hex[last & 15];
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const __u16 *)a - *(const __u16 *)b;
}

/* Copies a list in ascending order, without SNI and ALPN when it is one of extensions. Return: how many values. */
static size_t sorted(__u16 *out, const __u16 *values, size_t n, bool extensions)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!extensions || (values[i] != EXT_SERVER_NAME && values[i] != EXT_ALPN))
			out[kept++] = values[i];
	}
	if (kept > 1)
		qsort(out, kept, sizeof(*out), by_value);
	return kept;
}

/* Writes "0005,000a". Return: where the next character goes. */
static char *write_list(char *at, const __u16 *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			*at++ = ',';
		for (int shift = 12; shift >= 0; shift -= 4)
			*at++ = hex[values[i] >> shift & 15];
	}
	return at;
}

/* The beginning of the SHA-256 of n characters; zeros for none. Return: false when libcrypto fails. */
static bool hash(char out[HASH_TEXT], const char *text, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };

	if (n && !EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL))
		return false;
	for (unsigned i = 0; i < HASH_BYTES; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	out[2 * HASH_BYTES] = '\0';
	return true;
}

static bool hash_ciphers(char out[HASH_TEXT], const struct gp_hello *hello)
{
	__u16 values[GP_HELLO_CIPHERS];
	char list[GP_HELLO_CIPHERS * VALUE_TEXT];
	size_t n = sorted(values, hello->ciphers, hello->n_ciphers, false);

	return hash(out, list, (size_t)(write_list(list, values, n) - list));
}

/* Without extensions there are no signature algorithms: they come in one. */
static bool hash_extensions(char out[HASH_TEXT], const struct gp_hello *hello)
{
	__u16 values[GP_HELLO_EXTENSIONS];
	char list[(GP_HELLO_EXTENSIONS + GP_HELLO_SIGALGS) * VALUE_TEXT + 1], *end;
	size_t n = sorted(values, hello->extensions, hello->n_extensions, true);

	end = write_list(list, values, n);
	if (n && hello->n_sigalgs) {
		*end++ = '_';
		end = write_list(end, hello->sigalgs, hello->n_sigalgs);
	}
	return hash(out, list, (size_t)(end - list));
}

void gp_ja4(char text[GP_JA4_TEXT], const struct gp_hello *hello)
{
	unsigned ciphers = hello->n_ciphers < COUNT_MAX ? hello->n_ciphers : COUNT_MAX;
	unsigned extensions = hello->n_extensions < COUNT_MAX ? hello->n_extensions : COUNT_MAX;
	char alpn[3], cipher_hash[HASH_TEXT], extension_hash[HASH_TEXT];

	text[0] = '\0';
	if (!hash_ciphers(cipher_hash, hello) || !hash_extensions(extension_hash, hello))
		return;
	alpn_ends(alpn, hello);
	snprintf(text, GP_JA4_TEXT, "t%s%c%02u%02u%s_%s_%s", version_name(hello), hello->has_sni ? 'd' : 'i', ciphers,
		 extensions, alpn, cipher_hash, extension_hash);
}
