/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever goes in, what comes out of gp_text_clean() prints in one line and does not change when cleaned again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *clean, *twice;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	clean = gp_text_clean(text);
	twice = clean ? gp_text_clean(clean) : NULL;
	if (!twice || strcmp(clean, twice))
		abort();
	if (gp_text_columns(clean) > 2 * strlen(clean))
		abort();
	for (const char *p = clean; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	}
	free(text);
	free(clean);
	free(twice);
	return 0;
}
