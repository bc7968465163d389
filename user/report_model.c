/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "text.h"

const enum gp_service gp_service_order[GP_SERVICES] = {
	GP_SERVICE_SMTP, GP_SERVICE_SUBMISSION, GP_SERVICE_HTTP,  GP_SERVICE_TLS,
	GP_SERVICE_QUIC, GP_SERVICE_MAILBOX,	GP_SERVICE_OTHER,
};

/* A host that is in use, and the prefix row that it belongs to. */
struct occupied {
	struct gp_addr group, addr;
	__u32 slot;
	__u8 group_bits, bits;
	bool inside;
};

static int compare_addr(const struct gp_addr *a, unsigned a_bits, const struct gp_addr *b, unsigned b_bits)
{
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	return order ? order : (a_bits > b_bits) - (a_bits < b_bits);
}

static int compare_occupied(const void *left, const void *right)
{
	const struct occupied *a = left, *b = right;
	int order = compare_addr(&a->group, a->group_bits, &b->group, b->group_bits);

	if (!order)
		order = a->inside - b->inside;
	if (!order)
		order = compare_addr(&a->addr, a->bits, &b->addr, b->bits);
	return order ? order : (a->slot > b->slot) - (a->slot < b->slot);
}

static int compare_rows(const void *left, const void *right)
{
	const struct gp_prefix_row *a = left, *b = right;
	int order;

	if (a->traffic.packets != b->traffic.packets)
		return a->traffic.packets < b->traffic.packets ? 1 : -1;
	order = compare_addr(&a->addr, a->bits, &b->addr, b->bits);
	return order ? order : b->inside - a->inside;
}

static int compare_listed(const void *left, const void *right)
{
	const struct gp_listed *a = left, *b = right;
	int order = compare_addr(&a->addr, a->bits, &b->addr, b->bits);

	if (!order)
		order = (a->slot > b->slot) - (a->slot < b->slot);
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

static void describe(struct occupied *out, const struct gp_report *report, const struct gp_host *host, __u32 slot)
{
	unsigned bits = gp_text_is_ipv4(&host->addr, host->bits) ? 96 + report->prefix_bits4 : report->prefix_bits6;

	out->slot = slot;
	out->addr = host->addr;
	out->bits = host->bits;
	out->group_bits = (__u8)(bits < host->bits ? bits : host->bits);
	out->group = masked(&host->addr, out->group_bits);
	out->inside = host->role != GP_ROLE_OUTSIDE;
}

/*
 * Lists the hosts in use. Live, a claim may have been counted and not be written yet: it then reads as an old or
 * foreign slot, so each slot is taken once, from its own side, and when its host is ready.
 */
static int list_occupied(struct occupied **out, size_t *count, const struct gp_report *report,
			 const struct gp_totals *totals)
{
	const struct gp_memory *m = report->memory;
	__u32 slots = m->settings->host_slots;
	struct occupied *list;
	__u8 *taken;
	size_t n = 0;

	list = calloc(2 * (size_t)slots + 1, sizeof(*list));
	taken = calloc(2 * (size_t)slots + 1, 1);
	if (!list || !taken) {
		free(list);
		free(taken);
		return -ENOMEM;
	}
	for (__u32 side = 0; side < 2; side++) {
		__u32 claimed = totals->claimed[side] < slots ? totals->claimed[side] : slots;

		for (__u32 i = 0; i < claimed; i++) {
			__u32 slot = __atomic_load_n(&m->claims[side * slots + i], __ATOMIC_RELAXED);

			if (slot < side * slots || slot - side * slots >= slots || taken[slot] ||
			    !__atomic_load_n(&m->hosts[slot].ready, __ATOMIC_ACQUIRE))
				continue;
			taken[slot] = 1;
			describe(&list[n++], report, &m->hosts[slot], slot);
		}
	}
	free(taken);
	qsort(list, n, sizeof(*list), compare_occupied);
	*out = list;
	*count = n;
	return 0;
}

static void add_count(struct gp_count *sum, const struct gp_count *count)
{
	sum->packets += count->packets;
	sum->bytes += count->bytes;
}

void gp_service_add(struct gp_service_sum *sum, const struct gp_service_sum *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
	sum->flows += part->flows;
	sum->attempts += part->attempts;
	sum->answered += part->answered;
	sum->confirmed += part->confirmed;
}

struct gp_service_sum gp_service_sum(const struct gp_service_count *count)
{
	return (struct gp_service_sum){
		.packets = count->traffic.packets,
		.bytes = count->traffic.bytes,
		.flows = count->flows,
		.attempts = count->attempts,
		.answered = count->answered,
		.confirmed = count->confirmed,
	};
}

/* Adds one host, or the overflow, to its row and to the sums. Return: does it own packets or has it tried to? */
static bool add_services(struct gp_model *model, struct gp_prefix_row *row, const struct gp_service_count *services)
{
	struct gp_count traffic = { 0 };
	__u64 attempts = 0;

	for (int s = 0; s < GP_SERVICES; s++) {
		struct gp_service_sum wide;

		add_count(&traffic, &services[s].traffic);
		attempts += services[s].attempts;
		wide = gp_service_sum(&services[s]);
		gp_service_add(&row->services[s], &wide);
		gp_service_add(&model->services[s], &wide);
	}
	add_count(&row->traffic, &traffic);
	add_count(&model->coverage.accounted, &traffic);
	return traffic.packets || attempts;
}

static bool row_is_empty(const struct gp_prefix_row *row)
{
	static const struct gp_service_sum none[GP_SERVICES];

	return !row->hosts && memcmp(row->services, none, sizeof(none)) == 0;
}

/* Sums the hosts up by prefix; `listed` gets those that count as hosts. */
static void sum_hosts(struct gp_model *model, const struct occupied *list, size_t count)
{
	const struct gp_host *hosts = model->report->memory->hosts;
	struct gp_prefix_row *row = model->rows;

	for (size_t i = 0; i < count; i++) {
		const struct occupied *o = &list[i];
		struct gp_service_count services[GP_SERVICES];

		if (i > 0 && (compare_addr(&o->group, o->group_bits, &o[-1].group, o[-1].group_bits) ||
			      o->inside != o[-1].inside)) {
			if (row_is_empty(row))
				memset(row, 0, sizeof(*row));
			else
				row++;
		}
		row->addr = o->group;
		row->bits = o->group_bits;
		row->inside = o->inside;
		row->prefixes = 1;
		/* One copy serves every sum: the original may go on counting. */
		memcpy(services, hosts[o->slot].services, sizeof(services));
		__asm__ volatile("" ::: "memory");
		if (!add_services(model, row, services))
			continue;
		row->hosts++;
		model->hosts++;
		model->listed[model->listed_count++] =
			(struct gp_listed){ .slot = o->slot, .addr = o->addr, .bits = o->bits };
	}
	if (count && !row_is_empty(row))
		row++;
	model->row_count = (size_t)(row - model->rows);
}

static void fold_rows(struct gp_model *model)
{
	size_t keep = model->report->prefix_rows;
	struct gp_prefix_row rest = { .kind = GP_ROW_REST };
	struct gp_prefix_row overflow = { .kind = GP_ROW_OVERFLOW };

	qsort(model->rows, model->row_count, sizeof(*model->rows), compare_rows);
	if (model->row_count > keep) {
		for (size_t i = keep; i < model->row_count; i++) {
			const struct gp_prefix_row *row = &model->rows[i];

			rest.prefixes += row->prefixes;
			rest.hosts += row->hosts;
			add_count(&rest.traffic, &row->traffic);
			for (int s = 0; s < GP_SERVICES; s++)
				gp_service_add(&rest.services[s], &row->services[s]);
		}
		model->rows[keep] = rest;
		model->row_count = keep + 1;
	}
	add_services(model, &overflow, model->coverage.totals.overflow);
	model->coverage.overflow = overflow.traffic;
	if (!row_is_empty(&overflow))
		model->rows[model->row_count++] = overflow;
}

static void add_refused(struct gp_totals *totals, enum gp_parse status, const struct gp_count *refused)
{
	add_count(&totals->unparsed[status], refused);
	add_count(&totals->received, refused);
}

/* What the source refused never reached an engine; the books are those of all frames. Return: what the engine saw. */
static __u64 open_coverage(struct gp_coverage *coverage, const struct gp_report *report)
{
	__u64 received;

	memcpy(&coverage->totals, report->memory->totals, sizeof(coverage->totals));
	__asm__ volatile("" ::: "memory");
	received = coverage->totals.received.packets;
	add_refused(&coverage->totals, GP_PARSE_FRAME_TOO_SHORT, &report->too_short);
	add_refused(&coverage->totals, GP_PARSE_FRAME_TOO_LONG, &report->too_long);
	add_refused(&coverage->totals, GP_PARSE_LINK_TYPE, &report->link_type);
	for (int status = GP_PARSE_OK + 1; status < GP_PARSE_STATUSES; status++)
		add_count(&coverage->unparsed, &coverage->totals.unparsed[status]);
	coverage->accounted = coverage->unparsed;
	coverage->wire_bytes = report->wire_is_seen ? coverage->totals.received.bytes : report->wire_bytes;
	return received;
}

/*
 * Balances the books. Live, the sum over the hosts lies between what had been received before the sweep and what
 * has been after it, give or take the packets that a CPU has counted as received and not yet at their owner.
 */
static void close_coverage(struct gp_coverage *c, const struct gp_report *report, __u64 received_before)
{
	__u64 received = __atomic_load_n(&report->memory->totals->received.packets, __ATOMIC_RELAXED);

	c->live_slack = report->live_slack + (received - received_before);
	c->unaccounted_packets = (__s64)(c->totals.received.packets - c->accounted.packets);
	c->unaccounted_bytes = (__s64)(c->totals.received.bytes - c->accounted.bytes);
}

/* Turns the list of hosts that count into the list that is printed. */
static int list_findings(struct gp_model *model, const struct gp_finding *findings, int count)
{
	const struct gp_memory *m = model->report->memory;
	__u8 *found;
	size_t n = 0;

	found = calloc(2 * (size_t)m->settings->host_slots + 1, 1);
	if (!found)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		if (findings[i].slot >= 2 * m->settings->host_slots) {
			gp_error("report: finding %d is about host %u, which does not exist", i, findings[i].slot);
			free(found);
			return -EINVAL;
		}
		found[findings[i].slot] = 1;
	}
	for (size_t i = 0; model->report->all && i < model->listed_count; i++) {
		if (!found[model->listed[i].slot])
			model->listed[n++] = model->listed[i];
	}
	free(found);
	for (int i = 0; i < count; i++) {
		const struct gp_host *host = &m->hosts[findings[i].slot];

		model->listed[n++] = (struct gp_listed){
			.slot = findings[i].slot, .addr = host->addr, .bits = host->bits, .finding = &findings[i]
		};
	}
	model->listed_count = n;
	qsort(model->listed, n, sizeof(*model->listed), compare_listed);
	return 0;
}

int gp_model_open(struct gp_model **out, const struct gp_report *report, const struct gp_finding *findings, int count)
{
	struct gp_model *model;
	struct occupied *list;
	__u64 received_before;
	size_t occupied;
	int err;

	model = calloc(1, sizeof(*model));
	if (!model)
		return -ENOMEM;
	model->report = report;
	received_before = open_coverage(&model->coverage, report);
	err = list_occupied(&list, &occupied, report, &model->coverage.totals);
	if (err)
		goto err_model;
	/* One row more for the rest, one for the overflow. */
	model->rows = calloc(occupied + 2, sizeof(*model->rows));
	model->listed = calloc(occupied + (size_t)count + 1, sizeof(*model->listed));
	err = -ENOMEM;
	if (!model->rows || !model->listed)
		goto err_list;
	sum_hosts(model, list, occupied);
	fold_rows(model);
	close_coverage(&model->coverage, report, received_before);
	err = list_findings(model, findings, count);
	if (err)
		goto err_list;
	free(list);
	*out = model;
	return 0;

err_list:
	free(list);
err_model:
	gp_model_close(model);
	return err;
}

void gp_model_close(struct gp_model *model)
{
	if (!model)
		return;
	free(model->rows);
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
