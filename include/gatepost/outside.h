/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outside addresses. Whoever has proved itself has a record; everybody else is counted in the cell of his prefix, so that
 * a flood of forged sources fills cells, and half a bank at most. Records and cells lie in two banks: one is filled here, the other
 * one is drained and cleared by the agent (user/epoch.c).
 */
#ifndef GATEPOST_OUTSIDE_H
#define GATEPOST_OUTSIDE_H

#include <gatepost/memory.h>
#include <gatepost/sketch.h>
#include <gatepost/table.h>

/* A record is ours: say who lives here, then list it for the agent. */
GP_INLINE void gp_outside_move_in(struct gp_memory *m, struct gp_host *host, const struct gp_addr *addr, __u32 bank,
				  __u32 record, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);
	__u32 *claim;

	host->addr = *addr;
	host->bits = 128;
	host->role = GP_ROLE_OUTSIDE;
	host->first_seen_ns = now_ns;
	host->last_seen_ns = now_ns;
	host->ready = 1;
	if (!settings || !claims)
		return;
	claim = gp_mem_outside_claim(m, bank * settings->outside_hosts +
					gp_claim_number(bank ? &claims->outside[1] : &claims->outside[0]));
	if (claim)
		*claim = record;
}

/**
 * gp_outside_find() - look an address up in one bank.
 *
 * Return: its record, or -1.
 */
GP_GLOBAL int gp_outside_find(struct gp_memory *m, __u64 tag, __u32 bank)
{
	struct gp_settings *settings = gp_mem_settings(m);
	__u32 first, slots;

	if (!settings)
		return -1;
	slots = settings->outside_hosts; /* once: see gp_probe() */
	GP_OPAQUE(slots);
	first = settings->inside_hosts + (bank & 1) * slots;
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u32 record = first + gp_probe(tag, i, slots);
		struct gp_host *host = gp_mem_host(m, record);

		if (!host || !host->tag)
			return -1;
		if (host->tag == tag)
			return (int)record;
	}
	return -1;
}

/* Claims a record in a bank; two CPUs that do so for the same address meet in the same one. Return: record or -1. */
GP_GLOBAL int gp_outside_claim(struct gp_memory *m, const struct gp_addr *addr, __u64 tag, __u32 bank, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_totals *totals = gp_mem_totals(m);
	__u32 first, slots;

	if (!settings || !totals || !addr)
		return -1;
	bank &= 1;
	slots = settings->outside_hosts; /* once: see gp_probe() */
	GP_OPAQUE(slots);
	first = settings->inside_hosts + bank * slots;
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u32 record = first + gp_probe(tag, i, slots);
		struct gp_host *host = gp_mem_host(m, record);
		__u64 before;

		if (!host)
			return -1;
		before = gp_cas(&host->tag, 0, tag);
		if (!before)
			gp_outside_move_in(m, host, addr, bank, record, now_ns);
		if (!before || before == tag)
			return (int)record;
	}
	GP_ADD(totals->outside_full, 1);
	return -1;
}

/* How an outside address comes by a record. */
enum gp_earned {
	GP_EARNED_NOTHING, /* only what it had in the bank before */
	GP_EARNED_CROWD,   /* its prefix is crowded, or insists */
	GP_EARNED_PROOF,
};

/**
 * gp_outside_record() - the record of an outside address.
 * @earned: enum gp_earned. Who had a record in the bank before keeps the right to one.
 *
 * Only proof may take the second half of a bank: all else can be forged. Return: its number, or -1: none, or no room
 * (counted in totals->outside_full).
 */
GP_GLOBAL int gp_outside_record(struct gp_memory *m, const struct gp_addr *addr, __u32 earned, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_control *control = gp_mem_control(m);
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_claims *claims = gp_mem_claims(m);
	__u32 bank, claimed;
	__u64 tag;
	int record;

	if (!settings || !control || !claims || !totals || !addr)
		return -1;
	bank = control->bank & 1;
	tag = gp_hash_addr(settings->secret[0], addr) | 1;
	record = gp_outside_find(m, tag, bank);
	if (record >= 0 || (earned == GP_EARNED_NOTHING && gp_outside_find(m, tag, bank ^ 1) < 0))
		return record;
	claimed = bank ? claims->outside[1] : claims->outside[0];
	if (earned != GP_EARNED_PROOF && claimed >= settings->outside_hosts / 2) {
		GP_ADD(totals->outside_full, 1);
		return -1;
	}
	return gp_outside_claim(m, addr, tag, bank, now_ns);
}

/* Moves what one service of a cell has counted to the overflow. */
GP_INLINE void gp_cell_empty_service(struct gp_service_count *from, struct gp_service_count *to)
{
	if (from->traffic.packets)
		GP_ADD(to->traffic.packets, gp_take(&from->traffic.packets));
	if (from->traffic.bytes)
		GP_ADD(to->traffic.bytes, gp_take(&from->traffic.bytes));
	if (from->flows)
		GP_ADD(to->flows, gp_take32(&from->flows));
	if (from->attempts)
		GP_ADD(to->attempts, gp_take32(&from->attempts));
	if (from->answered)
		GP_ADD(to->answered, gp_take32(&from->answered));
	if (from->confirmed)
		GP_ADD(to->confirmed, gp_take32(&from->confirmed));
}

/* The cell of another prefix gives way: its packets become overflow, a named remainder. Nothing is lost from the sums. */
GP_INLINE void gp_cell_empty(struct gp_memory *m, struct gp_cell *cell)
{
	struct gp_totals *totals = gp_mem_totals(m);

	if (!totals)
		return;
	GP_ADD(totals->cells_evicted, 1);
	cell->ready = 0;
	for (__u32 i = 0; i < GP_SERVICES; i++)
		gp_cell_empty_service(&cell->services[i], &totals->overflow[i]);
	cell->syn = 0;
	cell->answered = 0;
	cell->crowd = 0;
	cell->senders = 0;
	cell->touched = 0;
	__builtin_memset(&cell->endpoints, 0, sizeof(cell->endpoints));
	__builtin_memset(&cell->sources, 0, sizeof(cell->sources));
}

/**
 * gp_cell_remember() - what a prefix has contacted in the epoch before goes on counting.
 * @tag: of the cell, whose sketches are empty.
 *
 * Only the sketches: they are merged by maximum, so that the agent may see them twice. Return: 0.
 */
GP_GLOBAL int gp_cell_remember(struct gp_memory *m, __u32 number, __u64 tag)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_control *control = gp_mem_control(m);
	struct gp_cell *cell = gp_mem_cell(m, number), *before;
	__u32 first, slots;

	if (!settings || !control || !cell)
		return 0;
	slots = settings->cells; /* once: see gp_probe() */
	GP_OPAQUE(slots);
	first = ((control->bank & 1) ^ 1) * slots;
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		before = gp_mem_cell(m, first + gp_probe(tag, i, slots));
		if (!before || !before->tag)
			return 0;
		if (before->tag != tag)
			continue;
		cell->endpoints = before->endpoints;
		cell->sources = before->sources;
		cell->crowd = before->crowd;
		cell->senders = before->senders;
		return 0;
	}
	return 0;
}

GP_INLINE void gp_cell_move_in(struct gp_memory *m, struct gp_cell *cell, __u32 number, __u64 tag,
			       const struct gp_addr *prefix, __u32 bits, __u64 now_ns)
{
	gp_cell_remember(m, number, tag);
	cell->addr = *prefix;
	cell->bits = (__u8)bits;
	cell->first_seen_ns = now_ns;
	cell->last_seen_ns = now_ns;
	cell->ready = 1;
}

/**
 * gp_cell_slot() - the cell of a prefix, made when there is none.
 * @prefix: masked to bits.
 *
 * When all its places are taken, a cell that has seen one packet gives way: a forged source rarely comes twice, a
 * scanner does. Return: the cell's number, or -1: no room.
 */
GP_GLOBAL int gp_cell_slot(struct gp_memory *m, const struct gp_addr *prefix, __u32 bits, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_control *control = gp_mem_control(m);
	__u32 first, slots, victim = ~0u;
	struct gp_cell *cell;
	__u64 tag, before;

	if (!settings || !control || !prefix)
		return -1;
	slots = settings->cells; /* once: see gp_probe() */
	GP_OPAQUE(slots);
	first = (control->bank & 1) * slots;
	tag = gp_mix(gp_hash_addr(settings->secret[0], prefix), bits) | 1;
	for (__u32 i = 0; i < 2 * GP_TABLE_WAYS; i++) {
		__u32 slot = first + gp_probe(tag, i, slots);

		cell = gp_mem_cell(m, slot);
		if (!cell)
			return -1;
		before = cell->tag;
		if (!before) {
			before = gp_cas(&cell->tag, 0, tag);
			if (!before)
				gp_cell_move_in(m, cell, slot, tag, prefix, bits, now_ns);
		}
		if (!before || before == tag)
			return (int)slot;
		if (cell->touched <= 1)
			victim = slot;
	}
	cell = victim == ~0u ? 0 : gp_mem_cell(m, victim);
	if (!cell)
		return -1;
	before = cell->tag;
	if (before == tag) /* another CPU was faster */
		return (int)victim;
	if (cell->touched > 1 || gp_cas(&cell->tag, before, tag) != before)
		return -1;
	gp_cell_empty(m, cell);
	gp_cell_move_in(m, cell, victim, tag, prefix, bits, now_ns);
	return (int)victim;
}

/* The cell of an address; @is4: it is an IPv4 address. Return: its number, or -1. */
GP_GLOBAL int gp_cell_of(struct gp_memory *m, const struct gp_addr *addr, __u32 is4, __u64 now_ns)
{
	__u32 bits = is4 ? 96 + 24 : 48;
	struct gp_addr prefix;

	if (!addr)
		return -1;
	prefix = *addr;
	gp_addr_mask(&prefix, bits);
	return gp_cell_slot(m, &prefix, bits, now_ns);
}

/**
 * gp_cell_contact() - note in a cell whom a SYN went to.
 *
 * Return: 1 when the prefix has contacted so many that its addresses get records of their own.
 */
GP_GLOBAL int gp_cell_contact(struct gp_memory *m, __u32 number, const struct gp_packet *p, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_cell *cell = gp_mem_cell(m, number);

	if (!settings || !cell || !p)
		return 0;
	cell->last_seen_ns = now_ns;
	GP_ADD(cell->syn, 1);
	if (gp_hll_add(&cell->endpoints, gp_mix(gp_hash_addr(settings->secret[0], &p->dst), p->dport)))
		GP_ADD(cell->crowd, 1);
	if (gp_hll_add(&cell->sources, gp_hash_addr(settings->secret[0], &p->src)))
		GP_ADD(cell->senders, 1);
	return cell->crowd >= GP_CELL_CROWD ||
	       (cell->crowd >= GP_CELL_INSISTS && cell->crowd >= GP_CELL_INSISTS * cell->senders);
}

#endif
