/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the headers of a segment. The text has eight fields and no other letters; marks are those of IPv4 SYNs; a
 * cut that still has a signature has the same one. */
#include <string.h>

#include "fuzz.h"
#include "tcp_signature.h"

static void check(const struct gp_tcp_signature *s)
{
	size_t n = strnlen(s->text, sizeof(s->text));
	unsigned colons = 0;

	MUST(n < sizeof(s->text) - 1);
	MUST(strspn(s->text, "abcdefghijklmnopqrstuvwxyz0123456789*+,-:?") == n);
	for (size_t i = 0; i < n; i++)
		colons += s->text[i] == ':';
	MUST(colons == 7);
	MUST(s->ttl_class - s->distance == s->ttl);
	MUST(s->tool < GP_TOOLS);
	MUST(!s->tool || (s->text[0] == '4' && !s->syn_ack));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_tcp_signature whole, part;
	struct gp_segment segment = { .payload_len = size & 1 };
	uint8_t *bytes;

	if (size > 700)
		return 0;
	bytes = malloc(size);
	MUST(bytes || !size);
	if (size)
		memcpy(bytes, data, size);
	segment.ip = bytes;
	segment.ip_bytes = (__u16)size;
	if (gp_tcp_signature(&whole, &segment)) {
		check(&whole);
		while (--segment.ip_bytes && gp_tcp_signature(&part, &segment))
			MUST(strcmp(whole.text, part.text) == 0);
	}
	free(bytes);
	return 0;
}
