/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md: brute forcers. */
#include "judge_private.h"
#include "judge_world.h"

/* What a host does in each window. */
struct tries {
	__u32 mailbox_refused, mailbox_accepted;
	__u32 auth_refused, auth_accepted; /* submission */
	__u32 ftp_refused, ftp_accepted;
	__u32 ssh, ssh_lasting, rdp, vnc; /* brief flows */
	__u32 hidden;			  /* brief flows to mailboxes, in TLS */
	__u32 servers;			  /* new ones, on ports of services */
	__u32 seen_s;			  /* before the window ends; 0: all of it */
};

static void do_tries(struct world *w, __u32 id, const struct tries *t)
{
	struct gp_host *host = world_host(w, id);
	struct gp_login_count *logins = host->logins;
	__u32 before = logins[GP_LOGIN_MAILBOX].refused;

	logins[GP_LOGIN_MAILBOX].refused += t->mailbox_refused;
	logins[GP_LOGIN_MAILBOX].accepted += t->mailbox_accepted;
	logins[GP_LOGIN_MAILBOX].brief += t->mailbox_refused + t->mailbox_accepted + t->hidden;
	host->smtp[1].replies[GP_STAGE_AUTH][GP_REPLY_5XX] += t->auth_refused;
	host->smtp[1].replies[GP_STAGE_AUTH][GP_REPLY_2XX] += t->auth_accepted;
	logins[GP_LOGIN_FTP].refused += t->ftp_refused;
	logins[GP_LOGIN_FTP].accepted += t->ftp_accepted;
	logins[GP_LOGIN_SSH].brief += t->ssh;
	logins[GP_LOGIN_SSH].lasting += t->ssh_lasting;
	logins[GP_LOGIN_RDP].brief += t->rdp;
	logins[GP_LOGIN_VNC].brief += t->vnc;
	host->scan.attempts[GP_SCAN_SERVICE][0] += t->servers;
	host->scan.answers[GP_SCAN_SERVICE][0] += t->servers;
	host->proved_flows += 3;
	if (t->seen_s)
		host->first_seen_ns = w->now_ns + (600 - t->seen_s) * SECOND;
	host->last_seen_ns = w->now_ns;
	host->samples[GP_SAMPLE_LOGIN] = (struct gp_sample){.dst = world_v4(0xc6336401), .sport = 40000, .dport = 110};
	assert_true(logins[GP_LOGIN_MAILBOX].refused >= before);
}

/* So many windows of 10 min in which a host does the same. */
static void do_windows(struct world *w, __u32 id, const struct tries *t, unsigned int windows)
{
	for (unsigned int i = 0; i < windows; i++) {
		do_tries(w, id, t);
		world_tick(w, w->now_ns + 600 * SECOND);
	}
}

#define NONE GP_VERDICT_NONE
#define SUSPECTED GP_VERDICT_SUSPECTED
#define CONFIRMED GP_VERDICT_CONFIRMED
#define DAY 144 /* windows */

static const struct {
	const char *name;
	struct tries tries;
	unsigned int windows;
	enum gp_verdict verdict;
} hosts[] = {
	/* Guessers. */
	{"POP3, one a second, 10 min", {.mailbox_refused = 600}, 1, SUSPECTED},
	{"POP3, one a second, 20 min", {.mailbox_refused = 600}, 2, CONFIRMED},
	{"one in a hundred found", {.mailbox_refused = 1000, .mailbox_accepted = 10}, 2, CONFIRMED},
	{"submission", {.auth_refused = 700}, 2, CONFIRMED},
	{"FTP", {.ftp_refused = 1200}, 1, SUSPECTED},
	{"over three protocols, half a second each", {.mailbox_refused = 250, .auth_refused = 250, .ftp_refused = 250}, 2, CONFIRMED},
	{"one in two seconds, all day", {.mailbox_refused = 300}, DAY, SUSPECTED},
	{"SSH, 47 in 12 s", {.ssh = 47, .seen_s = 12}, 1, SUSPECTED},
	{"SSH, all day: what nobody can read confirms nothing", {.ssh = 3000}, DAY, SUSPECTED},
	{"RDP, 60 in two minutes", {.rdp = 60, .seen_s = 120}, 1, SUSPECTED},
	{"VNC, three servers", {.vnc = 90, .servers = 3}, 1, SUSPECTED},
	{"IMAP in TLS, ten a second", {.hidden = 6000}, 2, SUSPECTED},

	/* Others. */
	{"a mail program with an old password, every 5 min for a week", {.mailbox_refused = 2}, 7 * DAY, NONE},
	{"one that tries four connections a minute", {.mailbox_refused = 40}, DAY, NONE},
	{"a camera with an old password, every 10 s", {.ftp_refused = 60}, DAY, NONE},
	{"a user who mistypes thrice", {.mailbox_refused = 3, .mailbox_accepted = 1}, 1, NONE},
	{"an office of 50 mail programs, three of them with old passwords",
	 {.mailbox_refused = 30, .mailbox_accepted = 470, .auth_refused = 3, .auth_accepted = 60}, DAY, NONE},
	{"a web mail server that logs its users in", {.mailbox_refused = 900, .mailbox_accepted = 9000}, DAY, NONE},
	{"a camera that hands in a picture every second", {.ftp_accepted = 600}, DAY, NONE},
	{"git over SSH: sessions that last", {.ssh_lasting = 3000}, DAY, NONE},
	{"and some that are refused", {.ssh = 60, .ssh_lasting = 540}, DAY, NONE},
	{"an administrator's program: brief sessions on 200 servers", {.ssh = 1000, .servers = 200}, DAY, NONE},
	{"ten of them in ten minutes", {.ssh = 10}, DAY, NONE},
	{"a router asked for its load every 8 s", {.ssh = 75}, DAY, NONE},
	{"a script begins to ask", {.ssh = 75, .servers = 1}, 1, NONE},
	{"forty connections by SSH", {.ssh = 40}, 1, NONE},
	{"thirty by SSH in every ten minutes", {.ssh = 30}, DAY, NONE},
	{"mail programs in TLS, 500 of them", {.hidden = 1000, .servers = 5}, DAY, NONE},
	{"a campus in TLS: many providers", {.hidden = 9000, .servers = 50}, DAY, NONE},
};

static void test_hosts(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(hosts); row++) {
		for (int inside = 0; inside < 2; inside++) {
			__u32 id = inside ? INSIDE : OUTSIDE;
			bool hidden = !inside && hosts[row].tries.hidden; /* nobody knows who is behind an address outside */
			struct world w;
			enum gp_verdict got;

			world_open(&w, false);
			world_claim(&w, id, inside ? GP_ROLE_SUBSCRIBER : GP_ROLE_OUTSIDE);
			do_windows(&w, id, &hosts[row].tries, hosts[row].windows);
			got = world_verdict(&w, id, GP_KIND_BRUTE_FORCER);
			if (got != (hidden ? NONE : hosts[row].verdict))
				fail_msg("\"%s\", %s: verdict %d", hosts[row].name, inside ? "inside" : "outside", got);
			world_close(&w);
		}
	}
}

/* What comes once, and not in the next window, was a burst; what came evenly was a program, and may end. */
static void test_burst(void **state)
{
	static const struct {
		unsigned int windows;
		enum gp_verdict then;
	} rows[] = {{1, SUSPECTED}, {2, NONE}, {6, NONE}};
	const struct tries tries = {.ssh = 60, .servers = 1}, nothing = {.ssh = 0};

	(void)state;
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct world w;

		world_open(&w, false);
		world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
		do_windows(&w, INSIDE, &tries, rows[row].windows);
		assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), NONE);
		do_windows(&w, INSIDE, &nothing, 2);
		if (world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER) != rows[row].then)
			fail_msg("after %u windows: %d", rows[row].windows, (int)world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER));
		world_close(&w);
	}
}

static void test_infrastructure(void **state)
{
	const struct tries tries = {.mailbox_refused = 6000};
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_INFRASTRUCTURE);
	do_windows(&w, INSIDE, &tries, 5);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), NONE);
	world_close(&w);
}

/* What was accepted before, within the half-life, speaks for a host whose server refuses everybody for an hour. */
static void test_outage_of_a_server(void **state)
{
	const struct tries day = {.mailbox_accepted = 100}, hour = {.mailbox_refused = 400};
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	do_windows(&w, INSIDE, &day, DAY);
	do_windows(&w, INSIDE, &hour, 6);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), NONE);
	do_windows(&w, INSIDE, &hour, DAY);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), SUSPECTED);
	world_close(&w);
}

/* The standing: how long it stays, and when it is a new one. */
static void test_standing(void **state)
{
	const struct tries tries = {.mailbox_refused = 1000};
	const struct gp_finding *f;
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	do_windows(&w, INSIDE, &tries, 1);
	f = world_finding(&w, INSIDE, GP_KIND_BRUTE_FORCER);
	assert_non_null(f);
	assert_int_equal(f->standing.state, GP_STATE_SUSPECTED);
	assert_int_equal(f->standing.suspected_ns, START + 600 * SECOND);
	assert_int_equal(f->sample.sport, 40000);
	assert_int_equal(f->sample.dport, 110);
	assert_true(strstr(f->sentence, "refused 1000 times") != NULL);
	assert_true(strstr(f->sentence, "A device on this line") == f->sentence && strstr(f->sentence, "may be") != NULL);
	assert_true(strlen(f->sentence) < GP_SENTENCE - 1);
	assert_true(f->source_verified);
	assert_true(world_observed(world_evidence(f, "login.refused"), "refused") == 1000);
	assert_true(fabs(world_evidence(f, "login.refused")->weight - 8) < 1e-9);
	do_windows(&w, INSIDE, &tries, 1);
	f = world_finding(&w, INSIDE, GP_KIND_BRUTE_FORCER);
	assert_int_equal(f->standing.state, GP_STATE_CONFIRMED);
	/* 12 nats, half of them after a day: below 4.6 after 1.4 days, then 72 h until quiet. */
	for (unsigned int day = 0; day < 6; day++)
		for (unsigned int i = 0; i < DAY; i++)
			world_tick(&w, w.now_ns + 600 * SECOND);
	f = world_finding(&w, INSIDE, GP_KIND_BRUTE_FORCER);
	assert_non_null(f);
	assert_int_equal(f->standing.state, GP_STATE_QUIET);
	for (unsigned int i = 0; i < 15 * DAY; i++)
		world_tick(&w, w.now_ns + 600 * SECOND);
	assert_null(world_finding(&w, INSIDE, GP_KIND_BRUTE_FORCER));
	do_windows(&w, INSIDE, &tries, 2);
	f = world_finding(&w, INSIDE, GP_KIND_BRUTE_FORCER);
	assert_int_equal(f->standing.state, GP_STATE_CONFIRMED);
	assert_int_equal(f->standing.episodes, 2);
	world_close(&w);
}

/* At the end of input the open window counts as it stands, and what is kept does not change. */
static void test_finish(void **state)
{
	const struct tries tries = {.mailbox_refused = 1000};
	struct world w;

	(void)state;
	world_open(&w, false);
	world_claim(&w, INSIDE, GP_ROLE_SUBSCRIBER);
	do_tries(&w, INSIDE, &tries);
	assert_int_equal(gp_judge_finish(w.judge, START + 10 * SECOND), 0);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), SUSPECTED);
	world_tick(&w, START + 11 * SECOND);
	assert_int_equal(world_verdict(&w, INSIDE, GP_KIND_BRUTE_FORCER), NONE);
	world_close(&w);
}

/* --- Log-ins of the web: what was heard --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	__u32 refused, accepted; /* per window */
	__u32 forgotten;	 /* 1: facts are forgotten after each window */
	unsigned int windows;
	enum gp_verdict verdict;
	bool late; /* all of it is told in the last window */
} visitors[] = {
	{"a guesser", 1000, 0, 0, 2, CONFIRMED, false},
	{"a guesser that is forgotten in between", 1000, 0, 1, 2, CONFIRMED, false},
	{"a page whose session is over, all of it told at the end", 150, 0, 0, 6, NONE, true},
	{"a visitor who mistypes thrice", 3, 1, 0, DAY, NONE, false},
	{"a program with an old password, every 10 s", 60, 0, 0, DAY, NONE, false},
	{"the same, forgotten in between", 60, 0, 1, DAY, NONE, false},
};

static void test_visitors(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(visitors); row++) {
		struct gp_host host = {.role = GP_ROLE_SUBSCRIBER, .proved_flows = 5};
		struct gp_web_client web = {.generation = 1, .sample = {.sport = 4711, .dport = 80}};
		struct gp_case c = {.host = &host, .web = &web, .limits = &gp_limits_default, .inside = true, .verified = true};
		struct gp_login_state login = {.seen = {.web_generation = 0}};
		struct gp_finding f = {.verdict = NONE};
		bool found;

		for (unsigned int i = 0; i < visitors[row].windows; i++) {
			if (visitors[row].forgotten) {
				web.generation++;
				web.login_refused = web.login_accepted = 0;
			}
			host.http.requests[GP_HTTP_POST] += visitors[row].refused + visitors[row].accepted;
			if (!visitors[row].late)
				web.login_refused += visitors[row].refused;
			else if (i + 1 == visitors[row].windows)
				web.login_refused += visitors[row].windows * visitors[row].refused;
			web.login_accepted += visitors[row].accepted;
			gp_login_weigh(&login, &c, START + i * 600 * SECOND);
		}
		found = gp_login_finding(&f, &login, &c);
		if (f.verdict != visitors[row].verdict || found != (visitors[row].verdict != NONE))
			fail_msg("\"%s\": verdict %d", visitors[row].name, f.verdict);
		if (found)
			assert_int_equal(f.sample.sport, 4711);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),	 cmocka_unit_test(test_burst),
		cmocka_unit_test(test_infrastructure),
		cmocka_unit_test(test_standing), cmocka_unit_test(test_outage_of_a_server),
		cmocka_unit_test(test_finish),	 cmocka_unit_test(test_visitors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
