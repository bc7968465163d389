/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input through gatepost as `gatepost replay` reads it, and through the baselines beside it; what was found of whom,
 * and when.
 */
#ifndef GATEPOST_TESTS_EVALUATE_RUN_H
#define GATEPOST_TESTS_EVALUATE_RUN_H

#include <stdio.h>

#include "baseline.h"
#include "config.h"
#include "engine.h"
#include "epoch.h"
#include "table.h"
#include "witness.h"

/* Where frames come from. */
struct input {
	/* Return: 1 with *frame filled and borrowed until the next call, 0 at the end, or -errno. */
	int (*next)(void *context, struct gp_frame *frame);
	/* How many malicious acts of a host have passed so far, where that is known; NULL for captures. */
	__u64 (*malicious)(void *context, const struct gp_addr *host);
	void *context;
};

/* A verdict of the judge. Times are the data plane's; 0: not reached. */
struct found {
	__u32 id;
	struct gp_addr addr;
	enum gp_kind kind;
	__u64 watched_ns, suspected_ns, confirmed_ns;
	__u64 contacts;	 /* when suspected: the judge's own count, else first contacts or proved mail flows */
	__u64 malicious; /* likewise, by the input's truth */
	double peak;	 /* greatest score */
	struct gp_finding last;
	bool kept; /* in the findings of the end */
};

/* A baseline's. */
struct alarm {
	unsigned int baseline;
	struct gp_addr addr;
	__u64 time_ns;
	__u64 malicious;
};

struct found_range {
	struct gp_range_finding last;
	__u64 time_ns; /* at which it was first said */
};

#define BASELINES 6u
extern const struct baseline_ops *const baselines[BASELINES];

struct run {
	/* To be set before run_open(). */
	struct gp_config *config; /* borrowed */
	bool trust_inside;
	bool with_baselines;
	struct input input;

	/* What came of it. */
	struct found *found;
	size_t found_count, found_room;
	struct alarm *alarms;
	size_t alarm_count, alarm_room;
	struct found_range *ranges;
	size_t range_count;
	__u64 packets, mails, refused_mails, failed_attempts;
	__u64 first_ns, last_ns;
	__u64 unjudged; /* inside hosts beyond the configured ones */
	double cpu_s; /* of gatepost alone, the baselines left out where that can be told */

	/* The machinery. */
	struct gp_engine *engine;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_witness *witness;
	struct table found_of, alarm_of;
	struct baseline baseline[BASELINES];
	struct attempts *attempts;
	struct listener *listener;
	struct gp_lists_loader *lists; /* of the configuration, as replay has them */
	__u64 slice, ranges_due_ns;
	int err;
};

/* Return: 0, or -errno. */
int run_open(struct run *run);
int run_all(struct run *run);
void run_close(struct run *run);

/* The host as which an address is reported; *inside: whether it is one. */
struct gp_addr run_host_of(const struct run *run, const struct gp_addr *addr, bool *inside);

/**
 * struct listener - hears every mail dialogue, sampled or not, for the baselines: they must not suffer from what the
 * agent leaves out under load. A data plane of its own, so that gatepost's is as it always is.
 */
typedef void mail_fn(void *context, const struct mail *mail);

int listener_open(struct listener **out, const struct gp_config *config, mail_fn *mail, void *context);
/* A frame, when it may be one of a mail dialogue. */
int listener_frame(struct listener *listener, const struct gp_frame *frame);
int listener_tick(struct listener *listener, __u64 now_ns);
int listener_finish(struct listener *listener);
void listener_close(struct listener *listener);

#endif
