/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_dialogue.h, on ports of the web. The first byte: TLS or not (bit 0), joined in mid-stream or not (bit 1). */
#include "fuzz_dialogue.h"

/* Behind a gap a message begins with a segment: how they are cut makes a difference. */
static bool has_gap(const uint8_t *data, size_t size)
{
	while (size > 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		if (data[0] & 128)
			return true;
		data += 2 + n;
		size -= 2 + n;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool joined;

	if (!size)
		return 0;
	joined = data[0] & 2;
	fuzz_dialogues(data + 1, size - 1, data[0] & 1 ? GP_SERVICE_TLS : GP_SERVICE_HTTP, !joined,
		       joined || has_gap(data + 1, size - 1));
	return 0;
}
