// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mail's lines: header fields, parts and their boundaries. What the fields hold: message_header.c; links:
 * message_links.c.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message_private.h"

#define LINE_BYTES 1024u  /* RFC 5322, 2.1.1 allows 998; of a longer line pieces of this length are read */
#define FIELD_BYTES 4096u /* kept of a field's name and value */
#define DEPTH 8u	  /* multiparts and mails within each other */

enum reading {
	READING_HEADER,
	READING_TEXT,
	READING_NOTHING, /* attachments, preambles, epilogues, what follows a gap */
};

struct boundary {
	__u8 len;
	char text[GP_BOUNDARY_BYTES];
};

struct gp_message_reader {
	struct gp_message *out;
	bool top;	 /* this header is the mail's own */
	bool first_line; /* of the mail */
	bool damaged;	 /* a gap, or something longer or deeper than what is read */
	bool in_line;	 /* a piece of this line was read */
	bool field_cut;
	bool has_type, has_encoding; /* of this part */
	bool has_from, has_reply_to, has_received, has_message_id;
	__u8 reading;	 /* enum reading */
	__u8 depth, mails;
	struct gp_part part;
	__u32 line_len, field_len;
	char line[LINE_BYTES], field[FIELD_BYTES];
	struct boundary boundaries[DEPTH];
	struct gp_link_finder finder;
};

/* A header begins, the mail's or a part's. */
static void begin_header(struct gp_message_reader *r)
{
	r->part = (struct gp_part){ 0 };
	r->reading = READING_HEADER;
	r->field_len = 0;
	r->field_cut = r->has_type = r->has_encoding = false;
}

static bool is_field(const struct gp_message_reader *r, size_t name_len, const char *name)
{
	return strlen(name) == name_len && !strncasecmp(r->field, name, name_len);
}

/* The first of such a field counts. @given: whether there was one. */
static void take_address(struct gp_message_reader *r, bool *given, struct gp_message_text *address,
			 struct gp_message_text *domain, const char *value, size_t len)
{
	if (*given)
		return;
	*given = true;
	gp_field_address(address, domain, value, len, r->field_cut);
}

/* Return: whether this is a field that is read. */
static bool top_field(struct gp_message_reader *r, size_t name_len, const char *value, size_t len)
{
	if (is_field(r, name_len, "From")) {
		take_address(r, &r->has_from, &r->out->from, &r->out->from_domain, value, len);
	} else if (is_field(r, name_len, "Reply-To")) {
		take_address(r, &r->has_reply_to, &r->out->reply_to, &r->out->reply_to_domain, value, len);
	} else if (is_field(r, name_len, "Received") && !r->has_received) {
		r->has_received = true;
		gp_field_received(r->out, value, len);
	} else if (is_field(r, name_len, "Message-ID") && !r->has_message_id) {
		r->has_message_id = true;
		gp_field_message_id(&r->out->message_id_domain, value, len);
	} else {
		return false;
	}
	return true;
}

/* Likewise, in the header of any part. */
static bool part_field(struct gp_message_reader *r, size_t name_len, const char *value, size_t len)
{
	if (is_field(r, name_len, "Content-Type") && !r->has_type) {
		r->has_type = true;
		gp_field_content_type(&r->part, value, len);
	} else if (is_field(r, name_len, "Content-Transfer-Encoding") && !r->has_encoding) {
		r->has_encoding = true;
		gp_field_encoding(&r->part, value, len);
	} else {
		return false;
	}
	return true;
}

/* A field is complete, its continuation lines joined (RFC 5322, 2.2.3). */
static void end_field(struct gp_message_reader *r)
{
	const char *colon = r->field_len ? memchr(r->field, ':', r->field_len) : NULL;
	size_t name_len, len;

	if (colon) {
		name_len = (size_t)(colon - r->field);
		len = r->field_len - name_len - 1;
		while (name_len && (r->field[name_len - 1] == ' ' || r->field[name_len - 1] == '\t'))
			name_len--;
		if (part_field(r, name_len, colon + 1, len) || (r->top && top_field(r, name_len, colon + 1, len)))
			r->damaged |= r->field_cut;
	}
	r->field_len = 0;
	r->field_cut = false;
}

/* Deeper than what is read: nothing of this part is. */
static void too_deep(struct gp_message_reader *r)
{
	r->damaged = true;
	r->reading = READING_NOTHING;
}

static void begin_multipart(struct gp_message_reader *r)
{
	struct boundary *b;

	r->reading = READING_NOTHING;
	if (r->depth == DEPTH || !r->part.boundary_len) {
		too_deep(r);
		return;
	}
	b = &r->boundaries[r->depth++];
	b->len = r->part.boundary_len;
	memcpy(b->text, r->part.boundary, b->len);
}

static void end_header(struct gp_message_reader *r)
{
	end_field(r);
	r->top = false;
	if (r->part.type == GP_PART_MULTIPART) {
		begin_multipart(r);
	} else if (r->part.type == GP_PART_MESSAGE && r->part.encoding == GP_PART_IDENTITY) {
		if (++r->mails > DEPTH)
			too_deep(r);
		else
			begin_header(r);
	} else if (r->part.type <= GP_PART_HTML && r->part.encoding != GP_PART_UNKNOWN) {
		r->reading = READING_TEXT;
		gp_links_begin(&r->finder, &r->part);
	} else {
		r->reading = READING_NOTHING;
	}
}

static void end_part(struct gp_message_reader *r)
{
	if (r->reading == READING_HEADER)
		end_field(r);
	else if (r->reading == READING_TEXT)
		gp_links_end(&r->finder);
	r->reading = READING_NOTHING;
	r->top = false;
}

/* Is this whole line a boundary of the multipart around here, or of one around that (RFC 2046, 5.1)? */
static bool at_boundary(struct gp_message_reader *r)
{
	size_t len = r->line_len;

	if (len < 2 || r->line[0] != '-' || r->line[1] != '-')
		return false;
	while (len && (r->line[len - 1] == ' ' || r->line[len - 1] == '\t'))
		len--;
	for (__u8 depth = r->depth; depth; depth--) {
		const struct boundary *b = &r->boundaries[depth - 1];
		bool last = len == b->len + 4u && r->line[len - 1] == '-' && r->line[len - 2] == '-';

		if ((len != b->len + 2u && !last) || memcmp(r->line + 2, b->text, b->len) != 0)
			continue;
		end_part(r);
		r->depth = last ? depth - 1 : depth;
		if (!last)
			begin_header(r);
		return true;
	}
	return false;
}

static void add_to_field(struct gp_message_reader *r)
{
	size_t room = FIELD_BYTES - r->field_len, len = r->line_len;

	if (len > room) {
		len = room;
		r->field_cut = true;
	}
	memcpy(r->field + r->field_len, r->line, len);
	r->field_len += (__u32)len;
}

/* Does a line begin like a header field: visible ASCII up to a colon (RFC 5322, 2.2)? */
static bool begins_field(const struct gp_message_reader *r)
{
	__u32 i = 0;

	while (i < r->line_len && r->line[i] > ' ' && r->line[i] < 0x7f && r->line[i] != ':')
		i++;
	if (!i)
		return false;
	while (i < r->line_len && (r->line[i] == ' ' || r->line[i] == '\t'))
		i++;
	return i < r->line_len && r->line[i] == ':';
}

/* Return: false when the line is none of a header, which is over then. */
static bool header_line(struct gp_message_reader *r, bool ends_line)
{
	if (r->in_line) { /* the rest of a long one */
		if (r->field_len)
			add_to_field(r);
		return true;
	}
	if (!r->line_len && ends_line) {
		end_header(r);
		return true;
	}
	if (r->first_line && r->line_len >= 5 && !memcmp(r->line, "From ", 5)) /* of a mailbox file */
		return true;
	if (r->line[0] == ' ' || r->line[0] == '\t') {
		if (r->field_len)
			add_to_field(r);
		return true;
	}
	if (!begins_field(r)) {
		end_header(r);
		return false;
	}
	end_field(r);
	add_to_field(r);
	return true;
}

/* A line without its line end, or a piece of one that is too long. */
static void take_line(struct gp_message_reader *r, bool ends_line)
{
	if (r->in_line || !ends_line || !at_boundary(r)) {
		bool taken = r->reading == READING_HEADER && header_line(r, ends_line);

		if (!taken && r->reading == READING_TEXT)
			gp_links_line(&r->finder, r->line, r->line_len, ends_line);
	}
	r->first_line &= !ends_line;
	r->in_line = !ends_line;
	r->line_len = 0;
}

struct gp_message_reader *gp_message_open(struct gp_message *out, const __u8 salt[GP_MESSAGE_SALT])
{
	struct gp_message_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	memset(out, 0, sizeof(*out));
	r->out = out;
	r->finder.out = out;
	memcpy(r->finder.salt, salt, GP_MESSAGE_SALT);
	r->top = r->first_line = true;
	begin_header(r);
	return r;
}

void gp_message_bytes(struct gp_message_reader *r, const __u8 *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			if (r->line_len && r->line[r->line_len - 1] == '\r')
				r->line_len--;
			take_line(r, true);
			continue;
		}
		if (r->line_len == LINE_BYTES)
			take_line(r, false);
		r->line[r->line_len++] = (char)data[i];
	}
}

void gp_message_gap(struct gp_message_reader *r)
{
	r->damaged = true;
	r->reading = READING_NOTHING;
	r->top = false;
	r->first_line = false;
	r->field_len = 0;
	r->field_cut = false;
	r->line_len = 0;
	r->in_line = true;
}

void gp_message_close(struct gp_message_reader *r, bool ended)
{
	if (r->line_len && ended)
		take_line(r, true);
	if (ended)
		end_part(r);
	r->out->complete = ended && !r->damaged;
	explicit_bzero(r, sizeof(*r));
	free(r);
}

size_t gp_message_reader_bytes(void)
{
	return sizeof(struct gp_message_reader);
}
