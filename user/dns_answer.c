// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>

#define LABEL_MAX 63u

bool gp_dns_question_set(struct gp_dns_question *question, const char *name, size_t len, enum gp_dns_type type)
{
	size_t label = 0;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len >= GP_DNS_NAME)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= 0x20 || c >= 0x7f || c == '\\')
			return false;
		if (c == '.' && !label)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
		question->name[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	question->name[len] = '\0';
	question->type = (__u16)type;
	return label > 0;
}

void gp_dns_question_reverse(struct gp_dns_question *question, const struct gp_addr *addr)
{
	const __u8 *b = addr->bytes;
	size_t at = 0;

	question->type = GP_DNS_PTR;
	if (gp_addr_is_mapped(addr)) {
		snprintf(question->name, sizeof(question->name), "%u.%u.%u.%u.in-addr.arpa", b[15], b[14], b[13], b[12]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		at += (size_t)snprintf(question->name + at, sizeof(question->name) - at, "%x.%x.", b[i] & 15, b[i] >> 4);
	snprintf(question->name + at, sizeof(question->name) - at, "ip6.arpa");
}

static size_t used(const struct gp_dns_answer *answer)
{
	return answer->count ? answer->ends[answer->count - 1] : 0;
}

const char *gp_dns_answer_record(const struct gp_dns_answer *answer, unsigned n, size_t *len)
{
	size_t begin = n ? answer->ends[n - 1] : 0;

	*len = answer->ends[n] - begin;
	return answer->data + begin;
}

struct gp_addr gp_dns_answer_addr(const struct gp_dns_answer *answer, unsigned n)
{
	struct gp_addr addr = { 0 };
	size_t len;
	const char *data = gp_dns_answer_record(answer, n, &len);

	if (len == sizeof(addr))
		memcpy(&addr, data, sizeof(addr));
	return addr;
}

static bool has(const struct gp_dns_answer *answer, const void *data, size_t len)
{
	for (unsigned i = 0; i < answer->count; i++) {
		size_t other_len;
		const char *other = gp_dns_answer_record(answer, i, &other_len);

		if (other_len == len && !memcmp(other, data, len))
			return true;
	}
	return false;
}

bool gp_dns_answer_add(struct gp_dns_answer *answer, enum gp_dns_type type, const void *data, size_t len)
{
	size_t at = used(answer);
	char *larger;

	if (!len || (type == GP_DNS_TXT && *(const char *)data != 'v' && *(const char *)data != 'V'))
		return true;
	if (has(answer, data, len))
		return true;
	if (answer->count == GP_DNS_RECORDS || len > GP_DNS_TEXT || at + len > GP_DNS_BYTES) {
		answer->more = true;
		return true;
	}
	larger = realloc(answer->data, at + len);
	if (!larger)
		return false;
	answer->data = larger;
	memcpy(larger + at, data, len);
	answer->ends[answer->count++] = (__u32)(at + len);
	return true;
}

void gp_dns_answer_free(struct gp_dns_answer *answer)
{
	free(answer->data);
	*answer = (struct gp_dns_answer){ 0 };
}

const char *gp_dns_type_name(enum gp_dns_type type)
{
	switch (type) {
	case GP_DNS_A:
		return "A";
	case GP_DNS_PTR:
		return "PTR";
	case GP_DNS_MX:
		return "MX";
	case GP_DNS_TXT:
		return "TXT";
	case GP_DNS_AAAA:
		return "AAAA";
	}
	return "unknown";
}
