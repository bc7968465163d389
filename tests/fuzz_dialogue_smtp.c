/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_dialogue.h, on ports of mail. The first byte: submission or not (bit 0), joined in mid-stream or not (bit 1). */
#include "fuzz_dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		fuzz_dialogues(data + 1, size - 1, data[0] & 1 ? GP_SERVICE_SUBMISSION : GP_SERVICE_SMTP, !(data[0] & 2), false);
	return 0;
}
