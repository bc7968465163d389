/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What answers are made of, where tests/api.py cannot look: rates, who an address is, agents that fail. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"
#include "rates.h"
#include "report_select.h"
#include "report_world.h"

/* --- rates -------------------------------------------------------------------------------------------------------- */

static void test_rates(void **state)
{
	struct gp_rates rates = { 0 };
	struct gp_count received = { 0 };
	struct gp_rate_now now = gp_rates_now(&rates, START, &received);

	(void)state;
	assert_true(now.interval_s == 0 && now.packets_per_s == 0);
	/* 1,000 packets of 125 bytes a second, for two minutes; then ten times as many. */
	for (unsigned slice = 0; slice < 30; slice++) {
		gp_rates_add(&rates, START + slice * 4 * SECOND, &received);
		received.packets += 4000;
		received.bytes += 500000;
	}
	now = gp_rates_now(&rates, START + 120 * SECOND, &received);
	assert_true(fabs(now.packets_per_s - 1000) < 1e-9 && fabs(now.bits_per_s - 1e6) < 1e-6);
	assert_true(now.interval_s >= 60 && now.interval_s <= 70);
	/* In the instant of the only sample nothing is known. */
	rates = (struct gp_rates){ 0 };
	gp_rates_add(&rates, START, &received);
	assert_true(gp_rates_now(&rates, START, &received).interval_s == 0);
	/* What is older than that minute says nothing of now. */
	assert_true(gp_rates_now(&rates, START + 71 * SECOND, &received).interval_s == 0);
}

/* --- who an address is -------------------------------------------------------------------------------------------- */

static void test_find(void **state)
{
	struct world *w = world_new(3);
	const struct gp_host *single = world_host(w, "10.0.0.7", 128, GP_ROLE_SUBSCRIBER);
	const struct gp_host *wide = world_host(w, "2001:db8:0:100::", 56, GP_ROLE_SUBSCRIBER);
	const struct gp_host *outside = world_host(w, "198.51.100.66", 128, GP_ROLE_OUTSIDE);
	const struct {
		const char *addr;
		const struct gp_host *host;
	} rows[] = {
		{ "10.0.0.7", single },		 { "10.0.0.8", NULL },	      { "10.0.1.7", NULL },
		{ "2001:db8:0:100::", wide },	 { "2001:db8:0:1ff:1::9", wide }, { "2001:db8:0:200::1", NULL },
		{ "2001:db8:0:ff::1", NULL },	 { "198.51.100.66", outside },	  { "198.51.100.67", NULL },
		{ "::", NULL },			 { "255.255.255.255", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_addr addr = world_addr(rows[i].addr);
		__u32 id = 12345;
		bool found = gp_world_find(w->world, &addr, &id);

		if (found != (rows[i].host != NULL) || (found && gp_world_host(w->world, id) != rows[i].host))
			fail_msg("%s: %d, %u", rows[i].addr, found, id);
		if (!found)
			assert_int_equal(id, 12345);
	}
	world_free(w);
}

/* An IPv4 subscriber with four addresses has the slot of the first one. */
static void test_find_pool(void **state)
{
	struct world *w = world_new(0);
	struct gp_host *host;

	(void)state;
	w->prefixes[0] = (struct gp_range){ .first = world_addr("10.7.0.0"), .last = world_addr("10.7.255.255"),
					    .subscriber_bits = 96 + 30, .role = GP_ROLE_SUBSCRIBER };
	host = world_host(w, "10.7.0.4", 128, GP_ROLE_SUBSCRIBER);
	host->bits = 96 + 30;
	for (unsigned last = 2; last < 10; last++) {
		char text[16];
		struct gp_addr addr;
		__u32 id;

		snprintf(text, sizeof(text), "10.7.0.%u", last);
		addr = world_addr(text);
		assert_int_equal(gp_world_find(w->world, &addr, &id), last >= 4 && last < 8);
	}
	world_free(w);
}

/* --- agents that fail --------------------------------------------------------------------------------------------- */

struct agent {
	struct world *world;
	int err, turn_err, turns;
	struct gp_status status;
	const char *said;
};

static int view_report(void *context, bool turn, struct gp_report *out)
{
	struct agent *a = context;

	*out = a->world->report;
	a->turns += turn;
	return turn && a->turn_err ? a->turn_err : a->err;
}

static void view_status(void *context, struct gp_status *out)
{
	*out = ((struct agent *)context)->status;
}

static int view_reload(void *context, char *said, size_t size)
{
	struct agent *a = context;

	snprintf(said, size, "%s", a->said);
	return a->err;
}

/* The answer, to be freed; its text terminated. */
static struct gp_answer ask(struct gp_answers *answers, const char *line)
{
	struct gp_query_error error;
	struct gp_answer out = { 0 };
	struct gp_query q;

	assert_int_equal(gp_query_from_json(&q, line, strlen(line), START, &error), 0);
	gp_answer_ask(gp_answers_answer, answers, &q, &out);
	gp_answer_write(&out, "", 1);
	return out;
}

static void expect(struct gp_answers *answers, const char *line, int status, const char *holds)
{
	struct gp_answer out = ask(answers, line);

	if (out.status != status || !strstr(status == 200 ? out.text : out.error, holds))
		fail_msg("%s: %d %s%s", line, out.status, out.error, out.text);
	gp_answer_free(&out);
}

static void test_agent(void **state)
{
	const struct gp_status_interface interface = { .name = "eth0", .mode = "native", .attached = true };
	struct agent a = { .world = world_office(1), .said = "" };
	struct gp_agent_view view = { .context = &a, .report = view_report, .status = view_status };
	struct gp_answers *answers;

	(void)state;
	assert_int_equal(gp_answers_open(&answers, &view), 0);
	a.status = (struct gp_status){ .interfaces = &interface, .interface_count = 1,
				       .epoch_ns = a.world->report.end_ns - 4 * SECOND };
	expect(answers, "{\"query\":\"health\"}", 200, "\"healthy\":true,\"lag_s\":4.000");
	expect(answers, "{\"query\":\"metrics\"}", 200, "\ngatepost_service_packets_total{service=\"smtp\"} 2040\n");
	expect(answers, "{\"query\":\"metrics\"}", 200, "\ngatepost_epoch_lag_seconds 4.000000000\n");
	expect(answers, "{\"query\":\"hosts\"}", 200, "\"matching\":0,\"hosts\":[]}");
	expect(answers, "{\"query\":\"explain\",\"address\":\"10.0.0.7\"}", 200, "\"known\":true,\"opinions\":[],\"hosts\":[{");
	expect(answers, "{\"query\":\"reload\"}", 501, "no configuration file");
	a.status.epoch_ns -= 60 * SECOND;
	expect(answers, "{\"query\":\"health\"}", 503, "nothing was committed for 64 s");
	a.err = -ENOSPC;
	expect(answers, "{\"query\":\"report\"}", 500, "report: No space left on device");
	expect(answers, "{\"query\":\"status\"}", 500, "status: No space left on device");
	a.err = 0;
	a.turns = 0;
	/* However often it is asked for: within a second of the data plane's clock a report turns one epoch. */
	expect(answers, "{\"query\":\"report\"}", 200, "gatepost.report/1");
	expect(answers, "{\"query\":\"report\"}", 200, "gatepost.report/1");
	expect(answers, "{\"query\":\"status\"}", 200, "gatepost.status/1");
	assert_int_equal(a.turns, 1);
	a.world->report.end_ns += SECOND;
	expect(answers, "{\"query\":\"report\"}", 200, "gatepost.report/1");
	assert_int_equal(a.turns, 2);
	/* A disk that is full keeps nobody from asking. */
	a.world->report.end_ns += SECOND;
	a.turn_err = -ENOSPC;
	expect(answers, "{\"query\":\"report\"}", 200, "gatepost.report/1");
	assert_int_equal(a.turns, 3);
	gp_answers_close(answers);
	world_free(a.world);
}

static void test_reload(void **state)
{
	struct agent a = { .world = world_new(0), .said = "one\n\ntwo \x1b[2J\n" };
	const struct gp_agent_view view = { .context = &a, .report = view_report, .status = view_status,
					    .reload = view_reload };
	struct gp_answers *answers;

	(void)state;
	assert_int_equal(gp_answers_open(&answers, &view), 0);
	expect(answers, "{\"query\":\"reload\"}", 200, "{\"schema\":\"gatepost.reload/1\",\"said\":[\"one\",\"two \\\\x1b[2J\"]}");
	a.said = "";
	expect(answers, "{\"query\":\"reload\"}", 200, "\"said\":[]");
	a.err = -EINVAL;
	expect(answers, "{\"query\":\"reload\"}", 422, "the old configuration stays in force: Invalid argument");
	a.said = "a.conf:1: x\na.conf:2: y\n";
	expect(answers, "{\"query\":\"reload\"}", 422, "in force: a.conf:1: x;a.conf:2: y");
	gp_answers_close(answers);
	world_free(a.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),  cmocka_unit_test(test_find),   cmocka_unit_test(test_find_pool),
		cmocka_unit_test(test_agent),  cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
