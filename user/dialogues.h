/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was said on all flows: samples of packets, or whole segments, go in as they come; each dialogue comes out once, when
 * its flow has ended. The same for the ring of the data plane, for a capture and for AF_XDP.
 */
#ifndef GATEPOST_DIALOGUES_H
#define GATEPOST_DIALOGUES_H

#include "config.h"
#include "dialogue.h"

/* A flow has ended; its dialogue is borrowed for the call. Return: 0, or -errno, which whoever put the packet in gets. */
typedef int gp_dialogue_fn(void *context, const struct gp_dialogue *dialogue, enum gp_stream_end end);

struct gp_dialogues;

/* What became of the flows that were listened to. */
struct gp_dialogues_count {
	__u64 told;	 /* dialogues that ended */
	__u64 displaced; /* of these: early, to make room for others */
	__u64 unreadable; /* samples without a TCP header that can be read */
};

/**
 * gp_dialogues_open() - nothing is heard yet.
 * @config: its ports decide how flows are read. Borrowed until close.
 * @told: called with @context for each dialogue on which something was said; NULL: nobody is told.
 *
 * Memory: GP_DIALOGUES_BYTES for what was said, and what gp_streams_open() names for segments out of order. Return: 0, or
 * -ENOMEM.
 */
int gp_dialogues_open(struct gp_dialogues **out, const struct gp_config *config, gp_dialogue_fn *told, void *context);

#define GP_DIALOGUES_BYTES (256u << 20)

/* A sample of the data plane; a SYN is none of a dialogue, and passed over. Return: 0, or -errno. */
int gp_dialogues_sample(struct gp_dialogues *dialogues, const struct gp_packet_sample *sample, const __u8 *bytes);

/* A segment as it was seen. Return: 0, or -errno. */
int gp_dialogues_segment(struct gp_dialogues *dialogues, const struct gp_segment *segment);

/* The data plane has seen a mail flow end: what it counted completes the dialogue. Return: 0, or -errno. */
int gp_dialogues_record(struct gp_dialogues *dialogues, const struct gp_flow_record *record);

/* Time passes: dialogues of flows that are over are told. Return: 0, or -errno. */
int gp_dialogues_tick(struct gp_dialogues *dialogues, __u64 now_ns);

/* The input has ended: all flows do. Return: 0, or -errno. */
int gp_dialogues_finish(struct gp_dialogues *dialogues);

struct gp_dialogues_count gp_dialogues_count(const struct gp_dialogues *dialogues);

/* Flows that are still open are dropped. */
void gp_dialogues_close(struct gp_dialogues *dialogues);

#endif
