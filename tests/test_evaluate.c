// SPDX-License-Identifier: GPL-2.0-or-later
/* The detectors that gatepost is compared with: their arithmetic and their thresholds, in rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "evaluate/attempts.h"
#include "evaluate/baseline.h"
#include "evaluate/table.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define SECOND 1000000000ull
#define START (1700000000ull * SECOND)

static struct gp_addr v4(__u32 number)
{
	return (struct gp_addr){.words = {0, 0, __builtin_bswap32(0xffff), __builtin_bswap32(0x0a000000 + number)}};
}

/* --- SPOT --------------------------------------------------------------------------------------------------------- */

static void test_spot_numbers(void **state)
{
	(void)state;
	/* Duan et al.: theta1 .9, theta0 .2, alpha = beta = .01. */
	assert_true(fabs(spot_step(&spot_default, true) - 1.504) < 0.001);
	assert_true(fabs(spot_step(&spot_default, false) + 2.079) < 0.001);
	assert_true(fabs(spot_upper(&spot_default) - 4.595) < 0.001);
	assert_true(fabs(spot_lower(&spot_default) + 4.595) < 0.001);
	assert_true(fabs(spot_expected_zombie(&spot_default) - 3.93) < 0.01);
	assert_true(fabs(spot_expected_normal(&spot_default) - 3.31) < 0.01);
}

/* --- what mails make the detectors say ---------------------------------------------------------------------------- */

static unsigned int alarms;
static __u64 alarm_ns;

static void on_alarm(void *context, const struct baseline *b, const struct gp_addr *host, __u64 time_ns)
{
	(void)context;
	(void)b;
	(void)host;
	if (!alarms++)
		alarm_ns = time_ns;
}

struct mails {
	const char *name;
	const struct baseline_ops *ops;
	const char *mails; /* x: spam, o: ham, one each gap_s; a digit: so many hours without any */
	unsigned int repeat;
	double gap_s;
	unsigned int alarm_at; /* mail that raises it, from 1; 0: none */
};

static const struct mails mail_rows[] = {
	/* name				      detector		    mails  times gap_s	alarm at */
	{"SPOT: four spams in a row",	      &baseline_spot,	    "x",   10,	 1,	4},
	{"SPOT: a ham costs two spams",	      &baseline_spot,	    "oxxxxxxx", 1, 1,	6},
	{"SPOT: ham alone is never enough",   &baseline_spot,	    "o",   1000, 1,	0},
	{"SPOT: every fifth spam is normal",  &baseline_spot,	    "oooox", 500, 1,	0},
	{"SPOT: begins anew at H0",	      &baseline_spot,	    "oooxxxx", 1, 1,	7},
	{"CT: thirty in an hour",	      &baseline_count,	    "x",   30,	 100,	30},
	{"CT: twenty-nine are none",	      &baseline_count,	    "x",   29,	 100,	0},
	{"CT: ham does not count",	      &baseline_count,	    "xo",  29,	 10,	0},
	{"CT: the window slides",	      &baseline_count,	    "x",   500,	 124.2,	0},
	{"CT: just within it",		      &baseline_count,	    "x",   500,	 124.0,	30},
	{"PT: six, half of them spam",	      &baseline_percentage, "xoxoxo", 1, 10,	6},
	{"PT: five are too few",	      &baseline_percentage, "xxxxx", 1,	 10,	0},
	{"PT: less than half",		      &baseline_percentage, "ooxoxoox", 1, 10,	0},
	{"PT: old ham is forgotten",	      &baseline_percentage, "oooooo1xxxxxx", 1, 10, 12},
};

static void test_mails(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(mail_rows); row++) {
		const struct mails *m = &mail_rows[row];
		unsigned int mails = 0, at = 0;
		double time_s = 0;
		struct baseline b;

		alarms = 0;
		baseline_open(&b, m->ops, on_alarm, NULL);
		for (size_t i = 0; i < m->repeat * strlen(m->mails); i++) {
			char c = m->mails[i % strlen(m->mails)];
			struct mail mail = {.host = v4(1), .spam = c == 'x'};

			time_s += c >= '0' && c <= '9' ? (c - '0') * 3600 : m->gap_s;
			mail.time_ns = START + (__u64)(time_s * 1e9);
			if (c != 'x' && c != 'o')
				continue;
			mails++;
			b.ops->mail(&b, &mail);
			if (alarms && !at)
				at = mails;
		}
		if (at != m->alarm_at)
			fail_msg("%s: alarm at mail %u, expected %u", m->name, at, m->alarm_at);
		baseline_close(&b);
	}
}

/* --- scan counts -------------------------------------------------------------------------------------------------- */

struct failures {
	const char *name;
	const struct baseline_ops *ops;
	unsigned int hosts, ports; /* tried in vain, each with each */
	double gap_s;
	bool inside;
	unsigned int alarm_at;
};

static const struct failures failure_rows[] = {
	/* name					 detector		hosts ports gap_s inside alarm at */
	{"Zeek: 25 hosts on one port",		 &baseline_zeek,	 30,  1,  1,  true,  25},
	{"Zeek: 24 are none",			 &baseline_zeek,	 24,  1,  1,  true,  0},
	{"Zeek: 15 ports of one host",		 &baseline_zeek,	 1,   20, 1,  true,  15},
	{"Zeek: 14 are none",			 &baseline_zeek,	 1,   14, 1,  true,  0},
	{"Zeek: slower than five minutes",	 &baseline_zeek,	 100, 1,  13, true,  0},
	{"Zeek: just within five minutes",	 &baseline_zeek,	 100, 1,  12, true,  25},
	{"simple-scan: 25 of a remote host",	 &baseline_simple_scan, 30,  1,  1,  false, 25},
	{"simple-scan: 24 are none",		 &baseline_simple_scan, 24,  1,  1,  false, 0},
	{"simple-scan: 250 of a local host",	 &baseline_simple_scan, 300, 1,  1,  true,  250},
	{"simple-scan: hosts and ports as one",	 &baseline_simple_scan, 5,   5,  1,  false, 25},
	{"simple-scan: slower than 15 minutes", &baseline_simple_scan, 100, 1,  38, false, 0},
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(failure_rows); row++) {
		const struct failures *f = &failure_rows[row];
		unsigned int tries = 0, at = 0;
		struct baseline b;

		alarms = 0;
		baseline_open(&b, f->ops, on_alarm, NULL);
		for (unsigned int i = 0; i < f->hosts * f->ports; i++) {
			struct attempt attempt = {
				.host = v4(1),
				.dst = v4(100 + i % f->hosts),
				.dport = (__u16)(1000 + i / f->hosts),
				.inside = f->inside,
				.time_ns = START + (__u64)(i * f->gap_s * 1e9),
			};

			tries++;
			b.ops->failed(&b, &attempt);
			b.ops->failed(&b, &attempt); /* the same again is no other one */
			if (alarms && !at)
				at = tries;
		}
		if (at != f->alarm_at)
			fail_msg("%s: alarm at failure %u, expected %u", f->name, at, f->alarm_at);
		baseline_close(&b);
	}
}

/* --- which connections failed ------------------------------------------------------------------------------------- */

struct step {
	char from; /* c: client, s: server */
	__u8 flags;
	__u32 payload;
	double at_s;
};

struct connection {
	const char *name;
	struct step steps[6];
	double failed_s; /* NAN: it did not */
};

#define S GP_TCP_SYN
#define A GP_TCP_ACK
#define R GP_TCP_RST
#define F GP_TCP_FIN

static const struct connection connection_rows[] = {
	{"nobody answers", {{'c', S, 0, 1}}, 6},
	{"sent again, it is one attempt", {{'c', S, 0, 1}, {'c', S, 0, 2}, {'c', S, 0, 4}}, 6},
	{"refused", {{'c', S, 0, 1}, {'s', R | A, 0, 1.5}}, 1.5},
	{"answered", {{'c', S, 0, 1}, {'s', S | A, 0, 1.5}, {'c', A, 0, 1.6}}, NAN},
	{"broken off half open", {{'c', S, 0, 1}, {'s', S | A, 0, 1.5}, {'c', R, 0, 1.6}}, 1.6},
	{"spoken, then reset", {{'c', S, 0, 1}, {'s', S | A, 0, 1.5}, {'c', A, 9, 1.6}, {'c', R, 0, 1.7}}, NAN},
	{"closed, then reset", {{'c', S, 0, 1}, {'s', S | A, 0, 1.5}, {'c', F | A, 0, 1.6}, {'c', R, 0, 1.7}}, NAN},
	{"answered too late", {{'c', S, 0, 1}, {'s', S | A, 0, 7}}, 6},
	{"an answer to nothing", {{'s', S | A, 0, 1}, {'s', R | A, 0, 1.5}}, NAN},
};

static double failed_s;
static unsigned int failed_count;

static void on_failed(void *context, const struct attempt *attempt)
{
	const struct gp_addr client = v4(1);

	(void)context;
	failed_count++;
	failed_s = (double)(attempt->time_ns - START) / 1e9;
	assert_memory_equal(&attempt->host, &client, sizeof(client));
	assert_int_equal(attempt->dport, 25);
}

static void test_connections(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(connection_rows); row++) {
		const struct connection *c = &connection_rows[row];
		struct attempts *attempts = attempts_open(on_failed, NULL);

		failed_count = 0;
		for (size_t i = 0; i < ROWS(c->steps) && c->steps[i].from; i++) {
			bool client = c->steps[i].from == 'c';
			struct gp_packet p = {
				.src = v4(client ? 1 : 2), .dst = v4(client ? 2 : 1),
				.sport = client ? 40000 : 25, .dport = client ? 25 : 40000,
				.tcp_flags = c->steps[i].flags, .payload_len = c->steps[i].payload,
			};

			attempts_packet(attempts, &p, &p.src, true, START + (__u64)(c->steps[i].at_s * 1e9));
		}
		attempts_advance(attempts, START + 60 * SECOND);
		if (failed_count != !isnan(c->failed_s) || (failed_count && fabs(failed_s - c->failed_s) > 1e-6))
			fail_msg("%s: failed %u times, last at %.3f s", c->name, failed_count, failed_s);
		attempts_close(attempts);
	}
}

/* More keys than a table begins with; those with 0 are forgotten. */
static void test_table(void **state)
{
	struct table table = {0};

	(void)state;
	for (__u32 i = 0; i < 10000; i++)
		*table_at(&table, &(struct table_key){.x = i}) = i % 2;
	for (__u32 i = 0; i < 10000; i++)
		assert_int_equal(table_get(&table, &(struct table_key){.x = i}), i % 2);
	assert_int_equal(table_get(&table, &(struct table_key){.y = 1}), 0);
	assert_true(table.count < 10000);
	table_clear(&table);
	assert_int_equal(table_get(&table, &(struct table_key){.x = 1}), 0);
	table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spot_numbers), cmocka_unit_test(test_mails),  cmocka_unit_test(test_failures),
		cmocka_unit_test(test_connections),  cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
