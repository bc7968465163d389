// SPDX-License-Identifier: GPL-2.0-or-later
/* An SPF record, behind a byte that says over which IP and what the DNS says to all that it asks for. */
#include <string.h>

#include "fuzz.h"
#include "spf.h"

static void add(struct gp_dns_answer *answer, const struct gp_dns_question *question, const uint8_t *data, size_t size)
{
	static const struct gp_addr addr = { .bytes = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } };
	enum gp_dns_type type = (enum gp_dns_type)question->type;

	answer->status = GP_DNS_FOUND;
	if (type == GP_DNS_TXT)
		MUST(gp_dns_answer_add(answer, type, data, size));
	else if (type == GP_DNS_A || type == GP_DNS_AAAA)
		MUST(gp_dns_answer_add(answer, type, &addr, sizeof(addr)));
	for (int i = 0; i < 12 && (type == GP_DNS_MX || type == GP_DNS_PTR); i++)
		MUST(gp_dns_answer_add(answer, type, &"a.b.c.d.e.f.g"[i], 13 - (size_t)i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gp_spf spf;
	struct gp_addr ip = { .bytes = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 9 } };
	const struct gp_dns_question *question;
	uint8_t choice;
	int asked = 0;

	if (!size)
		return 0;
	choice = data[0];
	if (choice & 1)
		ip.bytes[0] = 0x20;
	gp_spf_begin(&spf, &ip, "strong.example.com", choice & 2 ? "a-b+c" : NULL, choice & 4 ? "mx.example" : "");
	while ((question = gp_spf_wants(&spf))) {
		struct gp_dns_answer answer = { .status = choice & 8 ? GP_DNS_EMPTY : GP_DNS_NO_NAME };
		struct gp_dns_question again;

		MUST(asked++ < 122);
		MUST(gp_dns_question_set(&again, question->name, strlen(question->name), question->type));
		MUST(!strcmp(again.name, question->name));
		if (question->type == GP_DNS_TXT || !(choice & 16))
			add(&answer, question, data + 1, size - 1);
		if ((choice & 32) && question->type == GP_DNS_A)
			answer.status = GP_DNS_FAILED;
		gp_spf_answer(&spf, &answer);
		gp_dns_answer_free(&answer);
	}
	MUST(gp_spf_result(&spf) < GP_SPF_RESULTS && spf.lookups <= GP_SPF_LOOKUPS + 1 && spf.voids <= GP_SPF_VOIDS + 1);
	return 0;
}
