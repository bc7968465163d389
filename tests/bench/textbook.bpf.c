// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same count done as everybody would: a bounded parser, an LPM trie that says who is inside, one record per host in
 * an LRU hash, atomics. It reads no payload, keeps no flows and proves nothing.
 */
#include "draw.h"

#include <linux/if_ether.h>
#include <linux/in.h>

#define TEXTBOOK_TAGS 4
#define TEXTBOOK_SERVICES 8

struct textbook_address {
	__u32 words[4]; /* network byte order; IPv4 as ::ffff:a.b.c.d */
};

struct textbook_prefix {
	__u32 bits;
	__u32 words[4];
};

struct textbook_count {
	__u64 packets, bytes;
};

struct textbook_host {
	struct textbook_count services[TEXTBOOK_SERVICES];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 17);
	__type(
		key, struct {
			__u32 bits;
			__u32 address;
		});
	__type(value, __u32);
} textbook_inside4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 17);
	__type(key, struct textbook_prefix);
	__type(value, __u32);
} textbook_inside6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* set when it is loaded: twice the hosts */
	__type(key, struct textbook_address);
	__type(value, struct textbook_host);
} textbook_hosts SEC(".maps");

__u32 textbook_from_outside; /* 1: the inside end is the destination */

/* What the parser finds. */
struct textbook_packet {
	struct textbook_address inside;
	__u32 is_ipv6;
	__u32 service;
};

static __always_inline __u32 textbook_service(__u16 sport, __u16 dport)
{
	__u16 port = sport < dport ? sport : dport;

	switch (port) {
	case 25:
		return 1;
	case 465:
	case 587:
	case 2525:
		return 2;
	case 80:
	case 8080:
		return 3;
	case 443:
		return 4;
	case 110:
	case 143:
	case 993:
	case 995:
		return 5;
	default:
		return 0;
	}
}

/* Both transport headers begin with the ports. Return: 0, or -1 when they are cut off. */
static __always_inline int textbook_ports(struct textbook_packet *p, const __u8 *at, const __u8 *end, __u8 ip_proto)
{
	const __be16 *ports = (const __be16 *)at;

	p->service = 0;
	if (ip_proto != IPPROTO_TCP && ip_proto != IPPROTO_UDP)
		return 0;
	if (at + 4 > end)
		return -1;
	p->service = textbook_service(bpf_ntohs(ports[0]), bpf_ntohs(ports[1]));
	return 0;
}

static __always_inline int textbook_ipv4(struct textbook_packet *p, const __u8 *at, const __u8 *end)
{
	if (at + 20 > end || (at[0] & 15) < 5)
		return -1;
	p->is_ipv6 = 0;
	p->inside.words[0] = 0;
	p->inside.words[1] = 0;
	p->inside.words[2] = bpf_htonl(0xffff);
	p->inside.words[3] = *(const __u32 *)(at + (textbook_from_outside ? 16 : 12));
	return textbook_ports(p, at + 4 * (at[0] & 15), end, at[9]);
}

/* The subscriber is the /56. */
static __always_inline int textbook_ipv6(struct textbook_packet *p, const __u8 *at, const __u8 *end)
{
	const __u32 *address = (const __u32 *)(at + (textbook_from_outside ? 24 : 8));

	if (at + 40 > end)
		return -1;
	p->is_ipv6 = 1;
	p->inside.words[0] = address[0];
	p->inside.words[1] = address[1] & bpf_htonl(0xffffff00);
	p->inside.words[2] = 0;
	p->inside.words[3] = 0;
	return textbook_ports(p, at + 40, end, at[6]);
}

static __always_inline int textbook_ip(struct textbook_packet *p, const __u8 *at, const __u8 *end)
{
	if (at + 1 > end)
		return -1;
	return at[0] >> 4 == 4 ? textbook_ipv4(p, at, end) : at[0] >> 4 == 6 ? textbook_ipv6(p, at, end) : -1;
}

/* Labels to the bottom of the stack. */
static __always_inline int textbook_mpls(struct textbook_packet *p, const __u8 *at, const __u8 *end)
{
	for (int i = 0; i < TEXTBOOK_TAGS; i++) {
		if (at + 4 > end)
			return -1;
		at += 4;
		if (at[-2] & 1)
			return textbook_ip(p, at, end);
	}
	return -1;
}

/* Return: 0, or -1 when there is no IP packet. */
static __always_inline int textbook_parse(struct textbook_packet *p, const __u8 *at, const __u8 *end)
{
	__u16 ethertype;

	if (at + ETH_HLEN > end)
		return -1;
	ethertype = bpf_ntohs(*(const __be16 *)(at + 12));
	at += ETH_HLEN;
	for (int i = 0; i < TEXTBOOK_TAGS && (ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD); i++) {
		if (at + 4 > end)
			return -1;
		ethertype = bpf_ntohs(*(const __be16 *)(at + 2));
		at += 4;
	}
	if (ethertype == ETH_P_PPP_SES)
		return textbook_ip(p, at + 8, end);
	if (ethertype == ETH_P_MPLS_UC)
		return textbook_mpls(p, at, end);
	if (ethertype != ETH_P_IP && ethertype != ETH_P_IPV6)
		return -1;
	return textbook_ip(p, at, end);
}

static __always_inline int textbook_is_inside(const struct textbook_packet *p)
{
	struct {
		__u32 bits;
		__u32 address;
	} key4 = { 32, p->inside.words[3] };
	struct textbook_prefix key6 = {
		128, { p->inside.words[0], p->inside.words[1], p->inside.words[2], p->inside.words[3] }
	};

	return !!(p->is_ipv6 ? bpf_map_lookup_elem(&textbook_inside6, &key6)
			     : bpf_map_lookup_elem(&textbook_inside4, &key4));
}

static __always_inline void textbook_account(const struct textbook_packet *p, __u32 bytes)
{
	struct textbook_host fresh = {}, *host = bpf_map_lookup_elem(&textbook_hosts, &p->inside);
	__u32 service = p->service & (TEXTBOOK_SERVICES - 1);

	if (host) {
		__sync_fetch_and_add(&host->services[service].packets, 1);
		__sync_fetch_and_add(&host->services[service].bytes, bytes);
		return;
	}
	fresh.services[service].packets = 1;
	fresh.services[service].bytes = bytes;
	bpf_map_update_elem(&textbook_hosts, &p->inside, &fresh, BPF_ANY);
}

SEC("xdp.frags")
int bench_textbook(struct xdp_md *ctx)
{
	struct textbook_packet p = {};

	bench_draw(ctx);
	if (textbook_parse(&p, (const __u8 *)(long)ctx->data, (const __u8 *)(long)ctx->data_end))
		return XDP_PASS;
	if (textbook_is_inside(&p))
		textbook_account(&p, (__u32)(ctx->data_end - ctx->data));
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
