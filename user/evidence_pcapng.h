/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets behind a verdict: `--capture-evidence DIR`. The latest packets of each host lie in a ring in memory; when
 * a host is flagged they go to DIR/ADDRESS.pcapng (':' of IPv6 as '-'), and so do its packets from then on, until the
 * file is full. Of hosts that are never flagged nothing reaches the disk.
 *
 * Retention: a file is removed when it was begun that long ago, whatever was added since, so that no packet is kept
 * longer than promised; a host that is still flagged gets a new file with its next packet. When a file was begun stands
 * in its section header, by the wall clock, not by the packets' time: an old capture that is replayed today makes
 * evidence of today. The time of a file's last change is not asked: each appended packet would renew it. While the wall
 * clock is behind a file's beginning it is not removed. In memory a packet is dropped once it is older than that by the
 * packets' own time.
 */
#ifndef GATEPOST_EVIDENCE_PCAPNG_H
#define GATEPOST_EVIDENCE_PCAPNG_H

#include <gatepost/types.h>
#include <gatepost/abi.h>

enum {
	GP_EVIDENCE_SNAPLEN = 2048,	   /* packets are cut to that many bytes */
	GP_EVIDENCE_HOSTS = 16384,	   /* rings at most; the one unused for longest is displaced */
	GP_EVIDENCE_HOST_PACKETS = 32,	   /* in one ring */
	GP_EVIDENCE_HOST_BYTES = 32768,	   /* captured bytes in one ring */
	GP_EVIDENCE_BYTES = 64 << 20,	   /* captured bytes in all rings */
	GP_EVIDENCE_FILE_BYTES = 1 << 20,  /* default */
	GP_EVIDENCE_FILES = 1000,	   /* default */
	GP_EVIDENCE_FILES_MAX = 65536,
};

struct gp_evidence_pcapng_options {
	const char *directory;
	__u64 secret[2];   /* of the hash */
	__u64 now_s;	   /* wall clock, since the Unix epoch */
	__u64 file_bytes;  /* at most, per file; 0: GP_EVIDENCE_FILE_BYTES */
	__u64 retention_s; /* 0: files are never removed */
	__u32 files;	   /* at most, in the directory, and so many hosts flagged at a time; 0: GP_EVIDENCE_FILES */
};

/* All since open, but for the last line. A packet ends up in one of written, displaced, full, lost, or is still held. */
struct gp_evidence_pcapng_count {
	__u64 packets;	       /* given to gp_evidence_pcapng_packet() */
	__u64 written, written_bytes;
	__u64 displaced;       /* left its ring for newer ones, or for its age */
	__u64 full;	       /* of flagged hosts whose file is full */
	__u64 lost;	       /* no memory */
	__u64 write_failures;  /* the packet stays in its ring and is tried again */
	__u64 hosts_displaced;
	__u64 refused;	       /* hosts flagged beyond `files` */
	__u64 no_file;	       /* attempts to begin a file beyond `files`, or where something else has its name */
	__u64 files_removed;   /* by retention */
	__u32 files, hosts, flagged, held; /* now: files in the directory, rings, flagged hosts, packets in rings */
};

struct gp_evidence_pcapng;

/**
 * gp_evidence_pcapng_open() - take a directory into use, with the files that an earlier run left there.
 * @options: directory: must exist, belong to this user or root, and be writable by nobody else.
 *
 * Return: 0; -ENOMEM, -ENOTDIR, -EPERM, or what opening gave; the reason and the remedy are logged.
 */
int gp_evidence_pcapng_open(struct gp_evidence_pcapng **out, const struct gp_evidence_pcapng_options *options);

/**
 * gp_evidence_pcapng_packet() - a packet that a host sent or got.
 * @time_ns:  since the Unix epoch.
 * @ip:       from the IP header on, @captured bytes; copied.
 * @wire:     length of the packet, at least @captured.
 */
void gp_evidence_pcapng_packet(struct gp_evidence_pcapng *evidence, const struct gp_addr *host, __u64 time_ns,
			       const __u8 *ip, __u32 captured, __u32 wire);

/**
 * gp_evidence_pcapng_flag() - keep this host's packets on disk from now on, those of its ring first.
 * @name: of the verdict; stands in the section's comment. Another name for a host that has a file becomes a comment on
 *        its next packet.
 *
 * A file that an earlier run left for the host is continued when it is one of ours and only its last block is torn:
 * that is cut off. Anything else under its name is left alone and said once.
 */
void gp_evidence_pcapng_flag(struct gp_evidence_pcapng *evidence, const struct gp_addr *host, const char *name);

/* The verdict is over: the host's packets stay in memory again. Its file remains. */
void gp_evidence_pcapng_clear(struct gp_evidence_pcapng *evidence, const struct gp_addr *host);

/**
 * gp_evidence_pcapng_expire() - the wall clock; removes files whose time is over.
 *
 * A file is removed only when its name is an address's and its section header is ours.
 */
void gp_evidence_pcapng_expire(struct gp_evidence_pcapng *evidence, __u64 now_s);

/* Borrowed until close; up to date after each call. */
const struct gp_evidence_pcapng_count *gp_evidence_pcapng_count(const struct gp_evidence_pcapng *evidence);

void gp_evidence_pcapng_close(struct gp_evidence_pcapng *evidence);

#endif
