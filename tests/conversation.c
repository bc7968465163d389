/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conversation.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IP_TCP 6
#define IP_UDP 17
#define IP_ICMP 1
#define IP_ICMP6 58

/* A frame under construction. */
struct wire {
	__u8 bytes[FRAME_ROOM];
	__u32 len;
	__u32 payload_at;
};

/* What makes an IP packet. */
struct letter {
	enum end src, dst;
	__u8 ip_proto;
	__u16 fragment; /* the IPv4 field: flags and offset */
	const __u8 *head;
	__u32 head_len;
	const char *text;
	__u32 len;
};

static const struct {
	const char *ipv4, *ipv6;
	__u8 bits4, bits6; /* of a subscriber's prefix; 0: outside */
} ends[NAMED_ENDS] = {
	[ALICE] = { "10.0.0.7", "2001:db8:0:700::7", 32, 56 },
	[HOUSEMATE] = { "10.0.0.8", "2001:db8:0:7ff::8", 32, 56 },
	[BOB] = { "10.0.9.9", "2001:db8:0:900::9", 32, 56 },
	[RELAY] = { "10.0.0.25", "2001:db8:0:2500::25", 32, 56 },
	[INFRA] = { "10.0.0.53", "2001:db8:0:5300::53", 32, 56 },
	[MX] = { "192.0.2.25", "3fff:25::25", 0, 0 },
	[MX_NEXT_DOOR] = { "192.0.2.26", "3fff:25::26", 0, 0 },
	[WEB] = { "198.51.100.80", "3fff:80::80", 0, 0 },
	[EVE] = { "203.0.113.66", "3fff:66::66", 0, 0 },
	[NARROW] = { "10.30.0.5", "2001:db8:6400:1234::5", 30, 64 },
	[NARROW_MATE] = { "10.30.0.7", "2001:db8:6400:1234:8000::7", 30, 64 },
	[NARROW_NEXT] = { "10.30.0.8", "2001:db8:6400:1235::5", 30, 64 },
	[WIDE] = { "10.22.9.9", "2001:db8:4834:5600::9", 22, 48 },
	[WIDE_MATE] = { "10.22.11.250", "2001:db8:4834:ff00::1", 22, 48 },
	[WIDE_NEXT] = { "10.22.12.0", "2001:db8:4835::", 22, 48 },
	[PART] = { "172.16.5.64", "2001:db9:5:4000::1", 32, 56 },
	[PART_NEXT] = { "172.16.5.127", "2001:db9:5:7fff::1", 32, 56 },
	[PART_BESIDE] = { "172.16.5.128", "2001:db9:5:8000::1", 0, 0 },
};

static void put(struct wire *w, const void *bytes, size_t len)
{
	assert(w->len + len <= sizeof(w->bytes));
	memcpy(w->bytes + w->len, bytes, len);
	w->len += (__u32)len;
}

static void put8(struct wire *w, __u8 value)
{
	put(w, &value, 1);
}

static void put16(struct wire *w, __u16 value)
{
	__be16 wire = htons(value);

	put(w, &wire, sizeof(wire));
}

static void put32(struct wire *w, __u32 value)
{
	__be32 wire = htonl(value);

	put(w, &wire, sizeof(wire));
}

/* 198.18.0.0/15 and 10.64.0.0/16; 3fff:1xxx::/32s and 2001:db8:1xxx::/48s: one network for each host of a crowd. */
static struct gp_addr crowd_addr(__u32 i, bool inside, bool ipv6)
{
	struct gp_addr addr = { 0 };

	if (ipv6) {
		addr.words[0] = inside ? htonl(0x20010db8) : htonl(0x3fff1000);
		addr.words[1] = inside ? htonl(0x00010000 + (i << 8)) : htonl(i << 16);
		addr.words[3] = htonl(1);
		return addr;
	}
	addr.words[2] = htonl(0xffff);
	addr.words[3] = inside ? htonl(0x0a400000 + i) : htonl(0xc6120001 + ((i & 511) << 8) + (i >> 9));
	return addr;
}

/* 198.51.101.0/24 and 3fff:101::/48. */
static struct gp_addr terrace_addr(__u32 i, bool ipv6)
{
	struct gp_addr addr = { 0 };

	addr.words[0] = ipv6 ? htonl(0x3fff0101) : 0;
	addr.words[2] = ipv6 ? 0 : htonl(0xffff);
	addr.words[3] = htonl((ipv6 ? 0 : 0xc6336500) + i);
	return addr;
}

struct gp_addr end_addr(enum end end, bool ipv6)
{
	struct gp_addr addr = { 0 };
	int read;

	if (end >= TENANT)
		return crowd_addr(end - TENANT, true, ipv6);
	if (end >= CROWD)
		return crowd_addr(end - CROWD, false, ipv6);
	if (end >= TERRACE)
		return terrace_addr(end - TERRACE, ipv6);
	assert(end < NAMED_ENDS);
	if (ipv6) {
		read = inet_pton(AF_INET6, ends[end].ipv6, addr.bytes);
	} else {
		addr.words[2] = htonl(0xffff);
		read = inet_pton(AF_INET, ends[end].ipv4, addr.bytes + 12);
	}
	assert(read == 1);
	return addr;
}

bool end_is_inside(enum end end)
{
	return end >= TENANT || (end < NAMED_ENDS && ends[end].bits4);
}

__u8 end_bits(enum end end, bool ipv6)
{
	if (!end_is_inside(end))
		return 128;
	if (end >= TENANT)
		return ipv6 ? 56 : 128;
	return ipv6 ? ends[end].bits6 : 96 + ends[end].bits4;
}

static void put_link(struct wire *w, const struct player *p, bool is_ip, __u16 ethertype, __u32 ip_len)
{
	static const __u8 macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	put(w, macs, sizeof(macs));
	if (p->variant.link != LINK_PLAIN) {
		put16(w, 0x88a8);
		put16(w, 100);
		put16(w, 0x8100);
		put16(w, 200);
	}
	if (p->variant.link != LINK_PPPOE || !is_ip) {
		put16(w, ethertype);
		return;
	}
	put16(w, 0x8864);
	put16(w, 0x1100);
	put16(w, 7);
	put16(w, (__u16)(2 + ip_len));
	put16(w, p->variant.ipv6 ? 0x0057 : 0x0021);
}

static __u16 ipv4_checksum(const __u8 *header)
{
	__u32 sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (__u32)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

static void put_ipv4(struct wire *w, const struct letter *l)
{
	struct gp_addr src = end_addr(l->src, false), dst = end_addr(l->dst, false);
	__u32 at = w->len;
	__u16 sum;

	put16(w, 0x4500);
	put16(w, (__u16)(20 + l->head_len + l->len));
	put16(w, 1);
	put16(w, l->fragment);
	put8(w, 64);
	put8(w, l->ip_proto);
	put16(w, 0);
	put(w, src.bytes + 12, 4);
	put(w, dst.bytes + 12, 4);
	sum = ipv4_checksum(w->bytes + at);
	w->bytes[at + 10] = (__u8)(sum >> 8);
	w->bytes[at + 11] = (__u8)sum;
}

static void put_ipv6(struct wire *w, const struct letter *l)
{
	struct gp_addr src = end_addr(l->src, true), dst = end_addr(l->dst, true);

	put32(w, 0x60000000);
	put16(w, (__u16)(l->head_len + l->len + (l->fragment ? 8 : 0)));
	put8(w, l->fragment ? 44 : l->ip_proto);
	put8(w, 64);
	put(w, src.bytes, 16);
	put(w, dst.bytes, 16);
	if (!l->fragment)
		return;
	put8(w, l->ip_proto);
	put8(w, 0);
	put16(w, (__u16)((l->fragment & 0x1fff) << 3 | (l->fragment & 0x2000 ? 1 : 0)));
	put32(w, 1);
}

static enum gp_side side_of(const struct player *p, enum end src)
{
	if (p->sides == SIDES_TAP)
		return GP_SIDE_TAP;
	return end_is_inside(src) == (p->sides == SIDES_OWN) ? GP_SIDE_INSIDE : GP_SIDE_OUTSIDE;
}

/* Hands the frame over in memory of its exact size, so that a sanitizer sees who reads beyond it. */
static int post(struct player *p, const struct wire *w, enum end src)
{
	struct gp_frame frame = { .wire_bytes = w->len, .excess_bytes = (__s32)p->excess, .time_ns = p->now_ns };
	__u32 bytes = w->len;
	__u8 *data;
	int err;

	if (p->payload_room >= 0 && w->payload_at && bytes > w->payload_at + p->payload_room)
		bytes = w->payload_at + (__u32)p->payload_room;
	if (p->variant.cut && bytes > p->variant.cut)
		bytes = p->variant.cut;
	data = malloc(bytes);
	assert(data);
	memcpy(data, w->bytes, bytes);
	frame.data = data;
	frame.data_bytes = bytes;
	frame.captured_bytes = bytes - (__u32)p->excess;
	err = p->feed(p->context, &frame, side_of(p, src), !p->unprepared);
	free(data);
	p->packets++;
	p->bytes += frame.captured_bytes;
	p->now_ns += SCRIPT_STEP_NS;
	return err;
}

static int post_letter(struct player *p, const struct letter *l)
{
	bool ipv6 = p->variant.ipv6;
	struct wire w = { .len = 0 };
	__u32 ip_len = (ipv6 ? 40 + (l->fragment ? 8 : 0) : 20) + l->head_len + l->len;

	put_link(&w, p, true, ipv6 ? 0x86dd : 0x0800, ip_len);
	if (ipv6)
		put_ipv6(&w, l);
	else
		put_ipv4(&w, l);
	put(&w, l->head, l->head_len);
	w.payload_at = w.len;
	put(&w, l->text, l->len);
	return post(p, &w, l->src);
}

static enum end sender_end(const struct conversation *c, enum sender from)
{
	return from == CLIENT ? c->client : c->server;
}

static int post_tcp(struct player *p, enum sender from, __u8 flags, __u32 seq, __u32 ack, const char *text, __u32 len)
{
	struct conversation *c = p->now;
	struct wire head = { .len = 0 };
	struct letter l = { .src = sender_end(c, from), .dst = sender_end(c, !from), .ip_proto = IP_TCP };

	put16(&head, c->port[from]);
	put16(&head, c->port[!from]);
	put32(&head, seq);
	put32(&head, ack);
	put8(&head, 0x50);
	put8(&head, flags);
	put16(&head, 65535);
	put32(&head, 0);
	l.head = head.bytes;
	l.head_len = head.len;
	l.text = text;
	l.len = len;
	return post_letter(p, &l);
}

static int post_udp(struct player *p, enum sender from, const char *text, __u32 len)
{
	struct conversation *c = p->now;
	struct wire head = { .len = 0 };
	struct letter l = { .src = sender_end(c, from), .dst = sender_end(c, !from), .ip_proto = IP_UDP };

	put16(&head, c->port[from]);
	put16(&head, c->port[!from]);
	put16(&head, (__u16)(8 + len));
	put16(&head, 0);
	l.head = head.bytes;
	l.head_len = head.len;
	l.text = text;
	l.len = len;
	return post_letter(p, &l);
}

static int post_echo(struct player *p, enum sender from, const char *text, __u32 len)
{
	static const __u8 echo4[8] = { 8, 0, 0, 0, 0, 1, 0, 1 }, echo6[8] = { 128, 0, 0, 0, 0, 1, 0, 1 };
	struct letter l = { .src = sender_end(p->now, from), .dst = sender_end(p->now, !from), .head_len = 8 };

	l.ip_proto = p->variant.ipv6 ? IP_ICMP6 : IP_ICMP;
	l.head = p->variant.ipv6 ? echo6 : echo4;
	l.text = text;
	l.len = len;
	return post_letter(p, &l);
}

static int post_arp(struct player *p)
{
	static const __u8 request[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct wire w = { .len = 0 };

	put_link(&w, p, false, 0x0806, 0);
	put(&w, request, sizeof(request));
	return post(p, &w, EVE);
}

/* The client's next segment in fragments: the first has the header and text, later ones have text only. */
static int post_fragment(struct player *p, bool later, const char *text, __u32 len)
{
	struct conversation *c = p->now;
	struct wire head = { .len = 0 };
	struct letter l = { .src = c->client, .dst = c->server, .ip_proto = IP_TCP, .fragment = later ? 5 : 0x2000 };

	put16(&head, c->port[CLIENT]);
	put16(&head, c->port[SERVER]);
	put32(&head, c->next[CLIENT]);
	put32(&head, c->next[SERVER]);
	put16(&head, 0x5000 | GP_TCP_ACK);
	put16(&head, 65535);
	put32(&head, 0);
	l.head = head.bytes;
	l.head_len = later ? 0 : head.len;
	l.text = text;
	l.len = len;
	c->next[CLIENT] += len;
	return post_letter(p, &l);
}

static int post_data(struct player *p, enum sender from, const char *text, __u32 len)
{
	struct conversation *c = p->now;
	__u32 piece = p->variant.bytewise ? 1 : p->variant.split && p->variant.split < len ? p->variant.split : len;
	__u32 sent = 0;
	int err = 0;

	while (sent < len && !err) {
		if (!p->variant.bytewise && sent)
			piece = len - sent;
		err = post_tcp(p, from, GP_TCP_ACK | GP_TCP_PSH, c->next[from], c->next[!from], text + sent, piece);
		c->next[from] += piece;
		sent += piece;
	}
	return err;
}

static int step_handshake(struct player *p, enum step_op op)
{
	struct conversation *c = p->now;

	if (op == STEP_SYN) {
		c->next[CLIENT] = c->isn[CLIENT] + 1;
		return post_tcp(p, CLIENT, GP_TCP_SYN, c->isn[CLIENT], 0, "", 0);
	}
	if (op == STEP_SYN_ACK) {
		c->next[SERVER] = c->isn[SERVER] + 1;
		return post_tcp(p, SERVER, GP_TCP_SYN | GP_TCP_ACK, c->isn[SERVER], c->isn[CLIENT] + 1, "", 0);
	}
	return post_tcp(p, CLIENT, GP_TCP_ACK, c->next[CLIENT], c->next[SERVER], "", 0);
}

static int step_stream(struct player *p, const struct step *s)
{
	struct conversation *c = p->now;
	enum sender from = s->from;
	int err;

	switch (s->op) {
	case STEP_DATA:
		return post_data(p, from, s->text, s->len);
	case STEP_LOST:
		c->next[from] += s->len;
		return 0;
	case STEP_OLD:
		return post_tcp(p, from, GP_TCP_ACK | GP_TCP_PSH, c->next[from] - (__u32)s->a, c->next[!from], s->text,
				s->len);
	case STEP_FIN:
		err = post_tcp(p, from, GP_TCP_FIN | GP_TCP_ACK, c->next[from], c->next[!from], "", 0);
		c->next[from]++;
		return err;
	default:
		return post_tcp(p, from, s->flags, c->next[from] + (__u32)s->a, c->next[!from] + (__u32)s->b, s->text,
				s->len);
	}
}

static void set_isn(struct conversation *c, __u32 client_isn, __u32 server_isn)
{
	c->isn[CLIENT] = client_isn;
	c->isn[SERVER] = server_isn;
	c->next[CLIENT] = client_isn + 1;
	c->next[SERVER] = server_isn + 1;
}

static void begin(struct player *p)
{
	p->begun++;
	set_isn(p->now, 0x10000000u + 0x00010007u * p->begun, 0x80000000u + 0x0001000bu * p->begun);
}

static void step_talk(struct player *p, const struct step *s)
{
	assert(s->a < CONVERSATIONS_MAX);
	p->now = &p->conversations[s->a];
	if (!s->client_port)
		return;
	*p->now = (struct conversation){ .client = s->client, .server = s->server };
	p->now->port[CLIENT] = s->client_port;
	p->now->port[SERVER] = s->server_port;
	begin(p);
}

static int play_steps(struct player *p, const struct step *s);

static int step_repeat(struct player *p, const struct step *s)
{
	struct conversation like = *p->now;
	int err = 0;

	for (long i = 0; i < s->a && !err; i++) {
		*p->now = like;
		begin(p);
		if (s->b == BY_CLIENT_PORT)
			p->now->port[CLIENT] = (__u16)(like.port[CLIENT] + i);
		else if (s->b == BY_SERVER_PORT)
			p->now->port[SERVER] = (__u16)(like.port[SERVER] + i);
		else if (s->b == BY_CLIENT)
			p->now->client = (enum end)(like.client + i);
		else if (s->b == BY_SERVER)
			p->now->server = (enum end)(like.server + i);
		else if (s->b == BY_CLIENT_NET)
			p->now->client = (enum end)(like.client + NET * i);
		else
			p->now->server = (enum end)(like.server + NET * i);
		err = play_steps(p, s->steps);
	}
	*p->now = like;
	return err;
}

static void step_setting(struct player *p, const struct step *s)
{
	switch (s->op) {
	case STEP_TALK:
		step_talk(p, s);
		break;
	case STEP_ISN:
		set_isn(p->now, (__u32)s->a, (__u32)s->b);
		break;
	case STEP_WAIT:
		p->now_ns += (__u64)s->a * 1000000;
		break;
	case STEP_CUT:
		p->payload_room = s->a;
		break;
	case STEP_EXCESS:
		p->excess = s->a;
		break;
	case STEP_PREPARE:
		p->unprepared = !s->a;
		break;
	default:
		p->sides = (enum sides)s->a;
		break;
	}
}

static int play_step(struct player *p, const struct step *s)
{
	switch (s->op) {
	case STEP_SYN:
	case STEP_SYN_ACK:
	case STEP_ACK:
		return step_handshake(p, s->op);
	case STEP_DATA:
	case STEP_LOST:
	case STEP_OLD:
	case STEP_FIN:
	case STEP_SEGMENT:
		return step_stream(p, s);
	case STEP_DATAGRAM:
		return post_udp(p, s->from, s->text, s->len);
	case STEP_ECHO:
		return post_echo(p, s->from, s->text, s->len);
	case STEP_ARP:
		return post_arp(p);
	case STEP_FRAGMENT:
		return post_fragment(p, s->a, s->text, s->len);
	case STEP_FILL:
		p->packets += (__u32)s->a;
		p->bytes += (__u64)s->a * (__u64)s->b;
		return p->touch(p->context, p, s);
	case STEP_TURN:
	case STEP_KEEP:
		return p->touch(p->context, p, s);
	case STEP_REPEAT:
		return step_repeat(p, s);
	default:
		step_setting(p, s);
		return 0;
	}
}

static int play_steps(struct player *p, const struct step *s)
{
	int err = 0;

	for (; s->op != STEP_END && !err; s++)
		err = play_step(p, s);
	return err;
}

int player_play(struct player *p, const struct step *script)
{
	struct player fresh = { .variant = p->variant, .feed = p->feed, .touch = p->touch, .context = p->context };

	fresh.now_ns = SCRIPT_BEGIN_NS;
	fresh.payload_room = -1;
	fresh.now = fresh.conversations;
	*p = fresh;
	p->now = p->conversations;
	return play_steps(p, script);
}
