/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture's bytes on their way to libpcap. Snapshot lengths in headers become 0 (no limit) as they pass: libpcap
 * would cut records that are longer than a pcap file's header admits, and refuse pcapng files whose interfaces state
 * different ones; other readers do neither, and each record states its own length. Except pcapng's simple packet
 * blocks, which state the original length only: theirs becomes the captured one, and what it was shortened by is
 * summed up in cut_bytes.
 *
 * What most captures hold, whole records of a pcap file in this machine's byte order, may be taken from the stream as
 * they lie there (gp_pcap_stream_record()). libpcap has opened the file then, and reads on where that ends.
 */
#ifndef GATEPOST_PCAP_STREAM_H
#define GATEPOST_PCAP_STREAM_H

#include <stdbool.h>
#include <stdio.h>

#include <gatepost/types.h>

struct gp_pcap_stream {
	int fd;
	__u64 bytes; /* read so far */
	bool pcapng;
	bool big_endian; /* this pcapng section */
	bool opaque;	 /* nothing more to be found: headers are done, or the blocks make no sense */
	__u32 head_bytes; /* of the block (or file header) under way, at most sizeof(head) */
	__u32 skip_bytes; /* that are left of the block under way */
	__u8 head[16];
	__u8 snaplen[4];     /* of the section's first interface, as it lay in the file */
	__u32 interfaces;    /* of this section */
	__u64 cut_bytes;     /* original bytes that simple packet blocks left out */
	__u32 held_bytes;    /* read, but kept back: the beginning of a block whose head is not all here */
	__u8 held[16];
	__u32 fraction_ns; /* a pcap file in this machine's byte order: what its fractions count; 0 for any other */
	__u8 *plain;	   /* gp_pcap_stream_plain()'s buffer */
	size_t plain_room, plain_begin, plain_end;
};

/* A record of a pcap file, as it says of itself. */
struct gp_pcap_record {
	const __u8 *data; /* until the next one is asked for */
	__s32 seconds, fraction;
	__u32 captured_bytes, wire_bytes;
};

/* A longer record, header included, is left to libpcap. */
#define GP_PCAP_PLAIN_MAX 65536u

/**
 * gp_pcap_stream_open() - read a capture through a stream.
 * @stream: must stay where it is until the FILE is closed.
 * @fd: closed with the FILE.
 *
 * Return: NULL when there is no memory; @fd is then still open.
 */
FILE *gp_pcap_stream_open(struct gp_pcap_stream *stream, int fd);

/**
 * gp_pcap_stream_plain() - from now on records are taken by gp_pcap_stream_record().
 * @stream: of a pcap file that libpcap has opened and read nothing else of; stream->fraction_ns is not 0.
 * @buffer: at least GP_PCAP_PLAIN_MAX bytes; the caller's, until the FILE is closed.
 */
void gp_pcap_stream_plain(struct gp_pcap_stream *stream, __u8 *buffer, size_t bytes);

/**
 * gp_pcap_stream_record() - the next record, where it lies.
 *
 * Return: false when there is no whole one or it is long: the end, damage, an error. From then on the FILE has the
 * rest of the file, from the beginning of that record, and says what it is.
 */
bool gp_pcap_stream_record(struct gp_pcap_stream *stream, struct gp_pcap_record *record);

/**
 * gp_pcap_stream_pass() - clear the snapshot lengths in the bytes that follow those passed before. Pure.
 *
 * A simple packet block's length is mended only when the first 12 bytes of the block come in one piece; what
 * gp_pcap_stream_open() reads does.
 */
void gp_pcap_stream_pass(struct gp_pcap_stream *stream, __u8 *data, size_t bytes);

#endif
