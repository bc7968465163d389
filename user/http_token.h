/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may ask over HTTP: the token in a file, and the host that a request says it is for. */
#ifndef GATEPOST_HTTP_TOKEN_H
#define GATEPOST_HTTP_TOKEN_H

#include <stdbool.h>

#define GP_TOKEN_MIN 16 /* bytes; 128 bits in hexadecimal are 32 */
#define GP_TOKEN_MAX 256

struct gp_token {
	unsigned char digest[32]; /* SHA-256 of it: comparing tells nothing of its length */
};

/**
 * gp_token_read() - read the token file: one line of GP_TOKEN_MIN to GP_TOKEN_MAX printable characters without blanks.
 *
 * Return: 0, -EPERM when others than its owner may read or write it, -EINVAL, or -errno (logged, with the remedy).
 */
int gp_token_read(struct gp_token *out, const char *path);

/* Is this value of an Authorization header (RFC 6750, 2.1) "Bearer" and the token? NULL is not. In constant time. */
bool gp_token_matches(const struct gp_token *token, const char *authorization);

/**
 * gp_http_host_is_ours() - may a request with this Host header be answered?
 *
 * A page from elsewhere can make a browser ask this host by a name that resolves to it (DNS rebinding). So only addresses
 * and "localhost", with or without a port, are answered. NULL: the header is missing.
 */
bool gp_http_host_is_ours(const char *host);

#endif
