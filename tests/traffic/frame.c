// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include <string.h>

#define ETHERNET 14u
#define TCP_HEADER 20u

static __u8 *put16(__u8 *at, __u32 value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
	return at + 2;
}

static __u8 *put32(__u8 *at, __u32 value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

/* Sum of 16-bit words as they lie in memory (RFC 1071, 2 B: the byte order does not matter until the end). */
static __u64 sum(const __u8 *data, size_t len, __u64 total)
{
	__u32 word;
	__u16 half;

	for (; len >= 4; len -= 4, data += 4) {
		memcpy(&word, data, 4);
		total += word;
	}
	if (len >= 2) {
		memcpy(&half, data, 2);
		total += half;
		data += 2;
		len -= 2;
	}
	if (len) {
		__u8 last[2] = { *data, 0 };

		memcpy(&half, last, 2);
		total += half;
	}
	return total;
}

static void finish(__u8 *at, __u64 total)
{
	__u16 folded;

	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	folded = (__u16)~total;
	memcpy(at, &folded, 2);
}

static __u8 *put_ip4(__u8 *at, const struct frame_segment *s, size_t tcp_len)
{
	__u8 *begin = at;

	at = put16(at, 0x4500);
	at = put16(at, (__u32)(20 + tcp_len));
	at = put16(at, s->id);
	at = put16(at, s->dont_fragment ? 0x4000 : 0);
	*at++ = s->ttl;
	*at++ = 6;
	at = put16(at, 0);
	memcpy(at, s->src->bytes + 12, 4);
	memcpy(at + 4, s->dst->bytes + 12, 4);
	finish(begin + 10, sum(begin, 20, 0));
	return at + 8;
}

static __u8 *put_ip6(__u8 *at, const struct frame_segment *s, size_t tcp_len)
{
	at = put32(at, 0x60000000);
	at = put16(at, (__u32)tcp_len);
	*at++ = 6;
	*at++ = s->ttl;
	memcpy(at, s->src->bytes, 16);
	memcpy(at + 16, s->dst->bytes, 16);
	return at + 32;
}

static __u8 *put_tcp(__u8 *at, const struct frame_segment *s)
{
	at = put16(at, s->sport);
	at = put16(at, s->dport);
	at = put32(at, s->seq);
	at = put32(at, s->flags & GP_TCP_ACK ? s->ack : 0);
	*at++ = (__u8)((TCP_HEADER + s->options_len) / 4 << 4);
	*at++ = s->flags;
	at = put16(at, s->window);
	at = put32(at, 0);
	memcpy(at, s->options, s->options_len);
	return at + s->options_len;
}

size_t frame_write(__u8 *out, const struct frame_segment *s)
{
	static const __u8 macs[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	bool v4 = frame_is_v4(s->src);
	size_t tcp_len = TCP_HEADER + s->options_len + s->len, address = v4 ? 4 : 16;
	__u8 *tcp, *at;
	__u64 total;

	memcpy(out, macs + (s->outward ? 6 : 0), 12);
	put16(out + 12, v4 ? 0x0800 : 0x86dd);
	tcp = v4 ? put_ip4(out + ETHERNET, s, tcp_len) : put_ip6(out + ETHERNET, s, tcp_len);
	at = put_tcp(tcp, s);
	if (s->len)
		memcpy(at, s->payload, s->len);
	total = __builtin_bswap16(6) + (__u64)__builtin_bswap16((__u16)tcp_len);
	total = sum(s->src->bytes + 16 - address, address, total);
	total = sum(s->dst->bytes + 16 - address, address, total);
	finish(tcp + 16, sum(tcp, tcp_len, total));
	return (size_t)(at - out) + s->len;
}
