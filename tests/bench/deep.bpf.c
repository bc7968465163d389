// SPDX-License-Identifier: GPL-2.0-or-later
/* A sender of small web flows, each from another client, and the least that can stand on the receiving end. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "deep_flow.h"

/* Set before the object is loaded. */
const volatile __u32 deep_to = 0; /* ifindex that is sent to */

struct deep_step deep_steps[DEEP_PLACES]; /* a flow's packets */
__u32 deep_flow, deep_at;		   /* which comes next */
__u64 deep_gap_ns;			   /* between two frames */
__u64 deep_next_ns, deep_waited_ns;

struct deep_headers {
	__u8 ethernet[14];
	__be32 ip[5];
	__be16 sport, dport;
	__be32 seq, ack;
	__u8 offset, flags;
	__be16 window, checksum, urgent;
} __attribute__((packed));

/* 32768 clients' addresses and ports in turn, so that tables stay warm; each time with other sequence numbers. */
static __always_inline void deep_write(struct deep_headers *h, const struct deep_step *step, __u32 flow)
{
	__be32 client = bpf_htonl(0x0a000000 | (flow & 0x3fff)), server = bpf_htonl(0xc6120000 | (flow & 0x3ff));
	__be16 port = bpf_htons((__u16)(20000 + (flow >> 14 & 1))), web = bpf_htons(80);
	__u32 salt = (flow >> 15) * 100003;

	h->ip[0] = bpf_htonl(0x45000000 | (step->bytes - 14));
	h->ip[1] = bpf_htonl(0x4000);
	h->ip[2] = bpf_htonl(0x40060000);
	h->ip[3] = step->from_server ? server : client;
	h->ip[4] = step->from_server ? client : server;
	h->sport = step->from_server ? web : port;
	h->dport = step->from_server ? port : web;
	h->seq = bpf_htonl(step->seq + salt);
	h->ack = bpf_htonl(step->ack + salt);
	h->offset = 0x50;
	h->flags = (__u8)step->flags;
	h->window = 0xffff;
}

/* Waits for the frame's turn, 25 us at most. One that is late does not hurry the next ones. */
static __always_inline void deep_wait(void)
{
	__u64 begin = bpf_ktime_get_ns(), now = begin;

	for (int i = 0; i < 2000 && now < deep_next_ns; i++)
		now = bpf_ktime_get_ns();
	deep_waited_ns += now - begin;
	deep_next_ns = (now > deep_next_ns + DEEP_LATE_NS ? now : deep_next_ns) + deep_gap_ns;
}

SEC("xdp")
int deep_send(struct xdp_md *ctx)
{
	__u32 at = deep_at & (DEEP_PLACES - 1);
	struct deep_step *step = &deep_steps[at];
	struct deep_headers *h = (struct deep_headers *)(long)ctx->data;
	__u8 *head = (__u8 *)(h + 1);

	if ((void *)(head + DEEP_HEAD_BYTES) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	deep_wait();
	deep_write(h, step, deep_flow);
	if (step->has_head)
		__builtin_memcpy(head, step->head, DEEP_HEAD_BYTES);
	deep_at = at + 1 < DEEP_STEPS ? at + 1 : 0;
	deep_flow += deep_at == 0;
	if (bpf_xdp_adjust_tail(ctx, (int)step->bytes - DEEP_FRAME_BYTES))
		return XDP_ABORTED;
	return (int)bpf_redirect(deep_to, 0);
}

SEC("xdp")
int deep_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp")
int deep_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
