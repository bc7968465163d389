// SPDX-License-Identifier: GPL-2.0-or-later
#include "epoch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grace.h"
#include "journal.h"
#include "log.h"

#define AHEAD 3			  /* records that memory is asked for before they are read */
#define BITMAP_WORDS(bits) (((bits) + 63) / 64)
#define KEEP_WORDS (1u << 21)	  /* 16 MB are kept for the next record; more, if this one needed an eighth of it */

struct gp_epoch {
	struct gp_world *world;	    /* borrowed */
	struct gp_journal *journal; /* NULL: nothing is committed */
	struct gp_record record;    /* of the epoch under way */
	__u64 *claimed;		    /* a bit per outside record of a bank */
	__u32 *order;		    /* room for all of a bank's outside records */
	bool live;
	bool was_idle;	  /* the last epoch held nothing, and so do both banks unless packets have come since */
	__u64 idle_after; /* packets that had been received then */
};

__attribute__((weak)) void gp_epoch_step(enum gp_epoch_step step)
{
	(void)step;
}

static struct gp_control *control_of(const struct gp_epoch *epoch)
{
	return epoch->world->memory->control;
}

static __u64 slots_of(const struct gp_memory *m)
{
	return (__u64)m->settings->chunks * GP_CHUNK_SLOTS;
}

/* A store that a killed agent's successor sees in this order. */
static void store64(__u64 *to, __u64 value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

/* Was the idle bank filled in the epoch after the committed one? Then it waits to be drained. */
static bool is_pending(const struct gp_control *control)
{
	return control->bank_epoch[!control->bank] == control->epoch + 1;
}

static __u32 claimed_hosts(const struct gp_memory *m, __u32 bank)
{
	__u32 count = __atomic_load_n(&m->claims->outside[bank], __ATOMIC_RELAXED);

	return count < m->settings->outside_hosts ? count : m->settings->outside_hosts;
}

/*
 * The records that were claimed in a bank, to epoch->order, as they lie in memory: read and cleared like that they cost a
 * fifth of what they cost in the order of their claims. What a damaged list holds beyond the bank is left out.
 * Return: how many.
 */
static __u32 order_claimed(struct gp_epoch *epoch, __u32 bank)
{
	const struct gp_memory *m = epoch->world->memory;
	__u32 hosts = m->settings->outside_hosts, count = claimed_hosts(m, bank), ordered = 0;
	__u32 first = m->settings->inside_hosts + bank * hosts;
	const __u32 *claims = m->outside_claims + bank * hosts;

	memset(epoch->claimed, 0, BITMAP_WORDS(hosts) * sizeof(*epoch->claimed));
	for (__u32 i = 0; i < count; i++)
		if (claims[i] >= first && claims[i] - first < hosts)
			epoch->claimed[(claims[i] - first) / 64] |= 1ull << (claims[i] - first) % 64;
	for (__u32 word = 0; word < BITMAP_WORDS(hosts); word++)
		for (__u64 left = epoch->claimed[word]; left; left &= left - 1)
			epoch->order[ordered++] = first + word * 64 + (__u32)__builtin_ctzll(left);
	return ordered;
}

/* Records may lie far apart: memory is asked for one a little before it is read. */
static void expect(const struct gp_host *host)
{
	for (size_t at = 0; at < sizeof(*host); at += 64)
		__builtin_prefetch((const char *)host + at);
}

static void clear_bank(struct gp_epoch *epoch, __u32 bank)
{
	const struct gp_memory *m = epoch->world->memory;
	struct gp_cell *cells = m->cells + (size_t)bank * m->settings->cells;
	__u32 count = order_claimed(epoch, bank);

	for (__u32 i = 0; i < count; i++)
		memset(&m->hosts[epoch->order[i]], 0, sizeof(*m->hosts));
	for (__u32 i = 0; i < m->settings->cells; i++)
		if (cells[i].tag)
			memset(&cells[i], 0, sizeof(cells[i]));
	gp_epoch_step(GP_EPOCH_CLEARING);
	__atomic_store_n(&m->claims->outside[bank], 0, __ATOMIC_RELEASE);
	gp_epoch_step(GP_EPOCH_CLEARED);
}

/* The committed bank is emptied and filled from now on. */
static void flip(struct gp_epoch *epoch)
{
	struct gp_control *control = control_of(epoch);
	__u32 idle = !control->bank;

	clear_bank(epoch, idle);
	store64(&control->bank_epoch[idle], control->epoch + 2);
	gp_epoch_step(GP_EPOCH_MARKED);
	__atomic_store_n(&control->bank, idle, __ATOMIC_RELEASE);
}

void gp_epoch_wait(const struct gp_epoch *epoch)
{
	if (epoch->live)
		gp_grace_wait();
}

/* Until no program works in the bank that was filled before. */
static void wait_for_programs(const struct gp_epoch *epoch)
{
	gp_epoch_wait(epoch);
	gp_epoch_step(GP_EPOCH_FLIPPED);
}

static __u32 chunks_in_use(const struct gp_memory *m)
{
	__u32 chunks = __atomic_load_n(&m->claims->chunks, __ATOMIC_ACQUIRE);

	return chunks < m->settings->chunks ? chunks : m->settings->chunks;
}

static void put_chunk(struct gp_epoch *epoch, __u32 number, const struct gp_shadow *before, struct gp_shadow *now)
{
	const struct gp_chunk *chunk = &epoch->world->memory->chunks[number];
	struct gp_traffic traffic;
	bool told = false;

	for (__u32 i = 0; i < GP_CHUNK_SLOTS; i++) {
		struct gp_count sent, received;

		gp_world_slot_traffic(epoch->world, number * GP_CHUNK_SLOTS + i, &traffic);
		sent.packets = traffic.sent.packets - before[i].sent.packets;
		sent.bytes = traffic.sent.bytes - before[i].sent.bytes;
		received.packets = traffic.received.packets - before[i].received.packets;
		received.bytes = traffic.received.bytes - before[i].received.bytes;
		now[i].sent = traffic.sent;
		now[i].received = traffic.received;
		if (!(sent.packets | sent.bytes | received.packets | received.bytes))
			continue;
		if (!told)
			gp_record_chunk(&epoch->record, number, chunk);
		told = true;
		gp_record_slot(&epoch->record, number * GP_CHUNK_SLOTS + i, &sent, &received);
	}
}

/* What inside slots have counted since the last epoch; what they have now goes to the shadow of the next one. */
static void put_inside(struct gp_epoch *epoch)
{
	const struct gp_memory *m = epoch->world->memory;
	__u64 number = m->control->epoch, slots = slots_of(m);
	const struct gp_shadow *before = m->shadow + (number & 1) * slots;
	struct gp_shadow *now = m->shadow + ((number + 1) & 1) * slots;
	__u32 chunks = chunks_in_use(m);

	for (__u32 i = 0; i < chunks; i++)
		if (__atomic_load_n(&m->chunks[i].ready, __ATOMIC_ACQUIRE))
			put_chunk(epoch, i, before + i * GP_CHUNK_SLOTS, now + i * GP_CHUNK_SLOTS);
}

/* A record without an address cannot be: programs are done. If one is there all the same, its packets are kept. */
static void put_nobody(struct gp_world_sums *nobody, const struct gp_service_count *services)
{
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		nobody->beyond[i].packets += services[i].traffic.packets;
		nobody->beyond[i].bytes += services[i].traffic.bytes;
		nobody->beyond[i].flows += services[i].flows;
		nobody->beyond[i].attempts += services[i].attempts;
		nobody->beyond[i].answered += services[i].answered;
		nobody->beyond[i].confirmed += services[i].confirmed;
	}
}

static void put_bank(struct gp_epoch *epoch, __u32 bank)
{
	const struct gp_memory *m = epoch->world->memory;
	const struct gp_cell *cells = m->cells + (size_t)bank * m->settings->cells;
	__u32 count = order_claimed(epoch, bank);
	struct gp_world_sums nobody = {0};

	for (__u32 i = 0; i < count; i++) {
		const struct gp_host *host = &m->hosts[epoch->order[i]];

		if (i + AHEAD < count)
			expect(&m->hosts[epoch->order[i + AHEAD]]);
		if (host->ready)
			gp_record_host(&epoch->record, host);
		else
			put_nobody(&nobody, host->services);
	}
	for (__u32 i = 0; i < m->settings->cells; i++) {
		if (cells[i].tag && cells[i].ready)
			gp_record_cell(&epoch->record, &cells[i]);
		else if (cells[i].tag)
			put_nobody(&nobody, cells[i].services);
	}
	gp_record_sums(&epoch->record, &nobody);
	gp_record_flow_records(&epoch->record, epoch->world->flow_records);
}

static int add_hosts(void *world, const struct gp_host *hosts, __u32 count)
{
	return gp_world_add_hosts(world, hosts, count);
}

static int add_cell(void *world, const struct gp_cell *cell)
{
	return gp_world_add_cell(world, cell);
}

static int add_sums(void *arg, const struct gp_world_sums *sums)
{
	struct gp_world *world = arg;

	world->outside_folded += sums->outside_folded;
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		struct gp_service_sum *to = &world->cells_beyond[i];

		to->packets += sums->beyond[i].packets;
		to->bytes += sums->beyond[i].bytes;
		to->flows += sums->beyond[i].flows;
		to->attempts += sums->beyond[i].attempts;
		to->answered += sums->beyond[i].answered;
		to->confirmed += sums->beyond[i].confirmed;
	}
	return 0;
}

static int set_flow_records(void *arg, const __u64 flow_records[GP_FLOW_ENDS])
{
	struct gp_world *world = arg;

	memcpy(world->flow_records, flow_records, sizeof(world->flow_records));
	return 0;
}

/* What a record holds, on its way into the world: the same for a turn and for a restart. */
static struct gp_record_reader into_world(const struct gp_epoch *epoch)
{
	return (struct gp_record_reader){
		.arg = epoch->world,
		.hosts = add_hosts,
		.cell = add_cell,
		.sums = add_sums,
		.flow_records = set_flow_records,
	};
}

/* All that is committed, as one record; what inside slots counted is in the shadow. */
static void make_snapshot(struct gp_epoch *epoch, __u64 now_ns)
{
	const struct gp_world *world = epoch->world;
	const struct gp_memory *m = world->memory;
	const struct gp_shadow *shadow = m->shadow + (m->control->epoch & 1) * slots_of(m);
	struct gp_world_sums sums = {.outside_folded = world->outside_folded};
	__u32 told = ~0u, slots = chunks_in_use(m) * GP_CHUNK_SLOTS;

	gp_record_begin(&epoch->record, GP_RECORD_SNAPSHOT, m->control->epoch, now_ns);
	for (__u32 i = 0; i < slots; i++) {
		const struct gp_shadow *slot = &shadow[i];

		if (!(slot->sent.packets | slot->sent.bytes | slot->received.packets | slot->received.bytes))
			continue;
		if (told != i / GP_CHUNK_SLOTS)
			gp_record_chunk(&epoch->record, i / GP_CHUNK_SLOTS, &m->chunks[i / GP_CHUNK_SLOTS]);
		told = i / GP_CHUNK_SLOTS;
		gp_record_slot(&epoch->record, i, &slot->sent, &slot->received);
	}
	for (__u32 i = 0; i < world->outside_count; i++)
		gp_record_host(&epoch->record, &world->outside[i]);
	for (__u32 i = 0; i < world->cell_count; i++)
		gp_record_cell(&epoch->record, &world->cells[i]);
	memcpy(sums.beyond, world->cells_beyond, sizeof(sums.beyond));
	gp_record_sums(&epoch->record, &sums);
	gp_record_flow_records(&epoch->record, world->flow_records);
}

static int write_snapshot(struct gp_epoch *epoch, __u64 now_ns)
{
	int err;

	make_snapshot(epoch, now_ns);
	err = gp_record_end(&epoch->record);
	if (err) {
		gp_error("epoch: no memory for a snapshot of %u hosts", epoch->world->outside_count);
		return err;
	}
	err = gp_journal_restart(epoch->journal, &epoch->record);
	if (!err)
		gp_epoch_step(GP_EPOCH_SNAPSHOT);
	return err;
}

/* Commits the bank that is idle: all that fails comes before the first store that anybody else sees. */
static int commit(struct gp_epoch *epoch, __u64 now_ns)
{
	struct gp_control *control = control_of(epoch);
	struct gp_record *record = &epoch->record;
	struct gp_record_reader reader = into_world(epoch);
	int err;

	gp_record_begin(record, GP_RECORD_EPOCH, control->epoch + 1, now_ns);
	if (epoch->journal)
		put_inside(epoch);
	put_bank(epoch, !control->bank);
	err = gp_record_end(record);
	if (!err)
		err = gp_world_reserve(epoch->world, record->hosts, record->cells);
	if (err) {
		gp_error("epoch: no memory for what was counted: it stays in the bank, and the next epoch tries again");
		return err;
	}
	gp_epoch_step(GP_EPOCH_COLLECTED);
	err = epoch->journal ? gp_journal_append(epoch->journal, record) : 0;
	if (err)
		return err;
	gp_epoch_step(GP_EPOCH_WRITTEN);
	store64(&control->epoch, control->epoch + 1);
	gp_epoch_step(GP_EPOCH_COMMITTED);
	err = gp_record_read(record->words, record->count, &reader);
	gp_epoch_step(GP_EPOCH_ADDED);
	return err;
}

static __u64 packets_received(const struct gp_memory *m)
{
	__u64 packets = 0;

	for (__u32 i = 0; i < m->cpu_count; i++)
		packets += m->cpus[i].totals.received.packets;
	return packets;
}

/*
 * A capture may be silent for days, 21,600 epochs each. Once both banks are empty and nothing comes, an epoch more
 * changes nothing.
 */
static bool is_idle(const struct gp_epoch *epoch)
{
	return !epoch->journal && !epoch->live && epoch->was_idle &&
	       packets_received(epoch->world->memory) == epoch->idle_after;
}

int gp_epoch_turn(struct gp_epoch *epoch, __u64 now_ns)
{
	struct gp_control *control = control_of(epoch);
	__u64 packets = packets_received(epoch->world->memory);
	bool was_pending = is_pending(control);
	int err = 0;

	if (is_idle(epoch))
		return 0;
	if (was_pending) { /* the last turn failed, or its agent was killed */
		wait_for_programs(epoch);
		err = commit(epoch, now_ns);
	}
	if (!err) {
		flip(epoch);
		wait_for_programs(epoch);
		err = commit(epoch, now_ns);
	}
	epoch->was_idle = !err && !was_pending && !epoch->record.hosts && !epoch->record.cells;
	epoch->idle_after = packets;
	if (!err && epoch->journal && gp_journal_is_large(epoch->journal))
		write_snapshot(epoch, now_ns); /* without it the journal is longer than need be, no more */
	if (epoch->record.capacity > KEEP_WORDS && epoch->record.count < epoch->record.capacity / 8)
		gp_record_free(&epoch->record);
	return err;
}

/* Can the control words be where a turn, finished or not, leaves them? Fresh ones are set. */
static int check_control(struct gp_control *control)
{
	__s64 active, idle;

	if (!control->bank_epoch[0] && !control->bank_epoch[1])
		store64(&control->bank_epoch[control->bank & 1], control->epoch + 1);
	if (control->bank < GP_BANKS) {
		active = (__s64)(control->bank_epoch[control->bank] - control->epoch);
		idle = (__s64)(control->bank_epoch[!control->bank] - control->epoch);
		if ((active == 1 && (idle <= 0 || idle == 2)) || (active == 2 && idle == 1))
			return 0;
	}
	gp_error("epoch: the maps are damaged (bank %u of epoch %llu): gatepost detach removes them", control->bank,
		 (unsigned long long)control->epoch);
	return -EINVAL;
}

/* Goes on with a journal that fits: it ends with the committed epoch, or with the one that was to be committed next. */
static int go_on(struct gp_epoch *epoch, __u64 last)
{
	struct gp_record_reader reader = into_world(epoch);
	int err;

	err = gp_journal_replay(epoch->journal, &reader);
	if (!err)
		err = gp_journal_accept(epoch->journal);
	if (err)
		return err;
	store64(&control_of(epoch)->epoch, last);
	gp_epoch_step(GP_EPOCH_COMMITTED);
	return 0;
}

static int open_journal(struct gp_epoch *epoch, const char *path)
{
	const struct gp_control *control = control_of(epoch);
	struct gp_journal_key key = gp_journal_key_of(epoch->world->memory->settings);
	__u64 last;
	int err;

	err = gp_journal_open(&epoch->journal, path, &key);
	if (err)
		return err;
	if (gp_journal_holds(epoch->journal, &last)) {
		if (last == control->epoch || (last == control->epoch + 1 && is_pending(control)))
			return go_on(epoch, last);
		err = gp_journal_set_aside(epoch->journal, "it ends with another epoch than the maps");
		if (err)
			return err;
	}
	if (control->epoch)
		gp_notice("epoch: no journal of what outside hosts counted before epoch %llu: it is missing from the "
			  "reports of this run",
			  (unsigned long long)control->epoch);
	return write_snapshot(epoch, 0);
}

static struct gp_epoch *make_epoch(struct gp_world *world)
{
	__u32 hosts = world->memory->settings->outside_hosts;
	struct gp_epoch *epoch;

	epoch = calloc(1, sizeof(*epoch));
	if (!epoch)
		return NULL;
	epoch->world = world;
	epoch->claimed = calloc(BITMAP_WORDS(hosts) + 1, sizeof(*epoch->claimed));
	epoch->order = calloc(hosts + 1ul, sizeof(*epoch->order));
	if (epoch->claimed && epoch->order)
		return epoch;
	gp_epoch_close(epoch, true);
	return NULL;
}

int gp_epoch_open(struct gp_epoch **out, struct gp_world *world, const struct gp_epoch_options *options)
{
	struct gp_epoch *epoch;
	int err;

	epoch = make_epoch(world);
	if (!epoch) {
		gp_error("epoch: no memory");
		return -ENOMEM;
	}
	epoch->live = options->live;
	err = check_control(world->memory->control);
	if (!err && options->journal)
		err = open_journal(epoch, options->journal);
	if (!err && is_pending(world->memory->control)) {
		wait_for_programs(epoch);
		err = commit(epoch, 0);
	}
	if (err) {
		gp_epoch_close(epoch, true);
		return err;
	}
	*out = epoch;
	return 0;
}

void gp_epoch_close(struct gp_epoch *epoch, bool keep)
{
	if (!epoch)
		return;
	gp_journal_close(epoch->journal, keep);
	gp_record_free(&epoch->record);
	free(epoch->claimed);
	free(epoch->order);
	free(epoch);
}
