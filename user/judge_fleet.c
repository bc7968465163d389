// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of proved clients that are one machine: which prefixes to look at. docs/detection.md, step 13. */
#include "judge_fleet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/table.h>

#include "tokens.h"

#define KEPT_MAX 512u	  /* verdicts; the one with the lowest score makes room */
#define FLEET_PER_PREFIX 12.0 /* addresses: so much larger than the price a fleet is at least */

/* What an outside host had counted when the period began. */
struct before {
	__u32 flows[GP_TRADES];
};

struct gp_fleets {
	const struct gp_world *world;
	const struct gp_limits *limits;
	struct gp_heard heard;
	gp_asn_of asn_of;
	const void *asn_context;
	__u64 period_end_ns;	 /* 0: none has begun */
	struct before *before;	 /* by outside host; those beyond before_count: 0 */
	__u32 before_count;
	struct gp_fleet_host *hosts;
	__u32 *counts;		 /* a number per host */
	struct gp_addr *addrs;	 /* an address per host */
	__u32 count, capacity;
	struct gp_range_finding *kept;
	__u32 kept_count, kept_capacity;
};

int gp_fleets_open(struct gp_fleets **out, const struct gp_world *world, const struct gp_limits *limits)
{
	struct gp_fleets *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->world = world;
	f->limits = limits;
	*out = f;
	return 0;
}

void gp_fleets_close(struct gp_fleets *f)
{
	if (!f)
		return;
	free(f->before);
	free(f->hosts);
	free(f->counts);
	free(f->addrs);
	free(f->kept);
	free(f);
}

void gp_fleets_hear(struct gp_fleets *f, const struct gp_heard *heard)
{
	f->heard = *heard;
}

void gp_fleets_origins(struct gp_fleets *f, gp_asn_of asn_of, const void *context)
{
	f->asn_of = asn_of;
	f->asn_context = context;
}

static bool is_v4(const struct gp_addr *addr)
{
	return !addr->halves[0] && addr->words[2] == gp_be32_to_host(0xffff);
}

unsigned int gp_fleet_unit_bits(const struct gp_addr *addr)
{
	return is_v4(addr) ? 96 + 24 : 48;
}

static unsigned int widest_bits(const struct gp_fleets *f, const struct gp_addr *addr)
{
	return (unsigned int)(is_v4(addr) ? 96 + f->limits->fleet.widest4 : f->limits->fleet.widest6);
}

static bool same_prefix(const struct gp_addr *a, const struct gp_addr *b, unsigned int bits)
{
	struct gp_addr x = *a, y = *b;

	gp_addr_mask(&x, bits);
	gp_addr_mask(&y, bits);
	return !gp_addr_compare(&x, &y);
}

__u32 gp_fleet_neighbours(const struct gp_fleet_host *hosts, __u32 count, unsigned int bits)
{
	__u32 n = 1;

	while (n < count && same_prefix(&hosts[0].addr, &hosts[n].addr, bits))
		n++;
	return n;
}

/* --- who is there ------------------------------------------------------------------------------------------------- */

static void flows_of(__u32 *flows, const struct gp_host *host)
{
	flows[GP_TRADE_WEB] = host->services[GP_SERVICE_HTTP].confirmed + host->services[GP_SERVICE_TLS].confirmed;
	flows[GP_TRADE_MAILBOX] = host->services[GP_SERVICE_MAILBOX].confirmed;
	flows[GP_TRADE_MAIL] = host->services[GP_SERVICE_SMTP].confirmed;
}

static int make_room(struct gp_fleets *f)
{
	__u32 capacity = f->capacity ? f->capacity : 1024;

	while (capacity < f->world->outside_count)
		capacity *= 2;
	if (capacity == f->capacity)
		return 0;
	free(f->hosts);
	free(f->counts);
	free(f->addrs);
	f->hosts = malloc(capacity * sizeof(*f->hosts));
	f->counts = malloc(capacity * sizeof(*f->counts));
	f->addrs = malloc(capacity * sizeof(*f->addrs));
	f->capacity = f->hosts && f->counts && f->addrs ? capacity : 0;
	return f->capacity ? 0 : -ENOMEM;
}

static int compare_hosts(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gp_addr));
}

/* What was heard of a host lies elsewhere: it is looked up for units that may become a range, and for the background. */
static void hear(struct gp_fleets *f)
{
	for (__u32 i = 0; i < f->count; i++) {
		struct gp_fleet_host *host = &f->hosts[i];

		host->facts = f->heard.hosts ? gp_host_facts_get(f->heard.hosts, &host->addr) : NULL;
		if (!host->facts && f->heard.strangers)
			host->facts = gp_host_facts_get(f->heard.strangers, &host->addr);
		host->web = f->heard.web ? gp_web_facts_get(f->heard.web, &host->addr) : NULL;
	}
}

static int take_hosts(struct gp_fleets *f)
{
	int err = make_room(f);

	f->count = 0;
	for (__u32 i = 0; i < f->world->outside_count && !err; i++) {
		const struct gp_host *host = &f->world->outside[i];
		struct gp_fleet_host *taken = &f->hosts[f->count];
		__u32 any = 0;

		flows_of(taken->flows, host);
		for (int trade = 0; trade < GP_TRADES; trade++) {
			if (i < f->before_count)
				taken->flows[trade] -= f->before[i].flows[trade];
			any |= taken->flows[trade];
		}
		if (!any)
			continue;
		taken->addr = host->addr;
		taken->number = i;
		taken->shared = 0;
		taken->facts = NULL;
		taken->web = NULL;
		f->count++;
	}
	if (!err && f->count)
		qsort(f->hosts, f->count, sizeof(*f->hosts), compare_hosts);
	return err;
}

static struct gp_fleet_host *host_at(struct gp_fleets *f, const struct gp_addr *addr)
{
	return f->count ? bsearch(addr, f->hosts, f->count, sizeof(*f->hosts), compare_hosts) : NULL;
}

/* Links of one mail each that several addresses of a unit fetched are told to the first one that did. */
static void take_shared_links(struct gp_fleets *f)
{
	const struct gp_tokens *tokens = f->heard.tokens;

	for (__u32 i = 0; tokens && i < gp_tokens_count(tokens); i++) {
		const struct gp_token *token = gp_tokens_at(tokens, i);
		struct gp_fleet_host *host;
		bool shared = false;

		if (token->mails != 1 || token->kept < 2)
			continue;
		for (__u32 k = 1; k < token->kept && !shared; k++)
			shared = gp_addr_compare(&token->fetch[0].addr, &token->fetch[k].addr) &&
				 same_prefix(&token->fetch[0].addr, &token->fetch[k].addr,
					     gp_fleet_unit_bits(&token->fetch[0].addr));
		host = shared ? host_at(f, &token->fetch[0].addr) : NULL;
		if (host)
			host->shared++;
	}
}

static int begin_period(struct gp_fleets *f)
{
	__u32 count = f->world->outside_count;
	struct before *before = reallocarray(f->before, count + 1ul, sizeof(*before));

	if (!before)
		return -ENOMEM;
	for (__u32 i = 0; i < count; i++)
		flows_of(before[i].flows, &f->world->outside[i]);
	f->before = before;
	f->before_count = count;
	return 0;
}

/* --- verdicts ----------------------------------------------------------------------------------------------------- */

static unsigned int shared_bits(const struct gp_addr *a, const struct gp_addr *b)
{
	unsigned int bits = 0;

	while (bits < 128 && !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) & 0x80 >> bits % 8))
		bits++;
	return bits;
}

/* Of IPv6 a network of 64 bits is the smallest that is one place. */
static unsigned int range_bits(const struct gp_fleet_group *group)
{
	const struct gp_addr *first = &group->hosts[0].addr, *last = &group->hosts[group->count - 1].addr;
	unsigned int shared = shared_bits(first, last), unit = gp_fleet_unit_bits(first);

	if (!is_v4(first) && shared >= 64)
		return 64;
	return shared < unit ? shared : unit;
}

static __u32 origin_of(const struct gp_fleets *f, const struct gp_addr *addr)
{
	return f->asn_of ? f->asn_of(f->asn_context, addr) : 0;
}

/* Would the covering take in a neighbour's addresses? */
static bool crosses_origins(const struct gp_fleets *f, const struct gp_cidr *cidr, __u32 origin)
{
	unsigned int unit = gp_fleet_unit_bits(&cidr->addr), at = unit - 1;
	struct gp_addr addr = cidr->addr;

	if (!f->asn_of || cidr->bits >= unit)
		return false;
	for (__u32 i = 0; i < 1u << (unit - cidr->bits); i++) {
		if (origin_of(f, &addr) != origin)
			return true;
		/* The next unit: one is added to the bit at the end of its prefix. */
		at = unit - 1;
		while (at && addr.bytes[at / 8] & 0x80 >> at % 8) {
			addr.bytes[at / 8] &= (__u8) ~(0x80 >> at % 8);
			at--;
		}
		addr.bytes[at / 8] |= (__u8)(0x80 >> at % 8);
	}
	return false;
}

static void cover(const struct gp_fleets *f, struct gp_range_finding *out, const struct gp_fleet_group *group,
		  enum gp_trade trade)
{
	unsigned int bits = is_v4(&group->hosts->addr) ? 128 : 64, widest = widest_bits(f, &group->hosts->addr);
	double price = fmin(f->limits->fleet.price, out->fleet / FLEET_PER_PREFIX);
	size_t count = 0, exact = 0, made;

	for (__u32 i = 0; i < group->count; i++) {
		if (group->hosts[i].flows[trade])
			f->addrs[exact++] = group->hosts[i].addr;
	}
	out->exact_count = (int)gp_cidr_cover(NULL, 0, f->addrs, exact, 128, 0, widest);
	for (size_t i = 0; i < exact; i++) {
		gp_addr_mask(&f->addrs[i], bits);
		if (!count || gp_addr_compare(&f->addrs[count - 1], &f->addrs[i]))
			f->addrs[count++] = f->addrs[i];
	}
	made = gp_cidr_cover(out->covering, GP_COVERING_MAX, f->addrs, count, bits, price, widest);
	for (size_t i = 0; i < made && made <= GP_COVERING_MAX; i++) {
		if (!crosses_origins(f, &out->covering[i], origin_of(f, f->addrs)))
			continue;
		widest = gp_fleet_unit_bits(f->addrs);
		made = gp_cidr_cover(out->covering, GP_COVERING_MAX, f->addrs, count, bits, price, widest);
		break;
	}
	/* Too many to be listed: each doubling of the price makes them fewer and wider. */
	for (int i = 0; i < 64 && made > GP_COVERING_MAX; i++) {
		price *= 2;
		made = gp_cidr_cover(out->covering, GP_COVERING_MAX, f->addrs, count, bits, price, widest);
	}
	out->covering_count = (int)(made < GP_COVERING_MAX ? made : GP_COVERING_MAX);
}

static void complete(const struct gp_fleets *f, struct gp_range_finding *out, const struct gp_fleet_group *group,
		     enum gp_trade trade)
{
	out->addr = group->hosts->addr;
	out->bits = (__u8)range_bits(group);
	gp_addr_mask(&out->addr, out->bits);
	out->first_seen_ns = ~0ull;
	for (__u32 i = 0; i < group->count; i++) {
		const struct gp_host *host = &f->world->outside[group->hosts[i].number];

		if (!group->hosts[i].flows[trade])
			continue;
		if (host->first_seen_ns < out->first_seen_ns)
			out->first_seen_ns = host->first_seen_ns;
		if (host->last_seen_ns > out->last_seen_ns)
			out->last_seen_ns = host->last_seen_ns;
	}
	cover(f, out, group, trade);
}

static bool holds(const struct gp_range_finding *outer, const struct gp_range_finding *inner)
{
	return outer->kind == inner->kind && outer->bits <= inner->bits && same_prefix(&outer->addr, &inner->addr, outer->bits);
}

/* The place for a new verdict: one of the same range, else a free one, else that of the weakest. NULL: no memory. */
static struct gp_range_finding *place_for(struct gp_fleets *f, const struct gp_range_finding *found)
{
	__u32 weakest = 0;

	for (__u32 i = 0; i < f->kept_count; i++) {
		if (holds(&f->kept[i], found) || holds(found, &f->kept[i]))
			return &f->kept[i];
		if (f->kept[i].score < f->kept[weakest].score)
			weakest = i;
	}
	if (f->kept_count == KEPT_MAX)
		return &f->kept[weakest];
	if (f->kept_count == f->kept_capacity) {
		__u32 capacity = f->kept_capacity ? 2 * f->kept_capacity : 8;
		struct gp_range_finding *kept = reallocarray(f->kept, capacity, sizeof(*kept));

		if (!kept)
			return NULL;
		f->kept = kept;
		f->kept_capacity = capacity;
	}
	f->kept[f->kept_count] = *found;
	f->kept[f->kept_count].requests = 0;
	return &f->kept[f->kept_count++];
}

/* Of one range the verdict with the most connections is told. Ranges within a wider one of the kind go into it. */
static int keep(struct gp_fleets *f, const struct gp_range_finding *found)
{
	struct gp_range_finding *place = place_for(f, found);
	__u64 first_ns;
	__u32 left = 0;

	if (!place)
		return -ENOMEM;
	if (holds(place, found) && place->requests > found->requests) {
		place->last_seen_ns = found->last_seen_ns;
		return 0;
	}
	first_ns = holds(found, place) ? place->first_seen_ns : found->first_seen_ns;
	*place = *found;
	place->first_seen_ns = first_ns;
	for (__u32 i = 0; i < f->kept_count; i++) {
		if (&f->kept[i] == place || !holds(found, &f->kept[i]))
			f->kept[left++] = f->kept[i];
	}
	f->kept_count = left;
	return 0;
}

static int judge_group(struct gp_fleets *f, struct gp_fleet_case *c, struct gp_fleet_group group, bool *found)
{
	struct gp_range_finding out;

	c->group = group;
	*found = gp_fleet_judge(&out, c, f->counts);
	if (!*found)
		return 0;
	complete(f, &out, &group, c->trade);
	return keep(f, &out);
}

/* Parts of a group by itself: units, or of one IPv6 unit its networks of 64 bits. */
static int judge_parts(struct gp_fleets *f, struct gp_fleet_case *c, struct gp_fleet_group group, unsigned int bits)
{
	int err = 0;

	for (__u32 from = 0, n; from < group.count && !err; from += n) {
		struct gp_fleet_group part = {.hosts = group.hosts + from, .units = 1};
		bool found;

		n = gp_fleet_neighbours(part.hosts, group.count - from, bits);
		part.count = n;
		err = judge_group(f, c, part, &found);
		if (!err && !found && bits == 48 && shared_bits(&part.hosts[0].addr, &part.hosts[n - 1].addr) < 64)
			err = judge_parts(f, c, part, 64);
	}
	return err;
}

/* Does the next unit go on with what the last one of a run does? */
static bool goes_on(const struct gp_fleets *f, const struct gp_fleet_group *last, const struct gp_fleet_group *next,
		    const struct gp_addr *first, enum gp_trade trade)
{
	unsigned int unit = gp_fleet_unit_bits(first);
	struct gp_addr a = last->hosts->addr, b = next->hosts->addr;
	__u64 high_a, high_b;

	if (!same_prefix(first, &b, widest_bits(f, first)) || origin_of(f, first) != origin_of(f, &b))
		return false;
	/* Next to each other: a /24 in the last word of an address, a /48 in its first 64 bits. */
	if (unit == 48) {
		high_a = (__u64)gp_be32_to_host(a.words[0]) << 16 | gp_be32_to_host(a.words[1]) >> 16;
		high_b = (__u64)gp_be32_to_host(b.words[0]) << 16 | gp_be32_to_host(b.words[1]) >> 16;
	} else {
		high_a = gp_be32_to_host(a.words[3]) >> 8;
		high_b = gp_be32_to_host(b.words[3]) >> 8;
	}
	return high_b == high_a + 1 && gp_fleet_alike(last, next, trade);
}

static bool has_enough(const struct gp_fleets *f, const struct gp_fleet_group *group, enum gp_trade trade)
{
	__u64 flows = 0;
	__u32 in_use = 0;

	for (__u32 i = 0; i < group->count; i++) {
		flows += group->hosts[i].flows[trade];
		in_use += group->hosts[i].flows[trade] > 0;
	}
	return (double)flows >= f->limits->fleet.min_requests && in_use >= f->limits->fleet.min_addresses;
}

/* Units in a row that are alike are judged as one, and when that is no verdict, each by itself. */
static int judge_runs(struct gp_fleets *f, struct gp_fleet_case *c)
{
	int err = 0;

	for (__u32 from = 0, n; from < f->count && !err; from += n) {
		unsigned int bits = gp_fleet_unit_bits(&f->hosts[from].addr);
		struct gp_fleet_group run = {.hosts = f->hosts + from, .units = 1}, last = run, next = run;
		bool found = false;

		n = last.count = gp_fleet_neighbours(f->hosts + from, f->count - from, bits);
		while (from + n < f->count && same_prefix(&run.hosts->addr, &f->hosts[from + n].addr,
							  widest_bits(f, &run.hosts->addr))) {
			next.hosts = f->hosts + from + n;
			next.count = gp_fleet_neighbours(next.hosts, f->count - from - n, bits);
			if (!goes_on(f, &last, &next, &run.hosts->addr, c->trade))
				break;
			n += next.count;
			run.units++;
			last = next;
		}
		run.count = n;
		if (!has_enough(f, &run, c->trade))
			continue;
		if (run.units > 1)
			err = judge_group(f, c, run, &found);
		if (!err && !found)
			err = judge_parts(f, c, run, bits);
	}
	return err;
}

/* --- looks -------------------------------------------------------------------------------------------------------- */

/* Is there anything at all that might become a range? Runs of neighbours are not longer than the widest prefix. */
static bool may_judge(const struct gp_fleets *f, enum gp_trade trade)
{
	for (__u32 from = 0, n; from < f->count; from += n) {
		struct gp_fleet_group group = {.hosts = f->hosts + from};

		n = gp_fleet_neighbours(group.hosts, f->count - from, widest_bits(f, &group.hosts->addr));
		group.count = n;
		if (has_enough(f, &group, trade))
			return true;
	}
	return false;
}

static int look(struct gp_fleets *f)
{
	struct gp_background *background = NULL;
	bool heard = false;
	int err = take_hosts(f);

	for (int trade = 0; trade < GP_TRADES && !err; trade++) {
		struct gp_fleet_case c = {.world = f->world, .limits = f->limits, .trade = (enum gp_trade)trade};

		if (!f->heard.hosts || !may_judge(f, c.trade))
			continue;
		if (!heard) {
			hear(f);
			take_shared_links(f);
			heard = true;
			err = gp_background_open(&background);
			if (err)
				break;
		}
		gp_background_count(background, c.trade, f->hosts, f->count, f->world, f->heard.hosts);
		c.background = background;
		err = judge_runs(f, &c);
	}
	gp_background_close(background);
	return err;
}

int gp_fleets_weigh(struct gp_fleets *f, __u64 now_ns)
{
	__u64 period_ns = gp_seconds_ns(f->limits->fleet.period_s);
	int err = look(f);

	if (!err && f->period_end_ns && now_ns >= f->period_end_ns)
		err = begin_period(f);
	if (!f->period_end_ns || now_ns >= f->period_end_ns)
		f->period_end_ns = now_ns + period_ns;
	return err;
}

int gp_fleets_findings(struct gp_fleets *f, const struct gp_range_finding **out)
{
	*out = f->kept;
	return (int)f->kept_count;
}
