/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files as one timeline: pcap and pcapng through libpcap, every link type turned into Ethernet. */
#ifndef GATEPOST_SOURCE_PCAP_H
#define GATEPOST_SOURCE_PCAP_H

#include <stddef.h>

#include "framer.h"

struct gp_source_pcap;

/**
 * gp_source_pcap_open() - open captures. "-" is standard input.
 * @paths: borrowed. Several files are merged by time stamp.
 *
 * Return: 0, or -errno; the file and libpcap's reason are logged.
 */
int gp_source_pcap_open(struct gp_source_pcap **out, char *const *paths, size_t count);

/**
 * gp_source_pcap_next() - the next frame that an engine may see.
 *
 * Refused frames (too short, too long, unknown link type) are counted and passed over.
 * Return: 1 with *frame filled, 0 at the end, -EIO when a file is damaged (logged with file, packet number and
 * libpcap's reason); what the other files still hold is not read.
 */
int gp_source_pcap_next(struct gp_source_pcap *source, struct gp_frame *frame);

/**
 * gp_source_pcap_error() - why reading ended before the end.
 *
 * Return: the text that was logged (it carries the file's name, so it may hold any bytes), borrowed until close; NULL
 * while all is well.
 */
const char *gp_source_pcap_error(const struct gp_source_pcap *source);

const struct gp_source_count *gp_source_pcap_count(const struct gp_source_pcap *source);

/* Bytes read so far and in all, for a progress bar; total 0 when it is not known (a pipe). */
void gp_source_pcap_progress(const struct gp_source_pcap *source, __u64 *done_bytes, __u64 *total_bytes);

void gp_source_pcap_close(struct gp_source_pcap *source);

#endif
