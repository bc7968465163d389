/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The effective configuration as YAML: every key with its value, defaults included. */
#ifndef GATEPOST_CONFIG_PRINT_H
#define GATEPOST_CONFIG_PRINT_H

#include <stdio.h>

#include "config.h"

/**
 * gp_config_print() - write a configuration that reads as the same one again.
 * @show_secret: write hash_secret where one was given. Without it, a comment stands there, and who reads the text again
 *               has no secret.
 *
 * Keys that are not there on purpose (default prefixes, sizes that gatepost chooses, tags that are off) are comments.
 * What text holds is escaped where a terminal would mind it. The text printed from what was read again is the same.
 * Return: 0, or -errno of the stream.
 */
int gp_config_print(FILE *stream, const struct gp_config *config, bool show_secret);

#endif
