// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a capture of mixed traffic for measurements: 40,000 subscribers and 20,000 servers, 8,192 conversations at a
 * time. Web pages over TLS and plain HTTP, QUIC, calls, names, mail, pings, ARP and a scanner; some of it IPv6, below a
 * VLAN tag or in PPPoE. 100,000 packets per second of capture time, 630 bytes on average. It begins with a name that
 * each subscriber asks for, so that after 200 MB a table of hosts is as full as after 2 GB. The same seed gives the
 * same bytes, and a shorter file is the beginning of a longer one.
 *
 *   replay_traffic FILE BYTES [SEED]
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#define FLOWS 8192u
#define HOSTS 40000u
#define SERVERS 20000u
#define MSS 1400u
#define GAP_MAX_NS 20000u      /* twice the average distance of two packets */
#define UNSEEN_TRAINS 1000000u /* the capture begins in the midst of it: by then the mix no longer changes */
#define START_S 1767225600u
#define RANDOM_BYTES 65536u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { CLIENT, SERVER };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum encap { PLAIN, VLAN, PPPOE };

struct flow;

struct writer {
	FILE *file;
	unsigned long long bytes_left;
	__u64 random, now_ns;
	bool unseen; /* the capture has not begun */
	bool full;
	__u8 *at; /* where the packet under construction ends */
	__u8 packet[2048];
	__u8 noise[RANDOM_BYTES + MSS];
};

/* Sends the next packet of a conversation. Return: false when that was its last one. */
typedef bool flow_step(struct writer *w, struct flow *flow);

struct flow {
	flow_step *step;
	unsigned steps;     /* packets sent */
	unsigned bulk;      /* segments or datagrams that are left */
	unsigned end_steps; /* packets sent after the last of those */
	__u32 host, server;
	bool ipv6;
	enum encap encap;
	__u16 client_port, server_port;
	__u32 seq[2];
};

static __u32 draw(struct writer *w, __u32 below)
{
	/* xorshift64*, Vigna 2016 */
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (__u32)(((w->random * 0x2545f4914f6cdd1dull >> 32) * below) >> 32);
}

/* Few are busy, many are not: the chance falls with the square root of the number. */
static __u32 draw_popular(struct writer *w, __u32 below)
{
	return (__u32)((__u64)draw(w, below) * draw(w, 65536) >> 16);
}

static void put8(struct writer *w, unsigned value)
{
	*w->at++ = (__u8)value;
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put32(struct writer *w, __u32 value)
{
	put16(w, value >> 16);
	put16(w, value);
}

static void put(struct writer *w, const void *data, size_t bytes)
{
	memcpy(w->at, data, bytes);
	w->at += bytes;
}

static void put_noise(struct writer *w, size_t bytes)
{
	put(w, w->noise + draw(w, RANDOM_BYTES), bytes);
}

static void put_mac(struct writer *w, unsigned first, __u32 number)
{
	put16(w, first);
	put32(w, number);
}

static void put_link(struct writer *w, const struct flow *flow, int from, unsigned ip_bytes)
{
	unsigned ethertype = flow->ipv6 ? 0x86dd : 0x0800;

	put_mac(w, 0x0200, from == CLIENT ? 0xfffffffe : flow->host);
	put_mac(w, 0x0200, from == CLIENT ? flow->host : 0xfffffffe);
	if (flow->encap == VLAN) {
		put16(w, 0x8100);
		put16(w, 100 + flow->host % 16);
	}
	if (flow->encap != PPPOE) {
		put16(w, ethertype);
		return;
	}
	put16(w, 0x8864);
	put16(w, 0x1100);
	put16(w, 1 + flow->host);
	put16(w, ip_bytes + 2);
	put16(w, flow->ipv6 ? 0x0057 : 0x0021);
}

/* Subscribers are in 10.0.0.0/8 and fd00::/8, servers in 198.18.0.0/15 and 2001:db8::/32. */
static void put_address(struct writer *w, const struct flow *flow, int end)
{
	if (flow->ipv6) {
		put32(w, end == CLIENT ? 0xfd000001 : 0x20010db8);
		put32(w, end == CLIENT ? flow->host << 8 : flow->server << 16);
		put32(w, 0);
		put32(w, 0x10);
	} else {
		put32(w, end == CLIENT ? 0x0a000000 + flow->host : 0xc6120000 + flow->server);
	}
}

/* The Internet checksum (RFC 1071) of what lies from @begin to the end of the packet, on top of @sum. */
static unsigned checksum(const struct writer *w, const __u8 *begin, __u64 sum)
{
	size_t bytes = (size_t)(w->at - begin);
	__u16 word;

	for (size_t i = 0; i + 1 < bytes; i += 2) {
		memcpy(&word, begin + i, 2);
		sum += word;
	}
	if (bytes & 1)
		sum += begin[bytes - 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return __builtin_bswap16((__u16)~sum);
}

static void store16(__u8 *at, unsigned value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

/* Return: where the two addresses begin, for the checksum of what is below. */
static const __u8 *put_ip(struct writer *w, const struct flow *flow, int from, unsigned proto, unsigned bytes)
{
	__u8 *header;

	put_link(w, flow, from, bytes + (flow->ipv6 ? 40 : 20));
	header = w->at;
	if (flow->ipv6) {
		put32(w, 0x60000000);
		put16(w, bytes);
		put16(w, proto << 8 | 60);
	} else {
		put16(w, 0x4500);
		put16(w, bytes + 20);
		put16(w, draw(w, 65536));
		put16(w, 0x4000);
		put16(w, 60 << 8 | proto);
		put16(w, 0);
	}
	put_address(w, flow, from);
	put_address(w, flow, !from);
	if (!flow->ipv6)
		store16(header + 10, checksum(w, header, 0));
	return header + (flow->ipv6 ? 8 : 12);
}

/* Write the packet as a record, padded to the 60 bytes that Ethernet has at least. */
static void send_packet(struct writer *w)
{
	size_t bytes = (size_t)(w->at - w->packet), padded = bytes < 60 ? 60 : bytes;
	__u32 record[4] = { (__u32)(w->now_ns / 1000000000), (__u32)(w->now_ns % 1000000000 / 1000), (__u32)padded,
			    (__u32)padded };

	memset(w->at, 0, padded - bytes);
	w->at = w->packet;
	if (w->unseen)
		return;
	w->now_ns += draw(w, GAP_MAX_NS);
	if (w->full || w->bytes_left < sizeof(record) + padded) {
		w->full = true;
		return;
	}
	w->bytes_left -= sizeof(record) + padded;
	fwrite(record, sizeof(record), 1, w->file);
	fwrite(w->packet, padded, 1, w->file);
}

/* With @data NULL the payload is noise. */
static void send_tcp(struct writer *w, struct flow *flow, int from, unsigned flags, const void *data, unsigned bytes)
{
	unsigned options = flags & SYN ? 8 : 0, length = 20 + options + bytes;
	const __u8 *addresses = put_ip(w, flow, from, 6, length);
	__u8 *header = w->at;

	put16(w, from == CLIENT ? flow->client_port : flow->server_port);
	put16(w, from == CLIENT ? flow->server_port : flow->client_port);
	put32(w, flow->seq[from]);
	put32(w, flags & ACK ? flow->seq[!from] : 0);
	put16(w, (20 + options) / 4 << 12 | flags);
	put16(w, 64240);
	put32(w, 0);
	if (options) {
		put32(w, 0x02040000 | MSS);
		put32(w, 0x01010402);
	}
	if (data)
		put(w, data, bytes);
	else
		put_noise(w, bytes);
	store16(header + 16, checksum(w, addresses, __builtin_bswap16((__u16)(6 + length))));
	flow->seq[from] += bytes + !!(flags & (SYN | FIN));
	send_packet(w);
}

static void begin_udp(struct writer *w, const struct flow *flow, int from, unsigned bytes)
{
	put_ip(w, flow, from, 17, 8 + bytes);
	put16(w, from == CLIENT ? flow->client_port : flow->server_port);
	put16(w, from == CLIENT ? flow->server_port : flow->client_port);
	put16(w, 8 + bytes);
	put16(w, 0);
}

/* The checksum of a UDP datagram, over its pseudo header. */
static void end_udp(struct writer *w, const struct flow *flow, unsigned bytes)
{
	__u8 *header = w->at - bytes - 8;
	const __u8 *addresses = header - (flow->ipv6 ? 32 : 8);
	unsigned sum = checksum(w, addresses, __builtin_bswap16((__u16)(17 + 8 + bytes)));

	store16(header + 6, sum ? sum : 0xffff);
	send_packet(w);
}

/* The three packets that open a connection. Return: false when they have been sent. */
static bool handshake(struct writer *w, struct flow *flow)
{
	switch (flow->steps) {
	case 0:
		send_tcp(w, flow, CLIENT, SYN, NULL, 0);
		return true;
	case 1:
		send_tcp(w, flow, SERVER, SYN | ACK, NULL, 0);
		return true;
	case 2:
		send_tcp(w, flow, CLIENT, ACK, NULL, 0);
		return true;
	}
	return false;
}

/* The three packets that end one, the client first. Return: false with the last. */
static bool farewell(struct writer *w, struct flow *flow)
{
	unsigned step = flow->end_steps++;

	send_tcp(w, flow, step == 1 ? SERVER : CLIENT, step == 2 ? ACK : FIN | ACK, NULL, 0);
	return step < 2;
}

/* A ClientHello as browsers send it (RFC 8446, 4.1.2), padded to 517 bytes. */
static void send_client_hello(struct writer *w, struct flow *flow)
{
	static const __u8 ciphers[] = { 0x13, 1,    0x13, 2,    0x13, 3,    0xc0, 0x2b, 0xc0, 0x2f,
					0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8, 0xc0, 0x13,
					0xc0, 0x14, 0,    0x9c, 0,    0x9d, 0,    0x2f, 0,    0x35 };
	static const __u8 extensions[] = { 0,  10, 0,   8,   0, 6,   0,   29,  0,   23,  0,   24,  0,
					   43, 0,  5,   4,   3, 4,   3,   3,   0,   16,  0,   14,  0,
					   12, 2,  'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };
	__u8 hello[517] = { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 };
	char name[32];
	size_t at = 11, length;

	memcpy(hello + at, w->noise + draw(w, RANDOM_BYTES), 32);
	at += 32;
	hello[at++] = 32;
	memcpy(hello + at, w->noise + draw(w, RANDOM_BYTES), 32);
	at += 32;
	store16(hello + at, sizeof(ciphers));
	memcpy(hello + at + 2, ciphers, sizeof(ciphers));
	at += 2 + sizeof(ciphers);
	hello[at++] = 1;
	hello[at++] = 0;
	store16(hello + at, (unsigned)(sizeof(hello) - at - 2));
	at += 2;
	length = (size_t)snprintf(name, sizeof(name), "www%u.example.net", flow->server);
	store16(hello + at, 0);
	store16(hello + at + 2, (unsigned)length + 5);
	store16(hello + at + 4, (unsigned)length + 3);
	store16(hello + at + 7, (unsigned)length);
	memcpy(hello + at + 9, name, length);
	at += 9 + length;
	memcpy(hello + at, extensions, sizeof(extensions));
	at += sizeof(extensions);
	store16(hello + at, 21);
	store16(hello + at + 2, (unsigned)(sizeof(hello) - at - 4));
	send_tcp(w, flow, CLIENT, PSH | ACK, hello, sizeof(hello));
}

static void send_get(struct writer *w, struct flow *flow)
{
	char text[512];
	int length = snprintf(text, sizeof(text),
			      "GET /page/%u HTTP/1.1\r\nHost: www%u.example.net\r\n"
			      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
			      "Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\n"
			      "Referer: http://www%u.example.net/\r\nCookie: session=%08x\r\n"
			      "Connection: keep-alive\r\n\r\n",
			      draw(w, 10000), flow->server, flow->server, draw(w, 0x7fffffff));

	send_tcp(w, flow, CLIENT, PSH | ACK, text, (unsigned)length);
}

/* A ServerHello of TLS 1.3 (RFC 8446, 4.1.3), then the beginning of a long record; what is not set is noise. */
static void fill_server_hello(__u8 *answer)
{
	static const __u8 head[] = { 22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3 };
	static const __u8 tail[] = { 0x13, 1, 0, 0, 46, 0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 29, 0, 32 };
	static const __u8 records[] = { 20, 3, 3, 0, 1, 1, 23, 3, 3, 0x0f, 0xa0 };

	memcpy(answer, head, sizeof(head));
	answer[43] = 32;
	memcpy(answer + 76, tail, sizeof(tail));
	memcpy(answer + 127, records, sizeof(records));
}

/* The first segment of an answer. */
static void send_answer(struct writer *w, struct flow *flow)
{
	__u8 answer[MSS];

	memcpy(answer, w->noise + draw(w, RANDOM_BYTES), sizeof(answer));
	if (flow->server_port == 443)
		fill_server_hello(answer);
	else
		snprintf((char *)answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %u\r\n\r\n",
			 flow->bulk * MSS);
	send_tcp(w, flow, SERVER, ACK, answer, sizeof(answer));
}

/* Segments of a download, two of them to an acknowledgement. */
static void send_bulk(struct writer *w, struct flow *flow)
{
	if (flow->steps % 3 == 2) {
		send_tcp(w, flow, CLIENT, ACK, NULL, 0);
		return;
	}
	flow->bulk--;
	if (flow->server_port == 443 && flow->bulk % 12 == 0) {
		__u8 record[MSS] = { 23, 3, 3, 0x40, 0 };

		memcpy(record + 5, w->noise + draw(w, RANDOM_BYTES), sizeof(record) - 5);
		send_tcp(w, flow, SERVER, PSH | ACK, record, 200 + draw(w, sizeof(record) - 200));
	} else {
		send_tcp(w, flow, SERVER, ACK, NULL, MSS);
	}
}

static bool web_step(struct writer *w, struct flow *flow)
{
	static const __u8 finished[] = { 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 53 };
	__u8 reply[80];

	if (handshake(w, flow))
		return true;
	switch (flow->steps) {
	case 3:
		if (flow->server_port == 443)
			send_client_hello(w, flow);
		else
			send_get(w, flow);
		return true;
	case 4:
		send_tcp(w, flow, SERVER, ACK, NULL, 0);
		return true;
	case 5:
		send_answer(w, flow);
		return true;
	case 6:
		memcpy(reply, w->noise + draw(w, RANDOM_BYTES), sizeof(reply));
		memcpy(reply, finished, sizeof(finished));
		send_tcp(w, flow, CLIENT, ACK, reply, flow->server_port == 443 ? sizeof(reply) : 0);
		return true;
	}
	if (!flow->bulk)
		return farewell(w, flow);
	send_bulk(w, flow);
	return true;
}

static bool mail_step(struct writer *w, struct flow *flow)
{
	static const struct {
		int from;
		const char *text;
	} lines[] = {
		{ SERVER, "220 mx.example.net ESMTP Postfix\r\n" },
		{ CLIENT, "EHLO mail.example.org\r\n" },
		{ SERVER, "250-mx.example.net\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n" },
		{ CLIENT, "MAIL FROM:<someone@example.org> SIZE=5120\r\n" },
		{ SERVER, "250 2.1.0 Ok\r\n" },
		{ CLIENT, "RCPT TO:<another@example.net>\r\n" },
		{ SERVER, "250 2.1.5 Ok\r\n" },
		{ CLIENT, "DATA\r\n" },
		{ SERVER, "354 End data with <CR><LF>.<CR><LF>\r\n" },
		{ CLIENT,
		  "From: someone@example.org\r\nTo: another@example.net\r\nSubject: minutes of the meeting\r\n\r\n"
		  "Please find below what was agreed upon on Monday.\r\n" },
		{ CLIENT, ".\r\n" },
		{ SERVER, "250 2.0.0 Ok: queued as 4XbTqk0Zz5z9rxD\r\n" },
		{ CLIENT, "QUIT\r\n" },
		{ SERVER, "221 2.0.0 Bye\r\n" },
	};
	unsigned line = flow->steps - 3;

	if (handshake(w, flow))
		return true;
	if (line >= COUNT(lines))
		return farewell(w, flow);
	send_tcp(w, flow, lines[line].from, PSH | ACK, lines[line].text, (unsigned)strlen(lines[line].text));
	return true;
}

static bool dns_step(struct writer *w, struct flow *flow)
{
	static const __u8 question[] = { 1,   0,   0,   1,   0,   0,   0, 0,   0,   0,   3, 'w', 'w', 'w', 7, 'e',
					 'x', 'a', 'm', 'p', 'l', 'e', 3, 'n', 'e', 't', 0, 0,   1,   0,   1 };
	unsigned answers = flow->steps ? 1 + flow->client_port % 6 : 0, bytes = 2 + sizeof(question) + 16 * answers;
	__u8 *message;

	begin_udp(w, flow, flow->steps ? SERVER : CLIENT, bytes);
	message = w->at + 2;
	put16(w, flow->seq[CLIENT]);
	put(w, question, sizeof(question));
	if (answers) {
		store16(message, 0x8180);
		store16(message + 4, answers);
	}
	for (unsigned i = 0; i < answers; i++) {
		put32(w, 0xc00c0001);
		put32(w, 0x00010000);
		put32(w, 300 << 16 | 4);
		put32(w, 0xc6120000 + flow->server + i);
	}
	end_udp(w, flow, bytes);
	return !flow->steps;
}

/* A long header first, padded as RFC 9000, 14.1 asks for; then short ones, four of them to one of the client's. */
static bool quic_step(struct writer *w, struct flow *flow)
{
	int from = flow->steps == 0 || flow->steps % 5 == 2 ? CLIENT : SERVER;
	unsigned bytes = flow->steps < 2 ? 1250 : from == CLIENT ? 40 + draw(w, 40) : 1250;

	begin_udp(w, flow, from, bytes);
	if (flow->steps < 2) {
		/* Initial, version 1; connection identifiers of 8 and 0 bytes, no token, length. */
		put32(w, 0xc3000000);
		put16(w, 0x0108);
		put_noise(w, 8);
		put16(w, 0);
		put16(w, 0x4000 | (bytes - 18));
		put_noise(w, bytes - 18);
	} else {
		put8(w, 0x40 | (flow->steps & 0x1f));
		put_noise(w, bytes - 1);
	}
	end_udp(w, flow, bytes);
	return flow->bulk-- > 0;
}

/* RTP both ways (RFC 3550), 20 ms of G.711. */
static bool call_step(struct writer *w, struct flow *flow)
{
	begin_udp(w, flow, flow->steps & 1 ? SERVER : CLIENT, 172);
	put16(w, 0x8008);
	put16(w, flow->steps / 2);
	put32(w, flow->steps / 2 * 160);
	put32(w, flow->seq[flow->steps & 1]);
	put_noise(w, 160);
	end_udp(w, flow, 172);
	return flow->bulk-- > 0;
}

static bool ping_step(struct writer *w, struct flow *flow)
{
	bool reply = flow->steps & 1;
	const __u8 *addresses = put_ip(w, flow, reply ? SERVER : CLIENT, flow->ipv6 ? 58 : 1, 64);
	__u8 *header = w->at;
	unsigned type = flow->ipv6 ? 128 + reply : reply ? 0 : 8;

	put16(w, type << 8);
	put16(w, 0);
	put16(w, flow->client_port);
	put16(w, flow->steps / 2);
	put_noise(w, 56);
	/* Only ICMPv6 sums up its addresses as well. */
	if (flow->ipv6)
		store16(header + 2, checksum(w, addresses, __builtin_bswap16(58 + 64)));
	else
		store16(header + 2, checksum(w, header, 0));
	send_packet(w);
	return flow->steps < 7;
}

static bool arp_step(struct writer *w, struct flow *flow)
{
	bool reply = flow->steps;

	put_mac(w, reply ? 0x0200 : 0xffff, reply ? 0xfffffffe : 0xffffffff);
	put_mac(w, 0x0200, reply ? flow->host : 0xfffffffe);
	put16(w, 0x0806);
	put32(w, 0x00010800);
	put32(w, 0x06040001 + reply);
	put_mac(w, 0x0200, reply ? flow->host : 0xfffffffe);
	put32(w, reply ? 0x0a000000 + flow->host : 0x0afffffe);
	put_mac(w, 0, 0);
	put32(w, reply ? 0x0afffffe : 0x0a000000 + flow->host);
	send_packet(w);
	return !reply;
}

/* Knocks from outside at ports of subscribers; every fourth is refused. */
static bool scan_step(struct writer *w, struct flow *flow)
{
	if (flow->steps & 1) {
		send_tcp(w, flow, CLIENT, RST | ACK, NULL, 0);
		return false;
	}
	send_tcp(w, flow, SERVER, SYN, NULL, 0);
	return !(flow->host & 3);
}

static const struct kind {
	flow_step *step;
	unsigned share;    /* of new conversations, of 1,000 */
	unsigned bulk_max; /* segments, datagrams; most are short, few as long as this */
	__u16 server_port;
} kinds[] = {
	{ web_step, 232, 110, 443 },    { web_step, 50, 60, 80 }, { quic_step, 85, 80, 443 },
	{ call_step, 18, 1200, 16384 }, { mail_step, 30, 0, 25 }, { dns_step, 417, 0, 53 },
	{ ping_step, 30, 0, 0 },        { arp_step, 38, 0, 0 },   { scan_step, 100, 0, 40000 },
};

/* One subscriber of five has IPv6, and is in PPPoE or behind a VLAN tag independently of that. */
static void begin_flow_between(struct writer *w, struct flow *flow, flow_step *step, __u32 host, __u32 server)
{
	memset(flow, 0, sizeof(*flow));
	flow->step = step;
	flow->host = host;
	flow->server = server;
	flow->ipv6 = host % 5 == 0 && step != scan_step && step != arp_step;
	flow->encap = host % 11 == 0 ? VLAN : host % 11 == 1 ? PPPOE : PLAIN;
	flow->client_port = (__u16)(32768 + draw(w, 28000));
	flow->seq[CLIENT] = draw(w, 0xffffffff);
	flow->seq[SERVER] = draw(w, 0xffffffff);
}

static void begin_flow(struct writer *w, struct flow *flow)
{
	const struct kind *kind = kinds;
	unsigned at = draw(w, 1000), length = draw(w, 65536);

	while (at >= kind->share)
		at -= kind++->share;
	begin_flow_between(w, flow, kind->step, draw_popular(w, HOSTS), draw_popular(w, SERVERS));
	/* The fourth power of a uniform draw: a quarter are above a third of the most. */
	flow->bulk = (unsigned)((__u64)length * length * length / 65536 * length / 65536 * kind->bulk_max >> 32);
	flow->server_port = kind->server_port;
	if (kind->step == scan_step) {
		flow->server = SERVERS + draw(w, 8);
		flow->client_port = draw(w, 2) ? 23 : 445;
	}
}

static void write_roll_call(struct writer *w)
{
	struct flow flow;

	for (__u32 host = 0; host < HOSTS; host++) {
		begin_flow_between(w, &flow, dns_step, host, host % SERVERS);
		flow.server_port = 53;
		while (flow.step(w, &flow))
			flow.steps++;
	}
}

/* One conversation's turn: a train of up to three packets. */
static void send_train(struct writer *w, struct flow *flow)
{
	for (unsigned train = 1 + draw(w, 3); train; train--) {
		if (!flow->step)
			begin_flow(w, flow);
		if (!flow->step(w, flow)) {
			flow->step = NULL;
			return;
		}
		flow->steps++;
	}
}

static void write_traffic(struct writer *w)
{
	struct flow *flows = calloc(FLOWS, sizeof(*flows));

	if (!flows) {
		perror("replay_traffic");
		exit(1);
	}
	w->unseen = true;
	for (unsigned i = 0; i < UNSEEN_TRAINS; i++)
		send_train(w, &flows[draw(w, FLOWS)]);
	w->unseen = false;
	write_roll_call(w);
	while (!w->full)
		send_train(w, &flows[draw(w, FLOWS)]);
	free(flows);
}

int main(int argc, char **argv)
{
	static const __u32 head[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	static struct writer w;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: replay_traffic FILE BYTES [SEED]\n");
		return 2;
	}
	w.file = fopen(argv[1], "wb");
	w.bytes_left = strtoull(argv[2], NULL, 10);
	w.random = 0x9e3779b97f4a7c15ull + (argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
	w.now_ns = START_S * 1000000000ull;
	w.at = w.packet;
	if (!w.file) {
		perror(argv[1]);
		return 1;
	}
	if (w.bytes_left < sizeof(head)) {
		fprintf(stderr, "replay_traffic: %s bytes hold no capture; give 24 or more\n", argv[2]);
		return 2;
	}
	setvbuf(w.file, NULL, _IOFBF, 1 << 20);
	for (size_t i = 0; i < sizeof(w.noise); i++)
		w.noise[i] = (__u8)draw(&w, 256);
	fwrite(head, sizeof(head), 1, w.file);
	w.bytes_left -= sizeof(head);
	write_traffic(&w);
	if (fflush(w.file) || ferror(w.file) || fclose(w.file)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
