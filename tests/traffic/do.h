/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hosts do: behaviours[] puts these together. */
#ifndef GATEPOST_TRAFFIC_DO_H
#define GATEPOST_TRAFFIC_DO_H

#include "agents.h"
#include "private.h"
#include "tls.h"

#define BEHAVIOUR(name) \
	__u64 name##_begin(struct traffic *t, struct actor *a); \
	__u64 name##_wake(struct traffic *t, struct actor *a, __u64 now_ns)

BEHAVIOUR(browse);
BEHAVIOUR(crawl);
BEHAVIOUR(play);
BEHAVIOUR(periodic);
BEHAVIOUR(peer);
BEHAVIOUR(spam);
BEHAVIOUR(mta);
BEHAVIOUR(receive);
BEHAVIOUR(submit);
BEHAVIOUR(poll);
BEHAVIOUR(scan);
BEHAVIOUR(force);
BEHAVIOUR(probe);
BEHAVIOUR(flood);
BEHAVIOUR(backscatter);
BEHAVIOUR(spoofed);
BEHAVIOUR(outage);
BEHAVIOUR(campaign);
BEHAVIOUR(range_browse);
BEHAVIOUR(range_readers);
BEHAVIOUR(range_mailbox);
BEHAVIOUR(range_crawl);
BEHAVIOUR(range_scan);
BEHAVIOUR(range_snowshoe);
BEHAVIOUR(range_mta);
BEHAVIOUR(range_robot);

void campaign_errand(struct traffic *t, struct actor *a, __u64 now_ns, const struct errand *errand);

/* Seconds as ns. */
static inline __u64 seconds_ns(double seconds)
{
	return (__u64)(seconds * 1e9);
}

/* When something that happens per_s times a second happens next. */
static inline __u64 after(struct actor *a, __u64 now_ns, double per_s)
{
	return per_s > 0 ? now_ns + seconds_ns(chance_exponential(&a->chance, 1 / per_s)) : NEVER;
}

/* Between 0 and begin_h hours from the start. */
__u64 begin_later(struct traffic *t, struct actor *a);

/* The program that a host of that stack browses with. */
enum agent agent_of(const struct flow *f);

/* An agent of those that people have, by its system. */
enum stack human_stack(__u64 *state);

/* Is what this host does malicious as a whole? */
bool is_bad(const struct traffic *t, __u32 host);

static inline enum flow_outcome failure(struct actor *a)
{
	return chance(&a->chance, .72) ? FLOW_SILENT : FLOW_REFUSED;
}

#endif
