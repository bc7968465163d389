/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of hosts: rows of observations with what is known afterwards, and a slow model of arrays and strings that must
 * know the same after any observations in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_facts.h"
#include "random.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SECOND 1000000000ull
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define BEGIN (20000 * DAY) /* 2024-10-04 */

static const __u64 secret[2] = { 0x1234, 0x5678 };
static struct gp_host_facts *facts;

static struct gp_addr v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (struct gp_addr){ .bytes = { [10] = 0xff, 0xff, (__u8)a, (__u8)b, (__u8)c, (__u8)d } };
}

static struct gp_addr v6(unsigned site, unsigned subnet, unsigned host)
{
	return (struct gp_addr){ .bytes = { 0x20, 0x01, 0x0d, 0xb8, (__u8)(site >> 8), (__u8)site, (__u8)(subnet >> 8), (__u8)subnet,
					    [15] = (__u8)host } };
}

static int set_up(void **state)
{
	(void)state;
	return gp_host_facts_open(&facts, 8, secret);
}

static int tear_down(void **state)
{
	(void)state;
	gp_host_facts_close(facts);
	return 0;
}

/* Retries: what one host and its mail servers do, and what is known then. */
enum step_kind { END, CONTACT, PUT_OFF, EXPIRE };

struct step {
	enum step_kind kind;
	unsigned server; /* of the list below */
	__u64 after;	 /* since the beginning */
};

#define C(server, after) { CONTACT, server, after }
#define P(server, after) { PUT_OFF, server, after }
#define E(after) { EXPIRE, 0, after }

static const struct retry_row {
	const char *name;
	struct step steps[8];
	__u64 put_off, came_back, soon, gave_up;
	__u32 pending;
} retry_rows[] = {
	/* Servers 0, 1: one /24; 2: another; 3, 4: one /48; 5: another. */
	{ "put off, not yet back", { C(0, 0), P(0, SECOND) }, 1, 0, 0, 0, 1 },
	{ "back after five minutes", { C(0, 0), P(0, SECOND), C(0, 5 * MINUTE) }, 1, 1, 0, 0, 0 },
	{ "back at another server of the network", { C(0, 0), P(0, SECOND), C(1, 5 * MINUTE) }, 1, 1, 0, 0, 0 },
	{ "another network is no return", { C(0, 0), P(0, SECOND), C(2, 5 * MINUTE) }, 1, 0, 0, 0, 1 },
	{ "IPv6: another subnet of the network", { C(3, 0), P(3, SECOND), C(4, 5 * MINUTE) }, 1, 1, 0, 0, 0 },
	{ "IPv6: another network", { C(3, 0), P(3, SECOND), C(5, 5 * MINUTE) }, 1, 0, 0, 0, 1 },
	{ "back at once", { C(0, 0), P(0, SECOND), C(0, 2 * SECOND) }, 1, 1, 1, 0, 0 },
	{ "back after a minute less a little", { P(0, 0), C(0, MINUTE - 1) }, 1, 1, 1, 0, 0 },
	{ "back after a minute", { P(0, 0), C(0, MINUTE) }, 1, 1, 0, 0, 0 },
	{ "back after two hours", { P(0, 0), C(0, 2 * HOUR) }, 1, 1, 0, 0, 0 },
	{ "too late", { P(0, 0), C(0, 2 * HOUR + 1) }, 1, 0, 0, 1, 0 },
	{ "two hours are over, but dialogues are told late", { P(0, 0), E(2 * HOUR + 30 * MINUTE) }, 1, 0, 0, 0, 1 },
	{ "gave up", { P(0, 0), E(2 * HOUR + 30 * MINUTE + 1) }, 1, 0, 0, 1, 0 },
	{ "told late, back in time", { P(0, 0), E(2 * HOUR + 20 * MINUTE), C(0, 90 * MINUTE) }, 1, 1, 0, 0, 0 },
	{ "each recipient of a dialogue", { P(0, 0), P(0, SECOND), P(0, 2 * SECOND), C(0, 5 * MINUTE) }, 1, 1, 0, 0, 0 },
	{ "two hours from the last", { P(0, 0), P(0, HOUR), C(0, 3 * HOUR) }, 1, 1, 0, 0, 0 },
	{ "from the last in time, not in telling", { P(0, HOUR), P(0, 0), C(0, 3 * HOUR) }, 1, 1, 0, 0, 0 },
	{ "put off again and again", { P(0, 0), C(0, 10 * MINUTE), P(0, 11 * MINUTE), C(0, 40 * MINUTE), P(0, 41 * MINUTE) }, 3, 2, 0, 0, 1 },
	{ "put off again after it gave up", { P(0, 0), P(0, 3 * HOUR) }, 2, 0, 0, 1, 1 },
	{ "a flow that began before", { P(0, MINUTE), C(0, SECOND), C(0, MINUTE) }, 1, 0, 0, 0, 1 },
	{ "nobody put it off", { C(0, 0), C(0, HOUR), E(10 * HOUR) }, 0, 0, 0, 0, 0 },
	{ "two networks", { P(0, 0), P(2, 0), C(2, HOUR), E(5 * HOUR) }, 2, 1, 0, 1, 0 },
};

static struct gp_addr server_of(unsigned number)
{
	switch (number) {
	case 0:
		return v4(198, 51, 100, 1);
	case 1:
		return v4(198, 51, 100, 254);
	case 2:
		return v4(198, 51, 101, 1);
	case 3:
		return v6(1, 1, 1);
	case 4:
		return v6(1, 2, 9);
	default:
		return v6(2, 1, 1);
	}
}

static void test_retries(void **state)
{
	const struct gp_addr host = v4(10, 0, 0, 7);

	(void)state;
	for (size_t i = 0; i < COUNT(retry_rows); i++) {
		const struct retry_row *row = &retry_rows[i];
		const struct gp_facts *h;

		gp_host_facts_close(facts);
		assert_int_equal(gp_host_facts_open(&facts, 8, secret), 0);
		for (const struct step *step = row->steps; step->kind != END; step++) {
			struct gp_addr server = server_of(step->server);

			if (step->kind == CONTACT)
				gp_host_facts_contact(facts, &host, BEGIN + step->after, &server);
			else if (step->kind == PUT_OFF)
				gp_host_facts_put_off(facts, &host, BEGIN + step->after, &server);
			else
				gp_host_facts_expire(facts, BEGIN + step->after);
		}
		h = gp_host_facts_get(facts, &host);
		assert_non_null(h);
		if (h->put_off != row->put_off || h->came_back != row->came_back || h->came_back_soon != row->soon ||
		    h->gave_up != row->gave_up || h->pending_count != row->pending || h->forgotten)
			fail_msg("%s: put off %llu, came back %llu (soon %llu), gave up %llu, pending %u", row->name, h->put_off,
				 h->came_back, h->came_back_soon, h->gave_up, h->pending_count);
	}
}

static void test_too_many_pending(void **state)
{
	const struct gp_addr host = v4(10, 0, 0, 7);
	const struct gp_facts *h;

	(void)state;
	for (unsigned i = 0; i < GP_FACT_PENDING + 5; i++) {
		struct gp_addr server = v4(198, 51, i, 1);

		gp_host_facts_put_off(facts, &host, BEGIN + i, &server);
	}
	h = gp_host_facts_get(facts, &host);
	assert_int_equal(h->put_off, GP_FACT_PENDING + 5);
	assert_int_equal(h->forgotten, 5);
	assert_int_equal(h->pending_count, GP_FACT_PENDING);
	for (unsigned i = 0; i < GP_FACT_PENDING; i++)
		assert_true(h->pending[i].since_ns >= BEGIN + 5);
}

/* Names in a day: rows of how many there are, each greeted with twice and in another letter case. */
static void test_names(void **state)
{
	static const unsigned rows[] = { 1, 2, 3, 15, 16, 17, 40, 100, 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gp_addr host = v4(10, 0, 0, (unsigned)i);
		const struct gp_facts *h;
		char name[32];
		__u32 names;

		for (unsigned j = 0; j < rows[i]; j++) {
			snprintf(name, sizeof(name), "host%u.example", j);
			gp_host_facts_helo(facts, &host, BEGIN + j, name, strlen(name));
			snprintf(name, sizeof(name), "HOST%u.Example", j);
			gp_host_facts_helo(facts, &host, BEGIN + j, name, strlen(name));
		}
		h = gp_host_facts_get(facts, &host);
		names = gp_facts_names(h, BEGIN / DAY);
		if (rows[i] < GP_FACT_NAMES)
			assert_int_equal(names, rows[i]);
		else
			assert_in_range(names, rows[i] * 6 / 10, rows[i] * 14 / 10);
		assert_int_equal(h->helo.used, rows[i] < GP_FACT_SLOTS ? rows[i] : GP_FACT_SLOTS);
		assert_int_equal(h->helo.displaced, rows[i] - h->helo.used);
		assert_int_equal(gp_facts_names(h, BEGIN / DAY - 1), 0);
		assert_int_equal(gp_facts_names(h, BEGIN / DAY + 1), 0);
	}
}

static void greet(const struct gp_addr *host, __u64 time_ns, const char *name)
{
	gp_host_facts_helo(facts, host, time_ns, name, strlen(name));
}

static void test_days(void **state)
{
	const struct gp_addr host = v4(10, 0, 0, 7);
	const __u64 day = BEGIN / DAY;
	const struct gp_facts *h;

	(void)state;
	greet(&host, BEGIN, "a");
	greet(&host, BEGIN + DAY - 1, "b");
	greet(&host, BEGIN + DAY, "a");
	h = gp_host_facts_get(facts, &host);
	assert_int_equal(gp_facts_names(h, day), 2);
	assert_int_equal(gp_facts_names(h, day + 1), 1);
	greet(&host, BEGIN, "c"); /* told after the day was over */
	assert_int_equal(gp_facts_names(h, day), 2);
	assert_int_equal(gp_facts_names(h, day + 1), 1);
	greet(&host, BEGIN + 5 * DAY, "d");
	assert_int_equal(gp_facts_names(h, day), 0);
	assert_int_equal(gp_facts_names(h, day + 1), 1);
	assert_int_equal(gp_facts_names(h, day + 4), 0);
	assert_int_equal(gp_facts_names(h, day + 5), 1);
}

/* What packets carry is fit to print, and cut. */
static void test_texts(void **state)
{
	const struct gp_addr host = v4(10, 0, 0, 7);
	const struct gp_facts *h;
	char longest[1000];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	gp_host_facts_helo(facts, &host, BEGIN, "a\0b\x1b[31m", 8);
	gp_host_facts_helo(facts, &host, BEGIN, longest, sizeof(longest));
	gp_host_facts_helo(facts, &host, BEGIN, longest, sizeof(longest) - 1);
	gp_host_facts_helo(facts, &host, BEGIN, NULL, 0);
	gp_host_facts_user_agent(facts, &host, BEGIN, longest, sizeof(longest));
	gp_host_facts_ja4(facts, &host, BEGIN, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	gp_host_facts_ja4(facts, &host, BEGIN, "");
	h = gp_host_facts_get(facts, &host);
	assert_int_equal(h->helo.used, 4);
	assert_string_equal(h->helo_text[0], "a\\x00b\\x1b[31m");
	assert_int_equal(strlen(h->helo_text[1]), GP_FACT_HELO_TEXT - 1);
	assert_string_equal(h->helo_text[1], h->helo_text[2]); /* different names that look the same */
	assert_string_equal(h->helo_text[3], "");
	assert_int_equal(strlen(h->user_agent_text[0]), GP_FACT_USER_AGENT_TEXT - 1);
	assert_int_equal(h->ja4.used, 1);
	assert_string_equal(h->ja4_text[0], "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void test_signatures(void **state)
{
	const struct gp_addr host = v4(10, 0, 0, 7);
	struct gp_tcp_signature s = { .text = "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0", .ttl_class = 64 };
	const struct gp_facts *h;

	(void)state;
	gp_host_facts_signature(facts, &host, BEGIN, &s);
	s.tool = GP_TOOL_MASSCAN;
	s.ttl_class = 255;
	gp_host_facts_signature(facts, &host, BEGIN, &s);
	s.ttl_class = 128;
	s.syn_ack = true;
	gp_host_facts_signature(facts, &host, BEGIN, &s);
	h = gp_host_facts_get(facts, &host);
	assert_int_equal(h->signature.used, 1);
	assert_int_equal(h->signature.of[0].count, 2);
	assert_string_equal(h->signature_text[0], s.text);
	assert_int_equal(h->tools[GP_TOOL_NONE], 1);
	assert_int_equal(h->tools[GP_TOOL_MASSCAN], 1);
	assert_int_equal(h->ttl_classes[0], 0);
	assert_int_equal(h->ttl_classes[1], 1);
	assert_int_equal(h->ttl_classes[2], 1);
	assert_int_equal(h->ttl_classes[3], 1);
	memset(s.text, 'x', sizeof(s.text) - 1);
	s.syn_ack = false;
	gp_host_facts_signature(facts, &host, BEGIN, &s);
	assert_int_equal(strlen(h->signature_text[1]), GP_FACT_SIGNATURE_TEXT - 1);
}

/* A refusal that names a list. */
static void refuse(const struct gp_addr *host, __u64 time_ns, bool policy)
{
	const struct gp_mail_facts mail = { .dnsbl = policy ? GP_DNSBL_POLICY : GP_DNSBL_LISTED };
	const struct gp_addr server = v4(198, 51, 100, 1);

	gp_host_facts_mail(facts, host, time_ns, &mail, &server);
}

static void test_forgotten(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct gp_addr host = v4(10, 0, 0, i);

		refuse(&host, BEGIN + i, i & 1);
	}
	assert_int_equal(gp_host_facts_hosts(facts), 8);
	assert_int_equal(gp_host_facts_displaced(facts), 2);
	for (unsigned i = 0; i < 10; i++) {
		struct gp_addr host = v4(10, 0, 0, i);
		const struct gp_facts *h = gp_host_facts_get(facts, &host);

		assert_int_equal(!h, i < 2);
		if (h)
			assert_int_equal(i & 1 ? h->mail.policy : h->mail.listed, 1);
	}
	gp_host_facts_expire(facts, BEGIN + 4 + 2 * DAY);
	assert_int_equal(gp_host_facts_hosts(facts), 6); /* 2 and 3 were idle for longer than that */
	gp_host_facts_expire(facts, 0);
	assert_int_equal(gp_host_facts_hosts(facts), 6);
	gp_host_facts_expire(facts, BEGIN + 10 * DAY);
	assert_int_equal(gp_host_facts_hosts(facts), 0);
	assert_int_equal(gp_host_facts_displaced(facts), 2);
}

static void test_size(void **state)
{
	(void)state;
	print_message("  %zu bytes per host\n", sizeof(struct gp_facts));
	assert_in_range(sizeof(struct gp_facts), 1, 3100);
}

/* The model. */

#define MODEL_HOSTS 6u
#define ADDRESSES 10u
#define MODEL_PUT_OFFS 4096u
#define MODEL_NAMES 64u

struct model_value {
	char value[48];
	__u64 last_ns, count;
};

struct model_values {
	struct model_value of[GP_FACT_SLOTS];
	unsigned used, displaced;
};

struct model_put_off {
	unsigned network;
	__u64 since_ns;
	enum { WAITING, CAME, CAME_SOON, GAVE_UP, FORGOTTEN } how;
};

struct model_host {
	unsigned address;
	unsigned long touched; /* which observation was the latest */
	__u64 first_ns, last_ns;
	struct model_values values[5]; /* helo, ja4, signature, user agent, dialect */
	char names[MODEL_NAMES][48];
	unsigned name_count;
	__u64 name_day, before_day;
	unsigned before_count;
	struct model_put_off put_offs[MODEL_PUT_OFFS];
	unsigned put_off_count;
	__u64 ttl[4], tools[GP_TOOLS], listed, policy;
};

static struct model {
	struct model_host hosts[MODEL_HOSTS];
	unsigned count;
	unsigned long observations, displaced;
} model;

static void model_remove(unsigned at)
{
	memmove(&model.hosts[at], &model.hosts[at + 1], (--model.count - at) * sizeof(model.hosts[0]));
}

static struct model_host *model_find(unsigned address)
{
	for (unsigned i = 0; i < model.count; i++) {
		if (model.hosts[i].address == address)
			return &model.hosts[i];
	}
	return NULL;
}

static struct model_host *model_observe(unsigned address, __u64 time_ns)
{
	struct model_host *h = model_find(address);

	if (!h && model.count == MODEL_HOSTS) {
		unsigned quiet = 0;

		for (unsigned i = 1; i < model.count; i++) {
			if (model.hosts[i].touched < model.hosts[quiet].touched)
				quiet = i;
		}
		model_remove(quiet);
		model.displaced++;
	}
	if (!h) {
		h = &model.hosts[model.count++];
		memset(h, 0, sizeof(*h));
		h->address = address;
		h->first_ns = h->last_ns = time_ns;
	}
	h->touched = ++model.observations;
	h->first_ns = time_ns < h->first_ns ? time_ns : h->first_ns;
	h->last_ns = time_ns > h->last_ns ? time_ns : h->last_ns;
	return h;
}

static void model_note(struct model_values *v, const char *value, __u64 time_ns)
{
	unsigned at = 0;

	for (unsigned i = 0; i < v->used; i++) {
		if (strcasecmp(v->of[i].value, value) == 0) {
			v->of[i].count++;
			v->of[i].last_ns = time_ns > v->of[i].last_ns ? time_ns : v->of[i].last_ns;
			return;
		}
	}
	if (v->used < GP_FACT_SLOTS) {
		at = v->used++;
	} else {
		for (unsigned i = 1; i < v->used; i++) {
			if (v->of[i].last_ns < v->of[at].last_ns)
				at = i;
		}
		v->displaced++;
	}
	snprintf(v->of[at].value, sizeof(v->of[at].value), "%s", value);
	v->of[at].last_ns = time_ns;
	v->of[at].count = 1;
}

static void model_name(struct model_host *h, const char *name, __u64 time_ns)
{
	__u64 day = time_ns / DAY;

	if (h->name_count && day < h->name_day)
		return;
	if (h->name_count && day > h->name_day) {
		h->before_day = h->name_day;
		h->before_count = h->name_count;
		h->name_count = 0;
	}
	h->name_day = day;
	for (unsigned i = 0; i < h->name_count; i++) {
		if (strcasecmp(h->names[i], name) == 0)
			return;
	}
	assert_true(h->name_count < MODEL_NAMES);
	snprintf(h->names[h->name_count++], sizeof(h->names[0]), "%s", name);
}

static unsigned model_count(const struct model_host *h, int how)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->put_off_count; i++)
		n += (int)h->put_offs[i].how == how;
	return n;
}

static struct model_put_off *model_waiting(struct model_host *h, unsigned network)
{
	for (unsigned i = 0; i < h->put_off_count; i++) {
		if (h->put_offs[i].how == WAITING && h->put_offs[i].network == network)
			return &h->put_offs[i];
	}
	return NULL;
}

static void model_contact(struct model_host *h, unsigned network, __u64 time_ns)
{
	struct model_put_off *p = model_waiting(h, network);

	if (p && time_ns > p->since_ns)
		p->how = time_ns > p->since_ns + 2 * HOUR ? GAVE_UP : time_ns < p->since_ns + MINUTE ? CAME_SOON : CAME;
}

static void model_put_off(struct model_host *h, unsigned network, __u64 time_ns)
{
	struct model_put_off *p = model_waiting(h, network), *oldest = NULL;

	if (p && time_ns > p->since_ns + 2 * HOUR) {
		p->how = GAVE_UP;
		p = NULL;
	}
	if (p) {
		p->since_ns = time_ns > p->since_ns ? time_ns : p->since_ns;
		return;
	}
	if (model_count(h, WAITING) == GP_FACT_PENDING) {
		for (unsigned i = 0; i < h->put_off_count; i++) {
			if (h->put_offs[i].how == WAITING && (!oldest || h->put_offs[i].since_ns < oldest->since_ns))
				oldest = &h->put_offs[i];
		}
		assert_non_null(oldest);
		oldest->how = FORGOTTEN;
	}
	assert_true(h->put_off_count < MODEL_PUT_OFFS);
	h->put_offs[h->put_off_count++] = (struct model_put_off){ network, time_ns, WAITING };
}

static void model_expire(__u64 now_ns)
{
	unsigned i = 0;

	while (i < model.count) {
		struct model_host *h = &model.hosts[i];

		for (unsigned j = 0; j < h->put_off_count; j++) {
			if (h->put_offs[j].how == WAITING && now_ns > h->put_offs[j].since_ns + 2 * HOUR + 30 * MINUTE)
				h->put_offs[j].how = GAVE_UP;
		}
		if (now_ns > h->last_ns + 2 * DAY)
			model_remove(i);
		else
			i++;
	}
}

static void compare_values(const struct gp_fact_slots *got, const char *texts, size_t text_size,
			   const struct model_values *want)
{
	assert_int_equal(got->used, want->used);
	assert_int_equal(got->displaced, want->displaced);
	for (unsigned i = 0; i < want->used; i++) {
		assert_int_equal(got->of[i].count, want->of[i].count);
		assert_int_equal(got->of[i].last_ns, want->of[i].last_ns);
		if (texts)
			assert_string_equal(texts + i * text_size, want->of[i].value);
	}
}

static void compare_put_offs(const struct gp_facts *got, const struct model_host *want)
{
	assert_int_equal(got->put_off, want->put_off_count);
	assert_int_equal(got->came_back, model_count(want, CAME) + model_count(want, CAME_SOON));
	assert_int_equal(got->came_back_soon, model_count(want, CAME_SOON));
	assert_int_equal(got->gave_up, model_count(want, GAVE_UP));
	assert_int_equal(got->forgotten, model_count(want, FORGOTTEN));
	assert_int_equal(got->pending_count, model_count(want, WAITING));
	for (unsigned i = 0; i < want->put_off_count; i++) {
		struct gp_addr network = v4(198, 51, want->put_offs[i].network, 0);
		bool found = want->put_offs[i].how != WAITING;

		for (unsigned j = 0; j < got->pending_count && !found; j++)
			found = memcmp(&got->pending[j].network, &network, sizeof(network)) == 0 &&
				got->pending[j].since_ns == want->put_offs[i].since_ns;
		assert_true(found);
	}
}

static void compare_host(unsigned address, const struct gp_facts *got, const struct model_host *want)
{
	if (!got != !want)
		fail_msg("host %u: %s, the model says %s", address, got ? "known" : "unknown", want ? "known" : "unknown");
	if (!got)
		return;
	assert_int_equal(got->first_ns, want->first_ns);
	assert_int_equal(got->last_ns, want->last_ns);
	compare_values(&got->helo, got->helo_text[0], GP_FACT_HELO_TEXT, &want->values[0]);
	compare_values(&got->ja4, got->ja4_text[0], GP_JA4_TEXT, &want->values[1]);
	compare_values(&got->signature, got->signature_text[0], GP_FACT_SIGNATURE_TEXT, &want->values[2]);
	compare_values(&got->user_agent, got->user_agent_text[0], GP_FACT_USER_AGENT_TEXT, &want->values[3]);
	compare_values(&got->dialect, NULL, 0, &want->values[4]);
	for (unsigned i = 0; i < want->values[4].used; i++)
		assert_int_equal(got->dialect_id[i], atoi(want->values[4].of[i].value));
	if (want->name_count)
		assert_int_equal(gp_facts_names(got, want->name_day), want->name_count);
	if (want->before_count)
		assert_int_equal(gp_facts_names(got, want->before_day), want->before_count);
	compare_put_offs(got, want);
	assert_memory_equal(got->ttl_classes, want->ttl, sizeof(want->ttl));
	assert_memory_equal(got->tools, want->tools, sizeof(want->tools));
	assert_int_equal(got->mail.listed, want->listed);
	assert_int_equal(got->mail.policy, want->policy);
}

static void observe_value(unsigned kind, unsigned address, const struct gp_addr *host, __u64 time_ns, unsigned number)
{
	static const __u8 classes[] = { 32, 64, 128, 255 };
	struct model_host *h = model_observe(address, time_ns);
	struct gp_tcp_signature s = { .ttl_class = classes[number % 4], .tool = (__u8)(number % GP_TOOLS), .syn_ack = number == 5 };
	char value[48];

	snprintf(value, sizeof(value), kind == 4 ? "%u" : "value%u", number);
	if (kind != 2 || !s.syn_ack)
		model_note(&h->values[kind], value, time_ns);
	if (kind == 0) {
		model_name(h, value, time_ns);
		gp_host_facts_helo(facts, host, time_ns, value, strlen(value));
	} else if (kind == 1) {
		gp_host_facts_ja4(facts, host, time_ns, value);
	} else if (kind == 2) {
		h->ttl[number % 4]++;
		if (!s.syn_ack)
			h->tools[s.tool]++;
		memcpy(s.text, value, sizeof(value));
		gp_host_facts_signature(facts, host, time_ns, &s);
	} else if (kind == 3) {
		gp_host_facts_user_agent(facts, host, time_ns, value, strlen(value));
	} else {
		gp_host_facts_dialect(facts, host, time_ns, number);
	}
}

static void any_operation(__u64 r, __u64 time_ns)
{
	unsigned address = (unsigned)(r >> 8) % ADDRESSES, number = (unsigned)(r >> 16) % 7, kind = (unsigned)(r >> 24) % 100;
	unsigned network = (unsigned)(r >> 32) % 20;
	struct gp_addr host = address & 1 ? v6(address, 1, 1) : v4(10, 0, 0, address);
	struct gp_addr server = v4(198, 51, network, (unsigned)(r >> 40) % 256);

	if (kind < 50) {
		observe_value(kind / 10, address, &host, time_ns, number);
	} else if (kind < 70) {
		model_contact(model_observe(address, time_ns), network, time_ns);
		gp_host_facts_contact(facts, &host, time_ns, &server);
	} else if (kind < 92) {
		model_put_off(model_observe(address, time_ns), network, time_ns);
		gp_host_facts_put_off(facts, &host, time_ns, &server);
	} else if (kind < 97) {
		struct model_host *h = model_observe(address, time_ns);

		*(number & 1 ? &h->policy : &h->listed) += 1;
		refuse(&host, time_ns, number & 1);
	} else {
		model_expire(time_ns);
		gp_host_facts_expire(facts, time_ns);
	}
}

/* @step_ns: how far the time goes with each operation, on average; it goes back now and then. */
static void play(__u64 seed, __u64 step_ns, unsigned operations)
{
	__u64 chance = seed, time_ns = BEGIN;

	memset(&model, 0, sizeof(model));
	gp_host_facts_close(facts);
	assert_int_equal(gp_host_facts_open(&facts, MODEL_HOSTS, secret), 0);
	for (unsigned i = 0; i < operations; i++) {
		__u64 r = random_splitmix(&chance), jitter = random_splitmix(&chance);

		time_ns += jitter % (2 * step_ns);
		any_operation(r, jitter % 8 ? time_ns : time_ns - random_splitmix(&chance) % (40 * step_ns));
		assert_int_equal(gp_host_facts_hosts(facts), model.count);
		assert_int_equal(gp_host_facts_displaced(facts), model.displaced);
		for (unsigned address = 0; address < ADDRESSES; address++) {
			struct gp_addr host = address & 1 ? v6(address, 1, 1) : v4(10, 0, 0, address);

			compare_host(address, gp_host_facts_get(facts, &host), model_find(address));
		}
	}
}

static void test_model(void **state)
{
	(void)state;
	play(1, SECOND, 6000);
	play(2, MINUTE, 6000);
	play(3, 10 * MINUTE, 6000);
	play(4, 3 * HOUR, 6000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_retries), TEST(test_too_many_pending), TEST(test_names), TEST(test_days), TEST(test_texts),
		TEST(test_signatures), TEST(test_forgotten), TEST(test_size), TEST(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
