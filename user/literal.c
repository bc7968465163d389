// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "literal.h"

bool gp_literal_read(struct gp_addr *out, const char *text, size_t len)
{
	struct gp_addr read = { .bytes = { [10] = 0xff, [11] = 0xff } };
	char copy[INET6_ADDRSTRLEN];

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len > 5 && !strncasecmp(text, "IPv6:", 5)) {
		text += 5;
		len -= 5;
	}
	if (!len || len >= sizeof(copy) || memchr(text, 0, len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, &read.bytes[12]) != 1 && inet_pton(AF_INET6, copy, read.bytes) != 1)
		return false;
	*out = read;
	return true;
}
