/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that faults on the first byte before it and on the first one after it. */
#ifndef GATEPOST_TESTS_GUARD_H
#define GATEPOST_TESTS_GUARD_H

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	unsigned char *mapping; /* a page without access, the room, a page without access */
	size_t room;		/* whole pages */
	size_t page;
};

/**
 * guard_open() - make room between two pages that may not be touched.
 * @size: bytes that the room holds at least.
 *
 * Return: 0, or -errno. guard_close() frees it.
 */
static inline int guard_open(struct guard *g, size_t size)
{
	g->page = (size_t)sysconf(_SC_PAGESIZE);
	g->room = (size + g->page - 1) / g->page * g->page;
	g->mapping = mmap(NULL, g->room + 2 * g->page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g->mapping == MAP_FAILED)
		return -errno;
	if (mprotect(g->mapping + g->page, g->room, PROT_READ | PROT_WRITE)) {
		int err = -errno;

		munmap(g->mapping, g->room + 2 * g->page);
		return err;
	}
	return 0;
}

static inline void guard_close(struct guard *g)
{
	munmap(g->mapping, g->room + 2 * g->page);
}

/**
 * guard_at_end() - copy bytes so that the byte after the last one faults.
 * @len: at most the room.
 *
 * Return: where they lie, until the next copy.
 */
static inline unsigned char *guard_at_end(struct guard *g, const void *bytes, size_t len)
{
	unsigned char *at = g->mapping + g->page + g->room - len;

	if (len)
		memcpy(at, bytes, len);
	return at;
}

/**
 * guard_at_start() - copy bytes so that the byte before the first one faults.
 * @len: at most the room.
 *
 * Return: where they lie, until the next copy.
 */
static inline unsigned char *guard_at_start(struct guard *g, const void *bytes, size_t len)
{
	unsigned char *at = g->mapping + g->page;

	if (len)
		memcpy(at, bytes, len);
	return at;
}

#endif
