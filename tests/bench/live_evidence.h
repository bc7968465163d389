/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail commands of 131,072 sources at once, as fast as one core sends and receives them, while the agent's work with
 * samples runs on another: how fast, what that costs, and whether each command was counted.
 */
#ifndef GATEPOST_BENCH_LIVE_EVIDENCE_H
#define GATEPOST_BENCH_LIVE_EVIDENCE_H

#include <linux/types.h>

struct bench_evidence {
	double mpps;		/* that arrived */
	double agent_core;	/* CPU time of who puts dialogues together, per second */
	__u64 arrived, counted; /* packets, and commands in the hosts' records: equal */
	__u64 wanted, taken;	/* samples */
	__u64 dialogues;
};

/* Return: 0, or -errno. Within the network namespace of bench_live(), which has the pair. */
int bench_live_evidence(struct bench_evidence *evidence, double seconds);

#endif
