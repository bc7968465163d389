/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of message.c share, and nobody else. */
#ifndef GATEPOST_MESSAGE_PRIVATE_H
#define GATEPOST_MESSAGE_PRIVATE_H

#include "message.h"

#define GP_BOUNDARY_BYTES 128u /* RFC 2046, 5.1.1 allows 70 */

enum gp_part_type {
	GP_PART_PLAIN,
	GP_PART_HTML,
	GP_PART_MULTIPART,
	GP_PART_MESSAGE, /* message/rfc822 */
	GP_PART_OTHER,
};

enum gp_part_encoding {
	GP_PART_IDENTITY, /* 7bit, 8bit, binary, none */
	GP_PART_QUOTED,	  /* quoted-printable */
	GP_PART_BASE64,
	GP_PART_UNKNOWN,
};

enum gp_part_charset {
	GP_CHARSET_BYTES, /* ASCII is ASCII in it */
	GP_CHARSET_UTF16,
	GP_CHARSET_UTF16LE,
};

/* What a part's header says. */
struct gp_part {
	__u8 type, encoding, charset;
	__u8 boundary_len; /* 0: none, or too long */
	char boundary[GP_BOUNDARY_BYTES];
};

/* A part's bytes on their way from the mail to the search for links. */
struct gp_link_finder {
	struct gp_message *out;
	__u8 salt[GP_MESSAGE_SALT];
	bool html;
	__u8 encoding, charset;
	/* quoted-printable, base64 */
	__u8 quoted, first_digit;
	__u32 bits, bit_count;
	/* UTF-16 */
	bool has_half, little, begun;
	__u8 half;
	/* character references */
	__u8 reference_len;
	char reference[12];
	/* the search */
	__u8 matched;	 /* how much of "https://" */
	__u8 before;	 /* the byte before this one, and the one before the link */
	__u8 mark;
	bool https, in_url, too_long;
	__u32 url_len;
	char url[GP_URL_BYTES];
};

/* A part of type text begins. */
void gp_links_begin(struct gp_link_finder *f, const struct gp_part *part);

/* Its bytes, of one line or a piece of one. @ends_line: a line end follows. */
void gp_links_line(struct gp_link_finder *f, const char *data, size_t len, bool ends_line);

/* The part is over. */
void gp_links_end(struct gp_link_finder *f);

/* The values of header fields, unfolded; @cut: there was more of it. Out is written only where there is something. */
void gp_field_address(struct gp_message_text *address, struct gp_message_text *domain, const char *value, size_t len,
		      bool cut);
void gp_field_received(struct gp_message *out, const char *value, size_t len);
void gp_field_message_id(struct gp_message_text *domain, const char *value, size_t len);
void gp_field_content_type(struct gp_part *part, const char *value, size_t len);
void gp_field_encoding(struct gp_part *part, const char *value, size_t len);

/* len bytes in lower case; none when that is too long. */
void gp_message_lower(struct gp_message_text *out, const char *from, size_t len);

#endif
