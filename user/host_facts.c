/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_facts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>
#include <gatepost/sketch.h>

#include "hll.h"
#include "keyed_hash.h"
#include "lru.h"
#include "network.h"
#include "sanitise.h"

#define SECOND_NS 1000000000ull
#define DAY_NS (86400 * SECOND_NS)
#define RETURN_NS (GP_FACT_RETURN_S * SECOND_NS)
struct gp_host_facts {
	struct gp_lru *hosts; /* struct gp_facts */
	__u64 secret[2];
};

int gp_host_facts_open(struct gp_host_facts **out, __u32 max_hosts, const __u64 secret[2])
{
	struct gp_host_facts *f = calloc(1, sizeof(*f));

	if (!f || gp_lru_open(&f->hosts, max_hosts, sizeof(struct gp_facts), secret[0])) {
		free(f);
		return -ENOMEM;
	}
	f->secret[0] = secret[0];
	f->secret[1] = secret[1];
	*out = f;
	return 0;
}

/* The host of an observation, made on demand. */
static struct gp_facts *observe(struct gp_host_facts *f, const struct gp_addr *addr, __u64 time_ns)
{
	bool made;
	struct gp_facts *h = gp_lru_take(f->hosts, addr, &made);

	h->addr = *addr;
	if (made || time_ns < h->first_ns)
		h->first_ns = time_ns;
	if (time_ns > h->last_ns)
		h->last_ns = time_ns;
	return h;
}

static __u64 hash_bytes(const struct gp_host_facts *f, const void *data, size_t len, bool fold_case)
{
	return gp_keyed_hash(f->secret[1], data, len, fold_case);
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
	struct gp_addr network = gp_network(server);
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
	struct gp_addr network = gp_network(server);
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

void gp_host_facts_blocklist(struct gp_host_facts *f, const struct gp_addr *host, __u64 time_ns, bool policy)
{
	struct gp_facts *h = observe(f, host, time_ns);

	*(policy ? &h->blocklist_policy : &h->blocklist_listed) += 1;
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
	struct gp_facts *h = gp_lru_oldest(f->hosts), *newer;

	for (; h; h = newer) {
		newer = gp_lru_newer(f->hosts, h);
		expire_pending(h, now_ns);
		if (now_ns > h->last_ns && now_ns - h->last_ns > GP_FACT_IDLE_S * SECOND_NS)
			gp_lru_drop(f->hosts, h);
	}
}

const struct gp_facts *gp_host_facts_get(const struct gp_host_facts *f, const struct gp_addr *host)
{
	return gp_lru_get(f->hosts, host);
}

__u32 gp_host_facts_hosts(const struct gp_host_facts *f)
{
	return gp_lru_count(f->hosts);
}

__u64 gp_host_facts_displaced(const struct gp_host_facts *f)
{
	return gp_lru_displaced(f->hosts);
}

void gp_host_facts_close(struct gp_host_facts *f)
{
	if (!f)
		return;
	gp_lru_close(f->hosts);
	free(f);
}
