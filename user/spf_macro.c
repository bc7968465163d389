// SPDX-License-Identifier: GPL-2.0-or-later
/* Macros of SPF records (RFC 7208, 7). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <gatepost/parse.h>

#include "spf_private.h"

#define DELIMITERS ".-+,/_="
#define LETTERS "slodiphv" /* c, r and t are for explanations only (7.2) */
#define VALUE_MAX 320u	   /* of a letter: 64 bytes, "@", 253 bytes */
#define TAIL 512u	   /* more than a name has */
#define ROOM (4 * TAIL)

/* "%{d2r.}" */
struct macro {
	char letter;
	bool escape; /* a capital letter */
	unsigned parts; /* 0: all */
	bool reverse;
	const char *delimiters;
	size_t delimiters_len; /* 0: a dot */
};

/* Reads "%{...}", "%%", "%_" or "%-" at @text. Return: its length; 0 on a syntax error. letter 0: text[1] tells. */
static size_t read_macro(struct macro *m, const char *text, size_t len)
{
	size_t at = 3;
	bool digits = false;

	*m = (struct macro){ 0 };
	if (len < 2)
		return 0;
	if (text[1] == '%' || text[1] == '_' || text[1] == '-')
		return 2;
	if (text[1] != '{' || len < 4)
		return 0;
	m->letter = (char)tolower((unsigned char)text[2]);
	m->escape = isupper((unsigned char)text[2]);
	if (!m->letter || !strchr(LETTERS, m->letter))
		return 0;
	for (; at < len && isdigit((unsigned char)text[at]); at++, digits = true)
		m->parts = m->parts < 1000 ? m->parts * 10 + (unsigned)(text[at] - '0') : m->parts;
	if (digits && !m->parts)
		return 0;
	if (at < len && (text[at] == 'r' || text[at] == 'R')) {
		m->reverse = true;
		at++;
	}
	m->delimiters = text + at;
	while (at < len && text[at] && strchr(DELIMITERS, text[at]))
		at++;
	m->delimiters_len = (size_t)(text + at - m->delimiters);
	return at < len && text[at] == '}' ? at + 1 : 0;
}

/* 12: toplabel: letters, digits and hyphens, none of these at an end, and not digits alone. */
static bool ends_in_top_label(const char *spec, size_t len)
{
	size_t n = 0;
	bool letter = false;

	if (len && spec[len - 1] == '.')
		len--;
	while (n < len && (isalnum((unsigned char)spec[len - n - 1]) || spec[len - n - 1] == '-')) {
		letter |= !isdigit((unsigned char)spec[len - n - 1]);
		n++;
	}
	return n && n < len && spec[len - n - 1] == '.' && letter && spec[len - 1] != '-' && spec[len - n] != '-';
}

bool gp_spf_spec_is_valid(const char *spec, size_t len, bool any)
{
	bool macro_last = false;
	struct macro m;
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = 1;
		macro_last = false;
		if (spec[at] == '%') {
			n = read_macro(&m, spec + at, len - at);
			macro_last = m.letter;
		} else if (spec[at] <= 0x20 || spec[at] >= 0x7f) {
			return false;
		}
		if (!n)
			return false;
	}
	return any || (len && (macro_last || ends_in_top_label(spec, len)));
}

static void dotted(char out[VALUE_MAX], const struct gp_addr *addr)
{
	const __u8 *b = addr->bytes;

	if (gp_addr_is_mapped(addr)) {
		snprintf(out, VALUE_MAX, "%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
		return;
	}
	for (int i = 0; i < 32; i++) {
		out[2 * i] = "0123456789abcdef"[i % 2 ? b[i / 2] & 15 : b[i / 2] >> 4];
		out[2 * i + 1] = i < 31 ? '.' : '\0';
	}
}

/* What a letter stands for. Return: false when that is not known. */
static bool value_of(char out[VALUE_MAX], const struct gp_spf *spf, const char *domain, char letter)
{
	switch (letter) {
	case 's':
		snprintf(out, VALUE_MAX, "%s@%s", spf->local, spf->sender);
		return spf->local_known;
	case 'l':
		snprintf(out, VALUE_MAX, "%s", spf->local);
		return spf->local_known;
	case 'o':
		snprintf(out, VALUE_MAX, "%s", spf->sender);
		return true;
	case 'd':
		snprintf(out, VALUE_MAX, "%s", domain);
		return true;
	case 'i':
		dotted(out, &spf->ip);
		return true;
	case 'v':
		snprintf(out, VALUE_MAX, "%s", gp_addr_is_mapped(&spf->ip) ? "in-addr" : "ip6");
		return true;
	case 'h':
		snprintf(out, VALUE_MAX, "%s", spf->helo);
		return spf->helo[0];
	default: /* p */
		return false;
	}
}

/* A name as it grows; only its tail matters, so what is too long loses its head. */
struct name {
	char text[ROOM];
	size_t len;
};

static void append(struct name *name, const char *text, size_t len)
{
	if (len > TAIL) {
		text += len - TAIL;
		len = TAIL;
	}
	if (name->len + len > ROOM) {
		memmove(name->text, name->text + name->len - TAIL, TAIL);
		name->len = TAIL;
	}
	memcpy(name->text + name->len, text, len);
	name->len += len;
}

/* RFC 3986, 2.3. */
static void append_escaped(struct name *name, const char *text, size_t len)
{
	char code[4];

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (isalnum(c) || (c && strchr("-._~", c))) {
			append(name, text + i, 1);
			continue;
		}
		snprintf(code, sizeof(code), "%%%02X", c);
		append(name, code, 3);
	}
}

/* 7.3: split, reversed, the right-most parts, joined by dots. */
static void append_parts(struct name *name, const struct macro *m, const char *value)
{
	struct {
		const char *text;
		size_t len;
	} parts[VALUE_MAX + 1];
	size_t count = 0, begin = 0, len = strlen(value), first = 0;

	for (size_t i = 0; i <= len; i++) {
		bool ends = i == len || (m->delimiters_len ? !!memchr(m->delimiters, value[i], m->delimiters_len) : value[i] == '.');

		if (!ends)
			continue;
		parts[count].text = value + begin;
		parts[count++].len = i - begin;
		begin = i + 1;
	}
	if (m->parts && m->parts < count)
		first = count - m->parts;
	for (size_t i = first; i < count; i++) {
		size_t which = m->reverse ? count - 1 - i : i;

		if (i > first)
			append(name, ".", 1);
		(m->escape ? append_escaped : append)(name, parts[which].text, parts[which].len);
	}
}

/* 7.3: labels go from the left until it fits. */
static enum gp_spf_expansion take_name(char out[GP_DNS_NAME], const struct name *name)
{
	const char *text = name->text, *dot;
	size_t len = name->len;
	struct gp_dns_question question;

	if (len && text[len - 1] == '.')
		len--;
	while (len >= GP_DNS_NAME) {
		dot = memchr(text, '.', len);
		if (!dot)
			return GP_SPF_NO_NAME;
		len -= (size_t)(dot + 1 - text);
		text = dot + 1;
	}
	if (!gp_dns_question_set(&question, text, len, GP_DNS_A))
		return GP_SPF_NO_NAME;
	memcpy(out, question.name, sizeof(question.name));
	return GP_SPF_EXPANDED;
}

enum gp_spf_expansion gp_spf_expand(char out[GP_DNS_NAME], const struct gp_spf *spf, const char *domain,
				    const char *spec, size_t len)
{
	struct name name = { .len = 0 };
	char value[VALUE_MAX];
	struct macro m;
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = 1;
		if (spec[at] != '%') {
			append(&name, spec + at, 1);
			continue;
		}
		n = read_macro(&m, spec + at, len - at);
		if (!n)
			return GP_SPF_SYNTAX;
		if (!m.letter) {
			append(&name, spec[at + 1] == '%' ? "%" : spec[at + 1] == '_' ? " " : "%20", spec[at + 1] == '-' ? 3 : 1);
			continue;
		}
		if (!value_of(value, spf, domain, m.letter))
			return GP_SPF_UNKNOWN;
		append_parts(&name, &m, value);
	}
	return take_name(out, &name);
}
