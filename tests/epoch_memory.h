/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small data-plane memory that processes share, as maps are, and somebody who counts into it as the data plane does
 * in the kernel, with atomics: the native engine's own code is for one thread. What was counted is kept beside it: the
 * truth that the agent's books are held against.
 */
#ifndef GATEPOST_TESTS_EPOCH_MEMORY_H
#define GATEPOST_TESTS_EPOCH_MEMORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "random.h"
#include "world.h"

#define LAB_CHUNKS 2u
#define LAB_SLOTS (LAB_CHUNKS * GP_CHUNK_SLOTS)
#define LAB_SLICES 2u
#define LAB_INSIDE 256u	 /* records: half of the slots */
#define LAB_OUTSIDE 256u /* per bank */
#define LAB_CELLS 64u
#define LAB_ADDRESSES 100u /* outside ones that are counted for, and as many prefixes as cells have room for */
#define LAB_PREFIXES 30u
#define LAB_BURST (1u << 19) /* packets that are counted at once: the 16th burst fills a word */

/* Everything that was counted, by owner. */
struct lab_truth {
	struct gp_count sent[LAB_SLOTS], received[LAB_SLOTS];
	struct gp_service_count outside[LAB_ADDRESSES][GP_SERVICES];
	__u32 syn[LAB_ADDRESSES];
	struct gp_service_count cells[LAB_PREFIXES][GP_SERVICES];
	__u32 cell_syn[LAB_PREFIXES];
};

struct lab {
	struct gp_memory memory; /* pointers into what follows */
	struct gp_settings settings;
	struct gp_control control;
	struct gp_claims claims;
	struct gp_cpu cpus[2];
	struct gp_chunk chunks[LAB_CHUNKS];
	struct gp_hot hot[LAB_SLICES * LAB_SLOTS];
	struct gp_mail mail[LAB_SLOTS];
	__u64 host_of[LAB_SLOTS];
	struct gp_host hosts[LAB_INSIDE + GP_BANKS * LAB_OUTSIDE];
	__u32 outside_claims[GP_BANKS * LAB_OUTSIDE];
	struct gp_cell cells[GP_BANKS * LAB_CELLS];
	struct gp_shadow shadow[2 * LAB_SLOTS];
	struct lab_truth truth;
	__u64 at_work; /* odd while a "program" runs: what an agent waits for after a flip */
	int pause;     /* 1: the counting process is asked to stop, 2: it stands still, 3: it shall end */
	__u64 random;
};

static inline struct gp_addr lab_v4(__u32 host_order)
{
	return (struct gp_addr){.bytes = {[10] = 0xff, [11] = 0xff, [12] = (__u8)(host_order >> 24),
					  [13] = (__u8)(host_order >> 16), [14] = (__u8)(host_order >> 8),
					  [15] = (__u8)host_order}};
}

/* Outside address number i: 4 to a /24, so that folding meets others. Every third one is IPv6. */
static inline struct gp_addr lab_address(__u32 i)
{
	struct gp_addr addr = lab_v4(0xcb007100u + (i / 4) * 256 + i % 4);

	if (i % 3 == 0) {
		addr = (struct gp_addr){.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, (__u8)(i / 4)}};
		addr.bytes[15] = (__u8)i;
	}
	return addr;
}

static inline struct gp_addr lab_prefix(__u32 i)
{
	return lab_v4(0xc6336400u + i * 256);
}

static inline struct lab *lab_open(void)
{
	struct lab *lab = mmap(NULL, sizeof(*lab), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(lab, MAP_FAILED);
	lab->settings = (struct gp_settings){
		.abi_version = GP_ABI_VERSION,
		.slices = LAB_SLICES,
		.chunks = LAB_CHUNKS,
		.inside_hosts = LAB_INSIDE,
		.outside_hosts = LAB_OUTSIDE,
		.cells = LAB_CELLS,
		.secret = {0x0123456789abcdefull, 0xfedcba9876543210ull},
	};
	lab->chunks[0] = (struct gp_chunk){.first = lab_v4(0x0a000000), .bits = 128, .ready = 1};
	lab->chunks[1] = (struct gp_chunk){.first.bytes = {0x20, 0x01, 0x0d, 0xb8, 1}, .bits = 56, .ready = 1};
	lab->claims.chunks = LAB_CHUNKS;
	lab->memory = (struct gp_memory){
		.settings = &lab->settings,
		.control = &lab->control,
		.claims = &lab->claims,
		.cpus = lab->cpus,
		.cpu_count = 2,
		.chunks = lab->chunks,
		.hot = lab->hot,
		.mail = lab->mail,
		.host_of = lab->host_of,
		.hosts = lab->hosts,
		.outside_claims = lab->outside_claims,
		.cells = lab->cells,
		.shadow = lab->shadow,
	};
	lab->random = 1;
	return lab;
}

static inline void lab_close(struct lab *lab)
{
	munmap(lab, sizeof(*lab));
}

#define LAB_ADD(counter, n) ((void)__atomic_fetch_add(&(counter), (n), __ATOMIC_SEQ_CST))

static inline void lab_program_begins(struct lab *lab)
{
	LAB_ADD(lab->at_work, 1);
}

static inline void lab_program_ends(struct lab *lab)
{
	LAB_ADD(lab->at_work, 1);
}

/*
 * What synchronize_rcu() does in the kernel: what was stored before is seen by every program that begins after, so that a
 * flip does not wait in this CPU's store buffer while a program goes by. A program that never ends fails the test.
 */
static inline void lab_synchronize(struct lab *lab)
{
	time_t until = time(NULL) + 20;
	__u64 seen;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	seen = __atomic_load_n(&lab->at_work, __ATOMIC_SEQ_CST);
	while (seen % 2 && __atomic_load_n(&lab->at_work, __ATOMIC_SEQ_CST) == seen) {
		if (time(NULL) > until)
			_exit(99);
		sched_yield();
	}
}

/* The record of an inside slot; only slots below LAB_INSIDE get one, the others are never spilled (lab_inside()). */
static inline struct gp_host *lab_inside_record(struct lab *lab, __u32 slot)
{
	__u64 record = __atomic_load_n(&lab->host_of[slot], __ATOMIC_SEQ_CST);
	struct gp_host *host;

	if (record)
		return &lab->hosts[record - 1];
	record = __atomic_fetch_add(&lab->claims.hosts, 1, __ATOMIC_SEQ_CST);
	assert_true(record < LAB_INSIDE);
	host = &lab->hosts[record];
	host->tag = slot + 1;
	host->bits = lab->chunks[slot / GP_CHUNK_SLOTS].bits;
	host->role = GP_ROLE_SUBSCRIBER;
	gp_chunk_address(&lab->chunks[slot / GP_CHUNK_SLOTS], slot % GP_CHUNK_SLOTS, &host->addr);
	__atomic_store_n(&lab->host_of[slot], record + 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&host->ready, 1, __ATOMIC_SEQ_CST);
	return host;
}

static inline void lab_add_word(struct gp_count *count, __u64 word)
{
	LAB_ADD(count->packets, word >> GP_WORD_SHIFT);
	LAB_ADD(count->bytes, word & (GP_WORD_PACKET - 1));
}

static inline void lab_spill(struct lab *lab, __u32 slot, __u64 *word, __u64 *sent, __u32 service)
{
	struct gp_host *host = lab_inside_record(lab, slot);

	LAB_ADD(host->spills_begun, 1);
	lab_add_word(&host->services[service].traffic, __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST));
	lab_add_word(&host->sent, __atomic_exchange_n(sent, 0, __ATOMIC_SEQ_CST));
	LAB_ADD(host->spills_done, 1);
}

/* Counts a burst of packets at an inside slot, in one of the slices. */
static inline void lab_inside(struct lab *lab, __u32 slice, __u32 slot, __u32 service, bool is_sent, __u32 packets,
			      __u32 bytes)
{
	struct gp_hot *hot = &lab->hot[slice * LAB_SLOTS + slot];
	bool mail = service >= GP_SERVICE_SMTP;
	__u64 *word = mail ? &lab->mail[slot].traffic[service - GP_SERVICE_SMTP] : &hot->traffic[service];
	__u64 *sent = mail ? &lab->mail[slot].sent : &hot->sent, n = packets * GP_WORD_PACKET + bytes, now;
	struct gp_count *truth = is_sent ? &lab->truth.sent[slot] : &lab->truth.received[slot];

	now = __atomic_add_fetch(word, n, __ATOMIC_SEQ_CST);
	if (is_sent)
		now |= __atomic_add_fetch(sent, n, __ATOMIC_SEQ_CST);
	if (now & GP_WORD_FULL)
		lab_spill(lab, slot, word, sent, service);
	truth->packets += packets;
	truth->bytes += bytes;
}

static inline struct gp_host *lab_outside_record(struct lab *lab, __u32 number, __u64 now_ns)
{
	__u32 bank = __atomic_load_n(&lab->control.bank, __ATOMIC_SEQ_CST);
	__u32 first = LAB_INSIDE + bank * LAB_OUTSIDE, record = first + (number * 7) % LAB_OUTSIDE, claim;
	struct gp_host *host;

	for (;; record = first + (record - first + 1) % LAB_OUTSIDE) {
		host = &lab->hosts[record];
		if (host->tag == number + 1)
			return host;
		if (!host->tag)
			break;
	}
	host->tag = number + 1;
	host->addr = lab_address(number);
	host->bits = 128;
	host->first_seen_ns = now_ns;
	host->last_seen_ns = now_ns;
	__atomic_store_n(&host->ready, 1, __ATOMIC_SEQ_CST);
	claim = __atomic_fetch_add(&lab->claims.outside[bank], 1, __ATOMIC_SEQ_CST);
	lab->outside_claims[bank * LAB_OUTSIDE + claim] = record;
	return host;
}

/* A program that has looked up its record and takes its time: who does not wait for it loses what it counts. */
static inline void lab_dawdle(void)
{
	struct timespec begun, now;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begun.tv_sec) * 1000000000ll + now.tv_nsec - begun.tv_nsec < 30000);
}

static inline void lab_service(struct gp_service_count *service, __u32 bytes)
{
	LAB_ADD(service->traffic.packets, 1);
	LAB_ADD(service->traffic.bytes, bytes);
	LAB_ADD(service->flows, 1);
	LAB_ADD(service->attempts, 2);
	LAB_ADD(service->answered, 3);
	LAB_ADD(service->confirmed, 4);
}

static inline void lab_outside(struct lab *lab, __u32 number, __u32 service, __u32 bytes, __u64 now_ns)
{
	struct gp_host *host = lab_outside_record(lab, number, now_ns);

	if (number % 16 == 0)
		lab_dawdle();
	lab_service(&host->services[service], bytes);
	LAB_ADD(host->sent.packets, 1);
	LAB_ADD(host->sent.bytes, bytes);
	LAB_ADD(host->syn, 1);
	host->last_seen_ns = now_ns;
	lab_service(&lab->truth.outside[number][service], bytes);
	lab->truth.syn[number]++;
}

static inline void lab_cell(struct lab *lab, __u32 number, __u32 service, __u32 bytes, __u64 now_ns)
{
	__u32 bank = __atomic_load_n(&lab->control.bank, __ATOMIC_SEQ_CST);
	struct gp_cell *cell = &lab->cells[bank * LAB_CELLS + number];

	if (!cell->tag) {
		cell->tag = number + 1;
		cell->addr = lab_prefix(number);
		cell->bits = 96 + 24;
		cell->first_seen_ns = now_ns;
		__atomic_store_n(&cell->ready, 1, __ATOMIC_SEQ_CST);
	}
	lab_service(&cell->services[service], bytes);
	LAB_ADD(cell->syn, 1);
	cell->last_seen_ns = now_ns;
	lab_service(&lab->truth.cells[number][service], bytes);
	lab->truth.cell_syn[number]++;
}

/* One packet, or one burst, for somebody. */
static inline void lab_count(struct lab *lab)
{
	__u64 dice = random_splitmix(&lab->random), now_ns = dice >> 20;
	__u32 service = (__u32)(dice >> 8) % GP_SERVICES, bytes = 60 + (__u32)(dice >> 40) % 1000;

	lab_program_begins(lab);
	if (dice % 4 < 2)
		lab_inside(lab, (__u32)(dice >> 4) % LAB_SLICES, (__u32)(dice >> 12) % LAB_INSIDE, service,
			   dice >> 63, LAB_BURST, bytes);
	else if (dice % 4 == 2)
		lab_outside(lab, (__u32)(dice >> 12) % LAB_ADDRESSES, service, bytes, now_ns);
	else
		lab_cell(lab, (__u32)(dice >> 12) % LAB_PREFIXES, service, bytes, now_ns);
	lab_program_ends(lab);
}

#endif
