/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP flow as the gateway sees it pass: one packet per step. */
#ifndef GATEPOST_TRAFFIC_FLOW_H
#define GATEPOST_TRAFFIC_FLOW_H

#include "frame.h"
#include "stacks.h"
#include "talk.h"

struct traffic;

enum flow_end { CLIENT, SERVER };

enum flow_outcome {
	FLOW_TALKS,
	FLOW_SILENT,	  /* nobody answers: the SYN is sent again after 1, 2, 4 s */
	FLOW_REFUSED,	  /* RST */
	FLOW_HALF_OPEN,	  /* the client resets the SYN-ACK */
	FLOW_ONE_SYN,	  /* no answer, and no second try */
	FLOW_BACKSCATTER, /* the SYN-ACK comes, the SYN never passed; the client resets it */
	FLOW_BACKSCATTER_RST, /* RST for a SYN that never passed */
};

/* What of a flow is a malicious act of its client. */
enum flow_malice { MALICE_NONE, MALICE_CONTACT, MALICE_MAIL, MALICE_REQUEST, MALICE_TRY };

enum flow_state {
	STATE_SYN,
	STATE_SYN_ACK,
	STATE_RST,	  /* the server's */
	STATE_CLIENT_RST, /* half open */
	STATE_ACK,
	STATE_DATA,
	STATE_PURE_ACK,
	STATE_FIN,
	STATE_FIN_ANSWER,
	STATE_LAST_ACK,
	STATE_OVER,
};

struct flow {
	struct gp_addr addr[2];
	__u64 seed;	/* of what is said */
	__u64 begin_ns; /* of its SYN */
	__u64 last_ns;
	__u32 index;	/* in the pool */
	__u32 host;	/* of the client; HOST_NONE */
	__u32 seq[2];	/* next */
	__u32 acked[2]; /* how far the other side's bytes are acknowledged */
	__u32 stamp[2]; /* last time stamp sent */
	__u32 rtt_us[2]; /* from the gateway to that end and back, 0 is 1 */
	__u32 turn;	/* messages so far */
	__u32 sent;	/* of the message that is on its way */
	__u32 length;	/* of it */
	__u32 tries;
	__u16 port[2];
	__u16 mss, ip_id[2];
	__u16 segments; /* since the last pure ACK */
	__u8 stack[2], ttl[2];
	__u8 outcome, state, malice;
	__u8 ack_from;	/* who sends pure ACKs */
	__u8 acks;	/* pure ones that are due */
	bool outward;	/* the client is inside */
	bool stamps;
	bool fin_from;	/* enum flow_end: who ends it */
	const struct talk *talk;
	struct turn next; /* the message that is on its way, or the end */
	union talk_state say;
};

/* Writes the packet that passes now. Return: when the next one passes, 0: none will. */
__u64 flow_step(struct traffic *t, struct flow *f, __u64 now_ns);

#endif
