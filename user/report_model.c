/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/table.h>

#include "classes.h"
#include "log.h"
#include "report_networks.h"
#include "report_watched.h"
#include "text.h"

const enum gp_service gp_service_order[GP_SERVICES] = {
	GP_SERVICE_SMTP, GP_SERVICE_SUBMISSION, GP_SERVICE_HTTP,  GP_SERVICE_TLS,
	GP_SERVICE_QUIC, GP_SERVICE_MAILBOX,	GP_SERVICE_OTHER,
};

static const struct gp_host no_record;

static int compare_listed(const void *left, const void *right)
{
	const struct gp_listed *a = left, *b = right;
	int order = gp_prefix_compare(&a->addr, a->bits, &b->addr, b->bits);

	if (!order)
		order = (a->id > b->id) - (a->id < b->id);
	if (!order && a->finding && b->finding)
		order = (a->finding->kind > b->finding->kind) - (a->finding->kind < b->finding->kind);
	return order;
}

/* The address with everything behind its first bits cleared. */
static struct gp_addr masked(const struct gp_addr *addr, unsigned bits)
{
	struct gp_addr out = *addr;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			out.bytes[i] &= (__u8)(0xff00u >> keep);
	}
	return out;
}

/* As what an address is configured. */
static enum gp_role configured_role(struct gp_memory *m, const struct gp_addr *addr)
{
	int range = gp_range_find(m, addr);

	return range < 0 ? GP_ROLE_SUBSCRIBER : (enum gp_role)m->ranges[range].role;
}

static int add_listed(struct gp_model *model, const struct gp_listed *owner)
{
	if (model->listed_count == model->listed_capacity) {
		size_t capacity = model->listed_capacity ? 2 * model->listed_capacity : 256;
		struct gp_listed *list = realloc(model->listed, capacity * sizeof(*list));

		if (!list)
			return -ENOMEM;
		model->listed = list;
		model->listed_capacity = capacity;
	}
	model->listed[model->listed_count] = *owner;
	if (owner->id == GP_NO_HOST)
		model->listed[model->listed_count].role =
			(__u8)configured_role(model->report->world->memory, &owner->addr);
	model->listed_count++;
	return 0;
}

/*
 * Traffic and flows of one owner, by service: the traffic stands apart from the record when it is an inside host's.
 * One copy serves every sum: the original may go on counting.
 */
static void join(struct gp_service_sum sums[GP_SERVICES], const struct gp_count traffic[GP_SERVICES],
		 const struct gp_service_count services[GP_SERVICES])
{
	struct gp_service_count copy[GP_SERVICES];

	memcpy(copy, services, sizeof(copy));
	__asm__ volatile("" ::: "memory");
	for (int s = 0; s < GP_SERVICES; s++) {
		if (traffic)
			copy[s].traffic = traffic[s];
		sums[s] = gp_service_sum(&copy[s]);
	}
}

/* Adds sums to a line and to the totals. Return: has anything been sent, received or tried? */
static bool add_services(struct gp_model *model, struct gp_prefix_row *row, const struct gp_service_sum *services)
{
	struct gp_count traffic = { 0 };
	__u64 attempts = 0;

	for (int s = 0; s < GP_SERVICES; s++) {
		traffic.packets += services[s].packets;
		traffic.bytes += services[s].bytes;
		attempts += services[s].attempts;
		gp_service_add(&row->services[s], &services[s]);
		gp_service_add(&model->services[s], &services[s]);
	}
	gp_sum_count(&row->traffic, &traffic);
	gp_sum_count(&model->coverage.accounted, &traffic);
	return traffic.packets || attempts;
}

static bool is_nothing(const struct gp_service_sum *services)
{
	static const struct gp_service_sum none[GP_SERVICES];

	return memcmp(services, none, sizeof(none)) == 0;
}

/*
 * Adds one owner to its prefix: a host, or (@host is false) what is no host by itself: a cell, or what has come since
 * the last epoch for a host that may be in the world already.
 */
static int sum_owner(struct gp_model *model, const struct gp_listed *owner, const struct gp_service_sum *services,
		     bool host)
{
	const struct gp_report *report = model->report;
	unsigned bits = gp_text_is_ipv4(&owner->addr, owner->bits) ? 96 + report->prefix_bits4 : report->prefix_bits6;
	struct gp_prefix_row *row;
	struct gp_addr group;

	if (is_nothing(services))
		return 0;
	if (bits > owner->bits)
		bits = owner->bits;
	group = masked(&owner->addr, bits);
	row = gp_rows_get(&model->rows, &group, (__u8)bits, owner->role != GP_ROLE_OUTSIDE);
	if (!row)
		return -ENOMEM;
	if (!add_services(model, row, services) || !host)
		return 0;
	row->hosts++;
	model->hosts++;
	gp_model_networks_active(model, owner);
	return report->all ? add_listed(model, owner) : 0;
}

/* Inside slots of a chunk that have counted anything. Array by array: the lines of a chunk lie side by side in each. */
static void find_used(const struct gp_memory *m, __u32 chunk, bool used[GP_CHUNK_SLOTS])
{
	size_t slots = (size_t)m->settings->chunks * GP_CHUNK_SLOTS, first = (size_t)chunk * GP_CHUNK_SLOTS;

	for (unsigned i = 0; i < GP_CHUNK_SLOTS; i++) {
		const __u64 *mail = m->mail[first + i].traffic;

		used[i] = m->host_of[first + i] || (mail[0] | mail[1] | mail[2]);
	}
	for (__u32 slice = 0; slice < m->settings->slices; slice++) {
		const struct gp_hot *hot = &m->hot[slice * slots + first];

		for (unsigned i = 0; i < GP_CHUNK_SLOTS; i++) {
			const __u64 *words = hot[i].traffic;

			used[i] |= (words[0] | words[1] | words[2] | words[3]) != 0;
		}
	}
}
_Static_assert(GP_HOT_SERVICES == 4 && GP_MAIL_SERVICES == 3, "find_used() looks at every word");

/* The record of an inside slot. Live, one that was handed out a moment ago is not ready yet: its turn comes. */
static __u32 record_of(const struct gp_world *world, __u32 slot)
{
	__u64 word = __atomic_load_n(&world->memory->host_of[slot], __ATOMIC_RELAXED);

	if (!word || word > gp_world_inside_end(world) || !gp_world_host(world, (__u32)(word - 1)))
		return GP_NO_HOST;
	return (__u32)(word - 1);
}

static int sum_slot(struct gp_model *model, __u32 slot)
{
	const struct gp_world *world = model->report->world;
	struct gp_listed owner = { .id = record_of(world, slot), .slot = slot, .role = GP_ROLE_SUBSCRIBER };
	const struct gp_host *host = gp_listed_host(model, &owner);
	struct gp_service_sum services[GP_SERVICES];
	struct gp_traffic traffic;

	if (!gp_world_slot_address(world, slot, &owner.addr, &owner.bits))
		return 0;
	if (owner.id != GP_NO_HOST)
		owner.role = host->role;
	gp_world_slot_traffic(world, slot, &traffic);
	join(services, traffic.services, host->services);
	return sum_owner(model, &owner, services, true);
}

static int sum_inside(struct gp_model *model)
{
	const struct gp_memory *m = model->report->world->memory;
	__u32 chunks = __atomic_load_n(&m->claims->chunks, __ATOMIC_RELAXED);
	bool used[GP_CHUNK_SLOTS];
	int err = 0;

	if (chunks > m->settings->chunks)
		chunks = m->settings->chunks;
	for (__u32 chunk = 0; chunk < chunks; chunk++) {
		if (!__atomic_load_n(&m->chunks[chunk].ready, __ATOMIC_ACQUIRE))
			continue;
		find_used(m, chunk, used);
		for (__u32 i = 0; i < GP_CHUNK_SLOTS && !err; i++) {
			if (used[i])
				err = sum_slot(model, chunk * GP_CHUNK_SLOTS + i);
		}
		if (err)
			break;
	}
	return err;
}

static int sum_outside_host(struct gp_model *model, const struct gp_host *host, __u32 id, bool in_world)
{
	struct gp_listed owner = { .id = id, .addr = host->addr, .bits = host->bits, .role = GP_ROLE_OUTSIDE };
	struct gp_service_sum services[GP_SERVICES];

	join(services, NULL, host->services);
	return sum_owner(model, &owner, services, in_world);
}

/* A cell is a part of its prefix's line, or a line of its own when lines are longer prefixes. It has no hosts. */
static int sum_cell(struct gp_model *model, const struct gp_cell *cell)
{
	struct gp_listed owner = { .id = GP_NO_HOST, .addr = cell->addr, .bits = cell->bits, .role = GP_ROLE_OUTSIDE };
	struct gp_service_sum services[GP_SERVICES];

	join(services, NULL, cell->services);
	return sum_owner(model, &owner, services, false);
}

static int sum_world(struct gp_model *model)
{
	const struct gp_world *world = model->report->world;
	int err = 0;

	for (__u32 i = 0; i < world->outside_count && !err; i++)
		err = sum_outside_host(model, &world->outside[i], gp_world_inside_end(world) + i, true);
	for (__u32 i = 0; i < world->cell_count && !err; i++)
		err = sum_cell(model, &world->cells[i]);
	return err;
}

/*
 * What the bank that is being filled holds: it came while the last epoch was drained, and after that, and the books
 * must have it. Claims may not be written yet, so records are taken when they are ready.
 */
static int sum_bank(struct gp_model *model)
{
	const struct gp_memory *m = model->report->world->memory;
	const struct gp_settings *s = m->settings;
	__u32 bank = __atomic_load_n(&m->control->bank, __ATOMIC_RELAXED) % GP_BANKS;
	const struct gp_host *hosts = &m->hosts[s->inside_hosts + (size_t)bank * s->outside_hosts];
	const struct gp_cell *cells = &m->cells[(size_t)bank * s->cells];
	__u32 claimed = __atomic_load_n(&m->claims->outside[bank], __ATOMIC_RELAXED);
	int err = 0;

	for (__u32 i = 0; i < s->outside_hosts && claimed && !err; i++) {
		if (__atomic_load_n(&hosts[i].ready, __ATOMIC_ACQUIRE))
			err = sum_outside_host(model, &hosts[i], GP_NO_HOST, false);
	}
	for (__u32 i = 0; i < s->cells && !err; i++) {
		if (__atomic_load_n(&cells[i].ready, __ATOMIC_ACQUIRE))
			err = sum_cell(model, &cells[i]);
	}
	return err;
}

/* Behind the prefixes: what belongs to none that is known. */
static int append_row(struct gp_model *model, enum gp_row_kind kind, const struct gp_service_sum *services,
		      struct gp_count *traffic)
{
	struct gp_prefix_row row = { .kind = kind };

	if (is_nothing(services))
		return 0;
	add_services(model, &row, services);
	*traffic = row.traffic;
	return gp_rows_append(&model->rows, &row) ? 0 : -ENOMEM;
}

static int close_rows(struct gp_model *model)
{
	struct gp_service_sum overflow[GP_SERVICES];
	int err;

	if (!gp_rows_fold(&model->rows, model->report->prefix_rows))
		return -ENOMEM;
	err = append_row(model, GP_ROW_BEYOND, model->report->world->cells_beyond, &model->coverage.beyond);
	if (err)
		return err;
	join(overflow, NULL, model->coverage.totals.overflow);
	return append_row(model, GP_ROW_OVERFLOW, overflow, &model->coverage.overflow);
}

static void add_refused(struct gp_totals *totals, enum gp_parse status, const struct gp_count *refused)
{
	gp_sum_count(&totals->unparsed[status], refused);
	gp_sum_count(&totals->received, refused);
}

/* What the source refused never reached an engine; the books are those of all frames. Return: what the engine saw. */
static __u64 open_coverage(struct gp_coverage *coverage, const struct gp_report *report)
{
	__u64 received;

	gp_world_totals(report->world, &coverage->totals);
	__asm__ volatile("" ::: "memory");
	received = coverage->totals.received.packets;
	add_refused(&coverage->totals, GP_PARSE_FRAME_TOO_SHORT, &report->too_short);
	add_refused(&coverage->totals, GP_PARSE_FRAME_TOO_LONG, &report->too_long);
	add_refused(&coverage->totals, GP_PARSE_LINK_TYPE, &report->link_type);
	for (int status = GP_PARSE_OK + 1; status < GP_PARSE_STATUSES; status++)
		gp_sum_count(&coverage->unparsed, &coverage->totals.unparsed[status]);
	gp_world_in_flight(report->world, &coverage->in_flight);
	coverage->accounted = coverage->unparsed;
	gp_sum_count(&coverage->accounted, &coverage->in_flight);
	coverage->wire_bytes = report->wire_is_seen ? coverage->totals.received.bytes : report->wire_bytes;
	coverage->outside_folded = report->world->outside_folded;
	return received;
}

/*
 * Balances the books. Live, the sum over the owners lies between what had been received before the sweep and what
 * has been after it, give or take the packets that a CPU has counted as received and not yet at their owner.
 */
static void close_coverage(struct gp_coverage *c, const struct gp_report *report, __u64 received_before)
{
	struct gp_totals after;

	gp_world_totals(report->world, &after);
	c->live_slack = report->live_slack + (after.received.packets - received_before);
	c->unaccounted_packets = (__s64)(c->totals.received.packets - c->accounted.packets);
	c->unaccounted_bytes = (__s64)(c->totals.received.bytes - c->accounted.bytes);
}

/* Takes from the list of all hosts those that have a verdict: they are listed with it. */
static int drop_found(struct gp_model *model, const struct gp_verdicts *verdicts)
{
	const struct gp_world *world = model->report->world;
	size_t n = 0;
	__u8 *found;

	found = calloc((size_t)gp_world_inside_end(world) + world->outside_count + 1, 1);
	if (!found)
		return -ENOMEM;
	for (int i = 0; i < verdicts->finding_count; i++)
		found[verdicts->findings[i].id] = 1;
	for (size_t i = 0; i < model->listed_count; i++) {
		if (model->listed[i].id == GP_NO_HOST || !found[model->listed[i].id])
			model->listed[n++] = model->listed[i];
	}
	model->listed_count = n;
	free(found);
	return 0;
}

/* Puts the findings into the list that is printed. */
static int list_findings(struct gp_model *model, const struct gp_verdicts *verdicts)
{
	const struct gp_world *world = model->report->world;
	int err;

	for (int i = 0; i < verdicts->finding_count; i++) {
		if (!gp_world_host(world, verdicts->findings[i].id)) {
			gp_error("report: finding %d is about host %u, which does not exist", i,
				 verdicts->findings[i].id);
			return -EINVAL;
		}
	}
	err = drop_found(model, verdicts);
	for (int i = 0; i < verdicts->finding_count && !err; i++) {
		const struct gp_finding *f = &verdicts->findings[i];
		const struct gp_host *host = gp_world_host(world, f->id);
		struct gp_listed listed = { .id = f->id, .addr = host->addr, .bits = host->bits, .role = host->role,
					    .finding = f };

		if (gp_world_is_inside(world, f->id))
			listed.slot = (__u32)(host->tag - 1);
		err = add_listed(model, &listed);
	}
	if (!err && model->listed_count > 1)
		qsort(model->listed, model->listed_count, sizeof(*model->listed), compare_listed);
	return err;
}

const struct gp_host *gp_listed_host(const struct gp_model *model, const struct gp_listed *listed)
{
	const struct gp_host *host = NULL;

	if (listed->id != GP_NO_HOST)
		host = gp_world_host(model->report->world, listed->id);
	return host ? host : &no_record;
}

const struct gp_class *gp_listed_class(const struct gp_model *model, const struct gp_listed *listed)
{
	const struct gp_classes *classes = listed->role == GP_ROLE_OUTSIDE ? NULL : model->report->classes;

	return gp_class_get(classes, gp_classes_find(classes, &listed->addr));
}

void gp_listed_sums(const struct gp_model *model, const struct gp_listed *listed, struct gp_traffic *traffic,
		    struct gp_service_sum services[GP_SERVICES])
{
	const struct gp_host *host = gp_listed_host(model, listed);

	if (listed->role != GP_ROLE_OUTSIDE) {
		gp_world_slot_traffic(model->report->world, listed->slot, traffic);
	} else {
		traffic->sent = host->sent;
		traffic->received = host->received;
		for (int s = 0; s < GP_SERVICES; s++)
			traffic->services[s] = host->services[s].traffic;
	}
	join(services, traffic->services, host->services);
}

int gp_model_open(struct gp_model **out, const struct gp_report *report, const struct gp_verdicts *verdicts)
{
	struct gp_model *model;
	__u64 received_before;
	int err;

	model = calloc(1, sizeof(*model));
	if (!model)
		return -ENOMEM;
	model->report = report;
	model->verdicts = verdicts;
	model->rows.secret = report->world->memory->settings->secret[0];
	err = gp_model_networks_open(model);
	received_before = open_coverage(&model->coverage, report);
	if (!err)
		err = sum_inside(model);
	if (!err)
		err = sum_world(model);
	if (!err)
		err = sum_bank(model);
	if (!err)
		err = close_rows(model);
	if (!err)
		close_coverage(&model->coverage, report, received_before);
	if (!err)
		err = list_findings(model, verdicts);
	if (!err)
		err = gp_model_watched_open(model);
	if (err) {
		gp_model_close(model);
		return err;
	}
	gp_model_networks_rank(model);
	*out = model;
	return 0;
}

int gp_model_open_listed(struct gp_model **out, const struct gp_report *report, const struct gp_verdicts *verdicts)
{
	struct gp_model *model = calloc(1, sizeof(*model));
	int err;

	if (!model)
		return -ENOMEM;
	model->report = report;
	model->verdicts = verdicts;
	err = list_findings(model, verdicts);
	if (err)
		gp_model_close(model);
	else
		*out = model;
	return err;
}

void gp_model_close(struct gp_model *model)
{
	if (!model)
		return;
	gp_rows_free(&model->rows);
	gp_networks_close(model->network_sums);
	free(model->watched);
	free(model->listed);
	free(model);
}

void gp_sink_write(struct gp_sink *sink, const char *data, size_t len)
{
	if (sink->err)
		return;
	errno = 0;
	if (fwrite(data, 1, len, sink->stream) != len)
		sink->err = errno ? -errno : -EIO;
}

void gp_sink_print(struct gp_sink *sink, const char *format, ...)
{
	va_list args;

	if (sink->err)
		return;
	errno = 0;
	va_start(args, format);
	if (vfprintf(sink->stream, format, args) < 0)
		sink->err = errno ? -errno : -EIO;
	va_end(args);
}

__u64 gp_coverage_evidence_lost(const struct gp_coverage *coverage)
{
	__u64 lost = 0;

	for (size_t i = 0; i < GP_SAMPLED_KINDS; i++) {
		const struct gp_sampled_count *count = &coverage->totals.sampled[i];

		lost += count->source_limited + count->limited + count->ring_full;
	}
	return lost;
}
