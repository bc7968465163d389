/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that the agent hears, in one place: samples of packets, whole segments, records of flows go in; dialogues are
 * put together and told, what they say of a host is remembered, and the packets of flagged hosts are kept where that was
 * asked for. The same for run and replay. No counter depends on it.
 */
#ifndef GATEPOST_WITNESS_H
#define GATEPOST_WITNESS_H

#include <stdio.h>

#include "dialogues.h"
#include "evidence_pcapng.h"
#include "host_facts.h"
#include "judge.h"
#include "watch.h"
#include "sender_check.h"

struct gp_witness;

struct gp_witness_options {
	const struct gp_config *config; /* borrowed until close */
	const struct gp_memory *memory; /* of the data plane, for who is inside; borrowed until close */
	FILE *print;			/* dialogues go there, one line of JSON each; NULL: nowhere */
	bool trust_inside;		/* inside addresses cannot be forged where packets come from */
	const char *capture_dir;	/* packets of flagged hosts are kept there; NULL: nowhere */
	__s64 offset_ns; /* to be added to the data plane's clock to get the time since the Unix epoch */
	__u64 now_s;	 /* wall clock, since the Unix epoch */
	const struct gp_lists *lists; /* of the operator; borrowed until close; NULL: none */
	struct gp_resolver resolver; /* get NULL: nothing is looked up in the DNS; borrowed until close */
};

/* Return: 0, -ENOMEM, or -errno of the directory (logged). */
int gp_witness_open(struct gp_witness **out, const struct gp_witness_options *options);

/* As gp_dialogues_sample(), gp_dialogues_segment(), gp_dialogues_record(). Return: 0, or -errno; of printing it is logged. */
int gp_witness_sample(struct gp_witness *witness, const struct gp_packet_sample *sample, const __u8 *bytes);
int gp_witness_segment(struct gp_witness *witness, const struct gp_segment *segment);
int gp_witness_record(struct gp_witness *witness, const struct gp_flow_record *record);

/**
 * gp_witness_tick() - time passes.
 * @now_ns: the data plane's clock. @now_s: wall clock.
 * @offset_ns: as at open; a live one may change.
 *
 * What was printed goes out. Return: 0, or -errno of that (logged).
 */
int gp_witness_tick(struct gp_witness *witness, __u64 now_ns, __s64 offset_ns, __u64 now_s);

/**
 * gp_witness_lists() - other lists of the operator than at open; who spoke with those before is forgotten.
 * @lists: borrowed until close; NULL: none.
 *
 * Return: 0, or -ENOMEM: nobody is watched.
 */
int gp_witness_lists(struct gp_witness *witness, const struct gp_lists *lists);

/* Who is flagged from now on, and whose packets are kept: all others' are not any more. */
void gp_witness_flag(struct gp_witness *witness, const struct gp_world *world, const struct gp_finding *findings, int count);

/* The resolver has answers: look-ups of mail senders go on. gp_witness_tick() does the same. */
void gp_witness_answers(struct gp_witness *witness, __u64 now_ns);

/* The input has ended, and all flows with it. Return: as gp_witness_tick(). */
int gp_witness_finish(struct gp_witness *witness);

/*
 * What is known of a host, a subscriber's prefix under its first address; NULL: nothing. Until the next call. Dialogues count
 * when the client proved itself, SYNs always: forged ones of hosts that never spoke have a memory of their own.
 */
const struct gp_facts *gp_witness_facts(const struct gp_witness *witness, const struct gp_addr *host);

/* All that is known, for gp_judge_hear(); borrowed until close. */
struct gp_heard gp_witness_heard(const struct gp_witness *witness);
/* Who speaks with listed prefixes; NULL without lists. Borrowed until close. */
const struct gp_watch *gp_witness_watch(const struct gp_witness *witness);
/* Who delivers mail from outside. */
const struct gp_senders *gp_witness_senders(const struct gp_witness *witness);

/* Look-ups of mail senders; NULL without a resolver. */
const struct gp_sender_check *gp_witness_checks(const struct gp_witness *witness);

struct gp_dialogues_count gp_witness_count(const struct gp_witness *witness);

/* NULL without a directory. */
const struct gp_evidence_pcapng_count *gp_witness_captured(const struct gp_witness *witness);

void gp_witness_close(struct gp_witness *witness);

#endif
