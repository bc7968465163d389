// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory_setup.h"

#include <string.h>

void gp_memory_setup(struct gp_memory *memory, const struct gp_config *config)
{
	*memory->settings = (struct gp_settings){
		.abi_version = GP_ABI_VERSION,
		.host_slots = config->host_slots,
		.flow_slots = config->flow_slots,
		.filter_words = config->filter_words,
		.ranges = config->range_count,
		.tunnels = config->tunnels,
		.secret = { config->secret[0], config->secret[1] },
	};
	if (config->range_count)
		memcpy(memory->ranges, config->ranges, config->range_count * sizeof(*memory->ranges));
	memcpy(memory->ports, config->ports, 65536 * sizeof(*memory->ports));
}
