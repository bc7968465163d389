/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md: sources of floods. */
#include "judge_private.h"
#include "judge_world.h"

#define NONE GP_VERDICT_NONE
#define SUSPECTED GP_VERDICT_SUSPECTED
#define CONFIRMED GP_VERDICT_CONFIRMED

/* What a host does in each slice of 4 s. */
struct burst {
	__u32 syn, answered;
	__u32 contacts, endpoints; /* new ones */
};

static void do_slice(struct world *w, __u32 id, const struct burst *b)
{
	struct gp_host *host = world_host(w, id);

	host->syn += b->syn;
	host->services[GP_SERVICE_TLS].attempts += b->syn;
	host->services[GP_SERVICE_TLS].answered += b->answered;
	host->last_seen_ns = w->now_ns;
	w->cpu.totals.syns += b->syn;
	if (b->contacts) {
		world_distinct(&host->contacts, host->scan.attempts[GP_SCAN_WATCHED][0] + b->contacts);
		world_contacts(w, id, GP_SCAN_WATCHED, b->contacts, b->answered < b->contacts ? b->answered : b->contacts);
	}
	if (b->endpoints)
		world_contacts(w, id, GP_SCAN_ENDPOINT, b->endpoints, 0);
}

/* Another host that has answers: the network is up. */
static void someone_browses(struct world *w, __u32 id)
{
	const struct burst burst = {.syn = 5, .answered = 5};

	do_slice(w, id, &burst);
}

static void open_with(struct world *w, bool trust_inside, __u32 proved)
{
	world_open(w, trust_inside);
	world_claim(w, INSIDE, GP_ROLE_SUBSCRIBER);
	world_claim(w, INSIDE + 1, GP_ROLE_SUBSCRIBER);
	world_host(w, INSIDE)->proved_flows = proved;
	world_host(w, INSIDE)->samples[GP_SAMPLE_CONTACT] =
		(struct gp_sample){.dst = world_v4(0xc6336401), .sport = 40000, .dport = 443};
}

static void do_slices(struct world *w, __u32 id, const struct burst *b, unsigned int slices)
{
	for (unsigned int i = 0; i < slices; i++) {
		do_slice(w, id, b);
		someone_browses(w, INSIDE + 1);
		world_tick(w, w->now_ns + GP_SLICE_NS);
	}
}

static void end_window(struct world *w)
{
	const struct burst none = {.syn = 0};

	do_slices(w, INSIDE, &none, 150);
}

static const struct {
	const char *name;
	struct burst burst;
	unsigned int slices;
	enum gp_verdict verdict; /* with strict; suspected at most without */
} hosts[] = {
	/* The first slice only serves to compare with. */
	{"2,000 SYN/s to one address, 40 s", {.syn = 8000}, 10, CONFIRMED},
	{"four slices: three that are compared", {.syn = 8000}, 4, SUSPECTED},
	{"five", {.syn = 8000}, 5, CONFIRMED},
	{"some are answered", {.syn = 8000, .answered = 700}, 10, CONFIRMED},
	{"to 70 addresses, one after the other", {.syn = 8000, .contacts = 7}, 10, CONFIRMED},
	{"three slices", {.syn = 8000}, 3, NONE},
	{"900 SYN/s", {.syn = 3600}, 100, NONE},
	{"a busy proxy", {.syn = 40000, .answered = 39000, .contacts = 10}, 100, NONE},
	{"a load test of a server that holds", {.syn = 40000, .answered = 40000}, 100, NONE},
	{"of one that takes a tenth", {.syn = 40000, .answered = 4000}, 100, NONE},
	{"a scan of addresses", {.syn = 8000, .contacts = 8000, .endpoints = 8000}, 10, NONE},
	{"a scan of all ports of an address, each tried twice", {.syn = 8000, .endpoints = 4000}, 8, NONE},
};

static void test_hosts(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(hosts); row++) {
		for (int trust = 0; trust < 3; trust++) {
			enum gp_verdict expected = hosts[row].verdict, got;
			struct world w;

			/* Neither trusted nor proved: a neighbour may forge its SYNs. */
			open_with(&w, trust == 2, trust ? 5 : 0);
			do_slices(&w, INSIDE, &hosts[row].burst, hosts[row].slices);
			end_window(&w);
			if (trust < 2 && expected == CONFIRMED)
				expected = SUSPECTED;
			if (!trust)
				expected = NONE;
			got = world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE);
			if (got != expected)
				fail_msg("\"%s\", trust %d: verdict %d", hosts[row].name, trust, got);
			assert_int_equal(world_verdict(&w, INSIDE + 1, GP_KIND_DDOS_SOURCE), NONE);
			world_close(&w);
		}
	}
}

/* A flood is no scan: neither to one port, nor over all ports of one address. */
static void test_no_scanner(void **state)
{
	const struct burst one_port = {.syn = 8000}, all_ports = {.syn = 40000, .endpoints = 16000};
	struct world w;

	(void)state;
	open_with(&w, true, 5);
	do_slices(&w, INSIDE, &one_port, 20);
	end_window(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), NONE);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE), CONFIRMED);
	world_close(&w);

	open_with(&w, true, 5);
	world_distinct(&world_host(&w, INSIDE)->ports, 5000);
	do_slices(&w, INSIDE, &all_ports, 4);
	world_settle(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), SUSPECTED); /* until all of them have been tried */
	do_slices(&w, INSIDE, &one_port, 1);
	do_slices(&w, INSIDE, &one_port, 10);
	end_window(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE), CONFIRMED);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_SCANNER), NONE);
	world_close(&w);
}

/* Bursts with pauses are not sustained. */
static void test_pauses(void **state)
{
	const struct burst burst = {.syn = 8000}, none = {.syn = 0};
	struct world w;

	(void)state;
	open_with(&w, true, 5);
	for (int i = 0; i < 15; i++) {
		do_slices(&w, INSIDE, &burst, 3);
		do_slices(&w, INSIDE, &none, 3);
	}
	end_window(&w);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE), NONE);
	world_close(&w);
}

/* When nobody has an answer the network is down, and busy hosts that try again flood nobody; not for longer than 5 min. */
static void test_outage(void **state)
{
	const struct burst busy = {.syn = 8000}, few = {.syn = 3};
	struct world w;

	(void)state;
	for (unsigned int slices = 70; slices < 200; slices += 60) {
		open_with(&w, true, 5);
		world_claim(&w, INSIDE + 2, GP_ROLE_SUBSCRIBER);
		world_claim(&w, INSIDE + 3, GP_ROLE_SUBSCRIBER);
		for (unsigned int i = 0; i < slices; i++) {
			do_slice(&w, INSIDE, &busy);
			for (__u32 id = INSIDE + 1; id < INSIDE + 4; id++)
				do_slice(&w, id, &few);
			world_tick(&w, w.now_ns + GP_SLICE_NS);
		}
		end_window(&w);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE), slices > 75 ? CONFIRMED : NONE);
		world_close(&w);
	}
}

/* Nothing is known of answers, or of what was new; or it runs the network; or it is reflected at. */
static void test_exempt(void **state)
{
	const struct burst burst = {.syn = 8000};

	(void)state;
	for (int what = 0; what < 4; what++) {
		struct world w;

		open_with(&w, true, 5);
		if (what == 0)
			gp_judge_one_direction(w.judge);
		if (what == 1)
			world_host(&w, INSIDE)->role = GP_ROLE_INFRASTRUCTURE;
		if (what == 2)
			world_host(&w, INSIDE)->backscatter = 10000000;
		for (unsigned int i = 0; i < 10; i++) {
			w.cpu.totals.scan_stale += what == 3;
			do_slices(&w, INSIDE, &burst, 1);
		}
		end_window(&w);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_DDOS_SOURCE), NONE);
		world_close(&w);
	}
}

static void test_finding(void **state)
{
	const struct burst burst = {.syn = 8000, .answered = 80};
	const struct gp_finding *f;
	struct world w;

	(void)state;
	open_with(&w, true, 5);
	do_slices(&w, INSIDE, &burst, 10);
	assert_int_equal(gp_judge_finish(w.judge, w.now_ns), 0);
	f = world_finding(&w, INSIDE, GP_KIND_DDOS_SOURCE);
	assert_non_null(f);
	assert_int_equal(f->standing.state, GP_STATE_CONFIRMED);
	assert_int_equal(f->sample.sport, 40000);
	assert_true(world_observed(world_evidence(f, "flood.rate"), "syn_per_s") == 2000);
	assert_true(world_observed(world_evidence(f, "flood.silence"), "answered") == 80);
	assert_true(fabs(f->score - 13) < 1e-9);
	assert_true(strstr(f->sentence, "2000 connection attempts per second") != NULL);
	assert_true(strlen(f->sentence) < GP_SENTENCE - 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),  cmocka_unit_test(test_no_scanner), cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_outage), cmocka_unit_test(test_exempt),	  cmocka_unit_test(test_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
