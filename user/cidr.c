// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dynamic programming on the binary trie of the addresses. A node with one half in use is never taken: the half alone has
 * fewer idle addresses. So only nodes where the addresses part are looked at, fewer of them than there are addresses.
 */
#include "cidr.h"

#include <math.h>

#include <gatepost/table.h>

struct cover {
	struct gp_cidr *out;
	size_t max, made; /* those beyond max are counted, and not kept */
	const struct gp_addr *addrs;
	unsigned int bits, widest;
	double price;
};

static unsigned int bit_of(const struct gp_addr *addr, unsigned int bit)
{
	return addr->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* Leading bits that two addresses share. */
static unsigned int shared_bits(const struct gp_addr *a, const struct gp_addr *b)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int differ = a->bytes[i] ^ b->bytes[i];

		if (differ)
			return 8 * i + (unsigned int)__builtin_clz(differ) - 24;
	}
	return 128;
}

static void take(struct cover *c, const struct gp_addr *addr, unsigned int bits)
{
	if (c->made < c->max) {
		c->out[c->made].addr = *addr;
		c->out[c->made].bits = (__u8)bits;
		gp_addr_mask(&c->out[c->made].addr, bits);
	}
	c->made++;
}

/* The first address of [from, to) that has this bit set; they differ there, and agree in all bits before. */
static size_t parting(const struct cover *c, size_t from, size_t to, unsigned int bit)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (bit_of(&c->addrs[middle], bit))
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* The cost of addresses [from, to), at least one; their prefixes are appended. As deep as an address has bits. */
static double solve(struct cover *c, size_t from, size_t to)
{
	unsigned int shared = shared_bits(&c->addrs[from], &c->addrs[to - 1]);
	size_t made = c->made, middle;
	double whole, halves;

	if (to - from == 1 || shared >= c->bits) {
		take(c, &c->addrs[from], c->bits);
		return c->price;
	}
	middle = parting(c, from, to, shared);
	halves = solve(c, from, middle);
	halves += solve(c, middle, to);
	whole = c->price + ldexp(1, (int)(c->bits - shared)) - (double)(to - from);
	if (shared < c->widest || whole > halves)
		return halves;
	c->made = made;
	take(c, &c->addrs[from], shared);
	return whole;
}

size_t gp_cidr_cover(struct gp_cidr *out, size_t max, const struct gp_addr *addrs, size_t count, unsigned int bits,
		     double price, unsigned int widest)
{
	struct cover c = {.out = out, .max = max, .addrs = addrs, .bits = bits, .widest = widest, .price = price};

	if (count)
		solve(&c, 0, count);
	return c.made;
}

double gp_cidr_size(const struct gp_cidr *list, size_t count, unsigned int bits)
{
	double size = 0;

	for (size_t i = 0; i < count; i++)
		size += ldexp(1, (int)bits - list[i].bits);
	return size;
}
