/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connections failed, as a connection tracker sees it: SYNs that nobody answered for 5 s (Zeek's
 * tcp_attempt_delay), that were reset instead, or whose SYN-ACK the client itself reset before it sent anything.
 */
#ifndef GATEPOST_TESTS_EVALUATE_ATTEMPTS_H
#define GATEPOST_TESTS_EVALUATE_ATTEMPTS_H

#include "baseline.h"

struct attempts;

typedef void attempt_failed_fn(void *context, const struct attempt *attempt);

/* Ends the program when memory is out, as the others here. */
struct attempts *attempts_open(attempt_failed_fn *failed, void *context);

/**
 * attempts_packet() - a packet passes; its time never runs back.
 * @host: as whom its source is reported. @inside: whether that is inside.
 */
void attempts_packet(struct attempts *t, const struct gp_packet *p, const struct gp_addr *host, bool inside,
		     __u64 time_ns);

/* Time passes, or the input ends: SYNs that have waited for 5 s have failed. */
void attempts_advance(struct attempts *t, __u64 now_ns);
void attempts_close(struct attempts *t);

#endif
