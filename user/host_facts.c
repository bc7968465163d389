/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_facts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>

#include "hll.h"
#include "sanitise.h"

#define SECOND_NS 1000000000ull
#define DAY_NS (86400 * SECOND_NS)
#define RETURN_NS (GP_FACT_RETURN_S * SECOND_NS)
#define NOBODY ~0u

/* A host's place; the numbers of others stand for them. */
struct place {
	struct gp_facts facts;
	__u32 chain;	    /* in its bucket, or among the free ones */
	__u32 older, newer; /* by their latest observation */
};

struct gp_host_facts {
	struct place *places;
	__u32 *buckets;
	__u32 mask; /* of the number of a bucket */
	__u32 max_hosts, touched, hosts; /* touched: places that were ever used */
	__u32 free, oldest, newest;
	__u64 secret[2];
	__u64 displaced, generations;
};

static __u32 *bucket_of(const struct gp_host_facts *f, const struct gp_addr *addr)
{
	return &f->buckets[gp_hash_addr(f->secret[0], addr) & f->mask];
}

int gp_host_facts_open(struct gp_host_facts **out, __u32 max_hosts, const __u64 secret[2])
{
	struct gp_host_facts *f = calloc(1, sizeof(*f));
	__u32 buckets = 1;

	while (buckets < max_hosts && buckets < 1u << 31)
		buckets *= 2;
	if (f) {
		f->places = calloc(max_hosts, sizeof(*f->places));
		f->buckets = malloc(buckets * sizeof(*f->buckets));
	}
	if (!f || !f->places || !f->buckets) {
		gp_host_facts_close(f);
		return -ENOMEM;
	}
	memset(f->buckets, 0xff, buckets * sizeof(*f->buckets)); /* NOBODY */
	f->mask = buckets - 1;
	f->max_hosts = max_hosts;
	f->free = f->oldest = f->newest = NOBODY;
	f->secret[0] = secret[0];
	f->secret[1] = secret[1];
	*out = f;
	return 0;
}

static __u32 find(const struct gp_host_facts *f, const struct gp_addr *addr)
{
	__u32 at = *bucket_of(f, addr);

	while (at != NOBODY && memcmp(&f->places[at].facts.addr, addr, sizeof(*addr)) != 0)
		at = f->places[at].chain;
	return at;
}

static void list_remove(struct gp_host_facts *f, __u32 at)
{
	const struct place *p = &f->places[at];

	*(p->older != NOBODY ? &f->places[p->older].newer : &f->oldest) = p->newer;
	*(p->newer != NOBODY ? &f->places[p->newer].older : &f->newest) = p->older;
}

static void list_append(struct gp_host_facts *f, __u32 at)
{
	f->places[at].older = f->newest;
	f->places[at].newer = NOBODY;
	*(f->newest != NOBODY ? &f->places[f->newest].newer : &f->oldest) = at;
	f->newest = at;
}

static void forget(struct gp_host_facts *f, __u32 at)
{
	__u32 *link = bucket_of(f, &f->places[at].facts.addr);

	while (*link != at)
		link = &f->places[*link].chain;
	*link = f->places[at].chain;
	list_remove(f, at);
	f->places[at].chain = f->free;
	f->free = at;
	f->hosts--;
}

/* A place for a host that has none; there always is one. */
static __u32 take_place(struct gp_host_facts *f)
{
	__u32 at;

	if (f->hosts == f->max_hosts) {
		forget(f, f->oldest);
		f->displaced++;
	}
	if (f->free == NOBODY)
		return f->touched++;
	at = f->free;
	f->free = f->places[at].chain;
	return at;
}

/* The host of an observation, made on demand. */
static struct gp_facts *observe(struct gp_host_facts *f, const struct gp_addr *addr, __u64 time_ns)
{
	__u32 at = find(f, addr);
	struct gp_facts *h;

	if (at == NOBODY) {
		__u32 *bucket = bucket_of(f, addr);

		at = take_place(f);
		memset(&f->places[at].facts, 0, sizeof(f->places[at].facts));
		f->places[at].facts.addr = *addr;
		f->places[at].facts.generation = ++f->generations;
		f->places[at].facts.first_ns = f->places[at].facts.last_ns = time_ns;
		f->places[at].chain = *bucket;
		*bucket = at;
		f->hosts++;
	} else {
		list_remove(f, at);
	}
	list_append(f, at);
	h = &f->places[at].facts;
	if (time_ns < h->first_ns)
		h->first_ns = time_ns;
	if (time_ns > h->last_ns)
		h->last_ns = time_ns;
	return h;
}

static __u64 hash_bytes(const struct gp_host_facts *f, const void *data, size_t len, bool fold_case)
{
	const __u8 *bytes = data;
	__u64 hash = gp_mix(f->secret[1], len), word = 0;

	for (size_t i = 0; i < len; i++) {
		__u8 c = fold_case && bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i];

		word = word << 8 | c;
		if (i % 8 == 7)
			hash = gp_mix(hash, word);
	}
	return gp_mix(hash, word);
}

/*
 * Counts a value. Return: the slot that is to be filled with it, because it had none, and either one was free or the
 * one that was not seen for longest gave its own; -1 when there is nothing to do.
 */
static int note(struct gp_fact_slots *slots, __u64 hash, __u64 time_ns)
{
	__u32 at = 0, oldest = 0;
	bool known = false;

	for (; at < slots->used && !known; at++) {
		known = slots->of[at].hash == hash;
		if (slots->of[at].last_ns < slots->of[oldest].last_ns)
			oldest = at;
	}
	if (known) {
		struct gp_fact_slot *slot = &slots->of[at - 1];

		slot->count++;
		if (time_ns > slot->last_ns)
			slot->last_ns = time_ns;
		return -1;
	}
	if (slots->used == GP_FACT_SLOTS)
		slots->displaced++;
	else
		oldest = slots->used++;
	slots->of[oldest] = (struct gp_fact_slot){ .hash = hash, .last_ns = time_ns, .count = 1 };
	return (int)oldest;
}

static __u32 count_names(const struct gp_fact_names *names)
{
	double estimate;

	if (names->exact < GP_FACT_NAMES)
		return names->exact;
	estimate = gp_hll_estimate(&names->sketch);
	return estimate > GP_FACT_NAMES ? (__u32)lround(estimate) : GP_FACT_NAMES;
}

__u32 gp_facts_names(const struct gp_facts *host, __u64 day)
{
	if (host->names.exact && day == host->names.day)
		return count_names(&host->names);
	return host->names_before && day == host->names_before_day ? host->names_before : 0;
}

/* A name of a day; a name of a day before the latest is not counted any more. */
static void note_name(struct gp_facts *h, __u64 hash, __u64 time_ns)
{
	struct gp_fact_names *names = &h->names;
	__u64 day = time_ns / DAY_NS;

	if (names->exact && day < names->day)
		return;
	if (names->exact && day > names->day) {
		h->names_before = count_names(names);
		h->names_before_day = names->day;
		memset(names, 0, sizeof(*names));
	}
	names->day = day;
	gp_hll_add(&names->sketch, hash);
	for (__u32 i = 0; i < names->exact; i++) {
		if (names->hashes[i] == hash)
			return;
	}
	if (names->exact < GP_FACT_NAMES)
		names->hashes[names->exact++] = hash;
}

void gp_host_facts_helo(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns, const void *name, size_t len)
{
	struct gp_facts *h = observe(f, host, time_ns);
	__u64 hash = hash_bytes(f, name, len, true);
	int slot = note(&h->helo, hash, time_ns);

	if (slot >= 0)
		gp_sanitise(h->helo_text[slot], GP_FACT_HELO_TEXT, name, len);
	note_name(h, hash, time_ns);
}

void gp_host_facts_ja4(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns, const char *ja4)
{
	size_t len = strlen(ja4);
	struct gp_facts *h;
	int slot;

	if (!len)
		return;
	h = observe(f, host, time_ns);
	slot = note(&h->ja4, hash_bytes(f, ja4, len, false), time_ns);
	if (slot >= 0)
		gp_sanitise(h->ja4_text[slot], GP_JA4_TEXT, ja4, len);
}

static unsigned class_index(__u8 ttl_class)
{
	return ttl_class <= 32 ? 0 : ttl_class <= 64 ? 1 : ttl_class <= 128 ? 2 : 3;
}

void gp_host_facts_signature(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			     const struct gp_tcp_signature *signature)
{
	struct gp_facts *h = observe(f, host, time_ns);
	size_t len = strlen(signature->text);
	int slot;

	h->ttl_classes[class_index(signature->ttl_class)]++;
	if (signature->syn_ack)
		return;
	h->tools[signature->tool < GP_TOOLS ? signature->tool : GP_TOOL_NONE]++;
	slot = note(&h->signature, hash_bytes(f, signature->text, len, false), time_ns);
	if (slot >= 0)
		gp_sanitise(h->signature_text[slot], GP_FACT_SIGNATURE_TEXT, signature->text, len);
}

void gp_host_facts_dialect(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns, __u32 id)
{
	struct gp_facts *h = observe(f, host, time_ns);
	int slot = note(&h->dialect, id, time_ns);

	if (slot >= 0)
		h->dialect_id[slot] = id;
}

void gp_host_facts_user_agent(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns, const void *value,
			      size_t len)
{
	struct gp_facts *h = observe(f, host, time_ns);
	int slot = note(&h->user_agent, hash_bytes(f, value, len, false), time_ns);

	if (slot >= 0)
		gp_sanitise(h->user_agent_text[slot], GP_FACT_USER_AGENT_TEXT, value, len);
}

static struct gp_fact_pending *find_pending(struct gp_facts *h, const struct gp_addr *network)
{
	for (__u32 i = 0; i < h->pending_count; i++) {
		if (memcmp(&h->pending[i].network, network, sizeof(*network)) == 0)
			return &h->pending[i];
	}
	return NULL;
}

static void drop_pending(struct gp_facts *h, struct gp_fact_pending *pending)
{
	*pending = h->pending[--h->pending_count];
	memset(&h->pending[h->pending_count], 0, sizeof(*pending));
}

static bool is_over(const struct gp_fact_pending *pending, __u64 time_ns, __u64 wait_ns)
{
	return time_ns > pending->since_ns && time_ns - pending->since_ns > wait_ns;
}

void gp_host_facts_contact(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server)
{
	struct gp_facts *h = observe(f, host, time_ns);
	struct gp_addr network = gp_mail_network(server);
	struct gp_fact_pending *pending = find_pending(h, &network);

	if (!pending || time_ns <= pending->since_ns)
		return;
	if (is_over(pending, time_ns, RETURN_NS)) {
		h->gave_up++;
	} else {
		h->came_back++;
		h->came_back_soon += time_ns - pending->since_ns < GP_FACT_SOON_S * SECOND_NS;
	}
	drop_pending(h, pending);
}

static struct gp_fact_pending *oldest_pending(struct gp_facts *h)
{
	struct gp_fact_pending *oldest = h->pending;

	for (__u32 i = 1; i < h->pending_count; i++) {
		if (h->pending[i].since_ns < oldest->since_ns)
			oldest = &h->pending[i];
	}
	return oldest;
}

void gp_host_facts_put_off(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server)
{
	struct gp_facts *h = observe(f, host, time_ns);
	struct gp_addr network = gp_mail_network(server);
	struct gp_fact_pending *pending = find_pending(h, &network);

	if (pending && is_over(pending, time_ns, RETURN_NS)) {
		h->gave_up++;
		drop_pending(h, pending);
		pending = NULL;
	}
	if (pending) {
		if (time_ns > pending->since_ns)
			pending->since_ns = time_ns;
		return;
	}
	h->put_off++;
	if (h->pending_count == GP_FACT_PENDING) {
		drop_pending(h, oldest_pending(h));
		h->forgotten++;
	}
	h->pending[h->pending_count++] = (struct gp_fact_pending){ .network = network, .since_ns = time_ns };
}

void gp_host_facts_mail(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			const struct gp_mail_facts *mail, const struct gp_addr *server)
{
	gp_mail_tally_add(&observe(f, host, time_ns)->mail, mail, server);
}

void gp_host_facts_network(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			   const struct gp_addr *server)
{
	struct gp_fact_networks *n = &observe(f, host, time_ns)->networks;
	__u64 span = time_ns / (GP_FACT_SPAN_S * SECOND_NS);
	struct gp_addr network = gp_mail_network(server);

	if (span + GP_FACT_SPANS <= n->span)
		return;
	for (; n->span < span; n->span++) {
		if (span - n->span >= GP_FACT_SPANS)
			n->span = span - GP_FACT_SPANS;
		memset(&n->of[(n->span + 1) % GP_FACT_SPANS], 0, sizeof(n->of[0]));
	}
	gp_hll_add(&n->of[span % GP_FACT_SPANS], gp_hash_addr(f->secret[1], &network));
}

double gp_facts_networks(const struct gp_facts *h, __u64 now_ns)
{
	const struct gp_fact_networks *n = &h->networks;
	__u64 now = now_ns / (GP_FACT_SPAN_S * SECOND_NS);
	struct gp_hll all = { 0 };

	for (__u64 span = n->span, back = 0; back < GP_FACT_SPANS && back <= span; back++) {
		const struct gp_hll *one = &n->of[(span - back) % GP_FACT_SPANS];

		if (span - back + GP_FACT_SPANS <= now)
			break;
		for (unsigned i = 0; i < GP_HLL_REGISTERS; i++) {
			if (all.registers[i] < one->registers[i])
				all.registers[i] = one->registers[i];
		}
	}
	return gp_hll_estimate(&all);
}

void gp_host_facts_served(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns,
			  const struct gp_addr *client)
{
	struct gp_facts *h = observe(f, host, time_ns);
	struct gp_addr network = gp_mail_network(client);

	h->served++;
	gp_network_set_add(&h->served_to, &network);
}

static void expire_pending(struct gp_facts *h, __u64 now_ns)
{
	__u32 i = 0;

	while (i < h->pending_count) {
		if (is_over(&h->pending[i], now_ns, RETURN_NS + GP_FACT_LATE_S * SECOND_NS)) {
			drop_pending(h, &h->pending[i]);
			h->gave_up++;
		} else {
			i++;
		}
	}
}

void gp_host_facts_expire(struct gp_host_facts *f, __u64 now_ns)
{
	__u32 at = f->oldest;

	while (at != NOBODY) {
		struct gp_facts *h = &f->places[at].facts;
		__u32 newer = f->places[at].newer;

		expire_pending(h, now_ns);
		if (now_ns > h->last_ns && now_ns - h->last_ns > GP_FACT_IDLE_S * SECOND_NS)
			forget(f, at);
		at = newer;
	}
}

const struct gp_facts *gp_host_facts_get(const struct gp_host_facts *f, const struct gp_addr *host)
{
	__u32 at = find(f, host);

	return at == NOBODY ? NULL : &f->places[at].facts;
}

__u32 gp_host_facts_hosts(const struct gp_host_facts *f)
{
	return f->hosts;
}

__u64 gp_host_facts_displaced(const struct gp_host_facts *f)
{
	return f->displaced;
}

void gp_host_facts_close(struct gp_host_facts *f)
{
	if (!f)
		return;
	free(f->places);
	free(f->buckets);
	free(f);
}
