/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

char *gp_text_clean(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	char *clean, *out;

	clean = malloc(4 * (size_t)(end - p) + 1);
	if (!clean)
		return NULL;
	out = clean;
	while (p < end) {
		uint32_t point = 0;
		size_t len = gp_utf8_decode(p, (size_t)(end - p), &point);

		if (len && gp_utf8_is_printable(point)) {
			memcpy(out, p, len);
			out += len;
			p += len;
			continue;
		}
		for (len = len ? len : 1; len > 0; len--, p++) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = hex[*p >> 4];
			*out++ = hex[*p & 15];
		}
	}
	*out = '\0';
	return clean;
}

size_t gp_text_columns(const char *clean)
{
	const unsigned char *p = (const unsigned char *)clean, *end = p + strlen(clean);
	size_t columns = 0;

	while (p < end) {
		uint32_t point = 0;
		size_t len = gp_utf8_decode(p, (size_t)(end - p), &point);

		p += len ? len : 1;
		columns += point >= 0x1100 ? 2 : 1;
	}
	return columns;
}

bool gp_text_is_ipv4(const struct gp_addr *addr, unsigned bits)
{
	static const __u8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return bits >= 96 && memcmp(addr->bytes, mapped, sizeof(mapped)) == 0;
}

static const char *address(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits, bool length)
{
	bool ipv4 = gp_text_is_ipv4(addr, bits);
	size_t used;

	if (!inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? addr->bytes + 12 : addr->bytes, out, GP_TEXT_ADDR))
		out[0] = '\0';
	used = strlen(out);
	if (length)
		snprintf(out + used, GP_TEXT_ADDR - used, "/%u", ipv4 ? bits - 96 : bits);
	return out;
}

const char *gp_text_address(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits)
{
	return address(out, addr, bits, bits < 128);
}

const char *gp_text_prefix(char out[GP_TEXT_ADDR], const struct gp_addr *addr, unsigned bits)
{
	return address(out, addr, bits, true);
}

const char *gp_text_time(char out[GP_TEXT_TIME], __u64 ns, __s64 offset_ns)
{
	const __int128 last_us = (__int128)253402300799 * 1000000 + 999999;
	__int128 us = ((__int128)ns + offset_ns) / 1000;
	struct tm tm;
	time_t seconds;
	size_t used;

	us = us < 0 ? 0 : us > last_us ? last_us : us;
	seconds = (time_t)(us / 1000000);
	gmtime_r(&seconds, &tm);
	used = strftime(out, GP_TEXT_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + used, GP_TEXT_TIME - used, ".%06uZ", (unsigned)(us % 1000000));
	return out;
}

const char *gp_text_number(char out[GP_TEXT_NUMBER], __u64 number)
{
	char digits[GP_TEXT_NUMBER];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *p = out;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}
