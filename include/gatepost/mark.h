/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a packet's tag to its mark. No maps: bpf/tag.bpf.c has none. */
#ifndef GATEPOST_MARK_H
#define GATEPOST_MARK_H

#include <gatepost/abi.h>
#include <gatepost/types.h>

/* Metadata may be anybody's: a tag is what can be nothing else. */
GP_INLINE int gp_mark_knows(const struct gp_tag *tag)
{
	return tag->version == GP_TAG_VERSION && tag->service > GP_SERVICE_OTHER && tag->service < GP_SERVICES &&
	       tag->direction < GP_DIRECTIONS && tag->stage < GP_TAG_STAGES && tag->verdict < GP_CLASSES &&
	       !(tag->pad[0] | tag->pad[1] | tag->pad[2]);
}

/**
 * gp_mark_of() - the mark of a tagged packet.
 * @mark: the packet's so far; its bits outside of @mask stay.
 *
 * The stage is left out: a mark that changes within a flow would be of little use to routing and connection tracking.
 */
GP_INLINE __u32 gp_mark_of(__u32 mark, const struct gp_tag *tag, __u32 mask, __u32 shift)
{
	__u32 value = tag->service | (__u32)tag->direction << GP_MARK_DIRECTION_SHIFT |
		      (__u32)tag->verdict << GP_MARK_VERDICT_SHIFT;

	return (mark & ~mask) | (value << (shift & 31) & mask);
}

#endif
