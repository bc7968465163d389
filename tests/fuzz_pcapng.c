/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of ours that an earlier run left: what is called whole lies within it, in whole blocks, begins with
 * our section, and stays whole when the rest is cut off. Half of the inputs get a fitting beginning. */
#include <string.h>

#include "fuzz.h"
#include "pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[GP_PCAPNG_HEAD], *bytes;
	size_t n = 0, whole;
	__u64 begun_s, again_s;

	if (!size || size > 4096)
		return 0;
	if (data[0] & 1)
		n = gp_pcapng_head(head, data[0] * 10000000ull, 2048, "192.0.2.7: suspected");
	MUST(n <= sizeof(head));
	bytes = malloc(n + size - 1 + 1);
	MUST(bytes);
	if (n)
		memcpy(bytes, head, n);
	memcpy(bytes + n, data + 1, size - 1);
	bytes = realloc(bytes, n + size - 1 ? n + size - 1 : 1); /* the byte behind the end is not ours */
	MUST(bytes);
	whole = gp_pcapng_whole(bytes, n + size - 1, &begun_s);
	MUST(whole <= n + size - 1 && whole % 4 == 0);
	MUST(!n || whole >= n);
	if (whole) {
		MUST(gp_pcapng_whole(bytes, whole, &again_s) == whole && again_s == begun_s);
		MUST(!n || begun_s == data[0] * 10000000ull);
	}
	free(bytes);
	return 0;
}
