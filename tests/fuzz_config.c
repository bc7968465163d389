/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration from arbitrary bytes. What is accepted must keep the promises that the data plane relies on:
 * sorted, disjoint ranges whose ends are in order, powers of two, thresholds in range, a printable sensor.
 */
#include <string.h>

#include "config_keys.h"
#include "config_ranges.h"
#include "fuzz.h"

static void check_ranges(const struct gp_config *config)
{
	const struct gp_range *range, *before = NULL;
	__u32 i;

	MUST(config->range_count <= GP_PREFIXES_MAX);
	for (i = 0; i < config->range_count; before = range, i++) {
		range = &config->ranges[i];
		MUST(gp_addr_number(&range->first) <= gp_addr_number(&range->last));
		MUST(!before || gp_addr_number(&before->last) < gp_addr_number(&range->first));
		MUST(range->subscriber_bits <= 128);
		MUST(range->role > GP_ROLE_OUTSIDE && range->role <= GP_ROLE_INFRASTRUCTURE);
	}
}

static void check_power(__u32 value)
{
	MUST(value && !(value & (value - 1)));
}

static void check_config(const struct gp_config *config)
{
	size_t len = strlen(config->sensor), i;

	MUST(len >= 1 && len <= 64);
	for (i = 0; i < len; i++)
		MUST(config->sensor[i] >= 0x20 && config->sensor[i] <= 0x7e);
	check_ranges(config);
	check_power(config->inside_hosts);
	check_power(config->outside_hosts);
	check_power(config->cells);
	MUST(!config->address_slots || (config->address_slots >= 256 && config->address_slots <= 1 << 26));
	check_power(config->address_slots ? config->address_slots : 1);
	check_power(config->slices ? config->slices : 1);
	len = strlen(config->journal);
	MUST(len >= 1 && len <= 255);
	check_power(config->flow_slots);
	check_power(config->filter_words);
	MUST(config->limits.window_s >= 1 && config->limits.window_s <= 86400);
	MUST(config->limits.confirm_score >= config->limits.suspect_score);
	for (i = 0; i < 65536; i++) {
		MUST(config->ports[i].tcp_service < GP_SERVICES && config->ports[i].udp_service < GP_SERVICES);
		MUST(config->ports[i].scan_class < GP_SCAN_CLASSES);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;
	char text[256] = "";
	struct gp_prefix prefix;
	const char *why;
	int err;

	err = gp_config_parse(&config, &errors, (const char *)data, size, NULL, 0);
	MUST(err ? !config && errors.count : config && !errors.count);
	if (config)
		check_config(config);
	gp_config_close(config);
	gp_config_errors_free(&errors);

	/* An --inside argument as well. */
	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	if (gp_prefix_parse(&prefix, text, &why)) {
		MUST(why != NULL);
		return 0;
	}
	MUST(prefix.bits <= prefix.subscriber_bits && prefix.subscriber_bits <= 128);
	gp_prefix_format(text, sizeof(text), &prefix);
	MUST(!gp_prefix_parse(&prefix, text, &why));
	return 0;
}
