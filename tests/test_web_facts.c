// SPDX-License-Identifier: GPL-2.0-or-later
/* What web clients do: rows of flows, read as they are in production, and what is known of their client then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialogue.h"
#include "hll.h"
#include "web_facts.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SECOND 1000000000ull
#define BEGIN (1777888800 * SECOND)
#define OFFSET (5 * (long long)SECOND) /* between the data plane's clock and the Unix epoch */

static const __u64 secret[2] = { 0x1234, 0x5678 };
static struct gp_web_facts *facts;
static struct gp_dialogue_budget budget;
static struct gp_dialogue *dialogue;
static struct gp_stream stream;
static struct gp_addr client;
static __u64 now_ns;

static int set_up(void **state)
{
	(void)state;
	budget = (struct gp_dialogue_budget){ .max = 1 << 20, .salt = "salt" };
	dialogue = NULL;
	now_ns = BEGIN;
	client = (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 10, 0, 0, 7 } };
	return gp_web_facts_open(&facts, 4, secret);
}

static int tear_down(void **state)
{
	(void)state;
	gp_web_facts_close(facts);
	assert_int_equal(budget.used, 0);
	return 0;
}

static void end_flow(void)
{
	if (!dialogue)
		return;
	gp_dialogue_finish(dialogue);
	gp_web_facts_dialogue(facts, dialogue, &client, OFFSET);
	gp_dialogue_close(dialogue);
	dialogue = NULL;
}

static void begin_flow(unsigned server, __u8 service)
{
	end_flow();
	stream = (struct gp_stream){ .client = client, .service = service, .begin_ns = now_ns, .client_port = 40000,
				     .server_port = 80, .proved = true, .sides = { { .syn = true }, { .syn = true } } };
	stream.server = (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, 192, 0, 2, (__u8)server } };
	dialogue = gp_dialogue_open(&stream, &budget);
	assert_non_null(dialogue);
}

static void say(char who, const void *bytes, size_t len)
{
	if (!dialogue)
		begin_flow(1, GP_SERVICE_HTTP);
	stream.end_ns = now_ns;
	gp_dialogue_bytes(dialogue, who == 'c' ? GP_FROM_CLIENT : GP_FROM_SERVER, now_ns, bytes, (__u32)len);
}

/* "c...": the client says; "s...": the server; "n3": another flow, to server 3; "w12": so many seconds pass. */
static void play(const char *const *script, size_t count)
{
	for (size_t i = 0; i < count && script[i]; i++) {
		const char *step = script[i];

		if (*step == 'n')
			begin_flow((unsigned)atoi(step + 1), GP_SERVICE_HTTP);
		else if (*step == 'w')
			now_ns += (__u64)atoi(step + 1) * SECOND;
		else
			say(*step, step + 1, strlen(step + 1));
	}
	end_flow();
	gp_web_facts_settle(facts);
}

#define GET(path) "cGET " path " HTTP/1.1\r\nHost: Shop.example:80\r\n\r\n"
#define AS(agent) "cGET / HTTP/1.1\r\nUser-Agent: " agent "\r\n\r\n"
#define POST(path) "cPOST " path " HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\n\r\na=b"
#define KEEP(path) "cPOST " path " HTTP/1.1\r\nCookie: SECRET\r\nContent-Length: 3\r\n\r\na=b"
#define BASIC "cGET /private HTTP/1.1\r\nAuthorization: Basic SECRET\r\n\r\n"
#define ANSWER(code, fields) "sHTTP/1.1 " code " x\r\nContent-Length: 0\r\n" fields "\r\n"
#define PAGE ANSWER("200", "Content-Type: text/html; charset=utf-8\r\n")
#define PIXEL ANSWER("200", "Content-Type: image/gif\r\n")
#define JSON ANSWER("200", "Content-Type: application/json\r\n")
#define TO(where) ANSWER("302", "Location: " where "\r\n")

/* How many of what; members of struct gp_web_client by their offset. */
#define KNOWN(member, count) { offsetof(struct gp_web_client, member), count }

static const struct row {
	const char *name;
	const char *script[16];
	struct {
		size_t member;
		__u32 count;
	} known[8];
} rows[] = {
	{ "a page", { GET("/a"), PAGE }, { KNOWN(requests, 1), KNOWN(pages, 1), KNOWN(bare_pages, 1), KNOWN(responses[2], 1) } },
	{ "a page and its style", { GET("/a"), PAGE, "w1", GET("/a.css"), PAGE },
	  { KNOWN(requests, 2), KNOWN(pages, 1), KNOWN(assets, 1), KNOWN(responses[2], 2) } },
	{ "a page and its picture", { GET("/a"), PAGE, GET("/b.PNG?v=2"), PIXEL },
	  { KNOWN(requests, 2), KNOWN(pages, 1), KNOWN(images, 1), KNOWN(responses[2], 2) } },
	{ "a picture by its answer", { GET("/open?id=1"), PIXEL }, { KNOWN(requests, 1), KNOWN(images, 1), KNOWN(responses[2], 1) } },
	{ "the style on another flow, told first", { "n1", "w2", GET("/a.js"), PAGE, "n1", "w-1", GET("/a"), PAGE },
	  { KNOWN(requests, 2), KNOWN(pages, 1), KNOWN(assets, 1), KNOWN(responses[2], 2) } },
	{ "the style of another server", { GET("/a"), PAGE, "n2", "w1", GET("/a.css"), PAGE },
	  { KNOWN(requests, 2), KNOWN(pages, 1), KNOWN(bare_pages, 1), KNOWN(assets, 1), KNOWN(responses[2], 2) } },
	{ "a picture half a minute later", { GET("/a"), PAGE, "w30", GET("/b.png"), PIXEL },
	  { KNOWN(requests, 2), KNOWN(pages, 1), KNOWN(bare_pages, 1), KNOWN(images, 1), KNOWN(responses[2], 2) } },
	{ "a redirect has no style", { GET("/a"), TO("https://shop.example/a") },
	  { KNOWN(requests, 1), KNOWN(pages, 1), KNOWN(responses[3], 1) } },
	{ "an API has no style", { GET("/a"), JSON }, { KNOWN(requests, 1), KNOWN(pages, 1), KNOWN(responses[2], 1) } },
	{ "robots.txt", { GET("/robots.txt"), PAGE }, { KNOWN(requests, 1), KNOWN(robots_txt, 1), KNOWN(responses[2], 1) } },
	{ "what is missing", { GET("/a"), ANSWER("404", ""), GET("/b"), ANSWER("410", ""), GET("/c"), ANSWER("500", "") },
	  { KNOWN(requests, 3), KNOWN(pages, 3), KNOWN(not_found, 2), KNOWN(responses[4], 2), KNOWN(responses[5], 1) } },
	{ "cookie and referrer", { "cGET /a HTTP/1.1\r\nCookie: SECRET\r\nReferer: http://a/\r\n\r\n" },
	  { KNOWN(requests, 1), KNOWN(pages, 1), KNOWN(with_cookie, 1), KNOWN(with_referer, 1) } },

	/* Log-ins. */
	{ "let in: sent elsewhere", { POST("/login"), TO("/home") },
	  { KNOWN(login_tries, 1), KNOWN(login_accepted, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[3], 1) } },
	{ "sent back to the form", { POST("/login"), TO("/login?error=1") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[3], 1) } },
	{ "sent back to the form, in full", { POST("/session"), TO("https://shop.example/signin") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[3], 1) } },
	{ "sent back to the form, without the scheme", { POST("/session"), TO("//shop.example/signin") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[3], 1) } },
	{ "sent back to the form beside it", { POST("/admin/login.php"), TO("login.php") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[3], 1) } },
	{ "refused", { POST("/login"), ANSWER("401", ""), POST("/login"), ANSWER("403", ""), POST("/login"), ANSWER("429", "") },
	  { KNOWN(login_tries, 3), KNOWN(login_refused, 3), KNOWN(requests, 3), KNOWN(posts, 3), KNOWN(responses[4], 3) } },
	{ "a page is no answer", { POST("/wp-login.php"), PAGE },
	  { KNOWN(login_tries, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[2], 1) } },
	{ "a page, and tried again", { POST("/wp-login.php"), PAGE, POST("/wp-login.php"), PAGE, POST("/wp-login.php"), TO("/wp-admin/") },
	  { KNOWN(login_tries, 3), KNOWN(login_refused, 2), KNOWN(login_accepted, 1), KNOWN(requests, 3), KNOWN(posts, 3),
	    KNOWN(responses[2], 2), KNOWN(responses[3], 1) } },
	{ "a page, and tried again elsewhere", { POST("/login"), PAGE, "n2", POST("/login"), PAGE },
	  { KNOWN(login_tries, 2), KNOWN(requests, 2), KNOWN(posts, 2), KNOWN(responses[2], 2) } },
	{ "a page, and again next morning", { POST("/login"), PAGE, "w43200", POST("/login"), PAGE },
	  { KNOWN(login_tries, 2), KNOWN(requests, 2), KNOWN(posts, 2), KNOWN(responses[2], 2) } },
	{ "let in by an API", { POST("/api/auth"), JSON },
	  { KNOWN(login_tries, 1), KNOWN(login_accepted, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[2], 1) } },
	{ "Basic", { BASIC, ANSWER("401", ""), BASIC, PAGE },
	  { KNOWN(login_tries, 2), KNOWN(login_refused, 1), KNOWN(login_accepted, 1), KNOWN(requests, 2), KNOWN(pages, 2),
	    KNOWN(bare_pages, 1), KNOWN(responses[2], 1), KNOWN(responses[4], 1) } },
	{ "an answer that did not come", { POST("/login") }, { KNOWN(login_tries, 1), KNOWN(requests, 1), KNOWN(posts, 1) } },
	{ "no log-in", { POST("/authors"), ANSWER("403", "") }, { KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[4], 1) } },
	{ "a session begins", { POST("/api/session"), ANSWER("401", "") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(requests, 1), KNOWN(posts, 1), KNOWN(responses[4], 1) } },
	{ "a page asks to keep its session", { KEEP("/api/session"), ANSWER("401", ""), KEEP("/oauth/token"), ANSWER("401", "") },
	  { KNOWN(with_cookie, 2), KNOWN(requests, 2), KNOWN(posts, 2), KNOWN(responses[4], 2) } },
	{ "a form with a cookie is one", { KEEP("/session/login"), ANSWER("401", "") },
	  { KNOWN(login_tries, 1), KNOWN(login_refused, 1), KNOWN(with_cookie, 1), KNOWN(requests, 1), KNOWN(posts, 1),
	    KNOWN(responses[4], 1) } },
	{ "a form is no try", { GET("/login"), PAGE },
	  { KNOWN(requests, 1), KNOWN(pages, 1), KNOWN(bare_pages, 1), KNOWN(responses[2], 1) } },

	/* Holes. */
	{ "probes", { GET("/.env"), GET("/a/..%2f..%2fetc/passwd"), GET("/?x=${jndi:ldap://a/}"), GET("/?id=1+UNION+SELECT+1"),
		      GET("/?q=%3CScript%3E"), GET("/setup.cgi?next_file=a"), GET("/boaform/admin/formLogin") },
	  { KNOWN(requests, 7), KNOWN(pages, 7), KNOWN(probes, 7) } },
	{ "doors that are not there", { GET("/phpmyadmin/"), ANSWER("404", ""), GET("/actuator/health"), ANSWER("404", ""),
					GET("/cgi-bin/a"), ANSWER("404", ""), GET("/solr/admin"), ANSWER("404", "") },
	  { KNOWN(requests, 4), KNOWN(pages, 4), KNOWN(probes, 2), KNOWN(not_found, 4), KNOWN(responses[4], 4) } },
	{ "the same door of four servers", { "n1", GET("/pma/"), ANSWER("404", ""), "n2", GET("/pma/"), ANSWER("404", ""),
					     "n3", GET("/pma/"), ANSWER("404", ""), "n4", GET("/pma/"), ANSWER("404", "") },
	  { KNOWN(requests, 4), KNOWN(pages, 4), KNOWN(probes, 2), KNOWN(not_found, 4), KNOWN(responses[4], 4) } },
	{ "a camera's pages, in search of the right one",
	  { GET("/cgi-bin/a"), ANSWER("404", ""), GET("/cgi-bin/b"), ANSWER("404", ""), GET("/cgi-bin/c"), ANSWER("404", ""),
	    GET("/goform/d"), ANSWER("404", ""), GET("/goform/e"), ANSWER("404", "") },
	  { KNOWN(requests, 5), KNOWN(pages, 5), KNOWN(not_found, 5), KNOWN(responses[4], 5) } },
	{ "three servers' status, polled",
	  { "n1", GET("/actuator"), ANSWER("404", ""), "n2", GET("/actuator"), ANSWER("404", ""), "n3", GET("/actuator"), ANSWER("404", ""),
	    GET("/actuator"), ANSWER("404", ""), GET("/actuator"), ANSWER("404", "") },
	  { KNOWN(requests, 5), KNOWN(pages, 5), KNOWN(not_found, 5), KNOWN(responses[4], 5) } },
	{ "doors of one's own", { GET("/phpmyadmin/"), JSON, GET("/actuator/health"), JSON, GET("/wp-login.php"), JSON },
	  { KNOWN(requests, 3), KNOWN(pages, 3), KNOWN(responses[2], 3) } },
	{ "no probes", { GET("/blog/../a.html?u=/img/../x"), GET("/a?file=../b"), GET("/union-select"), GET("/environment") },
	  { KNOWN(requests, 4), KNOWN(pages, 4), KNOWN(probes, 1) } },

	/* Who one is. */
	{ "robots and proxies", { AS("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
				  AS("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"),
				  AS("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html") },
	  { KNOWN(requests, 3), KNOWN(pages, 3), KNOWN(declared_robot, 1), KNOWN(image_proxy, 2),
	    KNOWN(agents[GP_AGENT_CLASS_ROBOT], 1), KNOWN(agents[GP_AGENT_CLASS_IMAGE_PROXY], 2) } },
	{ "others", { AS("curl/8.5.0"), AS("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.1.0"),
		      AS("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"),
		      AS("Mozilla/5.0 zgrab/0.x"), AS("\x01\xff") },
	  { KNOWN(requests, 5), KNOWN(pages, 5), KNOWN(agents[GP_AGENT_CLASS_LIBRARY], 1),
	    KNOWN(agents[GP_AGENT_CLASS_MAIL_PROGRAM], 1), KNOWN(agents[GP_AGENT_CLASS_BROWSER], 1),
	    KNOWN(agents[GP_AGENT_CLASS_TOOL], 1), KNOWN(agents[GP_AGENT_CLASS_OTHER], 1) } },
};

/* Members that rows speak of; all that a row does not name is 0. */
static const struct {
	const char *name;
	size_t member;
} members[] = {
#define MEMBER(member) { #member, offsetof(struct gp_web_client, member) }
	MEMBER(requests), MEMBER(hellos), MEMBER(pages), MEMBER(images), MEMBER(assets), MEMBER(robots_txt), MEMBER(bare_pages),
	MEMBER(posts), MEMBER(responses[0]), MEMBER(responses[1]), MEMBER(responses[2]), MEMBER(responses[3]),
	MEMBER(responses[4]), MEMBER(responses[5]), MEMBER(not_found), MEMBER(login_tries), MEMBER(login_refused),
	MEMBER(login_accepted), MEMBER(probes), MEMBER(declared_robot), MEMBER(image_proxy), MEMBER(with_cookie),
	MEMBER(with_referer),
};

static __u32 member_of(const struct gp_web_client *known, size_t member)
{
	__u32 value;

	memcpy(&value, (const char *)known + member, sizeof(value));
	return value;
}

static void check_row(const struct row *row, const struct gp_web_client *known)
{
	for (size_t m = 0; m < COUNT(members); m++) {
		__u32 wanted = 0;

		for (size_t i = 0; i < COUNT(row->known); i++)
			if (row->known[i].count && row->known[i].member == members[m].member)
				wanted = row->known[i].count;
		if (member_of(known, members[m].member) != wanted)
			fail_msg("%s: %s is %u, not %u", row->name, members[m].name, member_of(known, members[m].member), wanted);
	}
	for (size_t i = 0; i < COUNT(row->known); i++)
		if (row->known[i].count && member_of(known, row->known[i].member) != row->known[i].count)
			fail_msg("%s: the %zu. is %u", row->name, i + 1, member_of(known, row->known[i].member));
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_web_client *known;

		set_up(state);
		play(rows[i].script, COUNT(rows[i].script));
		known = gp_web_facts_get(facts, &client);
		assert_non_null(known);
		check_row(&rows[i], known);
		tear_down(state);
	}
}

/* Sketches, times, the sample; and that a client's words come from itself alone. */
static void test_client(void **state)
{
	static const char *const script[] = { "n1", GET("/a"), PAGE, "w5", GET("/b"), PAGE, "n2", GET("/.env"), ANSWER("404", "") };
	const struct gp_web_client *known;
	struct gp_addr other = client;

	(void)state;
	play(script, COUNT(script));
	known = gp_web_facts_get(facts, &client);
	assert_non_null(known);
	assert_int_equal(known->first_ns, BEGIN + (__u64)OFFSET);
	assert_int_equal(known->last_ns, BEGIN + (__u64)OFFSET + 5 * SECOND);
	assert_int_equal(known->generation, 1);
	assert_int_equal((int)(gp_hll_estimate(&known->servers) + 0.5), 2);
	assert_int_equal((int)(gp_hll_estimate(&known->names) + 0.5), 1);
	assert_int_equal((int)(gp_hll_estimate(&known->paths) + 0.5), 3);
	assert_int_equal(known->sample.dst.bytes[15], 2); /* the probe, not the first flow */
	assert_int_equal(known->sample.sport, 40000);
	assert_int_equal(gp_web_facts_count(facts), 1);
	assert_ptr_equal(gp_web_facts_at(facts, 0), known);
	other.bytes[15] = 8;
	assert_null(gp_web_facts_get(facts, &other));
}

/* Four fit: the one that was quiet for longest makes room, and begins at zero when it comes again. */
static void test_bounded(void **state)
{
	static const char *const script[] = { GET("/a"), PAGE };
	struct gp_addr first = client;

	(void)state;
	for (__u8 i = 0; i < 5; i++) {
		client.bytes[15] = (__u8)(7 + i);
		play(script, COUNT(script));
		now_ns += SECOND;
	}
	assert_int_equal(gp_web_facts_count(facts), 4);
	assert_null(gp_web_facts_get(facts, &first));
	client = first;
	play(script, COUNT(script));
	assert_int_equal(gp_web_facts_get(facts, &first)->requests, 1);
	assert_int_equal(gp_web_facts_get(facts, &first)->generation, 6);
	gp_web_facts_expire(facts, now_ns + (__u64)OFFSET + 3600 * SECOND, 3600 * SECOND);
	assert_int_equal(gp_web_facts_count(facts), 1);
	gp_web_facts_expire(facts, now_ns + (__u64)OFFSET + 3601 * SECOND, 3600 * SECOND);
	assert_int_equal(gp_web_facts_count(facts), 0);
}

/* A page is bare when nothing can be told any more; a robot of many servers does not make them forgotten. */
static void test_waiting(void **state)
{
	char text[] = "n1";
	const char *flow[] = { text, "w4", GET("/a"), PAGE };

	(void)state;
	begin_flow(1, GP_SERVICE_HTTP);
	say('c', GET("/a") + 1, strlen(GET("/a")) - 1);
	say('s', PAGE + 1, strlen(PAGE) - 1);
	end_flow();
	gp_web_facts_expire(facts, now_ns + (__u64)OFFSET + 600 * SECOND, ~0ull);
	assert_int_equal(gp_web_facts_get(facts, &client)->bare_pages, 0);
	gp_web_facts_expire(facts, now_ns + (__u64)OFFSET + 621 * SECOND, ~0ull);
	assert_int_equal(gp_web_facts_get(facts, &client)->bare_pages, 1);
	for (int i = 0; i < 40; i++) {
		begin_flow((unsigned)i, GP_SERVICE_HTTP);
		play(flow + 1, 3);
	}
	assert_int_equal(gp_web_facts_get(facts, &client)->bare_pages, 41);
}

/* Delays of joins fall into classes; of who is not known nothing is kept. */
static void test_joined(void **state)
{
	static const __u64 delays[] = { 0, 10, 11, 60, 61, 600, 601, 3600, 3601, 700000 };
	static const char *const script[] = { GET("/a"), PAGE };
	const struct gp_web_client *known;

	(void)state;
	gp_web_facts_joined(facts, &client, 0, true);
	assert_int_equal(gp_web_facts_count(facts), 0);
	play(script, COUNT(script));
	for (size_t i = 0; i < COUNT(delays); i++)
		gp_web_facts_joined(facts, &client, delays[i] * SECOND, i % 5 == 0);
	known = gp_web_facts_get(facts, &client);
	for (int i = 0; i < GP_DELAYS; i++)
		assert_int_equal(known->joined[i], 2);
	assert_int_equal(known->shared_links, 2);
}

/* A visit each, with a page of its own. */
static void visit(unsigned server, const char *request)
{
	begin_flow(server, GP_SERVICE_HTTP);
	stream.sides[GP_FROM_CLIENT].bytes = strlen(request) - 1;
	say('c', request + 1, strlen(request) - 1);
	end_flow();
}

/* Every ten minutes for a day among as many other sites; 24 intervals at least; others ask that server, too. */
static void test_beacon(void **state)
{
	const struct gp_web_client *known;
	struct gp_addr bot = client;

	(void)state;
	for (unsigned i = 0; i < 144; i++) {
		visit(200, GET("/poll"));
		visit(i % 64, GET("/a"));
		known = gp_web_facts_get(facts, &client);
		assert_true(!known->beacon.intervals || known->beacon.intervals >= GP_BEACON_INTERVALS);
		if (i < 27) /* the first three only show that it comes back */
			assert_int_equal(known->beacon.intervals, 0);
		now_ns += 600 * SECOND;
	}
	known = gp_web_facts_get(facts, &client);
	assert_true(known->beacon.score > 0.99);
	assert_int_equal(known->beacon_server.dst.bytes[15], 200);
	assert_true(known->beacon_prevalence == 1);
	client.bytes[15] = 8;
	visit(1, GET("/a"));
	client = bot;
	visit(200, GET("/poll"));
	assert_true(gp_web_facts_get(facts, &bot)->beacon_prevalence > 0.4);
	assert_true(gp_web_facts_get(facts, &bot)->beacon_prevalence < 0.6);
}

/* Huge, with NUL, in no encoding: counted, and nothing else happens. */
static void test_hostile(void **state)
{
	static const char nul[] = "GET /a\0b%00.env HTTP/1.1\r\nHost: \0\xff\r\nUser-Agent: \0bot/\r\nAuthorization: Basic\r\n\r\n";
	static const char broken[] = "POST /%ff%/%2/\xc3\x28/login%00 HTTP/1.1\r\nHost: [::1]:99\r\nContent-Length: 0\r\n\r\n";
	static const char answer[] = "HTTP/1.1 302 x\r\nLocation: \r\nContent-Type: \r\nContent-Length: 0\r\n\r\n"
				     "HTTP/1.1 302 x\r\nLocation: //\r\nContent-Length: 0\r\n\r\n";
	static char huge[9000];
	const struct gp_web_client *known;

	(void)state;
	begin_flow(1, GP_SERVICE_HTTP);
	say('c', nul, sizeof(nul) - 1);
	say('c', broken, sizeof(broken) - 1);
	say('s', answer, sizeof(answer) - 1);
	snprintf(huge, sizeof(huge), "GET /%04000d/.env HTTP/1.1\r\n\r\n", 0);
	say('c', huge, strlen(huge));
	memset(huge, '/', sizeof(huge));
	memcpy(huge, "GET ", 4);
	memcpy(huge + sizeof(huge) - 13, " HTTP/1.1\r\n\r\n", 13);
	say('c', huge, sizeof(huge));
	end_flow();
	gp_web_facts_settle(facts);
	known = gp_web_facts_get(facts, &client);
	assert_non_null(known);
	assert_in_range(known->requests, 3, 4);
	assert_int_equal(known->responses[3], 2);
	assert_int_equal(known->login_refused, 0);
	assert_int_equal(known->probes, 0); /* what stands behind GP_WEB_SHAPE_BYTES is not read */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_client, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waiting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_joined, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_beacon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
