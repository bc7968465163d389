// SPDX-License-Identifier: GPL-2.0-or-later
/* A population is made: who lives where, with which values. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

#define DEFAULT_START_NS (1772409600 * SECOND_NS) /* 2026-03-02T00:00:00Z */
#define HOSTS_MAX 1000000u
#define INSIDE_V4 (10u << 24 | 64u << 16) /* 10.64.0.0/10 */
#define INSIDE_V4_BITS 22u
#define INSIDE_V6_BITS 20u /* networks of /56 in 2001:db8:4000::/36 */
#define SERVERS_V4 (10u << 24)

static int complain(const char *what, const char *name)
{
	fprintf(stderr, "traffic: %s: %s\n", what, name);
	return -EINVAL;
}

static int read_prefix(struct group *g, const char *text)
{
	char copy[64], *slash;
	unsigned long bits;
	__be32 v4;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (!slash)
		return complain("a prefix is address/bits", text);
	*slash = 0;
	bits = strtoul(slash + 1, NULL, 10);
	if (inet_pton(AF_INET, copy, &v4) == 1 && bits >= 8 && bits <= 30)
		universe_v4(&g->prefix, __builtin_bswap32(v4));
	else if (inet_pton(AF_INET6, copy, g->prefix.bytes) != 1 || bits < 16 || bits > 64)
		return complain("no prefix, or its size makes no sense", text);
	g->bits = (__u8)bits;
	g->placed = true;
	return 0;
}

static int set_values(struct group *g, const struct traffic_group *from)
{
	const struct profile_row *row = &profile_rows[g->profile];

	memcpy(g->values, row->values, sizeof(g->values));
	for (size_t i = 0; i < from->override_count; i++) {
		const struct traffic_override *o = &from->overrides[i];
		unsigned int slot = 0;

		while (slot < row->values_count && strcmp(value_name(row->values[slot].value), o->name))
			slot++;
		if (slot == row->values_count)
			return complain("the profile has no such parameter", o->name);
		g->values[slot].low = o->low;
		g->values[slot].high = o->high;
	}
	return 0;
}

static int set_group(struct group *g, const struct traffic_group *from)
{
	int profile = profile_find(from->profile);
	int err;

	if (profile < 0 || profile_rows[profile].server)
		return complain("no such profile", from->profile);
	g->profile = (__u8)profile;
	g->hosts = from->hosts;
	if (profile_rows[profile].range && !g->hosts)
		g->hosts = 1;
	err = set_values(g, from);
	if (!err && from->prefix)
		err = read_prefix(g, from->prefix);
	if (!err && g->placed && !profile_rows[profile].range && frame_is_v4(&g->prefix) && g->hosts + 2ull > 1ull << (32 - g->bits))
		err = complain("the prefix is too small", from->prefix);
	return err;
}

static double draw(__u64 *state, const struct profile_value *v)
{
	if (v->low > 0 && v->high > 20 * v->low)
		return v->low * exp(chance_unit(state) * log(v->high / v->low));
	return chance_between(state, v->low, v->high);
}

/* Number i of 2^bits, each once: neighbours are of all kinds. */
static __u32 scatter(const struct traffic *t, __u32 i, unsigned int bits)
{
	__u32 mask = (1u << bits) - 1;
	__u32 odd = (__u32)chance_mix(t->seed, 101) | 1;

	i = (i * odd + (__u32)chance_mix(t->seed, 102)) & mask;
	i ^= i >> (bits / 2 + 1);
	return i * ((__u32)chance_mix(t->seed, 103) | 1) & mask;
}

/* Twice as many addresses as hosts, so that a pool is neither full nor empty. */
static unsigned int pool_bits(const struct traffic *t, unsigned int most)
{
	unsigned int bits = 8;

	while (bits < most && 1ull << bits < 2 * t->inside_count)
		bits++;
	return bits;
}

static void place_v6(const struct traffic *t, struct host *h, const struct group *g, __u32 i, __u64 *state)
{
	__u64 id = random_splitmix(state);
	__u64 high;

	if (g && g->placed) {
		memcpy(&high, g->prefix.bytes, 8);
		high = __builtin_bswap64(__builtin_bswap64(high) + ((__u64)i << 8));
	} else {
		high = __builtin_bswap64(0x20010db840000000ull + ((__u64)scatter(t, h->name, pool_bits(t, INSIDE_V6_BITS)) << 8));
	}
	memcpy(h->label.addr.bytes, &high, 8);
	memcpy(h->label.addr.bytes + 8, &id, 8);
	h->label.ipv6 = true;
}

static void place_inside(const struct traffic *t, struct host *h, const struct group *g, __u32 i, double ipv6, __u64 *state)
{
	__u32 base = INSIDE_V4;

	if ((g->placed && !frame_is_v4(&g->prefix)) || (!g->placed && chance(state, ipv6))) {
		place_v6(t, h, g, i, state);
	} else {
		if (g->placed)
			base = __builtin_bswap32(g->prefix.words[3]) + 1;
		universe_v4(&h->label.addr, base + (g->placed ? i : scatter(t, h->name, pool_bits(t, INSIDE_V4_BITS))));
	}
	h->label.bits = 128;
	h->label.last = h->label.addr;
}

static __u8 common_bits(const struct gp_addr *a, const struct gp_addr *b)
{
	unsigned int bits = 0;

	while (bits < 128 && !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (7 - bits % 8) & 1))
		bits++;
	return (__u8)bits;
}

static void place_range(struct traffic *t, __u32 at, const struct group *g, __u32 i)
{
	struct host *h = &t->hosts[at];
	const struct profile_row *row = &profile_rows[g->profile];

	h->addresses = (__u32)host_value(t, at, V_ADDRESSES, 1);
	h->label.range = true;
	h->label.side = TRAFFIC_OUTSIDE;
	if (g->placed && frame_is_v4(&g->prefix)) {
		universe_v4(&h->label.addr, __builtin_bswap32(g->prefix.words[3]) + (i << (32 - g->bits)) + 1);
	} else if (row->range_address) {
		universe_v4(&h->label.addr, row->range_address + (i << 8));
	} else {
		__u64 high;

		h->label.addr = g->placed ? g->prefix : (struct gp_addr){ .bytes = { 0x20, 0x01, 0x06, 0x78, 0, 0x44 } };
		memcpy(&high, h->label.addr.bytes, 8);
		high = __builtin_bswap64(__builtin_bswap64(high) + ((__u64)i << (64 - (g->placed ? g->bits : 48))));
		memcpy(h->label.addr.bytes, &high, 8);
		h->label.addr.bytes[15] = 1;
		h->label.ipv6 = true;
	}
	range_address(t, at, h->addresses - 1, &h->label.last);
	h->label.bits = common_bits(&h->label.addr, &h->label.last);
}

static void set_host(struct traffic *t, __u32 at, __u32 group, __u32 i, __u32 *value)
{
	struct group *g = &t->groups[group];
	const struct profile_row *row = &profile_rows[g->profile];
	struct host *h = &t->hosts[at];
	__u64 state = chance_mix(t->seed + 7, (__u64)group << 32 | i);

	*h = (struct host){ .profile = g->profile, .name = at, .values = *value };
	h->label = (struct traffic_label){ .truth = row->truth, .profile = row->name, .group = group, .born_ns = t->start_ns };
	for (unsigned int k = 0; k < row->values_count; k++)
		t->values[(*value)++] = (float)draw(&state, &g->values[k]);
	h->rtt_us = (__u32)chance_between(&state, 1500, 22000);
	h->stacks_count = 1;
	h->stacks[0] = row->stacks[chance_below(&state, row->stacks_count)];
	if (row->stacks_mixed) {
		memcpy(h->stacks, row->stacks, sizeof(h->stacks));
		h->stacks_count = row->stacks_count;
	}
	if (row->range)
		place_range(t, at, g, i);
	else
		place_inside(t, h, g, i, host_value(t, at, V_IPV6, 0), &state);
	if (h->label.ipv6 && !row->range && host_value(t, at, V_ADDRESSES, 1) > 1)
		h->label.bits = 56;
}

static void add_server(struct traffic *t, __u32 at, const char *profile, __u32 address, __u32 *list, unsigned int *count)
{
	struct host *h = &t->hosts[at];
	int row = profile_find(profile);

	*h = (struct host){ .profile = (__u8)row, .name = at, .stacks = { STACK_LINUX }, .stacks_count = 1, .rtt_us = 600 };
	universe_v4(&h->label.addr, address);
	h->label = (struct traffic_label){ .addr = h->label.addr, .last = h->label.addr, .bits = 128, .truth = "clean", .profile = profile,
					   .group = TRAFFIC_NO_GROUP, .born_ns = t->start_ns };
	list[(*count)++] = at;
}

static int add_actors(struct traffic *t, __u32 at)
{
	const struct profile_row *row = &profile_rows[t->hosts[at].profile];

	for (unsigned int i = 0; i < ACTORS_PER_PROFILE && row->actors[i] != DO_NOTHING; i++) {
		struct actor *a = &t->actors[t->actor_count++];
		__u64 first;

		*a = (struct actor){ .host = at, .behaviour = row->actors[i], .chance = chance_mix(t->seed + 900 + i, at) };
		t->now_ns = t->start_ns;
		first = behaviours[a->behaviour].begin(t, a);
		if (t->error)
			return t->error;
		if (first != NEVER && first < t->end_ns)
			schedule(t, first, EVENT_ACTOR | actor_index(t, a));
	}
	return t->error;
}

static int make_hosts(struct traffic *t, bool ranges)
{
	__u32 at = 0, value = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t g = 0; g < t->group_count; g++) {
			if (profile_rows[t->groups[g].profile].range != !!pass)
				continue;
			for (unsigned int i = 0; i < t->groups[g].hosts; i++)
				set_host(t, at++, (__u32)g, i, &value);
		}
		for (unsigned int i = 0; !pass && ranges && i < INSIDE_WEB; i++)
			add_server(t, at++, "web-server", SERVERS_V4 + (1 << 8) + 10 + i, t->web, &t->web_count);
		for (unsigned int i = 0; !pass && ranges && i < INSIDE_MAIL; i++)
			add_server(t, at++, "mail-server", SERVERS_V4 + (2 << 8) + 10 + i, t->mail, &t->mail_count);
	}
	t->host_count = at;
	for (__u32 i = 0; i < at; i++) {
		int err = add_actors(t, i);

		if (err)
			return err;
	}
	return 0;
}

static int make_groups(struct traffic *t, const struct traffic_options *options, size_t *hosts, bool *ranges)
{
	t->groups = calloc(options->count ? options->count : 1, sizeof(*t->groups));
	if (!t->groups)
		return -ENOMEM;
	for (size_t i = 0; i < options->count; i++) {
		int err = set_group(&t->groups[i], &options->groups[i]);
		bool range;

		if (err)
			return err;
		range = profile_rows[t->groups[i].profile].range;
		*ranges |= range;
		*hosts += t->groups[i].hosts;
		t->inside_count += range ? 0 : t->groups[i].hosts;
	}
	t->group_count = options->count;
	return *hosts > HOSTS_MAX ? complain("too many hosts", "at most 1000000") : 0;
}

/* 10.0.0.0/8 and the IPv6 pool, then what groups have of their own. */
static int make_inside(struct traffic *t, const struct traffic_options *options)
{
	t->inside_texts = calloc(t->group_count + 2, sizeof(*t->inside_texts));
	t->inside = calloc(t->group_count + 2, sizeof(*t->inside));
	if (!t->inside_texts || !t->inside)
		return -ENOMEM;
	strcpy(t->inside_texts[t->inside_texts_count++], "10.0.0.0/8");
	strcpy(t->inside_texts[t->inside_texts_count++], "2001:db8:4000::/36");
	for (size_t i = 0; i < t->group_count; i++) {
		const struct group *g = &t->groups[i];

		if (!g->placed || profile_rows[g->profile].range || (frame_is_v4(&g->prefix) && g->prefix.bytes[12] == 10))
			continue;
		snprintf(t->inside_texts[t->inside_texts_count++], sizeof(*t->inside_texts), "%s", options->groups[i].prefix);
	}
	for (size_t i = 0; i < t->inside_texts_count; i++)
		t->inside[i] = t->inside_texts[i];
	return 0;
}

static int populate(struct traffic *t, const struct traffic_options *options)
{
	size_t hosts = 0;
	bool ranges = false;
	int err = make_groups(t, options, &hosts, &ranges);

	if (!err)
		err = make_inside(t, options);
	if (err)
		return err;
	hosts += INSIDE_WEB + INSIDE_MAIL;
	t->hosts = calloc(hosts, sizeof(*t->hosts));
	t->values = calloc(hosts * VALUES, sizeof(*t->values));
	t->actors = calloc(hosts * ACTORS_PER_PROFILE, sizeof(*t->actors));
	t->totals.memory_bytes += sizeof(*t) + hosts * (sizeof(*t->hosts) + VALUES * sizeof(*t->values) + ACTORS_PER_PROFILE * sizeof(*t->actors));
	if (!t->hosts || !t->values || !t->actors)
		return -ENOMEM;
	return make_hosts(t, ranges);
}

int traffic_open(struct traffic **out, const struct traffic_options *options)
{
	struct traffic *t = calloc(1, sizeof(*t));
	__u64 noise = options->seed ^ 0x6e6f697365;
	int err;

	if (!t)
		return -ENOMEM;
	t->seed = chance_mix(options->seed, 1);
	t->start_ns = options->start_ns ? options->start_ns : DEFAULT_START_NS;
	t->end_ns = t->start_ns + (__u64)(options->duration_s * 1e9);
	t->free_errand = HOST_NONE;
	for (size_t i = 0; i < sizeof(t->noise); i += 8) {
		__u64 word = random_splitmix(&noise);

		memcpy(t->noise + i, &word, 8);
	}
	err = populate(t, options);
	if (err) {
		traffic_close(t);
		return err;
	}
	*out = t;
	return 0;
}

const char *const *traffic_inside(const struct traffic *t, size_t *count)
{
	*count = t->inside_texts_count;
	return t->inside;
}
