/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to http_*.c: the listening socket. */
#ifndef GATEPOST_HTTP_LISTEN_H
#define GATEPOST_HTTP_LISTEN_H

/**
 * gp_http_listen() - listen at "127.0.0.1:9418" or "[::1]:9418".
 * @port: out; the one that was given, or found.
 *
 * Return: the descriptor, non-blocking, or -errno (logged).
 */
int gp_http_listen(const char *where, unsigned *port);

#endif
