/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of a pcapng file (draft-ietf-opsawg-pcapng, 4) with one interface of raw IP, in this machine's byte order. Pure. */
#ifndef GATEPOST_PCAPNG_H
#define GATEPOST_PCAPNG_H

#include <stddef.h>

#include <linux/types.h>

#define GP_PCAPNG_COMMENT 255u /* bytes of a comment that are kept, a multiple of four after its NUL */
#define GP_PCAPNG_HEAD 512u    /* gp_pcapng_head() needs no more room */

/* What gp_pcapng_packet() needs at most for that many captured bytes. */
#define GP_PCAPNG_PACKET(captured) ((captured) + 32u + 3u + 4u + GP_PCAPNG_COMMENT + 1u + 4u)

struct gp_pcapng_packet {
	__u64 time_ns;	  /* since the Unix epoch */
	const __u8 *data; /* from the IP header on */
	__u32 captured, wire;
};

/**
 * gp_pcapng_head() - a section header and an interface description: LINKTYPE_RAW, time stamps in nanoseconds.
 * @out:      room for GP_PCAPNG_HEAD bytes.
 * @begun_s:  when the file is begun, since the Unix epoch; written into the section's comment.
 * @snaplen:  what packets are cut to.
 * @comment:  UTF-8, follows in the same comment.
 *
 * Return: bytes written.
 */
size_t gp_pcapng_head(__u8 *out, __u64 begun_s, __u32 snaplen, const char *comment);

/**
 * gp_pcapng_packet() - an enhanced packet block.
 * @out:     room for GP_PCAPNG_PACKET(packet->captured) bytes.
 * @comment: UTF-8, or NULL.
 *
 * Return: bytes written.
 */
size_t gp_pcapng_packet(__u8 *out, const struct gp_pcapng_packet *packet, const char *comment);

/**
 * gp_pcapng_whole() - how much of a file is whole blocks.
 * @begun_s: out, as gp_pcapng_head() was given it.
 *
 * Return: bytes up to the end of the last whole block: a multiple of four, len unless the last block is torn; 0 when the
 * file does not begin with both blocks of gp_pcapng_head(), written on a machine of this byte order.
 */
size_t gp_pcapng_whole(const __u8 *data, size_t len, __u64 *begun_s);

#endif
