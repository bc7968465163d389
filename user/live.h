/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent on live interfaces: attach, count, judge, report, until it is told to stop. */
#ifndef GATEPOST_LIVE_H
#define GATEPOST_LIVE_H

#include "options.h"

struct gp_live;

/**
 * gp_live_plan() - look at what is asked for, before anything is touched.
 * @options: borrowed until close.
 * @config: the live agent's from now on, whatever is returned.
 *
 * Return: 0, -EINVAL when it makes no sense, or -errno (logged). gp_live_close() in any case.
 */
int gp_live_plan(struct gp_live **out, const struct gp_options *options, struct gp_config *config);

/**
 * gp_live_run() - attach, and go on until SIGINT or SIGTERM; then detach and write the last report.
 *
 * SIGHUP reads the configuration again (user/live_reload.c). Return: 0, or -errno (logged).
 */
int gp_live_run(struct gp_live *live);

void gp_live_close(struct gp_live *live);

#endif
