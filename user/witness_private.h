/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the witness remembers: witness.c takes everything in and hands it on, witness_learn.c learns from it. */
#ifndef GATEPOST_WITNESS_PRIVATE_H
#define GATEPOST_WITNESS_PRIVATE_H

#include "witness.h"

struct gp_witness {
	struct gp_witness_options options;
	struct gp_dialogues *dialogues;
	struct gp_host_facts *facts;
	struct gp_host_facts *strangers; /* outside, who only ever sent SYNs: a flood of them displaces nobody else */
	struct gp_web_facts *web;
	struct gp_tokens *tokens;
	__u64 web_expired_ns;
	struct gp_evidence_pcapng *kept; /* NULL without a directory */
	struct gp_watch *watch; /* NULL without lists */
	struct gp_addr flagged[GP_EVIDENCE_FILES]; /* sorted */
	size_t flagged_count;
	struct gp_senders *senders;
	struct gp_sender_check *check; /* NULL without a resolver */
	__u64 now_ns;	/* of the latest tick */
};


/* The host that an address is reported as: its subscriber's prefix where it is inside. @inside: out. */
struct gp_addr gp_witness_host(const struct gp_witness *witness, const struct gp_addr *addr, bool *inside);
/* Does a host have a verdict? As gp_witness_flag() was told. */
bool gp_witness_is_flagged(const struct gp_witness *witness, const struct gp_addr *host);

/* A dialogue has ended. Without proof nothing is learnt: nobody puts words into a host's mouth by forging its address. */
void gp_witness_learn_dialogue(struct gp_witness *witness, const struct gp_dialogue *dialogue, enum gp_stream_end end);
/* A SYN: what made it. */
void gp_witness_learn_stack(struct gp_witness *witness, const struct gp_segment *segment);
/* A flow has ended that only its record tells of. */
void gp_witness_learn_record(struct gp_witness *witness, const struct gp_flow_record *record);
/* A proved flow between two addresses was seen, or (@ended) is over: listed prefixes? Times: the data plane's clock. */
void gp_witness_learn_flow(struct gp_witness *witness, const struct gp_addr *a, const struct gp_addr *b, __u8 service, bool ended,
			   __u64 first_ns, __u64 last_ns);
/* What the DNS says of a sender; @context: the witness. */
void gp_witness_learn_opinion(void *context, const struct gp_sender_opinion *opinion);
void gp_witness_learn_ptr(void *context, const struct gp_addr *client, enum gp_sender_ptr ptr, const char *name);

#endif
