/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpcap as programs of its kind open it. A file of its own: its headers and the kernel's do not go together. */
#ifndef GATEPOST_BENCH_DEEP_PCAP_H
#define GATEPOST_BENCH_DEEP_PCAP_H

#include <stddef.h>

#include "engine.h"

struct deep_pcap;

/* Of an interface, with the filter of watched ports. Return: NULL when libpcap refused (said on stderr). */
struct deep_pcap *deep_pcap_open(const char *interface, size_t buffer_bytes);
void deep_pcap_close(struct deep_pcap *pcap);

/* Waits for at most so long, and hands over what there is. Return: how many frames. */
unsigned deep_pcap_read(struct deep_pcap *pcap, int timeout_ms, void (*take)(void *, const struct gp_frame *), void *context);

#endif
