/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of mail: what servers reply, what mails look like. */
#ifndef GATEPOST_TRAFFIC_MAIL_TEXT_H
#define GATEPOST_TRAFFIC_MAIL_TEXT_H

#include <stddef.h>

struct traffic;
struct flow;

/* Writes a pattern with text in place of each "$", and number in place of each "#". Return: its length. */
size_t mail_fill(char *out, const char *pattern, const char *text, unsigned int number);

/* All write text that ends with CRLF to @out, room enough, and return its length. */
size_t mail_banner(const struct traffic *t, const struct flow *f, char *out);
size_t mail_offer(const struct traffic *t, const struct flow *f, char *out);
size_t mail_refusal(const struct traffic *t, const struct flow *f, char *out);

/* What the client calls itself. */
size_t mail_helo(const struct traffic *t, const struct flow *f, char *out);

/* Addresses of the envelope, without brackets. */
size_t mail_sender(const struct traffic *t, const struct flow *f, char *out);
size_t mail_recipient(const struct traffic *t, const struct flow *f, unsigned int i, char *out);

/* Header, body and the final dot. */
size_t mail_message(const struct traffic *t, const struct flow *f, char *out);

#endif
