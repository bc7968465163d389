/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting a packet at its inside owner: one addition to a word of packets and bytes in one cache line. With many hosts
 * that line is in no cache, and an addition would wait for it, 100 ns and more. So a packet only stores to its line, which
 * the CPU does not wait for, and adds what was counted GP_DUE places before it, whose line has come meanwhile. Packets of
 * one kind and host in a row share a place, GP_DUE_PACKETS at most. What waits is a named remainder (in_flight), until
 * the next packets, or the agent once no program runs (gp_hot_flush()). The first packet of a word, and a word that is
 * full, are the rare cases.
 */
#ifndef GATEPOST_HOT_H
#define GATEPOST_HOT_H

#include <gatepost/inside.h>

#define GP_WORD_BYTES (GP_WORD_PACKET - 1)

/* What is rare about a count. */
enum {
	GP_HOT_FIRST = 1, /* the first packet of its word */
	GP_HOT_FULL = 2,
};

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
GP_GLOBAL int gp_hot_first(struct gp_memory *m, const struct gp_end *end, __u32 sent, __u64 now_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_claims *claims = gp_mem_claims(m);
	struct gp_host *host;
	int record;

	if (!settings || !claims || !end || end->slot < 0)
		return 0;
	record = gp_inside_record(m, &end->addr, (__u32)end->slot, sent || claims->hosts < settings->inside_hosts / 2,
				  now_ns ? now_ns : gp_mem_now(m));
	host = record < 0 || !now_ns ? 0 : gp_mem_host(m, (__u32)record);
	if (host && now_ns < host->first_seen_ns) /* it waited, and a later packet was faster */
		host->first_seen_ns = now_ns;
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

/**
 * gp_slot_address() - whose an inside slot is.
 * @rest: what follows his prefix: 0 for his first address, all ones for his last one.
 *
 * Return: length of his prefix as the chunk has it, or 0 while the chunk is not handed out.
 */
GP_INLINE __u32 gp_slot_address(struct gp_memory *m, __u32 slot, __u64 rest, struct gp_addr *addr)
{
	struct gp_chunk *chunk = gp_mem_chunk(m, slot / GP_CHUNK_SLOTS);
	__u64 index = slot % GP_CHUNK_SLOTS, high, low;
	__u32 bits;

	if (!chunk)
		return 0;
	bits = chunk->bits;
	if (bits < 8 || bits > 128)
		return 0;
	/* The chunk's own address has zeros where the index goes. */
	high = bits <= 64 ? index << ((64 - bits) & 63) : bits < 72 ? index >> ((bits - 64) & 63) : 0;
	low = bits <= 64 ? 0 : index << ((128 - bits) & 63);
	high |= bits < 64 ? rest >> (bits & 63) : 0;
	low |= bits <= 64 ? rest : bits < 128 ? rest >> ((bits - 64) & 63) : 0;
	*addr = chunk->first;
	addr->words[0] |= gp_be32_to_host((__u32)(high >> 32));
	addr->words[1] |= gp_be32_to_host((__u32)high);
	addr->words[2] |= gp_be32_to_host((__u32)(low >> 32));
	addr->words[3] |= gp_be32_to_host((__u32)low);
	return bits;
}

/**
 * gp_hot_rare() - what is rare about a count, done behind it.
 * @what: GP_DUE_SERVICE, GP_DUE_SENT, GP_DUE_FORGED.
 * @rare: GP_HOT_FIRST, GP_HOT_FULL.
 * @time_ns: of the packet; 0: now.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_hot_rare(struct gp_memory *m, __u32 line, __u32 what, __u32 rare, __u64 time_ns)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_end owner = { .owner = 1 };
	__u32 slots, bits;

	if (!settings)
		return 0;
	slots = settings->chunks * GP_CHUNK_SLOTS;
	if (!slots)
		return 0;
	owner.slot = (int)(line % slots);
	bits = gp_slot_address(m, line % slots, 0, &owner.addr);
	if (!bits)
		return 0;
	if (!gp_subscriber_has(m, &owner.addr, bits))
		gp_slot_address(m, line % slots, ~0ull, &owner.addr);
	if (rare & GP_HOT_FIRST)
		gp_hot_first(m, &owner, (what & (GP_DUE_SENT | GP_DUE_FORGED)) == GP_DUE_SENT, time_ns);
	if (rare & GP_HOT_FULL)
		gp_hot_spill(m, &owner, line, what & GP_DUE_SERVICE);
	return 0;
}

/* Adds a count to its line. @due: GP_DUE_BYTES etc. @time_ns: of the packet; 0: now. */
GP_INLINE void gp_hot_add(struct gp_memory *m, __u64 due, __u64 time_ns, __u32 shared)
{
	__u32 line = (__u32)(due >> GP_DUE_LINE_SHIFT), what = (__u32)due >> GP_DUE_WHAT_SHIFT;
	__u64 n = (due / GP_DUE_PACKET & GP_DUE_PACKETS) << GP_WORD_SHIFT | (due & GP_DUE_BYTES);
	__u64 before, all_sent = 0;
	struct gp_hot *hot = gp_mem_hot(m, line);

	if (!hot)
		return;
	before = gp_word_add(&hot->traffic[what & (GP_HOT_SERVICES - 1)], n, shared);
	if (what & GP_DUE_SENT)
		all_sent = gp_word_add(&hot->sent, n, shared) + n;
	if (!before || ((before + n) | all_sent) & GP_WORD_FULL)
		gp_hot_rare(m, line, what,
			    (before ? 0 : GP_HOT_FIRST) |
				    (((before + n) | all_sent) & GP_WORD_FULL ? GP_HOT_FULL : 0),
			    time_ns);
}

/* The mail services are counted at once: their packets touch the flow table anyway. */
GP_INLINE void gp_mail_add(struct gp_memory *m, struct gp_cpu *cpu, __u64 n, __u32 slot, __u32 service, __u32 sent)
{
	struct gp_mail *mail = gp_mem_mail(m, slot);
	__u32 i = service - GP_SERVICE_SMTP;
	__u64 before, all_sent = 0;

	GP_OPAQUE(i);
	if (!mail || i >= GP_MAIL_SERVICES)
		return;
	before = gp_fetch_add(&mail->traffic[i], n);
	if (sent)
		all_sent = gp_fetch_add(&mail->sent, n) + n;
	if (!before || ((before + n) | all_sent) & GP_WORD_FULL)
		gp_hot_rare(m, cpu->hot_base + slot, service | sent,
			    (before ? 0 : GP_HOT_FIRST) |
				    (((before + n) | all_sent) & GP_WORD_FULL ? GP_HOT_FULL : 0),
			    0);
}

/**
 * gp_hot_count() - charge an inside owner.
 * @slot: its own.
 * @sent: GP_DUE_SENT: the owner sent the packet, with GP_DUE_FORGED if it may be forged; 0: it was sent to.
 */
GP_INLINE void gp_hot_count(struct gp_memory *m, struct gp_cpu *cpu, __u32 slot, __u32 service, __u32 bytes,
			    __u32 sent)
{
	__u32 next = cpu->due_next, at = next & (GP_DUE - 1), line = cpu->hot_base + slot;
	__u64 *last = &cpu->due[(next - 1) & (GP_DUE - 1)], waited, waited_ns = 0;
	__u64 kind = (__u64)line << GP_DUE_LINE_SHIFT | (__u64)(service | sent) << GP_DUE_WHAT_SHIFT;
	struct gp_hot *hot;

	if (service >= GP_HOT_SERVICES) {
		gp_mail_add(m, cpu, GP_WORD_PACKET + bytes, slot, service, sent);
		return;
	}
	/* One more in the row; 0 packets wrap round, and begin none. */
	if (!((*last ^ kind) >> GP_DUE_WHAT_SHIFT) &&
	    (*last / GP_DUE_PACKET & GP_DUE_PACKETS) - 1 < GP_DUE_PACKETS - 1) {
		*last += GP_DUE_PACKET + bytes;
		return;
	}
	hot = gp_mem_hot(m, line);
	if (!hot)
		return;
	hot->fetched = 1;
	waited = cpu->due[at];
	cpu->due[at] = kind | (GP_DUE_PACKET + bytes);
	cpu->due_next = at + 1;
	if (gp_mem_replays(m)) {
		waited_ns = cpu->due_ns[at];
		cpu->due_ns[at] = gp_mem_now(m);
	}
	if (waited)
		gp_hot_add(m, waited, waited_ns, cpu->shared);
}

#ifndef __bpf__
/**
 * gp_hot_flush() - add the counts that still wait. The agent's, when no program runs.
 */
GP_INLINE void gp_hot_flush(struct gp_memory *m)
{
	for (__u32 i = 0; i < m->cpu_count; i++) {
		struct gp_cpu *cpu = &m->cpus[i];

		for (__u32 k = 0; k < GP_DUE; k++) {
			__u32 at = (cpu->due_next + k) & (GP_DUE - 1);

			if (cpu->due[at])
				gp_hot_add(m, cpu->due[at], cpu->due_ns[at], 0);
			cpu->due[at] = 0;
		}
	}
}
#endif

#endif
