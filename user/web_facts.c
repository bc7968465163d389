// SPDX-License-Identifier: GPL-2.0-or-later
#include "web_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"
#include "hll.h"
#include "lru.h"
#include "timeline.h"
#include "web_request.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SECOND_NS 1000000000ull
#define ASSET_NS (GP_WEB_ASSET_S * SECOND_NS)
#define VISITS 16u
#define REGULARS 4u /* servers of a client whose contacts are timed */
#define REGULAR_CONTACTS 3u /* after which a server is one of them */
#define OWN_DOORS 2u /* that are not there any more: a camera has /cgi-bin/ and /goform/ */
#define DOOR_POLLS 3u /* requests for the same path: a program polls what was there once; who looks for holes goes on */

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

/* A server that a client comes back to. */
struct regular {
	struct gp_addr server;
	struct gp_timeline timeline;
	struct gp_sample sample;
	struct gp_beacon beacon;
	double prevalence;
};

/* A door of a server (user/web_shape.c) that a client asked for and that is not there. */
struct door {
	__u64 path_hash; /* of the first request */
	__u32 requests;	 /* for that path */
};

struct client {
	struct gp_web_client known;
	struct regular regulars[REGULARS];
	__u32 regulars_count;
	struct visit visits[VISITS]; /* in no order */
	__u32 visits_count;
	struct login login;
};

struct gp_web_facts {
	struct gp_lru *clients; /* struct client */
	struct gp_lru *pairs;	/* __u32, contacts of a client with a server that is not one of its regulars */
	struct gp_lru *servers; /* struct gp_hll, clients of a server */
	struct gp_lru *doors;	/* struct door, of a client and a server */
	__u64 secret[2];
	__u64 generation;
};

int gp_web_facts_open(struct gp_web_facts **out, __u32 max_clients, const __u64 secret[2])
{
	struct gp_web_facts *f = calloc(1, sizeof(*f));

	if (!f || gp_lru_open(&f->clients, max_clients, sizeof(struct client), secret[0]) ||
	    gp_lru_open(&f->pairs, max_clients, sizeof(__u32), secret[0]) ||
	    gp_lru_open(&f->doors, max_clients, sizeof(struct door), secret[0]) ||
	    gp_lru_open(&f->servers, max_clients, sizeof(struct gp_hll), secret[0])) {
		gp_web_facts_close(f);
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
	gp_lru_close(f->pairs);
	gp_lru_close(f->servers);
	gp_lru_close(f->doors);
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

/* A door counts once per server, however much is asked for behind it, and not at all once it turns out to be polled. */
static void note_door(struct gp_web_facts *f, struct client *c, const struct gp_web_request *r)
{
	const struct gp_addr key = { .halves = { gp_mix(gp_hash_addr(f->secret[1], &c->known.addr), c->known.generation),
						 gp_mix(gp_hash_addr(f->secret[1], &r->d->stream->server), r->shape.door) } };
	bool made;
	struct door *door = gp_lru_take(f->doors, &key, &made);

	if (made) {
		*door = (struct door){ .path_hash = r->said->path_hash, .requests = 1 };
		c->known.doors++;
	} else if (door->path_hash == r->said->path_hash && ++door->requests == DOOR_POLLS) {
		c->known.doors--;
	}
}

static void note_probe(struct gp_web_facts *f, struct client *c, const struct gp_web_request *r)
{
	if (r->shape.probe == GP_PROBE_SURE)
		c->known.sure_probes++;
	else
		note_door(f, c, r);
	c->known.probes = c->known.sure_probes + (c->known.doors > OWN_DOORS ? c->known.doors - OWN_DOORS : 0);
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

static bool is_login(const struct gp_web_request *r)
{
	if (r->said->authorization == GP_AUTHORIZATION_BASIC)
		return true;
	return r->post && (r->shape.login == GP_WEB_LOGIN_SURE ||
			   (r->shape.login == GP_WEB_LOGIN_IF_NEW && !(r->said->flags & GP_SAID_COOKIE)));
}

/* Return: it was one, and it was refused. */
static bool note_login(struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	enum outcome outcome = outcome_of(r);

	if (!is_login(r))
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

static void note_request(struct gp_web_facts *f, struct client *c, const struct gp_web_request *r, __u64 time_ns)
{
	bool probe = is_probe(r), refused;

	c->known.requests++;
	c->known.with_cookie += !!(r->said->flags & GP_SAID_COOKIE);
	c->known.with_referer += !!(r->said->flags & GP_SAID_REFERER);
	if (probe)
		note_probe(f, c, r);
	note_thing(c, r, time_ns);
	refused = note_login(c, r, time_ns);
	note_names(f, c, r);
	note_agent(c, r);
	note_sample(c, r->d->stream, probe || refused);
}

static void note_requests(struct gp_web_facts *f, struct client *c, const struct gp_dialogue *d, __s64 offset_ns)
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

/* One that comes a few times only is none yet: those who ask many servers once must not displace it. */
static bool is_regular(struct gp_web_facts *f, const struct client *c, const struct gp_addr *server)
{
	const struct gp_addr key = { .halves = { gp_hash_addr(f->secret[1], &c->known.addr), gp_hash_addr(f->secret[1], server) } };
	bool made;
	__u32 *contacts = gp_lru_take(f->pairs, &key, &made);

	return ++*contacts > REGULAR_CONTACTS;
}

/* Return: NULL when it is none. Of too many, the one that was silent for longest gives its place. */
static struct regular *find_regular(struct gp_web_facts *f, struct client *c, const struct gp_addr *server)
{
	struct regular *oldest = c->regulars;

	for (__u32 i = 0; i < c->regulars_count; i++) {
		if (!memcmp(&c->regulars[i].server, server, sizeof(*server)))
			return &c->regulars[i];
		if (c->regulars[i].timeline.last_hour < oldest->timeline.last_hour)
			oldest = &c->regulars[i];
	}
	if (!is_regular(f, c, server))
		return NULL;
	if (c->regulars_count < REGULARS)
		oldest = &c->regulars[c->regulars_count++];
	*oldest = (struct regular){ .server = *server };
	return oldest;
}

static double prevalence(struct gp_web_facts *f, const struct gp_addr *server)
{
	const struct gp_hll *clients = gp_lru_get(f->servers, server);
	double share = clients ? gp_hll_estimate(clients) / gp_lru_count(f->clients) : 0;

	return share < 1 ? share : 1;
}

static void note_best(struct client *c)
{
	const struct regular *best = NULL;

	for (__u32 i = 0; i < c->regulars_count; i++)
		if (c->regulars[i].beacon.intervals >= GP_BEACON_INTERVALS &&
		    (!best || c->regulars[i].beacon.score > best->beacon.score))
			best = &c->regulars[i];
	c->known.beacon = best ? best->beacon : (struct gp_beacon){ 0 };
	c->known.beacon_server = best ? best->sample : (struct gp_sample){ 0 };
	c->known.beacon_prevalence = best ? best->prevalence : 0;
}

static void note_contact(struct gp_web_facts *f, struct client *c, const struct gp_stream *stream, __s64 offset_ns)
{
	bool made;
	struct gp_hll *clients = gp_lru_take(f->servers, &stream->server, &made);
	struct regular *regular = find_regular(f, c, &stream->server);
	__u64 bytes = stream->record ? stream->record->client_bytes : stream->sides[GP_FROM_CLIENT].bytes;

	gp_hll_add(clients, gp_hash_addr(f->secret[1], &c->known.addr));
	if (!regular)
		return;
	gp_timeline_note(&regular->timeline, (stream->begin_ns + (__u64)offset_ns) / SECOND_NS,
			 bytes < 0xffffffffu ? (__u32)bytes : 0xffffffffu);
	regular->sample = (struct gp_sample){ .dst = stream->server, .sport = stream->client_port, .dport = stream->server_port };
	if (gp_timeline_beacon(&regular->timeline, &regular->beacon)) {
		regular->prevalence = prevalence(f, &stream->server);
		note_best(c);
	}
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
	note_contact(f, c, stream, offset_ns);
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
