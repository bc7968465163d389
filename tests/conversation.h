/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversations as tables of steps, played as frames: TCP with real sequence numbers, UDP, ICMP, ARP, over IPv4 and
 * IPv6, plain, in QinQ, or in PPPoE below two tags. A script names its ends and what they send; the variant says how
 * that looks on the wire, so that one script serves all of them. Transport checksums are left at 0: nobody reads them.
 */
#ifndef GATEPOST_TESTS_CONVERSATION_H
#define GATEPOST_TESTS_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "engine.h"

/* When scripts begin, in ns: the beginning of a time slice with ring number 0, and of a dedupe generation. */
#define SCRIPT_BEGIN_NS 1777888800000000000ull
#define SCRIPT_STEP_NS 1000000ull /* between packets */
#define CONVERSATIONS_MAX 8
#define FRAME_ROOM 4096

/* Who talks. Two of a kind in a row: their IPv6 addresses lie in one /56. */
enum end {
	ALICE,	   /* a subscriber */
	HOUSEMATE, /* IPv4: another subscriber; IPv6: another address of Alice's prefix */
	BOB,	   /* another subscriber */
	RELAY,	   /* inside, declared as mail server */
	INFRA,	   /* inside, declared as infrastructure */
	MX,	   /* outside, as all below */
	MX_NEXT_DOOR, /* in the /24 and /48 of MX */
	WEB,
	EVE,
	NARROW,	     /* inside: a subscriber with a /30, with a /64 */
	NARROW_MATE, /* another address of that /30, /64 */
	NARROW_NEXT, /* the next /30, /64 */
	WIDE,	     /* inside: a subscriber with a /22, with a /48 */
	WIDE_MATE,   /* another address of that /22, /48: another /24, /56 */
	WIDE_NEXT,   /* the next /22, /48 */
	PART,	     /* inside: a prefix that is less than 256 subscribers' */
	PART_NEXT,   /* the last of that prefix */
	PART_BESIDE, /* outside: in the /24, in the /48 of that prefix */
	NAMED_ENDS,
	TERRACE = 500,	 /* TERRACE + i, i < 256: outside hosts of one /24 and /48 */
	CROWD = 1000,	 /* CROWD + i, i < 65536: outside hosts, the first 512 each in a /24 and /48 of its own */
	TENANT = 100000, /* TENANT + i, i < 65536: subscribers, 256 in a row in a chunk */
};

#define NET 256 /* TENANT + NET * i: each in a chunk of its own */

enum conversation_link {
	LINK_PLAIN,
	LINK_QINQ,  /* IEEE 802.1ad and 802.1Q */
	LINK_PPPOE, /* a PPPoE session (RFC 2516) below both tags */
	LINKS,
};

enum sender {
	CLIENT,
	SERVER,
};

/* How a script is put on the wire. */
struct variant {
	bool ipv6;
	enum conversation_link link;
	__u32 split;   /* each payload goes in two segments, cut here; 0: in one */
	bool bytewise; /* each payload goes in segments of one byte */
	__u32 cut;     /* frames are cut here, whatever they hold; 0: at FRAME_ROOM */
};

enum step_op {
	STEP_END,
	STEP_TALK, /* begin or go on with conversation `a` */
	STEP_ISN,
	STEP_SYN,
	STEP_SYN_ACK,
	STEP_ACK,
	STEP_DATA,
	STEP_LOST, /* sent, but never captured */
	STEP_OLD,  /* once more, or late: begins `a` bytes before what comes next, and changes nothing */
	STEP_FIN,
	STEP_SEGMENT, /* anything: sequence and acknowledgement numbers are off by `a` and `b`; changes nothing */
	STEP_DATAGRAM,
	STEP_ECHO, /* ICMP */
	STEP_ARP,
	STEP_FRAGMENT, /* `a`: 0 the first one of a TCP segment, 1 a later one */
	STEP_WAIT,
	STEP_CUT,     /* from here on, payloads are captured up to `a` bytes; -1: whole */
	STEP_EXCESS,  /* from here on, `a` bytes of each frame stand for another link layer */
	STEP_PREPARE, /* from here on, filters are prepared before each packet, or not */
	STEP_SIDES,   /* from here on, packets come by enum sides `a` */
	STEP_FILL,    /* `client` has already been counted `a` packets of `b` bytes, of service `flags`, sent by it or to it */
	STEP_TURN,    /* an epoch ends */
	STEP_KEEP,    /* from here on, flow records stay in the ring (`a`: 1), or are taken after each packet */
	STEP_REPEAT,  /* `steps`, `a` times, each in a conversation of its own that differs in `b` (enum differing) */
};

enum differing {
	BY_CLIENT_PORT,
	BY_SERVER_PORT,
	BY_CLIENT,
	BY_SERVER,
	BY_CLIENT_NET, /* by NET */
	BY_SERVER_NET,
};

/* Which interface sees a packet. */
enum sides {
	SIDES_TAP,
	SIDES_OWN,    /* packets from inside addresses come from inside, all others from outside */
	SIDES_FORGED, /* the other way round */
};

struct step {
	enum step_op op;
	enum sender from;
	__u8 flags;
	long a, b;
	__u16 client_port, server_port;
	enum end client, server;
	const char *text;
	__u32 len;
	const struct step *steps;
};

#define SCRIPT(...) (const struct step[]){ __VA_ARGS__, { .op = STEP_END } }
#define TEXT(t) .text = (t), .len = sizeof(t) - 1

/* Conversation n of these ends, begun here: sequence numbers are new ones. */
#define TALK(n, client_, server_, client_port_, server_port_)                                                          \
	{ .op = STEP_TALK, .a = (n), .client = (client_), .server = (server_), .client_port = (client_port_),          \
	  .server_port = (server_port_) }
#define GO_ON(n) { .op = STEP_TALK, .a = (n), .client_port = 0, .server_port = 0 }
#define ISN(client_isn, server_isn) { .op = STEP_ISN, .a = (client_isn), .b = (server_isn) }
#define SYN { .op = STEP_SYN }
#define SYN_ACK { .op = STEP_SYN_ACK }
#define ACK { .op = STEP_ACK }
#define OPEN SYN, SYN_ACK, ACK
#define CLI(t) { .op = STEP_DATA, .from = CLIENT, TEXT(t) }
#define SRV(t) { .op = STEP_DATA, .from = SERVER, TEXT(t) }
#define LOST_CLI(t) { .op = STEP_LOST, .from = CLIENT, TEXT(t) }
#define LOST_SRV(t) { .op = STEP_LOST, .from = SERVER, TEXT(t) }
#define OLD_CLI(back, t) { .op = STEP_OLD, .from = CLIENT, .a = (back), TEXT(t) }
#define OLD_SRV(back, t) { .op = STEP_OLD, .from = SERVER, .a = (back), TEXT(t) }
#define FIN_CLI { .op = STEP_FIN, .from = CLIENT }
#define FIN_SRV { .op = STEP_FIN, .from = SERVER }
#define CLOSE FIN_CLI, FIN_SRV, ACK
#define SEGMENT(from_, flags_, seq_off, ack_off, t)                                                                    \
	{ .op = STEP_SEGMENT, .from = (from_), .flags = (flags_), .a = (seq_off), .b = (ack_off), TEXT(t) }
#define RST_CLI SEGMENT(CLIENT, GP_TCP_RST | GP_TCP_ACK, 0, 0, "")
#define RST_SRV SEGMENT(SERVER, GP_TCP_RST | GP_TCP_ACK, 0, 0, "")
#define UDP_CLI(t) { .op = STEP_DATAGRAM, .from = CLIENT, TEXT(t) }
#define UDP_SRV(t) { .op = STEP_DATAGRAM, .from = SERVER, TEXT(t) }
#define ECHO_CLI { .op = STEP_ECHO, .from = CLIENT, TEXT("ping") }
#define ARP { .op = STEP_ARP }
#define FIRST_FRAGMENT(t) { .op = STEP_FRAGMENT, .a = 0, TEXT(t) }
#define LATER_FRAGMENT(t) { .op = STEP_FRAGMENT, .a = 1, TEXT(t) }
#define WAIT_MS(ms) { .op = STEP_WAIT, .a = (ms) }
#define WAIT_S(s) { .op = STEP_WAIT, .a = 1000l * (s) }
#define CUT(payload_bytes) { .op = STEP_CUT, .a = (payload_bytes) }
#define EXCESS(bytes_) { .op = STEP_EXCESS, .a = (bytes_) }
#define PREPARE(yes) { .op = STEP_PREPARE, .a = (yes) }
#define SIDES(which) { .op = STEP_SIDES, .a = (which) }
#define FILL_SENT(end_, service, packets_, bytes_)                                                                      \
	{ .op = STEP_FILL, .from = CLIENT, .client = (end_), .flags = GP_SERVICE_##service, .a = (packets_), .b = (bytes_) }
#define FILL_RECEIVED(end_, service, packets_, bytes_)                                                                  \
	{ .op = STEP_FILL, .from = SERVER, .client = (end_), .flags = GP_SERVICE_##service, .a = (packets_), .b = (bytes_) }
#define TURN { .op = STEP_TURN }
#define KEEP_RECORDS(yes) { .op = STEP_KEEP, .a = (yes) }
#define REPEAT(times, differing_, ...)                                                                                 \
	{ .op = STEP_REPEAT, .a = (times), .b = (differing_), .steps = SCRIPT(__VA_ARGS__) }

/* What one conversation knows; index: enum sender. */
struct conversation {
	enum end client, server;
	__u16 port[2];
	__u32 isn[2], next[2];
};

/* Plays scripts; the caller sets variant, feed, touch and context. */
struct player {
	struct variant variant;
	/* Takes one frame, of data_bytes on the heap for itself; @prepare: clear the filters for its time first. */
	int (*feed)(void *context, const struct gp_frame *frame, enum gp_side side, bool prepare);
	/* Does what STEP_FILL, STEP_TURN and STEP_KEEP say. */
	int (*touch)(void *context, const struct player *player, const struct step *step);
	void *context;

	__u64 now_ns;
	bool unprepared;
	enum sides sides;
	long payload_room; /* -1: no limit */
	long excess;
	__u32 begun; /* conversations so far: no two share a sequence number */
	__u32 packets;
	__u64 bytes; /* to be counted */
	struct conversation conversations[CONVERSATIONS_MAX], *now;
};

/**
 * player_play() - play a script from its beginning at SCRIPT_BEGIN_NS.
 * @p: variant, feed, touch and context are set; all else is reset.
 *
 * Return: 0, or what feed() returned when it was not 0.
 */
int player_play(struct player *p, const struct step *script);

/* The address of an end as records hold it; not masked. */
struct gp_addr end_addr(enum end end, bool ipv6);

bool end_is_inside(enum end end);

/* How long the prefix of an inside end's subscriber is, of 128; 128 for an outside end. */
__u8 end_bits(enum end end, bool ipv6);

#endif
