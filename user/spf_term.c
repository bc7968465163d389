// SPDX-License-Identifier: GPL-2.0-or-later
/* The grammar of SPF records (RFC 7208, 12). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "literal.h"
#include "spf_private.h"

/* How the part behind a mechanism's name looks. */
enum shape {
	SHAPE_BARE,	/* all */
	SHAPE_SPEC,	/* include: a domain-spec must be there */
	SHAPE_OPTIONAL, /* ptr: it may */
	SHAPE_DUAL,	/* a, mx: it may, and cidr lengths */
	SHAPE_IP4,
	SHAPE_IP6,
};

static const struct {
	const char *name;
	enum gp_spf_kind kind;
	enum shape shape;
} mechanisms[] = {
	{ "all", GP_SPF_ALL, SHAPE_BARE },	  { "include", GP_SPF_INCLUDE, SHAPE_SPEC },
	{ "a", GP_SPF_A, SHAPE_DUAL },		  { "mx", GP_SPF_MX, SHAPE_DUAL },
	{ "ptr", GP_SPF_PTR, SHAPE_OPTIONAL },	  { "ip4", GP_SPF_IP4, SHAPE_IP4 },
	{ "ip6", GP_SPF_IP6, SHAPE_IP6 },	  { "exists", GP_SPF_EXISTS, SHAPE_SPEC },
};

/* A length behind a slash, without zeros before it. Return: -1 when it is none. */
static int read_length(const char *digits, size_t len, int max)
{
	int value = 0;

	if (!len || len > 3 || (len > 1 && digits[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)digits[i]))
			return -1;
		value = value * 10 + digits[i] - '0';
	}
	return value <= max ? value : -1;
}

static size_t trailing_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && isdigit((unsigned char)text[len - n - 1]))
		n++;
	return n;
}

/* Takes "/n", "//m" or "/n//m" off the end: a slash may be a part of a domain-spec, too. Return: false on nonsense. */
static bool take_lengths(struct gp_spf_term *t, const char *text, size_t *len)
{
	size_t n = trailing_digits(text, *len), at = *len - n;
	int value;

	if (n && at >= 2 && text[at - 1] == '/' && text[at - 2] == '/') {
		value = read_length(text + at, n, 128);
		if (value < 0)
			return false;
		t->cidr6 = (__u8)value;
		*len = at - 2;
		n = trailing_digits(text, *len);
		at = *len - n;
	}
	if (n && at >= 1 && text[at - 1] == '/') {
		value = read_length(text + at, n, 32);
		if (value < 0)
			return false;
		t->cidr4 = (__u8)value;
		*len = at - 1;
	}
	return true;
}

static bool read_network(struct gp_spf_term *t, const char *text, size_t len, bool six)
{
	const char *slash = memchr(text, '/', len);
	size_t n = slash ? (size_t)(slash - text) : len;
	int value = six ? 128 : 32;

	if (!n || !!memchr(text, ':', n) != six || memchr(text, '[', n) || !strncasecmp(text, "IPv6:", n < 5 ? n : 5))
		return false;
	if (slash)
		value = read_length(slash + 1, len - n - 1, value);
	if (value < 0 || !gp_literal_read(&t->addr, text, n))
		return false;
	t->cidr4 = t->cidr6 = (__u8)value;
	return true;
}

static bool read_rest(struct gp_spf_term *t, enum shape shape, const char *text, size_t len)
{
	if (shape == SHAPE_BARE)
		return !len;
	if (shape == SHAPE_IP4 || shape == SHAPE_IP6)
		return len > 1 && text[0] == ':' && read_network(t, text + 1, len - 1, shape == SHAPE_IP6);
	if (shape == SHAPE_DUAL && !take_lengths(t, text, &len))
		return false;
	if (!len)
		return shape != SHAPE_SPEC;
	if (text[0] != ':' || !gp_spf_spec_is_valid(text + 1, len - 1, false))
		return false;
	t->spec = text + 1;
	t->spec_len = len - 1;
	return true;
}

/* The length of a name at the beginning of a term (12: name). */
static size_t name_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)text[n]) || (n && strchr("-_.", text[n]) && text[n])))
		n++;
	return n && isalpha((unsigned char)text[0]) ? n : 0;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(text, word, len);
}

static bool read_modifier(struct gp_spf_term *t, const char *text, size_t name, size_t len)
{
	t->kind = is_word(text, name, "redirect") ? GP_SPF_REDIRECT : is_word(text, name, "exp") ? GP_SPF_EXP : GP_SPF_OTHER;
	t->spec = text + name + 1;
	t->spec_len = len - name - 1;
	return gp_spf_spec_is_valid(t->spec, t->spec_len, t->kind == GP_SPF_OTHER);
}

static bool read_term(struct gp_spf_term *t, const char *text, size_t len)
{
	size_t name = name_len(text, len);

	*t = (struct gp_spf_term){ .qualifier = '+', .cidr4 = 32, .cidr6 = 128 };
	if (name && name < len && text[name] == '=')
		return read_modifier(t, text, name, len);
	if (strchr("+-~?", text[0]) && text[0]) {
		t->qualifier = text[0];
		text++;
		len--;
		name = name_len(text, len);
	}
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (!is_word(text, name, mechanisms[i].name))
			continue;
		t->kind = mechanisms[i].kind;
		return read_rest(t, mechanisms[i].shape, text + name, len - name);
	}
	return false;
}

int gp_spf_term_next(struct gp_spf_term *out, const char **at, const char *end)
{
	const char *begin = *at;

	while (begin < end && *begin == ' ')
		begin++;
	*at = begin;
	if (begin == end)
		return 0;
	while (*at < end && **at != ' ')
		(*at)++;
	return read_term(out, begin, (size_t)(*at - begin)) ? 1 : -1;
}
