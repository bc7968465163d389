// SPDX-License-Identifier: GPL-2.0-or-later
#include "web_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"
#include "lru.h"
#include "web_request.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SECOND_NS 1000000000ull
#define ASSET_NS (GP_WEB_ASSET_S * SECOND_NS)
#define VISITS 16u

/*
 * What a client fetched from one server within GP_WEB_ASSET_S of the first: some pages, or what belongs to them. It waits
 * until nothing more of that time can be told.
 */
struct visit {
	struct gp_addr server;
	__u64 first_ns;
	__u32 pages;
	bool assets;
};

/* A log-in that was answered by a page: whether it was refused shows when it is tried again. */
struct login {
	struct gp_addr server;
	__u64 path_hash, time_ns; /* 0: none */
};

struct client {
	struct gp_web_client known;
	struct visit visits[VISITS]; /* in no order */
	__u32 visits_count;
	struct login login;
};

struct gp_web_facts {
	struct gp_lru *clients; /* struct client */
	__u64 secret[2];
	__u64 generation;
};

int gp_web_facts_open(struct gp_web_facts **out, __u32 max_clients, const __u64 secret[2])
{
	struct gp_web_facts *f = calloc(1, sizeof(*f));

	if (!f || gp_lru_open(&f->clients, max_clients, sizeof(struct client), secret[0])) {
		free(f);
		return -ENOMEM;
	}
	memcpy(f->secret, secret, sizeof(f->secret));
	*out = f;
	return 0;
}

void gp_web_facts_close(struct gp_web_facts *f)
{
	if (!f)
		return;
	gp_lru_close(f->clients);
	free(f);
}

static struct client *observe(struct gp_web_facts *f, const struct gp_addr *addr, __u64 first_ns, __u64 last_ns)
{
	bool made;
	struct client *c = gp_lru_take(f->clients, addr, &made);

	if (made) {
		c->known.addr = *addr;
		c->known.generation = ++f->generation;
	}
	if (made || first_ns < c->known.first_ns)
		c->known.first_ns = first_ns;
	if (last_ns > c->known.last_ns)
		c->known.last_ns = last_ns;
	return c;
}

static __u64 distance(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

/* The pages of a visit that stayed without what belongs to pages are bare. */
static void end_visit(struct client *c, struct visit *visit)
{
	if (!visit->assets)
		c->known.bare_pages += visit->pages;
	*visit = c->visits[--c->visits_count];
}

/* Where pages and what belongs to them are told later, the client is given the benefit of the doubt. */
static struct visit *new_visit(struct client *c, const struct gp_addr *server, __u64 time_ns)
{
	struct visit *oldest = c->visits;

	if (c->visits_count == VISITS) {
		for (__u32 i = 1; i < VISITS; i++)
			oldest = c->visits[i].first_ns < oldest->first_ns ? &c->visits[i] : oldest;
		oldest->assets |= distance(c->known.last_ns, oldest->first_ns) <= 2 * ASSET_NS;
		end_visit(c, oldest);
	}
	c->visits[c->visits_count] = (struct visit){ .server = *server, .first_ns = time_ns };
	return &c->visits[c->visits_count++];
}

/* The last page of a visit may come GP_WEB_ASSET_S after the first, and what belongs to it as much later. */
static void note_visit(struct client *c, const struct gp_addr *server, __u64 time_ns, bool page)
{
	struct visit *visit = NULL;

	for (__u32 i = 0; i < c->visits_count; i++) {
		struct visit *v = &c->visits[i];
		bool near = distance(time_ns, v->first_ns) <= ASSET_NS;

		if (memcmp(&v->server, server, sizeof(*server)) != 0)
			continue;
		if (!page && time_ns > v->first_ns && time_ns - v->first_ns <= 2 * ASSET_NS)
			v->assets = true;
		if (near && !visit)
			visit = v;
	}
	if (!visit)
		visit = new_visit(c, server, time_ns);
	visit->pages += page;
	visit->assets |= !page;
}

/*
 * A redirect has nothing that belongs to it, nor has what is no document. A picture that was asked for counts whatever came
 * of it: browsers do that.
 */
static void note_thing(struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	enum gp_web_thing thing = r->thing;
	bool document = gp_web_served(r->answer) && (r->answer->media == GP_MEDIA_HTML || r->answer->media == GP_MEDIA_UNKNOWN);

	c->known.posts += r->post;
	c->known.pages += thing == GP_WEB_PAGE && !r->post;
	c->known.images += thing == GP_WEB_IMAGE;
	c->known.assets += thing == GP_WEB_ASSET;
	c->known.robots_txt += thing == GP_WEB_ROBOTS_TXT;
	if (thing == GP_WEB_PAGE && !r->post && document)
		note_visit(c, &r->d->stream->server, time_ns, true);
	else if (thing == GP_WEB_IMAGE || thing == GP_WEB_ASSET)
		note_visit(c, &r->d->stream->server, time_ns, false);
}

static bool not_found(const struct gp_said *answer)
{
	return answer && (answer->code == 404 || answer->code == 410);
}

static bool is_probe(const struct gp_web_request *r)
{
	return r->shape.probe == GP_PROBE_SURE || (r->shape.probe == GP_PROBE_IF_MISSING && not_found(r->answer));
}

enum outcome { OPEN, REFUSED, ACCEPTED, A_PAGE };

static enum outcome redirected(const struct gp_web_request *r)
{
	const struct gp_said *answer = r->answer;

	if (!answer->path_hash)
		return OPEN;
	return answer->path_hash == r->said->path_hash || answer->flags & GP_SAID_TO_LOGIN ? REFUSED : ACCEPTED;
}

/*
 * How a log-in ended. Forms are answered with a redirect to where one is let in (RFC 9110, 15.4.4: 303), or back; many
 * show the form again with 200 instead, and some show the page behind it so: that stays open until the next try.
 */
static enum outcome outcome_of(const struct gp_web_request *r)
{
	__u16 code = r->answer ? r->answer->code : 0;

	if (code == 401 || code == 403 || code == 429)
		return REFUSED;
	if (code / 100 == 3 && code != 304)
		return redirected(r);
	if (code / 100 != 2)
		return OPEN;
	if (r->said->authorization == GP_AUTHORIZATION_BASIC || code == 204 || r->answer->media == GP_MEDIA_OTHER)
		return ACCEPTED;
	return A_PAGE;
}

/* Who is let in does not try again at once. */
static bool tries_again(const struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	return c->login.time_ns && c->login.path_hash == r->said->path_hash &&
	       !memcmp(&c->login.server, &r->d->stream->server, sizeof(c->login.server)) &&
	       distance(c->login.time_ns, time_ns) <= GP_WEB_LOGIN_S * SECOND_NS;
}

static bool note_login(struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	enum outcome outcome = outcome_of(r);

	if (!(r->post && r->shape.login) && r->said->authorization != GP_AUTHORIZATION_BASIC)
		return false;
	c->known.login_tries++;
	c->known.login_refused += tries_again(c, r, time_ns) + (outcome == REFUSED);
	c->known.login_accepted += outcome == ACCEPTED;
	c->login.time_ns = 0;
	if (outcome == A_PAGE)
		c->login = (struct login){ r->d->stream->server, r->said->path_hash, time_ns };
	return outcome == REFUSED;
}

/* Of names in Host and SNI, without their port. */
static __u64 hash_name(const struct gp_web_facts *f, const struct gp_dialogue *d, const struct gp_words *name)
{
	const char *text = gp_web_text(d, name), *colon = name->len ? memrchr(text, ':', name->len) : NULL;
	size_t len = name->len;

	if (colon && !memchr(colon, ']', len - (size_t)(colon - text)))
		len = (size_t)(colon - text);
	return len ? gp_keyed_hash(f->secret[1], text, len, true) : 0;
}

static void note_names(const struct gp_web_facts *f, struct client *c, const struct gp_web_request *r)
{
	__u64 name = hash_name(f, r->d, &r->said->words[GP_WORDS_HOST]);

	if (name)
		gp_hll_add(&c->known.names, name);
	if (r->said->path_hash)
		gp_hll_add(&c->known.paths, gp_mix(name, r->said->path_hash));
}

static void note_agent(struct client *c, const struct gp_web_request *r)
{
	const struct gp_words *agent = &r->said->words[GP_WORDS_AGENT];
	enum gp_agent_class said = gp_agent_class(gp_agent(gp_web_text(r->d, agent), agent->len));

	c->known.agents[said]++;
	c->known.declared_robot += said == GP_AGENT_CLASS_ROBOT;
	c->known.image_proxy += said == GP_AGENT_CLASS_IMAGE_PROXY;
}

/* The most telling one is shown; else the first. */
static void note_sample(struct client *c, const struct gp_stream *stream, bool telling)
{
	if (telling || !c->known.sample.sport)
		c->known.sample = (struct gp_sample){
			.dst = stream->server, .sport = stream->client_port, .dport = stream->server_port,
		};
}

static void note_request(const struct gp_web_facts *f, struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	bool probe = is_probe(r), refused;

	c->known.requests++;
	c->known.with_cookie += !!(r->said->flags & GP_SAID_COOKIE);
	c->known.with_referer += !!(r->said->flags & GP_SAID_REFERER);
	c->known.probes += probe;
	note_thing(c, r, time_ns);
	refused = note_login(c, r, time_ns);
	note_names(f, c, r);
	note_agent(c, r);
	note_sample(c, r->d->stream, probe || refused);
}

static void note_requests(const struct gp_web_facts *f, struct client *c, const struct gp_dialogue *d, __s64 offset_ns)
{
	struct gp_web_request request = { .d = d };

	while (gp_web_request_next(&request))
		note_request(f, c, &request, request.said->time_ns + (__u64)offset_ns);
}

static void note_responses(struct client *c, const struct gp_dialogue *d)
{
	for (__u32 i = 0; i < d->said_count; i++) {
		const struct gp_said *said = &d->said[i];
		unsigned digit = said->code / 100;

		if (said->kind != GP_SAID_RESPONSE)
			continue;
		c->known.responses[digit < COUNT(c->known.responses) ? digit : 0]++;
		c->known.not_found += not_found(said);
	}
}

static void note_hello(const struct gp_web_facts *f, struct client *c, const struct gp_dialogue *d)
{
	__u64 name = hash_name(f, d, &d->tls->sni);

	c->known.hellos++;
	if (name)
		gp_hll_add(&c->known.names, name);
	note_sample(c, d->stream, false);
}

void gp_web_facts_dialogue(struct gp_web_facts *f, const struct gp_dialogue *d, const struct gp_addr *addr, __s64 offset_ns)
{
	const struct gp_stream *stream = d->stream;
	bool hello = d->tls && d->tls->has_hello;
	struct client *c;

	if (stream->service != GP_SERVICE_HTTP && stream->service != GP_SERVICE_TLS)
		return;
	if (d->protocol != GP_DIALOGUE_HTTP && !(d->protocol == GP_DIALOGUE_TLS && hello))
		return;
	c = observe(f, addr, stream->begin_ns + (__u64)offset_ns, stream->end_ns + (__u64)offset_ns);
	gp_hll_add(&c->known.servers, gp_hash_addr(f->secret[1], &stream->server));
	note_requests(f, c, d, offset_ns);
	note_responses(c, d);
	if (hello)
		note_hello(f, c, d);
}

static enum gp_web_delay delay_of(__u64 delay_ns)
{
	static const __u64 bounds_s[] = { [GP_DELAY_10S] = 10, [GP_DELAY_60S] = 60, [GP_DELAY_10MIN] = 600, [GP_DELAY_1H] = 3600 };
	unsigned delay = 0;

	while (delay < COUNT(bounds_s) && delay_ns > bounds_s[delay] * SECOND_NS)
		delay++;
	return (enum gp_web_delay)delay;
}

void gp_web_facts_joined(struct gp_web_facts *f, const struct gp_addr *addr, __u64 delay_ns, bool shared)
{
	struct client *c = gp_lru_get(f->clients, addr);

	if (!c)
		return;
	c->known.joined[delay_of(delay_ns)]++;
	c->known.shared_links += shared;
}

void gp_web_facts_named(struct gp_web_facts *f, const struct gp_addr *addr, __u64 delay_ns)
{
	struct client *c = gp_lru_get(f->clients, addr);

	if (c)
		c->known.named[delay_of(delay_ns)]++;
}

/* Visits that began before some time. */
static void end_visits(struct client *c, __u64 before_ns)
{
	__u32 i = 0;

	while (i < c->visits_count) {
		if (c->visits[i].first_ns < before_ns)
			end_visit(c, &c->visits[i]);
		else
			i++;
	}
}

void gp_web_facts_expire(struct gp_web_facts *f, __u64 now_ns, __u64 idle_ns)
{
	const __u64 wait_ns = 2 * ASSET_NS + GP_WEB_LATE_S * SECOND_NS;
	struct client *c = gp_lru_oldest(f->clients), *newer;

	for (; c; c = newer) {
		newer = gp_lru_newer(f->clients, c);
		end_visits(c, now_ns > wait_ns ? now_ns - wait_ns : 0);
		if (now_ns > c->known.last_ns && now_ns - c->known.last_ns > idle_ns)
			gp_lru_drop(f->clients, c);
	}
}

void gp_web_facts_settle(struct gp_web_facts *f)
{
	for (__u32 i = 0; i < gp_lru_count(f->clients); i++)
		end_visits(gp_lru_at(f->clients, i), ~0ull);
}

const struct gp_web_client *gp_web_facts_get(const struct gp_web_facts *f, const struct gp_addr *addr)
{
	const struct client *c = gp_lru_get(f->clients, addr);

	return c ? &c->known : NULL;
}

__u32 gp_web_facts_count(const struct gp_web_facts *f)
{
	return gp_lru_count(f->clients);
}

const struct gp_web_client *gp_web_facts_at(const struct gp_web_facts *f, __u32 i)
{
	return &((const struct client *)gp_lru_at(f->clients, i))->known;
}
