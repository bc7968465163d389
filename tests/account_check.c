/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gatepost/table.h>

#include "account_rows.h"

#define SPLITS 30 /* cuts at each of the first bytes: beyond the longest verb, the dot and QUIT */

static const char config_text[] =
	"inside: [10.0.0.0/8, {prefix: \"2001:db8::/32\", subscriber: 56}]\n"
	"relays: [10.0.0.25/32, \"2001:db8:0:2500::/56\"]\n"
	"infrastructure: [10.0.0.53/32, \"2001:db8:0:5300::/56\"]\n"
	"tables: {hosts: 256, flows: 512, filter_bits: 65536}\n";

static char message[512];

__attribute__((format(printf, 1, 2))) static const char *say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return message;
}

int account_config_open(struct gp_config **out)
{
	char path[] = "/tmp/gatepost-account-XXXXXX";
	int fd = mkstemp(path), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, config_text, sizeof(config_text) - 1) != (ssize_t)(sizeof(config_text) - 1))
		err = -EIO;
	close(fd);
	if (!err)
		err = gp_config_open(out, path, NULL, 0);
	unlink(path);
	return err;
}

void account_clear(struct gp_memory *memory)
{
	size_t hosts = 2 * (size_t)memory->settings->host_slots;

	memset(memory->totals, 0, sizeof(*memory->totals));
	memset(memory->hosts, 0, hosts * sizeof(*memory->hosts));
	memset(memory->flows, 0, memory->settings->flow_slots * sizeof(*memory->flows));
	memset(memory->filters, 0, sizeof(*memory->filters));
	memset(memory->filter_bits, 0,
	       (size_t)GP_FILTERS * memory->settings->filter_words * sizeof(*memory->filter_bits));
	memset(memory->claims, 0, hosts * sizeof(*memory->claims));
}

static void add(struct gp_count *sum, const struct gp_count *count)
{
	sum->packets += count->packets;
	sum->bytes += count->bytes;
}

static bool differ(const struct gp_count *a, const struct gp_count *b)
{
	return a->packets != b->packets || a->bytes != b->bytes;
}

/* What must hold within one host's record. */
static const char *check_record(const struct gp_host *host, struct gp_count *owned)
{
	struct gp_count traffic = { 0 }, both = { 0 };
	__u64 flows = 0, attempts = 0, answered = 0, confirmed = 0;

	for (int i = 0; i < GP_SERVICES; i++) {
		add(&traffic, &host->services[i].traffic);
		flows += host->services[i].flows;
		attempts += host->services[i].attempts;
		answered += host->services[i].answered;
		confirmed += host->services[i].confirmed;
	}
	add(&both, &host->sent);
	add(&both, &host->received);
	add(owned, &traffic);
	if (differ(&traffic, &both))
		return say("a host's services have %llu packets, sent and received %llu", traffic.packets,
			   both.packets);
	if (attempts > flows || answered > attempts || confirmed > answered || confirmed != host->proved_flows)
		return say("a host with %llu flows, %llu attempts, %llu answered, %llu confirmed, %u proved", flows,
			   attempts, answered, confirmed, host->proved_flows);
	if (attempts > host->syn)
		return say("a host with %llu attempts and %u SYNs", attempts, host->syn);
	for (int class = 0; class < GP_SCAN_CLASSES; class++)
		for (int ring = 0; ring < (int)GP_SLICES; ring++)
			if (host->scan.answers[class][ring] > host->scan.attempts[class][ring])
				return say("a host with more answers than first contacts, class %d, ring %d", class,
					   ring);
	if (!host->ready || host->last_seen_ns < host->first_seen_ns)
		return say("a host that is not ready, or last seen before it was first seen");
	return NULL;
}

/* Each slot in use is listed once, and on its side. */
static const char *check_claims(const struct gp_memory *m)
{
	__u32 slots = m->settings->host_slots, used[2] = { 0 };
	bool listed[2 * ACCOUNT_HOST_SLOTS] = { false };

	for (__u32 i = 0; i < 2 * slots; i++)
		used[i / slots] += m->hosts[i].tag != 0;
	for (__u32 side = 0; side < 2; side++) {
		if (m->totals->claimed[side] != used[side])
			return say("%u hosts claimed on side %u, %u in use", m->totals->claimed[side], side,
				   used[side]);
		for (__u32 i = 0; i < used[side]; i++) {
			__u32 slot = m->claims[side * slots + i];

			if (slot / slots != side || listed[slot] || !m->hosts[slot].tag)
				return say("claim %u of side %u names slot %u", i, side, slot);
			listed[slot] = true;
		}
	}
	return NULL;
}

/* received == owners + overflow + unparsed. */
static const char *check_identity(const struct player *player, const struct gp_memory *m)
{
	const struct gp_totals *t = m->totals;
	struct gp_count owned = { 0 };
	const char *wrong;

	if (t->received.packets != player->packets || t->received.bytes != player->bytes)
		return say("received %llu packets, %llu bytes; sent %u, %llu", t->received.packets, t->received.bytes,
			   player->packets, player->bytes);
	for (__u32 i = 0; i < 2 * m->settings->host_slots; i++) {
		wrong = m->hosts[i].tag ? check_record(&m->hosts[i], &owned) : NULL;
		if (wrong)
			return wrong;
	}
	for (int i = 0; i < GP_PARSE_STATUSES; i++)
		add(&owned, &t->unparsed[i]);
	for (int i = 0; i < GP_SERVICES; i++)
		add(&owned, &t->overflow[i].traffic);
	if (differ(&t->received, &owned))
		return say("received %llu packets, %llu bytes; accounted for %llu, %llu", t->received.packets,
			   t->received.bytes, owned.packets, owned.bytes);
	return check_claims(m);
}

/* By looking at every record: the tests do not trust the table's own search. */
static const struct gp_host *find_host(const struct gp_memory *m, enum end end, bool ipv6)
{
	struct gp_addr addr = end_addr(end, ipv6);
	bool inside = end_is_inside(end);
	__u8 bits = inside && ipv6 ? 56 : 128;

	if (inside && ipv6)
		memset(addr.bytes + 7, 0, 9);
	for (__u32 i = 0; i < m->settings->host_slots; i++) {
		const struct gp_host *host = &m->hosts[inside * m->settings->host_slots + i];

		if (host->tag && host->bits == bits && !memcmp(&host->addr, &addr, sizeof(addr)))
			return host;
	}
	return NULL;
}

static __u64 read_number(const void *record, const struct expectation *e)
{
	__u64 wide = 0;
	__u32 narrow;
	__u16 half;
	__u8 byte;

	switch (e->bytes) {
	case 8:
		memcpy(&wide, (const char *)record + e->offset, 8);
		return wide;
	case 4:
		memcpy(&narrow, (const char *)record + e->offset, 4);
		return narrow;
	case 2:
		memcpy(&half, (const char *)record + e->offset, 2);
		return half;
	default:
		memcpy(&byte, (const char *)record + e->offset, 1);
		return byte;
	}
}

static bool is_named(const struct account_row *row, const struct expectation *rest, size_t offset)
{
	for (const struct expectation *e = row->expect; e->kind != EXPECT_END; e++)
		if (e->kind == EXPECT_HOST && e->end == rest->end && e->offset == offset)
			return true;
	return false;
}

static const char *check_rest(const struct account_row *row, const struct gp_host *host, const struct expectation *rest)
{
	for (size_t at = rest->offset; at < rest->offset + rest->bytes; at += sizeof(__u32)) {
		__u32 value;

		memcpy(&value, (const char *)host + at, sizeof(value));
		if (value && !is_named(row, rest, at))
			return say("%s: the counter at word %zu is %u, expected 0", rest->what,
				   (at - rest->offset) / sizeof(value), value);
	}
	return NULL;
}

static const char *check_number(const struct expectation *e, __u64 got)
{
	if (got >= e->least && got <= e->most)
		return NULL;
	if (e->least == e->most)
		return say("%s of end %d is %llu, expected %llu", e->what, e->end, got, e->least);
	return say("%s of end %d is %llu, expected %llu to %llu", e->what, e->end, got, e->least, e->most);
}

static __u64 count_registers(const struct gp_host *host, const struct expectation *e)
{
	__u64 n = 0;

	for (size_t i = 0; i < e->bytes; i++)
		n += ((const __u8 *)host)[e->offset + i] != 0;
	return n;
}

static __u64 count_flows(const struct gp_memory *m)
{
	__u64 n = 0;

	for (__u32 i = 0; i < m->settings->flow_slots; i++)
		n += m->flows[i].tag != 0;
	return n;
}

static const char *check_expectation(const struct account_row *row, const struct player *player,
				     const struct gp_memory *m, const struct expectation *e)
{
	const struct gp_host *host;

	if (e->kind == EXPECT_TOTAL)
		return check_number(e, read_number(m->totals, e));
	if (e->kind == EXPECT_FLOWS)
		return check_number(e, count_flows(m));
	host = find_host(m, e->end, player->variant.ipv6);
	if (e->kind == EXPECT_NO_HOST)
		return host ? say("end %d has a record", e->end) : NULL;
	if (!host)
		return say("%s: end %d has no record", e->what, e->end);
	if (e->kind == EXPECT_REST)
		return check_rest(row, host, e);
	return check_number(e, e->kind == EXPECT_REGISTERS ? count_registers(host, e) : read_number(host, e));
}

const char *account_check(const struct account_row *row, const struct player *player, const struct gp_memory *memory)
{
	const char *wrong = check_identity(player, memory);

	for (const struct expectation *e = row ? row->expect : NULL; !wrong && e && e->kind != EXPECT_END; e++)
		wrong = check_expectation(row, player, memory, e);
	return wrong;
}

static int each_split(const struct account_row *row, struct variant v,
		      int (*call)(void *, const struct account_row *, const struct variant *), void *context)
{
	int err = 0;

	for (v.split = 1; v.split <= SPLITS && !err; v.split++)
		err = call(context, row, &v);
	v.split = 0;
	v.bytewise = true;
	return err ? err : call(context, row, &v);
}

int account_each_variant(const struct account_row *row,
			 int (*call)(void *context, const struct account_row *row, const struct variant *variant),
			 void *context)
{
	int err = 0;

	for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++) {
		struct variant v = { .ipv6 = ipv6 };

		if (row->flags & (ipv6 ? ROW_IPV4 : ROW_IPV6))
			continue;
		for (v.link = LINK_PLAIN; v.link < LINKS && !err; v.link++)
			if (v.link == LINK_PLAIN || !(row->flags & ROW_FLOOD))
				err = call(context, row, &v);
		v.link = LINK_PLAIN;
		if (!err && (row->flags & ROW_SPLIT))
			err = each_split(row, v, call, context);
	}
	return err;
}

const char *account_variant_name(const struct variant *v)
{
	static const char *const links[LINKS] = { "", " in QinQ", " in PPPoE" };
	static char name[80];
	int n = snprintf(name, sizeof(name), "IPv%d%s", v->ipv6 ? 6 : 4, links[v->link]);

	if (v->bytewise)
		snprintf(name + n, sizeof(name) - (size_t)n, ", byte by byte");
	else if (v->split)
		snprintf(name + n, sizeof(name) - (size_t)n, ", payloads in two at %u", v->split);
	else if (v->cut)
		snprintf(name + n, sizeof(name) - (size_t)n, ", frames cut at %u", v->cut);
	return name;
}
