/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the XDP program of a mirror port does besides counting: the beginnings of watched flows go to the agent whole,
 * through AF_XDP sockets (user/source_xsk.h), and away from the stack, which has no use for them there.
 */
#ifndef GATEPOST_DEEP_H
#define GATEPOST_DEEP_H

#include <gatepost/account.h>

/* Set before the object is loaded. */
const volatile __u32 gp_knob_deep_bytes = 65536; /* of each direction's stream */
const volatile __u32 gp_knob_deep_frame = 3840;	 /* the longest frame that a socket takes */
const volatile __u32 gp_knob_deep_first = 0;	 /* the interface's first place in gp_xsks */
const volatile __u32 gp_knob_deep_queues = 0;	 /* and how many it has */

/* By interface and receive queue. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, GP_DEEP_SOCKETS);
	__type(key, __u32);
	__type(value, __u32);
} gp_xsks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gp_deep_sum);
} gp_deep_sums SEC(".maps");

static __always_inline int gp_deep_is_watched(__u32 service)
{
	return service == GP_SERVICE_SMTP || service == GP_SERVICE_SUBMISSION || service == GP_SERVICE_HTTP ||
	       service == GP_SERVICE_TLS;
}

/* Does this sequence number lie within what is read of its direction? Not before its first byte is known. */
static __always_inline int gp_deep_is_near(const struct gp_flow *flow, __u32 of_client, __u32 seq)
{
	__u32 isn = of_client ? flow->client_isn : flow->server_isn;

	return (flow->flags & (of_client ? GP_FLOW_SYN : GP_FLOW_SYN_ACK)) && seq - isn <= gp_knob_deep_bytes;
}

/*
 * A flow whose beginning was not seen, or whose client's number a stray SYN has changed: what the recognisers read, as far
 * as the flow's own count of it goes.
 */
static __always_inline int gp_deep_is_early(const struct gp_flow *flow, __u32 from_client, __u32 stage)
{
	return stage != GP_TAG_BULK && (from_client ? flow->client_bytes : flow->server_bytes) <= gp_knob_deep_bytes;
}

/**
 * gp_deep_wants() - is a packet of a watched service to be read whole?
 * @p: counted already, so that its flow knows of it.
 * @stage: enum gp_tag_stage.
 *
 * An acknowledgement without payload is wanted while what it acknowledges is: it tells what was lost on the way here.
 */
GP_GLOBAL int gp_deep_wants(struct gp_memory *m, const struct gp_packet *p, __u32 stage)
{
	struct gp_flow *flow;
	__u32 from_client;
	int slot;

	if (!p)
		return 0;
	if (gp_segment_is_control(p->tcp_flags))
		return 1;
	slot = gp_flow_slot(m, p, 0, gp_mem_now(m));
	flow = slot < 0 ? 0 : gp_mem_flow(m, (__u32)slot);
	if (!flow)
		return stage != GP_TAG_BULK;
	from_client = (__u32)gp_flow_from_client(flow, p);
	if (!p->payload_len)
		return gp_deep_is_near(flow, from_client, p->seq) && gp_deep_is_near(flow, !from_client, p->ack);
	return gp_deep_is_near(flow, from_client, p->seq) || gp_deep_is_early(flow, from_client, stage);
}

/*
 * When a frame came, written over the hardware addresses of one that nobody but the agent gets to see: the directions of
 * a flow may come on different queues, and what answers what is told by time alone. Metadata would do as well, but not with
 * all drivers, nor behind libxdp's dispatcher (bpf/entry.h).
 */
static __always_inline void gp_deep_stamp(struct xdp_md *ctx)
{
	__u16 *words = (__u16 *)(long)ctx->data;
	__u64 now_ns = bpf_ktime_get_ns();

	if ((void *)(words + GP_DEEP_STAMP_WORDS) > (void *)(long)ctx->data_end)
		return;
	for (int i = 0; i < GP_DEEP_STAMP_WORDS; i++)
		words[i] = (__u16)(now_ns >> 16 * i);
}

/* Return: the action. A socket takes what lies in one piece; before Linux 6.6 it would cut off the rest in silence. */
static __always_inline int gp_deep_redirect(struct xdp_md *ctx, __u32 frame_bytes)
{
	__u32 zero = 0, queue = ctx->rx_queue_index;
	struct gp_deep_sum *sum = bpf_map_lookup_elem(&gp_deep_sums, &zero);
	long action = XDP_PASS;

	if (!sum)
		return XDP_PASS;
	if (frame_bytes > gp_knob_deep_frame || (__u32)(ctx->data_end - ctx->data) != frame_bytes) {
		sum->too_large++;
		return XDP_PASS;
	}
	if (queue < gp_knob_deep_queues)
		action = bpf_redirect_map(&gp_xsks, gp_knob_deep_first + queue, XDP_PASS);
	if (action != XDP_REDIRECT) {
		sum->no_socket++;
		return XDP_PASS;
	}
	sum->redirected++;
	gp_deep_stamp(ctx);
	return XDP_REDIRECT;
}

/* Counts as the others do; what a packet is, is asked of its tag (gp_knob_tags is set), which nobody writes. */
static __always_inline int gp_xdp_deep(struct xdp_md *ctx)
{
	__u32 frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	__u64 tag = gp_account_whole(GP_MEMORY, ctx, frame_bytes, frame_bytes, gp_knob_side);
	struct gp_cpu *cpu = gp_mem_cpu(GP_MEMORY);

	if (!cpu || !gp_deep_is_watched(gp_tag_service(tag)) || cpu->scratch.packet.ip_proto != GP_IP_TCP ||
	    !gp_deep_wants(GP_MEMORY, &cpu->scratch.packet, gp_tag_stage(tag)))
		return XDP_PASS;
	return gp_deep_redirect(ctx, frame_bytes);
}

#endif
