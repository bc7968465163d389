// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_message.h"

#include <ares.h>
#include <string.h>

#define HEADER 12u
#define RCODE_NXDOMAIN 3
#define RCODE_MASK 15
#define FIXED 10u /* type, class, TTL, length */

struct reply {
	const __u8 *data;
	size_t len, at;
};

static unsigned be16(const __u8 *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* A name at @at. Return: where it ends; 0 when it is none. *name: to be freed by ares_free_string(). */
static size_t read_name(const struct reply *r, size_t at, char **name)
{
	long used;

	*name = NULL;
	if (at >= r->len || ares_expand_name(r->data + at, r->data, (int)r->len, name, &used) != ARES_SUCCESS)
		return 0;
	return at + (size_t)used;
}

static bool skip_name(struct reply *r)
{
	char *name;
	size_t end = read_name(r, r->at, &name);

	if (name)
		ares_free_string(name);
	r->at = end;
	return end;
}

static bool add_name(struct gp_dns_answer *out, const struct reply *r, size_t at, enum gp_dns_type type)
{
	struct gp_dns_question question;
	char *name;
	bool ok = true;

	if (!read_name(r, at, &name))
		return true;
	if (!*name)
		ok = gp_dns_answer_add(out, type, ".", 1); /* RFC 7505 */
	else if (*name != '!' && gp_dns_question_set(&question, name, strlen(name), type))
		ok = gp_dns_answer_add(out, type, question.name, strlen(question.name));
	ares_free_string(name);
	return ok;
}

/* The strings of a record, joined (RFC 7208, 3.3). */
static bool add_text(struct gp_dns_answer *out, const __u8 *data, size_t len)
{
	char text[GP_DNS_TEXT];
	size_t used = 0;

	for (size_t at = 0; at < len; at += 1u + data[at]) {
		size_t n = data[at];

		if (at + 1 + n > len)
			return true;
		if (used + n > sizeof(text)) {
			out->more = out->more || (used && (*text == 'v' || *text == 'V'));
			return true;
		}
		memcpy(text + used, data + at + 1, n);
		used += n;
	}
	return gp_dns_answer_add(out, GP_DNS_TXT, text, used);
}

static bool add_record(struct gp_dns_answer *out, const struct reply *r, size_t len, enum gp_dns_type type)
{
	struct gp_addr addr = { .bytes = { [10] = 0xff, [11] = 0xff } };
	const __u8 *data = r->data + r->at;

	switch (type) {
	case GP_DNS_A:
		memcpy(addr.bytes + 12, data, len == 4 ? 4 : 0);
		return len != 4 || gp_dns_answer_add(out, type, &addr, sizeof(addr));
	case GP_DNS_AAAA:
		return len != 16 || gp_dns_answer_add(out, type, data, len);
	case GP_DNS_MX:
		return len < 3 || add_name(out, r, r->at + 2, type);
	case GP_DNS_TXT:
		return add_text(out, data, len);
	default:
		return !len || add_name(out, r, r->at, type);
	}
}

static bool read_answers(struct gp_dns_answer *out, struct reply *r, unsigned count, enum gp_dns_type type)
{
	bool ok = true;

	while (count-- && ok && skip_name(r) && r->len - r->at >= FIXED) {
		const __u8 *fixed = r->data + r->at;
		__u32 ttl_s = (__u32)be16(fixed + 4) << 16 | be16(fixed + 6);
		size_t len = be16(fixed + 8);

		r->at += FIXED;
		if (r->len - r->at < len)
			break;
		if (ttl_s < out->ttl_s)
			out->ttl_s = ttl_s;
		if (be16(fixed) == type && be16(fixed + 2) == 1)
			ok = add_record(out, r, len, type);
		r->at += len;
	}
	return ok;
}

bool gp_dns_message_read(struct gp_dns_answer *out, const __u8 *data, size_t len, enum gp_dns_type type)
{
	struct reply r = { data, len, HEADER };
	unsigned questions, rcode;
	bool ok;

	out->status = GP_DNS_FAILED;
	out->ttl_s = ~0u;
	if (len < HEADER || len > 65535)
		return true;
	rcode = data[3] & RCODE_MASK;
	if (rcode && rcode != RCODE_NXDOMAIN)
		return true;
	for (questions = be16(data + 4); questions; questions--) {
		if (!skip_name(&r) || r.len - r.at < 4)
			return true;
		r.at += 4;
	}
	ok = read_answers(out, &r, be16(data + 6), type);
	out->status = out->count ? GP_DNS_FOUND : out->more ? GP_DNS_FAILED : rcode ? GP_DNS_NO_NAME : GP_DNS_EMPTY;
	return ok;
}
