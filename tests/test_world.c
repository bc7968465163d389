/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "epoch_memory.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <gatepost/sketch.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct gp_world *world_of(struct lab *lab)
{
	struct gp_world *world;

	assert_int_equal(gp_world_open(&world, &lab->memory), 0);
	return world;
}

/* A drained host with something in every counter; @k scales it. */
static struct gp_host some_host(struct gp_addr addr, __u32 k)
{
	struct gp_host host = {
		.tag = 77,
		.addr = addr,
		.bits = 128,
		.ready = 1,
		.first_seen_ns = 1000 - k,
		.last_seen_ns = 1000 + k,
		.sent = {10ull * k, 1000ull * k},
		.received = {20ull * k, 2000ull * k},
		.syn = k,
		.syn_ack = 2 * k,
		.fin = 3 * k,
		.rst = 4 * k,
		.half_open = 5 * k,
		.backscatter = 6 * k,
		.proved_flows = 7 * k,
	};

	for (unsigned int i = 0; i < GP_SERVICES; i++)
		host.services[i] = (struct gp_service_count){{i * k, 100ull * i * k}, k, 2 * k, 3 * k, 4 * k};
	host.smtp[0].commands[GP_SMTP_RCPT] = k;
	host.smtp[1].replies[GP_STAGE_RCPT][GP_REPLY_5XX] = k;
	host.smtp[1].lines_skipped = k;
	host.http.requests[GP_HTTP_POST] = k;
	host.http.without_referrer = k;
	host.tls.sni[GP_SNI_PRESENT] = k;
	host.scan.attempts[GP_SCAN_WATCHED][3] = k;
	host.scan.answers[GP_SCAN_ENDPOINT][1] = 2 * k;
	host.contacts.registers[k % GP_HLL_REGISTERS] = (__u8)k;
	host.ports.registers[0] = (__u8)k;
	host.mx.registers[63] = (__u8)(100 - k);
	return host;
}

static void test_add_host(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_host a = some_host(lab_v4(0x01020304), 3), b = some_host(lab_v4(0x01020304), 5), both;
	const struct gp_host *got;

	(void)state;
	a.samples[GP_SAMPLE_CONTACT] = (struct gp_sample){lab_v4(1), 1, 2, 0};
	b.samples[GP_SAMPLE_CONTACT] = (struct gp_sample){lab_v4(2), 3, 4, 0};
	b.samples[GP_SAMPLE_SMTP] = (struct gp_sample){lab_v4(3), 5, 25, 0};
	assert_int_equal(gp_world_add_host(world, &a), 0);
	assert_int_equal(gp_world_add_host(world, &b), 0);
	assert_int_equal(world->outside_count, 1);
	both = some_host(lab_v4(0x01020304), 8);
	both.first_seen_ns = 995;
	both.last_seen_ns = 1005;
	both.samples[GP_SAMPLE_CONTACT] = a.samples[GP_SAMPLE_CONTACT];
	both.samples[GP_SAMPLE_SMTP] = b.samples[GP_SAMPLE_SMTP];
	memset(&both.contacts, 0, sizeof(both.contacts));
	both.contacts.registers[3] = 3;
	both.contacts.registers[5] = 5;
	both.ports.registers[0] = 5;
	both.mx.registers[63] = 97;
	got = gp_world_host(world, gp_world_inside_end(world));
	assert_non_null(got);
	assert_memory_equal(got, &both, sizeof(both));
	assert_null(gp_world_host(world, gp_world_inside_end(world) + 1));
	gp_world_close(world);
	lab_close(lab);
}

/* Counters of 32 bits stay at the top; those that are read as differences wrap round. */
static void test_saturation(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_host a = some_host(lab_v4(9), 1), b = a;
	struct gp_cell cell = {.addr = lab_prefix(1), .bits = 120, .syn = ~0u, .answered = 1};

	(void)state;
	a.syn = a.services[1].flows = a.smtp[0].commands[3] = a.tls.hellos = ~0u - 1;
	b.syn = b.services[1].flows = b.smtp[0].commands[3] = b.tls.hellos = 7;
	a.scan.attempts[0][0] = ~0u;
	b.scan.attempts[0][0] = 3;
	assert_int_equal(gp_world_add_host(world, &a), 0);
	assert_int_equal(gp_world_add_host(world, &b), 0);
	assert_int_equal(world->outside[0].syn, ~0u);
	assert_int_equal(world->outside[0].services[1].flows, ~0u);
	assert_int_equal(world->outside[0].smtp[0].commands[3], ~0u);
	assert_int_equal(world->outside[0].tls.hellos, ~0u);
	assert_int_equal(world->outside[0].scan.attempts[0][0], 2);
	assert_int_equal(gp_world_add_cell(world, &cell), 0);
	assert_int_equal(gp_world_add_cell(world, &cell), 0);
	assert_int_equal(world->cells[0].syn, ~0u);
	assert_int_equal(world->cells[0].answered, 2);
	gp_world_close(world);
	lab_close(lab);
}

static void test_growth(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	const __u32 many = 5000;

	(void)state;
	for (__u32 round = 1; round <= 2; round++)
		for (__u32 i = 0; i < many; i++) {
			struct gp_host host = some_host(lab_v4(i * 2654435761u), i % 90);

			assert_int_equal(gp_world_add_host(world, &host), 0);
			assert_int_equal(world->outside_count, round == 1 ? i + 1 : many);
		}
	for (__u32 i = 0; i < many; i++) {
		const struct gp_host *host = gp_world_host(world, gp_world_inside_end(world) + i);
		struct gp_addr addr = lab_v4(i * 2654435761u);

		assert_memory_equal(&host->addr, &addr, sizeof(addr));
		assert_int_equal(host->sent.packets, 2 * 10 * (i % 90));
	}
	gp_world_close(world);
	lab_close(lab);
}

static void test_add_cell(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_cell a = {.addr = lab_prefix(1), .bits = 120, .first_seen_ns = 5, .last_seen_ns = 6, .syn = 1,
			    .answered = 2, .crowd = 2, .touched = 9}, b = a;

	(void)state;
	a.services[2] = (struct gp_service_count){{1, 2}, 3, 4, 5, 6};
	a.endpoints.registers[0] = a.endpoints.registers[1] = 1;
	a.sources.registers[4] = 9;
	b.services[2] = (struct gp_service_count){{10, 20}, 30, 40, 50, 60};
	b.endpoints.registers[1] = b.endpoints.registers[2] = 4;
	b.first_seen_ns = 4;
	b.last_seen_ns = 5;
	assert_int_equal(gp_world_add_cell(world, &a), 0);
	assert_int_equal(gp_world_add_cell(world, &b), 0);
	b.bits = 48; /* another prefix */
	assert_int_equal(gp_world_add_cell(world, &b), 0);
	assert_int_equal(world->cell_count, 2);
	a.services[2] = (struct gp_service_count){{11, 22}, 33, 44, 55, 66};
	a.endpoints.registers[1] = a.endpoints.registers[2] = 4;
	a.first_seen_ns = 4;
	a.syn = 2;
	a.answered = 4;
	a.crowd = 3;
	a.senders = 1;
	a.touched = 18;
	assert_memory_equal(&world->cells[0], &a, sizeof(a));
	gp_world_close(world);
	lab_close(lab);
}

static void add_to_sum(struct gp_service_sum *sum, const struct gp_service_count *service)
{
	sum->packets += service->traffic.packets;
	sum->bytes += service->traffic.bytes;
	sum->flows += service->flows;
	sum->attempts += service->attempts;
	sum->answered += service->answered;
	sum->confirmed += service->confirmed;
}

/* All that a world knows of one service outside, wherever it ended up. */
static struct gp_service_sum outside_sum(const struct gp_world *world, unsigned int service)
{
	struct gp_service_sum sum = world->cells_beyond[service];

	for (__u32 i = 0; i < world->outside_count; i++)
		add_to_sum(&sum, &world->outside[i].services[service]);
	for (__u32 i = 0; i < world->cell_count; i++)
		add_to_sum(&sum, &world->cells[i].services[service]);
	return sum;
}

/* Beyond its bounds the world knows fewer names; the sums stay whole. */
static void test_bounds(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_service_sum expected[GP_SERVICES] = {0};
	__u32 cell_syn = 0;

	(void)state;
	world->outside_max = 10;
	world->cell_max = 5;
	for (__u32 i = 0; i < 2 * LAB_ADDRESSES; i++) {
		struct gp_host host = some_host(lab_address(i % LAB_ADDRESSES), i % 90);

		for (unsigned int service = 0; service < GP_SERVICES; service++)
			add_to_sum(&expected[service], &host.services[service]);
		assert_int_equal(gp_world_add_host(world, &host), 0);
	}
	assert_int_equal(world->outside_count, 10);
	assert_int_equal(world->cell_count, 5);
	assert_int_equal(world->outside_folded, 2 * (LAB_ADDRESSES - 10));
	for (unsigned int service = 0; service < GP_SERVICES; service++) {
		struct gp_service_sum sum = outside_sum(world, service);

		assert_memory_equal(&sum, &expected[service], sizeof(sum));
		assert_true(world->cells_beyond[service].flows > 0);
	}
	/* Address 10 is the first that finds no room: with its neighbours 11 and 8 to 11 it lies in 203.0.115.0/24. */
	assert_int_equal(world->cells[0].bits, 96 + 24);
	assert_int_equal(world->cells[0].addr.bytes[14], 0x73);
	assert_int_equal(world->cells[0].addr.bytes[15], 0);
	for (__u32 i = 0; i < 2 * LAB_ADDRESSES; i++)
		if (i % LAB_ADDRESSES == 10 || i % LAB_ADDRESSES == 11)
			cell_syn += i % 90;
	assert_int_equal(world->cells[0].syn, cell_syn);
	assert_int_equal(world->cells[1].bits, 48);
	gp_world_close(world);
	lab_close(lab);
}

static struct gp_cell seen_cell(__u32 prefix, __u32 packets, __u64 now_s)
{
	struct gp_cell cell = {
		.bits = 96 + 24,
		.ready = 1,
		.touched = packets,
		.first_seen_ns = now_s * 1000000000,
		.last_seen_ns = now_s * 1000000000,
	};

	cell.addr = lab_v4(prefix << 8);
	cell.services[GP_SERVICE_OTHER].traffic.packets = packets;
	return cell;
}

/* Is there a cell of a prefix, found and not only there? */
static bool knows(struct gp_world *world, __u32 prefix)
{
	struct gp_cell cell = seen_cell(prefix, 0, 0);
	struct gp_cell *known = NULL;
	__u64 first_ns;

	for (__u32 i = 0; i < world->cell_count; i++)
		if (!memcmp(&world->cells[i].addr, &cell.addr, sizeof(cell.addr)))
			known = &world->cells[i];
	if (!known)
		return false;
	first_ns = known->first_seen_ns;
	assert_int_equal(gp_world_add_cell(world, &cell), 0);
	assert_int_equal(known->first_seen_ns, 0);
	known->first_seen_ns = first_ns;
	return true;
}

#define FLOOD 64u
#define COMES 16 /* as often as it takes to look at all */

/* A table full of @packets each, seen at second 100; then prefix 1000 comes, again and again until all were looked at. */
static void test_cells_give_way(void **state)
{
	static const struct {
		const char *what;
		__u32 packets, new_packets;
		__u64 new_s;
		bool finds_room;
	} rows[] = {
		{"a scanner among forged sources", 1, 3, 100, true},
		{"a scanner among sources seen twice", 2, 3, 100, true},
		{"one more forged source", 1, 1, 104, false},
		{"one more, almost a minute later", 1, 1, 159, false},
		{"one more, a minute later", 1, 1, 160, true},
		{"a scanner among scanners", 3, 1000, 100, false},
		{"a scanner among silent scanners", 3, 1000, 10000, false},
		{"a clock that goes back", 1, 1, 1, false},
	};

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct lab *lab = lab_open();
		struct gp_world *world = world_of(lab);
		__u64 packets = FLOOD * rows[row].packets + COMES * rows[row].new_packets;
		struct gp_cell cell;

		world->cell_max = FLOOD;
		for (__u32 i = 0; i < FLOOD; i++) {
			cell = seen_cell(i, rows[row].packets, 100);
			assert_int_equal(gp_world_add_cell(world, &cell), 0);
		}
		cell = seen_cell(1000, rows[row].new_packets, rows[row].new_s);
		for (int i = 0; i < COMES; i++)
			assert_int_equal(gp_world_add_cell(world, &cell), 0);
		assert_int_equal(world->cell_count, FLOOD);
		if (knows(world, 1000) != rows[row].finds_room)
			fail_msg("%s: %s room", rows[row].what, rows[row].finds_room ? "no" : "there was");
		assert_int_equal(outside_sum(world, GP_SERVICE_OTHER).packets, packets);
		gp_world_close(world);
		lab_close(lab);
	}
}

/* Cells that came and went by the thousand: those that are there are found, each of them once, and nothing is lost. */
static void test_cells_come_and_go(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	__u64 packets = 0, random = 1;

	(void)state;
	world->cell_max = 512; /* the index is half full: long chains */
	for (__u32 i = 0; i < 40000; i++) {
		struct gp_cell cell;

		random = gp_mix(random, i);
		cell = seen_cell(random % 4096, 1 + (random >> 32) % 4 / 3 * 2, i / 100);
		packets += cell.touched;
		assert_int_equal(gp_world_add_cell(world, &cell), 0);
		if (i % 500 == 0) /* or all would have counted enough to stay */
			for (__u32 k = 0; k < world->cell_count; k++)
				world->cells[k].touched = k % 8 ? 1 : 3;
	}
	assert_int_equal(world->cell_count, 512);
	for (__u32 i = 0, found = 0; i < 4096; i++) {
		found += knows(world, i);
		assert_true(i < 4095 || found == 512);
	}
	assert_int_equal(world->cell_count, 512);
	assert_int_equal(outside_sum(world, GP_SERVICE_OTHER).packets, packets);
	gp_world_close(world);
	lab_close(lab);
}

static void test_reserve(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);

	(void)state;
	assert_int_equal(gp_world_reserve(world, 1000, 2000), 0);
	assert_true(world->outside_capacity >= 1000 && world->cell_capacity >= 3000);
	world->outside_max = 2000;
	world->cell_max = 5000;
	assert_int_equal(gp_world_reserve(world, ~0u, ~0u), 0);
	assert_in_range(world->outside_capacity, 2000, 4000);
	assert_in_range(world->cell_capacity, 5000, 10000);
	gp_world_close(world);
	lab_close(lab);
}

static void test_inside_hosts(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);

	(void)state;
	assert_null(gp_world_host(world, 0));
	lab_inside_record(lab, 7);
	lab_inside_record(lab, 3);
	assert_ptr_equal(gp_world_host(world, 0), &lab->hosts[0]);
	assert_int_equal(gp_world_host(world, 1)->tag, 4);
	assert_null(gp_world_host(world, 2));
	lab->hosts[0].ready = 0;
	assert_null(gp_world_host(world, 0));
	lab->claims.hosts = LAB_INSIDE + 5; /* the pool is used up: numbers run on */
	assert_int_equal(gp_world_inside_count(world), LAB_INSIDE);
	assert_null(gp_world_host(world, LAB_INSIDE));
	gp_world_close(world);
	lab_close(lab);
}

static void test_slot_traffic(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_traffic traffic, zero = {0};

	(void)state;
	lab_inside(lab, 0, 5, GP_SERVICE_TLS, true, 10, 1000);
	lab_inside(lab, 1, 5, GP_SERVICE_TLS, false, 20, 3000);
	lab_inside(lab, 1, 5, GP_SERVICE_SMTP, true, 1, 60);
	lab_inside(lab, 0, 5, GP_SERVICE_MAILBOX, false, 2, 120);
	lab_inside(lab, 0, 6, GP_SERVICE_OTHER, false, 9, 900);
	lab_spill(lab, 5, &lab->hot[5].traffic[GP_SERVICE_TLS], &lab->hot[5].sent, GP_SERVICE_TLS);
	assert_int_equal(lab->hosts[0].sent.packets, 10);
	gp_world_slot_traffic(world, 5, &traffic);
	assert_int_equal(traffic.sent.packets, 11);
	assert_int_equal(traffic.sent.bytes, 1060);
	assert_int_equal(traffic.received.packets, 22);
	assert_int_equal(traffic.received.bytes, 3120);
	assert_int_equal(traffic.services[GP_SERVICE_TLS].packets, 30);
	assert_int_equal(traffic.services[GP_SERVICE_TLS].bytes, 4000);
	assert_int_equal(traffic.services[GP_SERVICE_SMTP].packets, 1);
	assert_int_equal(traffic.services[GP_SERVICE_MAILBOX].bytes, 120);
	/* A record that is not ready is not read; what a dead data plane left half spilled is read all the same. */
	lab->hosts[0].ready = 0;
	gp_world_slot_traffic(world, 5, &traffic);
	assert_int_equal(traffic.services[GP_SERVICE_TLS].packets, 20);
	lab->hosts[0].ready = 1;
	lab->hosts[0].spills_begun++;
	gp_world_slot_traffic(world, 5, &traffic);
	assert_int_equal(traffic.services[GP_SERVICE_TLS].packets, 30);
	gp_world_slot_traffic(world, LAB_SLOTS, &traffic);
	assert_memory_equal(&traffic, &zero, sizeof(zero));
	gp_world_close(world);
	lab_close(lab);
}

#define SMALL_BURST (1u << 14) /* a word that is missed or read twice is 512 of them: more than come during a reading */

/* Counts in one slot until it is killed. Both marks are set around each burst. */
static void count_for_ever(struct lab *lab, __u64 *begun, __u64 *done)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (__u64 i = 0;; i++) {
		__atomic_store_n(begun, (i + 1) * SMALL_BURST, __ATOMIC_SEQ_CST);
		lab_inside(lab, 0, 1, i % 2 ? GP_SERVICE_TLS : GP_SERVICE_SMTP, i % 3, SMALL_BURST, 8);
		__atomic_store_n(done, (i + 1) * SMALL_BURST, __ATOMIC_SEQ_CST);
	}
}

/* A reading lies between what had been counted before it and what was being counted after it, spills or not. */
static void test_reading_while_it_counts(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	__u64 *begun = &lab->truth.sent[400].packets, *done = &lab->truth.sent[401].packets, low, high, seen;
	unsigned int between = 0;
	struct gp_traffic traffic;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_return_code(pid, 0);
	if (!pid)
		count_for_ever(lab, begun, done);
	/* Where there are few CPUs the two may take turns for long: go on until they have met. */
	for (unsigned int i = 0; i < 200000 || ((between <= 100 || lab->hosts[0].spills_done <= 100) && i < 1u << 25); i++) {
		low = __atomic_load_n(done, __ATOMIC_SEQ_CST);
		gp_world_slot_traffic(world, 1, &traffic);
		high = __atomic_load_n(begun, __ATOMIC_SEQ_CST);
		seen = traffic.services[GP_SERVICE_TLS].packets + traffic.services[GP_SERVICE_SMTP].packets;
		between += high != low;
		if (seen >= low && seen <= high)
			continue;
		kill(pid, SIGKILL);
		fail_msg("reading %u: %llu is not between %llu and %llu", i, seen, low, high);
	}
	assert_true(lab->hosts[0].spills_done > 100);
	assert_true(between > 100);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	gp_world_close(world);
	lab_close(lab);
}

static void test_totals(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_totals *a = &lab->cpus[0].totals, *b = &lab->cpus[1].totals, sum;

	(void)state;
	a->received = (struct gp_count){1, 100};
	b->received = (struct gp_count){2, 200};
	a->unparsed[GP_PARSE_ARP].packets = 3;
	b->unparsed[GP_PARSE_ARP].packets = 4;
	b->unparsed[GP_PARSE_STATUSES - 1].bytes = 5;
	a->overflow[1] = (struct gp_service_count){{1, 2}, 3, 4, 5, 6};
	b->overflow[1] = (struct gp_service_count){{10, 20}, 30, 40, ~0u, 60};
	a->observations_lost = 7;
	b->observations_lost = 8;
	a->scan_stale = 9;
	b->foreign_source = 10;
	gp_world_totals(world, &sum);
	assert_int_equal(sum.received.packets, 3);
	assert_int_equal(sum.received.bytes, 300);
	assert_int_equal(sum.unparsed[GP_PARSE_ARP].packets, 7);
	assert_int_equal(sum.unparsed[GP_PARSE_STATUSES - 1].bytes, 5);
	assert_int_equal(sum.overflow[1].traffic.packets, 11);
	assert_int_equal(sum.overflow[1].traffic.bytes, 22);
	assert_int_equal(sum.overflow[1].flows, 33);
	assert_int_equal(sum.overflow[1].attempts, 44);
	assert_int_equal(sum.overflow[1].answered, ~0u);
	assert_int_equal(sum.overflow[1].confirmed, 66);
	assert_int_equal(sum.observations_lost, 15);
	assert_int_equal(sum.scan_stale, 9);
	assert_int_equal(sum.foreign_source, 10);
	gp_world_close(world);
	lab_close(lab);
}

static const struct {
	const char *name;
	struct gp_addr first;
	__u8 bits;
	__u32 index;
	struct gp_addr address;
} addresses[] = {
	{"IPv4", {.bytes = {[10] = 255, [11] = 255, 10, 0, 0, 0}}, 128, 77, {.bytes = {[10] = 255, [11] = 255, 10, 0, 0, 77}}},
	{"first", {.bytes = {0x20, 1}}, 56, 0, {.bytes = {0x20, 1}}},
	{"/56", {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2}}, 56, 255, {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 255}}},
	{"/60: no whole bytes", {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 0x30}}, 60, 0xab,
	 {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 0x3a, 0xb0}}},
	{"/61", {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2}}, 61, 255, {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 0x07, 0xf8}}},
	{"/64", {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 3}}, 64, 9, {.bytes = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 9}}},
	{"/8: the first byte", {.bytes = {0}}, 8, 0xfd, {.bytes = {0xfd}}},
	{"a carry", {.bytes = {0x20, 1, 0xd, 0xb8, 1, 0xff, 255}}, 56, 1, {.bytes = {0x20, 1, 0xd, 0xb8, 2}}},
};

static void test_slot_address(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_addr addr;
	__u8 bits;

	(void)state;
	for (size_t i = 0; i < ROWS(addresses); i++) {
		lab->chunks[1].first = addresses[i].first;
		lab->chunks[1].bits = addresses[i].bits;
		if (!gp_world_slot_address(world, GP_CHUNK_SLOTS + addresses[i].index, &addr, &bits) ||
		    bits != addresses[i].bits || memcmp(&addr, &addresses[i].address, sizeof(addr)))
			fail_msg("%s", addresses[i].name);
	}
	lab->chunks[1].ready = 0;
	assert_false(gp_world_slot_address(world, GP_CHUNK_SLOTS, &addr, &bits));
	assert_false(gp_world_slot_address(world, LAB_SLOTS, &addr, &bits));
	assert_false(gp_world_slot_address(world, ~0u, &addr, &bits));
	gp_world_close(world);
	lab_close(lab);
}

static void test_flow_records(void **state)
{
	struct lab *lab = lab_open();
	struct gp_world *world = world_of(lab);
	struct gp_flow_record record = {.end = GP_FLOW_END_RESET};

	(void)state;
	gp_world_flow_record(world, &record);
	gp_world_flow_record(world, &record);
	record.end = GP_FLOW_ENDS; /* nothing that we know */
	gp_world_flow_record(world, &record);
	assert_int_equal(world->flow_records[GP_FLOW_END_RESET], 2);
	assert_int_equal(world->flow_records[GP_FLOW_END_CLOSED], 0);
	gp_world_close(world);
	lab_close(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_host),
		cmocka_unit_test(test_saturation),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_add_cell),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cells_give_way),
		cmocka_unit_test(test_cells_come_and_go),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_inside_hosts),
		cmocka_unit_test(test_slot_traffic),
		cmocka_unit_test(test_reading_while_it_counts),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_slot_address),
		cmocka_unit_test(test_flow_records),
	};

	return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
