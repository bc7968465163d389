/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that delivered mails carried, by salted hash, and who fetched them: the join of deliveries with visits. A one-time
 * link, a tracking pixel: a token. Bounded; the oldest makes room.
 */
#ifndef GATEPOST_TOKENS_H
#define GATEPOST_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#define GP_TOKEN_FETCHES 16u

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
	__u32 kept;	/* the first ones */
	struct gp_token_fetch fetch[GP_TOKEN_FETCHES];
};

struct gp_tokens;

/* Return: 0, or -ENOMEM. @max_tokens: at least 1. */
int gp_tokens_open(struct gp_tokens **out, __u32 max_tokens, const __u64 secret[2]);
void gp_tokens_close(struct gp_tokens *tokens);

/* A mail with this link was accepted. */
void gp_tokens_delivered(struct gp_tokens *tokens, __u64 url_hash, __u64 time_ns);

/* Return: the token with the fetch added; NULL when no mail carried it. Until the next call that learns. */
const struct gp_token *gp_tokens_fetched(struct gp_tokens *tokens, __u64 url_hash, const struct gp_token_fetch *fetch);

/* All tokens, in no order. @i: below gp_tokens_count(). Until the next call that learns. */
__u32 gp_tokens_count(const struct gp_tokens *tokens);
const struct gp_token *gp_tokens_at(const struct gp_tokens *tokens, __u32 i);

#endif
