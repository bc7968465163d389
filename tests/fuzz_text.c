/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever goes in, what comes out of gp_text_clean() prints in one line and does not change when cleaned again. */
#include <string.h>

#include "fuzz.h"
#include "text.h"

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
	MUST(twice && !strcmp(clean, twice));
	MUST(gp_text_columns(clean) <= 2 * strlen(clean));
	for (const char *p = clean; *p; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
	free(text);
	free(clean);
	free(twice);
	return 0;
}
