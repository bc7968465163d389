/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "networks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/table.h>

#define Z95 1.959964

struct gp_networks {
	const struct gp_network_limits *limits;
	struct gp_network *list; /* sorted by compare_keys() once sealed */
	size_t count, capacity;
	bool sealed;
};

double gp_wilson_lower(double hits, double trials)
{
	double share, z2n;

	if (hits <= 0 || trials <= 0)
		return 0;
	share = fmin(hits / trials, 1);
	z2n = Z95 * Z95 / trials;
	return fmax(0, (share + z2n / 2 - sqrt(z2n * (share * (1 - share) + z2n / 4))) / (1 + z2n));
}

int gp_networks_open(struct gp_networks **out, const struct gp_network_limits *limits)
{
	struct gp_networks *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->limits = limits;
	*out = n;
	return 0;
}

void gp_networks_close(struct gp_networks *n)
{
	if (!n)
		return;
	free(n->list);
	free(n);
}

static int compare_keys(const void *left, const void *right)
{
	const struct gp_network *a = left, *b = right;
	int order;

	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	if (a->inside != b->inside)
		return a->inside ? -1 : 1;
	if (a->by == GP_NETWORK_BY_AS)
		return (a->asn > b->asn) - (a->asn < b->asn);
	order = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
	return order ? order : (a->prefix.bits > b->prefix.bits) - (a->prefix.bits < b->prefix.bits);
}

/* The network of a host. Return: false for an unknown AS. */
static bool key_of(const struct gp_networks *n, struct gp_network *key, enum gp_network_by by,
		   const struct gp_network_host *host)
{
	unsigned int bits = gp_addr_is_mapped(&host->addr) ? 96 + n->limits->prefix4 : n->limits->prefix6;

	*key = (struct gp_network){.by = by, .inside = host->inside, .asn = host->asn, .example = host->addr};
	if (by == GP_NETWORK_BY_AS)
		return host->asn;
	if (bits > host->bits)
		bits = host->bits;
	key->prefix = (struct gp_cidr){host->addr, (__u8)bits};
	gp_addr_mask(&key->prefix.addr, bits);
	return true;
}

static int append(struct gp_networks *n, const struct gp_network *network)
{
	if (n->count == n->capacity) {
		size_t capacity = n->capacity ? 2 * n->capacity : 64;
		struct gp_network *list = reallocarray(n->list, capacity, sizeof(*list));

		if (!list)
			return -ENOMEM;
		n->list = list;
		n->capacity = capacity;
	}
	n->list[n->count++] = *network;
	return 0;
}

int gp_networks_confirmed(struct gp_networks *n, const struct gp_network_host *host, __u32 kinds)
{
	for (int by = 0; by < GP_NETWORK_BYS; by++) {
		struct gp_network network;

		if (!key_of(n, &network, (enum gp_network_by)by, host))
			continue;
		for (int kind = 0; kind < GP_KINDS; kind++)
			network.kinds[kind] = kinds >> kind & 1;
		network.confirmed = n->limits->all_kinds ? kinds != 0 : network.kinds[GP_KIND_SPAM_BOT];
		if (append(n, &network))
			return -ENOMEM;
	}
	return 0;
}

bool gp_networks_any(const struct gp_networks *n)
{
	return n->count;
}

static void merge(struct gp_network *into, const struct gp_network *from)
{
	into->confirmed += from->confirmed;
	for (int kind = 0; kind < GP_KINDS; kind++)
		into->kinds[kind] += from->kinds[kind];
	/* The same example whatever the order in which hosts came. */
	if (memcmp(&from->example, &into->example, sizeof(into->example)) < 0) {
		into->example = from->example;
		into->asn = from->asn;
	}
}

/* One entry per network. */
static void seal(struct gp_networks *n)
{
	size_t count = 0;

	if (n->count > 1)
		qsort(n->list, n->count, sizeof(*n->list), compare_keys);
	for (size_t i = 0; i < n->count; i++) {
		if (count && !compare_keys(&n->list[count - 1], &n->list[i]))
			merge(&n->list[count - 1], &n->list[i]);
		else
			n->list[count++] = n->list[i];
	}
	n->count = count;
	n->sealed = true;
}

void gp_networks_active(struct gp_networks *n, const struct gp_network_host *host, __u64 refused)
{
	if (!n->sealed)
		seal(n);
	for (int by = 0; by < GP_NETWORK_BYS && n->count; by++) {
		struct gp_network key, *network;

		if (!key_of(n, &key, (enum gp_network_by)by, host))
			continue;
		network = bsearch(&key, n->list, n->count, sizeof(*n->list), compare_keys);
		if (!network)
			continue;
		network->active++;
		network->refused += refused;
	}
}

/* Networks of one table, the most urgent one first. */
static int compare_ranks(const void *left, const void *right)
{
	const struct gp_network *a = left, *b = right;

	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	if (a->inside != b->inside)
		return a->inside ? -1 : 1;
	if (a->few_hosts != b->few_hosts)
		return a->few_hosts ? 1 : -1;
	if (a->lower_bound != b->lower_bound)
		return a->lower_bound > b->lower_bound ? -1 : 1;
	if (a->confirmed != b->confirmed)
		return a->confirmed > b->confirmed ? -1 : 1;
	return compare_keys(a, b);
}

/* Those of the rest that have the most confirmed hosts come first, by rank; the others go. */
static size_t keep_large(struct gp_network *rest, size_t count)
{
	size_t kept = 0;

	while (kept < GP_NETWORKS_LARGE && kept < count) {
		size_t most = kept;
		struct gp_network large;

		for (size_t i = kept + 1; i < count; i++)
			if (rest[i].confirmed > rest[most].confirmed)
				most = i;
		if (!rest[most].confirmed)
			break;
		large = rest[most];
		memmove(&rest[kept + 1], &rest[kept], (most - kept) * sizeof(*rest));
		rest[kept++] = large;
	}
	if (kept > 1)
		qsort(rest, kept, sizeof(*rest), compare_ranks);
	return kept;
}

/* One table, at most as long as it should be, behind what is already listed. Return: how many are listed then. */
static size_t list_table(struct gp_networks *n, size_t first, size_t end, size_t listed)
{
	size_t count = end - first, top = count < n->limits->top ? count : n->limits->top;

	for (size_t i = first; i < end; i++)
		n->list[i].rank = (__u32)(i - first + 1);
	count = top + keep_large(&n->list[first + top], count - top);
	memmove(&n->list[listed], &n->list[first], count * sizeof(*n->list));
	return listed + count;
}

int gp_networks_rank(struct gp_networks *n, const struct gp_network **out)
{
	size_t listed = 0, first = 0;

	if (!n->sealed)
		seal(n);
	for (size_t i = 0; i < n->count; i++) {
		struct gp_network *network = &n->list[i];

		/* Live, a host may have been confirmed since the others were counted. */
		if (network->active < network->confirmed)
			network->active = network->confirmed;
		network->lower_bound = gp_wilson_lower((double)network->confirmed, (double)network->active);
		network->few_hosts = network->active < n->limits->min_hosts;
	}
	if (n->count > 1)
		qsort(n->list, n->count, sizeof(*n->list), compare_ranks);
	for (size_t i = 1; i <= n->count; i++) {
		if (i < n->count && n->list[i].by == n->list[first].by && n->list[i].inside == n->list[first].inside)
			continue;
		listed = list_table(n, first, i, listed);
		first = i;
	}
	n->count = listed;
	*out = n->list;
	return (int)listed;
}
