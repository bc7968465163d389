/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration from arbitrary bytes. What is accepted must keep the promises that the data plane relies on:
 * sorted, disjoint ranges whose ends are in order, powers of two, thresholds in range, a printable sensor. What is printed
 * of it reads as the same configuration again, and is printed the same.
 */
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "config_print.h"
#include "config_ranges.h"
#include "config_reload.h"
#include "config_same.h"
#include "fuzz.h"
#include "prefix.h"

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
		MUST(range->role > GP_ROLE_OUTSIDE && range->role <= GP_ROLE_BUSINESS);
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

static void check_entries(const struct gp_config *config)
{
	MUST(config->interface_count <= GP_INTERFACES_MAX && config->output_count <= GP_OUTPUTS_MAX);
	MUST(config->class_count <= GP_CLASSES_MAX && config->list_count <= GP_LISTS_MAX);
	for (__u32 i = 0; i < config->interface_count; i++)
		MUST(config->interfaces[i].name[0] && !strchr(config->interfaces[i].name, '/') &&
		     config->interfaces[i].side <= GP_SIDE_OUTSIDE);
	for (__u32 i = 0; i < config->output_count; i++)
		MUST(config->outputs[i].path[0] && config->outputs[i].format <= GP_FORMAT_TEXT &&
		     config->outputs[i].interval_s >= 1);
	for (__u32 i = 0; i < config->class_count; i++)
		MUST(config->classes[i].limits.confirm_score >= config->classes[i].limits.suspect_score &&
		     config->classes[i].limits.prior > 0 && config->classes[i].limits.window_s == config->limits.window_s);
	for (__u32 i = 0; i < config->class_prefix_count; i++)
		MUST(config->class_prefixes[i].class < config->class_count);
}

static char *print(const struct gp_config *config, size_t *len)
{
	char *text;
	FILE *stream = open_memstream(&text, len);

	MUST(stream && !gp_config_print(stream, config, true));
	fclose(stream);
	return text;
}

static void check_print(const struct gp_config *config)
{
	struct gp_config_errors errors = {0};
	struct gp_config_changes changes;
	struct gp_config *again;
	size_t len, len_again;
	char *text = print(config, &len), *text_again;

	/* Escapes and all that was left out make it longer: only then it may be too long. */
	if (len > GP_CONFIG_FILE_BYTES)
		goto out;
	MUST(!gp_config_parse(&again, &errors, text, len, NULL, 0));
	MUST(!config_difference(config, again));
	gp_config_compare(&changes, config, again);
	MUST(!changes.live_count && !changes.restart_count);
	text_again = print(again, &len_again);
	MUST(len == len_again && !memcmp(text, text_again, len));
	free(text_again);
	gp_config_close(again);
out:
	free(text);
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
	if (config) {
		check_config(config);
		check_entries(config);
		check_print(config);
	}
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
