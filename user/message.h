/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a mail's text tells about it: who it says it is from, where it says it came from, which links it holds. The text
 * is read as it passes (RFC 5322, RFC 2045, RFC 2046), and nothing of it is kept but these facts. Memory is bounded
 * whatever the mail holds. Everything here is a stranger's bytes: gp_sanitise() makes text of them.
 */
#ifndef GATEPOST_MESSAGE_H
#define GATEPOST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#define GP_MESSAGE_LINKS 32u	/* distinct ones per mail */
#define GP_MESSAGE_HOST 128u	/* bytes of a link's host; a link to a longer one is only counted */
#define GP_MESSAGE_ADDRESS 320u /* RFC 5321, 4.5.3.1: 64 bytes, "@", 255 bytes */
#define GP_MESSAGE_SALT 16u
#define GP_URL_BYTES 4096u /* behind "://"; a longer link is only counted */

struct gp_message_text {
	__u16 len;
	char data[GP_MESSAGE_ADDRESS];
};

struct gp_message_link {
	__u64 url_hash; /* gp_url_hash(); never 0 */
	bool https;
	__u8 host_len;
	char host[GP_MESSAGE_HOST]; /* lower case */
};

/* The facts. A text that the mail does not give, or that is longer than its room, has the length 0. */
struct gp_message {
	struct gp_message_text from, reply_to;		    /* the first mailbox of the first such field, as given */
	struct gp_message_text from_domain, reply_to_domain; /* theirs, in lower case */
	struct gp_message_text received_from;		    /* what the topmost Received says behind "from" */
	struct gp_message_text message_id_domain;	    /* in lower case */
	struct gp_addr received_address; /* the address literal of the topmost Received, where has_received_address */
	bool has_received_address;
	bool complete;	  /* the mail was read from its first byte to its end, and nothing was too long or too deep */
	__u8 n_links;
	__u32 links_more; /* links that did not fit in links[], or were too long; may count one link more than once */
	struct gp_message_link links[GP_MESSAGE_LINKS]; /* in the order in which they stand in the mail */
};

struct gp_message_reader;

/**
 * gp_message_open() - a reader for one mail.
 * @out:  the facts, which grow as the mail is read and are right at any time; borrowed until close.
 * @salt: GP_MESSAGE_SALT bytes, of the hashes; copied.
 *
 * Links are those to http and https in parts of type text/plain and text/html, at any depth up to 8 (multipart,
 * message/rfc822), in any of the encodings of RFC 2045, 6, in UTF-16 too. A link in plain text ends at a blank, a
 * control character, one of < > " or a byte of no ASCII, and without the punctuation behind it; in HTML, whose character
 * references are resolved, at a blank, < > " or the quotation mark before it.
 *
 * Return: NULL when out of memory.
 */
struct gp_message_reader *gp_message_open(struct gp_message *out, const __u8 salt[GP_MESSAGE_SALT]);

/* The next bytes of the mail, without the dots that SMTP put before others; however they are cut, the facts are equal. */
void gp_message_bytes(struct gp_message_reader *reader, const __u8 *data, size_t len);

/* Bytes are missing: reading goes on at the next part of a multipart mail, if there is one. */
void gp_message_gap(struct gp_message_reader *reader);

/* Releases the reader. @ended: this was the mail's end, as far as its sender knows. */
void gp_message_close(struct gp_message_reader *reader, bool ended);

/* What a reader occupies. */
size_t gp_message_reader_bytes(void);

/**
 * gp_url_hash() - a name for a URL that says nothing about it to who does not know the salt.
 * @salt:  the same wherever hashes are compared; nobody else may know it.
 * @https: else it is http.
 * @host:  name or literal as it stands in the link or in the field Host, without the port.
 * @port:  0 for the scheme's own.
 * @path:  path and query as they stand in the link or in the request; what follows "#" is left out.
 *
 * The first 8 bytes, most significant first, of HMAC-SHA-256 (RFC 2104) under the salt over
 * scheme "://" host [":" port] path, where: host is in lower case and without a dot at its end; the port is left out
 * where it is the scheme's own; the path begins with "/", and each byte in it that is no printable ASCII character or one
 * of " < > ` { } | \ ^ ' is written as "%XX", as browsers send most of them; hexadecimal digits behind "%" are capital.
 * A link in a mail and the request of who follows it hash alike.
 *
 * Return: 0 when path or host are longer than GP_URL_BYTES, or when libcrypto fails; else never 0.
 */
__u64 gp_url_hash(const __u8 salt[GP_MESSAGE_SALT], bool https, const char *host, size_t host_len, __u16 port,
		  const char *path, size_t path_len);

#endif
