/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "prefix.h"

#define V4_OFFSET 96u
#define V6_SUBSCRIBER_BITS 56u

/* "0" to "128" without sign, blank or leading zero; -1 if it is anything else. */
static int length_parse(const char *text)
{
	int value = 0;
	size_t i;

	if (!text[0] || (text[0] == '0' && text[1]))
		return -1;
	for (i = 0; text[i]; i++) {
		if (i == 3 || text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

static bool is_mapped(const struct gp_addr *addr)
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(addr->bytes, mapped, sizeof(mapped));
}

static bool host_bits_zero(const struct gp_addr *addr, unsigned int bits)
{
	return !(gp_addr_number(addr) & ~gp_prefix_mask(bits));
}

static int address_parse(struct gp_addr *addr, const char *text, bool *v4)
{
	struct in_addr in;
	struct in6_addr in6;

	*v4 = inet_pton(AF_INET, text, &in) == 1;
	if (*v4) {
		memset(addr, 0, sizeof(*addr));
		addr->bytes[10] = addr->bytes[11] = 0xff;
		memcpy(addr->bytes + 12, &in, sizeof(in));
		return 0;
	}
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return -EINVAL;
	memcpy(addr->bytes, &in6, sizeof(in6));
	return 0;
}

int gp_prefix_parse(struct gp_prefix *out, const char *text, const char **why)
{
	struct gp_prefix prefix = {.role = GP_ROLE_SUBSCRIBER};
	char address[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	int bits, most;
	bool v4;

	*why = "not an IPv4 or IPv6 prefix";
	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (address_parse(&prefix.addr, address, &v4))
		return -EINVAL;
	most = v4 ? 32 : 128;
	bits = slash ? length_parse(slash + 1) : most;
	if (bits < 0 || bits > most) {
		*why = v4 ? "the length is not 0 to 32" : "the length is not 0 to 128";
		return -EINVAL;
	}
	prefix.bits = (__u8)(v4 ? bits + (int)V4_OFFSET : bits);
	if (!v4 && prefix.bits >= V4_OFFSET && is_mapped(&prefix.addr)) {
		*why = "IPv4 in IPv6 notation: write it as an IPv4 prefix";
		return -EINVAL;
	}
	if (!host_bits_zero(&prefix.addr, prefix.bits)) {
		*why = "host bits are set after the prefix length";
		return -EINVAL;
	}
	prefix.subscriber_bits = (__u8)(v4 ? 128 : prefix.bits > V6_SUBSCRIBER_BITS ? prefix.bits : V6_SUBSCRIBER_BITS);
	*why = NULL;
	*out = prefix;
	return 0;
}

bool gp_prefix_is_v4(const struct gp_prefix *prefix)
{
	return prefix->bits >= V4_OFFSET && is_mapped(&prefix->addr);
}

void gp_prefix_format(char *text, size_t size, const struct gp_prefix *prefix)
{
	bool v4 = gp_prefix_is_v4(prefix);
	char address[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, prefix->addr.bytes + (v4 ? 12 : 0), address, sizeof(address));
	snprintf(text, size, "%s/%u", address, prefix->bits - (v4 ? V4_OFFSET : 0));
}
