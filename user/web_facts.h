/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What web clients do, over all their flows: what they fetch, from how many servers, how these answer, and whether it
 * follows the delivery of a mail (user/tokens.h). Bounded in clients: the one that was quiet for longest makes room. Of
 * clients that proved themselves only. Time comes with the observations.
 */
#ifndef GATEPOST_WEB_FACTS_H
#define GATEPOST_WEB_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "agent.h"
#include "beacon.h"

enum gp_web_delay { /* from a mail's delivery to a fetch of its link */
	GP_DELAY_10S,	/* within 10 s */
	GP_DELAY_60S,
	GP_DELAY_10MIN,
	GP_DELAY_1H,
	GP_DELAY_LATER,
	GP_DELAYS,
};

#define GP_WEB_ASSET_S 10u /* a page's pictures and scripts follow within so long */
#define GP_WEB_LATE_S 600u /* dialogues are told at their end: a page is called bare so much later */
#define GP_WEB_LOGIN_S 600u /* who tries again within so long was not let in by a page that answered */

/* One client: an outside address, or an inside subscriber's prefix under its first address. Counters only grow. */
struct gp_web_client {
	struct gp_addr addr;
	__u64 generation; /* another one: forgotten in between, and counted from zero */
	__u64 first_ns, last_ns; /* of its observations, since the Unix epoch */
	struct gp_sample sample; /* a server that it asked, and its own port then */
	__u32 requests;	   /* heads in the clear */
	__u32 hellos;	   /* TLS hellos: a visit each, what it is for is hidden */
	__u32 pages, images, assets, robots_txt; /* requests by the shape of their path: images are no assets */
	__u32 bare_pages;  /* pages that were served, without an asset or an image of the same server within GP_WEB_ASSET_S */
	__u32 posts;
	__u32 responses[6]; /* by first digit; [0] is no digit of RFC 9110, 15 */
	__u32 not_found;    /* 404 and 410 */
	__u32 login_tries;  /* POST to a path of log-in shape, or a request that carries Authorization: Basic */
	__u32 login_refused; /* of these: 401, 403, 429, sent back to a log-in page, or the page again and then another try */
	__u32 login_accepted; /* sent elsewhere, or served something else; of the rest nothing is known */
	__u32 probes;	   /* requests that nobody makes but who looks for holes, and doors: web_facts.c. May shrink */
	__u32 sure_probes, doors; /* what they are made of */
	__u32 declared_robot; /* requests whose User-Agent says so */
	__u32 image_proxy;    /* requests whose User-Agent is that of a mailbox provider's image proxy */
	__u32 with_cookie, with_referer; /* requests */
	__u32 agents[GP_AGENT_CLASSES]; /* requests by what the User-Agent says */
	__u32 joined[GP_DELAYS]; /* fetches of links that mails delivered here carried */
	__u32 named[GP_DELAYS];	 /* TLS to a name that a mail delivered here linked to by https: weak, up to GP_DELAY_10MIN */
	__u32 shared_links;   /* of these: another address of its /24 or /48 had fetched the same link */
	struct gp_beacon beacon; /* the best score of one of its servers with GP_BEACON_INTERVALS; else all 0 */
	struct gp_sample beacon_server; /* whose score that is */
	double beacon_prevalence; /* share of all web clients that ask this server, estimated when it was scored */
	struct gp_hll servers; /* addresses that it asked */
	struct gp_hll names;   /* Host and SNI */
	struct gp_hll paths;   /* Host and path, query left out */
};

struct gp_web_facts;
struct gp_dialogue;

/* Return: 0, or -ENOMEM. @max_clients: at least 1; some kB each, taken from the system when first used. */
int gp_web_facts_open(struct gp_web_facts **out, __u32 max_clients, const __u64 secret[2]);
void gp_web_facts_close(struct gp_web_facts *facts);

/**
 * gp_web_facts_dialogue() - a flow of the web has ended.
 * @d: of protocol GP_DIALOGUE_HTTP or GP_DIALOGUE_TLS to a port of the web; of others nothing is learnt.
 * @client: under which it is remembered; proved.
 * @offset_ns: from the dialogue's clock to the Unix epoch.
 */
void gp_web_facts_dialogue(struct gp_web_facts *facts, const struct gp_dialogue *d, const struct gp_addr *client,
			   __s64 offset_ns);

/* A client fetched a link so long after the mail with it was delivered. @shared: struct gp_web_client's shared_links. */
void gp_web_facts_joined(struct gp_web_facts *facts, const struct gp_addr *client, __u64 delay_ns, bool shared);

/* A client opened TLS with a host so long after a mail with a link there was delivered. */
void gp_web_facts_named(struct gp_web_facts *facts, const struct gp_addr *client, __u64 delay_ns);

/* Time passes: @now_ns since the Unix epoch. Pages become bare, and clients that are quiet for @idle_ns are forgotten. */
void gp_web_facts_expire(struct gp_web_facts *facts, __u64 now_ns, __u64 idle_ns);

/* No more dialogues come: which pages are bare is decided now. */
void gp_web_facts_settle(struct gp_web_facts *facts);

/* Return: what is known of a client; NULL: nothing. Until the next call that learns. */
const struct gp_web_client *gp_web_facts_get(const struct gp_web_facts *facts, const struct gp_addr *addr);

/* All clients, in no order. @i: below gp_web_facts_count(). Until the next call that learns. */
__u32 gp_web_facts_count(const struct gp_web_facts *facts);
const struct gp_web_client *gp_web_facts_at(const struct gp_web_facts *facts, __u32 i);

#endif
