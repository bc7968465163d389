/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of docs/detection.md: HTTP bots. What they fetch is set by hand, as user/web_facts.c would have it. */
#include "judge_private.h"
#include "judge_world.h"

#define NONE GP_VERDICT_NONE
#define SUSPECTED GP_VERDICT_SUSPECTED
#define CONFIRMED GP_VERDICT_CONFIRMED
#define DAY 144 /* windows */

/* What a client does in each window. */
struct visit {
	__u32 ok, missing, errors; /* responses: 200, 404, 400 or 403 */
	__u32 paths;		   /* new ones */
	__u32 servers;		   /* new ones */
	__u32 probes, declared, robots_txt;
	bool dressed; /* cookies and referrers */
	bool unheard; /* in TLS or not sampled: counters only */
	double beacon, prevalence;
	__u32 heard;  /* of the requests; 0: all; those that failed, in proportion */
};

struct client {
	struct gp_host host;
	struct gp_web_client web;
	struct gp_case c;
	struct gp_http_bot_state state;
	__u32 paths, servers;
	__u64 now_ns;
};

static void begin(struct client *k)
{
	memset(k, 0, sizeof(*k));
	k->host.role = GP_ROLE_SUBSCRIBER;
	k->web.generation = 1;
	k->web.sample = (struct gp_sample){.sport = 4711, .dport = 80};
	k->c = (struct gp_case){.host = &k->host, .web = &k->web, .limits = &gp_limits_default, .inside = true, .verified = true};
	k->now_ns = START;
}

static void do_visit(struct client *k, const struct visit *v)
{
	__u32 requests = v->ok + v->missing + v->errors;

	k->host.http.requests[GP_HTTP_GET] += requests;
	k->host.http.responses[2] += v->ok;
	k->host.http.responses[4] += v->missing + v->errors;
	if (!v->dressed) {
		k->host.http.without_cookie += requests;
		k->host.http.without_referrer += requests;
	}
	k->c.web = v->unheard ? NULL : &k->web;
	k->web.requests += v->heard ? v->heard : requests;
	k->web.not_found += v->heard ? v->heard * v->missing / requests : v->missing;
	k->web.probes += v->probes;
	k->web.declared_robot += v->declared;
	k->web.robots_txt += v->robots_txt;
	k->web.beacon.score = v->beacon;
	k->web.beacon_prevalence = v->prevalence;
	k->paths += v->paths;
	k->servers += v->servers;
	world_distinct(&k->web.paths, k->paths);
	world_distinct(&k->web.servers, k->servers);
	k->now_ns += 600 * SECOND;
	gp_http_bot_weigh(&k->state, &k->c, k->now_ns);
}

static enum gp_verdict verdict_of(struct client *k)
{
	struct gp_finding f = {.verdict = NONE};
	bool found = gp_http_bot_finding(&f, &k->state, &k->c);

	assert_int_equal(found, f.verdict != NONE);
	return f.verdict;
}

static const struct {
	const char *name;
	struct visit visit;
	unsigned int windows;
	enum gp_verdict verdict;
} clients[] = {
	/* Bots. */
	{"a scanner of one server: 800 paths, nearly none there", {.ok = 20, .missing = 780, .paths = 780, .servers = 1, .probes = 40}, 1, SUSPECTED},
	{"that goes on", {.ok = 20, .missing = 780, .paths = 780, .servers = 1, .probes = 40}, 2, CONFIRMED},
	{"30 exploits on one server", {.ok = 1, .missing = 29, .paths = 29, .servers = 1, .probes = 29}, 1, SUSPECTED},
	{"two exploits on each of 100 servers", {.missing = 200, .paths = 200, .servers = 100, .probes = 100}, 1, SUSPECTED},
	{"a few paths of many servers, none of them known to be a hole", {.missing = 300, .paths = 300, .servers = 150}, 1, SUSPECTED},
	{"slowly: 30 in ten minutes, all day", {.ok = 2, .missing = 28, .paths = 28, .servers = 1, .probes = 8}, DAY, CONFIRMED},

	{"a scanner of one server, of which 20 requests are heard", {.ok = 25, .missing = 960, .paths = 20, .heard = 20, .servers = 1, .probes = 1}, 1, SUSPECTED},
	{"the same, and none of them known to be a hole", {.ok = 25, .missing = 960, .paths = 20, .heard = 20, .servers = 1}, 1, NONE},

	/* Others. */
	{"one that polls 15 dead addresses, heard 20 times", {.missing = 600, .paths = 11, .heard = 20, .servers = 1}, 1, NONE},
	{"a browser, heard 20 times, with one dead link on each page", {.ok = 400, .missing = 100, .paths = 20, .heard = 20, .servers = 5}, 1, NONE},
	{"one exploit on one server: not to be told from a dead link", {.missing = 1, .paths = 1, .servers = 1, .probes = 1}, 1, NONE},
	{"three", {.missing = 3, .paths = 3, .servers = 3, .probes = 3}, 1, NONE},
	{"a browser with dead links", {.ok = 900, .missing = 60, .paths = 500, .servers = 40, .dressed = true}, DAY, NONE},
	{"a site whose pictures are all gone", {.ok = 20, .missing = 80, .paths = 90, .servers = 1, .dressed = true}, 1, NONE},
	{"a program that polls a dead address", {.missing = 600, .servers = 0}, DAY, NONE},
	{"one that polls 15 of them", {.missing = 600, .paths = 15, .servers = 1}, 1, NONE},
	{"a beacon that is not answered well", {.missing = 60, .beacon = 1}, DAY, NONE},
	{"a crawler that says so", {.ok = 5000, .missing = 300, .paths = 5000, .servers = 200, .declared = 5300, .robots_txt = 200}, DAY, NONE},
	{"a crawler of old links that says so", {.ok = 200, .missing = 800, .paths = 900, .servers = 50, .declared = 1000, .robots_txt = 50}, 1, NONE},
	{"an uptime monitor", {.ok = 200, .servers = 0}, DAY, NONE},
	{"a load test", {.ok = 500000, .paths = 20, .servers = 1}, 6, NONE},
	{"a load test of pages that need a log-in", {.errors = 50000, .paths = 20, .servers = 1}, 1, NONE},
	{"a player that asks for each piece of a stream that is gone", {.missing = 300, .paths = 300, .servers = 1}, DAY, NONE},
	{"a map whose pieces are gone", {.ok = 20, .missing = 500, .paths = 520, .servers = 4}, DAY, NONE},
	{"a search without probes, 1.5 a second", {.ok = 20, .missing = 900, .paths = 920, .servers = 1}, 1, SUSPECTED},
	{"a program whose key has expired", {.errors = 600, .paths = 5, .servers = 0}, DAY, NONE},
	{"nothing was heard", {.missing = 5000, .unheard = true}, DAY, NONE},
};

static void test_clients(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(clients); row++) {
		struct client k;
		enum gp_verdict got;

		begin(&k);
		for (unsigned int i = 0; i < clients[row].windows; i++)
			do_visit(&k, &clients[row].visit);
		got = verdict_of(&k);
		if (got != clients[row].verdict)
			fail_msg("\"%s\": verdict %d", clients[row].name, got);
	}
}

static const struct {
	const char *name;
	struct visit visit;
	const char *rule;
	double weight;
} weights[] = {
	{"20 errors say nothing", {.missing = 20}, "http.failed", 0},
	{"50 errors", {.missing = 50, .ok = 10}, "http.failed", 2.5},
	{"errors, cap", {.missing = 500}, "http.failed", 6},
	{"errors below the share do not count", {.missing = 49, .ok = 51}, "http.failed", 0},
	{"successes, floor", {.ok = 1000, .missing = 5}, "http.failed", -4},
	{"15 paths", {.missing = 60, .paths = 15}, "http.paths", 0},
	{"25 paths", {.missing = 60, .paths = 25}, "http.paths", 2},
	{"80 paths", {.missing = 100, .paths = 80}, "http.paths", 3},
	{"400 paths", {.missing = 400, .paths = 400}, "http.paths", 4},
	{"400 paths, most of which are there", {.ok = 300, .missing = 100, .paths = 400}, "http.paths", 0},
	{"4 probes", {.missing = 20, .probes = 4}, "http.probes", 4},
	{"probes, cap", {.missing = 20, .probes = 20}, "http.probes", 6},
	{"25 servers", {.missing = 60, .servers = 25}, "http.servers", 2},
	{"130 servers", {.missing = 200, .servers = 130}, "http.servers", 3},
	{"25 servers, ten requests each", {.missing = 250, .servers = 25}, "http.servers", 0},
	{"bare requests", {.missing = 30}, "http.manners", 0.7},
	{"of a browser", {.missing = 30, .dressed = true}, "http.manners", -1},
	{"a beacon", {.missing = 30, .beacon = 0.8, .prevalence = 0.02}, "http.beacon", 2},
	{"nearly one", {.missing = 30, .beacon = 0.79}, "http.beacon", 0},
	{"a clock that many ask", {.missing = 30, .beacon = 0.99, .prevalence = 0.03}, "http.beacon", 0},
	{"a robot that says so", {.missing = 30, .declared = 30}, "http.declared", -3},
	{"and reads robots.txt", {.missing = 30, .declared = 30, .robots_txt = 2}, "http.declared", -4},
};

/* With thresholds so low that whoever makes probes is suspected. */
static void test_weights(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS(weights); row++) {
		struct gp_limits limits = gp_limits_default;
		struct visit visit = weights[row].visit;
		struct gp_finding f = {.verdict = NONE};
		const struct gp_evidence *e;
		struct client k;
		double got;

		limits.watch_score = -101;
		limits.suspect_score = -100;
		limits.confirm_score = 1000;
		if (strcmp(weights[row].rule, "http.probes"))
			visit.probes = 1;
		begin(&k);
		k.c.limits = &limits;
		do_visit(&k, &visit);
		assert_true(gp_http_bot_finding(&f, &k.state, &k.c));
		e = world_evidence(&f, weights[row].rule);
		got = e ? e->weight : 0;
		if (fabs(got - weights[row].weight) > 1e-9)
			fail_msg("\"%s\": %s is %g", weights[row].name, weights[row].rule, got);
	}
}

/* What was forgotten and is heard again counts once more, not backwards. */
static void test_forgotten(void **state)
{
	const struct visit visit = {.missing = 30, .paths = 30, .probes = 3};
	struct client k;

	(void)state;
	begin(&k);
	do_visit(&k, &visit);
	k.web = (struct gp_web_client){.generation = 2};
	do_visit(&k, &visit);
	assert_true(k.state.weight[GP_HTTP_BOT_PROBES] > 5.9 && k.state.weight[GP_HTTP_BOT_PROBES] <= 6);
}

static void test_finding(void **state)
{
	const struct visit visit = {.ok = 20, .missing = 780, .paths = 780, .servers = 1, .probes = 40};
	struct gp_finding f = {.verdict = NONE};
	struct client k;

	(void)state;
	begin(&k);
	do_visit(&k, &visit);
	assert_true(gp_http_bot_finding(&f, &k.state, &k.c));
	assert_int_equal(f.kind, GP_KIND_HTTP_BOT);
	assert_int_equal(f.standing.state, GP_STATE_SUSPECTED);
	assert_int_equal(f.sample.sport, 4711);
	assert_true(strstr(f.sentence, "made 40 requests") != NULL);
	assert_true(strstr(f.sentence, "A device on this line") == f.sentence && strstr(f.sentence, "may be") != NULL);
	assert_true(strlen(f.sentence) < GP_SENTENCE - 1);
	k.c.inside = false;
	k.state.shown_news.probes = 0;
	assert_true(gp_http_bot_finding(&f, &k.state, &k.c));
	assert_true(strstr(f.sentence, "This address asked web servers of this network for 780 pages that do not exist; ") == f.sentence);
	k.c.inside = true;
	k.state.shown_news.probes = 40;
	f = (struct gp_finding){.verdict = NONE};
	assert_true(gp_http_bot_finding(&f, &k.state, &k.c));
	assert_true(world_observed(world_evidence(&f, "http.probes"), "probes") == 40);
	for (int i = 0; i < f.evidence_count; i++)
		assert_true(strlen(f.evidence[i].text) < sizeof(f.evidence[i].text) - 1);
	/* A source that has not proved itself, and what runs the network, get none. */
	k.host.role = GP_ROLE_INFRASTRUCTURE;
	assert_false(gp_http_bot_finding(&f, &k.state, &k.c));
	begin(&k);
	k.c.verified = false;
	for (int i = 0; i < 5; i++)
		do_visit(&k, &visit);
	assert_int_equal(verdict_of(&k), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
