// SPDX-License-Identifier: GPL-2.0-or-later
#include "rates.h"

#define OLDEST_NS 70000000000ull

void gp_rates_add(struct gp_rates *rates, __u64 now_ns, const struct gp_count *received)
{
	unsigned at = rates->count % GP_RATES_SAMPLES;

	rates->samples[at].at_ns = now_ns;
	rates->samples[at].received = *received;
	rates->count++;
}

struct gp_rate_now gp_rates_now(const struct gp_rates *rates, __u64 now_ns, const struct gp_count *received)
{
	unsigned kept = rates->count < GP_RATES_SAMPLES ? rates->count : GP_RATES_SAMPLES;
	struct gp_rate_now out = { 0 };

	for (unsigned i = rates->count - kept; i < rates->count; i++) {
		const struct gp_count *then = &rates->samples[i % GP_RATES_SAMPLES].received;
		__u64 at_ns = rates->samples[i % GP_RATES_SAMPLES].at_ns;

		if (at_ns >= now_ns || now_ns - at_ns > OLDEST_NS)
			continue;
		out.interval_s = (double)(now_ns - at_ns) / 1e9;
		out.packets_per_s = (double)(received->packets - then->packets) / out.interval_s;
		out.bits_per_s = 8.0 * (double)(received->bytes - then->bytes) / out.interval_s;
		break;
	}
	return out;
}
