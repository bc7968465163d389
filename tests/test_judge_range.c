/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder of docs/detection.md, step 12: scanner ranges, and floods of forged sources, which are none. SYNs go
 * through the data plane's own cells and records, epoch by epoch; the smaller tests write cells by hand.
 */
#include "judge_world.h"

#include <gatepost/stream.h>

#include "epoch.h"
#include "random.h"

/* --- SYNs through the data plane's tables ------------------------------------------------------------------------- */

#define FLOOD_HOSTS 16384u /* records per bank */
#define FLOOD_CELLS 65536u
#define FLOOD_S 24u	   /* six epochs */

struct flooded {
	struct world w;
	struct gp_control control;
	struct gp_epoch *epoch;
	__u32 seq;
};

static void flooded_open(struct flooded *f)
{
	static const struct gp_epoch_options options = {0};
	struct gp_memory *m = &f->w.memory;

	memset(f, 0, sizeof(*f));
	world_open(&f->w, false);
	f->w.settings.outside_hosts = FLOOD_HOSTS;
	f->w.settings.cells = FLOOD_CELLS;
	m->control = &f->control;
	free(m->hosts);
	m->hosts = calloc(WORLD_HOSTS + 2 * (size_t)FLOOD_HOSTS, sizeof(*m->hosts));
	m->outside_claims = calloc(2 * (size_t)FLOOD_HOSTS, sizeof(*m->outside_claims));
	m->cells = calloc(2 * (size_t)FLOOD_CELLS, sizeof(*m->cells));
	m->flows = calloc(1, sizeof(*m->flows));
	assert_non_null(m->hosts);
	assert_non_null(m->outside_claims);
	assert_non_null(m->cells);
	assert_non_null(m->flows);
	assert_int_equal(gp_epoch_open(&f->epoch, f->w.known, &options), 0);
}

static void flooded_close(struct flooded *f)
{
	gp_epoch_close(f->epoch, false);
	free(f->w.memory.outside_claims);
	free(f->w.memory.cells);
	free(f->w.memory.flows);
	world_close(&f->w);
}

/* The clock goes on; each slice begins with an epoch. */
static void flooded_at(struct flooded *f, __u64 now_ns)
{
	if (now_ns / GP_SLICE_NS != f->w.now_ns / GP_SLICE_NS) {
		f->w.cpu.totals.received.packets++; /* no epoch is turned while nothing comes */
		assert_int_equal(gp_epoch_turn(f->epoch, now_ns), 0);
		world_tick(&f->w, now_ns);
	}
	f->w.memory.now_ns = now_ns;
}

/* A new SYN from outside, from and to whomever. */
static void flooded_syn(struct flooded *f, const struct gp_addr *src, const struct gp_addr *dst, __u16 port)
{
	struct gp_scratch *s = &f->w.cpu.scratch;

	s->packet.src = *src;
	s->packet.dst = *dst;
	s->packet.sport = 40000;
	s->packet.dport = port;
	s->packet.seq = ++f->seq;
	s->packet.ip_version = src->halves[0] ? 6 : 4;
	s->src = (struct gp_end){.addr = *src, .slot = GP_NO_SLOT};
	gp_stream_syn(&f->w.memory, s, 0, f->w.memory.now_ns);
}

static __u64 random_state;

static __u32 random_word(void)
{
	return (__u32)(random_xorshift(&random_state) >> 16);
}

/* Subscribers' addresses, 198.18.0.0/16. */
static struct gp_addr random_target(void)
{
	return world_v4(0xc6120000 | (random_word() & 0xffff));
}

struct flood {
	const char *name;
	__u32 prefixes;	   /* /24s, or /48s; 0: all of IPv4 */
	__u32 per_prefix;  /* distinct sources of each */
	__u32 syns;	   /* all in all */
	bool v6;
	bool in_order;	   /* each source in its turn, as often as another; otherwise drawn by chance */
	__u32 range;	   /* /24 of the scanner range that runs among it: 0: one that is not flooded */
};

#define FLOODED 0x0b000000u /* 11.0.0.0 and on */

static struct gp_addr forged_source(const struct flood *flood, __u64 i)
{
	__u64 sources = (__u64)flood->prefixes * flood->per_prefix;
	__u64 source = flood->in_order ? i % sources : ((__u64)random_word() << 20 ^ random_word()) % (sources ? sources : 1);
	__u32 prefix;

	if (!flood->prefixes)
		return world_v4(random_word());
	prefix = (__u32)(source / flood->per_prefix);
	if (flood->v6)
		return (struct gp_addr){.words = {gp_be32_to_host(0x20010db8), gp_be32_to_host(prefix << 16), 0,
						  gp_be32_to_host((__u32)(source % flood->per_prefix) * 2654435761u)}};
	return world_v4(FLOODED + (prefix << 8) + (__u32)(source % flood->per_prefix));
}

static const struct flood floods[] = {
	{"10 M over all of IPv4", 0, 0, 10000000, false, false, 0},
	{"4 M, each once, 16,384 /24s", 16384, 256, 4194304, false, true, 0},
	{"4 SYNs each by chance, 1,024 /24s", 1024, 256, 1048576, false, false, 0},
	{"2 SYNs each by chance, 1,024 /24s, the range in one of them", 1024, 256, 524288, false, false, FLOODED + 0x5500},
	{"2 SYNs each, 1,024 /24s", 1024, 256, 524288, false, true, 0},
	{"3 SYNs each, 1,024 /24s, the range in one of them", 1024, 256, 786432, false, true, FLOODED + 0x5500},
	{"40 SYNs each, 64 /24s", 64, 256, 655360, false, false, 0},
	{"each once, 100 /48s", 100, 2000, 200000, true, true, 0},
	{"3 SYNs each, 200 /48s", 200, 1000, 600000, true, true, 0},
	{"2 SYNs each, 4,000 /48s", 4000, 64, 512000, true, true, 0},
};

#define RANGE_HOSTS 8u
#define RANGE_ENDPOINTS 300u

/* 8 hosts that go through 300 endpoints each, while so many forged SYNs come by. */
static void play_flood(struct flooded *f, const struct flood *flood, __u32 range)
{
	__u64 scans = 0, scans_wanted = RANGE_HOSTS * RANGE_ENDPOINTS;

	random_state = 0x9e3779b97f4a7c15 + flood->syns;
	for (__u64 i = 0; i < flood->syns; i++) {
		struct gp_addr src = forged_source(flood, i), dst = random_target();

		flooded_at(f, START + (i >> 8 << 8) * FLOOD_S * SECOND / flood->syns);
		flooded_syn(f, &src, &dst, 80);
		while (range && scans * flood->syns < i * scans_wanted) {
			src = world_v4(range + 10 + scans % RANGE_HOSTS);
			dst = world_v4(0xc6120000 + (__u32)scans * 7);
			flooded_syn(f, &src, &dst, 23);
			scans++;
		}
	}
	f->w.cpu.totals.received.packets++;
	assert_int_equal(gp_epoch_turn(f->epoch, START + FLOOD_S * SECOND), 0);
	assert_int_equal(gp_judge_finish(f->w.judge, START + FLOOD_S * SECOND), 0);
}

static void check_finding(const struct world *w, const struct gp_range_finding *found)
{
	double sum = 0, odds = log(w->limits.prior / (1 - w->limits.prior)) + found->score;

	for (int i = 0; i < found->evidence_count; i++) {
		assert_true(strlen(found->evidence[i].text) > 10);
		assert_true(strlen(found->evidence[i].text) < sizeof(found->evidence[i].text) - 1);
		assert_true(found->evidence[i].observed_count > 0);
		sum += found->evidence[i].weight;
	}
	assert_true(found->evidence_count > 0);
	assert_true(fabs(sum - found->score) < 1e-9);
	assert_true(fabs(1 / (1 + exp(-odds)) - found->confidence) < 1e-12);
	assert_int_equal(found->kind, GP_RANGE_SCANNER);
	assert_int_equal(found->verdict, GP_VERDICT_SUSPECTED);
}

static void test_floods(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(floods); row++) {
		__u32 range = floods[row].range ? floods[row].range : 0xc0000200; /* 192.0.2.0/24 */
		struct gp_addr prefix = world_v4(range);
		const struct gp_range_finding *found;
		struct flooded f;
		int count;

		flooded_open(&f);
		play_flood(&f, &floods[row], range);
		count = gp_judge_ranges(f.w.judge, &found);
		if (count != 1 || memcmp(&found->addr, &prefix, sizeof(prefix)))
			fail_msg("%s: %d ranges, the first %08x: about %.0f hosts, %.0f endpoints, %llu SYNs",
				 floods[row].name, count, count ? gp_be32_to_host(found->addr.words[3]) : 0,
				 count ? found->hosts : 0, count ? found->endpoints : 0,
				 (unsigned long long)(count ? found->syn : 0));
		check_finding(&f.w, found);
		assert_int_equal(found->bits, 120);
		if (!floods[row].range)
			assert_in_range((unsigned int)found->hosts, RANGE_HOSTS - 3, RANGE_HOSTS + 10);
		assert_in_range((unsigned int)found->endpoints, 64, 2600);
		flooded_close(&f);
	}
}

/* --- cells by hand: each condition at its edge -------------------------------------------------------------------- */

struct tried {
	unsigned int sources, endpoints;
	__u32 syn, answered;
};

static void set_cell(struct gp_cell *cell, const struct gp_addr *prefix, const struct tried *t, double span_s)
{
	*cell = (struct gp_cell){.tag = 1, .addr = *prefix, .bits = prefix->halves[0] ? 48 : 120, .ready = 1,
				 .first_seen_ns = START, .last_seen_ns = START + (__u64)(span_s * 1e9),
				 .syn = t->syn, .answered = t->answered};
	cell->services[GP_SERVICE_OTHER].attempts = t->syn;
	world_distinct(&cell->sources, t->sources);
	world_distinct(&cell->endpoints, t->endpoints);
}

static const struct gp_addr some_v6 = {.bytes = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34}};

static const struct {
	const char *name;
	bool v6;
	struct tried tried;
	double span_s;
	bool is_range;
} edges[] = {
	{"8 hosts, 2,400 endpoints", false, {8, 2400, 2400, 20}, 60, true},
	{"the same, IPv6", true, {8, 2400, 2400, 20}, 60, true},
	{"one host", false, {1, 300, 300, 0}, 60, false},
	{"two", false, {2, 300, 300, 0}, 60, false},
	{"three", false, {3, 300, 300, 0}, 60, true},
	{"a few endpoints", false, {8, 40, 2400, 20}, 60, false},
	{"100 endpoints, 63 SYNs", false, {8, 100, 63, 0}, 60, false},
	{"over within two epochs", false, {8, 2400, 2400, 20}, 7.9, false},
	{"three epochs", false, {8, 2400, 2400, 20}, 8, true},
	{"a fifth is answered", false, {8, 2400, 2400, 480}, 60, true},
	{"more than a fifth is answered", false, {8, 2400, 2400, 481}, 60, false},
	{"a campus behind NAT: all is answered", false, {4, 5000, 90000, 88000}, 3600, false},
	{"two SYNs per source", false, {200, 400, 400, 0}, 60, false},
	{"two SYNs per source, IPv6", true, {4000, 8000, 8000, 0}, 60, false},
	{"three SYNs per source, IPv6", true, {4000, 8000, 12000, 0}, 60, false},
	{"twenty SYNs per source, IPv6", true, {400, 8000, 8000, 0}, 60, true},
	{"a whole /24 scans alone", false, {256, 5000, 20000, 30}, 60, true},
};

static void test_edges(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(edges); row++) {
		struct gp_addr prefix = edges[row].v6 ? some_v6 : world_v4(0xc0000200);
		const struct gp_range_finding *found;
		struct gp_cell cell;
		struct world w;
		int count;

		world_open(&w, false);
		set_cell(&cell, &prefix, &edges[row].tried, edges[row].span_s);
		assert_int_equal(gp_world_add_cell(w.known, &cell), 0);
		assert_int_equal(gp_judge_finish(w.judge, START + 60 * SECOND), 0);
		/* Twice: asking changes nothing. */
		for (int i = 0; i < 2; i++) {
			count = gp_judge_ranges(w.judge, &found);
			if (count != edges[row].is_range)
				fail_msg("%s: %d", edges[row].name, count);
		}
		if (count) {
			check_finding(&w, found);
			assert_int_equal(found->syn, edges[row].tried.syn);
			assert_int_equal(found->answered, edges[row].tried.answered);
			assert_int_equal(found->bits, cell.bits);
			assert_true(found->first_seen_ns == cell.first_seen_ns);
			assert_true(found->last_seen_ns == cell.last_seen_ns);
		}
		world_close(&w);
	}
}

/* --- records of the prefix's hosts -------------------------------------------------------------------------------- */

static void add_host(struct world *w, __u32 addr, __u32 attempts, __u32 answered, unsigned int contacts)
{
	struct gp_host host = {.tag = 1, .addr = world_v4(addr), .bits = 128, .ready = 1, .first_seen_ns = START,
			       .last_seen_ns = START + 50 * SECOND, .syn = 4 * attempts};

	host.services[GP_SERVICE_OTHER].attempts = attempts;
	host.services[GP_SERVICE_TLS].answered = answered;
	for (unsigned int i = 0; i < contacts; i++)
		gp_hll_add(&host.contacts, gp_mix(addr, i));
	assert_int_equal(gp_world_add_host(w->known, &host), 0);
}

static const struct {
	const char *name;
	struct tried cell;
	__u32 hosts, attempts, answered; /* of each */
	unsigned int contacts;
	unsigned int about; /* hosts; 0: no range */
	__u32 earned;	    /* SYNs that the cell saw and a record counted */
} records[] = {
	{"crowded early: its hosts tell the rest", {8, 20, 20, 0}, 8, 300, 0, 300, 8, 0},
	{"its hosts are answered elsewhere", {8, 2400, 2400, 20}, 8, 300, 290, 300, 0, 0},
	{"16 hosts, counted one by one", {8, 20, 20, 0}, 16, 300, 0, 300, 16, 0},
	{"24 hosts, counted one by one", {8, 20, 20, 0}, 24, 300, 0, 300, 24, 0},
	{"40 hosts, counted one by one", {8, 20, 20, 0}, 40, 300, 0, 300, 40, 0},
	{"two hosts scan, those without records once each", {20, 20, 20, 0}, 2, 300, 0, 300, 22, 0},
	{"forged: 200 records with 2 SYNs each", {20, 20, 20, 0}, 200, 2, 0, 2, 0, 0},
	{"forged: 200 records with 4 SYNs each", {20, 20, 20, 0}, 200, 4, 0, 4, 0, 0},
	{"forged: 200 records with 3 SYNs each, all in the cell as well", {200, 600, 20, 0}, 200, 3, 0, 3, 0, 600},
	{"200 records with 8 SYNs each, and no other such prefix", {20, 20, 20, 0}, 200, 8, 0, 8, 220, 0},
};

static void test_records(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(records); row++) {
		struct gp_addr prefix = world_v4(0xc0000200);
		const struct gp_range_finding *found;
		struct gp_cell cell;
		struct world w;
		int count;

		world_open(&w, false);
		add_host(&w, 0xc0000301, 1000, 0, 1000); /* of a prefix without a cell */
		set_cell(&cell, &prefix, &records[row].cell, 1);
		cell.syn += records[row].earned;
		assert_int_equal(gp_world_add_cell(w.known, &cell), 0);
		for (__u32 i = 0; i < records[row].hosts; i++)
			add_host(&w, 0xc0000201 + i, records[row].attempts, records[row].answered, records[row].contacts);
		assert_int_equal(gp_judge_finish(w.judge, START + 60 * SECOND), 0);
		count = gp_judge_ranges(w.judge, &found);
		if (count != (records[row].about > 0))
			fail_msg("%s: %d", records[row].name, count);
		if (count) {
			check_finding(&w, found);
			if (fabs(found->hosts - records[row].about) > 0.4 * records[row].about + 9)
				fail_msg("%s: about %.0f hosts", records[row].name, found->hosts);
			/* A sketch says fewer than were met. */
			if (found->hosts < records[row].hosts || found->evidence[0].observed[0].value < records[row].hosts)
				fail_msg("%s: %.0f hosts", records[row].name, found->hosts);
			assert_true(found->last_seen_ns == START + 50 * SECOND);
		}
		world_close(&w);
	}
}

/* --- hours -------------------------------------------------------------------------------------------------------- */

#define HOUR (3600 * SECOND)

/* What is added to the cell: distinct endpoints from a number on, so many SYNs of which so many are answered. */
static void more(struct world *w, __u32 cell_number, unsigned int from, unsigned int endpoints, __u32 syn,
		 __u32 answered)
{
	struct gp_cell *cell = &w->known->cells[cell_number];

	for (unsigned int i = from; i < from + endpoints; i++)
		gp_hll_add(&cell->endpoints, gp_mix(gp_mix(7, i), i));
	cell->syn += syn;
	cell->services[GP_SERVICE_OTHER].attempts += syn;
	cell->answered += answered;
	cell->last_seen_ns = w->now_ns;
}

static __u32 open_cell(struct world *w, const struct gp_addr *prefix)
{
	static const struct tried once = {4, 1, 1, 0};
	struct gp_cell cell;

	set_cell(&cell, prefix, &once, 0);
	cell.first_seen_ns = cell.last_seen_ns = w->now_ns;
	assert_int_equal(gp_world_add_cell(w->known, &cell), 0);
	return w->known->cell_count - 1;
}

static void go_to(struct world *w, __u64 now_ns)
{
	while (w->now_ns + 300 * SECOND < now_ns)
		world_tick(w, w->now_ns + 300 * SECOND);
	world_tick(w, now_ns);
}

static int range_count(struct world *w)
{
	const struct gp_range_finding *found;
	int count = gp_judge_ranges(w->judge, &found);

	for (int i = 0; i < count; i++)
		check_finding(w, &found[i]);
	return count;
}

/* A few dead servers an hour, for days, are no scan, however many they become. */
static void test_hours_are_apart(void **state)
{
	struct gp_addr prefix = world_v4(0xc0000200);
	struct world w;
	__u32 cell;

	(void)state;
	world_open(&w, false);
	cell = open_cell(&w, &prefix);
	for (unsigned int hour = 0; hour < 48; hour++) {
		more(&w, cell, hour * 20, 20, 40, 0);
		go_to(&w, w.now_ns + 100 * SECOND);
		more(&w, cell, hour * 20, 20, 1, 0);
		assert_int_equal(range_count(&w), 0);
		go_to(&w, w.now_ns + HOUR);
	}
	world_close(&w);
}

/* What was answered before does not excuse an hour of failures, unless most of it was. Verdicts are kept. */
static void test_hours_of_their_own(void **state)
{
	static const struct {
		__u32 answered;
		int ranges;
	} rows[] = {{50000, 0}, {500, 1}};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct gp_addr prefix = world_v4(0xc0000200);
		const struct gp_range_finding *found;
		struct world w;
		__u32 cell;

		world_open(&w, false);
		cell = open_cell(&w, &prefix);
		more(&w, cell, 0, 100, rows[row].answered, rows[row].answered);
		go_to(&w, START + 2 * HOUR);
		more(&w, cell, 100, 900, 900, 10);
		go_to(&w, w.now_ns + 100 * SECOND);
		more(&w, cell, 1000, 100, 100, 0);
		assert_int_equal(range_count(&w), rows[row].ranges);
		go_to(&w, START + 5 * HOUR);
		assert_int_equal(gp_judge_ranges(w.judge, &found), rows[row].ranges);
		if (rows[row].ranges) {
			assert_int_equal(found->syn, 1000);
			assert_int_equal(found->answered, 10);
		}
		/* A worse hour is told instead, and only once. */
		go_to(&w, w.now_ns + 100 * SECOND);
		more(&w, cell, 1100, 9000, 9000, 0);
		assert_int_equal(gp_judge_ranges(w.judge, &found), rows[row].ranges);
		if (rows[row].ranges)
			assert_int_equal(found->syn, 9000);
		world_close(&w);
	}
}

/* The world may give a cell to another prefix: what was remembered is not the new one's. */
static void test_cell_changes_hands(void **state)
{
	struct gp_addr first = world_v4(0xc0000200), second = world_v4(0xcb007100);
	const struct gp_range_finding *found;
	struct world w;
	__u32 cell;

	(void)state;
	world_open(&w, false);
	cell = open_cell(&w, &first);
	more(&w, cell, 0, 500, 500, 0);
	go_to(&w, START + 100 * SECOND);
	more(&w, cell, 0, 500, 500, 0);
	go_to(&w, START + 2 * HOUR);
	assert_int_equal(range_count(&w), 1);
	w.known->cells[cell] = (struct gp_cell){.addr = second, .bits = 120, .ready = 1, .first_seen_ns = w.now_ns};
	world_distinct(&w.known->cells[cell].sources, 4);
	more(&w, cell, 0, 100, 100, 0);
	go_to(&w, w.now_ns + 100 * SECOND);
	more(&w, cell, 100, 10, 10, 0);
	assert_int_equal(gp_judge_ranges(w.judge, &found), 2);
	assert_memory_equal(&found[0].addr, &first, sizeof(first));
	assert_memory_equal(&found[1].addr, &second, sizeof(second));
	assert_int_equal(found[1].syn, 110);
	world_close(&w);
}

/* Where answers are not seen, none are missing. */
static void test_one_direction(void **state)
{
	struct gp_addr prefix = world_v4(0xc0000200);
	struct world w;
	__u32 cell;

	(void)state;
	world_open(&w, false);
	gp_judge_one_direction(w.judge);
	cell = open_cell(&w, &prefix);
	go_to(&w, START + 100 * SECOND);
	more(&w, cell, 0, 500, 500, 0);
	assert_int_equal(range_count(&w), 0);
	go_to(&w, START + HOUR);
	assert_int_equal(range_count(&w), 0);
	world_close(&w);
}

/* Eight hosts that go through 2,400 addresses: each its own 300, or all the same; and seven of them. */
static void test_partition(void **state)
{
	static const struct {
		unsigned int hosts;
		bool same, partition;
	} runs[] = {{8, false, true}, {8, true, false}, {7, false, false}, {30, false, true}};
	struct gp_addr prefix = world_v4(0xc0000200);

	(void)state;
	for (size_t run = 0; run < ROWS(runs); run++) {
		static const struct tried tried = {8, 2400, 2400, 20};
		const struct gp_range_finding *found;
		const struct gp_evidence *e = NULL;
		struct gp_cell cell;
		struct world w;

		world_open(&w, false);
		set_cell(&cell, &prefix, &tried, 60);
		assert_int_equal(gp_world_add_cell(w.known, &cell), 0);
		for (__u32 i = 0; i < runs[run].hosts; i++) {
			add_host(&w, 0xc0000201 + i, 300, 0, 0);
			for (__u32 k = 0; k < 300; k++)
				gp_hll_add(&world_host(&w, OUTSIDE + i)->contacts, gp_mix(gp_mix(7, runs[run].same ? 0 : i), k));
		}
		assert_int_equal(gp_judge_finish(w.judge, START + 60 * SECOND), 0);
		assert_int_equal(gp_judge_ranges(w.judge, &found), 1);
		check_finding(&w, found);
		for (int i = 0; i < found->evidence_count; i++) {
			if (!strcmp(found->evidence[i].rule, "range.partition"))
				e = &found->evidence[i];
		}
		assert_int_equal(e != NULL, runs[run].partition);
		if (e)
			assert_true(fabs(world_observed(e, "overlap") - 1) < 0.3);
		world_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),		 cmocka_unit_test(test_records),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_hours_are_apart),	 cmocka_unit_test(test_hours_of_their_own),
		cmocka_unit_test(test_cell_changes_hands), cmocka_unit_test(test_one_direction),
		cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
