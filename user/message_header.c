// SPDX-License-Identifier: GPL-2.0-or-later
/* The values of header fields that matter (RFC 5322, 3.4 and 3.6; RFC 2045, 5 and 6). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "literal.h"
#include "message_private.h"

#define PARAMETER_BYTES 200u

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void gp_message_lower(struct gp_message_text *out, const char *from, size_t len)
{
	if (len > sizeof(out->data))
		return;
	for (size_t i = 0; i < len; i++)
		out->data[i] = (char)tolower((unsigned char)from[i]);
	out->len = (__u16)len;
}

/* A value under a cursor. */
struct cursor {
	const char *at, *end;
};

/* Past a comment, which may hold others (RFC 5322, 3.2.2). Return: false when it does not end. */
static bool skip_comment(struct cursor *c)
{
	size_t depth = 0;

	for (; c->at < c->end; c->at++) {
		if (*c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		else if (*c->at == '(')
			depth++;
		else if (*c->at == ')' && !--depth)
			break;
	}
	if (c->at == c->end)
		return false;
	c->at++;
	return true;
}

/* What an address is put together from; too long for its room, it is none. */
struct address {
	char text[GP_MESSAGE_ADDRESS];
	size_t len;
	bool at, blank, over, too_long;
};

static void add(struct address *a, char c)
{
	if (a->len == sizeof(a->text)) {
		a->too_long = true;
		return;
	}
	a->text[a->len++] = c;
}

/* A quoted string (RFC 5322, 3.2.4), with its quotes. Return: false when it does not end. */
static bool add_quoted(struct address *a, struct cursor *c)
{
	add(a, *c->at++);
	for (; c->at < c->end && *c->at != '"'; c->at++) {
		if (*c->at == '\\' && c->at + 1 < c->end)
			add(a, *c->at++);
		add(a, *c->at);
	}
	if (c->at == c->end)
		return false;
	add(a, *c->at++);
	return true;
}

/* Behind "<", up to ">"; a source route before the address is left out (RFC 5322, 4.4). */
static bool add_angle(struct address *a, struct cursor *c)
{
	*a = (struct address){ 0 };
	while (c->at < c->end && *c->at != '>') {
		if (*c->at == '(') {
			if (!skip_comment(c))
				return false;
		} else if (*c->at == '"') {
			if (!add_quoted(a, c))
				return false;
		} else if (*c->at == ':' && a->len && a->text[0] == '@') {
			*a = (struct address){ 0 };
			c->at++;
		} else {
			if (!is_blank(*c->at))
				add(a, *c->at);
			c->at++;
		}
	}
	return c->at < c->end;
}

/* A byte of an address without brackets, or of a name before one with them: a blank between words begins anew. */
static void add_bare(struct address *a, char c)
{
	bool joins = c == '@' || c == '.' || (a->len && (a->text[a->len - 1] == '@' || a->text[a->len - 1] == '.'));

	if (is_blank(c)) {
		a->blank = true;
		return;
	}
	if (a->blank && a->at && !joins)
		a->over = true;
	if (a->over) /* words behind an address; perhaps it is the name of another one, in brackets */
		return;
	if (a->blank && !joins)
		*a = (struct address){ 0 };
	a->blank = false;
	a->at |= c == '@';
	add(a, c);
}

/* Return: false when what begins here does not end. */
static bool bare_step(struct address *a, struct cursor *c)
{
	const char *end = *c->at == '[' ? memchr(c->at, ']', (size_t)(c->end - c->at)) : NULL;

	if (*c->at == '(')
		return skip_comment(c);
	if (*c->at == '"') {
		if (!a->at)
			*a = (struct address){ 0 };
		return add_quoted(a, c);
	}
	if (end && a->at) { /* a domain literal */
		while (c->at < end)
			add_bare(a, *c->at++);
	} else if (*c->at == ':' && !a->at) { /* what stood before it names a group */
		*a = (struct address){ 0 };
		c->at++;
		return true;
	}
	add_bare(a, *c->at++);
	return true;
}

/* The first mailbox of a list, names, groups and comments passed over. Return: false when there is none. */
static bool first_mailbox(struct address *a, struct cursor *c, bool cut)
{
	while (c->at < c->end) {
		if (*c->at == '<') {
			c->at++;
			return add_angle(a, c);
		}
		if (*c->at == ',' || *c->at == ';') {
			if (a->at)
				return true;
			*a = (struct address){ 0 };
			c->at++;
		} else if (!bare_step(a, c)) {
			return false;
		}
	}
	return a->at && !cut;
}

void gp_field_address(struct gp_message_text *address, struct gp_message_text *domain, const char *value, size_t len,
		      bool cut)
{
	struct cursor c = { value, value + len };
	struct address a = { 0 };
	const char *at;

	if (!first_mailbox(&a, &c, cut) || a.too_long)
		return;
	at = memrchr(a.text, '@', a.len);
	if (!at || at == a.text + a.len - 1)
		return;
	memcpy(address->data, a.text, a.len);
	address->len = (__u16)a.len;
	gp_message_lower(domain, at + 1, a.len - (size_t)(at + 1 - a.text));
}

void gp_field_message_id(struct gp_message_text *domain, const char *value, size_t len)
{
	const char *end = memchr(value, '>', len), *at;

	if (!end)
		return;
	at = memrchr(value, '@', (size_t)(end - value));
	if (at)
		gp_message_lower(domain, at + 1, (size_t)(end - at - 1));
}

/* "from" name "(" what the receiver found ")" "by" ... (RFC 5321, 4.4). */
void gp_field_received(struct gp_message *out, const char *value, size_t len)
{
	struct cursor c = { value, value + len };
	const char *end, *open, *by;

	while (c.at < c.end && is_blank(*c.at))
		c.at++;
	if (c.end - c.at < 6 || strncasecmp(c.at, "from", 4) != 0 || !is_blank(c.at[4]))
		return;
	for (c.at += 5; c.at < c.end && is_blank(*c.at); c.at++)
		;
	for (end = c.at; end < c.end && !is_blank(*end) && *end != '(' && *end != ';'; end++)
		;
	if ((size_t)(end - c.at) <= sizeof(out->received_from.data)) {
		memcpy(out->received_from.data, c.at, (size_t)(end - c.at));
		out->received_from.len = (__u16)(end - c.at);
	}
	by = memmem(end, (size_t)(c.end - end), " by ", 4);
	if (by)
		c.end = by;
	open = memchr(c.at, '[', (size_t)(c.end - c.at));
	end = open ? memchr(open, ']', (size_t)(c.end - open)) : NULL;
	if (end)
		out->has_received_address = gp_literal_read(&out->received_address, open, (size_t)(end + 1 - open));
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (is_blank(*c->at) || *c->at == '(')) {
		if (*c->at != '(')
			c->at++;
		else if (!skip_comment(c))
			c->at = c->end;
	}
}

/* A token (RFC 2045, 5.1). Return: its length. */
static size_t token(struct cursor *c, const char **out)
{
	*out = c->at;
	while (c->at < c->end && *c->at > ' ' && *c->at < 0x7f && !strchr("()<>@,;:\\\"/[]?=", *c->at))
		c->at++;
	return (size_t)(c->at - *out);
}

static bool is_token(const char *token_at, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(token_at, word, len);
}

static bool ends_value(char c, bool quoted)
{
	return quoted ? c == '"' : is_blank(c) || c == ';' || c == '(';
}

/* A parameter's value. Return: its length; 0 when it is too long. */
static size_t parameter_value(struct cursor *c, char out[PARAMETER_BYTES])
{
	bool quoted = c->at < c->end && *c->at == '"', too_long = false;
	size_t n = 0;

	c->at += quoted;
	for (; c->at < c->end && !ends_value(*c->at, quoted); c->at++) {
		if (quoted && *c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		if (n < PARAMETER_BYTES)
			out[n++] = *c->at;
		else
			too_long = true;
	}
	c->at += quoted && c->at < c->end;
	return too_long ? 0 : n;
}

static void set_charset(struct gp_part *part, const char *name, size_t len)
{
	part->charset = GP_CHARSET_BYTES;
	if (is_token(name, len, "utf-16") || is_token(name, len, "utf-16be"))
		part->charset = GP_CHARSET_UTF16;
	else if (is_token(name, len, "utf-16le"))
		part->charset = GP_CHARSET_UTF16LE;
}

static void parameters(struct gp_part *part, struct cursor *c)
{
	char value[PARAMETER_BYTES];
	const char *name;
	size_t len, n;

	for (;;) {
		while (c->at < c->end && *c->at != ';')
			c->at++;
		if (c->at == c->end)
			return;
		c->at++;
		skip_blanks(c);
		len = token(c, &name);
		skip_blanks(c);
		if (c->at == c->end || *c->at != '=')
			continue;
		c->at++;
		skip_blanks(c);
		n = parameter_value(c, value);
		if (is_token(name, len, "charset")) {
			set_charset(part, value, n);
		} else if (is_token(name, len, "boundary") && !part->boundary_len && n && n <= sizeof(part->boundary)) {
			while (n && is_blank(value[n - 1])) /* RFC 2046, 5.1.1 */
				n--;
			memcpy(part->boundary, value, n);
			part->boundary_len = (__u8)n;
		}
	}
}

void gp_field_content_type(struct gp_part *part, const char *value, size_t len)
{
	struct cursor c = { value, value + len };
	const char *type, *subtype;
	size_t type_len, subtype_len;

	skip_blanks(&c);
	type_len = token(&c, &type);
	skip_blanks(&c);
	if (!type_len || c.at == c.end || *c.at != '/')
		return; /* as if it were not there (RFC 2045, 5.2) */
	c.at++;
	skip_blanks(&c);
	subtype_len = token(&c, &subtype);
	part->type = GP_PART_OTHER;
	part->boundary_len = 0;
	if (is_token(type, type_len, "multipart"))
		part->type = GP_PART_MULTIPART;
	else if (is_token(type, type_len, "message") && is_token(subtype, subtype_len, "rfc822"))
		part->type = GP_PART_MESSAGE;
	else if (is_token(type, type_len, "text") && is_token(subtype, subtype_len, "html"))
		part->type = GP_PART_HTML;
	else if (is_token(type, type_len, "text") && is_token(subtype, subtype_len, "plain"))
		part->type = GP_PART_PLAIN;
	parameters(part, &c);
}

void gp_field_encoding(struct gp_part *part, const char *value, size_t len)
{
	struct cursor c = { value, value + len };
	const char *name;
	size_t n;

	skip_blanks(&c);
	n = token(&c, &name);
	if (is_token(name, n, "base64"))
		part->encoding = GP_PART_BASE64;
	else if (is_token(name, n, "quoted-printable"))
		part->encoding = GP_PART_QUOTED;
	else if (is_token(name, n, "7bit") || is_token(name, n, "8bit") || is_token(name, n, "binary") || !n)
		part->encoding = GP_PART_IDENTITY;
	else
		part->encoding = GP_PART_UNKNOWN;
}
