/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detectors that others have published, over the same packets as gatepost, to compare it with. Each takes what it asks
 * for: packets, failed connections, or mails with what their servers said of them. It answers with the first time at
 * which it would have named a host.
 */
#ifndef GATEPOST_TESTS_BASELINE_H
#define GATEPOST_TESTS_BASELINE_H

#include <stdbool.h>

#include <gatepost/abi.h>

#include "judge.h"

/* A connection that failed: nobody answered, it was refused, or its own client broke it off half open. */
struct attempt {
	struct gp_addr host; /* that tried, as gatepost names it: a subscriber's prefix under its first address */
	struct gp_addr dst;
	__u16 dport;
	bool inside; /* the host */
	__u64 time_ns; /* at which that was known */
};

/* One mail that a server took or refused. */
struct mail {
	struct gp_addr host; /* the client */
	bool spam; /* refused for good, named by a block list, or within TLS too short for a mail (detection by flow size) */
	__u64 time_ns;
};

struct baseline;

/* Calls that a detector has no use for are NULL. */
struct baseline_ops {
	const char *name;   /* [a-z_]+, the key in reports */
	const char *source; /* where its rule and its numbers come from */
	bool kinds[GP_KINDS]; /* what it claims to find */
	size_t state_bytes; /* zeroed at open */
	void (*seen)(struct baseline *b, const struct gp_addr *host, __u64 time_ns); /* a packet that the host sent */
	void (*failed)(struct baseline *b, const struct attempt *attempt);
	void (*mail)(struct baseline *b, const struct mail *mail);
	void (*close)(struct baseline *b);
};

typedef void baseline_alarm_fn(void *context, const struct baseline *b, const struct gp_addr *host, __u64 time_ns);

struct baseline {
	const struct baseline_ops *ops;
	void *state;
	baseline_alarm_fn *alarm; /* may be called again for the same host */
	void *context;
};

extern const struct baseline_ops baseline_all, baseline_count, baseline_percentage, baseline_spot, baseline_zeek,
	baseline_simple_scan;

/* Ends the program when memory is out. */
void baseline_open(struct baseline *b, const struct baseline_ops *ops, baseline_alarm_fn *alarm, void *context);
void baseline_close(struct baseline *b);

/* SPOT's numbers, for its test. */
struct spot_test {
	double spam_of_zombie, spam_of_normal; /* theta1, theta0 */
	double false_positive, false_negative; /* alpha, beta */
};

extern const struct spot_test spot_default;

double spot_step(const struct spot_test *t, bool spam);
double spot_upper(const struct spot_test *t);
double spot_lower(const struct spot_test *t);
/* Wald's expected number of mails until a decision, of a zombie and of a normal host. */
double spot_expected_zombie(const struct spot_test *t);
double spot_expected_normal(const struct spot_test *t);

#endif
