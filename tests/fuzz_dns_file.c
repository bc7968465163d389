// SPDX-License-Identifier: GPL-2.0-or-later
/* A file of recorded answers: what is read is written, and read again as the same. */
#include <stdio.h>
#include <string.h>

#include "dns_file.h"
#include "fuzz.h"

static const char *const names[] = { "a", "a.b", "example.com", "_dmarc.example.com", "1.2.0.192.in-addr.arpa" };
static const enum gp_dns_type types[] = { GP_DNS_A, GP_DNS_AAAA, GP_DNS_MX, GP_DNS_PTR, GP_DNS_TXT };

static int same(const struct gp_dns_answer *a, const struct gp_dns_answer *b)
{
	return a->status == b->status && a->count == b->count && a->ttl_s == b->ttl_s &&
	       !memcmp(a->ends, b->ends, a->count * sizeof(a->ends[0])) &&
	       (!a->count || !memcmp(a->data, b->data, a->ends[a->count - 1]));
}

static void write_and_read(struct gp_dns_file *file, const struct gp_dns_question *question)
{
	const struct gp_dns_answer *answer = gp_dns_file_get(file, question, 0);
	struct gp_dns_file *again;
	char *text = NULL;
	unsigned line;
	size_t len = 0;
	FILE *out;

	/* Found without a record of any use is not written: it says nothing. */
	if (answer->status == GP_DNS_FOUND ? !answer->count : answer->count || !answer->ttl_s)
		return;
	out = open_memstream(&text, &len);
	MUST(out && !gp_dns_file_write(out, question, answer));
	fclose(out);
	MUST(!gp_dns_file_parse(&again, text, len, &line));
	MUST(same(answer, gp_dns_file_get(again, question, 0)));
	gp_dns_file_close(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_dns_file *file;
	unsigned line;

	if (gp_dns_file_parse(&file, (const char *)data, size, &line))
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
			struct gp_dns_question question;

			MUST(gp_dns_question_set(&question, names[i], strlen(names[i]), types[t]));
			write_and_read(file, &question);
		}
	}
	gp_dns_file_close(file);
	return 0;
}
