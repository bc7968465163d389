/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured records, of a file or of an interface, become the frames that an engine sees: one timeline, all Ethernet. */
#ifndef GATEPOST_FRAMER_H
#define GATEPOST_FRAMER_H

#include "engine.h"
#include "pcap_link.h"

/* What was counted on the way: frames that no engine may see, and lengths that only the capture knows. */
struct gp_source_count {
	struct gp_count received; /* all frames, refused ones included; bytes as captured */
	__u64 wire_bytes;
	__u64 time_reversed;	   /* an earlier stamp than the one before it in the timeline: takes that one's time */
	struct gp_count too_short; /* captured fewer than GP_FRAME_MIN bytes (link type Ethernet) */
	struct gp_count too_long;
	struct gp_count link_type; /* a protocol that cannot be put behind an EtherType */
	__u64 first_ns, last_ns;   /* of the timeline; both 0 before the first frame */
};

struct gp_framer {
	struct gp_source_count count;
	__u8 *room; /* GP_FRAME_MAX bytes, where records of other link types get their Ethernet header */
};

/* One record, borrowed. */
struct gp_captured {
	const __u8 *data;
	__u32 captured_bytes, wire_bytes;
	__u64 time_ns;
	bool ethernet;
	gp_link_reader *link; /* of another link type; NULL: its records cannot be read */
};

/* Return: 0, or -ENOMEM. */
int gp_framer_open(struct gp_framer *framer);
void gp_framer_close(struct gp_framer *framer);

/**
 * gp_framer_take() - count a record and make a frame of it.
 * @out: borrowed from the record or from the framer until the next one.
 *
 * Return: false if no engine may see it (counted).
 */
bool gp_framer_take(struct gp_framer *framer, const struct gp_captured *captured, struct gp_frame *out);

#endif
