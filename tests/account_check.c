/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gatepost/inside.h>

#include "account_rows.h"
#include "memory_setup.h"

#define SPLITS 30 /* cuts at each of the first bytes: beyond the longest verb, the dot and QUIT */

/* All of 10.0.0.0/8 and of 2001:db8::/32; in parts of them subscribers have another length. */
static const char config_text[] =
	"inside:\n"
	"  - 10.0.0.0/12\n"
	"  - 10.16.0.0/14\n"
	"  - 10.20.0.0/15\n"
	"  - 10.23.0.0/16\n"
	"  - 10.24.0.0/14\n"
	"  - 10.28.0.0/15\n"
	"  - 10.31.0.0/16\n"
	"  - 10.32.0.0/11\n"
	"  - 10.64.0.0/10\n"
	"  - 10.128.0.0/9\n"
	"  - {prefix: 10.30.0.0/16, subscriber: 30}\n"
	"  - {prefix: 10.22.0.0/16, subscriber: 22}\n"
	"  - 172.16.5.64/26\n"
	"  - {prefix: \"2001:db8::/34\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:4000::/37\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:4900::/40\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:4a00::/39\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:4c00::/38\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:5000::/36\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:6000::/38\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:6500::/40\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:6600::/39\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:6800::/37\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:7000::/36\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:8000::/33\", subscriber: 56}\n"
	"  - {prefix: \"2001:db8:6400::/40\", subscriber: 64}\n"
	"  - {prefix: \"2001:db8:4800::/40\", subscriber: 48}\n"
	"  - {prefix: \"2001:db9:5:4000::/50\", subscriber: 56}\n"
	"relays: [10.0.0.25/32, \"2001:db8:0:2500::/56\", \"2001:db8:4834::/56\"]\n"
	"infrastructure: [10.0.0.53/32, \"2001:db8:0:5300::/56\"]\n"
	"tables: {addresses: 8192, hosts: 256, outside: 256, cells: 128, flows: 512, filter_bits: 65536}\n";

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

/* Takes back the chunks that packets were handed: these tables have no others. */
static void clear_slots(struct gp_memory *m)
{
	__u32 chunks = m->claims->chunks < m->settings->chunks ? m->claims->chunks : m->settings->chunks;
	size_t slots = (size_t)m->settings->chunks * GP_CHUNK_SLOTS, used = (size_t)chunks * GP_CHUNK_SLOTS;

	for (__u32 i = 0; i < chunks; i++) {
		__u32 *entry = gp_mem_dir24(m, gp_be32_to_host(m->chunks[i].first.words[3]) >> 8);

		if (gp_addr_is4(&m->chunks[i].first))
			*entry = (*entry & GP_DIR_PARTIAL) | GP_DIR_UNMADE;
	}
	for (__u32 i = 0; i < GP_DENSE; i++)
		m->dense[i] = (struct gp_dense){ .first = 1 };
	memset(m->dir6, 0, m->settings->dir6_words * sizeof(*m->dir6));
	memset(m->chunks, 0, chunks * sizeof(*m->chunks));
	for (__u32 slice = 0; slice < m->settings->slices; slice++)
		memset(m->hot + slice * slots, 0, used * sizeof(*m->hot));
	memset(m->mail, 0, used * sizeof(*m->mail));
	memset(m->host_of, 0, used * sizeof(*m->host_of));
}

void account_clear(struct gp_memory *m)
{
	const struct gp_settings *s = m->settings;
	size_t outside = GP_BANKS * (size_t)s->outside_hosts;

	clear_slots(m);
	memset(m->cpus, 0, m->cpu_count * sizeof(*m->cpus));
	memset(m->claims, 0, sizeof(*m->claims));
	*m->control = (struct gp_control){ .ranges = m->control->ranges };
	memset(m->hosts, 0, (s->inside_hosts + outside) * sizeof(*m->hosts));
	memset(m->outside_claims, 0, outside * sizeof(*m->outside_claims));
	memset(m->cells, 0, GP_BANKS * (size_t)s->cells * sizeof(*m->cells));
	memset(m->flows, 0, s->flow_slots * sizeof(*m->flows));
	memset(m->pending, 0, GP_PENDING_PROOFS * sizeof(*m->pending));
	memset(m->filters, 0, sizeof(*m->filters));
	memset(m->filter_bits, 0, (size_t)GP_FILTERS * s->filter_words * sizeof(*m->filter_bits));
	m->control->bank_epoch[0] = 1;
	memset(m->shared_buckets, 0, GP_SAMPLED_KINDS * sizeof(*m->shared_buckets));
	memset(m->buckets, 0, GP_SAMPLE_BUCKETS * sizeof(*m->buckets));
}

static void forget_record(void *context, const struct gp_flow_record *record)
{
	(void)context;
	(void)record;
}

int account_begin(struct account_play *play, struct gp_engine *engine)
{
	int err;

	*play = (struct account_play){ .engine = engine };
	account_clear(&engine->memory);
	engine->drain(engine, forget_record, NULL);
	err = gp_world_open(&play->world, &engine->memory);
	return err ? err : gp_epoch_open(&play->epoch, play->world, &(struct gp_epoch_options){ .journal = NULL });
}

void account_end(struct account_play *play)
{
	gp_epoch_close(play->epoch, false);
	gp_world_close(play->world);
}

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct account_play *play = context;

	gp_world_flow_record(play->world, record);
	play->last = *record;
}

void account_drain(struct account_play *play)
{
	if (!play->keeps_records)
		play->engine->drain(play->engine, take_record, play);
}

/* The address of an end as its subscriber's, and as a number. */
static unsigned __int128 number_of(const struct gp_addr *addr)
{
	unsigned __int128 number = 0;

	for (int i = 0; i < 16; i++)
		number = number << 8 | addr->bytes[i];
	return number;
}

static unsigned __int128 subscriber_number(enum end end, bool ipv6)
{
	struct gp_addr addr = end_addr(end, ipv6);
	unsigned int shift = 128u - end_bits(end, ipv6);

	return number_of(&addr) >> shift << shift;
}

/* The slot of an inside end by what chunks say of themselves: the tests do not trust the directories. -1: none. */
static long find_slot(const struct gp_memory *m, enum end end, bool ipv6)
{
	unsigned __int128 wanted = subscriber_number(end, ipv6);

	for (__u32 i = 0; i < m->settings->chunks; i++) {
		const struct gp_chunk *chunk = &m->chunks[i];
		unsigned __int128 first = number_of(&chunk->first);

		if (chunk->ready && chunk->bits == (ipv6 ? end_bits(end, ipv6) : 128) && wanted >= first &&
		    (wanted - first) >> (128 - chunk->bits) < GP_CHUNK_SLOTS)
			return (long)(i * GP_CHUNK_SLOTS + (__u32)((wanted - first) >> (128 - chunk->bits)));
	}
	return -1;
}

/* A word as if packets had come before; what was received says the same. */
static int fill(struct account_play *play, const struct player *player, const struct step *step)
{
	struct gp_memory *m = &play->engine->memory;
	__u64 word = ((__u64)step->a << GP_WORD_SHIFT) + (__u64)step->a * (__u64)step->b;
	long slot;

	gp_memory_flush(m, m->now_ns);
	slot = find_slot(m, step->client, player->variant.ipv6);
	if (slot < 0 && !player->variant.cut)
		return -ENOENT;
	m->cpus[0].totals.received.packets += (__u64)step->a;
	m->cpus[0].totals.received.bytes += (__u64)step->a * (__u64)step->b;
	if (slot < 0) { /* no packet could be read that far */
		m->cpus[0].totals.unparsed[GP_PARSE_TRUNCATED].packets += (__u64)step->a;
		m->cpus[0].totals.unparsed[GP_PARSE_TRUNCATED].bytes += (__u64)step->a * (__u64)step->b;
	} else if (step->flags < GP_HOT_SERVICES) {
		m->hot[slot].traffic[step->flags] += word;
		m->hot[slot].sent += step->from == CLIENT ? word : 0;
	} else {
		m->mail[slot].traffic[step->flags - GP_SERVICE_SMTP] += word;
		m->mail[slot].sent += step->from == CLIENT ? word : 0;
	}
	return 0;
}

int account_touch(struct account_play *play, const struct player *player, const struct step *step)
{
	switch (step->op) {
	case STEP_FILL:
		return fill(play, player, step);
	case STEP_TURN:
		return gp_epoch_turn(play->epoch, player->now_ns);
	default:
		play->keeps_records = step->a;
		return 0;
	}
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

static struct gp_host *bank_of(const struct gp_memory *m, __u32 bank)
{
	return &m->hosts[m->settings->inside_hosts + bank * m->settings->outside_hosts];
}

/* What must hold within one record, whoever's it is. */
static const char *check_record(const struct gp_host *host)
{
	__u64 flows = 0, attempts = 0;

	for (int i = 0; i < GP_SERVICES; i++) {
		flows += host->services[i].flows;
		attempts += host->services[i].attempts;
	}
	if (attempts > flows || attempts > host->syn)
		return say("a host with %llu flows, %llu attempts, %u SYNs", flows, attempts, host->syn);
	for (int class = 0; class < GP_SCAN_CLASSES; class++)
		for (int ring = 0; ring < (int)GP_SLICES; ring++)
			if (host->scan.answers[class][ring] > host->scan.attempts[class][ring])
				return say("a host with more answers than first contacts, class %d, ring %d", class,
					   ring);
	if (!host->ready || host->last_seen_ns < host->first_seen_ns)
		return say("a host that is not ready, or last seen before it was first seen");
	return NULL;
}

static const char *check_confirmed(const struct gp_host *host, bool inside)
{
	__u64 answered = 0, confirmed = 0, attempts = 0;

	for (int i = 0; i < GP_SERVICES; i++) {
		attempts += host->services[i].attempts;
		answered += host->services[i].answered;
		confirmed += host->services[i].confirmed;
	}
	/* An outside host's first attempts and their answers are in the cell. */
	if (confirmed != host->proved_flows || (inside && (answered > attempts || confirmed > answered)))
		return say("a host with %llu attempts, %llu answered, %llu confirmed, %u proved", attempts, answered,
			   confirmed, host->proved_flows);
	return NULL;
}

/* The record of an inside slot: whose it is follows from the chunk, and the traffic from the slot. */
static const char *check_inside_record(const struct gp_memory *m, __u32 number)
{
	const struct gp_host *host = &m->hosts[number];
	__u64 slot = host->tag - 1;
	const struct gp_chunk *chunk = &m->chunks[slot / GP_CHUNK_SLOTS];
	const char *wrong;

	if (!host->tag || slot >= (__u64)m->settings->chunks * GP_CHUNK_SLOTS || m->host_of[slot] != number + 1ull)
		return say("record %u names slot %llu, which does not name it", number, slot);
	if (!chunk->ready || number_of(&host->addr) != number_of(&chunk->first) +
				     ((unsigned __int128)(slot % GP_CHUNK_SLOTS) << (128 - chunk->bits)))
		return say("record %u is of another address than its slot %llu", number, slot);
	if (host->received.packets || host->received.bytes || host->spills_begun != host->spills_done)
		return say("record %u has received, or a spill that did not end", number);
	wrong = check_record(host);
	return wrong ? wrong : check_confirmed(host, true);
}

/* Chunks are those of different prefixes, each begins where its first slot does. */
static const char *check_chunks(const struct gp_memory *m)
{
	__u32 ready = 0;

	for (__u32 i = 0; i < m->settings->chunks; i++) {
		const struct gp_chunk *chunk = &m->chunks[i];

		if (!chunk->ready)
			continue;
		ready++;
		if (number_of(&chunk->first) >> (128 - chunk->bits) & (GP_CHUNK_SLOTS - 1))
			return say("chunk %u begins in the middle", i);
		for (__u32 n = 0; n < i; n++)
			if (m->chunks[n].ready && m->chunks[n].bits == chunk->bits &&
			    !memcmp(&m->chunks[n].first, &chunk->first, sizeof(chunk->first)))
				return say("chunks %u and %u are one", n, i);
	}
	if (ready != m->claims->chunks)
		return say("%u chunks are handed out, %u in use", m->claims->chunks, ready);
	return NULL;
}

static const char *check_inside(const struct account_play *play, struct gp_count *owned)
{
	const struct gp_memory *m = &play->engine->memory;
	const char *wrong = check_chunks(m);
	__u32 named = 0;

	for (__u32 slot = 0; slot < m->claims->chunks * GP_CHUNK_SLOTS; slot++) {
		struct gp_traffic traffic;

		gp_world_slot_traffic(play->world, slot, &traffic);
		add(owned, &traffic.sent);
		add(owned, &traffic.received);
		named += m->host_of[slot] != 0;
		if ((traffic.received.packets | traffic.sent.packets) >> 62)
			return say("slot %u has sent more than its services", slot);
	}
	for (__u32 i = 0; i < m->settings->inside_hosts && !wrong; i++)
		wrong = m->hosts[i].tag ? check_inside_record(m, i) : NULL;
	if (!wrong && named != m->claims->hosts)
		return say("%u records are handed out, %u slots have one", m->claims->hosts, named);
	return wrong;
}

/* Each record in use in a bank is listed once. */
static const char *check_bank(const struct gp_memory *m, __u32 bank)
{
	__u32 first = m->settings->inside_hosts + bank * m->settings->outside_hosts, used = 0;
	bool listed[ACCOUNT_OUTSIDE] = { false };

	for (__u32 i = 0; i < m->settings->outside_hosts; i++)
		used += bank_of(m, bank)[i].tag != 0;
	if (m->claims->outside[bank] != used)
		return say("%u hosts claimed in bank %u, %u in use", m->claims->outside[bank], bank, used);
	for (__u32 i = 0; i < used; i++) {
		__u32 at = m->outside_claims[bank * m->settings->outside_hosts + i] - first;

		if (at >= m->settings->outside_hosts || listed[at] || !bank_of(m, bank)[at].tag)
			return say("claim %u of bank %u names record %u", i, bank, at + first);
		listed[at] = true;
	}
	return NULL;
}

/* All that is known of outside hosts: what was drained, and the bank that is being filled. */
static struct gp_world *whole_world(const struct account_play *play)
{
	struct gp_memory *m = &play->engine->memory;
	const struct gp_host *hosts = bank_of(m, m->control->bank);
	const struct gp_cell *cells = &m->cells[m->control->bank * m->settings->cells];
	struct gp_world *whole;
	int err = gp_world_open(&whole, m);

	if (err)
		return NULL;
	for (__u32 i = 0; i < play->world->outside_count && !err; i++)
		err = gp_world_add_host(whole, &play->world->outside[i]);
	for (__u32 i = 0; i < m->settings->outside_hosts && !err; i++)
		err = hosts[i].tag ? gp_world_add_host(whole, &hosts[i]) : 0;
	for (__u32 i = 0; i < play->world->cell_count && !err; i++)
		err = gp_world_add_cell(whole, &play->world->cells[i]);
	for (__u32 i = 0; i < m->settings->cells && !err; i++)
		err = cells[i].tag ? gp_world_add_cell(whole, &cells[i]) : 0;
	if (!err)
		return whole;
	gp_world_close(whole);
	return NULL;
}

static const char *check_outside(const struct gp_memory *m, const struct gp_world *whole, struct gp_count *owned)
{
	const char *wrong = NULL;

	for (__u32 bank = 0; bank < GP_BANKS && !wrong; bank++)
		wrong = check_bank(m, bank);
	for (__u32 i = 0; i < whole->outside_count && !wrong; i++) {
		const struct gp_host *host = &whole->outside[i];
		struct gp_count traffic = { 0 }, both = host->sent;

		for (int n = 0; n < GP_SERVICES; n++)
			add(&traffic, &host->services[n].traffic);
		add(&both, &host->received);
		add(owned, &traffic);
		if (differ(&traffic, &both))
			return say("an outside host's services have %llu packets, sent and received %llu",
				   traffic.packets, both.packets);
		wrong = check_record(host);
		wrong = wrong ? wrong : check_confirmed(host, false);
	}
	for (__u32 i = 0; i < whole->cell_count && !wrong; i++) {
		const struct gp_cell *cell = &whole->cells[i];
		__u64 attempts = 0;

		for (int n = 0; n < GP_SERVICES; n++) {
			add(owned, &cell->services[n].traffic);
			attempts += cell->services[n].attempts;
		}
		if (!cell->ready || attempts > cell->syn || cell->last_seen_ns < cell->first_seen_ns)
			return say("a cell with %llu attempts, %u SYNs", attempts, cell->syn);
	}
	return wrong;
}

/* received == inside slots + outside records + cells + overflow + unparsed; and what else must always hold. */
static const char *check_always(const struct player *player, struct account_play *play, const struct gp_world *whole,
				const struct gp_totals *t)
{
	const struct gp_memory *m = &play->engine->memory;
	struct gp_count owned = { 0 };
	const char *wrong;
	__u64 ended = 0;

	if (t->received.packets != player->packets || t->received.bytes != player->bytes)
		return say("received %llu packets, %llu bytes; sent %u, %llu", t->received.packets, t->received.bytes,
			   player->packets, player->bytes);
	wrong = check_inside(play, &owned);
	wrong = wrong ? wrong : check_outside(m, whole, &owned);
	if (wrong)
		return wrong;
	for (int i = 0; i < GP_PARSE_STATUSES; i++)
		add(&owned, &t->unparsed[i]);
	for (int i = 0; i < GP_SERVICES; i++)
		add(&owned, &t->overflow[i].traffic);
	if (differ(&t->received, &owned))
		return say("received %llu packets, %llu bytes; accounted for %llu, %llu", t->received.packets,
			   t->received.bytes, owned.packets, owned.bytes);
	for (int i = 0; i < GP_FLOW_ENDS; i++)
		ended += play->world->flow_records[i];
	if (ended != t->flow_records)
		return say("%llu flow records told, %llu taken", t->flow_records, ended);
	return NULL;
}

/* What is known of an end; what its record would say if it held everything. Return: does it have a record? */
static bool view_host(const struct account_play *play, const struct gp_world *whole, enum end end, bool ipv6,
		      struct gp_host *out)
{
	const struct gp_memory *m = &play->engine->memory;
	struct gp_addr addr = end_addr(end, ipv6);
	struct gp_traffic traffic;
	__u64 record;
	long slot;

	*out = (struct gp_host){ 0 };
	if (!end_is_inside(end)) {
		for (__u32 i = 0; i < whole->outside_count; i++)
			if (!memcmp(&whole->outside[i].addr, &addr, sizeof(addr)))
				*out = whole->outside[i];
		return out->tag != 0;
	}
	slot = find_slot(m, end, ipv6);
	if (slot < 0)
		return false;
	record = m->host_of[slot];
	if (record)
		*out = m->hosts[record - 1];
	gp_world_slot_traffic(play->world, (__u32)slot, &traffic);
	out->sent = traffic.sent;
	out->received = traffic.received;
	for (int i = 0; i < GP_SERVICES; i++)
		out->services[i].traffic = traffic.services[i];
	return record != 0;
}

static struct gp_addr prefix_of(enum end end, bool ipv6)
{
	struct gp_addr addr = end_addr(end, ipv6);
	int bytes = ipv6 ? 6 : 15;

	memset(addr.bytes + bytes, 0, sizeof(addr) - (size_t)bytes);
	return addr;
}

static const struct gp_cell *find_cell(const struct gp_world *whole, enum end end, bool ipv6)
{
	struct gp_addr prefix = prefix_of(end, ipv6);

	for (__u32 i = 0; i < whole->cell_count; i++)
		if (whole->cells[i].bits == (ipv6 ? 48 : 120) &&
		    !memcmp(&whole->cells[i].addr, &prefix, sizeof(prefix)))
			return &whole->cells[i];
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

/* A counter of the cell, and the same one of each record within its prefix. */
static __u64 sum_prefix(const struct gp_world *whole, const struct expectation *e, bool ipv6)
{
	const struct gp_cell *cell = find_cell(whole, e->end, ipv6);
	struct gp_addr prefix = prefix_of(e->end, ipv6);
	struct expectation in_host = *e;
	__u64 sum = cell ? read_number(cell, e) : 0;

	in_host.offset += offsetof(struct gp_host, services) - offsetof(struct gp_cell, services);
	for (__u32 i = 0; i < whole->outside_count; i++)
		if (!memcmp(&whole->outside[i].addr, &prefix, ipv6 ? 6 : 15))
			sum += read_number(&whole->outside[i], &in_host);
	return sum;
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

static __u64 count_registers(const void *record, const struct expectation *e)
{
	__u64 n = 0;

	for (size_t i = 0; i < e->bytes; i++)
		n += ((const __u8 *)record)[e->offset + i] != 0;
	return n;
}

static __u64 count_flows(const struct gp_memory *m)
{
	__u64 n = 0;

	for (__u32 i = 0; i < m->settings->flow_slots; i++)
		n += m->flows[i].tag != 0;
	return n;
}

/* Expectations of what is no end's. */
static const char *check_common(const struct account_play *play, const struct gp_totals *totals,
				const struct expectation *e, bool ipv6)
{
	const struct gp_memory *m = &play->engine->memory;
	struct gp_addr addr;

	switch (e->kind) {
	case EXPECT_TOTAL:
		return check_number(e, read_number(totals, e));
	case EXPECT_CLAIMS:
		return check_number(e, read_number(m->claims, e));
	case EXPECT_FLOWS:
		return check_number(e, count_flows(m));
	case EXPECT_ENDED:
		return check_number(e, play->world->flow_records[e->offset]);
	case EXPECT_RECORD:
		return check_number(e, read_number(&play->last, e));
	default:
		addr = end_addr(e->end, ipv6);
		if (memcmp(&addr, e->kind == EXPECT_RECORD_CLIENT ? &play->last.client : &play->last.server,
			   sizeof(addr)))
			return say("the %s is another than end %d", e->what, e->end);
		return NULL;
	}
}

static const char *check_cell(const struct gp_world *whole, const struct expectation *e, bool ipv6)
{
	const struct gp_cell *cell = find_cell(whole, e->end, ipv6);

	if (e->kind == EXPECT_PREFIX)
		return check_number(e, sum_prefix(whole, e, ipv6));
	if (e->kind == EXPECT_NO_CELL)
		return cell ? say("end %d has a cell", e->end) : NULL;
	if (!cell)
		return say("%s: end %d has no cell", e->what, e->end);
	return check_number(e, e->kind == EXPECT_CELL ? read_number(cell, e) : count_registers(cell, e));
}

static const char *check_host(const struct account_row *row, const struct account_play *play,
			      const struct gp_world *whole, const struct expectation *e, bool ipv6)
{
	struct gp_host host;
	bool has_record = view_host(play, whole, e->end, ipv6, &host);

	if (e->kind == EXPECT_NO_HOST)
		return has_record ? say("end %d has a record", e->end) : NULL;
	if (!has_record && (!end_is_inside(e->end) || find_slot(&play->engine->memory, e->end, ipv6) < 0))
		return say("%s: end %d has neither record nor slot", e->what, e->end);
	if (has_record && host.bits != end_bits(e->end, ipv6))
		return say("end %d has a prefix of %u bits, expected %u", e->end, host.bits, end_bits(e->end, ipv6));
	if (e->kind == EXPECT_REST)
		return check_rest(row, &host, e);
	return check_number(e, e->kind == EXPECT_REGISTERS ? count_registers(&host, e) : read_number(&host, e));
}

static const char *check_row(const struct account_row *row, const struct account_play *play,
			     const struct gp_world *whole, const struct gp_totals *totals, bool ipv6)
{
	const char *wrong = NULL;

	for (const struct expectation *e = row->expect; !wrong && e->kind != EXPECT_END; e++) {
		if (e->kind >= EXPECT_TOTAL)
			wrong = check_common(play, totals, e, ipv6);
		else if (e->kind >= EXPECT_CELL)
			wrong = check_cell(whole, e, ipv6);
		else
			wrong = check_host(row, play, whole, e, ipv6);
	}
	return wrong;
}

const char *account_check(const struct account_row *row, const struct player *player, struct account_play *play)
{
	struct gp_world *whole;
	struct gp_totals totals;
	const char *wrong;

	gp_memory_flush(&play->engine->memory, play->engine->memory.now_ns);
	whole = whole_world(play);
	if (!whole)
		return say("no memory");
	play->keeps_records = false;
	account_drain(play);
	gp_world_totals(play->world, &totals);
	wrong = check_always(player, play, whole, &totals);
	if (!wrong && row)
		wrong = check_row(row, play, whole, &totals, player->variant.ipv6);
	gp_world_close(whole);
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
