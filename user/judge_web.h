/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who looks for holes in web servers: what is asked of the evidence, and what is remembered of a host. docs/detection.md, "HTTP bot". */
#ifndef GATEPOST_JUDGE_WEB_H
#define GATEPOST_JUDGE_WEB_H

#include <stdbool.h>

#include <linux/types.h>

#include "standing.h"

struct gp_http_bot_limits {
	double allowed;	     /* 4xx responses per window that say nothing: dead links, a missing icon */
	double failed;	     /* nats for each 4xx beyond */
	double succeeded;    /* nats that each 2xx and 3xx takes off */
	double failed_share; /* of responses, below which 4xx do not count */
	double fast;	     /* 4xx responses per window that no player or map makes */
	double min_paths;    /* distinct paths not found: the first step; three and ten times as many are the next */
	double probe;	     /* nats for each request that only who looks for holes makes */
	double min_servers;  /* distinct servers: the first step; five times as many is the next */
	double per_server;   /* requests per server, at most: it comes once and goes on */
	double beacon;	     /* nats for contacts as regular as a clock, with few others' servers: in support only */
	double beacon_score, beacon_prevalence; /* user/beacon.h; share of web clients that ask the same server, at most */
	double declared;     /* nats that it takes off to say that one is a robot; robots.txt: one more */
};

enum gp_http_bot_family {
	GP_HTTP_BOT_FAILED,
	GP_HTTP_BOT_PATHS,
	GP_HTTP_BOT_PROBES,
	GP_HTTP_BOT_SERVERS,
	GP_HTTP_BOT_MANNERS,
	GP_HTTP_BOT_DECLARED,
	GP_HTTP_BOT_BEACON,
	GP_HTTP_BOT_FAMILIES,
};

/* What the families are made of. Counters that wrap round, and levels. */
struct gp_http_bot_news {
	__u32 failed, succeeded; /* responses: 4xx; 2xx and 3xx */
	__u32 requests, without_cookie, without_referrer;
	__u32 heads, not_found, probes, declared, robots_txt; /* heard: samples, which may be forgotten in between */
	__u64 generation;
	double servers, paths; /* estimates */
	double beacon, prevalence;
};

struct gp_http_bot_state {
	struct gp_http_bot_news seen;
	double weight[GP_HTTP_BOT_FAMILIES];
	double failed, outcomes; /* faded, as the weights: the share of 4xx */
	__u64 weighed_ns;
	__u32 windows; /* in a row with something new, strong enough to confirm */
	struct gp_standing standing;
	double shown[GP_HTTP_BOT_FAMILIES]; /* when they spoke loudest, in this episode, and what they were made of: */
	struct gp_http_bot_news shown_news;
};

struct gp_host;
struct gp_case;
struct gp_finding;

/* gp_http_bot_concerns() - has a host done enough for a look? */
bool gp_http_bot_concerns(const struct gp_host *host);

/* gp_http_bot_weigh() - the end of a window; one with nothing new only fades. */
void gp_http_bot_weigh(struct gp_http_bot_state *state, const struct gp_case *c, __u64 now_ns);

/* What speaks for and against, verdict or not. */
void gp_http_bot_opinion(struct gp_finding *out, const struct gp_http_bot_state *state, const struct gp_case *c);

/* gp_http_bot_finding() - the verdict, with its reasons. Return: false without one. */
bool gp_http_bot_finding(struct gp_finding *out, const struct gp_http_bot_state *state, const struct gp_case *c);

#endif
