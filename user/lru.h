/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded table of entries by a key of 16 bytes, an address or hashes: who comes when it is full takes the place of the
 * entry that was not taken for longest. Memory is taken from the system when first used.
 */
#ifndef GATEPOST_LRU_H
#define GATEPOST_LRU_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

struct gp_lru;

/**
 * gp_lru_open() - an empty table.
 * @max:    entries; at least 1.
 * @bytes:  of an entry; the caller's to fill.
 * @secret: of the hash of keys.
 *
 * Return: 0, or -ENOMEM.
 */
int gp_lru_open(struct gp_lru **out, __u32 max, size_t bytes, __u64 secret);

/* NULL is none. */
void gp_lru_close(struct gp_lru *lru);

/* Return: the entry, which stays where it is until it is dropped or displaced; NULL when there is none. */
void *gp_lru_get(const struct gp_lru *lru, const struct gp_addr *key);

/* Return: the entry, made of zeros when there was none (@made), and from now on the newest. */
void *gp_lru_take(struct gp_lru *lru, const struct gp_addr *key, bool *made);

void gp_lru_drop(struct gp_lru *lru, void *entry);

/* From the one that was not taken for longest on. Return: NULL behind the last one. */
void *gp_lru_oldest(const struct gp_lru *lru);
void *gp_lru_newer(const struct gp_lru *lru, const void *entry);

/* Entries now; the i-th of them, in no order; entries that had to make room since open. */
__u32 gp_lru_count(const struct gp_lru *lru);
void *gp_lru_at(const struct gp_lru *lru, __u32 i);
__u64 gp_lru_displaced(const struct gp_lru *lru);

#endif
