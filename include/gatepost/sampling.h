/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets go to the agent as they are, for what they say: beginnings of mail dialogues, heads of web requests and
 * responses, TLS hellos, SYNs. Counters never depend on it. A source's tokens buy flows, so that a dialogue is sampled from
 * its beginning or not at all; a second bucket, one per kind, bounds what all sources together cost the agent.
 */
#ifndef GATEPOST_SAMPLING_H
#define GATEPOST_SAMPLING_H

#include <gatepost/classify.h>
#include <gatepost/flow.h>
#include <gatepost/inside.h>

#define GP_SAMPLED_NONE GP_SAMPLED_KINDS

/**
 * gp_bucket_take() - take a token out of a bucket.
 * @full_ns: when the bucket will be full again; shared by CPUs.
 * @share: 1: all of its depth may be used, 2: half of it.
 *
 * The bucket as the generic cell rate algorithm has it, in one word (ITU-T I.371, annex A). Return: 1, or 0 when it is
 * empty, or when other CPUs were faster twice.
 */
GP_INLINE int gp_bucket_take(__u64 *full_ns, const struct gp_rate *rate, __u32 share, __u64 now_ns)
{
	__u64 depth_ns = share == 2 ? rate->depth_ns >> 1 : rate->depth_ns;

	for (int i = 0; i < 2; i++) {
		__u64 before = *full_ns, from = before > now_ns ? before : now_ns;

		if (from - now_ns + rate->interval_ns > depth_ns)
			return 0;
		if (gp_cas(full_ns, before, from + rate->interval_ns) == before)
			return 1;
	}
	return 0;
}

/* A source's bucket: its address, of IPv6 the upper half. SYNs have one of their own. */
GP_INLINE __u64 *gp_sampling_bucket(struct gp_memory *m, const struct gp_settings *settings, const struct gp_addr *source,
				    __u32 is_syn)
{
	__u64 low = gp_addr_is4(source) ? source->halves[1] : 0;

	return gp_mem_buckets(m, (__u32)(gp_mix(gp_mix(settings->secret[0], source->halves[0]), low) + is_syn));
}

/* The first two bytes of a TLS record (RFC 8446, 5.1): change_cipher_spec to application_data. */
GP_INLINE int gp_head_is_record(__u32 head)
{
	return (head & GP_HEAD(0xfc, 0xff, 0, 0)) == GP_HEAD(0x14, 0x03, 0, 0);
}

/* Is a hello's record longer than its first segment? By the upper byte of its length, so that "perhaps" counts as yes. */
GP_INLINE int gp_sampling_hello_is_open(const struct gp_packet *p)
{
	__u8 high = (__u8)(gp_be32_to_host(p->head) & 0xff);

	return p->payload_len < high * 256u + 255 + 5;
}

/* A client's segment: is it a part of its TLS hello? */
GP_INLINE int gp_sampling_is_hello(const struct gp_flow *flow, const struct gp_packet *p)
{
	if (flow->sampling & GP_FLOW_HELLO)
		return !(flow->sampling & GP_FLOW_HELLO_ENDS) && !gp_head_is_record(p->head);
	return gp_head_is_tls(p->head) && (flow->phase == GP_PHASE_TLS || !(flow->flags & GP_FLOW_CLIENT_DATA));
}

/*
 * Behind the hello, the segment with the client's Finished: from there on the size of the flow tells whether a mail was
 * taken (user/mail_facts.h).
 */
GP_INLINE int gp_sampling_is_finished(const struct gp_flow *flow, const struct gp_packet *p, __u32 from_client)
{
	return from_client && (flow->sampling & (GP_FLOW_HELLO | GP_FLOW_FINISHED)) == GP_FLOW_HELLO &&
	       gp_head_is_record(p->head);
}

/* A mail dialogue: commands, without those that carry secrets, and replies. */
GP_INLINE int gp_sampling_is_mail(const struct gp_flow *flow, const struct gp_packet *p, __u32 from_client)
{
	if (flow->phase == GP_PHASE_TLS)
		return gp_sampling_is_finished(flow, p, from_client);
	if (!from_client)
		return flow->sampled_server < GP_SAMPLE_SERVER;
	/* Of a flow whose beginning was not seen nobody knows whether this is a command, a mail's text or a secret. */
	return flow->phase == GP_PHASE_COMMAND && flow->flags & GP_FLOW_SYN && flow->sampled_client < GP_SAMPLE_CLIENT &&
	       (p->head & GP_HEAD(0xdf, 0xdf, 0xdf, 0xdf)) != GP_HEAD('A', 'U', 'T', 'H');
}

/* The head of a request or response; a second segment only where no body can follow. */
GP_INLINE int gp_sampling_is_web(const struct gp_flow *flow, const struct gp_packet *p, __u32 from_client)
{
	if (!from_client)
		return p->head == GP_HEAD('H', 'T', 'T', 'P') && flow->sampled_server < GP_SAMPLE_CLIENT;
	return flow->sampled_client < GP_SAMPLE_CLIENT && (gp_head_is_known(p->head) || flow->sampling & GP_FLOW_HEAD_OPEN);
}

/**
 * gp_sampling_kind() - is a segment with payload wanted?
 * @flow: as it was before the segment.
 *
 * Return: enum gp_sampled, or GP_SAMPLED_NONE.
 */
GP_INLINE __u32 gp_sampling_kind(const struct gp_flow *flow, const struct gp_packet *p, __u32 from_client)
{
	switch (flow->service) {
	case GP_SERVICE_SMTP:
	case GP_SERVICE_SUBMISSION:
		if (from_client && gp_sampling_is_hello(flow, p))
			return GP_SAMPLED_TLS;
		return gp_sampling_is_mail(flow, p, from_client) ? GP_SAMPLED_MAIL : GP_SAMPLED_NONE;
	case GP_SERVICE_HTTP:
		return gp_sampling_is_web(flow, p, from_client) ? GP_SAMPLED_HTTP : GP_SAMPLED_NONE;
	case GP_SERVICE_TLS:
		return from_client && gp_sampling_is_hello(flow, p) ? GP_SAMPLED_TLS : GP_SAMPLED_NONE;
	default:
		return GP_SAMPLED_NONE;
	}
}

/* Notes in the flow what was wanted, so that the next segment is seen in its light. */
GP_INLINE void gp_sampling_note(struct gp_flow *flow, const struct gp_packet *p, __u32 kind, __u32 from_client)
{
	if (kind == GP_SAMPLED_TLS)
		flow->sampling |= flow->sampling & GP_FLOW_HELLO || !gp_sampling_hello_is_open(p) ?
					  GP_FLOW_HELLO | GP_FLOW_HELLO_ENDS : GP_FLOW_HELLO;
	else if (from_client)
		flow->sampled_client++;
	else
		flow->sampled_server++;
	/* A ChangeCipherSpec by itself has 6 bytes, and Finished follows. */
	if (kind == GP_SAMPLED_MAIL && from_client && flow->phase == GP_PHASE_TLS && p->payload_len > 6)
		flow->sampling |= GP_FLOW_FINISHED;
	if (kind != GP_SAMPLED_HTTP || !from_client)
		return;
	flow->sampling &= (__u8)~GP_FLOW_HEAD_OPEN;
	if ((p->head == GP_HEAD('G', 'E', 'T', ' ') || p->head == GP_HEAD('H', 'E', 'A', 'D')) &&
	    !(p->tcp_flags & GP_TCP_PSH))
		flow->sampling |= GP_FLOW_HEAD_OPEN;
}

/* Is a number of a packet near the beginning of its stream? A stray SYN leaves another one (gp_stream_syn_is_stray()). */
GP_INLINE __u32 gp_sampling_isn(const struct gp_flow *flow, __u32 of_client, __u32 number, __u32 *isn)
{
	*isn = of_client ? flow->client_isn : flow->server_isn;
	return (flow->flags & (of_client ? GP_FLOW_SYN : GP_FLOW_SYN_ACK)) && number - *isn <= GP_FLOW_GAP_BYTES;
}

/* What is known of the flow, for who puts its samples together. */
GP_INLINE void gp_sampling_describe(struct gp_packet_sample *sample, const struct gp_flow *flow, const struct gp_packet *p,
				    __u32 from_client)
{
	__u32 known = from_client ? GP_FLOW_CLIENT_SEQ : GP_FLOW_SERVER_SEQ;
	__u32 peer_known = from_client ? GP_FLOW_SERVER_SEQ : GP_FLOW_CLIENT_SEQ;
	__u32 flags = GP_SAMPLE_FLOW | (from_client ? GP_SAMPLE_FROM_CLIENT : 0);

	sample->service = flow->service;
	if (gp_sampling_isn(flow, from_client, p->seq, &sample->isn))
		flags |= GP_SAMPLE_ISN;
	if (gp_sampling_isn(flow, !from_client, p->ack, &sample->peer_isn))
		flags |= GP_SAMPLE_PEER_ISN;
	sample->peer_next = from_client ? flow->server_next : flow->client_next;
	if (flow->flags & peer_known)
		flags |= GP_SAMPLE_PEER_NEXT;
	if ((flow->flags & known) && p->seq == (from_client ? flow->client_next : flow->server_next))
		flags |= GP_SAMPLE_IN_ORDER;
	if (flow->flags & GP_FLOW_PROVED)
		flags |= GP_SAMPLE_PROVED;
	sample->flags = (__u8)flags;
}

/* Hands over the packet in the CPU's scratch. Return: 0. */
GP_INLINE int gp_sampling_hand(struct gp_memory *m, gp_ctx *ctx, struct gp_scratch *s, __u32 frame_bytes,
			       struct gp_sampled_count *count)
{
	__u32 offset = s->packet.ip_offset;

	s->sample.time_ns = gp_mem_now(m);
	s->sample.wire_bytes = frame_bytes > offset ? frame_bytes - offset : 0;
	if (gp_mem_sample(m, ctx, &s->sample, offset, s->sample.wire_bytes))
		count->ring_full++;
	else
		count->taken++;
	return 0;
}

/* May this flow's packets be sampled? Asked once, and remembered. */
GP_INLINE int gp_sampling_is_chosen(struct gp_memory *m, const struct gp_settings *settings, struct gp_flow *flow,
				    __u64 now_ns)
{
	__u64 *bucket;

	if (flow->sampling & (GP_FLOW_SAMPLES | GP_FLOW_NO_SAMPLES))
		return flow->sampling & GP_FLOW_SAMPLES;
	bucket = gp_sampling_bucket(m, settings, &flow->client, 0);
	if (bucket && gp_bucket_take(bucket, &settings->sample_flows, 1, now_ns)) {
		flow->sampling |= GP_FLOW_SAMPLES;
		return 1;
	}
	flow->sampling |= GP_FLOW_NO_SAMPLES;
	return 0;
}

/* The bucket of all sources. Who has not proved himself may be forged: such sources leave half of it to others. */
GP_INLINE int gp_sampling_is_cheap(struct gp_memory *m, const struct gp_settings *settings, __u32 kind, __u32 proved,
				   __u64 now_ns)
{
	struct gp_shared_bucket *bucket = gp_mem_shared_buckets(m, kind);

	return bucket && gp_bucket_take(&bucket->full_ns, &settings->samples, proved ? 1 : 2, now_ns);
}

/**
 * gp_sampling_segment() - sample a segment with payload, if it is wanted and tokens are left.
 * @slot: of its flow, which is as it was before the segment.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_sampling_segment(struct gp_memory *m, gp_ctx *ctx, __u32 frame_bytes, __u32 slot, __u32 from_client)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_control *control = gp_mem_control(m);
	struct gp_flow *flow = gp_mem_flow(m, slot);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	__u64 now_ns = gp_mem_now(m);
	struct gp_sampled_count *count;
	__u32 kind;

	if (!settings || !control || !flow || !cpu || frame_bytes <= control->sample_beyond)
		return 0;
	kind = gp_sampling_kind(flow, &cpu->scratch.packet, from_client);
	GP_OPAQUE(kind);
	if (kind >= GP_SAMPLED_KINDS)
		return 0;
	count = &cpu->totals.sampled[kind];
	gp_sampling_note(flow, &cpu->scratch.packet, kind, from_client);
	cpu->scratch.sample.kind = (__u8)kind;
	gp_sampling_describe(&cpu->scratch.sample, flow, &cpu->scratch.packet, from_client);
	if (!gp_sampling_is_chosen(m, settings, flow, now_ns)) {
		count->source_limited++;
		return 0;
	}
	if (!gp_sampling_is_cheap(m, settings, kind, flow->flags & GP_FLOW_PROVED, now_ns)) {
		count->limited++;
		return 0;
	}
	return gp_sampling_hand(m, ctx, &cpu->scratch, frame_bytes, count);
}

/**
 * gp_sampling_syn() - sample a SYN, if tokens are left.
 * @slot: of its flow; GP_NO_SLOT without one.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_sampling_syn(struct gp_memory *m, gp_ctx *ctx, __u32 frame_bytes, int slot)
{
	struct gp_settings *settings = gp_mem_settings(m);
	struct gp_flow *flow = slot < 0 ? 0 : gp_mem_flow(m, (__u32)slot);
	struct gp_cpu *cpu = gp_mem_cpu(m);
	struct gp_sampled_count *count;
	__u64 now_ns = gp_mem_now(m), *bucket;

	if (!settings || !cpu || (flow && flow->sampling & GP_FLOW_SYN_SAMPLED))
		return 0;
	if (flow)
		flow->sampling |= GP_FLOW_SYN_SAMPLED;
	count = &cpu->totals.sampled[GP_SAMPLED_SYN];
	cpu->scratch.sample.kind = GP_SAMPLED_SYN;
	cpu->scratch.sample.flags = 0;
	cpu->scratch.sample.service = 0;
	bucket = gp_sampling_bucket(m, settings, &cpu->scratch.packet.src, 1);
	if (!bucket || !gp_bucket_take(bucket, &settings->sample_flows, 1, now_ns)) {
		count->source_limited++;
		return 0;
	}
	if (!gp_sampling_is_cheap(m, settings, GP_SAMPLED_SYN, 1, now_ns)) {
		count->limited++;
		return 0;
	}
	return gp_sampling_hand(m, ctx, &cpu->scratch, frame_bytes, count);
}

/* What all segments of a service are sampled as, where all are. */
GP_INLINE __u32 gp_sampling_kind_of(__u32 service)
{
	switch (service) {
	case GP_SERVICE_SMTP:
	case GP_SERVICE_SUBMISSION:
		return GP_SAMPLED_MAIL;
	case GP_SERVICE_HTTP:
		return GP_SAMPLED_HTTP;
	case GP_SERVICE_TLS:
		return GP_SAMPLED_TLS;
	default:
		return GP_SAMPLED_NONE;
	}
}

/**
 * gp_sampling_all() - sample a segment without limits.
 * @service: by its ports.
 *
 * Return: 0.
 */
GP_GLOBAL int gp_sampling_all(struct gp_memory *m, gp_ctx *ctx, __u32 frame_bytes, __u32 service)
{
	__u32 kind = gp_sampling_kind_of(service);
	struct gp_cpu *cpu = gp_mem_cpu(m);

	GP_OPAQUE(kind);
	if (!cpu || kind >= GP_SAMPLED_KINDS)
		return 0;
	cpu->scratch.sample.kind = (__u8)kind;
	cpu->scratch.sample.flags = 0;
	cpu->scratch.sample.service = GP_SERVICE_OTHER; /* whose port it is, the reader finds out */
	return gp_sampling_hand(m, ctx, &cpu->scratch, frame_bytes, &cpu->totals.sampled[kind]);
}

#endif
