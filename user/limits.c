/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

/* Where each number comes from: docs/detection.md. The same values stand in the table of keys, in users' units. */
const struct gp_limits gp_limits_default = {
	.window_s = 600,
	.half_life_s = 86400,
	.prior = 0.001,
	.suspect_score = 9.2,
	.confirm_score = 11.5,
	.spam_min_flows = 5,
	.spam_min_mx = 10,
	.spam_refused_share = 0.1,
	.scan_watched_steps = 10,
	.scan_service_steps = 12,
	.scan_high_steps = 12,
	.scan_high_contacts = 200,
	.scan_endpoint_steps = 12,
	.scan_endpoint_ports = 20,
	.scan_endpoint_ratio = 3,
	.lists = { .known_bad_step = 1, .known_bad_cap = 2 },
	.networks = { .prefix4 = 24, .prefix6 = 48, .top = 10, .min_hosts = 10 },
};
