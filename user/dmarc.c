// SPDX-License-Identifier: GPL-2.0-or-later
#include "dmarc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PREFIX "_dmarc."

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes blanks off both ends. */
static void trim(const char **text, size_t *len)
{
	while (*len && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len && is_blank((*text)[*len - 1]))
		(*len)--;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(text, word, len);
}

static enum gp_dmarc_policy read_policy(const char *text, size_t len)
{
	if (is_word(text, len, "reject"))
		return GP_DMARC_REJECT;
	return is_word(text, len, "quarantine") ? GP_DMARC_QUARANTINE : GP_DMARC_NONE;
}

/* One "tag = value"; tags that are not known are passed over (6.3). Return: false when it has no "=". */
static bool read_tag(struct gp_dmarc_record *out, const char *text, size_t len, bool first)
{
	const char *equals = memchr(text, '=', len), *value;
	size_t name_len, value_len;

	if (!equals)
		return false;
	name_len = (size_t)(equals - text);
	value = equals + 1;
	value_len = len - name_len - 1;
	trim(&text, &name_len);
	trim(&value, &value_len);
	if (first)
		return is_word(text, name_len, "v") && value_len == 6 && !memcmp(value, "DMARC1", 6);
	if (is_word(text, name_len, "p"))
		out->policy = read_policy(value, value_len);
	else if (is_word(text, name_len, "sp"))
		out->subdomains = read_policy(value, value_len);
	else if (is_word(text, name_len, "aspf"))
		out->strict_spf = is_word(value, value_len, "s");
	return true;
}

bool gp_dmarc_parse(struct gp_dmarc_record *out, const char *text, size_t len)
{
	struct gp_dmarc_record record = { .policy = GP_DMARC_ABSENT, .subdomains = GP_DMARC_ABSENT };
	const char *end = text + len;
	bool first = true;

	while (text < end) {
		const char *semicolon = memchr(text, ';', (size_t)(end - text)), *stop = semicolon ? semicolon : end;
		const char *tag = text;
		size_t tag_len = (size_t)(stop - text);

		trim(&tag, &tag_len);
		if ((tag_len || first) && !read_tag(&record, tag, tag_len, first) && first)
			return false;
		first = false;
		text = stop + 1;
	}
	if (record.policy == GP_DMARC_ABSENT)
		return false;
	if (record.subdomains == GP_DMARC_ABSENT)
		record.subdomains = record.policy;
	*out = record;
	return true;
}

/* Labels under which countries register names: academic, commercial, governmental ones and their kin. */
static bool is_second_level(const char *label, size_t len)
{
	static const char *const labels[] = { "ac", "co", "com", "edu", "gob", "gov", "gouv", "go", "gv", "id", "ltd", "me", "mil",
					      "ne", "net", "nic", "nom", "or", "org", "plc", "sch" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (is_word(label, len, labels[i]))
			return true;
	return false;
}

const char *gp_organisational_domain(const char *name)
{
	const char *labels[3] = { name, name, name }; /* beginnings of the last three, the last one first */
	const char *end = name + strlen(name), *at = end;
	int count = 0;

	while (at > name && count < 3) {
		for (at--; at > name && at[-1] != '.'; at--)
			;
		labels[count++] = at;
		if (at > name)
			at--;
	}
	if (count < 2)
		return name;
	if (count == 3 && end - labels[0] == 2 && is_second_level(labels[1], (size_t)(labels[0] - 1 - labels[1])))
		return labels[2];
	return labels[1];
}

static void ask(struct gp_dmarc *dmarc, const char *domain)
{
	char name[sizeof(PREFIX) + GP_DNS_NAME];
	int n = snprintf(name, sizeof(name), PREFIX "%s", domain);

	dmarc->done = !gp_dns_question_set(&dmarc->question, name, (size_t)n, GP_DNS_TXT);
}

void gp_dmarc_begin(struct gp_dmarc *dmarc, const char *domain)
{
	struct gp_dns_question question;

	memset(dmarc, 0, sizeof(*dmarc));
	dmarc->record.policy = dmarc->record.subdomains = GP_DMARC_ABSENT;
	dmarc->done = !gp_dns_question_set(&question, domain, strnlen(domain, GP_DNS_NAME + 1), GP_DNS_TXT) ||
		      !strchr(question.name, '.');
	if (dmarc->done)
		return;
	memcpy(dmarc->domain, question.name, sizeof(dmarc->domain));
	ask(dmarc, dmarc->domain);
}

const struct gp_dns_question *gp_dmarc_wants(const struct gp_dmarc *dmarc)
{
	return dmarc->done ? NULL : &dmarc->question;
}

void gp_dmarc_answer(struct gp_dmarc *dmarc, const struct gp_dns_answer *answer)
{
	const char *organisational = gp_organisational_domain(dmarc->domain);
	unsigned found = 0;

	if (dmarc->done)
		return;
	dmarc->done = true;
	if (answer->status == GP_DNS_FAILED) {
		dmarc->record.policy = dmarc->record.subdomains = GP_DMARC_UNKNOWN;
		return;
	}
	for (unsigned i = 0; i < answer->count; i++) {
		struct gp_dmarc_record record;
		size_t len;
		const char *text = gp_dns_answer_record(answer, i, &len);

		if (gp_dmarc_parse(&record, text, len)) {
			dmarc->record = record;
			found++;
		}
	}
	if (found > 1) /* 6.6.3: more than one is none */
		dmarc->record = (struct gp_dmarc_record){ .policy = GP_DMARC_ABSENT, .subdomains = GP_DMARC_ABSENT };
	if (found || dmarc->organisational || organisational == dmarc->domain)
		return;
	dmarc->organisational = true;
	ask(dmarc, organisational);
}

enum gp_dmarc_policy gp_dmarc_policy(const struct gp_dmarc *dmarc)
{
	return dmarc->organisational ? dmarc->record.subdomains : dmarc->record.policy;
}

bool gp_dmarc_spf_passes(const struct gp_dmarc *dmarc, enum gp_spf_result spf, const char *sender)
{
	const char *own = dmarc->domain;

	if (spf != GP_SPF_PASS)
		return false;
	if (dmarc->record.strict_spf)
		return !strcasecmp(own, sender);
	return !strcasecmp(gp_organisational_domain(own), gp_organisational_domain(sender));
}

const char *gp_dmarc_policy_name(enum gp_dmarc_policy policy)
{
	static const char *const names[GP_DMARC_POLICIES] = {
		[GP_DMARC_UNKNOWN] = "unknown", [GP_DMARC_ABSENT] = "absent",	[GP_DMARC_NONE] = "none",
		[GP_DMARC_QUARANTINE] = "quarantine", [GP_DMARC_REJECT] = "reject",
	};

	return policy < GP_DMARC_POLICIES ? names[policy] : "unknown";
}
