/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the live agent share. */
#ifndef GATEPOST_LIVE_PRIVATE_H
#define GATEPOST_LIVE_PRIVATE_H

#include <poll.h>

#include "deep.h"
#include "dns.h"
#include "epoch.h"
#include "lists_load.h"
#include "live.h"
#include "loader.h"
#include "source_live.h"
#include "tag.h"
#include "tag_filter.h"
#include "witness.h"

struct gp_live {
	const struct gp_options *options;
	struct gp_config *config; /* stays where it is; a reload changes what it holds */
	struct gp_interface *interfaces;
	struct gp_loader *loader;	 /* XDP; or, with --source pcap: */
	struct gp_source_live *capture;
	struct gp_world *world;
	struct gp_epoch *epoch;
	struct gp_judge *judge;
	struct gp_witness *witness;
	struct gp_lists_loader *lists;
	struct gp_classes *classes;   /* of subscribers */
	struct gp_as_table *as_table; /* NULL without */
	int witness_err;
	struct gp_tag_filters *filters; /* NULL: tags are off */
	struct gp_tag_verdicts *verdicts;
	struct gp_deep *deep; /* NULL: without --deep */
	struct gp_dns *dns;   /* NULL: nothing is looked up */
	FILE *dns_record;     /* NULL: answers are not recorded */
	bool tags_failed; /* and that has been said */
	char *name; /* "eth0, eth1" */
	__u64 start_ns;
	__u64 slice; /* of the last epoch */
	bool opened; /* all of it: from here on the end is a clean one */
	__u64 reloads, reloads_failed;
	unsigned seconds; /* since the last report of --interval */
	int signals, timer;
};

/* The data plane's clock, bpf_ktime_get_coarse_ns(). */
__u64 gp_live_now_ns(void);

/* From that clock to the time since the Unix epoch. */
__s64 gp_live_offset_ns(void);

/**
 * gp_live_open() - attach, or take over, and open all that reads what is counted.
 *
 * Return: 0, or -errno (logged).
 */
int gp_live_open(struct gp_live *live);

/* Where packets come from (user/live_feed.c). */
int gp_feed_open(struct gp_live *live);
struct gp_memory *gp_feed_memory(const struct gp_live *live);
__u64 gp_feed_start_ns(const struct gp_live *live);

/* What to wait for, besides sockets of --deep. @fds: room for as many as there are interfaces. Return: how many. */
unsigned gp_feed_fds(const struct gp_live *live, struct pollfd *fds);

/* Takes what waits: of libpcap packets, of XDP what its programs tell. Return: 0 or -errno. */
int gp_feed_read(struct gp_live *live);

/* Fills in what of a report the feed knows. */
void gp_feed_tell(const struct gp_live *live, struct gp_report *report);

/* Once per time slice: is everything still attached? */
void gp_feed_check(struct gp_live *live);

/* Are all interfaces counted? */
bool gp_feed_is_whole(const struct gp_live *live);

/* What was lost meanwhile, for people; NULL: nothing. */
const char *gp_feed_lost(const struct gp_live *live);

int gp_feed_reload(struct gp_live *live, const struct gp_config *config);

/* No more packets come. Return: 0, or -errno: one program may still be counting. */
int gp_feed_end(struct gp_live *live);

/* @leave: what is attached stays for the next agent. */
void gp_feed_close(struct gp_live *live, bool leave);

/* Each second: what flows have ended, and, once per time slice, what was counted. Return: 0 or -errno. */
int gp_live_tick(struct gp_live *live);

/**
 * gp_live_report() - a report on standard output.
 * @now: programs are running.
 *
 * Return: 0, or -errno (logged).
 */
int gp_live_report(struct gp_live *live, enum gp_format format, bool now);

/**
 * gp_live_reload() - read the configuration again and go on with it.
 *
 * Nothing is detached and no count is lost. Return: 0, or -errno (logged): everything is as it was.
 */
int gp_live_reload(struct gp_live *live);

#endif
