/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations by chance, all of them valid. */
#ifndef GATEPOST_TESTS_CONFIG_MAKER_H
#define GATEPOST_TESTS_CONFIG_MAKER_H

#include <linux/types.h>

#include "config_keys.h"

/* A configuration as YAML, the same for the same seed. The caller frees it. */
char *config_make(__u64 seed);

/* One line "path: value" with a value by chance for a key of a plain type, as it stands in the file; "" for any other. */
void config_make_value(char *out, size_t size, const struct gp_config_key *key, __u64 *seed);

#endif
