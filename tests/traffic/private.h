/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the generator's parts share. */
#ifndef GATEPOST_TRAFFIC_PRIVATE_H
#define GATEPOST_TRAFFIC_PRIVATE_H

#include <errno.h>
#include <stdlib.h>

#include "chance.h"
#include "events.h"
#include "flow.h"
#include "traffic.h"
#include "universe.h"

#define HOST_NONE (~0u)
#define SECOND_NS 1000000000ull
#define HOUR_NS (3600 * SECOND_NS)
#define NEVER 0ull
#define EVENT_FLOW 0u /* in the upper bits of event.what; the rest is an index */
#define EVENT_ACTOR 0x40000000u
#define EVENT_ERRAND 0x80000000u
#define EVENT_INDEX 0x3fffffffu
#define HOST_STACKS 3u
#define POOL_CHUNK 1024u /* flows that are asked for at once */
#define INSIDE_WEB 12u	 /* inside servers that outside ranges visit */
#define INSIDE_MAIL 8u
#define ACTORS_PER_PROFILE 4u
#define ACTOR_RETRIES 16u
#define VALUES 24u
#define SITE_INSIDE UNIVERSE_SHOP /* numbers of inside servers' names, of OUTSIDE_SITE, from here on */

/* A token bears the number of its server: the link leads there. */
#define TOKEN(site, draw) ((__u64)(site) << 40 | ((draw) & 0xffffffffffull))
#define TOKEN_SITE(token) ((__u32)((token) >> 40))
#define TOKEN_NEXT(token) TOKEN(TOKEN_SITE(token), chance_mix(token, 17))

/* Every parameter that a profile may have; names and units: profiles.c. */
enum value {
	V_BEGIN_H,
	V_IPV6,
	V_MAILS_PER_H,
	V_MX,
	V_TLS,
	V_REFUSED,
	V_LISTED,
	V_PUT_OFF,
	V_DEAD,
	V_QUIT,
	V_DIALECT,
	V_BAD_HELO,
	V_HELO_NAMES,
	V_RCPTS,
	V_RETRY,
	V_BODY,
	V_SESSION_MAILS,
	V_INBOUND_PER_H,
	V_CONTACTS_PER_DAY,
	V_BURST,
	V_FAIL,
	V_CLEAR,
	V_RATE_PER_S,
	V_PORT,
	V_HALF_OPEN,
	V_TOOL,
	V_INTERLEAVE,
	V_ACTIVE_H,
	V_PORTS,
	V_TARGETS,
	V_TRIES_PER_MIN,
	V_TRIES_PER_FLOW,
	V_NOT_FOUND,
	V_INTERVAL_S,
	V_JITTER,
	V_ALIVE,
	V_MINUTES,
	V_ADDRESSES,
	V_ROUND_ROBIN,
	V_DELAY_S,
	V_CLICKED,
	V_SERVICE,
	V_RECIPIENTS,
	V_CONTENT,
	V_COUNT,
};

struct host {
	struct traffic_label label;
	__u32 values; /* index of its first value */
	__u32 addresses; /* of a range */
	__u32 rtt_us;	/* from the gateway and back, in the access network */
	__u32 name;	/* its number */
	__u8 profile, stacks_count;
	__u8 stacks[HOST_STACKS];
	__u8 hops;
};

struct retry {
	__u64 when_ns;
	__u32 mx;
};

/* One thing that a host does. */
struct actor {
	__u32 host;
	__u8 behaviour;
	__u8 retries_count;
	__u64 chance;
	__u64 next_ns; /* of what is new, retries aside */
	__u64 began_ns;
	__u64 count[4]; /* the behaviour's own */
	struct retry *retries; /* ACTOR_RETRIES, of behaviours that retry */
	float *weights;	       /* of a range's addresses, the last one is 1; NULL: all alike */
};

/* A thing to be done once, later. */
struct errand {
	__u64 token;
	__u32 actor;
	__u32 what;
	__u32 next; /* free list */
};

/* NEVER: nothing more. */
struct behaviour {
	__u64 (*begin)(struct traffic *t, struct actor *a);
	__u64 (*wake)(struct traffic *t, struct actor *a, __u64 now_ns);
	void (*errand)(struct traffic *t, struct actor *a, __u64 now_ns, const struct errand *errand);
};

enum behaviour_id {
	DO_NOTHING,
	DO_BROWSE,
	DO_SPAM,
	DO_MTA,
	DO_RECEIVE, /* mail from outside servers */
	DO_SUBMIT,
	DO_POLL_MAIL,
	DO_SCAN,
	DO_FORCE,
	DO_PROBE,
	DO_FLOOD,
	DO_PERIODIC,
	DO_PEER,
	DO_PLAY,
	DO_CRAWL,
	DO_BACKSCATTER,
	DO_SPOOFED,
	DO_OUTAGE,
	DO_CAMPAIGN, /* mails with one-time links into inside servers, and who follows them */
	DO_RANGE_BROWSE,
	DO_RANGE_READERS,
	DO_RANGE_MAILBOX,
	DO_RANGE_CRAWL,
	DO_RANGE_SCAN,
	DO_RANGE_SNOWSHOE,
	DO_RANGE_MTA,
	DO_RANGE_ROBOT,
	BEHAVIOURS,
};

extern const struct behaviour behaviours[BEHAVIOURS];

struct profile_value {
	__u8 value; /* enum value */
	double low, high;
};

/* A row of the table of profiles. */
struct profile_row {
	const char *name, *truth, *what;
	__u8 actors[ACTORS_PER_PROFILE]; /* up to DO_NOTHING */
	__u8 stacks[HOST_STACKS];	 /* one is drawn; with stacks_mixed all are in use */
	__u8 stacks_count;
	bool stacks_mixed, range, server;
	__u32 range_address; /* of a range: where it lies */
	struct profile_value values[VALUES];
	__u8 values_count;
};

extern const struct profile_row profile_rows[];
extern const size_t profile_row_count;

/* Index into profile_rows; -1. */
int profile_find(const char *name);

/* Name and unit of a parameter. */
const char *value_name(enum value value);
const char *value_unit(enum value value);

/* Where in a profile's row a value stands; -1: it has none. */
int profile_slot(const struct profile_row *row, enum value value);

struct group {
	struct profile_value values[VALUES]; /* the profile's, with overrides */
	unsigned int hosts;
	__u8 profile;
	bool placed;
	struct gp_addr prefix;
	__u8 bits;
};

struct traffic {
	__u64 seed, start_ns, end_ns, now_ns;
	struct events events;
	struct group *groups;
	size_t group_count;

	struct host *hosts;
	size_t host_count, inside_count;
	float *values;
	struct actor *actors;
	size_t actor_count;
	__u32 web[INSIDE_WEB], mail[INSIDE_MAIL]; /* hosts */
	unsigned int web_count, mail_count;
	__u64 outage_from_ns, outage_to_ns;

	struct flow **chunks;
	size_t chunk_count;
	__u32 *free_flows; /* room for all */
	size_t free_count;
	struct errand *errands;
	size_t errand_room;
	__u32 free_errand;

	struct traffic_label *labels;
	char (*inside_texts)[56];
	const char **inside;
	size_t inside_texts_count;
	struct traffic_totals totals;
	int error;

	/* The frame, and the message that was rendered last. */
	__u8 frame[FRAME_ROOM];
	size_t frame_bytes;
	const struct flow *rendered;
	__u32 rendered_turn;
	size_t rendered_bytes;
	__u8 message[TALK_ROOM];
	__u8 noise[65536];
};

/* A host's value; @otherwise where its profile has none. */
double host_value(const struct traffic *t, __u32 host, enum value value, double otherwise);
static inline double actor_value(const struct traffic *t, const struct actor *a, enum value value, double otherwise)
{
	return host_value(t, a->host, value, otherwise);
}

/* What happens then. */
void schedule(struct traffic *t, __u64 when_ns, __u32 what);

/* A flow that begins when flow_start() says; NULL without memory. Freed when it is over. */
struct flow *flow_new(struct traffic *t);
void flow_start(struct traffic *t, struct flow *f, __u64 when_ns);

/**
 * flow_out() - a flow of an inside host to somebody outside.
 * @kind, @number: universe_address().
 * @outcome: enum flow_outcome; in an outage all become FLOW_SILENT.
 */
struct flow *flow_out(struct traffic *t, struct actor *a, enum outside kind, __u32 number, __u16 port, enum flow_outcome outcome);

/* The same to an address. */
struct flow *flow_to(struct traffic *t, struct actor *a, const struct gp_addr *to, __u16 port, enum flow_outcome outcome);

/**
 * flow_in() - a flow from outside to an inside host.
 * @from: host whose acts are counted, HOST_NONE without a label.
 * @address, @stack: of the client.
 */
struct flow *flow_in(struct traffic *t, __u64 *state, __u32 from, const struct gp_addr *address, enum stack stack, __u32 to,
		     __u16 port, enum flow_outcome outcome);

/* The client is no operating system but a tool. */
void flow_tool(struct flow *f, enum stack stack);

/* Does this later: behaviours[].errand of that actor. */
void errand_add(struct traffic *t, __u32 actor, __u64 when_ns, __u64 token, __u32 what);

/* Somebody outside, or a range's address number i. */
void range_address(const struct traffic *t, __u32 host, __u32 i, struct gp_addr *out);

/* A malicious act has passed. */
void host_malice(struct traffic *t, const struct flow *f, enum flow_malice malice);

/* Counters of the flow's client; of nobody when it has no label. */
struct traffic_acts *flow_acts(struct traffic *t, const struct flow *f);

__u32 actor_index(const struct traffic *t, const struct actor *a);

/* Mean share of the day's activity in that hour, 1 on average: nights are quiet. */
double diurnal(__u64 now_ns);

#endif
