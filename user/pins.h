/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies under /sys/fs/bpf/gatepost. */
#ifndef GATEPOST_PINS_H
#define GATEPOST_PINS_H

/**
 * gp_pins_lock() - hold the directory: who holds it is the agent whose maps lie in it, and nobody else takes them away.
 *
 * The lock goes with the descriptor, so with the process at the latest. Return: the descriptor, -EWOULDBLOCK when a
 * living process holds it, or -errno (not logged).
 */
int gp_pins_lock(const char *dir);

/**
 * gp_pins_remove() - unpin every object of a directory, and remove it.
 * @count: NULL, or incremented for each object.
 *
 * Return: 0, also when there is no such directory, or -errno (logged).
 */
int gp_pins_remove(const char *dir, unsigned *count);

/* libxdp's own directory under /sys/fs/bpf, if it is empty and nobody holds libxdp's lock on it. */
void gp_pins_remove_libxdp(void);

#endif
