/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as strangers write them. */
#ifndef GATEPOST_LITERAL_H
#define GATEPOST_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

/**
 * gp_literal_read() - an address in text form.
 * @out: untouched unless the answer is true.
 * @text: len bytes, of which none may be left over: IPv4 in dotted decimal form, IPv6 in any form of RFC 4291, 2.2; with
 *        or without the tag "IPv6:" and the brackets of RFC 5321, 4.1.3.
 */
bool gp_literal_read(struct gp_addr *out, const char *text, size_t len);

#endif
