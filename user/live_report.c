// SPDX-License-Identifier: GPL-2.0-or-later
/* The live agent's reports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "live_private.h"
#include "log.h"

int gp_live_report(struct gp_live *live, enum gp_format format, bool now)
{
	struct gp_deep_count deep;
	struct gp_report report = {
		.sensor = live->config->sensor,
		.source_kind = "interface",
		.source_name = live->name,
		.start_ns = live->start_ns,
		.end_ns = gp_live_now_ns(),
		.clock_offset_ns = gp_live_offset_ns(),
		.world = live->world,
		.judge = live->judge,
		.witness = live->witness,
		.lists = gp_lists_loaded(live->lists),
		.as_table = live->as_table,
		.classes = live->classes,
		.networks = &live->config->limits.networks,
		/* Each CPU may be about to count one packet, and to move those that wait (include/gatepost/hot.h). */
		.live_slack = now ? (__u64)sysconf(_SC_NPROCESSORS_CONF) * (1 + GP_IN_FLIGHT_MAX) : 0,
		.default_inside = live->config->default_inside,
		.all = live->options->all,
		.prefix_bits4 = 24,
		.prefix_bits6 = 48,
		.prefix_rows = 20,
	};
	int err = live->options->dialogues ? 0 : gp_epoch_turn(live->epoch, report.end_ns);

	if (err || live->options->dialogues)
		return err;
	gp_feed_tell(live, &report);
	if (live->deep) {
		gp_deep_counts(live->deep, &deep);
		report.deep = &deep;
		report.nic_missed -= deep.lost_as_missed < report.nic_missed ? deep.lost_as_missed : report.nic_missed;
	}
	err = gp_report_write(stdout, &report, format);
	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		gp_error("report: cannot write: %s", strerror(-err));
	return err;
}
