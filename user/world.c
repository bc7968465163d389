// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gatepost/inside.h>
#include <gatepost/sketch.h>
#include <gatepost/table.h>

#define OUTSIDE_MAX 262144u
#define CELL_MAX 65536u
#define MEMBERS_MIN 256u /* the first allocation */
#define READ_TRIES 1000	 /* spills are microseconds apart at most, and rare */
#define READ_TRIES_AT_ONCE 900 /* from here on one waits: who spills may have lost its CPU */
#define READ_NAP_NS 50000
#define CELL_NOTHING 2u	 /* packets: a cell that has counted no more may give way */
#define CELL_SILENT_NS 60000000000ull
#define CELLS_LOOKED_AT 4u
#define BATCH 8u
#define WORD_BYTES (GP_WORD_PACKET - 1)

/* Open addressing, linear probing, at most half full. The hash saves most look-ups a walk to the member. */
struct entry {
	__u32 hash;
	__u32 member; /* + 1; 0 is free */
};

struct gp_world_index {
	struct entry *entries;
	__u32 size; /* a power of two, or 0 */
};

static __u32 add32(__u32 a, __u32 b)
{
	return a > ~0u - b ? ~0u : a + b;
}

/* Counters of 32 bits stay at their largest value rather than begin anew: 4 G of anything is as damning as more. */
static inline void add32_all(void *restrict to, const void *restrict from, size_t bytes)
{
	const __u32 *restrict b = from;
	__u32 *restrict a = to;

	for (size_t i = 0; i < bytes / sizeof(*a); i++) {
		__u32 sum = a[i] + b[i];

		a[i] = sum | -(__u32)(sum < b[i]);
	}
}

static void add_count(struct gp_count *to, const struct gp_count *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
}

static void add_services(struct gp_service_count *to, const struct gp_service_count *from)
{
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		add_count(&to[i].traffic, &from[i].traffic);
		to[i].flows = add32(to[i].flows, from[i].flows);
		to[i].attempts = add32(to[i].attempts, from[i].attempts);
		to[i].answered = add32(to[i].answered, from[i].answered);
		to[i].confirmed = add32(to[i].confirmed, from[i].confirmed);
	}
}

static void merge_hll(struct gp_hll *restrict to, const struct gp_hll *restrict from)
{
	for (unsigned int i = 0; i < GP_HLL_REGISTERS; i++) { /* without a branch: compilers take 16 at a time */
		__u8 a = to->registers[i], b = from->registers[i];

		to->registers[i] = a > b ? a : b;
	}
}

static void merge_seen(__u64 *first, __u64 *last, __u64 other_first, __u64 other_last)
{
	if (other_first < *first)
		*first = other_first;
	if (other_last > *last)
		*last = other_last;
}

static bool sample_is_empty(const struct gp_sample *sample)
{
	return !(sample->dst.halves[0] | sample->dst.halves[1] | sample->sport | sample->dport);
}

/* These wrap round: whoever reads them takes differences (docs/detection.md). */
static void add_scan(struct gp_scan_count *to, const struct gp_scan_count *from)
{
	for (unsigned int class = 0; class < GP_SCAN_CLASSES; class++)
		for (unsigned int ring = 0; ring < GP_SLICES; ring++) {
			to->attempts[class][ring] += from->attempts[class][ring];
			to->answers[class][ring] += from->answers[class][ring];
		}
}

static void merge_host(struct gp_host *to, const struct gp_host *from)
{
	merge_seen(&to->first_seen_ns, &to->last_seen_ns, from->first_seen_ns, from->last_seen_ns);
	add_count(&to->sent, &from->sent);
	add_count(&to->received, &from->received);
	add_services(to->services, from->services);
	to->syn = add32(to->syn, from->syn);
	to->syn_ack = add32(to->syn_ack, from->syn_ack);
	to->fin = add32(to->fin, from->fin);
	to->rst = add32(to->rst, from->rst);
	to->half_open = add32(to->half_open, from->half_open);
	to->backscatter = add32(to->backscatter, from->backscatter);
	to->proved_flows = add32(to->proved_flows, from->proved_flows);
	add32_all(to->smtp, from->smtp, sizeof(to->smtp));
	add32_all(&to->http, &from->http, sizeof(to->http));
	add32_all(&to->tls, &from->tls, sizeof(to->tls));
	add32_all(to->logins, from->logins, sizeof(to->logins));
	add_scan(&to->scan, &from->scan);
	for (unsigned int i = 0; i < GP_SAMPLES; i++)
		if (sample_is_empty(&to->samples[i]))
			to->samples[i] = from->samples[i];
	merge_hll(&to->contacts, &from->contacts);
	merge_hll(&to->ports, &from->ports);
	merge_hll(&to->mx, &from->mx);
}

static __u32 registers_in_use(const struct gp_hll *hll)
{
	__u32 used = 0;

	for (unsigned int i = 0; i < GP_HLL_REGISTERS; i++)
		used += hll->registers[i] != 0;
	return used;
}

static void merge_cell(struct gp_cell *to, const struct gp_cell *from)
{
	merge_seen(&to->first_seen_ns, &to->last_seen_ns, from->first_seen_ns, from->last_seen_ns);
	add_services(to->services, from->services);
	to->syn = add32(to->syn, from->syn);
	to->answered = add32(to->answered, from->answered);
	to->touched = add32(to->touched, from->touched);
	merge_hll(&to->endpoints, &from->endpoints);
	merge_hll(&to->sources, &from->sources);
	to->crowd = registers_in_use(&to->endpoints);
	to->senders = registers_in_use(&to->sources);
}

static bool same_addr(const struct gp_addr *a, const struct gp_addr *b)
{
	return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}

/* Keyed, so that nobody outside can choose addresses that meet in one place. */
static __u32 hash_of(const struct gp_world *world, const struct gp_addr *addr, __u8 bits)
{
	return (__u32)gp_mix(gp_hash_addr(world->memory->settings->secret[1], addr), bits);
}

static void index_put(struct gp_world_index *index, __u32 hash, __u32 member)
{
	__u32 at = hash & (index->size - 1);

	while (index->entries[at].member)
		at = (at + 1) & (index->size - 1);
	index->entries[at] = (struct entry){hash, member + 1};
}

/* Takes a member out. What was put behind it because of it moves up, or it would not be found any more. */
static void index_remove(struct gp_world_index *index, __u32 hash, __u32 member)
{
	__u32 mask = index->size - 1, hole = hash & mask, at;

	while (index->entries[hole].member != member + 1)
		hole = (hole + 1) & mask;
	for (at = (hole + 1) & mask; index->entries[at].member; at = (at + 1) & mask) {
		__u32 way = (at - index->entries[at].hash) & mask; /* it has come from its own place */

		if (way < ((at - hole) & mask))
			continue;
		index->entries[hole] = index->entries[at];
		hole = at;
	}
	index->entries[hole].member = 0;
}

/* Makes room for @members, at most half of the entries. */
static int index_reserve(struct gp_world_index *index, __u32 members)
{
	struct gp_world_index bigger = {.size = index->size ? index->size : 2 * MEMBERS_MIN};

	while (bigger.size / 2 < members)
		bigger.size *= 2;
	if (bigger.size == index->size)
		return 0;
	bigger.entries = calloc(bigger.size, sizeof(*bigger.entries));
	if (!bigger.entries)
		return -ENOMEM;
	for (__u32 i = 0; i < index->size; i++)
		if (index->entries[i].member)
			index_put(&bigger, index->entries[i].hash, index->entries[i].member - 1);
	free(index->entries);
	*index = bigger;
	return 0;
}

static struct gp_host *find_host(const struct gp_world *world, __u32 hash, const struct gp_addr *addr)
{
	const struct gp_world_index *index = world->by_addr;
	__u32 mask = index->size - 1;

	if (!index->size)
		return NULL;
	for (__u32 at = hash & mask; index->entries[at].member; at = (at + 1) & mask) {
		struct gp_host *host = &world->outside[index->entries[at].member - 1];

		if (index->entries[at].hash == hash && same_addr(&host->addr, addr))
			return host;
	}
	return NULL;
}

static struct gp_cell *find_cell(const struct gp_world *world, __u32 hash, const struct gp_addr *addr, __u8 bits)
{
	const struct gp_world_index *index = world->by_prefix;
	__u32 mask = index->size - 1;

	if (!index->size)
		return NULL;
	for (__u32 at = hash & mask; index->entries[at].member; at = (at + 1) & mask) {
		struct gp_cell *cell = &world->cells[index->entries[at].member - 1];

		if (index->entries[at].hash == hash && cell->bits == bits && same_addr(&cell->addr, addr))
			return cell;
	}
	return NULL;
}

/* Makes room for @members of @size bytes each, by doubling. */
static int members_reserve(void **all, __u32 *capacity, __u32 members, size_t size)
{
	__u32 wanted = *capacity ? *capacity : MEMBERS_MIN;
	void *moved;

	while (wanted < members)
		wanted *= 2;
	if (wanted == *capacity)
		return 0;
	moved = realloc(*all, wanted * size);
	if (!moved)
		return -ENOMEM;
	*all = moved;
	*capacity = wanted;
	return 0;
}

static int reserve_hosts(struct gp_world *world, __u64 members)
{
	__u32 wanted = members < world->outside_max ? (__u32)members : world->outside_max;
	void *all = world->outside;
	int err;

	err = members_reserve(&all, &world->outside_capacity, wanted, sizeof(*world->outside));
	world->outside = all;
	return err ? err : index_reserve(world->by_addr, wanted);
}

static int reserve_cells(struct gp_world *world, __u64 members)
{
	__u32 wanted = members < world->cell_max ? (__u32)members : world->cell_max;
	void *all = world->cells;
	int err;

	err = members_reserve(&all, &world->cell_capacity, wanted, sizeof(*world->cells));
	world->cells = all;
	return err ? err : index_reserve(world->by_prefix, wanted);
}

int gp_world_open(struct gp_world **out, struct gp_memory *memory)
{
	struct gp_world *world;

	world = calloc(1, sizeof(*world));
	if (!world)
		return -ENOMEM;
	world->memory = memory;
	world->outside_max = OUTSIDE_MAX;
	world->cell_max = CELL_MAX;
	world->by_addr = calloc(1, sizeof(*world->by_addr));
	world->by_prefix = calloc(1, sizeof(*world->by_prefix));
	if (!world->by_addr || !world->by_prefix) {
		gp_world_close(world);
		return -ENOMEM;
	}
	*out = world;
	return 0;
}

void gp_world_close(struct gp_world *world)
{
	if (!world)
		return;
	if (world->by_addr)
		free(world->by_addr->entries);
	if (world->by_prefix)
		free(world->by_prefix->entries);
	free(world->by_addr);
	free(world->by_prefix);
	free(world->outside);
	free(world->cells);
	free(world);
}

int gp_world_reserve(struct gp_world *world, __u32 hosts, __u32 cells)
{
	int err;

	err = reserve_hosts(world, (__u64)world->outside_count + hosts);
	/* A host beyond the bound becomes a cell. */
	return err ? err : reserve_cells(world, (__u64)world->cell_count + cells + hosts);
}

const struct gp_host *gp_world_host(const struct gp_world *world, __u32 id)
{
	__u32 end = gp_world_inside_end(world);
	const struct gp_host *host;

	if (id >= end)
		return id - end < world->outside_count ? &world->outside[id - end] : NULL;
	if (id >= gp_world_inside_count(world))
		return NULL;
	host = &world->memory->hosts[id];
	return __atomic_load_n(&host->ready, __ATOMIC_ACQUIRE) ? host : NULL;
}

/* The prefix whose cell counts an address that has no record: /24 and /48. Return: its bits. */
static __u8 prefix_of(const struct gp_addr *addr, struct gp_addr *prefix)
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
	__u8 bits = memcmp(addr->bytes, mapped, sizeof(mapped)) ? 48 : 96 + 24;

	*prefix = *addr;
	memset(prefix->bytes + bits / 8, 0, sizeof(*prefix) - bits / 8);
	return bits;
}

/* What is left of a host for which there is no room: its part of its prefix's cell. */
static void cell_of_host(const struct gp_world *world, const struct gp_host *host, struct gp_cell *cell)
{
	__u64 packets = host->sent.packets + host->received.packets;

	*cell = (struct gp_cell){
		.ready = 1,
		.first_seen_ns = host->first_seen_ns,
		.last_seen_ns = host->last_seen_ns,
		.syn = host->syn,
		.touched = packets < ~0u ? (__u32)packets : ~0u,
	};
	cell->bits = prefix_of(&host->addr, &cell->addr);
	memcpy(cell->services, host->services, sizeof(cell->services));
	for (unsigned int i = 0; i < GP_SERVICES; i++)
		cell->answered = add32(cell->answered, host->services[i].answered);
	gp_hll_add(&cell->sources, gp_hash_addr(world->memory->settings->secret[0], &host->addr));
}

static int fold_host(struct gp_world *world, const struct gp_host *host)
{
	struct gp_cell cell;
	int err;

	cell_of_host(world, host, &cell);
	err = gp_world_add_cell(world, &cell);
	if (!err)
		world->outside_folded++;
	return err;
}

static int add_host(struct gp_world *world, const struct gp_host *host, __u32 hash)
{
	struct gp_host *known = find_host(world, hash, &host->addr);
	int err;

	if (known) {
		merge_host(known, host);
		return 0;
	}
	if (world->outside_count >= world->outside_max)
		return fold_host(world, host);
	err = reserve_hosts(world, world->outside_count + 1ull);
	if (err)
		return err;
	index_put(world->by_addr, hash, world->outside_count);
	world->outside[world->outside_count++] = *host;
	return 0;
}

int gp_world_add_host(struct gp_world *world, const struct gp_host *host)
{
	return add_host(world, host, hash_of(world, &host->addr, 128));
}

/* Asks memory for the member with a hash, if its entry is the first that is looked at. */
static void expect_host(const struct gp_world *world, __u32 hash)
{
	const struct gp_world_index *index = world->by_addr;
	const struct entry *entry = &index->entries[hash & (index->size - 1)];

	if (entry->member && entry->hash == hash)
		for (size_t at = 0; at < sizeof(*world->outside); at += 64)
			__builtin_prefetch((const char *)&world->outside[entry->member - 1] + at, 1);
}

int gp_world_add_hosts(struct gp_world *world, const struct gp_host *hosts, __u32 count)
{
	const struct gp_world_index *index = world->by_addr;
	__u32 hashes[BATCH];
	int err = 0;

	for (__u32 n; count && !err; hosts += n, count -= n) {
		n = count < BATCH ? count : BATCH;
		for (__u32 i = 0; i < n; i++) {
			hashes[i] = hash_of(world, &hosts[i].addr, 128);
			if (index->size)
				__builtin_prefetch(&index->entries[hashes[i] & (index->size - 1)]);
		}
		for (__u32 i = 0; i < n && index->size; i++)
			expect_host(world, hashes[i]);
		for (__u32 i = 0; i < n && !err; i++)
			err = add_host(world, &hosts[i], hashes[i]);
	}
	return err;
}

static void add_beyond(struct gp_world *world, const struct gp_service_count *services)
{
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		struct gp_service_sum *sum = &world->cells_beyond[i];

		sum->packets += services[i].traffic.packets;
		sum->bytes += services[i].traffic.bytes;
		sum->flows += services[i].flows;
		sum->attempts += services[i].attempts;
		sum->answered += services[i].answered;
		sum->confirmed += services[i].confirmed;
	}
}

/*
 * A cell that gives way to @cell once all are taken: it has counted next to nothing, and either @cell has counted more
 * or nobody has come from there for a while. So a flood of forged sources fills the table for no longer than it lasts,
 * and a range that scans meanwhile finds a place. A few are looked at for each that comes. NULL: none gives way.
 */
static struct gp_cell *cell_to_give_way(struct gp_world *world, const struct gp_cell *cell)
{
	for (__u32 i = 0; i < CELLS_LOOKED_AT; i++) {
		struct gp_cell *old;

		world->cell_next = world->cell_next + 1 < world->cell_count ? world->cell_next + 1 : 0;
		old = &world->cells[world->cell_next];
		if (old->touched <= CELL_NOTHING &&
		    (cell->touched > CELL_NOTHING || cell->last_seen_ns >= old->last_seen_ns + CELL_SILENT_NS))
			return old;
	}
	return NULL;
}

/* No room for a cell more: another one becomes part of cells_beyond, or this one does. */
static void replace_cell(struct gp_world *world, const struct gp_cell *cell, __u32 hash)
{
	struct gp_cell *old = world->cell_count ? cell_to_give_way(world, cell) : NULL;
	__u32 member;

	if (!old) {
		add_beyond(world, cell->services);
		return;
	}
	member = (__u32)(old - world->cells);
	add_beyond(world, old->services);
	index_remove(world->by_prefix, hash_of(world, &old->addr, old->bits), member);
	index_put(world->by_prefix, hash, member);
	*old = *cell;
}

int gp_world_add_cell(struct gp_world *world, const struct gp_cell *cell)
{
	__u32 hash = hash_of(world, &cell->addr, cell->bits);
	struct gp_cell *known = find_cell(world, hash, &cell->addr, cell->bits);
	int err;

	if (known) {
		merge_cell(known, cell);
		return 0;
	}
	if (world->cell_count >= world->cell_max) {
		replace_cell(world, cell, hash);
		return 0;
	}
	err = reserve_cells(world, world->cell_count + 1ull);
	if (err)
		return err;
	index_put(world->by_prefix, hash, world->cell_count);
	world->cells[world->cell_count++] = *cell;
	return 0;
}

static void add_word(struct gp_count *count, const __u64 *word)
{
	__u64 counted = __atomic_load_n(word, __ATOMIC_RELAXED);

	count->packets += counted >> GP_WORD_SHIFT;
	count->bytes += counted & WORD_BYTES;
}

static void add_counting(struct gp_count *to, const struct gp_count *from)
{
	to->packets += __atomic_load_n(&from->packets, __ATOMIC_RELAXED);
	to->bytes += __atomic_load_n(&from->bytes, __ATOMIC_RELAXED);
}

/* The record of an inside slot; NULL while it has none that is valid. */
static const struct gp_host *record_of(const struct gp_memory *m, __u32 slot)
{
	__u64 record = __atomic_load_n(&m->host_of[slot], __ATOMIC_ACQUIRE);
	const struct gp_host *host;

	if (!record || record > m->settings->inside_hosts)
		return NULL;
	host = &m->hosts[record - 1];
	return __atomic_load_n(&host->ready, __ATOMIC_ACQUIRE) ? host : NULL;
}

/* One reading of all that a slot's traffic is made of. Received is what the services have more than was sent. */
static void read_slot(const struct gp_memory *m, __u32 slot, const struct gp_host *host, struct gp_traffic *out)
{
	__u64 slots = (__u64)m->settings->chunks * GP_CHUNK_SLOTS;
	const struct gp_mail *mail = &m->mail[slot];

	*out = (struct gp_traffic){0};
	/* What was sent first: the data plane adds it last, and what was received is the difference. */
	for (__u32 slice = 0; slice < m->settings->slices; slice++)
		add_word(&out->sent, &m->hot[slice * slots + slot].sent);
	add_word(&out->sent, &mail->sent);
	if (host)
		add_counting(&out->sent, &host->sent);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (__u32 slice = 0; slice < m->settings->slices; slice++)
		for (unsigned int i = 0; i < GP_HOT_SERVICES; i++)
			add_word(&out->services[i], &m->hot[slice * slots + slot].traffic[i]);
	for (unsigned int i = 0; i < GP_MAIL_SERVICES; i++)
		add_word(&out->services[GP_SERVICE_SMTP + i], &mail->traffic[i]);
	for (unsigned int i = 0; host && i < GP_SERVICES; i++)
		add_counting(&out->services[i], &host->services[i].traffic);
	for (unsigned int i = 0; i < GP_SERVICES; i++)
		add_count(&out->received, &out->services[i]);
	out->received.packets -= out->sent.packets;
	out->received.bytes -= out->sent.bytes;
}

/*
 * The data plane says that a spill begins before it takes the word, and that it is done after it has added it to the
 * record. If as many had begun after the reading as were done before it, no word was under way in between.
 */
void gp_world_slot_traffic(const struct gp_world *world, __u32 slot, struct gp_traffic *out)
{
	const struct timespec nap = {.tv_nsec = READ_NAP_NS};
	const struct gp_memory *m = world->memory;
	__u32 done, begun;

	if (slot >= (__u64)m->settings->chunks * GP_CHUNK_SLOTS) {
		*out = (struct gp_traffic){0};
		return;
	}
	for (int i = 0; i < READ_TRIES; i++) {
		const struct gp_host *host = record_of(m, slot);

		if (i >= READ_TRIES_AT_ONCE)
			nanosleep(&nap, NULL);
		done = host ? __atomic_load_n(&host->spills_done, __ATOMIC_ACQUIRE) : 0;
		read_slot(m, slot, host, out);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		begun = host ? __atomic_load_n(&host->spills_begun, __ATOMIC_RELAXED) : 0;
		if (begun == done && record_of(m, slot) == host)
			return;
	}
}

static void add_totals(struct gp_totals *to, const struct gp_totals *from)
{
	const size_t rest = offsetof(struct gp_totals, observations_lost);
	const __u64 *counters = (const __u64 *)((const char *)from + rest);
	__u64 *sums = (__u64 *)((char *)to + rest);

	_Static_assert((sizeof(struct gp_totals) - offsetof(struct gp_totals, observations_lost)) % 8 == 0,
		       "64-bit counters to the end");
	add_counting(&to->received, &from->received);
	for (unsigned int i = 0; i < GP_PARSE_STATUSES; i++)
		add_counting(&to->unparsed[i], &from->unparsed[i]);
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		const struct gp_service_count *overflow = &from->overflow[i];
		struct gp_service_count *sum = &to->overflow[i];

		add_counting(&sum->traffic, &overflow->traffic);
		sum->flows = add32(sum->flows, __atomic_load_n(&overflow->flows, __ATOMIC_RELAXED));
		sum->attempts = add32(sum->attempts, __atomic_load_n(&overflow->attempts, __ATOMIC_RELAXED));
		sum->answered = add32(sum->answered, __atomic_load_n(&overflow->answered, __ATOMIC_RELAXED));
		sum->confirmed = add32(sum->confirmed, __atomic_load_n(&overflow->confirmed, __ATOMIC_RELAXED));
	}
	for (size_t i = 0; i < (sizeof(*from) - rest) / sizeof(*sums); i++)
		sums[i] += __atomic_load_n(&counters[i], __ATOMIC_RELAXED);
}

void gp_world_totals(const struct gp_world *world, struct gp_totals *out)
{
	*out = (struct gp_totals){0};
	for (__u32 i = 0; i < world->memory->cpu_count; i++)
		add_totals(out, &world->memory->cpus[i].totals);
}

void gp_world_in_flight(const struct gp_world *world, struct gp_count *out)
{
	*out = (struct gp_count){0};
	for (__u32 cpu = 0; cpu < world->memory->cpu_count; cpu++) {
		for (__u32 i = 0; i < GP_DUE; i++) {
			__u64 due = __atomic_load_n(&world->memory->cpus[cpu].due[i], __ATOMIC_RELAXED);

			out->packets += due / GP_DUE_PACKET & GP_DUE_PACKETS;
			out->bytes += due & GP_DUE_BYTES;
		}
	}
}

void gp_world_flow_record(struct gp_world *world, const struct gp_flow_record *record)
{
	if (record->end < GP_FLOW_ENDS)
		world->flow_records[record->end]++;
}

void gp_chunk_address(const struct gp_chunk *chunk, __u32 index, struct gp_addr *addr)
{
	unsigned int shift = 128u - chunk->bits;
	__u32 carry = index << shift % 8;

	*addr = chunk->first;
	for (unsigned int at = 15 - shift / 8; carry && at < 16; at--) { /* wraps round below 0 */
		carry += addr->bytes[at];
		addr->bytes[at] = (__u8)carry;
		carry >>= 8;
	}
}

bool gp_world_slot_address(const struct gp_world *world, __u32 slot, struct gp_addr *addr, __u8 *bits)
{
	__u32 number = slot / GP_CHUNK_SLOTS;
	const struct gp_chunk *chunk;
	int range;

	if (number >= world->memory->settings->chunks)
		return false;
	chunk = &world->memory->chunks[number];
	if (!__atomic_load_n(&chunk->ready, __ATOMIC_ACQUIRE))
		return false;
	gp_chunk_address(chunk, slot % GP_CHUNK_SLOTS, addr);
	*bits = chunk->bits;
	/* An IPv4 subscriber with several addresses has the slot of one of them. */
	range = gp_addr_is4(addr) ? gp_range_find(world->memory, addr) : GP_NO_SLOT;
	if (range >= 0) {
		*bits = world->memory->ranges[range].subscriber_bits;
		gp_addr_mask(addr, *bits);
	}
	return true;
}

/* Everything behind the first bits as @ones says. */
static struct gp_addr fill_behind(const struct gp_addr *addr, unsigned bits, bool ones)
{
	struct gp_addr out = *addr;

	for (unsigned i = 0; i < sizeof(out.bytes); i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
		__u8 behind = keep < 8 ? (__u8)(0xffu >> keep) : 0;

		out.bytes[i] = (__u8)(ones ? out.bytes[i] | behind : out.bytes[i] & ~behind);
	}
	return out;
}

/* How long the prefix of a subscriber is at an address; 128 where nothing is configured. */
static unsigned subscriber_bits(const struct gp_memory *m, const struct gp_addr *addr)
{
	for (__u32 low = 0, high = m->settings->ranges; low < high;) {
		__u32 middle = low + (high - low) / 2;
		const struct gp_range *range = &m->ranges[middle];

		if (memcmp(addr, &range->first, sizeof(*addr)) < 0)
			high = middle;
		else if (memcmp(addr, &range->last, sizeof(*addr)) > 0)
			low = middle + 1;
		else
			return range->subscriber_bits;
	}
	return 128;
}

/* The record at the slot of exactly this address, by the chunk that has it. */
static bool find_at_slot(const struct gp_world *world, const struct gp_addr *addr, __u32 *id)
{
	const struct gp_memory *m = world->memory;

	for (__u32 i = 0; i < m->settings->chunks; i++) {
		const struct gp_chunk *chunk = &m->chunks[i];
		struct gp_addr first;
		__u64 record;
		__u32 index = 0;

		if (!__atomic_load_n(&chunk->ready, __ATOMIC_ACQUIRE) || chunk->bits < 8)
			continue;
		first = fill_behind(addr, chunk->bits - 8u, false);
		if (memcmp(&first, &chunk->first, sizeof(first)))
			continue;
		for (unsigned bit = chunk->bits - 8u; bit < chunk->bits; bit++)
			index = index << 1 | (addr->bytes[bit / 8] >> (7 - bit % 8) & 1);
		record = __atomic_load_n(&m->host_of[i * GP_CHUNK_SLOTS + index], __ATOMIC_RELAXED);
		if (!record || record > gp_world_inside_end(world) || !gp_world_host(world, (__u32)(record - 1)))
			continue;
		*id = (__u32)(record - 1);
		return true;
	}
	return false;
}

/* An IPv4 subscriber with several addresses has the slot of the first one, or of the last one (docs/design.md, "Memory"). */
bool gp_world_find(const struct gp_world *world, const struct gp_addr *addr, __u32 *id)
{
	unsigned bits = subscriber_bits(world->memory, addr);
	struct gp_addr first = fill_behind(addr, bits, false), last = fill_behind(addr, bits, true);
	const struct gp_host *host;

	if (find_at_slot(world, addr, id) || find_at_slot(world, &first, id) || find_at_slot(world, &last, id))
		return true;
	host = find_host(world, hash_of(world, addr, 128), addr);
	if (host)
		*id = gp_world_inside_end(world) + (__u32)(host - world->outside);
	return host;
}
