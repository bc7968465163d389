/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a ClientHello, whole and cut where the first two bytes say: a cut one may know less, never something
 * else; what lies behind the end does not matter. An input whose third byte is odd gets a fitting beginning.
 */
#include <string.h>

#include <gatepost/tls.h>

#include "fuzz_window.h"

static struct gp_tls_hello look(const uint8_t *bytes, size_t len)
{
	struct gp_window *w = fuzz_window_new();
	struct gp_tls_hello hello[2];
	int i;

	for (i = 0; i < 2; i++) {
		fuzz_window_fill(w, bytes, len, i ? 0 : 0xff);
		memset(&hello[i], 0, sizeof(hello[i]));
		MUST(gp_tls_client_hello(w, &hello[i]) == hello[i].match);
	}
	MUST(memcmp(&hello[0], &hello[1], sizeof(hello[0])) == 0);
	MUST(hello[0].match <= GP_MATCH_YES && hello[0].sni <= GP_SNI_PRESENT);
	MUST(hello[0].extensions <= GP_TLS_EXTENSIONS);
	MUST(hello[0].sni != GP_SNI_ABSENT || hello[0].complete);
	MUST(hello[0].match == GP_MATCH_YES || !hello[0].complete);
	free(w);
	return hello[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_tls_hello whole, part;
	uint8_t bytes[2 * GP_WINDOW_BYTES];
	size_t cut;

	if (size < 3 || size - 3 > sizeof(bytes))
		return 0;
	cut = data[0] | (data[1] & 1u) << 8;
	if (size > 3)
		memcpy(bytes, data + 3, size - 3);
	size -= 3;
	if (cut > size)
		cut = size;
	if ((data[2] & 1) && size > 50) {
		memcpy(bytes, "\x16\x03\x01", 3);
		bytes[3] = (uint8_t)((size - 5) >> 8);
		bytes[4] = (uint8_t)(size - 5);
		bytes[5] = 1;
		bytes[6] = 0;
		bytes[7] = (uint8_t)((size - 9) >> 8);
		bytes[8] = (uint8_t)(size - 9);
		bytes[9] = bytes[10] = 3;
	}
	whole = look(bytes, size);
	part = look(bytes, cut);
	MUST(whole.match != GP_MATCH_YES || part.match != GP_MATCH_NO);
	MUST(part.match != GP_MATCH_NO || whole.match == GP_MATCH_NO);
	MUST(part.match != GP_MATCH_PARTIAL || cut < 11);
	MUST(part.extensions <= whole.extensions && part.alpn_present <= whole.alpn_present);
	MUST(part.sni != GP_SNI_PRESENT || whole.sni == GP_SNI_PRESENT);
	MUST(!part.complete || memcmp(&part, &whole, sizeof(part)) == 0);
	return 0;
}
