// SPDX-License-Identifier: GPL-2.0-or-later
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
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

/* Ticks once per second; a report at each interval. Return: 0 when told to stop, or -errno. */
static int run_until_stopped(struct gp_live *live)
{
	enum gp_format format = live->options->format == GP_FORMAT_TEXT ? GP_FORMAT_TEXT : GP_FORMAT_NDJSON;
	struct pollfd fds[4 + GP_DEEP_SOCKETS] = {
		{ .fd = live->signals, .events = POLLIN },
		{ .fd = live->timer, .events = POLLIN },
		{ .fd = gp_loader_samples_fd(live->loader), .events = POLLIN },
		{ .fd = live->dns ? gp_dns_fd(live->dns) : -1, .events = POLLIN },
	};
	unsigned seconds = 0, sockets;
	int timeout_ms = -1, err;
	__u64 expirations;

	for (;;) {
		sockets = live->deep ? gp_deep_fds(live->deep, fds + 4, &timeout_ms) : 0;
		if (poll(fds, 4 + sockets, timeout_ms) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents && is_told_to_stop(live))
			return 0;
		if (fds[3].revents)
			take_answers(live);
		err = fds[2].revents ? gp_live_drain(live) : 0;
		if (!err && sockets)
			err = gp_deep_read(live->deep, fds + 4, sockets);
		if (err)
			return err;
		if (!fds[1].revents || read(live->timer, &expirations, sizeof(expirations)) < 0)
			continue;
		err = gp_live_tick(live);
		if (err)
			return err;
		seconds += (unsigned)expirations;
		if (!live->options->interval_s || seconds < live->options->interval_s)
			continue;
		seconds = 0;
		err = gp_live_report(live, format, true);
		if (err)
			return err;
	}
}

int gp_live_run(struct gp_live *live)
{
	int err = gp_live_open(live), report_err, off;

	if (err)
		return err;
	gp_notice("running; SIGINT or SIGTERM ends it with a report");
	err = run_until_stopped(live);
	/* Off first: then the counters stand still, and the books must balance to the packet. */
	off = gp_loader_detach(live->loader);
	gp_epoch_wait(live->epoch);
	/* A program that was not taken off may still be counting: what waits stays named as in flight. */
	if (!off)
		gp_memory_flush(gp_loader_memory(live->loader), gp_live_now_ns());
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
	return err ? err : report_err ? report_err : gp_loader_lost(live->loader) ? -ENOENT : 0;
}
