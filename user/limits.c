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
	.fleet = {
		.price = 8,
		.widest4 = 20,
		.widest6 = 40,
		.min_requests = 50,
		.min_addresses = 5,
		.uniform_max = 1.25,
		.uniform_cap = 3,
		.coherence_cap = 8,
		.score = 9.2,
		.snowshoe_sources = 8,
		.snowshoe_uniform_max = 1.4,
		.period_s = 86400,
	},
};
