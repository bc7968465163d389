// SPDX-License-Identifier: GPL-2.0-or-later
/* A name server's reply, behind a byte that chooses what was asked for; and what of it is a name is one. */
#include <string.h>

#include "dns_message.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum gp_dns_type types[] = { GP_DNS_A, GP_DNS_AAAA, GP_DNS_MX, GP_DNS_PTR, GP_DNS_TXT };
	struct gp_dns_answer answer = { .count = 0 };
	struct gp_dns_question question;
	enum gp_dns_type type;
	uint8_t *copy;

	if (!size)
		return 0;
	type = types[data[0] % 5];
	copy = malloc(size); /* of its own size, so that each byte behind it is found */
	MUST(copy);
	memcpy(copy, data + 1, size - 1);
	copy = realloc(copy, size > 1 ? size - 1 : 1);
	MUST(copy && gp_dns_message_read(&answer, copy, size - 1, type));
	MUST((answer.status == GP_DNS_FOUND) == (answer.count > 0));
	for (unsigned i = 0; i < answer.count; i++) {
		size_t len;
		const char *record = gp_dns_answer_record(&answer, i, &len);

		MUST(len && len <= GP_DNS_TEXT);
		if (type == GP_DNS_A || type == GP_DNS_AAAA)
			MUST(len == sizeof(struct gp_addr));
		else if (type != GP_DNS_TXT)
			MUST((len == 1 && *record == '.') || gp_dns_question_set(&question, record, len, type));
	}
	MUST(!answer.count || answer.ends[answer.count - 1] <= GP_DNS_BYTES);
	gp_dns_answer_free(&answer);
	free(copy);
	return 0;
}
