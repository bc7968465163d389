// SPDX-License-Identifier: GPL-2.0-or-later
#include "tokens.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/parse.h>

#include "keyed_hash.h"
#include "lru.h"
#include "network.h"

#define SECOND_NS 1000000000ull
#define EARLY 4u /* fetches of one link that wait for its delivery to be told */

struct token {
	struct gp_token known;
	__u64 last_ns; /* of the latest mail */
};

/* Fetches of what may yet turn out to be a link. */
struct early {
	__u64 last_ns;
	__u32 count;
	struct gp_token_fetch fetch[EARLY];
};

struct gp_tokens {
	struct gp_lru *tokens; /* struct token by url_hash */
	struct gp_lru *early;  /* struct early, likewise */
	struct gp_lru *names;  /* __u64, when a mail with a link to it was delivered last; by the name's hash */
	__u64 secret[2];
	gp_token_joined *joined;
	void *context;
};

static struct gp_addr key_of(__u64 hash)
{
	return (struct gp_addr){ .halves = { hash } };
}

int gp_tokens_open(struct gp_tokens **out, __u32 max_tokens, const __u64 secret[2])
{
	struct gp_tokens *t = calloc(1, sizeof(*t));

	if (!t || gp_lru_open(&t->tokens, max_tokens, sizeof(struct token), secret[0]) ||
	    gp_lru_open(&t->early, max_tokens, sizeof(struct early), secret[0]) ||
	    gp_lru_open(&t->names, max_tokens, sizeof(__u64), secret[0])) {
		gp_tokens_close(t);
		return -ENOMEM;
	}
	memcpy(t->secret, secret, sizeof(t->secret));
	*out = t;
	return 0;
}

void gp_tokens_close(struct gp_tokens *t)
{
	if (!t)
		return;
	gp_lru_close(t->tokens);
	gp_lru_close(t->early);
	gp_lru_close(t->names);
	free(t);
}

void gp_tokens_tell(struct gp_tokens *t, gp_token_joined *joined, void *context)
{
	t->joined = joined;
	t->context = context;
}

/* Did another address of its network fetch the link before? */
static bool is_shared(const struct gp_token *token, const struct gp_token_fetch *fetch)
{
	struct gp_addr network = gp_network(&fetch->addr);

	for (__u32 i = 0; i < token->kept; i++) {
		struct gp_addr other = gp_network(&token->fetch[i].addr);

		if (memcmp(&token->fetch[i].addr, &fetch->addr, sizeof(fetch->addr)) != 0 &&
		    !memcmp(&other, &network, sizeof(other)))
			return true;
	}
	return false;
}

static void join(struct gp_tokens *t, struct gp_token *token, const struct gp_token_fetch *fetch)
{
	__u64 delay_ns = fetch->time_ns > token->delivered_ns ? fetch->time_ns - token->delivered_ns : 0;

	if (t->joined)
		t->joined(t->context, fetch, delay_ns, is_shared(token, fetch));
	token->fetches++;
	if (token->kept < GP_TOKEN_FETCHES)
		token->fetch[token->kept++] = *fetch;
}

/* Fetches that were told before the delivery, unless they came long before it: then they were no reader's of this mail. */
static void join_early(struct gp_tokens *t, struct gp_token *token)
{
	const struct gp_addr key = key_of(token->url_hash);
	struct early *early = gp_lru_get(t->early, &key);

	for (__u32 i = 0; early && i < early->count; i++) {
		if (early->fetch[i].time_ns + GP_TOKEN_EARLY_S * SECOND_NS >= token->delivered_ns)
			join(t, token, &early->fetch[i]);
	}
	if (early)
		gp_lru_drop(t->early, early);
}

void gp_tokens_delivered(struct gp_tokens *t, __u64 url_hash, bool https, __u64 time_ns)
{
	const struct gp_addr key = key_of(url_hash);
	bool made;
	struct token *token = gp_lru_take(t->tokens, &key, &made);

	if (made || time_ns < token->known.delivered_ns)
		token->known.delivered_ns = time_ns;
	if (time_ns > token->last_ns)
		token->last_ns = time_ns;
	token->known.url_hash = url_hash;
	token->known.https = https;
	token->known.mails++;
	if (made)
		join_early(t, &token->known);
}

static void wait_for_delivery(struct gp_tokens *t, const struct gp_addr *key, const struct gp_token_fetch *fetch)
{
	bool made;
	struct early *early = gp_lru_take(t->early, key, &made);

	if (fetch->time_ns > early->last_ns)
		early->last_ns = fetch->time_ns;
	if (early->count < EARLY)
		early->fetch[early->count++] = *fetch;
}

const struct gp_token *gp_tokens_fetched(struct gp_tokens *t, __u64 url_hash, const struct gp_token_fetch *fetch)
{
	const struct gp_addr key = key_of(url_hash);
	struct token *token = gp_lru_get(t->tokens, &key);

	if (!token) {
		wait_for_delivery(t, &key, fetch);
		return NULL;
	}
	if (fetch->time_ns + GP_TOKEN_EARLY_S * SECOND_NS >= token->known.delivered_ns)
		join(t, &token->known, fetch);
	return &token->known;
}

static struct gp_addr name_key(const struct gp_tokens *t, const char *host, size_t len)
{
	return key_of(gp_keyed_hash(t->secret[1], host, len, true));
}

void gp_tokens_named(struct gp_tokens *t, const char *host, size_t len, __u64 time_ns)
{
	const struct gp_addr key = name_key(t, host, len);
	bool made;
	__u64 *last_ns = gp_lru_take(t->names, &key, &made);

	if (time_ns > *last_ns)
		*last_ns = time_ns;
}

bool gp_tokens_visited(const struct gp_tokens *t, const char *host, size_t len, __u64 time_ns, __u64 *delay_ns)
{
	const struct gp_addr key = name_key(t, host, len);
	const __u64 *last_ns = gp_lru_get(t->names, &key);

	*delay_ns = last_ns && time_ns > *last_ns ? time_ns - *last_ns : 0;
	return last_ns && time_ns + GP_TOKEN_EARLY_S * SECOND_NS >= *last_ns && *delay_ns <= GP_TOKEN_NAME_S * SECOND_NS;
}

static bool is_older(__u64 time_ns, __u64 now_ns, __u64 age_ns)
{
	return now_ns > time_ns && now_ns - time_ns > age_ns;
}

/* Entries stand in the order in which they were told, which is nearly that of their times: the first young one ends it. */
void gp_tokens_expire(struct gp_tokens *t, __u64 now_ns, __u64 age_ns)
{
	struct token *token;
	struct early *early;
	__u64 *name;

	while ((token = gp_lru_oldest(t->tokens)) && is_older(token->last_ns, now_ns, age_ns))
		gp_lru_drop(t->tokens, token);
	while ((early = gp_lru_oldest(t->early)) && is_older(early->last_ns, now_ns, GP_TOKEN_LATE_S * SECOND_NS))
		gp_lru_drop(t->early, early);
	while ((name = gp_lru_oldest(t->names)) && is_older(*name, now_ns, GP_TOKEN_NAME_S * SECOND_NS))
		gp_lru_drop(t->names, name);
}

__u32 gp_tokens_count(const struct gp_tokens *t)
{
	return gp_lru_count(t->tokens);
}

const struct gp_token *gp_tokens_at(const struct gp_tokens *t, __u32 i)
{
	return &((const struct token *)gp_lru_at(t->tokens, i))->known;
}
