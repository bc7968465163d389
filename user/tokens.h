/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that delivered mails carried, by salted hash, and who fetched them: the join of deliveries with visits. A one-time
 * link, a tracking pixel: a token. Bounded; the one that was delivered first makes room. Flows are told at their ends, so
 * that a fetch may be told before the delivery: it is kept for a while. Time is since the Unix epoch.
 */
#ifndef GATEPOST_TOKENS_H
#define GATEPOST_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "agent.h"

#define GP_TOKEN_FETCHES 16u
#define GP_TOKEN_EARLY_S 60u /* scanners fetch before they let the mail pass: so much before delivery still follows it */
#define GP_TOKEN_LATE_S 1800u /* a delivery is told so much later at most */
#define GP_TOKEN_NAME_S 600u /* a visit by name joins a delivery so long */

struct gp_token_fetch {
	struct gp_addr addr; /* who */
	__u64 time_ns;
	__u32 user_agent;    /* a kind of mail program or browser: enum gp_agent */
	bool image;	     /* its path or its answer was a picture's */
};

struct gp_token {
	__u64 url_hash; /* gp_url_hash() */
	__u64 delivered_ns; /* of the first mail that carried it */
	__u32 mails;	/* that carried it: 1 is a link of its own for each reader */
	__u32 fetches;	/* in all */
	__u32 kept;	/* the first ones that were told */
	bool https;	/* who follows it cannot be seen doing so */
	struct gp_token_fetch fetch[GP_TOKEN_FETCHES];
};

struct gp_tokens;
struct gp_dialogue;

/* A delivered link was fetched. @shared: another address of the fetcher's /24 or /48 had fetched it before. */
typedef void gp_token_joined(void *context, const struct gp_token_fetch *fetch, __u64 delay_ns, bool shared);

/* Return: 0, or -ENOMEM. @max_tokens: at least 1. */
int gp_tokens_open(struct gp_tokens **out, __u32 max_tokens, const __u64 secret[2]);
void gp_tokens_close(struct gp_tokens *tokens);

/* Who is told of each fetch that follows a delivery; @context borrowed until close. */
void gp_tokens_tell(struct gp_tokens *tokens, gp_token_joined *joined, void *context);

/* A mail with this link was accepted. */
void gp_tokens_delivered(struct gp_tokens *tokens, __u64 url_hash, bool https, __u64 time_ns);

/* Return: the token with the fetch added; NULL when no mail carried it so far. Until the next call that learns. */
const struct gp_token *gp_tokens_fetched(struct gp_tokens *tokens, __u64 url_hash, const struct gp_token_fetch *fetch);

/**
 * gp_tokens_named() - a mail with a link to this host, by https, was accepted.
 * gp_tokens_visited() - somebody opened TLS with this name.
 * @delay_ns: out; since the latest mail with a link to it.
 *
 * All that is left where both the mail's link and the visit are by TLS: weak, because many visit well-known hosts anyway.
 * Return: whether a mail was delivered at most GP_TOKEN_NAME_S before.
 */
void gp_tokens_named(struct gp_tokens *tokens, const char *host, size_t len, __u64 time_ns);
bool gp_tokens_visited(const struct gp_tokens *tokens, const char *host, size_t len, __u64 time_ns, __u64 *delay_ns);

/* Time passes: what was delivered last more than @age_ns ago is forgotten. */
void gp_tokens_expire(struct gp_tokens *tokens, __u64 now_ns, __u64 age_ns);

/* All tokens, in no order. @i: below gp_tokens_count(). Until the next call that learns. */
__u32 gp_tokens_count(const struct gp_tokens *tokens);
const struct gp_token *gp_tokens_at(const struct gp_tokens *tokens, __u32 i);

#endif
