/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting a packet at its inside owner: one addition to a word of packets and bytes in one cache line. The first packet
 * of a word, and a word that is full, are the rare cases.
 */
#ifndef GATEPOST_HOT_H
#define GATEPOST_HOT_H

#include <gatepost/inside.h>

#define GP_WORD_BYTES (GP_WORD_PACKET - 1)

/* A CPU's first packet: it gets a slice of the hot lines, the last one together with others when they are few. */
GP_GLOBAL int gp_slice_take(struct gp_memory *m)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	__u32 number, last;

	if (!settings || !claims || !cpu || !settings->slices)
		return 0;
	number = gp_claim_number(&claims->slices);
	last = settings->slices - 1;
	if (number > last)
		number = last;
	cpu->shared = settings->shared_slice && number == last;
	cpu->hot_base = number * settings->chunks * GP_CHUNK_SLOTS;
	cpu->slice = number + 1;
	return 0;
}

/* Moves a word into the 64-bit counters of its host, or, without a record, to the overflow. */
GP_INLINE void gp_word_spill(__u64 *word, __u64 *sent, struct gp_host *host, struct gp_totals *totals, __u32 service)
{
	__u64 counted, sent_counted;

	if (host)
		GP_ADD(host->spills_begun, 1);
	counted = gp_take(word);
	sent_counted = gp_take(sent);
	if (!host) {
		GP_ADD(totals->overflow[service].traffic.packets, counted >> GP_WORD_SHIFT);
		GP_ADD(totals->overflow[service].traffic.bytes, counted & GP_WORD_BYTES);
		return;
	}
	GP_ADD(host->services[service].traffic.packets, counted >> GP_WORD_SHIFT);
	GP_ADD(host->services[service].traffic.bytes, counted & GP_WORD_BYTES);
	GP_ADD(host->sent.packets, sent_counted >> GP_WORD_SHIFT);
	GP_ADD(host->sent.bytes, sent_counted & GP_WORD_BYTES);
	GP_ADD(host->spills_done, 1);
}

/**
 * gp_hot_spill() - a word of a hot line, or of the mail counters, is full.
 * @addr: the owner's.
 * @line: of the hot line; not looked at for mail.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_hot_spill(struct gp_memory *m, const struct gp_end *end, __u32 line, __u32 service)
{
	struct gp_totals *totals = gp_mem_totals(m);
	struct gp_host *host;
	struct gp_mail *mail;
	struct gp_hot *hot;
	int record;

	if (!totals || !end || end->slot < 0 || service >= GP_SERVICES)
		return 0;
	record = gp_inside_record(m, &end->addr, (__u32)end->slot, 1, gp_mem_now(m));
	host = record < 0 ? 0 : gp_mem_host(m, (__u32)record);
	if (service < GP_HOT_SERVICES) {
		hot = gp_mem_hot(m, line);
		if (hot)
			gp_word_spill(&hot->traffic[service], &hot->sent, host, totals, service);
		return 0;
	}
	mail = gp_mem_mail(m, (__u32)end->slot);
	if (mail)
		gp_word_spill(&mail->traffic[service - GP_SERVICE_SMTP], &mail->sent, host, totals, service);
	return 0;
}

/**
 * gp_hot_first() - the first packet of a word: whoever sends gets a record, so that it is known since when.
 *
 * Whoever is only sent to gets one while half of them are free. Return: 0.
 */
GP_GLOBAL int gp_hot_first(struct gp_memory *m, const struct gp_end *end, __u32 sent)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);

	if (!settings || !claims || !end || end->slot < 0)
		return 0;
	gp_inside_record(m, &end->addr, (__u32)end->slot, sent || claims->hosts < settings->inside_hosts / 2,
			 gp_mem_now(m));
	return 0;
}

/* Adds to a word that one CPU or several count in. Return: what it held before. */
GP_INLINE __u64 gp_word_add(__u64 *word, __u64 n, __u32 shared)
{
	__u64 before;

	if (shared)
		return gp_fetch_add(word, n);
	before = *word;
	*word = before + n;
	return before;
}

/* What is rare about a count. */
enum {
	GP_HOT_FIRST = 1, /* the first packet of its word */
	GP_HOT_FULL = 2,
};

/**
 * gp_hot_count() - charge an inside owner.
 * @slot: its own.
 * @sent: 1: the owner sent the packet, 0: it was sent to.
 *
 * Return: GP_HOT_FIRST, GP_HOT_FULL, both, or 0 as nearly always.
 */
GP_INLINE __u32 gp_hot_count(struct gp_memory *m, struct gp_cpu *cpu, __u32 slot, __u32 service, __u32 bytes,
			     __u32 sent)
{
	__u64 n = GP_WORD_PACKET + bytes, before, all_sent = 0;
	struct gp_mail *mail;
	struct gp_hot *hot;

	if (service < GP_HOT_SERVICES) {
		hot = gp_mem_hot(m, cpu->hot_base + slot);
		if (!hot)
			return 0;
		before = gp_word_add(&hot->traffic[service], n, cpu->shared);
		if (sent)
			all_sent = gp_word_add(&hot->sent, n, cpu->shared) + n;
	} else {
		mail = gp_mem_mail(m, slot);
		service -= GP_SERVICE_SMTP;
		if (!mail || service >= GP_MAIL_SERVICES)
			return 0;
		before = gp_fetch_add(&mail->traffic[service], n);
		if (sent)
			all_sent = gp_fetch_add(&mail->sent, n) + n;
	}
	return (before ? 0 : GP_HOT_FIRST) | (((before + n) | all_sent) & GP_WORD_FULL ? GP_HOT_FULL : 0);
}

#endif
