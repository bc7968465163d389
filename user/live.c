// SPDX-License-Identifier: GPL-2.0-or-later
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "live_private.h"
#include "log.h"
#include "memory_setup.h"

/* The DNS has answered. */
static void take_answers(struct gp_live *live)
{
	__u64 now_ns = gp_live_now_ns();

	gp_dns_step(live->dns, now_ns);
	gp_witness_answers(live->witness, now_ns);
}

/* A signal has come. SIGHUP: a configuration that is broken has been complained of, and the one before stays. */
static bool is_told_to_stop(struct gp_live *live)
{
	struct signalfd_siginfo signal;

	if (read(live->signals, &signal, sizeof(signal)) != sizeof(signal))
		return false;
	if (signal.ssi_signo != SIGHUP)
		return true;
	gp_live_reload(live);
	return false;
}

/* What is waited for: these three, the feed, and the sockets of --deep. */
enum { WAIT_SIGNAL, WAIT_TIMER, WAIT_DNS, WAIT_FEED };

struct waits {
	struct pollfd *fds;
	unsigned feed, deep; /* how many there are */
	int timeout_ms;
};

static int open_waits(struct waits *w, const struct gp_live *live)
{
	size_t room = WAIT_FEED + live->config->interface_count + GP_DEEP_SOCKETS;

	*w = (struct waits){ .fds = calloc(room, sizeof(*w->fds)) };
	if (!w->fds)
		return -ENOMEM;
	w->fds[WAIT_SIGNAL] = (struct pollfd){ .fd = live->signals, .events = POLLIN };
	w->fds[WAIT_TIMER] = (struct pollfd){ .fd = live->timer, .events = POLLIN };
	w->fds[WAIT_DNS] = (struct pollfd){ .fd = live->dns ? gp_dns_fd(live->dns) : -1, .events = POLLIN };
	w->feed = gp_feed_fds(live, w->fds + WAIT_FEED);
	return 0;
}

static int wait_for_something(struct waits *w, const struct gp_live *live)
{
	w->timeout_ms = -1;
	w->deep = live->deep ? gp_deep_fds(live->deep, w->fds + WAIT_FEED + w->feed, &w->timeout_ms) : 0;
	if (poll(w->fds, WAIT_FEED + w->feed + w->deep, w->timeout_ms) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* What has come, read. Return: 0 or -errno. */
static int read_feeds(const struct waits *w, struct gp_live *live)
{
	bool waits = false;
	int err;

	if (w->fds[WAIT_DNS].revents)
		take_answers(live);
	for (unsigned i = 0; i < w->feed; i++)
		waits = waits || w->fds[WAIT_FEED + i].revents;
	err = waits ? gp_feed_read(live) : 0;
	if (!err && w->deep)
		err = gp_deep_read(live->deep, w->fds + WAIT_FEED + w->feed, w->deep);
	return err;
}

/* A report at each interval. */
static int report_now_and_then(struct gp_live *live, unsigned seconds)
{
	live->seconds += seconds;
	if (!live->options->interval_s || live->seconds < live->options->interval_s)
		return 0;
	live->seconds = 0;
	return gp_live_report(live, live->options->format == GP_FORMAT_TEXT ? GP_FORMAT_TEXT : GP_FORMAT_NDJSON, true);
}

/* Ticks once per second. Return: 0 when told to stop, or -errno. */
static int serve(struct waits *w, struct gp_live *live)
{
	__u64 expirations;
	int err = 0;

	while (!err) {
		err = wait_for_something(w, live);
		if (!err && w->fds[WAIT_SIGNAL].revents && is_told_to_stop(live))
			return 0;
		if (!err)
			err = read_feeds(w, live);
		if (err || !w->fds[WAIT_TIMER].revents || read(live->timer, &expirations, sizeof(expirations)) < 0)
			continue;
		err = gp_live_tick(live);
		if (!err)
			err = report_now_and_then(live, (unsigned)expirations);
	}
	return err;
}

static int run_until_stopped(struct gp_live *live)
{
	struct waits waits;
	int err = open_waits(&waits, live);

	if (!err)
		err = serve(&waits, live);
	free(waits.fds);
	return err;
}

int gp_live_run(struct gp_live *live)
{
	int err = gp_live_open(live), report_err, off;
	bool whole;

	if (err)
		return err;
	gp_notice("running; SIGINT or SIGTERM ends it with a report");
	err = run_until_stopped(live);
	whole = gp_feed_is_whole(live);
	/* Off first: then the counters stand still, and the books must balance to the packet. */
	off = gp_feed_end(live);
	gp_epoch_wait(live->epoch);
	/* A program that was not taken off may still be counting: what waits stays named as in flight. */
	if (!off)
		gp_memory_flush(gp_feed_memory(live), gp_live_now_ns());
	report_err = gp_live_tick(live);
	if (!report_err && live->deep)
		report_err = gp_deep_drain(live->deep);
	if (!report_err)
		report_err = gp_witness_finish(live->witness);
	if (!report_err)
		report_err = gp_epoch_turn(live->epoch, gp_live_now_ns());
	if (!report_err)
		report_err = gp_judge_finish(live->judge, gp_live_now_ns());
	if (!report_err)
		report_err = gp_live_report(live, live->options->interval_s && live->options->format == GP_FORMAT_JSON ?
					  GP_FORMAT_NDJSON : live->options->format, off);
	return err ? err : report_err ? report_err : whole && off != -ENOENT ? 0 : -ENOENT;
}
