/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is every packet counted once? The XDP program in the kernel, by two CPUs at once, over the same hosts, flows and
 * words, while the agent drains, and where tables and rings are full. What was sent is known to the packet and byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf_object.h"
#include "epoch.h"
#include "gatepost.skel.h"
#include "judge.h"
#include "memory_setup.h"
#include "random.h"
#include "world.h"

#define WORKERS 2
#define INSIDE 0x0a000000u  /* 10.0.0.0 */
#define OUTSIDE 0xc6336401u /* 198.51.100.1 */
#define FRAME_ROOM 1514
#define BURST 2000u /* runs in one system call: a grace period of RCU must not wait for long */

struct frame {
	__u8 data[FRAME_ROOM];
	__u32 bytes;
};

/* The data plane in the kernel, and an agent's books over it. */
struct exact {
	struct gp_config *config;
	struct gp_bpf bpf;
	struct gp_memory *memory;
	struct gp_world *world;
	struct gp_epoch *epoch;
	int program;
	__u64 records[GP_FLOW_ENDS]; /* flow records handed over */
};

/* One CPU's share, and what it has sent. */
struct worker {
	pthread_t thread;
	struct exact *exact;
	void (*work)(struct worker *worker);
	unsigned number;
	int err;
	struct gp_count sent;
	struct gp_count kinds[4]; /* of these, as a test likes */
	__u64 random;
};

static struct worker workers[WORKERS];
static atomic_uint stop, gate;

/* --- the memory, and frames ---------------------------------------------------------------------------------------- */

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static struct gp_config *read_config(const char *text)
{
	char path[] = "/tmp/gatepost-exact-XXXXXX";
	struct gp_config *config;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(gp_config_open(&config, path, NULL, 0), 0);
	unlink(path);
	return config;
}

static void exact_open(struct exact *x, const char *text)
{
	const struct gp_bpf_options options = { .side = GP_SIDE_TAP };
	const struct gp_epoch_options epoch = { .live = true };

	memset(x, 0, sizeof(*x));
	x->config = read_config(text);
	assert_int_equal(gp_bpf_open(&x->bpf, x->config, &options), 0);
	assert_int_equal(gatepost_bpf__load(x->bpf.skeleton), 0);
	assert_int_equal(gp_bpf_map(&x->bpf), 0);
	x->memory = &x->bpf.memory;
	gp_memory_setup(x->memory, x->config, &x->bpf.plan);
	x->program = bpf_program__fd(x->bpf.program);
	assert_int_equal(gp_world_open(&x->world, x->memory), 0);
	assert_int_equal(gp_epoch_open(&x->epoch, x->world, &epoch), 0);
}

static void exact_close(struct exact *x)
{
	gp_epoch_close(x->epoch, false);
	gp_world_close(x->world);
	gp_bpf_close(&x->bpf);
	gp_config_close(x->config);
}

static void put16(__u8 *at, __u32 value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

static void put32(__u8 *at, __u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* Ethernet and IPv4; addresses and ports in host order, checksums left out: nobody reads them. */
static void frame_begin(struct frame *f, __u8 ip_proto, __u32 src, __u32 dst, __u32 ip_payload_bytes)
{
	memset(f, 0, sizeof(*f));
	f->bytes = 34 + ip_payload_bytes;
	put16(f->data + 12, 0x0800);
	f->data[14] = 0x45;
	put16(f->data + 16, 20 + ip_payload_bytes);
	f->data[22] = 64;
	f->data[23] = ip_proto;
	put32(f->data + 26, src);
	put32(f->data + 30, dst);
}

static void frame_tcp(struct frame *f, __u32 src, __u32 dst, __u16 sport, __u16 dport, __u8 flags, __u32 seq, __u32 ack,
		      __u32 payload_bytes)
{
	frame_begin(f, IPPROTO_TCP, src, dst, 20 + payload_bytes);
	put16(f->data + 34, sport);
	put16(f->data + 36, dport);
	put32(f->data + 38, seq);
	put32(f->data + 42, ack);
	f->data[46] = 0x50;
	f->data[47] = flags;
}

static void frame_udp(struct frame *f, __u32 src, __u32 dst, __u32 payload_bytes)
{
	frame_begin(f, IPPROTO_UDP, src, dst, 8 + payload_bytes);
	put16(f->data + 34, 5000);
	put16(f->data + 36, 5001);
	put16(f->data + 38, 8 + payload_bytes);
}

/* --- two CPUs ------------------------------------------------------------------------------------------------------ */

static void send_frame(struct worker *w, const struct frame *f, __u32 times)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->data, .data_size_in = f->bytes, .repeat = (int)times);

	if (w->err)
		return;
	if (bpf_prog_test_run_opts(w->exact->program, &o))
		w->err = -errno;
	else if (o.retval != XDP_PASS)
		w->err = -EPROTO;
	w->sent.packets += times;
	w->sent.bytes += (__u64)times * f->bytes;
}

static void send_kind(struct worker *w, const struct frame *f, __u32 times, unsigned kind)
{
	send_frame(w, f, times);
	w->kinds[kind].packets += times;
	w->kinds[kind].bytes += (__u64)times * f->bytes;
}

static int pin(unsigned number)
{
	cpu_set_t allowed, one;

	sched_getaffinity(getpid(), sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || number--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
	}
	return -ENODEV;
}

/* Both workers leave a meeting together: what follows happens at the same time. */
static void meet(unsigned number)
{
	unsigned goal = (number + 1) * WORKERS;

	atomic_fetch_add(&gate, 1);
	for (unsigned spins = 0; atomic_load(&gate) < goal; spins++)
		if (spins % 4096 == 4095)
			sched_yield();
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->err = pin(w->number);
	w->random = w->number;
	meet(0);
	w->work(w);
	return NULL;
}

static void start(struct exact *x, void (*what)(struct worker *worker))
{
	atomic_store(&stop, 0);
	atomic_store(&gate, 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .exact = x, .work = what, .number = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
}

static struct gp_count sum_counts(struct gp_count a, struct gp_count b)
{
	return (struct gp_count){ a.packets + b.packets, a.bytes + b.bytes };
}

/* Return: what both have sent. */
static struct gp_count finish(void)
{
	struct gp_count sent = { 0 };

	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].err)
			fail_msg("worker %u: test run: %s", i, strerror(-workers[i].err));
		sent = sum_counts(sent, workers[i].sent);
	}
	return sent;
}

static struct gp_count finish_kind(unsigned kind)
{
	return sum_counts(workers[0].kinds[kind], workers[1].kinds[kind]);
}

/* --- the books ----------------------------------------------------------------------------------------------------- */

static struct gp_count of_services(const struct gp_service_count *services)
{
	struct gp_count sum = { 0 };

	for (unsigned i = 0; i < GP_SERVICES; i++)
		sum = sum_counts(sum, services[i].traffic);
	return sum;
}

static struct gp_count accounted_outside(const struct gp_world *world)
{
	struct gp_count sum = { 0 };

	for (__u32 i = 0; i < world->outside_count; i++)
		sum = sum_counts(sum, of_services(world->outside[i].services));
	for (__u32 i = 0; i < world->cell_count; i++)
		sum = sum_counts(sum, of_services(world->cells[i].services));
	for (unsigned i = 0; i < GP_SERVICES; i++)
		sum = sum_counts(sum, (struct gp_count){ world->cells_beyond[i].packets, world->cells_beyond[i].bytes });
	return sum;
}

/* All that has an owner or a name. What the filled bank holds is not in it: gp_epoch_turn() before. */
static struct gp_count accounted(const struct exact *x)
{
	struct gp_count sum = accounted_outside(x->world);
	struct gp_totals totals;

	for (__u32 slot = 0; slot < x->memory->claims->chunks * GP_CHUNK_SLOTS; slot++) {
		struct gp_traffic traffic;

		gp_world_slot_traffic(x->world, slot, &traffic);
		sum = sum_counts(sum, sum_counts(traffic.sent, traffic.received));
	}
	gp_world_totals(x->world, &totals);
	sum = sum_counts(sum, of_services(totals.overflow));
	for (unsigned i = 0; i < GP_PARSE_STATUSES; i++)
		sum = sum_counts(sum, totals.unparsed[i]);
	return sum;
}

static void same_count(const char *what, struct gp_count got, struct gp_count wanted)
{
	if (got.packets != wanted.packets || got.bytes != wanted.bytes)
		fail_msg("%s: %llu packets, %llu bytes; wanted %llu, %llu", what, got.packets, got.bytes, wanted.packets,
			 wanted.bytes);
}

/* Nobody counts any more: what was sent was received, and each packet is somewhere. */
static void check_books(struct exact *x, struct gp_count sent)
{
	struct gp_totals totals;

	gp_memory_flush(x->memory, now_ns());
	assert_int_equal(gp_epoch_turn(x->epoch, now_ns()), 0);
	assert_int_equal(gp_epoch_turn(x->epoch, now_ns()), 0);
	gp_world_totals(x->world, &totals);
	same_count("received", totals.received, sent);
	same_count("accounted", accounted(x), sent);
	print_message("  %llu packets, %llu bytes sent, received and accounted\n", sent.packets, sent.bytes);
}

static __u32 slot_of(const struct exact *x, __u32 address)
{
	return ((x->memory->dir24[address >> 8] & GP_DIR_CHUNK) - 1) * GP_CHUNK_SLOTS + (address & 255);
}

static struct gp_traffic traffic_of(const struct exact *x, __u32 address)
{
	struct gp_traffic traffic;

	gp_world_slot_traffic(x->world, slot_of(x, address), &traffic);
	return traffic;
}

static const struct gp_host *outside_host(const struct exact *x, __u32 address)
{
	for (__u32 i = 0; i < x->world->outside_count; i++)
		if (ntohl(x->world->outside[i].addr.words[3]) == address)
			return &x->world->outside[i];
	return NULL;
}

/* --- bulk ---------------------------------------------------------------------------------------------------------- */

#define BULK_RUNS 4500000u /* of each kind on each CPU: a word is full after 8.4 M */

/* Both directions of one host's TLS, on both CPUs. */
static void work_bulk(struct worker *w)
{
	struct frame up, down;

	frame_tcp(&up, INSIDE + 7, OUTSIDE, 40000, 443, GP_TCP_ACK, 1, 1, 0);
	frame_tcp(&down, OUTSIDE, INSIDE + 7, 443, 40000, GP_TCP_ACK, 1, 1, 1400);
	put32(down.data + 54, 0x17030305); /* a TLS record goes on */
	for (__u32 i = 0; i < BULK_RUNS; i += 50000) {
		send_kind(w, &up, 50000, 0);
		send_kind(w, &down, 50000, 1);
	}
}

static void check_bulk(struct exact *x, bool spills)
{
	const struct gp_host *host;
	struct gp_traffic traffic;
	struct gp_count sent;
	__u64 record;

	start(x, work_bulk);
	sent = finish();
	check_books(x, sent);
	traffic = traffic_of(x, INSIDE + 7);
	same_count("the host has sent", traffic.sent, finish_kind(0));
	same_count("the host has received", traffic.received, finish_kind(1));
	same_count("the host's TLS", traffic.services[GP_SERVICE_TLS], sent);
	/* Two CPUs may have made one for the slot at once; the slower one's stays unused. */
	record = x->memory->host_of[slot_of(x, INSIDE + 7)];
	assert_true(record > 0);
	host = gp_world_host(x->world, (__u32)record - 1);
	assert_non_null(host);
	print_message("  slices %u, shared %u; %u spills\n", x->memory->settings->slices,
		      x->memory->settings->shared_slice, host->spills_done);
	assert_int_equal(host->spills_begun, host->spills_done);
	if (spills)
		assert_true(host->spills_done > 0);
}

static void test_bulk(void **state)
{
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\n");
	assert_false(x.memory->settings->shared_slice);
	check_bulk(&x, true);
	exact_close(&x);
}

static void test_shared_slice(void **state)
{
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\ntables: {slices: 1}\n");
	assert_true(x.memory->settings->shared_slice);
	check_bulk(&x, true);
	exact_close(&x);
}

/* --- drained while it counts --------------------------------------------------------------------------------------- */

#define TURNS 1000
#define SLACK (WORKERS * (1 + GP_IN_FLIGHT_MAX))
#define PROVED (OUTSIDE + 0x100)
#define UNPROVED (OUTSIDE + 0x200)

/* From a host inside, to it, and from two outside to somebody outside: one with a record, one in a cell. */
static void work_mixed(struct worker *w)
{
	struct frame f[4];

	frame_tcp(&f[0], INSIDE + 7, OUTSIDE, 40000, 443, GP_TCP_ACK, 1, 1, 1000);
	frame_udp(&f[1], OUTSIDE, INSIDE + 7, 100);
	frame_udp(&f[2], PROVED, OUTSIDE, 200);
	frame_udp(&f[3], UNPROVED, OUTSIDE, 300);
	put32(f[0].data + 54, 0x17030305);
	while (!atomic_load(&stop) && !w->err)
		for (unsigned i = 0; i < 4; i++)
			send_kind(w, &f[i], 1 + random_splitmix(&w->random) % BURST, i);
}

/* A handshake of somebody outside with a host inside: he gets a record. */
static void prove(struct worker *w, __u32 address)
{
	struct frame f;

	frame_tcp(&f, address, INSIDE + 9, 40000, 80, GP_TCP_SYN, 1000, 0, 0);
	send_frame(w, &f, 1);
	frame_tcp(&f, INSIDE + 9, address, 80, 40000, GP_TCP_SYN | GP_TCP_ACK, 5000, 1001, 0);
	send_frame(w, &f, 1);
	frame_tcp(&f, address, INSIDE + 9, 40000, 80, GP_TCP_ACK, 1001, 5001, 0);
	send_frame(w, &f, 1);
}

/*
 * The books of a moment lie between what had been received before it and after it. Each CPU may be about to count one
 * packet, and a few wait for their cache line. Return: NULL, or what is wrong.
 */
static const char *turn_and_bracket(struct exact *x, unsigned turn)
{
	static char message[256];
	struct gp_totals before, after;
	struct gp_count sum;

	gp_world_totals(x->world, &before);
	if (gp_epoch_turn(x->epoch, now_ns()))
		return "an epoch cannot be turned";
	sum = accounted(x);
	gp_world_totals(x->world, &after);
	if (sum.packets + SLACK >= before.received.packets && sum.packets <= after.received.packets &&
	    sum.bytes + SLACK * FRAME_ROOM >= before.received.bytes && sum.bytes <= after.received.bytes)
		return NULL;
	snprintf(message, sizeof(message),
		 "turn %u: %llu packets, %llu bytes accounted; received %llu, %llu before and %llu, %llu after", turn,
		 sum.packets, sum.bytes, before.received.packets, before.received.bytes, after.received.packets,
		 after.received.bytes);
	return message;
}

static void test_drained(void **state)
{
	struct worker first = { 0 };
	const struct gp_host *proved;
	const char *wrong = NULL;
	struct gp_traffic traffic;
	struct gp_count sent;
	struct frame f;
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\n");
	first.exact = &x;
	prove(&first, PROVED);
	frame_udp(&f, PROVED, OUTSIDE, 200); /* now: an epoch may turn before the others have begun */
	send_kind(&first, &f, 1, 2);
	assert_int_equal(first.err, 0);
	start(&x, work_mixed);
	for (unsigned i = 0; i < TURNS && !wrong; i++)
		wrong = turn_and_bracket(&x, i);
	atomic_store(&stop, 1);
	sent = sum_counts(finish(), first.sent);
	if (wrong)
		fail_msg("%s", wrong);
	check_books(&x, sent);
	traffic = traffic_of(&x, INSIDE + 7);
	same_count("the host inside has sent", traffic.sent, finish_kind(0));
	same_count("the host inside has received", traffic.received, finish_kind(1));
	proved = outside_host(&x, PROVED);
	assert_non_null(proved); /* until an epoch in which it sent nothing; then it is counted in its cell, too */
	assert_true(of_services(proved->services).packets > 0);
	assert_true(of_services(proved->services).packets <= finish_kind(2).packets + 1);
	assert_null(outside_host(&x, UNPROVED));
	same_count("records and cells", accounted_outside(x.world),
		   sum_counts(first.kinds[2], sum_counts(finish_kind(2), finish_kind(3))));
	print_message("  %u turns, epoch %llu\n", TURNS, x.memory->control->epoch);
	exact_close(&x);
}

/* --- the same new hosts and flows from both CPUs ------------------------------------------------------------------- */

#define NEWCOMERS 64
#define ROUNDS 1000
#define EACH 3 /* datagrams that a newcomer sends, from each CPU */

static __u32 newcomer(unsigned i)
{
	return OUTSIDE + 0x10000 + i * 0x101;
}

static void work_newcomers(struct worker *w)
{
	struct frame f;

	for (unsigned i = 0; i < NEWCOMERS; i++) {
		meet(1 + i);
		prove(w, newcomer(i));
		frame_udp(&f, newcomer(i), OUTSIDE, 100);
		for (unsigned k = 0; k < EACH; k++) /* one by one: the kernel makes ready for a run of several */
			send_kind(w, &f, 1, 0);
	}
}

/* Everything but what is inside begins anew. */
static void clear_outside(struct exact *x)
{
	const struct gp_settings *s = x->memory->settings;

	memset(x->memory->hosts + s->inside_hosts, 0, GP_BANKS * s->outside_hosts * sizeof(*x->memory->hosts));
	memset(x->memory->outside_claims, 0, GP_BANKS * s->outside_hosts * sizeof(*x->memory->outside_claims));
	memset(x->memory->cells, 0, GP_BANKS * s->cells * sizeof(*x->memory->cells));
	memset(x->memory->flows, 0, s->flow_slots * sizeof(*x->memory->flows));
	memset(x->memory->claims->outside, 0, sizeof(x->memory->claims->outside));
}

static struct gp_count banked(const struct exact *x)
{
	const struct gp_settings *s = x->memory->settings;
	struct gp_count sum = { 0 };

	for (__u32 i = 0; i < GP_BANKS * s->outside_hosts; i++)
		sum = sum_counts(sum, of_services(x->memory->hosts[s->inside_hosts + i].services));
	for (__u32 i = 0; i < GP_BANKS * s->cells; i++)
		sum = sum_counts(sum, of_services(x->memory->cells[i].services));
	return sum;
}

/* Each newcomer has one record, which is listed once and ready, and one flow, whose client has proved itself. */
static void check_newcomers(const struct exact *x, unsigned round)
{
	const struct gp_settings *s = x->memory->settings;
	__u32 bank = x->memory->control->bank, records = 0, flows = 0, listed = x->memory->claims->outside[bank];
	bool seen[NEWCOMERS] = { false };

	for (__u32 i = 0; i < GP_BANKS * s->outside_hosts; i++)
		records += x->memory->hosts[s->inside_hosts + i].tag != 0;
	for (__u32 i = 0; i < s->flow_slots; i++)
		flows += x->memory->flows[i].tag && x->memory->flows[i].flags & GP_FLOW_PROVED;
	if (records != NEWCOMERS || listed != NEWCOMERS || flows != NEWCOMERS)
		fail_msg("round %u: %u records, %u listed, %u proved flows; wanted %u of each", round, records, listed, flows,
			 NEWCOMERS);
	for (__u32 i = 0; i < listed; i++) {
		const struct gp_host *host = &x->memory->hosts[x->memory->outside_claims[bank * s->outside_hosts + i]];
		__u32 number = (ntohl(host->addr.words[3]) - newcomer(0)) / 0x101;

		assert_true(host->ready);
		assert_true(number < NEWCOMERS);
		assert_false(seen[number]);
		seen[number] = true;
	}
}

static void test_newcomers(void **state)
{
	struct gp_count sent = { 0 }, outside = { 0 };
	struct gp_totals totals;
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\ntables: {hosts: 1024, outside: 1024, cells: 1024, flows: 4096}\n");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct gp_count kind;

		clear_outside(&x);
		start(&x, work_newcomers);
		sent = sum_counts(sent, finish());
		kind = finish_kind(0);
		check_newcomers(&x, round);
		same_count("records and cells of a round", banked(&x), kind);
		outside = sum_counts(outside, kind);
	}
	clear_outside(&x);
	gp_memory_flush(x.memory, now_ns());
	gp_world_totals(x.world, &totals);
	same_count("received", totals.received, sent);
	same_count("accounted", sum_counts(accounted(&x), outside), sent);
	print_message("  %u rounds, %llu packets\n", ROUNDS, sent.packets);
	exact_close(&x);
}

/* --- what is full -------------------------------------------------------------------------------------------------- */

#define ENDED 5000u /* on each CPU */

static void take_record(void *context, const struct gp_flow_record *record)
{
	struct exact *x = context;

	if (record->end < GP_FLOW_ENDS)
		x->records[record->end]++;
}

static void send_tcp(struct worker *w, __u32 src, __u32 dst, __u16 sport, __u16 dport, __u8 flags, __u32 seq, __u32 ack)
{
	struct frame f;

	frame_tcp(&f, src, dst, sport, dport, flags, seq, ack, 0);
	send_frame(w, &f, 1);
}

/* A mail connection that is opened, proved and reset. */
static void work_ended(struct worker *w)
{
	__u32 client = INSIDE + 10 + w->number;

	for (__u32 i = 0; i < ENDED; i++) {
		__u16 port = (__u16)(1024 + i);

		send_tcp(w, client, OUTSIDE, port, 25, GP_TCP_SYN, 7, 0);
		send_tcp(w, OUTSIDE, client, 25, port, GP_TCP_SYN | GP_TCP_ACK, 70, 8);
		send_tcp(w, client, OUTSIDE, port, 25, GP_TCP_ACK, 8, 71);
		send_tcp(w, client, OUTSIDE, port, 25, GP_TCP_RST | GP_TCP_ACK, 8, 71);
	}
}

static void test_ring_full(void **state)
{
	struct gp_totals totals;
	struct gp_count sent;
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\n");
	start(&x, work_ended);
	sent = finish();
	check_books(&x, sent);
	gp_world_totals(x.world, &totals);
	gp_bpf_drain(&x.bpf, take_record, &x);
	print_message("  %llu flow records, %llu lost, %llu handed over\n", totals.flow_records,
		      totals.flow_records_lost, x.records[GP_FLOW_END_RESET]);
	assert_int_equal(totals.flow_records + totals.flow_records_lost, WORKERS * ENDED);
	assert_true(totals.flow_records >= GP_RECORD_RING);
	assert_true(totals.flow_records_lost > 0);
	assert_int_equal(x.records[GP_FLOW_END_RESET], totals.flow_records);
	exact_close(&x);
}

#define ATTEMPTS 2000u /* on each CPU: more than the ring's room would make records that are lost */

static void work_attempts(struct worker *w)
{
	for (__u32 i = 0; i < ATTEMPTS; i++)
		send_tcp(w, INSIDE + 10 + w->number, OUTSIDE + i % 200, (__u16)(1024 + i), 25, GP_TCP_SYN, i, 0);
}

static void test_evicted(void **state)
{
	__u32 alive = 0, attempts = 0;
	struct gp_totals totals;
	struct gp_count sent;
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\ntables: {flows: 64}\n");
	start(&x, work_attempts);
	sent = finish();
	check_books(&x, sent);
	gp_world_totals(x.world, &totals);
	gp_bpf_drain(&x.bpf, take_record, &x);
	for (__u32 i = 0; i < x.memory->settings->flow_slots; i++)
		alive += x.memory->flows[i].tag != 0;
	for (__u32 i = 0; i < 2; i++)
		attempts += gp_world_host(x.world, i)->services[GP_SERVICE_SMTP].attempts;
	print_message("  %u attempts, %u flows alive, %llu evicted, %llu of mail, %llu records of it, %llu without room\n",
		      attempts, alive, totals.flows_evicted, totals.mail_flows_evicted, x.records[GP_FLOW_END_EVICTED],
		      totals.flows_full);
	assert_int_equal(attempts + totals.flows_full, WORKERS * ATTEMPTS);
	assert_int_equal(totals.flow_records_lost, 0);
	assert_int_equal(totals.mail_flows_evicted, totals.flows_evicted);
	assert_int_equal(x.records[GP_FLOW_END_EVICTED], totals.mail_flows_evicted);
	assert_true(totals.mail_flows_evicted > ATTEMPTS);
	exact_close(&x);
}

#define PREFIXES 20000u /* on each CPU; a cell with one packet gives way, one with more does not */

static void work_prefixes(struct worker *w)
{
	struct frame f;

	for (__u32 i = 0; i < PREFIXES; i++) {
		frame_udp(&f, 0x40000000 + (WORKERS * i + w->number) * 256, OUTSIDE, 18 + i % 50);
		send_frame(w, &f, 1 + i % 3);
	}
}

static void test_cells_full(void **state)
{
	struct gp_totals totals;
	struct gp_count sent, overflow;
	struct exact x;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/24]\ntables: {cells: 64}\n");
	start(&x, work_prefixes);
	sent = finish();
	check_books(&x, sent);
	gp_world_totals(x.world, &totals);
	overflow = of_services(totals.overflow);
	print_message("  %u prefixes known, %llu packets overflow, %llu cells gave way\n", x.world->cell_count,
		      overflow.packets, totals.cells_evicted);
	assert_true(overflow.packets > sent.packets / 2);
	assert_true(totals.cells_evicted > 0);
	same_count("cells and overflow", sum_counts(overflow, accounted_outside(x.world)), sent);
	exact_close(&x);
}

/* --- a flood of forged sources -------------------------------------------------------------------------------------- */

#define FLOOD 5000000u /* on each CPU */
#define TARGETS 1024u
#define SCANNERS 8u
#define SCANNED 300u
#define SCANNER_NET 0xc0000200u /* 192.0.2.0/24 */
#define SCAN_EVERY (WORKERS * FLOOD / (SCANNERS * SCANNED))

/*
 * A permutation of 30 bits: all sources differ, and lie all over 64.0.0.0/2. Among them, on the first CPU, the range that
 * scans; on the second, a subscriber who talks to its server.
 */
static void work_flood(struct worker *w)
{
	struct frame f, scan, talk;
	__u32 scanned = 0;

	frame_tcp(&f, 0, INSIDE, 40000, 80, GP_TCP_SYN, 1, 0, 0);
	frame_tcp(&talk, INSIDE + 7, OUTSIDE, 40000, 443, GP_TCP_ACK, 1, 1, 0);
	for (__u32 i = 0; i < FLOOD && !w->err; i++) {
		__u32 n = WORKERS * i + w->number;

		put32(f.data + 26, 0x40000000 | (n * 0x9e3779b1u & 0x3fffffff));
		put32(f.data + 30, INSIDE + n % TARGETS);
		put32(f.data + 38, n);
		send_frame(w, &f, 1);
		if (i % (SCAN_EVERY / 2) || scanned >= SCANNERS * SCANNED)
			continue;
		if (w->number) {
			send_kind(w, &talk, 3, 1);
			continue;
		}
		frame_tcp(&scan, SCANNER_NET + 1 + scanned % SCANNERS, INSIDE + scanned / SCANNERS, 50000, 22, GP_TCP_SYN,
			  scanned, 0, 0);
		send_kind(w, &scan, 1, 0);
		scanned++;
	}
}

/* As `gatepost run` does each second, until the workers have ended. Return: 0, or what failed. */
static int judge_live(struct exact *x, struct gp_judge *judge)
{
	const struct timespec second = { .tv_sec = 1 };
	__u64 slice = 0;
	int err = 0;

	for (unsigned ended = 0; ended < WORKERS;) {
		__u64 now = now_ns();

		if (now / GP_SLICE_NS != slice)
			err = err ? err : gp_epoch_turn(x->epoch, now);
		slice = now / GP_SLICE_NS;
		err = err ? err : gp_judge_tick(judge, now);
		nanosleep(&second, NULL);
		ended = atomic_load(&stop);
	}
	return err;
}

static void work_flood_and_tell(struct worker *w)
{
	work_flood(w);
	atomic_fetch_add(&stop, 1);
}

static void check_targets(const struct exact *x)
{
	for (__u32 i = 0; i < TARGETS; i++) {
		struct gp_traffic traffic = traffic_of(x, INSIDE + i);
		__u64 wanted = WORKERS * FLOOD / TARGETS + (i < WORKERS * FLOOD % TARGETS) + (i < SCANNED ? SCANNERS : 0);

		if (traffic.received.packets != wanted || traffic.received.bytes != 54 * wanted)
			fail_msg("host %u has received %llu packets, %llu bytes; wanted %llu packets of 54", i,
				 traffic.received.packets, traffic.received.bytes, wanted);
	}
	same_count("the subscriber has sent", traffic_of(x, INSIDE + 7).sent, workers[1].kinds[1]);
}

static void test_flood(void **state)
{
	const struct gp_range_finding *ranges;
	const struct gp_finding *findings;
	struct gp_judge *judge;
	struct gp_totals totals;
	struct gp_count sent;
	struct exact x;
	int count, err;

	(void)state;
	exact_open(&x, "inside: [10.0.0.0/22]\n");
	assert_int_equal(gp_judge_open(&judge, x.world, &x.config->limits, false), 0);
	assert_int_equal(gp_judge_tick(judge, now_ns()), 0);
	start(&x, work_flood_and_tell);
	err = judge_live(&x, judge);
	sent = finish();
	assert_int_equal(err, 0);
	check_books(&x, sent);
	check_targets(&x);
	gp_world_totals(x.world, &totals);
	print_message("  %llu cells gave way, %u prefixes and %u hosts known, %llu without room, %llu flows evicted\n",
		      totals.cells_evicted, x.world->cell_count, x.world->outside_count, totals.outside_full,
		      totals.flows_evicted);
	assert_int_equal(gp_judge_finish(judge, now_ns()), 0);
	count = gp_judge_findings(judge, &findings);
	for (int i = 0; i < count; i++) /* a crowded prefix's addresses get records: the scanners may be named, nobody else */
		assert_int_equal(ntohl(gp_world_host(x.world, findings[i].id)->addr.words[3]) & ~255u, SCANNER_NET);
	print_message("  %d hosts with a verdict, all of the range that scans\n", count);
	count = gp_judge_ranges(judge, &ranges);
	for (int i = 0; i < count; i++)
		print_message("  range %08x/%u: %llu SYNs, %.0f hosts, %.0f endpoints\n", ntohl(ranges[i].addr.words[3]),
			      ranges[i].bits - 96, ranges[i].syn, ranges[i].hosts, ranges[i].endpoints);
	assert_int_equal(count, 1);
	assert_int_equal(ntohl(ranges[0].addr.words[3]), SCANNER_NET);
	assert_int_equal(ranges[0].bits, 96 + 24);
	gp_judge_close(judge);
	exact_close(&x);
}

static unsigned count_cpus(void)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) ? 1 : (unsigned)CPU_COUNT(&allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bulk),	   cmocka_unit_test(test_shared_slice), cmocka_unit_test(test_drained),
		cmocka_unit_test(test_newcomers),  cmocka_unit_test(test_ring_full),	cmocka_unit_test(test_evicted),
		cmocka_unit_test(test_cells_full), cmocka_unit_test(test_flood),
	};

	if (count_cpus() < WORKERS) {
		printf("skip - two CPUs are needed\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	cmocka_set_test_filter(getenv("GP_TEST") ? getenv("GP_TEST") : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
