// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links in a part of a mail: transfer encoding (RFC 2045, 6), UTF-16 (RFC 2781), character references of HTML, search;
 * each stage takes one byte at a time, so that it does not matter where lines, segments and soft line breaks lie.
 */
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <strings.h>

#include "message_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum quoted {
	QUOTED_TEXT,
	QUOTED_SIGN,  /* behind "=" */
	QUOTED_DIGIT, /* behind "=" and one digit */
	QUOTED_BLANK, /* behind "=" and blanks: a soft line break, if the line ends here */
};

static void search(struct gp_link_finder *f, __u8 c);

static bool is_wrapped(char c)
{
	return c <= 0x20 || c >= 0x7f || strchr("\"<>`{}|\\^'", c);
}

/* The path as gp_url_hash() wants it. Return: its length. */
static size_t normalise(char *out, const char *path, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	if (!len || path[0] != '/')
		out[n++] = '/';
	for (size_t i = 0; i < len && path[i] != '#'; i++) {
		__u8 c = (__u8)path[i];
		bool digit = (i >= 1 && path[i - 1] == '%') ||
			     (i >= 2 && path[i - 2] == '%' && isxdigit((unsigned char)path[i - 1]));

		if (is_wrapped(path[i])) {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		} else {
			out[n++] = digit && isxdigit(c) ? (char)toupper(c) : path[i];
		}
	}
	return n;
}

__u64 gp_url_hash(const __u8 salt[GP_MESSAGE_SALT], bool https, const char *host, size_t host_len, __u16 port,
		  const char *path, size_t path_len)
{
	char text[8 + GP_URL_BYTES + 6 + 3 * GP_URL_BYTES + 1];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len = 0;
	__u64 hash = 0;
	size_t n;

	if (host_len > GP_URL_BYTES || path_len > GP_URL_BYTES)
		return 0;
	if (host_len && host[host_len - 1] == '.')
		host_len--;
	n = (size_t)sprintf(text, "%s://", https ? "https" : "http");
	for (size_t i = 0; i < host_len; i++)
		text[n++] = (char)tolower((unsigned char)host[i]);
	if (port && port != (https ? 443 : 80))
		n += (size_t)sprintf(text + n, ":%u", port);
	n += normalise(text + n, path, path_len);
	if (!HMAC(EVP_sha256(), salt, GP_MESSAGE_SALT, (const unsigned char *)text, n, digest, &digest_len))
		return 0;
	for (int i = 0; i < 8; i++)
		hash = hash << 8 | digest[i];
	return hash ?: 1;
}

static void keep(struct gp_link_finder *f, const char *host, size_t host_len, __u64 hash)
{
	struct gp_message *m = f->out;

	for (__u8 i = 0; i < m->n_links; i++) {
		if (m->links[i].url_hash == hash)
			return;
	}
	if (!hash || host_len > GP_MESSAGE_HOST || m->n_links == GP_MESSAGE_LINKS) {
		m->links_more += m->links_more != 0xffffffffu;
		return;
	}
	m->links[m->n_links].url_hash = hash;
	m->links[m->n_links].https = f->https;
	m->links[m->n_links].host_len = (__u8)host_len;
	for (size_t i = 0; i < host_len; i++)
		m->links[m->n_links].host[i] = (char)tolower((unsigned char)host[i]);
	m->n_links++;
}

static bool is_host(const char *host, size_t len)
{
	bool literal = len > 2 && host[0] == '[' && host[len - 1] == ']';

	for (size_t i = literal; i < len - literal; i++) {
		if (literal ? !isxdigit((unsigned char)host[i]) && !strchr(":.", host[i]) :
			      !isalnum((unsigned char)host[i]) && host[i] != '-' && host[i] != '.' && host[i] != '_' &&
				      !((__u8)host[i] & 0x80))
			return false;
	}
	return len && host[0] != '.';
}

/* The port behind a host. Return: false when there is something else. */
static bool read_port(__u16 *port, const char *text, size_t len)
{
	__u32 number = 0;

	*port = 0;
	if (!len)
		return true;
	if (text[0] != ':' || len > 6)
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		number = number * 10 + (__u32)(text[i] - '0');
	}
	*port = (__u16)number;
	return number <= 65535;
}

/* A link is complete: what stands behind "://". */
static void take(struct gp_link_finder *f, const char *url, size_t len)
{
	size_t end = 0, host = 0, host_end;
	__u16 port;

	while (end < len && !strchr("/?#\\", url[end]))
		end++;
	for (size_t i = 0; i < end; i++) {
		if (url[i] == '@') /* credentials (RFC 3986, 3.2.1) are no part of the request */
			host = i + 1;
	}
	for (host_end = host; host_end < end && url[host_end] != ':'; host_end++) {
		if (url[host_end] == '[')
			while (host_end + 1 < end && url[host_end] != ']')
				host_end++;
	}
	if (!read_port(&port, url + host_end, end - host_end))
		return;
	if (host_end > host && url[host_end - 1] == '.')
		host_end--;
	if (is_host(url + host, host_end - host))
		keep(f, url + host, host_end - host,
		     gp_url_hash(f->salt, f->https, url + host, host_end - host, port, url + end, len - end));
}

static size_t count(const char *text, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

/* Punctuation that belongs to the sentence around a link; a bracket does when it was opened outside. */
static size_t without_punctuation(const char *url, size_t len)
{
	static const char opening[] = "([{", closing[] = ")]}";

	while (len) {
		const char *bracket = strchr(closing, url[len - 1]);

		if (bracket && count(url, len, opening[bracket - closing]) >= count(url, len, *bracket))
			break;
		if (!bracket && !strchr(".,;:!?'", url[len - 1]))
			break;
		len--;
	}
	return len;
}

static void end_url(struct gp_link_finder *f, bool quoted)
{
	f->in_url = false;
	if (f->too_long)
		f->out->links_more += f->out->links_more != 0xffffffffu;
	else
		take(f, f->url, quoted ? f->url_len : without_punctuation(f->url, f->url_len));
}

static void begin_url(struct gp_link_finder *f, bool https)
{
	f->in_url = true;
	f->https = https;
	f->too_long = false;
	f->url_len = 0;
	f->matched = 0;
}

/* One more byte of what may be "http://" or "https://". */
static void match(struct gp_link_finder *f, __u8 c)
{
	static const char word[] = "https://";
	__u8 lower = (__u8)tolower(c);

	if (f->matched == 4 && c == ':') /* without the "s": the digits of matched go on as with it */
		f->https = false;
	else if (f->matched == 4)
		f->https = true;
	if (f->matched == 4 && c == ':') {
		f->matched = 6;
	} else if (f->matched && lower == (__u8)word[f->matched]) {
		f->matched++;
	} else {
		f->matched = lower == 'h' && !isalnum(f->before);
		f->mark = f->before;
	}
	if (f->matched == sizeof(word) - 1)
		begin_url(f, f->https);
}

static bool ends_url(const struct gp_link_finder *f, __u8 c)
{
	if (c <= 0x20 || c == 0x7f || c == '<' || c == '>' || c == '"')
		return true;
	return f->html ? c == '\'' && f->mark == '\'' : c >= 0x80;
}

static void search(struct gp_link_finder *f, __u8 c)
{
	if (f->in_url && ends_url(f, c))
		end_url(f, f->html && c == f->mark);
	if (!f->in_url) {
		match(f, c);
	} else if (f->url_len == GP_URL_BYTES) {
		f->too_long = true;
	} else {
		f->url[f->url_len++] = (char)c;
	}
	f->before = c;
}

static __u8 digit_value(__u8 c)
{
	return (__u8)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
}

/* The character of a reference between "&" and ";" (HTML, 13.5); 0 for one that no link contains. */
static __u32 referred(const char *name, size_t len)
{
	static const struct {
		const char *name;
		__u8 c;
	} names[] = {
		{ "amp", '&' },	   { "AMP", '&' }, { "lt", '<' },     { "gt", '>' },	 { "quot", '"' },
		{ "apos", '\'' },  { "colon", ':' }, { "sol", '/' }, { "period", '.' }, { "equals", '=' },
		{ "quest", '?' },  { "nbsp", ' ' }, { "num", '#' },   { "lowbar", '_' },
	};
	__u32 value = 0, base = 10;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strlen(names[i].name) == len && !memcmp(names[i].name, name, len))
			return names[i].c;
	}
	if (len < 2 || name[0] != '#')
		return 0;
	if (name[1] == 'x' || name[1] == 'X')
		base = 16;
	for (size_t i = base == 16 ? 2 : 1; i < len; i++) {
		if (base == 16 ? !isxdigit((unsigned char)name[i]) : !isdigit((unsigned char)name[i]))
			return 0;
		value = value * base + digit_value((__u8)name[i]);
	}
	return value;
}

static void search_utf8(struct gp_link_finder *f, __u32 point)
{
	if (point < 0x80) {
		search(f, (__u8)point);
		return;
	}
	if (point >= 0x10000)
		search(f, (__u8)(0xf0 | (point >> 18 & 7)));
	if (point >= 0x800)
		search(f, (__u8)(point >= 0x10000 ? 0x80 | (point >> 12 & 0x3f) : 0xe0 | (point >> 12 & 15)));
	search(f, (__u8)(point >= 0x800 ? 0x80 | (point >> 6 & 0x3f) : 0xc0 | (point >> 6 & 31)));
	search(f, (__u8)(0x80 | (point & 0x3f)));
}

/* What looked like a character reference is none. */
static void end_reference(struct gp_link_finder *f)
{
	__u8 len = f->reference_len;

	f->reference_len = 0;
	for (__u8 i = 0; i < len; i++)
		search(f, (__u8)f->reference[i]);
}

/* reference[] holds the "&" and what followed it. */
static void dereference(struct gp_link_finder *f, __u8 c)
{
	__u32 point;

	if (!f->html) {
		search(f, c);
		return;
	}
	if (f->reference_len && c == ';') {
		point = referred(f->reference + 1, f->reference_len - 1u);
		if (!point) {
			end_reference(f);
			search(f, c);
			return;
		}
		f->reference_len = 0;
		search_utf8(f, point == 0xa0 ? ' ' : point);
		return;
	}
	if (f->reference_len && (f->reference_len == sizeof(f->reference) || (!isalnum(c) && c != '#')))
		end_reference(f);
	if (c == '&' || f->reference_len)
		f->reference[f->reference_len++] = (char)c;
	else
		search(f, c);
}

/* Two bytes a character. Surrogates are passed over: no link contains them. */
static void from_utf16(struct gp_link_finder *f, __u8 c)
{
	__u32 unit;

	if (!f->has_half) {
		f->half = c;
		f->has_half = true;
		return;
	}
	f->has_half = false;
	unit = f->little ? (__u32)c << 8 | f->half : (__u32)f->half << 8 | c;
	if (!f->begun && unit == 0xfffe)
		f->little = !f->little;
	else if (unit < 0x80)
		dereference(f, (__u8)unit);
	else
		dereference(f, 0xff); /* whatever it is, no ASCII */
	f->begun = true;
}

static void decoded(struct gp_link_finder *f, __u8 c)
{
	if (f->charset == GP_CHARSET_BYTES)
		dereference(f, c);
	else
		from_utf16(f, c);
}

static void quoted_printable(struct gp_link_finder *f, __u8 c)
{
	if (f->quoted == QUOTED_DIGIT && isxdigit(c)) {
		f->quoted = QUOTED_TEXT;
		decoded(f, (__u8)(digit_value(f->first_digit) << 4 | digit_value(c)));
		return;
	}
	if (f->quoted == QUOTED_DIGIT) {
		decoded(f, '=');
		decoded(f, f->first_digit);
		f->quoted = QUOTED_TEXT;
	} else if (f->quoted == QUOTED_SIGN && isxdigit(c)) {
		f->first_digit = c;
		f->quoted = QUOTED_DIGIT;
		return;
	} else if (f->quoted != QUOTED_TEXT && (c == ' ' || c == '\t' || c == '\r')) {
		f->quoted = QUOTED_BLANK;
		return;
	} else if (f->quoted != QUOTED_TEXT) {
		decoded(f, '=');
		if (f->quoted == QUOTED_BLANK)
			decoded(f, ' ');
		f->quoted = QUOTED_TEXT;
	}
	if (c == '=')
		f->quoted = QUOTED_SIGN;
	else
		decoded(f, c);
}

static void quoted_line_end(struct gp_link_finder *f)
{
	__u8 quoted = f->quoted;

	f->quoted = QUOTED_TEXT;
	if (quoted == QUOTED_SIGN || quoted == QUOTED_BLANK)
		return;
	if (quoted == QUOTED_DIGIT) {
		decoded(f, '=');
		decoded(f, f->first_digit);
	}
	decoded(f, '\n');
}

static void base64(struct gp_link_finder *f, __u8 c)
{
	__u32 value;

	if (c == '=') {
		f->bits = f->bit_count = 0;
		return;
	}
	if (isupper(c))
		value = c - 'A';
	else if (islower(c))
		value = c - 'a' + 26u;
	else if (isdigit(c))
		value = c - '0' + 52u;
	else if (c == '+' || c == '/')
		value = c == '+' ? 62 : 63;
	else
		return;
	f->bits = (f->bits << 6 | value) & 0xffff;
	f->bit_count += 6;
	if (f->bit_count >= 8) {
		f->bit_count -= 8;
		decoded(f, (__u8)(f->bits >> f->bit_count));
	}
}

void gp_links_begin(struct gp_link_finder *f, const struct gp_part *part)
{
	struct gp_message *out = f->out;
	__u8 salt[GP_MESSAGE_SALT];

	memcpy(salt, f->salt, sizeof(salt));
	memset(f, 0, offsetof(struct gp_link_finder, url));
	memcpy(f->salt, salt, sizeof(salt));
	f->out = out;
	f->html = part->type == GP_PART_HTML;
	f->encoding = part->encoding;
	f->charset = part->charset;
	f->little = part->charset == GP_CHARSET_UTF16LE;
	f->before = '\n';
}

void gp_links_line(struct gp_link_finder *f, const char *data, size_t len, bool ends_line)
{
	for (size_t i = 0; i < len; i++) {
		if (f->encoding == GP_PART_QUOTED)
			quoted_printable(f, (__u8)data[i]);
		else if (f->encoding == GP_PART_BASE64)
			base64(f, (__u8)data[i]);
		else
			decoded(f, (__u8)data[i]);
	}
	if (ends_line && f->encoding == GP_PART_QUOTED)
		quoted_line_end(f);
	else if (ends_line && f->encoding == GP_PART_IDENTITY)
		decoded(f, '\n');
}

void gp_links_end(struct gp_link_finder *f)
{
	if (f->encoding == GP_PART_QUOTED)
		quoted_line_end(f);
	end_reference(f);
	search(f, '\n');
}
