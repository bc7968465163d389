/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parsers of links, networks and tunnels share: where they stand in the frame. */
#ifndef GATEPOST_CURSOR_H
#define GATEPOST_CURSOR_H

#include <gatepost/abi.h>
#include <gatepost/protocols.h>
#include <gatepost/types.h>

/* Where the parser stands. `left` is what the IP length fields say is still to come; the frame may hold less. */
struct gp_cursor {
	const __u8 *data, *pos, *end;
	__u32 frame_bytes; /* of the whole frame; in the kernel `end` may be earlier (fragments of a jumbo frame) */
	__u32 left;
	__u32 room;	      /* what the outer packet's length leaves for the inner one; no limit outside a tunnel */
	__u32 jumbo;	      /* the length comes from the jumbo payload option (RFC 2675) */
	__u32 length_unknown; /* segmentation offload left the IP length at 0 */
};

GP_INLINE __u32 gp_cursor_offset(const struct gp_cursor *c)
{
	__u64 offset = (__u64)(c->pos - c->data);

	GP_OPAQUE(offset); /* or clang computes with halves of pointers */
	return (__u32)offset;
}

/* Bytes of the frame from here on, captured or, in the kernel, in later fragments. */
GP_INLINE __u32 gp_cursor_rest(const struct gp_cursor *c)
{
	return c->frame_bytes - gp_cursor_offset(c);
}

/*
 * Lets the verifier forget by which of a hundred ways the cursor came to stand where it stands: without it each
 * combination of tags, labels and extension headers is a path of its own through everything that follows.
 */
GP_INLINE void gp_cursor_settle(struct gp_cursor *c)
{
#ifdef __bpf__
	__u64 offset = gp_cursor_offset(c);

	GP_OPAQUE(offset);
	c->pos = c->data + (offset & 0x7ff);
#else
	(void)c;
#endif
}

GP_INLINE int gp_is_vlan(__u16 ethertype)
{
	return ethertype == GP_ETHERTYPE_8021Q || ethertype == GP_ETHERTYPE_8021AD || ethertype == GP_ETHERTYPE_QINQ_OLD;
}

#endif
