/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client makes of whatever answers at the socket: heads, and tables. Nothing that a terminal obeys comes out. */
#include <string.h>

#include "control_head.h"
#include "fuzz.h"
#include "query_table.h"

static void check(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		MUST((unsigned char)text[i] >= ' ' ? text[i] != 0x7f : text[i] == '\n');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_control_head head;
	const char *text = (const char *)data;

	if (!gp_control_head_read(&head, text, size)) {
		MUST(head.length <= GP_ANSWER_MAX);
		MUST(strlen(head.error) < sizeof(head.error));
		for (const char *p = head.error; *p; p++)
			MUST((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	for (int name = -1; name < GP_QUERY_NAMES; name++) {
		char *out = NULL;
		size_t len = 0;
		FILE *stream = open_memstream(&out, &len);

		if (!stream)
			return 0;
		if (name < 0)
			gp_query_lines(stream, text, size);
		else
			gp_query_table(stream, (enum gp_query_name)name, text, size);
		fclose(stream);
		check(out, len);
	}
	return 0;
}
