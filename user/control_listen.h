/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to control*.c: the socket in the file system. */
#ifndef GATEPOST_CONTROL_LISTEN_H
#define GATEPOST_CONTROL_LISTEN_H

#include <sys/un.h>

/* Where a path is; -ENAMETOOLONG when the kernel has no room for it (107 bytes), not logged. */
int gp_control_address(struct sockaddr_un *out, const char *path);

/**
 * gp_control_listen() - a listening socket at a path, as gp_control_open() promises.
 * @lock: out; to be kept open as long as the socket, and closed after the path was removed.
 *
 * Return: the descriptor, non-blocking, or -errno (logged).
 */
int gp_control_listen(const char *path, const char *group, int *lock);

#endif
